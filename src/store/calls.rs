//! Judged calls: who, by what rules, with which verdicts and how many points.

mod save;

use std::borrow::Cow;

use rusqlite::{OptionalExtension, Row, params};

use crate::{
    call::CallMetadata,
    rules::{Evidence, Outcome, Reason, Topic, Verdict},
    scoring::{CallScore, Deduction},
    store::{Store, StoreError, from_json, to_json},
    time::Millis,
};

pub use save::FinishedCall;

/// A call as it was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    pub call_id: String,
    /// BLAKE3 of the recording.
    pub recording: String,
    pub path: String,
    /// SHA-256 of the model file.
    pub model: String,
    /// Digest of all rules that judged.
    pub rule_set: String,
    /// Digest of the scorecard.
    pub scorecard: String,
    pub metadata: CallMetadata,
    pub score: CallScore,
    /// In the order of rule ids.
    pub verdicts: Vec<Verdict>,
    /// Reasons for the call and for leaving, by topic and cue.
    pub reasons: Vec<Topic>,
}

/// A judged call with what its recording is; what lists and reports are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCall {
    pub call: CallRow,
    pub duration: Millis,
    pub incomplete: bool,
}

/// Which calls; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    pub call_id: Option<String>,
    /// `2026-10`.
    pub month: Option<String>,
    pub agent_id: Option<String>,
    /// Any of these, as calls call them.
    pub units: Option<Vec<String>>,
    /// Calls on which this rule has an outcome of `outcome`, or of violation if that is not given.
    pub rule: Option<String>,
    pub outcome: Option<Outcome>,
}

/// What a filter asks of `calls c` apart from id and month, with its parameters in order.
const OTHERWISE: &str = "(?3 IS NULL OR c.agent_id = ?3)
     AND (?4 IS NULL OR c.unit IN (SELECT value FROM json_each(?4)))
     AND ((?5 IS NULL AND ?6 IS NULL) OR EXISTS (
          SELECT 1 FROM verdicts v WHERE v.call_id = c.call_id
          AND (?5 IS NULL OR v.rule_id = ?5)
          AND v.outcome = coalesce(?6, 'violation')))";

impl CallFilter {
    /// What it asks of `calls c`. An index is only used for what is asked plainly, so what is not
    /// asked is left out.
    fn chosen(&self) -> String {
        let id = match self.call_id {
            Some(_) => "c.call_id = ?1",
            None => "?1 IS NULL",
        };
        let month = match self.month {
            Some(_) => "c.month = ?2",
            None => "?2 IS NULL",
        };
        format!("{id} AND {month} AND {OTHERWISE}")
    }

    fn parameters(&self) -> [Option<Cow<'_, str>>; 6] {
        [
            self.call_id.as_deref().map(Cow::from),
            self.month.as_deref().map(Cow::from),
            self.agent_id.as_deref().map(Cow::from),
            self.units.as_ref().map(|units| to_json(units).into()),
            self.rule.as_deref().map(Cow::from),
            self.outcome.map(|outcome| outcome.as_str().into()),
        ]
    }
}

