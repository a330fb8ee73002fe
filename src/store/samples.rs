//! Spot checks: drawn, heard, and what they say of all calls. Also the month's key items.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    lang::{Lang, Say},
    people::Person,
    review::{
        estimates::{HeardCall, HeardRule, RuleEstimate, rule_estimates},
        period::DayRange,
        sampling::{Candidate, Draw, DrawSettings, Risk, draw},
        workflow::{Decision, FindingState},
    },
    rules::Severity,
    store::{
        Store, StoreError,
        audit::{self, Acting, Note, utc_text},
        from_json, people, scores, to_json,
    },
};

/// The items that count as key when the manager has set none.
pub const KEY_ITEMS: [&str; 4] = [
    "double-confirmation",
    "penalty-disclosure",
    "overage-disclosure",
    "irreversible-change",
];

/// An agent is new when the first call is at most so many days old.
const NEW_AGENT_DAYS: u64 = 30;

/// What to draw from.
#[derive(Clone, Debug)]
pub struct SampleRequest<'a> {
    /// `2026-W42` or `2026-10`.
    pub period: &'a str,
    pub days: DayRange,
    /// A unit's id: only the calls of its subtree.
    pub unit: Option<&'a str>,
    pub settings: DrawSettings,
    /// Who is to hear; each gets calls that they see, in turn. Nobody: whoever comes.
    pub assignees: &'a [Person],
}

#[derive(Clone, Debug, PartialEq)]
pub struct SampleRow {
    pub sample_id: String,
    pub period: String,
    pub unit: Option<String>,
    pub seed: u64,
    pub per_agent: u32,
    pub random: f64,
    pub drawn_by: String,
    pub drawn_at: String,
    pub population: u64,
    pub items: u64,
    pub heard: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleItem {
    pub call_id: String,
    /// `random` or `risk`.
    pub part: String,
    pub why: BTreeSet<Risk>,
    pub unit: String,
    pub agent_id: String,
    pub assignee: Option<String>,
    pub heard_by: Option<String>,
    /// Findings of the call that are not decided.
    pub undecided: u64,
}

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

impl Store {
    /// The month's key items; the four standard ones when none were set.
    pub fn key_items(&self, month: &str) -> Result<BTreeSet<String>, StoreError> {
        key_items(&self.connection, month)
    }

    /// Sets the month's key items in the place of those before.
    pub fn set_key_items(
        &mut self,
        month: &str,
        rules: &BTreeSet<String>,
        acting: &Acting<'_>,
    ) -> Result<(), StoreError> {
        self.writing(|transaction| {
            let before = key_items(transaction, month)?;
            transaction.execute("DELETE FROM key_items WHERE month = ?", [month])?;
            for rule in rules {
                transaction.execute("INSERT INTO key_items VALUES (?, ?)", [month, rule])?;
            }
            let join = |rules: &BTreeSet<String>| {
                rules
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(",")
            };
            let note = Note {
                action: "set-key-items",
                subject_kind: "key-items",
                subject: month,
                before: join(&before),
                after: join(rules),
                ..Note::default()
            };
            audit::append(transaction, acting, &note)
        })?;
        self.note_head()
    }

    /// Draws a sample and keeps it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn draw_sample(
        &mut self,
        request: &SampleRequest<'_>,
        acting: &Acting<'_>,
    ) -> Result<String, StoreError> {
        let id = self.writing(|transaction| {
            let candidates = candidates(transaction, request)?;
            let drawn = draw(&candidates, &request.settings);
            let id = next_id(
                transaction,
                "samples",
                "sample_id",
                &format!("spot-{}", request.period),
            )?;
            save(transaction, &id, request, &drawn, candidates.len(), acting)?;
            Ok::<_, StoreError>(id)
        })?;
        self.note_head()?;
        Ok(id)
    }

