//! huiting 回听: recorded calls in, evidence-backed verdicts, scorecards and QA reports out.
//!
//! The modules stand in the order in which the data flows; a module uses only those above it.

pub mod lang;

pub mod time;

pub mod call;
pub mod transcript;

pub mod acoustics;

pub mod intake;

pub mod audio;

pub mod speech;

pub mod transcribe;

pub mod text;

pub mod rules;

pub mod scoring;

pub mod people;
pub mod review;

pub mod reports;

pub mod evidence;

pub mod store;

pub mod pipeline;

pub mod evaluation;

pub mod cli;
