//! Recordings by digest, where they lie, and why some could not be listened to.

use rusqlite::{OptionalExtension, params};

use crate::{
    audio::{AudioFacts, DecodedBy},
    store::{Store, StoreError},
    time::Millis,
};

/// A recording as it was found to be when it was listened to.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRow {
    /// BLAKE3 of the file's bytes, hex.
    pub digest: String,
    pub facts: AudioFacts,
    pub duration: Millis,
    /// The file ended before its header said so.
    pub incomplete: bool,
}

/// A file with what tells whether it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFile {
    pub path: String,
    pub size_bytes: u64,
    pub modified_ns: i64,
    pub digest: String,
}

/// A file that could not be listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    pub path: String,
    /// A stable word for the kind of failure, for counting.
    pub cause: String,
    pub message_zh: String,
    pub message_en: String,
    /// Month of the call, `2026-10`, where the call list tells.
    pub month: Option<String>,
}

impl Store {
    /// The digest of a file that has not changed since it was read.
    pub fn digest_of_file(
        &self,
        path: &str,
        size_bytes: u64,
        modified_ns: i64,
    ) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT digest FROM recording_files WHERE path = ? AND size_bytes = ? AND modified_ns = ?",
        )?;
        Ok(statement
            .query_row(params![path, size_bytes as i64, modified_ns], |row| {
                row.get(0)
            })
            .optional()?)
    }

    pub fn remember_files(&mut self, files: &[SeenFile]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction
                .prepare_cached("INSERT OR REPLACE INTO recording_files VALUES (?, ?, ?, ?)")?;
            for file in files {
                statement.execute(params![
                    file.path,
                    file.size_bytes as i64,
                    file.modified_ns,
                    file.digest
                ])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// A recording as it was found to be.
    pub fn recording(&self, digest: &str) -> Result<Option<RecordingRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT container, codec, sample_rate_hz, channels, duration_ms, incomplete, decoder
             FROM recordings WHERE digest = ?",
        )?;
        let row = statement.query_row([digest], |row| {
            let decoder: String = row.get(6)?;
            Ok(RecordingRow {
                digest: digest.to_owned(),
                facts: AudioFacts {
                    container: row.get(0)?,
                    codec: row.get(1)?,
                    sample_rate_hz: row.get(2)?,
                    channels: row.get(3)?,
                    // Of no use after decoding, so it is not kept.
                    bits: None,
                    decoded_by: DecodedBy::from_word(&decoder).unwrap_or_default(),
                },
                duration: Millis(row.get::<_, i64>(4)? as u64),
                incomplete: row.get(5)?,
            })
        });
        Ok(row.optional()?)
    }

    pub fn save_failure(&mut self, failure: &FailureRow) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)")?
            .execute(params![
                failure.path,
                failure.cause,
                failure.message_zh,
                failure.message_en,
                failure.month
            ])?;
        Ok(())
    }

    /// All failures in the order of their paths.
    pub fn failures(&self) -> Result<Vec<FailureRow>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT path, cause, message_zh, message_en, month FROM failures ORDER BY path",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(FailureRow {
                path: row.get(0)?,
                cause: row.get(1)?,
                message_zh: row.get(2)?,
                message_en: row.get(3)?,
                month: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Writes the recording inside a larger transaction, and takes its failures back.
pub(super) fn save(
    connection: &rusqlite::Connection,
    recording: &RecordingRow,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO recordings
             (digest, container, codec, sample_rate_hz, channels, duration_ms, incomplete, decoder)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            recording.digest,
            recording.facts.container,
            recording.facts.codec,
            recording.facts.sample_rate_hz,
            recording.facts.channels,
            recording.duration.0 as i64,
            recording.incomplete,
            recording.facts.decoded_by.as_str()
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM failures WHERE path IN (SELECT path FROM recording_files WHERE digest = ?)",
        )?
        .execute([&recording.digest])?;
    Ok(())
}
