//! All integration tests, linked once.

mod crash;
mod scan;
mod tidy;
mod licences;
mod models;
mod rules;
mod reports;
mod listening;
