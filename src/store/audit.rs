//! The log: appended in the transaction of what it tells, chained, never changed.
//!
//! Its head stands in a second table, and in a file beside the database (`huiting.db.audit-head`)
//! that is written after each commit: it may lag behind after a crash, never run ahead.

use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, Utc};
use rusqlite::{Connection, Row, params};

use crate::{
    people::Person,
    review::chain::{Chained, Entry, Fault, Head, Place, Verifier, chained},
    store::{Store, StoreError},
};

/// Who acts, and when. The clock is read at the edge.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// `None`: before there are any people, or the program itself.
    pub by: Option<&'a Person>,
    pub at: DateTime<FixedOffset>,
}

impl Acting<'_> {
    pub(super) fn utc(&self) -> DateTime<Utc> {
        self.at.with_timezone(&Utc)
    }

    pub(super) fn name(&self) -> &str {
        self.by.map_or("", |person| person.id.as_str())
    }
}

/// What is noted of an act.
#[derive(Clone, Debug, Default)]
pub struct Note<'a> {
    pub action: &'a str,
    pub subject_kind: &'a str,
    pub subject: &'a str,
    pub before: String,
    pub after: String,
    /// Numbers of people are covered before it is kept: the log can never be cleaned.
    pub reason: &'a str,
    pub rule_digest: &'a str,
    pub model: &'a str,
    /// An object; `null` for none.
    pub details: serde_json::Value,
}

/// What was found when the chain was gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub faults: Vec<Fault>,
    /// Where the chain ends.
    pub head: Head,
    /// What the file beside the database says; `None` when there is none.
    pub file: Option<Head>,
}

/// A time as it is kept.
pub fn utc_text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads what `utc_text` wrote.
pub fn utc_time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
}

/// Appends a row; only within the transaction of what it tells.
pub(super) fn append(
    connection: &Connection,
    acting: &Acting<'_>,
    note: &Note<'_>,
) -> Result<u64, StoreError> {
    let details = if note.details.is_null() {
        String::new()
    } else {
        note.details.to_string()
    };
    let entry = Entry {
        seq: 0,
        at: utc_text(acting.utc()),
        offset_minutes: acting.at.offset().local_minus_utc() / 60,
        actor: acting.name().to_owned(),
        role: acting
            .by
            .map_or_else(String::new, |person| person.role.as_str().to_owned()),
        action: note.action.to_owned(),
        subject_kind: note.subject_kind.to_owned(),
        subject: note.subject.to_owned(),
        before: note.before.clone(),
        after: note.after.clone(),
        reason: crate::text::mask(note.reason).into_owned(),
        rule_digest: note.rule_digest.to_owned(),
        model: note.model.to_owned(),
        details,
    };
    let row = chained(&head(connection)?, entry);
    let entry = &row.entry;
    connection
        .prepare_cached(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            entry.seq as i64,
            entry.at,
            entry.offset_minutes,
            entry.actor,
            entry.role,
            entry.action,
            entry.subject_kind,
            entry.subject,
            entry.before,
            entry.after,
            entry.reason,
            entry.rule_digest,
            entry.model,
            entry.details,
            row.previous,
            row.hash,
        ])?;
    connection
        .prepare_cached("UPDATE audit_head SET length = ?, hash = ?")?
        .execute(params![entry.seq as i64, row.hash])?;
    Ok(entry.seq)
}

pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    Ok(connection
        .prepare_cached("SELECT length, hash FROM audit_head")?
        .query_row([], |row| {
            Ok(Head {
                length: row.get::<_, i64>(0)? as u64,
                hash: row.get(1)?,
            })
        })?)
}

/// A row of `SELECT seq, at, …, hash FROM audit`.
fn chained_row(row: &Row<'_>) -> rusqlite::Result<Chained> {
    Ok(Chained {
        entry: Entry {
            seq: row.get::<_, i64>(0)? as u64,
            at: row.get(1)?,
            offset_minutes: row.get(2)?,
            actor: row.get(3)?,
            role: row.get(4)?,
            action: row.get(5)?,
            subject_kind: row.get(6)?,
            subject: row.get(7)?,
            before: row.get(8)?,
            after: row.get(9)?,
            reason: row.get(10)?,
            rule_digest: row.get(11)?,
            model: row.get(12)?,
            details: row.get(13)?,
        },
        previous: row.get(14)?,
        hash: row.get(15)?,
    })
}

