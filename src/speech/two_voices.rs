//! Splits the speech of one channel into two voices.
//!
//! Each voice is a Gaussian over mel cepstra and one over pitch; both have the same spread. Pieces
//! of speech go to the voice that explains them better, the voices are measured again, until
//! nothing changes. What is known from elsewhere (the words) starts and supports this. Then a chain
//! of two states over the pieces (forward-backward) gives each its probability, which smooths
//! turns. Whether the voices differ at all is decided by how much better two explain the speech
//! than one, as in the Bayesian information criterion; where they do not, the voices say nothing.
//!
//! A neural embedding of the voice would take the place of [`VoicePiece`] and of
//! [`Voice::log_likelihood`]; start, chain and criterion stay the same.

use super::voice::{CEPSTRA, PAIRS, VoicePiece, pairs};

/// Neighbouring frames say nearly the same, so each counts as so much of an observation; for
/// cepstra and for pitch. Measured on pairs of the fixtures' voices, as all figures here.
const FRAME_WEIGHT: f64 = 0.04;
const PITCH_WEIGHT: f64 = 0.1;
/// Frames of the whole recording that are added to a voice's own when its spread is measured.
const FRAMES_OF_ALL: f64 = 100.0;
/// A voice is measured on no fewer frames than this.
const LEAST_FRAMES: f64 = 40.0;
/// Where a first division by pitch is made: shares of the pieces that are lower.
const PITCH_STARTS: [f64; 3] = [0.3, 0.5, 0.7];
const DIRECTIONS: usize = 3;
const DIRECTION_ROUNDS: usize = 60;
/// One voice divided at will is explained better by up to so much, and so much more a frame.
const GAIN_OF_ONE_VOICE: (f64, f64) = (3.0, 0.0105);
const MOST_ROUNDS: usize = 30;
/// Probability that the other voice goes on: within speech, after a breath, after a pause.
const CHANGE: [(u64, f64); 2] = [(50, 0.05), (250, 0.2)];
const CHANGE_AFTER_PAUSE: f64 = 0.4;
/// No single piece is more certain than this: log odds of one in a million.
const MOST_LOG_ODDS: f64 = 14.0;

/// Who says which piece.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceSplit {
    /// For each piece the probability (0 to 1) that it is the first voice's.
    pub first: Vec<f64>,
    /// Whether the voices were told apart; otherwise only the hints speak.
    pub told_apart: bool,
}

/// Splits the pieces of one channel, which stand in the order of their time.
///
/// `hints` are log odds (natural logarithm) that a piece is the first voice's, known from
/// elsewhere; 0 where nothing is known. They also say which voice is the first.
///
/// # Panics
/// When there are not as many hints as pieces.
pub fn tell_apart(pieces: &[VoicePiece], hints: &[f64]) -> VoiceSplit {
    assert_eq!(pieces.len(), hints.len(), "one hint for each piece");
    let voices = voices(pieces, hints);
    let log_odds: Vec<f64> = pieces
        .iter()
        .zip(hints)
        .map(|(piece, hint)| {
            let heard = voices.as_ref().map_or(0.0, |[first, second]| {
                first.log_likelihood(piece) - second.log_likelihood(piece)
            });
            heard + hint
        })
        .collect();
    VoiceSplit {
        first: chain(pieces, &log_odds),
        told_apart: voices.is_some(),
    }
}

/// One voice of two.
#[derive(Clone, Debug)]
struct Voice {
    mean: [f64; CEPSTRA],
    /// Inverse of the covariance, row by row.
    precision: [[f64; CEPSTRA]; CEPSTRA],
    log_determinant: f64,
    octaves: f64,
    octave_variance: f64,
}

/// What was measured of several pieces together.
#[derive(Clone, Debug)]
struct Sums {
    frames: f64,
    mean: [f64; CEPSTRA],
    scatter: [f64; PAIRS],
    voiced: f64,
    octaves: f64,
    octave_scatter: f64,
}

