//! What was said in a call: who, when, which words, how sure.
//!
//! Knows nothing of where the words came from (a recogniser or a file) nor of what is judged by them.

use serde::{Deserialize, Serialize};

use crate::time::{Millis, Span};

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    Agent,
    Customer,
    /// A recording of one channel, or a voice that could not be attributed.
    Unknown,
}

impl Speaker {
    pub fn as_str(self) -> &'static str {
        match self {
            Speaker::Agent => "agent",
            Speaker::Customer => "customer",
            Speaker::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Speaker> {
        match text {
            "agent" => Some(Speaker::Agent),
            "customer" => Some(Speaker::Customer),
            "unknown" => Some(Speaker::Unknown),
            _ => None,
        }
    }
}

/// A piece of an utterance with its own time, as the recogniser gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The words of an utterance, joined, are its text.
    pub text: String,
    pub span: Span,
    /// Mean probability of the word's tokens, 0 … 1.
    pub probability: f32,
}

/// One speaker's words without the other speaking in between (also called a turn).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    pub speaker: Speaker,
    /// `None` for transcripts that carry no times.
    pub span: Option<Span>,
    pub text: String,
    /// Mean token probability, 0 … 1; `None` for text that a person wrote.
    pub probability: Option<f32>,
    /// Empty when only the utterance as a whole has a time.
    #[serde(default)]
    pub words: Vec<Word>,
    /// How sure it is who speaks, 0 … 1; `None` where a channel or a person says so.
    #[serde(default)]
    pub speaker_certainty: Option<f32>,
}

impl Utterance {
    /// An utterance without times, as dialogues on paper have them.
    pub fn written(speaker: Speaker, text: impl Into<String>) -> Utterance {
        Utterance {
            speaker,
            span: None,
            text: text.into(),
            probability: None,
            words: Vec::new(),
            speaker_certainty: None,
        }
    }

    /// The time span of the characters `from..to` (offsets in characters of `text`):
    /// that of the words touched, else the utterance's own.
    pub fn span_of_chars(&self, from: usize, to: usize) -> Option<Span> {
        self.touched_words(from, to)
            .map(|word| word.span)
            .reduce(Span::cover)
            .or(self.span)
    }

    /// The lowest probability of the words that the characters `from..to` touch,
    /// else the utterance's own.
    pub fn probability_of_chars(&self, from: usize, to: usize) -> Option<f32> {
        self.touched_words(from, to)
            .map(|word| word.probability)
            .reduce(f32::min)
            .or(self.probability)
    }

    fn touched_words(&self, from: usize, to: usize) -> impl Iterator<Item = &Word> {
        let mut start = 0;
        self.words.iter().filter(move |word| {
            let begin = start;
            start += word.text.chars().count();
            begin < to && from < start
        })
    }
}

/// A stretch in which somebody seems to speak, but no words could be trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Untranscribed {
    pub speaker: Speaker,
    pub span: Span,
    pub cause: UntranscribedCause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UntranscribedCause {
    /// The recogniser itself took it for no speech.
    NoSpeech,
    /// The same words over and over.
    Repetition,
    /// Mean token probability under the limit.
    LowProbability,
    /// A sentence known to be invented (字幕志愿者 …).
    KnownInvention,
    /// The recogniser returned nothing for a stretch with speech in it.
    Empty,
    /// Most of the words lie where nobody speaks.
    OutsideSpeech,
    /// More words than anybody says in that time.
    TooManyWords,
    /// The recogniser failed on it.
    Failed,
}

/// Where somebody spoke, from the sound alone; what the acoustic rules need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpeechTimeline {
    pub duration: Millis,
    /// Whether each speaker has a channel of their own.
    pub separate_channels: bool,
    /// Ordered by start.
    pub speech: Vec<SpeechStretch>,
    /// What else was heard, and silences of the whole call; ordered by start.
    #[serde(default)]
    pub sounds: Vec<SoundStretch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechStretch {
    pub speaker: Speaker,
    pub span: Span,
}

/// What sounds when nobody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundKind {
    /// The other side's telephone rings: 450 Hz for a second, every five seconds.
    Ringback,
    /// The line is engaged or the other side has hung up: 450 Hz in quick alternation.
    Busy,
    /// A key of a telephone.
    Dtmf,
    /// Dial tone, beep, or a tone that glides.
    Tone,
    HoldMusic,
    Noise,
    /// Nothing on any channel.
    Silence,
}

/// A stretch of a recording without speech on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundStretch {
    pub kind: SoundKind,
    /// Zero-based audio channel; `None` where it holds for all.
    pub channel: Option<usize>,
    pub span: Span,
}

/// A whole call's words in the order of their start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    pub utterances: Vec<Utterance>,
    #[serde(default)]
    pub untranscribed: Vec<Untranscribed>,
    /// `None` for transcripts that came without sound.
    #[serde(default)]
    pub timeline: Option<SpeechTimeline>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard() -> Utterance {
        let word = |text: &str, from, to, probability| Word {
            text: text.into(),
            span: Span::new(from, to),
            probability,
        };
        Utterance {
            speaker: Speaker::Agent,
            span: Some(Span::new(0, 900)),
            text: "要付违约金".into(),
            probability: Some(0.8),
            words: vec![
                word("要", 0, 200, 0.9),
                word("付", 200, 300, 0.7),
                word("违约金", 300, 900, 0.6),
            ],
            speaker_certainty: None,
        }
    }

    #[test]
    fn words_give_time_and_probability() {
        let heard = heard();
        assert_eq!(heard.span_of_chars(1, 3), Some(Span::new(200, 900)));
        assert_eq!(heard.probability_of_chars(0, 2), Some(0.7));
        assert_eq!(heard.span_of_chars(0, 1), Some(Span::new(0, 200)));
    }

    #[test]
    fn without_words_the_utterance_speaks_for_itself() {
        let mut heard = heard();
        heard.words.clear();
        assert_eq!(heard.span_of_chars(0, 1), Some(Span::new(0, 900)));
        assert_eq!(heard.probability_of_chars(0, 1), Some(0.8));
        assert_eq!(
            Utterance::written(Speaker::Agent, "好").probability_of_chars(0, 1),
            None
        );
    }
}
