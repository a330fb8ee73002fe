//! GSM 06.10 full rate (ETSI EN 300 961, RPE-LTP), in the framing of WAV files: two frames of 260
//! bits in a block of 65 bytes, lowest bit first; 160 samples a frame.
//!
//! The arithmetic is the standard's own, in 16 bits with saturation, so that every decoder gives
//! the same bits. Names in brackets are those of the standard.

use super::{BlockDecoder, from_16_bits};
use crate::audio::wave::GSM_BLOCK_BYTES;

const FRAME_SAMPLES: usize = 160;
const SUBFRAMES: usize = 4;
const SUBFRAME_SAMPLES: usize = 40;
/// How far the long-term prediction looks back.
const HISTORY: usize = 120;
const PULSES: usize = 13;

/// Bits of each log area ratio [LARc].
const RATIO_BITS: [u32; 8] = [6, 6, 5, 5, 4, 4, 3, 3];
/// Offset [MIC], half of twice the bias [B], and inverse slope [INVA] of each ratio's code.
const RATIO_CODES: [(i16, i16, i16); 8] = [
    (-32, 0, 13_107),
    (-32, 0, 13_107),
    (-16, 2048, 13_107),
    (-16, -2560, 13_107),
    (-8, 94, 19_223),
    (-8, -1792, 17_476),
    (-4, -341, 31_454),
    (-4, -1144, 29_708),
];
/// Gains of the long-term prediction [QLB].
const GAINS: [i16; 4] = [3277, 11_469, 21_299, 32_767];
/// Normalised mantissas of a block's maximum [FAC].
const MANTISSAS: [i16; 8] = [
    18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767,
];
/// De-emphasis, 0.86.
const DE_EMPHASIS: i16 = 28_180;

/// One frame's parameters as they were sent.
struct Frame {
    ratios: [u8; 8],
    subframes: [Subframe; SUBFRAMES],
}

#[derive(Clone, Copy, Default)]
struct Subframe {
    /// [Nc]
    lag: u8,
    /// [bc]
    gain: u8,
    /// [Mc]
    grid: u8,
    /// [xmaxc]
    maximum: u8,
    /// [xMc]
    pulses: [u8; PULSES],
}

impl Frame {
    fn read(bits: &mut Bits<'_>) -> Frame {
        let ratios = RATIO_BITS.map(|width| bits.take(width));
        let mut subframes = [Subframe::default(); SUBFRAMES];
        for subframe in &mut subframes {
            subframe.lag = bits.take(7);
            subframe.gain = bits.take(2);
            subframe.grid = bits.take(2);
            subframe.maximum = bits.take(6);
            for pulse in &mut subframe.pulses {
                *pulse = bits.take(3);
            }
        }
        Frame { ratios, subframes }
    }
}

/// Takes bits from the lowest of the first byte on.
struct Bits<'b> {
    bytes: &'b [u8],
    next: usize,
}

impl Bits<'_> {
    fn take(&mut self, width: u32) -> u8 {
        (0..width).fold(0, |value, place| {
            let byte = self.bytes.get(self.next / 8).copied().unwrap_or(0);
            let bit = byte >> (self.next % 8) & 1;
            self.next += 1;
            value | bit << place
        })
    }
}

/// The decoder with what it remembers from frame to frame.
pub(in crate::audio) struct Gsm {
    /// The last 120 samples of the excitation, then the subframe's own.
    excitation: [i16; HISTORY + SUBFRAME_SAMPLES],
    /// The last lag that made sense [nrp].
    lag: usize,
    /// The previous frame's ratios [LARpp].
    ratios: [i16; 8],
    /// The lattice's memory [v].
    lattice: [i16; 9],
    /// The de-emphasis' memory [msr].
    emphasis: i16,
}

impl Default for Gsm {
    fn default() -> Gsm {
        Gsm {
            excitation: [0; HISTORY + SUBFRAME_SAMPLES],
            lag: 40,
            ratios: [0; 8],
            lattice: [0; 9],
            emphasis: 0,
        }
    }
}

impl Gsm {
    /// The 320 samples of a block.
    pub(super) fn block(&mut self, block: &[u8]) -> [i16; 2 * FRAME_SAMPLES] {
        let mut bits = Bits {
            bytes: block,
            next: 0,
        };
        let mut samples = [0; 2 * FRAME_SAMPLES];
        for frame in samples.chunks_exact_mut(FRAME_SAMPLES) {
            self.frame(&Frame::read(&mut bits), frame);
        }
        samples
    }

    fn frame(&mut self, frame: &Frame, samples: &mut [i16]) {
        let subframes = samples.chunks_exact_mut(SUBFRAME_SAMPLES);
        for (subframe, residual) in frame.subframes.iter().zip(subframes) {
            self.long_term(subframe, residual);
        }
        self.short_term(&frame.ratios, samples);
        for sample in samples {
            self.emphasis = sample.saturating_add(product(self.emphasis, DE_EMPHASIS));
            *sample = self.emphasis.saturating_add(self.emphasis) & !7;
        }
    }

