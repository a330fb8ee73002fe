//! The trained second opinion: a linear model over pieces of text.

use std::collections::BTreeMap;

use super::{
    diagnostics::{Diagnostic, SourceFile},
    rule::Cue,
};
use crate::text::Normalised;

/// A linear model: it hears its cue in a sentence whose pieces weigh enough together.
#[derive(Debug)]
pub struct Model {
    weights: BTreeMap<String, f64>,
    bias: f64,
    digest: String,
}

impl Model {
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub fn hears(&self, text: &Normalised) -> Vec<(usize, usize)> {
        let total: f64 = text
            .chars()
            .windows(2)
            .filter_map(|pair| self.weights.get(&pair.iter().collect::<String>()))
            .sum();
        if total + self.bias > 0.0 {
            vec![(0, text.chars().len())]
        } else {
            Vec::new()
        }
    }
}

pub fn models(_: &[SourceFile], cues: &mut [Cue], _: &mut Vec<Diagnostic>) -> Vec<Option<Model>> {
    cues.iter().map(|_| None).collect()
}