impl Sums {
    fn of<'a>(pieces: impl Iterator<Item = &'a VoicePiece>) -> Sums {
        let mut sums = Sums {
            frames: 0.0,
            mean: [0.0; CEPSTRA],
            scatter: [0.0; PAIRS],
            voiced: 0.0,
            octaves: 0.0,
            octave_scatter: 0.0,
        };
        for piece in pieces {
            sums.add(piece);
        }
        sums
    }

    fn add(&mut self, piece: &VoicePiece) {
        let frames = f64::from(piece.frames);
        let all = self.frames + frames;
        let apart: [f64; CEPSTRA] =
            std::array::from_fn(|i| f64::from(piece.mean[i]) - self.mean[i]);
        let between = self.frames * frames / all;
        for (at, (row, column)) in pairs().enumerate() {
            self.scatter[at] += f64::from(piece.scatter[at]) + between * apart[row] * apart[column];
        }
        for (mean, apart) in self.mean.iter_mut().zip(apart) {
            *mean += apart * frames / all;
        }
        self.frames = all;
        let voiced = f64::from(piece.voiced);
        if voiced > 0.0 {
            let all = self.voiced + voiced;
            let apart = f64::from(piece.pitch.0) - self.octaves;
            self.octave_scatter +=
                f64::from(piece.pitch.1) + self.voiced * voiced / all * apart * apart;
            self.octaves += apart * voiced / all;
            self.voiced = all;
        }
    }
}

impl Voice {
    /// The mean of `own`, and the spread within `parts` together with a little of `all`.
    fn new(own: &Sums, parts: &[Sums], all: &Sums) -> Voice {
        let spread = |within: f64, count: f64, whole: f64, of: f64| {
            (within + FRAMES_OF_ALL * whole / of.max(1.0)) / (count + FRAMES_OF_ALL)
        };
        let frames = parts.iter().map(|part| part.frames).sum();
        let covariance: [f64; PAIRS] = std::array::from_fn(|at| {
            let within = parts.iter().map(|part| part.scatter[at]).sum();
            spread(within, frames, all.scatter[at], all.frames)
        });
        let (precision, log_determinant) = inverted(&covariance);
        let octave_scatter = parts.iter().map(|part| part.octave_scatter).sum();
        let voiced = parts.iter().map(|part| part.voiced).sum();
        Voice {
            mean: own.mean,
            precision,
            log_determinant,
            octaves: own.octaves,
            octave_variance: spread(octave_scatter, voiced, all.octave_scatter, all.voiced) + 1e-4,
        }
    }

    fn log_likelihood(&self, piece: &VoicePiece) -> f64 {
        let frames = f64::from(piece.frames);
        let apart: [f64; CEPSTRA] =
            std::array::from_fn(|i| f64::from(piece.mean[i]) - self.mean[i]);
        let mut squares = 0.0;
        for (at, (row, column)) in pairs().enumerate() {
            let twice = if row == column { 1.0 } else { 2.0 };
            let scatter = f64::from(piece.scatter[at]) + frames * apart[row] * apart[column];
            squares += twice * self.precision[row][column] * scatter;
        }
        let shape = -0.5 * (frames * self.log_determinant + squares);
        let voiced = f64::from(piece.voiced);
        let apart = f64::from(piece.pitch.0) - self.octaves;
        let squares = f64::from(piece.pitch.1) + voiced * apart * apart;
        let pitch = -0.5 * (voiced * self.octave_variance.ln() + squares / self.octave_variance);
        FRAME_WEIGHT * shape + PITCH_WEIGHT * pitch
    }
}

