//! Which cues are ever heard: a cue that never matches in thousands of calls says nothing.

use super::{engine::Heard, rule::CueId, set::RuleSet};

/// How often each cue was heard.
#[derive(Clone, Debug)]
pub struct Coverage {
    calls: usize,
    /// By cue: in how many calls.
    heard_in: Vec<usize>,
}

/// One cue's coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CueCoverage {
    pub cue: String,
    /// The file that it is defined in.
    pub path: String,
    /// The rules that rest on it.
    pub rules: Vec<String>,
    /// In how many calls it was heard.
    pub calls: usize,
}

impl Coverage {
    pub fn new(rules: &RuleSet) -> Coverage {
        Coverage {
            calls: 0,
            heard_in: vec![0; rules.cues().len()],
        }
    }

    /// Counts one call.
    pub fn add(&mut self, heard: &Heard<'_>) {
        self.calls += 1;
        for (count, hits) in self.heard_in.iter_mut().zip(&heard.hits) {
            *count += usize::from(!hits.is_empty());
        }
    }

    /// How many calls were counted.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// All cues, the least heard first, then by name.
    pub fn cues(&self, rules: &RuleSet) -> Vec<CueCoverage> {
        let mut all: Vec<CueCoverage> = rules
            .cues()
            .iter()
            .enumerate()
            .map(|(index, cue)| CueCoverage {
                cue: cue.name.clone(),
                path: cue.path.clone(),
                rules: rules
                    .rules()
                    .iter()
                    .filter(|rule| rule.cues.contains(&CueId(index as u32)))
                    .map(|rule| rule.id.clone())
                    .collect(),
                calls: self.heard_in[index],
            })
            .collect();
        all.sort_by(|a, b| (a.calls, &a.path, &a.cue).cmp(&(b.calls, &b.path, &b.cue)));
        all
    }
}
