//! The trained second opinion: a linear model over pieces of text and sound.
//!
//! What only a model hears is doubtful: it can turn a violation into cannot-judge, never a pass
//! into a violation. Weights are kept in readable files beside the vocabulary.

mod grams;
mod sentences;
mod train;
mod weights;

use std::collections::HashMap;

use super::{
    diagnostics::{Diagnostic, Problem, SourceFile},
    rule::Cue,
};
use crate::text::Normalised;

pub use sentences::{
    Counts, CueScore, MissedSentence, TrainingError, TrainingSentence, cue_scores,
    missed_sentences, parse_sentences, show_scores,
};
pub use train::{Trained, train};

/// Longer utterances are only heard sentence by sentence.
const LONGEST_WHOLE: usize = 80;
/// So many pieces are named as those that decided.
const MOST_NAMED: usize = 5;

/// A linear model: it hears its cue in a sentence whose pieces weigh enough together.
#[derive(Clone, Debug, Default)]
pub struct Model {
    weights: HashMap<String, f64>,
    bias: f64,
    /// BLAKE3, in hex, of the sentences that it was trained on.
    trained_on: String,
    /// BLAKE3, in hex, of the weights themselves.
    digest: String,
}

impl Model {
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The digest of the sentences that it was trained on.
    pub fn trained_on(&self) -> &str {
        &self.trained_on
    }

    /// The stretches in which it hears its cue: the words that decided, in each sentence, or in
    /// the whole utterance when no sentence alone is enough.
    pub fn hears(&self, pieces: &Pieces) -> Vec<(usize, usize)> {
        let heard: Vec<(usize, usize)> = pieces
            .sentences
            .iter()
            .filter_map(|sentence| self.hears_in(sentence))
            .collect();
        match &pieces.whole {
            Some(whole) if heard.is_empty() => self.hears_in(whole).into_iter().collect(),
            _ => heard,
        }
    }

    /// The words that decided, where they weigh enough: the score is above 0.
    fn hears_in(&self, grams: &[grams::Gram]) -> Option<(usize, usize)> {
        let sum: f64 = grams
            .iter()
            .filter_map(|gram| self.weights.get(&gram.text))
            .sum();
        let score = sum / (grams.len().max(1) as f64).sqrt() + self.bias;
        if score <= 0.0 {
            return None;
        }
        let heaviest = self.heaviest(grams);
        let first = heaviest.iter().map(|gram| gram.from).min()?;
        let last = heaviest.iter().map(|gram| gram.to).max()?;
        Some((first, last))
    }

    /// The pieces that weigh most for the cue, the heaviest first.
    pub fn deciding(&self, text: &Normalised, from: usize, to: usize) -> Vec<String> {
        self.heaviest(&grams::grams(text, from, to))
            .into_iter()
            .map(|gram| gram.text.clone())
            .collect()
    }

    fn heaviest<'g>(&self, grams: &'g [grams::Gram]) -> Vec<&'g grams::Gram> {
        let mut weighed: Vec<(f64, &grams::Gram)> = grams
            .iter()
            .filter_map(|gram| {
                let weight = *self.weights.get(&gram.text)?;
                (weight > 0.0).then_some((weight, gram))
            })
            .collect();
        weighed.sort_by(|(a, one), (b, other)| {
            b.total_cmp(a)
                .then_with(|| (one.from, &one.text).cmp(&(other.from, &other.text)))
        });
        weighed.dedup_by(|a, b| a.1.text == b.1.text);
        weighed
            .into_iter()
            .take(MOST_NAMED)
            .map(|(_, gram)| gram)
            .collect()
    }
}

/// What all models weigh of one utterance, taken apart once.
pub struct Pieces {
    sentences: Vec<Vec<grams::Gram>>,
    /// All of it, where there are several sentences and it is not too long.
    whole: Option<Vec<grams::Gram>>,
}

impl Pieces {
    pub fn of(text: &Normalised) -> Pieces {
        let distinct = |(from, to)| {
            let mut grams = grams::grams(text, from, to);
            grams.sort_by(|a, b| a.text.cmp(&b.text));
            grams.dedup_by(|a, b| a.text == b.text);
            grams
        };
        let sentences = grams::sentences(text);
        let count = text.chars().len();
        Pieces {
            whole: (sentences.len() > 1 && count <= LONGEST_WHOLE).then(|| distinct((0, count))),
            sentences: sentences.into_iter().map(distinct).collect(),
        }
    }
}

/// The file of a cue's weights within the rules folder.
pub fn weights_path(cue: &str) -> String {
    format!("vocabulary/learned/{cue}.weights")
}

/// The trained models of the cues that ask for one. A cue without a file of weights listens
/// without a model; that is worth a warning.
pub fn models(
    files: &[SourceFile],
    cues: &[Cue],
    places: &[(String, std::ops::Range<usize>)],
    found: &mut Vec<Diagnostic>,
) -> Vec<Option<Model>> {
    cues.iter()
        .zip(places)
        .map(|(cue, (path, span))| {
            if !cue.learned {
                return None;
            }
            let wanted = weights_path(&cue.name);
            let Some(file) = files.iter().find(|file| file.path == wanted) else {
                found.push(Diagnostic {
                    path: path.clone(),
                    span: span.clone(),
                    problem: Problem::NoWeights { path: wanted },
                });
                return None;
            };
            match weights::read(&file.text, &cue.name) {
                Ok(model) => Some(model),
                Err((span, detail)) => {
                    found.push(Diagnostic {
                        path: file.path.clone(),
                        span,
                        problem: Problem::Weights(detail),
                    });
                    None
                }
            }
        })
        .collect()
}
