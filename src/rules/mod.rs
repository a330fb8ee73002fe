//! Rules: files that inspectors write, and the engine that judges transcripts by them.
//!
//! Pure: files come in as text and transcripts as data. The only I/O is reading a rules folder
//! (`set::read_files`).

mod cases;
mod check;
mod conditions;
pub mod confusion;
mod diagnostics;
pub mod dialogue;
mod engine;
mod evidence_words;
mod example_test;
mod judge;
mod learned;
mod located;
mod measure;
mod number_forms;
mod phrase;
mod problem_words;
mod raw;
mod reason;
mod rule;
mod schema;
mod set;
mod severity;
mod shape;
mod truth;
mod verdict;
mod word_lists;

pub use check::parse_dialogue;
pub use confusion::Confusion;
pub use diagnostics::{Diagnostic, Diagnostics, Gravity, Problem, SourceFile};
pub use engine::{Automata, Doubt, Heard, Hit, JudgeSettings, LiteralAutomaton, Scratch};
pub use example_test::ExampleResult;
pub use raw::Status;
pub use rule::{CallScope, Cue, CueId, Example, Rule};
pub use schema::{rule_schema, vocabulary_schema};
pub use set::{RuleSet, RulesError, load_dir, read_files};
pub use severity::Severity;
pub use truth::Truth;
pub use verdict::{Evidence, Matched, Outcome, Reason, Verdict};
