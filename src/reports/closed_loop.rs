//! What people did with the month's findings: the report's figures of the loop, folded over the
//! findings that somebody has touched. Memory grows with units, agents, rules and people.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    behind::{BEHIND_FIGURE, BehindList, LoopLists},
    facts::RuleFacts,
    masking,
    month_detail::RuleQuality,
};
use crate::{
    review::{
        estimates::{RuleEstimate, SampledRate},
        workflow::{Decision, FindingState, RectificationState},
    },
    rules::{Outcome, Severity},
    scoring::{UnitRecord, intervals::Rate},
};

/// A finding that people have touched, as it stood at the report's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedFinding {
    pub call_id: String,
    pub rule_id: String,
    /// What the machine says now; `None` when the rule does not judge any more.
    pub machine: Option<Outcome>,
    pub state: FindingState,
    pub rectification: RectificationState,
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    pub agent_name: Option<String>,
    /// Of the call, `2026-10-21`.
    pub day: Option<String>,
    /// Level 1.
    pub decided_by: Option<String>,
    pub appealed: bool,
    /// The limit of the rectification is past, and nothing was handed in or it failed.
    pub overdue: bool,
    /// Evidence was handed in before the limit.
    pub in_time: bool,
}

/// What the loop did to one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    decided: u64,
    confirmed: u64,
    false_hits: u64,
    /// False hits by the first decision, not by an appeal.
    let_go: u64,
    missed: u64,
    cleared: u64,
    appealed: u64,
    answered: u64,
    overturned: u64,
}

impl Tally {
    fn add(&mut self, finding: &TouchedFinding) {
        use FindingState::*;
        let by_machine = finding.machine == Some(Outcome::Violation);
        let decision = finding.state.decision();
        self.decided += u64::from(decision.is_some());
        self.confirmed += u64::from(by_machine && decision == Some(Decision::Violation));
        self.false_hits += u64::from(by_machine && decision == Some(Decision::NoViolation));
        self.missed += u64::from(!by_machine && decision == Some(Decision::Violation));
        self.cleared += u64::from(!by_machine && decision == Some(Decision::NoViolation));
        self.appealed += u64::from(finding.appealed);
        let overturned = matches!(finding.state, Overturned | FinallyOverturned);
        let open = matches!(finding.state, Appealed | Escalated);
        self.answered += u64::from(finding.appealed && !open);
        self.overturned += u64::from(finding.appealed && overturned);
        let let_go = by_machine && decision == Some(Decision::NoViolation);
        self.let_go += u64::from(let_go && !(finding.appealed && overturned));
    }
}

