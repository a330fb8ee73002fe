//! Is what the recogniser says to be believed?
//!
//! Whisper invents words on noise and repeats itself when it is lost. What fails a guard is kept
//! as *not transcribable* with its place, so that rules which depend on it say "cannot judge".

use serde::Deserialize;

use crate::transcript::{UntranscribedCause, Word};

/// Limits of belief; the defaults suit Whisper's multilingual models.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GuardSettings {
    /// No-speech probability (0 … 1) above which words of low probability are not believed.
    pub no_speech_above: f32,
    /// Mean token probability (0 … 1) below which "no speech" is believed.
    pub unsure_below: f32,
    /// Mean token probability (0 … 1) below which words are not believed at all.
    pub unbelievable_below: f32,
}

impl Default for GuardSettings {
    fn default() -> GuardSettings {
        GuardSettings {
            no_speech_above: 0.6,
            unsure_below: 0.4,
            unbelievable_below: 0.15,
        }
    }
}

/// Sentences of subtitles and videos that Whisper says into silence.
const KNOWN_INVENTIONS: [&str; 14] = [
    "字幕志愿者",
    "字幕由",
    "字幕组",
    "字幕提供",
    "请不吝点赞",
    "点赞订阅",
    "订阅转发",
    "打赏支持明镜",
    "明镜与点点",
    "谢谢观看",
    "感谢观看",
    "谢谢收看",
    "优优独播剧场",
    "中文字幕",
];

/// The reason not to believe these words, if there is one.
///
/// `no_speech` is the recogniser's own probability (0 … 1) that nobody speaks.
pub fn doubt(
    words: &[Word],
    no_speech: f32,
    settings: GuardSettings,
) -> Option<UntranscribedCause> {
    let said: Vec<char> = words
        .iter()
        .flat_map(|word| word.text.chars())
        .filter(|c| c.is_alphanumeric())
        .collect();
    if said.is_empty() {
        return Some(UntranscribedCause::Empty);
    }
    let probability = mean_probability(words);
    if no_speech > settings.no_speech_above && probability < settings.unsure_below {
        return Some(UntranscribedCause::NoSpeech);
    }
    let text: String = said.iter().collect();
    if KNOWN_INVENTIONS
        .iter()
        .any(|invention| text.contains(invention))
    {
        return Some(UntranscribedCause::KnownInvention);
    }
    if is_loop(&said) {
        return Some(UntranscribedCause::Repetition);
    }
    (probability < settings.unbelievable_below).then_some(UntranscribedCause::LowProbability)
}

/// Mean probability of the words, weighted by their characters; 0 without any.
pub fn mean_probability(words: &[Word]) -> f32 {
    let characters = |word: &Word| word.text.chars().count().max(1) as f32;
    let total: f32 = words.iter().map(characters).sum();
    if total == 0.0 {
        return 0.0;
    }
    words
        .iter()
        .map(|word| word.probability * characters(word))
        .sum::<f32>()
        / total
}

/// Does the text end in, or consist mostly of, one phrase said over and over?
///
/// A phrase of `n` characters counts as a loop from twelve characters and four rounds on
/// (一一一一 in a telephone number stays below).
fn is_loop(said: &[char]) -> bool {
    (1..=said.len() / 4).any(|length| {
        let mut run = 0;
        (length..said.len()).any(|i| {
            run = if said[i] == said[i - length] {
                run + 1
            } else {
                0
            };
            run >= 3 * length && run + length >= 12
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    fn words(text: &str, probability: f32) -> Vec<Word> {
        vec![Word {
            text: text.into(),
            span: Span::new(0, 1000),
            probability,
        }]
    }

    #[track_caller]
    fn check(text: &str, probability: f32, no_speech: f32, expected: Option<UntranscribedCause>) {
        assert_eq!(
            doubt(
                &words(text, probability),
                no_speech,
                GuardSettings::default()
            ),
            expected,
            "{text}"
        );
    }

    #[test]
    fn believable_words_pass() {
        check("您好我是电信客户经理", 0.8, 0.1, None);
        check("好好好好好", 0.8, 0.1, None);
        check("幺三八一一一一二二二二", 0.8, 0.1, None);
        check("好的", 0.8, 0.9, None);
    }

    #[test]
    fn inventions_and_loops_do_not() {
        use UntranscribedCause::*;
        check("请不吝点赞 订阅 转发", 0.9, 0.1, Some(KnownInvention));
        check("谢谢谢谢谢谢谢谢谢谢谢谢谢谢", 0.9, 0.1, Some(Repetition));
        check("我们在我们在我们在我们在我们在", 0.9, 0.1, Some(Repetition));
        check("嗯", 0.3, 0.9, Some(NoSpeech));
        check("嗯", 0.1, 0.1, Some(LowProbability));
        check(" ,", 0.9, 0.1, Some(Empty));
    }
}
