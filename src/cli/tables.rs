//! How tables and verdicts look on the terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use crate::{
    lang::Lang,
    rules::{Matched, Outcome},
    transcript::{Speaker, UntranscribedCause},
};

/// An empty table with these headings.
pub(super) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(headings.iter().copied());
    table
}

/// A figure, right-aligned.
pub(super) fn figure(value: impl std::fmt::Display) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}

/// `n/of (share)`, or a dash where there is nothing to take a share of.
pub(super) fn share(n: u64, of: u64) -> String {
    if of == 0 {
        "–".to_owned()
    } else {
        format!("{:.1}%", 100.0 * n as f64 / of as f64)
    }
}

/// What kind of reason a topic is; a topic of an operator's own is called as it calls itself.
pub(super) fn topic_name(topic: &str, lang: Lang) -> &str {
    match topic {
        "contact" => lang.pick("来电原因", "reason for the call"),
        "leaving" => lang.pick("离网或拒绝原因", "reason for leaving or refusing"),
        own => own,
    }
}

pub(super) fn speaker_name(speaker: Speaker, lang: Lang) -> &'static str {
    match speaker {
        Speaker::Agent => lang.pick("客服", "agent"),
        Speaker::Customer => lang.pick("客户", "customer"),
        Speaker::Unknown => lang.pick("未知", "unknown"),
    }
}

pub(super) fn matched_name(matched: Matched, lang: Lang) -> &'static str {
    match matched {
        Matched::Written => lang.pick("字面", "as written"),
        Matched::Value => lang.pick("数值", "by value"),
        Matched::Similar => lang.pick("相近", "by likeness"),
        Matched::Sound => lang.pick("读音", "by sound"),
        Matched::Acoustic => lang.pick("声音", "from the sound"),
        Matched::Learned => lang.pick("学得", "learned"),
    }
}

pub(super) fn untranscribed_name(cause: UntranscribedCause, lang: Lang) -> &'static str {
    match cause {
        UntranscribedCause::NoSpeech => lang.pick("听不出有人说话", "no speech heard"),
        UntranscribedCause::Repetition => lang.pick("识别结果反复打转", "the recogniser looped"),
        UntranscribedCause::LowProbability => lang.pick("把握太小", "too unsure"),
        UntranscribedCause::KnownInvention => {
            lang.pick("模型臆造的常见句子", "a known invention of the model")
        }
        UntranscribedCause::Empty => lang.pick("没有识别出字", "no words came out"),
        UntranscribedCause::Failed => lang.pick("识别出错", "the recogniser failed"),
    }
}

/// `--fail-on`: what makes the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FailOn {
    /// Any violation.
    Violation,
    /// Any violation, or anything that cannot be judged.
    CannotJudge,
}

impl FailOn {
    pub(super) fn meets(self, outcome: Outcome) -> bool {
        outcome == Outcome::Violation
            || self == FailOn::CannotJudge && outcome == Outcome::CannotJudge
    }
}
