//! What is listed of single calls, masked.

use super::{
    AgentLabel, CallLine, CannotJudgeLine, Quote, RankedCall, RuleName, ViolationLine, groups,
    masking::{file_name, masked, masked_file_name, masked_name, masked_text},
    tally::CallCounts,
};
use crate::{
    reports::facts::{Coverage, FailureCount, JudgedCall, RuleFacts},
    rules::{Outcome, Reason, Verdict},
};

/// Examples of one cause of failure that a report names.
const EXAMPLES_SHOWN: usize = 5;

pub(super) fn ranked_call(
    call: &JudgedCall,
    counts: CallCounts,
    known: &[(usize, &Verdict)],
    rules: &[RuleFacts],
) -> RankedCall {
    let violated = known
        .iter()
        .filter(|(index, verdict)| rules[*index].scored && verdict.outcome == Outcome::Violation)
        .map(|(index, _)| RuleName::of(&rules[*index]));
    RankedCall {
        call: call_line(call),
        violated: violated.collect(),
        passes: counts.passes,
        cannot_judge: counts.cannot_judge,
    }
}

pub(super) fn violation(
    call: &JudgedCall,
    verdict: &Verdict,
    scored: bool,
    quotes_shown: usize,
) -> ViolationLine {
    let deduction = call
        .score
        .deductions
        .iter()
        .find(|deduction| deduction.rule_id == verdict.rule_id);
    ViolationLine {
        call: call_line(call),
        deduction: deduction
            .filter(|_| scored)
            .map(|deduction| deduction.points),
        reason: reason(call, verdict),
        quotes: quotes(call, verdict, quotes_shown),
        quotes_left_out: verdict.evidence.len().saturating_sub(quotes_shown),
    }
}

pub(super) fn cannot_judge(
    call: &JudgedCall,
    rule: &RuleFacts,
    verdict: &Verdict,
    quotes_shown: usize,
) -> CannotJudgeLine {
    CannotJudgeLine {
        call: call_line(call),
        rule: RuleName::of(rule),
        reason: reason(call, verdict),
        quotes: quotes(call, verdict, quotes_shown),
    }
}

/// The failures as they may be shown: the most frequent cause first, a few file names each.
pub(super) fn shown_coverage(mut coverage: Coverage) -> Coverage {
    coverage.failures.retain(|failure| failure.count > 0);
    coverage.failures.sort_by(|one, other| {
        let order = |failure: &FailureCount| (u64::MAX - failure.count, failure.zh.clone());
        order(one).cmp(&order(other))
    });
    for example in &mut coverage.missing_examples {
        *example = masked_file_name(example);
    }
    for failure in &mut coverage.failures {
        failure.zh = masked_text(&failure.zh);
        failure.en = masked_text(&failure.en);
        failure.examples.truncate(EXAMPLES_SHOWN);
        for example in &mut failure.examples {
            *example = masked_file_name(example);
        }
    }
    coverage
}

fn call_line(call: &JudgedCall) -> CallLine {
    let metadata = &call.metadata;
    let shown = |field: &Option<String>| groups::given(field).map(|text| masked(&text, metadata));
    CallLine {
        call_id: masked_name(&call.call_id, metadata),
        recording: masked_name(file_name(&call.recording_path), metadata),
        started_at: metadata.started_at,
        unit: groups::unit_of(call),
        agent: AgentLabel {
            id: shown(&metadata.agent_id),
            name: shown(&metadata.agent_name),
        },
        length: call.duration,
        points: call.score.points,
        qualified: call.score.qualified,
        incomplete: call.incomplete,
    }
}

fn reason(call: &JudgedCall, verdict: &Verdict) -> Reason {
    Reason {
        condition: verdict.reason.condition.clone(),
        zh: masked(&verdict.reason.zh, &call.metadata),
        en: masked(&verdict.reason.en, &call.metadata),
    }
}

fn quotes(call: &JudgedCall, verdict: &Verdict, shown: usize) -> Vec<Quote> {
    let quote = |evidence: &crate::rules::Evidence| Quote {
        speaker: evidence.speaker,
        span: evidence.span,
        turn: evidence.turn,
        text: masked(&evidence.text, &call.metadata),
        matched: evidence.matched,
        doubtful: evidence.doubtful,
    };
    verdict.evidence.iter().take(shown).map(quote).collect()
}
