//! The calls behind the figures: some of each, so that whoever doubts a figure can listen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{closed_loop::TouchedFinding, masking::masked_call_id};

/// How many calls are named behind a figure at most.
pub const BEHIND_UNIT: usize = 10;
pub const BEHIND_FIGURE: usize = 5;

/// A call behind a figure; everything may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BehindCall {
    pub call_id: String,
    /// The place to hear, in milliseconds.
    pub from_ms: Option<u64>,
    /// Titles of the rules concerned; none where the figure is of one rule.
    pub rules: Vec<String>,
}

/// Calls behind one figure of the loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoopList {
    /// `confirmed`, `false-hits`, …: what the figure counts.
    pub what: &'static str,
    /// Id and title; `None` where the figure is of all rules.
    pub rule: Option<(String, String)>,
    pub total: u64,
    pub calls: Vec<BehindCall>,
}

/// What the figures of the loop count, in the order in which they are told.
pub(super) const LOOP_FIGURES: [&str; 9] = [
    "confirmed",
    "false-hits",
    "missed",
    "cleared",
    "appealed",
    "appeals-open",
    "overturned",
    "rectifications",
    "overdue",
];

/// Those that are told of each rule, too.
const OF_RULES: [&str; 4] = ["confirmed", "false-hits", "missed", "overturned"];

/// Counts the findings of each figure, and names the first calls. A figure is known by its place
/// in [`LOOP_FIGURES`] and the rule that it is of.
#[derive(Clone, Debug, Default)]
pub(super) struct LoopLists(BTreeMap<(Option<String>, usize), LoopList>);

impl LoopLists {
    /// `counts`: whether each figure counts the finding. Findings come in the order in which they
    /// are to be named.
    pub(super) fn add(
        &mut self,
        counts: [bool; LOOP_FIGURES.len()],
        finding: &TouchedFinding,
        title: &str,
    ) {
        for (at, what) in LOOP_FIGURES.into_iter().enumerate() {
            if !counts[at] {
                continue;
            }
            let call_id = masked_call_id(&finding.call_id);
            self.name(at, None, BEHIND_UNIT, || BehindCall {
                call_id: call_id.clone(),
                rules: vec![title.to_owned()],
                ..BehindCall::default()
            });
            if OF_RULES.contains(&what) {
                let rule = (finding.rule_id.clone(), title.to_owned());
                self.name(at, Some(rule), BEHIND_FIGURE, || BehindCall {
                    call_id: call_id.clone(),
                    ..BehindCall::default()
                });
            }
        }
    }

    fn name(
        &mut self,
        at: usize,
        rule: Option<(String, String)>,
        most: usize,
        call: impl FnOnce() -> BehindCall,
    ) {
        let key = (rule.as_ref().map(|(id, _)| id.clone()), at);
        let list = self.0.entry(key).or_insert_with(|| LoopList {
            what: LOOP_FIGURES[at],
            rule,
            total: 0,
            calls: Vec::new(),
        });
        list.total += 1;
        if list.calls.len() < most {
            list.calls.push(call());
        }
    }

    /// Those of all rules first.
    pub(super) fn lists(&self) -> Vec<LoopList> {
        self.0.values().cloned().collect()
    }
}
