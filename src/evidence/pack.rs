//! Writing a pack: into a hidden folder beside its place, renamed when everything is there.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{
    EvidenceError, MANIFEST, clip,
    hidden::HidingSettings,
    plan::{Case, clip_name, plan, sha256},
};
use crate::{
    intake::fingerprint,
    lang::{Lang, Say},
};

/// What retention took out of a pack is listed here, one JSON object a line.
pub const RETENTION_FILE: &str = "removed-by-retention.jsonl";

const FORMAT: &str = "huiting-evidence-1";

/// The manifest as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: String,
    /// The time up to which facts were taken in.
    pub(super) as_of: String,
    pub(super) program: String,
    /// Whether numbers are hidden in words and sound.
    pub(super) numbers_hidden: bool,
    pub(super) names_hidden: bool,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) folder: String,
    pub(super) call_id: String,
    pub(super) rule_id: String,
    pub(super) recording_blake3: String,
    /// Why there is no sound, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) without_sound: Option<String>,
    pub(super) files: Vec<FileEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackSummary {
    pub items: u64,
    /// Items whose recording is no longer there, or no longer the same.
    pub without_sound: u64,
    /// SHA-256 of the manifest; whoever keeps it can tell that nothing was changed.
    pub manifest_sha256: String,
    /// Folders by call id, as they are kept for retention.
    pub folders: Vec<(String, String)>,
}

/// A pack in the making. Dropped before `finish`, it leaves nothing behind.
#[derive(Debug)]
pub struct PackWriter {
    place: PathBuf,
    folder: TempDir,
    settings: HidingSettings,
    lang: Lang,
    items: Vec<Item>,
    folders: Vec<(String, String)>,
}

impl PackWriter {
    /// Begins a pack that will lie at `place`, where nothing but an empty folder may be.
    ///
    /// # Errors
    /// When something is there, or its parent cannot be made or written.
    pub fn begin(
        place: &Path,
        settings: HidingSettings,
        lang: Lang,
    ) -> Result<PackWriter, EvidenceError> {
        let filled = fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_some());
        if filled || (place.exists() && !place.is_dir()) {
            return Err(EvidenceError::Exists {
                path: place.to_owned(),
            });
        }
        let parent = place.parent().filter(|path| !path.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|cause| write_error(parent, cause))?;
        remove_abandoned(parent, place);
        let folder = tempfile::Builder::new()
            .prefix(&unfinished_prefix(place))
            .tempdir_in(parent)
            .map_err(|cause| write_error(parent, cause))?;
        Ok(PackWriter {
            place: place.to_owned(),
            folder,
            settings,
            lang,
            items: Vec::new(),
            folders: Vec::new(),
        })
    }

    /// Adds one violation. A recording that is gone, changed or cannot be decoded leaves the item
    /// without sound and says so; that is no error.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, case: &Case) -> Result<(), EvidenceError> {
        let planned = plan(case, self.items.len() + 1, self.settings, self.lang);
        let folder = self.folder.path().join(&planned.folder);
        fs::create_dir(&folder).map_err(|cause| write_error(&folder, cause))?;
        let mut files = Vec::new();
        let clips: Vec<PathBuf> = (0..planned.clips.len())
            .map(|index| folder.join(clip_name(index)))
            .collect();
        let without_sound = match self.cut(case, &planned.clips, &planned.beeps, &clips) {
            Ok(reason) => reason,
            Err(EvidenceError::Audio(cause)) => Some(cause.say(self.lang)),
            Err(error) => return Err(error),
        };
        for clip in &clips {
            if without_sound.is_some() {
                let _ = fs::remove_file(clip);
            } else {
                let bytes = fs::read(clip).map_err(|cause| read_error(clip, cause))?;
                files.push(entry(clip, &bytes));
            }
        }
        let verdict = serde_json::to_string_pretty(&planned.verdict).expect("plain JSON") + "\n";
        for (name, text) in [
            ("excerpt.txt", &planned.excerpt),
            ("verdict.json", &verdict),
        ] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|cause| write_error(&path, cause))?;
            files.push(entry(&path, text.as_bytes()));
        }
        self.folders
            .push((case.call_id.clone(), planned.folder.clone()));
        self.items.push(Item {
            folder: planned.folder,
            call_id: planned.verdict["call_id"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            rule_id: case.verdict.rule_id.clone(),
            recording_blake3: case.recording.clone(),
            without_sound: without_sound.map(|why| crate::text::mask(&why).into_owned()),
            files,
        });
        Ok(())
    }

    /// The reason why there is no sound, if there is none.
    fn cut(
        &self,
        case: &Case,
        clips: &[crate::time::Span],
        beeps: &[crate::time::Span],
        paths: &[PathBuf],
    ) -> Result<Option<String>, EvidenceError> {
        let recording = Path::new(&case.recording_path);
        if let Some(why) = unusable(recording, &case.recording, self.lang) {
            return Ok(Some(why));
        }
        clip::cut(recording, clips, beeps, paths)?;
        Ok(None)
    }

    /// Writes the manifest and puts the pack in its place.
    ///
    /// # Errors
    /// When the manifest cannot be written or the folder not renamed.
    pub fn finish(self, as_of: &str) -> Result<PackSummary, EvidenceError> {
        let without_sound = self
            .items
            .iter()
            .filter(|item| item.without_sound.is_some());
        let without_sound = without_sound.count() as u64;
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            as_of: as_of.to_owned(),
            program: format!("huiting {}", env!("CARGO_PKG_VERSION")),
            numbers_hidden: self.settings.numbers,
            names_hidden: self.settings.names,
            items: self.items,
        };
        let text = serde_json::to_string_pretty(&manifest).expect("plain JSON") + "\n";
        let path = self.folder.path().join(MANIFEST);
        let written = fs::File::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|cause| write_error(&path, cause))?;
        make_readable(self.folder.path()).map_err(|cause| write_error(&path, cause))?;
        // An empty folder may stand there; a rename replaces it.
        fs::rename(self.folder.path(), &self.place)
            .map_err(|cause| write_error(&self.place, cause))?;
        // It has moved: there is nothing left to remove.
        let _ = self.folder.keep();
        Ok(PackSummary {
            items: manifest.items.len() as u64,
            without_sound,
            manifest_sha256: sha256(text.as_bytes()),
            folders: self.folders,
        })
    }
}

