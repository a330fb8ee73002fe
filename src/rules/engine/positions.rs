//! Where lists of alternatives may begin and end in the utterance at hand, told by one pass of
//! the word automata for all lists together.
//!
//! Word lists stand in many patterns and gaps let each begin at many places; without this the
//! same comparisons would be made over and over.

use std::cell::Cell;

use super::words::{ListSet, Words};

/// In longer utterances it is only known whether a list occurs, not where.
pub const LONGEST: usize = 127;

/// A set of characters, or of borders between them.
pub type Places = u128;

/// Where the alternatives of a list may stand.
#[derive(Clone, Copy, Debug, Default)]
struct ListPlaces {
    /// Where a word begins with which some alternative begins, as written.
    begins: Places,
    /// Where a word ends with which some alternative ends (the border after it), as written.
    ends: Places,
    /// The same by sound, in addition.
    begins_by_sound: Places,
    ends_by_sound: Places,
    /// Whether a word of it is heard by sound where none is written.
    sounds: bool,
}

/// A word that was found in the utterance at hand, and where it begins.
#[derive(Clone, Copy, Debug)]
struct Said {
    word: u32,
    written: Places,
    by_sound: Places,
}

/// What was found in the utterance at hand. Where a list stands is worked out when it is asked
/// for the first time: most lists that occur are never asked for.
#[derive(Debug, Default)]
pub struct Positions {
    utterance: u32,
    /// Whether places are kept.
    fits: bool,
    said: Vec<Said>,
    /// By word: its number in `said`, from one; zero for one that was not found.
    slots: Vec<u32>,
    /// The lists of which some alternative may begin somewhere, as written.
    written: ListSet,
    /// The same as written or by sound.
    begun: ListSet,
    /// The lists with a word that is heard where that word is not written.
    foreign: ListSet,
    /// By list: where it stands, and in which utterance that was worked out.
    places: Vec<Cell<(u32, ListPlaces)>>,
    /// By list: where some alternative stands whole, as written, and in which utterance that was
    /// worked out.
    stands: Vec<Cell<(u32, Places)>>,
}

impl Positions {
    /// Forgets everything: another utterance of so many characters begins.
    pub fn begin(&mut self, words: &Words, characters: usize) {
        for said in self.said.drain(..) {
            self.slots[said.word as usize] = 0;
        }
        self.slots.resize(words.count(), 0);
        self.written.clear(words.lists());
        self.begun.clear(words.lists());
        self.foreign.clear(words.lists());
        self.places.resize_with(words.lists(), Default::default);
        self.stands.resize_with(words.lists(), Default::default);
        self.fits = characters <= LONGEST;
        self.utterance = match self.utterance.checked_add(1) {
            Some(next) => next,
            None => {
                self.places.iter().for_each(|known| known.take().0 = 0);
                self.stands.iter().for_each(|known| known.take().0 = 0);
                1
            }
        };
    }

    /// Whether it is known where lists stand, not only whether.
    pub fn fits(&self) -> bool {
        self.fits
    }

    /// Adds a word that stands written at `at`.
    pub fn add(&mut self, word: u32, at: usize) {
        let place = self.place(at, 0);
        self.said(word).written |= place;
    }

    /// Adds a word that is heard at `at`, be it written there or not.
    pub fn add_by_sound(&mut self, word: u32, at: usize) {
        let place = self.place(at, 1);
        self.said(word).by_sound |= place;
    }

    /// In an utterance that is too long any place stands for all.
    fn place(&self, at: usize, any: usize) -> Places {
        match self.fits {
            true => 1 << at,
            false => 1 << any,
        }
    }

    fn said(&mut self, word: u32) -> &mut Said {
        let slot = &mut self.slots[word as usize];
        if *slot == 0 {
            self.said.push(Said {
                word,
                written: 0,
                by_sound: 0,
            });
            *slot = self.said.len() as u32;
        }
        &mut self.said[*slot as usize - 1]
    }

    /// All words were added: which lists occur.
    pub fn settle(&mut self, words: &Words) {
        for said in &self.said {
            words.add_begun(said.word, &mut self.begun);
            if said.written != 0 {
                words.add_begun(said.word, &mut self.written);
            }
            if said.by_sound & !said.written != 0 {
                words.add_all(said.word, &mut self.foreign);
            }
        }
    }
}

/// What was found in the utterance at hand, by list.
#[derive(Clone, Copy)]
pub struct Known<'p> {
    pub positions: &'p Positions,
    pub words: &'p Words,
}

