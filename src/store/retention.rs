//! What is deleted when its time is over: words and clips, never verdicts, scores or recordings.

use rusqlite::{Connection, params};

use crate::store::{
    Store, StoreError,
    audit::{self, Acting, Note},
    search, superseded,
};

/// What stands in place of a reason that may have held words.
const EXPIRED_ZH: &str = "(文字已按保存期限删除)";
const EXPIRED_EN: &str = "(the words were deleted when their time was over)";

/// Calls a transaction: a run that is killed goes on where it was.
const CALLS_A_PORTION: i64 = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalHold {
    pub call_id: String,
    pub reason: String,
    pub held_by: String,
    pub held_at: String,
}

/// What a retention run found, or did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpiryCounts {
    /// Calls older than the day whose words are still there.
    pub calls: u64,
    pub utterances: u64,
    /// Folders in evidence packs.
    pub folders: u64,
    /// Old calls that a legal hold keeps.
    pub held: u64,
    /// Calls without a date; they never expire.
    pub undated: u64,
}

/// A folder that must go before the call's words do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFolder {
    pub pack: String,
    pub folder: String,
    pub call_id: String,
}

/// Calls that expire: older than the first day to keep, not held, and not expired yet.
const EXPIRING: &str = "c.day < ?1
    AND NOT EXISTS (SELECT 1 FROM legal_holds l WHERE l.call_id = c.call_id)
    AND NOT EXISTS (SELECT 1 FROM expired_calls e WHERE e.call_id = c.call_id)";

