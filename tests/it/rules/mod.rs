//! The rule language from files to verdicts.

mod judging;
mod small_pack;
