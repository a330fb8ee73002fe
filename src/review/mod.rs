//! From verdicts to closure: the three-level loop, spot checks, calibration, exemplars, training.
//!
//! Pure: data in, data out; time, people and findings are given.

pub mod calibration;
pub mod chain;
pub mod estimates;
pub mod example;
pub mod exemplars;
pub mod period;
pub mod rights;
pub mod sampling;
pub mod scores;
pub mod training;
pub mod workflow;
