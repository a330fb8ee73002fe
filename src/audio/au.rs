//! Sun AU: a header of at least 24 bytes with the highest byte first, then the sound. The length
//! may be unknown, so AU can be sent through a pipe.

use std::io::Read;

use super::codecs::{BigEndianPcm, BigEndianSample, BitOrder, BlockDecoder, G726};
use super::error::{AudioFault, Damage, LimitedQuantity};
use super::wave::{DataExtent, WaveCodec};

/// No annotation in a header is longer.
const MAX_HEADER_BYTES: u64 = 1 << 16;

/// How the samples are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuCodec {
    G711(WaveCodec),
    Pcm(BigEndianSample),
    /// G.726 of so many bits a sample.
    G726(u32),
}

impl AuCodec {
    fn from_number(number: u32) -> Result<AuCodec, AudioFault> {
        Ok(match number {
            1 => AuCodec::G711(WaveCodec::MuLaw),
            27 => AuCodec::G711(WaveCodec::ALaw),
            2..=5 => AuCodec::Pcm(BigEndianSample::Integer(number as usize - 1)),
            6 => AuCodec::Pcm(BigEndianSample::Float32),
            7 => AuCodec::Pcm(BigEndianSample::Float64),
            23 => AuCodec::G726(4),
            25 => AuCodec::G726(3),
            26 => AuCodec::G726(5),
            24 => return Err(AudioFault::Unsupported("G.722 (AU)".to_owned())),
            _ => return Err(AudioFault::Unsupported(format!("AU {number}"))),
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            AuCodec::G711(WaveCodec::ALaw) => "A-law",
            AuCodec::G711(_) => "mu-law",
            AuCodec::Pcm(BigEndianSample::Integer(_)) => "PCM",
            AuCodec::Pcm(_) => "float",
            AuCodec::G726(_) => "G.726",
        }
    }

    pub fn bits(self) -> u32 {
        match self {
            AuCodec::G711(_) => 8,
            AuCodec::Pcm(sample) => 8 * sample.bytes() as u32,
            AuCodec::G726(bits) => bits,
        }
    }
}

/// An AU header, checked against limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuHeader {
    pub codec: AuCodec,
    pub channels: u16,
    pub sample_rate_hz: u32,
    /// Where the sound begins, in bytes.
    pub data_from: u64,
    /// What the header says about the sound's length in bytes, if anything.
    declared_bytes: Option<u64>,
}

impl AuHeader {
    /// Reads the header and leaves `source` at the first byte of the sound.
    pub fn read(source: &mut impl Read) -> Result<AuHeader, AudioFault> {
        let mut head = [0; 24];
        source.read_exact(&mut head).map_err(cut)?;
        let field = |number: usize| {
            let bytes = &head[4 * number..4 * number + 4];
            bytes
                .iter()
                .fold(0u32, |value, &byte| value << 8 | u32::from(byte))
        };
        let (channels, sample_rate_hz) = (field(5), field(4));
        LimitedQuantity::Channels.check(u64::from(channels))?;
        LimitedQuantity::SampleRateHz.check(u64::from(sample_rate_hz))?;
        let codec = AuCodec::from_number(field(3))?;
        if matches!(codec, AuCodec::G726(_)) && channels > 1 {
            return Err(AudioFault::Unsupported(format!(
                "G.726 with {channels} channels (AU)"
            )));
        }
        let data_from = u64::from(field(1));
        if !(24..=MAX_HEADER_BYTES).contains(&data_from) {
            return Err(AudioFault::Malformed {
                offset: 4,
                damage: Damage::ContradictoryHeader("header length"),
            });
        }
        std::io::copy(
            &mut source.by_ref().take(data_from - 24),
            &mut std::io::sink(),
        )?;
        Ok(AuHeader {
            codec,
            channels: channels as u16,
            sample_rate_hz,
            data_from,
            declared_bytes: Some(field(2))
                .filter(|&bytes| bytes != u32::MAX)
                .map(u64::from),
        })
    }

    /// How much sound a file of `file_bytes` has.
    pub fn extent(&self, file_bytes: u64) -> Result<DataExtent, AudioFault> {
        let there = file_bytes.saturating_sub(self.data_from);
        let declared = self.declared_bytes.unwrap_or(u64::from(u32::MAX));
        let extent = DataExtent::of(declared, there, false);
        if extent.bytes == 0 {
            return Err(AudioFault::NoSound);
        }
        Ok(extent)
    }

    /// The decoder, for all but G.711.
    pub fn decoder(&self) -> Option<Box<dyn BlockDecoder>> {
        match self.codec {
            AuCodec::G711(_) => None,
            AuCodec::Pcm(sample) => Some(Box::new(BigEndianPcm {
                sample,
                channels: usize::from(self.channels),
            })),
            AuCodec::G726(bits) => Some(Box::new(G726::new(bits, BitOrder::LowestFirst))),
        }
    }
}

fn cut(error: std::io::Error) -> AudioFault {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        AudioFault::Malformed {
            offset: 0,
            damage: Damage::HeaderCut,
        }
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(fields: [u32; 5]) -> Vec<u8> {
        let mut bytes = b".snd".to_vec();
        bytes.extend(fields.into_iter().flat_map(u32::to_be_bytes));
        bytes
    }

    fn check(fields: [u32; 5], expected: &str) {
        let found = match AuHeader::read(&mut header(fields).as_slice()) {
            Ok(header) => format!("{} {} bits", header.codec.name(), header.codec.bits()),
            Err(fault) => fault.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn codecs_and_limits() {
        check([24, u32::MAX, 1, 8000, 1], "mu-law 8 bits");
        check([24, 0, 3, 8000, 2], "PCM 16 bits");
        check([24, 0, 23, 8000, 1], "G.726 4 bits");
        check([24, 0, 24, 8000, 1], "no decoder for G.722 (AU)");
        check(
            [24, 0, 3, 8000, 4_000_000_000],
            "the number of channels is 4000000000, allowed are 1 to 32",
        );
        check(
            [24, 0, 3, 1, 1],
            "the sample rate in Hz is 1, allowed are 4000 to 192000",
        );
        check(
            [u32::MAX, 0, 3, 8000, 1],
            "damaged at byte 4: the header contradicts itself (header length)",
        );
    }

    #[test]
    fn lengths_that_lie() {
        let extent = |declared| {
            let bytes = header([24, declared, 3, 8000, 1]);
            let header = AuHeader::read(&mut bytes.as_slice()).unwrap();
            let extent = header.extent(124).unwrap();
            (extent.bytes, extent.cut_short)
        };
        assert_eq!(extent(u32::MAX), (100, false));
        assert_eq!(extent(0), (100, false));
        assert_eq!(extent(60), (60, false));
        assert_eq!(extent(200), (100, true));
    }
}
