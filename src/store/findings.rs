//! Findings: what must be decided, and where each stands.
//!
//! A finding comes into being with the verdict, in its transaction. Judging again changes or takes
//! away only findings that nobody has touched; what a person has done stays, whatever the machine
//! says later.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};
use sha2::{Digest, Sha256};

use crate::{
    review::{
        chain::hex,
        workflow::{FindingState, Position, RectificationState},
    },
    rules::{Outcome, Severity},
    store::{
        Store, StoreError, audit::utc_time, calls::CallRow, from_json, scores::outcome_of, to_json,
    },
};

/// Who found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Machine,
    /// The machine missed it.
    Person,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Machine => "machine",
            Origin::Person => "person",
        }
    }
}

/// A finding with what must be known of its call and its rule.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    pub finding_id: String,
    pub call_id: String,
    pub rule_id: String,
    pub origin: Origin,
    /// What the machine said when nobody had decided yet.
    pub outcome: Outcome,
    pub rule_digest: String,
    pub model: String,
    pub recording: String,
    pub position: Position,
    pub assignee: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub published_at: Option<DateTime<Utc>>,
    pub appeal_until: Option<DateTime<Utc>>,
    pub appealed_at: Option<DateTime<Utc>>,
    pub escalated_at: Option<DateTime<Utc>>,
    pub answered_by: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub rectify_until: Option<DateTime<Utc>>,
    pub rectification_round: u32,
    pub submitted_by: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub rectified_at: Option<DateTime<Utc>>,
    pub moves: u64,
    pub last_seq: u64,
    /// Of the call.
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    pub month: Option<String>,
    pub started_at: Option<String>,
    /// Of the rule.
    pub title: String,
    pub title_en: String,
    pub severity: Severity,
    /// What the machine says today; `None` when the rule does not judge any more.
    pub machine_now: Option<Outcome>,
}

/// Which findings; `None` means any.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    pub finding_id: Option<String>,
    pub call_id: Option<String>,
    pub rule_id: Option<String>,
    pub month: Option<String>,
    pub agent_id: Option<String>,
    pub state: Option<FindingState>,
    pub rectification: Option<RectificationState>,
    pub assignee: Option<String>,
}

/// Which part of the chosen findings.
#[derive(Clone, Copy, Debug)]
pub struct FindingPage<'a> {
    /// Only calls that name one of these units; `None` for any.
    pub units: Option<&'a [String]>,
    /// Only what an agent was told.
    pub published: bool,
    /// Behind this call and rule.
    pub after: Option<(&'a str, &'a str)>,
    pub limit: usize,
}

