//! Uncompressed WAV through hound, stretch by stretch.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read, Seek, SeekFrom, Take};

use hound::{SampleFormat, WavReader};

use super::error::{AudioFault, Damage};
use super::wave::WaveHeader;

/// hound counts in 32 bits, so a longer recording is shown to it as several.
const STRETCH_BYTES: u64 = 1 << 30;
/// About this many samples, over all channels, are decoded at a time.
const SAMPLES_AT_A_TIME: usize = 16_384;

type Stretch = WavReader<BufReader<Chain<Cursor<Vec<u8>>, Take<File>>>>;

/// The samples of a WAV file of PCM (8 to 32 bit) or 32-bit float.
pub(super) struct Pcm {
    file: File,
    header: WaveHeader,
    /// Where the next stretch begins, in bytes from the start of the sound.
    next_from: u64,
    stretch: Option<Stretch>,
    frames_read: u64,
}

impl Pcm {
    pub fn new(file: File, header: WaveHeader) -> Pcm {
        Pcm {
            file,
            header,
            next_from: 0,
            stretch: None,
            frames_read: 0,
        }
    }

    /// After the end: whether the header promised more than there was.
    pub fn incomplete(&self) -> bool {
        let there = self.header.data_bytes / u64::from(self.header.block_bytes);
        self.header.cut_short || self.frames_read < there
    }

    /// Replaces `channels` by the next samples; false at the end.
    pub fn next(&mut self, channels: &mut Vec<Vec<f32>>) -> Result<bool, AudioFault> {
        let count = usize::from(self.header.channels);
        channels.resize_with(count, Vec::new);
        channels.iter_mut().for_each(Vec::clear);
        let wanted = (SAMPLES_AT_A_TIME / count).max(1) * count;
        loop {
            let stretch = match &mut self.stretch {
                Some(stretch) => stretch,
                None => match self.open_stretch()? {
                    Some(stretch) => self.stretch.insert(stretch),
                    None => return Ok(false),
                },
            };
            let read = match stretch.spec().sample_format {
                SampleFormat::Float => {
                    spread(stretch.samples::<f32>().take(wanted), channels, |sample| {
                        sample
                    })
                }
                SampleFormat::Int => {
                    let full_scale = (1u64 << (stretch.spec().bits_per_sample - 1)) as f32;
                    spread(stretch.samples::<i32>().take(wanted), channels, |sample| {
                        sample as f32 / full_scale
                    })
                }
            };
            match read {
                Ok(0) => self.stretch = None,
                Ok(frames) => {
                    self.frames_read += frames as u64;
                    return Ok(true);
                }
                Err(hound::Error::IoError(error)) => return Err(error.into()),
                Err(error) => return Err(self.decoder_says(&error)),
            }
        }
    }

    fn open_stretch(&mut self) -> Result<Option<Stretch>, AudioFault> {
        let left = self.header.data_bytes - self.next_from;
        if left == 0 {
            return Ok(None);
        }
        let longest = STRETCH_BYTES - STRETCH_BYTES % u64::from(self.header.block_bytes);
        let bytes = left.min(longest);
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(self.header.data_from + self.next_from))?;
        self.next_from += bytes;
        let header = Cursor::new(self.header.truthful(bytes));
        let source = BufReader::with_capacity(64 * 1024, header.chain(file.take(bytes)));
        match WavReader::new(source) {
            Ok(stretch) => Ok(Some(stretch)),
            Err(hound::Error::IoError(error)) => Err(error.into()),
            Err(error) => Err(self.decoder_says(&error)),
        }
    }

    fn decoder_says(&self, error: &hound::Error) -> AudioFault {
        AudioFault::Malformed {
            offset: self.header.data_from + self.next_from,
            damage: Damage::Decoder(error.to_string()),
        }
    }
}

/// Deals interleaved samples out to their channels; the number of frames dealt.
fn spread<S>(
    samples: impl Iterator<Item = hound::Result<S>>,
    channels: &mut [Vec<f32>],
    scaled: impl Fn(S) -> f32,
) -> hound::Result<usize> {
    let count = channels.len();
    let mut frames = 0;
    for (number, sample) in samples.enumerate() {
        match sample {
            Ok(sample) => channels[number % count].push(scaled(sample)),
            // The file was shortened after its header was read: what is there counts.
            Err(hound::Error::IoError(error)) if ended(&error) => break,
            Err(error) => return Err(error),
        }
        if number % count == count - 1 {
            frames += 1;
        }
    }
    channels
        .iter_mut()
        .for_each(|channel| channel.truncate(frames));
    Ok(frames)
}

fn ended(error: &io::Error) -> bool {
    // hound says "Failed to read enough bytes." with the kind `Other`.
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::Other
    )
}
