//! What can go wrong with a pack.

use std::{io, path::PathBuf};

use crate::{
    audio::AudioError,
    lang::{Lang, Say},
};

#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("{path}: there is something already")]
    Exists { path: PathBuf },
    #[error("{path}: cannot be written: {cause}")]
    Write { path: PathBuf, cause: io::Error },
    #[error("{path}: cannot be read: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("{path}: not a manifest: {cause}")]
    Manifest {
        path: PathBuf,
        cause: serde_json::Error,
    },
    #[error(transparent)]
    Audio(#[from] AudioError),
}

impl Say for EvidenceError {
    fn say(&self, lang: Lang) -> String {
        match self {
            EvidenceError::Exists { path } => lang.pick(
                format!("{}:已有文件。证据包不覆盖旧的,请用 --evidence 指定一个新文件夹", path.display()),
                format!("{}: there are files already. A pack never overwrites an older one; name a new folder with --evidence", path.display()),
            ),
            EvidenceError::Write { path, cause } => lang.pick(
                format!("{}:写不出({cause})。请检查权限和磁盘空间,然后重新导出", path.display(), cause = crate::lang::in_chinese(&cause)),
                format!("{}: cannot be written ({cause}). Check the rights and the disk's space, then export again", path.display()),
            ),
            EvidenceError::Read { path, cause } => lang.pick(
                format!("{}:读不了({cause})。请检查路径和权限", path.display(), cause = crate::lang::in_chinese(&cause)),
                format!("{}: cannot be read ({cause}). Check path and rights", path.display()),
            ),
            EvidenceError::Manifest { path, cause } => lang.pick(
                format!("{}:不是证据包的清单({cause})。请指定导出时的文件夹;若清单被改过,请重新导出", path.display()),
                format!("{}: not the manifest of a pack ({cause}). Name the folder of the export; if the manifest was changed, export again", path.display()),
            ),
            EvidenceError::Audio(cause) => cause.say(lang),
        }
    }
}
