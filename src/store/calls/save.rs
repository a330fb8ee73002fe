//! Judged calls into the database.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::{CallRow, month_of};
use crate::{
    call::Contact,
    store::{
        Store, StoreError,
        audit::utc_text,
        findings,
        recordings::{self, RecordingRow},
        scores, superseded, to_json,
        transcripts::{self, TranscriptRow},
    },
};

/// What one recording in work leaves: all of it is written, or nothing.
#[derive(Clone, Debug)]
pub struct FinishedCall<'a> {
    /// `None` when only the judgement is new.
    pub listened: Option<(&'a RecordingRow, &'a TranscriptRow)>,
    pub call: &'a CallRow,
    /// Now; a call that is known already keeps the time at which it was first judged.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Writes calls that were judged again (at `at`), in one transaction.
    pub fn save_judged(&mut self, calls: &[CallRow], at: DateTime<Utc>) -> Result<(), StoreError> {
        self.writing(|transaction| {
            for call in calls {
                keep(transaction, call, at)?;
            }
            Ok(())
        })
    }

    /// Writes all that came of one recording, in one transaction.
    pub fn save_call(&mut self, finished: &FinishedCall<'_>) -> Result<(), StoreError> {
        self.writing(|transaction| {
            if let Some((recording, transcript)) = finished.listened {
                recordings::save(transaction, recording)?;
                transcripts::save(transaction, transcript)?;
            }
            keep(transaction, finished.call, finished.at)
        })
    }
}

/// Writes a call with what follows from its verdicts: findings, and the score that people restated.
fn keep(connection: &Connection, call: &CallRow, at: DateTime<Utc>) -> Result<(), StoreError> {
    let before = superseded::counted(connection, &call.call_id)?;
    save(connection, call, at)?;
    findings::follow_verdicts(connection, call)?;
    scores::restate_if_touched(connection, &call.call_id)?;
    superseded::after_judging(connection, call, before.as_deref(), &utc_text(at))
}

fn save(connection: &Connection, call: &CallRow, at: DateTime<Utc>) -> Result<(), StoreError> {
    let known: Option<Option<String>> = connection
        .prepare_cached("SELECT added_at FROM calls WHERE call_id = ?")?
        .query_row([&call.call_id], |row| row.get(0))
        .optional()?;
    let added_at = known.unwrap_or_else(|| Some(utc_text(at)));
    connection
        .prepare_cached("DELETE FROM calls WHERE call_id = ?")?
        .execute([&call.call_id])?;
    connection
        .prepare_cached(
            "INSERT INTO calls (call_id, recording, path, model, rule_set, scorecard, metadata,
                                month, started_at, agent_id, unit, points, qualified, fatal, deductions,
                                converted, added_at, violated, deducted, day, agent_name, channel,
                                business, direction)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                     ?15 <> '[]', json_array_length(?15), substr(?9, 1, 10), json_extract(?7, '$.agent_name'),
                     json_extract(?7, '$.channel'), json_extract(?7, '$.business'),
                     json_extract(?7, '$.direction'))",
        )?
        .execute(params![
            call.call_id,
            call.recording,
            call.path,
            call.model,
            call.rule_set,
            call.scorecard,
            to_json(&call.metadata),
            month_of(&call.metadata),
            call.metadata.started_at.map(|at| at.to_rfc3339()),
            call.metadata.agent_id,
            call.metadata.unit,
            call.score.points,
            call.score.qualified,
            call.score.fatal,
            to_json(&call.score.deductions),
            Contact::of(&call.metadata).converted,
            added_at,
        ])?;
    let mut statement =
        connection.prepare_cached("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for verdict in &call.verdicts {
        statement.execute(params![
            call.call_id,
            verdict.rule_id,
            verdict.rule_digest,
            verdict.outcome.as_str(),
            to_json(&verdict.at),
            to_json(&verdict.evidence),
            to_json(&verdict.reason),
        ])?;
    }
    connection
        .prepare_cached(
            "UPDATE calls SET
                (passes, cannot_judge) = (
                    SELECT coalesce(sum(v.outcome = 'pass'), 0),
                           coalesce(sum(v.outcome = 'cannot-judge'), 0)
                    FROM verdicts v JOIN rules r ON r.digest = v.rule_digest
                    WHERE v.call_id = calls.call_id AND r.scored),
                (duration_ms, incomplete) = (
                    SELECT duration_ms, incomplete FROM recordings WHERE digest = calls.recording)
             WHERE call_id = ?",
        )?
        .execute([&call.call_id])?;
    let mut statement =
        connection.prepare_cached("INSERT INTO reasons VALUES (?, ?, ?, ?, ?, ?)")?;
    for reason in &call.reasons {
        statement.execute(params![
            call.call_id,
            reason.topic,
            reason.cue,
            reason.title,
            reason.title_en,
            to_json(&reason.evidence),
        ])?;
    }
    Ok(())
}
