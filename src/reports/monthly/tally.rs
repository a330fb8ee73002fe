//! Counters of the monthly report. Sums of whole numbers only, so that the order of the calls
//! can never show in a figure.

use super::report::RuleCount;
use crate::{
    reports::compared::Direction, reports::facts::CallSums, rules::Outcome,
    scoring::intervals::Rate,
};

/// What one call adds to every group that it belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CallCounts {
    pub(super) points: u32,
    pub(super) qualified: bool,
    /// Of scored rules only.
    pub(super) violations: u32,
    /// Of scored rules only.
    pub(super) cannot_judge: u32,
    pub(super) passes: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CallTally {
    pub(super) calls: u64,
    pub(super) qualified: u64,
    pub(super) points: u64,
    pub(super) violations: u64,
    pub(super) calls_with_violation: u64,
    pub(super) cannot_judge: u64,
    pub(super) calls_with_cannot_judge: u64,
}

impl CallTally {
    pub(super) fn add(&mut self, call: CallCounts) {
        self.calls += 1;
        self.qualified += u64::from(call.qualified);
        self.points += u64::from(call.points);
        self.violations += u64::from(call.violations);
        self.calls_with_violation += u64::from(call.violations > 0);
        self.cannot_judge += u64::from(call.cannot_judge);
        self.calls_with_cannot_judge += u64::from(call.cannot_judge > 0);
    }

    /// Adds calls that were counted already; their verdicts come by [`CallTally::add_verdicts`].
    pub(super) fn add_sums(&mut self, sums: &CallSums) {
        self.calls += sums.calls;
        self.qualified += sums.qualified;
        self.points += sums.points;
        self.calls_with_violation += sums.with_violation;
        self.calls_with_cannot_judge += sums.with_cannot_judge;
    }

    /// Adds verdicts of a scored rule.
    pub(super) fn add_verdicts(&mut self, outcome: Outcome, calls: u64) {
        match outcome {
            Outcome::Violation => self.violations += calls,
            Outcome::CannotJudge => self.cannot_judge += calls,
            Outcome::Pass | Outcome::NotApplicable => {}
        }
    }

    pub(super) fn qualified_rate(&self) -> Rate {
        Rate::of(self.qualified, self.calls)
    }

    /// 0 … 100; `None` without calls.
    pub(super) fn mean_points(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.points as f64 / self.calls as f64)
    }
}

/// How often one rule came to which verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RuleTally {
    passes: u64,
    violations: u64,
    cannot_judge: u64,
}

impl RuleTally {
    pub(super) fn add(&mut self, outcome: Outcome, calls: u64) {
        match outcome {
            Outcome::NotApplicable => {}
            Outcome::Pass => self.passes += calls,
            Outcome::CannotJudge => self.cannot_judge += calls,
            Outcome::Violation => self.violations += calls,
        }
    }

    fn rate(&self) -> Rate {
        Rate::of(self.violations, self.violations + self.passes)
    }

    /// `before`: the same rule in the month before.
    pub(super) fn count(&self, before: &RuleTally) -> RuleCount {
        RuleCount {
            triggered: self.passes + self.violations + self.cannot_judge,
            violations: self.violations,
            cannot_judge: self.cannot_judge,
            rate: self.rate(),
            before: before.rate(),
            direction: Direction::between(&before.rate(), &self.rate()),
        }
    }
}
