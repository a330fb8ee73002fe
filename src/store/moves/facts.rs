//! What the check of a move must know, read within the move's transaction.

use rusqlite::{Connection, params};

use super::{MoveError, MoveRequest, Subject};
use crate::{
    people::{Role, UnitTree},
    review::workflow::{Decision, Facts, FindingState, Position},
    rules::{Outcome, Severity},
    store::{
        StoreError,
        findings::{self, FindingRow},
        from_json, people, scores,
    },
};

/// What is known of the call, with the rule as it judges now.
pub(super) struct CallFacts {
    pub(super) call_id: String,
    pub(super) rule_id: String,
    pub(super) rule_digest: String,
    pub(super) machine: Option<Outcome>,
    pub(super) severity: Option<Severity>,
    pub(super) model: String,
    pub(super) recording: String,
    pub(super) unit: Option<String>,
    pub(super) agent_id: Option<String>,
    pub(super) started_at: Option<String>,
}

pub(super) fn subject(
    connection: &Connection,
    subject: Subject<'_>,
) -> Result<(Option<FindingRow>, CallFacts), MoveError> {
    let (finding, call_id, rule_id) = match subject {
        Subject::Finding(id) => {
            let finding = findings::finding(connection, id)?
                .ok_or_else(|| MoveError::UnknownFinding(id.to_owned()))?;
            let (call_id, rule_id) = (finding.call_id.clone(), finding.rule_id.clone());
            (Some(finding), call_id, rule_id)
        }
        Subject::CallRule { call_id, rule_id } => {
            let id = findings::finding_id(call_id, rule_id);
            let finding = findings::finding(connection, &id)?;
            (finding, call_id.to_owned(), rule_id.to_owned())
        }
    };
    let call = call_facts(connection, &call_id, &rule_id, finding.as_ref())?;
    Ok((finding, call))
}

fn call_facts(
    connection: &Connection,
    call_id: &str,
    rule_id: &str,
    finding: Option<&FindingRow>,
) -> Result<CallFacts, MoveError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.model, c.recording, c.unit, c.agent_id, c.started_at, v.rule_digest, v.outcome,
                r.severity
         FROM calls c LEFT JOIN verdicts v ON v.call_id = c.call_id AND v.rule_id = ?2
         LEFT JOIN rules r ON r.digest = coalesce(v.rule_digest, ?3)
         WHERE c.call_id = ?1",
    )?;
    let old_digest = finding.map(|finding| finding.rule_digest.as_str());
    let mut rows = statement.query(params![call_id, rule_id, old_digest])?;
    let row = rows
        .next()?
        .ok_or_else(|| MoveError::UnknownCall(call_id.to_owned()))?;
    let digest: Option<String> = row.get(5)?;
    let outcome: Option<String> = row.get(6)?;
    let severity: Option<String> = row.get(7)?;
    let rule_digest = digest.or_else(|| old_digest.map(str::to_owned));
    Ok(CallFacts {
        call_id: call_id.to_owned(),
        rule_id: rule_id.to_owned(),
        rule_digest: rule_digest.ok_or_else(|| MoveError::UnknownRule {
            call: call_id.to_owned(),
            rule: rule_id.to_owned(),
        })?,
        machine: outcome.as_deref().and_then(scores::outcome_of),
        severity: severity
            .map(|text| from_json(&text, "severity", rule_id))
            .transpose()?,
        model: row.get(0)?,
        recording: row.get(1)?,
        unit: row.get(2)?,
        agent_id: row.get(3)?,
        started_at: row.get(4)?,
    })
}

pub(super) fn facts(
    connection: &Connection,
    finding: Option<&FindingRow>,
    call: &CallFacts,
) -> Result<Facts, StoreError> {
    let grave = matches!(call.severity, Some(Severity::Fatal | Severity::Critical));
    Ok(Facts {
        position: finding.map_or(Position::NOTHING, |finding| finding.position),
        unit: call.unit.clone(),
        agent_id: call.agent_id.clone(),
        assignee: finding.and_then(|finding| finding.assignee.clone()),
        decided_by: finding.and_then(|finding| finding.decided_by.clone()),
        submitted_by: finding.and_then(|finding| finding.submitted_by.clone()),
        appeal_until: finding.and_then(|finding| finding.appeal_until),
        grave_or_repeated: grave || is_repeated(connection, call)?,
    })
}

/// Whether the same agent broke the same rule on another call, and people said so.
fn is_repeated(connection: &Connection, call: &CallFacts) -> Result<bool, StoreError> {
    let Some(agent_id) = &call.agent_id else {
        return Ok(false);
    };
    let mut statement = connection.prepare_cached(
        "SELECT f.state FROM calls c JOIN findings f ON f.call_id = c.call_id
         WHERE c.agent_id = ?1 AND f.rule_id = ?2 AND f.call_id <> ?3",
    )?;
    let mut rows = statement.query([agent_id, &call.rule_id, &call.call_id])?;
    while let Some(row) = rows.next()? {
        let state: String = row.get(0)?;
        let decision = FindingState::parse(&state).and_then(FindingState::decision);
        if decision == Some(Decision::Violation) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn assignee(
    connection: &Connection,
    request: &MoveRequest<'_>,
    facts: &Facts,
    units: &UnitTree,
) -> Result<String, MoveError> {
    let id = request.assignee.ok_or(MoveError::NoAssignee)?;
    let person =
        people::person(connection, id)?.ok_or_else(|| MoveError::UnknownPerson(id.to_owned()))?;
    let fits = person.active
        && matches!(person.role, Role::Inspector | Role::Reviewer)
        && person.sees(units, facts.unit.as_deref(), facts.agent_id.as_deref());
    if fits {
        Ok(person.id)
    } else {
        Err(MoveError::Assignee(id.to_owned()))
    }
}
