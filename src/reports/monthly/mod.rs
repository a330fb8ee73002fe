//! The monthly report, folded over the month's calls one by one.
//!
//! Owns the counting and what is listed; how it looks is the renderers' business. Memory grows with
//! the number of units, agents and rules, never with that of the calls.

mod groups;
mod lines;
mod report;
mod tally;

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

pub use report::{
    AgentLabel, AgentLine, CallLine, CannotJudgeLine, Capped, KeyItemLine, KeyItems, MonthlyReport,
    Quote, RankedCall, RuleCount, RuleLine, RuleName, RuleViolations, ScoreBand, ScoreCount,
    Summary, UnitLine, ViolationLine,
};

use self::{
    groups::{AgentKey, AgentTally, UnitTally},
    tally::CallCounts,
};
use super::{
    facts::{CallSums, Coverage, JudgedCall, Provenance, RuleFacts, VerdictSums},
    masking,
    month::Month,
    shortlist::Shortlist,
};
use crate::{
    rules::{Outcome, Verdict},
    scoring::FULL_POINTS,
    time::Millis,
};

/// What a monthly report shows, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthlySettings {
    /// The part of the organisation that the report is about; `None` for the whole.
    pub scope: Option<String>,
    /// Points from which a call is qualified, from the scorecard.
    pub qualified_at: u32,
    /// Rules shown for each unit; those that are not among the report's rules are left out.
    pub key_rules: Vec<String>,
    /// Units and agents with fewer calls are shown without a place.
    pub small_n: u64,
    pub worst_listed: usize,
    pub best_listed: usize,
    pub agents_listed: usize,
    pub violations_listed_per_rule: usize,
    pub cannot_judge_listed_per_rule: usize,
    pub quotes_per_verdict: usize,
}

impl Default for MonthlySettings {
    fn default() -> MonthlySettings {
        let key_rules = [
            "double-confirmation",
            "penalty-disclosure",
            "overage-disclosure",
            "irreversible-change",
        ];
        MonthlySettings {
            scope: None,
            qualified_at: 85,
            key_rules: key_rules.map(str::to_owned).to_vec(),
            small_n: 10,
            worst_listed: 10,
            best_listed: 5,
            agents_listed: 300,
            violations_listed_per_rule: 20,
            cannot_judge_listed_per_rule: 3,
            quotes_per_verdict: 3,
        }
    }
}

/// Takes the month's calls one by one, in any order, and makes the report of them.
#[derive(Clone, Debug)]
pub struct MonthlyBuilder {
    month: Month,
    settings: MonthlySettings,
    /// Sorted as they are shown.
    rules: Vec<RuleFacts>,
    rule_index: BTreeMap<String, usize>,
    total: UnitTally,
    units: BTreeMap<Option<String>, UnitTally>,
    agents: BTreeMap<AgentKey, AgentTally>,
    calls_by_points: [u64; FULL_POINTS as usize + 1],
    length: Millis,
    incomplete: u64,
    undated: u64,
    worst: Shortlist<(u32, u32, CallOrder), RankedCall>,
    best: Shortlist<(u32, u32, CallOrder), RankedCall>,
    violations: Vec<Shortlist<(u32, u32, CallOrder), ViolationLine>>,
    cannot_judge: Vec<Shortlist<CallOrder, CannotJudgeLine>>,
    unknown_rules: BTreeMap<String, u64>,
}

/// Orders calls that are alike in all that matters by their time; the rest only makes the order
/// the same every time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CallOrder {
    started_at: Option<DateTime<FixedOffset>>,
    call_id: String,
    recording_path: String,
}

impl CallOrder {
    fn of(call: &JudgedCall) -> CallOrder {
        CallOrder {
            started_at: call.metadata.started_at,
            call_id: call.call_id.clone(),
            recording_path: call.recording_path.clone(),
        }
    }
}

