//! Calibrations: the same calls judged blind by several people and an expert.
//!
//! Until a calibration is closed nobody gets to see another's judgement, from here or from the
//! log, which only says that a call was judged; closing it puts a digest of all judgements there.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::{
    lang::{Lang, Say},
    people::Person,
    review::{
        calibration::{CalibrationResult, Judgement, result},
        chain::hex,
        period::DayRange,
        sampling::lot,
    },
    rules::Outcome,
    store::{
        Store, StoreError,
        audit::{self, Acting, Note, utc_text},
        people, samples, scores,
    },
};

#[derive(Clone, Debug)]
pub struct CalibrationRequest<'a> {
    pub period: &'a str,
    pub days: DayRange,
    pub unit: Option<&'a str>,
    /// So many calls, drawn at random.
    pub calls: usize,
    pub seed: u64,
    /// Without the expert; at least two.
    pub raters: &'a [String],
    pub expert: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalibrationRow {
    pub calibration_id: String,
    pub period: String,
    pub expert: String,
    pub raters: Vec<String>,
    pub calls: Vec<String>,
    pub closed_at: Option<String>,
    /// Judgements so far, of everybody.
    pub judgements: u64,
}

/// Why something about a calibration is not done.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no calibration {0}")]
    Unknown(String),
    #[error("{0} is closed")]
    Closed(String),
    #[error("{0} is not closed")]
    Open(String),
    #[error("{0} is no rater")]
    NotRater(String),
    #[error("the call is not in {0}")]
    NotDrawn(String),
    #[error("rule {0} did not judge the call")]
    UnknownRule(String),
    #[error("no person {0}")]
    UnknownPerson(String),
    #[error("{0} may not judge in calibrations")]
    Unfit(String),
    #[error("{found} raters")]
    TooFew { found: usize },
    #[error("no calls")]
    NoCalls,
}

impl From<rusqlite::Error> for CalibrationError {
    fn from(cause: rusqlite::Error) -> CalibrationError {
        CalibrationError::Store(StoreError::Database(cause))
    }
}

impl Say for CalibrationError {
    fn say(&self, lang: Lang) -> String {
        match self {
            CalibrationError::Store(error) => error.say(lang),
            CalibrationError::Unknown(id) => lang.pick(
                format!("没有校准 {id}。看有哪些:huiting calibration list"),
                format!("there is no calibration {id}. See which there are: huiting calibration list"),
            ),
            CalibrationError::Closed(id) => lang.pick(
                format!("校准 {id} 已经结束,不能再判"),
                format!("calibration {id} is closed; nothing can be judged any more"),
            ),
            CalibrationError::Open(id) => lang.pick(
                format!("校准 {id} 还没结束;结束前谁也看不到别人的判定。结束:huiting calibration close {id}"),
                format!("calibration {id} is not closed, and until then nobody sees another's judgement. Close it: huiting calibration close {id}"),
            ),
            CalibrationError::NotRater(person) => lang.pick(
                format!("{person} 不在这次校准的名单里"),
                format!("{person} is not among the raters of this calibration"),
            ),
            CalibrationError::NotDrawn(id) => lang.pick(
                format!("这通电话不在校准 {id} 里。看要判哪些:huiting calibration sheet {id}"),
                format!("the call is not in calibration {id}. See what is to be judged: huiting calibration sheet {id}"),
            ),
            CalibrationError::UnknownRule(rule) => lang.pick(
                format!("这通电话没有判过规则 {rule}"),
                format!("rule {rule} did not judge this call"),
            ),
            CalibrationError::UnknownPerson(id) => lang.pick(
                format!("没有人员 {id}。看有哪些人:huiting people list"),
                format!("there is no person {id}. See who there is: huiting people list"),
            ),
            CalibrationError::Unfit(id) => lang.pick(
                format!("{id} 不能参加校准:要在岗的质检员、复核员或仲裁"),
                format!("{id} cannot judge in calibrations: it takes an active inspector, reviewer or arbiter"),
            ),
            CalibrationError::TooFew { found } => lang.pick(
                format!("校准至少要两个人(专家除外),现在只有 {found} 个"),
                format!("a calibration takes at least two raters besides the expert; there are {found}"),
            ),
            CalibrationError::NoCalls => lang.pick(
                "这段时间没有通话可以校准。请换一个 --period 或 --unit".to_owned(),
                "there are no calls in this time. Choose another --period or --unit".to_owned(),
            ),
        }
    }
}

impl Store {
    /// Opens a calibration on calls drawn at random.
    ///
    /// # Errors
    /// When raters are too few, unknown or not allowed, or there are no calls.
    pub fn open_calibration(
        &mut self,
        request: &CalibrationRequest<'_>,
        acting: &Acting<'_>,
    ) -> Result<String, CalibrationError> {
        let id = self.writing(|transaction| open(transaction, request, acting))?;
        self.note_head()?;
        Ok(id)
    }

