//! Figures against cases counted by hand; what holds for any month is in `properties`.

mod properties;

use super::*;
use crate::{
    call::CallMetadata,
    reports::facts::FailureCount,
    rules::{Evidence, Matched, Reason, Severity},
    scoring::{Scorecard, ScoredRule, ranking::Standing, score},
    time::Span,
    transcript::Speaker,
};

fn rule(id: &str, severity: Severity, scored: bool) -> RuleFacts {
    RuleFacts {
        id: id.into(),
        title: format!("规则 {id}"),
        severity,
        scored,
        basis: vec![],
        remedy: String::new(),
    }
}

fn rules() -> Vec<RuleFacts> {
    vec![
        rule("greeting", Severity::Minor, true),
        rule("on-trial", Severity::Fatal, false),
        rule("penalty-disclosure", Severity::Critical, true),
        rule("double-confirmation", Severity::Critical, true),
        rule("rude-language", Severity::Fatal, true),
    ]
}

fn verdict(rule_id: &str, outcome: Outcome) -> Verdict {
    Verdict {
        rule_id: rule_id.into(),
        rule_digest: "0".into(),
        outcome,
        at: vec![],
        evidence: vec![],
        reason: Reason {
            condition: "when".into(),
            zh: "原因".into(),
            en: "reason".into(),
        },
    }
}

fn call(call_id: &str, unit: &str, agent: &str, verdicts: &[(&str, Outcome)]) -> JudgedCall {
    let verdicts: Vec<Verdict> = verdicts
        .iter()
        .map(|(id, outcome)| verdict(id, *outcome))
        .collect();
    let facts = rules();
    let scored: Vec<ScoredRule> = verdicts
        .iter()
        .filter_map(|verdict| {
            let facts = facts.iter().find(|facts| facts.id == verdict.rule_id)?;
            Some(ScoredRule {
                verdict,
                severity: facts.severity,
                scored: facts.scored,
                points: None,
            })
        })
        .collect();
    JudgedCall {
        call_id: call_id.into(),
        metadata: CallMetadata {
            unit: (!unit.is_empty()).then(|| unit.into()),
            agent_id: (!agent.is_empty()).then(|| agent.into()),
            started_at: Some("2026-10-03T09:00:00+08:00".parse().expect("a time")),
            ..CallMetadata::default()
        },
        duration: Millis(60_000),
        recording_path: format!("/recordings/{call_id}.wav"),
        score: score(&Scorecard::default(), &scored),
        verdicts,
        incomplete: false,
    }
}

fn provenance() -> Provenance {
    Provenance {
        model_name: "model".into(),
        model_digest: "m".into(),
        ruleset_digest: "r".into(),
        as_of: "2026-11-01".into(),
        program_version: "0".into(),
    }
}

fn builder(settings: MonthlySettings) -> MonthlyBuilder {
    MonthlyBuilder::new("2026-10".parse().expect("a month"), rules(), settings)
}

fn report_with(settings: MonthlySettings, calls: &[JudgedCall]) -> MonthlyReport {
    let mut builder = builder(settings);
    for call in calls {
        builder.add(call);
    }
    builder.finish(Coverage::default(), provenance())
}

fn report(calls: &[JudgedCall]) -> MonthlyReport {
    report_with(MonthlySettings::default(), calls)
}

use Outcome::{CannotJudge, NotApplicable, Pass, Violation};

fn five_calls() -> Vec<JudgedCall> {
    vec![
        call(
            "a",
            "东",
            "1",
            &[("greeting", Pass), ("double-confirmation", Pass)],
        ),
        call(
            "b",
            "东",
            "1",
            &[
                ("greeting", Violation),
                ("double-confirmation", CannotJudge),
            ],
        ),
        call(
            "c",
            "东",
            "2",
            &[("greeting", Violation), ("double-confirmation", Violation)],
        ),
        call(
            "d",
            "西",
            "3",
            &[("rude-language", Violation), ("on-trial", Violation)],
        ),
        call(
            "e",
            "",
            "",
            &[("greeting", NotApplicable), ("withdrawn", Violation)],
        ),
    ]
}

