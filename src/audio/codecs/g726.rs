//! G.726 (ITU-T G.726, with G.721 and G.723 in it): adaptive differential PCM of 16, 24, 32 or
//! 40 kbit/s.
//!
//! The arithmetic is the recommendation's own, block by block (names in brackets), so that every
//! decoder gives the same bits.

use super::{BlockDecoder, from_16_bits};

/// Where a byte's first sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audio) enum BitOrder {
    /// In its highest bits, as in WAV files.
    HighestFirst,
    /// In its lowest bits, as in AU files and RTP.
    LowestFirst,
}

/// What a code means, by its size (the sign left out): level [DQLN], scale factor multiplier [WI],
/// speed [FI].
struct Quantiser {
    levels: &'static [i32],
    multipliers: &'static [i32],
    speeds: &'static [i32],
}

const QUANTISERS: [Quantiser; 4] = [
    Quantiser {
        levels: &[116, 365],
        multipliers: &[-704, 14_048],
        speeds: &[0, 0xe00],
    },
    Quantiser {
        levels: &[-2048, 135, 273, 373],
        multipliers: &[-128, 960, 4384, 18_624],
        speeds: &[0, 0x200, 0x400, 0xe00],
    },
    Quantiser {
        levels: &[-2048, 4, 135, 213, 273, 323, 373, 425],
        multipliers: &[-384, 576, 1312, 2048, 3584, 6336, 11_360, 35_904],
        speeds: &[0, 0, 0, 0x200, 0x200, 0x200, 0x600, 0xe00],
    },
    Quantiser {
        levels: &[
            -2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566,
        ],
        multipliers: &[
            448, 448, 768, 1248, 1280, 1312, 1856, 3200, 4512, 5728, 7008, 8960, 11_456, 14_080,
            16_928, 22_272,
        ],
        speeds: &[
            0, 0, 0, 0, 0, 0x200, 0x200, 0x200, 0x200, 0x200, 0x400, 0x600, 0x800, 0xa00, 0xc00,
            0xc00,
        ],
    },
];

/// The recommendation's floating-point number of eleven bits: sign, exponent, six bits of mantissa.
#[derive(Clone, Copy)]
struct Float11 {
    negative: bool,
    exponent: i32,
    mantissa: i32,
}

impl Float11 {
    const ZERO: Float11 = Float11 {
        negative: false,
        exponent: 0,
        mantissa: 32,
    };

    /// [FLOATA, FLOATB]; the size has at most 15 bits.
    fn new(negative: bool, size: i32) -> Float11 {
        let exponent = bit_length(size);
        Float11 {
            negative,
            exponent,
            mantissa: if size == 0 {
                32
            } else {
                (size << 6) >> exponent
            },
        }
    }

    /// The product with a predictor's coefficient [FMULT].
    fn times(self, coefficient: i32) -> i32 {
        let coefficient = coefficient >> 2;
        let negative = coefficient < 0;
        let size = if negative {
            -coefficient & 0x1fff
        } else {
            coefficient
        };
        let factor = Float11::new(negative, size);
        let exponent = factor.exponent + self.exponent - 19;
        let mantissa = (factor.mantissa * self.mantissa + 48) >> 4;
        let product = if exponent >= 0 {
            mantissa << exponent & 0x7fff
        } else {
            mantissa >> -exponent.max(-31)
        };
        if negative == self.negative {
            product
        } else {
            -product
        }
    }
}

fn bit_length(size: i32) -> i32 {
    (32 - size.leading_zeros() as i32).min(15)
}

pub(in crate::audio) struct G726 {
    bits: u32,
    order: BitOrder,
    /// Slow and fast scale factor [YL, YU].
    slow_scale: i32,
    fast_scale: i32,
    /// Short-term and long-term mean of the speed [DMS, DML].
    short_mean: i32,
    long_mean: i32,
    /// [AP]
    speed: i32,
    /// Coefficients [A1, A2] and [B1 … B6], newest first.
    poles: [i32; 2],
    zeros: [i32; 6],
    /// Signs of the last partial signals, true for negative [PK].
    signs: [bool; 2],
    /// The last differences and reconstructed samples.
    differences: [Float11; 6],
    reconstructed: [Float11; 2],
    /// A tone of a modem or dial was heard [TD].
    tone: bool,
    /// ffmpeg rounds once where the recommendation rounds twice, and lets 40 kbit/s forget faster;
    /// with both, tests hold everything else against it bit for bit.
    #[cfg(test)]
    pub(super) like_ffmpeg: bool,
}

