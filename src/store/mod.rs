//! What is kept, in one SQLite file.
//!
//! One recording's results are written in one transaction: after a crash there is all of a call or
//! nothing of it. Every key is taken from the content (digest, call id, position), so that the same
//! work leaves the same rows whatever the order in which it was done.

pub mod audit;
pub mod behind;
pub mod calibrations;
pub mod calls;
pub mod coverage;
pub mod exemplars;
pub mod findings;
pub mod funnel;
mod judged_by;
pub mod month_lists;
pub mod monthly;
pub mod moves;
pub mod people;
pub mod recordings;
pub mod retention;
pub mod samples;
pub mod scores;
pub mod search;
mod superseded;
pub mod touched;
pub mod training;
pub mod transcripts;
pub mod violations;
pub mod weekly;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, DropBehavior, OpenFlags, Transaction, TransactionBehavior};

use crate::lang::{Lang, Say};

/// Each file brings the schema one version further; `user_version` counts them.
const MIGRATIONS: [&str; 11] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_loop.sql"),
    include_str!("migrations/0003_decoder.sql"),
    include_str!("migrations/0003_reports.sql"),
    include_str!("migrations/0004_reasons.sql"),
    include_str!("migrations/0005_listening.sql"),
    include_str!("migrations/0006_funnel.sql"),
    include_str!("migrations/0007_pages.sql"),
    include_str!("migrations/0008_plain.sql"),
    include_str!("migrations/0009_missing.sql"),
    include_str!("migrations/0010_counted.sql"),
];

/// The version from which verdicts leave findings.
const WITH_FINDINGS: usize = 2;

/// The number of migrations after which what was heard before must be indexed.
const SEARCHABLE_FROM: usize = 4;

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: cannot be opened as a database: {cause}")]
    Open {
        path: PathBuf,
        cause: rusqlite::Error,
    },
    #[error("{path}: the folder cannot be made: {cause}")]
    Folder {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error(
        "{path}: written by a newer version of huiting (schema {found}, this one knows {known})"
    )]
    Newer {
        path: PathBuf,
        found: usize,
        known: usize,
    },
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("{path}: the log's head cannot be written: {cause}")]
    Head {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{call}: its scorecard {digest} is not kept")]
    NoScorecard { call: String, digest: String },
    #[error("the database holds a damaged {what} for {of}: {cause}")]
    Damaged {
        what: &'static str,
        of: String,
        cause: String,
    },
}

impl Say for StoreError {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (StoreError::Open { path, cause }, Lang::Zh) => format!(
                "{}:打不开数据库({cause})。请检查路径和权限,或用 --db 指定另一个文件",
                path.display(),
                cause = crate::lang::in_chinese(&cause)
            ),
            (StoreError::Open { path, cause }, Lang::En) => format!(
                "{}: cannot be opened as a database ({cause}). Check path and rights, or name another file with --db",
                path.display()
            ),

            (StoreError::Folder { path, cause }, Lang::Zh) => {
                format!(
                    "{}:建不了文件夹({cause})。请检查权限,或用 --db 指定别处",
                    path.display(),
                    cause = crate::lang::in_chinese(&cause)
                )
            }
            (StoreError::Folder { path, cause }, Lang::En) => format!(
                "{}: the folder cannot be made ({cause}). Check the rights, or name another place with --db",
                path.display()
            ),
            (StoreError::Newer { path, found, known }, Lang::Zh) => format!(
                "{}:这个数据库由更新版本的 huiting 写成(结构版本 {found},本程序只认识到 {known})。请升级 huiting",
                path.display()
            ),
            (StoreError::Newer { path, found, known }, Lang::En) => format!(
                "{}: written by a newer huiting (schema {found}; this one knows {known}). Please upgrade huiting",
                path.display()
            ),
            (StoreError::Database(cause), Lang::Zh) => {
                format!(
                    "数据库出错:{cause}。已完成的结果都在;请检查磁盘空间后重试",
                    cause = crate::lang::in_chinese(&cause)
                )
            }
            (StoreError::Database(cause), Lang::En) => {
                format!(
                    "Database error: {cause}. What was finished is kept; check the disk and try again"
                )
            }
            (StoreError::Head { path, cause }, Lang::Zh) => format!(
                "{}:写不了日志链尾文件({cause})。已做的操作都在库里;请检查文件夹权限",
                path.display(),
                cause = crate::lang::in_chinese(&cause)
            ),
            (StoreError::Head { path, cause }, Lang::En) => format!(
                "{}: the log's head cannot be written ({cause}). What was done is kept; check the folder's rights",
                path.display()
            ),

