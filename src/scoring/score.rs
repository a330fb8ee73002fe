//! The points of one call from the verdicts on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Scorecard;
use crate::rules::{Outcome, Severity, Verdict};

/// What a call without a violation scores.
pub const FULL_POINTS: u32 = 100;

/// A verdict with what the scorecard must know of its rule.
#[derive(Clone, Copy, Debug)]
pub struct ScoredRule<'a> {
    pub verdict: &'a Verdict,
    pub severity: Severity,
    /// False for rules on trial: judged and shown, but without effect on points or qualification.
    pub scored: bool,
    /// What the rule's own file says it costs, 0 … 100; the scorecard's entry for the rule goes
    /// before it, and its severity's points are used where neither says anything.
    pub points: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallScore {
    /// 0 … 100: what is left of 100 after the deductions.
    pub points: u32,
    /// Enough points, and no fatal or critical violation.
    pub qualified: bool,
    pub fatal: bool,
    /// One for each violation of a scored rule, in the order of the verdicts. Their sum may be
    /// above 100, since each says what its violation costs by itself.
    pub deductions: Vec<Deduction>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deduction {
    pub rule_id: String,
    /// 0 … 100, after the cap of its severity.
    pub points: u32,
}

/// Only violations cost points; what cannot be judged never does.
pub fn score(card: &Scorecard, verdicts: &[ScoredRule]) -> CallScore {
    let mut deductions = Vec::new();
    let mut spent: BTreeMap<Severity, u32> = BTreeMap::new();
    let mut gravest = None;
    let violations = verdicts
        .iter()
        .filter(|rule| rule.scored && rule.verdict.outcome == Outcome::Violation);
    for rule in violations {
        let so_far = spent.entry(rule.severity).or_default();
        let points = card
            .points_of(&rule.verdict.rule_id, rule.severity, rule.points)
            .min(card.cap(rule.severity).saturating_sub(*so_far));
        *so_far += points;
        gravest = gravest.min(Some(rule.severity)).or(Some(rule.severity));
        deductions.push(Deduction {
            rule_id: rule.verdict.rule_id.clone(),
            points,
        });
    }
    let fatal = gravest == Some(Severity::Fatal);
    let lost: u32 = spent.values().sum();
    let points = if fatal {
        0
    } else {
        FULL_POINTS.saturating_sub(lost)
    };
    let grave = matches!(gravest, Some(Severity::Fatal | Severity::Critical));
    CallScore {
        points,
        qualified: points >= card.qualified_at() && !grave,
        fatal,
        deductions,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::Reason;

    fn verdict(rule_id: &str, outcome: Outcome) -> Verdict {
        Verdict {
            rule_id: rule_id.into(),
            rule_digest: "0".into(),
            outcome,
            at: Vec::new(),
            evidence: Vec::new(),
            reason: Reason {
                condition: "when".into(),
                zh: "原因".into(),
                en: "reason".into(),
            },
        }
    }

    /// `rules`: severity, outcome, scored, points of the rule's own.
    fn scored(card: &Scorecard, rules: &[(Severity, Outcome, bool, Option<u32>)]) -> CallScore {
        let verdicts: Vec<Verdict> = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| verdict(&format!("rule-{index}"), rule.1))
            .collect();
        let scored: Vec<ScoredRule> = rules
            .iter()
            .zip(&verdicts)
            .map(|((severity, _, scored, points), verdict)| ScoredRule {
                verdict,
                severity: *severity,
                scored: *scored,
                points: *points,
            })
            .collect();
        score(card, &scored)
    }

    fn check(rules: &[(Severity, Outcome, bool, Option<u32>)], points: u32, qualified: bool) {
        let found = scored(&Scorecard::default(), rules);
        assert_eq!(
            (found.points, found.qualified),
            (points, qualified),
            "{rules:?}"
        );
    }

    use Outcome::{CannotJudge, NotApplicable, Pass, Violation};
    use Severity::{Critical, Fatal, Major, Minor};

    #[test]
    fn points_of_a_call() {
        check(&[], 100, true);
        check(
            &[
                (Fatal, Pass, true, None),
                (Critical, CannotJudge, true, None),
                (Major, NotApplicable, true, None),
            ],
            100,
            true,
        );
        check(&[(Minor, Violation, true, None)], 95, true);
        check(&[(Major, Violation, true, None)], 90, true);
        check(
            &[
                (Major, Violation, true, None),
                (Minor, Violation, true, None),
            ],
            85,
            true,
        );
        check(
            &[
                (Major, Violation, true, None),
                (Major, Violation, true, None),
            ],
            80,
            false,
        );
        check(&[(Critical, Violation, true, None)], 80, false);
        check(&[(Fatal, Violation, true, None)], 0, false);
        check(&[(Critical, Violation, true, None); 6], 0, false);
    }

    #[test]
    fn a_critical_violation_disqualifies_whatever_it_costs() {
        check(&[(Critical, Violation, true, Some(1))], 99, false);
        check(&[(Major, Violation, true, Some(1))], 99, true);
    }

    #[test]
    fn rules_on_trial_cost_nothing() {
        check(&[(Fatal, Violation, false, None)], 100, true);
    }

    #[test]
    fn a_cap_limits_what_one_severity_costs() {
        let card = Scorecard::parse("[caps]\nminor = 12").expect("a valid scorecard");
        let found = scored(&card, &[(Minor, Violation, true, None); 4]);
        assert_eq!(found.points, 88);
        let each: Vec<u32> = found.deductions.iter().map(|one| one.points).collect();
        assert_eq!(each, [5, 5, 2, 0]);
    }

    #[test]
    fn the_scorecard_goes_before_the_rule_and_the_rule_before_its_severity() {
        let card = Scorecard::parse("[rules]\nrule-0 = 3").expect("a valid scorecard");
        assert_eq!(
            scored(&card, &[(Major, Violation, true, Some(7))]).points,
            97
        );
        let card = Scorecard::default();
        assert_eq!(
            scored(&card, &[(Major, Violation, true, Some(7))]).points,
            93
        );
    }

    fn any_rule() -> impl Strategy<Value = (Severity, Outcome, bool, Option<u32>)> {
        (
            prop::sample::select(Severity::ALL.to_vec()),
            prop::sample::select(Outcome::ALL.to_vec()),
            any::<bool>(),
            prop::option::of(0u32..=100),
        )
    }

    proptest! {
        #[test]
        fn what_is_left_is_the_full_points_less_the_deductions(
            rules in prop::collection::vec(any_rule(), 0..20)
        ) {
            let found = scored(&Scorecard::default(), &rules);
            let lost: u32 = found.deductions.iter().map(|one| one.points).sum();
            prop_assert_eq!(found.points, if found.fatal { 0 } else { 100u32.saturating_sub(lost) });
            prop_assert!(!found.qualified || found.points >= 85);
            prop_assert!(!found.fatal || found.points == 0);
        }

        #[test]
        fn points_do_not_depend_on_the_order_of_the_verdicts(
            rules in prop::collection::vec(any_rule(), 0..20)
        ) {
            let card = Scorecard::parse("[caps]\nminor = 12\nmajor = 15").expect("valid");
            let mut backwards = rules.clone();
            backwards.reverse();
            let (one, other) = (scored(&card, &rules), scored(&card, &backwards));
            prop_assert_eq!((one.points, one.qualified), (other.points, other.qualified));
        }
    }
}
