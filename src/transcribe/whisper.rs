//! Whisper, through whisper-rs (whisper.cpp).
//!
//! One context holds the weights and is shared; each recording in work borrows one state, which
//! computes on one thread. Windows are fitted to the speech, decoding is greedy, and times and
//! probabilities are read from the tokens themselves: whisper.cpp's own segments lose both.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::Deserialize;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

use crate::{
    speech::SpeechSegment,
    time::{Millis, Span},
    transcribe::{
        Heard, RecogniseError, Recognizer, Recognizers, RecordingToHear,
        catalog::WindowDefaults,
        guards::{GuardSettings, doubt},
    },
    transcript::{UntranscribedCause, Word},
};

/// The encoder makes fifty positions of a second.
const POSITIONS_PER_SECOND: usize = 50;
/// whisper.cpp reads beyond its input under 201 samples, and says nothing under 100 ms.
const SHORTEST_SAMPLES: usize = 1_600;

/// Windows of a model that the catalog does not know: cautious, since a real model loops or stops
/// early in a window that is too short.
const SHORTEST_WINDOW: Millis = Millis(10_240);
const MARGIN: Millis = Millis(2_000);

/// How the recogniser is run. The defaults were measured (see `benches/README.md`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WhisperSettings {
    /// A language that the model knows, as `zh`.
    pub language: String,
    /// Silence that the encoder sees behind the speech; the model's own figure by default. The
    /// sum is rounded up to a multiple of 64 encoder positions (1.28 s).
    #[serde(rename = "window-margin-ms")]
    pub window_margin: Option<Millis>,
    /// Never a shorter window than this; the model's own figure by default.
    #[serde(rename = "shortest-window-ms")]
    pub shortest_window: Option<Millis>,
    /// Try the full 30 s window where a fitted one gave nothing believable.
    pub retry_full_window: bool,
    /// Let the model say times; without them a stretch of speech is one word.
    pub timestamps: bool,
    pub guards: GuardSettings,
}

impl Default for WhisperSettings {
    fn default() -> WhisperSettings {
        WhisperSettings {
            language: "zh".into(),
            window_margin: None,
            shortest_window: None,
            retry_full_window: true,
            timestamps: true,
            guards: GuardSettings::default(),
        }
    }
}

impl WhisperSettings {
    /// Fills in what the catalog says of a model's windows, where the settings say nothing.
    pub fn with_window(mut self, window: Option<WindowDefaults>) -> WhisperSettings {
        self.window_margin = self.window_margin.or(window.map(|window| window.margin));
        self.shortest_window = self
            .shortest_window
            .or(window.map(|window| window.shortest));
        self
    }
}

/// The model could not be loaded, although its file was found whole.
#[derive(Debug, thiserror::Error)]
#[error("{path}: whisper.cpp does not load this model: {cause}")]
pub struct LoadError {
    path: PathBuf,
    cause: String,
}

impl crate::lang::Say for LoadError {
    fn say(&self, lang: crate::lang::Lang) -> String {
        let (path, cause) = (self.path.display(), &self.cause);
        lang.pick(
            format!("{path}:模型装不进来({cause})。请看可用模型:huiting model list"),
            format!("{path}: the model does not load ({cause}). See huiting model list"),
        )
    }
}

/// A loaded model; states are made on demand and kept for the next recording.
pub struct WhisperModel {
    context: WhisperContext,
    settings: WhisperSettings,
    idle: Mutex<Vec<WhisperState>>,
    positions: usize,
    digest: String,
}

