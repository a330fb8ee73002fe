//! Decoders for telephone codecs that no trustworthy crate decodes. Each is small, exactly
//! specified, and held against another decoder's output bit for bit (`tests.rs`).

mod big_endian;
mod g726;
mod gsm;
mod oki;
#[cfg(test)]
mod tests;

pub(super) use big_endian::{BigEndianPcm, BigEndianSample};
pub(super) use g726::{BitOrder, G726};
pub(super) use gsm::Gsm;
pub(super) use oki::Oki;

/// Turns blocks of bytes into samples.
pub(super) trait BlockDecoder: Send {
    /// Bytes of the smallest piece that can be decoded alone.
    fn block_bytes(&self) -> usize;

    /// Frames that a block gives.
    fn block_frames(&self) -> usize;

    /// Decodes one block of `block_bytes` and appends the frames (−1 to 1, but for float PCM) to
    /// every channel.
    fn decode(&mut self, block: &[u8], channels: &mut [Vec<f32>]);
}

/// A 16-bit sample between −1 and 1.
fn from_16_bits(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}
