//! All integration tests, linked once.

mod listening;
