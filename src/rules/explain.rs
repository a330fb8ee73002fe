//! A rule in sentences: what triggers it, what it demands and forbids, and why.

use std::fmt::Write;

use super::{
    raw::Status,
    reason::{Words, cue_words, describe, placement_words},
    rule::{Cue, CueId, Rule},
    set::RuleSet,
    severity::Severity,
};
use crate::lang::Lang;

impl RuleSet {
    /// The rule in sentences; `None` when there is no such rule. `points` tells what a violation
    /// costs by the scorecard.
    pub fn explain(
        &self,
        id: &str,
        points: impl Fn(&Rule) -> u32,
        lang: Lang,
    ) -> Option<String> {
        let rule = self.rule(id)?;
        let explanation = Explanation {
            rule,
            points: points(rule),
            cues: self.cues(),
            lang,
        };
        Some(explanation.write())
    }
}

struct Explanation<'a> {
    rule: &'a Rule,
    points: u32,
    cues: &'a [Cue],
    lang: Lang,
}

impl Explanation<'_> {
    fn write(&self) -> String {
        let mut text = self.head();
        self.demands(&mut text);
        self.reasons(&mut text);
        self.heard(&mut text);
        self.examples(&mut text);
        text
    }

    fn pick(&self, words: &Words) -> String {
        match self.lang {
            Lang::Zh => words.zh.clone(),
            Lang::En => words.en.clone(),
        }
    }

    fn line(&self, text: &mut String, zh: &str, en: &str, words: &str) {
        let _ = match self.lang {
            Lang::Zh => writeln!(text, "  {zh}:{words}"),
            Lang::En => writeln!(text, "  {en}: {words}"),
        };
    }

    fn head(&self) -> String {
        let rule = self.rule;
        let title = match self.lang {
            Lang::Zh => rule.title.as_str(),
            Lang::En => rule.title_en.as_deref().unwrap_or(&rule.title),
        };
        let severity = severity_words(rule.severity);
        let points = match (rule.severity, self.lang) {
            (Severity::Fatal, Lang::Zh) => "整通计 0 分".to_owned(),
            (Severity::Fatal, Lang::En) => "the call scores 0".to_owned(),
            (_, Lang::Zh) => format!("扣 {} 分", self.points),
            (_, Lang::En) => format!("{} points", self.points),
        };
        let status = status_words(rule.status);
        let mut head = format!(
            "{} {title} ({}, {points}, {})\n",
            rule.id,
            self.lang.pick(severity.0, severity.1),
            self.lang.pick(status.0, status.1),
        );
        let (from, to) = rule.effective;
        if from.is_some() || to.is_some() {
            let day =
                |day: Option<chrono::NaiveDate>| day.map_or("…".to_owned(), |d| d.to_string());
            let range = format!("{} – {}", day(from), day(to));
            self.line(&mut head, "有效期", "in force", &range);
        }
        head
    }

    fn demands(&self, text: &mut String) {
        let rule = self.rule;
        let mut scope = Vec::new();
        if let Some(directions) = &rule.scope.direction {
            let names: Vec<&str> = directions.iter().map(|d| d.as_str()).collect();
            scope.push(format!("direction = {}", names.join(" / ")));
        }
        for (name, values) in &rule.scope.fields {
            scope.push(format!("{name} = {}", values.join(" / ")));
        }
        if !scope.is_empty() {
            self.line(text, "哪些通话", "calls", &scope.join(", "));
        }
        let mut triggers = Vec::new();
        if let Some(each) = &rule.each {
            let cue = self.pick(&cue_words(each.cue, None, self.cues));
            triggers.push(match self.lang {
                Lang::Zh => format!("每一次{cue}各判一回,取最差的结果"),
                Lang::En => format!("every {cue}, judged for itself; the worst verdict counts"),
            });
        }
        triggers.extend(
            rule.when
                .as_ref()
                .map(|when| self.pick(&describe(when, self.cues))),
        );
        let always = self.lang.pick("每通电话", "every call").to_owned();
        let trigger = match triggers.is_empty() {
            true => always,
            false => triggers.join(self.lang.pick(";", "; ")),
        };
        self.line(text, "触发", "applies to", &trigger);
        if let Some(require) = &rule.require {
            self.line(
                text,
                "必须",
                "demands",
                &self.pick(&describe(require, self.cues)),
            );
        }
        if let Some(forbid) = &rule.forbid {
            self.line(
                text,
                "禁止",
                "forbids",
                &self.pick(&describe(forbid, self.cues)),
            );
        }
    }

    fn reasons(&self, text: &mut String) {
        let rule = self.rule;
        self.line(text, "为什么", "why", &rule.why);
        self.line(text, "该怎么做", "do instead", &rule.remedy);
        for basis in &rule.basis {
            self.line(text, "依据", "basis", basis);
        }
        for limit in &rule.known_limits {
            self.line(text, "看不到", "does not see", limit);
        }
    }

    /// What each cue of the rule listens for.
    fn heard(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "{}",
            self.lang.pick("听什么:", "What it listens for:")
        );
        for &id in &self.rule.cues {
            let cue = &self.cues[id.index()];
            let name = self.pick(&cue_words(id, None, self.cues));
            let _ = writeln!(text, "  {name} [{}]", cue.name);
            let quoted = |phrases: &[super::phrase::Phrase]| {
                let shown: Vec<&str> = phrases
                    .iter()
                    .take(MOST_SHOWN)
                    .map(|phrase| phrase.source.as_str())
                    .collect();
                let more = match phrases.len() {
                    count if count > MOST_SHOWN => format!(" … ({count})"),
                    _ => String::new(),
                };
                format!("{}{more}", shown.join("  "))
            };
            for (zh, en, phrases) in [
                ("说法", "wordings", &cue.phrases),
                ("含糊", "vaguely", &cue.weak),
                ("不算", "not when", &cue.unless),
                (
                    "同句有则不算",
                    "not in a sentence with",
                    &cue.unless_sentence,
                ),
                (
                    "同轮有则不算",
                    "not in an utterance with",
                    &cue.unless_utterance,
                ),
            ] {
                if !phrases.is_empty() {
                    let _ = write!(text, "  ");
                    self.line(text, zh, en, &quoted(phrases));
                }
            }
            self.lent(cue, text);
        }
    }

    fn lent(&self, cue: &Cue, text: &mut String) {
        if !cue.any_of.is_empty() {
            let names: Vec<&str> = cue
                .any_of
                .iter()
                .map(|id: &CueId| self.cues[id.index()].name.as_str())
                .collect();
            let _ = write!(text, "  ");
            self.line(text, "任一", "any of", &names.join(", "));
        }
        for words in placement_words(&cue.placement, self.cues) {
            let _ = write!(text, "  ");
            self.line(text, "位置", "place", &self.pick(&words));
        }
    }

    fn examples(&self, text: &mut String) {
        if self.rule.examples.is_empty() {
            return;
        }
        let _ = writeln!(text, "{}", self.lang.pick("例子:", "Examples:"));
        for example in &self.rule.examples {
            let _ = writeln!(text, "  [{}] {}", example.verdict.as_str(), example.name);
            for utterance in &example.utterances {
                let who = match utterance.speaker {
                    crate::transcript::Speaker::Agent => self.lang.pick("客服", "agent"),
                    crate::transcript::Speaker::Customer => self.lang.pick("客户", "customer"),
                    crate::transcript::Speaker::Unknown => self.lang.pick("不明", "unknown"),
                };
                let _ = writeln!(text, "      {who}: {}", utterance.text);
            }
        }
    }
}

/// Of a cue with a hundred wordings a reader wants the first few.
const MOST_SHOWN: usize = 6;

/// A severity in both languages.
pub fn severity_words(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Fatal => ("一票否决", "fatal"),
        Severity::Critical => ("重度", "critical"),
        Severity::Major => ("中度", "major"),
        Severity::Minor => ("轻度", "minor"),
    }
}

/// What a status means, in Chinese and English.
pub fn status_words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Draft => ("草稿,不判", "draft, not judged"),
        Status::Trial => ("试用,判但不扣分", "on trial, judged but not scored"),
        Status::Active => ("启用", "active"),
        Status::Retired => ("停用", "retired"),
    }
}