    /// Pulses and their repetition by the voice's pitch (4.3.1 and 4.3.2).
    fn long_term(&mut self, subframe: &Subframe, residual: &mut [i16]) {
        let pulses = pulses(subframe);
        let lag = usize::from(subframe.lag);
        if (SUBFRAME_SAMPLES..=HISTORY).contains(&lag) {
            self.lag = lag;
        }
        let gain = GAINS[usize::from(subframe.gain)];
        for (place, pulse) in pulses.into_iter().enumerate() {
            let before = self.excitation[HISTORY + place - self.lag];
            self.excitation[HISTORY + place] = pulse.saturating_add(product(gain, before));
        }
        residual.copy_from_slice(&self.excitation[HISTORY..]);
        self.excitation.copy_within(SUBFRAME_SAMPLES.., 0);
    }

    /// The shape of mouth and throat (4.3.3): a lattice filter whose coefficients move from the
    /// previous frame's to this one's in four steps.
    fn short_term(&mut self, codes: &[u8; 8], samples: &mut [i16]) {
        let mut ratios = [0; 8];
        for ((ratio, code), (offset, bias, slope)) in ratios.iter_mut().zip(codes).zip(RATIO_CODES)
        {
            let coded = (i16::from(*code) + offset) << 10;
            let half = product(slope, coded.saturating_sub(bias << 1));
            *ratio = half.saturating_add(half);
        }
        let previous = std::mem::replace(&mut self.ratios, ratios);
        let mix = |weigh: &dyn Fn(i16, i16) -> i16| {
            let mut mixed = [0; 8];
            for ((mixed, before), now) in mixed.iter_mut().zip(previous).zip(ratios) {
                *mixed = reflection(weigh(before, now));
            }
            mixed
        };
        let quarters = |before: i16, now: i16| (before >> 2).saturating_add(now >> 2);
        let steps = [
            (
                0..13,
                mix(&|before, now| quarters(before, now).saturating_add(before >> 1)),
            ),
            (
                13..27,
                mix(&|before, now| (before >> 1).saturating_add(now >> 1)),
            ),
            (
                27..40,
                mix(&|before, now| quarters(before, now).saturating_add(now >> 1)),
            ),
            (40..FRAME_SAMPLES, mix(&|_, now| now)),
        ];
        for (range, reflections) in steps {
            self.lattice_filter(&reflections, &mut samples[range]);
        }
    }

    fn lattice_filter(&mut self, reflections: &[i16; 8], samples: &mut [i16]) {
        for sample in samples {
            let mut value = *sample;
            for (place, &reflection) in reflections.iter().enumerate().rev() {
                value = value.saturating_sub(product(reflection, self.lattice[place]));
                self.lattice[place + 1] =
                    self.lattice[place].saturating_add(product(reflection, value));
            }
            self.lattice[0] = value;
            *sample = value;
        }
    }
}

/// The subframe's thirteen pulses at their places (4.2.16 and 4.2.17).
fn pulses(subframe: &Subframe) -> [i16; SUBFRAME_SAMPLES] {
    let (exponent, mantissa) = exponent_and_mantissa(subframe.maximum);
    let shift = 6 - exponent;
    let rounding = if shift > 0 { 1 << (shift - 1) } else { 0 };
    let mut placed = [0; SUBFRAME_SAMPLES];
    for (number, pulse) in subframe.pulses.iter().enumerate() {
        let level = (i16::from(*pulse) * 2 - 7) << 12;
        let scaled = product(MANTISSAS[mantissa], level);
        placed[usize::from(subframe.grid) + 3 * number] = scaled.saturating_add(rounding) >> shift;
    }
    placed
}

/// 4.2.15; the exponent is −4 to 6, the mantissa 0 to 7.
fn exponent_and_mantissa(maximum: u8) -> (i16, usize) {
    let coded = i16::from(maximum);
    let mut exponent = if coded > 15 { (coded >> 3) - 1 } else { 0 };
    let mut mantissa = coded - (exponent << 3);
    if mantissa == 0 {
        return (-4, 7);
    }
    while mantissa <= 7 {
        mantissa = mantissa << 1 | 1;
        exponent -= 1;
    }
    (exponent, mantissa as usize - 8)
}

/// A log area ratio's reflection coefficient (4.2.9.2).
fn reflection(ratio: i16) -> i16 {
    let size = ratio.saturating_abs();
    let coefficient = match size {
        ..11_059 => size << 1,
        11_059..20_070 => size + 11_059,
        _ => (size >> 2).saturating_add(26_112),
    };
    if ratio < 0 { -coefficient } else { coefficient }
}

/// The product of two fractions, rounded [mult_r].
fn product(a: i16, b: i16) -> i16 {
    let product = (i32::from(a) * i32::from(b) + 16_384) >> 15;
    product.min(i32::from(i16::MAX)) as i16
}

impl BlockDecoder for Gsm {
    fn block_bytes(&self) -> usize {
        usize::from(GSM_BLOCK_BYTES)
    }

    fn block_frames(&self) -> usize {
        2 * FRAME_SAMPLES
    }

    fn decode(&mut self, block: &[u8], channels: &mut [Vec<f32>]) {
        channels[0].extend(self.block(block).map(from_16_bits));
    }
}
