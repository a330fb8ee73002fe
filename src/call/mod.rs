//! What is known of a call before anybody listens to it.

mod contact;

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};

pub use contact::Contact;

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
pub enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        }
    }
}

/// One row of the call list, or what a file name told. Everything may be unknown.
///
/// `channel` is the sales channel (store, outbound team…), never an audio channel;
/// `agent_channel` is the zero-based audio channel on which the agent speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallMetadata {
    pub agent_id: Option<String>,
    pub agent_name: Option<String>,
    pub unit: Option<String>,
    pub channel: Option<String>,
    pub direction: Option<Direction>,
    pub business: Option<String>,
    pub started_at: Option<DateTime<FixedOffset>>,
    pub agent_channel: Option<u16>,
    pub customer_number: Option<String>,
    /// Every further column of the call list, by its heading.
    pub fields: BTreeMap<String, String>,
}

impl CallMetadata {
    /// The day of the call on the clock of the place where it was made.
    pub fn date(&self) -> Option<NaiveDate> {
        self.started_at.map(|at| at.date_naive())
    }

    /// The value of a call-list column by its heading, the well-known ones included.
    pub fn field(&self, name: &str) -> Option<String> {
        match name {
            "agent_id" => self.agent_id.clone(),
            "agent_name" => self.agent_name.clone(),
            "unit" => self.unit.clone(),
            "channel" => self.channel.clone(),
            "direction" => self.direction.map(|d| d.as_str().to_owned()),
            "business" => self.business.clone(),
            "started_at" => self.started_at.map(|at| at.to_rfc3339()),
            "agent_channel" => self.agent_channel.map(|c| c.to_string()),
            "customer_number" => self.customer_number.clone(),
            other => self.fields.get(other).cloned(),
        }
    }
}
