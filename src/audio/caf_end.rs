//! Where the chunks of a CAF file end: something appended behind them stops symphonia, which takes
//! it for a further chunk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// More chunks than any real file has.
const MAX_CHUNKS: usize = 1000;

/// The length up to the end of the last sound chunk, for a CAF file whose chunks do not end where
/// the file does; `None` for whole files, cut ones and other formats.
pub(super) fn sound_end(file: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let file_bytes = file.seek(SeekFrom::End(0))?;
    let mut position = 8;
    file.seek(SeekFrom::Start(0))?;
    let mut magic = [0; 8];
    if file.read_exact(&mut magic).is_err() || &magic[..4] != b"caff" {
        return Ok(None);
    }
    let mut found = None;
    for _ in 0..MAX_CHUNKS {
        let mut head = [0; 12];
        file.seek(SeekFrom::Start(position))?;
        if file.read_exact(&mut head).is_err() {
            break;
        }
        let size = head[4..]
            .iter()
            .fold(0u64, |size, &byte| size << 8 | u64::from(byte));
        let end = (position + 12).saturating_add(size);
        if end > file_bytes {
            return Ok(found);
        }
        if &head[..4] == b"data" {
            found = Some(end);
        }
        position = end;
    }
    Ok(found.filter(|_| position < file_bytes))
}

/// The first part of a file, as if it ended there.
pub(super) struct FirstPart {
    pub file: File,
    pub length: u64,
}

impl Read for FirstPart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.file.stream_position()?);
        let wanted = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        self.file.read(&mut buffer[..wanted])
    }
}

impl Seek for FirstPart {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::End(offset) => {
                let position = self.length.saturating_add_signed(offset);
                self.file.seek(SeekFrom::Start(position))
            }
            other => self.file.seek(other),
        }
    }
}

impl MediaSource for FirstPart {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn check(behind: &[u8], expected: Option<u64>) {
        let mut bytes = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x02..".to_vec();
        bytes.extend(b"data\0\0\0\0\0\0\0\x06......");
        bytes.extend(behind);
        assert_eq!(sound_end(&mut Cursor::new(bytes)).unwrap(), expected);
    }

    #[test]
    fn only_what_is_no_chunk_is_left_out() {
        check(b"", None);
        check(b"info\0\0\0\0\0\0\0\x01.", None);
        check(&[0x55; 99], Some(40));
        check(b"short", Some(40));
        assert_eq!(sound_end(&mut Cursor::new(b"RIFF")).unwrap(), None);
    }
}
