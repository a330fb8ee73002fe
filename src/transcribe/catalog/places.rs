//! Where models lie on this machine, and which of them are sound.
//!
//! Owns the search order and the checks that a model passes before it may be loaded.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::{Catalog, Entry};
use crate::transcribe::model_file::{self, ModelError, ModelFacts, digest};

/// The environment variable that names the folder, or folders, of models.
pub const MODELS_VARIABLE: &str = "HUITING_MODELS";

/// The folders in which models are looked for, best first: `$HUITING_MODELS`; `models` in the
/// current folder; `models` beside the program or, for one built in its source tree, in that tree;
/// the user's data folder.
pub fn search_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = named_folders();
    folders.push(PathBuf::from("models"));
    if let Some(beside) = env::current_exe().ok().as_deref().and_then(Path::parent) {
        folders.push(beside.join("models"));
        // target/release/huiting lies two folders deep in the source tree, tests three.
        folders.extend(
            beside
                .ancestors()
                .skip(1)
                .take(3)
                .map(|above| above.join("models"))
                .filter(|folder| folder.join("catalog.toml").is_file()),
        );
    }
    folders.extend(user_models_folder());
    folders
}

/// Where fetched models go unless the user says otherwise: the first of `$HUITING_MODELS`, else
/// the user's data folder, else `models` in the current folder.
pub fn folder_for_fetched() -> PathBuf {
    named_folders()
        .into_iter()
        .next()
        .or_else(user_models_folder)
        .unwrap_or_else(|| PathBuf::from("models"))
}

/// Where digests are remembered: the user's cache folder. `None` without a home folder.
pub fn cache_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.cache_dir().join("huiting"))
}

fn named_folders() -> Vec<PathBuf> {
    env::var_os(MODELS_VARIABLE)
        .map(|named| env::split_paths(&named).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect()
}

fn user_models_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("huiting").join("models"))
}

/// The file of the model that the user named: by a path, by a name of the catalog, or by the name
/// of a file in one of the folders, with or without `.bin`.
///
/// # Errors
/// `Missing` for a path without a file, `NotInstalled` for a catalog name without one,
/// `Unknown` for anything else.
pub fn resolve(
    name_or_path: &str,
    catalog: &Catalog,
    search: &[PathBuf],
) -> Result<PathBuf, ModelError> {
    let entry = catalog.entry(name_or_path);
    let file_names = match entry {
        Some(entry) => vec![entry.file.clone()],
        None => vec![name_or_path.to_owned(), format!("{name_or_path}.bin")],
    };
    let is_path = Path::new(name_or_path).components().count() > 1;
    if entry.is_none() && (is_path || Path::new(name_or_path).is_file()) {
        let path = PathBuf::from(name_or_path);
        return if path.exists() {
            Ok(path)
        } else {
            Err(ModelError::Missing { path })
        };
    }
    let found = search
        .iter()
        .flat_map(|folder| file_names.iter().map(move |file| folder.join(file)))
        .find(|path| path.is_file());
    match (found, entry) {
        (Some(path), _) => Ok(path),
        (None, Some(entry)) => Err(ModelError::NotInstalled {
            name: entry.name.clone(),
            searched: search.to_vec(),
        }),
        (None, None) => Err(ModelError::Unknown {
            name: name_or_path.to_owned(),
            similar: catalog.similar_names(name_or_path),
        }),
    }
}

/// A model file that may be handed to whisper.cpp.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundModel {
    pub path: PathBuf,
    pub facts: ModelFacts,
    /// Identity of the model, kept with everything that it produces.
    pub sha256: String,
    /// The catalog entry that it was checked against; `None` for a model of the user's own.
    pub entry: Option<Entry>,
}

/// Checks a model before it is loaded: structure always; the digest against the catalog where the
/// catalog has a file of that name. With a `cache_dir` the digest of an unchanged file is
/// remembered rather than computed (see [`digest::digest_remembered`]).
///
/// # Errors
/// As [`model_file::inspect`], and `DigestMismatch`.
pub fn check(
    path: &Path,
    catalog: &Catalog,
    cache_dir: Option<&Path>,
) -> Result<SoundModel, ModelError> {
    let facts = model_file::inspect(path)?;
    let sha256 = match cache_dir {
        Some(cache_dir) => digest::digest_remembered(path, cache_dir)?,
        None => digest::digest(path)?,
    };
    let entry = path
        .file_name()
        .and_then(|file| catalog.entry_of_file(&file.to_string_lossy()));
    if let Some(entry) = entry
        && entry.sha256 != sha256
    {
        return Err(ModelError::DigestMismatch {
            path: path.to_owned(),
            expected: entry.sha256.clone(),
            found: sha256,
        });
    }
    Ok(SoundModel {
        path: path.to_owned(),
        facts,
        sha256,
        entry: entry.cloned(),
    })
}

/// One model file with what the check found.
#[derive(Debug)]
pub struct Verified {
    pub path: PathBuf,
    pub outcome: Result<SoundModel, ModelError>,
}

/// Checks every model file (`*.bin`) in a folder anew, structure and digest, in the order of names.
/// A folder that does not exist holds no models.
///
/// # Errors
/// When the folder cannot be listed.
pub fn verify(dir: &Path, catalog: &Catalog) -> io::Result<Vec<Verified>> {
    let listing = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing?,
    };
    let mut paths = listing
        .map(|item| item.map(|item| item.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "bin"));
    paths.sort();
    Ok(paths
        .into_iter()
        .map(|path| Verified {
            outcome: check(&path, catalog, None),
            path,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_resolved() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        fs::create_dir_all(&first).unwrap();
        fs::create_dir_all(&second).unwrap();
        let tiny = second.join("ggml-tiny.bin");
        let own = first.join("own.bin");
        fs::write(&tiny, "x").unwrap();
        fs::write(&own, "x").unwrap();
        let search = [first.clone(), second.clone()];
        let resolve = |name: &str| super::resolve(name, Catalog::bundled(), &search);

        assert_eq!(resolve("tiny").unwrap(), tiny);
        assert_eq!(resolve("own").unwrap(), own);
        assert_eq!(resolve("own.bin").unwrap(), own);
        assert_eq!(resolve("ggml-tiny.bin").unwrap(), tiny);
        assert_eq!(resolve(tiny.to_str().unwrap()).unwrap(), tiny);
        fs::write(first.join("ggml-tiny.bin"), "x").unwrap();
        assert_eq!(resolve("tiny").unwrap(), first.join("ggml-tiny.bin"));

        let absent = first.join("absent.bin");
        assert!(matches!(
            resolve(absent.to_str().unwrap()),
            Err(ModelError::Missing { path }) if path == absent
        ));
        assert!(matches!(
            resolve("small"),
            Err(ModelError::NotInstalled { name, searched }) if name == "small" && searched == search
        ));
        assert!(matches!(
            resolve("smal"),
            Err(ModelError::Unknown { similar, .. }) if similar[0] == "small"
        ));
    }

    #[test]
    fn a_folder_that_is_not_there_holds_no_models() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent");
        assert!(verify(&absent, Catalog::bundled()).unwrap().is_empty());
    }
}
