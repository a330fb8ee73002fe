//! Whether a pattern stands at a place, and from where to where.

use std::cell::Cell;

use super::pattern::{Pattern, Piece};
use crate::text::{Accents, Normalised, Value, fold, readings};

/// Steps after which a place is given up: no sensible phrase needs so many.
const MOST_STEPS: u32 = 20_000;

/// An utterance as the matcher reads it.
#[derive(Clone, Copy)]
pub struct Spoken<'t> {
    pub text: &'t Normalised,
    pub values: &'t [Value],
}

/// How characters are compared.
#[derive(Clone, Copy, PartialEq)]
pub enum Comparison {
    Written,
    Sound(Accents),
}

struct Matcher<'t> {
    spoken: Spoken<'t>,
    comparison: Comparison,
    at_start: bool,
    at_end: bool,
    /// Where the forward match began: breaks before it are no breaks within it.
    begin: usize,
    steps: Cell<u32>,
}

/// What is still to come after the pieces at hand.
struct Rest<'p> {
    pieces: &'p [Piece],
    then: Option<&'p Rest<'p>>,
}

/// Verifies the pattern with its item `item` beginning at the character `at`.
/// Returns the characters that it covers, with the shortest gaps that will do.
pub fn verify(
    pattern: &Pattern,
    item: usize,
    at: usize,
    spoken: Spoken<'_>,
    comparison: Comparison,
) -> Option<(usize, usize)> {
    let matcher = Matcher {
        spoken,
        comparison,
        at_start: pattern.at_start,
        at_end: pattern.at_end,
        begin: at,
        steps: Cell::new(MOST_STEPS),
    };
    let to = matcher.forward(&pattern.pieces[item..], None, at)?;
    let from = matcher.backward(&pattern.pieces[..item], None, at)?;
    (from < to).then_some((from, to))
}

impl Matcher<'_> {
    fn give_up(&self) -> bool {
        let steps = self.steps.get();
        self.steps.set(steps.saturating_sub(1));
        steps == 0
    }

    fn len(&self) -> usize {
        self.spoken.text.chars().len()
    }

    /// Where the pieces and the rest end when they begin at `at`.
    fn forward(&self, pieces: &[Piece], then: Option<&Rest<'_>>, at: usize) -> Option<usize> {
        if self.give_up() {
            return None;
        }
        let Some((piece, pieces)) = pieces.split_first() else {
            return match then {
                Some(rest) => self.forward(rest.pieces, rest.then, at),
                None => (!self.at_end || at == self.len()).then_some(at),
            };
        };
        match piece {
            Piece::Text {
                chars,
                only_as_written,
            } => {
                let end = at + chars.len();
                let stands = end <= self.len()
                    && (at..end).all(|i| self.joined(i))
                    && self.same(chars, at, *only_as_written);
                if stands {
                    self.forward(pieces, then, end)
                } else {
                    None
                }
            }
            Piece::Choice(choices) => {
                let rest = Rest { pieces, then };
                choices
                    .iter()
                    .find_map(|choice| self.forward(choice, Some(&rest), at))
            }
            Piece::Gap(most) => {
                for size in 0..=usize::from(*most) {
                    let end = at + size;
                    if end > self.len() || size > 0 && !self.joined(end - 1) {
                        return None;
                    }
                    if let Some(to) = self.forward(pieces, then, end) {
                        return Some(to);
                    }
                }
                None
            }
            Piece::Value(kind) => self
                .spoken
                .values
                .iter()
                .filter(|value| value.kind == *kind && value.from == at && self.joined(at))
                .find_map(|value| self.forward(pieces, then, value.to)),
            Piece::ClauseEdge => {
                if self.spoken.text.pause_before(at) {
                    self.forward(pieces, then, at)
                } else {
                    None
                }
            }
        }
    }

    /// Where the pieces begin when they end at `at`.
    fn backward(&self, pieces: &[Piece], then: Option<&Rest<'_>>, at: usize) -> Option<usize> {
        if self.give_up() {
            return None;
        }
        let Some((piece, pieces)) = pieces.split_last() else {
            return match then {
                Some(rest) => self.backward(rest.pieces, rest.then, at),
                None => (!self.at_start || at == 0).then_some(at),
            };
        };
        match piece {
            Piece::Text {
                chars,
                only_as_written,
            } => {
                let from = at.checked_sub(chars.len())?;
                let stands = (from..at).all(|i| self.joined_after(i))
                    && self.same(chars, from, *only_as_written);
                if stands {
                    self.backward(pieces, then, from)
                } else {
                    None
                }
            }
            Piece::Choice(choices) => {
                let rest = Rest { pieces, then };
                choices
                    .iter()
                    .find_map(|choice| self.backward(choice, Some(&rest), at))
            }
            Piece::Gap(most) => {
                for size in 0..=usize::from(*most) {
                    let from = at.checked_sub(size)?;
                    if size > 0 && !self.joined_after(from) {
                        return None;
                    }
                    if let Some(begin) = self.backward(pieces, then, from) {
                        return Some(begin);
                    }
                }
                None
            }
            Piece::Value(kind) => self
                .spoken
                .values
                .iter()
                .filter(|value| {
                    value.kind == *kind && value.to == at && self.joined_after(value.to - 1)
                })
                .find_map(|value| self.backward(pieces, then, value.from)),
            Piece::ClauseEdge => {
                if self.spoken.text.pause_before(at) {
                    self.backward(pieces, then, at)
                } else {
                    None
                }
            }
        }
    }

    /// Whether the character belongs to the sentence of the one before it, if that is matched.
    fn joined(&self, index: usize) -> bool {
        index <= self.begin || !self.spoken.text.sentence_break_before(index)
    }

    /// The same, going backward: whether no sentence ends after the character.
    fn joined_after(&self, index: usize) -> bool {
        index + 1 >= self.len() || !self.spoken.text.sentence_break_before(index + 1)
    }

    fn same(&self, chars: &[char], at: usize, only_as_written: bool) -> bool {
        let heard = &self.spoken.text.chars()[at..at + chars.len()];
        match self.comparison {
            Comparison::Sound(accents) if !only_as_written => chars
                .iter()
                .zip(heard)
                .all(|(&said, &heard)| sound_alike(said, heard, accents)),
            _ => chars == heard,
        }
    }
}

/// Whether some reading of one character is some reading of the other, as far as the accents
/// keep them apart.
pub fn sound_alike(a: char, b: char, accents: Accents) -> bool {
    a == b
        || readings(a).iter().any(|&x| {
            readings(b)
                .iter()
                .any(|&y| x == y || !accents.is_empty() && fold(x, accents) == fold(y, accents))
        })
}
