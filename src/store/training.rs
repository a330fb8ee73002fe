//! What the training list is made from, and what is overdue.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::rules::Outcome;
use crate::{
    review::{
        period::DayRange,
        training::{CameBack, ScoredCall, Violation},
        workflow::{Decision, FindingState},
    },
    store::{
        Store, StoreError,
        audit::utc_time,
        findings::{FindingFilter, FindingRow},
        samples,
        scores::outcome_of,
    },
};

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
                let outcome: String = row.get(2)?;
                let decision = FindingState::parse(&state).and_then(FindingState::decision);
                let stands = match decision {
                    Some(decision) => decision == Decision::Violation,
                    None => outcome_of(&outcome) == Some(Outcome::Violation),
                };
                if stands {
                    violations.push(Violation {
                        rule_id: row.get(0)?,
                        confirmed: decision.is_some(),
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

    /// Violations of these days that an agent had rectified before.
    pub fn came_back(
        &self,
        days: DayRange,
        unit: Option<&str>,
    ) -> Result<Vec<CameBack>, StoreError> {
        let mut rectified: BTreeMap<(String, String), DateTime<Utc>> = BTreeMap::new();
        let mut statement = self.connection.prepare_cached(
            "SELECT c.agent_id, f.rule_id, min(f.rectified_at) FROM findings f
             JOIN calls c ON c.call_id = f.call_id
             WHERE f.rectified_at IS NOT NULL AND c.agent_id IS NOT NULL
             GROUP BY c.agent_id, f.rule_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at: String = row.get(2)?;
            if let Some(at) = utc_time(&at) {
                rectified.insert((row.get(0)?, row.get(1)?), at);
            }
        }
        let mut started = self
            .connection
            .prepare_cached("SELECT coalesce(started_at, '') FROM calls WHERE call_id = ?")?;
        let mut found = Vec::new();
        for call in self.scored_calls(days, unit)? {
            let at: String = started.query_row([&call.call_id], |row| row.get(0))?;
            let Some(at) = utc_time(&at) else { continue };
            for violation in &call.violations {
                let key = (call.agent_id.clone(), violation.rule_id.clone());
                if rectified.get(&key).is_some_and(|before| at > *before) {
                    found.push(CameBack {
                        agent_id: call.agent_id.clone(),
                        unit: call.unit.clone(),
                        rule_id: violation.rule_id.clone(),
                        call_id: call.call_id.clone(),
                    });
                }
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
