//! All integration tests, linked once.

mod channels;
mod crash;
mod formats;
mod licences;
mod listening;
mod loops;
mod models;
mod month;
mod pack;
mod reports;
mod rules;
mod scan;
mod tidy;
