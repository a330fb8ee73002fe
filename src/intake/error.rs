//! What goes wrong before anything is listened to.

use std::io;
use std::path::PathBuf;

use super::columns::ValueFault;
use super::shown::{shown_path, shown_text};
use crate::lang::{Lang, Say};

/// Why intake as a whole cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("{}: no such file or folder", .0.display())]
    NoSuchPath(PathBuf),
    #[error("{}: cannot read the call list: {cause}", path.display())]
    CallListUnreadable { path: PathBuf, cause: io::Error },
    #[error("{}: the call list has no column with the file", .0.display())]
    NoFileColumn(PathBuf),
    #[error("{}: neither .csv nor .jsonl", .0.display())]
    UnknownCallListKind(PathBuf),
    #[error("file-name pattern {pattern:?}, character {at}: {}", .what.say(Lang::En))]
    NamePattern {
        pattern: String,
        /// Which character of the pattern, from 1.
        at: usize,
        what: PatternFault,
    },
}

/// What a file-name pattern does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternFault {
    Unclosed,
    StrayBrace,
    BadName(String),
    /// Nothing stands between two placeholders that could tell them apart.
    NothingBetween,
    /// Only `started_at` has a format, and only of digits.
    BadTimeFormat(String),
    Twice(String),
    NoPlaceholder,
}

/// A path that is no recording although it seemed to be one; the others go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeFailure {
    pub path: PathBuf,
    pub cause: IntakeFailureCause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntakeFailureCause {
    DanglingLink,
    LinkLoop,
    /// A folder with the extension of a recording.
    Folder,
    Unreadable(String),
}

impl IntakeFailureCause {
    /// A stable word for the kind of failure, for counting and for the database.
    pub fn kind(&self) -> &'static str {
        match self {
            IntakeFailureCause::DanglingLink | IntakeFailureCause::LinkLoop => "dangling-link",
            IntakeFailureCause::Folder => "folder",
            IntakeFailureCause::Unreadable(_) => "unreadable",
        }
    }
}

/// What is wrong with a row of the call list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// The line in the call list, from 1.
    pub line: u64,
    pub what: RowFault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    NoFile,
    /// The rest of the row is used.
    Value(ValueFault),
    /// An earlier row describes the same file; that one counts.
    SameFile {
        file: String,
        first_line: u64,
    },
    /// An earlier row has the same call_id; this call goes on without it.
    SameCallId {
        call_id: String,
        first_line: u64,
    },
    /// Several recordings have this file name.
    Ambiguous {
        file: String,
        candidates: usize,
    },
    TooManyFields,
    /// Not a JSON object, or broken quotes.
    Broken(String),
}

impl Say for IntakeError {
    fn say(&self, lang: Lang) -> String {
        match self {
            IntakeError::NoSuchPath(path) => {
                let path = shown_path(path);
                lang.pick(
                    format!("{path}：没有这个文件或文件夹。请检查路径是否写对。"),
                    format!("{path}: no such file or folder. Check the path."),
                )
            }
            IntakeError::CallListUnreadable { path, cause } => {
                let path = shown_path(path);
                lang.pick(
                    format!("{path}：读不了通话清单（{cause}）。请检查文件是否存在、是否有读取权限。", cause = crate::lang::in_chinese(&cause)),
                    format!("{path}: the call list cannot be read ({cause}). Check that it exists and that you may read it."),
                )
            }
            IntakeError::NoFileColumn(path) => {
                let path = shown_path(path);
                lang.pick(
                    format!("{path}：通话清单的表头里没有“文件”一栏（file）。请加上这一栏，写每条录音的文件名。"),
                    format!("{path}: the heading of the call list has no column \"file\". Add it, with each recording's file name."),
                )
            }
            IntakeError::UnknownCallListKind(path) => {
                let path = shown_path(path);
                lang.pick(
                    format!("{path}：通话清单只能是 .csv 或 .jsonl。Excel 表格请另存为 CSV。"),
                    format!(
                        "{path}: a call list is a .csv or .jsonl file. Save a spreadsheet as CSV."
                    ),
                )
            }
            IntakeError::NamePattern { pattern, at, what } => {
                let what = what.say(lang);
                lang.pick(
                    format!("文件名格式“{pattern}”第 {at} 个字符处：{what}"),
                    format!("File-name pattern \"{pattern}\", character {at}: {what}"),
                )
            }
        }
    }
}

