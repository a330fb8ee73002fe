//! What tells one voice from another: the shape of its spectrum and its pitch.
//!
//! Owns the measurements of short pieces of speech; who is whom is decided by
//! [`two_voices`](super::two_voices). Only sums are kept of a piece, never its sound.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::SpeechSegment;
use crate::audio::SAMPLE_RATE_HZ;
use crate::time::{Millis, Span};

/// Mel cepstra that describe the shape of a spectrum, without its loudness.
pub(super) const CEPSTRA: usize = 12;
/// Entries of a symmetric matrix over the cepstra.
pub(super) const PAIRS: usize = CEPSTRA * (CEPSTRA + 1) / 2;

/// 25 ms.
const FRAME: usize = 400;
/// 10 ms.
const HOP: usize = 160;
const TRANSFORM: usize = 512;
/// Two and a half periods of the deepest voice.
const PITCH_FRAME: usize = 640;
const PITCH_TRANSFORM: usize = 2048;
const PITCH_HZ: std::ops::RangeInclusive<f32> = 70.0..=400.0;
/// Likeness of a frame to itself one period later, from which it has a pitch.
const VOICED: f32 = 0.45;
/// The telephone band, which is all that both sides of a call have.
const BAND_HZ: (f32, f32) = (250.0, 3400.0);
const FILTERS: usize = 22;
/// Frames so much fainter than the loudest are pauses and noise.
const BELOW_LOUDEST_DB: f32 = 24.0;
/// A piece is about so long: 1.2 s. Longer speech is several pieces.
const PIECE_FRAMES: usize = 120;

/// A piece of speech, measured.
#[derive(Clone, Debug)]
pub struct VoicePiece {
    pub span: Span,
    /// Frames of 10 ms that were loud enough.
    pub(super) frames: f32,
    pub(super) mean: [f32; CEPSTRA],
    /// Sum of products of deviations from `mean`, upper triangle by rows.
    pub(super) scatter: [f32; PAIRS],
    /// Frames with a pitch.
    pub(super) voiced: f32,
    /// Mean of the pitch in octaves above 1 Hz, and the sum of squared deviations from it.
    pub(super) pitch: (f32, f32),
}

/// Measures pieces of speech.
pub struct VoiceMeter {
    spectrum: Arc<dyn RealToComplex<f32>>,
    taper: Vec<f32>,
    filters: Vec<Vec<(usize, f32)>>,
    cosines: Vec<[f32; FILTERS]>,
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
}

/// One frame, measured.
struct VoiceFrame {
    energy_db: f32,
    cepstra: [f32; CEPSTRA],
    octaves: Option<f32>,
}

impl Default for VoiceMeter {
    fn default() -> VoiceMeter {
        let mut planner = RealFftPlanner::new();
        let turn = std::f32::consts::TAU / FRAME as f32;
        VoiceMeter {
            spectrum: planner.plan_fft_forward(TRANSFORM),
            taper: (0..FRAME)
                .map(|n| 0.54 - 0.46 * (turn * n as f32).cos())
                .collect(),
            filters: mel_filters(),
            cosines: (1..=CEPSTRA).map(cosines).collect(),
            forward: planner.plan_fft_forward(PITCH_TRANSFORM),
            back: planner.plan_fft_inverse(PITCH_TRANSFORM),
        }
    }
}

impl VoiceMeter {
    /// The pieces of a segment, in order; none where nothing is loud enough.
    pub fn pieces(&self, segment: &SpeechSegment) -> Vec<VoicePiece> {
        let frames = self.frames(&segment.samples);
        let loudest = frames
            .iter()
            .map(|frame| frame.energy_db)
            .fold(f32::NEG_INFINITY, f32::max);
        let count = frames.len().div_ceil(PIECE_FRAMES).max(1);
        let length = frames.len().div_ceil(count).max(1);
        let mut pieces = Vec::new();
        for (index, part) in frames.chunks(length).enumerate() {
            let at = |frame: usize| {
                let passed = Millis::from_samples((frame * HOP) as u64, SAMPLE_RATE_HZ);
                (segment.window.from.0 + passed.0).min(segment.window.to.0)
            };
            let span = Span::new(at(index * length), at(index * length + part.len()));
            let loud = part
                .iter()
                .filter(|frame| frame.energy_db >= loudest - BELOW_LOUDEST_DB);
            pieces.extend(summed(span, loud));
        }
        pieces
    }

