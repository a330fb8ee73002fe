//! Everything but plain PCM, through symphonia: packet by packet.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known as codec,
};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::caf_end::{FirstPart, sound_end};
use super::error::{AudioFault, Damage, LimitedQuantity};
use super::mp4_edit::PlayedPart;
use super::ogg_end::ends_within_a_page;
use super::opus::{self, OpusHead};
use super::recognise::FileKind;
use super::trim::Trim;
use super::wave::{WaveCodec, WaveHeader};
use super::{AudioFacts, DecodedBy};

/// So many packets at the start may be unreadable before the file counts as no recording.
const BAD_PACKETS_AT_START: u32 = 32;
/// Frames in a block of AAC.
const AAC_BLOCK_FRAMES: u64 = 1024;
/// A file may lack so much of its stated length without being called incomplete.
const TOLERATED_LOSS_MS: u64 = 150;

/// A compressed recording that is being decoded.
pub(super) struct Packets {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    time_base: Option<TimeBase>,
    sample_rate_hz: u32,
    channels: usize,
    trim: Trim,
    /// What the header says about the length, when it is a statement and no estimate.
    stated_frames: Option<u64>,
    /// The first samples, decoded when the file was opened.
    first: Option<Vec<Vec<f32>>>,
    bad_packets: u64,
    good_packets: u64,
    cut_short: bool,
}

