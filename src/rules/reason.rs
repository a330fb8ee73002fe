//! Why a verdict is what it is, in words of both languages.

use super::{
    conditions::{Condition, Decided, Node, UnknownBecause, Window},
    engine::{Doubt, Hit, View},
    measure::Measure,
    rule::{Cue, CueId, Placement},
    truth::Truth,
};
use crate::transcript::Speaker;

/// The same said in both languages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Words {
        Words {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// What needs no translation.
    pub fn same(text: impl Into<String>) -> Words {
        let text = text.into();
        Words {
            zh: text.clone(),
            en: text,
        }
    }

    fn then(mut self, zh: &str, en: &str) -> Words {
        self.zh.push_str(zh);
        self.en.push_str(en);
        self
    }

    fn with(self, other: &Words) -> Words {
        self.then(&other.zh, &other.en)
    }
}

/// At most so many conditions are named; the evidence shows the rest.
const MOST_NAMED: usize = 3;

/// What was found: the conditions that hold, each with where.
pub fn found(decided: &[Decided<'_>], view: &View<'_>) -> Words {
    join(decided, |decided| {
        let name = describe(decided.node, view.cues);
        match (&decided.measured, decided.hits.as_slice()) {
            (Some(measured), _) => name.then("(", " (").with(measured).then(")", ")"),
            (None, []) => name,
            (None, hits) => name.then(":", ": ").with(&quotes(hits, view)),
        }
    })
}

/// What is missing: the conditions that do not hold, each with where it stands wrongly.
pub fn missing(decided: &[Decided<'_>], view: &View<'_>) -> Words {
    join(decided, |decided| {
        let name = describe(decided.node, view.cues);
        let name = match (&decided.measured, decided.misplaced.as_slice()) {
            (Some(measured), _) => name.then("(", " (").with(measured).then(")", ")"),
            (None, []) => name,
            (None, misplaced) => name
                .then(",虽有", ", though there is ")
                .with(&quotes(misplaced, view)),
        };
        match decided.hits.as_slice() {
            [] => name,
            hits if decided.truth == Truth::False => {
                name.then(",听到 ", ", heard ").with(&quotes(hits, view))
            }
            _ => name,
        }
    })
}

/// What cannot be decided, and why.
pub fn uncertain(decided: &[Decided<'_>], view: &View<'_>) -> Words {
    join(decided, |decided| {
        let name = describe(decided.node, view.cues);
        let doubtful: Vec<Hit> = decided
            .hits
            .iter()
            .filter(|hit| !hit.is_sure())
            .copied()
            .collect();
        let why = match (decided.unknown, doubtful.first()) {
            (Some(unknown), _) => because(unknown),
            (None, Some(hit)) => doubt(hit.doubt),
            (None, None) => Words::new("听不清", "it is unclear"),
        };
        let name = name.then(":", ": ").with(&why);
        if doubtful.is_empty() {
            name
        } else {
            name.then(",", ", ").with(&quotes(&doubtful, view))
        }
    })
}

fn join(decided: &[Decided<'_>], words: impl Fn(&Decided<'_>) -> Words) -> Words {
    let mut joined = Words::default();
    let mut seen: Vec<Words> = Vec::new();
    for words in decided.iter().map(words) {
        if !seen.contains(&words) {
            seen.push(words);
        }
    }
    for (index, words) in seen.iter().take(MOST_NAMED).enumerate() {
        if index > 0 {
            joined = joined.then(";", "; ");
        }
        joined = joined.with(words);
    }
    if seen.len() > MOST_NAMED {
        joined = joined.then("……", " …");
    }
    joined
}

/// The places of hits with their words, at most three: 第 12 句「这就给您办理」.
pub fn quotes(hits: &[Hit], view: &View<'_>) -> Words {
    let mut words = Words::default();
    for (index, hit) in hits.iter().take(MOST_NAMED).enumerate() {
        let utterance = hit.utterance as usize;
        let text = view.heard.texts[utterance]
            .quote(hit.original.0 as usize, hit.original.1 as usize)
            .to_owned();
        if index > 0 {
            words = words.then("、", ", ");
        }
        words = words.then(
            &format!("第 {} 句「{text}」", utterance + 1),
            &format!("“{text}” in utterance {}", utterance + 1),
        );
    }
    if hits.len() > MOST_NAMED {
        words = words.then("等", " …");
    }
    words
}

fn because(unknown: UnknownBecause) -> Words {
    match unknown {
        UnknownBecause::Untranscribed => Words::new(
            "没有听到,但有一段录音转不出文字",
            "not heard, but a stretch of speech could not be transcribed",
        ),
        UnknownBecause::UnsureWords => Words::new(
            "没有听到,但有些话识别得没有把握",
            "not heard, but some words there were recognised with little confidence",
        ),
        UnknownBecause::FieldMissing => {
            Words::new("通话清单里没有写", "the call list does not say")
        }
        UnknownBecause::OneChannel => Words::new(
            "单声道,分不清是谁在说",
            "one channel only, nobody can tell who speaks",
        ),
        UnknownBecause::NoTimes => Words::new("只有文字,没有时间", "the transcript has no times"),
    }
}

fn doubt(doubt: Option<Doubt>) -> Words {
    match doubt {
        Some(Doubt::Weak) | None => Words::new("说得含糊", "said only vaguely"),
        Some(Doubt::UnsureWords) => {
            Words::new("识别得没有把握", "recognised with little confidence")
        }
        Some(Doubt::UnknownSpeaker) => Words::new("分不清是谁说的", "nobody can tell who said it"),
        Some(Doubt::Overlap) => Words::new("两人同时在说", "both speak at once"),
        Some(Doubt::Learned) => {
            Words::new("只有训练出来的模型听到", "only the trained model hears it")
        }
        Some(Doubt::Neighbour) => Words::new(
            "它前后的话不能确定",
            "what it must follow or precede is itself unclear",
        ),
    }
}

/// A condition in a few words: 客服「违约金告知」(在「办理」之前).
pub fn describe(node: &Node, cues: &[Cue]) -> Words {
    match &node.condition {
        Condition::Heard(heard) => {
            let words = cue_words(heard.cue, heard.speaker, cues);
            let mut notes = Vec::new();
            if heard.min > 1 {
                notes.push(Words::new(
                    format!("至少 {} 轮", heard.min),
                    format!("in at least {} turns", heard.min),
                ));
            }
            if let Some(max) = heard.max {
                notes.push(Words::new(
                    format!("至多 {max} 轮"),
                    format!("in at most {max} turns"),
                ));
            }
            match heard.window {
                Some(Window::First(measure)) => notes.push(Words::new(
                    format!("在开头 {} 内", measure.chinese()),
                    format!("within the first {}", measure.english()),
                )),
                Some(Window::Last(measure)) => notes.push(Words::new(
                    format!("在最后 {} 内", measure.chinese()),
                    format!("within the last {}", measure.english()),
                )),
                None => {}
            }
            notes.extend(placement_words(&heard.placement, cues));
            if !heard.reset_by.is_empty() {
                let (zh, en) = names(&heard.reset_by, cues);
                notes.push(Words::new(
                    format!("每次{zh}后重新计数"),
                    format!("counted anew after {en}"),
                ));
            }
            add_notes(words, notes)
        }
        Condition::Sequence(sequence) => {
            let mut words = Words::default();
            for (index, step) in sequence.steps.iter().enumerate() {
                if index > 0 {
                    words = words.then(" → ", " → ");
                }
                words = words.with(&cue_words(step.cue, None, cues));
            }
            let mut notes = Vec::new();
            if let Some(within) = sequence.within {
                notes.push(within_words(within));
            }
            notes.extend(placement_words(&sequence.placement, cues));
            add_notes(words, notes)
        }
        Condition::Repeated(repeated) => Words::new(
            format!("{}反复说同样的话", side_zh(repeated.speaker)),
            format!("{}the same words repeated", side_en(repeated.speaker)),
        ),
        Condition::Speaks(speaks) => Words::new(
            format!("{}说话", side_zh(Some(speaks.0))),
            format!("{}speaking", side_en(Some(speaks.0))),
        ),
        Condition::Field(field) => {
            let (zh, en) = if field.is {
                ("是", "is")
            } else {
                ("不是", "is not")
            };
            Words::new(
                format!("清单的「{}」{zh} {}", field.name, field.values.join("、")),
                format!("column {} {en} {}", field.name, field.values.join(", ")),
            )
        }
        Condition::Silence(silence) => Words::new(
            format!(
                "{}静音超过 {} 秒",
                side_zh(silence.speaker),
                silence.longer_than.as_seconds()
            ),
            format!(
                "{}silence over {} s",
                side_en(silence.speaker),
                silence.longer_than.as_seconds()
            ),
        ),
        Condition::TalkOver(talk_over) => Words::new(
            format!(
                "{}抢话超过 {} 秒",
                side_zh(Some(talk_over.by)),
                talk_over.longer_than.as_seconds()
            ),
            format!(
                "{}talking over for {} s",
                side_en(Some(talk_over.by)),
                talk_over.longer_than.as_seconds()
            ),
        ),
        Condition::SpeechRate(rate) => {
            let (zh, en, limit) = match (rate.above, rate.below) {
                (Some(limit), _) => ("高于", "above", limit),
                (None, limit) => ("低于", "below", limit.unwrap_or(0)),
            };
            Words::new(
                format!("{}语速{zh}每分钟 {limit} 字", side_zh(Some(rate.speaker))),
                format!(
                    "{}speech {en} {limit} characters a minute",
                    side_en(Some(rate.speaker))
                ),
            )
        }
        Condition::AnswerDelay(delay) => Words::new(
            format!(
                "{}超过 {} 秒才开口",
                side_zh(Some(delay.speaker)),
                delay.longer_than.as_seconds()
            ),
            format!(
                "{}first words after {} s",
                side_en(Some(delay.speaker)),
                delay.longer_than.as_seconds()
            ),
        ),
        Condition::HangUpDelay(delay) => Words::new(
            format!("说完 {} 秒后还没挂断", delay.longer_than.as_seconds()),
            format!(
                "the line open for {} s after the last words",
                delay.longer_than.as_seconds()
            ),
        ),
        Condition::Duration(_) => Words::new("录音的长度", "the recording's length"),
        Condition::All(all) => joined(&all.0, cues, " 并且 ", " and "),
        Condition::Any(any) => joined(&any.0, cues, " 或者 ", " or "),
        Condition::None(none) => {
            let inner = joined(&none.0, cues, " 也没有 ", " nor ");
            Words::new("没有 ", "no ").with(&inner)
        }
        Condition::AtLeast(at_least) => {
            let inner = joined(&at_least.of, cues, "、", ", ");
            Words::new(
                format!("至少其中 {} 项:", at_least.least),
                format!("at least {} of: ", at_least.least),
            )
            .with(&inner)
        }
    }
}

/// Conditions in one sentence; what consists of several itself stands in brackets.
fn joined(nodes: &[Node], cues: &[Cue], zh: &str, en: &str) -> Words {
    let mut words = Words::default();
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            words = words.then(zh, en);
        }
        let own = describe(node, cues);
        words = match node.children().len() {
            0 | 1 => words.with(&own),
            _ => words.then("(", "(").with(&own).then(")", ")"),
        };
    }
    words
}

/// The names of cues, any of which is meant.
fn names(ids: &[CueId], cues: &[Cue]) -> (String, String) {
    let (zh, en): (Vec<_>, Vec<_>) = ids
        .iter()
        .map(|id| &cues[id.index()])
        .map(|cue| {
            (
                format!("「{}」", cue.chinese()),
                format!("“{}”", cue.english()),
            )
        })
        .unzip();
    (zh.join("或"), en.join(" or "))
}

fn add_notes(mut words: Words, notes: Vec<Words>) -> Words {
    for (index, note) in notes.iter().enumerate() {
        words = match index {
            0 => words.then("(", " ("),
            _ => words.then(",", ", "),
        };
        words = words.with(note);
    }
    if notes.is_empty() {
        words
    } else {
        words.then(")", ")")
    }
}

fn within_words(within: Measure) -> Words {
    Words::new(
        format!("{}内", within.chinese()),
        format!("within {}", within.english()),
    )
}

/// What a placement asks for, in words.
pub fn placement_words(placement: &Placement, cues: &[Cue]) -> Vec<Words> {
    let relations: [(&[CueId], &str, &str, &str); 8] = [
        (&placement.before, "在", "之前", "before"),
        (&placement.after, "在", "之后", "after"),
        (&placement.not_before, "之后没有", "", "not before"),
        (&placement.not_after, "之前没有", "", "not after"),
        (&placement.answer_to, "回答", "", "in answer to"),
        (&placement.not_answer_to, "不是回答", "", "not in answer to"),
        (&placement.beside, "同一轮有", "", "beside"),
        (&placement.not_beside, "同一轮没有", "", "not beside"),
    ];
    let mut notes: Vec<Words> = relations
        .into_iter()
        .filter(|(ids, ..)| !ids.is_empty())
        .map(|(ids, zh_before, zh_after, en)| {
            let (chinese, english) = names(ids, cues);
            Words::new(
                format!("{zh_before}{chinese}{zh_after}"),
                format!("{en} {english}"),
            )
        })
        .collect();
    if let Some(within) = placement.within {
        notes.push(within_words(within));
    }
    notes
}

/// A cue with who says it: 客服「违约金告知」.
pub fn cue_words(cue: CueId, speaker: Option<Speaker>, cues: &[Cue]) -> Words {
    let cue = &cues[cue.index()];
    let side = speaker.or(cue.speaker);
    Words::new(
        format!("{}「{}」", side_zh(side), cue.chinese()),
        format!("{}“{}”", side_en(side), cue.english()),
    )
}

fn side_zh(side: Option<Speaker>) -> &'static str {
    match side {
        Some(Speaker::Agent) => "客服",
        Some(Speaker::Customer) => "客户",
        _ => "",
    }
}

fn side_en(side: Option<Speaker>) -> &'static str {
    match side {
        Some(Speaker::Agent) => "agent: ",
        Some(Speaker::Customer) => "customer: ",
        _ => "",
    }
}