    fn frames(&self, samples: &[f32]) -> Vec<VoiceFrame> {
        let mut input = self.spectrum.make_input_vec();
        let mut output = self.spectrum.make_output_vec();
        let last = samples.len().saturating_sub(PITCH_FRAME);
        (0..last)
            .step_by(HOP)
            .map(|from| {
                let frame = &samples[from..from + FRAME];
                let power = frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32;
                input.fill(0.0);
                let mut before = 0.0;
                for ((input, &sample), taper) in input.iter_mut().zip(frame).zip(&self.taper) {
                    *input = (sample - 0.97 * before) * taper;
                    before = sample;
                }
                self.spectrum
                    .process(&mut input, &mut output)
                    .expect("both buffers were made by the transform");
                VoiceFrame {
                    energy_db: 10.0 * (power + 1e-12).log10(),
                    cepstra: self.cepstra(&output),
                    octaves: self
                        .pitch_hz(&samples[from..from + PITCH_FRAME])
                        .map(f32::log2),
                }
            })
            .collect()
    }

    fn cepstra(&self, spectrum: &[Complex<f32>]) -> [f32; CEPSTRA] {
        let mut bands = [0.0_f32; FILTERS];
        for (band, filter) in bands.iter_mut().zip(&self.filters) {
            let power: f32 = filter
                .iter()
                .map(|&(bin, weight)| weight * spectrum[bin].norm_sqr())
                .sum();
            *band = (power + 1e-8).ln();
        }
        let mut cepstra = [0.0; CEPSTRA];
        for (value, cosines) in cepstra.iter_mut().zip(&self.cosines) {
            *value = cosines.iter().zip(&bands).map(|(c, band)| c * band).sum();
        }
        cepstra
    }

    /// The pitch of a frame by autocorrelation, normalised by the energy of both stretches that
    /// are compared. Of nearly equal peaks the shortest period is taken, against octave errors.
    fn pitch_hz(&self, frame: &[f32]) -> Option<f32> {
        let mut input = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        input[..frame.len()].copy_from_slice(frame);
        self.forward
            .process(&mut input, &mut spectrum)
            .expect("both buffers were made by the transform");
        for value in &mut spectrum {
            *value = Complex::new(value.norm_sqr() / PITCH_TRANSFORM as f32, 0.0);
        }
        let mut correlation = self.back.make_output_vec();
        self.back
            .process(&mut spectrum, &mut correlation)
            .expect("both buffers were made by the transform");
        // energy[n]: of the first n samples.
        let mut energy = Vec::with_capacity(frame.len() + 1);
        energy.push(0.0_f32);
        for sample in frame {
            energy.push(energy[energy.len() - 1] + sample * sample);
        }
        let all = energy[frame.len()];
        let shortest = (SAMPLE_RATE_HZ as f32 / PITCH_HZ.end()) as usize;
        let longest = (SAMPLE_RATE_HZ as f32 / PITCH_HZ.start()) as usize;
        let likeness = |lag: usize| {
            let both = energy[frame.len() - lag] * (all - energy[lag]);
            correlation[lag] / (both.sqrt() + 1e-9)
        };
        let likenesses: Vec<f32> = (shortest..=longest).map(likeness).collect();
        let best = likenesses.iter().copied().fold(0.0, f32::max);
        if best < VOICED {
            return None;
        }
        let peak = (1..likenesses.len() - 1).find(|&at| {
            let value = likenesses[at];
            value >= 0.9 * best && value >= likenesses[at - 1] && value >= likenesses[at + 1]
        })?;
        Some(SAMPLE_RATE_HZ as f32 / (shortest + peak) as f32)
    }
}

