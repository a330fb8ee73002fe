//! All integration tests, linked once.

mod rules;
