//! Which patterns are worth verifying in an utterance: those of which every list of alternatives
//! occurs in it. Each is looked at only where its rarest list occurs.

use std::sync::Arc;

use super::{
    frequency::expected,
    pattern::{Branches, Pattern},
    positions::Known,
    rows::Rows,
    words::ListSet,
};

/// What each pattern needs, and where it is looked at.
#[derive(Debug)]
pub struct Candidates {
    /// By list: the patterns of which it is the rarest that they need.
    patterns: Rows<u32>,
    /// The lists which are the rarest of some pattern.
    rarest: ListSet,
    /// By pattern: the other lists that it needs.
    needs: Rows<u32>,
    /// By pattern: all its lists; none for one that is not heard by sound.
    sounding: Rows<u32>,
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
        let rarest = at_list.iter().enumerate();
        let rarest = rarest.filter(|(_, patterns)| !patterns.is_empty());
        let rarest = ListSet::of(rarest.map(|(list, _)| list as u32), lists.len());
        Candidates {
            rarest,
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
    pub fn choose(&self, known: Known<'_>, chosen: &mut Chosen) {
        chosen.by_writing.clear();
        chosen.by_sound.clear();
        for list in known.begun().common(&self.rarest) {
            let is_written = known.is_written(list);
            for &pattern in self.patterns.row(list) {
                let needs = self.needs.row(pattern);
                if !needs.iter().all(|&other| known.begun().has(other)) {
                    continue;
                }
                if is_written && needs.iter().all(|&other| known.is_written(other)) {
                    chosen.by_writing.push(pattern);
                }
                let mut lists = self.sounding.row(pattern).iter();
                if lists.any(|&list| known.by_sound(list)) {
                    chosen.by_sound.push(pattern);
                }
            }
        }
    }
}
