//! The trained second opinion: a linear model over pieces of text and sound.
//!
//! What only a model hears is doubtful: it can turn a violation into cannot-judge, never a pass
//! into a violation. Weights are kept in readable files beside the vocabulary.

mod grams;
mod sentences;
mod train;
mod weights;

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::{
    diagnostics::{Diagnostic, Problem, SourceFile},
    rule::{Cue, CueId},
};
use crate::text::Normalised;

pub use sentences::{
    Counts, CueScore, MissedSentence, TrainingError, TrainingSentence, cue_scores, missed_sentences,
    parse_sentences, show_scores,
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

/// All models of a rule set, asked together: each piece is looked up once for all of them.
#[derive(Debug, Default)]
pub struct Ensemble {
    /// By the number of the piece: the models that weigh it.
    weights: HashMap<u64, Vec<(u16, f64)>, BuildHasherDefault<AsItIs>>,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    cue: CueId,
    model: Model,
}

/// What a model alone heard: its cue, and the characters that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardByModel {
    pub cue: CueId,
    pub from: usize,
    pub to: usize,
}

impl Ensemble {
    pub fn of(models: &[Option<Model>]) -> Ensemble {
        let mut ensemble = Ensemble::default();
        for (index, model) in models.iter().enumerate() {
            let Some(model) = model else { continue };
            let number = ensemble.members.len() as u16;
            for (gram, &weight) in &model.weights {
                let own = ensemble.weights.entry(grams::number_of(gram)).or_default();
                own.push((number, weight));
            }
            ensemble.members.push(Member {
                cue: CueId(index as u32),
                model: model.clone(),
            });
        }
        ensemble
    }

    /// Whether there is no model.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What each model hears: in each sentence, or in the whole utterance when no sentence alone
    /// is enough and it is not too long.
    pub fn hears(&self, text: &Normalised) -> Vec<HeardByModel> {
        let sentences = grams::sentences(text);
        let count = text.chars().len();
        let mut heard = Vec::new();
        for &(from, to) in &sentences {
            self.hears_in(text, from, to, &mut heard);
        }
        if sentences.len() > 1 && count <= LONGEST_WHOLE {
            let mut in_all = Vec::new();
            self.hears_in(text, 0, count, &mut in_all);
            in_all.retain(|whole| heard.iter().all(|part| part.cue != whole.cue));
            heard.extend(in_all);
        }
        heard
    }

    /// A model hears its cue where the pieces weigh enough together: the score is above 0.
    fn hears_in(&self, text: &Normalised, from: usize, to: usize, heard: &mut Vec<HeardByModel>) {
        let numbers = grams::gram_numbers(text, from, to);
        let mut sums = vec![0.0; self.members.len()];
        for number in &numbers {
            for &(member, weight) in self.weights.get(number).into_iter().flatten() {
                sums[usize::from(member)] += weight;
            }
        }
        let length = (numbers.len().max(1) as f64).sqrt();
        for (member, sum) in self.members.iter().zip(sums) {
            if sum / length + member.model.bias <= 0.0 {
                continue;
            }
            let grams = grams::grams(text, from, to);
            let heaviest = member.model.heaviest(&grams);
            let first = heaviest.iter().map(|gram| gram.from).min();
            let last = heaviest.iter().map(|gram| gram.to).max();
            if let (Some(from), Some(to)) = (first, last) {
                heard.push(HeardByModel {
                    cue: member.cue,
                    from,
                    to,
                });
            }
        }
    }
}

/// The numbers of pieces are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
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
