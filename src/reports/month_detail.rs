//! The parts of a monthly report that need more than the month's verdicts: what people decided,
//! the month before, the assessment, what to learn from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    closed_loop::{LoopBuilder, LoopFigures},
    compared::{
        Compared, ComparedLine, Extent, Restatements, TwoMonths, UpperUnit, compared, whole,
    },
    facts::{CallSums, RuleFacts, VerdictSums},
    funnel::Funnel,
    masking::{masked_text, shown},
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
    /// Units, then those above them, then the whole.
    pub units: Vec<StandingLine>,
    pub channels: Vec<ComparedLine>,
    pub businesses: Vec<ComparedLine>,
    /// Whether there were calls the month before.
    pub has_before: bool,
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

/// A unit's figures and the violations in it that stand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StandingLine {
    #[serde(flatten)]
    pub figures: ComparedLine,
    /// Violations of scored rules that stand.
    pub violations: u64,
    pub added: u64,
    pub taken_back: u64,
}

/// How right the machine was, by people's decisions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleQuality {
    pub id: String,
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
    /// Some of them.
    pub behind: Vec<String>,
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

/// What the detail is made from.
#[derive(Clone, Debug, Default)]
pub struct DetailFacts {
    pub now: Vec<CallSums>,
    pub before: Vec<CallSums>,
    pub verdicts: Vec<VerdictSums>,
    pub restated: Restatements,
    pub restated_before: Restatements,
    pub upper_units: Vec<UpperUnit>,
    /// What the month's random spot checks say of each rule.
    pub estimates: Vec<RuleEstimate>,
}

impl DetailFacts {
    fn months(&self) -> TwoMonths<'_> {
        TwoMonths {
            now: &self.now,
            restated: &self.restated,
            before: &self.before,
            restated_before: &self.restated_before,
        }
    }

    /// The figures of each agent in each unit.
    pub fn agents(&self) -> BTreeMap<(Option<String>, Option<String>), ComparedLine> {
        let agents = compared(self.months(), |group| {
            (group.unit.clone(), shown(&group.agent_id))
        });
        agents
            .into_iter()
            .map(|(key, figures)| {
                let line = figures.line(key.1.clone(), Extent::Group);
                (key, line)
            })
            .collect()
    }
}

impl MonthDetail {
    /// The parts that follow from the counted facts and the loop. Lists of calls are the caller's.
    pub fn of(
        facts: &DetailFacts,
        closed_loop: &LoopBuilder,
        rules: &[RuleFacts],
        card: &AssessmentCard,
    ) -> MonthDetail {
        let months = facts.months();
        let units = compared(months, |group| group.unit.clone());
        let violations = violations(&facts.verdicts, closed_loop, rules, &units);
        MonthDetail {
            restated: facts.restated.values().map(|unit| unit.calls).sum(),
            units: standing_lines(&units, &whole(months), &violations, &facts.upper_units),
            channels: lines(compared(months, |group| shown(&group.channel))),
            businesses: lines(compared(months, |group| shown(&group.business))),
            has_before: !facts.before.is_empty(),
            quality: closed_loop.quality(rules, &facts.estimates),
            assessments: assessments(&units, &violations, closed_loop, card),
            card: Some(*card),
            ..MonthDetail::default()
        }
    }
}

fn lines(groups: BTreeMap<Option<String>, Compared>) -> Vec<ComparedLine> {
    let groups = groups.into_iter();
    let lines = groups.map(|(name, figures)| figures.line(name, Extent::Group));
    lines.collect()
}

/// Of one unit: violations that stand by severity, added and taken back.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    by_severity: [u64; 4],
    added: u64,
    taken_back: u64,
}

impl Standing {
    fn add(&mut self, other: &Standing) {
        for (all, one) in self.by_severity.iter_mut().zip(other.by_severity) {
            *all += one;
        }
        self.added += other.added;
        self.taken_back += other.taken_back;
    }
}

/// The units as the calls name them, those above several of them but not above all, and the whole.
fn standing_lines(
    units: &BTreeMap<Option<String>, Compared>,
    whole: &Compared,
    violations: &BTreeMap<Option<String>, Standing>,
    upper_units: &[UpperUnit],
) -> Vec<StandingLine> {
    let line =
        |name: Option<String>, extent, figures: &Compared, standing: &Standing| StandingLine {
            figures: figures.line(name, extent),
            violations: standing.by_severity.iter().sum(),
            added: standing.added,
            taken_back: standing.taken_back,
        };
    let of = |unit: &Option<String>| violations.get(unit).copied().unwrap_or_default();
    let mut all = Standing::default();
    let mut lines = Vec::new();
    for (unit, figures) in units {
        all.add(&of(unit));
        lines.push(line(unit.clone(), Extent::Group, figures, &of(unit)));
    }
    for upper in upper_units {
        let below = |unit: &Option<String>| {
            let label = unit.as_ref();
            label.is_some_and(|unit| upper.labels.contains(unit))
        };
        let (mut figures, mut standing) = (Compared::default(), Standing::default());
        let below: Vec<_> = units.iter().filter(|(unit, _)| below(unit)).collect();
        for (unit, of_unit) in &below {
            figures.add(of_unit);
            standing.add(&of(unit));
        }
        if below.len() > 1 && below.len() < units.len() {
            let name = Some(masked_text(&upper.name));
            lines.push(line(name, Extent::Upper, &figures, &standing));
        }
    }
    lines.push(line(None, Extent::Whole, whole, &all));
    lines
}

fn violations(
    verdicts: &[VerdictSums],
    closed_loop: &LoopBuilder,
    rules: &[RuleFacts],
    units: &BTreeMap<Option<String>, Compared>,
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

fn assessments(
    units: &BTreeMap<Option<String>, Compared>,
    violations: &BTreeMap<Option<String>, Standing>,
    closed_loop: &LoopBuilder,
    card: &AssessmentCard,
) -> Vec<AssessmentLine> {
    let lines = units.iter().filter_map(|(unit, figures)| {
        let standing = violations.get(unit).copied().unwrap_or_default();
        let record = UnitRecord {
            calls: figures.calls(),
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
