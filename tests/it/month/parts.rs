//! What somebody sees who asks for a part: one unit, one agent, a page of a list.

use std::process::{Command, Stdio};

use super::{
    copy, database, done,
    figures::{Page, query, row},
    huiting, text,
};

const UNIT: &str = "历下营业厅";

/// The month's page for a unit, or for what this person may see.
fn page(name: &str, arguments: &[&str]) -> Page {
    let out = database().with_file_name(name);
    let month = ["report", "monthly", "--month", "2026-10"];
    let time = ["--as-of", "2026-11-10T23:59:59+08:00", "--out", text(&out)];
    done(database(), &[&month[..], arguments, &time].concat());
    let html = std::fs::read_to_string(out).expect("written");
    Page(scraper::Html::parse_document(&html))
}

#[test]
fn a_units_report_counts_its_own_calls_and_says_whose_they_are() {
    let expected = query(&format!(
        "SELECT (SELECT count(*) FROM listed_calls WHERE month = '2026-10' AND unit = '{UNIT}'),
                (SELECT count(*) FROM calls WHERE month = '2026-10' AND unit = '{UNIT}'),
                (SELECT count(*) FROM calls WHERE month = '2026-10')"
    ));
    let [listed, judged, all] = &expected[0][..] else {
        panic!("three counts");
    };
    assert_ne!(judged, all);
    let of_unit = page("unit.html", &["--as", "guanli", "--unit", UNIT]);
    let of_person = page("person.html", &["--as", "zj-lixia"]);
    for page in [of_unit, of_person] {
        let coverage = page.rows("coverage", 0);
        assert_eq!(&coverage[0][1], listed, "{coverage:?}");
        assert_eq!(&row(&coverage, "完成判定")[1], judged);
        let header = scraper::Selector::parse("header").expect("a selector");
        let header = page.0.select(&header).next().expect("a header");
        let header: String = header.text().collect();
        assert!(
            header.contains(UNIT) && !header.contains("全部单位"),
            "{header}"
        );
    }
}

