//! The scripted month: every figure of the monthly report is reckoned again, by plain SQL over the
//! verdicts, findings and final scores and by arithmetic of this file's own, and must agree.

mod behind_figures;
mod behind_groups;
#[path = "../../examples/month/dialogues.rs"]
mod dialogues;
mod figures;
#[path = "../../examples/month/generate.rs"]
mod generate;
mod killed;
mod parts;
mod privacy;
mod recount;
mod recount_groups;
mod recount_lists;
#[path = "../../examples/month/review.rs"]
mod review;
#[path = "../../examples/month/whole.rs"]
mod whole;

use huiting::{
    review::workflow::{FindingState, Move, Settings},
    store::{
        Store, StoreError,
        audit::Acting,
        findings::FindingFilter,
        moves::{MoveRequest, Subject},
    },
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// A smaller month than `make month` makes, so that the suite stays quick.
const CALLS: usize = 400;

/// The month, made once for all tests.
fn database() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("month");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder in target");
        let path = folder.join("huiting.db");
        whole::make(&path, CALLS, 20_261_001);
        path
    })
}

/// A copy of the month, for a test that changes it.
fn copy(folder: &Path) -> PathBuf {
    let path = folder.join("huiting.db");
    let db = rusqlite::Connection::open(database()).expect("opens");
    db.execute("VACUUM INTO ?", [path.display().to_string()])
        .expect("copied");
    path
}

fn huiting(db: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_huiting"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .args(["--db".as_ref(), db.as_os_str()])
        .env_remove("HUITING_LANG")
        .output()
        .expect("starts")
}

fn done(db: &Path, arguments: &[&str]) -> String {
    let output = huiting(db, arguments);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    out
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn the_same_time_gives_the_same_report_and_a_later_decision_supersedes_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let report = |name: &str| {
        let out = folder.path().join(name);
        let arguments = [
            "report",
            "monthly",
            "--month",
            "2026-10",
            "--as",
            "guanli",
            "--as-of",
            "2026-11-09T12:00:00+08:00",
            "--out",
            text(&out),
        ];
        done(&db, &arguments);
        std::fs::read(out).expect("written")
    };
    let workbook = report("one.xlsx");
    assert_eq!(report("one.html"), report("two.html"));
    // A workbook says when it was made, to the second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(workbook, report("two.xlsx"));
    let listed = done(&db, &["report", "list", "--lang", "en"]);
    assert!(
        listed.contains("current") && !listed.contains("superseded"),
        "{listed}"
    );
    overturn_one(&db);
    let listed = done(&db, &["report", "list", "--lang", "en"]);
    assert!(listed.contains("superseded"), "{listed}");
}

/// Issues the month's report and gives what `report list` says of it after `change`.
fn listed_after(folder: &Path, db: &Path, change: impl FnOnce(&mut Store)) -> String {
    let out = folder.join("issued.html");
    let arguments = [
        "report",
        "monthly",
        "--month",
        "2026-10",
        "--as",
        "guanli",
        "--out",
        text(&out),
    ];
    done(db, &arguments);
    let before = done(db, &["report", "list", "--lang", "en"]);
    assert!(!before.contains("superseded"), "{before}");
    change(&mut Store::open(db).expect("opens"));
    done(db, &["report", "list", "--lang", "en"])
}

