//! Groups of calls three ways: as the machine has them, as they stand after people's decisions,
//! and as they stood the month before.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{facts::CallSums, masking::shown};
use crate::scoring::intervals::Rate;

/// By what calls are put together. The unit as reports show it, the rest as the call list has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallGroup {
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    pub channel: Option<String>,
    pub business: Option<String>,
}

/// Sums of points and qualified calls that people's decisions changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restatement {
    pub calls: u64,
    pub points: i64,
    pub qualified: i64,
}

pub type Restatements = BTreeMap<CallGroup, Restatement>;

/// A unit above several of those that the calls name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpperUnit {
    pub name: String,
    /// What calls may call it and the units below it.
    pub labels: BTreeSet<String>,
}

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// One group as the calls name it.
    Group,
    /// A unit with those below it, each of which has a line of its own.
    Upper,
    /// All calls of the report.
    Whole,
}

/// A group's figures; everything may be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedLine {
    /// `None`: not given, or the whole.
    pub name: Option<String>,
    pub extent: Extent,
    pub machine: Rate,
    /// 0 … 100.
    pub machine_points: Option<f64>,
    /// By people's word where there is one, by the machine's elsewhere.
    pub qualified: Rate,
    pub mean_points: Option<f64>,
    /// The month before, by the same measure as `qualified`.
    pub before: Rate,
    pub points_before: Option<f64>,
    /// Of the qualified rate.
    pub direction: Direction,
    /// By the machine.
    pub with_violation: Rate,
}

/// How a rate moved; up or down only where the two intervals do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Up,
    Down,
    Same,
}

impl Direction {
    pub fn between(before: &Rate, now: &Rate) -> Direction {
        match (before.interval(), now.interval()) {
            (Some(before), Some(now)) if before.high < now.low => Direction::Up,
            (Some(before), Some(now)) if now.high < before.low => Direction::Down,
            _ => Direction::Same,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
            Direction::Same => "same",
        }
    }
}

/// Counted calls and what people changed of them, of a month and of the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct TwoMonths<'a> {
    pub(super) now: &'a [CallSums],
    pub(super) restated: &'a Restatements,
    pub(super) before: &'a [CallSums],
    pub(super) restated_before: &'a Restatements,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    calls: u64,
    qualified: i64,
    points: i64,
    with_violation: u64,
}

impl Sums {
    fn count(&mut self, sums: &CallSums) {
        self.calls += sums.calls;
        self.qualified += sums.qualified as i64;
        self.points += sums.points as i64;
        self.with_violation += sums.with_violation;
    }

    fn restate(&mut self, change: Restatement) {
        self.qualified += change.qualified;
        self.points += change.points;
    }

    fn add(&mut self, other: Sums) {
        self.calls += other.calls;
        self.qualified += other.qualified;
        self.points += other.points;
        self.with_violation += other.with_violation;
    }

    fn rate(self) -> Rate {
        Rate::of(self.qualified.max(0) as u64, self.calls)
    }

    fn mean(self) -> Option<f64> {
        (self.calls > 0).then(|| self.points as f64 / self.calls as f64)
    }
}

/// One group by the machine, as it stands, and the month before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compared {
    machine: Sums,
    stands: Sums,
    before: Sums,
}

impl Compared {
    /// Calls of this month.
    pub(super) fn calls(&self) -> u64 {
        self.machine.calls
    }

    pub(super) fn add(&mut self, other: &Compared) {
        self.machine.add(other.machine);
        self.stands.add(other.stands);
        self.before.add(other.before);
    }

    pub(super) fn line(&self, name: Option<String>, extent: Extent) -> ComparedLine {
        let (qualified, before) = (self.stands.rate(), self.before.rate());
        ComparedLine {
            name,
            extent,
            machine: self.machine.rate(),
            machine_points: self.machine.mean(),
            direction: Direction::between(&before, &qualified),
            qualified,
            mean_points: self.stands.mean(),
            before,
            points_before: self.before.mean(),
            with_violation: Rate::of(self.machine.with_violation, self.machine.calls),
        }
    }
}

/// The groups that have calls this month, told apart by `key`.
pub(super) fn compared<K: Ord>(
    months: TwoMonths<'_>,
    key: impl Fn(&CallGroup) -> K,
) -> BTreeMap<K, Compared> {
    let mut groups: BTreeMap<K, Compared> = BTreeMap::new();
    for sums in months.now {
        let group = groups.entry(key(&group_of(sums))).or_default();
        group.machine.count(sums);
        group.stands.count(sums);
    }
    for (group, change) in months.restated {
        if let Some(group) = groups.get_mut(&key(group)) {
            group.stands.restate(*change);
        }
    }
    for sums in months.before {
        if let Some(group) = groups.get_mut(&key(&group_of(sums))) {
            group.before.count(sums);
        }
    }
    for (group, change) in months.restated_before {
        if let Some(group) = groups.get_mut(&key(group)) {
            group.before.restate(*change);
        }
    }
    groups
}

/// All calls of both months, those of groups that have none this month included.
pub(super) fn whole(months: TwoMonths<'_>) -> Compared {
    let all = compared(months, |_| ());
    all.into_values().next().unwrap_or_default()
}

fn group_of(sums: &CallSums) -> CallGroup {
    CallGroup {
        unit: shown(&sums.unit),
        agent_id: sums.agent_id.clone(),
        channel: sums.channel.clone(),
        business: sums.business.clone(),
    }
}
