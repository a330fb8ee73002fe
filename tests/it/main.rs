//! All integration tests, linked once.

mod crash;
mod licences;
mod listening;
mod models;
mod month;
mod pack;
mod reports;
mod rules;
mod scan;
mod tidy;
