//! Speech on one channel that is a copy of what another channel holds: the other side's voice
//! coming through, or the same signal on both. It is heard once, where it is loudest.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::SpeechSegment;
use crate::audio::SAMPLE_RATE_HZ;
use crate::time::{Millis, Span};

/// A copy may come late by so much (200 ms of echo).
const LATEST_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 5;
/// Likeness (correlation, the sign aside) from which a stretch is a copy.
const COPY_LIKENESS: f32 = 0.9;
/// A copy that is not fainter by this is as loud as the original.
const FAINTER_DB: f32 = 3.0;
/// No more of a segment than this is compared: four seconds.
const COMPARED_SAMPLES: usize = 4 * SAMPLE_RATE_HZ as usize;

/// Speech that was left out because another channel holds it too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copied {
    pub from: usize,
    pub to: usize,
    pub span: Span,
    /// Loudness of the copy relative to the original, in dB.
    pub level_db: f32,
}

/// The latest samples of every channel.
pub(super) struct CopyWatch {
    channels: Vec<VecDeque<f32>>,
    /// The number of the first sample that is kept.
    first: u64,
    capacity: usize,
}

impl CopyWatch {
    /// Keeps enough to look at segments of up to `longest` with their padding.
    pub fn new(channels: usize, longest: Millis) -> CopyWatch {
        let longest = longest.to_samples(SAMPLE_RATE_HZ) as usize;
        CopyWatch {
            channels: vec![VecDeque::new(); channels],
            first: 0,
            capacity: longest + LATEST_SAMPLES + 2 * SAMPLE_RATE_HZ as usize,
        }
    }

    /// Takes the next samples of each channel, equally many.
    pub fn keep<'a>(&mut self, samples: impl Iterator<Item = &'a [f32]>) {
        if self.channels.len() < 2 {
            return;
        }
        let mut dropped = 0;
        for (kept, samples) in self.channels.iter_mut().zip(samples) {
            kept.extend(samples);
            dropped = kept.len().saturating_sub(self.capacity);
            kept.drain(..dropped);
        }
        self.first += dropped as u64;
    }

    /// The channel of which this segment is a copy.
    pub fn copied(&self, segment: &SpeechSegment) -> Option<Copied> {
        let others = (0..self.channels.len()).filter(|&other| other != segment.channel);
        others
            .filter_map(|other| self.copied_from(other, segment))
            .max_by(|a, b| b.level_db.total_cmp(&a.level_db))
    }

    fn copied_from(&self, other: usize, segment: &SpeechSegment) -> Option<Copied> {
        let whole = &segment.samples;
        let skipped = whole.len().saturating_sub(COMPARED_SAMPLES) / 2;
        let copy = &whole[skipped..(skipped + COMPARED_SAMPLES).min(whole.len())];
        let begin = segment.window.from.to_samples(SAMPLE_RATE_HZ) + skipped as u64;
        let from = begin.saturating_sub(LATEST_SAMPLES as u64).max(self.first);
        let kept = &self.channels[other];
        let at = |sample: u64| (sample.saturating_sub(self.first) as usize).min(kept.len());
        let original: Vec<f32> = kept
            .range(at(from)..at(begin + copy.len() as u64))
            .copied()
            .collect();
        // Most of the time the other side is silent, and nothing needs to be compared.
        if 2.0 * energy(&original) < energy(copy) {
            return None;
        }
        let (likeness, level_db) = greatest_likeness(&original, copy)?;
        // Of two that are equally loud the first channel's is kept.
        let fainter = level_db <= -FAINTER_DB;
        let equal = level_db < FAINTER_DB && other < segment.channel;
        (likeness >= COPY_LIKENESS && (fainter || equal)).then_some(Copied {
            from: other,
            to: segment.channel,
            span: segment.span,
            level_db,
        })
    }
}

/// The greatest likeness of `copy` to a stretch of `original`, which is longer, and how much
/// louder the copy is (dB). `None` where the original is too short or silent.
fn greatest_likeness(original: &[f32], copy: &[f32]) -> Option<(f32, f32)> {
    let lags = original.len().checked_sub(copy.len())? + 1;
    let size = (original.len() + copy.len()).next_power_of_two();
    let mut planner = RealFftPlanner::new();
    let forward: Arc<dyn RealToComplex<f32>> = planner.plan_fft_forward(size);
    let back = planner.plan_fft_inverse(size);
    let spectrum = |samples: &[f32]| -> Vec<Complex<f32>> {
        let mut input = forward.make_input_vec();
        input[..samples.len()].copy_from_slice(samples);
        let mut output = forward.make_output_vec();
        forward
            .process(&mut input, &mut output)
            .expect("both buffers were made by the transform");
        output
    };
    let mut products: Vec<Complex<f32>> = spectrum(original)
        .iter()
        .zip(spectrum(copy))
        .map(|(original, copy)| original * copy.conj() / size as f32)
        .collect();
    let last = products.len() - 1;
    products[0].im = 0.0;
    products[last].im = 0.0;
    let mut correlation = back.make_output_vec();
    back.process(&mut products, &mut correlation)
        .expect("both buffers were made by the transform");
    let own = energy(copy);
    let mut theirs = energy(&original[..copy.len()]);
    let mut best: Option<(f32, f64)> = None;
    for lag in 0..lags {
        let likeness = f64::from(correlation[lag].abs()) / (own * theirs).sqrt().max(1e-9);
        if best.is_none_or(|(known, _)| likeness as f32 > known) {
            best = Some((likeness as f32, theirs));
        }
        if lag + 1 < lags {
            let (out, into) = (original[lag], original[lag + copy.len()]);
            theirs += f64::from(into * into) - f64::from(out * out);
        }
    }
    best.map(|(likeness, theirs)| {
        let level = (own + 1e-12) / (theirs.max(0.0) + 1e-12);
        (likeness, (10.0 * level.log10()) as f32)
    })
}

fn energy(samples: &[f32]) -> f64 {
    samples
        .iter()
        .map(|sample| f64::from(sample * sample))
        .sum()
}
