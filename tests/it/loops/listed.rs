//! Rows of call lists in whatever order, again and changed: what is counted beforehand is what the
//! rows say, now and looking back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use huiting::{
    call::{CallMetadata, Direction},
    reports::{FunnelSteps, FunnelSums, Known, LONG_TALK_SECONDS},
    rules::Outcome,
    store::{Store, coverage::ListedRow, monthly::ReportScope},
};
use proptest::prelude::*;

use super::fixture::{CallSketch, Fixture, PENALTY, time};

const FILES: [&str; 4] = ["a.wav", "b.wav", "c.wav", "d.wav"];
const CALLS: [Option<&str>; 4] = [None, Some("c1"), Some("c2"), Some("c3")];
const UNITS: [Option<&str>; 3] = [None, Some("北一组"), Some("南一组")];
const TALKS: [Option<&str>; 4] = [None, Some("0"), Some("18"), Some("19")];
const ANSWERS: [Option<&str>; 3] = [None, Some("是"), Some("否")];

/// The database counts by a limit of its own.
const _: () = assert!(LONG_TALK_SECONDS == 18);

/// One thing that happens: a row is read, or a call is judged.
#[derive(Clone, Debug)]
enum Step {
    Listed(Box<ListedRow>),
    Judged(usize),
}

fn any_row() -> impl Strategy<Value = ListedRow> {
    let of = (
        0..FILES.len(),
        0..CALLS.len(),
        0..UNITS.len(),
        prop::option::of(0u8..2),
        prop::option::weighted(0.9, 0i64..80),
    );
    let contact = (
        prop::bool::weighted(0.8),
        0..ANSWERS.len(),
        0..TALKS.len(),
        0..ANSWERS.len(),
        0..ANSWERS.len(),
        any::<bool>(),
    );
    (of, contact).prop_map(|(of, contact)| {
        let (file, call, unit, agent, hours) = of;
        let (outbound, connected, talk, converted, ordered, found) = contact;
        let fields = [
            ("接通", ANSWERS[connected]),
            ("通话时长", TALKS[talk]),
            ("转化", ANSWERS[converted]),
            ("开通状态", ANSWERS[ordered]),
            ("话术", agent.map(|_| "甲")),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let direction = match outbound {
            true => Direction::Outbound,
            false => Direction::Inbound,
        };
        ListedRow {
            file: FILES[file].into(),
            call_id: CALLS[call].map(str::to_owned),
            metadata: CallMetadata {
                agent_id: agent.map(|agent| format!("100{agent}")),
                unit: UNITS[unit].map(str::to_owned),
                direction: Some(direction),
                // Some in September.
                started_at: hours
                    .map(|hours| time("2026-09-30T08:00:00+08:00") + TimeDelta::hours(hours)),
                fields: fields.collect(),
                ..CallMetadata::default()
            },
            found,
        }
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any_row().prop_map(|row| Step::Listed(Box::new(row))),
        1 => (1..CALLS.len()).prop_map(Step::Judged),
    ]
}

/// By unit and agent: calls, days and steps.
type Agents = BTreeMap<(Option<String>, Option<String>), (u64, u64, FunnelSteps)>;

/// What the rows known and the calls judged say, counted one by one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    listed: u64,
    missing: u64,
    unanswered: u64,
    unlisted: u64,
    agents: Agents,
    scripts: BTreeMap<Option<String>, (u64, FunnelSteps)>,
    hours: BTreeMap<Option<String>, (u64, FunnelSteps)>,
}

fn counted(rows: &[&ListedRow], judged: &BTreeSet<&str>, units: Option<&str>) -> Counted {
    let mut all = Counted::default();
    let mut days: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let metadata = &row.metadata;
        let Some(at) = metadata
            .started_at
            .filter(|at| at.format("%Y-%m").to_string() == "2026-10")
        else {
            continue;
        };
        if units.is_some() && metadata.unit.as_deref() != units {
            continue;
        }
        let yes = |name: &str| Some(metadata.fields.get(name)? == "是");
        let talk: Option<u64> = metadata
            .fields
            .get("通话时长")
            .map(|talk| talk.parse().expect("seconds"));
        let connected = yes("接通").or(talk.map(|talk| talk > 0));
        all.listed += 1;
        all.missing += u64::from(!row.found && connected != Some(false));
        all.unanswered += u64::from(connected == Some(false));
        if metadata.direction != Some(Direction::Outbound) {
            continue;
        }
        let known = |among: bool, what: Option<bool>| Known {
            known: u64::from(among && what.is_some()),
            so: u64::from(among && what == Some(true)),
        };
        let answered = connected == Some(true);
        let converted = answered && yes("转化") == Some(true);
        let steps = FunnelSteps {
            connected: known(true, connected),
            long_talk: known(answered, talk.map(|talk| talk > 18)),
            converted: known(answered, yes("转化")),
            ordered: known(converted, yes("开通状态")),
        };
        let add = |sums: &mut FunnelSteps| {
            let pairs = [
                (&mut sums.connected, steps.connected),
                (&mut sums.long_talk, steps.long_talk),
                (&mut sums.converted, steps.converted),
                (&mut sums.ordered, steps.ordered),
            ];
            for (sum, one) in pairs {
                sum.known += one.known;
                sum.so += one.so;
            }
        };
        let key = (metadata.unit.clone(), metadata.agent_id.clone());
        days.entry(key.clone())
            .or_default()
            .insert(at.date_naive().to_string());
        let agent = all.agents.entry(key.clone()).or_default();
        agent.0 += 1;
        agent.1 = days[&key].len() as u64;
        add(&mut agent.2);
        let script = metadata.fields.get("话术").cloned();
        let hour = Some(at.format("%-H").to_string());
        for (groups, name) in [(&mut all.scripts, script), (&mut all.hours, hour)] {
            let group = groups.entry(name).or_default();
            group.0 += 1;
            add(&mut group.1);
        }
    }
    // Calls are judged in one unit, in October.
    if units.is_none_or(|unit| unit == "北一组") {
        let named: BTreeSet<&str> = rows
            .iter()
            .filter_map(|row| row.call_id.as_deref())
            .collect();
        all.unlisted = judged.difference(&named).count() as u64;
    }
    all
}