impl WhisperModel {
    /// Loads a model file that `model_file::inspect` has found whole: a damaged one can abort the
    /// process inside whisper.cpp. `digest` is the file's SHA-256.
    ///
    /// # Errors
    /// When whisper.cpp refuses it.
    pub fn load(
        path: &Path,
        digest: String,
        settings: WhisperSettings,
    ) -> Result<WhisperModel, LoadError> {
        // Without a log back end compiled in, the hooks keep whisper.cpp's chatter off the terminal.
        whisper_rs::install_logging_hooks();
        let error = |cause: String| LoadError {
            path: path.to_owned(),
            cause,
        };
        // whisper.cpp would go on with a token that means something else.
        let language = &settings.language;
        if language.contains('\0') || whisper_rs::get_lang_id(language).is_none() {
            return Err(error(format!("it knows no language \"{language}\"")));
        }
        let name = path
            .to_str()
            .ok_or_else(|| error("the path is not UTF-8".into()))?;
        let mut parameters = WhisperContextParameters::default();
        // On 1.8.3 slower, and wrong with windows of different lengths.
        parameters.flash_attn(false);
        let context = WhisperContext::new_with_params(name, parameters)
            .map_err(|cause| error(cause.to_string()))?;
        let positions = usize::try_from(context.n_audio_ctx()).unwrap_or(0);
        if positions == 0 || context.n_vocab() == 0 {
            return Err(error("it loads as an empty model".into()));
        }
        Ok(WhisperModel {
            context,
            settings,
            idle: Mutex::default(),
            positions,
            digest,
        })
    }

    /// A recogniser for one recording, with a state that an earlier one left or a new one.
    fn begin(&self) -> Result<WhisperRecognizer<'_>, RecogniseError> {
        let kept = self
            .idle
            .lock()
            .expect("no thread panics while it holds the states")
            .pop();
        let state = match kept {
            Some(state) => state,
            None => self
                .context
                .create_state()
                .map_err(|cause| RecogniseError::Failed(cause.to_string()))?,
        };
        Ok(WhisperRecognizer {
            parameters: parameters(&self.settings),
            state: Some(state),
            model: self,
        })
    }

    /// Encoder positions for speech of this many samples: fitted, a multiple of 64.
    fn window(&self, samples: usize) -> usize {
        let positions = |length: Millis| length.0 as usize * POSITIONS_PER_SECOND / 1000;
        let speech = samples.div_ceil(crate::audio::SAMPLE_RATE_HZ as usize / POSITIONS_PER_SECOND);
        let margin = positions(self.settings.window_margin.unwrap_or(MARGIN));
        let shortest = positions(self.settings.shortest_window.unwrap_or(SHORTEST_WINDOW));
        (speech + margin)
            .max(shortest)
            .next_multiple_of(64)
            .min(self.positions)
    }
}

impl Recognizers for WhisperModel {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn recognizer<'a>(
        &'a self,
        _recording: RecordingToHear<'_>,
    ) -> Result<Box<dyn Recognizer + 'a>, RecogniseError> {
        Ok(Box::new(self.begin()?))
    }
}

fn parameters(settings: &WhisperSettings) -> FullParams<'_, 'static> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(1);
    parameters.set_language(Some(&settings.language));
    parameters.set_no_context(true);
    // One pass a window: the tokens carry their times, and nothing is decoded twice.
    parameters.set_single_segment(true);
    parameters.set_no_timestamps(!settings.timestamps);
    parameters.set_temperature(0.0);
    parameters.set_temperature_inc(0.0);
    // The guards decide with both figures in hand; whisper.cpp would silently return nothing.
    parameters.set_no_speech_thold(2.0);
    parameters.set_suppress_blank(true);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_special(false);
    parameters.set_print_timestamps(false);
    parameters
}

/// Whisper at work on one recording.
pub struct WhisperRecognizer<'model> {
    model: &'model WhisperModel,
    /// `None` only while it is being given back.
    state: Option<WhisperState>,
    parameters: FullParams<'model, 'static>,
}

impl Drop for WhisperRecognizer<'_> {
    fn drop(&mut self) {
        if let (Some(state), Ok(mut idle)) = (self.state.take(), self.model.idle.lock()) {
            idle.push(state);
        }
    }
}

/// One attempt at a window.
struct Attempt {
    words: Vec<Word>,
    doubt: Option<UntranscribedCause>,
}

