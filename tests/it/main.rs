//! All integration tests, linked once.

mod pack;
mod rules;
