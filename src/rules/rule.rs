//! Rules and cues as the engine takes them: checked, with every name resolved.

use chrono::NaiveDate;

use super::{
    conditions::Node, measure::Measure, phrase::Phrase, raw::Status, severity::Severity,
    verdict::Outcome,
};
use crate::{
    call::{CallMetadata, Direction},
    text::{Accents, ValueKind},
    transcript::{Speaker, Utterance},
};

/// A checked rule.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    /// The file that it was read from, within the rules folder.
    pub path: String,
    pub title: String,
    pub title_en: Option<String>,
    pub severity: Severity,
    pub status: Status,
    /// First and last day on which it holds.
    pub effective: (Option<NaiveDate>, Option<NaiveDate>),
    pub basis: Vec<String>,
    pub why: String,
    pub remedy: String,
    pub known_limits: Vec<String>,
    /// Points deducted for a violation, if not the scorecard's for the severity.
    pub points: Option<u32>,
    /// BLAKE3, in hex, of what the rule and the cues that it uses say.
    pub digest: String,
    pub scope: CallScope,
    pub each: Option<Each>,
    pub when: Option<Node>,
    pub require: Option<Node>,
    pub forbid: Option<Node>,
    /// Every cue that the rule rests on, those behind other cues included, ascending.
    pub cues: Vec<CueId>,
    /// Whether it judges the sound, so that a transcript without times says nothing about it.
    pub needs_sound: bool,
    pub examples: Vec<Example>,
}

impl Rule {
    /// Whether the rule is judged at all.
    pub fn is_judged(&self) -> bool {
        matches!(self.status, Status::Active | Status::Trial)
    }

    /// Whether a violation costs points: a rule on trial is judged and shown only.
    pub fn is_scored(&self) -> bool {
        self.status == Status::Active
    }

    /// Whether the rule holds on the day; a call without a date is taken to be of today.
    pub fn holds_on(&self, date: Option<NaiveDate>) -> bool {
        date.is_none_or(|date| {
            self.effective.0.is_none_or(|from| from <= date)
                && self.effective.1.is_none_or(|to| date <= to)
        })
    }

    /// The verdicts that the rule can give at all.
    pub fn possible_outcomes(&self) -> Vec<Outcome> {
        let conditional = self.when.is_some() || self.each.is_some() || !self.scope.is_empty();
        Outcome::ALL
            .into_iter()
            .filter(|outcome| *outcome != Outcome::NotApplicable || conditional || self.needs_sound)
            .collect()
    }
}

/// Which calls a rule is about.
#[derive(Debug, Default)]
pub struct CallScope {
    pub direction: Option<Vec<Direction>>,
    /// Call-list columns with the values that fit, well-known ones and others.
    pub fields: Vec<(String, Vec<String>)>,
}

impl CallScope {
    pub fn is_empty(&self) -> bool {
        self.direction.is_none() && self.fields.is_empty()
    }
}

/// Cases within a call.
#[derive(Debug)]
pub struct Each {
    pub cue: CueId,
    pub apart: Vec<CueId>,
    pub gap: Option<Measure>,
}

/// A cue's number within its rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CueId(pub u32);

impl CueId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A checked cue.
#[derive(Debug)]
pub struct Cue {
    pub name: String,
    /// `None` for a shared cue, else the rule whose own it is.
    pub rule: Option<String>,
    pub path: String,
    pub title: Option<String>,
    pub title_en: Option<String>,
    pub topic: Option<String>,
    pub speaker: Option<Speaker>,
    pub phrases: Vec<Phrase>,
    pub unless: Vec<Phrase>,
    pub unless_sentence: Vec<Phrase>,
    pub unless_utterance: Vec<Phrase>,
    pub weak: Vec<Phrase>,
    pub regexes: Vec<regex::Regex>,
    pub similar: Vec<Similar>,
    pub sounds_like: bool,
    pub accents: Accents,
    pub learned: bool,
    /// What share of what the model hears must be right; `None` for the default.
    pub learned_precision: Option<f64>,
    pub doubtful: bool,
    pub values: Vec<(ValueKind, Limits)>,
    pub any_of: Vec<CueId>,
    pub placement: Placement,
}

impl Cue {
    /// Every phrase of the cue, whatever it is for.
    pub fn all_phrases(&self) -> impl Iterator<Item = &Phrase> {
        [
            &self.phrases,
            &self.weak,
            &self.unless,
            &self.unless_sentence,
            &self.unless_utterance,
        ]
        .into_iter()
        .flatten()
    }

    /// What the cue is called in Chinese reasons.
    pub fn chinese(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// What the cue is called in English reasons.
    pub fn english(&self) -> &str {
        self.title_en.as_deref().unwrap_or(&self.name)
    }
}

/// A sentence near which an utterance must come.
#[derive(Debug)]
pub struct Similar {
    pub chars: Vec<char>,
    /// Dice's coefficient over pairs of neighbouring characters, 0 to 1.
    pub at_least: f64,
}

/// Limits on a value, both inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

impl Limits {
    pub fn allow(self, amount: f64) -> bool {
        self.at_least.is_none_or(|least| amount >= least)
            && self.at_most.is_none_or(|most| amount <= most)
    }
}

/// Where a cue must be heard, relative to others. Several names mean any of them.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    pub answer_to: Vec<CueId>,
    pub not_answer_to: Vec<CueId>,
    pub beside: Vec<CueId>,
    pub not_beside: Vec<CueId>,
    pub before: Vec<CueId>,
    pub after: Vec<CueId>,
    pub not_before: Vec<CueId>,
    pub not_after: Vec<CueId>,
    pub within: Option<Measure>,
}

impl Placement {
    /// Every cue named.
    pub fn cues(&self) -> impl Iterator<Item = CueId> {
        [
            &self.answer_to,
            &self.not_answer_to,
            &self.beside,
            &self.not_beside,
            &self.before,
            &self.after,
            &self.not_before,
            &self.not_after,
        ]
        .into_iter()
        .flatten()
        .copied()
    }

    pub fn is_empty(&self) -> bool {
        self.cues().next().is_none()
    }
}

/// A short dialogue with the verdict that the rule must give.
#[derive(Debug)]
pub struct Example {
    pub name: String,
    pub call: CallMetadata,
    pub utterances: Vec<Utterance>,
    pub verdict: Outcome,
    pub evidence: Vec<String>,
}
