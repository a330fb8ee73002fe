//! Whether a pack is as it was written.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path},
};

use super::{
    EvidenceError, MANIFEST, RETENTION_FILE,
    pack::Manifest,
    plan::{hex, sha256},
};
use crate::lang::{Lang, Say};

/// Something that is not as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Missing(String),
    Changed(String),
    /// A file that the manifest does not name.
    Added(String),
    /// A name in the manifest that leads out of the pack.
    Outside(String),
}

impl Say for Finding {
    fn say(&self, lang: Lang) -> String {
        match self {
            Finding::Missing(name) => lang.pick(format!("{name}:缺失"), format!("{name}: missing")),
            Finding::Changed(name) => lang.pick(
                format!("{name}:内容与清单不符"),
                format!("{name}: not as the manifest says"),
            ),
            Finding::Added(name) => lang.pick(
                format!("{name}:清单里没有"),
                format!("{name}: not in the manifest"),
            ),
            Finding::Outside(name) => lang.pick(
                format!("{name}:清单里的路径越出证据包"),
                format!("{name}: leads out of the pack"),
            ),
        }
    }
}

/// What was looked at, and what was found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    pub items: u64,
    pub files: u64,
    /// Items that retention took out, as the pack itself notes.
    pub removed: u64,
    /// SHA-256 of the manifest, to be compared with what the export printed.
    pub manifest_sha256: String,
    pub findings: Vec<Finding>,
}

#[derive(serde::Deserialize)]
struct Removal {
    folder: String,
}

/// Compares every file with the manifest.
///
/// # Errors
/// When there is no manifest, or it cannot be read.
pub fn verify(pack: &Path) -> Result<Verification, EvidenceError> {
    let path = pack.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|cause| EvidenceError::Read {
        path: path.clone(),
        cause,
    })?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|cause| EvidenceError::Manifest { path, cause })?;
    let removed = removed(pack);
    let mut known = BTreeSet::from([MANIFEST.to_owned(), RETENTION_FILE.to_owned()]);
    let mut found = Verification {
        items: manifest.items.len() as u64,
        files: 0,
        removed: 0,
        manifest_sha256: sha256(&bytes),
        findings: Vec::new(),
    };
    for item in &manifest.items {
        if removed.contains(&item.folder) && !pack.join(&item.folder).exists() {
            found.removed += 1;
            continue;
        }
        for file in &item.files {
            let name = format!("{}/{}", item.folder, file.name);
            let plain = Path::new(&name)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !plain {
                found.findings.push(Finding::Outside(name));
                continue;
            }
            found.files += 1;
            match digest(&pack.join(&name)) {
                Ok(digest) if digest == file.sha256 => {}
                Ok(_) => found.findings.push(Finding::Changed(name.clone())),
                Err(_) => found.findings.push(Finding::Missing(name.clone())),
            }
            known.insert(name);
        }
    }
    for entry in walkdir::WalkDir::new(pack).sort_by_file_name() {
        let Ok(entry) = entry else { continue };
        let inside = entry.path().strip_prefix(pack).unwrap_or(entry.path());
        let name = inside.to_string_lossy().replace('\\', "/");
        if !entry.file_type().is_dir() && !known.contains(&name) {
            found.findings.push(Finding::Added(name));
        }
    }
    Ok(found)
}

fn removed(pack: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(pack.join(RETENTION_FILE)).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str::<Removal>(line).ok())
        .map(|removal| removal.folder)
        .collect()
}

fn digest(path: &Path) -> std::io::Result<String> {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    let mut file = fs::File::open(path)?;
    let mut piece = [0_u8; 64 * 1024];
    loop {
        let read = std::io::Read::read(&mut file, &mut piece)?;
        if read == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&piece[..read]);
    }
}
