//! Batches that are killed, and two processes at once: nothing is lost, nothing is done twice.

use std::{collections::BTreeMap, fmt::Write, process::Stdio, time::Duration};

use chrono::TimeDelta;
use huiting::{rules::Outcome, store::StoreError, store::audit::AuditFilter};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::fixture::{CallSketch, EFFECTIVE, Fixture, PENALTY, text, time};

/// So many calls of one agent, each with two findings.
fn many(calls: usize) -> Fixture {
    let mut fixture = Fixture::new();
    for number in 0..calls {
        fixture.add(&CallSketch {
            id: &format!("call-{number:04}"),
            unit: "n1",
            agent: "1001",
            started_at: time("2026-10-12T09:00:00+08:00") + TimeDelta::minutes(number as i64),
            judged: &[
                (PENALTY, Outcome::Violation),
                (EFFECTIVE, Outcome::CannotJudge),
            ],
        });
    }
    fixture
}

/// A batch file for some of the calls.
fn sheet(fixture: &Fixture, name: &str, calls: std::ops::Range<usize>, rule: &str) -> String {
    let mut rows = String::from("通话编号,规则,理由\n");
    for number in calls {
        writeln!(rows, "call-{number:04},{rule},成批").expect("written");
    }
    let path = fixture.folder.path().join(name);
    std::fs::write(&path, rows).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

/// How often each move was made on each finding.
fn moves(fixture: &Fixture) -> BTreeMap<(String, String), u32> {
    let mut moves = BTreeMap::new();
    fixture
        .store
        .for_each_entry(&AuditFilter::default(), |row| {
            if row.entry.subject_kind == "finding" {
                *moves
                    .entry((row.entry.subject, row.entry.action))
                    .or_default() += 1;
            }
            Ok::<_, StoreError>(())
        })
        .expect("read");
    moves
}

fn whole(fixture: &Fixture) {
    let out = fixture.ok(&["audit", "verify"]);
    assert!(out.contains("日志完好"), "{out}");
}

#[test]
fn a_batch_killed_again_and_again_is_done_once() {
    const ROWS: usize = 300;
    const KILLS: usize = 8;
    let fixture = many(ROWS);
    let path = sheet(&fixture, "assign.csv", 0..ROWS, PENALTY);
    let assign = [
        "review",
        "assign",
        "--from-csv",
        &path,
        "--to",
        "wang",
        "--as",
        "li",
    ];
    let seed: u64 = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    let count = || fixture.count("SELECT count(*) FROM audit WHERE subject_kind = 'finding'");
    let mut before = 0;
    for _ in 0..KILLS {
        let mut child = fixture
            .command(&assign)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        // Killed at a random moment after some more rows, however fast the machine is.
        let enough = count() + random.random_range(1..20);
        while count() < enough && child.try_wait().expect("asked").is_none() {
            std::thread::sleep(Duration::from_micros(random.random_range(100..3000)));
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("gone");
        whole(&fixture);
        let done = moves(&fixture);
        assert!(
            done.values().all(|&times| times == 1),
            "seed {seed}: {done:?}"
        );
        assert!(done.len() > before, "a move is lost; seed {seed}");
        assert!(done.len() < ROWS, "not cut off in the middle; seed {seed}");
        before = done.len();
    }
    let out = fixture.ok(&assign);
    assert!(out.contains(&format!("共 {ROWS} 行")), "{out}");
    let done = moves(&fixture);
    assert_eq!(done.len(), ROWS);
    assert!(done.values().all(|&times| times == 1), "{done:?}");
    whole(&fixture);
    let again = fixture.ok(&assign);
    assert!(
        again.contains(&format!("做了 0 行,以前做过 {ROWS} 行")),
        "{again}"
    );
    assert_eq!(moves(&fixture), done);
}

#[test]
fn bad_rows_are_named_and_good_ones_done() {
    let fixture = many(3);
    let path = fixture.folder.path().join("mixed.csv");
    std::fs::write(
        &path,
        format!("finding,to\ncall-0000:{PENALTY},wang\nffffffff,wang\ncall-0001:{PENALTY},nobody\ncall-0002:{PENALTY},qian\n,wang\ncall-0002:{PENALTY},wang\n"),
    )
    .expect("written");
    let path = path.to_str().expect("UTF-8");
    let run = ["review", "assign", "--from-csv", path, "--as", "li"];
    let err = fixture.refused(&run);
    for line in ["第 3 行", "第 4 行", "第 5 行", "第 6 行"] {
        assert!(err.contains(line), "{err}");
    }
    assert!(
        !err.contains("第 2 行") && !err.contains("第 7 行"),
        "{err}"
    );
    assert_eq!(moves(&fixture).len(), 2);
    // The rows that were done are not done again when the file is mended.
    std::fs::write(
        path,
        format!("finding,to\ncall-0001:{PENALTY},wang\ncall-0000:{PENALTY},wang\n"),
    )
    .expect("written");
    let out = fixture.ok(&run);
    assert!(out.contains("做了 1 行,以前做过 1 行"), "{out}");
}

#[test]
fn two_processes_at_once_lose_nothing() {
    const ROWS: usize = 80;
    let fixture = many(ROWS);
    // One rule each, and the same rows of a third file for both.
    let penalty = sheet(&fixture, "penalty.csv", 0..ROWS, PENALTY);
    let first = sheet(&fixture, "first.csv", 0..ROWS / 2, EFFECTIVE);
    let second = sheet(&fixture, "second.csv", ROWS / 2..ROWS, EFFECTIVE);
    let children: Vec<_> = [
        (&penalty, "li"),
        (&first, "zhou"),
        (&second, "zhou"),
        (&penalty, "li"),
    ]
    .into_iter()
    .map(|(path, who)| {
        fixture
            .command(&[
                "review",
                "assign",
                "--from-csv",
                path,
                "--to",
                "wang",
                "--as",
                who,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    })
    .collect();
    for child in children {
        let done = child.wait_with_output().expect("ends");
        let (out, err) = (text(&done.stdout), text(&done.stderr));
        assert!(done.status.success(), "{out}{err}");
        assert!(!err.contains("locked"), "{err}");
    }
    let done = moves(&fixture);
    assert_eq!(done.len(), 2 * ROWS);
    assert!(done.values().all(|&times| times == 1), "{done:?}");
    whole(&fixture);
}

#[test]
fn a_report_is_of_one_moment_while_others_write() {
    let mut fixture = many(3);
    let reader = fixture.store.again().expect("opens");
    let calls = || reader.call_counts("2026-10").expect("counted").0;
    let still = reader.hold_still().expect("held");
    fixture.add(&CallSketch {
        id: "later",
        unit: "n1",
        agent: "1001",
        started_at: time("2026-10-12T18:00:00+08:00"),
        judged: &[(PENALTY, Outcome::Violation)],
    });
    assert_eq!(calls(), 3);
    // What a look back puts in the place of tables is there afterwards, too.
    reader.as_of("2026-10-12T01:01:30Z").expect("looks back");
    assert_eq!(calls(), 2);
    drop(still);
    assert_eq!(calls(), 2);
    assert_eq!(fixture.store.call_counts("2026-10").expect("counted").0, 4);
}
