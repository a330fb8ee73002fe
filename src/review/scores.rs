//! Scores restated by what people decided. A score always says which it is: machine or final.

use serde::{Deserialize, Serialize};

use super::workflow::{Decision, FindingState};
use crate::{
    lang::{Lang, Say},
    rules::{Outcome, Reason, Severity, Verdict},
    scoring::{CallScore, Scorecard, ScoredRule, score},
};

/// Whose score it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Findings are not decided yet, or under appeal; what is decided counts already.
    Machine,
    /// People decided every finding, or heard the whole call.
    Final,
}

impl Basis {
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::Machine => "machine",
            Basis::Final => "final",
        }
    }

    pub fn parse(text: &str) -> Option<Basis> {
        [Basis::Machine, Basis::Final]
            .into_iter()
            .find(|basis| basis.as_str() == text)
    }
}

impl Say for Basis {
    fn say(&self, lang: Lang) -> String {
        match self {
            Basis::Machine => lang.pick("机判", "machine"),
            Basis::Final => lang.pick("终判", "final"),
        }
        .to_owned()
    }
}

/// One rule on one call: what the machine says and what people said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRule {
    pub rule_id: String,
    pub severity: Severity,
    /// False for rules on trial.
    pub scored: bool,
    /// What the rule's own file says it costs.
    pub points: Option<u32>,
    /// `None` when the rule does not judge any more.
    pub machine: Option<Outcome>,
    /// `None` when there is no finding.
    pub state: Option<FindingState>,
}

impl JudgedRule {
    /// People's word before the machine's.
    pub fn outcome(&self) -> Outcome {
        match self.state.and_then(FindingState::decision) {
            Some(Decision::Violation) => Outcome::Violation,
            Some(Decision::NoViolation) => Outcome::Pass,
            None => self.machine.unwrap_or(Outcome::NotApplicable),
        }
    }
}

/// A call's score with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalScore {
    pub score: CallScore,
    pub basis: Basis,
    /// Findings that people decided, appeals included.
    pub decided: u32,
    /// Findings that are not decided, or under appeal.
    pub pending: u32,
}

/// The score by people's decisions where there are any and by the machine's verdicts elsewhere.
///
/// `rules` in the order of rule ids; `heard`: a person listened to the whole call.
pub fn restated(card: &Scorecard, rules: &[JudgedRule], heard: bool) -> FinalScore {
    let verdicts: Vec<Verdict> = rules.iter().map(bare_verdict).collect();
    let scored: Vec<ScoredRule<'_>> = rules
        .iter()
        .zip(&verdicts)
        .map(|(rule, verdict)| ScoredRule {
            verdict,
            severity: rule.severity,
            scored: rule.scored,
            points: rule.points,
        })
        .collect();
    let states = || rules.iter().filter_map(|rule| rule.state);
    let decided = states().filter(|state| state.decision().is_some()).count() as u32;
    let pending = states().filter(|state| !state.is_settled()).count() as u32;
    let basis = if pending == 0 && (decided > 0 || heard) {
        Basis::Final
    } else {
        Basis::Machine
    };
    FinalScore {
        score: score(card, &scored),
        basis,
        decided,
        pending,
    }
}

/// All that scoring looks at.
fn bare_verdict(rule: &JudgedRule) -> Verdict {
    Verdict {
        rule_id: rule.rule_id.clone(),
        rule_digest: String::new(),
        outcome: rule.outcome(),
        at: Vec::new(),
        evidence: Vec::new(),
        reason: Reason {
            condition: String::new(),
            zh: String::new(),
            en: String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(machine: Option<Outcome>, state: Option<FindingState>) -> JudgedRule {
        JudgedRule {
            rule_id: "penalty-disclosure".into(),
            severity: Severity::Critical,
            scored: true,
            points: None,
            machine,
            state,
        }
    }

    fn check(rules: &[JudgedRule], heard: bool, points: u32, basis: Basis) {
        let found = restated(&Scorecard::default(), rules, heard);
        assert_eq!(
            (found.score.points, found.basis),
            (points, basis),
            "{rules:?}"
        );
    }

    #[test]
    fn peoples_word_goes_before_the_machines() {
        use FindingState::*;
        use Outcome::{CannotJudge, Pass, Violation};
        check(
            &[rule(Some(Violation), Some(Detected))],
            false,
            80,
            Basis::Machine,
        );
        check(
            &[rule(Some(Violation), Some(Confirmed))],
            false,
            80,
            Basis::Final,
        );
        check(
            &[rule(Some(Violation), Some(FalseHit))],
            false,
            100,
            Basis::Final,
        );
        check(
            &[rule(Some(Violation), Some(Appealed))],
            false,
            80,
            Basis::Machine,
        );
        check(
            &[rule(Some(Violation), Some(Overturned))],
            false,
            100,
            Basis::Final,
        );
        check(
            &[rule(Some(CannotJudge), Some(Assigned))],
            false,
            100,
            Basis::Machine,
        );
        check(
            &[rule(Some(CannotJudge), Some(Published))],
            false,
            80,
            Basis::Final,
        );
        check(
            &[rule(Some(Pass), Some(Missed))],
            false,
            100,
            Basis::Machine,
        );
        check(
            &[rule(Some(Pass), Some(Confirmed))],
            false,
            80,
            Basis::Final,
        );
        // The rule was retired since; the decision stands.
        check(&[rule(None, Some(Closed))], false, 80, Basis::Final);
    }

    #[test]
    fn a_call_without_findings_is_final_only_when_it_was_heard() {
        check(
            &[rule(Some(Outcome::Pass), None)],
            false,
            100,
            Basis::Machine,
        );
        check(&[rule(Some(Outcome::Pass), None)], true, 100, Basis::Final);
    }

    #[test]
    fn one_open_finding_keeps_the_score_from_being_final() {
        let mut other = rule(Some(Outcome::Violation), Some(FindingState::Assigned));
        other.rule_id = "quota".into();
        let rules = [
            rule(Some(Outcome::Violation), Some(FindingState::FalseHit)),
            other,
        ];
        let found = restated(&Scorecard::default(), &rules, true);
        assert_eq!(found.basis, Basis::Machine);
        assert_eq!(
            (found.decided, found.pending, found.score.points),
            (1, 1, 80)
        );
    }
}