/// The two voices, the first one first; `None` where they cannot be told apart.
fn voices(pieces: &[VoicePiece], hints: &[f64]) -> Option<[Voice; 2]> {
    let all = Sums::of(pieces.iter());
    if all.frames < 2.0 * LEAST_FRAMES {
        return None;
    }
    let one = Voice::new(&all, std::slice::from_ref(&all), &all);
    let explained_by_one: f64 = pieces.iter().map(|piece| one.log_likelihood(piece)).sum();
    let (explained, _, voices) = starts(pieces, hints)
        .into_iter()
        .filter_map(|start| refined(pieces, hints, start, &all))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (least, by_frame) = GAIN_OF_ONE_VOICE;
    (explained - explained_by_one > least + by_frame * all.frames).then_some(voices)
}

/// First divisions: by the hints, by pitch, and along the directions in which the pieces' mean
/// cepstra vary most; each turned so that the hints agree with it.
fn starts(pieces: &[VoicePiece], hints: &[f64]) -> Vec<Vec<Option<bool>>> {
    let likely = chain(pieces, hints);
    let by_hints = likely.iter().map(|&first| match first {
        sure if sure > 0.7 => Some(true),
        sure if sure < 0.3 => Some(false),
        _ => None,
    });
    let mut starts: Vec<Vec<Option<bool>>> = vec![
        by_hints.collect(),
        hints.iter().map(|&hint| Some(hint > 0.0)).collect(),
    ];
    let mut pitches: Vec<f32> = pieces
        .iter()
        .filter(|piece| piece.voiced > 0.0)
        .map(|piece| piece.pitch.0)
        .collect();
    pitches.sort_by(f32::total_cmp);
    for share in PITCH_STARTS {
        if let Some(&border) = pitches.get((pitches.len() as f64 * share) as usize) {
            let higher = pieces
                .iter()
                .map(|piece| (piece.voiced > 0.0).then_some(piece.pitch.0 > border));
            starts.push(higher.collect());
        }
    }
    for direction in main_directions(pieces) {
        starts.push(direction.iter().map(|&along| Some(along > 0.0)).collect());
    }
    for start in &mut starts {
        let agreement: f64 = start
            .iter()
            .zip(hints)
            .map(|(is_first, hint)| match is_first {
                Some(true) => *hint,
                Some(false) => -hint,
                None => 0.0,
            })
            .sum();
        if agreement < 0.0 {
            for is_first in start.iter_mut().flatten() {
                *is_first = !*is_first;
            }
        }
    }
    starts
}

/// How far each piece's mean cepstra lie along each of the main directions in which they vary
/// (by power iteration on the scaled cepstra, weighted by frames).
fn main_directions(pieces: &[VoicePiece]) -> Vec<Vec<f64>> {
    let all = Sums::of(pieces.iter());
    let scaled: Vec<[f64; CEPSTRA]> = pieces
        .iter()
        .map(|piece| {
            let mut at = 0;
            std::array::from_fn(|i| {
                let variance = all.scatter[at] / all.frames;
                at += CEPSTRA - i;
                (f64::from(piece.mean[i]) - all.mean[i]) / variance.sqrt().max(1e-6)
            })
        })
        .collect();
    let along = |direction: &[f64; CEPSTRA]| -> Vec<f64> {
        let dot = |piece: &[f64; CEPSTRA]| piece.iter().zip(direction).map(|(a, b)| a * b).sum();
        scaled.iter().map(dot).collect()
    };
    let mut found: Vec<[f64; CEPSTRA]> = Vec::new();
    for number in 0..DIRECTIONS {
        let mut direction: [f64; CEPSTRA] =
            std::array::from_fn(|i| 1.0 / (1 + (i + number) % CEPSTRA) as f64);
        for _ in 0..DIRECTION_ROUNDS {
            let mut next = [0.0; CEPSTRA];
            for ((piece, place), values) in pieces.iter().zip(along(&direction)).zip(&scaled) {
                for (next, value) in next.iter_mut().zip(values) {
                    *next += f64::from(piece.frames) * place * value;
                }
            }
            for known in &found {
                let shared: f64 = next.iter().zip(known).map(|(a, b)| a * b).sum();
                for (next, known) in next.iter_mut().zip(known) {
                    *next -= shared * known;
                }
            }
            let length = next.iter().map(|value| value * value).sum::<f64>().sqrt();
            direction = next.map(|value| value / length.max(1e-12));
        }
        found.push(direction);
    }
    found.iter().map(along).collect()
}

