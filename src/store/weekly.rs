//! A week's figures, counted by SQL.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::{
    reports::{
        BEHIND_FIGURE, BehindCall, BehindList, CallSums, Clip, Label, OverdueLine, SpotCheckLine,
        VerdictSums, anchor,
        masking::{masked_call_id, masked_name, masked_text},
    },
    review::workflow::{Decision, FindingState},
    rules::{Evidence, telling},
    store::{
        Store, StoreError, from_json,
        scores::outcome_of,
        to_json,
        touched::{AsOf, position_at},
    },
};

/// The days of a report, both included, and its units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayScope {
    pub from_day: String,
    pub to_day: String,
    pub units: Option<Vec<String>>,
}

impl DayScope {
    fn units_json(&self) -> Option<String> {
        self.units.as_ref().map(to_json)
    }
}

impl Store {
    /// The number of calls of these days.
    pub fn calls_of_days(&self, scope: &DayScope) -> Result<CallSums, StoreError> {
        let calls = self.connection.query_row(
            "SELECT count(*) FROM calls WHERE day BETWEEN ?1 AND ?2
               AND (?3 IS NULL OR unit IN (SELECT value FROM json_each(?3)))",
            params![scope.from_day, scope.to_day, scope.units_json()],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(CallSums {
            calls: calls as u64,
            ..CallSums::default()
        })
    }

    /// The verdicts of each rule on the calls of each unit.
    pub fn verdicts_of_days(&self, scope: &DayScope) -> Result<Vec<VerdictSums>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT nullif(unit, ''), rule_id, outcome, sum(calls) FROM verdict_counts
             WHERE day BETWEEN ?1 AND ?2
               AND (?3 IS NULL OR unit IN (SELECT value FROM json_each(?3)))
             GROUP BY unit, rule_id, outcome",
        )?;
        let mut rows =
            statement.query(params![scope.from_day, scope.to_day, scope.units_json()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let outcome: String = row.get(2)?;
            found.push(VerdictSums {
                unit: row.get(0)?,
                agent_id: None,
                rule_id: row.get(1)?,
                outcome: outcome_of(&outcome).ok_or_else(|| StoreError::Damaged {
                    what: "verdict",
                    of: scope.from_day.clone(),
                    cause: outcome,
                })?,
                calls: row.get::<_, i64>(3)? as u64,
            });
        }
        Ok(found)
    }

