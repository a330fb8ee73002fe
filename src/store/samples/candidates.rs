//! Which calls may be drawn, and what risk each has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rusqlite::Connection;

use super::{SampleRequest, key_items};
use crate::{
    review::{
        period::DayRange,
        sampling::{Candidate, Risk},
        workflow::{Decision, FindingState},
    },
    rules::Severity,
    store::{StoreError, from_json, people},
};

/// An agent is new when the first call is at most so many days old.
const NEW_AGENT_DAYS: u64 = 30;

/// The ids of the calls of these days, with unit and agent, in the order of ids.
pub(in crate::store) fn calls_of(
    connection: &Connection,
    days: DayRange,
    unit: Option<&str>,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let units = people::units(connection)?;
    let labels = unit.map(|unit| {
        let id = units.find(unit).map_or(unit, |unit| unit.id.as_str());
        let mut labels = units.labels_below(id);
        labels.insert(unit.to_owned());
        labels
    });
    let (from, to) = (days.0.to_string(), days.1.to_string());
    let mut statement = connection.prepare_cached(
        "SELECT call_id, coalesce(unit, ''), coalesce(agent_id, '') FROM calls
         WHERE month BETWEEN substr(?1, 1, 7) AND substr(?2, 1, 7)
           AND substr(started_at, 1, 10) BETWEEN ?1 AND ?2 ORDER BY call_id",
    )?;
    let mut rows = statement.query([&from, &to])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        let unit: String = row.get(1)?;
        if labels.as_ref().is_none_or(|labels| labels.contains(&unit)) {
            calls.push((row.get(0)?, unit, row.get(2)?));
        }
    }
    Ok(calls)
}

pub(super) fn candidates(
    connection: &Connection,
    request: &SampleRequest<'_>,
) -> Result<Vec<Candidate>, StoreError> {
    let key = key_items(connection, &request.days.1.format("%Y-%m").to_string())?;
    let new = new_agents(connection, request.days.1)?;
    let repeated = decided_violations(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT v.rule_id, v.outcome, r.severity FROM verdicts v
         JOIN rules r ON r.digest = v.rule_digest
         WHERE v.call_id = ? AND v.outcome IN ('violation', 'cannot-judge')",
    )?;
    let mut candidates = Vec::new();
    for (call_id, unit, agent_id) in calls_of(connection, request.days, request.unit)? {
        let mut risks = BTreeSet::new();
        let mut rows = statement.query([&call_id])?;
        while let Some(row) = rows.next()? {
            let rule: String = row.get(0)?;
            if row.get::<_, String>(1)? == "cannot-judge" {
                risks.insert(Risk::CannotJudge);
                continue;
            }
            let severity: Severity = from_json(&row.get::<_, String>(2)?, "severity", &rule)?;
            if severity <= Severity::Critical {
                risks.insert(Risk::Critical);
            }
            if key.contains(&rule) {
                risks.insert(Risk::KeyItem);
            }
            let elsewhere = repeated
                .get(&(agent_id.clone(), rule))
                .is_some_and(|calls| calls.iter().any(|call| *call != call_id));
            if elsewhere {
                risks.insert(Risk::Repeated);
            }
        }
        if new.contains(&agent_id) {
            risks.insert(Risk::NewAgent);
        }
        candidates.push(Candidate {
            call_id,
            unit,
            agent_id,
            risks,
        });
    }
    Ok(candidates)
}

/// Agents whose first call is recent, if the database reaches back further than that.
fn new_agents(connection: &Connection, last: NaiveDate) -> Result<BTreeSet<String>, StoreError> {
    let since = (last - Days::new(NEW_AGENT_DAYS)).to_string();
    let mut statement = connection.prepare_cached(
        "SELECT agent_id FROM calls WHERE agent_id IS NOT NULL AND started_at IS NOT NULL
         GROUP BY agent_id HAVING substr(min(started_at), 1, 10) > ?1
         AND EXISTS (SELECT 1 FROM calls WHERE substr(started_at, 1, 10) <= ?1)",
    )?;
    let rows = statement.query_map([since], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls with violations that people decided on, by agent and rule.
fn decided_violations(
    connection: &Connection,
) -> Result<BTreeMap<(String, String), Vec<String>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.agent_id, f.rule_id, f.call_id, f.state FROM findings f
         JOIN calls c ON c.call_id = f.call_id
         WHERE f.moves > 0 AND c.agent_id IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let state: String = row.get(3)?;
        let decision = FindingState::parse(&state).and_then(FindingState::decision);
        if decision == Some(Decision::Violation) {
            found
                .entry((row.get(0)?, row.get(1)?))
                .or_default()
                .push(row.get(2)?);
        }
    }
    Ok(found)
}
