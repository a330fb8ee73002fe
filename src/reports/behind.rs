//! The calls behind the figures: some of each, so that whoever doubts a figure can listen.
//!
//! A report keeps all of them in one list; a figure whose calls are in it leads there by an anchor
//! that is made here and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    closed_loop::TouchedFinding,
    facts::{CallSums, VerdictSums},
    masking::{masked_call_id, shown},
    monthly::RuleName,
};
use crate::rules::Outcome;

/// How many calls are named behind a figure at most: of a unit, a channel, all calls; and of a
/// smaller part.
pub const BEHIND_UNIT: usize = 10;
pub const BEHIND_FIGURE: usize = 5;

/// The parts of a report that have lists, in their order: keys of the wording.
pub const PARTS: [&str; 15] = [
    "scores",
    "coverage",
    "behind.units",
    "behind.agents",
    "cannot-judge",
    "key-items",
    "rules",
    "channels",
    "businesses",
    "quality",
    "loop",
    "inspectors",
    "calibration",
    "funnel",
    "spot-checks",
];

/// A call behind a figure; everything may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BehindCall {
    pub call_id: String,
    /// The place to hear, in milliseconds.
    pub from_ms: Option<u64>,
    /// Titles of the rules concerned; none where the figure is of one rule.
    pub rules: Vec<String>,
    /// What became of the call, where the figure tells several apart: a key of the wording.
    pub mark: Option<&'static str>,
}

impl BehindCall {
    /// A call of which nothing more is told.
    pub fn of(call_id: &str) -> BehindCall {
        BehindCall {
            call_id: masked_call_id(call_id),
            ..BehindCall::default()
        }
    }

    /// With what became of it.
    pub fn marked(call_id: &str, mark: &'static str) -> BehindCall {
        BehindCall {
            mark: Some(mark),
            ..BehindCall::of(call_id)
        }
    }
}

/// Calls behind one figure, or behind one row of figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BehindList {
    /// The part of the report, one of [`PARTS`].
    pub part: &'static str,
    /// Where the figures lead; once in a report.
    pub anchor: String,
    /// What the figure is of, from the outside in.
    pub labels: Vec<Label>,
    pub total: u64,
    pub calls: Vec<BehindCall>,
}

/// A word of what a figure is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// As it is.
    Name(String),
    /// A key of the wording.
    Word(&'static str),
    /// An hour of the day.
    Hour(String),
    /// Points, from and to.
    Points(u32, u32),
}

impl Label {
    /// `otherwise`: the word for what has no name.
    pub fn name_or(name: &Option<String>, otherwise: &'static str) -> Label {
        name.clone().map_or(Label::Word(otherwise), Label::Name)
    }
}

/// A name as part of an anchor, in which no blank may stand.
pub fn anchor(name: Option<&str>) -> String {
    let mut kept = String::new();
    for c in name.unwrap_or_default().chars() {
        match c.is_alphanumeric() || c == '-' {
            true => kept.push(c),
            false => kept.push_str(&format!("-{:x}-", u32::from(c))),
        }
    }
    kept
}

/// A group of judged calls; names as reports show them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BehindGroup {
    Unit(Option<String>),
    /// The rule's place among the key items, and the unit.
    KeyItem(usize, Option<String>),
    Channel(Option<String>),
    Business(Option<String>),
}

/// The anchor of an agent's calls, after the word for what they are.
pub fn agent_anchor(what: &str, unit: Option<&str>, agent_id: Option<&str>) -> String {
    format!("{what}-{}-{}", anchor(unit), anchor(agent_id))
}

impl BehindGroup {
    /// How many of its calls are named at most.
    pub fn most(&self) -> usize {
        match self {
            BehindGroup::KeyItem(..) => BEHIND_FIGURE,
            _ => BEHIND_UNIT,
        }
    }

    /// `total`: how many calls of the group have a violation.
    pub fn list(&self, key_items: &[RuleName], total: u64, calls: Vec<BehindCall>) -> BehindList {
        let of = |name: &Option<String>| anchor(name.as_deref());
        let (part, anchor, labels) = match self {
            BehindGroup::Unit(unit) => (
                "behind.units",
                format!("unit-{}", of(unit)),
                vec![Label::name_or(unit, "unknown-unit")],
            ),
            BehindGroup::KeyItem(at, unit) => (
                "key-items",
                format!("key-{}-{}", key_items[*at].id, of(unit)),
                vec![
                    Label::Name(key_items[*at].title.clone()),
                    Label::name_or(unit, "unknown-unit"),
                ],
            ),
            BehindGroup::Channel(channel) => (
                "channels",
                format!("channel-{}", of(channel)),
                vec![Label::name_or(channel, "not-given")],
            ),
            BehindGroup::Business(business) => (
                "businesses",
                format!("business-{}", of(business)),
                vec![Label::name_or(business, "not-given")],
            ),
        };
        BehindList {
            part,
            anchor,
            labels,
            total,
            calls,
        }
    }
}

/// How many calls with a violation each unit, channel and business has.
pub fn violated_groups(calls: &[CallSums]) -> BTreeMap<BehindGroup, u64> {
    let mut counts = BTreeMap::new();
    for sums in calls.iter().filter(|sums| sums.with_violation > 0) {
        let groups = [
            BehindGroup::Unit(shown(&sums.unit)),
            BehindGroup::Channel(shown(&sums.channel)),
            BehindGroup::Business(shown(&sums.business)),
        ];
        for group in groups {
            *counts.entry(group).or_default() += sums.with_violation;
        }
    }
    counts
}

