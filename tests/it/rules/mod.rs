//! The rule language from files to verdicts.

mod diagnostics;
mod judging;
mod language;
mod properties;
mod schema;
mod small_pack;
mod tools;
