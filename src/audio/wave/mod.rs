//! The header of a WAV file (RIFF, RF64, Wave64), read without believing it.
//!
//! Recorders write headers that lie: sizes of 0 or 0xFFFFFFFF from streaming, sizes from before a
//! crash, format chunks of odd lengths. So the header is read here, held against the file's real
//! length, and the decoders get a new one that tells the truth ([`WaveHeader::truthful`]).

mod chunks;
mod format;

use std::io::{Read, Seek, SeekFrom};

use super::error::{AudioFault, Damage};
use chunks::{Chunks, Layout};
use format::RawFormat;
pub(super) use format::{GSM_BLOCK_BYTES, WaveCodec};

/// Sizes from here up mean "not known when the header was written" if the file is shorter.
const STREAMED_SIZE: u64 = 0x7fff_0000;
/// More parts than this before the sound is no header but an attack.
const MAX_CHUNKS: usize = 1000;

/// A WAV header, checked against limits and the file's length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WaveHeader {
    /// `WAV`, `RF64`, `W64`; `AU` for a header that was read there.
    pub container: &'static str,
    pub codec: WaveCodec,
    pub channels: u16,
    pub sample_rate_hz: u32,
    /// Bytes of one frame (PCM, A-law, mu-law) or of one block (ADPCM).
    pub block_bytes: u16,
    pub bits_per_sample: u16,
    /// What the format chunk holds beyond its first 18 bytes (ADPCM needs it).
    format_extra: Vec<u8>,
    /// Where the sound begins in the file, in bytes.
    pub data_from: u64,
    /// How many bytes of sound are really there.
    pub data_bytes: u64,
    /// The header promised more sound than there is.
    pub cut_short: bool,
    /// Frames by the `fact` chunk, for codecs that fill up their last block.
    pub fact_frames: Option<u64>,
}

impl WaveHeader {
    /// Reads the header of a file of `file_bytes` that starts with `RIFF`, `RF64` or Wave64's GUID.
    pub fn read(file: &mut (impl Read + Seek), file_bytes: u64) -> Result<WaveHeader, AudioFault> {
        let mut start = [0; 4];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut start)?;
        let (layout, container) = match &start {
            b"riff" => (Layout::Wave64, "W64"),
            b"RF64" | b"BW64" => (Layout::Riff, "RF64"),
            _ => (Layout::Riff, "WAV"),
        };
        let mut chunks = Chunks::new(file, file_bytes, layout);
        let mut format = None;
        let mut fact_frames = None;
        let mut long_data_bytes = None;
        for _ in 0..MAX_CHUNKS {
            let chunk = chunks.next(format.is_some())?;
            match &chunk.id {
                b"fmt " => format = Some(RawFormat::parse(&chunks.body(&chunk)?, chunk.from)?),
                b"fact" => fact_frames = number(&chunks.body(&chunk)?, 0, 4).filter(|&n| n > 0),
                b"ds64" => {
                    let body = chunks.body(&chunk)?;
                    long_data_bytes = number(&body, 8, 8);
                }
                b"data" => {
                    let format = format.ok_or(AudioFault::Malformed {
                        offset: chunk.from,
                        damage: Damage::MissingChunk("fmt"),
                    })?;
                    let declared = match (chunk.length, long_data_bytes) {
                        (0xffff_ffff, Some(long)) => long,
                        (length, _) => length,
                    };
                    let looks_empty = declared == 0 && chunks.another_chunk_at(chunk.from)?;
                    let there = file_bytes.saturating_sub(chunk.from);
                    let extent = DataExtent::of(declared, there, looks_empty);
                    return format.into_header(container, chunk.from, extent, fact_frames);
                }
                _ => {}
            }
            chunks.skip(&chunk)?;
        }
        Err(malformed(12, Damage::MissingChunk("data")))
    }

    /// A header for G.711 found in another container.
    pub fn g711(
        container: &'static str,
        codec: WaveCodec,
        (channels, sample_rate_hz): (u16, u32),
        data_from: u64,
        extent: &DataExtent,
    ) -> WaveHeader {
        WaveHeader {
            container,
            codec,
            channels,
            sample_rate_hz,
            block_bytes: channels,
            bits_per_sample: 8,
            format_extra: Vec::new(),
            data_from,
            data_bytes: extent.bytes - extent.bytes % u64::from(channels),
            cut_short: extent.cut_short,
            fact_frames: None,
        }
    }

    /// Whether hound decodes it (else symphonia).
    pub fn is_plain_pcm(&self) -> bool {
        match self.codec {
            WaveCodec::Pcm => true,
            WaveCodec::Float => self.bits_per_sample == 32,
            _ => false,
        }
    }

    /// A header for `data_bytes` of this file's sound that every decoder understands.
    pub fn truthful(&self, data_bytes: u64) -> Vec<u8> {
        let extra_bytes = self.format_extra.len() as u32;
        // The length of extra data belongs to all codecs but PCM and float.
        let format_bytes = match self.codec {
            WaveCodec::Pcm | WaveCodec::Float => 16,
            _ => 18 + extra_bytes,
        };
        let total = u64::from(format_bytes) + 20 + data_bytes;
        let (riff_size, data_size) = match (u32::try_from(total), u32::try_from(data_bytes)) {
            (Ok(riff), Ok(data)) => (riff, data),
            // To the decoders this means: read to the end.
            _ => (u32::MAX, u32::MAX),
        };
        let bytes_a_second = self
            .sample_rate_hz
            .saturating_mul(u32::from(self.block_bytes));
        let mut header = Vec::with_capacity(64);
        header.extend(b"RIFF");
        header.extend(riff_size.to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(format_bytes.to_le_bytes());
        header.extend(self.codec.tag().to_le_bytes());
        header.extend(self.channels.to_le_bytes());
        header.extend(self.sample_rate_hz.to_le_bytes());
        header.extend(bytes_a_second.to_le_bytes());
        header.extend(self.block_bytes.to_le_bytes());
        header.extend(self.bits_per_sample.to_le_bytes());
        if format_bytes > 16 {
            header.extend((extra_bytes as u16).to_le_bytes());
            header.extend(&self.format_extra);
        }
        header.extend(b"data");
        header.extend(data_size.to_le_bytes());
        header
    }
}

