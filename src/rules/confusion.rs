//! How verdicts compare with labels: per rule a table, and every miss with the words that decided.

use std::{collections::BTreeMap, fmt::Write};

use comfy_table::Table;

use super::{
    dialogue::{Dialogue, Label},
    verdict::{Outcome, Verdict},
};
use crate::lang::Lang;

/// Verdicts against labels, over any number of dialogues.
#[derive(Clone, Debug, Default)]
pub struct Confusion {
    /// By rule id.
    pub rules: BTreeMap<String, RuleConfusion>,
    /// In the order in which the dialogues came.
    pub misses: Vec<Miss>,
}

/// One rule's verdicts against its labels.
#[derive(Clone, Debug, Default)]
pub struct RuleConfusion {
    /// `counts[label][verdict]`, both in the order of [`Outcome::ALL`].
    pub counts: [[usize; 4]; 4],
}

/// A verdict that is not the label's.
#[derive(Clone, Debug)]
pub struct Miss {
    pub dialogue: String,
    pub label: Label,
    pub verdict: Verdict,
}

fn place(outcome: Outcome) -> usize {
    Outcome::ALL
        .iter()
        .position(|known| *known == outcome)
        .expect("ALL names every outcome")
}

impl Confusion {
    /// Counts the verdicts of one dialogue. Verdicts without a label, and labels without a
    /// verdict, are left out.
    pub fn add(&mut self, dialogue: &Dialogue, verdicts: &[Verdict]) {
        for verdict in verdicts {
            let Some(label) = dialogue.labels.get(&verdict.rule_id) else {
                continue;
            };
            let rule = self.rules.entry(verdict.rule_id.clone()).or_default();
            rule.counts[place(label.v)][place(verdict.outcome)] += 1;
            if label.v != verdict.outcome {
                self.misses.push(Miss {
                    dialogue: dialogue.id.clone(),
                    label: label.clone(),
                    verdict: verdict.clone(),
                });
            }
        }
    }

    /// All rules in one table.
    pub fn total(&self) -> RuleConfusion {
        let mut total = RuleConfusion::default();
        for rule in self.rules.values() {
            for (row, own) in total.counts.iter_mut().zip(&rule.counts) {
                for (count, own) in row.iter_mut().zip(own) {
                    *count += own;
                }
            }
        }
        total
    }

    /// Misses in which a violation was found where the label says pass or not-applicable.
    pub fn wrong_accusations(&self) -> impl Iterator<Item = &Miss> {
        self.misses.iter().filter(|miss| {
            miss.verdict.outcome == Outcome::Violation
                && matches!(miss.label.v, Outcome::Pass | Outcome::NotApplicable)
        })
    }

    /// As text: a line per rule and the total; what was judged instead of what, for the total and
    /// each rule that missed anything; then every miss.
    pub fn show(&self, lang: Lang) -> String {
        let mut text = format!("{}\n", self.figures(lang));
        if !self.misses.is_empty() {
            let _ = writeln!(text, "{}", self.instead(lang));
        }
        for miss in &self.misses {
            let _ = writeln!(text, "{}", miss.show(lang));
        }
        text
    }

    /// The four labels against the four verdicts.
    fn instead(&self, lang: Lang) -> Table {
        let mut table = plain_table();
        let judged = |outcome: Outcome| {
            let name = outcome.name(lang);
            lang.pick(format!("判为{name}"), format!("judged {name}"))
        };
        let mut header = vec![
            lang.pick("规则", "rule").to_owned(),
            lang.pick("标注", "label").to_owned(),
        ];
        header.extend(Outcome::ALL.map(judged));
        table.set_header(header);
        let total = self.total();
        let missed = self
            .rules
            .iter()
            .filter(|(_, rule)| rule.right() < rule.judged())
            .map(|(id, rule)| (id.as_str(), rule));
        for (name, rule) in missed.chain([(lang.pick("合计", "total"), &total)]) {
            for label in Outcome::ALL.into_iter().filter(|&o| rule.labelled(o) > 0) {
                let mut row = vec![name.to_owned(), label.name(lang).to_owned()];
                row.extend(rule.counts[place(label)].map(|count| count.to_string()));
                table.add_row(row);
            }
        }
        table
    }