    /// Calls of these days that were drawn for spot checks, and those heard.
    pub fn spot_checks_of_days(
        &self,
        scope: &DayScope,
        as_of: &AsOf,
    ) -> Result<Vec<SpotCheckLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT c.unit, count(DISTINCT i.call_id),
                    count(DISTINCT CASE WHEN i.heard_at <= ?4 THEN i.call_id END)
             FROM sample_items i JOIN samples s ON s.sample_id = i.sample_id AND s.drawn_at <= ?4
             JOIN calls c ON c.call_id = i.call_id
             WHERE c.day BETWEEN ?1 AND ?2
               AND (?3 IS NULL OR c.unit IN (SELECT value FROM json_each(?3)))
             GROUP BY c.unit ORDER BY c.unit",
        )?;
        let parameters = params![scope.from_day, scope.to_day, scope.units_json(), as_of.utc];
        let rows = statement.query_map(parameters, |row| {
            let unit: Option<String> = row.get(0)?;
            Ok(SpotCheckLine {
                unit: unit.as_deref().map(masked_text),
                drawn: row.get::<_, i64>(1)? as u64,
                heard: row.get::<_, i64>(2)? as u64,
                whole: false,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Some of the calls of each unit that were heard for spot checks.
    pub fn spot_checked(
        &self,
        scope: &DayScope,
        as_of: &AsOf,
    ) -> Result<Vec<BehindList>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT DISTINCT c.unit, c.call_id
             FROM sample_items i JOIN samples s ON s.sample_id = i.sample_id AND s.drawn_at <= ?4
             JOIN calls c ON c.call_id = i.call_id
             WHERE c.day BETWEEN ?1 AND ?2 AND i.heard_at <= ?4
               AND (?3 IS NULL OR c.unit IN (SELECT value FROM json_each(?3)))
             ORDER BY c.unit, c.call_id",
        )?;
        let mut rows = statement.query(params![
            scope.from_day,
            scope.to_day,
            scope.units_json(),
            as_of.utc
        ])?;
        let mut units: BTreeMap<Option<String>, (u64, Vec<BehindCall>)> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let unit: Option<String> = row.get(0)?;
            let (total, calls) = units.entry(unit.as_deref().map(masked_text)).or_default();
            *total += 1;
            if calls.len() < BEHIND_FIGURE {
                calls.push(BehindCall::of(&row.get::<_, String>(1)?));
            }
        }
        let lists = units.into_iter().map(|(unit, (total, calls))| BehindList {
            part: "spot-checks",
            anchor: format!("heard-{}", anchor(unit.as_deref())),
            labels: vec![Label::name_or(&unit, "unknown-unit")],
            total,
            calls,
        });
        Ok(lists.collect())
    }

    /// Rectifications whose limit was past at the report's time, the longest first.
    pub fn overdue_rectifications(
        &self,
        scope: &DayScope,
        as_of: &AsOf,
        limit: usize,
    ) -> Result<Vec<OverdueLine>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT c.unit, coalesce(c.agent_name || ' ' || c.agent_id, c.agent_id, c.agent_name),
                    f.rule_id,
                    f.call_id, f.rectify_until
             FROM findings f INDEXED BY findings_touched
             CROSS JOIN calls c ON c.call_id = f.call_id
             WHERE f.moves > 0 AND f.rectify_until < ?2
               AND coalesce({} LIKE '%/opened', 0)
               AND (?1 IS NULL OR c.unit IN (SELECT value FROM json_each(?1)))
             ORDER BY f.rectify_until, f.call_id LIMIT ?3",
            position_at("?2")
        ))?;
        let parameters = params![scope.units_json(), as_of.utc, limit as i64];
        let rows = statement.query_map(parameters, |row| {
            let text = |index| row.get::<_, Option<String>>(index);
            Ok(OverdueLine {
                unit: text(0)?.as_deref().map(masked_text),
                agent: text(1)?.as_deref().map(masked_text),
                rule: row.get(2)?,
                call_id: masked_call_id(&row.get::<_, String>(3)?),
                due: row.get::<_, String>(4)?.chars().take(10).collect(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Violations of these rules that are worth hearing, as they stood at the report's time: first
    /// one of each unit, of these confirmed ones first, then the calls with the fewest points.
    pub fn clips_of_days(
        &self,
        scope: &DayScope,
        rule_ids: &[String],
        as_of: &AsOf,
        limit: usize,
    ) -> Result<Vec<Clip>, StoreError> {
        let decided = |decision: Decision| {
            let all = FindingState::ALL.into_iter();
            let states = all.filter(|state| state.decision() == Some(decision));
            to_json(&states.map(FindingState::as_str).collect::<Vec<_>>())
        };
        let mut statement = self.connection.prepare(&format!(
            "SELECT call_id, unit, agent, rule_id, evidence, metadata, confirmed, turns FROM (
               SELECT *, row_number() OVER
                   (PARTITION BY unit ORDER BY NOT confirmed, points, call_id) AS of_unit
               FROM (
                 SELECT call_id, unit, agent, rule_id, turns, evidence, metadata, points,
                        substr(position, 1, instr(position, '/') - 1)
                            IN (SELECT value FROM json_each(?6)) AS confirmed
                 FROM (
                   SELECT c.call_id, c.unit, coalesce(c.agent_name || ' ' || c.agent_id, c.agent_id, c.agent_name) AS agent,
                          v.rule_id, v.turns,
                          v.evidence, c.metadata, c.points,
                          coalesce({}, '') || '/' AS position
                   FROM calls c
                   CROSS JOIN verdicts v ON v.call_id = c.call_id AND v.outcome = 'violation'
                   LEFT JOIN findings f ON f.call_id = v.call_id AND f.rule_id = v.rule_id
                   WHERE c.day BETWEEN ?1 AND ?2 AND c.violated
                     AND (?3 IS NULL OR c.unit IN (SELECT value FROM json_each(?3)))
                     AND v.rule_id IN (SELECT value FROM json_each(?4)) AND v.evidence <> '[]')
                 WHERE substr(position, 1, instr(position, '/') - 1)
                       NOT IN (SELECT value FROM json_each(?7))))
             ORDER BY of_unit > 1, NOT confirmed, points, call_id LIMIT ?5",
            position_at("?8")
        ))?;
        let mut rows = statement.query(params![
            scope.from_day,
            scope.to_day,
            scope.units_json(),
            to_json(&rule_ids),
            limit as i64,
            decided(Decision::Violation),
            decided(Decision::NoViolation),
            as_of.utc
        ])?;
        let mut clips = Vec::new();
        while let Some(row) = rows.next()? {
            let call_id: String = row.get(0)?;
            let evidence: Vec<Evidence> =
                from_json(&row.get::<_, String>(4)?, "evidence", &call_id)?;
            let metadata = from_json(&row.get::<_, String>(5)?, "call-list row", &call_id)?;
            let text = |index| row.get::<_, Option<String>>(index);
            let turns: Vec<usize> = from_json(&row.get::<_, String>(7)?, "turns", &call_id)?;
            let first = telling(&evidence, &turns);
            clips.push(Clip {
                unit: text(1)?.as_deref().map(masked_text),
                agent: text(2)?.as_deref().map(masked_text),
                rule: row.get(3)?,
                from_ms: first.and_then(|found| found.span).map(|span| span.from.0),
                words: first
                    .map(|found| crate::reports::masking::masked(&found.text, &metadata))
                    .unwrap_or_default(),
                confirmed: row.get(6)?,
                call_id: masked_name(&call_id, &metadata),
            });
        }
        Ok(clips)
    }
}
