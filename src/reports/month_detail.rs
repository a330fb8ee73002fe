//! The parts of a monthly report that need more than the month's verdicts: what people decided,
//! the month before, the assessment, what to learn from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    closed_loop::{LoopBuilder, LoopFigures},
    facts::{CallSums, RuleFacts, VerdictSums},
    funnel::Funnel,
    masking,
    monthly::Capped,
};
use crate::{
    review::estimates::{RuleEstimate, SampledRate},
    rules::{Outcome, Severity},
    scoring::{Assessment, AssessmentCard, UnitRecord, assess, intervals::Rate},
};

/// Everything of it may be shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MonthDetail {
    /// Calls that a person heard.
    pub heard: u64,
    /// Calls whose score people's decisions changed.
    pub restated: u64,
    /// By unit, the whole last (`unit` is `None` and `whole` true).
    pub finals: Vec<FinalLine>,
    pub channels: Vec<GroupLine>,
    pub businesses: Vec<GroupLine>,
    pub trends: Vec<TrendLine>,
    pub quality: Vec<RuleQuality>,
    pub closed_loop: LoopFigures,
    pub calibrations: Vec<CalibrationLine>,
    pub assessments: Vec<AssessmentLine>,
    pub card: Option<AssessmentCard>,
    pub reasons: Vec<ReasonLine>,
    /// `None` where the call list does not tell how outbound calls went.
    pub funnel: Option<Funnel>,
    pub exemplars: Vec<ExemplarLine>,
    pub training: Capped<TrainingLine>,
    /// Of the qualified rate, for the training list.
    pub target: f64,
    /// More than one: the rules or the model changed within the month.
    pub rule_sets: u64,
    pub models: u64,
    pub changed_rules: Vec<String>,
}

/// A unit's figures by the machine and by people's word.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FinalLine {
    pub unit: Option<String>,
    pub whole: bool,
    pub machine: Rate,
    pub machine_points: Option<f64>,
    pub qualified: Rate,
    pub mean_points: Option<f64>,
    /// Violations that stand.
    pub violations: u64,
    pub added: u64,
    pub taken_back: u64,
}

/// Calls that share a channel or a kind of business.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupLine {
    pub name: Option<String>,
    pub qualified: Rate,
    pub mean_points: Option<f64>,
    pub with_violation: Rate,
}

/// A unit against the month before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrendLine {
    pub unit: Option<String>,
    pub whole: bool,
    pub before: Rate,
    pub now: Rate,
    pub points_before: Option<f64>,
    pub points_now: Option<f64>,
    /// `up` or `down` only where the intervals do not overlap.
    pub direction: &'static str,
}

