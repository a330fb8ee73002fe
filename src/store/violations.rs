//! Violations, handed out one by one.

use rusqlite::{Row, params};

use crate::{
    reports::violations::Violation,
    rules::{Outcome, Severity, Verdict},
    store::{Store, StoreError, from_json, to_json},
    time::Millis,
};

/// Which violations; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViolationFilter {
    /// `2026-10`.
    pub month: Option<String>,
    /// Any of these units.
    pub units: Option<Vec<String>>,
    pub rule: Option<String>,
    pub severity: Option<Severity>,
    /// A state of the loop, by its word.
    pub state: Option<String>,
}

impl Store {
    /// Hands the chosen violations out in the order of their calls and rules.
    ///
    /// # Errors
    /// When the database fails or holds something damaged, or `each` fails.
    pub fn for_each_violation<E: From<StoreError>>(
        &self,
        filter: &ViolationFilter,
        mut each: impl FnMut(Violation) -> Result<(), E>,
    ) -> Result<(), E> {
        let database = |cause: rusqlite::Error| E::from(StoreError::Database(cause));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT c.call_id, c.metadata, c.path, c.recording, e.duration_ms, c.model,
                        c.rule_set, c.scorecard, r.title, r.severity, r.basis, r.remedy,
                        v.rule_id, v.rule_digest, v.turns, v.evidence, v.reason, 'detected'
                 FROM verdicts v INDEXED BY verdicts_in_order
                 JOIN calls c ON c.call_id = v.call_id
                 JOIN recordings e ON e.digest = c.recording
                 JOIN rules r ON r.digest = v.rule_digest
                 WHERE v.outcome = 'violation'
                   AND (?1 IS NULL OR c.month = ?1)
                   AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))
                   AND (?3 IS NULL OR v.rule_id = ?3) AND (?4 IS NULL OR r.severity = ?4)
                   AND (?5 IS NULL OR ?5 = 'detected')
                 ORDER BY v.call_id, v.rule_id",
            )
            .map_err(database)?;
        let mut rows = statement
            .query(params![
                filter.month,
                filter.units.as_ref().map(to_json),
                filter.rule,
                filter.severity.as_ref().map(to_json),
                filter.state,
            ])
            .map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            each(violation(row)?)?;
        }
        Ok(())
    }
}

fn violation(row: &Row<'_>) -> Result<Violation, StoreError> {
    let call_id: String = row.get(0)?;
    let text = |index: usize| row.get::<_, String>(index);
    Ok(Violation {
        metadata: from_json(&text(1)?, "call-list row", &call_id)?,
        recording_path: text(2)?,
        recording: text(3)?,
        duration: Millis(row.get::<_, i64>(4)? as u64),
        model: text(5)?,
        rule_set: text(6)?,
        scorecard: text(7)?,
        title: text(8)?,
        severity: from_json(&text(9)?, "severity", &call_id)?,
        basis: from_json(&text(10)?, "basis", &call_id)?,
        remedy: text(11)?,
        verdict: Verdict {
            rule_id: text(12)?,
            rule_digest: text(13)?,
            outcome: Outcome::Violation,
            at: from_json(&text(14)?, "verdict", &call_id)?,
            evidence: from_json(&text(15)?, "evidence", &call_id)?,
            reason: from_json(&text(16)?, "reason", &call_id)?,
        },
        state: (text(17)?, String::new()),
        call_id,
    })
}