/// Gives pieces to voices and measures the voices anew until nothing changes; also how well the
/// voices explain the pieces, without and with the hints.
fn refined(
    pieces: &[VoicePiece],
    hints: &[f64],
    mut is_first: Vec<Option<bool>>,
    all: &Sums,
) -> Option<(f64, f64, [Voice; 2])> {
    let mut result = None;
    for _ in 0..MOST_ROUNDS {
        let of = |first: bool| {
            let own = pieces.iter().zip(&is_first);
            Sums::of(
                own.filter(|&(_, &is)| is == Some(first))
                    .map(|(piece, _)| piece),
            )
        };
        let parts = [of(true), of(false)];
        if parts.iter().any(|part| part.frames < LEAST_FRAMES) {
            return None;
        }
        let voices = [
            Voice::new(&parts[0], &parts, all),
            Voice::new(&parts[1], &parts, all),
        ];
        let (mut explained, mut with_hints) = (0.0, 0.0);
        let mut now = Vec::with_capacity(pieces.len());
        for (piece, hint) in pieces.iter().zip(hints) {
            let [first, second] = [&voices[0], &voices[1]].map(|v| v.log_likelihood(piece));
            let is = first + hint >= second;
            explained += if is { first } else { second };
            with_hints += if is { first + hint } else { second };
            now.push(Some(is));
        }
        let settled = now == is_first;
        is_first = now;
        result = Some((explained, with_hints, voices));
        if settled {
            break;
        }
    }
    result
}

/// The probability of the first state for each piece of a chain of two states.
fn chain(pieces: &[VoicePiece], log_odds: &[f64]) -> Vec<f64> {
    let likelihood = |at: usize| {
        let odds = log_odds[at].clamp(-MOST_LOG_ODDS, MOST_LOG_ODDS);
        let first = 1.0 / (1.0 + (-odds).exp());
        [first, 1.0 - first]
    };
    let change = |from: usize| {
        let pause = pieces[from + 1]
            .span
            .from
            .0
            .saturating_sub(pieces[from].span.to.0);
        let known = CHANGE
            .iter()
            .find(|(shorter_than, _)| pause < *shorter_than);
        known.map_or(CHANGE_AFTER_PAUSE, |&(_, probability)| probability)
    };
    let moved = |state: [f64; 2], change: f64| {
        let [first, second] = state;
        [
            first * (1.0 - change) + second * change,
            second * (1.0 - change) + first * change,
        ]
    };
    let scaled = |state: [f64; 2]| state.map(|value| value / (state[0] + state[1]));
    let times = |a: [f64; 2], b: [f64; 2]| scaled([a[0] * b[0], a[1] * b[1]]);

    let mut forward: Vec<[f64; 2]> = Vec::with_capacity(pieces.len());
    for at in 0..pieces.len() {
        let before = match forward.last() {
            Some(&last) => moved(last, change(at - 1)),
            None => [0.5, 0.5],
        };
        forward.push(times(before, likelihood(at)));
    }
    let mut backward = [0.5, 0.5];
    let mut first = vec![0.5; pieces.len()];
    for at in (0..pieces.len()).rev() {
        first[at] = times(forward[at], backward)[0];
        if at > 0 {
            backward = moved(times(backward, likelihood(at)), change(at - 1));
        }
    }
    first
}