impl Store {
    /// Keeps a call's words whatever their age. False if there is no such call.
    pub fn hold(&mut self, hold: &LegalHold, acting: &Acting<'_>) -> Result<bool, StoreError> {
        let known = self
            .connection
            .prepare_cached("SELECT 1 FROM calls WHERE call_id = ?")?
            .exists([&hold.call_id])?;
        if !known {
            return Ok(false);
        }
        self.writing(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO legal_holds VALUES (?, ?, ?, ?)",
                params![hold.call_id, hold.reason, hold.held_by, hold.held_at],
            )?;
            note(transaction, acting, "hold", &hold.call_id, &hold.reason)
        })?;
        self.note_head()?;
        Ok(true)
    }

    /// Lifts a hold. False if there was none.
    pub fn release(&mut self, call_id: &str, acting: &Acting<'_>) -> Result<bool, StoreError> {
        let held = self.writing(|transaction| {
            let removed =
                transaction.execute("DELETE FROM legal_holds WHERE call_id = ?", [call_id])?;
            if removed > 0 {
                note(transaction, acting, "release", call_id, "")?;
            }
            Ok::<_, StoreError>(removed > 0)
        })?;
        self.note_head()?;
        Ok(held)
    }

    /// All holds in the order of the calls.
    pub fn holds(&self) -> Result<Vec<LegalHold>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT call_id, reason, held_by, held_at FROM legal_holds ORDER BY call_id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(LegalHold {
                call_id: row.get(0)?,
                reason: row.get(1)?,
                held_by: row.get(2)?,
                held_at: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What would expire: everything of calls before `first_day_kept` (`2026-10-01`).
    pub fn expiring(&self, first_day_kept: &str) -> Result<ExpiryCounts, StoreError> {
        let count = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
            self.connection
                .query_row(sql, parameters, |row| row.get::<_, i64>(0))
                .map(|count| count as u64)
        };
        Ok(ExpiryCounts {
            calls: count(
                &format!("SELECT count(*) FROM calls c WHERE {EXPIRING}"),
                &[&first_day_kept],
            )?,
            utterances: count(
                &format!(
                    "SELECT count(*) FROM calls c JOIN utterances u
                     ON u.recording = c.recording AND u.model = c.model WHERE {EXPIRING}"
                ),
                &[&first_day_kept],
            )?,
            folders: count(
                &format!(
                    "SELECT count(*) FROM calls c JOIN evidence_folders f
                     ON f.call_id = c.call_id WHERE {EXPIRING}"
                ),
                &[&first_day_kept],
            )?,
            held: count(
                "SELECT count(*) FROM calls c JOIN legal_holds l ON l.call_id = c.call_id
                 WHERE c.day < ?1",
                &[&first_day_kept],
            )?,
            undated: count("SELECT count(*) FROM calls WHERE day IS NULL", &[])?,
        })
    }

    /// Evidence folders of calls that expire.
    pub fn expiring_folders(
        &self,
        first_day_kept: &str,
    ) -> Result<Vec<EvidenceFolder>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT f.pack, f.folder, f.call_id FROM calls c
             JOIN evidence_folders f ON f.call_id = c.call_id WHERE {EXPIRING}
             ORDER BY f.pack, f.folder"
        ))?;
        let rows = statement.query_map([first_day_kept], |row| {
            Ok(EvidenceFolder {
                pack: row.get(0)?,
                folder: row.get(1)?,
                call_id: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers the folders of a pack that was written.
    pub fn remember_evidence(
        &mut self,
        pack: &str,
        folders: &[(String, String)],
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (call_id, folder) in folders {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO evidence_folders VALUES (?, ?, ?)")?
                .execute([pack, folder, call_id])?;
        }
        Ok(transaction.commit()?)
    }

    /// Deletes the words of calls before `first_day_kept`, in portions; each is one transaction.
    /// The evidence folders must be gone already. Returns how many calls expired.
    ///
    /// # Errors
    /// When the database fails; portions that were done stay done.
    pub fn expire(&mut self, first_day_kept: &str, at: &str) -> Result<u64, StoreError> {
        let mut expired = 0;
        loop {
            let transaction = self.connection.transaction()?;
            let calls = portion(&transaction, first_day_kept)?;
            for (call_id, recording, model) in &calls {
                expire_call(&transaction, call_id, recording, model, at)?;
            }
            supersede(&transaction, &calls, at)?;
            transaction.commit()?;
            expired += calls.len() as u64;
            if calls.is_empty() {
                return Ok(expired);
            }
        }
    }

    /// Whether the call's words were deleted when their time was over.
    pub fn is_expired(&self, call_id: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM expired_calls WHERE call_id = ?")?
            .exists([call_id])?)
    }
}

fn note(
    connection: &Connection,
    acting: &Acting<'_>,
    action: &str,
    call_id: &str,
    reason: &str,
) -> Result<u64, StoreError> {
    let note = Note {
        action,
        subject_kind: "call",
        subject: call_id,
        reason,
        ..Note::default()
    };
    audit::append(connection, acting, &note)
}

fn portion(
    connection: &Connection,
    first_day_kept: &str,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.call_id, c.recording, c.model FROM calls c WHERE {EXPIRING} LIMIT ?2"
    ))?;
    let rows = statement.query_map(params![first_day_kept, CALLS_A_PORTION], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reports quote words that are no longer there; their counts stay.
fn supersede(
    connection: &Connection,
    calls: &[(String, String, String)],
    at: &str,
) -> Result<(), StoreError> {
    for (call_id, _, _) in calls {
        let (started_at, unit): (Option<String>, Option<String>) = connection
            .prepare_cached("SELECT started_at, unit FROM calls WHERE call_id = ?")?
            .query_row([call_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let place = superseded::Place {
            started_at: started_at.as_deref(),
            unit: unit.as_deref(),
        };
        let reports = superseded::reports_with(connection, place)?;
        superseded::mark(connection, &reports, at, None, "retention")?;
    }
    Ok(())
}

fn expire_call(
    connection: &Connection,
    call_id: &str,
    recording: &str,
    model: &str,
    at: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO expired_calls VALUES (?, ?)")?
        .execute([call_id, at])?;
    connection
        .prepare_cached("DELETE FROM evidence_folders WHERE call_id = ?")?
        .execute([call_id])?;
    connection
        .prepare_cached(
            "UPDATE verdicts SET evidence = '[]', turns = '[]',
                    reason = json_object('condition', reason ->> '$.condition', 'zh', ?2, 'en', ?3)
             WHERE call_id = ?1",
        )?
        .execute([call_id, EXPIRED_ZH, EXPIRED_EN])?;
    connection
        .prepare_cached("UPDATE reasons SET evidence = '[]' WHERE call_id = ?")?
        .execute([call_id])?;
    // Another call of the same recording may still need the words.
    let needed = connection
        .prepare_cached(
            "SELECT 1 FROM calls c WHERE c.recording = ?1 AND c.model = ?2
             AND NOT EXISTS (SELECT 1 FROM expired_calls e WHERE e.call_id = c.call_id)",
        )?
        .exists([recording, model])?;
    if needed {
        return Ok(());
    }
    // What other models heard in it goes too.
    let mut models =
        connection.prepare_cached("SELECT model FROM transcripts WHERE recording = ?")?;
    let models: Vec<String> = models
        .query_map([recording], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for model in models {
        search::forget(connection, recording, &model)?;
    }
    connection
        .prepare_cached("DELETE FROM transcripts WHERE recording = ?")?
        .execute([recording])?;
    Ok(())
}
