//! Whatever is done in whatever order: the chain holds, the scores are those that the log gives,
//! and nobody acts outside role or unit.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use huiting::{
    people::{Person, Role, UnitScope},
    review::workflow::{FindingState, Move, Position, Settings},
    rules::Outcome,
    store::{
        StoreError,
        audit::{Acting, AuditFilter},
        moves::{MoveError, MoveRequest, Subject},
    },
};
use proptest::prelude::*;

use super::fixture::{
    CallSketch, EFFECTIVE, Fixture, PENALTY, PROMISE, people, small, time, units,
};

const CALLS: [&str; 6] = ["c1", "c2", "c3", "c4", "c5", "c6"];
const RULES: [&str; 3] = [EFFECTIVE, PROMISE, PENALTY];

/// One try: move, person, call, rule, to whom, with a reason, hours later.
type Try = (usize, usize, usize, usize, usize, bool, u8);

fn any_try() -> impl Strategy<Value = Try> {
    (
        0..Move::ALL.len(),
        0..people().len(),
        0..CALLS.len(),
        0..RULES.len(),
        0..people().len(),
        prop::bool::weighted(0.85),
        0u8..60,
    )
}

/// Half of the tries are led along the loop, or few would come far.
fn likely(position: Option<Position>) -> Option<(Move, &'static [&'static str])> {
    use FindingState::*;
    Some(match position?.finding? {
        Detected => (Move::Assign, &["li", "zhou"]),
        Assigned | Missed => (Move::Confirm, &["li", "zhou"]),
        Confirmed => (Move::Publish, &["li", "zhou"]),
        Published => (Move::Appeal, &["a1", "a2", "a3"]),
        Appealed => (Move::Escalate, &["li", "zhou"]),
        Escalated => (Move::Overturn, &["chen"]),
        Upheld => (Move::Escalate, &["a1", "a2", "a3"]),
        _ => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_moves(tries in prop::collection::vec((any_try(), any::<bool>()), 20..80)) {
        let mut fixture = small();
        let everybody = people();
        let mut now = time("2026-10-20T09:00:00+08:00");
        let mut made = 0;
        for ((mv, person, call, rule, to, reason, hours), led) in tries {
            now += TimeDelta::hours(i64::from(hours));
            let (call, rule) = (CALLS[call], RULES[rule]);
            let id = huiting::store::findings::finding_id(call, rule);
            let position = fixture.store.finding(&id).expect("read").map(|f| f.position);
            let (mv, person) = match likely(position).filter(|_| led) {
                Some((mv, who)) => {
                    let id = who[person % who.len()];
                    (mv, everybody.iter().find(|p| p.id == id).expect("there"))
                }
                None => (Move::ALL[mv], &everybody[person]),
            };
            let request = MoveRequest {
                mv,
                subject: Subject::CallRule { call_id: call, rule_id: rule },
                reason: if reason || led { "听过,号码13800138000" } else { "" },
                // A reviewer who sees everything, where the try is to succeed.
                assignee: Some(if led { "zhou" } else { &everybody[to].id }),
                row_key: None,
            };
            let acting = Acting { by: Some(person), at: now };
            match fixture.store.make_move(&request, &acting, &Settings::default()) {
                Ok(moved) => {
                    made += 1;
                    prop_assert_eq!(moved.finding_id, id);
                }
                Err(MoveError::Store(error)) => panic!("{error}"),
                Err(_) => {}
            }
        }
        prop_assert!(made > 0, "no try was a move");
        check_everything(&fixture, made);
    }
}

/// The chain, the scores by an independent count, and who did what.
fn check_everything(fixture: &Fixture, made: u64) {
    let verified = fixture.store.verify_audit(None).expect("read");
    assert_eq!(verified.faults, []);
    assert_eq!(verified.file, Some(verified.head.clone()));
    assert_eq!(fixture.store.deviations().expect("read"), []);
    let mut states: BTreeMap<String, FindingState> = BTreeMap::new();
    let mut rows = 0;
    fixture
        .store
        .for_each_entry(&AuditFilter::default(), |row| {
            let entry = row.entry;
            assert!(!entry.reason.contains("13800138000"), "{}", entry.reason);
            if entry.subject_kind == "finding" {
                rows += 1;
                let after = Position::parse(&entry.after).and_then(|position| position.finding);
                states.insert(entry.subject.clone(), after.expect("a state"));
                check_actor(fixture, &entry.actor, &entry.subject, &entry.action);
            }
            Ok::<_, StoreError>(())
        })
        .expect("read");
    assert_eq!(rows, made, "a move is not in the log, or twice");
    for call in CALLS {
        check_score(fixture, call, &states);
    }
}

/// Who may do what, written a second time; and whose calls they are.
fn check_actor(fixture: &Fixture, actor: &str, finding: &str, action: &str) {
    let everybody = people();
    let person: &Person = everybody.iter().find(|p| p.id == actor).expect("known");
    let row = fixture
        .store
        .finding(finding)
        .expect("read")
        .expect("there");
    let mine = match person.role {
        Role::Agent => person.agent_id == row.agent_id,
        _ => match &person.units {
            UnitScope::All => true,
            UnitScope::Within(given) => {
                let tree = units();
                let unit = tree
                    .find(row.unit.as_deref().expect("known"))
                    .expect("known");
                tree.line(&unit.id)
                    .iter()
                    .any(|above| given.contains(&above.id))
            }
        },
    };
    assert!(mine, "{actor} did {action} outside of their units");
    let may: &[&str] = match person.role {
        Role::Inspector => &[
            "assign",
            "confirm",
            "reject",
            "add-missed",
            "publish",
            "close",
            "pass-rectification",
            "fail-rectification",
        ],
        Role::Reviewer => &[
            "assign",
            "confirm",
            "reject",
            "add-missed",
            "publish",
            "close",
            "uphold",
            "overturn",
            "escalate",
            "open-rectification",
            "pass-rectification",
            "fail-rectification",
        ],
        Role::Arbiter => &["uphold", "overturn"],
        Role::Agent => &["acknowledge", "appeal", "escalate", "submit-rectification"],
        Role::Manager => &[
            "assign",
            "close",
            "open-rectification",
            "submit-rectification",
        ],
        Role::Compliance | Role::Admin => &[],
    };
    assert!(may.contains(&action), "{:?} did {action}", person.role);
}

/// The points of the three rules: two critical ones at 20, a minor one at 5.
fn check_score(fixture: &Fixture, call: &str, states: &BTreeMap<String, FindingState>) {
    let stored = fixture.store.call(call).expect("read").expect("there");
    let (mut points, mut critical) = (100, false);
    let (mut decided, mut open) = (0, 0);
    for verdict in &stored.call.verdicts {
        let id = huiting::store::findings::finding_id(call, &verdict.rule_id);
        let state = states.get(&id).copied();
        use FindingState::*;
        let said = match state {
            Some(FalseHit | Overturned | FinallyOverturned) => Some(false),
            None | Some(Detected | Assigned | Missed) => None,
            Some(_) => Some(true),
        };
        decided += u32::from(said.is_some());
        let finding = fixture.store.finding(&id).expect("read");
        open += u32::from(
            finding.is_some() && (said.is_none() || matches!(state, Some(Appealed | Escalated))),
        );
        if said.unwrap_or(verdict.outcome == Outcome::Violation) {
            critical |= verdict.rule_id != EFFECTIVE;
            points -= if verdict.rule_id == EFFECTIVE { 5 } else { 20 };
        }
    }
    let found = fixture.store.final_score(call).expect("read");
    assert_eq!(
        found,
        fixture.store.recomputed_score(call).expect("computed")
    );
    match found {
        None => assert_eq!(decided, 0),
        Some(found) => {
            assert_eq!((found.decided, found.pending), (decided, open), "{call}");
            assert_eq!(found.score.points, points, "{call}");
            assert_eq!(found.score.qualified, points >= 85 && !critical, "{call}");
            assert_eq!(found.basis.as_str() == "final", open == 0, "{call}");
        }
    }
}

fn make(
    fixture: &mut Fixture,
    who: &str,
    mv: Move,
    call: &str,
    rule: &str,
) -> Result<(), MoveError> {
    let everybody = people();
    let person = everybody.iter().find(|p| p.id == who).expect("known");
    let request = MoveRequest {
        mv,
        subject: Subject::CallRule {
            call_id: call,
            rule_id: rule,
        },
        reason: "听过",
        assignee: Some("sun"),
        row_key: None,
    };
    let acting = Acting {
        by: Some(person),
        at: time("2026-10-20T09:00:00+08:00"),
    };
    fixture
        .store
        .make_move(&request, &acting, &Settings::default())
        .map(|_| ())
}

#[test]
fn judging_again_leaves_decisions_and_changes_what_nobody_touched() {
    use Outcome::{Pass, Violation};
    let mut fixture = small();
    make(&mut fixture, "li", Move::Assign, "c1", PENALTY).expect("assigned");
    make(&mut fixture, "sun", Move::Reject, "c1", PENALTY).expect("rejected");
    make(&mut fixture, "li", Move::AddMissed, "c1", PROMISE).expect("added");
    make(&mut fixture, "li", Move::Confirm, "c1", PROMISE).expect("confirmed");
    let states = |fixture: &Fixture| -> Vec<String> {
        let findings = fixture.store.findings_of_call("c1").expect("read");
        findings
            .iter()
            .map(|f| format!("{} {} {}", f.rule_id, f.position.code(), f.outcome.as_str()))
            .collect()
    };
    assert_eq!(
        states(&fixture),
        [
            "effective-date detected violation",
            "false-promise confirmed pass",
            "penalty-disclosure false-hit violation",
        ]
    );
    let score = |fixture: &Fixture| {
        let found = fixture
            .store
            .final_score("c1")
            .expect("read")
            .expect("restated");
        (found.score.points, found.basis.as_str())
    };
    assert_eq!(score(&fixture), (75, "machine"));
    // Another set of rules: the untouched finding goes, the decided ones stay.
    let sketch = CallSketch {
        id: "c1",
        unit: "北一组",
        agent: "1001",
        started_at: time("2026-10-12T09:00:00+08:00"),
        judged: &[
            (PENALTY, Violation),
            (EFFECTIVE, Pass),
            (PROMISE, Violation),
        ],
    };
    fixture.judge_again(&sketch);
    assert_eq!(
        states(&fixture),
        [
            "false-promise confirmed pass",
            "penalty-disclosure false-hit violation",
        ]
    );
    assert_eq!(score(&fixture), (80, "final"));
    // The rules were retired: the confirmed violation still counts.
    fixture.judge_again(&CallSketch {
        judged: &[(EFFECTIVE, Violation)],
        ..sketch
    });
    assert_eq!(score(&fixture), (75, "machine"));
    assert_eq!(fixture.store.deviations().expect("read"), []);
}

#[test]
fn a_database_from_before_the_loop_gets_its_findings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("old.db");
    let db = rusqlite::Connection::open(&path).expect("made");
    db.execute_batch(include_str!("../../../src/store/migrations/0001_first.sql"))
        .expect("the first schema");
    db.execute_batch(
        "INSERT INTO models VALUES ('model', 'demo');
         INSERT INTO recordings VALUES ('recording', 'WAV', 'PCM', 8000, 2, 1000, 0);
         INSERT INTO rules VALUES ('digest', 'quota', '溢出资费', 'quota', '\"critical\"', 1, '[]', '');
         INSERT INTO rules VALUES ('other', 'term', '违约金', 'term', '\"critical\"', 1, '[]', '');
         INSERT INTO calls VALUES ('c', 'recording', 'c.wav', 'model', 'rules', 'card', '{}',
             NULL, NULL, NULL, NULL, 80, 0, 0, '[]');
         INSERT INTO verdicts VALUES ('c', 'quota', 'digest', 'violation', '[]', '[]', '{}');
         INSERT INTO verdicts VALUES ('c', 'term', 'other', 'pass', '[]', '[]', '{}');
         PRAGMA user_version = 1;",
    )
    .expect("an old database");
    drop(db);
    let store = huiting::store::Store::open(&path).expect("brought up to date");
    let findings = store.findings_of_call("c").expect("read");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule_id, "quota");
    assert_eq!(findings[0].position.code(), "detected");
}
