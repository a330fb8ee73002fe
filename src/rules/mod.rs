//! Rules: files that inspectors write, and the engine that judges transcripts by them.

mod verdict;

pub use verdict::{Evidence, Matched, Outcome, Reason, Verdict};
