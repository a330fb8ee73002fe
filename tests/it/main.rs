//! All integration tests, linked once.

mod reports;