impl<'p> Known<'p> {
    /// The lists of which some alternative may begin somewhere, as written or by sound.
    pub fn begun(self) -> &'p ListSet {
        &self.positions.begun
    }

    /// Whether some alternative may begin somewhere, as written.
    pub fn is_written(self, list: u32) -> bool {
        self.positions.written.has(list)
    }

    /// Whether a word of the list is heard by sound where none of them is written.
    pub fn by_sound(self, list: u32) -> bool {
        self.positions.foreign.has(list) && self.places(list).sounds
    }

    /// Where the list may begin.
    pub fn begins(self, list: u32, by_sound: bool) -> Places {
        let places = self.places(list);
        match by_sound {
            true => places.begins | places.begins_by_sound,
            false => places.begins,
        }
    }

    /// Where the list may end: borders, each after the last character.
    pub fn ends(self, list: u32, by_sound: bool) -> Places {
        let places = self.places(list);
        match by_sound {
            true => places.ends | places.ends_by_sound,
            false => places.ends,
        }
    }

    /// Where some alternative stands whole, as written, worked out when it is asked for the first
    /// time.
    pub fn stands(self, list: u32, work_out: impl FnOnce() -> Places) -> Places {
        let cell = &self.positions.stands[list as usize];
        let (utterance, known) = cell.get();
        if utterance == self.positions.utterance {
            return known;
        }
        let places = work_out();
        cell.set((self.positions.utterance, places));
        places
    }

    fn places(self, list: u32) -> ListPlaces {
        let cell = &self.positions.places[list as usize];
        let (utterance, known) = cell.get();
        if utterance == self.positions.utterance {
            return known;
        }
        let places = self.work_out(list);
        cell.set((self.positions.utterance, places));
        places
    }

    fn work_out(self, list: u32) -> ListPlaces {
        let mut places = ListPlaces::default();
        // Words that only end alternatives, where they are heard.
        let mut endings = 0;
        for own in self.words.of_list(list) {
            let slot = self.positions.slots[own.word as usize];
            if slot == 0 {
                continue;
            }
            let said = &self.positions.said[slot as usize - 1];
            let length = match self.positions.fits {
                true => self.words.length(own.word),
                false => 0,
            };
            if own.begins {
                places.begins |= said.written;
                places.begins_by_sound |= said.by_sound;
            } else {
                endings |= said.by_sound << length;
            }
            if own.ends {
                places.ends |= said.written << length;
                places.ends_by_sound |= said.by_sound << length;
            }
        }
        places.sounds = places.begins_by_sound & !places.begins != 0 || endings & !places.ends != 0;
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

/// The places, and up to so many after each.
pub fn spread(mut places: Places, most: usize) -> Places {
    let mut done = 0;
    while done < most {
        let step = (done + 1).min(most - done);
        places |= places << step;
        done += step;
    }
    places
}

/// All places from the first of the set on.
pub fn not_before(places: Places) -> Places {
    match places {
        0 => 0,
        _ => Places::MAX << places.trailing_zeros(),
    }
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
    use std::sync::Arc;

    use super::*;
    use crate::rules::engine::pattern::{Branches, Dispatch, Word};

    /// Two lists, of which the second is the word 退订.
    fn words() -> Words {
        let word = Word {
            text: ['退', '订'].into(),
            begins: true,
            ends: true,
        };
        let list = |id: u32, words: Vec<Word>| {
            Arc::new(Branches {
                id,
                all: Vec::new(),
                by_first: Dispatch::default(),
                by_last: Dispatch::default(),
                words,
            })
        };
        Words::of(&[list(0, Vec::new()), list(1, vec![word])]).0
    }

    fn known<'p>(positions: &'p Positions, words: &'p Words) -> Known<'p> {
        Known { positions, words }
    }

    #[test]
    fn ranges_and_orders() {
        assert_eq!(range(2, 4), 0b11100);
        assert_eq!(range(4, 2), 0);
        assert_eq!(range(0, 127), Places::MAX);
        for most in 0..70 {
            assert_eq!(spread(1 << 3, most), range(3, 3 + most));
        }
        assert_eq!(spread(0b100_0001, 2), 0b1_1100_0111);
        assert_eq!(not_before(0b10100), Places::MAX & !0b11);
        assert_eq!(not_before(0), 0);
        let places = range(3, 5) | range(127, 127);
        assert_eq!(ascending(places).collect::<Vec<_>>(), [3, 4, 5, 127]);
        assert_eq!(descending(places).collect::<Vec<_>>(), [127, 5, 4, 3]);
    }

    #[test]
    fn what_is_known_is_kept_for_one_utterance() {
        let words = &words();
        let mut positions = Positions::default();
        positions.begin(words, 10);
        positions.settle(words);
        assert_eq!(known(&positions, words).ends(1, true), 0);
        positions.begin(words, 10);
        positions.add(0, 0);
        positions.add(0, 2);
        positions.settle(words);
        let both = ListSet::of([0, 1], 2);
        {
            let known = known(&positions, words);
            assert_eq!(known.begins(1, false), 0b101);
            assert_eq!(known.ends(1, false), 0b10100);
            assert_eq!(known.begins(0, true), 0);
            assert_eq!(known.begun().common(&both).collect::<Vec<_>>(), [1]);
            assert_eq!(known.stands(1, || 7), 7);
            assert_eq!(known.stands(1, || 8), 7);
        }
        positions.begin(words, 10);
        positions.settle(words);
        let known = known(&positions, words);
        assert_eq!(known.begins(1, true), 0);
        assert_eq!(known.begun().common(&both).count(), 0);
        assert_eq!(known.stands(1, || 8), 8);
    }

    #[test]
    fn heard_where_it_is_not_written() {
        let words = &words();
        let mut positions = Positions::default();
        positions.begin(words, 10);
        positions.add(0, 4);
        positions.add_by_sound(0, 4);
        positions.settle(words);
        assert!(known(&positions, words).is_written(1) && !known(&positions, words).by_sound(1));
        positions.begin(words, 10);
        positions.add(0, 4);
        positions.add_by_sound(0, 4);
        positions.add_by_sound(0, 7);
        positions.settle(words);
        assert!(known(&positions, words).by_sound(1));
        assert_eq!(known(&positions, words).begins(1, false), 1 << 4);
        assert_eq!(known(&positions, words).begins(1, true), 1 << 4 | 1 << 7);
        // Too long for places: whatever is heard may be somewhere else than what is written.
        positions.begin(words, LONGEST + 1);
        positions.add(0, 400);
        positions.add_by_sound(0, 400);
        positions.settle(words);
        assert!(known(&positions, words).is_written(1) && known(&positions, words).by_sound(1));
    }
}