impl G726 {
    /// `bits` a sample: 2 to 5.
    pub fn new(bits: u32, order: BitOrder) -> G726 {
        G726 {
            bits: bits.clamp(2, 5),
            order,
            slow_scale: 34_816,
            fast_scale: 544,
            short_mean: 0,
            long_mean: 0,
            speed: 0,
            poles: [0; 2],
            zeros: [0; 6],
            signs: [false; 2],
            differences: [Float11::ZERO; 6],
            reconstructed: [Float11::ZERO; 2],
            tone: false,
            #[cfg(test)]
            like_ffmpeg: false,
        }
    }

    /// The eight samples of `bits` bytes, with 16 bits each.
    pub(super) fn eight(&mut self, block: &[u8]) -> [i16; 8] {
        let bits = self.bits as usize;
        let whole = block.iter().take(bits).enumerate();
        let codes = match self.order {
            BitOrder::HighestFirst => {
                whole.fold(0u64, |codes, (_, &byte)| codes << 8 | u64::from(byte))
            }
            BitOrder::LowestFirst => whole.fold(0u64, |codes, (place, &byte)| {
                codes | u64::from(byte) << (8 * place)
            }),
        };
        std::array::from_fn(|number| {
            let shift = match self.order {
                BitOrder::HighestFirst => bits * (7 - number),
                BitOrder::LowestFirst => bits * number,
            };
            self.sample((codes >> shift) as u32 & ((1 << bits) - 1))
        })
    }

    /// Decodes one code.
    fn sample(&mut self, code: u32) -> i16 {
        let negative = code >> (self.bits - 1) != 0;
        // Negative codes count down from the sign bit.
        let size = if negative {
            ((1 << self.bits) - 1 - code) as usize
        } else {
            code as usize
        };
        let quantiser = &QUANTISERS[self.bits as usize - 2];
        let from_zeros: i32 = (self.differences.iter().zip(self.zeros))
            .map(|(difference, coefficient)| difference.times(coefficient))
            .sum();
        let from_poles: i32 = (self.reconstructed.iter().zip(self.poles))
            .map(|(sample, coefficient)| sample.times(coefficient))
            .sum();
        let estimate = (from_zeros + from_poles) >> 1;
        let scale = self.scale();
        let difference = difference(quantiser.levels[size], scale);
        let signed = if negative { -difference } else { difference };
        // Sixteen bits, as in the recommendation: nothing that an encoder writes goes beyond.
        let sample = (estimate + signed).clamp(-32_768, 32_767);
        let partial = sample - estimate + (from_zeros >> 1);

        let transition = self.is_transition(difference);
        self.adapt_scale(scale, quantiser.multipliers[size]);
        let second_pole = self.adapt_predictor(transition, partial, negative, difference);
        self.remember(negative, difference, sample, partial < 0);
        self.tone = !transition && second_pole < -11_776;
        self.adapt_speed(transition, scale, quantiser.speeds[size]);
        (sample << 2).clamp(-32_768, 32_767) as i16
    }

    /// The scale factor of the quantiser [LIMA, MIX].
    fn scale(&self) -> i32 {
        if self.speed >= 256 {
            return self.fast_scale;
        }
        let slow = self.slow_scale >> 6;
        let apart = self.fast_scale - slow;
        let weight = self.speed >> 2;
        #[cfg(test)]
        if self.like_ffmpeg {
            return (self.slow_scale + apart * weight) >> 6;
        }
        let rounding = if apart < 0 { 63 } else { 0 };
        slow + ((apart * weight + rounding) >> 6)
    }