/// How right the machine was, by people's decisions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleQuality {
    pub title: String,
    pub confirmed: u64,
    pub false_hits: u64,
    pub missed: u64,
    /// Confirmed, of the machine's violations that people decided on; which these are, chance
    /// did not choose.
    pub held: Rate,
    /// Estimated for all calls from those drawn at random and heard; `None` where none was.
    pub precision: Option<SampledRate>,
    pub recall: Option<SampledRate>,
    pub overturned: Rate,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationLine {
    pub id: String,
    pub calls: u64,
    pub raters: u64,
    pub judgements: u64,
    /// Judgements that agree with the expert's.
    pub with_expert: Rate,
    pub kappa: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssessmentLine {
    pub unit: Option<String>,
    pub assessment: Assessment,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonLine {
    pub topic: String,
    pub title: String,
    pub calls: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExemplarLine {
    pub call_id: String,
    pub rule: String,
    pub scenario: String,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingLine {
    pub unit: Option<String>,
    /// `None`: the whole unit.
    pub agent: Option<String>,
    pub qualified: Rate,
    /// `below` the target, the same violation came back `again`, or both.
    pub why: Vec<&'static str>,
    pub rules: Vec<String>,
    /// Calls to hear, with the place.
    pub clips: Vec<String>,
    pub exemplar: Option<String>,
}

/// Sums of points and qualified calls that people's decisions changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restatement {
    pub calls: u64,
    pub points: i64,
    pub qualified: i64,
}

/// By unit, as reports show it, and the agent's number.
pub type Restatements = BTreeMap<(Option<String>, Option<String>), Restatement>;

impl Restatement {
    fn add(&mut self, other: Restatement) {
        self.calls += other.calls;
        self.points += other.points;
        self.qualified += other.qualified;
    }
}

/// What the detail is made from.
#[derive(Clone, Debug, Default)]
pub struct DetailFacts {
    pub now: Vec<CallSums>,
    pub before: Vec<CallSums>,
    pub verdicts: Vec<VerdictSums>,
    pub channels: Vec<CallSums>,
    pub businesses: Vec<CallSums>,
    pub restated: Restatements,
    /// What the month's random spot checks say of each rule.
    pub estimates: Vec<RuleEstimate>,
}

#[derive(Clone, Copy, Debug, Default)]
struct UnitSums {
    calls: u64,
    qualified: u64,
    points: u64,
}

impl UnitSums {
    fn rate(self) -> Rate {
        Rate::of(self.qualified, self.calls)
    }

    fn mean(self) -> Option<f64> {
        (self.calls > 0).then(|| self.points as f64 / self.calls as f64)
    }
}

fn shown(unit: &Option<String>) -> Option<String> {
    let unit = unit
        .as_deref()
        .map(str::trim)
        .filter(|unit| !unit.is_empty());
    unit.map(masking::masked_text)
}

fn by_unit(sums: &[CallSums]) -> BTreeMap<Option<String>, UnitSums> {
    let mut units: BTreeMap<Option<String>, UnitSums> = BTreeMap::new();
    for sums in sums {
        let unit = units.entry(shown(&sums.unit)).or_default();
        unit.calls += sums.calls;
        unit.qualified += sums.qualified;
        unit.points += sums.points;
    }
    units
}

fn whole(units: &BTreeMap<Option<String>, UnitSums>) -> UnitSums {
    units
        .values()
        .fold(UnitSums::default(), |sum, unit| UnitSums {
            calls: sum.calls + unit.calls,
            qualified: sum.qualified + unit.qualified,
            points: sum.points + unit.points,
        })
}

impl MonthDetail {
    /// The parts that follow from the counted facts and the loop. Lists of calls are the caller's.
    pub fn of(
        facts: &DetailFacts,
        closed_loop: &LoopBuilder,
        rules: &[RuleFacts],
        card: &AssessmentCard,
    ) -> MonthDetail {
        let units = by_unit(&facts.now);
        let mut restated: BTreeMap<Option<String>, Restatement> = BTreeMap::new();
        for ((unit, _), one) in &facts.restated {
            restated.entry(unit.clone()).or_default().add(*one);
        }
        let violations = violations(&facts.verdicts, closed_loop, rules, &units);
        MonthDetail {
            restated: facts.restated.values().map(|unit| unit.calls).sum(),
            finals: finals(&units, &restated, &violations),
            channels: groups(&facts.channels),
            businesses: groups(&facts.businesses),
            trends: trends(&units, &by_unit(&facts.before)),
            quality: closed_loop.quality(rules, &facts.estimates),
            assessments: assessments(&units, &violations, closed_loop, card),
            card: Some(*card),
            ..MonthDetail::default()
        }
    }
}

/// Of one unit: violations that stand by severity, added and taken back.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    by_severity: [u64; 4],
    added: u64,
    taken_back: u64,
}

fn violations(
    verdicts: &[VerdictSums],
    closed_loop: &LoopBuilder,
    rules: &[RuleFacts],
    units: &BTreeMap<Option<String>, UnitSums>,
) -> BTreeMap<Option<String>, Standing> {
    let mut machine: BTreeMap<(Option<String>, &str), u64> = BTreeMap::new();
    let of_machine = verdicts
        .iter()
        .filter(|sums| sums.outcome == Outcome::Violation);
    for sums in of_machine {
        *machine
            .entry((shown(&sums.unit), &sums.rule_id))
            .or_default() += sums.calls;
    }
    let mut found: BTreeMap<Option<String>, Standing> = BTreeMap::new();
    for unit in units.keys() {
        let standing = found.entry(unit.clone()).or_default();
        for rule in rules.iter().filter(|rule| rule.scored) {
            let (added, taken_back) = closed_loop.correction(unit, &rule.id);
            let key = (unit.clone(), rule.id.as_str());
            let stands = machine.get(&key).copied().unwrap_or(0) + added;
            let at = Severity::ALL
                .iter()
                .position(|known| *known == rule.severity);
            standing.by_severity[at.unwrap_or(0)] += stands.saturating_sub(taken_back);
            standing.added += added;
            standing.taken_back += taken_back;
        }
    }
    found
}

fn finals(
    units: &BTreeMap<Option<String>, UnitSums>,
    restated: &BTreeMap<Option<String>, Restatement>,
    violations: &BTreeMap<Option<String>, Standing>,
) -> Vec<FinalLine> {
    let line = |unit: Option<String>,
                is_whole,
                sums: UnitSums,
                change: Restatement,
                standing: Standing| {
        let add = |count: u64, change: i64| count.saturating_add_signed(change);
        let final_sums = UnitSums {
            calls: sums.calls,
            qualified: add(sums.qualified, change.qualified),
            points: add(sums.points, change.points),
        };
        FinalLine {
            unit,
            whole: is_whole,
            machine: sums.rate(),
            machine_points: sums.mean(),
            qualified: final_sums.rate(),
            mean_points: final_sums.mean(),
            violations: standing.by_severity.iter().sum(),
            added: standing.added,
            taken_back: standing.taken_back,
        }
    };
    let mut lines = Vec::new();
    let (mut change_of_all, mut standing_of_all) = (Restatement::default(), Standing::default());
    for (unit, sums) in units {
        let change = restated.get(unit).copied().unwrap_or_default();
        let standing = violations.get(unit).copied().unwrap_or_default();
        change_of_all.points += change.points;
        change_of_all.qualified += change.qualified;
        standing_of_all.added += standing.added;
        standing_of_all.taken_back += standing.taken_back;
        for (all, one) in standing_of_all
            .by_severity
            .iter_mut()
            .zip(standing.by_severity)
        {
            *all += one;
        }
        lines.push(line(unit.clone(), false, *sums, change, standing));
    }
    lines.push(line(
        None,
        true,
        whole(units),
        change_of_all,
        standing_of_all,
    ));
    lines
}

fn groups(sums: &[CallSums]) -> Vec<GroupLine> {
    let lines = sums.iter().map(|sums| GroupLine {
        name: shown(&sums.unit),
        qualified: Rate::of(sums.qualified, sums.calls),
        mean_points: (sums.calls > 0).then(|| sums.points as f64 / sums.calls as f64),
        with_violation: Rate::of(sums.with_violation, sums.calls),
    });
    lines.collect()
}

fn trends(
    now: &BTreeMap<Option<String>, UnitSums>,
    before: &BTreeMap<Option<String>, UnitSums>,
) -> Vec<TrendLine> {
    if before.is_empty() {
        return Vec::new();
    }
    let line = |unit: Option<String>, is_whole, before: UnitSums, now: UnitSums| {
        let (old, new) = (before.rate(), now.rate());
        let direction = match (old.interval(), new.interval()) {
            (Some(old), Some(new)) if old.high < new.low => "up",
            (Some(old), Some(new)) if new.high < old.low => "down",
            _ => "same",
        };
        TrendLine {
            unit,
            whole: is_whole,
            before: old,
            now: new,
            points_before: before.mean(),
            points_now: now.mean(),
            direction,
        }
    };
    let mut lines: Vec<TrendLine> = now
        .iter()
        .map(|(unit, sums)| {
            let old = before.get(unit).copied().unwrap_or_default();
            line(unit.clone(), false, old, *sums)
        })
        .collect();
    lines.push(line(None, true, whole(before), whole(now)));
    lines
}

fn assessments(
    units: &BTreeMap<Option<String>, UnitSums>,
    violations: &BTreeMap<Option<String>, Standing>,
    closed_loop: &LoopBuilder,
    card: &AssessmentCard,
) -> Vec<AssessmentLine> {
    let lines = units.iter().filter_map(|(unit, sums)| {
        let standing = violations.get(unit).copied().unwrap_or_default();
        let record = UnitRecord {
            calls: sums.calls,
            violations: standing.by_severity,
            ..closed_loop.record(unit)
        };
        Some(AssessmentLine {
            unit: unit.clone(),
            assessment: assess(card, &record)?,
        })
    });
    lines.collect()
}
