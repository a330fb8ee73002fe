//! What can go wrong while a model is fetched, and how it is told.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::lang::{Lang, Say};
use crate::transcribe::model_file::ModelError;

/// Why a model was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("model {name:?} has no address, it comes with huiting as models/{file}")]
    ComesWithHuiting { name: String, file: String },
    #[error("{address:?} is no web address")]
    Address { address: String },
    #[error("{address} answers with status {status}")]
    Status { address: String, status: u16 },
    /// Attempts in a row brought nothing new; what was received is kept.
    #[error("{address}: {cause}; {received_bytes} of {total_bytes} bytes received")]
    Interrupted {
        name: String,
        address: String,
        cause: Interruption,
        received_bytes: u64,
        total_bytes: u64,
    },
    /// The server has a file of another length; `None` when it is longer, by how much is unknown.
    #[error("{address} has {found_bytes:?} bytes, expected {expected_bytes}")]
    WrongLength {
        address: String,
        expected_bytes: u64,
        found_bytes: Option<u64>,
    },
    #[error("{address} has SHA-256 {found}, expected {expected}")]
    DigestMismatch {
        address: String,
        expected: String,
        found: String,
    },
    #[error("cannot write {}: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error("{} is being fetched by another process", path.display())]
    Busy { path: PathBuf },
    /// The bytes are those of the catalog, but they are no model.
    #[error(transparent)]
    Model(ModelError),
}

/// Why a connection did not bring the whole file; trying again may help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The address's host is not known to the name service.
    UnknownHost,
    Refused,
    /// Nothing came for too long, or no connection was made in time.
    Stalled,
    /// The other side closed before the end.
    Closed,
    /// Too busy, or out of order.
    Status(u16),
    /// Another part of the file came than was asked for.
    WrongRange,
    Other(String),
}

impl Interruption {
    pub(super) fn of(error: &ureq::Error) -> Interruption {
        match error {
            ureq::Error::HostNotFound => Interruption::UnknownHost,
            ureq::Error::Timeout(_) => Interruption::Stalled,
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => Interruption::Refused,
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Interruption::Stalled,
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => Interruption::Closed,
                _ => Interruption::Other(error.to_string()),
            },
            error => Interruption::Other(error.to_string()),
        }
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl Say for Interruption {
    fn say(&self, lang: Lang) -> String {
        match self {
            Interruption::UnknownHost => lang.pick("找不到服务器", "the server is not found"),
            Interruption::Refused => lang.pick("服务器拒绝连接", "the server refuses connections"),
            Interruption::Stalled => lang.pick("等了很久没有回应", "nothing came for a long time"),
            Interruption::Closed => lang.pick("连接中途断开", "the connection broke off"),
            Interruption::Status(status) => {
                return match lang {
                    Lang::Zh => format!("服务器暂时不能提供（状态 {status}）"),
                    Lang::En => format!("the server cannot deliver at present (status {status})"),
                };
            }
            Interruption::WrongRange => lang.pick(
                "服务器发来的不是所要的那一段",
                "the server sent another part than was asked for",
            ),
            Interruption::Other(text) => text,
        }
        .to_owned()
    }
}

/// Where else to look when huggingface.co cannot be reached, as is common in mainland China.
fn mirror_hint(lang: Lang) -> &'static str {
    lang.pick(
        "若连不上，可用 --url 指定镜像，例如 --url https://hf-mirror.com/ggerganov/whisper.cpp/resolve/main ；无论从哪里下载，都会核对 SHA-256",
        "If the server cannot be reached, name a mirror with --url, such as --url https://hf-mirror.com/ggerganov/whisper.cpp/resolve/main ; wherever it is from, its SHA-256 is checked",
    )
}

impl Say for FetchError {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.say_zh(),
            Lang::En => self.say_en(),
        }
    }
}

