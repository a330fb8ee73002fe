//! Verdicts into points: the scorecard of a call, and what may be said of a group of calls.

mod assessment;
pub mod intervals;
pub mod ranking;
mod score;
mod scorecard;

pub use assessment::{Assessment, AssessmentCard, AssessmentStep, Hundredths, UnitRecord, assess};
pub use score::{CallScore, Deduction, FULL_POINTS, ScoredRule, score};
pub use scorecard::{Scorecard, ScorecardError, ScorecardProblem};
