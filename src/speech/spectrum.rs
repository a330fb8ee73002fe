//! Tells tones, music and noise from speech by how their spectra look and last.
//!
//! The speech detector takes chords and swept tones for speech; what it took is looked at again
//! here. Thresholds were measured on the fixtures' speech and on synthetic telephone tones,
//! music and noise (see the tests); in doubt it is speech.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::audio::SAMPLE_RATE_HZ;
use crate::transcript::SoundKind;

/// Two frames of 256 samples: 31.25 Hz a bin.
const WINDOW: usize = 512;
/// The bins of the telephone band, 188 to 3,500 Hz.
const BAND: std::ops::Range<usize> = 6..112;
/// Half the width of a spectral line under the window, in bins.
const LINE_HALF_WIDTH: usize = 2;
/// A spectrum is compared with those of so many frames before: 96 and 192 ms.
const LAGS: [usize; 2] = [6, 12];

/// Points of an octave on the logarithmic axis on which spectra are compared when the pitch moves.
const POINTS_PER_OCTAVE: f32 = 24.0;
/// The pitch may move by so many points between the spectra that are compared: two semitones.
const MOST_BEND: usize = 4;

/// How a frame's spectrum looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SpectrumShape {
    /// Share of the power in the two strongest lines, 0 to 1.
    pub in_two_lines: f32,
    /// Geometric over arithmetic mean of the power, 0 (lines) to 1 (white).
    pub flatness: f32,
    /// Likeness to the spectra of [`LAGS`] frames before, 0 to 1 (cosine of the magnitudes).
    pub likeness: [f32; 2],
    /// The same, with the pitch free to have moved by up to [`MOST_BEND`].
    pub bent_likeness: [f32; 2],
    /// Frequencies of the strongest line and of the strongest of the rest, in Hz.
    pub lines_hz: [f32; 2],
    /// Power of the second line by that of the first.
    pub second_line: f32,
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
    /// The same on a logarithmic axis.
    earlier_bent: VecDeque<Vec<f32>>,
    /// Where the points of the logarithmic axis lie between the bins of the band.
    points: Vec<f32>,
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
            earlier_bent: VecDeque::with_capacity(LAGS[1]),
            points: logarithmic_points(),
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
        let bent = self.on_logarithmic_axis(&unit);
        let bent_likeness = LAGS.map(|lag| match self.earlier_bent.len().checked_sub(lag) {
            Some(at) => likeness_with_bend(&self.earlier_bent[at], &bent),
            None => 0.0,
        });
        for (earlier, latest) in [(&mut self.earlier, unit), (&mut self.earlier_bent, bent)] {
            if earlier.len() == LAGS[1] {
                earlier.pop_front();
            }
            earlier.push_back(latest);
        }
        let lines = two_lines(power);
        SpectrumShape {
            in_two_lines: (lines[0].power + lines[1].power) / total,
            flatness: mean_log.exp() / mean,
            likeness,
            bent_likeness,
            lines_hz: lines.map(|line| line.hz),
            second_line: lines[1].power / lines[0].power.max(1e-12),
        }
    }
}

impl SpectrumWatch {
    fn on_logarithmic_axis(&self, magnitudes: &[f32]) -> Vec<f32> {
        let at = self.points.iter().map(|&point| {
            let (bin, rest) = (point as usize, point.fract());
            magnitudes[bin] * (1.0 - rest) + magnitudes[bin + 1] * rest
        });
        at.collect()
    }
}

/// From the band's lowest bin to its highest, evenly on a logarithmic axis.
fn logarithmic_points() -> Vec<f32> {
    let (low, high) = (BAND.start as f32, (BAND.end - 1) as f32);
    let points = ((high / low).log2() * POINTS_PER_OCTAVE) as usize;
    (0..points)
        .map(|point| low * (point as f32 / POINTS_PER_OCTAVE).exp2() - low)
        .collect()
}

/// The greatest cosine of two spectra, one of them moved along the axis.
fn likeness_with_bend(earlier: &[f32], latest: &[f32]) -> f32 {
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-9)
    };
    let moved = (0..=MOST_BEND).flat_map(|by| {
        let rest = latest.len() - by;
        [
            cosine(&earlier[by..], &latest[..rest]),
            cosine(&earlier[..rest], &latest[by..]),
        ]
    });
    moved.fold(0.0, f32::max)
}

