//! Spot checks, calibration, exemplars and the training list, as people type them.

use chrono::TimeDelta;
use huiting::{
    review::{estimates::RuleEstimate, workflow::Settings},
    rules::Outcome,
    store::{
        audit::Acting,
        moves::{MoveRequest, Subject},
    },
};

use super::fixture::{CallSketch, EFFECTIVE, Fixture, PENALTY, PROMISE, people, text, time};

/// Four agents with twelve calls each in one week; every third breaks the penalty rule, and the
/// machine misses one of four of those and invents one more for each agent.
fn week() -> Fixture {
    let mut fixture = Fixture::new();
    for number in 0..48_usize {
        let machine = machine_says(number);
        fixture.add(&CallSketch {
            id: &format!("w{number:02}"),
            unit: if number % 4 < 2 { "n1" } else { "n2" },
            agent: ["1001", "1002", "1003", "1004"][number % 4],
            started_at: time("2026-10-12T09:00:00+08:00") + TimeDelta::hours(number as i64 * 3),
            judged: &[
                (
                    PENALTY,
                    if machine {
                        Outcome::Violation
                    } else {
                        Outcome::Pass
                    },
                ),
                (EFFECTIVE, Outcome::Pass),
                (PROMISE, Outcome::NotApplicable),
            ],
        });
    }
    fixture
}

fn truly_violates(number: usize) -> bool {
    (number / 4).is_multiple_of(3)
}

fn machine_says(number: usize) -> bool {
    let turn = number / 4;
    (truly_violates(number) && turn != 9) || turn == 1
}

fn number_of(call: &str) -> usize {
    call[1..].parse().expect("a number")
}

/// Decides everything of the call as it truly is, and marks it as heard.
fn hear(fixture: &mut Fixture, sample: &str, call: &str) {
    let number = number_of(call);
    let finding = format!("{call}:{PENALTY}");
    match (machine_says(number), truly_violates(number)) {
        (true, truth) => {
            fixture.ok(&["review", "assign", &finding, "--to", "sun", "--as", "li"]);
            let refused = fixture.refused(&["sample", "heard", sample, call, "--as", "sun"]);
            assert!(
                refused.contains("还没有定") || refused.contains("还有没定"),
                "{refused}"
            );
            if truth {
                fixture.ok(&["review", "confirm", &finding, "--as", "sun"]);
            } else {
                fixture.ok(&[
                    "review", "reject", &finding, "--reason", "说过", "--as", "sun",
                ]);
            }
        }
        (false, true) => {
            fixture.ok(&[
                "review",
                "add-missed",
                call,
                PENALTY,
                "--reason",
                "没说",
                "--as",
                "sun",
            ]);
            fixture.ok(&["review", "confirm", &finding, "--as", "sun"]);
        }
        (false, false) => {}
    }
    fixture.ok(&["sample", "heard", sample, call, "--as", "sun"]);
}

#[test]
fn a_sample_is_repeatable_and_tells_the_truth_of_all_calls() {
    let mut fixture = week();
    let draw = [
        "sample",
        "draw",
        "--week",
        "2026-W42",
        "--per-agent",
        "6",
        "--random",
        "1",
        "--seed",
        "7",
        "--as",
        "li",
    ];
    let out = fixture.ok(&draw);
    assert!(out.contains("spot-2026-W42-1:24 通"), "{out}");
    let out = fixture.ok(&draw);
    assert!(out.contains("spot-2026-W42-2:24 通"), "{out}");
    let items = |fixture: &Fixture, id: &str| -> Vec<String> {
        let items = fixture.store.sample_items(id).expect("read");
        items.into_iter().map(|item| item.call_id).collect()
    };
    let calls = items(&fixture, "spot-2026-W42-1");
    assert_eq!(calls, items(&fixture, "spot-2026-W42-2"));
    for call in &calls {
        hear(&mut fixture, "spot-2026-W42-1", call);
    }
    let estimates = fixture
        .store
        .estimates(&["spot-2026-W42-1".to_owned()])
        .expect("read");
    let penalty = estimates
        .iter()
        .find(|estimate| estimate.rule_id == PENALTY)
        .expect("judged");
    check_against_the_truth(penalty, &calls);
    let out = fixture.ok(&["sample", "estimate", "spot-2026-W42-1", "--as", "li"]);
    assert!(out.contains("任一规则") && out.contains(PENALTY), "{out}");
    let err = fixture.refused(&[
        "sample",
        "heard",
        "spot-2026-W42-1",
        &calls[0],
        "--as",
        "sun",
    ]);
    assert!(err.contains("已经登记听完"), "{err}");
    let err = fixture.refused(&["sample", "draw", "--week", "2026-W42", "--as", "he"]);
    assert!(err.contains("不能抽样"), "{err}");
    fixture.ok(&["audit", "verify"]);
}