fn summed<'a>(span: Span, frames: impl Iterator<Item = &'a VoiceFrame>) -> Option<VoicePiece> {
    let frames: Vec<&VoiceFrame> = frames.collect();
    let count = frames.len() as f32;
    if frames.is_empty() {
        return None;
    }
    let mut mean = [0.0; CEPSTRA];
    for frame in &frames {
        for (mean, value) in mean.iter_mut().zip(&frame.cepstra) {
            *mean += value / count;
        }
    }
    let mut scatter = [0.0; PAIRS];
    for frame in &frames {
        for (at, (row, column)) in pairs().enumerate() {
            scatter[at] +=
                (frame.cepstra[row] - mean[row]) * (frame.cepstra[column] - mean[column]);
        }
    }
    let octaves: Vec<f32> = frames.iter().filter_map(|frame| frame.octaves).collect();
    let voiced = octaves.len() as f32;
    let pitch = octaves.iter().sum::<f32>() / voiced.max(1.0);
    let deviations = octaves.iter().map(|value| (value - pitch).powi(2)).sum();
    Some(VoicePiece {
        span,
        frames: count,
        mean,
        scatter,
        voiced,
        pitch: (pitch, deviations),
    })
}

/// Triangles of equal width and distance on the mel scale, as weights of bins.
fn mel_filters() -> Vec<Vec<(usize, f32)>> {
    let mel = |hz: f32| 1127.0 * (1.0 + hz / 700.0).ln();
    let (low, high) = (mel(BAND_HZ.0), mel(BAND_HZ.1));
    let step = (high - low) / (FILTERS + 1) as f32;
    let hz_of_bin = |bin: usize| bin as f32 * SAMPLE_RATE_HZ as f32 / TRANSFORM as f32;
    (0..FILTERS)
        .map(|filter| {
            let centre = low + step * (filter + 1) as f32;
            (1..TRANSFORM / 2)
                .map(|bin| (bin, 1.0 - (mel(hz_of_bin(bin)) - centre).abs() / step))
                .filter(|&(_, weight)| weight > 0.0)
                .collect()
        })
        .collect()
}

/// Row `order` of the cosine transform (type II).
fn cosines(order: usize) -> [f32; FILTERS] {
    let mut row = [0.0; FILTERS];
    for (at, value) in row.iter_mut().enumerate() {
        let angle = std::f32::consts::PI * order as f32 * (at as f32 + 0.5) / FILTERS as f32;
        *value = angle.cos() * (2.0 / FILTERS as f32).sqrt();
    }
    row
}

/// Rows and columns of the upper triangle of a matrix over the cepstra, row by row.
pub(super) fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..CEPSTRA).flat_map(|row| (row..CEPSTRA).map(move |column| (row, column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice of many harmonics.
    fn hum(hz: f32) -> SpeechSegment {
        let samples: Vec<f32> = (0..2 * SAMPLE_RATE_HZ)
            .map(|n| {
                let turns = std::f32::consts::TAU * hz * n as f32 / SAMPLE_RATE_HZ as f32;
                let harmonics = 1..=(3400.0 / hz) as u32;
                0.02 * harmonics.map(|k| (k as f32 * turns).cos()).sum::<f32>()
            })
            .collect();
        let span = Span::new(500, 2500);
        SpeechSegment {
            channel: 0,
            span,
            window: span,
            samples,
        }
    }

    #[test]
    fn pitch_is_measured_without_octave_errors() {
        let meter = VoiceMeter::default();
        for hz in [85.0, 120.0, 180.0, 240.0, 330.0] {
            let pieces = meter.pieces(&hum(hz));
            assert_eq!(pieces.len(), 2);
            for piece in pieces {
                assert!(piece.voiced > 0.9 * piece.frames, "{hz}");
                assert!(
                    (piece.pitch.0 - hz.log2()).abs() < 0.05,
                    "{hz}: {:?}",
                    piece.pitch
                );
                assert!(piece.span.from.0 >= 500 && piece.span.to.0 <= 2500);
            }
        }
    }

    #[test]
    fn silence_and_the_shortest_segments_do_no_harm() {
        let meter = VoiceMeter::default();
        let mut segment = hum(120.0);
        segment.samples.fill(0.0);
        for piece in meter.pieces(&segment) {
            assert_eq!(piece.voiced, 0.0);
            assert!(piece.mean.iter().all(|value| value.is_finite()));
        }
        segment.samples.truncate(100);
        assert!(meter.pieces(&segment).is_empty());
    }
}
