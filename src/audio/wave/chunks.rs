//! Walks the parts of a RIFF, RF64 or Wave64 file.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::error::{AudioFault, Damage};
use super::{malformed, number};

/// No format chunk in use is longer; MS ADPCM has 50 bytes.
const MAX_FORMAT_CHUNK_BYTES: u64 = 4096;

/// How the parts of a file are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// RIFF and RF64: four letters and a 32-bit length, bodies on even places.
    Riff,
    /// Sony Wave64: a GUID that begins with the same four letters and a 64-bit length that counts
    /// its own 24 bytes, bodies on places that are multiples of eight.
    Wave64,
}

impl Layout {
    fn first_chunk_at(self) -> u64 {
        match self {
            Layout::Riff => 12,
            Layout::Wave64 => 40,
        }
    }

    fn head_bytes(self) -> u64 {
        match self {
            Layout::Riff => 8,
            Layout::Wave64 => 24,
        }
    }

    fn alignment(self) -> u64 {
        match self {
            Layout::Riff => 2,
            Layout::Wave64 => 8,
        }
    }
}

/// One part of a file.
pub(super) struct Chunk {
    pub id: [u8; 4],
    /// Where its body begins.
    pub from: u64,
    pub length: u64,
}

pub(super) struct Chunks<'f, F> {
    file: &'f mut F,
    file_bytes: u64,
    layout: Layout,
    position: u64,
}

impl<'f, F: Read + Seek> Chunks<'f, F> {
    pub fn new(file: &'f mut F, file_bytes: u64, layout: Layout) -> Chunks<'f, F> {
        Chunks {
            file,
            file_bytes,
            layout,
            position: layout.first_chunk_at(),
        }
    }

    pub fn next(&mut self, format_seen: bool) -> Result<Chunk, AudioFault> {
        let mut head = [0; 24];
        let head = &mut head[..self.layout.head_bytes() as usize];
        self.file.seek(SeekFrom::Start(self.position))?;
        match self.file.read_exact(head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let first = self.layout.first_chunk_at();
                let damage = if self.position >= self.file_bytes && self.position > first {
                    Damage::MissingChunk(if format_seen { "data" } else { "fmt" })
                } else {
                    Damage::HeaderCut
                };
                return Err(malformed(self.file_bytes, damage));
            }
            Err(error) => return Err(error.into()),
        }
        let head_bytes = self.layout.head_bytes();
        Ok(Chunk {
            id: [head[0], head[1], head[2], head[3]],
            from: self.position + head_bytes,
            length: match self.layout {
                Layout::Riff => number(head, 4, 4).unwrap_or(0),
                Layout::Wave64 => number(head, 16, 8).unwrap_or(0).saturating_sub(head_bytes),
            },
        })
    }

    /// The body of a chunk of the header; all of them are short.
    pub fn body(&mut self, chunk: &Chunk) -> Result<Vec<u8>, AudioFault> {
        let mut body = Vec::new();
        self.file
            .by_ref()
            .take(chunk.length.min(MAX_FORMAT_CHUNK_BYTES))
            .read_to_end(&mut body)?;
        Ok(body)
    }

    /// Moves behind a chunk, to the place where the next may begin.
    pub fn skip(&mut self, chunk: &Chunk) -> Result<(), AudioFault> {
        let behind = chunk.from.saturating_add(chunk.length);
        if behind > self.file_bytes {
            return Err(malformed(
                self.position,
                Damage::ChunkTooLong {
                    chunk: String::from_utf8_lossy(&chunk.id).trim().to_owned(),
                    length: chunk.length,
                },
            ));
        }
        self.position = behind.next_multiple_of(self.layout.alignment());
        Ok(())
    }

    /// Whether a chunk that may follow the sound begins at `position`, or the file ends there.
    pub fn another_chunk_at(&mut self, position: u64) -> Result<bool, AudioFault> {
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
