//! Moves: checked, made, noted in the log and felt in scores and reports, all in one transaction.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    lang::{Lang, Say},
    people::Person,
    review::workflow::{
        Act, Facts, FindingState, Move, Position, RectificationState, Refusal, Settings, check,
    },
    rules::{Outcome, Severity},
    store::{
        Store, StoreError,
        audit::{self, Acting, Note, utc_text},
        findings::{self, FindingRow, NewFinding, Origin},
        people, scores,
    },
};

/// Which finding a move is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    Finding(&'a str),
    /// The only way to name a finding that is not there yet.
    CallRule {
        call_id: &'a str,
        rule_id: &'a str,
    },
}

/// A move that somebody wants to make.
#[derive(Clone, Copy, Debug)]
pub struct MoveRequest<'a> {
    pub mv: Move,
    pub subject: Subject<'a>,
    pub reason: &'a str,
    /// To whom; only for `Move::Assign`.
    pub assignee: Option<&'a str>,
    /// The row of a batch that this is: what was done under it before is not done again.
    pub row_key: Option<&'a str>,
}

/// A move that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub finding_id: String,
    pub position: Position,
    /// In the log.
    pub seq: u64,
    /// Reports that are superseded by it.
    pub superseded: Vec<String>,
    /// The batch's row had been done before; nothing was done now.
    pub before: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("no person {0}")]
    UnknownPerson(String),
    #[error("no finding {0}")]
    UnknownFinding(String),
    #[error("no call {0}")]
    UnknownCall(String),
    #[error("rule {rule} did not judge call {call}")]
    UnknownRule { call: String, rule: String },
    #[error("{0} cannot be given findings to decide")]
    Assignee(String),
    #[error("to whom?")]
    NoAssignee,
}

impl From<rusqlite::Error> for MoveError {
    fn from(cause: rusqlite::Error) -> MoveError {
        MoveError::Store(StoreError::Database(cause))
    }
}

impl Say for MoveError {
    fn say(&self, lang: Lang) -> String {
        match self {
            MoveError::Store(error) => error.say(lang),
            MoveError::Refused(refusal) => refusal.say(lang),
            MoveError::UnknownPerson(id) => lang.pick(
                format!("没有人员 {id}。看有哪些人:huiting people list"),
                format!("there is no person {id}. See who there is: huiting people list"),
            ),
            MoveError::UnknownFinding(id) => lang.pick(
                format!("没有问题单 {id}。看有哪些:huiting review queue;也可以写成 通话编号:规则"),
                format!("there is no finding {id}. See which there are: huiting review queue; CALL:RULE names one too"),
            ),
            MoveError::UnknownCall(id) => {
                let id = crate::text::mask(id);
                lang.pick(
                    format!("库里没有编号为 {id} 的通话。看有哪些:huiting list"),
                    format!("there is no call {id} in the database. See which there are: huiting list"),
                )
            }
            MoveError::UnknownRule { rule, .. } => lang.pick(
                format!("这通电话没有判过规则 {rule}。看有哪些规则:huiting rules list"),
                format!("rule {rule} did not judge this call. See which rules there are: huiting rules list"),
            ),
            MoveError::Assignee(id) => lang.pick(
                format!("{id} 不能处理这张问题单:要是在岗、且管得到这个单位的质检员或复核员"),
                format!("{id} cannot decide this finding: it takes an active inspector or reviewer with this unit"),
            ),
            MoveError::NoAssignee => lang.pick(
                "请写明分派给谁:--to 人员编号".to_owned(),
                "say to whom: --to PERSON".to_owned(),
            ),
        }
    }
}

impl Store {
    /// Makes a move, if it may be made: effect, scores, superseded reports and the row in the log
    /// are one transaction.
    ///
    /// # Errors
    /// When somebody or something is unknown, or the move is refused; then nothing is changed.
    pub fn make_move(
        &mut self,
        request: &MoveRequest<'_>,
        acting: &Acting<'_>,
        settings: &Settings,
    ) -> Result<Moved, MoveError> {
        let moved = self.make_move_in_batch(request, acting, settings)?;
        self.note_head()?;
        Ok(moved)
    }

    /// As `make_move`, but leaves it to the caller to note the head (`note_head`) at the end.
    ///
    /// # Errors
    /// As `make_move`.
    pub fn make_move_in_batch(
        &mut self,
        request: &MoveRequest<'_>,
        acting: &Acting<'_>,
        settings: &Settings,
    ) -> Result<Moved, MoveError> {
        self.writing(|transaction| make(transaction, request, acting, settings))
    }
}

