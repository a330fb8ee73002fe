//! `all`, `any`, `none`, `at-least … of`: Kleene's logic over conditions.

use super::{Decided, Finding, Node};
use crate::rules::{engine::View, truth::Truth};

#[derive(Debug)]
pub struct All(pub Vec<Node>);

#[derive(Debug)]
pub struct Any(pub Vec<Node>);

#[derive(Debug)]
pub struct None_(pub Vec<Node>);

#[derive(Debug)]
pub struct AtLeast {
    pub least: usize,
    pub of: Vec<Node>,
}

impl All {
    pub(super) fn judge<'r>(&'r self, view: &View<'_>) -> Finding<'r> {
        let findings = judge_each(&self.0, view);
        let truth = findings
            .iter()
            .fold(Truth::True, |truth, finding| truth.and(finding.truth));
        // The same truth decided: the false ones, else the unknown ones, else all of them.
        gather(truth, findings, |finding| finding.truth == truth)
    }
}

impl Any {
    pub(super) fn judge<'r>(&'r self, view: &View<'_>) -> Finding<'r> {
        let findings = judge_each(&self.0, view);
        let truth = findings
            .iter()
            .fold(Truth::False, |truth, finding| truth.or(finding.truth));
        gather(truth, findings, |finding| finding.truth == truth)
    }
}

impl None_ {
    pub(super) fn judge<'r>(&'r self, view: &View<'_>) -> Finding<'r> {
        let findings = judge_each(&self.0, &view.turned());
        let truth = findings.iter().fold(Truth::True, |truth, finding| {
            truth.and(finding.truth.negated())
        });
        gather(truth, findings, |finding| finding.truth.negated() == truth)
    }
}

impl AtLeast {
    pub(super) fn judge<'r>(&'r self, view: &View<'_>) -> Finding<'r> {
        let findings = judge_each(&self.of, view);
        let truth = Truth::at_least(self.least, findings.iter().map(|finding| finding.truth));
        gather(truth, findings, |finding| match truth {
            Truth::True => finding.truth == Truth::True,
            Truth::Unknown => finding.truth == Truth::Unknown,
            Truth::False => finding.truth != Truth::True,
        })
    }
}

fn judge_each<'r>(nodes: &'r [Node], view: &View<'_>) -> Vec<Finding<'r>> {
    nodes.iter().map(|node| node.judge(view)).collect()
}

fn gather<'r>(
    truth: Truth,
    findings: Vec<Finding<'r>>,
    decides: impl Fn(&Finding<'r>) -> bool,
) -> Finding<'r> {
    let mut gathered = Finding {
        truth,
        at: Vec::new(),
        hits: Vec::new(),
        sound: Vec::new(),
        decided: Vec::<Decided>::new(),
    };
    for finding in findings.into_iter().filter(decides) {
        gathered.at.extend(finding.at);
        gathered.hits.extend(finding.hits);
        gathered.sound.extend(finding.sound);
        gathered.decided.extend(finding.decided);
    }
    gathered
}
