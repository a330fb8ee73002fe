//! The words of all lists of alternatives, each once, with the lists in which they stand.

use std::{collections::HashMap, sync::Arc};

use super::{pattern::Branches, rows::Rows};

/// A word that stands in more lists than this keeps them as a set of bits, not one by one.
const MANY_LISTS: usize = 24;

/// All words by number, and all lists by number.
#[derive(Debug)]
pub struct Words {
    /// How many characters each word has.
    lengths: Vec<u8>,
    /// By word: the lists of which an alternative begins with it.
    begins: ListSets,
    /// By word: all lists in which it stands.
    all: ListSets,
    /// By list: its words.
    of_lists: Rows<WordOf>,
}

/// A word of a list.
#[derive(Clone, Copy, Debug)]
pub struct WordOf {
    pub word: u32,
    /// Whether an alternative begins with it.
    pub begins: bool,
    /// Whether an alternative ends with it.
    pub ends: bool,
}

impl Words {
    /// The words of the lists, and their texts by number.
    pub fn of(lists: &[Arc<Branches>]) -> (Words, Vec<Vec<char>>) {
        let mut numbers: HashMap<&[char], u32> = HashMap::new();
        let mut texts: Vec<Vec<char>> = Vec::new();
        let mut of_lists = Vec::with_capacity(lists.len());
        for list in lists {
            let own = list.words.iter().map(|word| {
                let number = *numbers.entry(&word.text).or_insert_with(|| {
                    texts.push(word.text.to_vec());
                    texts.len() as u32 - 1
                });
                WordOf {
                    word: number,
                    begins: word.begins,
                    ends: word.ends,
                }
            });
            of_lists.push(own.collect::<Vec<_>>());
        }
        let mut begins = vec![Vec::new(); texts.len()];
        let mut all = vec![Vec::new(); texts.len()];
        for (list, own) in of_lists.iter().enumerate() {
            for word in own {
                all[word.word as usize].push(list as u32);
                if word.begins {
                    begins[word.word as usize].push(list as u32);
                }
            }
        }
        let words = Words {
            lengths: texts.iter().map(|text| text.len() as u8).collect(),
            begins: ListSets::of(begins, lists.len()),
            all: ListSets::of(all, lists.len()),
            of_lists: Rows::of(of_lists),
        };
        (words, texts)
    }

    /// How many words there are.
    pub fn count(&self) -> usize {
        self.lengths.len()
    }

    /// How many lists there are.
    pub fn lists(&self) -> usize {
        self.of_lists.count()
    }

    /// How many characters the word has.
    pub fn length(&self, word: u32) -> usize {
        self.lengths[word as usize].into()
    }

    /// The words of a list.
    pub fn of_list(&self, list: u32) -> &[WordOf] {
        self.of_lists.row(list)
    }

    /// Adds the lists of which an alternative begins with the word.
    pub fn add_begun(&self, word: u32, lists: &mut ListSet) {
        self.begins.add(word, lists);
    }

    /// Adds all lists in which the word stands.
    pub fn add_all(&self, word: u32, lists: &mut ListSet) {
        self.all.add(word, lists);
    }
}

/// A set of lists.
#[derive(Clone, Debug, Default)]
pub struct ListSet(Vec<u64>);

impl ListSet {
    /// The set of these, out of so many.
    pub fn of(members: impl IntoIterator<Item = u32>, lists: usize) -> ListSet {
        let mut set = ListSet::default();
        set.clear(lists);
        members.into_iter().for_each(|list| set.insert(list));
        set
    }

    /// Nothing is in it any more; there are so many lists.
    pub fn clear(&mut self, lists: usize) {
        self.0.clear();
        self.0.resize(lists.div_ceil(64), 0);
    }

    pub fn insert(&mut self, list: u32) {
        self.0[list as usize / 64] |= 1 << (list % 64);
    }

    pub fn has(&self, list: u32) -> bool {
        self.0[list as usize / 64] >> (list % 64) & 1 == 1
    }

    /// Those that are in both, ascending.
    pub fn common<'s>(&'s self, other: &'s ListSet) -> impl Iterator<Item = u32> + 's {
        let both = self
            .0
            .iter()
            .zip(&other.0)
            .map(|(&own, &other)| own & other);
        both.enumerate().flat_map(|(index, mut bits)| {
            std::iter::from_fn(move || {
                if bits == 0 {
                    return None;
                }
                let list = index as u32 * 64 + bits.trailing_zeros();
                bits &= bits - 1;
                Some(list)
            })
        })
    }

    fn add(&mut self, bits: &[u64]) {
        for (own, other) in self.0.iter_mut().zip(bits) {
            *own |= other;
        }
    }
}

/// A set of lists for each word: bits for a word of many, else one after the other.
#[derive(Debug)]
struct ListSets {
    few: Rows<u32>,
    /// By word: which of the rows of bits, if any.
    many: Vec<Option<u32>>,
    bits: Vec<u64>,
    /// How many numbers a row of bits has.
    width: usize,
}

impl ListSets {
    fn of(sets: Vec<Vec<u32>>, lists: usize) -> ListSets {
        let width = lists.div_ceil(64);
        let mut bits = Vec::new();
        let mut many = Vec::with_capacity(sets.len());
        for set in &sets {
            many.push((set.len() > MANY_LISTS).then(|| {
                let row = bits.len() / width;
                bits.extend(ListSet::of(set.iter().copied(), lists).0);
                row as u32
            }));
        }
        let few = sets.into_iter().zip(&many).map(|(set, many)| match many {
            Some(_) => Vec::new(),
            None => set,
        });
        ListSets {
            few: Rows::of(few),
            many,
            bits,
            width,
        }
    }

    fn add(&self, word: u32, lists: &mut ListSet) {
        match self.many[word as usize] {
            Some(row) => {
                let from = row as usize * self.width;
                lists.add(&self.bits[from..from + self.width]);
            }
            None => self
                .few
                .row(word)
                .iter()
                .for_each(|&list| lists.insert(list)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_few_and_of_many() {
        let many: Vec<u32> = (0..100).filter(|list| list % 3 == 0).collect();
        let sets = ListSets::of(vec![vec![1, 64], many.clone(), Vec::new()], 100);
        let everything = ListSet::of(0..100, 100);
        let of = |word: u32| {
            let mut set = ListSet::default();
            set.clear(100);
            sets.add(word, &mut set);
            set.common(&everything).collect::<Vec<_>>()
        };
        assert_eq!(of(0), [1, 64]);
        assert_eq!(of(1), many);
        assert!(of(2).is_empty());
        assert!(everything.has(99));
        assert!(!ListSet::of([98], 100).has(99));
    }
}
