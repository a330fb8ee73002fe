//! Rules: files that inspectors write, and the engine that judges transcripts by them.

mod severity;
mod verdict;

pub use severity::Severity;
pub use verdict::{Evidence, Matched, Outcome, Reason, Verdict};