    /// All samples, the newest first.
    pub fn samples(&self) -> Result<Vec<SampleRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT s.sample_id, s.period, s.unit, s.seed, s.per_agent, s.random, s.drawn_by,
                    s.drawn_at, s.population, count(i.call_id), count(i.heard_at)
             FROM samples s LEFT JOIN sample_items i ON i.sample_id = s.sample_id
             GROUP BY s.sample_id ORDER BY s.drawn_at DESC, s.sample_id DESC",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(SampleRow {
                sample_id: row.get(0)?,
                period: row.get(1)?,
                unit: row.get(2)?,
                seed: row.get::<_, i64>(3)? as u64,
                per_agent: row.get(4)?,
                random: row.get(5)?,
                drawn_by: row.get(6)?,
                drawn_at: row.get(7)?,
                population: row.get::<_, i64>(8)? as u64,
                items: row.get::<_, i64>(9)? as u64,
                heard: row.get::<_, i64>(10)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The calls of a sample in the order of drawing.
    pub fn sample_items(&self, sample_id: &str) -> Result<Vec<SampleItem>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT i.call_id, i.part, i.why, i.unit, i.agent_id, i.assignee, i.heard_by,
                    (SELECT count(*) FROM findings f WHERE f.call_id = i.call_id
                     AND f.state IN ('detected', 'assigned', 'missed'))
             FROM sample_items i WHERE i.sample_id = ? ORDER BY i.position",
        )?;
        let mut rows = statement.query([sample_id])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(SampleItem {
                call_id: row.get(0)?,
                part: row.get(1)?,
                why: from_json(&row.get::<_, String>(2)?, "sample", sample_id)?,
                unit: row.get(3)?,
                agent_id: row.get(4)?,
                assignee: row.get(5)?,
                heard_by: row.get(6)?,
                undecided: row.get::<_, i64>(7)? as u64,
            });
        }
        Ok(items)
    }

    /// Marks a call as heard from beginning to end: what is no finding now is truly none.
    ///
    /// # Errors
    /// When the call is not to be heard by this person, or a finding of it is not decided.
    pub fn hear(
        &mut self,
        sample_id: &str,
        call_id: &str,
        by: &Person,
        acting: &Acting<'_>,
    ) -> Result<(), HearError> {
        self.writing(|transaction| hear(transaction, sample_id, call_id, by, acting))?;
        Ok(self.note_head()?)
    }

    /// What the random parts of these samples say; samples of the same calls must not be put
    /// together.
    pub fn estimates(&self, sample_ids: &[String]) -> Result<Vec<RuleEstimate>, StoreError> {
        let mut strata = BTreeMap::new();
        let mut heard = Vec::new();
        for id in sample_ids {
            let mut statement = self.connection.prepare_cached(
                "SELECT unit, agent_id, calls FROM sample_strata WHERE sample_id = ?",
            )?;
            let mut rows = statement.query([id])?;
            while let Some(row) = rows.next()? {
                let unit: String = row.get(0)?;
                let calls: i64 = row.get(2)?;
                strata.insert((format!("{id}/{unit}"), row.get(1)?), calls as u64);
            }
            heard.extend(heard_calls(&self.connection, id)?);
        }
        Ok(rule_estimates(&strata, &heard))
    }
}

fn key_items(connection: &Connection, month: &str) -> Result<BTreeSet<String>, StoreError> {
    let set: BTreeSet<String> = connection
        .prepare_cached("SELECT rule_id FROM key_items WHERE month = ?")?
        .query_map([month], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if set.is_empty() {
        return Ok(KEY_ITEMS.map(str::to_owned).into());
    }
    Ok(set)
}

/// `spot-2026-W42-1`, `…-2`: the first that is free.
pub(super) fn next_id(
    connection: &Connection,
    table: &str,
    column: &str,
    stem: &str,
) -> Result<String, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT 1 FROM {table} WHERE {column} = ?"))?;
    let mut number = 1;
    loop {
        let id = format!("{stem}-{number}");
        if !statement.exists([&id])? {
            return Ok(id);
        }
        number += 1;
    }
}

