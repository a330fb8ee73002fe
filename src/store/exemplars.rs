//! Exemplars: proposed from what was decided, released by a reviewer.

use rusqlite::{Connection, Row, params};

use crate::{
    lang::{Lang, Say},
    review::{
        exemplars::{Candidate, propose},
        period::DayRange,
    },
    rules::Evidence,
    store::{
        Store, StoreError,
        audit::{self, Acting, Note, utc_text},
        findings::finding_id,
        from_json, samples,
    },
    transcript::Speaker,
};

/// The cue that hears a yes which can only mean yes.
const EXPLICIT_ASSENT: &str = "explicit-assent";

#[derive(Clone, Debug, PartialEq)]
pub struct ExemplarRow {
    pub exemplar_id: String,
    pub call_id: String,
    pub rule_id: String,
    pub scenario: String,
    /// `proposed`, `released` or `withdrawn`.
    pub state: String,
    pub merit: f64,
    pub why_zh: String,
    pub why_en: String,
    pub released_by: Option<String>,
    /// Of the call.
    pub unit: Option<String>,
    pub agent_id: Option<String>,
}

/// What is done to an exemplar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExemplarMove {
    Release,
    Withdraw,
}

#[derive(Debug, thiserror::Error)]
pub enum ExemplarError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no exemplar {0}")]
    Unknown(String),
    #[error("{id} is {state}")]
    State { id: String, state: String },
}

impl From<rusqlite::Error> for ExemplarError {
    fn from(cause: rusqlite::Error) -> ExemplarError {
        ExemplarError::Store(StoreError::Database(cause))
    }
}

impl Say for ExemplarError {
    fn say(&self, lang: Lang) -> String {
        match self {
            ExemplarError::Store(error) => error.say(lang),
            ExemplarError::Unknown(id) => lang.pick(
                format!("没有规范录音 {id}。看有哪些:huiting exemplar list"),
                format!("there is no exemplar {id}. See which there are: huiting exemplar list"),
            ),
            ExemplarError::State { id, state } => lang.pick(
                format!("规范录音 {id} 现在是 {state};只有 proposed 可以发布,只有 released 可以撤下"),
                format!("exemplar {id} is {state}; only proposed ones can be released and released ones withdrawn"),
            ),
        }
    }
}

impl Store {
    /// Proposes the best calls of each rule and scenario; those proposed before stay as they are.
    /// Returns how many are new.
    pub fn propose_exemplars(
        &mut self,
        days: DayRange,
        unit: Option<&str>,
        most: usize,
        acting: &Acting<'_>,
    ) -> Result<u64, StoreError> {
        let new = self.writing(|transaction| {
            let candidates = candidates(transaction, days, unit)?;
            let mut new = 0;
            for proposal in propose(&candidates, most) {
                new += transaction
                    .prepare_cached(
                        "INSERT INTO exemplars VALUES (?, ?, ?, ?, 'proposed', ?, ?, ?, ?, NULL, NULL)
                         ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![
                        finding_id(&proposal.call_id, &proposal.rule_id),
                        proposal.call_id,
                        proposal.rule_id,
                        proposal.scenario,
                        proposal.merit,
                        proposal.why_zh,
                        proposal.why_en,
                        utc_text(acting.utc()),
                    ])?;
            }
            let note = Note {
                action: "exemplar-propose",
                subject_kind: "exemplar",
                subject: "exemplars",
                details: serde_json::json!({
                    "from": days.0, "to": days.1, "unit": unit, "new": new,
                }),
                ..Note::default()
            };
            audit::append(transaction, acting, &note)?;
            Ok::<_, StoreError>(new as u64)
        })?;
        self.note_head()?;
        Ok(new)
    }