    /// Keeps a rater's judgement; the rater may change it until the calibration is closed.
    ///
    /// # Errors
    /// When the person is no rater, or the call or the rule is not in it.
    pub fn judge_in_calibration(
        &mut self,
        id: &str,
        (call_id, rule_id): (&str, &str),
        outcome: Outcome,
        by: &Person,
        acting: &Acting<'_>,
    ) -> Result<(), CalibrationError> {
        self.writing(|transaction| {
            judge(transaction, id, (call_id, rule_id), outcome, by, acting)
        })?;
        Ok(self.note_head()?)
    }

    /// Closes a calibration: nothing is judged any more, and the result may be seen.
    ///
    /// # Errors
    /// When there is none, or it is closed.
    pub fn close_calibration(
        &mut self,
        id: &str,
        acting: &Acting<'_>,
    ) -> Result<(), CalibrationError> {
        self.writing(|transaction| {
            still_open(transaction, id)?;
            let mut sha = Sha256::new();
            for judgement in judgements(transaction, id)? {
                let line = [
                    judgement.call_id.as_str(),
                    &judgement.rule_id,
                    &judgement.rater,
                    judgement.outcome.as_str(),
                ];
                for part in line {
                    sha.update((part.len() as u64).to_le_bytes());
                    sha.update(part.as_bytes());
                }
            }
            transaction.execute(
                "UPDATE calibrations SET closed_at = ? WHERE calibration_id = ?",
                [&utc_text(acting.utc()), id],
            )?;
            let note = Note {
                action: "calibration-close",
                subject_kind: "calibration",
                subject: id,
                details: serde_json::json!({ "judgements": hex(&sha.finalize()) }),
                ..Note::default()
            };
            audit::append(transaction, acting, &note)?;
            Ok::<_, CalibrationError>(())
        })?;
        Ok(self.note_head()?)
    }

    /// All calibrations, the newest first.
    pub fn calibrations(&self) -> Result<Vec<CalibrationRow>, StoreError> {
        let ids: Vec<String> = self
            .connection
            .prepare_cached("SELECT calibration_id FROM calibrations ORDER BY opened_at DESC, calibration_id DESC")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        for id in ids {
            found.extend(calibration(&self.connection, &id)?);
        }
        Ok(found)
    }

    pub fn calibration(&self, id: &str) -> Result<Option<CalibrationRow>, StoreError> {
        calibration(&self.connection, id)
    }

