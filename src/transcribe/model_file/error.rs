//! Why a model cannot be used, as it is told to developers and to users, with the remedy.
//!
//! What may be found inside a file is worded in [`super::damage`].

use std::io;
use std::path::{Path, PathBuf};

use super::damage::{Damage, Foreign, Part, Unsupported};
use crate::lang::{Lang, Say};
use crate::transcribe::catalog::Catalog;

/// Why a model cannot be used. Every variant names the file, or the name that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("model file {} does not exist", path.display())]
    Missing { path: PathBuf },
    #[error("no model called {name:?}")]
    Unknown {
        name: String,
        /// Catalog names that are spelled alike, best first.
        similar: Vec<String>,
    },
    #[error("model {name:?} is not installed in any of {searched:?}")]
    NotInstalled {
        name: String,
        searched: Vec<PathBuf>,
    },
    #[error("cannot read model file {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is no ggml Whisper model: {found}", path.display())]
    NotAModel { path: PathBuf, found: Foreign },
    #[error("model file {} ends inside {part}: {expected_bytes} bytes needed, {found_bytes} there", path.display())]
    Truncated {
        path: PathBuf,
        part: Part,
        /// The least length that the file must have, judging by what could be read.
        expected_bytes: u64,
        found_bytes: u64,
    },
    #[error("model file {} goes on after its last tensor: {expected_bytes} bytes expected, {found_bytes} there", path.display())]
    TooLong {
        path: PathBuf,
        expected_bytes: u64,
        found_bytes: u64,
    },
    #[error("model file {} is of a kind that huiting does not load: {what}", path.display())]
    Unsupported { path: PathBuf, what: Unsupported },
    #[error("model file {} is damaged at byte {offset}: {what}", path.display())]
    Damaged {
        path: PathBuf,
        what: Damage,
        offset: u64,
    },
    #[error("model file {} has SHA-256 {found}, expected {expected}", path.display())]
    DigestMismatch {
        path: PathBuf,
        expected: String,
        found: String,
    },
}