    /// Releases a proposed exemplar, or withdraws a released one.
    ///
    /// # Errors
    /// When there is none, or it is in another state.
    pub fn move_exemplar(
        &mut self,
        id: &str,
        mv: ExemplarMove,
        acting: &Acting<'_>,
    ) -> Result<(), ExemplarError> {
        let (action, from, to) = match mv {
            ExemplarMove::Release => ("exemplar-release", "proposed", "released"),
            ExemplarMove::Withdraw => ("exemplar-withdraw", "released", "withdrawn"),
        };
        self.writing(|transaction| {
            let row = exemplars(transaction, Some(id))?
                .pop()
                .ok_or_else(|| ExemplarError::Unknown(id.to_owned()))?;
            if row.state != from {
                return Err(ExemplarError::State {
                    id: id.to_owned(),
                    state: row.state,
                });
            }
            transaction.execute(
                "UPDATE exemplars SET state = ?, released_by = ?, released_at = ?
                 WHERE exemplar_id = ?",
                [to, acting.name(), &utc_text(acting.utc()), id],
            )?;
            let note = Note {
                action,
                subject_kind: "exemplar",
                subject: id,
                before: from.to_owned(),
                after: to.to_owned(),
                ..Note::default()
            };
            audit::append(transaction, acting, &note)?;
            Ok(())
        })?;
        Ok(self.note_head()?)
    }

    /// All exemplars, by rule and scenario, best first.
    pub fn exemplars(&self) -> Result<Vec<ExemplarRow>, StoreError> {
        exemplars(&self.connection, None)
    }
}

fn exemplars(connection: &Connection, id: Option<&str>) -> Result<Vec<ExemplarRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.exemplar_id, e.call_id, e.rule_id, e.scenario, e.state, e.merit, e.why_zh,
                e.why_en, e.released_by, c.unit, c.agent_id
         FROM exemplars e LEFT JOIN calls c ON c.call_id = e.call_id
         WHERE ?1 IS NULL OR e.exemplar_id = ?1
         ORDER BY e.rule_id, e.scenario, e.merit DESC, e.call_id",
    )?;
    let read = |row: &Row<'_>| {
        Ok(ExemplarRow {
            exemplar_id: row.get(0)?,
            call_id: row.get(1)?,
            rule_id: row.get(2)?,
            scenario: row.get(3)?,
            state: row.get(4)?,
            merit: row.get(5)?,
            why_zh: row.get(6)?,
            why_en: row.get(7)?,
            released_by: row.get(8)?,
            unit: row.get(9)?,
            agent_id: row.get(10)?,
        })
    };
    let rows = statement.query_map([id], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls whose final score has no deduction: every finding was decided in the agent's favour, or
/// a person heard the whole call and found none.
fn candidates(
    connection: &Connection,
    days: DayRange,
    unit: Option<&str>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut clean = connection.prepare_cached(
        "SELECT c.metadata, (SELECT coalesce(sum(length(u.text)), 0) FROM utterances u
                WHERE u.recording = c.recording AND u.model = c.model AND u.speaker = ?2)
         FROM calls c JOIN final_scores s ON s.call_id = c.call_id
         WHERE c.call_id = ?1 AND s.basis = 'final' AND s.points = 100 AND NOT EXISTS (
             SELECT 1 FROM findings f WHERE f.call_id = c.call_id
             AND f.state NOT IN ('false-hit', 'overturned', 'finally-overturned'))",
    )?;
    let mut verdicts = connection.prepare_cached(
        "SELECT v.rule_id, v.outcome, v.evidence FROM verdicts v WHERE v.call_id = ?
         AND v.outcome <> 'not-applicable' ORDER BY v.rule_id",
    )?;
    let mut candidates = Vec::new();
    for (call_id, ..) in samples::calls_of(connection, days, unit)? {
        let mut rows = clean.query([&call_id, Speaker::Agent.as_str()])?;
        let Some(row) = rows.next()? else { continue };
        let metadata: crate::call::CallMetadata =
            from_json(&row.get::<_, String>(0)?, "call-list row", &call_id)?;
        let agent_characters = row.get::<_, i64>(1)? as u64;
        let mut passed = Vec::new();
        let mut explicit_assent = false;
        let mut of_call = verdicts.query([&call_id])?;
        while let Some(verdict) = of_call.next()? {
            let evidence: Vec<Evidence> =
                from_json(&verdict.get::<_, String>(2)?, "evidence", &call_id)?;
            explicit_assent |= evidence.iter().any(|words| {
                words.cue == EXPLICIT_ASSENT
                    && !words.doubtful
                    && words.speaker == Speaker::Customer
            });
            passed.push(verdict.get(0)?);
        }
        candidates.push(Candidate {
            call_id,
            passed,
            scenario: metadata.business.unwrap_or_default(),
            agent_characters,
            explicit_assent,
        });
    }
    Ok(candidates)
}
