//! Findings that people have touched, as they stood at a report's time.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};

use crate::{
    reports::{BEHIND_UNIT, BehindCall, CallGroup, Restatements, TouchedFinding},
    review::{
        scores::restated,
        workflow::{Position, RectificationState},
    },
    store::{
        Store, StoreError,
        monthly::ReportScope,
        scores::{judged_rules, outcome_of, scorecard},
        to_json,
    },
};

/// The time up to which facts are taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// `2026-10-21T01:15:00Z`.
    pub utc: String,
}

/// SQL for where the finding `f` stood (`state/rectification`) at the time `utc`: from its row when
/// its last move was before, else from the log. Nothing when nobody had touched it.
pub(super) fn position_at(utc: &str) -> String {
    format!(
        "CASE WHEN (SELECT l.at FROM audit l WHERE l.seq = f.last_seq) <= {utc}
              THEN f.state || '/' || f.rectification
              ELSE (SELECT a.after FROM audit a WHERE a.subject_kind = 'finding'
                      AND a.subject = f.finding_id AND a.at <= {utc}
                    ORDER BY a.seq DESC LIMIT 1) END"
    )
}

/// A touched finding with the machine's score of its call.
struct TouchedRow {
    finding: TouchedFinding,
    channel: Option<String>,
    business: Option<String>,
    points: u32,
    qualified: bool,
}

impl Store {
    /// Looks back to a time (`2026-10-21T01:15:00Z`): from then on this connection sees only calls
    /// and rows of call lists that were there at that time. Calls that were judged again since have
    /// their present verdicts; calls from databases of older versions are always seen.
    ///
    /// # Errors
    /// When the database fails.
    pub fn as_of(&self, utc: &str) -> Result<AsOf, StoreError> {
        let fewer_calls = self.hide_later("calls", "added_at", utc)?;
        let fewer_listed = self.hide_later("listed_calls", "listed_at", utc)?;
        // What is counted already counts everything: it is counted anew.
        if fewer_calls {
            self.connection.execute_batch(
                "CREATE TEMP VIEW verdict_counts AS
                 SELECT coalesce(c.day, '') AS day, coalesce(c.unit, '') AS unit,
                        coalesce(c.agent_id, '') AS agent_id, v.rule_id, v.outcome, count(*) AS calls
                 FROM calls c CROSS JOIN main.verdicts v ON v.call_id = c.call_id
                 WHERE v.outcome <> 'not-applicable' GROUP BY 1, 2, 3, 4, 5;",
            )?;
        }
        if fewer_listed {
            let parts: String = self.connection.query_row(
                "SELECT replace(sql, 'CREATE VIEW', 'CREATE TEMP VIEW') FROM main.sqlite_schema
                 WHERE name = 'listed_parts'",
                [],
                |row| row.get(0),
            )?;
            self.connection.execute_batch(&parts)?;
            self.connection.execute_batch(
                "CREATE TEMP VIEW listed_counts AS
                 SELECT month, part, unit, name, day, sum(listed) AS listed,
                        sum(connected_known) AS connected_known, sum(connected) AS connected,
                        sum(talk_known) AS talk_known, sum(long_talk) AS long_talk,
                        sum(converted_known) AS converted_known, sum(converted) AS converted,
                        sum(ordered_known) AS ordered_known, sum(ordered) AS ordered
                 FROM listed_parts GROUP BY month, part, unit, name, day;",
            )?;
        }
        if fewer_calls || fewer_listed {
            self.connection.execute_batch(
                "CREATE TEMP VIEW unlisted_calls AS
                 SELECT call_id, month, unit FROM calls c
                 WHERE NOT EXISTS (SELECT 1 FROM listed_calls l WHERE l.call_id = c.call_id);",
            )?;
        }
        Ok(AsOf {
            utc: utc.to_owned(),
        })
    }

    /// Puts a view in the place of a table, if it has rows from after that time; says whether.
    fn hide_later(&self, table: &str, column: &str, utc: &str) -> Result<bool, StoreError> {
        let last: Option<String> = self.connection.query_row(
            &format!("SELECT max({column}) FROM main.{table}"),
            [],
            |row| row.get(0),
        )?;
        if last.is_none_or(|last| last.as_str() <= utc) {
            return Ok(false);
        }
        let utc = utc.replace('\'', "''");
        self.connection.execute_batch(&format!(
            "CREATE TEMP VIEW {table} AS SELECT * FROM main.{table}
             WHERE {column} IS NULL OR {column} <= '{utc}';"
        ))?;
        Ok(true)
    }