impl ModelError {
    /// The file that the error is about, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            ModelError::Unknown { .. } | ModelError::NotInstalled { .. } => None,
            ModelError::Missing { path }
            | ModelError::Unreadable { path, .. }
            | ModelError::NotAModel { path, .. }
            | ModelError::Truncated { path, .. }
            | ModelError::TooLong { path, .. }
            | ModelError::Unsupported { path, .. }
            | ModelError::Damaged { path, .. }
            | ModelError::DigestMismatch { path, .. } => Some(path),
        }
    }

    fn happened(&self, lang: Lang) -> String {
        match (self, lang) {
            (ModelError::Missing { path }, Lang::Zh) => {
                format!("找不到模型文件 {}。", path.display())
            }
            (ModelError::Missing { path }, Lang::En) => {
                format!("There is no model file {}.", path.display())
            }
            (ModelError::Unknown { name, similar }, Lang::Zh) => {
                let similar = match similar.as_slice() {
                    [] => String::new(),
                    names => format!("您要的是 {} 吗？", names.join("、")),
                };
                format!("没有名为 {name} 的模型，也没有这个文件。{similar}")
            }
            (ModelError::Unknown { name, similar }, Lang::En) => {
                let similar = match similar.as_slice() {
                    [] => String::new(),
                    names => format!(" Did you mean {}?", names.join(", ")),
                };
                format!("There is neither a model called {name} nor such a file.{similar}")
            }
            (ModelError::NotInstalled { name, searched }, lang) => {
                let searched: Vec<String> = searched
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect();
                match lang {
                    Lang::Zh => format!(
                        "模型 {name} 还没有装到本机（找过：{}）。",
                        searched.join("、")
                    ),
                    Lang::En => format!(
                        "The model {name} is not on this machine yet (looked in {}).",
                        searched.join(", ")
                    ),
                }
            }
            (ModelError::Unreadable { path, source }, Lang::Zh) => {
                format!(
                    "读不了模型文件 {}：{source}。",
                    path.display(),
                    source = crate::lang::in_chinese(&source)
                )
            }
            (ModelError::Unreadable { path, source }, Lang::En) => {
                format!(
                    "The model file {} cannot be read: {source}.",
                    path.display()
                )
            }
            (ModelError::NotAModel { path, found }, Lang::Zh) => {
                format!(
                    "{} 不是 Whisper 模型：{}。",
                    path.display(),
                    found.say(lang)
                )
            }
            (ModelError::NotAModel { path, found }, Lang::En) => {
                format!(
                    "{} is not a Whisper model: {}.",
                    path.display(),
                    found.say(lang)
                )
            }
            (
                ModelError::Truncated {
                    path,
                    part,
                    expected_bytes,
                    found_bytes,
                },
                Lang::Zh,
            ) => format!(
                "模型文件 {} 不完整：到{}就断了，至少要 {expected_bytes} 字节，只有 {found_bytes} 字节。",
                path.display(),
                part.say(lang)
            ),
            (
                ModelError::Truncated {
                    path,
                    part,
                    expected_bytes,
                    found_bytes,
                },
                Lang::En,
            ) => format!(
                "The model file {} is incomplete: it ends inside {}; it needs at least {expected_bytes} bytes and has {found_bytes}.",
                path.display(),
                part.say(lang)
            ),
            (
                ModelError::TooLong {
                    path,
                    expected_bytes,
                    found_bytes,
                },
                Lang::Zh,
            ) => format!(
                "模型文件 {} 已损坏：应为 {expected_bytes} 字节，却有 {found_bytes} 字节。",
                path.display()
            ),
            (
                ModelError::TooLong {
                    path,
                    expected_bytes,
                    found_bytes,
                },
                Lang::En,
            ) => format!(
                "The model file {} is damaged: it should have {expected_bytes} bytes and has {found_bytes}.",
                path.display()
            ),
            (ModelError::Unsupported { path, what }, Lang::Zh) => {
                format!(
                    "huiting 不能使用模型文件 {}：{}。",
                    path.display(),
                    what.say(lang)
                )
            }
            (ModelError::Unsupported { path, what }, Lang::En) => format!(
                "huiting cannot use the model file {}: {}.",
                path.display(),
                what.say(lang)
            ),
            (ModelError::Damaged { path, what, offset }, Lang::Zh) => format!(
                "模型文件 {} 已损坏（第 {offset} 字节处）：{}。",
                path.display(),
                what.say(lang)
            ),
            (ModelError::Damaged { path, what, offset }, Lang::En) => format!(
                "The model file {} is damaged (at byte {offset}): {}.",
                path.display(),
                what.say(lang)
            ),
            (
                ModelError::DigestMismatch {
                    path,
                    expected,
                    found,
                },
                Lang::Zh,
            ) => format!(
                "模型文件 {} 的内容与目录不符：SHA-256 应为 {expected}，实为 {found}。文件已损坏或被换过；若是您自己的模型，请改用别的文件名。",
                path.display()
            ),
            (
                ModelError::DigestMismatch {
                    path,
                    expected,
                    found,
                },
                Lang::En,
            ) => format!(
                "The model file {} is not the one in the catalog: SHA-256 {expected} expected, {found} found. It is damaged or was replaced; if it is a model of your own, give it another file name.",
                path.display()
            ),
        }
    }

    /// What to do now: fetch the model that the file's name stands for, or choose another.
    fn remedy(&self, lang: Lang) -> String {
        let catalog = Catalog::bundled();
        let entry = match self {
            ModelError::NotInstalled { name, .. } => catalog.entry(name),
            ModelError::Unknown { .. } => None,
            error => error
                .path()
                .and_then(Path::file_name)
                .and_then(|file| catalog.entry_of_file(&file.to_string_lossy())),
        };
        let is_there = !matches!(
            self,
            ModelError::Missing { .. } | ModelError::NotInstalled { .. }
        );
        match (entry, lang) {
            (Some(entry), Lang::Zh) if entry.address.is_some() => format!(
                "请运行 huiting model fetch {} {}下载，或用 huiting model list 另选一个。",
                entry.name,
                if is_there { "重新" } else { "" }
            ),
            (Some(entry), Lang::En) if entry.address.is_some() => format!(
                "Run `huiting model fetch {}` to download it, or choose another with `huiting model list`.",
                entry.name
            ),
            (Some(entry), Lang::Zh) => format!(
                "这个模型随 huiting 的源码提供，请在源码目录运行 git checkout -- models/{} 取回，或用 huiting model list 另选一个。",
                entry.file
            ),
            (Some(entry), Lang::En) => format!(
                "It comes with huiting's source: run `git checkout -- models/{}` there, or choose another with `huiting model list`.",
                entry.file
            ),
            (None, Lang::Zh) => {
                "请用 huiting model list 查看可用的模型，用 huiting model fetch <名称> 下载。"
                    .into()
            }
            (None, Lang::En) => {
                "See `huiting model list` for models, and get one with `huiting model fetch NAME`."
                    .into()
            }
        }
    }
}

impl Say for ModelError {
    fn say(&self, lang: Lang) -> String {
        let gap = lang.pick("", " ");
        format!("{}{gap}{}", self.happened(lang), self.remedy(lang))
    }
}
