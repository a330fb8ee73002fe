//! All integration tests, linked once.

mod crash;
mod formats;
mod licences;
mod listening;
mod models;
mod pack;
mod reports;
mod rules;
mod scan;
mod tidy;
