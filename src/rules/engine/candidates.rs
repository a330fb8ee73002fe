//! Which patterns are worth verifying in an utterance: those of which every list of alternatives
//! occurs in it. Each is looked at only where its rarest list occurs.

use std::sync::Arc;

use super::{
    frequency::expected,
    pattern::{Branches, Pattern},
    positions::Positions,
};

/// What each pattern needs, and where it is looked at.
#[derive(Debug)]
pub struct Candidates {
    /// By list: the patterns of which it is the rarest that they need.
    patterns: Rows,
    /// By pattern: the other lists that it needs.
    needs: Rows,
    /// By pattern: all its lists; none for one that is not heard by sound.
    sounding: Rows,
    /// Patterns that need no list.
    always: Vec<u32>,
}

/// Patterns that are worth verifying in the utterance at hand.
#[derive(Debug, Default)]
pub struct Chosen {
    /// All their lists occur as written.
    pub by_writing: Vec<u32>,
    /// All their lists occur, some of them by sound where they are not written.
    pub by_sound: Vec<u32>,
}

impl Candidates {
    pub fn of(patterns: &[Pattern], lists: &[Arc<Branches>]) -> Candidates {
        let begins = |list: &Arc<Branches>| -> f64 {
            let words = list.words.iter().filter(|word| word.begins);
            words.map(|word| expected(&word.text)).sum()
        };
        let frequency: Vec<f64> = lists.iter().map(begins).collect();
        let mut at_list = vec![Vec::new(); lists.len()];
        let mut needs = Vec::with_capacity(patterns.len());
        let mut always = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let mut needed = pattern.needed_lists();
            needed.sort_by(|&a, &b| frequency[a as usize].total_cmp(&frequency[b as usize]));
            match needed.first() {
                Some(&rarest) => at_list[rarest as usize].push(number as u32),
                None => always.push(number as u32),
            }
            needs.push(needed.split_off(needed.len().min(1)));
        }
        let sounding = |pattern: &Pattern| match pattern.sound_anchor {
            Some(_) => pattern.all_lists(),
            None => Vec::new(),
        };
        Candidates {
            patterns: Rows::of(at_list),
            needs: Rows::of(needs),
            sounding: Rows::of(patterns.iter().map(sounding)),
            always,
        }
    }

    /// Patterns that need no list.
    pub fn always(&self) -> &[u32] {
        &self.always
    }

    /// Chooses the patterns for the utterance at hand.
    pub fn choose(&self, positions: &Positions, chosen: &mut Chosen) {
        chosen.by_writing.clear();
        chosen.by_sound.clear();
        for &list in positions.lists() {
            for &pattern in self.patterns.row(list) {
                let mut how = positions.how(list);
                for &other in self.needs.row(pattern) {
                    how = how.and(positions.how(other));
                    if !how.in_either_way() {
                        break;
                    }
                }
                if !how.in_either_way() {
                    continue;
                }
                if how.is_written() {
                    chosen.by_writing.push(pattern);
                }
                let mut lists = self.sounding.row(pattern).iter();
                if lists.any(|&list| positions.how(list).by_sound()) {
                    chosen.by_sound.push(pattern);
                }
            }
        }
    }
}

/// Rows of numbers, one after the other in one piece of memory.
#[derive(Debug)]
struct Rows {
    numbers: Vec<u32>,
    /// Where each row begins, and where the last one ends.
    begins: Vec<u32>,
}

impl Rows {
    fn of(rows: impl IntoIterator<Item = Vec<u32>>) -> Rows {
        let mut all = Rows {
            numbers: Vec::new(),
            begins: vec![0],
        };
        for row in rows {
            all.numbers.extend(row);
            all.begins.push(all.numbers.len() as u32);
        }
        all
    }

    fn row(&self, number: u32) -> &[u32] {
        let at = number as usize;
        &self.numbers[self.begins[at] as usize..self.begins[at + 1] as usize]
    }
}
