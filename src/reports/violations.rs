//! The violations export: one row for each violation, the same columns in every format.

use chrono::{DateTime, FixedOffset};

use super::masking;
use crate::{
    call::CallMetadata,
    lang::{Lang, Say},
    review::workflow::FindingState,
    rules::{Severity, Verdict, telling},
    time::Millis,
    transcript::Speaker,
};

/// A violation as the store has it, unmasked.
#[derive(Clone, Debug)]
pub struct Violation {
    pub call_id: String,
    pub metadata: CallMetadata,
    pub recording_path: String,
    /// BLAKE3 of the recording.
    pub recording: String,
    pub duration: Millis,
    /// SHA-256 of the model.
    pub model: String,
    pub rule_set: String,
    pub scorecard: String,
    pub title: String,
    pub title_en: String,
    pub severity: Severity,
    pub basis: Vec<String>,
    pub remedy: String,
    /// Where it stands in the loop.
    pub state: FindingState,
    pub verdict: Verdict,
}

/// A column: its key in JSON Lines, its headings, and its width in a spreadsheet.
pub struct Column {
    pub key: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub width: f64,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Time(DateTime<FixedOffset>),
    /// Milliseconds from the start of the recording.
    Clock(Millis),
    Empty,
}

const fn column(key: &'static str, zh: &'static str, en: &'static str, width: f64) -> Column {
    Column { key, zh, en, width }
}

pub const COLUMNS: [Column; 23] = [
    column("call_id", "通话", "Call", 18.0),
    column("started_at", "时间", "Time", 17.0),
    column("unit", "单位", "Unit", 14.0),
    column("agent_id", "工号", "Agent", 9.0),
    column("agent_name", "坐席", "Agent name", 10.0),
    column("channel", "渠道", "Channel", 12.0),
    column("business", "业务", "Business", 14.0),
    column("rule_id", "规则", "Rule", 20.0),
    column("rule", "规则名称", "Rule title", 20.0),
    column("severity", "程度", "Severity", 10.0),
    column("state", "状态", "State", 12.0),
    column("reason", "判定理由", "Reason", 44.0),
    column("words", "原话", "Words", 50.0),
    column("speaker", "说话人", "Speaker", 8.0),
    column("from", "从", "From", 10.0),
    column("to", "到", "To", 10.0),
    column("remedy", "整改要求", "Remedy", 30.0),
    column("basis", "依据", "Basis", 30.0),
    column("recording", "录音文件", "Recording", 26.0),
    column("recording_blake3", "录音摘要", "Recording BLAKE3", 14.0),
    column("model_sha256", "模型摘要", "Model SHA-256", 14.0),
    column("rule_blake3", "规则摘要", "Rule BLAKE3", 14.0),
    column("duration", "时长", "Length", 10.0),
];

impl Violation {
    /// Who said what the violation rests on.
    pub fn speaker(&self) -> Option<Speaker> {
        let telling = telling(&self.verdict.evidence, &self.verdict.at);
        telling.map(|evidence| evidence.speaker)
    }

    /// The cells in the order of [`COLUMNS`]; numbers of people covered unless `unmasked`.
    pub fn cells(&self, lang: Lang, unmasked: bool) -> [Cell; COLUMNS.len()] {
        let call = &self.metadata;
        let words = |text: &str| match unmasked {
            true => text.to_owned(),
            false => masking::masked(text, call),
        };
        let name = |text: &str| match unmasked {
            true => text.to_owned(),
            false => masking::masked_name(text, call),
        };
        let given = |text: &Option<String>| match text.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => Cell::Text(words(text)),
            _ => Cell::Empty,
        };
        let evidence = &self.verdict.evidence;
        let spans = || evidence.iter().filter_map(|evidence| evidence.span);
        let clock = |at: Option<Millis>| at.map_or(Cell::Empty, Cell::Clock);
        let quotes: Vec<String> = evidence
            .iter()
            .map(|evidence| words(evidence.text.trim()))
            .filter(|text| !text.is_empty())
            .collect();
        let speaker = match self.speaker() {
            Some(Speaker::Agent) => lang.pick("客服", "agent"),
            Some(Speaker::Customer) => lang.pick("客户", "customer"),
            Some(Speaker::Unknown) => lang.pick("未知", "unknown"),
            None => "",
        };
        let reason = lang.pick(&self.verdict.reason.zh, &self.verdict.reason.en);
        let text = |text: &str| match text.is_empty() {
            true => Cell::Empty,
            false => Cell::Text(text.to_owned()),
        };
        [
            text(&name(&self.call_id)),
            call.started_at.map_or(Cell::Empty, Cell::Time),
            given(&call.unit),
            given(&call.agent_id),
            given(&call.agent_name),
            given(&call.channel),
            given(&call.business),
            text(&self.verdict.rule_id),
            text(lang.pick(&self.title, &self.title_en)),
            text(&self.severity.say(lang)),
            text(&self.state.say(lang)),
            text(&words(reason)),
            text(&quotes.join(" / ")),
            text(speaker),
            clock(spans().map(|span| span.from).min()),
            clock(spans().map(|span| span.to).max()),
            text(&self.remedy),
            text(&self.basis.join("; ")),
            text(&name(masking::file_name(&self.recording_path))),
            text(&self.recording),
            text(&self.model),
            text(&self.verdict.rule_digest),
            Cell::Clock(self.duration),
        ]
    }
}
