//! The edit list of an MP4 file: which part of the decoded sound is the recording.
//!
//! AAC encoders put one or two blocks before the recording (128 ms at 8 kHz) and fill up the last
//! one; the edit list says so, but the demuxer does not act on it.

use std::io::{self, Read, Seek, SeekFrom};

/// Boxes deeper or longer than any real file's are not followed.
const MAX_BOXES: usize = 4096;
const MAX_SMALL_BOX_BYTES: u64 = 4096;

/// The played part of the first sound track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlayedPart {
    /// Its start on the track's own clock.
    start: u64,
    track_ticks_a_second: u64,
    /// Its length on the file's clock.
    length: u64,
    file_ticks_a_second: u64,
}

impl PlayedPart {
    /// Start and length in frames at `sample_rate_hz`.
    pub fn in_frames(self, sample_rate_hz: u32) -> (u64, u64) {
        let frames = |ticks: u64, ticks_a_second: u64| {
            (u128::from(ticks) * u128::from(sample_rate_hz) / u128::from(ticks_a_second)) as u64
        };
        (
            frames(self.start, self.track_ticks_a_second),
            frames(self.length, self.file_ticks_a_second),
        )
    }

    /// Reads it from a file; `None` for other files, and for edit lists of more than one part.
    pub fn read(file: &mut (impl Read + Seek)) -> io::Result<Option<PlayedPart>> {
        let mut start = [0; 8];
        file.seek(SeekFrom::Start(0))?;
        if file.read_exact(&mut start).is_err() || &start[4..] != b"ftyp" {
            return Ok(None);
        }
        let mut found = Found::default();
        let end = file.seek(SeekFrom::End(0))?;
        match walk(file, 0, end, &mut found, &mut 0) {
            Ok(()) => Ok(found.played_part()),
            // A broken file is the demuxer's business.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What was seen of the track that is being walked through, and of the file.
#[derive(Default)]
struct Found {
    file_ticks_a_second: Option<u64>,
    track_ticks_a_second: Option<u64>,
    edit: Option<(u64, u64)>,
    is_sound: bool,
    sound: Option<(u64, u64, u64)>,
}

impl Found {
    fn end_of_track(&mut self) {
        if let (true, None, Some((length, start)), Some(ticks)) = (
            self.is_sound,
            self.sound,
            self.edit,
            self.track_ticks_a_second,
        ) {
            self.sound = Some((length, start, ticks));
        }
        (self.edit, self.track_ticks_a_second, self.is_sound) = (None, None, false);
    }

    fn played_part(&self) -> Option<PlayedPart> {
        let (length, start, track_ticks_a_second) = self.sound?;
        let file_ticks_a_second = self.file_ticks_a_second?;
        (length > 0 && track_ticks_a_second > 0 && file_ticks_a_second > 0).then_some(PlayedPart {
            start,
            track_ticks_a_second,
            length,
            file_ticks_a_second,
        })
    }
}

fn walk(
    file: &mut (impl Read + Seek),
    from: u64,
    to: u64,
    found: &mut Found,
    seen: &mut usize,
) -> io::Result<()> {
    let mut position = from;
    while position + 8 <= to && *seen < MAX_BOXES {
        *seen += 1;
        file.seek(SeekFrom::Start(position))?;
        let short = read_number(file, 4)?;
        let mut kind = [0; 4];
        file.read_exact(&mut kind)?;
        let (header, length) = match short {
            0 => (8, to - position),
            1 => (16, read_number(file, 8)?),
            length => (8, length),
        };
        if length < header || length > to - position {
            return Ok(());
        }
        let (inside, behind) = (position + header, position + length);
        match &kind {
            b"moov" | b"mdia" | b"edts" => walk(file, inside, behind, found, seen)?,
            b"trak" => {
                walk(file, inside, behind, found, seen)?;
                found.end_of_track();
            }
            b"mvhd" | b"mdhd" | b"elst" | b"hdlr" => {
                let mut body = Vec::new();
                file.by_ref()
                    .take((length - header).min(MAX_SMALL_BOX_BYTES))
                    .read_to_end(&mut body)?;
                note(&kind, &body, found);
            }
            _ => {}
        }
        position = behind;
    }
    Ok(())
}

fn note(kind: &[u8; 4], body: &[u8], found: &mut Found) {
    let long = body.first() == Some(&1);
    // Version 1 of these boxes has 64-bit times.
    let clock = number(body, if long { 20 } else { 12 }, 4);
    match kind {
        b"mvhd" => found.file_ticks_a_second = clock,
        b"mdhd" => found.track_ticks_a_second = clock,
        b"hdlr" => found.is_sound = body.get(8..12) == Some(b"soun"),
        _ => {
            let one_part = number(body, 4, 4) == Some(1);
            let width = if long { 8 } else { 4 };
            let empty_part = if long { u64::MAX } else { u64::from(u32::MAX) };
            found.edit = match (number(body, 8, width), number(body, 8 + width, width)) {
                (Some(length), Some(start)) if one_part && start != empty_part => {
                    Some((length, start))
                }
                _ => None,
            };
        }
    }
}

fn read_number(file: &mut impl Read, bytes: usize) -> io::Result<u64> {
    let mut value = [0; 8];
    file.read_exact(&mut value[8 - bytes..])?;
    Ok(u64::from_be_bytes(value))
}

/// A big-endian number of `length` ≤ 8 bytes.
fn number(bytes: &[u8], from: usize, length: usize) -> Option<u64> {
    let mut value = [0; 8];
    value[8 - length..].copy_from_slice(bytes.get(from..from + length)?);
    Some(u64::from_be_bytes(value))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(body);
        bytes
    }

    fn clock(ticks: u32) -> Vec<u8> {
        let mut body = vec![0; 12];
        body.extend(ticks.to_be_bytes());
        body
    }

    fn file(edits: &[(u32, u32)], handler: &[u8; 4]) -> Vec<u8> {
        let mut list = vec![0; 4];
        list.extend((edits.len() as u32).to_be_bytes());
        for (length, start) in edits {
            list.extend(length.to_be_bytes());
            list.extend(start.to_be_bytes());
            list.extend([0, 1, 0, 0]);
        }
        let mut handled = vec![0; 8];
        handled.extend(handler);
        let media = [boxed(b"mdhd", &clock(8000)), boxed(b"hdlr", &handled)].concat();
        let track = [
            boxed(b"edts", &boxed(b"elst", &list)),
            boxed(b"mdia", &media),
        ]
        .concat();
        let movie = [boxed(b"mvhd", &clock(1000)), boxed(b"trak", &track)].concat();
        [boxed(b"ftyp", b"M4A "), boxed(b"moov", &movie)].concat()
    }

    fn check(bytes: &[u8], expected: Option<(u64, u64)>) {
        let found = PlayedPart::read(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(found.map(|part| part.in_frames(8000)), expected);
    }

    #[test]
    fn one_part_of_a_sound_track_counts() {
        check(&file(&[(2500, 1024)], b"soun"), Some((1024, 20_000)));
        check(&file(&[(2500, 1024)], b"vide"), None);
        check(&file(&[(2500, 1024), (5, 9)], b"soun"), None);
        check(&file(&[(2500, u32::MAX)], b"soun"), None);
        check(b"RIFF\0\0\0\0WAVE", None);
        check(b"", None);
    }

    #[test]
    fn a_cut_file_has_none() {
        let bytes = file(&[(2500, 1024)], b"soun");
        for length in 0..bytes.len() {
            check(&bytes[..length], None);
        }
    }
}
