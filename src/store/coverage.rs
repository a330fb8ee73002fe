//! What the call lists named, and what became of it.

use chrono::{DateTime, Timelike, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    call::{CallMetadata, Contact, Direction},
    store::{Store, StoreError, audit::utc_text, calls::month_of, monthly::ReportScope, to_json},
};

const COLUMNS: &str =
    "file, call_id, month, found, unit, agent_id, agent_name, direction, day, hour,
    script, connected, talk_ms, converted, ordered";

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
    /// Judged calls that no call list names.
    pub unlisted: u64,
}

impl Store {
    /// Keeps rows of a call list, read at `at`; rows that were read before keep the time at which
    /// they were first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remember_listed(
        &mut self,
        rows: impl IntoIterator<Item = ListedRow>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let at = utc_text(at);
        let transaction = self.connection.transaction()?;
        for row in rows {
            replace_listed(&transaction, &row, &at)?;
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

    /// Calls of the month that nobody answered, as the call list names them.
    pub fn unanswered_calls(
        &self,
        scope: &ReportScope,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        // In the order of an index: the first are soon met.
        self.call_ids(
            "SELECT coalesce(call_id, file) FROM listed_calls
             WHERE month = ?1 AND connected = 0
               AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
             ORDER BY direction, unit, agent_id, agent_name, day, hour, script, connected, talk_ms,
                      converted, ordered, file LIMIT ?3",
            params![scope.month, scope.units_json(), limit as i64],
        )
    }

    /// Judged calls of the month that no call list names.
    pub fn unlisted_calls(
        &self,
        scope: &ReportScope,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.call_ids(
            "SELECT call_id FROM unlisted_calls
             WHERE month = ?1 AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
             ORDER BY call_id LIMIT ?3",
            params![scope.month, scope.units_json(), limit as i64],
        )
    }

    /// Counts for a month (`2026-10`) and the units of a report.
    pub fn coverage(&self, scope: &ReportScope) -> Result<CoverageCounts, StoreError> {
        let units = scope.units_json();
        let in_scope = "month = ?1 AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))";
        let counts = self.connection.query_row(
            &format!(
                "SELECT coalesce(sum(listed), 0), coalesce(sum(connected_known - connected), 0),
                        (SELECT count(*) FROM listed_calls
                         WHERE found = 0 AND connected IS NOT 0 AND {in_scope}),
                        (SELECT count(*) FROM unlisted_calls WHERE {in_scope})
                 FROM listed_counts WHERE part = 'all' AND {in_scope}"
            ),
            params![scope.month, units],
            |row| {
                let count = |index| row.get::<_, i64>(index).map(|count| count.max(0) as u64);
                Ok(CoverageCounts {
                    listed: count(0)?,
                    unanswered: count(1)?,
                    missing: count(2)?,
                    unlisted: count(3)?,
                })
            },
        )?;
        Ok(counts)
    }
}

/// Writes a row, unless it is there already as it is.
fn replace_listed(connection: &Connection, row: &ListedRow, at: &str) -> Result<(), StoreError> {
    let metadata = &row.metadata;
    let contact = Contact::of(metadata);
    let values = params![
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
    ];
    let known: Option<(bool, Option<String>)> = connection
        .prepare_cached(&format!(
            "SELECT ({COLUMNS}) IS (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15),
                    listed_at
             FROM listed_calls WHERE file = ?1"
        ))?
        .query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let listed_at = match known {
        Some((true, _)) => return Ok(()),
        Some((false, listed_at)) => listed_at,
        None => Some(at.to_owned()),
    };
    connection
        .prepare_cached("DELETE FROM listed_calls WHERE file = ?")?
        .execute([&row.file])?;
    let values = [values, &[&listed_at]].concat();
    connection
        .prepare_cached(&format!(
            "INSERT INTO listed_calls ({COLUMNS}, listed_at) VALUES
             (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ))?
        .execute(&values[..])?;
    Ok(())
}