impl Say for PatternFault {
    fn say(&self, lang: Lang) -> String {
        match self {
            PatternFault::Unclosed => lang
                .pick("“{”没有对应的“}”。", "\"{\" has no \"}\".")
                .to_owned(),
            PatternFault::StrayBrace => lang
                .pick("多出一个“}”。", "there is a \"}\" too many.")
                .to_owned(),
            PatternFault::BadName(name) => lang.pick(
                format!("“{{{name}}}”不是名称；只用字母、数字和下划线，如 {{agent_id}}。"),
                format!("\"{{{name}}}\" is no name; use letters, digits and underscores, as in {{agent_id}}."),
            ),
            PatternFault::NothingBetween => lang
                .pick(
                    "两项之间没有分隔，分不清各到哪里为止；请在中间加上文件名里的分隔符。",
                    "nothing stands between two names, so they cannot be told apart; write the separator of the file names.",
                )
                .to_owned(),
            PatternFault::BadTimeFormat(format) => lang.pick(
                format!("时间格式“{format}”不能用；只有 started_at 可带格式，可用 %Y %m %d %H %M %S，如 {{started_at:%Y%m%d%H%M%S}}。"),
                format!("the time format \"{format}\" cannot be used; only started_at has one, of %Y %m %d %H %M %S, as in {{started_at:%Y%m%d%H%M%S}}."),
            ),
            PatternFault::Twice(name) => lang.pick(
                format!("“{{{name}}}”出现了两次。"),
                format!("\"{{{name}}}\" occurs twice."),
            ),
            PatternFault::NoPlaceholder => lang
                .pick(
                    "里面没有任何一项，如 {agent_id}。",
                    "it has no name in braces, such as {agent_id}.",
                )
                .to_owned(),
        }
    }
}

impl Say for IntakeFailure {
    fn say(&self, lang: Lang) -> String {
        let path = shown_path(&self.path);
        let cause = match &self.cause {
            IntakeFailureCause::DanglingLink => lang
                .pick(
                    "链接指向的文件不存在。请恢复原文件，或删除这个链接。",
                    "the link points to a file that does not exist. Restore the file or remove the link.",
                )
                .to_owned(),
            IntakeFailureCause::LinkLoop => lang
                .pick(
                    "链接绕回了自己的上级文件夹，已跳过。请删除这个链接。",
                    "the link leads back to a folder above it and was not followed. Remove the link.",
                )
                .to_owned(),
            IntakeFailureCause::Folder => lang
                .pick(
                    "这是文件夹，不是录音。里面的录音照常处理；请改掉文件夹的名字。",
                    "this is a folder, not a recording. Recordings in it are taken; rename the folder.",
                )
                .to_owned(),
            IntakeFailureCause::Unreadable(cause) => lang.pick(
                format!("读不了（{cause}）。请检查读取权限。", cause = crate::lang::in_chinese(&cause)),
                format!("cannot be read ({cause}). Check that you may read it."),
            ),
        };
        lang.pick(format!("{path}：{cause}"), format!("{path}: {cause}"))
    }
}

impl Say for RejectedRow {
    fn say(&self, lang: Lang) -> String {
        let (line, what) = (self.line, self.what.say(lang));
        lang.pick(
            format!("通话清单第 {line} 行：{what}"),
            format!("Call list, line {line}: {what}"),
        )
    }
}

impl Say for RowFault {
    fn say(&self, lang: Lang) -> String {
        match self {
            RowFault::NoFile => lang
                .pick(
                    "没有写文件名，此行跳过。请补上文件名。",
                    "no file name; the row is passed over. Add the file name.",
                )
                .to_owned(),
            RowFault::Value(fault) => fault.say(lang),
            RowFault::SameFile { file, first_line } => {
                let file = shown_text(file);
                lang.pick(
                    format!("文件 {file} 在第 {first_line} 行已经出现过，以前面的为准。请删去多余的一行。"),
                    format!("file {file} was already on line {first_line}, which counts. Remove one of the rows."),
                )
            }
            RowFault::SameCallId {
                call_id,
                first_line,
            } => {
                let call_id = shown_text(call_id);
                lang.pick(
                    format!("通话编号 {call_id} 与第 {first_line} 行相同；本条按没有编号处理。请改正编号。"),
                    format!("call_id {call_id} is the same as on line {first_line}; this call goes on without one. Correct it."),
                )
            }
            RowFault::Ambiguous { file, candidates } => {
                let file = shown_text(file);
                lang.pick(
                    format!("有 {candidates} 个录音都叫 {file}，不知是哪一个，此行跳过。请写上文件夹。"),
                    format!("{candidates} recordings are called {file}; the row is passed over. Write the folder too."),
                )
            }
            RowFault::TooManyFields => lang
                .pick(
                    "比表头多出了内容，多出的部分未用。若内容里有逗号，请加上引号。",
                    "more fields than headings; the surplus is not used. Put quotes around a value with a comma.",
                )
                .to_owned(),
            RowFault::Broken(cause) => lang.pick(
                format!("此行读不懂（{cause}），跳过。"),
                format!("the row cannot be read ({cause}) and is passed over."),
            ),
        }
    }
}
