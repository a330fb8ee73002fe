//! Where lists of alternatives may begin and end in the utterance at hand, told by one pass of
//! the word automata for all lists together.
//!
//! Word lists stand in many patterns and gaps let each begin at many places; without this the
//! same comparisons would be made over and over.

use std::cell::Cell;

use super::automata::WordOf;

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
}

/// How a list occurs in the utterance at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Occurs(u8);

impl Occurs {
    const WRITTEN: u8 = 1;
    const EITHER_WAY: u8 = 2;
    const SOUNDS: u8 = 4;
    const KNOWN: u8 = 8;

    /// What holds of both lists.
    pub fn and(self, other: Occurs) -> Occurs {
        Occurs(self.0 & other.0)
    }

    /// Whether some alternative may begin somewhere, as written.
    pub fn is_written(self) -> bool {
        self.0 & Occurs::WRITTEN != 0
    }

    /// Whether some alternative may begin somewhere, as written or by sound.
    pub fn in_either_way(self) -> bool {
        self.0 & Occurs::EITHER_WAY != 0
    }

    /// Whether a word of it is heard by sound where it is not written.
    pub fn by_sound(self) -> bool {
        self.0 & Occurs::SOUNDS != 0
    }
}

/// What is known of the utterance at hand, by list of alternatives.
#[derive(Debug, Default)]
pub struct Positions {
    utterance: u32,
    /// Whether places are kept.
    fits: bool,
    places: Vec<ListPlaces>,
    occurs: Vec<Occurs>,
    /// The lists that occur.
    lists: Vec<u32>,
    /// Where some alternative stands whole, as written, and in which utterance that was worked
    /// out.
    stands: Vec<Cell<(u32, Places)>>,
}

impl Positions {
    /// Forgets everything: another utterance of so many characters begins. There are `lists`
    /// lists of alternatives.
    pub fn begin(&mut self, lists: usize, characters: usize) {
        for list in self.lists.drain(..) {
            self.places[list as usize] = ListPlaces::default();
            self.occurs[list as usize] = Occurs::default();
        }
        self.places.resize_with(lists, Default::default);
        self.occurs.resize_with(lists, Default::default);
        self.stands.resize_with(lists, Default::default);
        self.fits = characters <= LONGEST;
        self.utterance = match self.utterance.checked_add(1) {
            Some(next) => next,
            None => {
                self.stands.iter().for_each(|known| known.set((0, 0)));
                1
            }
        };
    }

    /// Whether it is known where lists stand, not only whether.
    pub fn fits(&self) -> bool {
        self.fits
    }

    /// Adds a word that stands written at `at`.
    pub fn add(&mut self, word: &WordOf, at: usize) {
        let (begin, end) = self.edges(word, at, 0);
        let places = &mut self.places[word.list as usize];
        let mut occurs = Occurs::KNOWN;
        if word.begins {
            places.begins |= begin;
            occurs |= Occurs::WRITTEN | Occurs::EITHER_WAY;
        }
        if word.ends {
            places.ends |= end;
        }
        self.occurs(word.list, occurs);
    }

    /// Adds a word that is heard at `at`, be it written there or not. All that is written must
    /// have been told before.
    pub fn add_by_sound(&mut self, word: &WordOf, at: usize) {
        let (begin, end) = self.edges(word, at, 1);
        let places = &mut self.places[word.list as usize];
        let written = match word.begins {
            true => places.begins & begin,
            false => places.ends & end,
        };
        let mut occurs = Occurs::KNOWN;
        if written == 0 {
            occurs |= Occurs::SOUNDS;
        }
        if word.begins {
            places.begins_by_sound |= begin;
            occurs |= Occurs::EITHER_WAY;
        }
        if word.ends {
            places.ends_by_sound |= end;
        }
        self.occurs(word.list, occurs);
    }

    /// The border at which the word begins and the one at which it ends. In an utterance that is
    /// too long any place stands for all.
    fn edges(&self, word: &WordOf, at: usize, any: usize) -> (Places, Places) {
        match self.fits {
            true => (1 << at, 1 << (at + usize::from(word.length))),
            false => (1 << any, 1 << any),
        }
    }

    fn occurs(&mut self, list: u32, more: u8) {
        let occurs = &mut self.occurs[list as usize];
        if occurs.0 == 0 {
            self.lists.push(list);
        }
        occurs.0 |= more;
    }

    /// The lists that occur.
    pub fn lists(&self) -> &[u32] {
        &self.lists
    }

    /// How a list occurs.
    pub fn how(&self, list: u32) -> Occurs {
        self.occurs[list as usize]
    }

    /// Where alternatives of the list may begin, as written, and by sound too if wanted.
    pub fn begins(&self, list: u32, by_sound: bool) -> Places {
        let places = &self.places[list as usize];
        match by_sound {
            true => places.begins | places.begins_by_sound,
            false => places.begins,
        }
    }

    /// Where alternatives of the list may end.
    pub fn ends(&self, list: u32, by_sound: bool) -> Places {
        let places = &self.places[list as usize];
        match by_sound {
            true => places.ends | places.ends_by_sound,
            false => places.ends,
        }
    }

    /// Where some alternative stands whole, as written, worked out when it is asked for the first
    /// time.
    pub fn stands(&self, list: u32, work_out: impl FnOnce() -> Places) -> Places {
        let cell = &self.stands[list as usize];
        let (utterance, known) = cell.get();
        if utterance == self.utterance {
            return known;
        }
        let places = work_out();
        cell.set((self.utterance, places));
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
    use super::*;

    const WORD: WordOf = WordOf {
        list: 1,
        length: 2,
        begins: true,
        ends: true,
    };

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
        let mut positions = Positions::default();
        positions.begin(2, 10);
        assert_eq!(positions.ends(1, true), 0);
        positions.add(&WORD, 0);
        positions.add(&WORD, 2);
        assert_eq!(positions.begins(1, false), 0b101);
        assert_eq!(positions.ends(1, false), 0b10100);
        assert_eq!(positions.begins(0, true), 0);
        assert_eq!(positions.lists(), [1]);
        assert_eq!(positions.stands(1, || 7), 7);
        assert_eq!(positions.stands(1, || 8), 7);
        positions.begin(2, 10);
        assert_eq!(positions.begins(1, true), 0);
        assert!(positions.lists().is_empty());
        assert_eq!(positions.stands(1, || 8), 8);
    }

    #[test]
    fn heard_where_it_is_not_written() {
        let mut positions = Positions::default();
        positions.begin(2, 10);
        positions.add(&WORD, 4);
        positions.add_by_sound(&WORD, 4);
        assert!(positions.how(1).is_written() && !positions.how(1).by_sound());
        positions.add_by_sound(&WORD, 7);
        assert!(positions.how(1).by_sound());
        assert_eq!(positions.begins(1, false), 1 << 4);
        assert_eq!(positions.begins(1, true), 1 << 4 | 1 << 7);
        // Too long for places: whatever is heard may be somewhere else than what is written.
        positions.begin(2, LONGEST + 1);
        positions.add(&WORD, 400);
        positions.add_by_sound(&WORD, 400);
        assert!(positions.how(1).is_written() && positions.how(1).by_sound());
    }
}
