//! Whisper, through whisper-rs (whisper.cpp).
//!
//! One context holds the weights and is shared; each recording in work borrows one state, which
//! computes on one thread. Windows are fitted to the speech, short stretches may share one,
//! decoding is greedy, and times and probabilities are read from the tokens themselves:
//! whisper.cpp's own segments lose both.

mod pack;
mod timed;
mod words;

pub use timed::{FullTimes, full_timed};

use std::{
    ffi::c_int,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Instant,
};

use serde::Deserialize;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

use crate::{
    audio::SAMPLE_RATE_HZ,
    speech::SpeechSegment,
    time::Millis,
    transcribe::{
        Heard, RecogniseError, RecognitionTimes, Recognizer, Recognizers, RecordingToHear,
        catalog::WindowDefaults,
        guards::{GuardSettings, doubt},
    },
    transcript::{UntranscribedCause, Word},
};
use pack::Pack;
use words::{Token, words_of};

/// The encoder makes fifty positions of a second.
const POSITIONS_PER_SECOND: usize = 50;
/// whisper.cpp reads beyond its input under 201 samples, and says nothing under 100 ms.
const SHORTEST_SAMPLES: usize = 1_600;

/// Windows of a model that the catalog does not know: cautious, since a real model loops or stops
/// early in a window that is too short.
const SHORTEST_WINDOW: Millis = Millis(10_240);
const MARGIN: Millis = Millis(2_000);
/// Whisper takes so many tokens of prompt, half of its text, less the mark before them.
const MOST_PROMPT_TOKENS: usize = 223;

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
    /// Short stretches of one channel's speech share a window where that makes it no longer; as
    /// suits the model by default.
    pub share_windows: Option<bool>,
    /// Try again where nothing believable came: what shared a window alone, what was alone in the
    /// full window of 30 s.
    pub retry: bool,
    /// Let the model say times; without them words are spread evenly over a stretch of speech.
    pub timestamps: bool,
    /// No window is given more tokens than this; as many as the speech may need by default.
    pub most_tokens: Option<u32>,
    /// Give the rules' words to the model beforehand, as if they had been said before.
    pub hot_words: bool,
    /// Names of products and places that go before the rules' words, for `hot_words`.
    pub names: Vec<String>,
    pub guards: GuardSettings,
}

impl Default for WhisperSettings {
    fn default() -> WhisperSettings {
        WhisperSettings {
            language: "zh".into(),
            window_margin: None,
            shortest_window: None,
            share_windows: None,
            retry: true,
            timestamps: true,
            most_tokens: None,
            hot_words: false,
            names: Vec::new(),
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
        self.share_windows = self.share_windows.or(window.map(|window| window.shared));
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
    /// What the model is told beforehand.
    prompt: Vec<c_int>,
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
            prompt: Vec::new(),
        })
    }

    /// Tells the model these words beforehand, the first ones if not all fit; only where the
    /// settings want it. The digest says so, since other words may be heard.
    pub fn with_hot_words(mut self, of_rules: &[String]) -> WhisperModel {
        if !self.settings.hot_words {
            return self;
        }
        let mut kept = String::new();
        for word in self.settings.names.iter().chain(of_rules) {
            let more = format!("{kept}{word}、");
            let tokens = self.context.tokenize(&more, MOST_PROMPT_TOKENS);
            let Ok(tokens) = tokens else { break };
            self.prompt = tokens;
            kept = more;
        }
        let told = blake3::hash(kept.as_bytes()).to_hex();
        self.digest = format!("{}+{}", self.digest, &told[..16]);
        self
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
            parameters: parameters(&self.settings, &self.prompt),
            state: Some(state),
            model: self,
            packs: Vec::new(),
            times: RecognitionTimes::default(),
        })
    }

    /// Encoder positions for speech of this many samples: fitted, a multiple of 64.
    fn window(&self, samples: usize) -> usize {
        let positions = |length: Millis| length.0 as usize * POSITIONS_PER_SECOND / 1000;
        let speech = samples.div_ceil(SAMPLE_RATE_HZ as usize / POSITIONS_PER_SECOND);
        let margin = positions(self.settings.window_margin.unwrap_or(MARGIN));
        let shortest = positions(self.settings.shortest_window.unwrap_or(SHORTEST_WINDOW));
        (speech + margin)
            .max(shortest)
            .next_multiple_of(64)
            .min(self.positions)
    }

    /// Whether stretches of so many samples together need no longer window than any one does.
    fn is_shared(&self, samples: usize) -> bool {
        self.settings.share_windows.unwrap_or(true) && self.window(samples) == self.window(0)
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

fn parameters<'a>(settings: &'a WhisperSettings, prompt: &'a [c_int]) -> FullParams<'a, 'a> {
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
    if !prompt.is_empty() {
        parameters.set_tokens(prompt);
    }
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
    parameters: FullParams<'model, 'model>,
    /// Stretches that wait for others to share their window, one pack a channel.
    packs: Vec<Pack>,
    times: RecognitionTimes,
}

impl Drop for WhisperRecognizer<'_> {
    fn drop(&mut self) {
        if let (Some(state), Ok(mut idle)) = (self.state.take(), self.model.idle.lock()) {
            idle.push(state);
        }
    }
}