            (StoreError::NoScorecard { call, .. }, Lang::Zh) => format!(
                "通话 {} 是旧版本判的,当时的评分表没有留存,不能重新算分。请先重判一次:huiting recheck",
                crate::text::mask(call)
            ),
            (StoreError::NoScorecard { call, .. }, Lang::En) => format!(
                "Call {} was judged by an older version that did not keep its scorecard, so it cannot be scored again. Judge once more first: huiting recheck",
                crate::text::mask(call)
            ),
            (StoreError::Damaged { what, of, cause }, Lang::Zh) => {
                format!("数据库里 {of} 的 {what} 已损坏({cause})。请从备份恢复,或重新扫描这段录音")
            }
            (StoreError::Damaged { what, of, cause }, Lang::En) => format!(
                "The {what} of {of} in the database is damaged ({cause}). Restore a backup, or scan the recording again"
            ),
        }
    }
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the database, makes it if there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// When the file or its folder cannot be made or read, or a newer version wrote it.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|cause| StoreError::Folder {
                path: folder.to_owned(),
                cause,
            })?;
        }
        let open = |cause| StoreError::Open {
            path: path.to_owned(),
            cause,
        };
        let mut connection = Connection::open(path).map_err(open)?;
        connection.busy_timeout(BUSY).map_err(open)?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(open)?;
        // One commit a recording: waiting for the disk costs nothing, and a power cut loses nothing.
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(open)?;
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(open)?;
        migrate(&mut connection, path)?;
        Ok(Store {
            connection,
            path: path.to_owned(),
        })
    }

    /// Whether opening will bring the file's schema up to date, which takes a while; false for a
    /// file that is not there or no database, which opening says.
    pub fn is_of_older_version(path: &Path) -> bool {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let version = Connection::open_with_flags(path, flags)
            .map_err(StoreError::from)
            .and_then(|connection| version_of(&connection));
        version.is_ok_and(|version| 0 < version && version < MIGRATIONS.len())
    }

    /// A second connection to the same database, to read while this one writes.
    ///
    /// # Errors
    /// As `open`.
    pub fn again(&self) -> Result<Store, StoreError> {
        Store::open_existing(&self.path)
    }

    /// Opens a database that must be there already.
    ///
    /// # Errors
    /// As `open`, and when there is no such file.
    pub fn open_existing(path: &Path) -> Result<Store, StoreError> {
        if !path.is_file() {
            let cause = rusqlite::Error::InvalidPath(path.to_owned());
            return Err(StoreError::Open {
                path: path.to_owned(),
                cause,
            });
        }
        Store::open(path)
    }
}

impl Store {
    /// Lets SQLite look at how large its tables have become, where that changed much, so that it
    /// chooses its indexes well. While somebody else is writing it is left for another time.
    pub fn refresh_statistics(&self) {
        let _ = self
            .connection
            .execute_batch("PRAGMA analysis_limit = 10000; PRAGMA optimize = 0x10002;");
    }

    /// Lets this connection see the database as it is now until what is returned is dropped, so
    /// that many figures are of one moment while others write.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hold_still(&self) -> Result<Stillness<'_>, StoreError> {
        let mut transaction = self.connection.unchecked_transaction()?;
        // What a report puts in the place of tables outlives the stillness.
        transaction.set_drop_behavior(DropBehavior::Commit);
        // The moment is that of the first reading.
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Stillness {
            _transaction: transaction,
        })
    }

    /// Does the work in one transaction that is alone in writing from its beginning, so that what
    /// it reads is still so when it writes: two processes wait for each other and never collide.
    fn writing<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let database = |cause: rusqlite::Error| E::from(StoreError::Database(cause));
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(database)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(database)?;
        Ok(done)
    }
}

/// See [`Store::hold_still`].
#[derive(Debug)]
pub struct Stillness<'s> {
    _transaction: Transaction<'s>,
}

fn version_of(connection: &Connection) -> Result<usize, StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    // The usual case must not wait for whoever is writing.
    if version_of(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version_of(&transaction)?;
    if version > MIGRATIONS.len() {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known: MIGRATIONS.len(),
        });
    }
    for migration in &MIGRATIONS[version..] {
        transaction.execute_batch(migration)?;
    }
    if version < WITH_FINDINGS {
        findings::from_verdicts(&transaction)?;
    }
    if version < SEARCHABLE_FROM {
        search::index_all(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()?;
    Ok(())
}

fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("domain types have string keys and finite numbers")
}

fn from_json<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &'static str,
    of: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|cause| StoreError::Damaged {
        what,
        of: of.to_owned(),
        cause: cause.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_is_known_before_it_is_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("huiting.db");
        assert!(!Store::is_of_older_version(&path));
        let connection = Connection::open(&path).expect("made");
        connection
            .execute_batch(MIGRATIONS[0])
            .expect("the first schema");
        connection
            .pragma_update(None, "user_version", 1)
            .expect("set");
        drop(connection);
        assert!(Store::is_of_older_version(&path));
        drop(Store::open(&path).expect("brought up to date"));
        assert!(!Store::is_of_older_version(&path));
        std::fs::write(&path, "no database, but long enough to look at").expect("written");
        assert!(!Store::is_of_older_version(&path));
    }

    #[test]
    fn opening_twice_keeps_what_is_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("new/huiting.db");
        let store = Store::open(&path).expect("made");
        store
            .connection
            .execute("INSERT INTO models VALUES ('d', 'demo')", [])
            .expect("the schema is there");
        drop(store);
        let store = Store::open_existing(&path).expect("opened again");
        let name: String = store
            .connection
            .query_row("SELECT name FROM models", [], |row| row.get(0))
            .expect("kept");
        assert_eq!(name, "demo");
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("huiting.db");
        let store = Store::open(&path).expect("made");
        store
            .connection
            .pragma_update(None, "user_version", 99)
            .expect("written");
        drop(store);
        assert!(matches!(
            Store::open(&path),
            Err(StoreError::Newer { found: 99, .. })
        ));
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("notes.txt");
        std::fs::write(
            &path,
            "these are notes, not a database, and long enough to be looked at",
        )
        .expect("written");
        let error = Store::open(&path).expect_err("not a database");
        assert!(error.say(Lang::Zh).contains("notes.txt"));
        assert!(Store::open_existing(&folder.path().join("absent.db")).is_err());
    }
}