impl FetchError {
    fn say_zh(&self) -> String {
        match self {
            FetchError::ComesWithHuiting { name, file } => format!(
                "模型 {name} 随 huiting 的源码提供（models/{file}），不用下载。若文件不见了，请在源码目录运行 git checkout -- models/{file}。"
            ),
            FetchError::Address { address } => {
                format!("{address:?} 不是网址。请给出以 https:// 或 http:// 开头的地址。")
            }
            FetchError::Status { address, status } => format!(
                "{address} 没有这个文件或不许下载（状态 {status}）。请检查 --url 给的地址，或用 huiting model list 另选一个模型。"
            ),
            FetchError::Interrupted {
                name,
                address,
                cause,
                received_bytes,
                total_bytes,
            } => format!(
                "下载 {address} 没有成功：{}。已收到的 {received_bytes} / {total_bytes} 字节留着，再运行 huiting model fetch {name} 会接着下载。{}。",
                cause.say(Lang::Zh),
                mirror_hint(Lang::Zh)
            ),
            FetchError::WrongLength {
                address,
                expected_bytes,
                found_bytes,
            } => format!(
                "{address} 不是所要的模型：应为 {expected_bytes} 字节，{}。多半是登录页或错误的镜像，请检查 --url 和代理设置。",
                found_bytes.map_or("来的更多".to_owned(), |found| format!(
                    "实为 {found} 字节"
                ))
            ),
            FetchError::DigestMismatch {
                address,
                expected,
                found,
            } => format!(
                "{address} 的内容不对：SHA-256 应为 {expected}，实为 {found}。收到的文件已丢弃；请换一个 --url，或稍后再试。"
            ),
            FetchError::Disk { path, source } => format!(
                "写不了 {}：{source}。请检查磁盘空间和权限，或用 --to 指定别的目录。",
                path.display(),
                source = crate::lang::in_chinese(&source)
            ),
            FetchError::Busy { path } => format!(
                "另一个 huiting 正在下载 {}。请等它完成，或先结束它。",
                path.display()
            ),

            FetchError::Model(error) => error.say(Lang::Zh),
        }
    }

    fn say_en(&self) -> String {
        match self {
            FetchError::ComesWithHuiting { name, file } => format!(
                "The model {name} comes with huiting's source (models/{file}) and is not fetched. If the file is gone, run `git checkout -- models/{file}` there."
            ),
            FetchError::Address { address } => format!(
                "{address:?} is not a web address. Give one that begins with https:// or http://."
            ),
            FetchError::Status { address, status } => format!(
                "{address} is not there or not to be had (status {status}). Check the address given with --url, or choose another model with `huiting model list`."
            ),
            FetchError::Interrupted {
                name,
                address,
                cause,
                received_bytes,
                total_bytes,
            } => format!(
                "Fetching {address} failed: {}. {received_bytes} of {total_bytes} bytes were received and are kept; `huiting model fetch {name}` goes on from there. {}.",
                cause.say(Lang::En),
                mirror_hint(Lang::En)
            ),
            FetchError::WrongLength {
                address,
                expected_bytes,
                found_bytes,
            } => format!(
                "{address} is not the model: {expected_bytes} bytes expected, {}. Probably a login page or a wrong mirror; check --url and the proxy settings.",
                found_bytes.map_or("more came".to_owned(), |found| format!("{found} found"))
            ),
            FetchError::DigestMismatch {
                address,
                expected,
                found,
            } => format!(
                "{address} has the wrong content: SHA-256 {expected} expected, {found} found. What came was thrown away; try another --url, or later."
            ),
            FetchError::Disk { path, source } => format!(
                "Cannot write {}: {source}. Check the space on the disk and the permissions, or choose another folder with --to.",
                path.display()
            ),
            FetchError::Busy { path } => format!(
                "Another huiting is fetching {}. Wait for it, or end it first.",
                path.display()
            ),
            FetchError::Model(error) => error.say(Lang::En),
        }
    }
}
