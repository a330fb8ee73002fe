//! From stretches of speech to timed, confident words.

pub mod catalog;
pub mod fetch;
pub mod model_file;
