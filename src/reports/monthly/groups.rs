//! Figures by unit and by agent, and who may be placed before whom.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    AgentLabel, AgentLine, Capped, KeyItemLine, KeyItems, MonthlySettings, RuleCount, RuleName,
    UnitLine, masking,
    tally::{CallTally, RuleTally},
};
use crate::{
    reports::facts::{JudgedCall, RuleFacts},
    scoring::{
        intervals::Interval,
        ranking::{Standing, rank_ranges},
    },
};

#[derive(Clone, Debug)]
pub(super) struct UnitTally {
    pub(super) calls: CallTally,
    /// In the order of the builder's rules.
    pub(super) rules: Vec<RuleTally>,
    /// The same in the month before.
    pub(super) rules_before: Vec<RuleTally>,
}

impl UnitTally {
    /// How often the rule at this place came to which verdict.
    pub(super) fn count(&self, rule: usize) -> RuleCount {
        self.rules[rule].count(&self.rules_before[rule])
    }

    pub(super) fn new(rules: usize) -> UnitTally {
        UnitTally {
            calls: CallTally::default(),
            rules: vec![RuleTally::default(); rules],
            rules_before: vec![RuleTally::default(); rules],
        }
    }
}

/// An agent in a unit: who worked in two units during the month stands in both, with the calls
/// made there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AgentKey {
    pub(super) unit: Option<String>,
    pub(super) agent_id: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct AgentTally {
    pub(super) calls: CallTally,
    name: Option<String>,
}

impl AgentTally {
    /// Of several names under one number the first in the alphabet, whichever call came first.
    pub(super) fn call_them(&mut self, name: Option<String>) {
        self.name = match (self.name.take(), name) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// The unit of a call as it is shown.
pub(super) fn unit_of(call: &JudgedCall) -> Option<String> {
    masking::shown(&call.metadata.unit)
}

/// A field of the call list that has something in it.
pub(super) fn given(field: &Option<String>) -> Option<String> {
    field
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

pub(super) fn unit_lines(
    units: &BTreeMap<Option<String>, UnitTally>,
    whole: &CallTally,
    small_n: u64,
) -> Vec<UnitLine> {
    let tallies = units
        .iter()
        .map(|(unit, tally)| (unit.clone(), tally.calls));
    let mut lines = placed(tallies.collect(), whole, small_n);
    lines.sort_by(by_rate(small_n));
    lines
}

pub(super) fn agent_lines(
    agents: &BTreeMap<AgentKey, AgentTally>,
    units: &[UnitLine],
    whole: &CallTally,
    settings: &MonthlySettings,
) -> Capped<AgentLine> {
    let tallies = agents
        .iter()
        .map(|(key, tally)| (key.unit.clone(), tally.calls));
    let figures = placed(tallies.collect(), whole, settings.small_n);
    let mut lines: Vec<AgentLine> = agents
        .iter()
        .zip(figures)
        .map(|((key, tally), figures)| AgentLine {
            agent: AgentLabel {
                id: key.agent_id.as_deref().map(masking::masked_text),
                name: tally.name.as_deref().map(masking::masked_text),
            },
            figures,
            compared: None,
        })
        .collect();
    let total = lines.len() as u64;
    let order = by_rate(settings.small_n);
    if lines.len() > settings.agents_listed {
        // Those who need attention: enough calls, and the lowest rates.
        lines.sort_by(|one, other| {
            let small = |line: &AgentLine| line.figures.qualified.n < settings.small_n;
            small(one)
                .cmp(&small(other))
                .then_with(|| order(&other.figures, &one.figures))
        });
        lines.truncate(settings.agents_listed);
    }
    let place_of_unit = |line: &AgentLine| {
        units
            .iter()
            .position(|unit| unit.unit == line.figures.unit)
            .unwrap_or(units.len())
    };
    lines.sort_by(|one, other| {
        place_of_unit(one)
            .cmp(&place_of_unit(other))
            .then_with(|| order(&one.figures, &other.figures))
    });
    Capped {
        total,
        listed: lines,
    }
}

pub(super) fn key_items(
    units: &BTreeMap<Option<String>, UnitTally>,
    lines: &[UnitLine],
    total: &UnitTally,
    rules: &[RuleFacts],
    settings: &MonthlySettings,
) -> KeyItems {
    let indexes: Vec<usize> = settings
        .key_rules
        .iter()
        .filter_map(|id| rules.iter().position(|rule| rule.id == *id))
        .collect();
    let counts = |tally: &UnitTally| indexes.iter().map(|index| tally.count(*index)).collect();
    let names = indexes.iter().map(|index| RuleName {
        id: rules[*index].id.clone(),
        title: rules[*index].title.clone(),
    });
    let shown = lines.iter().filter_map(|line| {
        units.get(&line.unit).map(|tally| KeyItemLine {
            unit: line.unit.clone(),
            counts: counts(tally),
        })
    });
    KeyItems {
        rules: names.collect(),
        units: shown.collect(),
        total: counts(total),
    }
}

/// One line for each tally, in the same order, with its place among those with enough calls.
fn placed(
    tallies: Vec<(Option<String>, CallTally)>,
    whole: &CallTally,
    small_n: u64,
) -> Vec<UnitLine> {
    let intervals: Vec<Option<Interval>> = tallies
        .iter()
        .map(|(_, tally)| {
            tally
                .qualified_rate()
                .interval()
                .filter(|_| tally.calls >= small_n)
        })
        .collect();
    let whole = whole.qualified_rate().interval();
    let places = rank_ranges(&intervals);
    let placed = tallies.into_iter().zip(intervals).zip(places);
    placed
        .map(|(((unit, tally), interval), place)| UnitLine {
            unit,
            qualified: tally.qualified_rate(),
            mean_points: tally.mean_points(),
            violations: tally.violations,
            cannot_judge: tally.cannot_judge,
            place,
            standing: interval
                .zip(whole)
                .map(|(part, whole)| Standing::of(part, whole)),
        })
        .collect()
}

/// Those with enough calls first, the highest rate first; of equal rates the one with more calls.
fn by_rate(small_n: u64) -> impl Fn(&UnitLine, &UnitLine) -> Ordering {
    move |one, other| {
        let small = |line: &UnitLine| line.qualified.n < small_n;
        let rate = |line: &UnitLine| line.qualified.estimate.map_or(0.0, |found| found.value);
        small(one)
            .cmp(&small(other))
            .then_with(|| rate(other).total_cmp(&rate(one)))
            .then_with(|| other.qualified.n.cmp(&one.qualified.n))
    }
}