impl Store {
    /// Whether this call stands judged by just these rules from just this recording and model.
    pub fn is_judged(&self, call: &CallIdentity<'_>) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM calls WHERE call_id = ? AND recording = ? AND model = ?
             AND rule_set = ? AND scorecard = ? AND metadata = ? AND path = ?",
        )?;
        Ok(statement.exists(params![
            call.call_id,
            call.recording,
            call.model,
            call.rule_set,
            call.scorecard,
            to_json(call.metadata),
            call.path,
        ])?)
    }

    /// The recording that a call id stands for at present.
    pub fn recording_of_call(&self, call_id: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT recording FROM calls WHERE call_id = ?")?;
        Ok(statement
            .query_row([call_id], |row| row.get(0))
            .optional()?)
    }

    /// Hands the chosen calls out one by one, in the order of their ids.
    ///
    /// # Errors
    /// When the database fails, or `each` does.
    pub fn for_each_call<E: From<StoreError>>(
        &self,
        filter: &CallFilter,
        mut each: impl FnMut(StoredCall) -> Result<(), E>,
    ) -> Result<(), E> {
        let database = |cause: rusqlite::Error| E::from(StoreError::Database(cause));
        let mut statement = self
            .connection
            .prepare_cached(&format!(
                "SELECT c.call_id, c.recording, c.path, c.model, c.rule_set, c.scorecard,
                        c.metadata, c.points, c.qualified, c.fatal, c.deductions,
                        r.duration_ms, r.incomplete
                 FROM calls c JOIN recordings r ON r.digest = c.recording
                 WHERE {} ORDER BY c.call_id",
                filter.chosen()
            ))
            .map_err(database)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(filter.parameters()))
            .map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            let mut stored = stored_call(row).map_err(E::from)?;
            stored.call.verdicts = self.verdicts(&stored.call.call_id).map_err(E::from)?;
            stored.call.reasons = self.reasons(&stored.call.call_id).map_err(E::from)?;
            each(stored)?;
        }
        Ok(())
    }

    /// The ids of the chosen calls after one of them, in their order, at most `most`.
    pub fn call_ids_after(
        &self,
        filter: &CallFilter,
        after: &str,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.call_id FROM calls c WHERE {} AND c.call_id > ?7
             ORDER BY c.call_id LIMIT ?8",
            filter.chosen()
        ))?;
        let chosen = filter.parameters();
        let mut parameters: Vec<&dyn rusqlite::ToSql> = chosen
            .iter()
            .map(|value| value as &dyn rusqlite::ToSql)
            .collect();
        let most = most as i64;
        parameters.push(&after);
        parameters.push(&most);
        let rows = statement.query_map(parameters.as_slice(), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many calls are chosen.
    pub fn count_calls(&self, filter: &CallFilter) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM calls c WHERE {}", filter.chosen());
        let count: i64 = self.connection.query_row(
            &sql,
            rusqlite::params_from_iter(filter.parameters()),
            |row| row.get(0),
        )?;
        Ok(count as u64)
    }

    /// One call, if there is one of this id.
    pub fn call(&self, call_id: &str) -> Result<Option<StoredCall>, StoreError> {
        let mut found = None;
        let filter = CallFilter {
            call_id: Some(call_id.to_owned()),
            ..CallFilter::default()
        };
        self.for_each_call(&filter, |stored| {
            found = Some(stored);
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    /// The number of judged calls of a month, and of those without a date.
    pub fn call_counts(&self, month: &str) -> Result<(u64, u64), StoreError> {
        let count = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
            self.connection
                .query_row(sql, parameters, |row| row.get::<_, i64>(0))
        };
        let dated = count("SELECT count(*) FROM calls WHERE month = ?", &[&month])?;
        let undated = count("SELECT count(*) FROM calls WHERE month IS NULL", &[])?;
        Ok((dated as u64, undated as u64))
    }

    /// The months that have calls, ascending.
    pub fn months(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT DISTINCT month FROM calls WHERE month IS NOT NULL ORDER BY month")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn verdicts(&self, call_id: &str) -> Result<Vec<Verdict>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rule_id, rule_digest, outcome, turns, evidence, reason
             FROM verdicts WHERE call_id = ? ORDER BY rule_id",
        )?;
        let mut rows = statement.query([call_id])?;
        let mut verdicts = Vec::new();
        while let Some(row) = rows.next()? {
            let outcome: String = row.get(2)?;
            verdicts.push(Verdict {
                rule_id: row.get(0)?,
                rule_digest: row.get(1)?,
                outcome: Outcome::ALL
                    .into_iter()
                    .find(|known| known.as_str() == outcome)
                    .ok_or_else(|| StoreError::Damaged {
                        what: "verdict",
                        of: call_id.to_owned(),
                        cause: outcome,
                    })?,
                at: from_json(&row.get::<_, String>(3)?, "verdict", call_id)?,
                evidence: from_json::<Vec<Evidence>>(
                    &row.get::<_, String>(4)?,
                    "evidence",
                    call_id,
                )?,
                reason: from_json::<Reason>(&row.get::<_, String>(5)?, "reason", call_id)?,
            });
        }
        Ok(verdicts)
    }
}

