//! What the call lists named, and what became of it.

use rusqlite::params;

use crate::store::{Store, StoreError};

/// A row of a call list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// The file as the list names it.
    pub file: String,
    pub call_id: Option<String>,
    /// `2026-10`, where the row has a date.
    pub month: Option<String>,
    /// Whether there was such a file.
    pub found: bool,
}

/// How far the listening came, in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageCounts {
    /// Rows of the call list.
    pub listed: u64,
    /// Of these, rows without a file.
    pub missing: u64,
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
    pub fn remember_listed(&mut self, rows: &[ListedRow]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction
                .prepare_cached("INSERT OR REPLACE INTO listed_calls VALUES (?, ?, ?, ?)")?;
            for row in rows {
                statement.execute(params![row.file, row.call_id, row.month, row.found])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Counts for a month (`2026-10`).
    pub fn coverage(&self, month: &str) -> Result<CoverageCounts, StoreError> {
        let listed = self.connection.query_row(
            "SELECT count(*), coalesce(sum(found = 0), 0) FROM listed_calls WHERE month = ?",
            [month],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        let judged = self.connection.query_row(
            "SELECT count(*), coalesce(sum(c.duration_ms), 0),
                    coalesce(sum(NOT EXISTS (
                        SELECT 1 FROM listed_calls l WHERE l.call_id = c.call_id)), 0)
             FROM calls c WHERE c.month = ?",
            [month],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            },
        )?;
        let (_, undated) = self.call_counts(month)?;
        Ok(CoverageCounts {
            listed: listed.0 as u64,
            missing: listed.1 as u64,
            judged: judged.0 as u64,
            audio_ms: judged.1 as u64,
            unlisted: judged.2 as u64,
            undated,
        })
    }
}