/// Why a recording cannot be cut, if it is gone or is no longer the one that was judged.
pub(super) fn unusable(recording: &Path, digest: &str, lang: Lang) -> Option<String> {
    let gone = lang.pick("录音已不在原处", "the recording is no longer where it was");
    let changed = lang.pick(
        "原处的文件已不是判定时的录音",
        "the file there is no longer the recording that was judged",
    );
    match fingerprint(recording) {
        Err(_) => Some(gone.to_owned()),
        Ok(found) if found.as_str() != digest => Some(changed.to_owned()),
        Ok(_) => None,
    }
}

/// Removes one item's folder from a pack because its time is over, and notes it in the pack.
///
/// # Errors
/// When the folder cannot be removed or the note not written.
pub fn remove_item(pack: &Path, folder: &str, at: &str) -> Result<bool, EvidenceError> {
    let path = pack.join(folder);
    if !path.is_dir() {
        return Ok(false);
    }
    let note = pack.join(RETENTION_FILE);
    let line = serde_json::json!({ "folder": folder, "removed_at": at }).to_string() + "\n";
    let noted = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&note)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    noted.map_err(|cause| write_error(&note, cause))?;
    fs::remove_dir_all(&path).map_err(|cause| write_error(&path, cause))?;
    Ok(true)
}

fn unfinished_prefix(place: &Path) -> String {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.unfinished-")
}

/// What a killed export left. Only folders that nobody has written to for a while: another export
/// may be at work.
fn remove_abandoned(parent: &Path, place: &Path) {
    const ABANDONED: std::time::Duration = std::time::Duration::from_secs(3600);
    let prefix = unfinished_prefix(place);
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let old = entry
            .metadata()
            .and_then(|facts| facts.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED));
        if old && name.to_string_lossy().starts_with(&prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn entry(path: &Path, bytes: &[u8]) -> FileEntry {
    FileEntry {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes: bytes.len() as u64,
        sha256: sha256(bytes),
    }
}

fn write_error(path: &Path, cause: std::io::Error) -> EvidenceError {
    EvidenceError::Write {
        path: path.to_owned(),
        cause,
    }
}

fn read_error(path: &Path, cause: std::io::Error) -> EvidenceError {
    EvidenceError::Read {
        path: path.to_owned(),
        cause,
    }
}

/// Temporary folders are private; a pack has the rights of any new folder.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
