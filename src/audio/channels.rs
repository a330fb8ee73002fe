//! What is wrong with a recording's channels, from the sound alone and while it streams by.
//!
//! Owns the measurements (sums only: memory does not grow with length) and what they mean for the
//! channels; who speaks on which is decided elsewhere, and never before this was asked.

use serde::{Deserialize, Serialize};

use super::SAMPLE_RATE_HZ;

/// Levels and likeness are measured over stretches of a second.
const STRETCH_SAMPLES: usize = SAMPLE_RATE_HZ as usize;
/// A channel that is never louder than this (dB of full scale, mean power of a second) is dead:
/// the quietest step of mu-law is at −72.
const DEAD_DB: f64 = -70.0;
/// A channel that is never louder than this is too quiet to be heard reliably.
const QUIET_DB: f64 = -46.0;
/// Likeness of two channels (correlation, the sign aside) from which they hold the same signal …
const SAME_SIGNAL: f64 = 0.95;
/// … unless one is so much fainter: then it only leaks over.
const SAME_LEVEL_DB: f64 = 10.0;
/// A stretch in which one channel is a fainter copy of the other.
const LEAK_LIKENESS: f64 = 0.9;
/// A leak is told from this level on, relative to the voice on its own channel …
const LEAK_WORTH_TELLING_DB: f64 = -40.0;
/// … when it was heard for so many seconds.
const LEAK_SECONDS: u32 = 3;
/// Mean of the samples (of full scale) that is an offset: −34 dB.
const OFFSET: f64 = 0.02;
/// Steps of the histogram of sample sizes.
const STEPS: usize = 200;
/// Share of all samples that lie at the very top of a clipped channel.
const CLIPPED_SHARE: f64 = 0.000_5;
/// A tone has no more at its top, by what lies below, than so many times what is reckoned.
const MORE_THAN_A_TONE: f64 = 1.1;
/// Under this peak (of full scale) nothing is called clipped.
const LOWEST_CLIPPED_PEAK: f64 = 0.1;

/// What is wrong with the channels. Channels are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum ChannelFault {
    /// All channels hold the same signal; `inverted`: with the opposite sign.
    DualMono { inverted: bool },
    /// There is nothing on it.
    Dead { channel: usize },
    /// Never louder than `level_db` (dB of full scale, mean power of a second).
    VeryQuiet { channel: usize, level_db: f64 },
    /// `share` (0 to 1) of its samples lie at the limit.
    Clipped { channel: usize, share: f64 },
    /// The samples' mean is `offset` (of full scale) instead of 0; it was taken off.
    Offset { channel: usize, offset: f64 },
    /// The voice on channel `from` is heard on channel `to`, `level_db` relative to `from`.
    CrossTalk {
        from: usize,
        to: usize,
        level_db: f64,
    },
}

/// Measures the channels of one recording.
#[derive(Debug)]
pub struct ChannelWatch {
    channels: Vec<ChannelSums>,
    /// Channel 0 with each further channel.
    pairs: Vec<PairSums>,
    /// Frames of the stretch that is being measured.
    frames: usize,
}

#[derive(Clone, Debug)]
struct ChannelSums {
    /// Takes the offset away.
    filter: OffsetFilter,
    samples: u64,
    sum: f64,
    sizes: Vec<u64>,
    /// Squares of the stretch.
    power: f64,
    loudest: f64,
}

#[derive(Clone, Debug, Default)]
struct PairSums {
    /// Product of the stretch.
    product: f64,
    /// Sums over stretches, each stretch scaled to the louder channel's power.
    products: f64,
    powers: [f64; 2],
    /// Leaks from the first to the second channel and back: seconds and levels in dB.
    leaks: [(u32, f64); 2],
}

impl ChannelWatch {
    pub fn new(channels: usize) -> ChannelWatch {
        let channel = ChannelSums {
            filter: OffsetFilter::default(),
            samples: 0,
            sum: 0.0,
            sizes: vec![0; STEPS + 1],
            power: 0.0,
            loudest: 0.0,
        };
        ChannelWatch {
            channels: vec![channel; channels],
            pairs: vec![PairSums::default(); channels.saturating_sub(1)],
            frames: 0,
        }
    }

