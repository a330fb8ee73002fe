//! Rules: files that inspectors write, and the engine that judges transcripts by them.
//!
//! Pure: files come in as text and transcripts as data. The only I/O is reading a rules folder
//! (`set::read_files`).

mod cases;
mod check;
mod conditions;
pub mod confusion;
mod coverage;
mod diagnostics;
pub mod dialogue;
pub mod diff;
mod engine;
mod evidence_words;
mod example_test;
mod explain;
mod judge;
mod learned;
mod located;
mod measure;
mod misheard;
mod new_rule;
mod number_forms;
mod phrase;
mod phrase_regex;
mod problem_words;
mod raw;
mod reason;
mod rule;
mod schema;
mod set;
mod severity;
mod shape;
mod topics;
mod truth;
mod verdict;
mod word_lists;

pub use check::parse_dialogue;
pub use confusion::Confusion;
pub use coverage::{Coverage, CueCoverage};
pub use diagnostics::{Diagnostic, Diagnostics, Gravity, Problem, SourceFile};
pub use engine::{Automata, Doubt, Heard, Hit, JudgeSettings, LiteralAutomaton, Scratch};
pub use example_test::ExampleResult;
pub use explain::{severity_words, status_words};
pub use learned::{
    Counts, CueScore, MissedSentence, Model, Trained, TrainingError, TrainingSentence, cue_scores,
    missed_sentences, parse_sentences, show_scores, train,
};
pub use misheard::{Mishearing, misheard};
pub use new_rule::new_rule;
pub use raw::Status;
pub use rule::{CallScope, Cue, CueId, Example, Rule};
pub use schema::{rule_schema, vocabulary_schema};
pub use set::{RuleSet, RulesError, load_dir, read_files};
pub use severity::Severity;
pub use topics::Topic;
pub use truth::Truth;
pub use verdict::{Evidence, Matched, Outcome, Reason, Verdict, telling};
