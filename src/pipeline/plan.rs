//! What is to be done: which recordings there are, which calls they are, and what is known already.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::Utc;
use rayon::prelude::*;

use crate::{
    call::CallMetadata,
    intake::{CallList, FoundRecording, Intake, fingerprint},
    lang::{Lang, Say},
    pipeline::{Judge, Progress, lock},
    store::{
        Store, StoreError,
        calls::{CallIdentity, month_of},
        coverage::ListedRow,
        recordings::{FailureRow, SeenFile},
    },
};

/// Digests are written down in portions, so that a crash while reading loses little.
const FILES_A_PORTION: usize = 64;

/// What a call still needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Nothing,
    /// It was heard, but not judged by these rules.
    Judge,
    Listen,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCall {
    pub call_id: String,
    pub path: PathBuf,
    /// The path as text, as it is kept.
    pub shown_path: String,
    /// BLAKE3 of the recording, hex.
    pub digest: String,
    pub size_bytes: u64,
    pub metadata: CallMetadata,
    pub need: Need,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In the order of their paths, each recording once.
    pub calls: Vec<PlannedCall>,
    /// A further name, and the name under which the recording counts.
    pub duplicates: Vec<(String, String)>,
    pub failures: Vec<FailureRow>,
    /// Files not read because the user asked to stop.
    pub unread: u64,
}

impl Plan {
    pub fn needing(&self, need: Need) -> impl Iterator<Item = &PlannedCall> {
        self.calls.iter().filter(move |call| call.need == need)
    }
}

/// Keeps the call list's rows, so that reports can say what was missing and how calls went.
pub(super) fn remember_list(
    intake: &Intake,
    calls: Option<&CallList>,
    store: &mut Store,
) -> Result<(), StoreError> {
    let rows = calls.map(|calls| calls.rows.as_slice()).unwrap_or_default();
    let by_line: HashMap<u64, &CallMetadata> = rows
        .iter()
        .map(|row| (row.call.line, &row.call.metadata))
        .collect();
    let found = intake.recordings.iter().filter_map(|recording| {
        let listed = recording.listed.as_ref()?;
        Some(ListedRow {
            file: shown(recording),
            call_id: Some(call_id(recording)),
            metadata: listed.metadata.clone(),
            found: true,
        })
    });
    let missing = intake.missing.iter().map(|row| ListedRow {
        file: row.file.clone(),
        call_id: row.call_id.clone(),
        metadata: by_line
            .get(&row.line)
            .map(|metadata| (*metadata).clone())
            .unwrap_or_default(),
        found: false,
    });
    let unanswered = calls.map(|calls| calls.unanswered.as_slice());
    let unanswered = unanswered
        .unwrap_or_default()
        .iter()
        .map(|call| ListedRow::unanswered(call.call_id.clone(), call.metadata.clone()));
    // One by one: a list may be longer than memory should hold twice.
    store.remember_listed(found.chain(missing).chain(unanswered), Utc::now())
}

/// The digest of every file, read only if it has changed since an earlier scan.
/// `None`: not read, because the user asked to stop.
pub(super) fn fingerprint_all(
    intake: &Intake,
    store: &Mutex<&mut Store>,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<Vec<Option<Result<String, std::io::Error>>>, StoreError> {
    let files = &intake.recordings;
    let mut digests: Vec<Option<Result<String, std::io::Error>>> = Vec::new();
    for file in files {
        let known = lock(store).digest_of_file(&shown(file), file.size, file.modified_ns)?;
        digests.push(known.map(Ok));
    }
    let unread: Vec<usize> = (0..files.len())
        .filter(|&index| digests[index].is_none())
        .collect();
    progress.reading(
        unread.len() as u64,
        unread.iter().map(|&index| files[index].size).sum(),
    );
    for portion in unread.chunks(FILES_A_PORTION) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let read: Vec<(usize, Result<String, std::io::Error>)> = portion
            .par_iter()
            .map(|&index| {
                let digest = fingerprint(&files[index].path).map(|digest| digest.to_string());
                progress.read(files[index].size);
                (index, digest)
            })
            .collect();
        let seen: Vec<SeenFile> = read
            .iter()
            .filter_map(|(index, digest)| {
                Some(SeenFile {
                    path: shown(&files[*index]),
                    size_bytes: files[*index].size,
                    modified_ns: files[*index].modified_ns,
                    digest: digest.as_ref().ok()?.clone(),
                })
            })
            .collect();
        lock(store).remember_files(&seen)?;
        for (index, digest) in read {
            digests[index] = Some(digest);
        }
    }
    Ok(digests)
}

