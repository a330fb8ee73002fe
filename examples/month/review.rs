//! What people do with the month's findings, drawn: also wrong decisions, appeals, rectifications
//! that are late or fail, spot checks, two calibrations, exemplars.

use std::{cmp::Reverse, collections::BinaryHeap};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeDelta};
use huiting::{
    people::{Person, Role, Unit, UnitLevel, UnitScope, UnitTree},
    review::{
        sampling::DrawSettings,
        workflow::{FindingState, Move, RectificationState, Settings},
    },
    rules::{Outcome, Severity},
    store::{
        Store, StoreError,
        audit::Acting,
        calibrations::{CalibrationError, CalibrationRequest},
        exemplars::ExemplarMove,
        findings::{FindingFilter, FindingRow},
        moves::{MoveRequest, Subject},
        samples::SampleRequest,
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::generate::{Agent, UNITS};

/// Units and people, of whom the reviewer may do most.
pub struct Staff {
    people: Vec<Person>,
}

impl Staff {
    fn person(&self, id: &str) -> &Person {
        let found = self.people.iter().find(|person| person.id == id);
        found.expect("somebody of the staff")
    }
}

fn person(id: &str, name: &str, role: Role, units: UnitScope) -> Person {
    Person {
        id: id.to_owned(),
        name: name.to_owned(),
        role,
        agent_id: None,
        units,
        active: true,
    }
}

pub fn staff(
    store: &mut Store,
    agents: &[Agent],
    at: DateTime<FixedOffset>,
) -> Result<Staff, StoreError> {
    let unit = |id: &str, name: &str, parent: Option<&str>, level| Unit {
        id: id.to_owned(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        level,
    };
    let mut units = vec![
        unit("sd", "山东省公司", None, UnitLevel::Province),
        unit("jinan", "济南分公司", Some("sd"), UnitLevel::Branch),
    ];
    units.push(unit(
        "dianxiao",
        "电话营销中心",
        Some("jinan"),
        UnitLevel::Unit,
    ));
    units.extend(UNITS.map(|(id, name, _)| match id.starts_with("waihu") {
        true => unit(id, name, Some("dianxiao"), UnitLevel::Team),
        false => unit(id, name, Some("jinan"), UnitLevel::Unit),
    }));
    let alone = Acting { by: None, at };
    let tree = UnitTree::new(units).expect("a tree");
    store.import_units(&tree, &alone)?;
    let mut people = vec![
        person("fuhe1", "孟庆华", Role::Reviewer, UnitScope::All),
        person("fuhe2", "曲文静", Role::Reviewer, UnitScope::All),
        person("zhongcai", "姜仲裁", Role::Arbiter, UnitScope::All),
        person("guanli", "高经理", Role::Manager, UnitScope::All),
        person("hegui", "白合规", Role::Compliance, UnitScope::All),
        person("admin", "管理员", Role::Admin, UnitScope::All),
    ];
    for (id, name, _) in UNITS {
        let inspector = person(
            &format!("zj-{id}"),
            &format!("{}质检", name.chars().take(2).collect::<String>()),
            Role::Inspector,
            UnitScope::Within([id.to_owned()].into()),
        );
        people.push(inspector);
    }
    for agent in agents {
        people.push(Person {
            agent_id: Some(agent.id.clone()),
            ..person(
                &format!("zx{}", agent.id),
                &agent.name,
                Role::Agent,
                UnitScope::Within([UNITS[agent.unit].0.to_owned()].into()),
            )
        });
    }
    store.import_people(&people, &alone)?;
    Ok(Staff { people })
}

/// Somebody's turn at a finding.
type Turn = Reverse<(DateTime<FixedOffset>, String)>;

/// How many moves were made, and how many refused.
#[derive(Debug, Default)]
pub struct Done {
    pub moves: u64,
    pub refused: u64,
}

/// People's work on the findings, one at a time in the order of time.
pub struct Work {
    turns: BinaryHeap<Turn>,
    random: StdRng,
    pub done: Done,
}

impl Work {
    /// `share`: of all findings, those that somebody looks at.
    pub fn new(store: &Store, share: f64, seed: u64) -> Result<Work, StoreError> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut turns: BinaryHeap<Turn> = BinaryHeap::new();
        store.for_each_finding(&FindingFilter::default(), |finding| {
            if random.random_bool(share)
                && let Some(at) = finding.started_at.as_deref()
                && let Ok(at) = DateTime::parse_from_rfc3339(at)
            {
                let later = TimeDelta::minutes(random.random_range(600..4000));
                turns.push(Reverse((at + later, finding.finding_id)));
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(Work {
            turns,
            random,
            done: Done::default(),
        })
    }

    /// Goes on until this time.
    pub fn until(
        &mut self,
        store: &mut Store,
        staff: &Staff,
        until: DateTime<FixedOffset>,
    ) -> Result<(), StoreError> {
        while self
            .turns
            .peek()
            .is_some_and(|Reverse((at, _))| *at <= until)
        {
            let Reverse((at, id)) = self.turns.pop().expect("it was there");
            let Some(finding) = store.finding(&id)? else {
                continue;
            };
            let Some(step) = next(&finding, &mut self.random) else {
                continue;
            };
            let acting = Acting {
                by: Some(staff.person(&step.who)),
                at,
            };
            let request = MoveRequest {
                mv: step.mv,
                subject: Subject::Finding(&id),
                reason: step.reason,
                assignee: step.assignee.as_deref(),
                row_key: None,
            };
            match store.make_move_in_batch(&request, &acting, &Settings::default()) {
                Ok(_) => self.done.moves += 1,
                Err(_) => self.done.refused += 1,
            }
            let again = at + TimeDelta::minutes(step.wait);
            self.turns.push(Reverse((again, id)));
        }
        store.note_head()
    }
}

struct Step {
    mv: Move,
    who: String,
    reason: &'static str,
    assignee: Option<String>,
    /// Minutes until somebody looks at it again.
    wait: i64,
}

fn inspector(finding: &FindingRow) -> Option<String> {
    let unit = finding.unit.as_deref()?;
    let (id, ..) = UNITS.iter().find(|(_, name, _)| *name == unit)?;
    Some(format!("zj-{id}"))
}

/// What happens next to a finding, if anything.
fn next(finding: &FindingRow, random: &mut StdRng) -> Option<Step> {
    use FindingState::*;
    let step = |mv, who: &str, reason, wait| {
        Some(Step {
            mv,
            who: who.to_owned(),
            reason,
            assignee: None,
            wait,
        })
    };
    let agent = finding.agent_id.as_ref().map(|id| format!("zx{id}"))?;
    let grave = matches!(finding.severity, Severity::Fatal | Severity::Critical);
    match (finding.position.finding?, finding.position.rectification) {
        (Detected, _) => Some(Step {
            assignee: Some(inspector(finding)?),
            ..step(Move::Assign, "guanli", "", random.random_range(60..1500))?
        }),
        (Assigned, _) => {
            let right = if finding.outcome == Outcome::Violation {
                0.86
            } else {
                0.35
            };
            let who = inspector(finding)?;
            match random.random_bool(right) {
                true => step(Move::Confirm, &who, "", 30),
                false => step(Move::Reject, &who, "听了录音,坐席说清楚了", 30),
            }
        }
        (Confirmed, _) => step(
            Move::Publish,
            &inspector(finding)?,
            "",
            random.random_range(300..2000),
        ),
        (_, RectificationState::Submitted) => match random.random_bool(0.8) {
            true => step(Move::PassRectification, "fuhe1", "", 600),
            false => step(Move::FailRectification, "fuhe1", "仍有一通没有告知", 3000),
        },
        (Published | Acknowledged | Upheld | FinallyUpheld, RectificationState::None)
            if grave && random.random_bool(0.5) =>
        {
            step(
                Move::OpenRectification,
                "fuhe2",
                "",
                random.random_range(2000..30_000),
            )
        }
        (_, RectificationState::Opened) => step(
            Move::SubmitRectification,
            "guanli",
            "已组织学习并抽听三通",
            random.random_range(600..4000),
        ),
        (Published, _) => match random.random_range(0..10) {
            0 | 1 => step(
                Move::Appeal,
                &agent,
                "客户事先已经知道",
                random.random_range(600..3000),
            ),
            2..=7 => step(
                Move::Acknowledge,
                &agent,
                "",
                random.random_range(600..3000),
            ),
            _ => None,
        },
        (Appealed, _) => match random.random_range(0..10) {
            0..=3 => step(Move::Overturn, "fuhe1", "第三句已经告知", 60),
            4 => step(Move::Escalate, "fuhe1", "规则口径待定", 1500),
            _ => step(Move::Uphold, "fuhe2", "", 800),
        },
        (Escalated, _) => match random.random_bool(0.4) {
            true => step(Move::Overturn, "zhongcai", "按省公司口径不算", 60),
            false => step(Move::Uphold, "zhongcai", "", 60),
        },
        (Acknowledged, _) => step(Move::Close, "guanli", "", 60),
        _ => None,
    }
}

/// When the week's spot check is drawn and heard.
pub fn spot_check_time(first_day: NaiveDate, week: u64) -> DateTime<FixedOffset> {
    super::whole::noon(first_day + Days::new(7 * week + 7))
}

/// Draws a spot check for a week and has part of it heard; what a person hears and the machine
/// missed is added.
pub fn spot_check(
    store: &mut Store,
    staff: &Staff,
    first_day: NaiveDate,
    week: u64,
    seed: u64,
) -> Result<u64, StoreError> {
    let mut random = StdRng::seed_from_u64(seed ^ (week << 32));
    let mut heard = 0;
    let from = first_day + Days::new(7 * week);
    let days = (from, from + Days::new(6));
    let period = from.format("%G-W%V").to_string();
    let at = spot_check_time(first_day, week);
    let by = |id: &str| Acting {
        by: Some(staff.person(id)),
        at,
    };
    let sample = store.draw_sample(
        &SampleRequest {
            period: &period,
            days,
            unit: None,
            settings: DrawSettings {
                per_agent: 2,
                random: 0.5,
                seed: seed + week,
            },
            assignees: &[],
        },
        &by("fuhe1"),
    )?;
    for item in store.sample_items(&sample)? {
        if random.random_bool(0.7) {
            hear(store, staff, &sample, &item.call_id, at, &mut random)?;
            heard += 1;
        }
    }
    Ok(heard)
}

fn hear(
    store: &mut Store,
    staff: &Staff,
    sample: &str,
    call_id: &str,
    at: DateTime<FixedOffset>,
    random: &mut StdRng,
) -> Result<(), StoreError> {
    let acting = Acting {
        by: Some(staff.person("fuhe2")),
        at,
    };
    fn make(
        store: &mut Store,
        (mv, subject): (Move, Subject<'_>),
        reason: &str,
        assignee: Option<&str>,
        acting: &Acting<'_>,
    ) {
        let request = MoveRequest {
            mv,
            subject,
            reason,
            assignee,
            row_key: None,
        };
        // What is refused stays as it is: people try such things too.
        let _ = store.make_move_in_batch(&request, acting, &Settings::default());
    }
    for finding in store.findings_of_call(call_id)? {
        let id = &finding.finding_id;
        if finding.position.finding == Some(FindingState::Detected) {
            make(
                store,
                (Move::Assign, Subject::Finding(id)),
                "",
                Some("fuhe2"),
                &acting,
            );
        }
        let mv = match random.random_bool(0.8) {
            true => Move::Confirm,
            false => Move::Reject,
        };
        make(store, (mv, Subject::Finding(id)), "听了录音", None, &acting);
    }
    if random.random_bool(0.08) {
        let subject = Subject::CallRule {
            call_id,
            rule_id: "effective-date",
        };
        make(
            store,
            (Move::AddMissed, subject),
            "没有说何时生效",
            None,
            &acting,
        );
        for finding in store.findings_of_call(call_id)? {
            if finding.position.finding == Some(FindingState::Missed) {
                let confirmed = (Move::Confirm, Subject::Finding(&finding.finding_id));
                make(store, confirmed, "", None, &acting);
            }
        }
    }
    let _ = store.hear(sample, call_id, staff.person("fuhe2"), &acting);
    Ok(())
}

/// When a calibration is held.
pub fn calibration_time(first_day: NaiveDate, round: u64) -> DateTime<FixedOffset> {
    super::whole::noon(first_day + Days::new(27 + round))
}

/// A calibration: three inspectors and an expert, who mostly agree.
pub fn calibration(
    store: &mut Store,
    staff: &Staff,
    first_day: NaiveDate,
    round: u64,
    seed: u64,
) -> Result<(), CalibrationError> {
    let mut random = StdRng::seed_from_u64(seed + round);
    let raters = ["zj-lixia", "zj-shizhong", "zj-waihu1"].map(str::to_owned);
    let at = calibration_time(first_day, round);
    let acting = |id: &str| Acting {
        by: Some(staff.person(id)),
        at,
    };
    let request = CalibrationRequest {
        period: &first_day.format("%Y-%m").to_string(),
        days: (first_day, first_day + Days::new(27)),
        unit: None,
        calls: 8,
        seed: seed + round,
        raters: &raters,
        expert: "fuhe1",
    };
    let id = store.open_calibration(&request, &acting("fuhe1"))?;
    let calls = store.calibrations()?;
    let calls = calls.into_iter().find(|row| row.calibration_id == id);
    for call_id in calls.map(|row| row.calls).unwrap_or_default() {
        let stored = store.call(&call_id)?.expect("it was drawn");
        for verdict in stored.call.verdicts {
            for rater in raters.iter().map(String::as_str).chain(["fuhe1"]) {
                let outcome = match random.random_bool(0.93) {
                    true => verdict.outcome,
                    false => Outcome::CannotJudge,
                };
                let _ = store.judge_in_calibration(
                    &id,
                    (&call_id, &verdict.rule_id),
                    outcome,
                    staff.person(rater),
                    &acting(rater),
                );
            }
        }
    }
    store.close_calibration(&id, &acting("fuhe1"))?;
    Ok(())
}

/// When exemplars are chosen.
pub fn exemplar_time(first_day: NaiveDate) -> DateTime<FixedOffset> {
    super::whole::noon(first_day + Days::new(34))
}

/// Proposes exemplars and releases the first few.
pub fn exemplars(store: &mut Store, staff: &Staff, first_day: NaiveDate) -> Result<(), StoreError> {
    let days = (first_day, first_day + Days::new(34));
    let acting = Acting {
        by: Some(staff.person("fuhe1")),
        at: exemplar_time(first_day),
    };
    store.propose_exemplars(days, None, 2, &acting)?;
    for exemplar in store.exemplars()?.into_iter().take(6) {
        let _ = store.move_exemplar(&exemplar.exemplar_id, ExemplarMove::Release, &acting);
    }
    Ok(())
}
