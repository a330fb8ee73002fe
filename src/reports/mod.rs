//! Reports from judged calls: pure functions from facts to tables, and renderers.
//!
//! Whoever calls brings the facts (the store, or generated ones) and puts the result where it
//! belongs; nothing here opens a file, asks the clock, or keeps more than counts and short lists.

mod behind;
mod closed_loop;
mod compared;
mod facts;
mod funnel;
pub(crate) mod masking;
mod month;
mod month_detail;
mod monthly;
pub mod render;
mod shortlist;
mod training;
pub mod violations;
mod weekly;

pub use behind::{
    BEHIND_FIGURE, BEHIND_UNIT, BehindCall, BehindGroup, BehindList, Label, PARTS, agent_anchor,
    anchor, violated_groups, violated_items,
};
pub use closed_loop::{LoopBuilder, LoopFigures, RepeatedLine, TouchedFinding};
pub use compared::{
    CallGroup, ComparedLine, Direction, Extent, Restatement, Restatements, UpperUnit,
};
pub use facts::{CallSums, Coverage, FailureCount, JudgedCall, Provenance, RuleFacts, VerdictSums};
pub use funnel::{
    ConversionSums, Funnel, FunnelFacts, FunnelGroup, FunnelLine, FunnelSteps, FunnelSums, Known,
    LONG_TALK_SECONDS,
};
pub(crate) use masking::masked_text;
pub use month::{Month, MonthError};
pub use month_detail::{
    CalibrationLine, DetailFacts, ExemplarLine, MonthDetail, ReasonLine, TrainingLine,
};
pub use monthly::{
    AgentLabel, AgentLine, CallLine, CannotJudgeLine, Capped, KeyItemLine, KeyItems,
    MonthlyBuilder, MonthlyReport, MonthlySettings, Quote, RankedCall, RuleCount, RuleLine,
    RuleName, RuleViolations, ScoreBand, ScoreCount, Summary, UnitLine, ViolationLine,
};
pub use training::training_records;
pub use weekly::{Clip, ItemLine, OverdueLine, SpotCheckLine, WeekCell, WeeklyFacts, WeeklyReport};
