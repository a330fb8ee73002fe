//! How grave a broken rule is.

use serde::{Deserialize, Serialize};

/// The gravity of a rule's violation, gravest first.
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
    /// 一票否决: the call scores 0.
    Fatal,
    /// 重度
    Critical,
    /// 中度
    Major,
    /// 轻度
    Minor,
}