    /// Hands out the month's touched findings, and returns what they changed of the
    /// scores of each unit and agent.
    ///
    /// # Errors
    /// When the database fails or holds something damaged.
    pub fn for_each_touched(
        &self,
        scope: &ReportScope,
        as_of: &AsOf,
        mut each: impl FnMut(&TouchedFinding),
    ) -> Result<Restatements, StoreError> {
        let mut changed = BTreeMap::new();
        let mut statement = self.connection.prepare(&touched_findings())?;
        let mut rows = statement.query(params![
            scope.month,
            scope.units.as_ref().map(to_json),
            as_of.utc
        ])?;
        let mut of_call: Vec<TouchedRow> = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(found) = touched(row)? else { continue };
            each(&found.finding);
            let same = of_call
                .last()
                .is_none_or(|last| last.finding.call_id == found.finding.call_id);
            if !same {
                self.restate(&of_call, &mut changed)?;
                of_call.clear();
            }
            of_call.push(found);
        }
        self.restate(&of_call, &mut changed)?;
        Ok(changed)
    }

    /// Adds what these findings of one call change of its score.
    fn restate(
        &self,
        findings: &[TouchedRow],
        changed: &mut Restatements,
    ) -> Result<(), StoreError> {
        let Some(first) = findings.first() else {
            return Ok(());
        };
        let call_id = &first.finding.call_id;
        let mut rules = judged_rules(&self.connection, call_id)?;
        for rule in &mut rules {
            let then = findings
                .iter()
                .find(|row| row.finding.rule_id == rule.rule_id);
            rule.state = then.map(|row| row.finding.state);
        }
        let card = scorecard(&self.connection, call_id)?;
        let score = restated(&card, &rules, false).score;
        let points = i64::from(score.points) - i64::from(first.points);
        let qualified = i64::from(score.qualified) - i64::from(first.qualified);
        if points != 0 || qualified != 0 {
            let unit = first.finding.unit.as_deref();
            let group = CallGroup {
                unit: unit.map(crate::reports::masking::masked_text),
                agent_id: first.finding.agent_id.clone(),
                channel: first.channel.clone(),
                business: first.business.clone(),
            };
            let sums = changed.entry(group).or_default();
            sums.calls += 1;
            sums.points += points;
            sums.qualified += qualified;
        }
        Ok(())
    }

    /// Calls of the month that a person heard for a spot check or a calibration, and all that
    /// these and decisions on findings concern.
    pub fn heard_calls(&self, scope: &ReportScope, as_of: &AsOf) -> Result<(u64, u64), StoreError> {
        let count = self.connection.query_row(
            &format!("SELECT coalesce(sum(heard), 0), count(*) {HEARD}"),
            params![scope.month, scope.units_json(), as_of.utc],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        Ok((count.0 as u64, count.1 as u64))
    }

    /// Some of these, those heard as a whole first.
    pub fn heard_some(
        &self,
        scope: &ReportScope,
        as_of: &AsOf,
    ) -> Result<Vec<BehindCall>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT call_id, heard {HEARD} ORDER BY heard DESC, call_id LIMIT {BEHIND_UNIT}"
        ))?;
        let parameters = params![scope.month, scope.units_json(), as_of.utc];
        let rows = statement.query_map(parameters, |row| {
            let mark = match row.get(1)? {
                true => "behind.heard",
                false => "loop.decided",
            };
            Ok(BehindCall::marked(&row.get::<_, String>(0)?, mark))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a person is called.
    pub fn person_name(&self, id: &str) -> Result<String, StoreError> {
        let name: Option<String> = self
            .connection
            .prepare_cached("SELECT name FROM people WHERE person_id = ?")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(name.unwrap_or_else(|| id.to_owned()))
    }
}

/// Calls that people heard or decided on; `?1` month, `?2` units, `?3` the time.
const HEARD: &str = "FROM (
        SELECT call_id, max(heard) AS heard FROM (
            SELECT call_id, 1 AS heard FROM sample_items WHERE heard_at <= ?3
            UNION ALL SELECT call_id, 1 FROM calibration_judgements WHERE at <= ?3
            UNION ALL SELECT call_id, 0 FROM findings INDEXED BY findings_touched
                WHERE moves > 0 AND decided_at <= ?3)
        GROUP BY call_id)
    JOIN calls c USING (call_id)
    WHERE c.month = ?1 AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))";

/// Findings moved by people; where a later move has changed one, its state comes from the log.
fn touched_findings() -> String {
    format!(
        "SELECT f.call_id, f.rule_id, v.outcome, coalesce({}, ''),
        c.unit, c.agent_id, c.agent_name,
        CASE WHEN f.decided_at <= ?3 THEN f.decided_by END,
        coalesce(f.appealed_at <= ?3, 0),
        coalesce(f.rectify_until < ?3, 0),
        coalesce(f.submitted_at <= ?3 AND f.submitted_at <= f.rectify_until, 0),
        c.points, c.qualified, c.day, c.channel, c.business
    FROM findings f INDEXED BY findings_touched
    CROSS JOIN calls c ON c.call_id = f.call_id
    LEFT JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
    WHERE f.moves > 0 AND c.month = ?1
      AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))
    ORDER BY f.call_id, f.rule_id",
        position_at("?3")
    )
}

fn touched(row: &Row<'_>) -> Result<Option<TouchedRow>, StoreError> {
    let call_id: String = row.get(0)?;
    let code: String = row.get(3)?;
    let position = Position::parse(&code).ok_or_else(|| StoreError::Damaged {
        what: "state",
        of: call_id.clone(),
        cause: code,
    })?;
    let Some(state) = position.finding else {
        return Ok(None);
    };
    let outcome: Option<String> = row.get(2)?;
    let past: bool = row.get(9)?;
    Ok(Some(TouchedRow {
        finding: TouchedFinding {
            rule_id: row.get(1)?,
            machine: outcome.as_deref().and_then(outcome_of),
            state,
            rectification: position.rectification,
            unit: row.get(4)?,
            agent_id: row.get(5)?,
            agent_name: row.get(6)?,
            decided_by: row.get(7)?,
            appealed: row.get(8)?,
            overdue: past && position.rectification == RectificationState::Opened,
            in_time: row.get(10)?,
            day: row.get(13)?,
            call_id,
        },
        channel: row.get(14)?,
        business: row.get(15)?,
        points: row.get(11)?,
        qualified: row.get(12)?,
    }))
}
