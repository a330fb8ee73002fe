//! From a folder of recordings to judged calls in the store: the way of the data, stage by stage.

mod judge;
mod listen;
mod plan;
mod recheck;
mod stages;

pub use judge::{Judge, judge};
pub use listen::{ListenError, Listened, ReadingSettings, listen};
pub use plan::{Need, Plan, PlannedCall};
pub use recheck::{RecheckSummary, recheck};
pub use stages::StageTimes;

use std::{
    cmp::Reverse,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use chrono::Utc;
use rayon::prelude::*;

use crate::{
    acoustics::AcousticMeasures,
    audio::{DecodedBy, catch_panic},
    intake::{CallList, Intake, IntakeError, NamePattern},
    lang::{Lang, Say},
    speech::DetectorSettings,
    store::{
        Store, StoreError,
        calls::FinishedCall,
        recordings::{FailureRow, RecordingRow},
        transcripts::TranscriptRow,
    },
    time::Millis,
    transcribe::{Recognizers, assemble, roles},
};

/// What to scan, and how.
#[derive(Clone, Debug)]
pub struct ScanRequest {
    pub paths: Vec<PathBuf>,
    pub calls: Option<CallList>,
    pub name_pattern: Option<NamePattern>,
    pub detector: DetectorSettings,
    pub reading: ReadingSettings,
    /// Recordings in work at once; each keeps one core busy.
    pub jobs: usize,
}

/// Told how the work goes on; called from several threads.
pub trait Progress: Sync {
    /// So many files of so many bytes are to be fingerprinted.
    fn reading(&self, _files: u64, _bytes: u64) {}
    fn read(&self, _bytes: u64) {}
    /// So many recordings of so many bytes are to be listened to.
    fn listening(&self, _recordings: u64, _bytes: u64) {}
    /// A recording of so many bytes is done.
    fn listened(&self, _bytes: u64, _audio: Millis) {}
    /// A recording could not be done; the message is for the user.
    fn failed(&self, _failure: &FailureRow) {}
    /// So many stored transcripts are to be judged again.
    fn judging(&self, _calls: u64) {}
    fn judged(&self) {}
}

/// What came of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Recordings found, under whatever name; the same content twice counts once.
    pub recordings: u64,
    /// Listened to and judged now.
    pub listened: u64,
    /// Judged now from what had been heard before.
    pub judged_again: u64,
    /// Nothing to do.
    pub up_to_date: u64,
    /// Further names of recordings that are there already.
    pub duplicates: Vec<(String, String)>,
    pub failures: Vec<FailureRow>,
    /// Files that the call list does not name.
    pub unlisted: Vec<String>,
    /// Rows of the call list without a file: line, file.
    pub missing: Vec<(u64, String)>,
    /// Rows of the call list that could not be read.
    pub rejected_rows: Vec<RejectedRow>,
    /// Recordings that an outside ffmpeg decoded, and what they are.
    pub through_ffmpeg: Vec<(String, String)>,
    /// Sound listened to now.
    pub audio: Millis,
    /// Where the time of listening went, over all threads.
    pub times: StageTimes,
    /// Stopped by the user before all was done; so many recordings are left.
    pub left: u64,
}

/// A row of the call list that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    pub line: u64,
    pub zh: String,
    pub en: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl Say for ScanError {
    fn say(&self, lang: Lang) -> String {
        match self {
            ScanError::Intake(error) => error.say(lang),
            ScanError::Store(error) => error.say(lang),
            ScanError::Threads(cause) => lang.pick(
                format!("开不了工作线程({cause})。请减少 --jobs"),
                format!("No worker threads ({cause}). Lower --jobs"),
            ),
        }
    }
}

