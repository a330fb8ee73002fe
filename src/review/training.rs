//! The training list: who needs it, in which rules, with what to listen to.
//!
//! On it are agents and units whose interval of the qualified rate lies wholly below the target,
//! and those whose same violation came back after a rectification that was passed.

use std::collections::BTreeMap;

use crate::scoring::intervals::Rate;

/// Who is on the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trainee {
    Unit(String),
    Agent { agent_id: String, unit: String },
}

/// A call with what stands of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoredCall {
    pub call_id: String,
    pub unit: String,
    pub agent_id: String,
    /// By the final score where there is one.
    pub qualified: bool,
    /// Violations that stand, or that the machine found and nobody has decided on.
    pub violations: Vec<Violation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub rule_id: String,
    /// Whether people confirmed it: those are the better clips.
    pub confirmed: bool,
}

/// A violation that came back after its rectification was passed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CameBack {
    pub agent_id: String,
    pub unit: String,
    pub rule_id: String,
    /// The call on which it came back.
    pub call_id: String,
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub who: Trainee,
    pub qualified: Rate,
    /// The interval lies wholly below the target.
    pub below_target: bool,
    pub came_back: Vec<CameBack>,
    /// Rules by the number of violations, most first.
    pub rules: Vec<RuleNeed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNeed {
    pub rule_id: String,
    pub violations: u64,
    /// Calls to listen to, confirmed ones first; at most three.
    pub clips: Vec<String>,
    /// A released exemplar of the rule.
    pub exemplar: Option<String>,
}

/// Calls to listen to, for each rule.
pub const CLIPS: usize = 3;

/// The target of the qualified rate where none is given.
pub const TARGET: f64 = 0.9;

/// What is known of a unit or an agent before it is decided whether they need training.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub who: Trainee,
    pub qualified: Rate,
    /// Rules by the number of violations that stand, most first.
    pub rules: Vec<RuleNeed>,
}

/// Who of them is on the list, in their order. `target`: of the qualified rate, 0 … 1.
pub fn needs(
    records: impl IntoIterator<Item = Record>,
    came_back: &[CameBack],
    target: f64,
) -> Vec<Need> {
    let decided = records.into_iter().filter_map(|record| {
        let interval = record.qualified.interval();
        let below_target = interval.is_some_and(|interval| interval.high < target);
        let of_agent = |one: &&CameBack| matches!(&record.who, Trainee::Agent { agent_id, unit } if *agent_id == one.agent_id && *unit == one.unit);
        let came_back: Vec<CameBack> = came_back.iter().filter(of_agent).cloned().collect();
        (below_target || !came_back.is_empty()).then_some(Need {
            who: record.who,
            qualified: record.qualified,
            below_target,
            came_back,
            rules: record.rules,
        })
    });
    decided.collect()
}

/// The list: units first, then agents, each in their order. `target`: of the qualified rate, 0 … 1.
/// `exemplars`: the best released call of each rule.
pub fn list(
    calls: &[ScoredCall],
    came_back: &[CameBack],
    exemplars: &BTreeMap<String, String>,
    target: f64,
) -> Vec<Need> {
    let mut groups: BTreeMap<Trainee, Vec<&ScoredCall>> = BTreeMap::new();
    for call in calls {
        if !call.unit.is_empty() {
            groups
                .entry(Trainee::Unit(call.unit.clone()))
                .or_default()
                .push(call);
        }
        if !call.agent_id.is_empty() {
            let agent = Trainee::Agent {
                agent_id: call.agent_id.clone(),
                unit: call.unit.clone(),
            };
            groups.entry(agent).or_default().push(call);
        }
    }
    let records = groups.into_iter().map(|(who, calls)| {
        let hits = calls.iter().filter(|call| call.qualified).count() as u64;
        Record {
            who,
            qualified: Rate::of(hits, calls.len() as u64),
            rules: rules(&calls, exemplars),
        }
    });
    needs(records, came_back, target)
}

fn rules(calls: &[&ScoredCall], exemplars: &BTreeMap<String, String>) -> Vec<RuleNeed> {
    let mut found: BTreeMap<&str, Vec<(bool, &str)>> = BTreeMap::new();
    for call in calls {
        for violation in &call.violations {
            found
                .entry(&violation.rule_id)
                .or_default()
                .push((!violation.confirmed, &call.call_id));
        }
    }
    let mut rules: Vec<RuleNeed> = found
        .into_iter()
        .map(|(rule, mut calls)| {
            calls.sort_unstable();
            RuleNeed {
                rule_id: rule.to_owned(),
                violations: calls.len() as u64,
                clips: calls
                    .iter()
                    .take(CLIPS)
                    .map(|(_, id)| (*id).to_owned())
                    .collect(),
                exemplar: exemplars.get(rule).cloned(),
            }
        })
        .collect();
    most_first(&mut rules);
    rules
}

/// Puts the rules with the most violations first.
pub fn most_first(rules: &mut [RuleNeed]) {
    rules.sort_by(|a, b| {
        b.violations
            .cmp(&a.violations)
            .then(a.rule_id.cmp(&b.rule_id))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(agent: &str, qualified: usize, not: usize) -> Vec<ScoredCall> {
        (0..qualified + not)
            .map(|number| ScoredCall {
                call_id: format!("{agent}-{number:03}"),
                unit: "u".into(),
                agent_id: agent.into(),
                qualified: number < qualified,
                violations: (number >= qualified)
                    .then(|| Violation {
                        rule_id: "quota".into(),
                        confirmed: number % 2 == 1,
                    })
                    .into_iter()
                    .collect(),
            })
            .collect()
    }

    fn agents(list: &[Need]) -> Vec<&str> {
        list.iter()
            .filter_map(|need| match &need.who {
                Trainee::Agent { agent_id, .. } => Some(agent_id.as_str()),
                Trainee::Unit(_) => None,
            })
            .collect()
    }

    #[test]
    fn only_who_is_surely_below_the_target() {
        // 3 of 4 may be anything; 30 of 60 is surely below 0.9.
        let all: Vec<ScoredCall> = [
            calls("few", 3, 1),
            calls("many", 30, 30),
            calls("good", 60, 0),
        ]
        .concat();
        let found = list(
            &all,
            &[],
            &BTreeMap::from([("quota".into(), "best".into())]),
            0.9,
        );
        assert_eq!(agents(&found), ["many"]);
        let many = found.last().expect("an agent");
        assert_eq!(many.rules[0].violations, 30);
        assert_eq!(many.rules[0].clips, ["many-031", "many-033", "many-035"]);
        assert_eq!(many.rules[0].exemplar.as_deref(), Some("best"));
    }

    #[test]
    fn who_falls_back_is_on_it_whatever_the_rate() {
        let back = CameBack {
            agent_id: "good".into(),
            unit: "u".into(),
            rule_id: "quota".into(),
            call_id: "good-7".into(),
        };
        let found = list(&calls("good", 60, 0), &[back], &BTreeMap::new(), 0.9);
        assert_eq!(agents(&found), ["good"]);
        assert!(!found[0].below_target);
    }
}
