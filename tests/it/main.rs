//! All integration tests, linked once.

mod crash;
mod licences;
mod listening;
mod models;
mod reports;
mod pack;
mod rules;
mod scan;
mod tidy;
