//! Rules tested by their own examples.

use super::{
    engine::Scratch,
    rule::{Example, Rule},
    set::RuleSet,
    verdict::Verdict,
};
use crate::{lang::Lang, transcript::Transcript};

/// What a rule said about one of its examples.
#[derive(Clone, Debug)]
pub struct ExampleResult {
    pub rule_id: String,
    pub path: String,
    pub name: String,
    pub expected: super::verdict::Outcome,
    pub verdict: Verdict,
    /// Words that the evidence should have contained and does not.
    pub missing_evidence: Vec<String>,
}

impl ExampleResult {
    pub fn passed(&self) -> bool {
        self.expected == self.verdict.outcome && self.missing_evidence.is_empty()
    }

    /// One line: which example, what it should say and says, and why.
    pub fn show(&self, lang: Lang) -> String {
        let found = self.verdict.outcome.as_str();
        let expected = self.expected.as_str();
        let mut text = match (self.passed(), lang) {
            (true, Lang::Zh) => format!("通过 {} 「{}」:{found}", self.rule_id, self.name),
            (true, Lang::En) => format!("ok {} “{}”: {found}", self.rule_id, self.name),
            (false, Lang::Zh) => format!(
                "不符 {} 「{}」({}):应为 {expected},判为 {found}。{}",
                self.rule_id, self.name, self.path, self.verdict.reason.zh
            ),
            (false, Lang::En) => format!(
                "FAILED {} “{}” ({}): expected {expected}, found {found}. {}",
                self.rule_id, self.name, self.path, self.verdict.reason.en
            ),
        };
        if !self.missing_evidence.is_empty() {
            let words = self.missing_evidence.join("、");
            text.push_str(&lang.pick(
                format!(" 证据里没有:{words}"),
                format!(" Not in the evidence: {words}"),
            ));
        }
        text
    }
}

impl RuleSet {
    /// Judges every rule's examples, drafts and retired rules included.
    pub fn test_examples(&self) -> Vec<ExampleResult> {
        self.rules()
            .iter()
            .flat_map(|rule| {
                rule.examples
                    .iter()
                    .map(move |example| self.test_example(rule, example))
            })
            .collect()
    }

    fn test_example(&self, rule: &Rule, example: &Example) -> ExampleResult {
        let transcript = Transcript {
            utterances: example.utterances.clone(),
            ..Transcript::default()
        };
        let heard = self.listen(&transcript, &mut Scratch::default());
        let verdict = self.judge_rule(rule, &example.call, &heard);
        let missing_evidence = example
            .evidence
            .iter()
            .filter(|words| !is_quoted(words, &verdict, &transcript))
            .cloned()
            .collect();
        ExampleResult {
            rule_id: rule.id.clone(),
            path: rule.path.clone(),
            name: example.name.clone(),
            expected: example.verdict,
            verdict,
            missing_evidence,
        }
    }
}

/// Whether a piece of evidence overlaps the words where they stand in the dialogue.
fn is_quoted(words: &str, verdict: &Verdict, transcript: &Transcript) -> bool {
    verdict.evidence.iter().any(|evidence| {
        let text = &transcript.utterances[evidence.turn].text;
        text.match_indices(words).any(|(byte, _)| {
            let from = text[..byte].chars().count();
            let to = from + words.chars().count();
            evidence.chars.0 < to && from < evidence.chars.1
        })
    })
}
