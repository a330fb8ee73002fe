//! The format chunk: how the samples of a WAV file are coded.

use super::super::error::{AudioFault, Damage, LimitedQuantity};
use super::{DataExtent, WaveHeader, malformed, number};

/// Two frames of GSM 06.10 share a block, so that it has whole bytes.
pub(in crate::audio) const GSM_BLOCK_BYTES: u16 = 65;

/// How samples are coded, by the numbers of `mmreg.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audio) enum WaveCodec {
    Pcm,
    Float,
    ALaw,
    MuLaw,
    MsAdpcm,
    ImaAdpcm,
    /// MPEG audio within a WAV file.
    Mpeg,
    /// GSM 06.10, two frames in a block of 65 bytes.
    Gsm610,
    /// G.726 (G.721, G.723) of 2 to 5 bits a sample.
    G726,
    /// Dialogic ADPCM, as in VOX files.
    Oki,
}

impl WaveCodec {
    fn from_tag(tag: u16) -> Result<WaveCodec, AudioFault> {
        let name = match tag {
            0x0001 => return Ok(WaveCodec::Pcm),
            0x0002 => return Ok(WaveCodec::MsAdpcm),
            0x0003 => return Ok(WaveCodec::Float),
            0x0006 => return Ok(WaveCodec::ALaw),
            0x0007 => return Ok(WaveCodec::MuLaw),
            0x0011 => return Ok(WaveCodec::ImaAdpcm),
            0x0050 | 0x0055 => return Ok(WaveCodec::Mpeg),
            0x0010 | 0x0017 => return Ok(WaveCodec::Oki),
            0x0014 | 0x0040 | 0x0045 | 0x0064 => return Ok(WaveCodec::G726),
            0x0031 | 0x0032 => return Ok(WaveCodec::Gsm610),
            0x0022 => "TrueSpeech",
            0x0042 => "G.723.1",
            0x0065 | 0x028f => "G.722",
            0x0083 | 0x0133 => "G.729",
            0x00ff | 0x1610 | 0xa106 => "AAC",
            0x0160..=0x0163 => "WMA",
            _ => "",
        };
        Err(AudioFault::Unsupported(if name.is_empty() {
            format!("WAV 0x{tag:04x}")
        } else {
            format!("{name} (WAV)")
        }))
    }

    pub fn tag(self) -> u16 {
        match self {
            WaveCodec::Pcm => 0x0001,
            WaveCodec::MsAdpcm => 0x0002,
            WaveCodec::Float => 0x0003,
            WaveCodec::ALaw => 0x0006,
            WaveCodec::MuLaw => 0x0007,
            WaveCodec::ImaAdpcm => 0x0011,
            WaveCodec::Mpeg => 0x0055,
            WaveCodec::Gsm610 => 0x0031,
            WaveCodec::G726 => 0x0045,
            WaveCodec::Oki => 0x0017,
        }
    }
}

/// The format chunk as it stands in the file.
pub(super) struct RawFormat {
    tag: u16,
    channels: u16,
    sample_rate_hz: u32,
    bytes_a_second: u32,
    block_bytes: u16,
    bits_per_sample: u16,
    extra: Vec<u8>,
    /// Where the chunk is, for messages.
    at: u64,
}

impl RawFormat {
    pub fn parse(body: &[u8], at: u64) -> Result<RawFormat, AudioFault> {
        let field = |from, length| number(body, from, length).unwrap_or(0);
        if body.len() < 14 {
            return Err(malformed(at, Damage::HeaderCut));
        }
        let extensible = field(0, 2) == 0xfffe && body.len() >= 26;
        // In an extensible header the real codec is the start of a GUID.
        let tag = if extensible {
            field(24, 2)
        } else {
            field(0, 2)
        };
        let extra = if extensible {
            &[]
        } else {
            let length = field(16, 2) as usize;
            body.get(18..)
                .map_or(&[][..], |rest| &rest[..length.min(rest.len())])
        };
        Ok(RawFormat {
            tag: tag as u16,
            channels: field(2, 2) as u16,
            sample_rate_hz: field(4, 4) as u32,
            bytes_a_second: field(8, 4) as u32,
            block_bytes: field(12, 2) as u16,
            bits_per_sample: field(14, 2) as u16,
            extra: extra.to_vec(),
            at,
        })
    }