/// What the model said about a window.
struct Said {
    tokens: Vec<Token>,
    /// Probability that nobody speaks, 0 to 1.
    no_speech: f32,
}

/// One attempt at a stretch of speech.
struct Attempt {
    words: Vec<Word>,
    doubt: Option<UntranscribedCause>,
}

impl Recognizer for WhisperRecognizer<'_> {
    fn recognise(&mut self, segment: SpeechSegment) -> Result<Vec<Heard>, RecogniseError> {
        // One of these spoils a whole window, and what it does within whisper.cpp is undefined.
        if !segment.samples.iter().all(|sample| sample.is_finite()) {
            let cause = format!("samples at {} are no numbers", segment.window.from);
            return Err(RecogniseError::Failed(cause));
        }
        let channel = segment.channel;
        if self.packs.len() <= channel {
            self.packs.resize_with(channel + 1, Pack::default);
        }
        let mut heard = Vec::new();
        if !self
            .model
            .is_shared(self.packs[channel].samples_with(&segment))
        {
            let full = std::mem::take(&mut self.packs[channel]);
            heard = self.hear(full)?;
        }
        self.packs[channel].add(segment);
        if !self.model.is_shared(self.packs[channel].samples()) {
            let full = std::mem::take(&mut self.packs[channel]);
            heard.extend(self.hear(full)?);
        }
        Ok(heard)
    }

    fn finish(&mut self) -> Result<Vec<Heard>, RecogniseError> {
        let mut heard = Vec::new();
        for pack in std::mem::take(&mut self.packs) {
            heard.extend(self.hear(pack)?);
        }
        Ok(heard)
    }

    fn times(&self) -> RecognitionTimes {
        self.times
    }
}

impl WhisperRecognizer<'_> {
    /// Recognises what shares a window; each stretch alone where that gives something doubtful.
    fn hear(&mut self, pack: Pack) -> Result<Vec<Heard>, RecogniseError> {
        let segments = pack.segments();
        if segments.len() > 1 {
            let samples = pack.joined();
            let said = self.say(&samples, self.model.window(samples.len()))?;
            let attempts: Vec<Attempt> = pack
                .words(said.tokens)
                .into_iter()
                .zip(segments)
                .map(|(words, segment)| self.judged(words, said.no_speech, segment))
                .collect();
            let doubtful = attempts.iter().any(|attempt| attempt.doubt.is_some());
            if !(doubtful && self.model.settings.retry) {
                let attempts = segments.iter().zip(attempts);
                return Ok(attempts.map(|(of, attempt)| attempt.heard(of)).collect());
            }
        }
        let alone = segments.iter().map(|segment| self.hear_alone(segment));
        alone.collect()
    }

    fn hear_alone(&mut self, segment: &SpeechSegment) -> Result<Heard, RecogniseError> {
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
        if best.doubt.is_some() && self.model.settings.retry && fitted < full {
            let again = self.attempt(segment, samples, full)?;
            if again.doubt.is_none()
                || (best.words.is_empty() && again.doubt != Some(UntranscribedCause::Empty))
            {
                best = again;
            }
        }
        Ok(best.heard(segment))
    }

    fn attempt(
        &mut self,
        segment: &SpeechSegment,
        samples: &[f32],
        window: usize,
    ) -> Result<Attempt, RecogniseError> {
        let said = self.say(samples, window)?;
        let words = words_of(said.tokens.into_iter(), segment.window);
        Ok(self.judged(words, said.no_speech, segment))
    }

    fn judged(&mut self, words: Vec<Word>, no_speech: f32, segment: &SpeechSegment) -> Attempt {
        let begun = Instant::now();
        let doubt = doubt(&words, no_speech, segment.span, self.model.settings.guards);
        self.times.guards += begun.elapsed();
        Attempt { words, doubt }
    }

    /// What the model says about `samples` in a window of so many encoder positions.
    fn say(&mut self, samples: &[f32], window: usize) -> Result<Said, RecogniseError> {
        let mut parameters = self.parameters.clone();
        let seconds = samples.len().div_ceil(SAMPLE_RATE_HZ as usize);
        // Fast speech has seven characters a second; with times, no more than thirty tokens.
        let most = self
            .model
            .settings
            .most_tokens
            .map_or(220, |most| most as usize);
        parameters.set_max_tokens((32 + 30 * seconds).min(most) as c_int);
        parameters.set_audio_ctx(if window < self.model.positions {
            window as c_int
        } else {
            0
        });
        let state = self.state.as_mut().expect("given back only when dropped");
        self.times.windows += full_timed(state, parameters, samples)
            .map_err(|cause| RecogniseError::Failed(cause.to_string()))?;

        let mut said = Said {
            tokens: Vec::new(),
            no_speech: 0.0,
        };
        for piece in state.as_iter() {
            said.no_speech = piece.no_speech_probability();
            let tokens = (0..piece.n_tokens()).filter_map(|index| piece.get_token(index));
            said.tokens.extend(tokens.filter_map(|token| {
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
            }));
        }
        Ok(said)
    }
}

impl Attempt {
    fn heard(self, segment: &SpeechSegment) -> Heard {
        Heard {
            channel: segment.channel,
            span: segment.span,
            words: match self.doubt {
                None => Ok(self.words),
                Some(cause) => Err(cause),
            },
        }
    }
}