/// How much sound there is, against how much was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataExtent {
    pub bytes: u64,
    pub cut_short: bool,
}

impl DataExtent {
    pub fn of(declared: u64, in_file: u64, looks_empty: bool) -> DataExtent {
        let unknown =
            (declared == 0 && !looks_empty) || (declared >= STREAMED_SIZE && declared > in_file);
        DataExtent {
            bytes: if unknown {
                in_file
            } else {
                declared.min(in_file)
            },
            cut_short: !unknown && declared > in_file,
        }
    }
}

/// A little-endian number of `length` ≤ 8 bytes.
fn number(bytes: &[u8], from: usize, length: usize) -> Option<u64> {
    let mut value = [0; 8];
    value[..length].copy_from_slice(bytes.get(from..from + length)?);
    Some(u64::from_le_bytes(value))
}

fn malformed(offset: u64, damage: Damage) -> AudioFault {
    AudioFault::Malformed { offset, damage }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const PCM_16: [u8; 16] = [1, 0, 2, 0, 0x40, 0x1f, 0, 0, 0, 0x7d, 0, 0, 4, 0, 16, 0];

    fn file(chunks: &[(&[u8; 4], u32, &[u8])]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        for (id, size, body) in chunks {
            bytes.extend(*id);
            bytes.extend(size.to_le_bytes());
            bytes.extend(*body);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<WaveHeader, AudioFault> {
        WaveHeader::read(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    /// (data from, data bytes, cut short) of a file whose data chunk states `declared`.
    fn check_data(declared: u32, body: &[u8], expected: (u64, bool)) {
        let header = read(&file(&[(b"fmt ", 16, &PCM_16), (b"data", declared, body)])).unwrap();
        assert_eq!((header.data_bytes, header.cut_short), expected);
        assert_eq!(header.data_from, 44);
    }

    #[test]
    fn sizes_that_lie() {
        check_data(8, &[0; 8], (8, false));
        check_data(8, &[0; 20], (8, false));
        check_data(8, &[0; 6], (4, true));
        check_data(0, &[7; 20], (20, false));
        check_data(0xffff_ffff, &[7; 22], (20, false));
        check_data(0x7fff_ffdb, &[7; 20], (20, false));
        check_data(10, &[0; 20], (8, false));
    }

    #[test]
    fn no_sound_after_the_header() {
        for body in [&b""[..], b"LIST\x04\0\0\0INFO"] {
            let bytes = file(&[(b"fmt ", 16, &PCM_16), (b"data", 0, body)]);
            assert!(matches!(read(&bytes), Err(AudioFault::NoSound)));
        }
    }

    #[test]
    fn other_chunks_are_passed_over() {
        let bytes = file(&[
            (b"JUNK", 3, &[0; 4]),
            (b"fmt ", 16, &PCM_16),
            (b"fact", 4, &[9, 0, 0, 0]),
            (b"data", 8, &[0; 8]),
        ]);
        let header = read(&bytes).unwrap();
        assert_eq!((header.data_bytes, header.fact_frames), (8, Some(9)));
    }

    fn check_damage(bytes: &[u8], offset: u64, damage: Damage) {
        match read(bytes) {
            Err(AudioFault::Malformed {
                offset: found_at,
                damage: found,
            }) => assert_eq!((found_at, found), (offset, damage)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn damage_is_located() {
        check_damage(b"RIFF\0\0\0\0WAVE", 12, Damage::HeaderCut);
        check_damage(b"RIFF\0\0\0\0WAVEfm", 14, Damage::HeaderCut);
        check_damage(
            &file(&[(b"fmt ", 16, &PCM_16)]),
            36,
            Damage::MissingChunk("data"),
        );
        check_damage(
            &file(&[(b"data", 4, &[0; 4])]),
            20,
            Damage::MissingChunk("fmt"),
        );
        check_damage(
            &file(&[(b"LIST", 5000, &[0; 4])]),
            12,
            Damage::ChunkTooLong {
                chunk: "LIST".into(),
                length: 5000,
            },
        );
    }

    fn check_format(change: impl Fn(&mut [u8; 16]), expected: &str) {
        let mut format = PCM_16;
        change(&mut format);
        let found = read(&file(&[(b"fmt ", 16, &format), (b"data", 8, &[0; 8])]));
        let found = match found {
            Ok(header) => format!("{:?} {} bits", header.codec, header.bits_per_sample),
            Err(fault) => fault.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn formats_and_limits() {
        check_format(|_| {}, "Pcm 16 bits");
        check_format(
            |f| f[2] = 0,
            "the number of channels is 0, allowed are 1 to 32",
        );
        check_format(
            |f| f[2] = 33,
            "the number of channels is 33, allowed are 1 to 32",
        );
        check_format(
            |f| f[4..8].copy_from_slice(&[255; 4]),
            "the sample rate in Hz is 4294967295, allowed are 4000 to 192000",
        );
        check_format(|f| f[0] = 0x83, "no decoder for G.729 (WAV)");
        check_format(
            |f| f[0] = 0x31,
            "no decoder for Gsm610 with 2 channels (WAV)",
        );
        check_format(
            |f| (f[0], f[2]) = (0x31, 1),
            "damaged at byte 20: the header contradicts itself (block size)",
        );
        check_format(|f| (f[0], f[2], f[12]) = (0x31, 1, 65), "Gsm610 16 bits");
        // 32,000 bytes a second are no rate of G.726, 4 bits a sample are.
        check_format(
            |f| (f[0], f[2]) = (0x45, 1),
            "damaged at byte 20: the header contradicts itself (sample size)",
        );
        check_format(|f| (f[0], f[2], f[14]) = (0x45, 1, 4), "G726 4 bits");
        check_format(
            |f| (f[0], f[2], f[8], f[9]) = (0x45, 1, 0xb8, 0x0b),
            "G726 3 bits",
        );
        check_format(|f| f[0] = 7, "MuLaw 8 bits");
        // A block size of zero is worked out from the sample size.
        check_format(|f| f[12] = 0, "Pcm 16 bits");
        check_format(|f| (f[12], f[14]) = (6, 20), "Pcm 24 bits");
        check_format(
            |f| (f[12], f[14]) = (0, 0),
            "damaged at byte 20: the header contradicts itself (sample size)",
        );
    }

    #[test]
    fn the_new_header_reads_as_the_old_one() {
        for tag in [1, 6, 7] {
            let mut format = PCM_16;
            format[0] = tag;
            let bytes = file(&[(b"fmt ", 16, &format), (b"data", 0xffff_ffff, &[0; 40])]);
            let old = read(&bytes).unwrap();
            let mut rewritten = old.truthful(old.data_bytes);
            let data_from = rewritten.len() as u64;
            rewritten.extend([0; 40]);
            let new = read(&rewritten).unwrap();
            assert_eq!(new, WaveHeader { data_from, ..old });
        }
    }

    #[test]
    fn wave64_is_walked_too() {
        let guid = |letters: &[u8; 4]| [&letters[..], &[7; 12]].concat();
        let mut bytes = [guid(b"riff"), vec![0; 8], guid(b"wave")].concat();
        for (letters, body) in [
            (b"fmt ", &PCM_16[..]),
            (b"junk", &[1; 3]),
            (b"data", &[0; 8]),
        ] {
            bytes.extend(guid(letters));
            bytes.extend((body.len() as u64 + 24).to_le_bytes());
            bytes.extend(body);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        let header = read(&bytes).unwrap();
        assert_eq!((header.container, header.data_bytes), ("W64", 8));
        assert_eq!(header.data_from, 40 + 24 + 16 + 24 + 8 + 24);
        let cut = read(&bytes[..bytes.len() - 4]).unwrap();
        assert_eq!((cut.data_bytes, cut.cut_short), (4, true));
        // A part as long as a number can be.
        bytes[56..64].fill(0xff);
        assert!(matches!(read(&bytes), Err(AudioFault::Malformed { .. })));
    }
}
