//! The month's figures, counted by SQL: memory grows with units, agents and rules, never with calls.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};

use crate::{
    reports::{CallSums, JudgedCall, VerdictSums},
    rules::Outcome,
    store::{Store, StoreError, calls::StoredCall, to_json},
    time::Millis,
};

/// Which calls a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportScope {
    /// `2026-10`.
    pub month: String,
    /// Any of these units; `None` for all, those of no unit included.
    pub units: Option<Vec<String>>,
}

impl ReportScope {
    pub(super) fn units_json(&self) -> Option<String> {
        self.units.as_ref().map(to_json)
    }
}

/// How many of each call are listed in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedCalls {
    pub worst: usize,
    pub best: usize,
    pub violations_per_rule: usize,
    pub cannot_judge_per_rule: usize,
}

/// Calls on which a rule came to a verdict.
pub(super) struct VerdictWanted<'a> {
    pub(super) rule_id: &'a str,
    pub(super) outcome: Outcome,
    /// SQL to order the calls `c` by, before their time; ends with a comma.
    pub(super) order: &'static str,
    pub(super) limit: usize,
}

/// So many calls are looked up one by one for a list of a few.
const FEW_CALLS: u64 = 2000;

const SUMS: &str = "count(*), coalesce(sum(qualified), 0), coalesce(sum(points), 0),
    coalesce(sum(violated), 0), coalesce(sum(cannot_judge > 0), 0),
    coalesce(sum(duration_ms), 0), coalesce(sum(incomplete), 0), coalesce(sum(day IS NULL), 0)";

const IN_SCOPE: &str = "month = ?1 AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))";

fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(|count| count.max(0) as u64)
}

/// `SUMS`, which begin at column `from`.
fn sums(row: &Row<'_>, from: usize) -> rusqlite::Result<CallSums> {
    Ok(CallSums {
        calls: count(row, from)?,
        qualified: count(row, from + 1)?,
        points: count(row, from + 2)?,
        with_violation: count(row, from + 3)?,
        with_cannot_judge: count(row, from + 4)?,
        length: Millis(count(row, from + 5)?),
        incomplete: count(row, from + 6)?,
        undated: count(row, from + 7)?,
        ..CallSums::default()
    })
}

