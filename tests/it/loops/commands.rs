//! The loop as people type it.

use huiting::{rules::Outcome, store::findings::finding_id};

use super::fixture::{CUSTOMER, CallSketch, EFFECTIVE, PENALTY, PROMISE, root, small, text, time};

#[test]
fn from_finding_to_closure_and_back() {
    let fixture = small();
    let finding = format!("c1:{PENALTY}");
    let id = finding_id("c1", PENALTY);
    // Reports as they were issued: of the province, of one branch, of the other, of another month.
    for (report, unit, from, to) in [
        ("all", "NULL", "2026-10-01", "2026-10-31"),
        ("north", "'north'", "2026-10-12", "2026-10-18"),
        ("south", "'south'", "2026-10-01", "2026-10-31"),
        ("before", "NULL", "2026-09-01", "2026-09-30"),
    ] {
        fixture.sql(&format!(
            "INSERT INTO issued_reports VALUES ('{report}', 'monthly', '2026-10', '{from}', '{to}',
             {unit}, 'zh', '2026-11-01T00:00:00Z', 'i', 'o', 'f.html', 'zhao',
             '2026-11-01T00:00:00Z', NULL, NULL, NULL)"
        ));
    }
    let queue = fixture.ok(&["review", "queue", "--as", "li"]);
    assert!(
        queue.contains("待分派") && queue.contains(&id[..8]),
        "{queue}"
    );
    assert!(
        !queue.contains("南一组") && !queue.contains("c5"),
        "{queue}"
    );

    // Illegal, and the legal ones are named.
    let err = fixture.refused(&["review", "publish", &finding, "--as", "li"]);
    assert!(
        err.contains("不能下发") && err.contains("huiting review assign"),
        "{err}"
    );
    fixture.ok(&["review", "assign", &finding, "--to", "wang", "--as", "li"]);
    let err = fixture.refused(&["review", "confirm", &finding, "--as", "sun"]);
    assert!(err.contains("分派给了 wang"), "{err}");
    let err = fixture.refused(&["review", "confirm", &finding, "--as", "qian"]);
    assert!(err.contains("权限范围"), "{err}");
    // Whatever changes a figure makes reports that were issued out of date; the first is named.
    let out = fixture.ok(&["review", "confirm", &id[..8], "--as", "wang"]);
    assert!(out.contains("过时:all、north"), "{out}");
    fixture.ok(&["review", "publish", &finding, "--as", "li"]);

    // The agent sees it, another agent does not.
    assert!(
        fixture
            .ok(&["review", "queue", "--as", "a1"])
            .contains(&id[..8])
    );
    assert!(
        !fixture
            .ok(&["review", "queue", "--as", "a2", "--all"])
            .contains(&id[..8])
    );
    let err = fixture.refused(&[
        "appeal",
        "file",
        &finding,
        "--reason",
        "不是我",
        "--as",
        "a2",
    ]);
    assert!(err.contains("只能看自己的通话"), "{err}");
    let err = fixture.refused(&["appeal", "file", &finding, "--as", "a1"]);
    assert!(err.contains("--reason"), "{err}");
    let reason = format!("已经说明,客户{CUSTOMER}可以作证");
    fixture.ok(&[
        "appeal", "file", &finding, "--reason", &reason, "--as", "a1",
    ]);
    let history = fixture.ok(&["review", "history", &finding, "--as", "li"]);
    assert!(
        history.contains("已经说明") && history.contains("申诉"),
        "{history}"
    );

    let before = fixture.ok(&["loop", "scores", "--by", "call", "--as", "li"]);
    assert!(before.contains("c1 (机判)"), "{before}");
    fixture.ok(&[
        "appeal",
        "overturn",
        &finding,
        "--reason",
        "复听确有说明",
        "--as",
        "li",
    ]);
    let marked = "SELECT group_concat(report_id) FROM (SELECT report_id FROM issued_reports
                  WHERE superseded_at IS NOT NULL ORDER BY report_id)";
    let db = rusqlite::Connection::open(fixture.db()).expect("opens");
    let marked: String = db.query_row(marked, [], |row| row.get(0)).expect("read");
    assert_eq!(marked, "all,north");
    let (points, basis): (u32, String) = db
        .query_row(
            "SELECT points, basis FROM final_scores WHERE call_id = 'c1'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("restated");
    assert_eq!((points, basis.as_str()), (95, "machine"));
    let err = fixture.refused(&[
        "appeal", "escalate", &finding, "--reason", "再看", "--as", "li",
    ]);
    assert!(err.contains("没有下一步"), "{err}");
    fixture.ok(&["audit", "verify"]);
    let log = fixture.ok(&["audit", "log", "--as", "li", "--action", "overturn"]);
    assert!(log.contains("复听确有说明"), "{log}");
}

