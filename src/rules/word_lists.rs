//! Lists of words that phrases share by name: `{@order-verb}`.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use super::{
    diagnostics::Problem,
    phrase::{Ends, Item, Phrase},
};

/// Word lists by name.
#[derive(Clone, Debug, Default)]
pub struct WordLists {
    lists: BTreeMap<String, Arc<Vec<Vec<Item>>>>,
    /// Some list or file could not be read, so that a missing name proves nothing.
    broken: bool,
}

/// A list as written: its name, and its wordings with where they stand.
pub struct RawList<'a> {
    pub name: &'a str,
    pub words: Vec<&'a str>,
}

/// A problem in a list: the list's number, the wording's number, the problem and its bytes.
pub type ListProblem = (usize, usize, Problem, Range<usize>);

impl WordLists {
    pub fn get(&self, name: &str) -> Option<Arc<Vec<Vec<Item>>>> {
        self.lists.get(name).cloned()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lists.keys().map(String::as_str)
    }

    pub fn is_broken(&self) -> bool {
        self.broken
    }

    pub fn broken(mut self) -> WordLists {
        self.broken = true;
        self
    }

    /// These lists, and those of `raw`, which may name each other in any order but not in a ring.
    pub fn with(mut self, raw: &[RawList<'_>]) -> (WordLists, Vec<ListProblem>) {
        let mut problems = Vec::new();
        let mut open: Vec<usize> = (0..raw.len()).collect();
        loop {
            let (ready, waiting): (Vec<usize>, Vec<usize>) = open
                .iter()
                .partition(|&&number| !raw[number].names_any(raw, &open));
            for &number in &ready {
                let list = self.read(number, &raw[number], &mut problems);
                self.lists.insert(raw[number].name.to_owned(), list);
            }
            if waiting.is_empty() {
                return (self, problems);
            }
            if ready.is_empty() {
                let ring = waiting.iter().map(|&n| raw[n].name.to_owned()).collect();
                problems.push((waiting[0], 0, Problem::WordRing(ring), 0..0));
                self.broken = true;
                return (self, problems);
            }
            open = waiting;
        }
    }

    fn read(
        &mut self,
        number: usize,
        raw: &RawList<'_>,
        problems: &mut Vec<ListProblem>,
    ) -> Arc<Vec<Vec<Item>>> {
        let mut list = Vec::new();
        for (word, source) in raw.words.iter().enumerate() {
            match Phrase::parse(source, self, Ends::Closed) {
                Ok(phrase) => list.push(phrase.items),
                Err(own) => problems.extend(
                    own.into_iter()
                        // A word may be a mere edge, and an empty one makes the list optional.
                        .filter(|(problem, _)| *problem != Problem::NothingToHear)
                        .map(|(problem, span)| (number, word, problem, span)),
                ),
            }
        }
        Arc::new(list)
    }

    /// Lists for tests of phrases.
    #[cfg(test)]
    pub fn of(lists: &[(&str, &[&str])]) -> WordLists {
        let raw: Vec<RawList<'_>> = lists
            .iter()
            .map(|(name, words)| RawList {
                name,
                words: words.to_vec(),
            })
            .collect();
        let (lists, problems) = WordLists::default().with(&raw);
        assert!(problems.is_empty(), "{problems:?}");
        lists
    }
}

impl RawList<'_> {
    /// Whether it names any of the lists that are still open.
    fn names_any(&self, raw: &[RawList<'_>], open: &[usize]) -> bool {
        open.iter().any(|&number| {
            let name = raw[number].name;
            self.words.iter().any(|word| {
                word.match_indices('@').any(|(at, _)| {
                    let rest = &word[at + 1..];
                    rest.strip_prefix(name)
                        .is_some_and(|after| after.starts_with(['|', '}']))
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_found() {
        let raw = |name, words| RawList { name, words };
        let (_, problems) = WordLists::default().with(&[
            raw("a", vec!["{@b}"]),
            raw("b", vec!["好|{@a}"]),
            raw("c", vec!["{@d|好}"]),
            raw("d", vec!["行"]),
        ]);
        assert_eq!(
            problems.iter().map(|p| p.2.clone()).collect::<Vec<_>>(),
            [Problem::WordRing(vec!["a".into(), "b".into()])]
        );
    }
}
