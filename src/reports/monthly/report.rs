//! The shape of a finished monthly report. Everything in it may be shown: numbers of people are
//! masked, and the customer's number is nowhere in it.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::super::{
    behind::BehindList,
    compared::{ComparedLine, Direction},
    facts::{Coverage, Provenance, RuleFacts},
    month::Month,
    month_detail::MonthDetail,
};
use crate::{
    rules::{Matched, Reason},
    scoring::{
        FULL_POINTS,
        intervals::Rate,
        ranking::{RankRange, Standing},
    },
    time::{Millis, Span},
    transcript::Speaker,
};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthlyReport {
    pub month: Month,
    /// The part of the organisation that the report is about; `None` for the whole.
    pub scope: Option<String>,
    /// Points from which a call is qualified, as the scorecard has it.
    pub qualified_at: u32,
    /// Groups with fewer calls are shown without a place.
    pub small_n: u64,
    pub summary: Summary,
    pub coverage: Coverage,
    /// How many calls have which points, ascending; points that no call has are left out.
    pub scores: Vec<ScoreCount>,
    /// The highest rate first, small groups last.
    pub units: Vec<UnitLine>,
    /// Grouped by unit in the order of `units`, within one as these.
    pub agents: Capped<AgentLine>,
    pub key_items: KeyItems,
    /// The gravest first; rules on trial last.
    pub rules: Vec<RuleLine>,
    /// Calls that lost points, the lowest score first.
    pub worst: Vec<RankedCall>,
    /// Complete calls without violation, those with the most obligations met first.
    pub best: Vec<RankedCall>,
    /// One for each rule that was violated, in the order of `rules`.
    pub violations: Vec<RuleViolations>,
    /// Of scored rules, in the order of `rules`, the earliest calls first.
    pub cannot_judge: Capped<CannotJudgeLine>,
    /// Verdicts of rules that were not among the rules given, by rule. They count nowhere else.
    pub unknown_rules: BTreeMap<String, u64>,
    /// What needs more than verdicts; `None` where only verdicts are known.
    pub detail: Option<MonthDetail>,
    /// Calls behind the figures, in the order of the report's parts; the caller's to name.
    pub behind: Vec<BehindList>,
    pub provenance: Provenance,
}

/// Points of one column of the histogram; those with full points have one of their own.
const BAND_POINTS: u32 = 5;

impl MonthlyReport {
    /// How many calls there are in each column of the histogram, from 0 points up.
    pub fn score_bands(&self) -> Vec<ScoreBand> {
        let mut bands: Vec<ScoreBand> = (0..=FULL_POINTS / BAND_POINTS)
            .map(|band| ScoreBand {
                from: band * BAND_POINTS,
                to: (band * BAND_POINTS + BAND_POINTS - 1).min(FULL_POINTS),
                calls: 0,
            })
            .collect();
        for score in &self.scores {
            bands[(score.points.min(FULL_POINTS) / BAND_POINTS) as usize].calls += score.calls;
        }
        bands
    }
}

/// Calls with so many points, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreBand {
    pub from: u32,
    pub to: u32,
    pub calls: u64,
}

/// The figures at the head. Violations and cannot-judge are those of scored rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub calls: u64,
    pub qualified: Rate,
    /// 0 … 100; `None` without calls.
    pub mean_points: Option<f64>,
    pub violations: u64,
    pub calls_with_violation: u64,
    pub cannot_judge: u64,
    pub calls_with_cannot_judge: u64,
    /// Calls of which parts could not be transcribed.
    pub incomplete: u64,
    /// Calls whose time is not known.
    pub undated: u64,
    /// Length of all judged calls.
    pub length: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ScoreCount {
    pub points: u32,
    pub calls: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitLine {
    /// `None` for calls of no known unit.
    pub unit: Option<String>,
    pub qualified: Rate,
    /// 0 … 100.
    pub mean_points: Option<f64>,
    pub violations: u64,
    pub cannot_judge: u64,
    /// `None` for fewer than `small_n` calls.
    pub place: Option<RankRange>,
    /// Against all calls of the report; `None` for fewer than `small_n` calls.
    pub standing: Option<Standing>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentLine {
    pub agent: AgentLabel,
    #[serde(flatten)]
    pub figures: UnitLine,
    /// By the machine, by people's word, and the month before; `None` where only verdicts are known.
    pub compared: Option<ComparedLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentLabel {
    pub id: Option<String>,
    pub name: Option<String>,
}

/// What is listed of a greater number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capped<T> {
    pub total: u64,
    pub listed: Vec<T>,
}

impl<T> Default for Capped<T> {
    fn default() -> Capped<T> {
        Capped {
            total: 0,
            listed: Vec::new(),
        }
    }
}

/// How often one rule came to which verdict.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RuleCount {
    /// Calls that the rule applies to: passed, violated or not to be judged.
    pub triggered: u64,
    pub violations: u64,
    pub cannot_judge: u64,
    /// Violations among the calls that could be judged.
    pub rate: Rate,
    /// The same in the month before.
    pub before: Rate,
    pub direction: Direction,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleLine {
    #[serde(flatten)]
    pub rule: RuleFacts,
    #[serde(flatten)]
    pub count: RuleCount,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleName {
    pub id: String,
    pub title: String,
}

impl RuleName {
    pub fn of(rule: &RuleFacts) -> RuleName {
        RuleName {
            id: rule.id.clone(),
            title: rule.title.clone(),
        }
    }
}

/// The month's key items, each by unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyItems {
    pub rules: Vec<RuleName>,
    /// In the order of `MonthlyReport::units`.
    pub units: Vec<KeyItemLine>,
    /// Of all units, in the order of `rules`.
    pub total: Vec<RuleCount>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyItemLine {
    pub unit: Option<String>,
    /// In the order of `KeyItems::rules`.
    pub counts: Vec<RuleCount>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallLine {
    pub call_id: String,
    /// The recording's file name.
    pub recording: String,
    pub started_at: Option<DateTime<FixedOffset>>,
    pub unit: Option<String>,
    pub agent: AgentLabel,
    pub length: Millis,
    pub points: u32,
    pub qualified: bool,
    pub incomplete: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankedCall {
    pub call: CallLine,
    /// Scored rules that were violated, in the order of the verdicts.
    pub violated: Vec<RuleName>,
    pub passes: u32,
    pub cannot_judge: u32,
}

/// The violations of one rule, those in the calls with the lowest scores first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleViolations {
    pub rule: RuleFacts,
    #[serde(flatten)]
    pub lines: Capped<ViolationLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ViolationLine {
    pub call: CallLine,
    /// What it cost the call; `None` for rules on trial.
    pub deduction: Option<u32>,
    pub reason: Reason,
    pub quotes: Vec<Quote>,
    /// Evidence beyond the quotes shown.
    pub quotes_left_out: usize,
}

/// Words that a verdict rests on, masked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quote {
    pub speaker: Speaker,
    /// `None` for transcripts without times.
    pub span: Option<Span>,
    /// Index of the utterance in the transcript.
    pub turn: usize,
    /// Empty where the evidence is a stretch of sound.
    pub text: String,
    pub matched: Matched,
    pub doubtful: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CannotJudgeLine {
    pub call: CallLine,
    pub rule: RuleName,
    pub reason: Reason,
    pub quotes: Vec<Quote>,
}
