//! Violations, handed out one by one.

use rusqlite::{Row, params};

use crate::{
    reports::violations::Violation,
    review::workflow::FindingState,
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
    pub state: Option<FindingState>,
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
        let parameters = params![
            filter.month,
            filter.units.as_ref().map(to_json),
            filter.rule,
            filter.severity.as_ref().map(to_json),
            filter.state.map(FindingState::as_str),
        ];
        for which in [BY_MACHINE, BY_PERSON] {
            let database = |cause: rusqlite::Error| E::from(StoreError::Database(cause));
            let mut statement = self
                .connection
                .prepare_cached(&format!("{COLUMNS} {which} {CHOSEN}"))
                .map_err(database)?;
            let mut rows = statement.query(parameters).map_err(database)?;
            while let Some(row) = rows.next().map_err(database)? {
                each(violation(row)?)?;
            }
        }
        Ok(())
    }
}

const COLUMNS: &str = "SELECT c.call_id, c.metadata, c.path, c.recording, c.duration_ms, c.model,
    c.rule_set, c.scorecard, r.title, r.severity, r.basis, r.remedy,
    v.rule_id, v.rule_digest, v.turns, v.evidence, v.reason, coalesce(f.state, 'detected'),
    v.outcome, r.title_en";

/// What the machine found, whatever people said of it since: the state tells.
const BY_MACHINE: &str = "FROM verdicts v INDEXED BY verdicts_in_order
    CROSS JOIN calls c ON c.call_id = v.call_id
    CROSS JOIN rules r ON r.digest = v.rule_digest
    LEFT JOIN findings f ON f.call_id = v.call_id AND f.rule_id = v.rule_id
    WHERE v.outcome = 'violation'";

/// What people found where the machine had not: missed, or left to them.
const BY_PERSON: &str = "FROM findings f
    CROSS JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
    CROSS JOIN calls c ON c.call_id = v.call_id
    CROSS JOIN rules r ON r.digest = v.rule_digest
    WHERE v.outcome <> 'violation'
      AND f.state NOT IN ('detected', 'assigned', 'false-hit', 'overturned', 'finally-overturned')";

const CHOSEN: &str = "AND (?1 IS NULL OR c.month = ?1)
    AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))
    AND (?3 IS NULL OR v.rule_id = ?3) AND (?4 IS NULL OR r.severity = ?4)
    AND (?5 IS NULL OR coalesce(f.state, 'detected') = ?5)
    ORDER BY v.call_id, v.rule_id";

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
        title_en: text(19)?,
        severity: from_json(&text(9)?, "severity", &call_id)?,
        basis: from_json(&text(10)?, "basis", &call_id)?,
        remedy: text(11)?,
        verdict: Verdict {
            rule_id: text(12)?,
            rule_digest: text(13)?,
            outcome: outcome(&text(18)?, &call_id)?,
            at: from_json(&text(14)?, "verdict", &call_id)?,
            evidence: from_json(&text(15)?, "evidence", &call_id)?,
            reason: from_json(&text(16)?, "reason", &call_id)?,
        },
        state: state(&text(17)?, &call_id)?,
        call_id,
    })
}

fn outcome(word: &str, call_id: &str) -> Result<Outcome, StoreError> {
    let known = Outcome::ALL
        .into_iter()
        .find(|known| known.as_str() == word);
    known.ok_or_else(|| damaged("verdict", word, call_id))
}

fn state(word: &str, call_id: &str) -> Result<FindingState, StoreError> {
    FindingState::parse(word).ok_or_else(|| damaged("state", word, call_id))
}

fn damaged(what: &'static str, word: &str, call_id: &str) -> StoreError {
    StoreError::Damaged {
        what,
        of: call_id.to_owned(),
        cause: word.to_owned(),
    }
}
