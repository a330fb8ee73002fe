//! A database with units, people of every role, and calls with verdicts of the real rules.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use chrono::{DateTime, FixedOffset, TimeDelta};
use huiting::{
    audio::AudioFacts,
    call::{CallMetadata, Direction},
    people::{Person, Role, Unit, UnitLevel, UnitScope, UnitTree},
    rules::{Evidence, Matched, Outcome, Reason, RuleSet, Verdict},
    scoring::{Scorecard, ScoredRule, score},
    store::{
        Store,
        audit::Acting,
        calls::{CallRow, FinishedCall},
        recordings::RecordingRow,
        transcripts::TranscriptRow,
    },
    time::Millis,
    transcribe::roles::RoleSource,
    transcript::{Speaker, Transcript, Utterance},
};

pub(super) const CUSTOMER: &str = "13800138000";

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn rules() -> &'static RuleSet {
    static RULES: std::sync::OnceLock<RuleSet> = std::sync::OnceLock::new();
    RULES.get_or_init(|| RuleSet::read(&root().join("rules")).expect("the rules are sound"))
}

pub(super) fn time(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).expect("a time")
}

/// What each call is judged: rule and outcome.
pub(super) type Judged<'a> = &'a [(&'a str, Outcome)];

/// A call as it is put into the database.
pub(super) struct CallSketch<'a> {
    pub(super) id: &'a str,
    pub(super) unit: &'a str,
    pub(super) agent: &'a str,
    pub(super) started_at: DateTime<FixedOffset>,
    pub(super) judged: Judged<'a>,
}

pub(super) fn unit(id: &str, name: &str, parent: Option<&str>, level: UnitLevel) -> Unit {
    Unit {
        id: id.into(),
        name: name.into(),
        parent: parent.map(str::to_owned),
        level,
    }
}

pub(super) fn units() -> UnitTree {
    UnitTree::new(vec![
        unit("p", "省公司", None, UnitLevel::Province),
        unit("north", "北分公司", Some("p"), UnitLevel::Branch),
        unit("south", "南分公司", Some("p"), UnitLevel::Branch),
        unit("n1", "北一组", Some("north"), UnitLevel::Team),
        unit("n2", "北二组", Some("north"), UnitLevel::Team),
        unit("s1", "南一组", Some("south"), UnitLevel::Team),
    ])
    .expect("a tree")
}

pub(super) fn person(id: &str, role: Role, units: &[&str], agent_id: Option<&str>) -> Person {
    Person {
        id: id.into(),
        name: id.into(),
        role,
        agent_id: agent_id.map(str::to_owned),
        units: if units == ["*"] {
            UnitScope::All
        } else {
            UnitScope::Within(units.iter().map(|&unit| unit.to_owned()).collect())
        },
        active: true,
    }
}

pub(super) fn people() -> Vec<Person> {
    vec![
        person("admin", Role::Admin, &["*"], None),
        person("wang", Role::Inspector, &["n1"], None),
        person("sun", Role::Inspector, &["north"], None),
        person("qian", Role::Inspector, &["south"], None),
        person("li", Role::Reviewer, &["north"], None),
        person("zhou", Role::Reviewer, &["p"], None),
        person("chen", Role::Arbiter, &["*"], None),
        person("zhao", Role::Manager, &["north"], None),
        person("he", Role::Compliance, &["*"], None),
        person("a1", Role::Agent, &[], Some("1001")),
        person("a2", Role::Agent, &[], Some("1002")),
        person("a3", Role::Agent, &[], Some("1003")),
    ]
}

/// A database in a folder of its own, with units and people.
pub(super) struct Fixture {
    pub(super) folder: tempfile::TempDir,
    pub(super) store: Store,
}

impl Fixture {
    pub(super) fn new() -> Fixture {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut store = Store::open(&folder.path().join("huiting.db")).expect("made");
        store.remember_rules(rules().rules()).expect("kept");
        store
            .remember_scorecard("card", &Scorecard::default())
            .expect("kept");
        store.remember_model("model", "demo").expect("kept");
        let acting = Acting {
            by: None,
            at: time("2026-10-01T08:00:00+08:00"),
        };
        store.import_units(&units(), &acting).expect("kept");
        store.import_people(&people(), &acting).expect("kept");
        Fixture { folder, store }
    }

    pub(super) fn db(&self) -> PathBuf {
        self.folder.path().join("huiting.db")
    }

    pub(super) fn add(&mut self, sketch: &CallSketch<'_>) {
        let call = call_row(sketch);
        let recording = RecordingRow {
            digest: call.recording.clone(),
            facts: AudioFacts {
                container: "WAV".into(),
                codec: "PCM".into(),
                sample_rate_hz: 8000,
                channels: 2,
                bits: Some(16),
                decoded_by: huiting::audio::DecodedBy::default(),
            },
            duration: Millis(60_000),
            incomplete: false,
        };
        let transcript = TranscriptRow {
            recording: call.recording.clone(),
            model: "model".into(),
            agent_channel: Some(0),
            role_source: RoleSource::Listed,
            role_certainty: None,
            against_list: None,
            channel_faults: Vec::new(),
            speakers: vec![Speaker::Agent, Speaker::Customer],
            transcript: transcript(),
            measures: None,
        };
        self.store
            .save_call(&FinishedCall {
                listened: Some((&recording, &transcript)),
                call: &call,
                at: sketch.started_at.to_utc(),
            })
            .expect("kept");
    }

    /// Judges the call anew, as a recheck with other rules would.
    pub(super) fn judge_again(&mut self, sketch: &CallSketch<'_>) {
        self.store
            .save_call(&FinishedCall {
                listened: None,
                call: &call_row(sketch),
                at: sketch.started_at.to_utc(),
            })
            .expect("kept");
    }

    pub(super) fn sql(&self, statement: &str) {
        let db = rusqlite::Connection::open(self.db()).expect("opens");
        db.execute_batch(statement).expect("done");
    }

    pub(super) fn count(&self, query: &str) -> i64 {
        let db = rusqlite::Connection::open(self.db()).expect("opens");
        db.query_row(query, [], |row| row.get(0)).expect("counted")
    }

    /// Runs the program on this database.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("starts")
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huiting"));
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .arg("--db")
            .arg(self.db())
            .env_remove("HUITING_LANG")
            .env_remove("HUITING_AS");
        command
    }

    /// Runs it, expects success, returns what it printed.
    pub(super) fn ok(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        let (out, err) = (text(&done.stdout), text(&done.stderr));
        assert!(done.status.success(), "{arguments:?}\n{out}{err}");
        assert!(!out.contains(CUSTOMER), "a number got out: {out}");
        out
    }

    /// Runs it, expects a refusal, returns what it said.
    pub(super) fn refused(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        let (out, err) = (text(&done.stdout), text(&done.stderr));
        assert_eq!(done.status.code(), Some(2), "{arguments:?}\n{out}{err}");
        assert!(!err.contains(CUSTOMER), "a number got out: {err}");
        err
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn transcript() -> Transcript {
    Transcript {
        utterances: vec![
            Utterance::written(Speaker::Agent, "您好,这是合约套餐,用满二十四个月"),
            Utterance::written(Speaker::Customer, format!("可以,我的号码是{CUSTOMER}")),
            Utterance::written(Speaker::Agent, "已经为您开通了"),
        ],
        ..Transcript::default()
    }
}

fn call_row(sketch: &CallSketch<'_>) -> CallRow {
    let mut verdicts: Vec<Verdict> = sketch
        .judged
        .iter()
        .map(|(rule_id, outcome)| Verdict {
            rule_id: (*rule_id).to_owned(),
            rule_digest: rules().rule(rule_id).expect("a rule").digest.clone(),
            outcome: *outcome,
            at: vec![2],
            evidence: vec![Evidence {
                turn: 1,
                text: "可以".into(),
                chars: (0, 2),
                span: None,
                speaker: Speaker::Customer,
                cue: "explicit-assent".into(),
                matched: Matched::Written,
                probability: None,
                doubtful: false,
                grams: Vec::new(),
            }],
            reason: Reason {
                condition: "require.all[0]".into(),
                zh: "没有说明".into(),
                en: "not told".into(),
            },
        })
        .collect();
    verdicts.sort_by(|a, b| a.rule_id.cmp(&b.rule_id));
    let scored: Vec<ScoredRule<'_>> = verdicts
        .iter()
        .map(|verdict| {
            let rule = rules().rule(&verdict.rule_id).expect("a rule");
            ScoredRule {
                verdict,
                severity: rule.severity,
                scored: rule.is_scored(),
                points: rule.points,
            }
        })
        .collect();
    CallRow {
        call_id: sketch.id.into(),
        recording: format!("recording-of-{}", sketch.id),
        path: format!("{}.wav", sketch.id),
        model: "model".into(),
        rule_set: "rules".into(),
        scorecard: "card".into(),
        metadata: CallMetadata {
            agent_id: Some(sketch.agent.into()),
            unit: Some(sketch.unit.into()),
            direction: Some(Direction::Outbound),
            business: Some("plan-change".into()),
            started_at: Some(sketch.started_at),
            customer_number: Some(CUSTOMER.into()),
            ..CallMetadata::default()
        },
        score: score(&Scorecard::default(), &scored),
        verdicts,
        reasons: Vec::new(),
    }
}

pub(super) const PENALTY: &str = "penalty-disclosure";
pub(super) const EFFECTIVE: &str = "effective-date";
pub(super) const PROMISE: &str = "false-promise";

/// Six calls of three agents in two branches.
pub(super) fn small() -> Fixture {
    use Outcome::{CannotJudge, Pass, Violation};
    let mut fixture = Fixture::new();
    let first = time("2026-10-12T09:00:00+08:00");
    let calls: [(&str, &str, &str, Judged<'_>); 6] = [
        (
            "c1",
            "北一组",
            "1001",
            &[
                (PENALTY, Violation),
                (EFFECTIVE, Violation),
                (PROMISE, Pass),
            ],
        ),
        (
            "c2",
            "n1",
            "1001",
            &[(PENALTY, Violation), (EFFECTIVE, Pass), (PROMISE, Pass)],
        ),
        (
            "c3",
            "n2",
            "1002",
            &[
                (PENALTY, CannotJudge),
                (EFFECTIVE, Violation),
                (PROMISE, Pass),
            ],
        ),
        (
            "c4",
            "n2",
            "1002",
            &[(PENALTY, Pass), (EFFECTIVE, Pass), (PROMISE, Violation)],
        ),
        (
            "c5",
            "s1",
            "1003",
            &[
                (PENALTY, Violation),
                (EFFECTIVE, Violation),
                (PROMISE, Violation),
            ],
        ),
        (
            "c6",
            "s1",
            "1003",
            &[(PENALTY, Pass), (EFFECTIVE, Pass), (PROMISE, Pass)],
        ),
    ];
    for (number, (id, unit, agent, judged)) in calls.into_iter().enumerate() {
        fixture.add(&CallSketch {
            id,
            unit,
            agent,
            started_at: first + TimeDelta::hours(number as i64),
            judged,
        });
    }
    fixture
}
