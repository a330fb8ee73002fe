//! Phrases as the matcher takes them, with the place at which to look for them.

use std::ops::Range;

use super::anchors::{self, Anchor};
use crate::{
    rules::{
        phrase::{Item, Phrase, shortest},
        rule::{Cue, CueId},
    },
    text::{Accents, ValueKind},
    transcript::Speaker,
};

/// Under so many syllables nothing is matched by sound alone.
pub const SHORTEST_BY_SOUND: usize = 3;
/// What cancels a hit stands right beside it, so less will do.
const SHORTEST_UNLESS_BY_SOUND: usize = 2;

/// What a match of a pattern means for its cue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Phrase,
    Weak,
    Unless,
}

/// A phrase, ready to be verified at a place.
#[derive(Debug)]
pub struct Pattern {
    pub cue: CueId,
    pub role: Role,
    /// Who must say it.
    pub speaker: Option<Speaker>,
    pub at_start: bool,
    pub at_end: bool,
    pub pieces: Vec<Piece>,
    pub has_value: bool,
    pub accents: Accents,
    pub anchor: Anchor,
    /// Where to look for it by sound; `None` when it is too short or not wanted.
    pub sound_anchor: Option<Anchor>,
}

/// A piece of a pattern.
#[derive(Clone, Debug)]
pub enum Piece {
    Text {
        chars: Box<[char]>,
        /// A single character between gaps: by sound it could be anything.
        only_as_written: bool,
    },
    Choice(Box<[Vec<Piece>]>),
    Gap(u8),
    Value(ValueKind),
    ClauseEdge,
}

/// The patterns of one cue.
pub fn compile(id: CueId, cue: &Cue, into: &mut Vec<Pattern>) {
    let roles = [
        (Role::Phrase, &cue.phrases),
        (Role::Weak, &cue.weak),
        (Role::Unless, &cue.unless),
    ];
    for (role, phrases) in roles {
        for phrase in phrases {
            let template = Template {
                cue: id,
                role,
                speaker: cue.speaker,
                at_start: phrase.at_start,
                at_end: phrase.at_end,
                sounds_like: cue.sounds_like,
                accents: cue.accents,
            };
            template.compile(&phrase.items, phrase, into);
        }
    }
}

struct Template {
    cue: CueId,
    role: Role,
    speaker: Option<Speaker>,
    at_start: bool,
    at_end: bool,
    sounds_like: bool,
    accents: Accents,
}

impl Template {
    fn compile(&self, items: &[Item], phrase: &Phrase, into: &mut Vec<Pattern>) {
        let Some(anchor) = anchors::written(items) else {
            // Nothing can be looked for in all wordings at once: one pattern for each.
            for wording in split(items) {
                self.compile(&wording, phrase, into);
            }
            return;
        };
        let enough = match self.role {
            Role::Unless => SHORTEST_UNLESS_BY_SOUND,
            Role::Phrase | Role::Weak => SHORTEST_BY_SOUND,
        };
        let by_sound = self.sounds_like && shortest(items) >= enough;
        into.push(Pattern {
            cue: self.cue,
            role: self.role,
            speaker: if self.role == Role::Unless {
                None
            } else {
                self.speaker
            },
            at_start: self.at_start,
            at_end: self.at_end,
            pieces: pieces(items),
            has_value: phrase.has_value(),
            accents: self.accents,
            anchor,
            sound_anchor: if by_sound {
                anchors::by_sound(items)
            } else {
                None
            },
        });
    }
}

/// The first choice written out, one list of items for each of its alternatives.
fn split(items: &[Item]) -> Vec<Vec<Item>> {
    let Some(at) = items
        .iter()
        .position(|item| matches!(item, Item::Choice(_)))
    else {
        return Vec::new();
    };
    let Item::Choice(choices) = &items[at] else {
        return Vec::new();
    };
    choices
        .iter()
        .map(|choice| {
            let mut wording = items[..at].to_vec();
            wording.extend(choice.iter().cloned());
            wording.extend_from_slice(&items[at + 1..]);
            wording
        })
        .collect()
}

fn pieces(items: &[Item]) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(items.len());
    for run in runs(items) {
        let short = longest(&items[run.clone()]) == 1;
        pieces.extend(items[run].iter().map(|item| piece(item, short)));
    }
    pieces
}

/// Stretches of neighbouring text and choices; everything else by itself.
fn runs(items: &[Item]) -> Vec<Range<usize>> {
    let is_text = |item: &Item| matches!(item, Item::Text(_) | Item::Choice(_));
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if is_text(item) && is_text(&items[run.start]) => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

fn longest(items: &[Item]) -> usize {
    items
        .iter()
        .map(|item| match item {
            Item::Text(text) => text.len(),
            Item::Choice(choices) => choices
                .iter()
                .map(|choice| longest(choice))
                .max()
                .unwrap_or(0),
            Item::Gap(_) | Item::Value(_) | Item::ClauseEdge => 0,
        })
        .sum()
}

fn piece(item: &Item, short: bool) -> Piece {
    match item {
        Item::Text(text) => Piece::Text {
            chars: text.as_slice().into(),
            only_as_written: short,
        },
        Item::Choice(choices) => Piece::Choice(
            choices
                .iter()
                .map(|choice| choice.iter().map(|item| piece(item, short)).collect())
                .collect(),
        ),
        Item::Gap(size) => Piece::Gap(*size),
        Item::Value(kind) => Piece::Value(*kind),
        Item::ClauseEdge => Piece::ClauseEdge,
    }
}
