//! Is what the recogniser says to be believed?
//!
//! Whisper invents words on noise and repeats itself when it is lost. What fails a guard is kept
//! as *not transcribable* with its place, so that rules which depend on it say "cannot judge".

use serde::Deserialize;

use crate::{
    time::Span,
    transcript::{UntranscribedCause, Word},
};

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
    /// More characters a second than this are not said by anybody (fast speech has seven).
    pub most_characters_per_second: f32,
    /// Distinct pairs of characters by all pairs (0 … 1) below which a text repeats itself.
    pub least_variety: f32,
}

impl Default for GuardSettings {
    fn default() -> GuardSettings {
        GuardSettings {
            no_speech_above: 0.6,
            unsure_below: 0.4,
            unbelievable_below: 0.15,
            most_characters_per_second: 14.0,
            least_variety: 0.4,
        }
    }
}

/// Sentences of subtitles and videos that Whisper says into silence.
const KNOWN_INVENTIONS: [&str; 31] = [
    "字幕志愿者",
    "字幕由",
    "字幕组",
    "字幕提供",
    "字幕制作",
    "字幕校对",
    "请不吝点赞",
    "点赞订阅",
    "订阅转发",
    "订阅我的频道",
    "打赏支持明镜",
    "明镜与点点",
    "明镜需要您的支持",
    "谢谢观看",
    "感谢观看",
    "谢谢收看",
    "感谢收看",
    "感谢您的观看",
    "多谢观看",
    "谢谢大家收看",
    "优优独播剧场",
    "优优独播",
    "独播剧场",
    "中文字幕",
    "词曲李宗盛",
    "作词作曲",
    "下期再见",
    "下集再见",
    "欢迎订阅",
    "amaraorg",
    "索兰娅",
];

/// Words may lie so far outside of the speech, since their times are rough.
const ROUGHLY_MS: u64 = 500;
/// Shorter texts have too few pairs for a measure of variety.
const SHORTEST_FOR_VARIETY: usize = 20;
/// A stretch is taken to last at least so long, since its edges are rough.
const SHORTEST_SECONDS: f32 = 0.6;

/// The reason not to believe these words, if there is one.
///
/// `no_speech` is the recogniser's own probability (0 … 1) that nobody speaks; `speech` is where
/// somebody does.
pub fn doubt(
    words: &[Word],
    no_speech: f32,
    speech: Span,
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
    let text: String = said.iter().flat_map(|c| c.to_lowercase()).collect();
    if KNOWN_INVENTIONS
        .iter()
        .any(|invention| text.contains(invention))
    {
        return Some(UntranscribedCause::KnownInvention);
    }
    if is_loop(&said) || variety(&said) < settings.least_variety {
        return Some(UntranscribedCause::Repetition);
    }
    if outside(words, speech) * 2 > said.len() {
        return Some(UntranscribedCause::OutsideSpeech);
    }
    let seconds = (speech.length().as_seconds() as f32).max(SHORTEST_SECONDS);
    if said.len() as f32 / seconds > settings.most_characters_per_second {
        return Some(UntranscribedCause::TooManyWords);
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

/// How many characters lie where nobody speaks.
fn outside(words: &[Word], speech: Span) -> usize {
    let wide = Span::new(
        speech.from.0.saturating_sub(ROUGHLY_MS),
        speech.to.0 + ROUGHLY_MS,
    );
    let outside = words
        .iter()
        .filter(|word| word.span.to <= wide.from || word.span.from >= wide.to);
    outside
        .flat_map(|word| word.text.chars())
        .filter(|c| c.is_alphanumeric())
        .count()
}

/// Distinct pairs of neighbouring characters by all pairs: a text that compresses well has few.
/// Digits aside, because numbers repeat them.
fn variety(said: &[char]) -> f32 {
    let words: Vec<char> = said
        .iter()
        .copied()
        .filter(|c| !c.is_ascii_digit() && !"零幺一二三四五六七八九十百".contains(*c))
        .collect();
    if words.len() < SHORTEST_FOR_VARIETY {
        return 1.0;
    }
    let pairs: std::collections::HashSet<&[char]> = words.windows(2).collect();
    pairs.len() as f32 / (words.len() - 1) as f32
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
                Span::new(0, 4000),
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
        check("请订阅我的频道", 0.9, 0.1, Some(KnownInvention));
        check("Subtitles by Amara.org", 0.9, 0.1, Some(KnownInvention));
        check(
            "这个是这个的是这个是这个的是这个是的这个是",
            0.9,
            0.1,
            Some(Repetition),
        );
    }

    #[test]
    fn words_must_fit_the_speech() {
        let said = words("您好我是电信客户经理", 0.9);
        let check = |speech, expected| {
            assert_eq!(
                doubt(&said, 0.1, speech, GuardSettings::default()),
                expected
            );
        };
        check(Span::new(0, 1000), None);
        check(Span::new(1400, 3000), None);
        check(
            Span::new(1600, 3000),
            Some(UntranscribedCause::OutsideSpeech),
        );
        check(Span::new(200, 600), Some(UntranscribedCause::TooManyWords));
    }
}