    /// The rules that judged a call, in their order: what a rater has to judge.
    pub fn rules_of_call(&self, call_id: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT rule_id FROM verdicts WHERE call_id = ? ORDER BY rule_id")?;
        let rows = statement.query_map([call_id], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a closed calibration shows.
    ///
    /// # Errors
    /// When there is none, or it is still open.
    pub fn calibration_result(&self, id: &str) -> Result<CalibrationResult, CalibrationError> {
        let row = calibration(&self.connection, id)?
            .ok_or_else(|| CalibrationError::Unknown(id.to_owned()))?;
        if row.closed_at.is_none() {
            return Err(CalibrationError::Open(id.to_owned()));
        }
        let judgements = judgements(&self.connection, id)?;
        Ok(result(&judgements, &row.raters, &row.expert))
    }
}

fn open(
    connection: &Connection,
    request: &CalibrationRequest<'_>,
    acting: &Acting<'_>,
) -> Result<String, CalibrationError> {
    use crate::review::rights::Deed;
    let raters: std::collections::BTreeSet<&str> = request
        .raters
        .iter()
        .map(String::as_str)
        .filter(|rater| *rater != request.expert)
        .collect();
    if raters.len() < 2 {
        return Err(CalibrationError::TooFew {
            found: raters.len(),
        });
    }
    for id in raters.iter().chain([&request.expert]) {
        let person = people::person(connection, id)?
            .ok_or_else(|| CalibrationError::UnknownPerson((*id).to_owned()))?;
        Deed::JudgeCalibration
            .check(&person)
            .map_err(|_| CalibrationError::Unfit((*id).to_owned()))?;
    }
    let mut calls: Vec<String> = samples::calls_of(connection, request.days, request.unit)?
        .into_iter()
        .map(|(call_id, ..)| call_id)
        .collect();
    calls.sort_by_cached_key(|call| lot(request.seed, call));
    calls.truncate(request.calls);
    if calls.is_empty() {
        return Err(CalibrationError::NoCalls);
    }
    let stem = format!("cal-{}", request.period);
    let id = samples::next_id(connection, "calibrations", "calibration_id", &stem)?;
    connection.execute(
        "INSERT INTO calibrations VALUES (?, ?, ?, ?, ?, ?, NULL)",
        params![
            id,
            request.period,
            request.seed as i64,
            request.expert,
            acting.name(),
            utc_text(acting.utc())
        ],
    )?;
    for (position, call) in calls.iter().enumerate() {
        connection.execute(
            "INSERT INTO calibration_calls VALUES (?, ?, ?)",
            params![id, call, position as i64],
        )?;
    }
    for rater in raters.iter().chain([&request.expert]) {
        connection.execute(
            "INSERT INTO calibration_raters VALUES (?, ?, ?)",
            params![id, rater, *rater == request.expert],
        )?;
    }
    let note = Note {
        action: "calibration-open",
        subject_kind: "calibration",
        subject: &id,
        details: serde_json::json!({
            "period": request.period, "unit": request.unit, "seed": request.seed,
            "calls": calls.len(), "raters": raters, "expert": request.expert,
        }),
        ..Note::default()
    };
    audit::append(connection, acting, &note)?;
    Ok(id)
}

fn still_open(connection: &Connection, id: &str) -> Result<(), CalibrationError> {
    let closed: Option<Option<String>> = connection
        .prepare_cached("SELECT closed_at FROM calibrations WHERE calibration_id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    match closed {
        None => Err(CalibrationError::Unknown(id.to_owned())),
        Some(Some(_)) => Err(CalibrationError::Closed(id.to_owned())),
        Some(None) => Ok(()),
    }
}

fn judge(
    connection: &Connection,
    id: &str,
    (call_id, rule_id): (&str, &str),
    outcome: Outcome,
    by: &Person,
    acting: &Acting<'_>,
) -> Result<(), CalibrationError> {
    still_open(connection, id)?;
    let rater = connection
        .prepare_cached(
            "SELECT 1 FROM calibration_raters WHERE calibration_id = ? AND person_id = ?",
        )?
        .exists([id, &by.id])?;
    if !rater {
        return Err(CalibrationError::NotRater(by.id.clone()));
    }
    let position: Option<i64> = connection
        .prepare_cached(
            "SELECT position FROM calibration_calls WHERE calibration_id = ? AND call_id = ?",
        )?
        .query_row([id, call_id], |row| row.get(0))
        .optional()?;
    let position = position.ok_or_else(|| CalibrationError::NotDrawn(id.to_owned()))?;
    let judged = connection
        .prepare_cached("SELECT 1 FROM verdicts WHERE call_id = ? AND rule_id = ?")?
        .exists([call_id, rule_id])?;
    if !judged {
        return Err(CalibrationError::UnknownRule(rule_id.to_owned()));
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO calibration_judgements VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            id,
            call_id,
            rule_id,
            by.id,
            outcome.as_str(),
            utc_text(acting.utc())
        ])?;
    let note = Note {
        action: "calibration-judge",
        subject_kind: "calibration",
        subject: id,
        details: serde_json::json!({ "call": position, "rule": rule_id }),
        ..Note::default()
    };
    audit::append(connection, acting, &note)?;
    Ok(())
}

fn judgements(connection: &Connection, id: &str) -> Result<Vec<Judgement>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT call_id, rule_id, person_id, outcome FROM calibration_judgements
         WHERE calibration_id = ? ORDER BY call_id, rule_id, person_id",
    )?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let outcome: String = row.get(3)?;
        found.push(Judgement {
            call_id: row.get(0)?,
            rule_id: row.get(1)?,
            rater: row.get(2)?,
            outcome: scores::outcome_of(&outcome).ok_or_else(|| StoreError::Damaged {
                what: "judgement",
                of: id.to_owned(),
                cause: outcome,
            })?,
        });
    }
    Ok(found)
}

fn calibration(connection: &Connection, id: &str) -> Result<Option<CalibrationRow>, StoreError> {
    let head: Option<(String, String, Option<String>)> = connection
        .prepare_cached(
            "SELECT period, expert, closed_at FROM calibrations WHERE calibration_id = ?",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((period, expert, closed_at)) = head else {
        return Ok(None);
    };
    let list = |sql: &str| -> Result<Vec<String>, StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([id], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    Ok(Some(CalibrationRow {
        calibration_id: id.to_owned(),
        period,
        expert,
        raters: list(
            "SELECT person_id FROM calibration_raters WHERE calibration_id = ? AND expert = 0
             ORDER BY person_id",
        )?,
        calls: list(
            "SELECT call_id FROM calibration_calls WHERE calibration_id = ? ORDER BY position",
        )?,
        closed_at,
        judgements: connection
            .prepare_cached("SELECT count(*) FROM calibration_judgements WHERE calibration_id = ?")?
            .query_row([id], |row| row.get::<_, i64>(0))? as u64,
    }))
}
