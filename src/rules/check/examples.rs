//! Examples beside a rule: dialogues read, verdicts that the rule can give at all.

use super::{Parsed, Sink, inside_string, rules::date_of};
use crate::{
    call::CallMetadata,
    rules::{
        diagnostics::Problem,
        located::At,
        raw::{RawExample, RawExampleCall, RawRule, Status},
        rule::{Cue, Example, Rule},
        verdict::Outcome,
    },
    transcript::{Speaker, Utterance},
};

/// Checks the examples of a rule, and that none is missing.
pub(super) fn check_examples(
    parsed: &Parsed<RawRule>,
    rule: &Rule,
    cues: &[Cue],
    sink: &mut Sink<'_>,
) -> Vec<Example> {
    let possible = rule.possible_outcomes();
    let mut examples = Vec::new();
    for raw in &parsed.raw.examples {
        if !possible.contains(&raw.verdict.value) {
            let problem = Problem::ImpossibleVerdict {
                verdict: raw.verdict.value.as_str(),
            };
            sink.put(raw.verdict.span.clone(), problem);
        }
        examples.push(check_example(raw, &parsed.text, sink));
    }
    // A rule on the sound alone has nothing that a written dialogue could show.
    if rule.status != Status::Retired && !rule.needs_sound {
        let doubtful = rule
            .cues
            .iter()
            .any(|id| !cues[id.index()].weak.is_empty() || cues[id.index()].doubtful);
        for outcome in possible {
            let wanted = outcome != Outcome::CannotJudge || doubtful;
            if wanted && !examples.iter().any(|example| example.verdict == outcome) {
                let problem = Problem::MissingExample {
                    verdict: outcome.as_str(),
                };
                sink.put(parsed.raw.id.span.clone(), problem);
            }
        }
    }
    examples
}

fn check_example(raw: &RawExample, text: &str, sink: &mut Sink<'_>) -> Example {
    let utterances = match parse_dialogue(&raw.dialogue.value) {
        Ok(utterances) => {
            if utterances.is_empty() {
                sink.put(raw.dialogue.span.clone(), Problem::EmptyDialogue);
            }
            utterances
        }
        Err(lines) => {
            for line in lines {
                let from = raw.dialogue.value.find(&line).unwrap_or(0);
                let span = place_of(&raw.dialogue, text, from..from + line.len());
                sink.put(span, Problem::DialogueLine { line });
            }
            Vec::new()
        }
    };
    for words in &raw.evidence {
        let said = utterances
            .iter()
            .any(|utterance| utterance.text.contains(&words.value));
        if !said && !utterances.is_empty() {
            let problem = Problem::EvidenceNotInDialogue(words.value.clone());
            sink.put(words.span.clone(), problem);
        }
    }
    Example {
        name: raw.name.clone(),
        call: call_of(&raw.call),
        utterances,
        verdict: raw.verdict.value,
        evidence: raw
            .evidence
            .iter()
            .map(|words| words.value.clone())
            .collect(),
    }
}

/// The place of a part of a text in three quotes, which begins after the first line break.
fn place_of(
    source: &At<String>,
    text: &str,
    part: std::ops::Range<usize>,
) -> std::ops::Range<usize> {
    let body = text.get(source.span.clone()).unwrap_or("");
    for opening in ["\"\"\"\n", "'''\n", "\"\"\"\r\n"] {
        if let Some(inner) = body.strip_prefix(opening)
            && inner.starts_with(source.value.as_str())
        {
            let from = source.span.start + opening.len();
            return from + part.start..from + part.end;
        }
    }
    inside_string(text, &source.span, &source.value, part)
}

/// Reads a dialogue with a speaker before each line: 客服, 客户, 不明, agent, customer, unknown,
/// then a colon of either width.
///
/// # Errors
/// The lines that have no such beginning.
pub fn parse_dialogue(text: &str) -> Result<Vec<Utterance>, Vec<String>> {
    let mut utterances = Vec::new();
    let mut unreadable = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts = line.split_once([':', '：']);
        let speaker = parts.and_then(|(who, _)| speaker_named(who.trim()));
        match (speaker, parts) {
            (Some(speaker), Some((_, words))) => {
                utterances.push(Utterance::written(speaker, words.trim()));
            }
            _ => unreadable.push(line.to_owned()),
        }
    }
    if unreadable.is_empty() {
        Ok(utterances)
    } else {
        Err(unreadable)
    }
}

fn speaker_named(name: &str) -> Option<Speaker> {
    match name {
        "客服" | "坐席" | "agent" => Some(Speaker::Agent),
        "客户" | "用户" | "customer" => Some(Speaker::Customer),
        "不明" | "unknown" => Some(Speaker::Unknown),
        _ => None,
    }
}

fn call_of(raw: &RawExampleCall) -> CallMetadata {
    let started_at = raw.date.and_then(date_of).map(|date| {
        date.and_time(chrono::NaiveTime::MIN)
            .and_utc()
            .fixed_offset()
    });
    CallMetadata {
        direction: raw.direction,
        business: raw.business.clone(),
        channel: raw.channel.clone(),
        unit: raw.unit.clone(),
        started_at,
        fields: raw.fields.clone(),
        ..CallMetadata::default()
    }
}
