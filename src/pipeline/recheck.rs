//! Judging everything stored again with today's rules, without listening.

use rayon::prelude::*;

use crate::{
    pipeline::{Judge, Need, PlannedCall, Progress, judge},
    rules::diff::{self, Change},
    store::{
        Store, StoreError,
        calls::{CallFilter, CallRow, StoredCall},
    },
    transcript::Transcript,
};

/// Calls are taken in portions, so that memory does not grow with their number. A portion is
/// one transaction.
const CALLS_A_PORTION: usize = 512;
/// So many changes are kept to be shown; all are counted.
const CHANGES_KEPT: usize = 1000;

#[derive(Clone, Debug, Default)]
pub struct RecheckSummary {
    pub calls: u64,
    pub changed_calls: u64,
    pub changed_verdicts: u64,
    /// The first of them, in the order of call and rule.
    pub changes: Vec<Change>,
}

/// Judges the stored calls that `filter` chooses again and keeps the result. While one portion
/// is judged and written, the next is read.
///
/// # Errors
/// When the store fails; what was written until then stays.
pub fn recheck(
    filter: &CallFilter,
    by: &Judge<'_>,
    store: &mut Store,
    progress: &dyn Progress,
) -> Result<RecheckSummary, StoreError> {
    store.remember_rules(by.rules.rules())?;
    store.remember_scorecard(by.scorecard_digest, by.scorecard)?;
    progress.judging(store.count_calls(filter)?);
    let reader = Reader {
        store: store.again()?,
        filter,
    };
    let mut summary = RecheckSummary::default();
    let mut portion = reader.after("")?;
    while let Some((last, _)) = portion.last() {
        let last = last.call.call_id.clone();
        let (next, judged) = std::thread::scope(|scope| {
            let judging = scope.spawn(|| judge_portion(&portion, by, progress));
            let next = reader.after(&last);
            (next, judging.join())
        });
        let judged = judged.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let changed: Vec<CallRow> = portion
            .iter()
            .zip(&judged)
            .filter(|((stored, _), judged)| stored.call != **judged)
            .map(|(_, judged)| judged.clone())
            .collect();
        store.save_judged(&changed, chrono::Utc::now())?;
        for ((stored, _), judged) in portion.into_iter().zip(judged) {
            summary.add(stored.call, judged);
        }
        portion = next?;
    }
    Ok(summary)
}

/// Reads stored calls with their words, a portion at a time.
struct Reader<'a> {
    store: Store,
    filter: &'a CallFilter,
}

impl Reader<'_> {
    fn after(&self, call_id: &str) -> Result<Vec<(StoredCall, Transcript)>, StoreError> {
        let ids = self
            .store
            .call_ids_after(self.filter, call_id, CALLS_A_PORTION)?;
        let mut portion = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(stored) = self.store.call(&id)? else {
                continue;
            };
            let kept = self
                .store
                .transcript(&stored.call.recording, &stored.call.model)?;
            // Without its words a call keeps the verdicts that it has.
            if let Some(kept) = kept {
                portion.push((stored, kept.transcript));
            }
        }
        Ok(portion)
    }
}

fn judge_portion(
    portion: &[(StoredCall, Transcript)],
    by: &Judge<'_>,
    progress: &dyn Progress,
) -> Vec<CallRow> {
    portion
        .par_iter()
        .map(|(stored, transcript)| {
            let judged = judge(&planned(stored), &stored.call.model, transcript, by);
            progress.judged();
            judged
        })
        .collect()
}

impl RecheckSummary {
    fn add(&mut self, stored: CallRow, judged: CallRow) {
        let changes = diff::compare(&stored.call_id, stored.verdicts, judged.verdicts);
        self.calls += 1;
        self.changed_calls += u64::from(!changes.is_empty());
        self.changed_verdicts += changes.len() as u64;
        let room = CHANGES_KEPT - self.changes.len();
        self.changes.extend(changes.into_iter().take(room));
    }
}

fn planned(stored: &StoredCall) -> PlannedCall {
    PlannedCall {
        call_id: stored.call.call_id.clone(),
        path: stored.call.path.clone().into(),
        shown_path: stored.call.path.clone(),
        digest: stored.call.recording.clone(),
        size_bytes: 0,
        metadata: stored.call.metadata.clone(),
        need: Need::Judge,
    }
}