    /// Measures the next block (one vector per channel, equally long, −1 to 1) and takes the
    /// offset off it.
    pub fn hear(&mut self, block: &mut [Vec<f32>]) {
        for (channel, samples) in self.channels.iter_mut().zip(block.iter_mut()) {
            channel.hear(samples);
        }
        let frames = block.first().map_or(0, Vec::len);
        let mut from = 0;
        while from < frames {
            let to = frames.min(from + STRETCH_SAMPLES - self.frames);
            for (channel, samples) in self.channels.iter_mut().zip(block.iter()) {
                channel.power += product(&samples[from..to], &samples[from..to]);
            }
            for (pair, samples) in self.pairs.iter_mut().zip(block.iter().skip(1)) {
                pair.product += product(&block[0][from..to], &samples[from..to]);
            }
            self.frames += to - from;
            from = to;
            if self.frames == STRETCH_SAMPLES {
                self.end_stretch();
            }
        }
    }

    /// Whether both sides may share one channel, as far as was heard: there is only one, all hold
    /// the same signal, or all but one are dead.
    pub fn may_be_one(&self) -> bool {
        let alive = |channel: &&ChannelSums| decibels(channel.loudest) >= DEAD_DB;
        self.channels.iter().filter(alive).count() <= 1
            || self.pairs.iter().all(|pair| pair.same_signal().is_some())
    }

    /// What is wrong, after the last block; nothing with a recording of no length.
    pub fn faults(mut self) -> Vec<ChannelFault> {
        if self.frames > STRETCH_SAMPLES / 4 {
            self.end_stretch();
        }
        let dual_mono = self.dual_mono();
        let mut faults: Vec<ChannelFault> = dual_mono.into_iter().collect();
        for (channel, sums) in self.channels.iter().enumerate() {
            if dual_mono.is_none() || channel == 0 {
                faults.extend(sums.faults(channel));
            }
        }
        if dual_mono.is_none() {
            for (index, pair) in self.pairs.iter().enumerate() {
                faults.extend(pair.leaks(index + 1));
            }
        }
        faults
    }

    fn end_stretch(&mut self) {
        let frames = self.frames as f64;
        let powers: Vec<f64> = self.channels.iter().map(|c| c.power / frames).collect();
        for (channel, power) in self.channels.iter_mut().zip(&powers) {
            channel.loudest = channel.loudest.max(*power);
            channel.power = 0.0;
        }
        for (pair, &power) in self.pairs.iter_mut().zip(&powers[1..]) {
            pair.end_stretch([powers[0], power], frames);
        }
        self.frames = 0;
    }

    /// Whether all channels hold one signal.
    fn dual_mono(&self) -> Option<ChannelFault> {
        let alike: Option<Vec<f64>> = self.pairs.iter().map(PairSums::same_signal).collect();
        let alike = alike.filter(|alike| !alike.is_empty())?;
        Some(ChannelFault::DualMono {
            inverted: alike.iter().any(|&likeness| likeness < 0.0),
        })
    }
}

impl ChannelSums {
    fn hear(&mut self, samples: &mut [f32]) {
        self.samples += samples.len() as u64;
        for sample in samples.iter() {
            self.sum += f64::from(*sample);
            let size = (sample.abs() * STEPS as f32) as usize;
            self.sizes[size.min(STEPS)] += 1;
        }
        self.filter.take_off(samples);
    }

    fn faults(&self, channel: usize) -> Vec<ChannelFault> {
        let level_db = decibels(self.loudest);
        let offset = self.sum / self.samples.max(1) as f64;
        if self.samples == 0 {
            return Vec::new();
        }
        if level_db < DEAD_DB {
            return vec![ChannelFault::Dead { channel }];
        }
        let mut faults = Vec::new();
        if level_db < QUIET_DB {
            faults.push(ChannelFault::VeryQuiet { channel, level_db });
        }
        if let Some(share) = self.clipped() {
            faults.push(ChannelFault::Clipped { channel, share });
        }
        if offset.abs() >= OFFSET {
            faults.push(ChannelFault::Offset { channel, offset });
        }
        faults
    }

