//! How grave a broken rule is. What it costs is the scorecard's business.

use serde::{Deserialize, Serialize};

use crate::lang::{Lang, Say};

/// Gravest first, so that sorting puts the gravest on top.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// One violation and the whole call scores nothing.
    Fatal,
    Critical,
    Major,
    Minor,
}

impl Severity {
    pub const ALL: [Severity; 4] = [
        Severity::Fatal,
        Severity::Critical,
        Severity::Major,
        Severity::Minor,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Fatal => "fatal",
            Severity::Critical => "critical",
            Severity::Major => "major",
            Severity::Minor => "minor",
        }
    }
}

impl Say for Severity {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Severity::Fatal => ("一票否决", "Fatal"),
            Severity::Critical => ("重度", "Critical"),
            Severity::Major => ("中度", "Major"),
            Severity::Minor => ("轻度", "Minor"),
        };
        lang.pick(chinese, english).to_owned()
    }
}