/// Inverse and logarithm of the determinant of a positive definite matrix (Gauss-Jordan).
fn inverted(triangle: &[f64; PAIRS]) -> ([[f64; CEPSTRA]; CEPSTRA], f64) {
    let mut matrix = [[0.0; CEPSTRA]; CEPSTRA];
    for (at, (row, column)) in pairs().enumerate() {
        matrix[row][column] = triangle[at];
        matrix[column][row] = triangle[at];
    }
    let mut inverse = [[0.0; CEPSTRA]; CEPSTRA];
    for (at, row) in inverse.iter_mut().enumerate() {
        row[at] = 1.0;
        // Digital silence has no spread at all.
        matrix[at][at] += 1e-6;
    }
    let mut log_determinant = 0.0;
    for pivot in 0..CEPSTRA {
        let scale = matrix[pivot][pivot].max(1e-12);
        log_determinant += scale.ln();
        let pivot_row = matrix[pivot].map(|value| value / scale);
        let pivot_inverse = inverse[pivot].map(|value| value / scale);
        for (row, own) in matrix.iter_mut().zip(&mut inverse).enumerate() {
            let (values, inverted) = own;
            if row == pivot {
                (*values, *inverted) = (pivot_row, pivot_inverse);
                continue;
            }
            let factor = values[pivot];
            for (value, by) in values.iter_mut().zip(pivot_row) {
                *value -= factor * by;
            }
            for (value, by) in inverted.iter_mut().zip(pivot_inverse) {
                *value -= factor * by;
            }
        }
    }
    (inverse, log_determinant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    /// A piece of 100 frames around a mean, from 1.5 s times its number on.
    fn piece(number: u64, centre: f32, octaves: f32) -> VoicePiece {
        let mut scatter = [0.0; PAIRS];
        for (at, (row, column)) in pairs().enumerate() {
            scatter[at] = if row == column { 100.0 } else { 0.0 };
        }
        VoicePiece {
            span: Span::new(1500 * number, 1500 * number + 1000),
            frames: 100.0,
            // Every piece lies a little beside its voice, as phonemes do.
            mean: std::array::from_fn(|i| {
                centre + 0.3 * ((number as usize * 7 + i * 5) % 11) as f32 / 11.0
            }),
            scatter,
            voiced: 60.0,
            pitch: (octaves, 0.3),
        }
    }

    #[test]
    fn two_voices_are_told_apart_from_few_hints() {
        let pieces: Vec<VoicePiece> = (0..20)
            .map(|number| match number % 3 {
                0 => piece(number, 1.5, 7.6),
                _ => piece(number, 0.0, 6.9),
            })
            .collect();
        let mut hints = vec![0.0; 20];
        hints[1] = 3.0;
        hints[3] = -1.0;
        let split = tell_apart(&pieces, &hints);
        assert!(split.told_apart);
        for (number, first) in split.first.iter().enumerate() {
            let right = if number % 3 == 0 { 1.0 - first } else { *first };
            assert!(right > 0.95, "piece {number}: {right}");
        }
    }

    #[test]
    fn one_voice_is_not_divided() {
        let pieces: Vec<VoicePiece> = (0..20).map(|number| piece(number, 0.0, 6.9)).collect();
        let split = tell_apart(&pieces, &[0.0; 20]);
        assert!(!split.told_apart);
        assert!(split.first.iter().all(|first| (first - 0.5).abs() < 1e-9));
        assert!(tell_apart(&[], &[]).first.is_empty());
    }

    #[test]
    fn an_inverse_times_its_matrix_is_one() {
        let mut triangle = [0.0; PAIRS];
        for (at, (row, column)) in pairs().enumerate() {
            triangle[at] = if row == column { 2.0 } else { 0.1 };
        }
        let (inverse, log_determinant) = inverted(&triangle);
        // Eigenvalues: 1.9 eleven times, and 1.9 + 12 × 0.1.
        let expected = 11.0 * 1.9_f64.ln() + 3.1_f64.ln();
        assert!((log_determinant - expected).abs() < 1e-4);
        for (row, values) in inverse.iter().enumerate() {
            let sum: f64 = values.iter().sum();
            let entry = 1.9 * values[row] + 0.1 * sum;
            assert!((entry - 1.0).abs() < 1e-4);
        }
    }
}
