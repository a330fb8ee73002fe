//! Spot checks: drawn, heard, and what they say of all calls. Also the month's key items.

mod candidates;
mod hear;

pub(super) use candidates::calls_of;
pub use hear::HearError;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use self::{
    candidates::candidates,
    hear::{hear, heard_calls},
};
use crate::{
    people::Person,
    review::{
        estimates::{MonthEstimates, RuleEstimate, rule_estimates},
        period::DayRange,
        sampling::{Draw, DrawSettings, Risk, draw},
    },
    store::{
        Store, StoreError,
        audit::{self, Acting, Note, utc_text},
        from_json,
        monthly::ReportScope,
        people, to_json,
        touched::AsOf,
    },
};

/// The items that count as key when the manager has set none.
pub const KEY_ITEMS: [&str; 4] = [
    "double-confirmation",
    "penalty-disclosure",
    "overage-disclosure",
    "irreversible-change",
];

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
            self.add_strata(id, &mut strata)?;
            heard.extend(heard_calls(&self.connection, id, None)?);
        }
        Ok(rule_estimates(&strata, &heard))
    }

    /// What the random spot checks that were heard by a report's time say of the month's calls.
    /// Of samples of the same calls only the one drawn first counts.
    ///
    /// # Errors
    /// When the database fails.
    pub fn estimates_of_month(
        &self,
        scope: &ReportScope,
        as_of: &AsOf,
    ) -> Result<MonthEstimates, StoreError> {
        let units = people::units(&self.connection)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT sample_id, from_day, to_day, unit FROM samples
             WHERE from_day <= ?1 || '-31' AND to_day >= ?1 || '-01' AND drawn_at <= ?2
               AND EXISTS (SELECT 1 FROM sample_items i WHERE i.sample_id = samples.sample_id
                           AND i.part = 'random' AND i.heard_at <= ?2)
             ORDER BY drawn_at, sample_id",
        )?;
        let mut rows = statement.query([&scope.month, &as_of.utc])?;
        let mut strata = BTreeMap::new();
        let mut heard = Vec::new();
        let mut taken: Vec<(String, String, Option<BTreeSet<String>>)> = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let (from, to): (String, String) = (row.get(1)?, row.get(2)?);
            let unit: Option<String> = row.get(3)?;
            let labels = unit.map(|unit| {
                let known = units.find(&unit).map(|unit| unit.id.clone());
                units.labels_below(&known.unwrap_or(unit))
            });
            let same_calls = taken.iter().any(|(first, last, others)| {
                let apart = match (&labels, others) {
                    (Some(labels), Some(others)) => labels.is_disjoint(others),
                    _ => false,
                };
                from <= *last && *first <= to && !apart
            });
            if same_calls {
                continue;
            }
            self.add_strata(&id, &mut strata)?;
            heard.extend(heard_calls(&self.connection, &id, Some((scope, as_of)))?);
            taken.push((from, to, labels));
        }
        Ok(MonthEstimates {
            rules: rule_estimates(&strata, &heard),
            heard,
        })
    }

    fn add_strata(
        &self,
        id: &str,
        strata: &mut BTreeMap<(String, String), u64>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT unit, agent_id, calls FROM sample_strata WHERE sample_id = ?",
        )?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            let unit: String = row.get(0)?;
            let calls: i64 = row.get(2)?;
            strata.insert((format!("{id}/{unit}"), row.get(1)?), calls as u64);
        }
        Ok(())
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
    for (position, item) in drawn.items.iter().enumerate() {
        let unit = Some(item.unit.as_str()).filter(|unit| !unit.is_empty());
        let agent = Some(item.agent_id.as_str());
        let seeing = (0..request.assignees.len())
            .map(|step| &request.assignees[(position + step) % request.assignees.len()])
            .find(|person| person.sees(&units, unit, agent));
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
