//! What the training list is made from, and what is overdue.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::rules::Outcome;
use crate::{
    review::{
        period::DayRange,
        training::{CameBack, ScoredCall, Violation},
        workflow::{Decision, FindingState},
    },
    store::{
        Store, StoreError,
        findings::{FindingFilter, FindingRow},
        samples,
        scores::outcome_of,
        to_json,
    },
};

fn decision(state: &str) -> Option<Decision> {
    FindingState::parse(state).and_then(FindingState::decision)
}

/// Whether there is a violation: by people's word, or else by the machine's.
fn stands(state: &str, outcome: &str) -> bool {
    match decision(state) {
        Some(decision) => decision == Decision::Violation,
        None => outcome_of(outcome) == Some(Outcome::Violation),
    }
}

impl Store {
    /// The calls of these days with their final scores and what stands of violations.
    pub fn scored_calls(
        &self,
        days: DayRange,
        unit: Option<&str>,
    ) -> Result<Vec<ScoredCall>, StoreError> {
        let mut qualified = self.connection.prepare_cached(
            "SELECT coalesce(s.qualified, c.qualified) FROM calls c
             LEFT JOIN final_scores s ON s.call_id = c.call_id WHERE c.call_id = ?",
        )?;
        let mut findings = self.connection.prepare_cached(
            "SELECT rule_id, state, outcome FROM findings WHERE call_id = ? ORDER BY rule_id",
        )?;
        let mut calls = Vec::new();
        for (call_id, unit, agent_id) in samples::calls_of(&self.connection, days, unit)? {
            let mut violations = Vec::new();
            let mut rows = findings.query([&call_id])?;
            while let Some(row) = rows.next()? {
                let state: String = row.get(1)?;
                if stands(&state, &row.get::<_, String>(2)?) {
                    violations.push(Violation {
                        rule_id: row.get(0)?,
                        confirmed: decision(&state).is_some(),
                    });
                }
            }
            calls.push(ScoredCall {
                qualified: qualified.query_row([&call_id], |row| row.get(0))?,
                call_id,
                unit,
                agent_id,
                violations,
            });
        }
        Ok(calls)
    }

    /// Violations of these days that an agent had rectified before; `labels`: only in units that
    /// calls name so; `until` (`2026-11-02T01:15:00Z`): only rectifications passed by then.
    pub fn came_back(
        &self,
        days: DayRange,
        labels: Option<&[String]>,
        until: &str,
    ) -> Result<Vec<CameBack>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "WITH rectified AS (
                 SELECT c.agent_id, f.rule_id, min(f.rectified_at) AS at
                 FROM findings f CROSS JOIN calls c ON c.call_id = f.call_id
                 WHERE f.rectified_at <= ?4 AND c.agent_id IS NOT NULL
                 GROUP BY c.agent_id, f.rule_id)
             SELECT c.agent_id, coalesce(c.unit, ''), r.rule_id, c.call_id, f.state, f.outcome
             FROM rectified r
             CROSS JOIN calls c ON c.agent_id = r.agent_id
               AND c.started_at BETWEEN ?1 AND ?2 || 'T99'
             CROSS JOIN findings f ON f.call_id = c.call_id AND f.rule_id = r.rule_id
             WHERE datetime(c.started_at) > datetime(r.at)
               AND (?3 IS NULL OR c.unit IN (SELECT value FROM json_each(?3)))
             ORDER BY c.call_id, r.rule_id",
        )?;
        let (from, to) = (days.0.to_string(), days.1.to_string());
        let mut rows = statement.query(params![from, to, labels.map(to_json), until])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if stands(&row.get::<_, String>(4)?, &row.get::<_, String>(5)?) {
                found.push(CameBack {
                    agent_id: row.get(0)?,
                    unit: row.get(1)?,
                    rule_id: row.get(2)?,
                    call_id: row.get(3)?,
                });
            }
        }
        Ok(found)
    }

    /// Rectifications whose time has run out without evidence, the oldest first.
    pub fn overdue(&self, now: DateTime<Utc>) -> Result<Vec<FindingRow>, StoreError> {
        let mut found = Vec::new();
        let filter = FindingFilter {
            rectification: Some(crate::review::workflow::RectificationState::Opened),
            ..FindingFilter::default()
        };
        self.for_each_finding(&filter, |finding| {
            if finding.rectify_until.is_some_and(|until| until < now) {
                found.push(finding);
            }
            Ok::<_, StoreError>(())
        })?;
        found.sort_by(|a, b| {
            (a.rectify_until, &a.finding_id).cmp(&(b.rectify_until, &b.finding_id))
        });
        Ok(found)
    }
}