/// A spectral line.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    hz: f32,
    power: f32,
}

/// The strongest line and the strongest of the rest.
fn two_lines(mut power: Vec<f32>) -> [Line; 2] {
    let hz_per_bin = SAMPLE_RATE_HZ as f32 / WINDOW as f32;
    [(); 2].map(|()| {
        let peak = (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b]));
        let peak = peak.unwrap_or(0);
        let to = (peak + LINE_HALF_WIDTH + 1).min(power.len());
        let (mut sum, mut weighted) = (0.0, 0.0);
        let from = peak.saturating_sub(LINE_HALF_WIDTH);
        for (bin, value) in power[from..to].iter_mut().enumerate() {
            let value = std::mem::take(value);
            sum += value;
            weighted += value * (BAND.start + from + bin) as f32;
        }
        Line {
            hz: weighted / sum.max(1e-12) * hz_per_bin,
            power: sum,
        }
    })
}

/// A frame that was taken for speech.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeemingSpeech {
    pub energy_db: f32,
    pub shape: SpectrumShape,
}

/// Frames that are judged together: half a second.
pub(super) const STRETCH_FRAMES: usize = 31;
/// Less than this is too short for a judgement of its own.
pub(super) const SHORTEST_STRETCH_FRAMES: usize = 10;
/// Music is told only over this many stretches, because a long 嗯 looks like it.
pub(super) const STRETCHES_OF_MUSIC: usize = 3;
/// Music whose lines move is told only over this many: no breath of speech is so long and so even.
const STRETCHES_OF_BENDING_MUSIC: usize = 8;
/// Half of the frames of music are this much like those before, the pitch aside …
const BENT_LIKENESS_OF_MUSIC: f32 = 0.9;
/// … and nine of ten are less flat than this.
const FLATTEST_MUSIC: f32 = 0.04;
/// This share of a segment's stretches must sound like something else before it is dropped.
const SHARE_OF_OTHER_SOUND: f64 = 0.6;

/// What a segment is if it is not speech, by its frames that were taken for speech; `after_music`
/// when it goes on where music was cut.
pub(super) fn other_sound(frames: &[SeemingSpeech], after_music: bool) -> Option<SoundKind> {
    let mut stretches: Vec<&[SeemingSpeech]> = frames.chunks(STRETCH_FRAMES).collect();
    if stretches.len() > 1
        && stretches
            .last()
            .is_some_and(|last| last.len() < SHORTEST_STRETCH_FRAMES)
    {
        stretches.pop();
    }
    let may_bend = after_music || stretches.len() >= STRETCHES_OF_BENDING_MUSIC;
    let long_enough_for_music = after_music || stretches.len() >= STRETCHES_OF_MUSIC;
    let kinds: Vec<SoundKind> = stretches
        .iter()
        .filter(|stretch| stretch.len() >= SHORTEST_STRETCH_FRAMES)
        .filter_map(|stretch| kind_of_stretch(stretch, may_bend))
        .filter(|&kind| kind != SoundKind::HoldMusic || long_enough_for_music)
        .collect();
    if (kinds.len() as f64) < SHARE_OF_OTHER_SOUND * stretches.len() as f64 {
        return None;
    }
    // Several kinds in one segment: the most frequent one names it.
    [SoundKind::HoldMusic, SoundKind::Tone, SoundKind::Noise]
        .into_iter()
        .map(|kind| (kinds.iter().filter(|&&other| other == kind).count(), kind))
        .filter(|&(count, _)| count > 0)
        .max_by_key(|&(count, _)| count)
        .map(|(_, kind)| kind)
}

/// What half a second is, if it is not speech; `may_bend`: music may move its lines, which a
/// monotonous voice does too for a second or two.
pub(super) fn kind_of_stretch(stretch: &[SeemingSpeech], may_bend: bool) -> Option<SoundKind> {
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
    // Vibrato and glides move the lines but keep their pattern, and unlike speech have no hiss.
    let bends = may_bend
        && quantile(0.5, |frame| frame.shape.bent_likeness[0]) >= BENT_LIKENESS_OF_MUSIC
        && quantile(0.9, |frame| frame.shape.flatness) <= FLATTEST_MUSIC;
    (lasts || bends).then_some(SoundKind::HoldMusic)
}