impl MonthlyBuilder {
    /// `rules`: all that calls were judged by, in any order, each id once.
    pub fn new(
        month: Month,
        mut rules: Vec<RuleFacts>,
        settings: MonthlySettings,
    ) -> MonthlyBuilder {
        let place_of_key_rule = |id: &str| {
            let key_rules = &settings.key_rules;
            key_rules
                .iter()
                .position(|key| key == id)
                .unwrap_or(key_rules.len())
        };
        rules.sort_by(|one, other| {
            let order = |rule: &RuleFacts| {
                (
                    !rule.scored,
                    rule.severity,
                    place_of_key_rule(&rule.id),
                    rule.id.clone(),
                )
            };
            order(one).cmp(&order(other))
        });
        let rule_index = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| (rule.id.clone(), index));
        let violations = rules
            .iter()
            .map(|_| Shortlist::new(settings.violations_listed_per_rule));
        let cannot_judge = rules
            .iter()
            .map(|_| Shortlist::new(settings.cannot_judge_listed_per_rule));
        MonthlyBuilder {
            month,
            rule_index: rule_index.collect(),
            total: UnitTally::new(rules.len()),
            units: BTreeMap::new(),
            agents: BTreeMap::new(),
            calls_by_points: [0; FULL_POINTS as usize + 1],
            length: Millis(0),
            incomplete: 0,
            undated: 0,
            worst: Shortlist::new(settings.worst_listed),
            best: Shortlist::new(settings.best_listed),
            violations: violations.collect(),
            cannot_judge: cannot_judge.collect(),
            unknown_rules: BTreeMap::new(),
            rules,
            settings,
        }
    }

    pub fn settings(&self) -> &MonthlySettings {
        &self.settings
    }

    /// The report's rules in the order in which they are shown.
    pub fn rules(&self) -> &[RuleFacts] {
        &self.rules
    }

    /// Their ids.
    pub fn rule_ids(&self) -> Vec<String> {
        self.rules.iter().map(|rule| rule.id.clone()).collect()
    }

    /// Counts one call. That it belongs to the month and the scope is the caller's care.
    pub fn add(&mut self, call: &JudgedCall) {
        let known = self.known(call);
        for verdict in &call.verdicts {
            let counted = verdict.outcome != Outcome::NotApplicable;
            if counted && !self.rule_index.contains_key(&verdict.rule_id) {
                let unknown = self.unknown_rules.entry(verdict.rule_id.clone());
                *unknown.or_default() += 1;
            }
        }
        let counts = self.counts(call, &known);
        self.length = Millis(self.length.0 + call.duration.0);
        self.incomplete += u64::from(call.incomplete);
        self.undated += u64::from(call.metadata.started_at.is_none());
        self.calls_by_points[call.score.points.min(FULL_POINTS) as usize] += 1;
        self.add_to_groups(call, counts, &known);
        self.list_call(call, counts, &known);
        self.list_verdicts(call, counts, &known);
    }

    /// Counts calls that were summed up already; instead of [`MonthlyBuilder::add`] for each.
    pub fn add_calls(&mut self, sums: &CallSums) {
        self.length = Millis(self.length.0 + sums.length.0);
        self.incomplete += sums.incomplete;
        self.undated += sums.undated;
        let rules = self.rules.len();
        let unit = masking::shown(&sums.unit);
        self.total.calls.add_sums(sums);
        let in_unit = self.units.entry(unit.clone());
        let in_unit = in_unit.or_insert_with(|| UnitTally::new(rules));
        in_unit.calls.add_sums(sums);
        let agent_id = groups::given(&sums.agent_id);
        let agent = self.agents.entry(AgentKey { unit, agent_id }).or_default();
        agent.calls.add_sums(sums);
        agent.call_them(groups::given(&sums.agent_name));
    }

    /// Counts verdicts that were summed up already.
    pub fn add_verdicts(&mut self, sums: &VerdictSums) {
        let Some(&index) = self.rule_index.get(&sums.rule_id) else {
            let unknown = self.unknown_rules.entry(sums.rule_id.clone());
            *unknown.or_default() += sums.calls;
            return;
        };
        let rules = self.rules.len();
        let scored = self.rules[index].scored;
        let unit = masking::shown(&sums.unit);
        let in_unit = self.units.entry(unit.clone());
        let in_unit = in_unit.or_insert_with(|| UnitTally::new(rules));
        for tally in [&mut self.total, in_unit] {
            tally.rules[index].add(sums.outcome, sums.calls);
            if scored {
                tally.calls.add_verdicts(sums.outcome, sums.calls);
            }
        }
        if scored {
            let agent_id = groups::given(&sums.agent_id);
            let agent = self.agents.entry(AgentKey { unit, agent_id }).or_default();
            agent.calls.add_verdicts(sums.outcome, sums.calls);
        }
    }

    /// Counts verdicts of the month before, for the trends of the rules; the calls that they are of
    /// count nowhere.
    pub fn add_verdicts_before(&mut self, sums: &VerdictSums) {
        let Some(&index) = self.rule_index.get(&sums.rule_id) else {
            return;
        };
        let unit = masking::shown(&sums.unit);
        let in_unit = self.units.get_mut(&unit);
        for tally in in_unit.into_iter().chain([&mut self.total]) {
            tally.rules_before[index].add(sums.outcome, sums.calls);
        }
    }

    /// Counts how many calls have how many points.
    pub fn add_points(&mut self, points: u32, calls: u64) {
        self.calls_by_points[points.min(FULL_POINTS) as usize] += calls;
    }

    /// Offers a call that was counted already for the lists of single calls and verdicts.
    pub fn list(&mut self, call: &JudgedCall) {
        let known = self.known(call);
        let counts = self.counts(call, &known);
        self.list_call(call, counts, &known);
        self.list_verdicts(call, counts, &known);
    }

    fn list_verdicts(
        &mut self,
        call: &JudgedCall,
        counts: CallCounts,
        known: &[(usize, &Verdict)],
    ) {
        for &(index, verdict) in known {
            match verdict.outcome {
                Outcome::Violation => self.list_violation(call, counts, index, verdict),
                Outcome::CannotJudge => self.list_cannot_judge(call, index, verdict),
                Outcome::Pass | Outcome::NotApplicable => {}
            }
        }
    }

    /// The call's verdicts of the report's rules, with the rules' places.
    fn known<'a>(&self, call: &'a JudgedCall) -> Vec<(usize, &'a Verdict)> {
        let verdicts = call.verdicts.iter();
        let known = verdicts.filter_map(|verdict| {
            let index = self.rule_index.get(&verdict.rule_id)?;
            Some((*index, verdict))
        });
        known.collect()
    }

    fn counts(&self, call: &JudgedCall, known: &[(usize, &Verdict)]) -> CallCounts {
        let scored = |outcome| {
            let same = known
                .iter()
                .filter(|(index, verdict)| self.rules[*index].scored && verdict.outcome == outcome)
                .count();
            u32::try_from(same).unwrap_or(u32::MAX)
        };
        CallCounts {
            points: call.score.points.min(FULL_POINTS),
            qualified: call.score.qualified,
            violations: scored(Outcome::Violation),
            cannot_judge: scored(Outcome::CannotJudge),
            passes: scored(Outcome::Pass),
        }
    }

    fn add_to_groups(
        &mut self,
        call: &JudgedCall,
        counts: CallCounts,
        known: &[(usize, &Verdict)],
    ) {
        let rules = self.rules.len();
        let unit = groups::unit_of(call);
        let key = AgentKey {
            unit: unit.clone(),
            agent_id: groups::given(&call.metadata.agent_id),
        };
        let in_unit = self
            .units
            .entry(unit)
            .or_insert_with(|| UnitTally::new(rules));
        for tally in [&mut self.total, in_unit] {
            tally.calls.add(counts);
            for (index, verdict) in known {
                tally.rules[*index].add(verdict.outcome, 1);
            }
        }
        let agent = self.agents.entry(key).or_default();
        agent.calls.add(counts);
        agent.call_them(groups::given(&call.metadata.agent_name));
    }

    fn list_call(&mut self, call: &JudgedCall, counts: CallCounts, known: &[(usize, &Verdict)]) {
        let rules = &self.rules;
        let ranked = || lines::ranked_call(call, counts, known, rules);
        let points = counts.points;
        if points < FULL_POINTS || !counts.qualified {
            let key = (points, u32::MAX - counts.violations, CallOrder::of(call));
            self.worst.offer(key, ranked);
        } else if counts.violations == 0 && !call.incomplete {
            let key = (
                counts.cannot_judge,
                u32::MAX - counts.passes,
                CallOrder::of(call),
            );
            self.best.offer(key, ranked);
        }
    }

    fn list_violation(
        &mut self,
        call: &JudgedCall,
        counts: CallCounts,
        index: usize,
        verdict: &Verdict,
    ) {
        let quotes = self.settings.quotes_per_verdict;
        let scored = self.rules[index].scored;
        let key = (
            call.score.points,
            u32::MAX - counts.violations,
            CallOrder::of(call),
        );
        self.violations[index].offer(key, || lines::violation(call, verdict, scored, quotes));
    }

    fn list_cannot_judge(&mut self, call: &JudgedCall, index: usize, verdict: &Verdict) {
        let rule = &self.rules[index];
        if !rule.scored {
            return;
        }
        let quotes = self.settings.quotes_per_verdict;
        self.cannot_judge[index].offer(CallOrder::of(call), || {
            lines::cannot_judge(call, rule, verdict, quotes)
        });
    }

    /// The report of the calls added.
    pub fn finish(self, coverage: Coverage, provenance: Provenance) -> MonthlyReport {
        let calls = self.total.calls;
        let units = groups::unit_lines(&self.units, &calls, self.settings.small_n);
        let agents = groups::agent_lines(&self.agents, &units, &calls, &self.settings);
        let key_items = groups::key_items(
            &self.units,
            &units,
            &self.total,
            &self.rules,
            &self.settings,
        );
        let summary = Summary {
            calls: calls.calls,
            qualified: calls.qualified_rate(),
            mean_points: calls.mean_points(),
            violations: calls.violations,
            calls_with_violation: calls.calls_with_violation,
            cannot_judge: calls.cannot_judge,
            calls_with_cannot_judge: calls.calls_with_cannot_judge,
            incomplete: self.incomplete,
            undated: self.undated,
            length: self.length,
        };
        let scores = self
            .calls_by_points
            .iter()
            .zip(0..)
            .filter(|(calls, _)| **calls > 0);
        let rule_lines = self.rules.iter().enumerate().map(|(index, rule)| RuleLine {
            rule: rule.clone(),
            count: self.total.count(index),
        });
        let violations = self
            .violations
            .into_iter()
            .zip(self.rules.iter().enumerate())
            .map(|(list, (index, rule))| RuleViolations {
                rule: rule.clone(),
                lines: Capped {
                    total: self.total.count(index).violations,
                    listed: list.into_kept(),
                },
            });
        let cannot_judge_total = calls.cannot_judge;
        let cannot_judge = self.cannot_judge.into_iter();
        MonthlyReport {
            month: self.month,
            scope: self.settings.scope.clone(),
            qualified_at: self.settings.qualified_at,
            small_n: self.settings.small_n,
            summary,
            coverage: lines::shown_coverage(coverage),
            scores: scores
                .map(|(calls, points)| ScoreCount {
                    points,
                    calls: *calls,
                })
                .collect(),
            units,
            agents,
            key_items,
            rules: rule_lines.collect(),
            worst: self.worst.into_kept(),
            best: self.best.into_kept(),
            violations: violations.filter(|rule| rule.lines.total > 0).collect(),
            cannot_judge: Capped {
                total: cannot_judge_total,
                listed: cannot_judge.flat_map(Shortlist::into_kept).collect(),
            },
            unknown_rules: self.unknown_rules,
            detail: None,
            behind: Vec::new(),
            provenance,
        }
    }
}

#[cfg(test)]
mod tests;
