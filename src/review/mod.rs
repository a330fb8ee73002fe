//! From verdicts to closure: the three-level loop. Pure: data in, data out; time, people and
//! findings are given.

pub mod chain;
pub mod rights;
pub mod scores;
pub mod workflow;
