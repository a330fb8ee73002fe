//! The models that huiting knows by name: where each comes from and what it must be.
//!
//! Owns the catalog file's form (`models/catalog.toml`, built in, to be extended by a file of the
//! user's). Where models lie on this machine is [`places`]; fetching is
//! [`crate::transcribe::fetch`].

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::lang::{Lang, Say};
use crate::time::Millis;

pub mod places;

const BUNDLED: &str = include_str!("../../models/catalog.toml");

/// The catalog name of the model that comes with huiting and is used when none is named.
pub const DEFAULT_MODEL: &str = "demo";

/// Models by name, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    entries: Vec<Entry>,
}

/// One model that can be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    /// File name without folders.
    pub file: String,
    /// `None` for a model that comes with huiting.
    pub address: Option<String>,
    pub size_bytes: u64,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where the digest is known from.
    pub digest_source: String,
    /// SPDX expression for the weights.
    pub licence: String,
    /// Main memory with one worker transcribing, in millions of bytes.
    pub memory_mb: u32,
    /// What each further worker adds, in millions of bytes.
    pub memory_per_job_mb: u32,
    pub window: WindowDefaults,
    description: Description,
}

/// How long the model's window is made for a stretch of speech, unless the settings say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowDefaults {
    /// No window is shorter than this.
    pub shortest: Millis,
    /// By how much the window must be longer than the speech in it.
    pub margin: Millis,
    /// The pause at which speech is best cut for this model; `None` for the usual one.
    pub pause: Option<Millis>,
    /// Whether short stretches of one channel's speech share a window.
    pub shared: bool,
    /// Whether these values were tried against transcripts with this model.
    pub measured: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    zh: String,
    en: String,
}

impl Entry {
    pub fn description(&self, lang: Lang) -> &str {
        lang.pick(&self.description.zh, &self.description.en)
    }
}

impl Catalog {
    /// The catalog that huiting was built with.
    pub fn bundled() -> &'static Catalog {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
            Catalog::parse(BUNDLED, Path::new("models/catalog.toml"))
                .expect("a test parses the built-in catalog")
        });
        &CATALOG
    }

    /// The built-in catalog with the entries of `file`, if one is given, put in front of it;
    /// an entry of the same name replaces the built-in one.
    ///
    /// # Errors
    /// When the file cannot be read or does not hold a catalog.
    pub fn with_file(file: Option<&Path>) -> Result<Catalog, CatalogError> {
        let bundled = Catalog::bundled();
        let Some(path) = file else {
            return Ok(bundled.clone());
        };
        let text = fs::read_to_string(path).map_err(|source| CatalogError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let mut catalog = Catalog::parse(&text, path)?;
        for entry in &bundled.entries {
            if catalog.entry(&entry.name).is_none() {
                catalog.entries.push(entry.clone());
            }
        }
        Ok(catalog)
    }

    /// Reads a catalog; `path` is named in errors.
    ///
    /// # Errors
    /// When the text is no TOML, or an entry is incomplete or contradictory.
    pub fn parse(text: &str, path: &Path) -> Result<Catalog, CatalogError> {
        let raw: RawCatalog = toml::from_str(text).map_err(|source| CatalogError::Form {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let mut entries: Vec<Entry> = Vec::new();
        let (mut names, mut files) = (HashSet::new(), HashSet::new());
        for raw in raw.models {
            let wrong = |what| CatalogError::Entry {
                path: path.to_owned(),
                name: raw.name.clone(),
                what,
            };
            if !names.insert(raw.name.clone()) || !files.insert(raw.file.clone()) {
                return Err(wrong(EntryFault::Twice));
            }
            raw.fault().map_or(Ok(()), |what| Err(wrong(what)))?;
            entries.push(raw.into());
        }
        Ok(Catalog { entries })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The entry whose file is called so.
    pub fn entry_of_file(&self, file_name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.file == file_name)
    }

    /// Names spelled like `name`, the most alike first, at most three.
    pub fn similar_names(&self, name: &str) -> Vec<String> {
        let name = name.to_lowercase();
        let mut alike: Vec<(f64, &Entry)> = self
            .entries
            .iter()
            .map(|entry| (strsim::jaro_winkler(&name, &entry.name), entry))
            .filter(|(likeness, _)| *likeness > 0.8)
            .collect();
        alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        alike
            .into_iter()
            .take(3)
            .map(|(_, entry)| entry.name.clone())
            .collect()
    }
}

/// The catalog as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalog {
    #[serde(default, rename = "model")]
    models: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    name: String,
    file: String,
    address: Option<String>,
    size_bytes: u64,
    sha256: String,
    digest_source: String,
    licence: String,
    memory_mb: u32,
    memory_per_job_mb: u32,
    window: RawWindow,
    description: Description,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    shortest_ms: u32,
    margin_ms: u32,
    #[serde(default)]
    pause_ms: Option<u32>,
    #[serde(default)]
    shared: bool,
    measured: bool,
}

/// The longest window that Whisper has.
const LONGEST_WINDOW_MS: u32 = 30_000;

impl RawEntry {
    fn fault(&self) -> Option<EntryFault> {
        let plain = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphanumeric())
                && text
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || "._-".contains(char))
        };
        let is_digest = self.sha256.len() == 64
            && self
                .sha256
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_address =
            |address: &String| address.starts_with("https://") || address.starts_with("http://");
        if !plain(&self.name) {
            Some(EntryFault::Name)
        } else if !plain(&self.file) || !self.file.ends_with(".bin") {
            Some(EntryFault::File)
        } else if !is_digest {
            Some(EntryFault::Digest)
        } else if self.size_bytes == 0 {
            Some(EntryFault::Size)
        } else if !self.address.as_ref().is_none_or(is_address) {
            Some(EntryFault::Address)
        } else if self.window.shortest_ms.max(self.window.margin_ms) > LONGEST_WINDOW_MS {
            Some(EntryFault::Window)
        } else {
            None
        }
    }
}

