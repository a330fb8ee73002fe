//! Which row of the call list describes which file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::call_list::{CallList, CallRow};
use super::error::{RejectedRow, RowFault};
use super::scan::identity;
use super::{FoundRecording, Intake, ListedCall, MissingRecording};

/// For each of `files` what the list says of it; what does not fit goes into `intake`.
pub(super) fn matched(
    paths: &[PathBuf],
    calls: &CallList,
    files: &[FoundRecording],
    intake: &mut Intake,
) -> Vec<Option<ListedCall>> {
    let names = Names::of(files);
    let folders = folders(paths, calls);
    let mut listed: Vec<Option<ListedCall>> = vec![None; files.len()];
    let mut call_ids: HashMap<&str, u64> = HashMap::new();
    intake.rejected_rows.clone_from(&calls.rejected_rows);
    for CallRow { file, call } in &calls.rows {
        let line = call.line;
        let mut reject = |what| intake.rejected_rows.push(RejectedRow { line, what });
        let at = match names.find(file, &folders) {
            Place::Here(at) => at,
            Place::Elsewhere => {
                intake.rows_elsewhere += 1;
                continue;
            }
            Place::Nowhere => {
                intake.missing.push(MissingRecording {
                    line,
                    file: file.clone(),
                    call_id: call.call_id.clone(),
                });
                continue;
            }
            Place::Ambiguous(candidates) => {
                reject(RowFault::Ambiguous {
                    file: file.clone(),
                    candidates,
                });
                continue;
            }
        };
        if let Some(first) = &listed[at] {
            reject(RowFault::SameFile {
                file: file.clone(),
                first_line: first.line,
            });
            continue;
        }
        let mut call_taken = call.clone();
        if let Some(call_id) = &call.call_id {
            match call_ids.get(call_id.as_str()) {
                Some(&first_line) => {
                    reject(RowFault::SameCallId {
                        call_id: call_id.clone(),
                        first_line,
                    });
                    call_taken.call_id = None;
                }
                None => {
                    call_ids.insert(call_id, line);
                }
            }
        }
        listed[at] = Some(call_taken);
    }
    listed
}

/// The last part of a path of any system, as call lists hold them.
pub(super) fn file_name_of(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// Where files of the list may lie: beside the list, and in what is being scanned.
fn folders(paths: &[PathBuf], calls: &CallList) -> Vec<PathBuf> {
    let beside = calls.path.parent().unwrap_or(Path::new("")).to_owned();
    let scanned = paths.iter().map(|path| {
        if path.is_dir() {
            path.clone()
        } else {
            path.parent().unwrap_or(Path::new("")).to_owned()
        }
    });
    std::iter::once(beside).chain(scanned).collect()
}

enum Place {
    Here(usize),
    /// The file exists, but was not asked for.
    Elsewhere,
    Nowhere,
    Ambiguous(usize),
}

/// Found files by their path and by their name.
struct Names {
    by_identity: HashMap<PathBuf, usize>,
    by_name: HashMap<String, Vec<usize>>,
    by_stem: HashMap<String, Vec<usize>>,
}

impl Names {
    fn of(files: &[FoundRecording]) -> Names {
        let mut names = Names {
            by_identity: HashMap::new(),
            by_name: HashMap::new(),
            by_stem: HashMap::new(),
        };
        for (at, file) in files.iter().enumerate() {
            names.by_identity.insert(identity(&file.path), at);
            let text = |part: Option<&std::ffi::OsStr>| {
                part.unwrap_or_default().to_string_lossy().to_lowercase()
            };
            let (name, stem) = (text(file.path.file_name()), text(file.path.file_stem()));
            names.by_name.entry(name).or_default().push(at);
            names.by_stem.entry(stem).or_default().push(at);
        }
        names
    }

    fn find(&self, file: &str, folders: &[PathBuf]) -> Place {
        // Lists from Windows have backslashes; here they would be part of a name.
        let portable = file.replace('\\', "/");
        let candidates: Vec<PathBuf> = folders
            .iter()
            .map(|folder| folder.join(&portable))
            .collect();
        if let Some(&at) = candidates
            .iter()
            .find_map(|path| self.by_identity.get(&identity(path)))
        {
            return Place::Here(at);
        }
        if candidates.iter().any(|path| path.exists()) {
            return Place::Elsewhere;
        }
        let name = file_name_of(file).to_lowercase();
        for found in [self.by_name.get(&name), self.by_stem.get(&name)] {
            match found.map(Vec::as_slice) {
                Some([at]) => return Place::Here(*at),
                Some(several) => return Place::Ambiguous(several.len()),
                None => {}
            }
        }
        Place::Nowhere
    }
}
