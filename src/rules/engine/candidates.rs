//! Which patterns are worth verifying in an utterance: those of which every list of alternatives
//! occurs in it. Each is looked at only where its rarest list occurs.

use std::sync::Arc;

use super::{
    frequency::expected,
    pattern::{Branches, Pattern},
    positions::{Occurs, Positions},
};

/// What each pattern needs, and where it is looked at.
#[derive(Debug)]
pub struct Candidates {
    /// By list: the patterns of which it is the rarest that they need.
    patterns: Vec<Vec<u32>>,
    /// By pattern: the other lists that it needs.
    needs: Vec<Box<[u32]>>,
    /// By pattern: all its lists; none for one that is not heard by sound.
    sounding: Vec<Box<[u32]>>,
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
        let begins = |list: &Branches| -> f64 {
            let words = list.words.iter().filter(|word| word.begins);
            words.map(|word| expected(&word.text)).sum()
        };
        let frequency: Vec<f64> = lists.iter().map(|list| begins(list)).collect();
        let mut candidates = Candidates {
            patterns: vec![Vec::new(); lists.len()],
            needs: Vec::with_capacity(patterns.len()),
            sounding: Vec::with_capacity(patterns.len()),
            always: Vec::new(),
        };
        for (number, pattern) in patterns.iter().enumerate() {
            let mut needed = pattern.needed_lists();
            needed.sort_by(|&a, &b| frequency[a as usize].total_cmp(&frequency[b as usize]));
            match needed.first() {
                Some(&rarest) => candidates.patterns[rarest as usize].push(number as u32),
                None => candidates.always.push(number as u32),
            }
            let others = needed.get(1..).unwrap_or_default();
            candidates.needs.push(others.into());
            let sounding = match pattern.sound_anchor {
                Some(_) => pattern.all_lists(),
                None => Vec::new(),
            };
            candidates.sounding.push(sounding.into());
        }
        candidates
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
            let how = positions.how(list);
            if !how.in_either_way() {
                continue;
            }
            for &pattern in &self.patterns[list as usize] {
                let needs = &self.needs[pattern as usize];
                let all = |occurs: fn(Occurs) -> bool| {
                    occurs(how) && needs.iter().all(|&list| occurs(positions.how(list)))
                };
                if !all(Occurs::in_either_way) {
                    continue;
                }
                if all(Occurs::is_written) {
                    chosen.by_writing.push(pattern);
                }
                let lists = &self.sounding[pattern as usize];
                if lists.iter().any(|&list| positions.how(list).by_sound()) {
                    chosen.by_sound.push(pattern);
                }
            }
        }
    }
}
