//! Dialogic ADPCM (OKI MSM6258): four bits a sample, twelve bits of sound, the first sample of a
//! byte in its upper half.

use super::{BlockDecoder, from_16_bits};

const STEPS: [i32; 49] = [
    16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130,
    143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796,
    876, 963, 1060, 1166, 1282, 1411, 1552,
];
const STEP_CHANGES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

#[derive(Default)]
pub(in crate::audio) struct Oki {
    /// −2048 to 2047.
    sample: i32,
    step: i32,
}

impl Oki {
    /// The next sample, with 16 bits.
    pub(super) fn sample(&mut self, code: u8) -> i16 {
        let magnitude = i32::from(code & 7);
        let change = (STEPS[self.step as usize] * (2 * magnitude + 1)) >> 3;
        let change = if code & 8 == 0 { change } else { -change };
        self.sample = (self.sample + change).clamp(-2048, 2047);
        let last = STEPS.len() as i32 - 1;
        self.step = (self.step + STEP_CHANGES[magnitude as usize]).clamp(0, last);
        (self.sample << 4) as i16
    }
}

impl BlockDecoder for Oki {
    fn block_bytes(&self) -> usize {
        1
    }

    fn block_frames(&self) -> usize {
        2
    }

    fn decode(&mut self, block: &[u8], channels: &mut [Vec<f32>]) {
        for byte in block {
            for code in [byte >> 4, byte & 15] {
                let sample = from_16_bits(self.sample(code));
                channels[0].push(sample);
            }
        }
    }
}
