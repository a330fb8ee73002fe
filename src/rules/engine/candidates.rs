//! Which patterns are worth verifying in an utterance: those of which every list of alternatives
//! occurs in it.

use std::sync::Arc;

use super::pattern::{Branches, Pattern};

/// What each list is needed by.
#[derive(Debug)]
pub struct Candidates {
    /// By pattern: how many lists it needs.
    needs: Vec<u16>,
    /// By list: the patterns that need it.
    patterns: Vec<Vec<u32>>,
    /// By list: the lists with alternatives that begin with it.
    parents: Vec<Vec<u32>>,
    /// By list: the patterns in which it stands anywhere.
    within: Vec<Vec<u32>>,
    /// Patterns that need no list.
    always: Vec<u32>,
}

impl Candidates {
    pub fn of(patterns: &[Pattern], lists: &[Arc<Branches>]) -> Candidates {
        let mut candidates = Candidates {
            needs: Vec::with_capacity(patterns.len()),
            patterns: vec![Vec::new(); lists.len()],
            parents: vec![Vec::new(); lists.len()],
            within: vec![Vec::new(); lists.len()],
            always: Vec::new(),
        };
        for (number, pattern) in patterns.iter().enumerate() {
            let needed = pattern.needed_lists();
            candidates.needs.push(needed.len() as u16);
            if needed.is_empty() {
                candidates.always.push(number as u32);
            }
            for list in needed {
                candidates.patterns[list as usize].push(number as u32);
            }
            for list in pattern.all_lists() {
                candidates.within[list as usize].push(number as u32);
            }
        }
        for list in lists {
            for nested in list.nested_first() {
                candidates.parents[nested.id as usize].push(list.id);
            }
        }
        candidates
    }

    /// Patterns that need no list.
    pub fn always(&self) -> &[u32] {
        &self.always
    }
}

/// What occurs in the utterance at hand.
#[derive(Debug, Default)]
pub struct Tally {
    utterance: u32,
    /// By list: the utterance in which it was last found as written, and by sound elsewhere.
    written: Vec<u32>,
    sound: Vec<u32>,
    /// By pattern: the utterance, and how many of its lists were found in it.
    found: Vec<(u32, u16)>,
    /// Patterns all of whose lists were found as written.
    pub by_writing: Vec<u32>,
    /// Patterns of which some list was only found, or was also found, by sound.
    pub by_sound: Vec<u32>,
    /// Patterns that are in `by_sound`, by utterance.
    sounding: Vec<u32>,
}

impl Tally {
    /// Forgets everything: another utterance begins.
    pub fn begin(&mut self, candidates: &Candidates) {
        let (lists, patterns) = (candidates.patterns.len(), candidates.needs.len());
        if self.utterance == u32::MAX {
            *self = Tally::default();
        }
        self.utterance += 1;
        self.written.resize(lists, 0);
        self.sound.resize(lists, 0);
        self.found.resize(patterns, (0, 0));
        self.sounding.resize(patterns, 0);
        self.by_writing.clear();
        self.by_sound.clear();
    }

    /// A list was found as written.
    pub fn written(&mut self, list: u32, candidates: &Candidates) {
        if self.written[list as usize] == self.utterance {
            return;
        }
        self.written[list as usize] = self.utterance;
        for &pattern in &candidates.patterns[list as usize] {
            if self.one_more(pattern, candidates) {
                self.by_writing.push(pattern);
            }
        }
        for &parent in &candidates.parents[list as usize] {
            self.written(parent, candidates);
        }
    }

    /// A word of a list was heard by sound where it is not written; `begins`: an alternative
    /// begins with it. All that is written must have been told before.
    pub fn by_sound(&mut self, list: u32, begins: bool, candidates: &Candidates) {
        for &pattern in &candidates.within[list as usize] {
            if self.sounding[pattern as usize] != self.utterance {
                self.sounding[pattern as usize] = self.utterance;
                self.by_sound.push(pattern);
            }
        }
        if begins {
            self.found_by_sound(list, candidates);
        }
    }

    fn found_by_sound(&mut self, list: u32, candidates: &Candidates) {
        let known = [&self.written, &self.sound];
        if known.iter().any(|found| found[list as usize] == self.utterance) {
            return;
        }
        self.sound[list as usize] = self.utterance;
        for &pattern in &candidates.patterns[list as usize] {
            self.one_more(pattern, candidates);
        }
        for &parent in &candidates.parents[list as usize] {
            self.found_by_sound(parent, candidates);
        }
    }

    /// Whether all lists of the pattern were found, in either way.
    pub fn is_complete(&self, pattern: u32, candidates: &Candidates) -> bool {
        self.found[pattern as usize] == (self.utterance, candidates.needs[pattern as usize])
    }

    /// Counts a list of the pattern; whether it was the last one.
    fn one_more(&mut self, pattern: u32, candidates: &Candidates) -> bool {
        let (utterance, count) = &mut self.found[pattern as usize];
        if *utterance != self.utterance {
            (*utterance, *count) = (self.utterance, 0);
        }
        *count += 1;
        *count == candidates.needs[pattern as usize]
    }
}