/// Which rows of the log; `None` means any.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
}

impl Store {
    /// Appends a row that stands for itself (an export without masking, a report issued …).
    pub fn note(&mut self, acting: &Acting<'_>, note: &Note<'_>) -> Result<u64, StoreError> {
        let seq = self.writing(|transaction| append(transaction, acting, note))?;
        self.note_head()?;
        Ok(seq)
    }

    /// Where the chain ends, as the database counts it.
    pub fn audit_head(&self) -> Result<Head, StoreError> {
        head(&self.connection)
    }

    /// Hands out the rows of the log in their order.
    pub fn for_each_entry<E: From<StoreError>>(
        &self,
        filter: &AuditFilter,
        mut each: impl FnMut(Chained) -> Result<(), E>,
    ) -> Result<(), E> {
        let database = |cause: rusqlite::Error| E::from(StoreError::Database(cause));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT * FROM audit WHERE (?1 IS NULL OR subject = ?1)
                 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3)
                 ORDER BY seq",
            )
            .map_err(database)?;
        let mut rows = statement
            .query(params![filter.subject, filter.actor, filter.action])
            .map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            each(chained_row(row).map_err(database)?)?;
        }
        Ok(())
    }

    /// The last rows of the log that are chosen, before row `before` if that is given; in their
    /// order. Reads little more than it hands out.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_entries(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut sql = "SELECT * FROM audit WHERE 1".to_owned();
        let mut parameters: Vec<&dyn rusqlite::ToSql> = Vec::new();
        let before = before.map(|before| before as i64);
        let limit = limit as i64;
        for (clause, value) in [
            (" AND subject = ?", filter.subject.as_ref()),
            (" AND actor = ?", filter.actor.as_ref()),
            (" AND action = ?", filter.action.as_ref()),
        ] {
            if let Some(value) = value {
                sql.push_str(clause);
                parameters.push(value);
            }
        }
        if let Some(before) = &before {
            sql.push_str(" AND seq < ?");
            parameters.push(before);
        }
        sql.push_str(" ORDER BY seq DESC LIMIT ?");
        parameters.push(&limit);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(parameters.as_slice(), |row| Ok(chained_row(row)?.entry))?;
        let mut entries: Vec<Entry> = rows.collect::<Result<_, _>>()?;
        entries.reverse();
        Ok(entries)
    }

    /// Goes through the whole chain and compares its end with every head that is known.
    pub fn verify_audit(&self, noted: Option<Head>) -> Result<Verified, StoreError> {
        let file = self.head_in_file();
        let mut heads = vec![(Place::Database, self.audit_head()?)];
        heads.extend(file.clone().map(|head| (Place::File, head)));
        heads.extend(noted.map(|head| (Place::Noted, head)));
        let mut verifier = Verifier::new(heads);
        self.for_each_entry(&AuditFilter::default(), |row| {
            verifier.row(&row);
            Ok::<_, StoreError>(())
        })?;
        let (faults, head) = verifier.finish();
        Ok(Verified { faults, head, file })
    }

    /// The file beside the database that holds the chain's head a second time.
    pub fn head_file(&self) -> Option<PathBuf> {
        let path = self.connection.path().filter(|path| !path.is_empty())?;
        Some(PathBuf::from(format!("{path}.audit-head")))
    }

    fn head_in_file(&self) -> Option<Head> {
        Head::parse(&std::fs::read_to_string(self.head_file()?).ok()?)
    }

    /// Writes the head beside the database: a whole new file in the place of the old one.
    ///
    /// # Errors
    /// When the folder cannot be written; what was done before stays done.
    pub fn note_head(&self) -> Result<(), StoreError> {
        let Some(path) = self.head_file() else {
            return Ok(());
        };
        let written = || -> std::io::Result<()> {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(".".as_ref()))?;
            let head = head(&self.connection).map_err(std::io::Error::other)?;
            std::io::Write::write_all(&mut file, format!("{head}\n").as_bytes())?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        written().map_err(|cause| StoreError::Head {
            path: path.clone(),
            cause,
        })
    }
}
