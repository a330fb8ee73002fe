//! Scores restated by what people decided, beside the machine's.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    review::{
        scores::{Basis, FinalScore, JudgedRule, restated},
        workflow::FindingState,
    },
    rules::Outcome,
    scoring::{CallScore, Scorecard},
    store::{Store, StoreError, from_json, to_json},
};

impl Store {
    /// The restated score of a call; `None` where nobody has decided anything.
    pub fn final_score(&self, call_id: &str) -> Result<Option<FinalScore>, StoreError> {
        final_score(&self.connection, call_id)
    }

    /// The calls whose kept score is not what follows from the decisions on them, in the order of
    /// their ids.
    pub fn scores_unlike_decisions(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT call_id FROM final_scores
             UNION SELECT call_id FROM findings WHERE moves > 0
             UNION SELECT call_id FROM sample_items WHERE heard_at IS NOT NULL ORDER BY 1",
        )?;
        let mut rows = statement.query([])?;
        let mut unlike = Vec::new();
        while let Some(row) = rows.next()? {
            let call_id: String = row.get(0)?;
            if self.final_score(&call_id)? != self.recomputed_score(&call_id)? {
                unlike.push(call_id);
            }
        }
        Ok(unlike)
    }

    /// The score as it would be restated now, for checking that the kept one is right.
    pub fn recomputed_score(&self, call_id: &str) -> Result<Option<FinalScore>, StoreError> {
        computed(&self.connection, call_id)
    }
}

fn final_score(connection: &Connection, call_id: &str) -> Result<Option<FinalScore>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT basis, points, qualified, fatal, deductions, decided, pending
             FROM final_scores WHERE call_id = ?",
        )?
        .query_row([call_id], |row| {
            Ok((
                row.get::<_, String>(0)?,
                (row.get(1)?, row.get(2)?, row.get(3)?),
                row.get::<_, String>(4)?,
                (row.get(5)?, row.get(6)?),
            ))
        })
        .optional()?;
    let Some((basis, (points, qualified, fatal), deductions, (decided, pending))) = found else {
        return Ok(None);
    };
    Ok(Some(FinalScore {
        score: CallScore {
            points,
            qualified,
            fatal,
            deductions: from_json(&deductions, "list of deductions", call_id)?,
        },
        basis: Basis::parse(&basis).ok_or_else(|| StoreError::Damaged {
            what: "score",
            of: call_id.to_owned(),
            cause: basis,
        })?,
        decided,
        pending,
    }))
}

/// Restates the score of a call within the transaction that changed something about it, if
/// people have had to do with it.
pub(super) fn restate_if_touched(connection: &Connection, call_id: &str) -> Result<(), StoreError> {
    let touched = connection
        .prepare_cached(
            "SELECT 1 FROM findings WHERE call_id = ?1 AND moves > 0
             UNION ALL SELECT 1 FROM sample_items WHERE call_id = ?1 AND heard_at IS NOT NULL",
        )?
        .exists([call_id])?;
    if touched {
        restate(connection, call_id)?;
    }
    Ok(())
}

/// Restates the score of a call; a call of which nobody has decided anything keeps none.
pub(super) fn restate(connection: &Connection, call_id: &str) -> Result<(), StoreError> {
    match computed(connection, call_id)? {
        Some(restated) => {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO final_scores VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    call_id,
                    restated.basis.as_str(),
                    restated.score.points,
                    restated.score.qualified,
                    restated.score.fatal,
                    to_json(&restated.score.deductions),
                    restated.decided,
                    restated.pending,
                ])?;
        }
        None => {
            connection
                .prepare_cached("DELETE FROM final_scores WHERE call_id = ?")?
                .execute([call_id])?;
        }
    }
    Ok(())
}

fn computed(connection: &Connection, call_id: &str) -> Result<Option<FinalScore>, StoreError> {
    let rules = judged_rules(connection, call_id)?;
    let heard = connection
        .prepare_cached("SELECT 1 FROM sample_items WHERE call_id = ? AND heard_at IS NOT NULL")?
        .exists([call_id])?;
    let decided = rules
        .iter()
        .any(|rule| rule.state.is_some_and(|state| state.decision().is_some()));
    if !decided && !heard {
        return Ok(None);
    }
    let card = scorecard(connection, call_id)?;
    Ok(Some(restated(&card, &rules, heard)))
}

/// Every rule that the machine judged on the call or that has a finding, in the order of ids.
pub(super) fn judged_rules(
    connection: &Connection,
    call_id: &str,
) -> Result<Vec<JudgedRule>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT k.rule_id, v.outcome, f.state, r.severity, r.scored, r.points
         FROM (SELECT rule_id FROM verdicts WHERE call_id = ?1
               UNION SELECT rule_id FROM findings WHERE call_id = ?1) k
         LEFT JOIN verdicts v ON v.call_id = ?1 AND v.rule_id = k.rule_id
         LEFT JOIN findings f ON f.call_id = ?1 AND f.rule_id = k.rule_id
         LEFT JOIN rules r ON r.digest = coalesce(v.rule_digest, f.rule_digest)
         ORDER BY k.rule_id",
    )?;
    let mut rows = statement.query([call_id])?;
    let mut rules = Vec::new();
    while let Some(row) = rows.next()? {
        let damaged = |cause: String| StoreError::Damaged {
            what: "finding or verdict",
            of: call_id.to_owned(),
            cause,
        };
        let outcome: Option<String> = row.get(1)?;
        let state: Option<String> = row.get(2)?;
        let severity: Option<String> = row.get(3)?;
        let severity = severity.ok_or_else(|| damaged("its rule is not kept".to_owned()))?;
        rules.push(JudgedRule {
            rule_id: row.get(0)?,
            machine: outcome
                .map(|text| outcome_of(&text).ok_or_else(|| damaged(text)))
                .transpose()?,
            state: state
                .map(|text| FindingState::parse(&text).ok_or_else(|| damaged(text)))
                .transpose()?,
            severity: from_json(&severity, "severity", call_id)?,
            scored: row.get(4)?,
            points: row.get(5)?,
        });
    }
    Ok(rules)
}

pub(super) fn outcome_of(text: &str) -> Option<Outcome> {
    Outcome::ALL
        .into_iter()
        .find(|outcome| outcome.as_str() == text)
}

pub(super) fn scorecard(connection: &Connection, call_id: &str) -> Result<Scorecard, StoreError> {
    let found: Option<(String, Option<String>)> = connection
        .prepare_cached(
            "SELECT c.scorecard, s.card FROM calls c
             LEFT JOIN scorecards s ON s.digest = c.scorecard WHERE c.call_id = ?",
        )?
        .query_row([call_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((_, Some(card))) => from_json(&card, "scorecard", call_id),
        other => Err(StoreError::NoScorecard {
            call: call_id.to_owned(),
            digest: other.map(|(digest, _)| digest).unwrap_or_default(),
        }),
    }
}
