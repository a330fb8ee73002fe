//! What a pack holds of one violation: which stretches of sound, which lines, which facts.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::hidden::{Hidden, HidingSettings, hidden, merged_spans};
use crate::{
    call::CallMetadata,
    lang::Lang,
    reports::masking,
    review::workflow::FindingState,
    rules::{Severity, Verdict},
    time::{Millis, Span},
    transcript::{Speaker, Transcript},
};

/// Sound before and after the words that decided.
const AROUND: Millis = Millis(5_000);

/// What is cut out where no words decided: a rule that found nothing said.
const OPENING: Millis = Millis(60_000);

/// A violation with all that its evidence is made from.
#[derive(Clone, Debug)]
pub struct Case {
    pub call_id: String,
    pub metadata: CallMetadata,
    /// Where the recording lies.
    pub recording_path: String,
    /// BLAKE3 of the recording.
    pub recording: String,
    pub duration: Millis,
    /// SHA-256 of the model file, and its name.
    pub model: (String, String),
    pub rule_set: String,
    pub scorecard: String,
    pub rule: CaseRule,
    /// Where it stands in the loop.
    pub state: FindingState,
    pub verdict: Verdict,
    pub transcript: Transcript,
}

/// The rule as it was when it judged.
#[derive(Clone, Debug)]
pub struct CaseRule {
    pub title: String,
    pub severity: Severity,
    pub basis: Vec<String>,
    pub remedy: String,
}

/// A case, ready to be written.
pub(super) struct PlannedCase {
    /// The name of its folder.
    pub(super) folder: String,
    /// Stretches of the recording, in rising order, apart from each other.
    pub(super) clips: Vec<Span>,
    /// Stretches of the recording that are beeped over.
    pub(super) beeps: Vec<Span>,
    pub(super) excerpt: String,
    pub(super) verdict: Value,
}

pub(super) fn plan(
    case: &Case,
    number: usize,
    settings: HidingSettings,
    lang: Lang,
) -> PlannedCase {
    let hidden = hidden(&case.transcript, settings);
    let clips = clips(case);
    let beeps: Vec<Span> = hidden
        .spans
        .iter()
        .copied()
        .filter(|span| clips.iter().any(|clip| clip.overlap(*span).0 > 0))
        .collect();
    PlannedCase {
        folder: folder_name(case, number),
        excerpt: excerpt(case, &clips, &hidden, lang),
        verdict: verdict(case, &clips, &beeps, &hidden, settings),
        clips,
        beeps,
    }
}

/// A call's name may be the customer's number: what is shown of it is masked, and a piece of its
/// digest keeps it apart from others.
fn folder_name(case: &Case, number: usize) -> String {
    let shown: String = masking::masked_name(&case.call_id, &case.metadata)
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    format!("{number:05}-{shown}-{}", case.verdict.rule_id)
}

pub(super) fn clip_name(index: usize) -> String {
    format!("clip-{}.wav", index + 1)
}

fn clips(case: &Case) -> Vec<Span> {
    let said = &case.transcript.utterances;
    let mut spans: Vec<Span> = case
        .verdict
        .evidence
        .iter()
        .filter_map(|evidence| evidence.span)
        .collect();
    if spans.is_empty() {
        let turns = case.verdict.at.iter().filter_map(|&turn| said.get(turn));
        spans.extend(turns.filter_map(|utterance| utterance.span));
    }
    if spans.is_empty() {
        return vec![Span::new(0, OPENING.0.min(case.duration.0))];
    }
    let around = spans.into_iter().map(|span| {
        let end = (span.to.0 + AROUND.0).min(case.duration.0);
        Span::new(span.from.0.saturating_sub(AROUND.0).min(end), end)
    });
    merged_spans(around.filter(|span| span.length().0 > 0).collect())
}

fn excerpt(case: &Case, clips: &[Span], hidden: &Hidden, lang: Lang) -> String {
    let mut lines = String::new();
    let timeless = case
        .transcript
        .utterances
        .iter()
        .all(|said| said.span.is_none());
    for (turn, said) in case.transcript.utterances.iter().enumerate() {
        let heard = said
            .span
            .is_some_and(|span| clips.iter().any(|clip| clip.overlap(span).0 > 0));
        if !heard && !timeless {
            continue;
        }
        let who = match said.speaker {
            Speaker::Agent => lang.pick("客服", "agent"),
            Speaker::Customer => lang.pick("客户", "customer"),
            Speaker::Unknown => lang.pick("未知", "unknown"),
        };
        let mark = if case.verdict.at.contains(&turn) {
            "▸"
        } else {
            " "
        };
        let from = said
            .span
            .map(|span| span.from.to_string())
            .unwrap_or_default();
        let text = hidden.shown(turn, &said.text, 0);
        lines.push_str(&format!("{mark} {from} {who}: {}\n", text.trim()));
    }
    lines
}

fn verdict(
    case: &Case,
    clips: &[Span],
    beeps: &[Span],
    hidden: &Hidden,
    settings: HidingSettings,
) -> Value {
    let shown = |text: &str| match settings.numbers {
        true => masking::masked(text, &case.metadata),
        false => text.to_owned(),
    };
    let name = |text: &str| match settings.numbers {
        true => masking::masked_name(text, &case.metadata),
        false => text.to_owned(),
    };
    let evidence: Vec<Value> = case
        .verdict
        .evidence
        .iter()
        .map(|evidence| {
            let text = hidden.shown(evidence.turn, &evidence.text, evidence.chars.0);
            json!({
                "turn": evidence.turn,
                "speaker": evidence.speaker,
                "from_ms": evidence.span.map(|span| span.from),
                "to_ms": evidence.span.map(|span| span.to),
                "text": shown(&text),
                "cue": evidence.cue,
                "matched": evidence.matched.as_str(),
                "probability": evidence.probability,
                "doubtful": evidence.doubtful,
            })
        })
        .collect();
    let spans = |spans: &[Span]| -> Vec<[u64; 2]> {
        spans.iter().map(|span| [span.from.0, span.to.0]).collect()
    };
    json!({
        "call_id": name(&case.call_id),
        "started_at": case.metadata.started_at,
        "unit": case.metadata.unit.as_deref().map(shown),
        "agent_id": case.metadata.agent_id.as_deref().map(shown),
        "agent_name": case.metadata.agent_name.as_deref().map(shown),
        "rule": {
            "id": case.verdict.rule_id,
            "title": case.rule.title,
            "severity": case.rule.severity.as_str(),
            "basis": case.rule.basis,
            "remedy": case.rule.remedy,
        },
        "outcome": case.verdict.outcome.as_str(),
        "state": case.state.as_str(),
        "reason": {
            "condition": case.verdict.reason.condition,
            "zh": shown(&case.verdict.reason.zh),
            "en": shown(&case.verdict.reason.en),
        },
        "evidence": evidence,
        "clips": spans(clips),
        "hidden_in_clips": spans(beeps),
        "recording": {
            "file": name(masking::file_name(&case.recording_path)),
            "blake3": case.recording,
            "duration_ms": case.duration,
        },
        "model": { "name": case.model.1, "sha256": case.model.0 },
        "rule_blake3": case.verdict.rule_digest,
        "rule_set_blake3": case.rule_set,
        "scorecard_blake3": case.scorecard,
    })
}

/// SHA-256 in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
