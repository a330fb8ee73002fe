//! Finds recordings and the call list, and says which belongs to which.
//!
//! Owns names, metadata and identity of files; never looks at the sound.

mod call_list;
mod columns;
mod error;
mod fingerprint;
mod matching;
mod name_pattern;
mod scan;
mod shown;

use std::path::{Path, PathBuf};

use chrono::FixedOffset;

pub use call_list::{CallList, CallRow, decode};
pub use columns::{Column, ValueFault};
pub use error::{
    IntakeError, IntakeFailure, IntakeFailureCause, PatternFault, RejectedRow, RowFault,
};
pub use fingerprint::{Fingerprint, fingerprint};
pub use name_pattern::NamePattern;
pub use shown::{shown_path, shown_text};

use crate::call::CallMetadata;

/// China's clock, for times that carry no offset of their own.
pub const DEFAULT_UTC_OFFSET: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => panic!("eight hours are less than a day"),
};

/// A file that should be a recording; nobody has looked into it yet.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundRecording {
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
    /// When the file was last changed, in nanoseconds since 1970; 0 when unknown.
    pub modified_ns: i64,
    /// From the call list, or else from the file's name.
    pub listed: Option<ListedCall>,
}

/// What is known of a call before listening.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListedCall {
    pub call_id: Option<String>,
    pub metadata: CallMetadata,
    /// The line in the call list, from 1; 0 when the file's name told it.
    pub line: u64,
}

/// A row of the call list whose file is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRecording {
    pub line: u64,
    /// As it is written in the call list.
    pub file: String,
    pub call_id: Option<String>,
}

/// Everything that was found, and what did not fit together.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// Sorted by path; no path twice.
    pub recordings: Vec<FoundRecording>,
    /// Recordings without a row, when there is a call list. They are in `recordings` too.
    pub unlisted: Vec<PathBuf>,
    /// Rows without a file.
    pub missing: Vec<MissingRecording>,
    /// Rows whose file exists, but not among the paths that were asked for.
    pub rows_elsewhere: usize,
    pub failures: Vec<IntakeFailure>,
    pub rejected_rows: Vec<RejectedRow>,
}

/// Finds all recordings in `paths` (files, and folders with all below them) and gives each what
/// the call list says of it; what that leaves open is filled in from the file's name.
///
/// A file that is named here or in the call list is taken whatever its extension; of folders only
/// files with the extension of a recording, and none whose name begins with a dot.
///
/// # Errors
/// When one of `paths` does not exist. Everything else that is wrong is in the [`Intake`].
pub fn find(
    paths: &[PathBuf],
    calls: Option<&CallList>,
    name_pattern: Option<&NamePattern>,
) -> Result<Intake, IntakeError> {
    let scan::Scanned { files, failures } = scan::scan(paths, calls)?;
    let mut intake = Intake {
        failures,
        ..Intake::default()
    };
    let mut listed = match calls {
        Some(calls) => matching::matched(paths, calls, &files, &mut intake),
        None => vec![None; files.len()],
    };
    for (file, listed) in files.into_iter().zip(&mut listed) {
        if calls.is_some() && listed.is_none() {
            intake.unlisted.push(file.path.clone());
        }
        let listed = with_name(listed.take(), &file.path, name_pattern);
        intake.recordings.push(FoundRecording { listed, ..file });
    }
    intake.failures.sort_by(|a, b| a.path.cmp(&b.path));
    intake.rejected_rows.sort_by_key(|row| row.line);
    Ok(intake)
}

fn with_name(
    listed: Option<ListedCall>,
    path: &Path,
    name_pattern: Option<&NamePattern>,
) -> Option<ListedCall> {
    let told = name_pattern.and_then(|pattern| {
        let name = path.file_name()?.to_string_lossy();
        pattern.read(&name)
    });
    match (listed, told) {
        (Some(mut listed), Some(told)) => {
            columns::complete(&mut listed.metadata, told.metadata);
            listed.call_id = listed.call_id.or(told.call_id);
            Some(listed)
        }
        (listed, told) => listed.or(told),
    }
}

#[cfg(test)]
mod tests;
