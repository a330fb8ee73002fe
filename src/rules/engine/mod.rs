//! The engine: the words of every phrase of every cue in two automata, each utterance once through
//! each.
//!
//! `Automata` find the words (`Words` are those of all lists of alternatives), `Positions` keep
//! where they stand and work out where a list may begin and end, `Candidates` tell which patterns
//! have all of their lists, `plausible` and the matcher verify those (those that only cancel where
//! there is something to cancel), `listen` turns verified places into hits per cue, and a `View`
//! answers what conditions ask of the hits.

mod anchors;
mod automata;
mod candidates;
mod found;
mod frequency;
mod heard;
mod hit;
mod listen;
mod matcher;
mod pattern;
mod place;
mod plausible;
mod positions;
mod rows;
mod similar;
mod spoken;
mod view;
mod words;

pub use automata::{Automata, LiteralAutomaton};
pub use heard::Heard;
pub use hit::{Doubt, Hit};
pub use listen::{Ears, Scratch, may_be};
pub use pattern::{Branches, Compiler, Pattern, SHORTEST_BY_SOUND};
pub use place::{Neighbours, place};
pub use similar::likeness;
pub use view::{Case, Region, Unheard, View};

use crate::time::Millis;

/// How sure the engine wants to be.
#[derive(Clone, Copy, Debug)]
pub struct JudgeSettings {
    /// Words whose probability is lower than this are doubtful.
    pub unsure_below: f32,
    /// Shorter untranscribed stretches cannot have held an obligation.
    pub untranscribed_from: Millis,
    /// When more than this share of what a side said could not be transcribed, not even a
    /// trigger's or a prohibited word's absence is sure.
    pub untranscribed_share: f64,
    /// A hit is doubtful when another speaker talks over this share of it on one channel.
    pub overlap_share: f64,
    /// How fast people speak, where a transcript has no times.
    pub characters_per_minute: u32,
}

impl Default for JudgeSettings {
    fn default() -> JudgeSettings {
        JudgeSettings {
            unsure_below: 0.4,
            untranscribed_from: Millis(1000),
            untranscribed_share: 0.25,
            overlap_share: 0.5,
            characters_per_minute: 250,
        }
    }
}
