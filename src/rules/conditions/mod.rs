//! Conditions on what was heard: each kind in a file of its own, all three-valued.
//!
//! A condition reads hits, times and the call list; it never looks at text again.

mod answer_delay;
mod combination;
mod duration;
mod field;
mod hang_up_delay;
mod heard_cue;
mod repeated;
mod sequence;
mod silence;
mod speaks;
mod speech_rate;
mod talk_over;

pub use answer_delay::AnswerDelay;
pub use combination::{All, Any, AtLeast, None_};
pub use duration::Duration;
pub use field::Field;
pub use hang_up_delay::HangUpDelay;
pub use heard_cue::{HeardCue, Window};
pub use repeated::Repeated;
pub use sequence::{Sequence, Step};
pub use silence::Silence;
pub use speaks::Speaks;
pub use speech_rate::SpeechRate;
pub use talk_over::TalkOver;

use super::{
    engine::{Hit, View},
    reason::Words,
    rule::CueId,
    truth::Truth,
    verdict::{Evidence, Matched},
};
use crate::{time::Span, transcript::Speaker};

/// A condition with its place in the rule: `require.all[0]`.
#[derive(Debug)]
pub struct Node {
    pub path: String,
    pub condition: Condition,
}

#[derive(Debug)]
pub enum Condition {
    All(All),
    Any(Any),
    None(None_),
    AtLeast(AtLeast),
    Heard(HeardCue),
    Sequence(Sequence),
    Repeated(Repeated),
    Speaks(Speaks),
    Field(Field),
    Silence(Silence),
    TalkOver(TalkOver),
    SpeechRate(SpeechRate),
    AnswerDelay(AnswerDelay),
    HangUpDelay(HangUpDelay),
    Duration(Duration),
}

/// What a condition came to, and what it rests on.
#[derive(Debug)]
pub struct Finding<'r> {
    pub truth: Truth,
    /// Utterances that decide, in no order, perhaps repeated.
    pub at: Vec<usize>,
    pub hits: Vec<Hit>,
    /// Evidence from the sound, which no hit can express.
    pub sound: Vec<Evidence>,
    /// The innermost conditions that made it so.
    pub decided: Vec<Decided<'r>>,
}

/// An innermost condition with its own outcome and the hits that speak for or nearly for it.
#[derive(Clone, Debug)]
pub struct Decided<'r> {
    pub node: &'r Node,
    pub truth: Truth,
    pub hits: Vec<Hit>,
    /// Hits in the wrong place: too late, too early, by the wrong side.
    pub misplaced: Vec<Hit>,
    /// Why it is unknown, where the hits do not say so themselves.
    pub unknown: Option<UnknownBecause>,
    /// What was measured, for conditions on numbers.
    pub measured: Option<Words>,
}

/// Why a condition without a doubtful hit is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownBecause {
    /// Somebody spoke where the words could not be made out.
    Untranscribed,
    /// The words there are too unsure.
    UnsureWords,
    /// The call list does not say.
    FieldMissing,
    /// One channel: nobody knows who speaks.
    OneChannel,
    /// The transcript has no times.
    NoTimes,
}

impl<'r> Finding<'r> {
    /// A finding of an innermost condition.
    fn of(node: &'r Node, truth: Truth, hits: Vec<Hit>) -> Finding<'r> {
        Finding {
            truth,
            at: hits.iter().map(|hit| hit.utterance as usize).collect(),
            sound: Vec::new(),
            decided: vec![Decided {
                node,
                truth,
                hits: hits.clone(),
                misplaced: Vec::new(),
                unknown: None,
                measured: None,
            }],
            hits,
        }
    }

    /// Names why it is unknown.
    fn because(mut self, unknown: UnknownBecause) -> Finding<'r> {
        if let Some(decided) = self.decided.first_mut() {
            decided.unknown = Some(unknown);
        }
        self
    }

    /// Names what was measured.
    fn measured(mut self, words: Words) -> Finding<'r> {
        if let Some(decided) = self.decided.first_mut() {
            decided.measured = Some(words);
        }
        self
    }
}

impl Node {
    pub fn judge<'r>(&'r self, view: &View<'_>) -> Finding<'r> {
        match &self.condition {
            Condition::All(all) => all.judge(view),
            Condition::Any(any) => any.judge(view),
            Condition::None(none) => none.judge(view),
            Condition::AtLeast(at_least) => at_least.judge(view),
            Condition::Heard(heard) => heard.judge(self, view),
            Condition::Sequence(sequence) => sequence.judge(self, view),
            Condition::Repeated(repeated) => repeated.judge(self, view),
            Condition::Speaks(speaks) => speaks.judge(self, view),
            Condition::Field(field) => field.judge(self, view),
            Condition::Silence(silence) => silence.judge(self, view),
            Condition::TalkOver(talk_over) => talk_over.judge(self, view),
            Condition::SpeechRate(rate) => rate.judge(self, view),
            Condition::AnswerDelay(delay) => delay.judge(self, view),
            Condition::HangUpDelay(delay) => delay.judge(self, view),
            Condition::Duration(duration) => duration.judge(self, view),
        }
    }

    /// The conditions inside this one.
    pub fn children(&self) -> &[Node] {
        match &self.condition {
            Condition::All(All(children))
            | Condition::Any(Any(children))
            | Condition::None(None_(children)) => children,
            Condition::AtLeast(at_least) => &at_least.of,
            _ => &[],
        }
    }

    /// Every cue named in it or inside it.
    pub fn cues(&self, into: &mut Vec<CueId>) {
        match &self.condition {
            Condition::Heard(heard) => {
                into.push(heard.cue);
                into.extend(heard.placement.cues());
                into.extend(&heard.reset_by);
            }
            Condition::Sequence(sequence) => {
                into.extend(sequence.steps.iter().map(|step| step.cue));
                into.extend(sequence.placement.cues());
            }
            _ => {}
        }
        for child in self.children() {
            child.cues(into);
        }
    }

    /// Whether it can only be judged with the sound.
    pub fn needs_sound(&self) -> bool {
        matches!(
            self.condition,
            Condition::Silence(_)
                | Condition::TalkOver(_)
                | Condition::SpeechRate(_)
                | Condition::AnswerDelay(_)
                | Condition::HangUpDelay(_)
                | Condition::Duration(_)
        ) || self.children().iter().any(Node::needs_sound)
    }
}

/// Evidence from the recording: each stretch with the utterance nearest to it.
fn sound_evidence(
    spans: &[Span],
    speaker: Option<Speaker>,
    doubtful: bool,
    view: &View<'_>,
    cue: &str,
) -> Vec<Evidence> {
    let utterances = &view.transcript().utterances;
    let distance = |span: Span, utterance: usize| match utterances[utterance].span {
        Some(own) => {
            let apart = span.from.0.saturating_sub(own.to.0);
            apart.max(own.from.0.saturating_sub(span.to.0))
        }
        None => u64::MAX,
    };
    spans
        .iter()
        .filter_map(|&span| {
            let turn = (0..utterances.len()).min_by_key(|&index| distance(span, index))?;
            Some(Evidence {
                turn,
                text: String::new(),
                chars: (0, 0),
                span: Some(span),
                speaker: speaker.unwrap_or(Speaker::Unknown),
                cue: cue.to_owned(),
                matched: Matched::Acoustic,
                probability: None,
                doubtful,
                grams: Vec::new(),
            })
        })
        .collect()
}