impl Store {
    /// The calls of each agent in each unit, apart by channel and business.
    pub fn sums_of_month(&self, scope: &ReportScope) -> Result<Vec<CallSums>, StoreError> {
        // In the order of an index, so that nothing is sorted.
        let mut statement = self.connection.prepare(&format!(
            "SELECT unit, agent_id, agent_name, channel, business, {SUMS} FROM calls
             WHERE {IN_SCOPE} GROUP BY unit, agent_id, agent_name, channel, business"
        ))?;
        let rows = statement.query_map(params![scope.month, scope.units_json()], |row| {
            Ok(CallSums {
                unit: row.get(0)?,
                agent_id: row.get(1)?,
                agent_name: row.get(2)?,
                channel: row.get(3)?,
                business: row.get(4)?,
                ..sums(row, 5)?
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many calls have how many points.
    pub fn points_of_month(&self, scope: &ReportScope) -> Result<Vec<(u32, u64)>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT points, count(*) FROM calls WHERE {IN_SCOPE} GROUP BY points ORDER BY points"
        ))?;
        let rows = statement.query_map(params![scope.month, scope.units_json()], |row| {
            Ok((row.get(0)?, count(row, 1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The verdicts of each rule on the calls of each agent in each unit.
    pub fn verdicts_of_month(&self, scope: &ReportScope) -> Result<Vec<VerdictSums>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT nullif(unit, ''), nullif(agent_id, ''), rule_id, outcome, sum(calls)
             FROM verdict_counts
             WHERE day >= ?1 || '-01' AND day <= ?1 || '-31'
               AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
             GROUP BY unit, agent_id, rule_id, outcome",
        )?;
        let mut rows = statement.query(params![scope.month, scope.units_json()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let outcome: String = row.get(3)?;
            let known = Outcome::ALL.into_iter();
            let outcome = known
                .into_iter()
                .find(|known| known.as_str() == outcome)
                .ok_or_else(|| StoreError::Damaged {
                    what: "verdict",
                    of: scope.month.clone(),
                    cause: outcome,
                })?;
            found.push(VerdictSums {
                unit: row.get(0)?,
                agent_id: row.get(1)?,
                rule_id: row.get(2)?,
                outcome,
                calls: count(row, 4)?,
            });
        }
        Ok(found)
    }

    /// Models and rule sets that judged the month's calls.
    pub fn sources_of_month(&self, month: &str) -> Result<(Vec<String>, Vec<String>), StoreError> {
        // Steps from one value to the next in the index, instead of looking at every call.
        let step = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
            let mut statement = self.connection.prepare_cached(sql)?;
            let found = statement.query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?)));
            found.optional()
        };
        let mut at: Option<(String, String)> = step(
            "SELECT rule_set, model FROM calls WHERE month = ? ORDER BY rule_set, model LIMIT 1",
            params![month],
        )?;
        let (mut rule_sets, mut models) = (Vec::new(), Vec::new());
        while let Some((rule_set, model)) = at {
            let next_model = step(
                "SELECT rule_set, model FROM calls WHERE month = ? AND rule_set = ? AND model > ?
                 ORDER BY model LIMIT 1",
                params![month, rule_set, model],
            )?;
            at = match next_model {
                Some(next) => Some(next),
                None => step(
                    "SELECT rule_set, model FROM calls WHERE month = ? AND rule_set > ?
                     ORDER BY rule_set, model LIMIT 1",
                    params![month, rule_set],
                )?,
            };
            rule_sets.push(rule_set);
            models.push(model);
        }
        for list in [&mut rule_sets, &mut models] {
            list.sort();
            list.dedup();
        }
        Ok((models, rule_sets))
    }

    /// Hands out the calls that a report lists: the lowest scores, the best, and examples of
    /// violations and of what nobody could judge, for each rule. A call may come several times.
    ///
    /// # Errors
    /// When the database fails.
    pub fn for_each_listed(
        &self,
        scope: &ReportScope,
        rules: &[String],
        listed: ListedCalls,
        mut each: impl FnMut(JudgedCall),
    ) -> Result<(), StoreError> {
        let units = scope.units_json();
        let in_scope =
            "c.month = ?1 AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))";
        let by_call = "c.started_at, c.call_id";
        let mut ids = self.call_ids(
            &format!(
                "SELECT c.call_id FROM calls c WHERE {in_scope} AND (c.points < 100 OR NOT c.qualified)
                 ORDER BY c.points, c.deducted DESC, {by_call} LIMIT ?3"
            ),
            params![scope.month, units, listed.worst as i64],
        )?;
        // The plus keeps SQLite from sorting all calls of 100 points: they stand in order by
        // what could not be judged and what was passed.
        ids.extend(self.call_ids(
            &format!(
                "SELECT c.call_id FROM calls c WHERE {in_scope} AND c.violated = 0
                   AND +c.points = 100 AND c.qualified AND NOT c.incomplete
                 ORDER BY c.cannot_judge, c.passes DESC, {by_call} LIMIT ?3"
            ),
            params![scope.month, units, listed.best as i64],
        )?);
        let everywhere = self.verdicts_everywhere(&scope.month)?;
        for rule_id in rules {
            for (outcome, order, limit) in [
                (
                    Outcome::Violation,
                    "c.points, c.deducted DESC, ",
                    listed.violations_per_rule,
                ),
                (Outcome::CannotJudge, "", listed.cannot_judge_per_rule),
            ] {
                let wanted = VerdictWanted {
                    rule_id,
                    outcome,
                    order,
                    limit,
                };
                ids.extend(self.calls_with_verdict(scope, &wanted, &everywhere)?);
            }
        }
        ids.sort();
        ids.dedup();
        for id in ids {
            if let Some(stored) = self.call(&id)? {
                each(judged(stored));
            }
        }
        Ok(())
    }

    /// The first calls in the order asked for on which a rule came to a verdict.
    pub(super) fn calls_with_verdict(
        &self,
        scope: &ReportScope,
        wanted: &VerdictWanted<'_>,
        everywhere: &BTreeMap<(String, String), u64>,
    ) -> Result<Vec<String>, StoreError> {
        let (rule_id, outcome) = (wanted.rule_id, wanted.outcome.as_str());
        let key = (rule_id.to_owned(), outcome.to_owned());
        // Few are looked up and sorted; of many the first are soon met in order.
        let from = match everywhere.get(&key) {
            None => return Ok(Vec::new()),
            Some(0..=FEW_CALLS) => "verdicts v CROSS JOIN calls c ON c.call_id = v.call_id",
            Some(_) => "calls c CROSS JOIN verdicts v ON v.call_id = c.call_id",
        };
        let order = wanted.order;
        self.call_ids(
            &format!(
                "SELECT c.call_id FROM {from}
                 WHERE v.outcome = ?4 AND v.rule_id = ?5 AND c.month = ?1
                   AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))
                 ORDER BY {order}c.started_at, c.call_id LIMIT ?3"
            ),
            params![
                scope.month,
                scope.units_json(),
                wanted.limit as i64,
                outcome,
                rule_id
            ],
        )
    }

    /// The month's verdicts by rule and outcome, of all units.
    pub(super) fn verdicts_everywhere(
        &self,
        month: &str,
    ) -> Result<BTreeMap<(String, String), u64>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT rule_id, outcome, sum(calls) FROM verdict_counts
             WHERE day >= ?1 || '-01' AND day <= ?1 || '-31' GROUP BY rule_id, outcome",
        )?;
        let rows = statement.query_map([month], |row| {
            Ok(((row.get(0)?, row.get(1)?), count(row, 2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn call_ids(
        &self,
        sql: &str,
        parameters: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn judged(stored: StoredCall) -> JudgedCall {
    JudgedCall {
        call_id: stored.call.call_id,
        metadata: stored.call.metadata,
        duration: stored.duration,
        recording_path: stored.call.path,
        score: stored.call.score,
        verdicts: stored.call.verdicts,
        incomplete: stored.incomplete,
    }
}
