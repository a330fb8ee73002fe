//! What the month's training list is decided on: of each unit and agent the final rate and the
//! violations that stand, from figures that are counted already.

use std::collections::BTreeMap;

use super::{closed_loop::LoopBuilder, masking::masked_text, month_detail::DetailFacts};
use crate::{
    review::training::{Record, RuleNeed, Trainee, most_first},
    rules::Outcome,
    scoring::intervals::Rate,
};

#[derive(Default)]
struct Tally {
    calls: u64,
    qualified: i64,
    violations: BTreeMap<String, i64>,
}

/// Units first, then agents, each in their order. Calls and places to hear are the caller's.
pub fn training_records(facts: &DetailFacts, closed_loop: &LoopBuilder) -> Vec<Record> {
    let mut tallies: BTreeMap<Trainee, Tally> = BTreeMap::new();
    let mut add = |unit: &Option<String>, agent: &Option<String>, to: &dyn Fn(&mut Tally)| {
        let unit = unit.as_deref().map(masked_text).unwrap_or_default();
        if !unit.is_empty() {
            to(tallies.entry(Trainee::Unit(unit.clone())).or_default());
        }
        if let Some(agent_id) = agent.clone().filter(|agent| !agent.is_empty()) {
            to(tallies
                .entry(Trainee::Agent { agent_id, unit })
                .or_default());
        }
    };
    for sums in &facts.now {
        add(&sums.unit, &sums.agent_id, &|tally| {
            tally.calls += sums.calls;
            tally.qualified += sums.qualified as i64;
        });
    }
    for (group, change) in &facts.restated {
        add(&group.unit, &group.agent_id, &|tally| {
            tally.qualified += change.qualified
        });
    }
    let of_machine = facts.verdicts.iter();
    for sums in of_machine.filter(|sums| sums.outcome == Outcome::Violation) {
        add(&sums.unit, &sums.agent_id, &|tally| {
            *tally.violations.entry(sums.rule_id.clone()).or_default() += sums.calls as i64;
        });
    }
    for (unit, rule, agent, (added, taken_back)) in closed_loop.corrections() {
        add(unit, agent, &|tally| {
            *tally.violations.entry(rule.to_owned()).or_default() +=
                added as i64 - taken_back as i64;
        });
    }
    let records = tallies.into_iter().map(|(who, tally)| {
        let standing = tally.violations.into_iter().filter(|(_, count)| *count > 0);
        let mut rules: Vec<RuleNeed> = standing
            .map(|(rule_id, count)| RuleNeed {
                rule_id,
                violations: count as u64,
                clips: Vec::new(),
                exemplar: None,
            })
            .collect();
        most_first(&mut rules);
        Record {
            who,
            qualified: Rate::of(tally.qualified.max(0) as u64, tally.calls),
            rules,
        }
    });
    records.collect()
}