/// All strata are of twelve calls with six heard each, so the weights are equal and the shares
/// can be counted by hand.
fn check_against_the_truth(penalty: &RuleEstimate, calls: &[String]) {
    let count = |fits: &dyn Fn(bool, bool) -> bool| {
        let numbers = calls.iter().map(|call| number_of(call));
        numbers
            .filter(|&n| fits(machine_says(n), truly_violates(n)))
            .count() as f64
    };
    let near = |found: Option<huiting::scoring::intervals::Estimate>, expected: f64| {
        let found = found.expect("heard");
        assert!(
            (found.value - expected).abs() < 1e-9,
            "{found:?} for {expected}"
        );
        assert!(found.low <= expected && expected <= found.high);
    };
    near(penalty.rate.estimate, count(&|_, truth| truth) / 24.0);
    near(
        penalty.precision.estimate,
        count(&|machine, truth| machine && truth) / count(&|machine, _| machine),
    );
    near(
        penalty.recall.estimate,
        count(&|machine, truth| machine && truth) / count(&|_, truth| truth),
    );
    assert_eq!(penalty.rate.n, 24);
}

#[test]
fn the_risk_part_takes_violations_and_is_handed_out() {
    let fixture = week();
    fixture.ok(&[
        "sample",
        "draw",
        "--month",
        "2026-10",
        "--per-agent",
        "4",
        "--random",
        "0.5",
        "--to",
        "wang",
        "--to",
        "sun",
        "--as",
        "li",
    ]);
    let items = fixture.store.sample_items("spot-2026-10-1").expect("read");
    let risk: Vec<_> = items.iter().filter(|item| item.part == "risk").collect();
    assert!(risk.len() >= 4, "{items:?}");
    assert!(
        risk.iter()
            .all(|item| machine_says(number_of(&item.call_id)))
    );
    // wang has only the first team.
    for item in &items {
        match item.assignee.as_deref() {
            Some("wang") => assert_eq!(item.unit, "n1"),
            Some("sun") => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(
        items
            .iter()
            .any(|item| item.assignee.as_deref() == Some("wang"))
    );
    let mine = fixture.ok(&["sample", "show", "spot-2026-10-1", "--mine", "--as", "wang"]);
    assert!(mine.contains("wang") && !mine.contains("sun"), "{mine}");
}

#[test]
fn a_calibration_is_blind_until_it_is_closed() {
    let fixture = week();
    let open = [
        "calibration",
        "open",
        "--period",
        "2026-W42",
        "--calls",
        "5",
        "--rater",
        "wang",
        "--rater",
        "sun",
        "--expert",
        "chen",
        "--as",
        "li",
    ];
    let err = fixture.refused(&[
        "calibration",
        "open",
        "--period",
        "2026-W42",
        "--rater",
        "wang",
        "--expert",
        "chen",
        "--as",
        "li",
    ]);
    assert!(err.contains("至少要两个人"), "{err}");
    assert!(fixture.ok(&open).contains("cal-2026-W42-1"));
    let id = "cal-2026-W42-1";
    let sheet = fixture.ok(&["calibration", "sheet", id, "--as", "wang"]);
    assert_eq!(sheet.lines().count(), 1 + 5 * 3, "{sheet}");
    assert!(
        !sheet.contains("violation"),
        "the machine's verdict got out: {sheet}"
    );
    for (who, wrong) in [("wang", 0), ("sun", 2), ("chen", 0)] {
        let mut rows = String::from("call_id,rule_id,outcome\n");
        for (number, line) in sheet.lines().skip(1).enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            let truth = cells[1] == PENALTY && truly_violates(number_of(cells[0]));
            let said = if truth != (number < wrong) {
                "violation"
            } else {
                "合格"
            };
            rows.push_str(&format!("{},{},{said}\n", cells[0], cells[1]));
        }
        let path = fixture.folder.path().join(format!("{who}.csv"));
        std::fs::write(&path, rows).expect("written");
        let out = fixture.ok(&[
            "calibration",
            "judge",
            id,
            "--from-csv",
            path.to_str().expect("UTF-8"),
            "--as",
            who,
        ]);
        assert!(out.contains("收下 15 条"), "{out}");
    }
    let err = fixture.refused(&["calibration", "result", id, "--as", "li"]);
    assert!(err.contains("还没结束"), "{err}");
    let err = fixture.refused(&["calibration", "sheet", id, "--as", "qian"]);
    assert!(err.contains("不在这次校准的名单"), "{err}");
    let log = fixture.ok(&[
        "audit",
        "log",
        "--as",
        "chen",
        "--action",
        "calibration-judge",
    ]);
    assert!(
        !log.contains("violation"),
        "a judgement is in the log: {log}"
    );
    fixture.ok(&["calibration", "close", id, "--as", "li"]);
    let result = fixture.ok(&["calibration", "result", id, "--as", "li"]);
    assert!(
        result.contains("Cohen κ") && result.contains("sun"),
        "{result}"
    );
    let found = fixture.store.calibration_result(id).expect("closed");
    let of = |who: &str| {
        found
            .deviations
            .iter()
            .find(|d| d.rater == who)
            .expect("there")
    };
    assert_eq!((of("wang").judged, of("wang").same), (15, 15));
    assert_eq!((of("sun").judged, of("sun").same), (15, 13));
    assert_eq!(
        found.disputed.iter().map(|rule| rule.disputed).sum::<u64>(),
        2
    );
    let last = sheet.lines().last().expect("a row");
    let cells: Vec<&str> = last.split(',').collect();
    let err = fixture.refused(&[
        "calibration",
        "judge",
        id,
        cells[0],
        cells[1],
        "pass",
        "--as",
        "wang",
    ]);
    assert!(err.contains("已经结束"), "{err}");
}

#[test]
fn exemplars_are_proposed_released_and_exported_without_numbers() {
    let mut fixture = week();
    fixture.ok(&[
        "sample",
        "draw",
        "--week",
        "2026-W42",
        "--per-agent",
        "2",
        "--random",
        "1",
        "--as",
        "li",
    ]);
    let calls: Vec<String> = fixture
        .store
        .sample_items("spot-2026-W42-1")
        .expect("read")
        .into_iter()
        .map(|item| item.call_id)
        .collect();
    for call in &calls {
        hear(&mut fixture, "spot-2026-W42-1", call);
    }
    let clean = calls
        .iter()
        .filter(|call| !truly_violates(number_of(call)))
        .count();
    assert!(clean > 0);
    let out = fixture.ok(&["exemplar", "propose", "--period", "2026-W42", "--as", "sun"]);
    assert!(out.contains("新推荐"), "{out}");
    let proposed = fixture.store.exemplars().expect("read");
    assert!(!proposed.is_empty());
    for exemplar in &proposed {
        assert!(calls.contains(&exemplar.call_id));
        assert!(
            !truly_violates(number_of(&exemplar.call_id)),
            "{exemplar:?}"
        );
    }
    let id = &proposed[0].exemplar_id;
    let err = fixture.refused(&["exemplar", "release", id, "--as", "sun"]);
    assert!(err.contains("复核员"), "{err}");
    fixture.ok(&["exemplar", "release", id, "--as", "li"]);
    assert!(
        fixture
            .ok(&["exemplar", "list", "--state", "released", "--as", "a2"])
            .contains(id)
    );
    fixture.ok(&["exemplar", "export", "out", "--as", "li"]);
    let folder = fixture.folder.path().join("out");
    let files: Vec<_> = std::fs::read_dir(folder).expect("made").collect();
    assert_eq!(files.len(), 1);
    let words = files[0].as_ref().expect("readable").path().join("words.md");
    let page = std::fs::read_to_string(words).expect("read");
    assert!(
        page.contains("为什么好") && !page.contains(super::fixture::CUSTOMER),
        "{page}"
    );
}

#[test]
fn who_falls_back_after_rectification_is_on_the_training_list() {
    let mut fixture = week();
    let everybody = people();
    let mut act = |who: &str, mv, call: &str, at: &str| {
        let person = everybody.iter().find(|p| p.id == who).expect("known");
        let request = MoveRequest {
            mv,
            subject: Subject::CallRule {
                call_id: call,
                rule_id: PENALTY,
            },
            reason: "听过",
            assignee: Some("sun"),
            row_key: None,
        };
        let acting = Acting {
            by: Some(person),
            at: time(at),
        };
        fixture
            .store
            .make_move(&request, &acting, &Settings::default())
            .unwrap_or_else(|error| panic!("{mv:?}: {error}"));
    };
    use huiting::review::workflow::Move;
    // The agent 1001's first violation, rectified on the second day; others come later.
    for (who, mv) in [
        ("li", Move::Assign),
        ("sun", Move::Confirm),
        ("zhao", Move::OpenRectification),
        ("zhao", Move::SubmitRectification),
        ("sun", Move::PassRectification),
    ] {
        act(who, mv, "w00", "2026-10-13T00:00:00+08:00");
    }
    let done = fixture.run(&[
        "loop", "training", "--period", "2026-W42", "--target", "0", "--as", "zhao",
    ]);
    let out = text(&done.stdout);
    assert!(out.contains("1001") && out.contains("整改后又犯"), "{out}");
    assert!(!out.contains("1002"), "{out}");
    let out = fixture.ok(&[
        "loop", "training", "--period", "2026-W42", "--target", "0.99", "--as", "zhao",
    ]);
    assert!(out.contains("1002") && out.contains("低于目标"), "{out}");
    let err = fixture.refused(&[
        "loop",
        "key-items",
        "--month",
        "2026-10",
        "--set",
        PROMISE,
        "--as",
        "li",
    ]);
    assert!(err.contains("管理者"), "{err}");
    fixture.ok(&[
        "loop",
        "key-items",
        "--month",
        "2026-10",
        "--set",
        PROMISE,
        "--as",
        "zhao",
    ]);
    assert_eq!(
        fixture
            .ok(&["loop", "key-items", "--month", "2026-10", "--as", "li"])
            .trim(),
        PROMISE
    );
}