fn of_store(store: &Store, units: Option<&str>) -> Counted {
    let scope = ReportScope {
        month: "2026-10".into(),
        units: units.map(|unit| vec![unit.to_owned()]),
    };
    let coverage = store.coverage(&scope).expect("counted");
    let facts = store.funnel_facts(&scope).expect("counted");
    let groups = |sums: Vec<FunnelSums>| {
        let groups = sums.into_iter();
        groups
            .map(|one| (one.group, (one.dialled, one.steps)))
            .collect()
    };
    Counted {
        listed: coverage.listed,
        missing: coverage.missing,
        unanswered: coverage.unanswered,
        unlisted: coverage.unlisted,
        agents: facts
            .agents
            .into_iter()
            .map(|one| ((one.unit, one.group), (one.dialled, one.days, one.steps)))
            .collect(),
        scripts: groups(facts.scripts),
        hours: groups(facts.hours),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counted_beforehand_is_what_the_rows_say(steps in prop::collection::vec(any_step(), 1..24)) {
        let mut fixture = Fixture::new();
        let first: DateTime<Utc> = time("2026-11-01T08:00:00+08:00").to_utc();
        let half = steps.len() / 2;
        let mut rows: BTreeMap<&str, (usize, &ListedRow)> = BTreeMap::new();
        let mut judged: BTreeMap<&str, usize> = BTreeMap::new();
        for (step, minute) in steps.iter().zip(0..) {
            let at = first + TimeDelta::minutes(minute);
            match step {
                Step::Listed(row) => {
                    let again = [(**row).clone()];
                    fixture.store.remember_listed(again, at).expect("kept");
                    let known = rows.entry(&row.file).or_insert((minute as usize, row));
                    // A row that is read again keeps the time at which it was first.
                    known.1 = row;
                }
                Step::Judged(call) => {
                    let id = CALLS[*call].expect("a call");
                    fixture.add(&CallSketch {
                        id,
                        unit: "北一组",
                        agent: "1000",
                        started_at: time("2026-10-12T09:00:00+08:00"),
                        judged: &[(PENALTY, Outcome::Violation)],
                    });
                    fixture.sql(&format!(
                        "UPDATE calls SET added_at = '{}' WHERE call_id = '{id}'",
                        at.format("%Y-%m-%dT%H:%M:%SZ")
                    ));
                    judged.insert(id, minute as usize);
                }
            }
        }
        for units in [None, Some("北一组")] {
            let known: Vec<&ListedRow> = rows.values().map(|(_, row)| *row).collect();
            let calls = judged.keys().copied().collect();
            prop_assert_eq!(of_store(&fixture.store, units), counted(&known, &calls, units));
        }
        let then = first + TimeDelta::minutes(half as i64);
        fixture.store.as_of(&then.format("%Y-%m-%dT%H:%M:%SZ").to_string()).expect("looks back");
        for units in [None, Some("北一组")] {
            let known = rows.values().filter(|(minute, _)| *minute <= half).map(|(_, row)| *row);
            let known: Vec<&ListedRow> = known.collect();
            let calls = judged.iter().filter(|(_, minute)| **minute <= half).map(|(id, _)| *id);
            prop_assert_eq!(of_store(&fixture.store, units), counted(&known, &calls.collect(), units));
        }
    }
}
