//! The trained second opinion: a linear model over pieces of text and sound.
//!
//! What only a model hears is doubtful: it can turn a violation into cannot-judge, never a pass
//! into a violation. Weights are kept in readable files beside the vocabulary.

mod grams;
mod sentences;
mod train;
mod weights;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, Hasher},
};

use grams::Numbered;

use super::{
    diagnostics::{Diagnostic, Problem, SourceFile},
    rule::{Cue, CueId},
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
    /// By the number of a piece: where its weights stand in `weights`.
    pieces: HashMap<u64, (u32, u32), BuildHasherDefault<AsItIs>>,
    /// The models that weigh a piece, one piece's after the other's.
    weights: Vec<(u16, f64)>,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    cue: CueId,
    bias: f64,
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
        let mut members = Vec::new();
        let mut weighed: BTreeMap<u64, Vec<(u16, f64)>> = BTreeMap::new();
        for (index, model) in models.iter().enumerate() {
            let Some(model) = model else { continue };
            for (gram, &weight) in &model.weights {
                if let Some(number) = grams::number_of(gram) {
                    let own = weighed.entry(number).or_default();
                    own.push((members.len() as u16, weight));
                }
            }
            members.push(Member {
                cue: CueId(index as u32),
                bias: model.bias,
            });
        }
        let mut weights = Vec::new();
        let mut pieces = HashMap::default();
        for (number, own) in weighed {
            let from = weights.len() as u32;
            weights.extend(own);
            pieces.insert(number, (from, weights.len() as u32));
        }
        Ensemble {
            pieces,
            weights,
            members,
        }
    }

    /// Whether there is no model.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What each model hears: in each sentence, or in the whole utterance when no sentence alone
    /// is enough and it is not too long.
    pub fn hears(&self, text: &Normalised) -> Vec<HeardByModel> {
        let sentences = grams::sentences(text);
        let whole = sentences.len() > 1 && text.chars().len() <= LONGEST_WHOLE;
        let mut heard = Vec::new();
        // No piece goes beyond its sentence: those of all sentences are those of the utterance.
        let mut all = Vec::new();
        for &(from, to) in &sentences {
            let pieces = self.weighed(text, from, to);
            self.hears_in(&pieces, &mut heard);
            if whole {
                all.extend(pieces);
            }
        }
        if whole {
            all.sort_by_key(|weighed| weighed.piece);
            all.dedup_by_key(|weighed| weighed.piece.number);
            let mut in_all = Vec::new();
            self.hears_in(&all, &mut in_all);
            in_all.retain(|whole| heard.iter().all(|part| part.cue != whole.cue));
            heard.extend(in_all);
        }
        heard
    }

    /// The pieces of a sentence with their weights.
    fn weighed(&self, text: &Normalised, from: usize, to: usize) -> Vec<Weighed<'_>> {
        let weighed = |piece: Numbered| Weighed {
            piece,
            weights: match self.pieces.get(&piece.number) {
                Some(&(from, to)) => &self.weights[from as usize..to as usize],
                None => &[],
            },
        };
        grams::numbered(text, from, to)
            .into_iter()
            .map(weighed)
            .collect()
    }

    /// A model hears its cue where the pieces weigh enough together: the score is above 0.
    fn hears_in(&self, pieces: &[Weighed<'_>], heard: &mut Vec<HeardByModel>) {
        let mut sums = vec![0.0; self.members.len()];
        for &(member, weight) in pieces.iter().flat_map(|weighed| weighed.weights) {
            sums[usize::from(member)] += weight;
        }
        let length = (pieces.len().max(1) as f64).sqrt();
        for (number, (member, sum)) in self.members.iter().zip(sums).enumerate() {
            if sum / length + member.bias <= 0.0 {
                continue;
            }
            let own = |weighed: &Weighed<'_>| {
                let of_member = |own: &&(u16, f64)| usize::from(own.0) == number && own.1 > 0.0;
                let weight = weighed.weights.iter().find(of_member)?.1;
                Some((weight, weighed.piece.from, weighed.piece.to))
            };
            let mut heaviest: Vec<(f64, u32, u32)> = pieces.iter().filter_map(own).collect();
            heaviest.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
            heaviest.truncate(MOST_NAMED);
            let first = heaviest.iter().map(|&(_, from, _)| from as usize).min();
            let last = heaviest.iter().map(|&(.., to)| to as usize).max();
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

/// A piece, and what the models that know it give for it.
struct Weighed<'e> {
    piece: Numbered,
    weights: &'e [(u16, f64)],
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
