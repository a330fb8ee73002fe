//! Opens a file: finds out what it is and which decoder reads it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::au::{AuCodec, AuHeader};
use super::codecs::Oki;
use super::coded::Coded;
use super::error::{AudioFault, Damage, LimitedQuantity};
use super::ffmpeg::Stop;
use super::packets::Packets;
use super::pcm::Pcm;
use super::recognise::{self, FileKind, Headerless, Recognised};
use super::wave::{WaveCodec, WaveHeader};
use super::{AudioFacts, AudioOptions, DecodedBy};

/// Decoders of the three families.
pub(super) enum Source {
    Pcm(Box<Pcm>),
    Packets(Box<Packets>),
    Coded(Box<Coded>),
}

impl Source {
    /// Replaces `channels` by the next samples; false at the end.
    pub fn next(&mut self, channels: &mut Vec<Vec<f32>>) -> Result<bool, AudioFault> {
        match self {
            Source::Pcm(pcm) => pcm.next(channels),
            Source::Packets(packets) => packets.next(channels),
            Source::Coded(coded) => coded.next(channels),
        }
    }

    /// After the end: whether the file promised more than there was.
    pub fn incomplete(&self) -> bool {
        match self {
            Source::Pcm(pcm) => pcm.incomplete(),
            Source::Packets(packets) => packets.incomplete(),
            Source::Coded(coded) => coded.incomplete(),
        }
    }
}

/// Opens `path`; what nothing built in reads is given to ffmpeg.
pub(super) fn open(
    path: &Path,
    options: &AudioOptions,
    stop: &Stop,
) -> Result<(Source, AudioFacts), AudioFault> {
    match open_built_in(path, options) {
        Err(AudioFault::Unsupported(format)) => {
            let (coded, header) = options.ffmpeg.decode(path, &format, stop)?;
            let facts = AudioFacts {
                // What the file is, in the words of the message that would stand here otherwise.
                container: format.clone(),
                codec: format,
                sample_rate_hz: header.sample_rate_hz,
                channels: header.channels,
                bits: None,
                decoded_by: DecodedBy::Ffmpeg,
            };
            Ok((Source::Coded(Box::new(coded)), facts))
        }
        opened => opened,
    }
}

fn open_built_in(path: &Path, options: &AudioOptions) -> Result<(Source, AudioFacts), AudioFault> {
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
        Recognised::Au => open_au(file, metadata.len()),
        Recognised::Perhaps => {
            file.seek(SeekFrom::Start(0))?;
            let (packets, facts) = match Packets::open(file) {
                // It began as a recording, so what is missing is the rest of its header.
                Err(AudioFault::NotAudio(FileKind::Unknown))
                    if recognise::starts_like_audio(&head) =>
                {
                    return Err(AudioFault::Malformed {
                        offset: metadata.len(),
                        damage: Damage::HeaderCut,
                    });
                }
                opened => opened?,
            };
            Ok((Source::Packets(Box::new(packets)), facts))
        }
        Recognised::Headerless(kind) => match options.vox_rate_hz {
            Some(rate) if kind == Headerless::Vox => open_vox(file, metadata.len(), rate),
            _ => Err(AudioFault::Headerless(kind)),
        },
        Recognised::Unsupported(format) => Err(AudioFault::Unsupported(format)),
        Recognised::NotAudio(kind) => Err(AudioFault::NotAudio(kind)),
    }
}

fn open_wave(file: File, header: WaveHeader) -> Result<(Source, AudioFacts), AudioFault> {
    let facts = |codec: &str| AudioFacts {
        container: header.container.to_owned(),
        codec: codec.to_owned(),
        sample_rate_hz: header.sample_rate_hz,
        channels: header.channels,
        bits: Some(u32::from(header.bits_per_sample)),
        decoded_by: DecodedBy::BuiltIn,
    };
    let frames_a_block = match header.codec {
        WaveCodec::Gsm610 => 320,
        WaveCodec::G726 => 8,
        WaveCodec::Oki => 2,
        WaveCodec::Mpeg | WaveCodec::MsAdpcm | WaveCodec::ImaAdpcm => 0,
        _ => 1,
    };
    let blocks = header.data_bytes / u64::from(header.block_bytes.max(1));
    LimitedQuantity::check_length(blocks * frames_a_block, header.sample_rate_hz)?;
    let name = match header.codec {
        WaveCodec::Gsm610 => "GSM 6.10",
        WaveCodec::G726 => "G.726",
        WaveCodec::Oki => "Dialogic ADPCM",
        WaveCodec::Float => "float",
        _ => "PCM",
    };
    match header.codec {
        WaveCodec::Gsm610 | WaveCodec::G726 | WaveCodec::Oki => {
            let coded = Coded::in_wave(file, &header)?;
            let mut facts = facts(name);
            if header.codec == WaveCodec::Gsm610 {
                facts.bits = None;
            }
            Ok((Source::Coded(Box::new(coded)), facts))
        }
        _ if header.is_plain_pcm() => {
            let facts = facts(name);
            Ok((Source::Pcm(Box::new(Pcm::new(file, header))), facts))
        }
        _ => {
            let (packets, facts) = Packets::open_in_wave(file, &header)?;
            Ok((Source::Packets(Box::new(packets)), facts))
        }
    }
}

fn open_au(mut file: File, file_bytes: u64) -> Result<(Source, AudioFacts), AudioFault> {
    file.seek(SeekFrom::Start(0))?;
    let header = AuHeader::read(&mut file)?;
    let extent = header.extent(file_bytes)?;
    let sound = (header.channels, header.sample_rate_hz);
    if let AuCodec::G711(codec) = header.codec {
        let wave = WaveHeader::g711("AU", codec, sound, header.data_from, &extent);
        return open_wave(file, wave);
    }
    let Some(decoder) = header.decoder() else {
        return Err(AudioFault::Unsupported("AU".to_owned()));
    };
    let blocks = extent.bytes / decoder.block_bytes() as u64;
    let frames = blocks * decoder.block_frames() as u64;
    LimitedQuantity::check_length(frames, header.sample_rate_hz)?;
    file.seek(SeekFrom::Start(header.data_from))?;
    let source = Box::new(BufReader::new(file.take(extent.bytes)));
    let channels = usize::from(header.channels);
    let coded = Coded::new(source, decoder, channels, extent.cut_short);
    let facts = AudioFacts {
        container: "AU".to_owned(),
        codec: header.codec.name().to_owned(),
        sample_rate_hz: header.sample_rate_hz,
        channels: header.channels,
        bits: Some(header.codec.bits()),
        decoded_by: DecodedBy::BuiltIn,
    };
    Ok((Source::Coded(Box::new(coded)), facts))
}

/// A file without a header, of which the user has said that it is Dialogic's.
fn open_vox(
    mut file: File,
    file_bytes: u64,
    rate: u32,
) -> Result<(Source, AudioFacts), AudioFault> {
    LimitedQuantity::SampleRateHz.check(u64::from(rate))?;
    LimitedQuantity::check_length(2 * file_bytes, rate)?;
    file.seek(SeekFrom::Start(0))?;
    let source = Box::new(BufReader::new(file));
    let coded = Coded::new(source, Box::new(Oki::default()), 1, false);
    let facts = AudioFacts {
        container: "VOX".to_owned(),
        codec: "Dialogic ADPCM".to_owned(),
        sample_rate_hz: rate,
        channels: 1,
        bits: Some(4),
        decoded_by: DecodedBy::BuiltIn,
    };
    Ok((Source::Coded(Box::new(coded)), facts))
}