#[test]
fn an_overturned_finding_becomes_an_example_that_is_accepted() {
    let fixture = small();
    let finding = format!("c1:{PENALTY}");
    let err = fixture.refused(&["appeal", "export-example", &finding, "--as", "li"]);
    assert!(err.contains("只有撤销或误判"), "{err}");
    fixture.ok(&["review", "assign", &finding, "--to", "wang", "--as", "li"]);
    fixture.ok(&[
        "review",
        "reject",
        &finding,
        "--reason",
        "说过了",
        "--as",
        "wang",
    ]);
    let rules = fixture.folder.path().join("rules");
    copy(&root().join("rules"), &rules);
    let file = rules.join("compliance/penalty-disclosure.toml");
    fixture.ok(&[
        "appeal",
        "export-example",
        &finding,
        "--as",
        "li",
        "--append-to",
        file.to_str().expect("UTF-8"),
    ]);
    let written = std::fs::read_to_string(&file).expect("read");
    assert!(
        written.contains("用满二十四个月") && !written.contains(CUSTOMER),
        "{written}"
    );
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_huiting"))
        .args(["rules", "check", "--rules"])
        .arg(&rules)
        .output()
        .expect("starts");
    assert!(
        done.status.success(),
        "{}{}",
        text(&done.stdout),
        text(&done.stderr)
    );
    // It is a test from now on: the rule says otherwise until somebody mends it.
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_huiting"))
        .args(["rules", "test", "--rules"])
        .arg(&rules)
        .output()
        .expect("starts");
    assert!(
        text(&done.stdout).contains("撤销的问题单"),
        "{}",
        text(&done.stdout)
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
fn rectification_is_checked_by_somebody_else_and_overdue_is_shown() {
    let fixture = small();
    let finding = format!("c2:{PENALTY}");
    fixture.ok(&["review", "assign", &finding, "--to", "sun", "--as", "li"]);
    fixture.ok(&["review", "confirm", &finding, "--as", "sun"]);
    let minor = format!("c1:{EFFECTIVE}");
    fixture.ok(&["review", "assign", &minor, "--to", "sun", "--as", "li"]);
    fixture.ok(&["review", "confirm", &minor, "--as", "sun"]);
    let err = fixture.refused(&["rectify", "open", &minor, "--as", "zhao"]);
    assert!(err.contains("一票否决、重度或重复违规"), "{err}");
    fixture.ok(&["rectify", "open", &finding, "--as", "zhao"]);
    assert!(
        fixture
            .ok(&["loop", "overdue", "--as", "zhao"])
            .contains("超期 0 张")
    );
    fixture.sql(
        "UPDATE findings SET rectify_until = '2026-01-01T00:00:00Z' WHERE rectification = 'opened'",
    );
    let done = fixture.run(&["loop", "overdue", "--as", "zhao"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stdout).contains("超期 1 张"));
    let err = fixture.refused(&["rectify", "submit", &finding, "--as", "zhao"]);
    assert!(err.contains("--reason"), "{err}");
    fixture.ok(&[
        "rectify",
        "submit",
        &finding,
        "--reason",
        "已培训",
        "--as",
        "zhao",
    ]);
    let err = fixture.refused(&["rectify", "recheck", &finding, "--failed", "--as", "sun"]);
    assert!(err.contains("--reason"), "{err}");
    fixture.ok(&[
        "rectify",
        "recheck",
        &finding,
        "--failed",
        "--reason",
        "仍未说明",
        "--as",
        "sun",
    ]);
    let db = rusqlite::Connection::open(fixture.db()).expect("opens");
    let (round, until): (u32, String) = db
        .query_row("SELECT rectification_round, rectify_until FROM findings WHERE rectification = 'opened'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("read");
    assert!(round == 2 && until.as_str() > "2026-02", "{round} {until}");
    fixture.ok(&[
        "rectify",
        "submit",
        &finding,
        "--reason",
        "再培训",
        "--as",
        "a1",
    ]);
    fixture.ok(&["rectify", "recheck", &finding, "--passed", "--as", "sun"]);
    fixture.ok(&["audit", "verify"]);
}

#[test]
fn tampering_is_found_and_named() {
    let fixture = small();
    for call in ["c1", "c2"] {
        fixture.ok(&[
            "review",
            "assign",
            &format!("{call}:{PENALTY}"),
            "--to",
            "sun",
            "--as",
            "li",
        ]);
        fixture.ok(&[
            "review",
            "confirm",
            &format!("{call}:{PENALTY}"),
            "--as",
            "sun",
        ]);
    }
    let head = fixture.ok(&["audit", "head"]);
    fixture.ok(&["audit", "verify", "--head", head.trim()]);
    let check = |change: &str, expected: &str| {
        let copy = fixture.folder.path().join("copy.db");
        let head = |db: &std::path::Path| format!("{}.audit-head", db.display());
        let _ = std::fs::remove_file(&copy);
        fixture.sql(&format!("VACUUM INTO '{}'", copy.display()));
        std::fs::copy(head(&fixture.db()), head(&copy)).expect("copied");
        let db = rusqlite::Connection::open(&copy).expect("opens");
        db.execute_batch(change).expect("changed");
        drop(db);
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_huiting"))
            .args(["audit", "verify", "--db"])
            .arg(&copy)
            .output()
            .expect("starts");
        let out = text(&done.stdout);
        let code = if expected.is_empty() { 0 } else { 1 };
        assert_eq!(done.status.code(), Some(code), "{change}: {out}");
        assert!(out.contains(expected), "{change}: {out}");
    };
    check("SELECT 1", "");
    check(
        "UPDATE audit SET reason = '别的' WHERE seq = 4",
        "第 4 条被改动",
    );
    check("DELETE FROM audit WHERE seq = 3", "第 3 条被删掉了");
    check(
        "UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
         UPDATE audit SET seq = 4 WHERE seq = 99",
        "第 3 条被改动或换了位置",
    );
    check(
        "DELETE FROM audit WHERE seq > 4",
        "末尾被删:现有 4 条,而库内链尾记录是 6 条",
    );
    // The table's own head set back too: the file beside the database still knows.
    check(
        "DELETE FROM audit WHERE seq > 4;
         UPDATE audit_head SET length = 4, hash = (SELECT hash FROM audit WHERE seq = 4)",
        "末尾被删:现有 4 条,而库旁的链尾文件是 6 条",
    );
    check(
        "UPDATE findings SET state = 'closed' WHERE call_id = 'c1' AND moves > 0",
        "与日志不一致",
    );
    for change in [
        "UPDATE final_scores SET points = points + 1 WHERE call_id = 'c1'",
        "DELETE FROM final_scores WHERE call_id = 'c2'",
    ] {
        check(change, "的得分与对它的决定不一致");
    }
    check(
        "DELETE FROM findings WHERE call_id = 'c1' AND moves > 0",
        "与日志不一致",
    );
}

#[test]
fn looking_is_within_units_too_and_unmasking_is_noted() {
    let fixture = small();
    let listed = fixture.ok(&["list", "--as", "a1", "--format", "jsonl"]);
    assert!(
        listed.contains("\"c1\"") && listed.contains("\"c2\""),
        "{listed}"
    );
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert_eq!(
        fixture.ok(&["list", "--format", "jsonl"]).lines().count(),
        6
    );
    fixture.ok(&["show", "c1", "--as", "a1"]);
    let err = fixture.refused(&["show", "c3", "--as", "a1"]);
    assert!(err.contains("只能看自己的通话"), "{err}");
    let err = fixture.refused(&["show", "c1", "--unmasked", "--as", "li"]);
    assert!(
        err.contains("不能不遮盖号码") && err.contains("合规"),
        "{err}"
    );
    let err = fixture.refused(&["show", "c1", "--unmasked"]);
    assert!(err.contains("--as"), "{err}");
    let done = fixture.run(&["show", "c1", "--unmasked", "--as", "he"]);
    assert!(done.status.success() && text(&done.stdout).contains(CUSTOMER));
    let log = fixture.ok(&["audit", "log", "--as", "he", "--action", "unmask"]);
    assert!(log.contains("recording-of-c1"), "{log}");
}

#[test]
fn windows_are_kept_by_the_settings() {
    let mut fixture = small();
    std::fs::write(
        fixture.folder.path().join("huiting.toml"),
        "[loop]\nappeal-days = 3\nrectification-days = 5\n",
    )
    .expect("written");
    fixture.add(&CallSketch {
        id: "c7",
        unit: "n1",
        agent: "1001",
        started_at: time("2026-10-13T09:00:00+08:00"),
        judged: &[(PROMISE, Outcome::Violation)],
    });
    let finding = format!("c7:{PROMISE}");
    fixture.ok(&["review", "assign", &finding, "--to", "wang", "--as", "li"]);
    fixture.ok(&["review", "confirm", &finding, "--as", "wang"]);
    fixture.ok(&["review", "publish", &finding, "--as", "wang"]);
    fixture.ok(&["rectify", "open", &finding, "--as", "zhao"]);
    let days =
        "SELECT CAST(round(julianday(appeal_until) - julianday(published_at)) AS INTEGER) * 100
                + CAST(round(julianday(rectify_until) - julianday(published_at)) AS INTEGER)
                FROM findings WHERE call_id = 'c7'";
    assert_eq!(fixture.count(days), 305);
    let err = fixture.refused(&["review", "close", &finding, "--as", "wang"]);
    assert!(err.contains("不能办结"), "{err}");
    fixture.sql("UPDATE findings SET appeal_until = '2026-01-01T00:00:00Z' WHERE call_id = 'c7'");
    let err = fixture.refused(&["appeal", "file", &finding, "--reason", "晚了", "--as", "a1"]);
    assert!(err.contains("申诉期已在 2026-01-01"), "{err}");
}

/// The eight-digit ids of findings in a table.
fn ids(table: &str) -> Vec<String> {
    let words = table.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() == 8 && word.chars().all(|c| c.is_ascii_hexdigit()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn queue_and_log_are_read_page_by_page() {
    let fixture = small();
    let everything = ["review", "queue", "--as", "li", "--all", "--limit"];
    let ask = |limit: &str, after: Option<&str>| {
        let mut arguments = everything.to_vec();
        arguments.push(limit);
        arguments.extend(after.into_iter().flat_map(|after| ["--after", after]));
        fixture.ok(&arguments)
    };
    let whole = ask("100", None);
    assert!(whole.contains("后面没有了"), "{whole}");
    let expected = ids(&whole);
    assert!(expected.len() > 2, "{whole}");
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = ask("2", after.as_deref());
        let (table, hint) = page.rsplit_once("列出").expect("a last line");
        found.extend(ids(table));
        match hint.split_once("--after ") {
            Some((_, id)) => after = Some(id.trim().to_owned()),
            None => break,
        }
    }
    assert_eq!(found, expected);

    for finding in &expected {
        fixture.ok(&["review", "assign", finding, "--to", "li", "--as", "li"]);
    }
    let last = fixture.ok(&["audit", "log", "--as", "li", "--limit", "1"]);
    let (_, before) = last
        .split_once("--before ")
        .expect("there are earlier rows");
    let before = before.trim();
    let earlier = fixture.ok(&[
        "audit", "log", "--as", "li", "--limit", "1", "--before", before, "--action", "assign",
    ]);
    let seq: u64 = before.parse().expect("a number");
    assert!(earlier.contains(&(seq - 1).to_string()), "{earlier}");
    let of_nobody = fixture.ok(&["audit", "log", "--as", "li", "--by", "nobody"]);
    assert!(!of_nobody.contains("assign"), "{of_nobody}");
}