/// Finds, listens, judges and keeps. What an earlier scan finished is not done again; setting
/// `stop` lets the recordings in work be finished and kept.
///
/// # Errors
/// When nothing can be found or kept at all. A single recording that fails is in the summary.
pub fn scan(
    request: &ScanRequest,
    recognizers: &dyn Recognizers,
    judge: &Judge<'_>,
    store: &mut Store,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<ScanSummary, ScanError> {
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(request.jobs)
        .build()?;
    store.remember_rules(judge.rules.rules())?;
    store.remember_scorecard(judge.scorecard_digest, judge.scorecard)?;

    let intake = crate::intake::find(
        &request.paths,
        request.calls.as_ref(),
        request.name_pattern.as_ref(),
    )?;
    let mut summary = reported(&intake);
    plan::remember_list(&intake, request.calls.as_ref(), store)?;

    let store = Mutex::new(store);
    let files = threads.install(|| plan::fingerprint_all(&intake, &store, progress, stop))?;
    let plan = plan::plan(&intake, files, recognizers.digest(), judge, &store)?;
    summary.duplicates.clone_from(&plan.duplicates);
    summary.recordings = plan.calls.len() as u64;
    summary.failures.extend(plan.failures.iter().cloned());

    let mut to_listen: Vec<&PlannedCall> = plan.needing(Need::Listen).collect();
    let to_judge: Vec<&PlannedCall> = plan.needing(Need::Judge).collect();
    summary.up_to_date = summary.recordings - (to_listen.len() + to_judge.len()) as u64;
    for failure in &summary.failures {
        lock(&store).save_failure(failure)?;
        progress.failed(failure);
    }

    progress.judging(to_judge.len() as u64);
    let judged = threads.install(|| {
        to_judge
            .par_iter()
            .with_max_len(1)
            .map(|call| {
                if stop.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                judge_stored(call, recognizers.digest(), judge, &store)?;
                progress.judged();
                Ok(true)
            })
            .collect::<Result<Vec<bool>, StoreError>>()
    })?;
    summary.judged_again = judged.iter().filter(|&&done| done).count() as u64;

    let bytes = to_listen.iter().map(|call| call.size_bytes).sum();
    progress.listening(to_listen.len() as u64, bytes);
    // The longest first: then the threads end at about the same time.
    to_listen.sort_by_key(|call| Reverse(call.size_bytes));
    let outcomes = on_all_threads(&threads, &to_listen, |call| {
        if stop.load(Ordering::Relaxed) {
            return Ok((*call, Outcome::Left));
        }
        let outcome = listen_and_judge(call, request, recognizers, judge, &store)?;
        match &outcome {
            Outcome::Done(recording, _) => {
                progress.listened(call.size_bytes, recording.duration);
            }
            Outcome::Failed(failure) => {
                progress.listened(call.size_bytes, Millis(0));
                progress.failed(failure);
            }
            Outcome::Left => {}
        }
        Ok((*call, outcome))
    })?;
    summary.left = (judged.len() as u64 - summary.judged_again) + plan.unread;
    for (call, outcome) in outcomes {
        match outcome {
            Outcome::Done(recording, times) => {
                summary.listened += 1;
                summary.times += times;
                summary.audio.0 += recording.duration.0;
                if recording.facts.decoded_by == DecodedBy::Ffmpeg {
                    let decoded = (call.shown_path.clone(), recording.facts.codec);
                    summary.through_ffmpeg.push(decoded);
                }
            }
            Outcome::Failed(failure) => summary.failures.push(failure),
            Outcome::Left => summary.left += 1,
        }
    }
    summary.failures.sort_by(|a, b| a.path.cmp(&b.path));
    summary.through_ffmpeg.sort();
    Ok(summary)
}

/// Does the work on every item, the first ones first; an error ends it.
fn on_all_threads<T: Sync, R: Send>(
    threads: &rayon::ThreadPool,
    items: &[T],
    work: impl Fn(&T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let next = AtomicUsize::new(0);
    let parts = threads.broadcast(|_| {
        let mut done = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            match work(item) {
                Ok(result) => done.push(result),
                Err(error) => {
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(done)
    });
    let mut all = Vec::with_capacity(items.len());
    for part in parts {
        all.extend(part?);
    }
    Ok(all)
}

/// How one recording ended.
enum Outcome {
    Done(RecordingRow, StageTimes),
    Failed(FailureRow),
    /// Not begun: the user asked to stop.
    Left,
}

/// One recording's whole way; only a broken store is an error.
fn listen_and_judge(
    call: &PlannedCall,
    request: &ScanRequest,
    recognizers: &dyn Recognizers,
    judge: &Judge<'_>,
    store: &Mutex<&mut Store>,
) -> Result<Outcome, StoreError> {
    // What panics on a strange file must not end the batch.
    let caught = catch_panic(|| {
        listen(
            &call.path,
            call.metadata.agent_channel,
            recognizers,
            &request.detector,
            &request.reading,
        )
    });
    let path = || call.path.clone();
    let listened =
        match caught.unwrap_or_else(|why| Err(ListenError::Panicked { path: path(), why })) {
            Ok(listened) => listened,
            Err(error) => {
                let failure = FailureRow {
                    path: call.shown_path.clone(),
                    cause: error.cause().to_owned(),
                    message_zh: error.say(Lang::Zh),
                    message_en: error.say(Lang::En),
                    month: crate::store::calls::month_of(&call.metadata),
                };
                lock(store).save_failure(&failure)?;
                return Ok(Outcome::Failed(failure));
            }
        };
    let mut times = listened.times;
    let begun = Instant::now();
    let listed = call.metadata.agent_channel;
    let roles = roles::roles(&listened.channels, listed, &listened.heard);
    let transcript =
        assemble::transcript(listened.heard, &roles, &listened.sounds, listened.duration);
    let recording = RecordingRow {
        digest: call.digest.clone(),
        facts: listened.facts,
        duration: listened.duration,
        incomplete: listened.incomplete,
    };
    let transcript = TranscriptRow {
        recording: call.digest.clone(),
        model: recognizers.digest().to_owned(),
        agent_channel: listed,
        role_source: roles.source,
        role_certainty: roles.certainty,
        against_list: roles.against_list,
        channel_faults: listened.channels.faults,
        speakers: roles.channels,
        measures: AcousticMeasures::of(&transcript),
        transcript,
    };
    let judged = judge::judge(call, recognizers.digest(), &transcript.transcript, judge);
    times.judging = begun.elapsed();
    let begun = Instant::now();
    lock(store).save_call(&FinishedCall {
        listened: Some((&recording, &transcript)),
        call: &judged,
        at: Utc::now(),
    })?;
    times.store = begun.elapsed();
    Ok(Outcome::Done(recording, times))
}

/// Judges from what was heard before; nothing is listened to.
fn judge_stored(
    call: &PlannedCall,
    model: &str,
    judge: &Judge<'_>,
    store: &Mutex<&mut Store>,
) -> Result<(), StoreError> {
    let stored = lock(store).transcript(&call.digest, model)?;
    let transcript = stored.map(|row| row.transcript).unwrap_or_default();
    let judged = judge::judge(call, model, &transcript, judge);
    lock(store).save_call(&FinishedCall {
        listened: None,
        call: &judged,
        at: Utc::now(),
    })
}

fn reported(intake: &Intake) -> ScanSummary {
    ScanSummary {
        unlisted: intake
            .unlisted
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        missing: intake
            .missing
            .iter()
            .map(|row| (row.line, row.file.clone()))
            .collect(),
        rejected_rows: intake
            .rejected_rows
            .iter()
            .map(|row| RejectedRow {
                line: row.line,
                zh: row.say(Lang::Zh),
                en: row.say(Lang::En),
            })
            .collect(),
        ..ScanSummary::default()
    }
}

fn lock<'a, 'b>(store: &'a Mutex<&'b mut Store>) -> std::sync::MutexGuard<'a, &'b mut Store> {
    store
        .lock()
        .expect("no thread panics while it holds the store")
}
