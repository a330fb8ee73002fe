//! PCM with the highest byte first, as AU files have it.

use super::BlockDecoder;

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audio) enum BigEndianSample {
    /// Signed whole numbers of so many bytes, 1 to 4.
    Integer(usize),
    Float32,
    Float64,
}

impl BigEndianSample {
    pub fn bytes(self) -> usize {
        match self {
            BigEndianSample::Integer(bytes) => bytes,
            BigEndianSample::Float32 => 4,
            BigEndianSample::Float64 => 8,
        }
    }

    fn value(self, bytes: &[u8]) -> f32 {
        match self {
            BigEndianSample::Integer(_) => {
                // Put into the top of 32 bits, every width has the same full scale.
                let mut top = [0; 4];
                top[..bytes.len()].copy_from_slice(bytes);
                i32::from_be_bytes(top) as f32 / 2_147_483_648.0
            }
            BigEndianSample::Float32 => bytes.try_into().map_or(0.0, f32::from_be_bytes),
            BigEndianSample::Float64 => bytes.try_into().map_or(0.0, f64::from_be_bytes) as f32,
        }
    }
}

/// Interleaved samples of `channels` channels.
pub(in crate::audio) struct BigEndianPcm {
    pub sample: BigEndianSample,
    pub channels: usize,
}

impl BlockDecoder for BigEndianPcm {
    fn block_bytes(&self) -> usize {
        self.sample.bytes() * self.channels
    }

    fn block_frames(&self) -> usize {
        1
    }

    fn decode(&mut self, block: &[u8], channels: &mut [Vec<f32>]) {
        let samples = block.chunks_exact(self.sample.bytes());
        for (channel, bytes) in channels.iter_mut().zip(samples) {
            channel.push(self.sample.value(bytes));
        }
    }
}