impl Store {
    fn reasons(&self, call_id: &str) -> Result<Vec<Topic>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT topic, cue, title, title_en, evidence FROM reasons
             WHERE call_id = ? ORDER BY topic, cue",
        )?;
        let mut rows = statement.query([call_id])?;
        let mut reasons = Vec::new();
        while let Some(row) = rows.next()? {
            reasons.push(Topic {
                topic: row.get(0)?,
                cue: row.get(1)?,
                title: row.get(2)?,
                title_en: row.get(3)?,
                evidence: from_json(&row.get::<_, String>(4)?, "reason for the call", call_id)?,
            });
        }
        Ok(reasons)
    }
}

/// What a judgement rests on.
#[derive(Clone, Copy, Debug)]
pub struct CallIdentity<'a> {
    pub call_id: &'a str,
    pub recording: &'a str,
    pub path: &'a str,
    pub model: &'a str,
    pub rule_set: &'a str,
    pub scorecard: &'a str,
    pub metadata: &'a CallMetadata,
}

fn stored_call(row: &Row<'_>) -> Result<StoredCall, StoreError> {
    let call_id: String = row.get(0)?;
    let metadata: String = row.get(6)?;
    let deductions: String = row.get(10)?;
    Ok(StoredCall {
        duration: Millis(row.get::<_, i64>(11)? as u64),
        incomplete: row.get(12)?,
        call: CallRow {
            recording: row.get(1)?,
            path: row.get(2)?,
            model: row.get(3)?,
            rule_set: row.get(4)?,
            scorecard: row.get(5)?,
            metadata: from_json(&metadata, "call-list row", &call_id)?,
            score: CallScore {
                points: row.get(7)?,
                qualified: row.get(8)?,
                fatal: row.get(9)?,
                deductions: from_json::<Vec<Deduction>>(
                    &deductions,
                    "list of deductions",
                    &call_id,
                )?,
            },
            verdicts: Vec::new(),
            reasons: Vec::new(),
            call_id,
        },
    })
}

/// The month of a call, `2026-10`, on the clock of its place.
pub fn month_of(metadata: &CallMetadata) -> Option<String> {
    metadata.date().map(|date| date.format("%Y-%m").to_string())
}

/// One agent's calls, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentRow {
    pub agent_id: Option<String>,
    pub unit: Option<String>,
    pub calls: u64,
    pub qualified: u64,
    /// Sum of the calls' points.
    pub points: u64,
    pub violations: u64,
    pub cannot_judge: u64,
}

impl Store {
    /// All calls, summed up by agent and unit, in their order.
    pub fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        let mut statement = self.connection.prepare(
            "WITH counted AS (
                 SELECT call_id, sum(outcome = 'violation') AS violations,
                        sum(outcome = 'cannot-judge') AS cannot_judge
                 FROM verdicts GROUP BY call_id)
             SELECT c.agent_id, c.unit, count(*), sum(c.qualified), sum(c.points),
                    coalesce(sum(v.violations), 0), coalesce(sum(v.cannot_judge), 0)
             FROM calls c LEFT JOIN counted v ON v.call_id = c.call_id
             GROUP BY c.agent_id, c.unit ORDER BY c.unit, c.agent_id",
        )?;
        let rows = statement.query_map([], |row| {
            let count = |index| row.get::<_, i64>(index).map(|count| count as u64);
            Ok(AgentRow {
                agent_id: row.get(0)?,
                unit: row.get(1)?,
                calls: count(2)?,
                qualified: count(3)?,
                points: count(4)?,
                violations: count(5)?,
                cannot_judge: count(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