#[test]
fn the_head() {
    let summary = report(&five_calls()).summary;
    assert_eq!(summary.calls, 5);
    assert_eq!((summary.qualified.hits, summary.qualified.n), (3, 5));
    // 100, 95, 75, 0, 100
    assert_eq!(summary.mean_points, Some(74.0));
    assert_eq!((summary.violations, summary.calls_with_violation), (4, 3));
    assert_eq!(
        (summary.cannot_judge, summary.calls_with_cannot_judge),
        (1, 1)
    );
    assert_eq!(summary.length, Millis(300_000));
    let nothing = report(&[]).summary;
    assert_eq!((nothing.calls, nothing.mean_points), (0, None));
    assert_eq!(nothing.qualified.estimate, None);
}

#[test]
fn by_unit_and_agent() {
    let report = report(&five_calls());
    let found: Vec<_> = report
        .units
        .iter()
        .map(|line| {
            (
                line.unit.as_deref(),
                line.qualified.hits,
                line.qualified.n,
                line.violations,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (None, 1, 1, 0),
            (Some("东"), 2, 3, 3),
            (Some("西"), 0, 1, 1)
        ]
    );
    let found: Vec<_> = report
        .agents
        .listed
        .iter()
        .map(|line| (line.agent.id.as_deref(), line.figures.mean_points))
        .collect();
    assert_eq!(
        found,
        [
            (None, Some(100.0)),
            (Some("1"), Some(97.5)),
            (Some("2"), Some(75.0)),
            (Some("3"), Some(0.0))
        ]
    );
}

#[test]
fn by_rule() {
    let report = report(&five_calls());
    let found: Vec<_> = report
        .rules
        .iter()
        .map(|line| {
            let count = line.count;
            (
                &*line.rule.id,
                count.triggered,
                count.violations,
                count.cannot_judge,
                count.rate.n,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("rude-language", 1, 1, 0, 1),
            ("double-confirmation", 3, 1, 1, 2),
            ("penalty-disclosure", 0, 0, 0, 0),
            ("greeting", 3, 2, 0, 3),
            ("on-trial", 1, 1, 0, 1),
        ]
    );
    assert_eq!(
        report.unknown_rules,
        BTreeMap::from([("withdrawn".to_owned(), 1)])
    );
}

#[test]
fn key_items_by_unit() {
    let items = report(&five_calls()).key_items;
    let titles: Vec<&str> = items.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(titles, ["double-confirmation", "penalty-disclosure"]);
    let east = items
        .units
        .iter()
        .find(|line| line.unit.as_deref() == Some("东"))
        .expect("东");
    let counts: Vec<_> = east
        .counts
        .iter()
        .map(|count| (count.violations, count.rate.n))
        .collect();
    assert_eq!(counts, [(1, 2), (0, 0)]);
    assert_eq!(items.total[0].cannot_judge, 1);
}

#[test]
fn the_worst_and_the_best() {
    let report = report(&five_calls());
    let ids = |calls: &[RankedCall]| {
        calls
            .iter()
            .map(|line| line.call.call_id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&report.worst), ["d", "c", "b"]);
    assert_eq!(ids(&report.best), ["a", "e"]);
    assert_eq!(
        report.worst[0].violated.len(),
        1,
        "rules on trial are not named"
    );
}

#[test]
fn what_is_listed_is_limited_and_the_total_said() {
    let calls: Vec<JudgedCall> = (0..30)
        .map(|index| {
            call(
                &format!("{index:02}"),
                "东",
                "1",
                &[("greeting", Violation)],
            )
        })
        .chain([call(
            "low",
            "东",
            "1",
            &[("greeting", Violation), ("rude-language", Violation)],
        )])
        .collect();
    let report = report(&calls);
    let greeting = report
        .violations
        .iter()
        .find(|group| group.rule.id == "greeting")
        .expect("greeting");
    assert_eq!(
        (greeting.lines.total, greeting.lines.listed.len()),
        (31, 20)
    );
    assert_eq!(greeting.lines.listed[0].call.call_id, "low");
    assert_eq!(greeting.lines.listed[0].deduction, Some(5));
    assert_eq!(report.worst.len(), 10);
    let settings = MonthlySettings {
        agents_listed: 2,
        small_n: 2,
        ..MonthlySettings::default()
    };
    let calls: Vec<JudgedCall> = [
        ("1", Pass),
        ("1", Pass),
        ("2", Pass),
        ("3", Violation),
        ("3", Pass),
    ]
    .iter()
    .enumerate()
    .map(|(index, (agent, outcome))| {
        call(
            &index.to_string(),
            "东",
            agent,
            &[("rude-language", *outcome)],
        )
    })
    .collect();
    let agents = report_with(settings, &calls).agents;
    let listed: Vec<_> = agents
        .listed
        .iter()
        .filter_map(|line| line.agent.id.as_deref())
        .collect();
    assert_eq!((agents.total, listed), (3, vec!["1", "3"]));
}

#[test]
fn what_a_person_must_hear() {
    let unclear = |id: &str, day: u32, rules: &[&str]| {
        let verdicts: Vec<_> = rules.iter().map(|rule| (*rule, CannotJudge)).collect();
        let mut made = call(id, "东", "1", &verdicts);
        made.metadata.started_at = Some(
            format!("2026-10-0{day}T09:00:00+08:00")
                .parse()
                .expect("a time"),
        );
        made
    };
    let settings = MonthlySettings {
        cannot_judge_listed_per_rule: 2,
        ..MonthlySettings::default()
    };
    let calls = [
        unclear("third", 3, &["greeting", "double-confirmation"]),
        unclear("first", 1, &["greeting", "on-trial"]),
        unclear("second", 2, &["greeting"]),
    ];
    let found = report_with(settings, &calls).cannot_judge;
    let listed: Vec<_> = found
        .listed
        .iter()
        .map(|line| (&*line.rule.id, &*line.call.call_id))
        .collect();
    assert_eq!(found.total, 4, "rules on trial are not for a person");
    assert_eq!(
        listed,
        [
            ("double-confirmation", "third"),
            ("greeting", "first"),
            ("greeting", "second")
        ]
    );
}

#[test]
fn only_clear_differences_give_places() {
    let mut calls = Vec::new();
    for index in 0..40 {
        let outcome = |bad: bool| if bad { Violation } else { Pass };
        let mut add = |unit: &str, bad| {
            calls.push(call(
                &format!("{unit}{index}"),
                unit,
                unit,
                &[("rude-language", outcome(bad))],
            ));
        };
        add("好", false);
        add("也好", index == 0);
        add("差", index % 2 == 0);
    }
    calls.push(call("only", "少", "4", &[]));
    let report = report(&calls);
    let found: Vec<_> = report
        .units
        .iter()
        .map(|line| {
            let place = line.place.map(|place| (place.best, place.worst));
            (
                line.unit.as_deref().unwrap_or_default(),
                place,
                line.standing,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("好", Some((1, 2)), Some(Standing::Above)),
            ("也好", Some((1, 2)), Some(Standing::Similar)),
            ("差", Some((3, 3)), Some(Standing::Below)),
            ("少", None, None),
        ]
    );
}

#[test]
fn nothing_in_the_report_tells_who_the_customer_was() {
    let mut told = call(
        "13800138000",
        "东 13800138000",
        "13900139000",
        &[
            ("greeting", Violation),
            ("double-confirmation", CannotJudge),
        ],
    );
    told.metadata.agent_name = Some("王芳 13900139000".into());
    told.metadata.customer_number = Some("053188001234".into());
    told.recording_path = "/13800138000/20261003_053188001234.wav".into();
    for verdict in &mut told.verdicts {
        verdict.reason.zh = "回拨 13800138000".into();
        verdict.reason.en = "call back 13800138000".into();
        verdict.evidence = vec![Evidence {
            turn: 0,
            text: "我的号码是 13800138000 或 053188001234".into(),
            chars: (0, 30),
            span: Some(Span::new(1_000, 2_000)),
            speaker: Speaker::Customer,
            cue: "number".into(),
            matched: Matched::Written,
            probability: None,
            doubtful: false,
            grams: Vec::new(),
        }];
    }
    let mut builder = MonthlyBuilder::new(
        "2026-10".parse().expect("a month"),
        rules(),
        MonthlySettings::default(),
    );
    builder.add(&told);
    let coverage = Coverage {
        failures: vec![FailureCount {
            zh: "损坏 13800138000".into(),
            en: "damaged 13800138000".into(),
            count: 1,
            examples: vec!["C:\\13800138000\\x_13800138000.wav".into()],
        }],
        ..Coverage::default()
    };
    let json = serde_json::to_string(&builder.finish(coverage, provenance())).expect("JSON");
    for number in ["13800138000", "13900139000", "053188001234", "88001234"] {
        assert!(!json.contains(number), "{number} in {json}");
    }
}