impl Recognizer for WhisperRecognizer<'_> {
    fn recognise(&mut self, segment: &SpeechSegment) -> Result<Vec<Heard>, RecogniseError> {
        // One of these spoils a whole window, and what it does within whisper.cpp is undefined.
        if !segment.samples.iter().all(|sample| sample.is_finite()) {
            let cause = format!("samples at {} are no numbers", segment.window.from);
            return Err(RecogniseError::Failed(cause));
        }
        let mut padded;
        let samples = if segment.samples.len() < SHORTEST_SAMPLES {
            padded = segment.samples.clone();
            padded.resize(SHORTEST_SAMPLES, 0.0);
            &padded
        } else {
            &segment.samples
        };
        let fitted = self.model.window(samples.len());
        let mut best = self.attempt(segment, samples, fitted)?;
        let full = self.model.positions;
        if best.doubt.is_some() && self.model.settings.retry_full_window && fitted < full {
            let again = self.attempt(segment, samples, full)?;
            if again.doubt.is_none()
                || (best.words.is_empty() && again.doubt != Some(UntranscribedCause::Empty))
            {
                best = again;
            }
        }
        Ok(vec![Heard {
            channel: segment.channel,
            span: segment.span,
            words: match best.doubt {
                None => Ok(best.words),
                Some(cause) => Err(cause),
            },
        }])
    }
}

impl WhisperRecognizer<'_> {
    fn attempt(
        &mut self,
        segment: &SpeechSegment,
        samples: &[f32],
        window: usize,
    ) -> Result<Attempt, RecogniseError> {
        let mut parameters = self.parameters.clone();
        let seconds = samples
            .len()
            .div_ceil(crate::audio::SAMPLE_RATE_HZ as usize);
        // Fast speech has seven characters a second; with times, no more than thirty tokens.
        parameters.set_max_tokens((32 + 30 * seconds).min(220) as i32);
        parameters.set_audio_ctx(if window < self.model.positions {
            window as i32
        } else {
            0
        });
        let state = self.state.as_mut().expect("given back only when dropped");
        state
            .full(parameters, samples)
            .map_err(|cause| RecogniseError::Failed(cause.to_string()))?;

        let mut words = Vec::new();
        let mut no_speech = 0.0;
        for piece in state.as_iter() {
            no_speech = piece.no_speech_probability();
            let tokens = (0..piece.n_tokens()).filter_map(|index| piece.get_token(index));
            let tokens = tokens.filter_map(|token| {
                let id = token.token_id();
                let first_time = self.model.context.token_beg();
                if id >= first_time {
                    return Some(Token::Time(Millis(20 * (id - first_time) as u64)));
                }
                let is_text = id < self.model.context.token_eot();
                let bytes = token.to_bytes().ok().filter(|_| is_text)?.to_vec();
                Some(Token::Text {
                    bytes,
                    probability: token.token_probability(),
                })
            });
            words.extend(words_of(tokens, segment.window));
        }
        let doubt = doubt(&words, no_speech, segment.span, self.model.settings.guards);
        Ok(Attempt { words, doubt })
    }
}

/// What a decoded token says.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A time from the start of the window.
    Time(Millis),
    /// Bytes of text: not always whole characters.
    Text { bytes: Vec<u8>, probability: f32 },
}

/// Words with times from the start of the recording: every run of tokens that makes whole
/// characters, its time shared out by characters between the time tokens around it.
fn words_of(tokens: impl Iterator<Item = Token>, window: Span) -> Vec<Word> {
    let mut words = Vec::new();
    let mut run: Vec<(Vec<u8>, f32)> = Vec::new();
    let mut from = Millis(0);
    let end = window.length();
    let mut close = |run: &mut Vec<(Vec<u8>, f32)>, from: Millis, to: Millis| {
        place(
            &whole_characters(run.drain(..)),
            from,
            to,
            window,
            &mut words,
        );
    };
    for token in tokens {
        match token {
            Token::Time(at) => {
                let at = at.min(end);
                close(&mut run, from, at);
                from = at;
            }
            Token::Text { bytes, probability } => run.push((bytes, probability)),
        }
    }
    close(&mut run, from, end);
    words
}