    pub fn into_header(
        self,
        container: &'static str,
        data_from: u64,
        extent: DataExtent,
        fact_frames: Option<u64>,
    ) -> Result<WaveHeader, AudioFault> {
        LimitedQuantity::Channels.check(u64::from(self.channels))?;
        LimitedQuantity::SampleRateHz.check(u64::from(self.sample_rate_hz))?;
        let codec = WaveCodec::from_tag(self.tag)?;
        let contradiction = |what| malformed(self.at, Damage::ContradictoryHeader(what));
        let (mut block_bytes, mut bits_per_sample) = (self.block_bytes, self.bits_per_sample);
        match codec {
            WaveCodec::Pcm | WaveCodec::Float => {
                let stated_bytes = bits_per_sample.div_ceil(8);
                let container_bytes = match block_bytes {
                    0 => stated_bytes,
                    block if block % self.channels != 0 => stated_bytes,
                    block => block / self.channels,
                };
                bits_per_sample = match (codec, container_bytes, bits_per_sample) {
                    // 24 bits in the lower part of 32; any other width fills its bytes from the top.
                    (WaveCodec::Pcm, 4, 24) => 24,
                    (WaveCodec::Pcm, 1..=4, _) | (WaveCodec::Float, 4 | 8, _) => {
                        container_bytes * 8
                    }
                    _ => return Err(contradiction("sample size")),
                };
                block_bytes = container_bytes * self.channels;
            }
            WaveCodec::ALaw | WaveCodec::MuLaw => {
                bits_per_sample = 8;
                block_bytes = self.channels;
            }
            WaveCodec::MsAdpcm | WaveCodec::ImaAdpcm => {
                if block_bytes == 0 {
                    return Err(contradiction("block size"));
                }
            }
            WaveCodec::Mpeg => {}
            WaveCodec::Gsm610 | WaveCodec::G726 | WaveCodec::Oki if self.channels > 1 => {
                return Err(AudioFault::Unsupported(format!(
                    "{codec:?} with {} channels ({container})",
                    self.channels
                )));
            }
            WaveCodec::Gsm610 => {
                if block_bytes != GSM_BLOCK_BYTES {
                    return Err(contradiction("block size"));
                }
            }
            WaveCodec::G726 => {
                // Some writers leave the sample size out; the byte rate tells it as well.
                let by_rate = u64::from(self.bytes_a_second) * 8 / u64::from(self.sample_rate_hz);
                let stated = u64::from(bits_per_sample);
                let bits = [stated, by_rate]
                    .into_iter()
                    .find(|bits| (2..=5).contains(bits));
                bits_per_sample = bits.ok_or_else(|| contradiction("sample size"))? as u16;
                // Eight samples fill as many bytes as one sample has bits.
                block_bytes = bits_per_sample;
            }
            WaveCodec::Oki => (block_bytes, bits_per_sample) = (1, 4),
        }
        if extent.bytes == 0 {
            return Err(AudioFault::NoSound);
        }
        let whole = |bytes: u64| match codec {
            WaveCodec::Mpeg => bytes,
            _ => bytes - bytes % u64::from(block_bytes.max(1)),
        };
        Ok(WaveHeader {
            container,
            codec,
            channels: self.channels,
            sample_rate_hz: self.sample_rate_hz,
            block_bytes,
            bits_per_sample,
            format_extra: self.extra,
            data_from,
            data_bytes: whole(extent.bytes),
            cut_short: extent.cut_short,
            fact_frames,
        })
    }
}
