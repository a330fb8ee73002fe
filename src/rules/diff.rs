//! What a change of rules changes: which calls get another verdict, from what to what, and why.

use super::{set::RuleSet, verdict::Verdict};
use crate::{call::CallMetadata, lang::Lang, transcript::Transcript};

/// A verdict that two rule sets do not give alike. `None`: that set does not judge the rule.
#[derive(Clone, Debug)]
pub struct Change {
    pub call: String,
    pub rule_id: String,
    pub old: Option<Verdict>,
    pub new: Option<Verdict>,
}

/// The changes on one call, in the order of rule ids.
pub fn changes(
    old: &RuleSet,
    new: &RuleSet,
    call_id: &str,
    call: &CallMetadata,
    transcript: &Transcript,
) -> Vec<Change> {
    compare(
        call_id,
        old.judge(call, transcript),
        new.judge(call, transcript),
    )
}

/// Compares verdicts that were given with verdicts that are given now. Both in the order of
/// rule ids.
pub fn compare(call_id: &str, old: Vec<Verdict>, new: Vec<Verdict>) -> Vec<Change> {
    let mut old = old.into_iter().peekable();
    let mut new = new.into_iter().peekable();
    let mut found = Vec::new();
    loop {
        let (before, after) = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(a), Some(b)) if a.rule_id == b.rule_id => (old.next(), new.next()),
            (Some(a), Some(b)) if a.rule_id < b.rule_id => (old.next(), None),
            (Some(_), None) => (old.next(), None),
            (_, Some(_)) => (None, new.next()),
        };
        let outcome = |verdict: &Option<Verdict>| verdict.as_ref().map(|v| v.outcome);
        if outcome(&before) != outcome(&after) {
            let rule_id = before
                .as_ref()
                .or(after.as_ref())
                .map_or_else(String::new, |verdict| verdict.rule_id.clone());
            found.push(Change {
                call: call_id.to_owned(),
                rule_id,
                old: before,
                new: after,
            });
        }
    }
}

impl Change {
    /// One line and the two reasons.
    pub fn show(&self, lang: Lang) -> String {
        let outcome = |verdict: &Option<Verdict>| {
            verdict
                .as_ref()
                .map_or("-", |v| v.outcome.as_str())
                .to_owned()
        };
        let reason = |verdict: &Option<Verdict>| {
            verdict
                .as_ref()
                .map_or("-", |v| lang.pick(&v.reason.zh, &v.reason.en))
                .to_owned()
        };
        format!(
            "{} {}: {} → {}\n    {}{}\n    {}{}",
            self.call,
            self.rule_id,
            outcome(&self.old),
            outcome(&self.new),
            lang.pick("原来:", "before: "),
            reason(&self.old),
            lang.pick("现在:", "now: "),
            reason(&self.new),
        )
    }
}
