//! Tells tones, music and noise from speech by how their spectra look and last.
//!
//! The speech detector takes chords and swept tones for speech; what it took is looked at again
//! here. Thresholds were measured on the fixtures' speech and on synthetic telephone tones,
//! music and noise (see the tests); in doubt it is speech.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// What sounds, when it is not somebody speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SoundKind {
    /// Dial, busy, ringback or key tone, beep.
    Tone,
    Music,
    Noise,
}

/// Two frames of 256 samples: 31.25 Hz a bin.
const WINDOW: usize = 512;
/// The bins of the telephone band, 188 to 3,500 Hz.
const BAND: std::ops::Range<usize> = 6..112;
/// Half the width of a spectral line under the window, in bins.
const LINE_HALF_WIDTH: usize = 2;
/// A spectrum is compared with those of so many frames before: 96 and 192 ms.
const LAGS: [usize; 2] = [6, 12];

/// How a frame's spectrum looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SpectrumShape {
    /// Share of the power in the two strongest lines, 0 to 1.
    pub in_two_lines: f32,
    /// Geometric over arithmetic mean of the power, 0 (lines) to 1 (white).
    pub flatness: f32,
    /// Likeness to the spectra of [`LAGS`] frames before, 0 to 1 (cosine of the magnitudes).
    pub likeness: [f32; 2],
}

/// Looks at the spectrum of one frame after the other.
pub(super) struct SpectrumWatch {
    transform: Arc<dyn RealToComplex<f32>>,
    taper: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    previous_frame: Vec<f32>,
    /// Magnitudes, scaled to length 1; the latest last.
    earlier: VecDeque<Vec<f32>>,
}

impl SpectrumWatch {
    pub fn new(frame_samples: usize) -> SpectrumWatch {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let turn = std::f32::consts::TAU / WINDOW as f32;
        SpectrumWatch {
            taper: (0..WINDOW)
                .map(|n| 0.5 - 0.5 * (turn * n as f32).cos())
                .collect(),
            input: transform.make_input_vec(),
            output: transform.make_output_vec(),
            transform,
            previous_frame: vec![0.0; frame_samples],
            earlier: VecDeque::with_capacity(LAGS[1]),
        }
    }

    /// The shape of `frame` together with the frame before it.
    pub fn look(&mut self, frame: &[f32]) -> SpectrumShape {
        let both = self.previous_frame.iter().chain(frame);
        for ((input, sample), taper) in self.input.iter_mut().zip(both).zip(&self.taper) {
            *input = sample * taper;
        }
        self.previous_frame.copy_from_slice(frame);
        self.transform
            .process(&mut self.input, &mut self.output)
            .expect("both buffers were made by the transform");
        let power: Vec<f32> = self.output[BAND]
            .iter()
            .map(|value| value.norm_sqr() + 1e-9)
            .collect();
        let total: f32 = power.iter().sum();
        let mean = total / power.len() as f32;
        let mean_log = power.iter().map(|value| value.ln()).sum::<f32>() / power.len() as f32;
        let length = total.sqrt();
        let unit: Vec<f32> = power.iter().map(|value| value.sqrt() / length).collect();
        let likeness = LAGS.map(|lag| match self.earlier.len().checked_sub(lag) {
            Some(at) => self.earlier[at].iter().zip(&unit).map(|(a, b)| a * b).sum(),
            None => 0.0,
        });
        if self.earlier.len() == LAGS[1] {
            self.earlier.pop_front();
        }
        self.earlier.push_back(unit);
        SpectrumShape {
            in_two_lines: in_two_lines(power) / total,
            flatness: mean_log.exp() / mean,
            likeness,
        }
    }
}

/// The power in the strongest line and the strongest of the rest.
fn in_two_lines(mut power: Vec<f32>) -> f32 {
    let mut found = 0.0;
    for _ in 0..2 {
        let Some(peak) = (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b])) else {
            break;
        };
        let to = (peak + LINE_HALF_WIDTH + 1).min(power.len());
        for value in &mut power[peak.saturating_sub(LINE_HALF_WIDTH)..to] {
            found += std::mem::take(value);
        }
    }
    found
}

/// A frame that was taken for speech.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeemingSpeech {
    pub energy_db: f32,
    pub shape: SpectrumShape,
}

/// Frames that are judged together: half a second.
const STRETCH_FRAMES: usize = 31;
/// Less than this is too short for a judgement of its own.
pub(super) const SHORTEST_STRETCH_FRAMES: usize = 10;
/// Music is told only over this many stretches, because a long 嗯 looks like it.
const STRETCHES_OF_MUSIC: usize = 3;
/// This share of a segment's stretches must sound like something else before it is dropped.
const SHARE_OF_OTHER_SOUND: f64 = 0.6;

/// What a segment is if it is not speech, by its frames that were taken for speech.
pub(super) fn other_sound(frames: &[SeemingSpeech]) -> Option<SoundKind> {
    let mut stretches: Vec<&[SeemingSpeech]> = frames.chunks(STRETCH_FRAMES).collect();
    if stretches.len() > 1
        && stretches
            .last()
            .is_some_and(|last| last.len() < SHORTEST_STRETCH_FRAMES)
    {
        stretches.pop();
    }
    let long_enough_for_music = stretches.len() >= STRETCHES_OF_MUSIC;
    let kinds: Vec<SoundKind> = stretches
        .iter()
        .filter(|stretch| stretch.len() >= SHORTEST_STRETCH_FRAMES)
        .filter_map(|stretch| kind_of_stretch(stretch))
        .filter(|&kind| kind != SoundKind::Music || long_enough_for_music)
        .collect();
    if (kinds.len() as f64) < SHARE_OF_OTHER_SOUND * stretches.len() as f64 {
        return None;
    }
    // Several kinds in one segment: the most frequent one names it.
    [SoundKind::Music, SoundKind::Tone, SoundKind::Noise]
        .into_iter()
        .map(|kind| (kinds.iter().filter(|&&other| other == kind).count(), kind))
        .filter(|&(count, _)| count > 0)
        .max_by_key(|&(count, _)| count)
        .map(|(_, kind)| kind)
}

fn kind_of_stretch(stretch: &[SeemingSpeech]) -> Option<SoundKind> {
    let quantile = |share: f32, value: fn(&SeemingSpeech) -> f32| {
        let mut values: Vec<f32> = stretch.iter().map(value).collect();
        values.sort_by(f32::total_cmp);
        values[((values.len() - 1) as f32 * share).round() as usize]
    };
    let energy: fn(&SeemingSpeech) -> f32 = |frame| frame.energy_db;
    // Speech over noise is flat in most frames, but never in all.
    if quantile(0.1, |frame| frame.shape.flatness) >= 0.25 {
        return Some(SoundKind::Noise);
    }
    // A hummed 嗯 is one line too, but swells and fades.
    let swell_db = quantile(0.75, energy) - quantile(0.25, energy);
    if quantile(0.5, |frame| frame.shape.in_two_lines) >= 0.985 && swell_db < 1.5 {
        return Some(SoundKind::Tone);
    }
    let lasts = quantile(0.5, |frame| frame.shape.likeness[0]) >= 0.88
        || quantile(0.5, |frame| frame.shape.likeness[1]) >= 0.85;
    lasts.then_some(SoundKind::Music)
}
