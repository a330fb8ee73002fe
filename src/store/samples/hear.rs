//! A call of a sample is heard: what people say of it is the truth from then on.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    lang::{Lang, Say},
    people::Person,
    review::{
        estimates::{HeardCall, HeardRule},
        workflow::{Decision, FindingState, Position},
    },
    store::{
        StoreError,
        audit::{self, Acting, Note, utc_text},
        monthly::ReportScope,
        people, scores,
        touched::{AsOf, position_at},
    },
};

/// Why a call is not marked as heard.
#[derive(Debug, thiserror::Error)]
pub enum HearError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no sample {0}")]
    UnknownSample(String),
    #[error("the call is not in sample {0}")]
    NotDrawn(String),
    #[error("heard by {by} already")]
    Before { by: String },
    #[error("assigned to {to}")]
    Assigned { to: String },
    #[error("outside the units of {0}")]
    NotSeen(String),
    #[error("undecided: {0:?}")]
    Undecided(Vec<String>),
}

impl From<rusqlite::Error> for HearError {
    fn from(cause: rusqlite::Error) -> HearError {
        HearError::Store(StoreError::Database(cause))
    }
}

impl Say for HearError {
    fn say(&self, lang: Lang) -> String {
        match self {
            HearError::Store(error) => error.say(lang),
            HearError::UnknownSample(id) => lang.pick(
                format!("没有抽样 {id}。看有哪些:huiting sample list"),
                format!("there is no sample {id}. See which there are: huiting sample list"),
            ),
            HearError::NotDrawn(id) => lang.pick(
                format!("这通电话不在抽样 {id} 里。看抽到哪些:huiting sample show {id}"),
                format!("the call is not in sample {id}. See what was drawn: huiting sample show {id}"),
            ),
            HearError::Before { by } => lang.pick(
                format!("{by} 已经登记听完了"),
                format!("{by} has marked it as heard already"),
            ),
            HearError::Assigned { to } => lang.pick(
                format!("这通电话由 {to} 听"),
                format!("this call is {to}'s to hear"),
            ),
            HearError::NotSeen(person) => lang.pick(
                format!("这通电话的单位不在 {person} 的权限范围内"),
                format!("the unit of this call is not among those given to {person}"),
            ),
            HearError::Undecided(ids) => lang.pick(
                format!("还有没定的问题单:{}。先确认或判为误判:huiting review confirm / reject", ids.join("、")),
                format!("findings are not decided yet: {}. Decide first: huiting review confirm / reject", ids.join(", ")),
            ),
        }
    }
}

