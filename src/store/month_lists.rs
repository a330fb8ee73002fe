//! What a monthly report lists of the loop: exemplars, calibrations, reasons, whom to train; and
//! the reports that were issued.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::{
    lang::Lang,
    reports::{
        BEHIND_UNIT, BehindCall, CalibrationLine, ExemplarLine, ReasonLine, masking::masked_call_id,
    },
    scoring::intervals::Rate,
    store::{
        Store, StoreError,
        audit::{self, Acting, Note},
        monthly::ReportScope,
        to_json,
        touched::AsOf,
    },
};

/// A report that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedReport {
    pub report_id: String,
    /// monthly, weekly
    pub kind: String,
    /// `2026-10`, `2026-W42`.
    pub period: String,
    pub from_day: String,
    pub to_day: String,
    /// The id of a unit; `None` for all.
    pub unit: Option<String>,
    pub lang: String,
    pub as_of: String,
    /// SHA-256 of the facts that it was made from, and of the file.
    pub inputs_digest: String,
    pub output_digest: String,
    pub file: String,
    pub issued_by: String,
    pub issued_at: String,
    /// When a later decision made it so, and which finding it was about.
    pub superseded: Option<(String, String)>,
}

impl Store {
    /// Released exemplars of the month's calls.
    pub fn exemplar_lines(
        &self,
        scope: &ReportScope,
        as_of: &AsOf,
        lang: Lang,
    ) -> Result<Vec<ExemplarLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT e.call_id, e.rule_id, e.scenario, e.why_zh, e.why_en,
                    (SELECT r.title FROM rules r WHERE r.rule_id = e.rule_id LIMIT 1),
                    (SELECT r.title_en FROM rules r WHERE r.rule_id = e.rule_id LIMIT 1)
             FROM exemplars e JOIN calls c ON c.call_id = e.call_id
             WHERE (e.state = 'released' AND e.released_at <= ?3 OR e.state = 'withdrawn' AND EXISTS (
                   SELECT 1 FROM audit a WHERE a.subject_kind = 'exemplar' AND a.subject = e.exemplar_id
                   AND a.action = 'exemplar-release' AND a.at <= ?3) AND e.released_at > ?3)
               AND c.month = ?1
               AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))
             ORDER BY e.merit DESC, e.call_id LIMIT 20",
        )?;
        let parameters = params![scope.month, scope.units.as_ref().map(to_json), as_of.utc];
        let rows = statement.query_map(parameters, |row| {
            let text = |index| row.get::<_, Option<String>>(index);
            let rule_id: String = row.get(1)?;
            Ok(ExemplarLine {
                call_id: masked_call_id(&row.get::<_, String>(0)?),
                rule: lang.pick(text(5)?, text(6)?).unwrap_or(rule_id),
                scenario: row.get(2)?,
                why: lang.pick(text(3)?, text(4)?).unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The month's calibrations that are closed; kappa is the caller's to reckon.
    pub fn calibration_lines(
        &self,
        month: &str,
        as_of: &AsOf,
    ) -> Result<Vec<CalibrationLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT k.calibration_id,
                    (SELECT count(*) FROM calibration_calls c WHERE c.calibration_id = k.calibration_id),
                    (SELECT count(*) FROM calibration_raters r WHERE r.calibration_id = k.calibration_id),
                    (SELECT count(*) FROM calibration_judgements j WHERE j.calibration_id = k.calibration_id),
                    (SELECT count(*) FROM calibration_judgements j JOIN calibration_judgements x
                       ON x.calibration_id = j.calibration_id AND x.call_id = j.call_id
                      AND x.rule_id = j.rule_id AND x.person_id = k.expert
                     WHERE j.calibration_id = k.calibration_id AND j.person_id <> k.expert),
                    (SELECT count(*) FROM calibration_judgements j JOIN calibration_judgements x
                       ON x.calibration_id = j.calibration_id AND x.call_id = j.call_id
                      AND x.rule_id = j.rule_id AND x.person_id = k.expert AND x.outcome = j.outcome
                     WHERE j.calibration_id = k.calibration_id AND j.person_id <> k.expert)
             FROM calibrations k WHERE k.period LIKE ?1 || '%' AND k.closed_at <= ?2
             ORDER BY k.calibration_id",
        )?;
        let rows = statement.query_map(params![month, as_of.utc], |row| {
            let count = |index| row.get::<_, i64>(index).map(|count| count as u64);
            Ok(CalibrationLine {
                id: row.get(0)?,
                calls: count(1)?,
                raters: count(2)?,
                judgements: count(3)?,
                with_expert: Rate::of(count(5)?, count(4)?),
                kappa: None,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Some calls of a calibration, those first on which most judgements differ from the expert's.
    pub fn calibrated_calls(&self, id: &str) -> Result<Vec<BehindCall>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT c.call_id,
                    (SELECT count(*) FROM calibration_judgements j JOIN calibration_judgements x
                       ON x.calibration_id = j.calibration_id AND x.call_id = j.call_id
                      AND x.rule_id = j.rule_id AND x.person_id = k.expert AND x.outcome <> j.outcome
                     WHERE j.calibration_id = c.calibration_id AND j.call_id = c.call_id
                       AND j.person_id <> k.expert) AS differ
             FROM calibration_calls c JOIN calibrations k USING (calibration_id)
             WHERE c.calibration_id = ?1 ORDER BY differ DESC, c.position LIMIT ?2",
        )?;
        let rows = statement.query_map(params![id, BEHIND_UNIT as i64], |row| {
            Ok(BehindCall {
                mark: row.get::<_, bool>(1)?.then_some("behind.differs"),
                ..BehindCall::of(&row.get::<_, String>(0)?)
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Why customers called and left, by the number of calls.
    pub fn reason_lines(
        &self,
        scope: &ReportScope,
        lang: Lang,
    ) -> Result<Vec<ReasonLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT r.topic, min(r.title), min(r.title_en), count(*), min(r.call_id), max(r.call_id)
             FROM reasons r JOIN calls c ON c.call_id = r.call_id
             WHERE c.month = ?1 AND (?2 IS NULL OR c.unit IN (SELECT value FROM json_each(?2)))
             GROUP BY r.topic, r.cue ORDER BY r.topic, count(*) DESC, r.cue",
        )?;
        let parameters = params![scope.month, scope.units.as_ref().map(to_json)];
        let rows = statement.query_map(parameters, |row| {
            let topic: String = row.get(0)?;
            Ok(ReasonLine {
                topic: match topic.as_str() {
                    "contact" => lang.pick("来电原因", "Why they call").to_owned(),
                    "leaving" => lang
                        .pick("拒绝或离开的原因", "Why they refuse or leave")
                        .to_owned(),
                    _ => topic,
                },
                title: lang.pick(row.get::<_, String>(1)?, row.get(2)?),
                calls: row.get::<_, i64>(3)? as u64,
                behind: {
                    let mut ids: Vec<String> = vec![row.get(4)?, row.get(5)?];
                    ids.dedup();
                    ids.iter().map(|id| masked_call_id(id)).collect()
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Calls of a unit, or of one agent in it, in the month on which a rule was violated, with the
    /// place in the call; an agent's confirmed ones first. `unit`: as reports show it; empty for
    /// calls that name none.
    pub fn clips_of(
        &self,
        scope: &ReportScope,
        unit: &str,
        agent_id: Option<&str>,
        rule_ids: &[String],
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        // Of a unit, the calls with the lowest scores: an index has them in order. The plus keeps
        // SQLite from going through the whole month for one agent.
        let chosen = match agent_id {
            Some(_) => "c.agent_id = ?1 AND +c.month = ?2 AND coalesce(c.unit, '') = ?4",
            None => "?1 IS NULL AND c.month = ?2 AND c.unit = ?4",
        };
        let order = match agent_id {
            Some(_) => "coalesce(f.moves, 0) = 0, c.started_at, c.call_id, v.evidence = '[]'",
            None => "c.points, c.deducted DESC, c.started_at, c.call_id",
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.call_id, v.evidence ->> '$[0].span.from'
             FROM calls c
             JOIN verdicts v ON v.call_id = c.call_id AND v.outcome = 'violation'
             LEFT JOIN findings f ON f.call_id = v.call_id AND f.rule_id = v.rule_id
             WHERE {chosen}
               AND v.rule_id IN (SELECT value FROM json_each(?3))
               AND coalesce(f.state, '') NOT IN ('false-hit', 'overturned', 'finally-overturned')
             ORDER BY {order}"
        ))?;
        let parameters = params![agent_id, scope.month, to_json(&rule_ids), unit];
        let mut rows = statement.query(parameters)?;
        let (mut clips, mut seen) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            if clips.len() == limit {
                break;
            }
            let call_id: String = row.get(0)?;
            if seen.contains(&call_id) {
                continue;
            }
            let shown = masked_call_id(&call_id);
            let from: Option<i64> = row.get(1)?;
            clips.push(match from.map(|from| from / 1000) {
                Some(seconds) => format!("{shown} {:02}:{:02}", seconds / 60, seconds % 60),
                None => shown,
            });
            seen.push(call_id);
        }
        Ok(clips)
    }

    /// The best released exemplar of each rule, whatever its month.
    pub fn best_exemplars(&self, as_of: &AsOf) -> Result<BTreeMap<String, String>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT e.rule_id, e.call_id FROM exemplars e
             WHERE (e.state = 'released' AND e.released_at <= ?1 OR e.state = 'withdrawn' AND EXISTS (
                   SELECT 1 FROM audit a WHERE a.subject_kind = 'exemplar' AND a.subject = e.exemplar_id
                   AND a.action = 'exemplar-release' AND a.at <= ?1) AND e.released_at > ?1)
             ORDER BY e.merit, e.call_id DESC",
        )?;
        let rows = statement.query_map([&as_of.utc], |row| {
            let call_id: String = row.get(1)?;
            Ok((row.get(0)?, masked_call_id(&call_id)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rules that judged the month's calls in more than one wording.
    pub fn changed_rules(&self, month: &str) -> Result<Vec<String>, StoreError> {
        // One call of each rule set tells all of its rules.
        let (_, rule_sets) = self.sources_of_month(month)?;
        let mut digests: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for rule_set in &rule_sets {
            let mut statement = self.connection.prepare_cached(
                "SELECT v.rule_id, v.rule_digest FROM verdicts v WHERE v.call_id = (
                     SELECT call_id FROM calls WHERE month = ? AND rule_set = ? LIMIT 1)",
            )?;
            let rows = statement.query_map([month, rule_set], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            for row in rows {
                let (rule, digest) = row?;
                digests.entry(rule).or_default().push(digest);
            }
        }
        let changed = digests.into_iter().filter(|(_, digests)| {
            digests.len() < rule_sets.len() || digests.windows(2).any(|pair| pair[0] != pair[1])
        });
        Ok(changed.map(|(rule, _)| rule).collect())
    }

    /// Keeps what was issued, and notes it in the log.
    pub fn issue(&mut self, report: &IssuedReport, acting: &Acting<'_>) -> Result<(), StoreError> {
        self.writing(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO issued_reports VALUES
                 (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                params![
                    report.report_id,
                    report.kind,
                    report.period,
                    report.from_day,
                    report.to_day,
                    report.unit,
                    report.lang,
                    report.as_of,
                    report.inputs_digest,
                    report.output_digest,
                    report.file,
                    report.issued_by,
                    report.issued_at,
                ],
            )?;
            audit::append(
                transaction,
                acting,
                &Note {
                    action: "issue-report",
                    subject_kind: "report",
                    subject: &report.report_id,
                    details: serde_json::json!({
                        "inputs_sha256": report.inputs_digest,
                        "file_sha256": report.output_digest,
                        "as_of": report.as_of,
                    }),
                    ..Note::default()
                },
            )
        })?;
        self.note_head()
    }

    /// Everything that was issued, the latest first.
    pub fn issued_reports(&self) -> Result<Vec<IssuedReport>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT report_id, kind, period, from_day, to_day, unit, lang, as_of, inputs_digest,
                    output_digest, file, issued_by, issued_at, superseded_at, superseded_why
             FROM issued_reports ORDER BY issued_at DESC, report_id",
        )?;
        let rows = statement.query_map([], |row| {
            let superseded: (Option<String>, Option<String>) = (row.get(13)?, row.get(14)?);
            Ok(IssuedReport {
                report_id: row.get(0)?,
                kind: row.get(1)?,
                period: row.get(2)?,
                from_day: row.get(3)?,
                to_day: row.get(4)?,
                unit: row.get(5)?,
                lang: row.get(6)?,
                as_of: row.get(7)?,
                inputs_digest: row.get(8)?,
                output_digest: row.get(9)?,
                file: row.get(10)?,
                issued_by: row.get(11)?,
                issued_at: row.get(12)?,
                superseded: superseded
                    .0
                    .map(|at| (at, superseded.1.unwrap_or_default())),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
