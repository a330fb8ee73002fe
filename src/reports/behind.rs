//! The calls behind the figures: some of each, so that whoever doubts a figure can listen.

use serde::Serialize;

/// How many calls are named behind a figure at most.
pub const BEHIND_UNIT: usize = 10;
pub const BEHIND_FIGURE: usize = 5;

/// A call behind a figure; everything may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BehindCall {
    pub call_id: String,
    /// The place to hear, in milliseconds.
    pub from_ms: Option<u64>,
    /// Titles of the rules concerned; none where the figure is of one rule.
    pub rules: Vec<String>,
}

/// Calls behind one figure of the loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoopList {
    /// `confirmed`, `false-hits`, …: what the figure counts.
    pub what: &'static str,
    pub total: u64,
    pub calls: Vec<BehindCall>,
}