/// How many violations of each key item each unit has.
pub fn violated_items(
    verdicts: &[VerdictSums],
    key_items: &[RuleName],
) -> BTreeMap<BehindGroup, u64> {
    let mut counts = BTreeMap::new();
    let violations = verdicts
        .iter()
        .filter(|sums| sums.outcome == Outcome::Violation);
    for sums in violations {
        if let Some(at) = key_items.iter().position(|rule| rule.id == sums.rule_id) {
            let group = BehindGroup::KeyItem(at, shown(&sums.unit));
            *counts.entry(group).or_default() += sums.calls;
        }
    }
    counts
}

/// What the figures of the loop count, in the order in which they are told, with their words.
pub(super) const LOOP_FIGURES: [(&str, &str); 11] = [
    ("decided", "loop.decided"),
    ("confirmed", "behind.confirmed"),
    ("false-hits", "behind.false-hits"),
    ("missed", "behind.missed"),
    ("cleared", "behind.cleared"),
    ("appealed", "behind.appealed"),
    ("appeals-open", "behind.appeals-open"),
    ("overturned", "behind.overturned"),
    ("rectifications", "behind.rectifications"),
    ("rectified", "behind.rectified"),
    ("overdue", "behind.overdue"),
];

/// Those that are told of each unit, of each rule, and of each inspector.
const OF_UNITS: [&str; 2] = ["false-hits", "missed"];
const OF_RULES: [&str; 4] = ["confirmed", "false-hits", "missed", "overturned"];
const OF_INSPECTORS: [&str; 4] = ["decided", "false-hits", "appealed", "overturned"];

/// Whose figure it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    All,
    /// As it is shown.
    Unit(Option<String>),
    /// By id.
    Rule(String),
    /// By id.
    Inspector(String),
}

/// Counts the findings of each figure of the loop, and names the first calls.
#[derive(Clone, Debug, Default)]
pub(super) struct LoopLists(BTreeMap<(Whose, usize), (u64, Vec<BehindCall>)>);

impl LoopLists {
    /// `counts`: whether each figure counts the finding; `let_go`: whether the inspector's false
    /// hits do. Findings come in the order in which they are to be named.
    pub(super) fn add(
        &mut self,
        counts: [bool; LOOP_FIGURES.len()],
        let_go: bool,
        finding: &TouchedFinding,
        title: &str,
    ) {
        for (at, (what, _)) in LOOP_FIGURES.into_iter().enumerate() {
            if !counts[at] {
                continue;
            }
            self.name(Whose::All, at, BEHIND_UNIT, finding, Some(title));
            if OF_UNITS.contains(&what) {
                let unit = Whose::Unit(shown(&finding.unit));
                self.name(unit, at, BEHIND_FIGURE, finding, Some(title));
            }
            if OF_RULES.contains(&what) {
                let rule = Whose::Rule(finding.rule_id.clone());
                self.name(rule, at, BEHIND_FIGURE, finding, None);
            }
            if let Some(person) = &finding.decided_by
                && OF_INSPECTORS.contains(&what)
                && (what != "false-hits" || let_go)
            {
                let inspector = Whose::Inspector(person.clone());
                self.name(inspector, at, BEHIND_FIGURE, finding, Some(title));
            }
        }
    }

    fn name(
        &mut self,
        whose: Whose,
        at: usize,
        most: usize,
        finding: &TouchedFinding,
        title: Option<&str>,
    ) {
        let (total, calls) = self.0.entry((whose, at)).or_default();
        *total += 1;
        if calls.len() < most {
            calls.push(BehindCall {
                rules: title.map(str::to_owned).into_iter().collect(),
                ..BehindCall::of(&finding.call_id)
            });
        }
    }

    /// Those of all findings, of the units, of the rules, then of the inspectors. `title`: of a
    /// rule; `person`: what an inspector is called.
    pub(super) fn lists(
        &self,
        title: impl Fn(&str) -> String,
        person: impl Fn(&str) -> String,
    ) -> Vec<BehindList> {
        let lists = self.0.iter().map(|((whose, at), (total, calls))| {
            let (what, word) = LOOP_FIGURES[*at];
            let (part, anchor, of) = match whose {
                Whose::All => ("loop", format!("loop-{what}"), None),
                Whose::Unit(unit) => (
                    "loop",
                    format!("loop-{what}-in-{}", anchor(unit.as_deref())),
                    Some(Label::name_or(unit, "unknown-unit")),
                ),
                Whose::Rule(id) => (
                    "loop",
                    format!("loop-{what}-{}", anchor(Some(id))),
                    Some(Label::Name(title(id))),
                ),
                Whose::Inspector(id) => (
                    "inspectors",
                    format!("inspectors-{what}-{}", anchor(Some(&person(id)))),
                    Some(Label::Name(person(id))),
                ),
            };
            BehindList {
                part,
                anchor,
                labels: [Label::Word(word)].into_iter().chain(of).collect(),
                total: *total,
                calls: calls.clone(),
            }
        });
        lists.collect()
    }
}
