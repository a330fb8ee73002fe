//! Whether a pattern stands at a place, and from where to where.

use std::{cell::Cell, sync::Arc};

use super::{
    anchors::Anchor,
    frequency::is_glue,
    pattern::{Branches, Pattern, Piece},
    plausible::plausible,
    positions::{self, Known, Places},
    spoken::Spoken,
};
use crate::text::{Accents, fold, readings};

/// Steps after which a place is given up: no sensible phrase needs so many.
const MOST_STEPS: u32 = 20_000;

/// How characters are compared.
#[derive(Clone, Copy, PartialEq)]
pub enum Comparison {
    Written,
    Sound(Accents),
}

/// Where a match stands, and how many characters may still be other than written.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    left: usize,
}

impl Place {
    fn at(self, at: usize) -> Place {
        Place { at, ..self }
    }
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

/// Calls `found` with the characters of every place at which the pattern stands, perhaps more
/// than once for the same.
pub fn find_all(
    pattern: &Pattern,
    spoken: Spoken<'_>,
    comparison: Comparison,
    mut found: impl FnMut(usize, usize),
) {
    let item = match (comparison, pattern.anchor) {
        (Comparison::Sound(_), _) => match pattern.sound_anchor {
            Some(item) => item,
            None => return,
        },
        (Comparison::Written, Anchor::Text(item) | Anchor::Value(item, _)) => item,
    };
    let mut try_at = |at: usize| {
        if let Some((from, to)) = verify(pattern, item, at, spoken, comparison) {
            found(from, to);
        }
    };
    let plausible = match spoken.positions {
        Some(known) => plausible(pattern, item, spoken, known, comparison),
        None => Places::MAX,
    };
    if plausible == 0 {
        return;
    }
    if let (Comparison::Written, Anchor::Value(_, kind)) = (comparison, pattern.anchor) {
        let own = spoken.values.iter().filter(|value| value.kind == kind);
        return own.for_each(|value| try_at(value.from));
    }
    match spoken.positions {
        Some(_) => {
            let inside = positions::range(0, spoken.text.chars().len().saturating_sub(1));
            positions::ascending(plausible & inside).for_each(try_at);
        }
        None => (0..spoken.text.chars().len()).for_each(try_at),
    }
}

/// Verifies the pattern with its item `item` beginning at the character `at`.
/// Returns the characters that it covers, with the shortest gaps that will do.
fn verify(
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
    let begin = Place {
        at,
        left: pattern.may_differ,
    };
    let to = matcher.forward(&pattern.pieces[item..], None, begin)?;
    let from = matcher.backward(&pattern.pieces[..item], None, to.at(at))?;
    (from.at < to.at).then(|| matcher.reach(from.at, to.at, pattern.reach))
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
    fn forward(&self, pieces: &[Piece], then: Option<&Rest<'_>>, place: Place) -> Option<Place> {
        if self.give_up() {
            return None;
        }
        let at = place.at;
        let Some((piece, pieces)) = pieces.split_first() else {
            return match then {
                None => Some(place),
                Some(&Rest::Pieces { pieces, then }) => self.forward(pieces, then, place),
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
                    self.forward(pieces, then, place)
                        .or_else(|| self.choose_forward(branches, &again, place))
                }
            };
        };
        match piece {
            Piece::Text { chars, alone } => {
                let end = at + chars.len();
                if end > self.len() {
                    return None;
                }
                let left = self.same(chars, at, *alone, place.left)?;
                if !(at..end).all(|i| self.joined(i)) {
                    return None;
                }
                self.forward(pieces, then, Place { at: end, left })
            }
            Piece::Choice(branches) => {
                let rest = Rest::Pieces { pieces, then };
                self.choose_forward(branches, &rest, place)
            }
            Piece::Repeat(branches) => {
                let rest = Rest::Again {
                    branches,
                    since: at,
                    pieces,
                    then,
                };
                self.choose_forward(branches, &rest, place)
            }
            Piece::Gap { most, without } => {
                if let (Some(known), Some(next)) = (self.spoken.positions, pieces.first())
                    && let Some(begins) = self.begins_at(next)
                {
                    let last = self.reach_forward(at, usize::from(*most), without, known);
                    return positions::ascending(begins & positions::range(at, last))
                        .find_map(|end| self.forward(pieces, then, place.at(end)));
                }
                for size in 0..=usize::from(*most) {
                    let end = at + size;
                    let passes = size == 0
                        || end <= self.len()
                            && self.joined(end - 1)
                            && !self.begins(without.as_deref(), end - 1);
                    if !passes {
                        return None;
                    }
                    if let Some(to) = self.forward(pieces, then, place.at(end)) {
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
                .find_map(|value| self.forward(pieces, then, place.at(value.to))),
            edge => {
                if self.is_edge(edge, at) {
                    self.forward(pieces, then, place)
                } else {
                    None
                }
            }
        }
    }

    fn choose_forward(&self, branches: &Branches, rest: &Rest<'_>, place: Place) -> Option<Place> {
        let begins = self.list_begins(branches);
        if begins.is_some_and(|begins| begins & positions::range(place.at, place.at) == 0) {
            return None;
        }
        let try_branch = |branch: &Vec<Piece>| self.forward(branch.as_slice(), Some(rest), place);
        match self.comparison {
            Comparison::Written => branches
                .by_first
                .at(self.char_at(place.at))
                .find_map(|number| try_branch(&branches.all[usize::from(number)])),
            Comparison::Sound(_) => branches.all.iter().find_map(try_branch),
        }
    }

    /// Where the pieces begin when they end at `at`.
    fn backward(&self, pieces: &[Piece], then: Option<&Rest<'_>>, place: Place) -> Option<Place> {
        if self.give_up() {
            return None;
        }
        let at = place.at;
        let Some((piece, pieces)) = pieces.split_last() else {
            return match then {
                None => Some(place),
                Some(&Rest::Pieces { pieces, then }) => self.backward(pieces, then, place),
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
                    self.backward(pieces, then, place)
                        .or_else(|| self.choose_backward(branches, &again, place))
                }
            };
        };
        match piece {
            Piece::Text { chars, alone } => {
                let from = at.checked_sub(chars.len())?;
                let left = self.same(chars, from, *alone, place.left)?;
                if !(from..at).all(|i| self.joined_after(i)) {
                    return None;
                }
                self.backward(pieces, then, Place { at: from, left })
            }
            Piece::Choice(branches) => {
                let rest = Rest::Pieces { pieces, then };
                self.choose_backward(branches, &rest, place)
            }
            Piece::Repeat(branches) => {
                let rest = Rest::Again {
                    branches,
                    since: at,
                    pieces,
                    then,
                };
                self.choose_backward(branches, &rest, place)
            }
            Piece::Gap { most, without } => {
                if let (Some(known), Some(before)) = (self.spoken.positions, pieces.last())
                    && let Some(ends) = self.ends_at(before)
                {
                    let first = self.reach_backward(at, usize::from(*most), without, known);
                    return positions::descending(ends & positions::range(first, at))
                        .find_map(|from| self.backward(pieces, then, place.at(from)));
                }
                for size in 0..=usize::from(*most) {
                    let from = at.checked_sub(size)?;
                    let passes = size == 0
                        || self.joined_after(from) && !self.begins(without.as_deref(), from);
                    if !passes {
                        return None;
                    }
                    if let Some(begin) = self.backward(pieces, then, place.at(from)) {
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
                .find_map(|value| self.backward(pieces, then, place.at(value.from))),
            edge => {
                if self.is_edge(edge, at) {
                    self.backward(pieces, then, place)
                } else {
                    None
                }
            }
        }
    }

    fn choose_backward(&self, branches: &Branches, rest: &Rest<'_>, place: Place) -> Option<Place> {
        let ends = self.list_ends(branches);
        if ends.is_some_and(|ends| ends & positions::range(place.at, place.at) == 0) {
            return None;
        }
        let try_branch = |branch: &Vec<Piece>| self.backward(branch.as_slice(), Some(rest), place);
        let last = place.at.checked_sub(1).and_then(|last| self.char_at(last));
        match self.comparison {
            Comparison::Written => branches
                .by_last
                .at(last)
                .find_map(|number| try_branch(&branches.all[usize::from(number)])),
            Comparison::Sound(_) => branches.all.iter().find_map(try_branch),
        }
    }

    /// Where a piece may begin; `None` when nothing is known of it.
    fn begins_at(&self, piece: &Piece) -> Option<Places> {
        self.list_begins(piece.list()?)
    }

    /// Where a piece may end.
    fn ends_at(&self, piece: &Piece) -> Option<Places> {
        self.list_ends(piece.list()?)
    }

    fn list_begins(&self, list: &Branches) -> Option<Places> {
        list_begins(list, self.spoken, self.comparison)
    }

    /// Where a list of alternatives may end.
    fn list_ends(&self, list: &Branches) -> Option<Places> {
        let known = self.spoken.positions?;
        let by_sound = self.comparison != Comparison::Written;
        (!list.by_last.is_open()).then(|| known.ends(list.id, by_sound))
    }

    /// How far a gap reaches that begins at `at`: to the end of its sentence and no further than
    /// what must not be in it.
    fn reach_forward(
        &self,
        at: usize,
        most: usize,
        without: &Option<Arc<Branches>>,
        known: Known<'_>,
    ) -> usize {
        let bars = self.spoken.breaks & !positions::range(0, self.begin)
            | self.standing(without.as_deref(), known);
        let first = (bars & positions::range(at, self.len())).trailing_zeros() as usize;
        (at + most).min(self.len()).min(first.max(at))
    }

    /// How far back a gap reaches that ends at `at`.
    fn reach_backward(
        &self,
        at: usize,
        most: usize,
        without: &Option<Arc<Branches>>,
        known: Known<'_>,
    ) -> usize {
        // A character after which a sentence ends is no part of the gap.
        let inner = self.spoken.breaks & positions::range(1, self.len().saturating_sub(1));
        let bars = (inner >> 1) | self.standing(without.as_deref(), known);
        let last = bars
            & if at == 0 {
                0
            } else {
                positions::range(0, at - 1)
            };
        let after_last = (Places::BITS - last.leading_zeros()) as usize;
        at.saturating_sub(most).max(after_last)
    }

    /// Where one of the words stands.
    fn standing(&self, words: Option<&Branches>, known: Known<'_>) -> Places {
        words.map_or(0, |words| {
            known.stands(words.id, || {
                let anybody = Matcher {
                    spoken: self.spoken,
                    comparison: Comparison::Written,
                    begin: 0,
                    steps: Cell::new(MOST_STEPS),
                };
                let all = positions::range(0, self.len().saturating_sub(1));
                positions::ascending(anybody.list_begins(words).unwrap_or(all) & all)
                    .filter(|&at| anybody.begins(Some(words), at))
                    .fold(0, |places, at| places | 1 << at)
            })
        })
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
                self.forward(&words.all[usize::from(number)], None, Place { at, left: 0 })
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

    /// How many characters may still differ after this piece of text; `None` when it does not
    /// stand here.
    fn same(&self, chars: &[char], at: usize, alone: bool, left: usize) -> Option<usize> {
        match self.comparison {
            Comparison::Written => {
                let heard = &self.spoken.text.chars()[at..at + chars.len()];
                (chars == heard).then_some(left)
            }
            Comparison::Sound(accents) => self.sounds_same(chars, at, alone, left, accents),
        }
    }

    /// The same by sound. The fewer characters, the more of them must be as written: one by
    /// itself could be anything, of two one is needed to make a word, and not one that is
    /// everywhere (您的, 一个). Only a phrase that is nothing but this piece may be other
    /// characters throughout.
    fn sounds_same(
        &self,
        chars: &[char],
        at: usize,
        alone: bool,
        left: usize,
        accents: Accents,
    ) -> Option<usize> {
        let heard = &self.spoken.text.chars()[at..at + chars.len()];
        let mut other = 0;
        for (&said, &heard) in chars.iter().zip(heard) {
            if said != heard {
                // What is heard everywhere is no mishearing (个月给 is not 个月期).
                if is_glue(heard) || !sound_alike(said, heard, accents) {
                    return None;
                }
                other += 1;
            }
        }
        if other == 0 {
            return Some(left);
        }
        let most = match chars.len() {
            _ if alone => return self.unbroken(at, chars.len()).then_some(left),
            1 => 0,
            2 if chars.iter().any(|&c| is_glue(c)) => 0,
            2 => 1,
            length => length / 2,
        };
        let stands = other <= most && self.unbroken(at, chars.len());
        stands
            .then_some(left)
            .and_then(|left| left.checked_sub(other))
    }

    fn unbroken(&self, at: usize, length: usize) -> bool {
        (at + 1..at + length).all(|i| !self.spoken.text.pause_before(i))
    }
}

/// Where a list of alternatives may begin; `None` where that may be anywhere.
fn list_begins(list: &Branches, spoken: Spoken<'_>, comparison: Comparison) -> Option<Places> {
    let known = spoken.positions?;
    let by_sound = comparison != Comparison::Written;
    (!list.by_first.is_open()).then(|| known.begins(list.id, by_sound))
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