impl Packets {
    /// Opens a file in its own container (MP3, FLAC, Ogg, MP4, …).
    pub fn open(mut file: File) -> Result<(Packets, AudioFacts), AudioFault> {
        let played = PlayedPart::read(&mut file)?;
        let cut_short = ends_within_a_page(&mut file)?;
        let length = sound_end(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let again = file.try_clone()?;
        let whole: Box<dyn MediaSource> = match length {
            Some(length) => Box::new(FirstPart { file, length }),
            None => Box::new(file),
        };
        let mut packets = match Packets::open_source(whole, played) {
            Ok(packets) => packets,
            // Where seeking is possible symphonia looks at the end first, and a cut file has none.
            // Read straight on, what is there comes out.
            Err(fault) => Packets::open_straight_on(again).map_err(|_| fault)?,
        };
        let facts = packets.facts(None);
        packets.cut_short = cut_short;
        Ok((packets, facts))
    }

    /// Opens a file without ever looking ahead in it.
    fn open_straight_on(mut file: File) -> Result<Packets, AudioFault> {
        file.seek(SeekFrom::Start(0))?;
        Packets::open_source(Box::new(ReadOnlySource::new(file)), None)
    }

    /// Opens the sound within a WAV file whose header was read already.
    pub fn open_in_wave(
        mut file: File,
        header: &WaveHeader,
    ) -> Result<(Packets, AudioFacts), AudioFault> {
        file.seek(SeekFrom::Start(header.data_from))?;
        let sound = file.take(header.data_bytes);
        let source: Box<dyn MediaSource> = if header.codec == WaveCodec::Mpeg {
            Box::new(ReadOnlySource::new(sound))
        } else {
            let header = Cursor::new(header.truthful(header.data_bytes));
            Box::new(ReadOnlySource::new(header.chain(sound)))
        };
        let mut packets = Packets::open_source(source, None)?;
        if matches!(header.codec, WaveCodec::MsAdpcm | WaveCodec::ImaAdpcm) {
            // The last block is filled up; only the header knows how much of it counts.
            packets.stated_frames = header.fact_frames;
            packets.trim = Trim::new(0, header.fact_frames, adpcm_block_frames(header));
            if let Some(first) = &mut packets.first {
                packets.trim.apply(first);
            }
        }
        packets.cut_short = header.cut_short;
        let facts = packets.facts(Some(header));
        Ok((packets, facts))
    }

    fn open_source(
        source: Box<dyn MediaSource>,
        played: Option<PlayedPart>,
    ) -> Result<Packets, AudioFault> {
        let stream = MediaSourceStream::new(source, Default::default());
        let format = symphonia::default::get_probe()
            .probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                SymphoniaError::Unsupported(_) => AudioFault::NotAudio(FileKind::Unknown),
                error => fault(error),
            })?;
        let track = format
            .default_track(TrackType::Audio)
            .or_else(|| format.first_track(TrackType::Audio))
            .ok_or(AudioFault::NotAudio(FileKind::Video))?
            .clone();
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(AudioFault::Unsupported(
                format.format_info().long_name.to_owned(),
            ));
        };
        if let Some(channels) = &parameters.channels {
            LimitedQuantity::Channels.check(channels.count() as u64)?;
        }
        if let Some(rate) = parameters.sample_rate {
            LimitedQuantity::SampleRateHz.check(u64::from(rate))?;
        }
        // MPEG headers are trimmed here, because an estimated length must never cut anything off.
        let options = AudioDecoderOptions::default().gapless(!is_mpeg(parameters));
        let decoder = opus::codecs()
            .make_audio_decoder(parameters, &options)
            .map_err(|error| match error {
                SymphoniaError::Unsupported(_) => AudioFault::Unsupported(format!(
                    "{} ({})",
                    codec_name(parameters),
                    container_name(format.format_info().short_name)
                )),
                error => fault(error),
            })?;
        let is_adts = format.format_info().short_name == "aac";
        let (trim, stated_frames) = trimming(&track, parameters, played, is_adts);
        let mut packets = Packets {
            track: track.id,
            time_base: track.time_base,
            sample_rate_hz: parameters.sample_rate.unwrap_or(0),
            channels: 0,
            format,
            decoder,
            trim,
            stated_frames,
            first: None,
            bad_packets: 0,
            good_packets: 0,
            cut_short: false,
        };
        packets.decode_first()?;
        Ok(packets)
    }

    /// Decodes up to the first sound, which is the only sure word on rate and channels.
    fn decode_first(&mut self) -> Result<(), AudioFault> {
        let mut channels = Vec::new();
        while self.good_packets == 0 {
            if self.bad_packets >= u64::from(BAD_PACKETS_AT_START) {
                return Err(undecodable());
            }
            if !self.decode_packet(&mut channels)? {
                return Err(if self.bad_packets > 0 {
                    undecodable()
                } else {
                    AudioFault::NoSound
                });
            }
        }
        self.first = Some(channels);
        Ok(())
    }

    fn facts(&self, wave: Option<&WaveHeader>) -> AudioFacts {
        let parameters = self.decoder.codec_params();
        AudioFacts {
            container: match wave {
                Some(header) => header.container.to_owned(),
                None => container_name(self.format.format_info().short_name),
            },
            codec: codec_name(parameters),
            sample_rate_hz: self.sample_rate_hz,
            channels: self.channels as u16,
            bits: parameters.bits_per_sample.filter(|&bits| bits > 0),
            decoded_by: DecodedBy::BuiltIn,
        }
    }

    /// After the end: whether there was less than the header said.
    pub fn incomplete(&self) -> bool {
        let tolerated = u64::from(self.sample_rate_hz) * TOLERATED_LOSS_MS / 1000;
        self.cut_short
            || self
                .stated_frames
                .is_some_and(|stated| self.trim.passed() + tolerated < stated)
    }

    /// Replaces `channels` by the next samples; false at the end.
    pub fn next(&mut self, channels: &mut Vec<Vec<f32>>) -> Result<bool, AudioFault> {
        if let Some(first) = self.first.take() {
            *channels = first;
            return Ok(true);
        }
        self.decode_packet(channels)
    }

    fn decode_packet(&mut self, channels: &mut Vec<Vec<f32>>) -> Result<bool, AudioFault> {
        let packet = loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return Ok(false),
                Err(SymphoniaError::IoError(error))
                    if error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    self.cut_short = true;
                    return Ok(false);
                }
                // A second logical stream behind the first: the recording ends here.
                Err(SymphoniaError::ResetRequired) => return Ok(false),
                Err(SymphoniaError::IoError(error)) => return Err(error.into()),
                // What cannot be divided into packets any more is lost; what came before counts.
                Err(_) if self.good_packets > 0 => {
                    self.cut_short = true;
                    return Ok(false);
                }
                Err(error) => return Err(fault(error)),
            }
        };
        match self.decoder.decode(&packet) {
            Ok(samples) => {
                let spec = samples.spec();
                let (rate, count) = (spec.rate(), samples.num_planes());
                if self.good_packets == 0 {
                    LimitedQuantity::Channels.check(count as u64)?;
                    LimitedQuantity::SampleRateHz.check(u64::from(rate))?;
                    (self.sample_rate_hz, self.channels) = (rate, count);
                } else if (rate, count) != (self.sample_rate_hz, self.channels) {
                    return Err(AudioFault::Malformed {
                        offset: 0,
                        damage: Damage::ChangesMidway,
                    });
                }
                samples.copy_to_vecs_planar(channels);
                self.good_packets += 1;
            }
            Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => {
                // Silence in its place keeps everything behind it at its time.
                let frames = self.frames_of(&packet);
                channels.clear();
                channels.resize(self.channels, vec![0.0; frames]);
                self.bad_packets += 1;
            }
            Err(SymphoniaError::ResetRequired) => {
                self.decoder.reset();
                channels.iter_mut().for_each(Vec::clear);
                self.bad_packets += 1;
            }
            Err(error) => return Err(fault(error)),
        }
        self.trim.apply(channels);
        Ok(true)
    }

    /// How long a packet should have been, at most a second.
    fn frames_of(&self, packet: &Packet) -> usize {
        let seconds = self
            .time_base
            .and_then(|base| base.calc_duration(packet.block_dur()))
            .map_or(0.0, |time| time.as_secs_f64());
        (seconds.clamp(0.0, 1.0) * f64::from(self.sample_rate_hz)).round() as usize
    }
}

