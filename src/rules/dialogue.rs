//! Written dialogues: a transcript a line, with what is known of the call and, for tests, the
//! verdicts that people gave.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    evidence_words::quote,
    verdict::{Outcome, Verdict},
};
use crate::{
    call::{CallMetadata, Direction},
    lang::{Lang, Say},
    time::Span,
    transcript::{Speaker, Transcript, Utterance},
};

/// A dialogue of a JSON Lines file.
#[derive(Clone, Debug)]
pub struct Dialogue {
    pub id: String,
    pub meta: CallMetadata,
    pub transcript: Transcript,
    /// By rule id; empty for dialogues without labels.
    pub labels: BTreeMap<String, Label>,
}

/// The verdict that a person gave, with the deciding turns.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Label {
    pub v: Outcome,
    #[serde(default)]
    pub at: Vec<usize>,
}

/// Why a line of a dialogue file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DialogueError {
    #[error("line {line}: not a dialogue: {cause}")]
    Shape {
        line: usize,
        cause: serde_json::Error,
    },
    #[error("line {line}: turn {turn} has `from_ms` without `to_ms`, or ends before it begins")]
    Times { line: usize, turn: usize },
    #[error("line {line}: turn {turn} has a probability outside 0 … 1")]
    Probability { line: usize, turn: usize },
}

impl Say for DialogueError {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (DialogueError::Shape { line, cause }, Lang::Zh) => format!(
                "第 {line} 行不是对话:{cause}。每行一个 JSON:{{\"id\": …, \"turns\": [{{\"s\": \"agent\", \"t\": …}}]}}。"
            ),
            (DialogueError::Times { line, turn }, Lang::Zh) => format!(
                "第 {line} 行第 {turn} 轮的时间不对:from_ms 和 to_ms 要一起写,且 to_ms 不早于 from_ms。"
            ),
            (DialogueError::Probability { line, turn }, Lang::Zh) => {
                format!("第 {line} 行第 {turn} 轮的 p 要在 0 到 1 之间。")
            }
            (DialogueError::Shape { .. }, Lang::En) => format!(
                "{self}. One JSON object a line: {{\"id\": …, \"turns\": [{{\"s\": \"agent\", \"t\": …}}]}}."
            ),
            (_, Lang::En) => format!("{self}. Correct the line."),
        }
    }
}

/// The shape of a line.
#[derive(Deserialize)]
struct RawDialogue {
    id: String,
    #[serde(default)]
    meta: BTreeMap<String, Value>,
    turns: Vec<RawTurn>,
    #[serde(default)]
    labels: BTreeMap<String, Label>,
}

#[derive(Deserialize)]
struct RawTurn {
    s: Speaker,
    t: String,
    #[serde(default)]
    from_ms: Option<u64>,
    #[serde(default)]
    to_ms: Option<u64>,
    #[serde(default)]
    p: Option<f32>,
}

/// Reads one line of a dialogue file; `number` counts from 1.
///
/// # Errors
/// When it is no dialogue, or times or probabilities make no sense.
pub fn parse_line(line: &str, number: usize) -> Result<Dialogue, DialogueError> {
    let raw: RawDialogue = serde_json::from_str(line).map_err(|cause| DialogueError::Shape {
        line: number,
        cause,
    })?;
    let mut utterances = Vec::with_capacity(raw.turns.len());
    for (turn, raw) in raw.turns.into_iter().enumerate() {
        let span = match (raw.from_ms, raw.to_ms) {
            (None, None) => None,
            (Some(from), Some(to)) if from <= to => Some(Span::new(from, to)),
            _ => return Err(DialogueError::Times { line: number, turn }),
        };
        if raw.p.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err(DialogueError::Probability { line: number, turn });
        }
        utterances.push(Utterance {
            speaker: raw.s,
            span,
            text: raw.t,
            probability: raw.p,
            words: Vec::new(),
            speaker_certainty: None,
        });
    }
    Ok(Dialogue {
        id: raw.id,
        meta: metadata(raw.meta),
        transcript: Transcript {
            utterances,
            ..Transcript::default()
        },
        labels: raw.labels,
    })
}

