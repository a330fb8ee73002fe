//! Whether a pattern stands at a place, and from where to where.

use std::cell::Cell;

use super::{
    frequency::is_glue,
    pattern::{Branches, Pattern, Piece},
};
use crate::text::{Accents, Normalised, Value, fold, readings};

/// Steps after which a place is given up: no sensible phrase needs so many.
const MOST_STEPS: u32 = 20_000;

/// An utterance as the matcher reads it.
#[derive(Clone, Copy)]
pub struct Spoken<'t> {
    pub text: &'t Normalised,
    pub values: &'t [Value],
    /// Before which characters a question mark stands; the text's length for one at its end.
    pub questions: &'t [usize],
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
    /// Where the forward match began: breaks before it are no breaks within it.
    begin: usize,
    steps: Cell<u32>,
}

/// What is still to come after the pieces at hand.
#[derive(Clone, Copy)]
enum Rest<'p> {
    Pieces {
        pieces: &'p [Piece],
        then: Option<&'p Rest<'p>>,
    },
    /// The same again, if there was any progress since `since`, or what comes after it.
    Again {
        branches: &'p Branches,
        since: usize,
        pieces: &'p [Piece],
        then: Option<&'p Rest<'p>>,
    },
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
        begin: at,
        steps: Cell::new(MOST_STEPS),
    };
    let to = matcher.forward(&pattern.pieces[item..], None, at)?;
    let from = matcher.backward(&pattern.pieces[..item], None, at)?;
    (from < to).then(|| matcher.reach(from, to, pattern.reach))
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

    fn char_at(&self, at: usize) -> Option<char> {
        self.spoken.text.chars().get(at).copied()
    }

    /// Where the pieces and the rest end when they begin at `at`.
    fn forward(&self, pieces: &[Piece], then: Option<&Rest<'_>>, at: usize) -> Option<usize> {
        if self.give_up() {
            return None;
        }
        let Some((piece, pieces)) = pieces.split_first() else {
            return match then {
                None => Some(at),
                Some(&Rest::Pieces { pieces, then }) => self.forward(pieces, then, at),
                Some(&Rest::Again {
                    branches,
                    since,
                    pieces,
                    then,
                }) => {
                    if at == since {
                        return None;
                    }
                    let again = Rest::Again {
                        branches,
                        since: at,
                        pieces,
                        then,
                    };
                    self.forward(pieces, then, at)
                        .or_else(|| self.choose_forward(branches, &again, at))
                }
            };
        };
        match piece {
            Piece::Text { chars, alone } => {
                let end = at + chars.len();
                let stands = end <= self.len()
                    && self.same(chars, at, *alone)
                    && (at..end).all(|i| self.joined(i));
                if stands {
                    self.forward(pieces, then, end)
                } else {
                    None
                }
            }
            Piece::Choice(branches) => {
                let rest = Rest::Pieces { pieces, then };
                self.choose_forward(branches, &rest, at)
            }
            Piece::Repeat(branches) => {
                let rest = Rest::Again {
                    branches,
                    since: at,
                    pieces,
                    then,
                };
                self.choose_forward(branches, &rest, at)
            }
            Piece::Gap { most, without } => {
                for size in 0..=usize::from(*most) {
                    let end = at + size;
                    let passes = size == 0
                        || end <= self.len()
                            && self.joined(end - 1)
                            && !self.begins(without.as_deref(), end - 1);
                    if !passes {
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
            edge => {
                if self.is_edge(edge, at) {
                    self.forward(pieces, then, at)
                } else {
                    None
                }
            }
        }
    }

    fn choose_forward(&self, branches: &Branches, rest: &Rest<'_>, at: usize) -> Option<usize> {
        let try_branch = |branch: &Vec<Piece>| self.forward(branch.as_slice(), Some(rest), at);
        match self.comparison {
            Comparison::Written => branches
                .by_first
                .at(self.char_at(at))
                .find_map(|number| try_branch(&branches.all[usize::from(number)])),
            Comparison::Sound(_) => branches.all.iter().find_map(try_branch),
        }
    }

    /// Where the pieces begin when they end at `at`.
    fn backward(&self, pieces: &[Piece], then: Option<&Rest<'_>>, at: usize) -> Option<usize> {
        if self.give_up() {
            return None;
        }
        let Some((piece, pieces)) = pieces.split_last() else {
            return match then {
                None => Some(at),
                Some(&Rest::Pieces { pieces, then }) => self.backward(pieces, then, at),
                Some(&Rest::Again {
                    branches,
                    since,
                    pieces,
                    then,
                }) => {
                    if at == since {
                        return None;
                    }
                    let again = Rest::Again {
                        branches,
                        since: at,
                        pieces,
                        then,
                    };
                    self.backward(pieces, then, at)
                        .or_else(|| self.choose_backward(branches, &again, at))
                }
            };
        };
        match piece {
            Piece::Text { chars, alone } => {
                let from = at.checked_sub(chars.len())?;
                let stands =
                    self.same(chars, from, *alone) && (from..at).all(|i| self.joined_after(i));
                if stands {
                    self.backward(pieces, then, from)
                } else {
                    None
                }
            }
            Piece::Choice(branches) => {
                let rest = Rest::Pieces { pieces, then };
                self.choose_backward(branches, &rest, at)
            }
            Piece::Repeat(branches) => {
                let rest = Rest::Again {
                    branches,
                    since: at,
                    pieces,
                    then,
                };
                self.choose_backward(branches, &rest, at)
            }
            Piece::Gap { most, without } => {
                for size in 0..=usize::from(*most) {
                    let from = at.checked_sub(size)?;
                    let passes = size == 0
                        || self.joined_after(from) && !self.begins(without.as_deref(), from);
                    if !passes {
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
            edge => {
                if self.is_edge(edge, at) {
                    self.backward(pieces, then, at)
                } else {
                    None
                }
            }
        }
    }

    fn choose_backward(&self, branches: &Branches, rest: &Rest<'_>, at: usize) -> Option<usize> {
        let try_branch = |branch: &Vec<Piece>| self.backward(branch.as_slice(), Some(rest), at);
        let last = at.checked_sub(1).and_then(|last| self.char_at(last));
        match self.comparison {
            Comparison::Written => branches
                .by_last
                .at(last)
                .find_map(|number| try_branch(&branches.all[usize::from(number)])),
            Comparison::Sound(_) => branches.all.iter().find_map(try_branch),
        }
    }

    fn is_edge(&self, edge: &Piece, at: usize) -> bool {
        match edge {
            Piece::Start => at == 0,
            Piece::End => at == self.len(),
            Piece::ClauseEdge => self.spoken.text.pause_before(at),
            Piece::Question => self.spoken.questions.contains(&at),
            _ => false,
        }
    }

    /// Whether one of the words begins at the character.
    fn begins(&self, words: Option<&Branches>, at: usize) -> bool {
        words.is_some_and(|words| {
            words.by_first.at(self.char_at(at)).any(|number| {
                self.forward(&words.all[usize::from(number)], None, at)
                    .is_some()
            })
        })
    }

    /// Widened by the pattern's reach, within the sentence.
    fn reach(&self, from: usize, to: usize, (before, after): (u8, u8)) -> (usize, usize) {
        let (mut from, mut to) = (from, to);
        for _ in 0..before {
            if self.spoken.text.sentence_break_before(from) {
                break;
            }
            from -= 1;
        }
        for _ in 0..after {
            if self.spoken.text.sentence_break_before(to) {
                break;
            }
            to += 1;
        }
        (from, to)
    }

    /// Whether the character belongs to the sentence of the one before it, if that is matched.
    fn joined(&self, index: usize) -> bool {
        index <= self.begin || !self.spoken.text.sentence_break_before(index)
    }

    /// The same, going backward: whether no sentence ends after the character.
    fn joined_after(&self, index: usize) -> bool {
        index + 1 >= self.len() || !self.spoken.text.sentence_break_before(index + 1)
    }

    fn same(&self, chars: &[char], at: usize, alone: bool) -> bool {
        let heard = &self.spoken.text.chars()[at..at + chars.len()];
        match self.comparison {
            Comparison::Written => chars == heard,
            Comparison::Sound(accents) => self.sounds_same(chars, heard, at, alone, accents),
        }
    }

    /// Whether a piece of text sounds the same. The fewer characters, the more of them must be
    /// as written: one by itself could be anything, of two one is needed to make a word, and
    /// not one that is everywhere (您的, 一个).
    /// Only a phrase that is nothing but this piece may be other characters throughout.
    fn sounds_same(
        &self,
        chars: &[char],
        heard: &[char],
        at: usize,
        alone: bool,
        accents: Accents,
    ) -> bool {
        let mut other = 0;
        for (&said, &heard) in chars.iter().zip(heard) {
            if said != heard {
                // What is heard everywhere is no mishearing (个月给 is not 个月期).
                if is_glue(heard) || !sound_alike(said, heard, accents) {
                    return false;
                }
                other += 1;
            }
        }
        let most = match chars.len() {
            _ if alone => chars.len(),
            1 => 0,
            2 if chars.iter().any(|&c| is_glue(c)) => 0,
            2 => 1,
            length => length / 2,
        };
        let broken = (at + 1..at + chars.len()).any(|i| self.spoken.text.pause_before(i));
        other == 0 || other <= most && !broken
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

/// Before which characters a question mark stands in the original.
pub fn questions(text: &Normalised) -> Vec<usize> {
    let is_mark = |c: char| c == '?' || c == '？';
    if !text.original().contains(is_mark) {
        return Vec::new();
    }
    let count = text.chars().len();
    let mut next = 0;
    let mut found = Vec::new();
    for (position, c) in text.original().chars().enumerate() {
        while next < count && text.origin(next).0 < position {
            next += 1;
        }
        if is_mark(c) && found.last() != Some(&next) {
            found.push(next);
        }
    }
    found
}
