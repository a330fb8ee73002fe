//! Moves: checked, made, noted in the log and felt in scores and reports, all in one transaction.

mod effect;
mod error;
mod facts;

pub use effect::Deviation;
pub use error::MoveError;

use rusqlite::{Connection, OptionalExtension, params};

use self::{
    effect::Effect,
    facts::{assignee, facts, subject},
};
use crate::{
    people::Person,
    review::workflow::{Act, FindingState, Move, Position, Settings, check},
    rules::Outcome,
    store::{
        Store, StoreError,
        audit::{self, Acting, Note, utc_text},
        findings::{self, FindingRow, NewFinding, Origin},
        people, scores, superseded,
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
    let superseded = match changes_reports(request.mv) {
        true => {
            let place = superseded::Place {
                started_at: call.started_at.as_deref(),
                unit: call.unit.as_deref(),
            };
            superseded::reports_with(connection, place)?
        }
        false => Vec::new(),
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
    let why = format!("{} {id}", request.mv.as_str());
    let at = utc_text(acting.utc());
    superseded::mark(connection, &superseded, &at, Some(seq), &why)?;
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

/// Whether a report of the finding's days would have other figures after this move.
fn changes_reports(mv: Move) -> bool {
    match mv {
        Move::Confirm
        | Move::Reject
        | Move::Appeal
        | Move::Uphold
        | Move::Overturn
        | Move::Escalate
        | Move::OpenRectification
        | Move::SubmitRectification
        | Move::PassRectification
        | Move::FailRectification => true,
        Move::Assign | Move::AddMissed | Move::Publish | Move::Acknowledge | Move::Close => false,
    }
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