fn make(
    connection: &Connection,
    request: &MoveRequest<'_>,
    acting: &Acting<'_>,
    settings: &Settings,
) -> Result<Moved, MoveError> {
    let person = current_person(connection, acting)?;
    let acting = &Acting {
        by: Some(&person),
        at: acting.at,
    };
    let (finding, call) = subject(connection, request.subject)?;
    let id = findings::finding_id(&call.call_id, &call.rule_id);
    if let Some(moved) = done_before(connection, request, &id, finding.as_ref())? {
        return Ok(moved);
    }
    let facts = facts(connection, finding.as_ref(), &call)?;
    let units = people::units(connection)?;
    let act = Act {
        mv: request.mv,
        by: &person,
        at: acting.utc(),
        reason: request.reason,
    };
    let after = check(&act, &facts, &units)?;
    let assignee = match request.mv {
        Move::Assign => Some(assignee(connection, request, &facts, &units)?),
        Move::AddMissed => Some(person.id.clone()),
        _ => None,
    };
    if finding.is_none() {
        let machine = call.machine.unwrap_or(Outcome::NotApplicable);
        findings::insert(
            connection,
            &NewFinding {
                call_id: &call.call_id,
                rule_id: &call.rule_id,
                origin: Origin::Person,
                outcome: machine,
                rule_digest: &call.rule_digest,
                model: &call.model,
                recording: &call.recording,
                state: FindingState::Missed,
            },
        )?;
    }
    let superseded = match request.mv {
        Move::Overturn => reports_with(connection, &call, &units)?,
        _ => Vec::new(),
    };
    let mut details = serde_json::Map::new();
    if let Some(to) = assignee.as_deref().filter(|_| request.mv == Move::Assign) {
        details.insert("to".into(), to.into());
    }
    if !superseded.is_empty() {
        details.insert("superseded".into(), superseded.clone().into());
    }
    let seq = audit::append(
        connection,
        acting,
        &Note {
            action: request.mv.as_str(),
            subject_kind: "finding",
            subject: &id,
            before: facts.position.code(),
            after: after.code(),
            reason: request.reason,
            rule_digest: &call.rule_digest,
            model: &call.model,
            details: if details.is_empty() {
                serde_json::Value::Null
            } else {
                details.into()
            },
        },
    )?;
    let effect = Effect {
        id: &id,
        after,
        by: &person.id,
        at: acting.utc(),
        assignee: assignee.as_deref(),
        seq,
    };
    effect.apply(connection, request.mv, settings)?;
    for report in &superseded {
        connection
            .prepare_cached(
                "UPDATE issued_reports SET superseded_at = ?, superseded_seq = ?, superseded_why = ?
                 WHERE report_id = ? AND superseded_at IS NULL",
            )?
            .execute(params![utc_text(acting.utc()), seq as i64, id, report])?;
    }
    scores::restate(connection, &call.call_id)?;
    if let Some(key) = request.row_key {
        connection
            .prepare_cached("INSERT OR REPLACE INTO batch_rows VALUES (?, ?, ?)")?
            .execute(params![key, id, seq as i64])?;
    }
    Ok(Moved {
        finding_id: id,
        position: after,
        seq,
        superseded,
        before: false,
    })
}

/// The person as the database knows them now: role and units may have changed since.
fn current_person(connection: &Connection, acting: &Acting<'_>) -> Result<Person, MoveError> {
    let id = acting.name();
    people::person(connection, id)?.ok_or_else(|| MoveError::UnknownPerson(id.to_owned()))
}

/// A batch's row that was done already, unless something was done to the finding since: then the
/// row means a new move.
fn done_before(
    connection: &Connection,
    request: &MoveRequest<'_>,
    id: &str,
    finding: Option<&FindingRow>,
) -> Result<Option<Moved>, StoreError> {
    let (Some(key), Some(finding)) = (request.row_key, finding) else {
        return Ok(None);
    };
    let seq: Option<i64> = connection
        .prepare_cached("SELECT seq FROM batch_rows WHERE row_key = ? AND finding_id = ?")?
        .query_row([key, id], |row| row.get(0))
        .optional()?;
    Ok(seq
        .filter(|&seq| seq as u64 == finding.last_seq)
        .map(|seq| Moved {
            finding_id: id.to_owned(),
            position: finding.position,
            seq: seq as u64,
            superseded: Vec::new(),
            before: true,
        }))
}

/// What is known of the call, with the rule as it judges now.
struct CallFacts {
    call_id: String,
    rule_id: String,
    rule_digest: String,
    machine: Option<Outcome>,
    severity: Option<Severity>,
    model: String,
    recording: String,
    unit: Option<String>,
    agent_id: Option<String>,
    started_at: Option<String>,
}

fn subject(
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
            .map(|text| crate::store::from_json(&text, "severity", rule_id))
            .transpose()?,
        model: row.get(0)?,
        recording: row.get(1)?,
        unit: row.get(2)?,
        agent_id: row.get(3)?,
        started_at: row.get(4)?,
    })
}

fn facts(
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
        if decision == Some(crate::review::workflow::Decision::Violation) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn assignee(
    connection: &Connection,
    request: &MoveRequest<'_>,
    facts: &Facts,
    units: &crate::people::UnitTree,
) -> Result<String, MoveError> {
    use crate::people::Role;
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

/// Issued reports whose days and unit hold the call.
fn reports_with(
    connection: &Connection,
    call: &CallFacts,
    units: &crate::people::UnitTree,
) -> Result<Vec<String>, StoreError> {
    let Some(day) = call.started_at.as_ref().and_then(|at| at.get(..10)) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT report_id, unit FROM issued_reports
         WHERE superseded_at IS NULL AND from_day <= ?1 AND to_day >= ?1 ORDER BY report_id",
    )?;
    let mut rows = statement.query([day])?;
    let line: Vec<&str> = call
        .unit
        .as_deref()
        .and_then(|unit| units.find(unit))
        .map(|unit| {
            units
                .line(&unit.id)
                .iter()
                .map(|unit| unit.id.as_str())
                .collect()
        })
        .unwrap_or_default();
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        let unit: Option<String> = row.get(1)?;
        if unit.is_none_or(|unit| line.contains(&unit.as_str())) {
            reports.push(row.get(0)?);
        }
    }
    Ok(reports)
}