#[test]
fn names_that_nobody_knows_are_refused() {
    let refused = |arguments: &[&str], of: &str| {
        let output = huiting(database(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(of), "{arguments:?}: {said}");
    };
    let unit = ["--unit", "火星营业厅"];
    let report = ["report", "monthly", "--month", "2026-10", "--as", "guanli"];
    refused(&[&report[..], &unit].concat(), "火星营业厅");
    let export = ["export", "violations", "--as", "guanli"];
    refused(&[&export[..], &unit].concat(), "火星营业厅");
    refused(&[&export[..], &["--rule", "nosuch"]].concat(), "nosuch");
    refused(&[&["list"], &unit[..]].concat(), "火星营业厅");
    refused(&[&["search", "违约金"], &unit[..]].concat(), "火星营业厅");
    refused(&["list", "--month", "2026-99"], "2026-10");
    let backwards = ["--from", "2026-10-10", "--to", "2026-10-01"];
    refused(
        &[&["search", "违约金"], &backwards[..]].concat(),
        "2026-10-10",
    );
}

#[test]
fn a_rule_goes_by_its_title_too() {
    let count = |rule: &str| {
        let listed = done(database(), &["list", "--rule", rule, "--limit", "1"]);
        listed.lines().last().expect("a sum").to_owned()
    };
    assert_eq!(count("违约金告知"), count("penalty-disclosure"));
    assert!(!count("违约金告知").starts_with("共 0"));
}

#[test]
fn lists_show_ids_that_can_be_shown() {
    let listed = done(database(), &["list", "--format", "jsonl", "--limit", "3"]);
    for line in listed.lines() {
        let call: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let id = call["call_id"].as_str().expect("an id");
        assert!(done(database(), &["show", id]).contains(id));
    }
    assert_eq!(listed.lines().count(), 3);
    // Each call is a row of its own, whatever its number looks like.
    let scores = ["loop", "scores", "--by", "call", "--month", "2026-10"];
    let scores = done(database(), &[&scores[..], &["--as", "guanli"]].concat());
    let calls = query("SELECT call_id FROM calls WHERE month = '2026-10' ORDER BY call_id");
    for call in calls.iter().flatten() {
        assert!(scores.contains(call.as_str()), "{call}");
    }
}

#[test]
fn two_agents_of_one_name_are_not_added_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let repeated = |db: &std::path::Path| {
        let out = folder.path().join("r.html");
        let arguments = ["report", "monthly", "--month", "2026-10", "--as", "guanli"];
        done(db, &[&arguments[..], &["--out", text(&out)]].concat());
        let html = std::fs::read_to_string(&out).expect("written");
        Page(scraper::Html::parse_document(&html)).rows("loop", 2)
    };
    let times =
        |rows: &[Vec<String>]| -> Vec<String> { rows.iter().map(|row| row[3].clone()).collect() };
    let before = repeated(&db);
    assert!(before.len() > 3, "{before:?}");
    let connection = rusqlite::Connection::open(&db).expect("opens");
    connection
        .execute_batch(
            "UPDATE calls SET agent_name = '黄静',
                 metadata = json_set(metadata, '$.agent_name', '黄静');",
        )
        .expect("renamed");
    let after = repeated(&db);
    assert_eq!(times(&before), times(&after));
    assert!(after.iter().all(|row| row[0].starts_with("黄静 ")));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [&["list"][..], &["report", "list"], &["loop", "states"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huiting"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .arg("--db")
            .arg(database())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert!(!said.contains("写不出"), "{arguments:?}: {said}");
    }
}

#[test]
fn the_workbook_holds_the_tables_of_the_page_in_both_languages() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for lang in ["zh", "en"] {
        let out = folder.path().join(format!("{lang}.xlsx"));
        let month = ["report", "monthly", "--month", "2026-10", "--as", "guanli"];
        let rest = ["--lang", lang, "--out", text(&out)];
        done(database(), &[&month[..], &rest].concat());
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(&out).expect("a workbook");
        let sheets: Vec<_> = calamine::Reader::worksheets(&mut book);
        assert!(sheets.len() >= 20, "{lang}: {}", sheets.len());
        for (name, range) in &sheets {
            assert!(range.height() > 1, "{lang} {name}");
        }
        let rows_of = |zh: &str, en: &str| {
            let wanted = if lang == "zh" { zh } else { en };
            let found = sheets.iter().find(|(name, _)| name == wanted);
            found.expect("the sheet").1.height() - 1
        };
        let reasons = query(
            "SELECT DISTINCT topic, cue FROM reasons JOIN calls USING (call_id)
             WHERE month = '2026-10'",
        );
        let reason_rows = rows_of("客户为什么来、为什么走", "Why customers call and leave");
        assert_eq!(reason_rows, reasons.len());
        let channels = query("SELECT DISTINCT channel FROM calls WHERE month = '2026-10'");
        assert_eq!(rows_of("渠道", "Channel"), channels.len());
    }
}

#[test]
fn other_programs_read_the_same_figures() {
    let of_page = page("whole.html", &["--as", "guanli"]);
    let out = database().with_file_name("whole.json");
    let report = ["report", "monthly", "--month", "2026-10", "--as", "guanli"];
    let time = ["--as-of", "2026-11-10T23:59:59+08:00", "--out", text(&out)];
    done(database(), &[&report[..], &time].concat());
    let written = std::fs::read(&out).expect("written");
    let read: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
    let units = of_page.rows("units", 0);
    let (whole, units) = units.split_last().expect("rows");
    assert_eq!(read["units"].as_array().map(Vec::len), Some(units.len()));
    let lines = read["units"].as_array().expect("a list");
    for (line, row) in lines.iter().zip(units) {
        assert_eq!(line["unit"], row[0].as_str());
        assert_eq!(line["qualified"]["n"].to_string(), row[1]);
        assert_eq!(line["qualified"]["hits"].to_string(), row[2]);
        assert_eq!(line["violations"].to_string(), row[6]);
    }
    let calls = whole[1].replace(',', "");
    assert_eq!(read["summary"]["calls"].to_string(), calls);
    let behind = read["behind"].as_array().expect("a list");
    assert!(
        behind
            .iter()
            .all(|list| list["calls"][0]["call_id"].is_string())
    );
    // The name says what is wanted; another format is refused.
    let refused = huiting(
        database(),
        &[&report[..], &["--format", "xlsx", "--out", text(&out)]].concat(),
    );
    assert_eq!(refused.status.code(), Some(2));
}
