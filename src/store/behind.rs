//! Some of the calls behind a report's figures.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::{
    reports::{
        BEHIND_FIGURE, BEHIND_UNIT, BehindCall, RuleFacts,
        masking::{masked_call_id, shown},
    },
    rules::{Evidence, telling},
    store::{Store, StoreError, from_json, to_json},
};

/// The days whose calls a report counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period<'a> {
    /// `2026-10`.
    Month(&'a str),
    /// Both included.
    Days(&'a str, &'a str),
}

/// Calls of one unit with violations, the lowest scores first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehindUnit {
    /// Whatever was violated.
    pub calls: Vec<BehindCall>,
    /// Of each key rule.
    pub of_rules: Vec<Vec<BehindCall>>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct BehindWanted<'a> {
    pub key_rules: &'a [String],
    /// How many violations of each key rule there are in each unit, so that nothing is looked for
    /// that is not there. The units as reports show them.
    pub counts: BTreeMap<Option<String>, Vec<u64>>,
    /// Those whose titles are told.
    pub rules: &'a [RuleFacts],
}

/// A violation in a call.
struct Violated {
    rule_id: String,
    from_ms: Option<u64>,
}

impl BehindUnit {
    fn is_full(&self, counts: &[u64]) -> bool {
        let lists = self.of_rules.iter().zip(counts);
        let mut full = lists.map(|(list, count)| list.len() >= wanted(*count));
        self.calls.len() >= BEHIND_UNIT && full.all(|full| full)
    }

    fn add(&mut self, call_id: &str, violated: &[Violated], of: &BehindWanted<'_>, counts: &[u64]) {
        let rules = of.key_rules.iter().zip(counts);
        for ((rule, count), list) in rules.zip(&mut self.of_rules) {
            let place = violated.iter().find(|one| one.rule_id == *rule);
            if let Some(place) = place.filter(|_| list.len() < wanted(*count)) {
                list.push(BehindCall {
                    call_id: masked_call_id(call_id),
                    from_ms: place.from_ms,
                    rules: Vec::new(),
                });
            }
        }
        if self.calls.len() < BEHIND_UNIT {
            self.calls.push(behind(call_id, violated, of.rules));
        }
    }
}

/// How many of so many violations are named.
fn wanted(count: u64) -> usize {
    count.min(BEHIND_FIGURE as u64) as usize
}

impl Store {
    /// Calls behind the figures of each unit.
    ///
    /// # Errors
    /// When the database fails or holds something damaged.
    pub fn behind_units(
        &self,
        period: Period<'_>,
        units: Option<&[String]>,
        of: &BehindWanted<'_>,
    ) -> Result<BTreeMap<Option<String>, BehindUnit>, StoreError> {
        let (days, from, to) = match period {
            Period::Month(month) => ("month = ?1 AND ?2 IS NULL", month, None),
            Period::Days(from, to) => ("day BETWEEN ?1 AND ?2", from, Some(to)),
        };
        // The plus keeps SQLite from the index by points, in which it would have to look up every
        // call to see whether it has violations; the others say so.
        let mut statement = self.connection.prepare(&format!(
            "SELECT call_id, unit FROM calls
             WHERE {days} AND violated AND (?3 IS NULL OR unit IN (SELECT value FROM json_each(?3)))
             ORDER BY +points, call_id"
        ))?;
        let mut rows = statement.query(params![from, to, units.map(to_json)])?;
        let mut found: BTreeMap<Option<String>, BehindUnit> = BTreeMap::new();
        let none = vec![0; of.key_rules.len()];
        while let Some(row) = rows.next()? {
            let unit = shown(&row.get(1)?);
            let counts = of.counts.get(&unit).unwrap_or(&none);
            let in_unit = found.entry(unit).or_insert_with(|| BehindUnit {
                calls: Vec::new(),
                of_rules: vec![Vec::new(); of.key_rules.len()],
            });
            if !in_unit.is_full(counts) {
                let call_id: String = row.get(0)?;
                in_unit.add(&call_id, &self.violated(&call_id)?, of, counts);
            }
        }
        Ok(found)
    }

    /// Calls of an agent in a unit with violations, the lowest scores first.
    pub fn behind_agent(
        &self,
        month: &str,
        unit: Option<&str>,
        agent_id: &str,
        rules: &[RuleFacts],
    ) -> Result<Vec<BehindCall>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT call_id FROM calls
             WHERE month = ?1 AND unit IS ?2 AND agent_id = ?3 AND violated
             ORDER BY +points, call_id LIMIT ?4",
        )?;
        let parameters = params![month, unit, agent_id, BEHIND_FIGURE as i64];
        let ids = statement.query_map(parameters, |row| row.get::<_, String>(0))?;
        let mut found = Vec::new();
        for id in ids {
            let id = id?;
            found.push(behind(&id, &self.violated(&id)?, rules));
        }
        Ok(found)
    }

    fn violated(&self, call_id: &str) -> Result<Vec<Violated>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rule_id, evidence, turns FROM verdicts
             WHERE call_id = ?1 AND outcome = 'violation' ORDER BY rule_id",
        )?;
        let mut rows = statement.query([call_id])?;
        let mut violated = Vec::new();
        while let Some(row) = rows.next()? {
            let evidence: Vec<Evidence> =
                from_json(&row.get::<_, String>(1)?, "evidence", call_id)?;
            let turns: Vec<usize> = from_json(&row.get::<_, String>(2)?, "turns", call_id)?;
            let place = telling(&evidence, &turns).and_then(|found| found.span);
            violated.push(Violated {
                rule_id: row.get(0)?,
                from_ms: place.map(|span| span.from.0),
            });
        }
        Ok(violated)
    }
}

fn behind(call_id: &str, violated: &[Violated], rules: &[RuleFacts]) -> BehindCall {
    let known = rules.iter().filter(|rule| rule.scored);
    let titles = known.filter(|rule| violated.iter().any(|one| one.rule_id == rule.id));
    BehindCall {
        call_id: masked_call_id(call_id),
        from_ms: None,
        rules: titles.map(|rule| rule.title.clone()).collect(),
    }
}
