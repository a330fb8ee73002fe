//! The weekly bulletin: the month's key items against the week before, spot checks, who repeats,
//! what is overdue, and what is worth hearing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    behind::BehindList,
    closed_loop::RepeatedLine,
    compared::Direction,
    facts::{Provenance, RuleFacts, VerdictSums},
    masking,
    monthly::RuleName,
};
use crate::{rules::Outcome, scoring::intervals::Rate};

/// Everything in it may be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeeklyReport {
    /// `2026-W42`.
    pub week: String,
    pub from_day: String,
    pub to_day: String,
    pub scope: Option<String>,
    pub calls: u64,
    pub calls_before: u64,
    pub spot_checks: Vec<SpotCheckLine>,
    /// The key items.
    pub rules: Vec<RuleName>,
    /// By unit, the whole last; the cells in the order of `rules`.
    pub items: Vec<ItemLine>,
    pub repeated: Vec<RepeatedLine>,
    pub overdue: Vec<OverdueLine>,
    pub clips: Vec<Clip>,
    /// Calls behind the figures.
    pub behind: Vec<BehindList>,
    pub provenance: Provenance,
}

/// Calls drawn for a spot check and heard, of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpotCheckLine {
    pub unit: Option<String>,
    pub drawn: u64,
    pub heard: u64,
    /// All units together; `unit` is `None`.
    pub whole: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemLine {
    pub unit: Option<String>,
    pub whole: bool,
    pub cells: Vec<WeekCell>,
}

/// Violations among the calls that could be judged, this week and the week before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeekCell {
    pub now: Rate,
    /// Left to a person; not in the rate.
    pub cannot_judge: u64,
    pub before: Rate,
    pub direction: Direction,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverdueLine {
    pub unit: Option<String>,
    pub agent: Option<String>,
    pub rule: String,
    pub call_id: String,
    /// The day by which evidence was due.
    pub due: String,
}

/// A call worth hearing, with the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clip {
    pub call_id: String,
    pub unit: Option<String>,
    pub agent: Option<String>,
    pub rule: String,
    pub from_ms: Option<u64>,
    pub words: String,
    pub confirmed: bool,
}

/// What a bulletin is made from.
#[derive(Clone, Debug)]
pub struct WeeklyFacts {
    pub week: String,
    pub from_day: String,
    pub to_day: String,
    pub scope: Option<String>,
    pub calls: u64,
    pub calls_before: u64,
    pub now: Vec<VerdictSums>,
    pub before: Vec<VerdictSums>,
    pub spot_checks: Vec<SpotCheckLine>,
    pub repeated: Vec<RepeatedLine>,
    pub overdue: Vec<OverdueLine>,
    pub clips: Vec<Clip>,
    /// The calls behind the figures.
    pub behind: Vec<BehindList>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    violations: u64,
    judged: u64,
    cannot_judge: u64,
}

type ByUnitAndRule = BTreeMap<(Option<String>, String), Counts>;

fn counted(sums: &[VerdictSums]) -> ByUnitAndRule {
    let mut counts = ByUnitAndRule::new();
    for sums in sums {
        let unit = masking::shown(&sums.unit);
        let cell = counts.entry((unit, sums.rule_id.clone())).or_default();
        match sums.outcome {
            Outcome::Violation => {
                cell.violations += sums.calls;
                cell.judged += sums.calls;
            }
            Outcome::Pass => cell.judged += sums.calls,
            Outcome::CannotJudge => cell.cannot_judge += sums.calls,
            Outcome::NotApplicable => {}
        }
    }
    counts
}

impl WeeklyReport {
    /// `key_items`: in the order in which they are shown.
    pub fn of(facts: WeeklyFacts, key_items: &[RuleFacts], provenance: Provenance) -> WeeklyReport {
        let (now, before) = (counted(&facts.now), counted(&facts.before));
        let mut units: Vec<Option<String>> = now.keys().map(|(unit, _)| unit.clone()).collect();
        units.dedup();
        let mut items: Vec<ItemLine> = units
            .iter()
            .map(|unit| ItemLine {
                unit: unit.clone(),
                whole: false,
                cells: key_items
                    .iter()
                    .map(|rule| {
                        let key = (unit.clone(), rule.id.clone());
                        let of = |counts: &ByUnitAndRule| counts.get(&key).copied();
                        cell(
                            of(&now).unwrap_or_default(),
                            of(&before).unwrap_or_default(),
                        )
                    })
                    .collect(),
            })
            .collect();
        let of_rule = |counts: &ByUnitAndRule, id: &str| {
            let cells = counts.iter().filter(|((_, rule), _)| rule == id);
            cells.fold(Counts::default(), |sum, (_, cell)| Counts {
                violations: sum.violations + cell.violations,
                judged: sum.judged + cell.judged,
                cannot_judge: sum.cannot_judge + cell.cannot_judge,
            })
        };
        items.push(ItemLine {
            unit: None,
            whole: true,
            cells: key_items
                .iter()
                .map(|rule| cell(of_rule(&now, &rule.id), of_rule(&before, &rule.id)))
                .collect(),
        });
        WeeklyReport {
            week: facts.week,
            from_day: facts.from_day,
            to_day: facts.to_day,
            scope: facts.scope,
            calls: facts.calls,
            calls_before: facts.calls_before,
            spot_checks: with_whole(facts.spot_checks),
            rules: key_items.iter().map(RuleName::of).collect(),
            items,
            repeated: facts.repeated,
            overdue: facts.overdue,
            clips: facts.clips,
            behind: facts.behind,
            provenance,
        }
    }
}

/// The units, and all together where there are several.
fn with_whole(mut lines: Vec<SpotCheckLine>) -> Vec<SpotCheckLine> {
    if lines.len() > 1 {
        lines.push(SpotCheckLine {
            unit: None,
            drawn: lines.iter().map(|line| line.drawn).sum(),
            heard: lines.iter().map(|line| line.heard).sum(),
            whole: true,
        });
    }
    lines
}

fn cell(now: Counts, before: Counts) -> WeekCell {
    let cannot_judge = now.cannot_judge;
    let now = Rate::of(now.violations, now.judged);
    let before = Rate::of(before.violations, before.judged);
    WeekCell {
        direction: Direction::between(&before, &now),
        now,
        before,
        cannot_judge,
    }
}
