//! The identity of a model: the SHA-256 of its file.
//!
//! Hashing a model of 1.6 GB takes seconds, so a digest is remembered beside the size and the time
//! of the last change that it was computed for. Owns that small JSON file and nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::ModelError;

/// Name of the file in which digests are remembered.
pub const DIGESTS_FILE: &str = "model-digests.json";

/// The SHA-256 of a file's content as 64 lower-case hexadecimal digits.
///
/// # Errors
/// `Missing` when there is no such file, `Unreadable` when reading fails.
pub fn digest(path: &Path) -> Result<String, ModelError> {
    let unreadable = |source| ModelError::unreadable(path, source);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(count) => hasher.update(&block[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    Ok(hexadecimal(&hasher.finalize()))
}

/// The digest, taken from `cache_dir` when the file's size and time of change are still those
/// that it was remembered with; else computed and remembered.
///
/// A cache that cannot be read or written only costs the time of computing again.
///
/// # Errors
/// As [`digest`].
pub fn digest_remembered(path: &Path, cache_dir: &Path) -> Result<String, ModelError> {
    let stamp = Stamp::of(path).map_err(|source| ModelError::unreadable(path, source))?;
    let key = cache_key(path);
    if let Some(known) = read_cache(cache_dir).remove(&key)
        && known.stamp == stamp
    {
        return Ok(known.sha256);
    }
    let sha256 = digest(path)?;
    // A file that changed while it was read must not be remembered under either state.
    if Stamp::of(path).is_ok_and(|after| after == stamp) {
        remember(
            cache_dir,
            key,
            Remembered {
                stamp,
                sha256: sha256.clone(),
            },
        );
    }
    Ok(sha256)
}

/// The digest remembered for a file that has not changed since by size and time, if any.
pub fn remembered(path: &Path, cache_dir: &Path) -> Option<String> {
    let stamp = Stamp::of(path).ok()?;
    let known = read_cache(cache_dir).remove(&cache_key(path))?;
    (known.stamp == stamp).then_some(known.sha256)
}

#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    #[serde(flatten)]
    stamp: Stamp,
    sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size_bytes: u64,
    /// Nanoseconds since 1970, as text: JSON numbers lose digits in other programs.
    modified_ns: String,
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Stamp> {
        fs::metadata(path).map(|metadata| Stamp::of_metadata(&metadata))
    }

    fn of_metadata(metadata: &Metadata) -> Stamp {
        let modified_ns = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map_or(0, |since| since.as_nanos());
        Stamp {
            size_bytes: metadata.len(),
            modified_ns: modified_ns.to_string(),
        }
    }
}

type Cache = BTreeMap<String, Remembered>;

fn cache_key(path: &Path) -> String {
    fs::canonicalize(path)
        .unwrap_or_else(|_| path.to_owned())
        .to_string_lossy()
        .into_owned()
}

fn read_cache(cache_dir: &Path) -> Cache {
    fs::read(cache_dir.join(DIGESTS_FILE))
        .ok()
        .and_then(|content| serde_json::from_slice(&content).ok())
        .unwrap_or_default()
}

/// Written beside and renamed, so that a reader never sees half a cache.
fn remember(cache_dir: &Path, key: String, entry: Remembered) {
    let mut cache = read_cache(cache_dir);
    cache.insert(key, entry);
    let write = || -> io::Result<()> {
        fs::create_dir_all(cache_dir)?;
        let mut file = tempfile::NamedTempFile::new_in(cache_dir)?;
        serde_json::to_writer_pretty(&mut file, &cache)?;
        file.persist(cache_dir.join(DIGESTS_FILE))?;
        Ok(())
    };
    // Deliberately without a report: the digest itself was found, and the next run tries again.
    write().ok();
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digest_is_the_published_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("abc");
        fs::write(&file, "abc").unwrap();
        assert_eq!(digest(&file).unwrap(), ABC);
        assert!(matches!(
            digest(&folder.path().join("absent")),
            Err(ModelError::Missing { .. })
        ));
    }

    #[test]
    fn a_remembered_digest_lasts_until_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (file, cache) = (folder.path().join("m.bin"), folder.path().join("cache"));
        fs::write(&file, "abc").unwrap();
        assert_eq!(remembered(&file, &cache), None);
        assert_eq!(digest_remembered(&file, &cache).unwrap(), ABC);
        assert_eq!(remembered(&file, &cache).as_deref(), Some(ABC));

        // What the cache says is believed: another digest in it comes back.
        let cache_file = cache.join(DIGESTS_FILE);
        let other = "0".repeat(64);
        let content = fs::read_to_string(&cache_file).unwrap();
        fs::write(&cache_file, content.replace(ABC, &other)).unwrap();
        assert_eq!(digest_remembered(&file, &cache).unwrap(), other);

        fs::write(&file, "abcd").unwrap();
        assert_eq!(remembered(&file, &cache), None);
        assert_ne!(digest_remembered(&file, &cache).unwrap(), other);
    }

    #[test]
    fn a_broken_cache_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.bin");
        fs::write(&file, "abc").unwrap();
        fs::write(folder.path().join(DIGESTS_FILE), "{ not json").unwrap();
        assert_eq!(digest_remembered(&file, folder.path()).unwrap(), ABC);
        // A path at which no folder can be made.
        assert_eq!(digest_remembered(&file, &file.join("x")).unwrap(), ABC);
    }
}
