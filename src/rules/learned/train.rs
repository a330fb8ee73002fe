//! Training: logistic regression with L2, by gradient descent over all sentences at once, so
//! that the same sentences always give the same weights.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{
    Model, grams,
    sentences::{TrainingSentence, written_hears},
    weights, weights_path,
};
use crate::{
    rules::{rule::CueId, set::RuleSet},
    text::Normalised,
    transcript::Speaker,
};

/// Steps of gradient descent.
const STEPS: usize = 400;
/// How far each step goes, before it is scaled by the steps before it.
const RATE: f64 = 0.5;
/// How much large weights cost.
const L2: f64 = 2e-4;
/// Parts of the cross-validation that sets the threshold.
const FOLDS: u64 = 5;
/// What a sentence counts that was labelled as a near miss of the very cue.
const NEAR_MISS: f64 = 1.0;
/// What a sentence of another cue counts, which nobody said is no example of this one.
const OTHER: f64 = 0.5;
/// The precision that the threshold aims at among labelled sentences, where the cue does not say.
const PRECISION: f64 = 0.75;
/// The share of other cues' sentences that a model may hear.
const FALSE_ALARMS: f64 = 0.01;
/// A piece must stand in so many sentences.
const RAREST: u32 = 3;
/// With fewer examples there is nothing to learn from.
const FEWEST: usize = 10;

/// A trained cue.
#[derive(Clone, Debug)]
pub struct Trained {
    pub cue: String,
    /// The file to write, within the rules folder.
    pub path: String,
    pub weights: String,
    pub positives: usize,
    pub near_misses: usize,
    pub others: usize,
    /// By cross-validation, of the model alone: precision and recall at its threshold.
    pub precision: f64,
    pub recall: f64,
}

/// Trains a model for every shared cue with `learned = true` that the sentences name. Cues with
/// fewer than ten examples are left out.
pub fn train(rules: &RuleSet, sentences: &[TrainingSentence]) -> Vec<Trained> {
    let mut wanted: Vec<CueId> = (0..rules.cues().len() as u32)
        .map(CueId)
        .filter(|id| {
            let cue = &rules.cues()[id.index()];
            cue.learned && cue.rule.is_none()
        })
        .collect();
    wanted.sort_by(|a, b| {
        rules.cues()[a.index()]
            .name
            .cmp(&rules.cues()[b.index()].name)
    });
    wanted
        .par_iter()
        .filter_map(|&cue| train_cue(rules, cue, sentences))
        .collect()
}

/// A sentence as the regression sees it.
struct Sample {
    /// Numbers of its pieces, without repetition.
    grams: Vec<u32>,
    /// The root of the number of all its pieces, the rare ones among them.
    length: f64,
    positive: bool,
    weight: f64,
    kind: Kind,
    fold: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Labelled,
    Other,
}

fn train_cue(rules: &RuleSet, id: CueId, sentences: &[TrainingSentence]) -> Option<Trained> {
    let cue = &rules.cues()[id.index()];
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut samples = Vec::new();
    let mut digest = blake3::Hasher::new();
    for sentence in sentences {
        let own = sentence.cue == cue.name;
        let by_them = cue.speaker.is_none_or(|speaker| {
            sentence.speaker == speaker || sentence.speaker == Speaker::Unknown
        });
        // What the written part hears in another cue's sentence may well be an example.
        if !own && (!by_them || written_hears(rules, id, sentence)) {
            continue;
        }
        digest.update(sentence.text.as_bytes());
        digest.update(&[u8::from(own), u8::from(sentence.positive)]);
        let text = Normalised::of(&sentence.text);
        let mut own_grams: Vec<u32> = grams::grams(&text, 0, text.chars().len())
            .into_iter()
            .map(|gram| {
                *numbers.entry(gram.text).or_insert_with_key(|name| {
                    names.push(name.clone());
                    names.len() as u32 - 1
                })
            })
            .collect();
        own_grams.sort_unstable();
        own_grams.dedup();
        samples.push(Sample {
            length: (own_grams.len().max(1) as f64).sqrt(),
            grams: own_grams,
            positive: own && sentence.positive,
            weight: match (own, sentence.positive) {
                (true, true) => 1.0,
                (true, false) => NEAR_MISS,
                (false, _) => OTHER,
            },
            kind: if own { Kind::Labelled } else { Kind::Other },
            fold: fold_of(&sentence.text),
        });
    }
    let positives = samples.iter().filter(|sample| sample.positive).count();
    let labelled = samples.iter().filter(|s| s.kind == Kind::Labelled).count();
    if positives < FEWEST {
        return None;
    }
    let names = drop_rare(&mut samples, names);
    balance(&mut samples);
    let wanted = cue.learned_precision.unwrap_or(PRECISION);
    let (threshold, precision, recall) = threshold(&samples, names.len(), wanted);
    let all: Vec<&Sample> = samples.iter().collect();
    let (weights_of, bias) = regress(&all, names.len());
    let model = Model {
        weights: names.into_iter().zip(weights_of).collect(),
        bias: bias - threshold,
        trained_on: digest.finalize().to_hex().to_string(),
        digest: String::new(),
    };
    Some(Trained {
        cue: cue.name.clone(),
        path: weights_path(&cue.name),
        weights: weights::write(&model, &cue.name),
        positives,
        near_misses: labelled - positives,
        others: samples.len() - labelled,
        precision,
        recall,
    })
}

