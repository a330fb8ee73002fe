//! The outbound funnel's counts, by SQL.

use rusqlite::{Row, params};

use crate::{
    reports::{ConversionSums, FunnelFacts, FunnelSteps, FunnelSums, Known},
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
}