/// What a move leaves in the finding's row.
struct Effect<'a> {
    id: &'a str,
    after: Position,
    by: &'a str,
    at: DateTime<Utc>,
    assignee: Option<&'a str>,
    seq: u64,
}

impl Effect<'_> {
    fn apply(
        &self,
        connection: &Connection,
        mv: Move,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        let state = self.after.finding.unwrap_or(FindingState::Missed);
        connection
            .prepare_cached(
                "UPDATE findings SET state = ?2, rectification = ?3, moves = moves + 1,
                 last_seq = ?4, assignee = coalesce(?5, assignee) WHERE finding_id = ?1",
            )?
            .execute(params![
                self.id,
                state.as_str(),
                self.after.rectification.as_str(),
                self.seq as i64,
                self.assignee,
            ])?;
        let appeal_until = utc_text(self.at + settings.appeal_window());
        let rectify_until = utc_text(self.at + settings.rectification_limit());
        let now = utc_text(self.at);
        match mv {
            Move::Confirm | Move::Reject => self.set(
                connection,
                "decided_by = ?2, decided_at = ?3",
                [self.by, &now],
            ),
            Move::Publish => self.set(
                connection,
                "published_at = ?2, appeal_until = ?3",
                [&now, &appeal_until],
            ),
            Move::Appeal => self.set(connection, "appealed_at = ?2", [&now]),
            // Level 3 may be asked within the same time again.
            Move::Uphold if state == FindingState::Upheld => self.set(
                connection,
                "answered_by = ?2, answered_at = ?3, appeal_until = ?4",
                [self.by, &now, &appeal_until],
            ),
            Move::Uphold | Move::Overturn => self.set(
                connection,
                "answered_by = ?2, answered_at = ?3",
                [self.by, &now],
            ),
            Move::Escalate => self.set(connection, "escalated_at = ?2", [&now]),
            Move::OpenRectification | Move::FailRectification => self.set(
                connection,
                "rectify_until = ?2, rectification_round = rectification_round + 1",
                [&rectify_until],
            ),
            Move::SubmitRectification => self.set(
                connection,
                "submitted_by = ?2, submitted_at = ?3",
                [self.by, &now],
            ),
            Move::PassRectification => self.set(connection, "rectified_at = ?2", [&now]),
            Move::Assign | Move::AddMissed | Move::Acknowledge | Move::Close => Ok(()),
        }
    }

    fn set<const N: usize>(
        &self,
        connection: &Connection,
        columns: &str,
        values: [&str; N],
    ) -> Result<(), StoreError> {
        let sql = format!("UPDATE findings SET {columns} WHERE finding_id = ?1");
        let all = std::iter::once(self.id).chain(values);
        connection
            .prepare_cached(&sql)?
            .execute(rusqlite::params_from_iter(all))?;
        Ok(())
    }
}

/// A finding whose row is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    pub finding_id: String,
    /// By the log.
    pub expected: String,
    pub found: String,
}

impl Store {
    /// Compares every finding with the last that the log says of it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn deviations(&self) -> Result<Vec<Deviation>, StoreError> {
        let mut statement = self.connection.prepare(
            "WITH said AS (SELECT subject, max(seq) AS seq, count(*) AS moves FROM audit
                           WHERE subject_kind = 'finding' GROUP BY subject)
             SELECT coalesce(f.finding_id, s.subject), coalesce(a.after, 'detected'),
                    coalesce(f.state, ''), coalesce(f.rectification, 'none'),
                    coalesce(s.moves, 0), coalesce(f.moves, 0)
             FROM findings f FULL JOIN said s ON s.subject = f.finding_id
             LEFT JOIN audit a ON a.seq = s.seq",
        )?;
        let mut rows = statement.query([])?;
        let mut deviations = Vec::new();
        while let Some(row) = rows.next()? {
            let expected: String = row.get(1)?;
            let state: String = row.get(2)?;
            let rectification: String = row.get(3)?;
            let found = match (
                FindingState::parse(&state),
                RectificationState::parse(&rectification),
            ) {
                (Some(state), Some(rectification)) => Position::of(state, rectification).code(),
                _ => state,
            };
            let moves: (i64, i64) = (row.get(4)?, row.get(5)?);
            if expected != found || moves.0 != moves.1 {
                deviations.push(Deviation {
                    finding_id: row.get(0)?,
                    expected: format!("{expected} ({})", moves.0),
                    found: format!("{found} ({})", moves.1),
                });
            }
        }
        Ok(deviations)
    }
}