/// Leaves out the pieces of fewer sentences than [`RAREST`]: they tell a sentence, not a cue.
fn drop_rare(samples: &mut [Sample], names: Vec<String>) -> Vec<String> {
    let mut counts = vec![0; names.len()];
    for &gram in samples.iter().flat_map(|sample| &sample.grams) {
        counts[gram as usize] += 1;
    }
    let mut kept = Vec::new();
    let mut numbers = vec![None; names.len()];
    for (index, name) in names.into_iter().enumerate() {
        if counts[index] >= RAREST {
            numbers[index] = Some(kept.len() as u32);
            kept.push(name);
        }
    }
    for sample in samples {
        sample.grams = sample
            .grams
            .iter()
            .filter_map(|&gram| numbers[gram as usize])
            .collect();
    }
    kept
}

/// The same text always falls into the same part.
fn fold_of(text: &str) -> u64 {
    u64::from(blake3::hash(text.as_bytes()).as_bytes()[0]) % FOLDS
}

/// Examples and counter-examples weigh the same in sum.
fn balance(samples: &mut [Sample]) {
    let sum = |samples: &[Sample], positive| -> f64 {
        samples
            .iter()
            .filter(|sample| sample.positive == positive)
            .map(|sample| sample.weight)
            .sum()
    };
    let (positive, negative) = (sum(samples, true), sum(samples, false));
    for sample in samples.iter_mut().filter(|sample| sample.positive) {
        sample.weight *= (negative / positive).clamp(1.0, 20.0);
    }
}

/// Weights and bias that make the examples likely.
fn regress(samples: &[&Sample], count: usize) -> (Vec<f64>, f64) {
    let mut weights = vec![0.0; count];
    let mut bias = 0.0;
    let mut squares = vec![1e-8; count];
    let mut bias_square = 1e-8;
    let total: f64 = samples.iter().map(|sample| sample.weight).sum();
    let mut gradient = vec![0.0; count];
    for _ in 0..STEPS {
        gradient
            .iter_mut()
            .zip(&weights)
            .for_each(|(slope, weight)| *slope = L2 * weight);
        let mut bias_gradient = 0.0;
        for sample in samples {
            let target = f64::from(u8::from(sample.positive));
            let error =
                (probability(score(sample, &weights, bias)) - target) * sample.weight / total;
            let share = error / sample.length;
            for &gram in &sample.grams {
                gradient[gram as usize] += share;
            }
            bias_gradient += error;
        }
        // Steps along steep directions become shorter (Adagrad).
        for ((weight, slope), square) in weights.iter_mut().zip(&gradient).zip(&mut squares) {
            *square += slope * slope;
            *weight -= RATE * slope / square.sqrt();
        }
        bias_square += bias_gradient * bias_gradient;
        bias -= RATE * bias_gradient / f64::sqrt(bias_square);
    }
    (weights, bias)
}

fn score(sample: &Sample, weights: &[f64], bias: f64) -> f64 {
    let sum: f64 = sample
        .grams
        .iter()
        .map(|&gram| weights[gram as usize])
        .sum();
    sum / sample.length + bias
}

fn probability(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// The lowest threshold at which, by cross-validation, enough of what is heard is right and few
/// enough sentences of other cues are heard; with its precision and recall.
fn threshold(samples: &[Sample], count: usize, wanted: f64) -> (f64, f64, f64) {
    let mut scored: Vec<(f64, &Sample)> = Vec::with_capacity(samples.len());
    for fold in 0..FOLDS {
        let (held_out, rest): (Vec<&Sample>, Vec<&Sample>) =
            samples.iter().partition(|sample| sample.fold == fold);
        let (weights, bias) = regress(&rest, count);
        scored.extend(
            held_out
                .into_iter()
                .map(|sample| (score(sample, &weights, bias), sample)),
        );
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = samples.iter().filter(|sample| sample.positive).count();
    let others = samples.iter().filter(|s| s.kind == Kind::Other).count();
    let (mut right, mut wrong, mut alarms) = (0, 0, 0);
    let mut best = (scored.first().map_or(0.0, |(score, _)| *score), 1.0, 0.0);
    for (index, (score, sample)) in scored.iter().enumerate() {
        match (sample.positive, sample.kind) {
            (true, _) => right += 1,
            (false, Kind::Labelled) => wrong += 1,
            (false, Kind::Other) => alarms += 1,
        }
        let precision = f64::from(right) / f64::from(right + wrong).max(1.0);
        if precision >= wanted && f64::from(alarms) <= FALSE_ALARMS * others as f64 {
            // Halfway to the next sentence, which is the first that would be too many.
            let next = scored.get(index + 1).map_or(*score, |(next, _)| *next);
            let recall = f64::from(right) / positives as f64;
            best = ((score + next) / 2.0 - 1e-9, precision, recall);
        }
    }
    best
}
