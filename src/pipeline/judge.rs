//! From a transcript to a scored call.

use crate::{
    pipeline::PlannedCall,
    rules::{RuleSet, Scratch},
    scoring::{Scorecard, ScoredRule, score},
    store::calls::CallRow,
    transcript::Transcript,
};

/// Everything that a judgement depends on besides the call.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    pub rules: &'a RuleSet,
    pub scorecard: &'a Scorecard,
    /// BLAKE3 of the scorecard, hex.
    pub scorecard_digest: &'a str,
}

/// Every rule's verdict on the call, its points, and its reasons.
pub fn judge(
    call: &PlannedCall,
    model: &str,
    transcript: &Transcript,
    judge: &Judge<'_>,
) -> CallRow {
    let heard = judge.rules.listen(transcript, &mut Scratch::default());
    let verdicts = judge.rules.judge_heard(&call.metadata, &heard);
    let scored: Vec<ScoredRule<'_>> = verdicts
        .iter()
        .filter_map(|verdict| {
            let rule = judge.rules.rule(&verdict.rule_id)?;
            Some(ScoredRule {
                verdict,
                severity: rule.severity,
                scored: rule.is_scored(),
                points: rule.points,
            })
        })
        .collect();
    CallRow {
        call_id: call.call_id.clone(),
        recording: call.digest.clone(),
        path: call.shown_path.clone(),
        model: model.to_owned(),
        rule_set: judge.rules.digest().to_owned(),
        scorecard: judge.scorecard_digest.to_owned(),
        metadata: call.metadata.clone(),
        score: score(judge.scorecard, &scored),
        verdicts,
        reasons: judge.rules.topics(&heard),
    }
}
