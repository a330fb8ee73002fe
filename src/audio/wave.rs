//! The header of a WAV file (RIFF, RF64), read without believing it.
//!
//! Recorders write headers that lie: sizes of 0 or 0xFFFFFFFF from streaming, sizes from before a
//! crash, format chunks of odd lengths. So the header is read here, held against the file's real
//! length, and the decoders get a new one that tells the truth ([`WaveHeader::truthful`]).

use std::io::{self, Read, Seek, SeekFrom};

use super::error::{AudioFault, Damage, LimitedQuantity};

/// Sizes from here up mean "not known when the header was written" if the file is shorter.
const STREAMED_SIZE: u64 = 0x7fff_0000;
/// No format chunk in use is longer; MS ADPCM has 50 bytes.
const MAX_FORMAT_CHUNK_BYTES: u64 = 4096;
/// More parts than this before the sound is no header but an attack.
const MAX_CHUNKS: usize = 1000;

/// How samples are coded, by the numbers of `mmreg.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaveCodec {
    Pcm,
    Float,
    ALaw,
    MuLaw,
    MsAdpcm,
    ImaAdpcm,
    /// MPEG audio within a WAV file.
    Mpeg,
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
            0x0010 | 0x0017 => "Dialogic OKI ADPCM",
            0x0014 | 0x0040 => "G.721",
            0x0022 => "TrueSpeech",
            0x0031 => "GSM 6.10",
            0x0042 => "G.723.1",
            0x0045 | 0x0064 => "G.726",
            0x0065 => "G.722",
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

    fn tag(self) -> u16 {
        match self {
            WaveCodec::Pcm => 0x0001,
            WaveCodec::MsAdpcm => 0x0002,
            WaveCodec::Float => 0x0003,
            WaveCodec::ALaw => 0x0006,
            WaveCodec::MuLaw => 0x0007,
            WaveCodec::ImaAdpcm => 0x0011,
            WaveCodec::Mpeg => 0x0055,
        }
    }
}

/// A WAV header, checked against limits and the file's length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WaveHeader {
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
    /// Reads the header of a file of `file_bytes` that starts with `RIFF` or `RF64`.
    pub fn read(file: &mut (impl Read + Seek), file_bytes: u64) -> Result<WaveHeader, AudioFault> {
        let mut chunks = Chunks {
            file,
            file_bytes,
            position: 12,
        };
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
                    let extent = DataExtent::of(declared, file_bytes - chunk.from, looks_empty);
                    return format.into_header(chunk.from, extent, fact_frames);
                }
                _ => {}
            }
            chunks.skip(&chunk)?;
        }
        Err(malformed(12, Damage::MissingChunk("data")))
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

/// One part of a RIFF file.
struct Chunk {
    id: [u8; 4],
    /// Where its body begins.
    from: u64,
    length: u64,
}

struct Chunks<'f, F> {
    file: &'f mut F,
    file_bytes: u64,
    position: u64,
}

impl<F: Read + Seek> Chunks<'_, F> {
    fn next(&mut self, format_seen: bool) -> Result<Chunk, AudioFault> {
        let mut head = [0; 8];
        self.file.seek(SeekFrom::Start(self.position))?;
        match self.file.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let damage = if self.position >= self.file_bytes && self.position > 12 {
                    Damage::MissingChunk(if format_seen { "data" } else { "fmt" })
                } else {
                    Damage::HeaderCut
                };
                return Err(malformed(self.file_bytes, damage));
            }
            Err(error) => return Err(error.into()),
        }
        let [a, b, c, d, size @ ..] = head;
        Ok(Chunk {
            id: [a, b, c, d],
            from: self.position + 8,
            length: u64::from(u32::from_le_bytes(size)),
        })
    }

    /// The body of a chunk of the header; all of them are short.
    fn body(&mut self, chunk: &Chunk) -> Result<Vec<u8>, AudioFault> {
        let mut body = Vec::new();
        self.file
            .by_ref()
            .take(chunk.length.min(MAX_FORMAT_CHUNK_BYTES))
            .read_to_end(&mut body)?;
        Ok(body)
    }

    /// Moves behind a chunk, to an even position.
    fn skip(&mut self, chunk: &Chunk) -> Result<(), AudioFault> {
        let behind = chunk.from + chunk.length;
        if behind > self.file_bytes {
            return Err(malformed(
                chunk.from - 8,
                Damage::ChunkTooLong {
                    chunk: String::from_utf8_lossy(&chunk.id).trim().to_owned(),
                    length: chunk.length,
                },
            ));
        }
        self.position = behind + behind % 2;
        Ok(())
    }

    /// Whether a chunk that may follow the sound begins at `position`, or the file ends there.
    fn another_chunk_at(&mut self, position: u64) -> Result<bool, AudioFault> {
        let mut id = Vec::new();
        self.file.seek(SeekFrom::Start(position))?;
        self.file.by_ref().take(4).read_to_end(&mut id)?;
        Ok(id.is_empty()
            || matches!(
                id.as_slice(),
                b"LIST" | b"fact" | b"cue " | b"bext" | b"id3 " | b"ID3 " | b"PAD " | b"JUNK"
            ))
    }
}

/// The format chunk as it stands in the file.
struct RawFormat {
    tag: u16,
    channels: u16,
    sample_rate_hz: u32,
    block_bytes: u16,
    bits_per_sample: u16,
    extra: Vec<u8>,
    /// Where the chunk is, for messages.
    at: u64,
}

impl RawFormat {
    fn parse(body: &[u8], at: u64) -> Result<RawFormat, AudioFault> {
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
            block_bytes: field(12, 2) as u16,
            bits_per_sample: field(14, 2) as u16,
            extra: extra.to_vec(),
            at,
        })
    }

    fn into_header(
        self,
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
        }
        if extent.bytes == 0 {
            return Err(AudioFault::NoSound);
        }
        let whole = |bytes: u64| match codec {
            WaveCodec::Mpeg => bytes,
            _ => bytes - bytes % u64::from(block_bytes.max(1)),
        };
        Ok(WaveHeader {
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

/// How much sound there is, against how much was promised.
struct DataExtent {
    bytes: u64,
    cut_short: bool,
}

impl DataExtent {
    fn of(declared: u64, in_file: u64, looks_empty: bool) -> DataExtent {
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
        check_format(|f| f[0] = 0x31, "no decoder for GSM 6.10 (WAV)");
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
}
