//! From a recording of any kind to 16 kHz samples per channel, block by block.
//!
//! Owns what a file says about itself and whether to believe it, decoding, resampling, and what is
//! wrong with the channels. Knows nothing of who speaks on which.

mod ahead;
mod au;
mod caf_end;
mod channels;
mod codecs;
mod coded;
mod error;
mod ffmpeg;
mod guard;
mod mp4_edit;
mod ogg_end;
mod opus;
mod packets;
mod pcm;
mod recognise;
mod resample;
mod source;
mod trim;
mod wave;

use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use ahead::ReadAhead;
pub use channels::{ChannelFault, ChannelWatch};
pub use error::{
    AudioError, AudioFault, Damage, LimitedQuantity, MAX_CHANNELS, MAX_LENGTH_HOURS,
    SAMPLE_RATES_HZ,
};
pub use ffmpeg::Ffmpeg;
pub use guard::catch_panic;
pub use recognise::{FileKind, Headerless};

use crate::time::Millis;
use ffmpeg::Stop;
use resample::Resampler;
use source::Source;

/// The sample rate of everything behind this module.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// No block is longer than a second.
const MAX_BLOCK_FRAMES: usize = SAMPLE_RATE_HZ as usize;

/// How recordings are read, beyond what they say about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudioOptions {
    /// The sample rate of `.vox` files, which have no header; without it they are not read.
    pub vox_rate_hz: Option<u32>,
    /// What decodes formats that nothing built in does.
    pub ffmpeg: Ffmpeg,
}

/// What decoded a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecodedBy {
    #[default]
    BuiltIn,
    /// An ffmpeg that is installed on the machine.
    Ffmpeg,
}

impl DecodedBy {
    /// A stable word, for the database.
    pub fn as_str(self) -> &'static str {
        match self {
            DecodedBy::BuiltIn => "built-in",
            DecodedBy::Ffmpeg => "ffmpeg",
        }
    }

    pub fn from_word(word: &str) -> Option<DecodedBy> {
        let all = [DecodedBy::BuiltIn, DecodedBy::Ffmpeg];
        all.into_iter().find(|by| by.as_str() == word)
    }
}

/// What a recording is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    pub decoded_by: DecodedBy,
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
    times: ReadingTimes,
}

/// Where the time of reading goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadingTimes {
    pub decoding: Duration,
    pub resampling: Duration,
}

impl AddAssign for ReadingTimes {
    fn add_assign(&mut self, other: ReadingTimes) {
        self.decoding += other.decoding;
        self.resampling += other.resampling;
    }
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
    /// When the file cannot be read, is empty, is no recording, is damaged at its start, has more
    /// channels, another sample rate or a greater length than [`MAX_CHANNELS`],
    /// [`SAMPLE_RATES_HZ`] and [`MAX_LENGTH_HOURS`] allow, or no decoder for it is there.
    pub fn open(path: &Path) -> Result<AudioReader, AudioError> {
        AudioReader::open_with(path, &AudioOptions::default())
    }

    /// As [`AudioReader::open`], with options.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(path: &Path, options: &AudioOptions) -> Result<AudioReader, AudioError> {
        AudioReader::open_stoppable(path, options, &Stop::default())
    }

    /// As [`AudioReader::open_with`]; a program that decodes can be ended through `stop`.
    fn open_stoppable(
        path: &Path,
        options: &AudioOptions,
        stop: &Stop,
    ) -> Result<AudioReader, AudioError> {
        let at_path = |cause| AudioError {
            path: path.to_owned(),
            cause,
        };
        let begun = Instant::now();
        let (source, facts) =
            guarded(Millis(0), || source::open(path, options, stop)).map_err(at_path)?;
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
            times: ReadingTimes {
                decoding: begun.elapsed(),
                resampling: Duration::ZERO,
            },
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
            let begun = Instant::now();
            let more = LimitedQuantity::check_length(self.frames_given, SAMPLE_RATE_HZ)
                .and_then(|()| guarded(at, || source.next(decoded)));
            self.times.decoding += begun.elapsed();
            let begun = Instant::now();
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
            self.times.resampling += begun.elapsed();
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

    /// Where the time went so far.
    pub fn times(&self) -> ReadingTimes {
        self.times
    }

    /// After the end: true when the file ended before its header said so.
    pub fn incomplete(&self) -> bool {
        self.source.incomplete()
    }
}

/// Runs a decoder so that its panic on a damaged file becomes an error of that file alone.
fn guarded<T>(at: Millis, decode: impl FnOnce() -> Result<T, AudioFault>) -> Result<T, AudioFault> {
    // The decoder is not used again after a panic, so nothing half-done is ever seen.
    catch_panic(decode).unwrap_or_else(|why| Err(AudioFault::DecoderBroke { at, why }))
}

#[cfg(test)]
mod tests;