/// The id of the finding of a rule on a call: the same on every machine.
pub fn finding_id(call_id: &str, rule_id: &str) -> String {
    let mut sha = Sha256::new();
    for part in ["finding", call_id, rule_id] {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    hex(&sha.finalize()[..8])
}

const SELECT: &str =
    "SELECT f.finding_id, f.call_id, f.rule_id, f.origin, f.outcome, f.rule_digest,
        f.model, f.recording, f.state, f.rectification, f.assignee, f.decided_by, f.decided_at,
        f.published_at, f.appeal_until, f.appealed_at, f.escalated_at, f.answered_by,
        f.answered_at, f.rectify_until, f.rectification_round, f.submitted_by, f.submitted_at,
        f.rectified_at, f.moves, f.last_seq,
        c.unit, c.agent_id, c.month, c.started_at,
        coalesce(r.title, f.rule_id), coalesce(r.title_en, f.rule_id),
        coalesce(r.severity, '\"minor\"'), v.outcome
    FROM findings f
    LEFT JOIN calls c ON c.call_id = f.call_id
    LEFT JOIN rules r ON r.digest = f.rule_digest
    LEFT JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id";

impl Store {
    /// Hands out the chosen findings in the order of call and rule.
    pub fn for_each_finding<E: From<StoreError>>(
        &self,
        filter: &FindingFilter,
        mut each: impl FnMut(FindingRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let database = |cause: rusqlite::Error| E::from(StoreError::Database(cause));
        let sql = format!(
            "{SELECT} WHERE (?1 IS NULL OR f.finding_id = ?1) AND (?2 IS NULL OR f.call_id = ?2)
             AND (?3 IS NULL OR f.rule_id = ?3) AND (?4 IS NULL OR c.month = ?4)
             AND (?5 IS NULL OR c.agent_id = ?5) AND (?6 IS NULL OR f.state = ?6)
             AND (?7 IS NULL OR f.rectification = ?7) AND (?8 IS NULL OR f.assignee = ?8)
             ORDER BY f.call_id, f.rule_id"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(database)?;
        let mut rows = statement
            .query(params![
                filter.finding_id,
                filter.call_id,
                filter.rule_id,
                filter.month,
                filter.agent_id,
                filter.state.map(FindingState::as_str),
                filter.rectification.map(RectificationState::as_str),
                filter.assignee,
            ])
            .map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            each(finding_row(row).map_err(E::from)?)?;
        }
        Ok(())
    }

    /// The first findings of a page, in the order of call and rule. `positions`: where they stand;
    /// empty for anywhere. Reads little more than it hands out, however many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub fn findings_page(
        &self,
        filter: &FindingFilter,
        positions: &[Position],
        page: &FindingPage<'_>,
    ) -> Result<Vec<FindingRow>, StoreError> {
        // Each position's findings lie in order in an index; so each is read as far as needed.
        let mut found = Vec::new();
        let anywhere = [None];
        let each: Vec<Option<Position>> = positions.iter().copied().map(Some).collect();
        for position in if each.is_empty() {
            &anywhere
        } else {
            &each[..]
        } {
            found.extend(self.findings_at(filter, *position, page)?);
        }
        found.sort_by(|a, b| (&a.call_id, &a.rule_id).cmp(&(&b.call_id, &b.rule_id)));
        found.truncate(page.limit);
        Ok(found)
    }

    fn findings_at(
        &self,
        filter: &FindingFilter,
        position: Option<Position>,
        page: &FindingPage<'_>,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let state = match position {
            Some(position) => position.finding.map(FindingState::as_str),
            None => filter.state.map(FindingState::as_str),
        };
        let rectification = match position {
            Some(position) => Some(position.rectification.as_str()),
            None => filter.rectification.map(RectificationState::as_str),
        };
        let units = page.units.map(to_json);
        let chosen: [(&str, Option<&str>); 8] = [
            ("f.state =", state),
            ("f.rectification =", rectification),
            ("f.rule_id =", filter.rule_id.as_deref()),
            ("f.assignee =", filter.assignee.as_deref()),
            ("f.call_id =", filter.call_id.as_deref()),
            ("c.month =", filter.month.as_deref()),
            ("c.agent_id =", filter.agent_id.as_deref()),
            ("c.unit IN (SELECT value FROM json_each", units.as_deref()),
        ];
        let mut sql = format!("{SELECT} WHERE 1");
        let mut parameters: Vec<&str> = Vec::new();
        for (clause, value) in chosen {
            if let Some(value) = value {
                parameters.push(value);
                let number = parameters.len();
                let asked = match clause.ends_with('=') {
                    true => format!(" AND {clause} ?{number}"),
                    false => format!(" AND {clause}(?{number}))"),
                };
                sql.push_str(&asked);
            }
        }
        if page.published {
            sql.push_str(" AND f.published_at IS NOT NULL");
        }
        if let Some((call_id, rule_id)) = page.after {
            parameters.extend([call_id, rule_id]);
            let number = parameters.len();
            let after = format!(" AND (f.call_id, f.rule_id) > (?{}, ?{number})", number - 1);
            sql.push_str(&after);
        }
        let order = format!(" ORDER BY f.call_id, f.rule_id LIMIT {}", page.limit);
        sql.push_str(&order);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(finding_row(row)?);
        }
        Ok(found)
    }

    /// The findings of a call, in the order of rules.
    pub fn findings_of_call(&self, call_id: &str) -> Result<Vec<FindingRow>, StoreError> {
        let mut found = Vec::new();
        let filter = FindingFilter {
            call_id: Some(call_id.to_owned()),
            ..FindingFilter::default()
        };
        self.for_each_finding(&filter, |row| {
            found.push(row);
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    /// A finding by its id.
    pub fn finding(&self, id: &str) -> Result<Option<FindingRow>, StoreError> {
        finding(&self.connection, id)
    }

    /// Ids of findings that begin so; at most `limit`.
    pub fn findings_like(&self, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT finding_id FROM findings WHERE finding_id >= ?1 AND finding_id < ?1 || 'g'
             ORDER BY finding_id LIMIT ?2",
        )?;
        let rows = statement.query_map(params![prefix, limit as i64], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(super) fn finding(connection: &Connection, id: &str) -> Result<Option<FindingRow>, StoreError> {
    let sql = format!("{SELECT} WHERE f.finding_id = ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(finding_row).transpose()
}

fn finding_row(row: &Row<'_>) -> Result<FindingRow, StoreError> {
    let finding_id: String = row.get(0)?;
    let damaged = |cause: String| StoreError::Damaged {
        what: "finding",
        of: finding_id.clone(),
        cause,
    };
    let time = |index: usize| -> Result<Option<DateTime<Utc>>, StoreError> {
        let text: Option<String> = row.get(index)?;
        text.map(|text| utc_time(&text).ok_or_else(|| damaged(text)))
            .transpose()
    };
    let state: String = row.get(8)?;
    let rectification: String = row.get(9)?;
    let outcome: String = row.get(4)?;
    let origin: String = row.get(3)?;
    let now: Option<String> = row.get(33)?;
    Ok(FindingRow {
        call_id: row.get(1)?,
        rule_id: row.get(2)?,
        origin: if origin == Origin::Person.as_str() {
            Origin::Person
        } else {
            Origin::Machine
        },
        outcome: outcome_of(&outcome).ok_or_else(|| damaged(outcome))?,
        rule_digest: row.get(5)?,
        model: row.get(6)?,
        recording: row.get(7)?,
        position: Position::of(
            FindingState::parse(&state).ok_or_else(|| damaged(state))?,
            RectificationState::parse(&rectification).ok_or_else(|| damaged(rectification))?,
        ),
        assignee: row.get(10)?,
        decided_by: row.get(11)?,
        decided_at: time(12)?,
        published_at: time(13)?,
        appeal_until: time(14)?,
        appealed_at: time(15)?,
        escalated_at: time(16)?,
        answered_by: row.get(17)?,
        answered_at: time(18)?,
        rectify_until: time(19)?,
        rectification_round: row.get(20)?,
        submitted_by: row.get(21)?,
        submitted_at: time(22)?,
        rectified_at: time(23)?,
        moves: row.get::<_, i64>(24)? as u64,
        last_seq: row.get::<_, i64>(25)? as u64,
        unit: row.get(26)?,
        agent_id: row.get(27)?,
        month: row.get(28)?,
        started_at: row.get(29)?,
        title: row.get(30)?,
        title_en: row.get(31)?,
        severity: from_json(&row.get::<_, String>(32)?, "severity", &finding_id)?,
        machine_now: now
            .map(|text| outcome_of(&text).ok_or_else(|| damaged(text)))
            .transpose()?,
        finding_id,
    })
}

const INSERT: &str = "INSERT INTO findings
    (finding_id, call_id, rule_id, origin, outcome, rule_digest, model, recording, state,
     rectification, rectification_round, moves, last_seq)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'none', 0, 0, 0)";

/// A finding as it comes into being.
pub(super) struct NewFinding<'a> {
    pub(super) call_id: &'a str,
    pub(super) rule_id: &'a str,
    pub(super) origin: Origin,
    pub(super) outcome: Outcome,
    pub(super) rule_digest: &'a str,
    pub(super) model: &'a str,
    pub(super) recording: &'a str,
    pub(super) state: FindingState,
}

pub(super) fn insert(connection: &Connection, new: &NewFinding<'_>) -> Result<String, StoreError> {
    let id = finding_id(new.call_id, new.rule_id);
    connection.prepare_cached(INSERT)?.execute(params![
        id,
        new.call_id,
        new.rule_id,
        new.origin.as_str(),
        new.outcome.as_str(),
        new.rule_digest,
        new.model,
        new.recording,
        new.state.as_str(),
    ])?;
    Ok(id)
}

/// Whether a verdict must be looked at by a person.
fn needs_decision(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Violation | Outcome::CannotJudge)
}

/// Makes the untouched findings of a call what its verdicts say, within their transaction.
pub(super) fn follow_verdicts(connection: &Connection, call: &CallRow) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM findings WHERE call_id = ? AND moves = 0")?
        .execute([&call.call_id])?;
    let mut touched = connection.prepare_cached("SELECT 1 FROM findings WHERE finding_id = ?")?;
    for verdict in &call.verdicts {
        if !needs_decision(verdict.outcome)
            || touched.exists([finding_id(&call.call_id, &verdict.rule_id)])?
        {
            continue;
        }
        insert(
            connection,
            &NewFinding {
                call_id: &call.call_id,
                rule_id: &verdict.rule_id,
                origin: Origin::Machine,
                outcome: verdict.outcome,
                rule_digest: &verdict.rule_digest,
                model: &call.model,
                recording: &call.recording,
                state: FindingState::Detected,
            },
        )?;
    }
    Ok(())
}

/// The findings of verdicts that were kept before there were findings.
pub(super) fn from_verdicts(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT v.call_id, v.rule_id, v.outcome, v.rule_digest, c.model, c.recording
         FROM verdicts v JOIN calls c ON c.call_id = v.call_id
         WHERE v.outcome IN ('violation', 'cannot-judge')",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |index: usize| row.get::<_, String>(index);
        let outcome = match text(2)?.as_str() {
            "violation" => Outcome::Violation,
            _ => Outcome::CannotJudge,
        };
        insert(
            connection,
            &NewFinding {
                call_id: &text(0)?,
                rule_id: &text(1)?,
                origin: Origin::Machine,
                outcome,
                rule_digest: &text(3)?,
                model: &text(4)?,
                recording: &text(5)?,
                state: FindingState::Detected,
            },
        )?;
    }
    Ok(())
}