    /// Whether a modem's signal changes [TRANS].
    fn is_transition(&self, difference: i32) -> bool {
        let (exponent, fraction) = (self.slow_scale >> 15, self.slow_scale >> 10 & 31);
        let threshold = if exponent > 9 {
            31 << 10
        } else {
            (32 + fraction) << exponent
        };
        self.tone && difference > (threshold + (threshold >> 1)) >> 1
    }

    /// [FUNCTW, FILTD, LIMB, FILTE]
    fn adapt_scale(&mut self, scale: i32, multiplier: i32) {
        self.fast_scale = (scale + ((multiplier - scale) >> 5)).clamp(544, 5120);
        self.slow_scale += self.fast_scale + (-self.slow_scale >> 6);
    }

    /// The coefficients of both predictors; the new second pole before a transition clears it.
    fn adapt_predictor(
        &mut self,
        transition: bool,
        partial: i32,
        negative: bool,
        difference: i32,
    ) -> i32 {
        if transition {
            (self.poles, self.zeros) = ([0; 2], [0; 6]);
            return 0;
        }
        let sign = partial < 0;
        let [first_differs, second_differs] = self.signs.map(|before| before != sign);
        let mut second = self.poles[1] - (self.poles[1] >> 7);
        if partial != 0 {
            // [UPA2, LIMC]
            let first = if first_differs {
                self.poles[0]
            } else {
                -self.poles[0]
            };
            second += match first {
                ..-8191 => -256,
                8192.. => 255,
                _ => first >> 5,
            };
            second += if second_differs { -128 } else { 128 };
            second = second.clamp(-12_288, 12_288);
        }
        self.poles[1] = second;
        // [UPA1, LIMD]
        self.poles[0] -= self.poles[0] >> 8;
        if partial != 0 {
            self.poles[0] += if first_differs { -192 } else { 192 };
        }
        let limit = 15_360 - second;
        self.poles[0] = self.poles[0].clamp(-limit, limit);
        // [XOR, UPB]
        let leak = if self.bits == 5 { 9 } else { 8 };
        #[cfg(test)]
        let leak = if self.like_ffmpeg { 8 } else { leak };
        for (coefficient, before) in self.zeros.iter_mut().zip(&self.differences) {
            *coefficient -= *coefficient >> leak;
            if difference != 0 {
                *coefficient += if before.negative == negative {
                    128
                } else {
                    -128
                };
            }
        }
        second
    }

    fn remember(&mut self, negative: bool, difference: i32, sample: i32, sign: bool) {
        self.differences.rotate_right(1);
        self.differences[0] = Float11::new(negative, difference);
        self.reconstructed[1] = self.reconstructed[0];
        self.reconstructed[0] = Float11::new(sample < 0, sample.abs().min(32_767));
        self.signs = [sign, self.signs[0]];
    }

    /// How fast the quantiser adapts: fast for speech, slow for tones [FUNCTF … FILTC, TRIGA].
    fn adapt_speed(&mut self, transition: bool, scale: i32, speed: i32) {
        self.short_mean += (speed - self.short_mean) >> 5;
        self.long_mean += ((speed << 2) - self.long_mean) >> 7;
        let apart = ((self.short_mean << 2) - self.long_mean).abs();
        self.speed = if transition {
            256
        } else if scale < 1536 || self.tone || apart >= self.long_mean >> 3 {
            self.speed + ((512 - self.speed) >> 4)
        } else {
            self.speed + (-self.speed >> 4)
        };
    }
}

/// The size of a difference from its logarithm [ADDA, ANTILOG].
fn difference(level: i32, scale: i32) -> i32 {
    let logarithm = level + (scale >> 2);
    if logarithm < 0 {
        return 0;
    }
    let (exponent, fraction) = (logarithm >> 7 & 15, logarithm & 127);
    ((128 + fraction) << 7) >> (14 - exponent).max(0)
}

impl BlockDecoder for G726 {
    fn block_bytes(&self) -> usize {
        self.bits as usize
    }

    fn block_frames(&self) -> usize {
        8
    }

    fn decode(&mut self, block: &[u8], channels: &mut [Vec<f32>]) {
        channels[0].extend(self.eight(block).map(from_16_bits));
    }
}