pub(super) fn hear(
    connection: &Connection,
    sample_id: &str,
    call_id: &str,
    by: &Person,
    acting: &Acting<'_>,
) -> Result<(), HearError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM samples WHERE sample_id = ?")?
        .exists([sample_id])?;
    if !known {
        return Err(HearError::UnknownSample(sample_id.to_owned()));
    }
    let item: Option<(i64, Option<String>, Option<String>)> = connection
        .prepare_cached(
            "SELECT position, assignee, heard_by FROM sample_items
             WHERE sample_id = ? AND call_id = ?",
        )?
        .query_row([sample_id, call_id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let (position, assignee, heard_by) =
        item.ok_or_else(|| HearError::NotDrawn(sample_id.to_owned()))?;
    if let Some(by) = heard_by {
        return Err(HearError::Before { by });
    }
    if let Some(to) = assignee.filter(|to| *to != by.id) {
        return Err(HearError::Assigned { to });
    }
    let (unit, agent): (Option<String>, Option<String>) = connection
        .prepare_cached("SELECT unit, agent_id FROM calls WHERE call_id = ?")?
        .query_row([call_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !by.sees(
        &people::units(connection)?,
        unit.as_deref(),
        agent.as_deref(),
    ) {
        return Err(HearError::NotSeen(by.id.clone()));
    }
    let undecided: Vec<String> = connection
        .prepare_cached(
            "SELECT substr(finding_id, 1, 8) || ' ' || rule_id FROM findings WHERE call_id = ?
             AND state IN ('detected', 'assigned', 'missed') ORDER BY rule_id",
        )?
        .query_map([call_id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if !undecided.is_empty() {
        return Err(HearError::Undecided(undecided));
    }
    connection
        .prepare_cached(
            "UPDATE sample_items SET heard_by = ?, heard_at = ? WHERE sample_id = ? AND call_id = ?",
        )?
        .execute(params![by.id, utc_text(acting.utc()), sample_id, call_id])?;
    connection
        .prepare_cached(
            "INSERT INTO heard_verdicts
             SELECT ?1, call_id, rule_id, rule_digest, outcome FROM verdicts WHERE call_id = ?2",
        )?
        .execute([sample_id, call_id])?;
    scores::restate(connection, call_id)?;
    let note = Note {
        action: "sample-hear",
        subject_kind: "sample",
        subject: sample_id,
        details: serde_json::json!({ "position": position }),
        ..Note::default()
    };
    audit::append(connection, acting, &note)?;
    Ok(())
}

/// The calls of a sample's random part that were heard. `asked`: only what was known at a report's
/// time; and which of the calls it is about.
pub(super) fn heard_calls(
    connection: &Connection,
    sample_id: &str,
    asked: Option<(&ReportScope, &AsOf)>,
) -> Result<Vec<HeardCall>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT i.call_id, i.unit, i.agent_id,
                (?3 IS NULL OR c.month = ?3)
                AND (?4 IS NULL OR c.unit IN (SELECT value FROM json_each(?4)))
         FROM sample_items i LEFT JOIN calls c ON c.call_id = i.call_id
         WHERE i.sample_id = ?1 AND i.part = 'random' AND i.heard_at IS NOT NULL
           AND (?2 IS NULL OR i.heard_at <= ?2)
         ORDER BY i.position",
    )?;
    let mut of_call = connection.prepare_cached(&format!(
        "SELECT k.rule_id, coalesce(h.machine = 'violation', 0), {}
         FROM (SELECT rule_id FROM heard_verdicts WHERE sample_id = ?1 AND call_id = ?2
               UNION SELECT rule_id FROM findings WHERE call_id = ?2) k
         LEFT JOIN heard_verdicts h
              ON h.sample_id = ?1 AND h.call_id = ?2 AND h.rule_id = k.rule_id
         LEFT JOIN findings f ON f.call_id = ?2 AND f.rule_id = k.rule_id
         ORDER BY k.rule_id",
        position_at("?3")
    ))?;
    // As of now: after any time.
    let then = asked.map_or("~", |(_, as_of)| as_of.utc.as_str());
    let mut rows = statement.query(params![
        sample_id,
        asked.map(|(_, as_of)| &as_of.utc),
        asked.map(|(scope, _)| &scope.month),
        asked.and_then(|(scope, _)| scope.units_json()),
    ])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        let call_id: String = row.get(0)?;
        let unit: String = row.get(1)?;
        let mut rules = Vec::new();
        let mut found = of_call.query(params![sample_id, call_id, then])?;
        while let Some(rule) = found.next()? {
            let code: Option<String> = rule.get(2)?;
            let decision = code
                .and_then(|code| Position::parse(&code))
                .and_then(|position| position.finding)
                .and_then(FindingState::decision);
            rules.push(HeardRule {
                rule_id: rule.get(0)?,
                machine: rule.get(1)?,
                truth: decision == Some(Decision::Violation),
            });
        }
        calls.push(HeardCall {
            call_id,
            unit: format!("{sample_id}/{unit}"),
            agent_id: row.get(2)?,
            asked: row.get::<_, Option<bool>>(3)?.unwrap_or(false),
            rules,
        });
    }
    Ok(calls)
}
