//! Labelled sentences: to train on, and to measure cues with.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    lang::{Lang, Say},
    rules::{confusion::plain_table, rule::CueId, set::RuleSet, verdict::Evidence},
    transcript::Speaker,
};

/// A sentence that a person labelled for one cue; for other cues it says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TrainingSentence {
    pub cue: String,
    pub speaker: Speaker,
    pub text: String,
    pub positive: bool,
}

/// Why a line of labelled sentences cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: not a labelled sentence: {cause}")]
pub struct TrainingError {
    pub line: usize,
    pub cause: serde_json::Error,
}

impl Say for TrainingError {
    fn say(&self, lang: Lang) -> String {
        let (line, cause) = (self.line, &self.cause);
        match lang {
            Lang::Zh => format!(
                "第 {line} 行不是标注的句子:{cause}。每行一个 JSON:{{\"cue\": …, \"speaker\": \"agent\", \"text\": …, \"positive\": true}}。"
            ),
            Lang::En => format!(
                "{self}. One JSON object a line: {{\"cue\": …, \"speaker\": \"agent\", \"text\": …, \"positive\": true}}."
            ),
        }
    }
}

/// Reads labelled sentences, one JSON object a line; empty lines and further keys are skipped.
///
/// # Errors
/// At the first line that is none.
pub fn parse_sentences(text: &str) -> Result<Vec<TrainingSentence>, TrainingError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|cause| TrainingError {
                line: index + 1,
                cause,
            })
        })
        .collect()
}

/// How well one cue hears what people say that it should hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CueScore {
    pub cue: String,
    /// By phrases, sound and everything that a person wrote.
    pub written: Counts,
    /// With the trained model.
    pub together: Counts,
}

/// Sentences heard rightly, heard wrongly, and missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
}

impl Counts {
    fn add(&mut self, heard: bool, positive: bool) {
        match (heard, positive) {
            (true, true) => self.right += 1,
            (true, false) => self.wrong += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }

    /// Both together.
    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            right: self.right + other.right,
            wrong: self.wrong + other.wrong,
            missed: self.missed + other.missed,
        }
    }

    /// The share of what was heard that should be; `None` when nothing was.
    pub fn precision(self) -> Option<f64> {
        ratio(self.right, self.right + self.wrong)
    }

    /// The share of what should be heard that was; `None` when there is none.
    pub fn recall(self) -> Option<f64> {
        ratio(self.right, self.right + self.missed)
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Scores every shared cue that the sentences name, by name. Sentences of cues that the rules
/// do not have are left out.
pub fn cue_scores(rules: &RuleSet, sentences: &[TrainingSentence]) -> Vec<CueScore> {
    let mut scores: BTreeMap<&str, CueScore> = BTreeMap::new();
    for sentence in sentences {
        let Some(cue) = rules.shared_cue(&sentence.cue) else {
            continue;
        };
        let score = scores.entry(&sentence.cue).or_insert_with(|| CueScore {
            cue: sentence.cue.clone(),
            ..CueScore::default()
        });
        let heard = rules.hear_cue(cue, sentence.speaker, &sentence.text);
        let written = heard.iter().any(is_written);
        score.written.add(written, sentence.positive);
        score.together.add(!heard.is_empty(), sentence.positive);
    }
    scores.into_values().collect()
}

/// A labelled sentence that the written part of its cue hears though it should not, or does
/// not hear though it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedSentence<'s> {
    pub sentence: &'s TrainingSentence,
    /// Whether the trained model hears it.
    pub learned: bool,
}

/// The sentences that the written part gets wrong, in their order.
pub fn missed_sentences<'s>(
    rules: &RuleSet,
    sentences: &'s [TrainingSentence],
) -> Vec<MissedSentence<'s>> {
    let missed = sentences.iter().filter_map(|sentence| {
        let cue = rules.shared_cue(&sentence.cue)?;
        let heard = rules.hear_cue(cue, sentence.speaker, &sentence.text);
        let wrong = heard.iter().any(is_written) != sentence.positive;
        wrong.then(|| MissedSentence {
            sentence,
            learned: !heard.iter().all(is_written),
        })
    });
    missed.collect()
}

/// Heard by what a person wrote.
fn is_written(evidence: &Evidence) -> bool {
    evidence.matched != crate::rules::verdict::Matched::Learned
}

/// Whether the written part of a cue hears the sentence.
pub(super) fn written_hears(rules: &RuleSet, cue: CueId, sentence: &TrainingSentence) -> bool {
    rules
        .hear_cue(cue, sentence.speaker, &sentence.text)
        .iter()
        .any(is_written)
}

/// The scores as a table, a line per cue and one for all.
pub fn show_scores(scores: &[CueScore], lang: Lang) -> String {
    let mut table = plain_table();
    table.set_header(lang.pick(
        [
            "线索",
            "n",
            "精确率(写)",
            "召回率(写)",
            "精确率(写+学)",
            "召回率(写+学)",
        ],
        [
            "cue",
            "n",
            "precision, written",
            "recall, written",
            "precision, together",
            "recall, together",
        ],
    ));
    let mut total = CueScore {
        cue: lang.pick("合计", "total").to_owned(),
        ..CueScore::default()
    };
    for score in scores {
        total.written = total.written.plus(score.written);
        total.together = total.together.plus(score.together);
    }
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{s:.3}"));
    for score in scores.iter().chain([&total]) {
        let positives = score.written.right + score.written.missed;
        table.add_row([
            score.cue.clone(),
            positives.to_string(),
            share(score.written.precision()),
            share(score.written.recall()),
            share(score.together.precision()),
            share(score.together.recall()),
        ]);
    }
    table.to_string()
}