/// Joins tokens until they make whole characters: a character may be split across tokens.
/// Bytes that never become text are shown as U+FFFD, as few as possible.
fn whole_characters(tokens: impl Iterator<Item = (Vec<u8>, f32)>) -> Vec<(String, f32)> {
    let mut pieces = Vec::new();
    let mut bytes = Vec::new();
    let mut probabilities = Vec::new();
    for (more, probability) in tokens {
        bytes.extend(more);
        probabilities.push(probability);
        let whole = match std::str::from_utf8(&bytes) {
            Ok(_) => true,
            // An error with no length is a character cut short: the next token may end it.
            Err(error) => error.error_len().is_some(),
        };
        if whole {
            pieces.push(piece(&mut bytes, &mut probabilities));
        }
    }
    if !bytes.is_empty() {
        pieces.push(piece(&mut bytes, &mut probabilities));
    }
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

fn piece(bytes: &mut Vec<u8>, probabilities: &mut Vec<f32>) -> (String, f32) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mean = probabilities.iter().sum::<f32>() / probabilities.len().max(1) as f32;
    bytes.clear();
    probabilities.clear();
    (text, mean)
}

/// Shares the time `from..to` (from the window's start) out among the pieces by characters.
fn place(pieces: &[(String, f32)], from: Millis, to: Millis, window: Span, words: &mut Vec<Word>) {
    let characters: u64 = pieces
        .iter()
        .map(|(text, _)| text.chars().count() as u64)
        .sum();
    let length = to.0.saturating_sub(from.0);
    let mut before = 0;
    for (text, probability) in pieces {
        let after = before + text.chars().count() as u64;
        let at = |characters_before: u64| {
            window.from.0 + from.0 + length * characters_before / characters.max(1)
        };
        words.push(Word {
            text: text.clone(),
            span: Span::new(at(before), at(after)),
            probability: in_thousandths(*probability),
        });
        before = after;
    }
}

/// As fine as the store keeps it, so that judging again gives the same verdict.
fn in_thousandths(probability: f32) -> f32 {
    (probability.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], probability: f32) -> Token {
        Token::Text {
            bytes: bytes.to_vec(),
            probability,
        }
    }

    #[test]
    fn time_tokens_place_the_words() {
        let tokens = [
            Token::Time(Millis(100)),
            text("违约".as_bytes(), 0.8),
            text("金".as_bytes(), 0.6),
            Token::Time(Millis(400)),
            Token::Time(Millis(500)),
            text("好".as_bytes(), 1.0),
        ];
        let words = words_of(tokens.into_iter(), Span::new(1000, 1700));
        let seen: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.span)).collect();
        assert_eq!(
            seen,
            [
                ("违约", Span::new(1100, 1300)),
                ("金", Span::new(1300, 1400)),
                ("好", Span::new(1500, 1700))
            ]
        );
    }

    #[test]
    fn characters_split_across_tokens_are_joined() {
        let bytes = "违约".as_bytes();
        let tokens = [
            text(&bytes[..2], 0.4),
            text(&bytes[2..4], 0.6),
            text(&bytes[4..], 0.5),
        ];
        let words = words_of(tokens.into_iter(), Span::new(0, 1000));
        assert_eq!(words.len(), 1);
        assert_eq!(words[0].text, "违约");
        assert!((words[0].probability - 0.5).abs() < 1e-6);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_lose_their_neighbours() {
        let tokens = [text("好".as_bytes(), 0.9), text(&[0xe8, 0xbf], 0.9)];
        let words = words_of(tokens.into_iter(), Span::new(0, 1000));
        let said: String = words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(said, "好\u{fffd}");
    }

    #[test]
    fn times_never_leave_the_window() {
        let tokens = [text("好".as_bytes(), 0.9), Token::Time(Millis(29_980))];
        let words = words_of(tokens.into_iter(), Span::new(500, 900));
        assert_eq!(words[0].span, Span::new(500, 900));
    }
}
