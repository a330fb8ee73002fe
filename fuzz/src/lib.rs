//! What the fuzz targets share. The modules under test are taken in by path, so that neither
//! whisper.cpp nor SQLite has to be built for them.

#![allow(dead_code, unused_imports)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

#[path = "../../src/lang.rs"]
pub mod lang;
#[path = "../../src/time.rs"]
pub mod time;

#[path = "../../src/call/mod.rs"]
pub mod call;
#[path = "../../src/transcript.rs"]
pub mod transcript;
#[path = "../../src/acoustics.rs"]
pub mod acoustics;

#[path = "../../src/text/mod.rs"]
pub mod text;

#[path = "../../src/rules/mod.rs"]
pub mod rules;

#[path = "."]
pub mod intake {
    #[path = "../../src/intake/shown.rs"]
    mod shown;
    pub use shown::*;
}
#[path = "../../src/audio/mod.rs"]
pub mod audio;

use audio::{AudioError, AudioFault, AudioOptions, AudioReader, Ffmpeg};

/// No single allocation may be larger, and not all of them together.
const MAX_ALLOCATION_BYTES: usize = 256 << 20;

struct Limited;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn take(bytes: usize) {
    let all = ALLOCATED.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if bytes > MAX_ALLOCATION_BYTES || all > 2 * MAX_ALLOCATION_BYTES {
        eprintln!("unbounded allocation: {bytes} bytes, {all} in all");
        std::process::abort();
    }
}

#[global_allocator]
static LIMITED: Limited = Limited;

/// Reads `bytes` as a file with this extension, to its end or for `blocks` blocks. Every error is
/// right; what is caught as a panic is not, nor are samples out of range.
pub fn read(bytes: &[u8], extension: &str, blocks: usize) {
    let path = file(extension);
    std::fs::write(&path, bytes).expect("the file system takes a small file");
    let options = AudioOptions {
        vox_rate_hz: Some(8000),
        ffmpeg: Ffmpeg::Off,
    };
    match AudioReader::open_with(&path, &options) {
        Ok(mut reader) => {
            let channels = usize::from(reader.facts().channels);
            for _ in 0..blocks {
                match reader.next_block() {
                    Ok(Some(block)) => check(&block, channels),
                    Ok(None) => break,
                    Err(error) => {
                        judge(&error);
                        break;
                    }
                }
            }
        }
        Err(error) => judge(&error),
    }
}

fn check(block: &[Vec<f32>], channels: usize) {
    assert_eq!(block.len(), channels);
    for channel in block {
        assert_eq!(channel.len(), block[0].len());
        assert!(channel.iter().all(|sample| (-1.0..=1.0).contains(sample)));
    }
}

fn judge(error: &AudioError) {
    if let AudioFault::DecoderBroke { why, .. } = &error.cause {
        // A panic of a decoder is caught for users; here it is a finding unless it is known.
        assert!(known(why), "a decoder panicked: {why}");
    }
}

/// Panics within dependencies that were looked at: they are caught and end one recording only.
fn known(why: &str) -> bool {
    KNOWN.iter().any(|known| why.contains(known))
}

const KNOWN: &[&str] = &[
    // symphonia (Matroska, CAF) and opus-decoder, see README.md; only where overflows are checked.
    "attempt to shift left with overflow",
    "attempt to multiply with overflow",
];

fn file(extension: &str) -> PathBuf {
    let folder = PathBuf::from("/dev/shm");
    let folder = if folder.is_dir() {
        folder
    } else {
        std::env::temp_dir()
    };
    folder.join(format!("huiting-fuzz-{}.{extension}", std::process::id()))
}