#[test]
fn a_late_decision_and_a_changed_verdict_supersede_reports() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let listed = listed_after(folder.path(), &db, |store| {
        let mut detected = None;
        let filter = FindingFilter {
            month: Some("2026-10".to_owned()),
            state: Some(FindingState::Detected),
            ..FindingFilter::default()
        };
        let found = store.for_each_finding(&filter, |finding| {
            detected = Some(finding);
            Ok::<_, StoreError>(())
        });
        found.expect("read");
        let finding = detected.expect("a finding that nobody has touched");
        let person = store.person("fuhe1").expect("read").expect("known");
        let acting = Acting {
            by: Some(&person),
            at: chrono::Utc::now().fixed_offset(),
        };
        let assign = MoveRequest {
            mv: Move::Assign,
            subject: Subject::Finding(&finding.finding_id),
            reason: "",
            assignee: Some("fuhe1"),
            row_key: None,
        };
        let made = store.make_move(&assign, &acting, &Settings::default());
        assert!(made.expect("allowed").superseded.is_empty());
        let request = MoveRequest {
            mv: Move::Reject,
            subject: Subject::Finding(&finding.finding_id),
            reason: "客户先问到",
            assignee: None,
            row_key: None,
        };
        let made = store.make_move(&request, &acting, &Settings::default());
        assert_eq!(made.expect("allowed").superseded.len(), 1);
    });
    assert!(
        listed.contains("superseded") && listed.contains("reject"),
        "{listed}"
    );

    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let listed = listed_after(folder.path(), &db, |store| {
        let filter = huiting::store::calls::CallFilter {
            month: Some("2026-10".to_owned()),
            ..Default::default()
        };
        let id = store
            .call_ids_after(&filter, "", 1)
            .expect("read")
            .remove(0);
        let mut call = store.call(&id).expect("read").expect("there").call;
        // The same again changes nothing.
        store
            .save_judged(&[call.clone()], chrono::Utc::now())
            .expect("kept");
        let stands = store.issued_reports().expect("read");
        assert!(stands.iter().all(|report| report.superseded.is_none()));
        call.score.points -= 1;
        store
            .save_judged(&[call], chrono::Utc::now())
            .expect("kept");
    });
    assert!(
        listed.contains("superseded") && listed.contains("judged"),
        "{listed}"
    );
}

/// Lets an agent appeal within the window, and a reviewer take the finding back.
fn overturn_one(db: &Path) {
    let mut store = Store::open(db).expect("opens");
    let mut published = None;
    let filter = FindingFilter {
        month: Some("2026-10".to_owned()),
        state: Some(FindingState::Published),
        ..FindingFilter::default()
    };
    let found = store.for_each_finding(&filter, |finding| {
        published = Some(finding);
        Ok::<_, StoreError>(())
    });
    found.expect("read");
    let finding = published.expect("a published finding");
    let at = finding.published_at.expect("when") + chrono::TimeDelta::hours(1);
    let agent = format!("zx{}", finding.agent_id.expect("an agent"));
    for (mv, who) in [(Move::Appeal, agent.as_str()), (Move::Overturn, "fuhe1")] {
        let person = store.person(who).expect("read").expect("somebody");
        let acting = Acting {
            by: Some(&person),
            at: at.fixed_offset(),
        };
        let request = MoveRequest {
            mv,
            subject: Subject::Finding(&finding.finding_id),
            reason: "第三句已经告知",
            assignee: None,
            row_key: None,
        };
        let made = store.make_move(&request, &acting, &Settings::default());
        made.unwrap_or_else(|error| panic!("{mv:?}: {error}"));
    }
}

#[test]
fn rights_and_units_are_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let out = folder.path().join("v.csv");
    let export = |who: &str, more: &[&str]| {
        let mut arguments = vec!["export", "violations", "--as", who, "--out", text(&out)];
        arguments.extend(more);
        huiting(&db, &arguments).status.success()
    };
    assert!(export("hegui", &["--unmasked"]));
    assert!(!export("guanli", &["--unmasked"]));
    assert!(!export("zj-lixia", &[]));
    assert!(export("guanli", &["--unit", "济南分公司"]));
    let noted: i64 = rusqlite::Connection::open(&db)
        .expect("opens")
        .query_row(
            "SELECT count(*) FROM audit WHERE action = 'export-unmasked' AND actor = 'hegui'",
            [],
            |row| row.get(0),
        )
        .expect("counted");
    assert_eq!(noted, 1);
    let report = |who: &str, unit: &str| {
        let out = folder.path().join("r.html");
        let arguments = [
            "report",
            "monthly",
            "--month",
            "2026-10",
            "--as",
            who,
            "--unit",
            unit,
            "--out",
            text(&out),
        ];
        huiting(&db, &arguments).status.success()
    };
    assert!(report("zj-lixia", "历下营业厅"));
    assert!(!report("zj-lixia", "外呼一组"));
}
