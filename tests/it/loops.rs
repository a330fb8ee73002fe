//! The three-level loop: from findings to closure.

mod batches;
mod commands;
mod documents;
mod fixture;
mod imports;
mod listed;
mod made;
mod samples;
mod walk;
