//! A scan that is killed again and again ends with the same database as one left in peace.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Few enough to scan in seconds, more than two workers' worth.
const CALLS: [&str; 5] = ["demo-02", "demo-03", "demo-05", "demo-08", "demo-11"];
const KILLS: usize = 10;

#[test]
fn killed_at_random_moments_nothing_is_lost_or_done_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recordings = folder.path().join("recordings");
    std::fs::create_dir(&recordings).expect("made");
    for recording in recordings_of(&CALLS) {
        let name = recording.file_name().expect("a file");
        std::fs::copy(&recording, recordings.join(name)).expect("copied");
    }
    let peaceful = folder.path().join("peaceful.db");
    let begun = std::time::Instant::now();
    let done = scan(&recordings, &peaceful).output().expect("runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let whole_scan = begun.elapsed();

    let killed = folder.path().join("killed.db");
    let seed: u64 = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..KILLS {
        let mut child = scan(&recordings, &killed).spawn().expect("starts");
        let after = whole_scan.mul_f64(random.random_range(0.0..0.6));
        std::thread::sleep(after.max(Duration::from_millis(1)));
        child.kill().expect("SIGKILL");
        child.wait().expect("gone");
    }
    let done = scan(&recordings, &killed).output().expect("runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(
        content(&killed, &recordings),
        content(&peaceful, &recordings),
        "the databases differ; seed {seed}"
    );
    let calls: i64 = rusqlite::Connection::open(&killed)
        .and_then(|db| db.query_row("SELECT count(*) FROM calls", [], |row| row.get(0)))
        .expect("counted");
    assert_eq!(calls, CALLS.len() as i64);
}

fn recordings_of(names: &[&str]) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/calls");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending != "json"))
        .filter(|path| {
            path.file_stem()
                .is_some_and(|stem| names.iter().any(|name| stem == *name))
        })
        .collect();
    found.sort();
    assert_eq!(found.len(), names.len(), "a fixture is missing");
    found
}

fn scan(recordings: &Path, db: &Path) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_huiting"));
    command
        .current_dir(root)
        .arg("scan")
        .arg(recordings)
        .arg("--calls")
        .arg(root.join("fixtures/calls/calls.csv"))
        .arg("--model")
        .arg(root.join("models/huiting-demo.bin"))
        .arg("--db")
        .arg(db)
        .arg("--quiet")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the index of words has: its numbers follow the order of the work, so recordings and
/// positions are compared instead, of all utterances and of those in which a word is found.
fn indexed(db: &rusqlite::Connection) -> Vec<String> {
    let found = |condition: &str| -> Vec<String> {
        db.prepare(&format!(
            "SELECT h.recording, h.model, w.rowid % 65536 FROM heard_words w
             JOIN heard h ON h.id = w.rowid / 65536 {condition} ORDER BY 1, 2, 3"
        ))
        .expect("prepared")
        .query_map([], |row| {
            let (recording, model): (String, String) = (row.get(0)?, row.get(1)?);
            let position: i64 = row.get(2)?;
            Ok(format!("heard {condition}: {recording} {model} {position}"))
        })
        .expect("queried")
        .collect::<Result<_, _>>()
        .expect("read")
    };
    let mut rows = found("");
    assert!(!rows.is_empty(), "nothing is indexed");
    let word = found("WHERE heard_words MATCH '\"您 好\"'");
    assert!(!word.is_empty(), "no word is found");
    rows.extend(word);
    rows
}

/// Every table's rows as text, in the order of their keys.
fn content(db: &Path, recordings: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(db).expect("opens");
    let integrity: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("checked");
    assert_eq!(integrity, "ok");
    let tables: Vec<String> = db
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'heard%'
             ORDER BY name",
        )
        .expect("prepared")
        .query_map([], |row| row.get(0))
        .expect("queried")
        .collect::<Result<_, _>>()
        .expect("read");
    let mut rows = indexed(&db);
    for table in tables {
        let mut statement = db
            .prepare(&format!("SELECT * FROM {table}"))
            .expect("prepared");
        // When something came in is no part of what came in.
        let names = statement.column_names();
        let times = ["added_at", "listed_at"];
        let columns: Vec<usize> = (0..names.len())
            .filter(|column| !times.contains(&names[*column]))
            .collect();
        let mut found = statement.query([]).expect("queried");
        let mut of_table = Vec::new();
        while let Some(row) = found.next().expect("read") {
            let values: Vec<String> = columns
                .iter()
                .map(|column| format!("{:?}", row.get_ref(*column).expect("a value")))
                .collect();
            of_table.push(format!("{table}: {}", values.join(" | ")));
        }
        of_table.sort();
        rows.extend(of_table);
    }
    assert!(rows.len() > 100, "too little in {}", recordings.display());
    rows
}