/// Which call each recording is, and what it needs. Depends only on the files, the call list and
/// what is stored, never on the order of work.
pub(super) fn plan(
    intake: &Intake,
    digests: Vec<Option<Result<String, std::io::Error>>>,
    model: &str,
    judge: &Judge<'_>,
    store: &Mutex<&mut Store>,
) -> Result<Plan, StoreError> {
    let mut plan = Plan {
        failures: intake.failures.iter().map(intake_failure).collect(),
        ..Plan::default()
    };
    // A file that the call list names goes before another name of the same content.
    let mut order: Vec<(&FoundRecording, String)> = Vec::new();
    for (file, digest) in intake.recordings.iter().zip(digests) {
        match digest {
            Some(Ok(digest)) => order.push((file, digest)),
            Some(Err(cause)) => plan.failures.push(unreadable(file, &cause)),
            None => plan.unread += 1,
        }
    }
    let mut first_name: HashMap<String, String> = HashMap::new();
    let (listed, unlisted): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|(file, _)| file.listed.is_some());
    let mut unique: BTreeMap<String, (&FoundRecording, String)> = BTreeMap::new();
    for (file, digest) in listed.into_iter().chain(unlisted) {
        match first_name.get(&digest) {
            Some(first) => plan.duplicates.push((shown(file), first.clone())),
            None => {
                first_name.insert(digest.clone(), shown(file));
                unique.insert(shown(file), (file, digest));
            }
        }
    }
    let mut taken: HashSet<String> = HashSet::new();
    for (file, digest) in unique.into_values() {
        let wanted = call_id(file);
        let by_another = file.listed.is_none()
            && lock(store)
                .recording_of_call(&wanted)?
                .is_some_and(|of| of != digest)
            && lock(store)
                .call(&wanted)?
                .is_some_and(|stored| stored.call.path != shown(file));
        let call_id = if by_another || taken.contains(&wanted) {
            format!("{wanted}~{}", &digest[..digest.len().min(8)])
        } else {
            wanted
        };
        taken.insert(call_id.clone());
        let metadata = metadata(file);
        let path = shown(file);
        let identity = CallIdentity {
            call_id: &call_id,
            recording: &digest,
            path: &path,
            model,
            rule_set: judge.rules.digest(),
            scorecard: judge.scorecard_digest,
            metadata: &metadata,
        };
        let need = if lock(store).is_expired(&call_id)? {
            Need::Nothing
        } else if !lock(store).has_transcript(&digest, model, metadata.agent_channel)? {
            Need::Listen
        } else if !lock(store).is_judged(&identity)? {
            Need::Judge
        } else {
            Need::Nothing
        };
        plan.calls.push(PlannedCall {
            call_id,
            path: file.path.clone(),
            shown_path: path,
            digest,
            size_bytes: file.size,
            metadata,
            need,
        });
    }
    Ok(plan)
}

/// As it is kept: absolute, so that the same file is known again from another folder.
fn shown(file: &FoundRecording) -> String {
    std::path::absolute(&file.path)
        .unwrap_or_else(|_| file.path.clone())
        .display()
        .to_string()
}

fn metadata(file: &FoundRecording) -> CallMetadata {
    file.listed
        .as_ref()
        .map(|listed| listed.metadata.clone())
        .unwrap_or_default()
}

/// The call list's id, else the file's name without its ending.
fn call_id(file: &FoundRecording) -> String {
    file.listed
        .as_ref()
        .and_then(|listed| listed.call_id.clone())
        .unwrap_or_else(|| {
            file.path
                .file_stem()
                .unwrap_or(file.path.as_os_str())
                .to_string_lossy()
                .into_owned()
        })
}

fn intake_failure(failure: &crate::intake::IntakeFailure) -> FailureRow {
    FailureRow {
        path: failure.path.display().to_string(),
        cause: failure.cause.kind().to_owned(),
        message_zh: failure.say(Lang::Zh),
        message_en: failure.say(Lang::En),
        month: None,
    }
}

fn unreadable(file: &FoundRecording, cause: &std::io::Error) -> FailureRow {
    let path = crate::intake::shown_path(&file.path);
    FailureRow {
        path: shown(file),
        cause: "unreadable".to_owned(),
        message_zh: format!(
            "{path}:读不了文件({cause})。请检查权限后重新扫描",
            cause = crate::lang::in_chinese(&cause)
        ),
        message_en: format!("{path}: cannot be read ({cause}). Check the rights and scan again"),
        month: month_of(&metadata(file)),
    }
}