/// Reads all lines of a dialogue file; empty lines are skipped.
///
/// # Errors
/// At the first line that is no dialogue.
pub fn parse_lines(text: &str) -> Result<Vec<Dialogue>, DialogueError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| parse_line(line, index + 1))
        .collect()
}

fn metadata(raw: BTreeMap<String, Value>) -> CallMetadata {
    let mut call = CallMetadata::default();
    for (key, value) in raw {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            other => other.to_string(),
        };
        match key.as_str() {
            "agent" | "agent_id" => call.agent_id = Some(text),
            "agent_name" => call.agent_name = Some(text),
            "unit" => call.unit = Some(text),
            "channel" => call.channel = Some(text),
            "business" => call.business = Some(text),
            "customer_number" => call.customer_number = Some(text),
            "direction" => {
                call.direction = match text.as_str() {
                    "inbound" => Some(Direction::Inbound),
                    "outbound" => Some(Direction::Outbound),
                    _ => None,
                }
            }
            "started_at" | "date" => call.started_at = start(&text),
            _ => {
                call.fields.insert(key, text);
            }
        }
    }
    call
}

/// A full time stamp, or a day.
fn start(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok().or_else(|| {
        let day = text.parse::<NaiveDate>().ok()?;
        Some(day.and_time(NaiveTime::MIN).and_utc().fixed_offset())
    })
}

/// The verdicts on one dialogue, as `huiting check --format jsonl` writes them.
pub fn check_line(dialogue: &Dialogue, verdicts: &[Verdict], lang: Lang) -> Value {
    let verdicts: serde_json::Map<String, Value> = verdicts
        .iter()
        .map(|verdict| (verdict.rule_id.clone(), check_verdict(verdict, lang)))
        .collect();
    json!({ "id": dialogue.id, "verdicts": verdicts })
}

fn check_verdict(verdict: &Verdict, lang: Lang) -> Value {
    let evidence: Vec<Value> = verdict.evidence.iter().map(quote).collect();
    json!({
        "verdict": verdict.outcome.as_str(),
        "at": verdict.at,
        "evidence": evidence,
        "reason": lang.pick(&verdict.reason.zh, &verdict.reason.en),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line() {
        let line = r#"{"id":"a","meta":{"direction":"outbound","agent":"2305","code":7},
            "turns":[{"s":"agent","t":"您好"},{"s":"unknown","t":"嗯","from_ms":10,"to_ms":20,"p":0.3}],
            "labels":{"x":{"v":"cannot-judge","at":[1]}}}"#;
        let dialogue = parse_line(line, 1).expect("a dialogue");
        assert_eq!(dialogue.meta.direction, Some(Direction::Outbound));
        assert_eq!(dialogue.meta.agent_id.as_deref(), Some("2305"));
        assert_eq!(dialogue.meta.field("code").as_deref(), Some("7"));
        let last = &dialogue.transcript.utterances[1];
        assert_eq!(last.speaker, Speaker::Unknown);
        assert_eq!(last.span, Some(Span::new(10, 20)));
        assert_eq!(last.probability, Some(0.3));
        assert_eq!(dialogue.labels["x"].v, Outcome::CannotJudge);
    }

    #[test]
    fn what_makes_no_sense() {
        let check = |turn: &str, expected: &str| {
            let line = format!(r#"{{"id":"a","turns":[{turn}]}}"#);
            let error = parse_line(&line, 3).expect_err("an error").say(Lang::Zh);
            assert!(
                error.contains("第 3 行") && error.contains(expected),
                "{error}"
            );
        };
        check(r#"{"s":"agent","t":"好","from_ms":5}"#, "from_ms");
        check(r#"{"s":"agent","t":"好","from_ms":5,"to_ms":1}"#, "to_ms");
        check(r#"{"s":"agent","t":"好","p":2}"#, "p 要在");
        check(r#"{"s":"boss","t":"好"}"#, "boss");
    }
}