/// The ids of the calls of these days, with unit and agent, in the order of ids.
pub(super) fn calls_of(
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

fn candidates(
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

fn save(
    connection: &Connection,
    id: &str,
    request: &SampleRequest<'_>,
    drawn: &Draw,
    population: usize,
    acting: &Acting<'_>,
) -> Result<(), StoreError> {
    let settings = &request.settings;
    connection.execute(
        "INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            id,
            request.period,
            request.days.0.to_string(),
            request.days.1.to_string(),
            request.unit,
            settings.seed as i64,
            settings.per_agent,
            settings.random,
            acting.name(),
            utc_text(acting.utc()),
            population as i64,
        ],
    )?;
    for stratum in &drawn.strata {
        connection
            .prepare_cached("INSERT INTO sample_strata VALUES (?, ?, ?, ?, ?)")?
            .execute(params![
                id,
                stratum.unit,
                stratum.agent_id,
                stratum.calls as i64,
                stratum.drawn as i64
            ])?;
    }
    let units = people::units(connection)?;
    let mut turn = 0;
    for (position, item) in drawn.items.iter().enumerate() {
        let unit = Some(item.unit.as_str()).filter(|unit| !unit.is_empty());
        let agent = Some(item.agent_id.as_str());
        let seeing = (0..request.assignees.len())
            .map(|step| &request.assignees[(turn + step) % request.assignees.len()])
            .find(|person| person.sees(&units, unit, agent));
        turn += 1;
        connection
            .prepare_cached("INSERT INTO sample_items VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)")?
            .execute(params![
                id,
                item.call_id,
                position as i64,
                item.part.as_str(),
                to_json(&item.why),
                item.unit,
                item.agent_id,
                seeing.map(|person| &person.id),
            ])?;
    }
    let note = Note {
        action: "sample-draw",
        subject_kind: "sample",
        subject: id,
        details: serde_json::json!({
            "period": request.period, "unit": request.unit, "seed": settings.seed,
            "per_agent": settings.per_agent, "random": settings.random,
            "population": population, "items": drawn.items.len(),
        }),
        ..Note::default()
    };
    audit::append(connection, acting, &note)?;
    Ok(())
}

fn hear(
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

fn heard_calls(connection: &Connection, sample_id: &str) -> Result<Vec<HeardCall>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT i.call_id, i.unit, i.agent_id FROM sample_items i
         WHERE i.sample_id = ? AND i.part = 'random' AND i.heard_at IS NOT NULL
         ORDER BY i.position",
    )?;
    let mut of_call = connection.prepare_cached(
        "SELECT k.rule_id, coalesce(h.machine = 'violation', 0), f.state
         FROM (SELECT rule_id FROM heard_verdicts WHERE sample_id = ?1 AND call_id = ?2
               UNION SELECT rule_id FROM findings WHERE call_id = ?2) k
         LEFT JOIN heard_verdicts h
              ON h.sample_id = ?1 AND h.call_id = ?2 AND h.rule_id = k.rule_id
         LEFT JOIN findings f ON f.call_id = ?2 AND f.rule_id = k.rule_id
         ORDER BY k.rule_id",
    )?;
    let mut rows = statement.query([sample_id])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        let call_id: String = row.get(0)?;
        let unit: String = row.get(1)?;
        let mut rules = Vec::new();
        let mut found = of_call.query([sample_id, &call_id])?;
        while let Some(rule) = found.next()? {
            let state: Option<String> = rule.get(2)?;
            let decision = state
                .and_then(|state| FindingState::parse(&state))
                .and_then(FindingState::decision);
            rules.push(HeardRule {
                rule_id: rule.get(0)?,
                machine: rule.get(1)?,
                truth: decision == Some(Decision::Violation),
            });
        }
        calls.push(HeardCall {
            unit: format!("{sample_id}/{unit}"),
            agent_id: row.get(2)?,
            rules,
        });
    }
    Ok(calls)
}
