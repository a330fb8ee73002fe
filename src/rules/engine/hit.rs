//! A place where a cue was heard.

use crate::rules::{rule::CueId, verdict::Matched};

/// Why a hit is not sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// A wording that says it only weakly.
    Weak,
    /// The recogniser was unsure of the words.
    UnsureWords,
    /// Nobody knows who said it.
    UnknownSpeaker,
    /// Another speaker talks over it on the same channel.
    Overlap,
    /// Only the trained model hears it.
    Learned,
    /// What it should stand before, after or beside is itself doubtful.
    Neighbour,
}

/// A place where a cue was heard. Ordered by place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub cue: CueId,
    /// Index of the utterance.
    pub utterance: u32,
    /// Characters of the normalised text, `to` exclusive.
    pub from: u32,
    pub to: u32,
    /// Characters of the original text, `to` exclusive.
    pub original: (u32, u32),
    pub matched: Matched,
    pub doubt: Option<Doubt>,
    /// The hit that it answers or stands beside, where that was asked for: cue and index among
    /// the cue's hits.
    pub partner: Option<(CueId, u32)>,
}

impl Hit {
    /// Where it begins, comparable across utterances.
    pub fn start(&self) -> (u32, u32) {
        (self.utterance, self.from)
    }

    /// Where it ends.
    pub fn end(&self) -> (u32, u32) {
        (self.utterance, self.to)
    }

    pub fn is_sure(&self) -> bool {
        self.doubt.is_none()
    }

    pub fn overlaps(&self, other: &Hit) -> bool {
        self.utterance == other.utterance && self.from < other.to && other.from < self.to
    }
}