/// Figures of the loop as a report shows them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LoopFigures {
    pub decided: u64,
    pub confirmed: u64,
    pub false_hits: u64,
    /// Found by people where the machine had found nothing, or could not judge.
    pub missed: u64,
    /// Found to be no violations where the machine could not judge or had found nothing.
    pub cleared: u64,
    pub appealed: u64,
    pub appeals_open: u64,
    /// Of the appeals answered.
    pub overturned: Option<Rate>,
    pub inspectors: Vec<InspectorLine>,
    pub rectifications: u64,
    pub rectified: u64,
    pub overdue: u64,
    /// Evidence in time, of the rectifications whose limit is past or that are done.
    pub in_time: Option<Rate>,
    /// Rectifications whose limit is still to come and for which nothing was handed in.
    pub not_due: u64,
    /// Agents with the same confirmed violation more than once, most first.
    pub repeated: Vec<RepeatedLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectorLine {
    pub person: String,
    pub decided: u64,
    pub false_hits: u64,
    pub appealed: u64,
    /// Of the appeals answered against this person's decisions.
    pub overturned: Rate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepeatedLine {
    pub unit: Option<String>,
    pub agent: Option<String>,
    pub rule: String,
    pub times: u64,
    /// One of them came after an earlier one was rectified.
    pub after_rectification: bool,
    /// Some of the calls.
    pub calls: Vec<String>,
}

/// Who broke which rule: unit, the agent's number (or name, without one), rule.
type Offence = (Option<String>, Option<String>, String);

/// How often, under which name, and whether one of them was rectified.
#[derive(Clone, Debug, Default)]
struct Offences {
    agent: String,
    times: u64,
    rectified: bool,
    calls: Vec<String>,
}

/// Whose verdicts people changed: unit, rule, the agent's number.
type Correction = (Option<String>, String, Option<String>);

/// Takes touched findings one by one.
#[derive(Clone, Debug, Default)]
pub struct LoopBuilder {
    rules: BTreeMap<String, RuleFacts>,
    total: Tally,
    by_rule: BTreeMap<String, Tally>,
    by_inspector: BTreeMap<String, Tally>,
    appeals_open: u64,
    rectifications: u64,
    rectified: u64,
    overdue: u64,
    in_time: (u64, u64),
    offences: BTreeMap<Offence, Offences>,
    corrections: BTreeMap<Correction, (u64, u64)>,
    behind: LoopLists,
    /// By unit: rectified in time by severity, and overdue.
    records: BTreeMap<Option<String>, UnitRecord>,
}

impl LoopBuilder {
    pub fn new(rules: &[RuleFacts]) -> LoopBuilder {
        let rules = rules.iter().map(|rule| (rule.id.clone(), rule.clone()));
        LoopBuilder {
            rules: rules.collect(),
            ..LoopBuilder::default()
        }
    }

    pub fn add(&mut self, finding: &TouchedFinding) {
        let unit = finding.unit.as_deref().map(masking::masked_text);
        self.total.add(finding);
        self.name_behind(finding);
        self.by_rule
            .entry(finding.rule_id.clone())
            .or_default()
            .add(finding);
        if let Some(person) = &finding.decided_by {
            self.by_inspector
                .entry(person.clone())
                .or_default()
                .add(finding);
        }
        let open = matches!(
            finding.state,
            FindingState::Appealed | FindingState::Escalated
        );
        self.appeals_open += u64::from(open);
        let stands = finding.state.decision() == Some(Decision::Violation);
        let by_machine = finding.machine == Some(Outcome::Violation);
        let corrected = self
            .corrections
            .entry((
                unit.clone(),
                finding.rule_id.clone(),
                finding.agent_id.clone(),
            ))
            .or_default();
        corrected.0 += u64::from(stands && !by_machine);
        corrected.1 +=
            u64::from(by_machine && finding.state.decision() == Some(Decision::NoViolation));
        self.add_rectification(finding, unit.clone());
        if stands {
            let agent = finding.agent_id.clone().or(finding.agent_name.clone());
            let offence = (unit, agent, finding.rule_id.clone());
            let seen = self.offences.entry(offence).or_default();
            seen.agent = shown_agent(finding);
            seen.times += 1;
            seen.rectified |= finding.rectification == RectificationState::Passed;
            if seen.calls.len() < BEHIND_FIGURE {
                seen.calls.push(masking::masked_call_id(&finding.call_id));
            }
        }
    }

    /// Names the call behind the figures that count the finding.
    fn name_behind(&mut self, finding: &TouchedFinding) {
        let mut one = Tally::default();
        one.add(finding);
        let open = one.appealed > one.answered;
        let has_rectification = !matches!(
            finding.rectification,
            RectificationState::None | RectificationState::Void
        );
        let counts = [
            one.decided > 0,
            one.confirmed > 0,
            one.false_hits > 0,
            one.missed > 0,
            one.cleared > 0,
            one.appealed > 0,
            open,
            one.overturned > 0,
            has_rectification,
            finding.rectification == RectificationState::Passed,
            has_rectification && finding.overdue,
        ];
        let title = self.title(&finding.rule_id);
        self.behind.add(counts, one.let_go > 0, finding, &title);
    }

    fn add_rectification(&mut self, finding: &TouchedFinding, unit: Option<String>) {
        use RectificationState::*;
        if matches!(finding.rectification, None | Void) {
            return;
        }
        let passed = finding.rectification == Passed;
        self.rectifications += 1;
        self.rectified += u64::from(passed);
        self.overdue += u64::from(finding.overdue);
        self.in_time.0 += u64::from(finding.in_time);
        self.in_time.1 += u64::from(finding.in_time || finding.overdue || passed);
        let severity = self.rules.get(&finding.rule_id).map(|rule| rule.severity);
        let at = Severity::ALL
            .iter()
            .position(|known| Some(*known) == severity);
        let record = self.records.entry(unit).or_default();
        record.overdue += u64::from(finding.overdue);
        if let Some(at) = at.filter(|_| passed && finding.in_time) {
            record.rectified[at] += 1;
        }
    }

    /// Violations of a rule in a unit that people added, and that they took back.
    pub fn correction(&self, unit: &Option<String>, rule_id: &str) -> (u64, u64) {
        let first = (unit.clone(), rule_id.to_owned(), None);
        self.corrections
            .range(first..)
            .take_while(|((of_unit, rule, _), _)| of_unit == unit && rule == rule_id)
            .fold((0, 0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Of each unit, rule and agent: violations that people added, and that they took back.
    pub fn corrections(
        &self,
    ) -> impl Iterator<Item = (&Option<String>, &str, &Option<String>, (u64, u64))> {
        self.corrections
            .iter()
            .map(|((unit, rule, agent), counts)| (unit, rule.as_str(), agent, *counts))
    }

    /// What a unit is assessed by, less its calls and violations.
    pub fn record(&self, unit: &Option<String>) -> UnitRecord {
        self.records.get(unit).copied().unwrap_or_default()
    }

    /// Confirmed and false hits of each rule, in the order of `rules`.
    pub fn quality(&self, rules: &[RuleFacts], estimates: &[RuleEstimate]) -> Vec<RuleQuality> {
        let lines = rules.iter().map(|rule| {
            let tally = self.by_rule.get(&rule.id).copied().unwrap_or_default();
            let sampled = estimates.iter().find(|one| one.rule_id == rule.id);
            RuleQuality {
                id: rule.id.clone(),
                title: rule.title.clone(),
                confirmed: tally.confirmed,
                false_hits: tally.false_hits,
                missed: tally.missed,
                held: Rate::of(tally.confirmed, tally.confirmed + tally.false_hits),
                precision: sampled.map(|one| one.precision),
                recall: sampled.map(|one| one.recall),
                overturned: Rate::of(tally.overturned, tally.answered),
            }
        });
        lines
            .filter(|line| {
                let heard = |rate: Option<SampledRate>| rate.map_or(0, |rate| rate.n);
                line.held.n + line.missed + heard(line.precision) + heard(line.recall) > 0
            })
            .collect()
    }

    fn title(&self, rule_id: &str) -> String {
        let rule = self.rules.get(rule_id);
        rule.map_or_else(|| rule_id.to_owned(), |rule| rule.title.clone())
    }

    /// Two people of one name are told apart by their ids.
    fn told_apart(&self, person: &str, name: &impl Fn(&str) -> String) -> String {
        let own = name(person);
        let others = self.by_inspector.keys().filter(|other| *other != person);
        match others.map(|other| name(other)).any(|other| other == own) {
            true => format!("{own} {person}"),
            false => own,
        }
    }

    /// The calls behind the figures; `name`: what a person is called.
    pub fn behind(&self, name: impl Fn(&str) -> String) -> Vec<BehindList> {
        self.behind.lists(
            |rule_id| self.title(rule_id),
            |person| self.told_apart(person, &name),
        )
    }

    /// `listed`: how many repeated offences at most; `name`: what a person is called.
    pub fn figures(&self, listed: usize, name: impl Fn(&str) -> String) -> LoopFigures {
        let decided = |tally: &Tally| tally.decided;
        let mut inspectors: Vec<InspectorLine> = self
            .by_inspector
            .iter()
            .map(|(person, tally)| InspectorLine {
                person: self.told_apart(person, &name),
                decided: decided(tally),
                false_hits: tally.let_go,
                appealed: tally.appealed,
                overturned: Rate::of(tally.overturned, tally.answered),
            })
            .collect();
        inspectors.sort_by(|one, other| one.person.cmp(&other.person));
        let mut repeated: Vec<RepeatedLine> = self
            .offences
            .iter()
            .filter(|((_, agent, _), seen)| seen.times > 1 && agent.is_some())
            .map(|((unit, _, rule), seen)| RepeatedLine {
                unit: unit.clone(),
                agent: Some(seen.agent.clone()),
                rule: self.title(rule),
                times: seen.times,
                after_rectification: seen.rectified,
                calls: seen.calls.clone(),
            })
            .collect();
        repeated.sort_by_key(|line| u64::MAX - line.times);
        repeated.truncate(listed);
        let total = &self.total;
        LoopFigures {
            decided: decided(total),
            confirmed: total.confirmed,
            false_hits: total.false_hits,
            missed: total.missed,
            cleared: total.cleared,
            appealed: total.appealed,
            appeals_open: self.appeals_open,
            overturned: (total.answered > 0).then(|| Rate::of(total.overturned, total.answered)),
            inspectors,
            rectifications: self.rectifications,
            rectified: self.rectified,
            overdue: self.overdue,
            in_time: (self.in_time.1 > 0).then(|| Rate::of(self.in_time.0, self.in_time.1)),
            not_due: self.rectifications - self.in_time.1,
            repeated,
        }
    }
}

/// Name and number, so that two agents of one name are not taken for one.
fn shown_agent(finding: &TouchedFinding) -> String {
    let parts = [&finding.agent_name, &finding.agent_id];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    masking::masked_text(&parts.join(" "))
}
