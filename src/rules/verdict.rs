//! What a rule says about a call, with what it rests on.

use serde::{Deserialize, Serialize};

use crate::{lang::Lang, time::Span, transcript::Speaker};

/// The outcome of one rule on one call.
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
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    NotApplicable,
    Pass,
    CannotJudge,
    Violation,
}

impl Outcome {
    pub const ALL: [Outcome; 4] = [
        Outcome::Pass,
        Outcome::Violation,
        Outcome::NotApplicable,
        Outcome::CannotJudge,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::NotApplicable => "not-applicable",
            Outcome::Pass => "pass",
            Outcome::CannotJudge => "cannot-judge",
            Outcome::Violation => "violation",
        }
    }

    /// What readers call it.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Outcome::NotApplicable => lang.pick("不适用", "not applicable"),
            Outcome::Pass => lang.pick("合格", "pass"),
            Outcome::CannotJudge => lang.pick("待人工", "cannot judge"),
            Outcome::Violation => lang.pick("违规", "violation"),
        }
    }
}

/// How the words of a hit met the rule's phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matched {
    /// As written (after normalisation).
    Written,
    /// By an amount, date or duration said.
    Value,
    /// By likeness to a sample sentence.
    Similar,
    /// Only by how it sounds.
    Sound,
    /// Only by a trained model.
    Learned,
    /// From the sound itself: silence, talk-over, rate of speech.
    Acoustic,
}

/// Words (or a stretch of sound) that a verdict rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Index of the utterance in the transcript.
    pub turn: usize,
    /// A slice of that utterance's text, exactly as it stands there.
    pub text: String,
    /// Offsets of the slice in characters of the utterance: from, to (exclusive).
    pub chars: (usize, usize),
    pub span: Option<Span>,
    pub speaker: Speaker,
    /// The cue that was heard.
    pub cue: String,
    pub matched: Matched,
    /// The lowest probability of the words; `None` for text that a person wrote.
    pub probability: Option<f32>,
    /// True for a cue heard only weakly, or in unsure words.
    pub doubtful: bool,
    /// The pieces of text that decided, for what only a trained model heard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grams: Vec<String>,
}

/// The piece of evidence to be heard first: the first in a turn that decided, else the first.
pub fn telling<'e>(evidence: &'e [Evidence], turns: &[usize]) -> Option<&'e Evidence> {
    let mut deciding = evidence.iter().filter(|own| turns.contains(&own.turn));
    deciding.next().or(evidence.first())
}

impl Matched {
    pub fn as_str(self) -> &'static str {
        match self {
            Matched::Written => "written",
            Matched::Value => "value",
            Matched::Similar => "similar",
            Matched::Sound => "sound",
            Matched::Learned => "learned",
            Matched::Acoustic => "acoustic",
        }
    }
}

/// Why the verdict is what it is, in a form that can be said in either language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The condition that decided, as a path into the rule: `require.all[0]`, `forbid.any[1]`, `when`.
    pub condition: String,
    /// In Chinese, for the inspector.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// One rule's verdict on one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub rule_id: String,
    /// BLAKE3 of the rule and the cues that it uses, in hex.
    pub rule_digest: String,
    pub outcome: Outcome,
    /// Deciding utterances, ascending, without repetition.
    pub at: Vec<usize>,
    pub evidence: Vec<Evidence>,
    pub reason: Reason,
}
