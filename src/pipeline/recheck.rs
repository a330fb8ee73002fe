//! Judging everything stored again with today's rules, without listening.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::{
    pipeline::{Judge, Need, PlannedCall, Progress, judge, lock},
    rules::diff::{self, Change},
    store::{
        Store, StoreError,
        calls::{CallFilter, FinishedCall, StoredCall},
    },
};

/// Calls are taken in portions, so that memory does not grow with their number.
const CALLS_A_PORTION: usize = 512;

#[derive(Clone, Debug, Default)]
pub struct RecheckSummary {
    pub calls: u64,
    pub changed_calls: u64,
    /// In the order of call and rule.
    pub changes: Vec<Change>,
}

/// Judges the stored calls that `filter` chooses again and keeps the result.
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
    let mut ids = Vec::new();
    store.for_each_call(filter, |stored| {
        ids.push(stored.call.call_id);
        Ok::<_, StoreError>(())
    })?;
    progress.judging(ids.len() as u64);
    let store = Mutex::new(store);
    let mut summary = RecheckSummary::default();
    for portion in ids.chunks(CALLS_A_PORTION) {
        let changes = portion
            .par_iter()
            .map(|call_id| {
                let changes = one(call_id, by, &store)?;
                progress.judged();
                Ok(changes)
            })
            .collect::<Result<Vec<Vec<Change>>, StoreError>>()?;
        summary.calls += changes.len() as u64;
        summary.changed_calls +=
            changes.iter().filter(|of_call| !of_call.is_empty()).count() as u64;
        summary.changes.extend(changes.into_iter().flatten());
    }
    Ok(summary)
}

fn one(
    call_id: &str,
    by: &Judge<'_>,
    store: &Mutex<&mut Store>,
) -> Result<Vec<Change>, StoreError> {
    let (stored, transcript) = {
        let store = lock(store);
        let Some(stored) = store.call(call_id)? else {
            return Ok(Vec::new());
        };
        // Words that were deleted when their time was over cannot be judged again.
        if store.is_expired(call_id)? {
            return Ok(Vec::new());
        }
        let transcript = store.transcript(&stored.call.recording, &stored.call.model)?;
        (
            stored,
            transcript.map(|row| row.transcript).unwrap_or_default(),
        )
    };
    let planned = planned(&stored);
    let judged = judge(&planned, &stored.call.model, &transcript, by);
    if judged != stored.call {
        lock(store).save_call(&FinishedCall {
            listened: None,
            call: &judged,
        })?;
    }
    Ok(diff::compare(
        call_id,
        stored.call.verdicts,
        judged.verdicts,
    ))
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
