//! The three-level loop: from findings to closure.

mod batches;
mod commands;
mod documents;
mod fixture;
mod made;
mod samples;
mod walk;