impl From<RawEntry> for Entry {
    fn from(raw: RawEntry) -> Entry {
        Entry {
            name: raw.name,
            file: raw.file,
            address: raw.address,
            size_bytes: raw.size_bytes,
            sha256: raw.sha256,
            digest_source: raw.digest_source,
            licence: raw.licence,
            memory_mb: raw.memory_mb,
            memory_per_job_mb: raw.memory_per_job_mb,
            window: WindowDefaults {
                shortest: Millis(raw.window.shortest_ms.into()),
                margin: Millis(raw.window.margin_ms.into()),
                pause: raw.window.pause_ms.map(|pause| Millis(pause.into())),
                shared: raw.window.shared,
                measured: raw.window.measured,
            },
            description: raw.description,
        }
    }
}

/// Why a catalog file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("cannot read model catalog {}: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("model catalog {}: {source}", path.display())]
    Form {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("model catalog {}, model {name:?}: {what:?}", path.display())]
    Entry {
        path: PathBuf,
        name: String,
        what: EntryFault,
    },
}

/// What is wrong with one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryFault {
    /// Its name or file is another entry's as well.
    Twice,
    Name,
    File,
    Digest,
    Size,
    Address,
    Window,
}

impl Say for EntryFault {
    fn say(&self, lang: Lang) -> String {
        match self {
            EntryFault::Twice => lang.pick(
                "name 或 file 与另一项重复，请改成不同的",
                "its name or file is another entry's too; make them different",
            ),
            EntryFault::Name => lang.pick(
                "name 只能用英文字母、数字和 . _ -",
                "name may only have letters, digits and . _ -",
            ),
            EntryFault::File => lang.pick(
                "file 应是不带目录、以 .bin 结尾的文件名",
                "file must be a file name without folders that ends in .bin",
            ),
            EntryFault::Digest => lang.pick(
                "sha256 应是 64 位小写十六进制数字（sha256sum 的输出）",
                "sha256 must be 64 lower-case hexadecimal digits, as sha256sum prints them",
            ),
            EntryFault::Size => lang.pick("size_bytes 不能是 0", "size_bytes must not be 0"),
            EntryFault::Address => lang.pick(
                "address 应以 https:// 或 http:// 开头",
                "address must begin with https:// or http://",
            ),
            EntryFault::Window => lang.pick(
                "window 的值不能超过 30000 毫秒",
                "the values of window must not exceed 30000 ms",
            ),
        }
        .into()
    }
}

