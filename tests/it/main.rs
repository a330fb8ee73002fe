//! All integration tests, linked once.

mod licences;
mod models;
