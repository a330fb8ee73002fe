//! Walks files and folders for recordings.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::{DirEntry, WalkDir};

use super::FoundRecording;
use super::call_list::CallList;
use super::error::{IntakeError, IntakeFailure, IntakeFailureCause};
use super::matching::file_name_of;

/// Extensions of recordings, readable or not: one that cannot be read must be reported.
const EXTENSIONS: &[&str] = &[
    "wav", "wave", "rf64", "w64", "mp3", "mp2", "mpga", "flac", "ogg", "oga", "opus", "spx", "m4a",
    "mp4", "aac", "3gp", "amr", "awb", "wma", "aif", "aiff", "aifc", "caf", "mka", "mkv", "webm",
    "au", "snd", "vox", "v3", "voc", "gsm", "g711", "g729", "alaw", "ulaw", "silk", "pcm", "raw",
    "ape", "wv",
];

pub(super) struct Scanned {
    /// Sorted by path; nothing is said about their calls yet.
    pub files: Vec<FoundRecording>,
    pub failures: Vec<IntakeFailure>,
}

/// See [`super::find`].
pub(super) fn scan(paths: &[PathBuf], calls: Option<&CallList>) -> Result<Scanned, IntakeError> {
    let mut walk = Walk {
        listed_names: calls
            .into_iter()
            .flat_map(|calls| &calls.rows)
            .map(|row| file_name_of(&row.file).to_owned())
            .collect(),
        found: BTreeMap::new(),
        seen: HashSet::new(),
        failures: Vec::new(),
    };
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => walk.folder(path),
            Ok(metadata) => walk.take(path, &metadata),
            Err(error) if fs::symlink_metadata(path).is_ok() => {
                walk.fail(path, cause_of(path, &error));
            }
            Err(_) => return Err(IntakeError::NoSuchPath(path.clone())),
        }
    }
    Ok(Scanned {
        files: walk.found.into_values().collect(),
        failures: walk.failures,
    })
}

/// A path in one spelling, links in its last part left as they are.
pub(super) fn identity(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return path.to_owned(),
    };
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

struct Walk {
    listed_names: HashSet<String>,
    found: BTreeMap<PathBuf, FoundRecording>,
    /// Identities, because one file may be asked for twice.
    seen: HashSet<PathBuf>,
    failures: Vec<IntakeFailure>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) {
        let entries = WalkDir::new(folder)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry),
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let cause = if error.loop_ancestor().is_some() {
                        IntakeFailureCause::LinkLoop
                    } else if path.is_symlink() && !is_recording_name(&path) {
                        // A broken link to something that is no recording concerns nobody.
                        continue;
                    } else {
                        match error.io_error() {
                            Some(error) => cause_of(&path, error),
                            None => IntakeFailureCause::Unreadable(error.to_string()),
                        }
                    };
                    self.fail(&path, cause);
                }
            }
        }
    }

    fn entry(&mut self, entry: &DirEntry) {
        let path = entry.path();
        if entry.file_type().is_dir() {
            if entry.depth() > 0 && is_recording_name(path) {
                self.fail(path, IntakeFailureCause::Folder);
            }
            return;
        }
        let listed = || {
            self.listed_names
                .contains(&*entry.file_name().to_string_lossy())
        };
        if !is_recording_name(path) && !listed() {
            return;
        }
        match entry.metadata() {
            Ok(metadata) => self.take(path, &metadata),
            Err(error) => self.fail(path, IntakeFailureCause::Unreadable(error.to_string())),
        }
    }

    fn take(&mut self, path: &Path, metadata: &Metadata) {
        if !metadata.is_file() {
            // Reading a pipe or a device would wait for ever.
            let cause = IntakeFailureCause::Unreadable("not a regular file".to_owned());
            return self.fail(path, cause);
        }
        if !self.seen.insert(identity(path)) {
            return;
        }
        let modified_ns = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .and_then(|since| i64::try_from(since.as_nanos()).ok())
            .unwrap_or(0);
        let recording = FoundRecording {
            path: path.to_owned(),
            size: metadata.len(),
            modified_ns,
            listed: None,
        };
        self.found.insert(path.to_owned(), recording);
    }

    fn fail(&mut self, path: &Path, cause: IntakeFailureCause) {
        if self.seen.insert(identity(path)) {
            self.failures.push(IntakeFailure {
                path: path.to_owned(),
                cause,
            });
        }
    }
}

fn cause_of(path: &Path, error: &std::io::Error) -> IntakeFailureCause {
    match error.kind() {
        std::io::ErrorKind::NotFound if path.is_symlink() => IntakeFailureCause::DanglingLink,
        _ => IntakeFailureCause::Unreadable(error.to_string()),
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_recording_name(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}