impl Say for CatalogError {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (CatalogError::Unreadable { path, source }, Lang::Zh) => {
                format!(
                    "读不了模型目录 {}：{source}。请检查路径和权限。",
                    path.display(),
                    source = crate::lang::in_chinese(&source)
                )
            }
            (CatalogError::Unreadable { path, source }, Lang::En) => format!(
                "The model catalog {} cannot be read: {source}. Check the path and its permissions.",
                path.display()
            ),
            (CatalogError::Form { path, source }, Lang::Zh) => {
                format!(
                    "模型目录 {} 写得不对，请按提示修改：\n{source}",
                    path.display()
                )
            }
            (CatalogError::Form { path, source }, Lang::En) => format!(
                "The model catalog {} is not well written; correct this:\n{source}",
                path.display()
            ),
            (CatalogError::Entry { path, name, what }, Lang::Zh) => format!(
                "模型目录 {} 里的 {name:?} 不对：{}。",
                path.display(),
                what.say(lang)
            ),
            (CatalogError::Entry { path, name, what }, Lang::En) => format!(
                "The model catalog {} is wrong about {name:?}: {}.",
                path.display(),
                what.say(lang)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"
        [[model]]
        name = "own"
        file = "own.bin"
        address = "https://example.org/own.bin"
        size_bytes = 5
        sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        digest_source = "computed"
        licence = "MIT"
        memory_mb = 1
        memory_per_job_mb = 1
        window = { shortest_ms = 5120, margin_ms = 500, measured = true }
        description = { zh = "自己的", en = "own" }
    "#;

    fn parse(text: &str) -> Result<Catalog, CatalogError> {
        Catalog::parse(text, Path::new("own.toml"))
    }

    #[test]
    fn the_bundled_catalog_holds_the_default_and_only_fetchable_others() {
        let catalog = Catalog::bundled();
        assert!(catalog.entry(DEFAULT_MODEL).unwrap().address.is_none());
        for entry in catalog.entries() {
            if entry.name == DEFAULT_MODEL {
                continue;
            }
            let address = entry.address.as_deref().unwrap();
            assert!(address.ends_with(&format!("/{}", entry.file)), "{address}");
            assert_eq!(entry.file, format!("ggml-{}.bin", entry.name));
            assert!(
                u64::from(entry.memory_mb) * 1_000_000 > entry.size_bytes,
                "{}",
                entry.name
            );
            assert!(entry.memory_per_job_mb > 0 && entry.memory_per_job_mb < entry.memory_mb);
        }
    }

    #[test]
    fn each_fault_of_an_entry_is_told() {
        let check = |from: &str, to: &str, expected| {
            assert!(ENTRY.contains(from));
            match parse(&ENTRY.replacen(from, to, 1)) {
                Err(CatalogError::Entry { what, .. }) => assert_eq!(what, expected),
                other => panic!("{to}: {other:?}"),
            }
        };
        assert!(parse(ENTRY).is_ok());
        check("\"own\"", "\"../own\"", EntryFault::Name);
        check("\"own.bin\"", "\"../own.bin\"", EntryFault::File);
        check("\"own.bin\"", "\".bin\"", EntryFault::File);
        check("\"own.bin\"", "\"own.gguf\"", EntryFault::File);
        check("\"ba78", "\"BA78", EntryFault::Digest);
        check("\"ba78", "\"a78", EntryFault::Digest);
        check("= 5\n", "= 0\n", EntryFault::Size);
        check("https://", "file://", EntryFault::Address);
        check("5120", "30001", EntryFault::Window);
        match parse(&format!("{ENTRY}{ENTRY}")) {
            Err(CatalogError::Entry { what, .. }) => assert_eq!(what, EntryFault::Twice),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unknown_and_missing_fields_are_errors() {
        for text in [
            ENTRY.replace("licence", "license"),
            ENTRY.replace("memory_mb = 1\n", ""),
            format!("version = 2\n{ENTRY}"),
        ] {
            assert!(
                matches!(parse(&text), Err(CatalogError::Form { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_file_adds_to_the_bundled_entries_and_replaces_those_of_the_same_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.toml");
        let replacing = ENTRY
            .replace("\"own\"", "\"tiny\"")
            .replace("own.bin\"\n", "b.bin\"\n");
        fs::write(&file, format!("{ENTRY}{replacing}")).unwrap();
        let catalog = Catalog::with_file(Some(&file)).unwrap();
        assert_eq!(
            catalog.entries().len(),
            Catalog::bundled().entries().len() + 1
        );
        assert_eq!(catalog.entry("tiny").unwrap().file, "b.bin");
        assert!(catalog.entry("small").is_some());
        let absent = Catalog::with_file(Some(&folder.path().join("absent.toml")));
        assert!(matches!(absent, Err(CatalogError::Unreadable { .. })));
    }

    #[test]
    fn similar_names_are_offered() {
        let check = |typed: &str, expected: Option<&str>| {
            let similar = Catalog::bundled().similar_names(typed);
            assert_eq!(similar.first().map(String::as_str), expected, "{typed}");
        };
        check("large-v3-turbo-q5", Some("large-v3-turbo-q5_0"));
        check("Smal", Some("small"));
        check("dmeo", Some("demo"));
        check("whisperx", None);
    }
}
