//! What a report is made from: judged calls, the rules, and how complete the whole is.

use serde::Serialize;

use crate::{
    call::CallMetadata,
    rules::{Outcome, Severity, Verdict},
    scoring::CallScore,
    time::Millis,
};

/// One call with its verdicts and its score.
#[derive(Clone, Debug)]
pub struct JudgedCall {
    /// Unique among the calls of one report.
    pub call_id: String,
    pub metadata: CallMetadata,
    pub duration: Millis,
    /// As the scan found it; reports show the file's name only, masked.
    pub recording_path: String,
    pub score: CallScore,
    /// At most one for each rule.
    pub verdicts: Vec<Verdict>,
    /// Whether parts of the recording could not be transcribed.
    pub incomplete: bool,
}

/// Calls of one agent in one unit, of one channel and business, counted already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallSums {
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    /// The first in the alphabet, where the calls name several.
    pub agent_name: Option<String>,
    pub channel: Option<String>,
    pub business: Option<String>,
    pub calls: u64,
    pub qualified: u64,
    /// Sum of the calls' points.
    pub points: u64,
    /// Calls with a violation of a scored rule.
    pub with_violation: u64,
    /// Calls on which a scored rule could not be judged.
    pub with_cannot_judge: u64,
    pub length: Millis,
    pub incomplete: u64,
    pub undated: u64,
}

/// Verdicts of one rule on the calls of one agent in one unit, counted already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictSums {
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    pub rule_id: String,
    pub outcome: Outcome,
    pub calls: u64,
}

/// What readers are told of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleFacts {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    /// False for a rule on trial: judged and shown, but not counted among the violations.
    pub scored: bool,
    /// Regulations and notices that the rule rests on.
    pub basis: Vec<String>,
    /// What to do instead; empty when the rule does not say.
    pub remedy: String,
}

/// How many of the recordings became judged calls, and what became of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Rows of the call list; 0 when there was none.
    pub listed: u64,
    /// Recordings found.
    pub recorded: u64,
    /// Recordings that no row of the call list names.
    pub unlisted: u64,
    /// Rows of the call list whose recording was not found, although there should be one.
    pub missing: u64,
    /// Some of them as the list names them; reports show them masked.
    pub missing_examples: Vec<String>,
    /// Rows of the call list of calls that nobody answered.
    pub unanswered: u64,
    pub transcribed: u64,
    pub judged: u64,
    /// Judged calls that a person heard or decided on.
    pub heard: u64,
    /// Length of all recordings found whose length is known.
    pub recorded_length: Millis,
    pub failures: Vec<FailureCount>,
}

/// Recordings that failed from one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureCount {
    pub zh: String,
    pub en: String,
    pub count: u64,
    /// Paths or names of some of them; reports show the names of the first five, masked.
    pub examples: Vec<String>,
}

/// What the figures were made with, so that they can be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    pub model_name: String,
    /// In hex; reports show its beginning.
    pub model_digest: String,
    /// BLAKE3 over all rules in force, in hex; reports show its beginning.
    pub ruleset_digest: String,
    /// The time up to which facts were taken in, as it is to be shown.
    pub as_of: String,
    pub program_version: String,
}
