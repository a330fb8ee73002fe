//! Exemplars (规范录音): calls that others should learn from, proposed by rule and scenario.
//!
//! Only calls that a person has heard or decided on, and that pass every rule that applies. Merit
//! is half completeness, three tenths brevity, two tenths the customer's explicit assent; each is
//! told in the proposal, so that the reviewer can disagree.

use std::collections::BTreeMap;

/// A call that might be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub call_id: String,
    /// The rules that it passes, those that do not apply left out.
    pub passed: Vec<String>,
    /// The call's business; empty where it is not known.
    pub scenario: String,
    /// What the agent said, in characters.
    pub agent_characters: u64,
    /// The customer agreed in words that can only mean yes.
    pub explicit_assent: bool,
}

/// A proposal with its merit.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub call_id: String,
    pub rule_id: String,
    pub scenario: String,
    /// 0 … 1.
    pub merit: f64,
    pub why_zh: String,
    pub why_en: String,
}

const COMPLETENESS: f64 = 0.5;
const BREVITY: f64 = 0.3;
const ASSENT: f64 = 0.2;

/// The best `most` calls of each rule and scenario, best first.
///
/// Completeness is the number of rules passed against the most that a call of the scenario
/// passes; brevity the fewest characters that an agent of the scenario needed against the call's.
pub fn propose(candidates: &[Candidate], most: usize) -> Vec<Proposal> {
    let mut scenarios: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        if candidate.agent_characters > 0 && !candidate.passed.is_empty() {
            scenarios
                .entry(&candidate.scenario)
                .or_default()
                .push(candidate);
        }
    }
    let mut proposals = Vec::new();
    for (scenario, calls) in scenarios {
        let fullest = calls
            .iter()
            .map(|call| call.passed.len())
            .max()
            .unwrap_or(1);
        let briefest = calls
            .iter()
            .map(|call| call.agent_characters)
            .min()
            .unwrap_or(1);
        let mut rules: BTreeMap<&str, Vec<Proposal>> = BTreeMap::new();
        for call in calls {
            for rule in &call.passed {
                let proposal = proposal(call, rule, scenario, fullest, briefest);
                rules.entry(rule).or_default().push(proposal);
            }
        }
        for (_, mut of_rule) in rules {
            of_rule.sort_by(|a, b| {
                b.merit
                    .total_cmp(&a.merit)
                    .then_with(|| a.call_id.cmp(&b.call_id))
            });
            of_rule.truncate(most);
            proposals.extend(of_rule);
        }
    }
    proposals
}

fn proposal(
    call: &Candidate,
    rule: &str,
    scenario: &str,
    fullest: usize,
    briefest: u64,
) -> Proposal {
    let (passed, characters) = (call.passed.len(), call.agent_characters);
    let merit = COMPLETENESS * passed as f64 / fullest as f64
        + BREVITY * briefest as f64 / characters as f64
        + if call.explicit_assent { ASSENT } else { 0.0 };
    let (assent_zh, assent_en) = if call.explicit_assent {
        ("客户明确同意", "the customer agrees explicitly")
    } else {
        ("客户没有明确同意", "no explicit assent")
    };
    Proposal {
        call_id: call.call_id.clone(),
        rule_id: rule.to_owned(),
        scenario: scenario.to_owned(),
        merit,
        why_zh: format!(
            "适用的 {passed} 条规则全部合格(同场景最多 {fullest} 条);坐席用了 {characters} 字(同场景最少 {briefest} 字);{assent_zh}"
        ),
        why_en: format!(
            "passes all {passed} rules that apply (the most of the scenario: {fullest}); the agent needs {characters} characters (the fewest: {briefest}); {assent_en}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str, passed: &[&str], characters: u64, assent: bool) -> Candidate {
        Candidate {
            call_id: id.into(),
            passed: passed.iter().map(|rule| (*rule).to_owned()).collect(),
            scenario: "plan-change".into(),
            agent_characters: characters,
            explicit_assent: assent,
        }
    }

    #[test]
    fn complete_brief_and_agreed_goes_first() {
        let calls = [
            call("long", &["quota", "term"], 400, true),
            call("best", &["quota", "term"], 200, true),
            call("partial", &["quota"], 200, true),
            call("vague", &["quota", "term"], 200, false),
        ];
        let found = propose(&calls, 2);
        let of = |rule: &str| -> Vec<&str> {
            let mine = found.iter().filter(|proposal| proposal.rule_id == rule);
            mine.map(|proposal| proposal.call_id.as_str()).collect()
        };
        assert_eq!(of("quota"), ["best", "long"]);
        assert_eq!(of("term"), ["best", "long"]);
        assert!((found[0].merit - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_proposed_from_nothing() {
        assert_eq!(
            propose(
                &[
                    call("empty", &[], 10, true),
                    call("mute", &["quota"], 0, true)
                ],
                3
            ),
            []
        );
    }
}
