//! Where lists of alternatives may begin and end in the utterance at hand, told by one pass of
//! the word automata for all lists together.
//!
//! Word lists stand in many patterns and gaps let each begin at many places; without this the
//! same comparisons would be made over and over.

use std::cell::Cell;

use super::automata::WordOf;

/// In longer utterances nothing is remembered.
pub const LONGEST: usize = 127;

/// A set of characters, or of borders between them.
pub type Places = u128;

/// What is remembered about a list of alternatives.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// Where a word begins with which some alternative begins, as written.
    Begins,
    /// Where a word ends with which some alternative ends (the border after it), as written.
    Ends,
    /// The same by sound, in addition.
    BeginsBySound,
    EndsBySound,
    /// Where some alternative stands whole, as written; worked out when it is asked for.
    Stands,
}

/// Answers for the utterance at hand, by list of alternatives.
#[derive(Debug, Default)]
pub struct Positions {
    utterance: u32,
    known: Vec<[Cell<Answer>; 5]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    /// The utterance that it is about.
    utterance: u32,
    places: Places,
}

impl Positions {
    /// Forgets everything: another utterance begins. There are `lists` lists of alternatives.
    pub fn begin(&mut self, lists: usize) {
        self.known.resize_with(lists, Default::default);
        self.utterance = match self.utterance.checked_add(1) {
            Some(next) => next,
            None => {
                self.known.iter_mut().for_each(|known| *known = Default::default());
                1
            }
        };
    }

    /// Adds a place.
    pub fn add(&self, list: u32, question: Question, place: usize) {
        let cell = &self.known[list as usize][question as usize];
        cell.set(Answer {
            utterance: self.utterance,
            places: self.of(list, question) | 1 << place,
        });
    }

    /// Adds a word that begins at `at`: where it begins, and where it ends.
    pub fn add_word(&self, word: &WordOf, at: usize, [begins, ends]: [Question; 2]) {
        if word.begins {
            self.add(word.list, begins, at);
        }
        if word.ends {
            self.add(word.list, ends, at + usize::from(word.length));
        }
    }

    /// Whether a word of the list is known to stand there as written.
    pub fn is_written(&self, word: &WordOf, at: usize) -> bool {
        let (question, place) = match word.begins {
            true => (Question::Begins, at),
            false => (Question::Ends, at + usize::from(word.length)),
        };
        self.of(word.list, question) >> place & 1 == 1
    }

    /// The places known.
    pub fn of(&self, list: u32, question: Question) -> Places {
        let known = self.known[list as usize][question as usize].get();
        match known.utterance == self.utterance {
            true => known.places,
            false => 0,
        }
    }

    /// The places, worked out when they are asked for the first time.
    pub fn once(&self, list: u32, question: Question, work_out: impl FnOnce() -> Places) -> Places {
        let cell = &self.known[list as usize][question as usize];
        let known = cell.get();
        if known.utterance == self.utterance {
            return known.places;
        }
        let places = work_out();
        cell.set(Answer {
            utterance: self.utterance,
            places,
        });
        places
    }
}

/// The places `from..=to`.
pub fn range(from: usize, to: usize) -> Places {
    if from > to {
        return 0;
    }
    let up_to = |end: usize| match end {
        128.. => Places::MAX,
        _ => (1 << end) - 1,
    };
    up_to(to + 1) & !up_to(from)
}

/// The places of a set, ascending.
pub fn ascending(mut places: Places) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if places == 0 {
            return None;
        }
        let first = places.trailing_zeros() as usize;
        places &= places - 1;
        Some(first)
    })
}

/// The places of a set, descending.
pub fn descending(mut places: Places) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if places == 0 {
            return None;
        }
        let last = 127 - places.leading_zeros() as usize;
        places &= !(1 << last);
        Some(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_orders() {
        assert_eq!(range(2, 4), 0b11100);
        assert_eq!(range(4, 2), 0);
        assert_eq!(range(0, 127), Places::MAX);
        let places = range(3, 5) | range(127, 127);
        assert_eq!(ascending(places).collect::<Vec<_>>(), [3, 4, 5, 127]);
        assert_eq!(descending(places).collect::<Vec<_>>(), [127, 5, 4, 3]);
    }

    #[test]
    fn answers_are_kept_for_one_utterance() {
        let mut positions = Positions::default();
        positions.begin(2);
        assert_eq!(positions.of(1, Question::Ends), 0);
        positions.add(1, Question::Ends, 0);
        positions.add(1, Question::Ends, 2);
        assert_eq!(positions.of(1, Question::Ends), 5);
        assert_eq!(positions.of(0, Question::Ends), 0);
        assert_eq!(positions.once(1, Question::Stands, || 7), 7);
        assert_eq!(positions.once(1, Question::Stands, || 8), 7);
        positions.begin(2);
        assert_eq!(positions.of(1, Question::Ends), 0);
        assert_eq!(positions.once(1, Question::Stands, || 8), 8);
    }
}
