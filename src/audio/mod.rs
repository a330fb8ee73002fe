//! From a recording of any kind to 16 kHz samples per channel, block by block.
//!
//! Owns what a file says about itself and whether to believe it, decoding, resampling, and what is
//! wrong with the channels. Knows nothing of who speaks on which.

mod channels;
mod error;
mod mp4_edit;
mod packets;
mod pcm;
mod recognise;
mod resample;
mod trim;
mod wave;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

pub use channels::{ChannelFault, ChannelWatch};
pub use error::{AudioError, AudioFault, Damage, LimitedQuantity, MAX_CHANNELS, SAMPLE_RATES_HZ};
pub use recognise::FileKind;

use crate::time::Millis;
use packets::Packets;
use pcm::Pcm;
use recognise::Recognised;
use resample::Resampler;
use wave::{WaveCodec, WaveHeader};

/// The sample rate of everything behind this module.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// No block is longer than a second.
const MAX_BLOCK_FRAMES: usize = SAMPLE_RATE_HZ as usize;

/// What a recording is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFacts {
    /// `WAV`, `MP3`, `FLAC`, `Ogg` …
    pub container: String,
    /// `PCM`, `float`, `A-law`, `mu-law`, `MP3` …
    pub codec: String,
    /// The file's own rate, before resampling.
    pub sample_rate_hz: u32,
    pub channels: u16,
    /// Bits per sample, where the codec has such a thing.
    pub bits: Option<u32>,
}

/// Reads one recording from its start to its end.
///
/// Memory does not grow with the recording's length.
pub struct AudioReader {
    path: PathBuf,
    facts: AudioFacts,
    source: Source,
    resampler: Resampler,
    decoded: Vec<Vec<f32>>,
    ready: Vec<Vec<f32>>,
    frames_given: u64,
    progress: Progress,
}

/// Decoders of the two families.
enum Source {
    Pcm(Box<Pcm>),
    Packets(Box<Packets>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Decoding,
    /// Everything is decoded; some blocks may still be ready.
    Decoded,
    Failed,
}

impl AudioReader {
    /// Opens a recording, whatever its extension says, and decodes its very beginning.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, is no recording, is damaged at its start, or has
    /// more channels or another sample rate than [`MAX_CHANNELS`] and [`SAMPLE_RATES_HZ`] allow.
    pub fn open(path: &Path) -> Result<AudioReader, AudioError> {
        let at_path = |cause| AudioError {
            path: path.to_owned(),
            cause,
        };
        let (source, facts) = guarded(Millis(0), || open(path)).map_err(at_path)?;
        let channels = usize::from(facts.channels);
        Ok(AudioReader {
            path: path.to_owned(),
            resampler: Resampler::new(facts.sample_rate_hz, channels),
            facts,
            source,
            decoded: Vec::new(),
            ready: vec![Vec::new(); channels],
            frames_given: 0,
            progress: Progress::Decoding,
        })
    }

    pub fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    /// The next block of at most a second: one vector per channel, all of equal length above zero,
    /// 16 kHz, −1 to 1. `None` at the end, and after an error.
    ///
    /// # Errors
    /// When reading fails, or the decoder cannot go on; what came before stays valid. Data that
    /// merely end early are no error: see [`AudioReader::incomplete`].
    pub fn next_block(&mut self) -> Result<Option<Vec<Vec<f32>>>, AudioError> {
        while self.ready[0].len() < MAX_BLOCK_FRAMES / 2 && self.progress == Progress::Decoding {
            let (source, decoded) = (&mut self.source, &mut self.decoded);
            let at = Millis::from_samples(self.frames_given, SAMPLE_RATE_HZ);
            let more = guarded(at, || match source {
                Source::Pcm(pcm) => pcm.next(decoded),
                Source::Packets(packets) => packets.next(decoded),
            });
            match more {
                Ok(true) => self.resampler.push(&self.decoded, &mut self.ready),
                Ok(false) => {
                    self.resampler.finish(&mut self.ready);
                    self.progress = Progress::Decoded;
                }
                Err(cause) => {
                    self.progress = Progress::Failed;
                    return Err(AudioError {
                        path: self.path.clone(),
                        cause,
                    });
                }
            }
        }
        let frames = self.ready[0].len().min(MAX_BLOCK_FRAMES);
        if frames == 0 || self.progress == Progress::Failed {
            return Ok(None);
        }
        self.frames_given += frames as u64;
        Ok(Some(
            self.ready
                .iter_mut()
                .map(|channel| channel.drain(..frames).collect())
                .collect(),
        ))
    }

    /// After the end: true when the file ended before its header said so.
    pub fn incomplete(&self) -> bool {
        match &self.source {
            Source::Pcm(pcm) => pcm.incomplete(),
            Source::Packets(packets) => packets.incomplete(),
        }
    }
}

fn open(path: &Path) -> Result<(Source, AudioFacts), AudioFault> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
    }
    if metadata.len() == 0 {
        return Err(AudioFault::Empty);
    }
    let mut head = Vec::new();
    file.by_ref()
        .take(recognise::LOOKED_AT_BYTES as u64)
        .read_to_end(&mut head)?;
    match recognise::recognise(&head, path) {
        Recognised::Wave => {
            let header = WaveHeader::read(&mut file, metadata.len())?;
            open_wave(file, header)
        }
        Recognised::Perhaps => {
            file.seek(SeekFrom::Start(0))?;
            let (packets, facts) = Packets::open(file)?;
            Ok((Source::Packets(Box::new(packets)), facts))
        }
        Recognised::Unsupported(format) => Err(AudioFault::Unsupported(format)),
        Recognised::NotAudio(kind) => Err(AudioFault::NotAudio(kind)),
    }
}

fn open_wave(file: File, header: WaveHeader) -> Result<(Source, AudioFacts), AudioFault> {
    if !header.is_plain_pcm() {
        let (packets, facts) = Packets::open_in_wave(file, &header)?;
        return Ok((Source::Packets(Box::new(packets)), facts));
    }
    let facts = AudioFacts {
        container: "WAV".to_owned(),
        codec: match header.codec {
            WaveCodec::Float => "float".to_owned(),
            _ => "PCM".to_owned(),
        },
        sample_rate_hz: header.sample_rate_hz,
        channels: header.channels,
        bits: Some(u32::from(header.bits_per_sample)),
    };
    Ok((Source::Pcm(Box::new(Pcm::new(file, header))), facts))
}

/// Runs a decoder so that its panic on a damaged file becomes an error of that file alone.
fn guarded<T>(at: Millis, decode: impl FnOnce() -> Result<T, AudioFault>) -> Result<T, AudioFault> {
    // The decoder is not used again after a panic, so nothing half-done is ever seen.
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(AudioFault::DecoderBroke { at }))
}

#[cfg(test)]
mod tests;
