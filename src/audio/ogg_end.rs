//! Whether an Ogg file ends within a page, as one that was cut does.

use std::io::{self, Read, Seek, SeekFrom};

/// A page is at most 65,307 bytes long.
const LOOKED_AT_BYTES: u64 = 66_000;
const HEADER_BYTES: usize = 27;

/// True when the last page of an Ogg file says that it is longer than the file.
///
/// That the end-of-stream mark is missing says nothing: some recorders never set it.
pub(super) fn ends_within_a_page(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut start = [0; 4];
    file.seek(SeekFrom::Start(0))?;
    if file.read_exact(&mut start).is_err() || &start != b"OggS" {
        return Ok(false);
    }
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT_BYTES)))?;
    let mut tail = Vec::new();
    file.take(LOOKED_AT_BYTES).read_to_end(&mut tail)?;
    let Some(last) = tail.windows(5).rposition(|at| at == b"OggS\0") else {
        return Ok(false);
    };
    let page = &tail[last..];
    let Some(&segments) = page.get(HEADER_BYTES - 1) else {
        return Ok(true);
    };
    let Some(lengths) = page.get(HEADER_BYTES..HEADER_BYTES + usize::from(segments)) else {
        return Ok(true);
    };
    let body: usize = lengths.iter().map(|&length| usize::from(length)).sum();
    Ok(page.len() < HEADER_BYTES + lengths.len() + body)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn check(bytes: &[u8], expected: bool) {
        assert_eq!(
            ends_within_a_page(&mut Cursor::new(bytes)).unwrap(),
            expected
        );
    }

    #[test]
    fn only_a_page_that_is_cut_counts() {
        let mut page = b"OggS\0\x02".to_vec();
        page.extend([0; 20]);
        page.extend([2, 100, 3]);
        page.extend([7; 103]);
        check(&page, false);
        for length in [10, 26, 27, 28, 29, 131] {
            check(&page[..length], true);
            // The page before it is whole.
            check(&[&page[..], &page[..length]].concat(), true);
        }
        check(&[&page[..], &[0x55; 999]].concat(), false);
        check(b"RIFF", false);
        check(b"", false);
    }
}
