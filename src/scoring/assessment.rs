//! The points of a unit's monthly assessment (考评), with every step that leads to them.
//!
//! A unit starts with 100 points. For each severity, in this order, each figure rounded to two
//! decimals (halves up) before the next step, so that whoever has the printed table and a pocket
//! calculator comes to the same points:
//!
//! 1. violations per 100 calls,
//! 2. times the severity's points, at most its cap: the deduction,
//! 3. of this, in the share of the violations that were rectified in time, the credit in per cent
//!    is given back.
//!
//! Overdue rectifications cost points each, at most their cap. Nothing falls below 0.

use serde::{Deserialize, Serialize};

use super::FULL_POINTS;
use crate::rules::Severity;

/// What the scorecard's `[assessment]` says; every number within 0 … 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessmentCard {
    /// Points for one violation per 100 calls, in the order of [`Severity::ALL`].
    pub points: [u32; 4],
    /// The most that a severity costs.
    pub caps: [u32; 4],
    /// How much of a deduction is given back where the violation was rectified in time, per cent.
    pub rectified_credit: u32,
    /// Points for each overdue rectification, and the most that they cost together.
    pub overdue: u32,
    pub overdue_cap: u32,
}

impl Default for AssessmentCard {
    fn default() -> AssessmentCard {
        AssessmentCard {
            points: [10, 4, 2, 1],
            caps: [40, 30, 20, 10],
            rectified_credit: 50,
            overdue: 2,
            overdue_cap: 10,
        }
    }
}

/// What a unit is assessed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitRecord {
    pub calls: u64,
    /// Violations that stand, in the order of [`Severity::ALL`].
    pub violations: [u64; 4],
    /// Of these, rectified in time.
    pub rectified: [u64; 4],
    /// Rectifications whose limit is past.
    pub overdue: u64,
}

/// Hundredths of a point, or of whatever a figure is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Hundredths(pub u64);

/// `12.35`.
impl std::fmt::Display for Hundredths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// One severity's way to its deduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AssessmentStep {
    pub severity: Severity,
    pub violations: u64,
    pub rectified: u64,
    pub per_hundred_calls: Hundredths,
    /// Points for one violation per 100 calls.
    pub points: u32,
    pub cap: u32,
    /// After the cap.
    pub deduction: Hundredths,
    pub credit: Hundredths,
}

/// A unit's points, and how they came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    pub calls: u64,
    pub steps: Vec<AssessmentStep>,
    pub overdue: u64,
    pub overdue_deduction: Hundredths,
    pub points: Hundredths,
}

/// The assessment of one unit; `None` without calls, for there is nothing to assess.
pub fn assess(card: &AssessmentCard, record: &UnitRecord) -> Option<Assessment> {
    if record.calls == 0 {
        return None;
    }
    let steps = Severity::ALL.into_iter().enumerate().map(|(at, severity)| {
        let violations = record.violations[at];
        let rectified = record.rectified[at].min(violations);
        let per_hundred_calls = divided(violations * 100 * 100, record.calls);
        let cap = u64::from(card.caps[at]) * 100;
        let deduction = (per_hundred_calls * u64::from(card.points[at])).min(cap);
        let credit = match violations {
            0 => 0,
            _ => divided(
                deduction * rectified * u64::from(card.rectified_credit),
                violations * 100,
            ),
        };
        AssessmentStep {
            severity,
            violations,
            rectified,
            per_hundred_calls: Hundredths(per_hundred_calls),
            points: card.points[at],
            cap: card.caps[at],
            deduction: Hundredths(deduction),
            credit: Hundredths(credit),
        }
    });
    let steps: Vec<AssessmentStep> = steps.collect();
    let overdue = (record.overdue * u64::from(card.overdue)).min(u64::from(card.overdue_cap)) * 100;
    let lost: u64 = steps
        .iter()
        .map(|step| step.deduction.0 - step.credit.0)
        .sum();
    Some(Assessment {
        calls: record.calls,
        steps,
        overdue: record.overdue,
        overdue_deduction: Hundredths(overdue),
        points: Hundredths((u64::from(FULL_POINTS) * 100).saturating_sub(lost + overdue)),
    })
}

/// Rounded to the nearest, halves up; `by` is above 0.
fn divided(amount: u64, by: u64) -> u64 {
    (2 * amount + by) / (2 * by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_by_hand() {
        // 380 calls; 1 fatal, 23 critical of which 10 rectified, 14 major of which 14, 31 minor; 3 overdue.
        let record = UnitRecord {
            calls: 380,
            violations: [1, 23, 14, 31],
            rectified: [0, 10, 14, 0],
            overdue: 3,
        };
        let found = assess(&AssessmentCard::default(), &record).expect("there are calls");
        let shown: Vec<String> = found
            .steps
            .iter()
            .map(|s| format!("{} {} {}", s.per_hundred_calls, s.deduction, s.credit))
            .collect();
        // 1/380 = 0.26 × 10; 23/380 = 6.05 × 4; 14/380 = 3.68 × 2; 31/380 = 8.16 × 1.
        assert_eq!(
            shown,
            [
                "0.26 2.60 0.00",
                "6.05 24.20 5.26",
                "3.68 7.36 3.68",
                "8.16 8.16 0.00"
            ]
        );
        // 100 − 2.60 − (24.20 − 5.26) − (7.36 − 3.68) − 8.16 − 6.00.
        assert_eq!(found.points.to_string(), "60.62");
    }

    #[test]
    fn caps_and_nothing_below_zero() {
        let record = UnitRecord {
            calls: 10,
            violations: [10; 4],
            rectified: [0; 4],
            overdue: 90,
        };
        let found = assess(&AssessmentCard::default(), &record).expect("there are calls");
        assert_eq!(found.points, Hundredths(0));
        assert_eq!(found.overdue_deduction.to_string(), "10.00");
        assert_eq!(
            assess(&AssessmentCard::default(), &UnitRecord::default()),
            None
        );
    }
}
