//! Reports that were issued and whose figures would be others today. They are never changed, only
//! marked, with the first thing that made them so.

use rusqlite::{Connection, params};

use crate::{
    people::SEVERAL_UNITS,
    store::{StoreError, calls::CallRow, people},
};

/// A call as reports see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// `2026-10-21…`.
    pub(super) started_at: Option<&'a str>,
    pub(super) unit: Option<&'a str>,
}

/// Issued reports, not marked yet, whose days and unit hold the call.
pub(super) fn reports_with(
    connection: &Connection,
    call: Place<'_>,
) -> Result<Vec<String>, StoreError> {
    let Some(day) = call.started_at.and_then(|at| at.get(..10)) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT report_id, unit FROM issued_reports
         WHERE superseded_at IS NULL AND from_day <= ?1 AND to_day >= ?1 ORDER BY report_id",
    )?;
    let mut rows = statement.query([day])?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        let holds = match row.get::<_, Option<String>>(1)? {
            None => true,
            Some(of_report) => {
                let units = people::units(connection)?;
                let own = call.unit.and_then(|unit| units.find(unit));
                own.is_some_and(|own| {
                    let line = units.line(&own.id);
                    let mut above = line.iter().map(|above| above.id.as_str());
                    above.any(|above| of_report.split(SEVERAL_UNITS).any(|unit| unit == above))
                }) || call.unit == Some(of_report.as_str())
            }
        };
        if holds {
            reports.push(row.get(0)?);
        }
    }
    Ok(reports)
}

/// Marks reports; those that are marked already keep their first reason. `why`: a word (the move,
/// `judged`, `scanned`, `retention`) and what it was about. `seq`: its row in the log.
pub(super) fn mark(
    connection: &Connection,
    reports: &[String],
    at: &str,
    seq: Option<u64>,
    why: &str,
) -> Result<(), StoreError> {
    for report in reports {
        connection
            .prepare_cached(
                "UPDATE issued_reports SET superseded_at = ?, superseded_seq = ?, superseded_why = ?
                 WHERE report_id = ? AND superseded_at IS NULL",
            )?
            .execute(params![at, seq.map(|seq| seq as i64), why, report])?;
    }
    Ok(())
}

/// What reports count of a call: points, whether it is qualified, and the outcome of each rule.
/// `None` for a call that is not kept.
pub(super) fn counted(
    connection: &Connection,
    call_id: &str,
) -> Result<Option<String>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT c.points || '/' || c.qualified || '/' || coalesce((
                 SELECT group_concat(rule_id || '=' || outcome, ';') FROM (
                     SELECT rule_id, outcome FROM verdicts WHERE call_id = ?1 ORDER BY rule_id)), '')
             FROM calls c WHERE c.call_id = ?1",
        )?
        .query_map([call_id], |row| row.get(0))?
        .next()
        .transpose()?;
    Ok(found)
}

/// Marks the reports that hold a call which was just written, if what they count of it is not what
/// it was `before`.
pub(super) fn after_judging(
    connection: &Connection,
    call: &CallRow,
    before: Option<&str>,
    at: &str,
) -> Result<(), StoreError> {
    if counted(connection, &call.call_id)?.as_deref() == before {
        return Ok(());
    }
    let started_at = call.metadata.started_at.map(|at| at.to_rfc3339());
    let place = Place {
        started_at: started_at.as_deref(),
        unit: call.metadata.unit.as_deref(),
    };
    let reports = reports_with(connection, place)?;
    let what = match before {
        Some(_) => "judged",
        None => "scanned",
    };
    mark(
        connection,
        &reports,
        at,
        None,
        &format!("{what} {}", call.call_id),
    )
}