/// What is cut off at both ends, and the stated length in frames.
fn trimming(
    track: &Track,
    parameters: &AudioCodecParameters,
    played: Option<PlayedPart>,
    is_adts: bool,
) -> (Trim, Option<u64>) {
    if let (Some(played), Some(rate)) = (played, parameters.sample_rate) {
        let (delay, length) = played.in_frames(rate);
        // Up to two AAC frames of padding and the edit list's coarser clock.
        return (Trim::new(delay, Some(length), 3 * 1024), Some(length));
    }
    if parameters.codec == codec::CODEC_ID_OPUS {
        let header = parameters.extra_data.as_deref().unwrap_or_default();
        let pre_skip = OpusHead::parse(header).map_or(0, |head| head.pre_skip);
        return (Trim::new(pre_skip, None, 0), None);
    }
    if is_adts {
        // Nothing says how much the encoder put before the sound; a block it always is, because
        // the first can never be decoded whole.
        return (Trim::new(AAC_BLOCK_FRAMES, None, 0), None);
    }
    if is_mpeg(parameters) {
        return match (track.delay, track.num_frames) {
            (Some(delay), Some(length)) => {
                let padding = u64::from(track.padding.unwrap_or(0));
                (
                    Trim::new(u64::from(delay), Some(length), padding),
                    Some(length),
                )
            }
            // Without an encoder's tag the length is an estimate.
            _ => (Trim::nothing(), None),
        };
    }
    (
        Trim::nothing(),
        track.num_frames.filter(|&frames| frames > 0),
    )
}

fn is_mpeg(parameters: &AudioCodecParameters) -> bool {
    matches!(
        parameters.codec,
        codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3
    )
}

/// Frames in a full block, as `mmreg.h` has it.
fn adpcm_block_frames(header: &WaveHeader) -> u64 {
    u64::from(header.block_bytes) * 2 / u64::from(header.channels) + 2
}

fn codec_name(parameters: &AudioCodecParameters) -> String {
    let name = match parameters.codec {
        codec::CODEC_ID_PCM_ALAW => "A-law",
        codec::CODEC_ID_PCM_MULAW => "mu-law",
        codec::CODEC_ID_OPUS => "Opus",
        codec::CODEC_ID_ADPCM_IMA_WAV | codec::CODEC_ID_ADPCM_IMA_QT => "IMA ADPCM",
        codec::CODEC_ID_ADPCM_MS => "MS ADPCM",
        codec::CODEC_ID_VORBIS => "Vorbis",
        codec::CODEC_ID_AC3 => "AC-3",
        codec::CODEC_ID_WMA => "WMA",
        other => match opus::codecs().get_audio_decoder(other) {
            Some(registered) => return registered.codec.info.short_name.to_uppercase(),
            None => return other.to_string(),
        },
    };
    name.to_owned()
}

fn container_name(short_name: &str) -> String {
    match short_name {
        "ogg" => "Ogg".to_owned(),
        "isomp4" => "MP4".to_owned(),
        "wave" => "WAV".to_owned(),
        "matroska" => "Matroska".to_owned(),
        other => other.to_uppercase(),
    }
}

fn undecodable() -> AudioFault {
    AudioFault::Malformed {
        offset: 0,
        damage: Damage::Undecodable,
    }
}

fn fault(error: SymphoniaError) -> AudioFault {
    let damage = match error {
        SymphoniaError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Damage::HeaderCut
        }
        SymphoniaError::IoError(error) => return error.into(),
        SymphoniaError::Unsupported(what) => return AudioFault::Unsupported(what.to_owned()),
        error => Damage::Decoder(error.to_string()),
    };
    AudioFault::Malformed { offset: 0, damage }
}
