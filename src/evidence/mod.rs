//! Evidence packs: for each violation what was heard, in sound and in words, with the digests that
//! it rests on, and a manifest by which the whole can be verified later.
//!
//! Owns what is hidden in sound and words, which stretches are cut out, and how a pack is written
//! so that it is never seen half-done. Which violations go into a pack is the caller's choice.
//! Planning (`hidden`, `plan`) does no I/O; `clip`, `pack` and `verify` are the edge.

mod clip;
mod error;
mod hidden;
mod pack;
mod plan;
mod verify;
mod whole;

pub use error::EvidenceError;
pub use hidden::{Hidden, HidingSettings, hidden};
pub use pack::{PackSummary, PackWriter, RETENTION_FILE, remove_item};
pub use plan::{Case, CaseRule};
pub use verify::{Finding, Verification, verify};
pub use whole::{HeardRecording, MaskedCall, masked_call};

/// The manifest's name in a pack.
pub const MANIFEST: &str = "manifest.json";
