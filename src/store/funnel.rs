//! The outbound funnel's counts, by SQL.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use crate::{
    reports::{
        BehindCall, ConversionSums, FunnelFacts, FunnelGroup, FunnelSteps, FunnelSums, Known,
        masking::{file_name, shown},
    },
    store::{Store, StoreError, monthly::ReportScope},
};

/// Of rows that are counted already.
const STEPS: &str = "sum(listed), sum(connected_known), sum(connected), sum(talk_known),
    sum(long_talk), sum(converted_known), sum(converted), sum(ordered_known), sum(ordered)";

const DIALLED: &str = "FROM listed_counts WHERE month = ?1 AND listed > 0
    AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))";

fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(|count| count.max(0) as u64)
}

/// `STEPS`, which begin at column `from`.
fn sums(row: &Row<'_>, from: usize) -> rusqlite::Result<FunnelSums> {
    let known = |at: usize| {
        Ok::<_, rusqlite::Error>(Known {
            known: count(row, from + at)?,
            so: count(row, from + at + 1)?,
        })
    };
    Ok(FunnelSums {
        dialled: count(row, from)?,
        steps: FunnelSteps {
            connected: known(1)?,
            long_talk: known(3)?,
            converted: known(5)?,
            ordered: known(7)?,
        },
        ..FunnelSums::default()
    })
}

impl Store {
    /// The month's outbound calls by agent, script and hour, and what judging found in them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn funnel_facts(&self, scope: &ReportScope) -> Result<FunnelFacts, StoreError> {
        Ok(FunnelFacts {
            agents: self.dialled_by_agent(scope)?,
            scripts: self.dialled_by(scope, "script")?,
            hours: self.dialled_by(scope, "hour")?,
            judged: self.conversions(scope)?,
        })
    }

    fn dialled_by_agent(&self, scope: &ReportScope) -> Result<Vec<FunnelSums>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT nullif(unit, ''), nullif(name, ''),
                    (SELECT min(agent_name) FROM listed_calls l
                     WHERE l.month = ?1 AND l.direction = 'outbound'
                       AND l.unit IS nullif(listed_counts.unit, '') AND l.agent_id IS nullif(name, '')),
                    count(nullif(day, '')), {STEPS} {DIALLED} AND part = 'agent'
             GROUP BY unit, name"
        ))?;
        let rows = statement.query_map(params![scope.month, scope.units_json()], |row| {
            Ok(FunnelSums {
                unit: row.get(0)?,
                group: row.get(1)?,
                agent_name: row.get(2)?,
                days: count(row, 3)?,
                ..sums(row, 4)?
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn dialled_by(
        &self,
        scope: &ReportScope,
        part: &'static str,
    ) -> Result<Vec<FunnelSums>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT nullif(name, ''), {STEPS} {DIALLED} AND part = ?3
             GROUP BY name ORDER BY CAST(name AS INTEGER), name"
        ))?;
        let parameters = params![scope.month, scope.units_json(), part];
        let rows = statement.query_map(parameters, |row| {
            Ok(FunnelSums {
                group: row.get(0)?,
                ..sums(row, 1)?
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn conversions(&self, scope: &ReportScope) -> Result<Vec<ConversionSums>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT unit, agent_id, converted, violated, count(*) FROM calls
             WHERE month = ?1 AND direction = 'outbound'
               AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
             GROUP BY unit, agent_id, converted, violated",
        )?;
        let rows = statement.query_map(params![scope.month, scope.units_json()], |row| {
            Ok(ConversionSums {
                unit: row.get(0)?,
                agent_id: row.get(1)?,
                converted: row.get(2)?,
                violated: row.get(3)?,
                calls: count(row, 4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Calls behind the rows of the funnel, those that came furthest first. `wanted`: how many
    /// calls were answered in each, so that nothing is looked for that is not there; agents are
    /// asked for by [`Store::answered_by`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn answered_calls(
        &self,
        scope: &ReportScope,
        wanted: &BTreeMap<FunnelGroup, u64>,
    ) -> Result<BTreeMap<FunnelGroup, Vec<BehindCall>>, StoreError> {
        let most = |group: &FunnelGroup| {
            let answered = wanted.get(group).copied().unwrap_or(0);
            answered.min(group.most() as u64) as usize
        };
        let groups = wanted
            .keys()
            .filter(|group| !matches!(group, FunnelGroup::Agent(_)));
        let mut left: usize = groups.map(most).sum();
        let mut found: BTreeMap<FunnelGroup, Vec<BehindCall>> = BTreeMap::new();
        let mut statement = self.connection.prepare(
            "SELECT call_id, file, converted, ordered, unit, script, CAST(hour AS TEXT)
             FROM listed_calls
             WHERE month = ?1 AND direction = 'outbound' AND connected = 1
               AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
             ORDER BY converted DESC, ordered DESC, file",
        )?;
        let mut rows = statement.query(params![scope.month, scope.units_json()])?;
        while left > 0 {
            let Some(row) = rows.next()? else { break };
            let of_call = [
                FunnelGroup::Whole,
                FunnelGroup::Unit(shown(&row.get(4)?)),
                FunnelGroup::Script(shown(&row.get(5)?)),
                FunnelGroup::Hour(row.get(6)?),
            ];
            for group in of_call {
                let most = most(&group);
                let named = found.entry(group).or_default();
                if named.len() < most {
                    named.push(answered(row)?);
                    left -= 1;
                }
            }
        }
        found.retain(|_, named| !named.is_empty());
        Ok(found)
    }

    /// The calls of an agent in a unit that somebody answered, those that came furthest first.
    pub fn answered_by(
        &self,
        month: &str,
        unit: Option<&str>,
        agent_id: Option<&str>,
    ) -> Result<Vec<BehindCall>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            // Chosen in an index; only those are looked up.
            "SELECT l.call_id, l.file, l.converted, l.ordered
             FROM (SELECT file FROM listed_calls
                   WHERE month = ?1 AND direction = 'outbound' AND connected = 1
                     AND unit IS ?2 AND agent_id IS ?3
                   ORDER BY converted DESC, ordered DESC, file LIMIT ?4)
             JOIN listed_calls l USING (file)
             ORDER BY l.converted DESC, l.ordered DESC, l.file",
        )?;
        let parameters = params![month, unit, agent_id, FunnelGroup::Agent(0).most() as i64];
        let rows = statement.query_map(parameters, answered)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Call, file, converted, ordered; a call that the list gives no id is known by its file.
fn answered(row: &Row<'_>) -> rusqlite::Result<BehindCall> {
    let call_id: Option<String> = row.get(0)?;
    let file: String = row.get(1)?;
    let yes = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<bool>>(index)? == Some(true));
    let mark = match (yes(2)?, yes(3)?) {
        (true, true) => "funnel.ordered.calls",
        (true, false) => "funnel.converted.calls",
        (false, _) => "funnel.connected.calls",
    };
    let named = call_id.as_deref().unwrap_or_else(|| file_name(&file));
    Ok(BehindCall::marked(named, mark))
}
