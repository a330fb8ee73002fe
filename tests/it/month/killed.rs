//! Killed while it writes: nothing half-done is seen, the log verifies, and the second run ends well.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{copy, done, text};

fn start(db: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_huiting"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .args(["--db".as_ref(), db.as_os_str()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

/// Kills the child once `begun` sees that it is at work, or after it has ended. True if killed.
fn kill_when(child: &mut Child, begun: impl Fn() -> bool) -> bool {
    let limit = Instant::now() + Duration::from_secs(120);
    while !begun() {
        if child.try_wait().expect("waited").is_some() {
            return false;
        }
        assert!(Instant::now() < limit, "it neither begins nor ends");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("waited");
    true
}

/// Whether an unfinished pack has so many items.
fn unfinished_items(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("readable").flatten();
    let unfinished = entries.filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(".pack.unfinished-")
    });
    unfinished
        .filter_map(|entry| std::fs::read_dir(entry.path()).ok())
        .map(Iterator::count)
        .max()
        .unwrap_or(0)
}

fn log_verifies(db: &Path) {
    done(db, &["audit", "verify"]);
}

#[test]
fn an_export_of_evidence() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let pack = folder.path().join("pack");
    let export = [
        "export",
        "violations",
        "--as",
        "hegui",
        "--evidence",
        text(&pack),
    ];
    for items in [1, 5, 20] {
        let mut child = start(&db, &export);
        if kill_when(&mut child, || unfinished_items(folder.path()) >= items) {
            assert!(!pack.exists(), "a half-written pack is seen");
        } else {
            // It was quicker than the eye; then it must be whole.
            assert!(pack.join("manifest.json").is_file());
            std::fs::remove_dir_all(&pack).expect("removed");
        }
        for left in std::fs::read_dir(folder.path())
            .expect("readable")
            .flatten()
        {
            if left.file_name().to_string_lossy().starts_with(".pack") {
                std::fs::remove_dir_all(left.path()).expect("removed");
            }
        }
        log_verifies(&db);
    }
    done(&db, &export);
    let verified = Command::new(env!("CARGO_BIN_EXE_huiting"))
        .args(["evidence", "verify", text(&pack)])
        .status()
        .expect("starts");
    assert!(verified.success());
}

#[test]
fn a_report_and_a_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let (page, table) = (folder.path().join("m.html"), folder.path().join("v.xlsx"));
    let report = [
        "report",
        "monthly",
        "--month",
        "2026-10",
        "--as",
        "guanli",
        "--as-of",
        "2026-11-10T23:59:59+08:00",
        "--out",
        text(&page),
    ];
    let export = [
        "export",
        "violations",
        "--as",
        "hegui",
        "--format",
        "xlsx",
        "--out",
        text(&table),
    ];
    for (arguments, out) in [(&report[..], &page), (&export[..], &table)] {
        done(&db, arguments);
        let whole = std::fs::metadata(out).expect("written").len();
        std::fs::remove_file(out).expect("removed");
        for wait in [10, 40, 90, 160, 300] {
            let mut child = start(&db, arguments);
            let begun = Instant::now();
            kill_when(&mut child, || begun.elapsed() > Duration::from_millis(wait));
            if out.exists() {
                let size = std::fs::metadata(out).expect("there").len();
                assert!(
                    size.abs_diff(whole) < 64,
                    "{size} of {whole} bytes are seen"
                );
                std::fs::remove_file(out).expect("removed");
            }
            log_verifies(&db);
        }
        done(&db, arguments);
        assert!(out.is_file());
    }
}
