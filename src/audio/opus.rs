//! Opus for symphonia, which takes it out of Ogg, WebM and MP4 but does not decode it: the decoder
//! is the crate `opus-decoder`.

use std::sync::LazyLock;

use opus_decoder::{OpusDecoder, OpusMultistreamDecoder};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, Channels,
    GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{
    CodecRegistry, RegisterableAudioDecoder, SupportedAudioCodec,
};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

/// Opus always counts in this rate.
pub(super) const OPUS_RATE_HZ: u32 = 48_000;
/// The longest packet, 120 ms.
pub(super) const MAX_PACKET_FRAMES: usize = 5760;

/// Symphonia's decoders and this one.
pub(super) fn codecs() -> &'static CodecRegistry {
    static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
        let mut codecs = CodecRegistry::new();
        symphonia::default::register_enabled_codecs(&mut codecs);
        codecs.register_audio_decoder::<OpusPackets>();
        codecs
    });
    &CODECS
}

/// What the identification header says (RFC 7845, 5.1).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OpusHead {
    pub channels: usize,
    /// Frames at the start that only prepare the decoder.
    pub pre_skip: u64,
    /// By what everything is multiplied.
    gain: f32,
    streams: usize,
    coupled_streams: usize,
    /// Which decoded channel each channel is; 255 is silence.
    mapping: Vec<u8>,
}

impl OpusHead {
    pub fn parse(header: &[u8]) -> Option<OpusHead> {
        let rest = header.strip_prefix(b"OpusHead")?;
        let channels = usize::from(*rest.get(1)?);
        let pre_skip = u16::from_le_bytes([*rest.get(2)?, *rest.get(3)?]);
        let gain_db = f32::from(i16::from_le_bytes([*rest.get(8)?, *rest.get(9)?])) / 256.0;
        let family = *rest.get(10)?;
        let (streams, coupled_streams, mapping) = if family == 0 {
            let mapping = match channels {
                1 => vec![0],
                2 => vec![0, 1],
                _ => return None,
            };
            (1, channels - 1, mapping)
        } else {
            let mapping = rest.get(13..13 + channels)?.to_vec();
            (
                usize::from(*rest.get(11)?),
                usize::from(*rest.get(12)?),
                mapping,
            )
        };
        let decoded = streams.checked_add(coupled_streams)?;
        let fits = |&place: &u8| place == 255 || usize::from(place) < decoded;
        let sound = channels > 0
            && streams > 0
            && coupled_streams <= streams
            && decoded <= 255
            && mapping.iter().all(fits);
        sound.then_some(OpusHead {
            channels,
            pre_skip: u64::from(pre_skip),
            gain: 10_f32.powf(gain_db / 20.0),
            streams,
            coupled_streams,
            mapping,
        })
    }
}

enum Streams {
    One(Box<OpusDecoder>),
    Several(Box<OpusMultistreamDecoder>),
}

struct OpusPackets {
    parameters: AudioCodecParameters,
    streams: Streams,
    gain: f32,
    interleaved: Vec<i16>,
    buffer: AudioBuffer<f32>,
}

impl OpusPackets {
    fn decode_packet(&mut self, packet: &PacketRef<'_>) -> Result<()> {
        let channels = self.buffer.spec().channels().count();
        self.buffer.clear();
        // An empty packet would be taken for a lost one and invented.
        if packet.data.is_empty() {
            return decode_error("opus: empty packet");
        }
        let decoded = match &mut self.streams {
            Streams::One(decoder) => decoder.decode(packet.data, &mut self.interleaved, false),
            Streams::Several(decoder) => decoder.decode(packet.data, &mut self.interleaved, false),
        };
        let Ok(frames) = decoded else {
            return decode_error("opus: packet cannot be decoded");
        };
        let frames = frames.min(MAX_PACKET_FRAMES);
        self.buffer.render_silence(Some(frames));
        for channel in 0..channels {
            let Some(plane) = self.buffer.plane_mut(channel) else {
                break;
            };
            let samples = self.interleaved.iter().skip(channel).step_by(channels);
            for (out, &sample) in plane.iter_mut().zip(samples) {
                *out = f32::from(sample) / 32_768.0 * self.gain;
            }
        }
        // What fills up the last packet; the start is trimmed by the header's pre-skip.
        self.buffer.trim(0, packet.trim_end.get() as usize);
        Ok(())
    }
}

impl AudioDecoder for OpusPackets {
    fn reset(&mut self) {
        match &mut self.streams {
            Streams::One(decoder) => decoder.reset(),
            Streams::Several(decoder) => decoder.reset(),
        }
    }

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.parameters
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.decode_packet(packet)?;
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for OpusPackets {
    fn try_registry_new(
        parameters: &AudioCodecParameters,
        _options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        let header = parameters.extra_data.as_deref().unwrap_or_default();
        let Some(head) = OpusHead::parse(header) else {
            return unsupported_error("opus: without a usable header");
        };
        let streams = if head.streams == 1 && head.mapping == [0, 1][..head.channels.min(2)] {
            OpusDecoder::new(OPUS_RATE_HZ, head.channels).map(|one| Streams::One(Box::new(one)))
        } else {
            OpusMultistreamDecoder::new(
                OPUS_RATE_HZ,
                head.channels,
                head.streams,
                head.coupled_streams,
                &head.mapping,
            )
            .map(|several| Streams::Several(Box::new(several)))
        };
        let Ok(streams) = streams else {
            return unsupported_error("opus: channels that the decoder does not know");
        };
        let mut parameters = parameters.clone();
        let channels = Channels::Discrete(head.channels as u16);
        parameters.with_sample_rate(OPUS_RATE_HZ);
        parameters.with_channels(channels.clone());
        Ok(Box::new(OpusPackets {
            parameters,
            streams,
            gain: head.gain,
            interleaved: vec![0; MAX_PACKET_FRAMES * head.channels],
            buffer: AudioBuffer::new(AudioSpec::new(OPUS_RATE_HZ, channels), MAX_PACKET_FRAMES),
        }))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &[SupportedAudioCodec {
            id: CODEC_ID_OPUS,
            info: CodecInfo {
                short_name: "opus",
                long_name: "Opus",
                profiles: &[],
            },
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(channels: u8, family: u8, table: &[u8]) -> Vec<u8> {
        let mut bytes = b"OpusHead\x01".to_vec();
        bytes.push(channels);
        bytes.extend([0x38, 0x01, 0x40, 0x1f, 0, 0, 0, 0, family]);
        bytes.extend(table);
        bytes
    }

    fn check(bytes: &[u8], expected: Option<(usize, usize, usize)>) {
        let found = OpusHead::parse(bytes);
        let found = found.map(|head| (head.channels, head.streams, head.coupled_streams));
        assert_eq!(found, expected);
    }

    #[test]
    fn headers_are_believed_only_if_they_can_be_true() {
        assert_eq!(OpusHead::parse(&head(2, 0, &[])).unwrap().pre_skip, 312);
        check(&head(1, 0, &[]), Some((1, 1, 0)));
        check(&head(2, 0, &[]), Some((2, 1, 1)));
        check(&head(3, 0, &[]), None);
        check(&head(0, 0, &[]), None);
        check(&head(2, 255, &[2, 0, 0, 1]), Some((2, 2, 0)));
        check(&head(2, 255, &[2, 0, 0, 2]), None);
        check(&head(2, 255, &[1, 2, 0, 1]), None);
        check(&head(2, 255, &[2, 0, 0]), None);
        for length in 0..19 {
            check(&head(1, 0, &[])[..length], None);
        }
    }
}