    fn figures(&self, lang: Lang) -> Table {
        let mut table = plain_table();
        table.set_header(lang.pick(
            [
                "规则",
                "n",
                "正确率",
                "违规精确率",
                "违规召回率",
                "误判违规",
                "待人工",
            ],
            [
                "rule",
                "n",
                "accuracy",
                "precision",
                "recall",
                "wrongly accused",
                "cannot judge",
            ],
        ));
        let total = self.total();
        let rows = self
            .rules
            .iter()
            .map(|(id, rule)| (id.as_str(), rule))
            .chain([(lang.pick("合计", "total"), &total)]);
        for (name, rule) in rows {
            table.add_row([
                name.to_owned(),
                rule.judged().to_string(),
                share(rule.accuracy()),
                share(rule.precision()),
                share(rule.recall()),
                rule.wrong_accusations().to_string(),
                rule.given(Outcome::CannotJudge).to_string(),
            ]);
        }
        table
    }
}

/// A table as the rest of the program draws them.
pub(super) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    table
}

impl Miss {
    /// One line: where, what was expected and found, why, and the words.
    pub fn show(&self, lang: Lang) -> String {
        let mut text = match lang {
            Lang::Zh => format!(
                "{} {}:应为 {}(第 {} 句),判为 {}(第 {} 句):{}",
                self.dialogue,
                self.verdict.rule_id,
                self.label.v.name(lang),
                turns(&self.label.at),
                self.verdict.outcome.name(lang),
                turns(&self.verdict.at),
                self.verdict.reason.zh
            ),
            Lang::En => format!(
                "{} {}: expected {} (at {}), found {} (at {}): {}",
                self.dialogue,
                self.verdict.rule_id,
                self.label.v.name(lang),
                turns(&self.label.at),
                self.verdict.outcome.name(lang),
                turns(&self.verdict.at),
                self.verdict.reason.en
            ),
        };
        for evidence in &self.verdict.evidence {
            let _ = write!(
                text,
                "\n    {} {} [{}] 「{}」",
                evidence.turn + 1,
                evidence.cue,
                evidence.matched.as_str(),
                evidence.text
            );
        }
        text
    }
}

/// Turns as people count them, from 1.
fn turns(at: &[usize]) -> String {
    if at.is_empty() {
        return "-".to_owned();
    }
    let numbers: Vec<String> = at.iter().map(|turn| (turn + 1).to_string()).collect();
    numbers.join("、")
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"))
}

impl RuleConfusion {
    /// How many verdicts were compared.
    pub fn judged(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    pub fn right(&self) -> usize {
        (0..4).map(|i| self.counts[i][i]).sum()
    }

    /// The share of verdicts that are the label's; `None` without verdicts.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.right(), self.judged())
    }

    /// How often an outcome was given.
    pub fn given(&self, outcome: Outcome) -> usize {
        self.counts.iter().map(|row| row[place(outcome)]).sum()
    }

    /// How often an outcome was the label.
    pub fn labelled(&self, outcome: Outcome) -> usize {
        self.counts[place(outcome)].iter().sum()
    }

    fn found_violations(&self) -> usize {
        self.counts[place(Outcome::Violation)][place(Outcome::Violation)]
    }

    /// The share of violations found that are violations; `None` when none was found.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.found_violations(), self.given(Outcome::Violation))
    }

    /// The share of violations that were found; `None` when there are none.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.found_violations(), self.labelled(Outcome::Violation))
    }

    /// Violations found where the label says pass or not-applicable.
    pub fn wrong_accusations(&self) -> usize {
        [Outcome::Pass, Outcome::NotApplicable]
            .into_iter()
            .map(|label| self.counts[place(label)][place(Outcome::Violation)])
            .sum()
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
