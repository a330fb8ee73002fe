//! What the call lists named, and what became of it.

use chrono::{DateTime, Timelike, Utc};
use rusqlite::params;

use crate::{
    call::{CallMetadata, Contact, Direction},
    store::{Store, StoreError, audit::utc_text, calls::month_of, monthly::ReportScope, to_json},
};

const REMEMBER: &str = "INSERT INTO listed_calls (file, call_id, month, found, unit, agent_id,
        agent_name, direction, day, hour, script, connected, talk_ms, converted, ordered, listed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET call_id = excluded.call_id, month = excluded.month,
        found = excluded.found, unit = excluded.unit, agent_id = excluded.agent_id,
        agent_name = excluded.agent_name, direction = excluded.direction, day = excluded.day,
        hour = excluded.hour, script = excluded.script, connected = excluded.connected,
        talk_ms = excluded.talk_ms, converted = excluded.converted, ordered = excluded.ordered,
        listed_at = coalesce(listed_at, excluded.listed_at)";

/// A row of a call list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// The file as the list names it; for a call that nobody answered what tells it from others.
    pub file: String,
    pub call_id: Option<String>,
    pub metadata: CallMetadata,
    /// Whether there was such a file.
    pub found: bool,
}

impl ListedRow {
    /// A call that nobody answered, of which there is no file.
    pub fn unanswered(call_id: Option<String>, metadata: CallMetadata) -> ListedRow {
        let told_apart = call_id.clone().unwrap_or_else(|| {
            let digest = blake3::hash(to_json(&metadata).as_bytes());
            digest.to_hex()[..16].to_owned()
        });
        ListedRow {
            file: format!("unanswered:{told_apart}"),
            call_id,
            metadata,
            found: false,
        }
    }
}

/// How far the listening came, in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageCounts {
    /// Rows of the call list.
    pub listed: u64,
    /// Of these, rows without a file, although somebody answered or nothing is said of it.
    pub missing: u64,
    /// Of these, calls that nobody answered.
    pub unanswered: u64,
    /// Judged calls.
    pub judged: u64,
    /// Judged calls that no call list names.
    pub unlisted: u64,
    /// Judged calls without a date, of no month.
    pub undated: u64,
    /// Milliseconds of sound in the judged calls.
    pub audio_ms: u64,
}

impl Store {
    /// Keeps rows of a call list, read at `at`; rows that were read before keep the time at which
    /// they were first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remember_listed(
        &mut self,
        rows: &[ListedRow],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for row in rows {
            let metadata = &row.metadata;
            let contact = Contact::of(metadata);
            transaction.prepare_cached(REMEMBER)?.execute(params![
                row.file,
                row.call_id,
                month_of(metadata),
                row.found,
                metadata.unit,
                metadata.agent_id,
                metadata.agent_name,
                metadata.direction.map(Direction::as_str),
                metadata.date().map(|day| day.to_string()),
                metadata.started_at.map(|at| at.hour()),
                contact.script,
                contact.connected,
                contact.talk.map(|talk| talk.0 as i64),
                contact.converted,
                contact.ordered,
                utc_text(at),
            ])?;
        }
        Ok(transaction.commit()?)
    }

    /// Whether any call, judged or listed, is of a unit of this name.
    pub fn names_unit(&self, unit: &str) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM calls WHERE unit = ?1)
                OR EXISTS (SELECT 1 FROM listed_calls WHERE unit = ?1)",
        )?;
        Ok(statement.exists([unit])?)
    }

    /// Recordings of the month that a call list names and nobody found.
    pub fn missing_recordings(
        &self,
        scope: &ReportScope,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT file FROM listed_calls WHERE found = 0 AND connected IS NOT 0 AND month = ?1
               AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
             ORDER BY file LIMIT ?3",
        )?;
        let parameters = params![scope.month, scope.units.as_ref().map(to_json), limit as i64];
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Counts for a month (`2026-10`) and the units of a report.
    pub fn coverage(&self, scope: &ReportScope) -> Result<CoverageCounts, StoreError> {
        let parameters = params![scope.month, scope.units.as_ref().map(to_json)];
        let listed = self.connection.query_row(
            "SELECT count(*),
                    (SELECT count(*) FROM listed_calls
                     WHERE found = 0 AND connected IS NOT 0 AND month = ?1
                       AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))),
                    coalesce(sum(connected = 0), 0)
             FROM listed_calls
             WHERE month = ?1 AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))",
            parameters,
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            },
        )?;
        let judged = self.connection.query_row(
            "SELECT count(*), coalesce(sum(c.duration_ms), 0),
                    coalesce(sum(NOT EXISTS (
                        SELECT 1 FROM listed_calls l WHERE l.call_id = c.call_id)), 0)
             FROM calls c
             WHERE c.month = ?1 AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))",
            parameters,
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            },
        )?;
        let (_, undated) = self.call_counts(&scope.month)?;
        Ok(CoverageCounts {
            listed: listed.0 as u64,
            missing: listed.1 as u64,
            unanswered: listed.2 as u64,
            judged: judged.0 as u64,
            audio_ms: judged.1 as u64,
            unlisted: judged.2 as u64,
            undated,
        })
    }
}