    /// Share of samples at the limit. Sizes of natural sound get rarer towards the largest;
    /// where they pile up at the top instead, more than those of a pure tone do, it was cut off there.
    fn clipped(&self) -> Option<f64> {
        let peak = self.sizes.iter().rposition(|&count| count > 0)?;
        let at = |share: f64| (peak as f64 * share).ceil() as usize;
        let between = |from: f64, to: f64| -> u64 {
            self.sizes[at(from)..at(to).min(STEPS + 1)].iter().sum()
        };
        let (top, below) = (between(0.95, 1.1), between(0.8, 0.95));
        let share = top as f64 / self.samples as f64;
        // A tone whose amplitude lies at the upper end of the highest step.
        let tone_above = |share: f64| (at(share) as f64 / (peak as f64 + 1.0)).acos();
        let of_tone = tone_above(0.95) / (tone_above(0.8) - tone_above(0.95));
        let piled_up =
            top as f64 > MORE_THAN_A_TONE * of_tone * below as f64 && share >= CLIPPED_SHARE;
        (piled_up && peak as f64 >= LOWEST_CLIPPED_PEAK * STEPS as f64).then_some(share)
    }
}

impl PairSums {
    fn end_stretch(&mut self, powers: [f64; 2], frames: f64) {
        let product = self.product / frames;
        self.product = 0.0;
        let louder = powers[0].max(powers[1]);
        if decibels(louder) < DEAD_DB {
            return;
        }
        self.products += product / louder;
        for (sum, power) in self.powers.iter_mut().zip(powers) {
            *sum += power / louder;
        }
        let likeness = product.abs() / (powers[0] * powers[1]).sqrt().max(1e-12);
        let level_db = decibels(powers[1]) - decibels(powers[0]);
        if likeness >= LEAK_LIKENESS && level_db.abs() > 3.0 {
            let direction = usize::from(level_db > 0.0);
            self.leaks[direction].0 += 1;
            self.leaks[direction].1 -= level_db.abs();
        }
    }

    /// The likeness (−1 to 1) of two channels that hold the same signal.
    fn same_signal(&self) -> Option<f64> {
        let [first, second] = self.powers;
        let likeness = self.products / (first * second).sqrt().max(1e-12);
        let level_db = (decibels(first) - decibels(second)).abs();
        (likeness.abs() >= SAME_SIGNAL && level_db <= SAME_LEVEL_DB).then_some(likeness)
    }

    fn leaks(&self, other: usize) -> Vec<ChannelFault> {
        let ends = [(0, other), (other, 0)];
        let told = self
            .leaks
            .iter()
            .zip(ends)
            .filter_map(|(leak, (from, to))| {
                let &(seconds, levels_db) = leak;
                let level_db = levels_db / f64::from(seconds.max(1));
                (seconds >= LEAK_SECONDS && level_db >= LEAK_WORTH_TELLING_DB)
                    .then_some(ChannelFault::CrossTalk { from, to, level_db })
            });
        told.collect()
    }
}

/// Takes a constant offset off a channel: a high-pass of first order at 13 Hz.
#[derive(Clone, Debug, Default)]
struct OffsetFilter {
    before: Option<f32>,
    given: f32,
}

impl OffsetFilter {
    fn take_off(&mut self, samples: &mut [f32]) {
        for sample in samples {
            // The first sample counts as the offset, so that nothing begins with a thump.
            let before = self.before.replace(*sample).unwrap_or(*sample);
            self.given = *sample - before + 0.995 * self.given;
            *sample = self.given.clamp(-1.0, 1.0);
        }
    }
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
}

fn decibels(power: f64) -> f64 {
    10.0 * (power + 1e-12).log10()
}
