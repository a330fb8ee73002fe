//! Cues: phrases read, names resolved, limits that fit.

use std::ops::Range;

use super::{Parsed, Sink, inside_string, names::Names, words::Words};
use crate::{
    rules::{
        diagnostics::{Diagnostic, NeverTrue, Problem},
        engine::SHORTEST_BY_SOUND,
        located::At,
        measure::Measure,
        phrase::{Ends, Phrase},
        problem_words::nearest,
        raw::{RawCue, RawRule, RawValueKind, RawVocabulary},
        rule::{Cue, Limits, Placement, Similar},
        word_lists::WordLists,
    },
    text::{Accents, Normalised, ValueKind},
};

/// How like its sample a sentence must be unless the cue says otherwise.
const LIKE_ENOUGH: f64 = 0.75;
/// The largest compiled regular expression, in bytes.
const LARGEST_REGEX: usize = 1 << 20;

/// Checks all cues, in the order of their numbers.
pub(super) fn check_cues(
    vocabularies: &[Parsed<RawVocabulary>],
    rules: &[Parsed<RawRule>],
    names: &Names,
    words: &Words,
    found: &mut Vec<Diagnostic>,
) -> Vec<Cue> {
    let mut cues: Vec<Option<Cue>> = names.places.iter().map(|_| None).collect();
    for file in vocabularies {
        for (name, raw) in &file.raw.cues {
            let checker = Checker {
                text: &file.text,
                path: &file.path,
                rule: None,
                names,
                words: words.of(None),
            };
            let mut sink = Sink {
                path: &file.path,
                found,
            };
            let cue = checker.cue(name, raw, &mut sink);
            if let Some(id) = names.find(None, &name.value) {
                cues[id.index()].get_or_insert(cue);
            }
        }
    }
    for file in rules {
        let rule = file.raw.id.value.as_str();
        for (name, raw) in &file.raw.cues {
            let checker = Checker {
                text: &file.text,
                path: &file.path,
                rule: Some(rule),
                names,
                words: words.of(Some(rule)),
            };
            let mut sink = Sink {
                path: &file.path,
                found,
            };
            let cue = checker.cue(name, raw, &mut sink);
            if let Some(id) = names.find(Some(rule), &name.value) {
                cues[id.index()].get_or_insert(cue);
            }
        }
    }
    let cues: Vec<Cue> = cues
        .into_iter()
        .map(|cue| cue.expect("every number was given to a cue of one of these files"))
        .collect();
    check_sides(&cues, vocabularies, rules, names, found);
    cues
}

struct Checker<'a> {
    text: &'a str,
    path: &'a str,
    rule: Option<&'a str>,
    names: &'a Names,
    words: &'a WordLists,
}

impl Checker<'_> {
    fn cue(&self, name: &At<String>, raw: &RawCue, sink: &mut Sink<'_>) -> Cue {
        let accents = self.accents(&raw.accents, sink);
        let sounds_like = raw.sounds_like.as_ref().is_none_or(|on| on.value);
        let phrases = self.phrases(&raw.phrases, Ends::Closed, sink);
        if raw.sounds_like.as_ref().is_some_and(|on| on.value) {
            self.check_sound(&phrases, &raw.phrases, sink);
        }
        let nothing = raw.phrases.is_empty()
            && raw.weak.is_empty()
            && raw.regex.is_empty()
            && raw.similar.is_empty()
            && raw.value.is_empty()
            && raw.any_of.is_empty()
            && !raw.learned;
        if nothing {
            sink.put(name.span.clone(), Problem::EmptyCue);
        }
        if let Some(at_least) = &raw.at_least {
            if raw.similar.is_empty() {
                let problem = Problem::KeyNeedsKey {
                    key: "at-least".into(),
                    needs: "similar".into(),
                };
                sink.put(at_least.span.clone(), problem);
            }
            check_share("at-least", at_least.value, at_least.span.clone(), sink);
        }
        if let Some(precision) = &raw.learned_precision {
            if !raw.learned {
                let problem = Problem::KeyNeedsKey {
                    key: "learned-precision".into(),
                    needs: "learned".into(),
                };
                sink.put(precision.span.clone(), problem);
            }
            check_share(
                "learned-precision",
                precision.value,
                precision.span.clone(),
                sink,
            );
        }
        Cue {
            name: name.value.clone(),
            rule: self.rule.map(str::to_owned),
            path: self.path.to_owned(),
            title: raw.title.clone(),
            title_en: raw.title_en.clone(),
            topic: raw.topic.clone(),
            speaker: raw.speaker,
            unless: self.phrases(&raw.unless, Ends::Reaching, sink),
            unless_sentence: self.phrases(&raw.unless_sentence, Ends::Reaching, sink),
            unless_utterance: self.phrases(&raw.unless_utterance, Ends::Reaching, sink),
            weak: self.phrases(&raw.weak, Ends::Closed, sink),
            phrases,
            regexes: raw
                .regex
                .0
                .iter()
                .filter_map(|regex| check_regex(regex, sink))
                .collect(),
            similar: raw
                .similar
                .iter()
                .filter_map(|sample| similar(sample, raw.at_least.as_ref(), sink))
                .collect(),
            sounds_like,
            accents,
            learned: raw.learned,
            learned_precision: raw.learned_precision.as_ref().map(|share| share.value),
            doubtful: raw.doubtful,
            values: raw
                .value
                .iter()
                .map(|(kind, limits)| {
                    let checked = Limits {
                        at_least: limits.value.at_least,
                        at_most: limits.value.at_most,
                    };
                    if let (Some(least), Some(most)) = (checked.at_least, checked.at_most)
                        && least > most
                    {
                        sink.put(
                            limits.span.clone(),
                            Problem::LimitsContradict { least, most },
                        );
                    }
                    (value_kind(*kind), checked)
                })
                .collect(),
            any_of: self.names.resolve_all(self.rule, &raw.any_of, sink),
            placement: self.placement(raw, sink),
        }
    }

    fn placement(&self, raw: &RawCue, sink: &mut Sink<'_>) -> Placement {
        let mut all = |names| self.names.resolve_all(self.rule, names, sink);
        let placement = Placement {
            answer_to: all(&raw.answer_to),
            not_answer_to: all(&raw.not_answer_to),
            beside: all(&raw.beside),
            not_beside: all(&raw.not_beside),
            before: all(&raw.before),
            after: all(&raw.after),
            not_before: all(&raw.not_before),
            not_after: all(&raw.not_after),
            within: None,
        };
        let near = [&raw.before, &raw.after, &raw.not_before, &raw.not_after];
        let within = raw
            .within
            .as_ref()
            .and_then(|within| check_measure(within, sink));
        if let Some(within) = &raw.within
            && near.iter().all(|names| names.is_empty())
        {
            let problem = Problem::KeyNeedsKey {
                key: "within".into(),
                needs: "before, after, not-before, not-after".into(),
            };
            sink.put(within.span.clone(), problem);
        }
        Placement {
            within,
            ..placement
        }
    }

    fn phrases(&self, raw: &[At<String>], ends: Ends, sink: &mut Sink<'_>) -> Vec<Phrase> {
        let mut phrases = Vec::with_capacity(raw.len());
        for source in raw {
            match Phrase::parse(&source.value, self.words, ends) {
                Ok(phrase) => phrases.push(phrase),
                Err(problems) => {
                    for (problem, part) in problems {
                        sink.put(self.inside(source, part), problem);
                    }
                }
            }
        }
        phrases
    }

    fn inside(&self, source: &At<String>, part: Range<usize>) -> Range<usize> {
        if source.value.is_empty() {
            return source.span.clone();
        }
        inside_string(self.text, &source.span, &source.value, part)
    }

    /// Who asks for matching by sound must write phrases that are long enough for it.
    fn check_sound(&self, phrases: &[Phrase], raw: &[At<String>], sink: &mut Sink<'_>) {
        let long_enough = |phrase: &Phrase| phrase.shortest_text() >= SHORTEST_BY_SOUND;
        if phrases.is_empty() || phrases.iter().any(long_enough) {
            return;
        }
        for source in raw {
            let problem = Problem::TooShortForSound {
                phrase: source.value.clone(),
            };
            sink.put(source.span.clone(), problem);
        }
    }

    fn accents(&self, raw: &[At<String>], sink: &mut Sink<'_>) -> Accents {
        let mut accents = Accents::NONE;
        for name in raw {
            match Accents::parse(&name.value) {
                Some(accent) => accents = accents.union(accent),
                None => {
                    let problem = Problem::UnknownAccent {
                        name: name.value.clone(),
                        nearest: nearest(&name.value, Accents::NAMES.iter().copied()),
                    };
                    sink.put(name.span.clone(), problem);
                }
            }
        }
        accents
    }
}

fn similar(
    sample: &At<String>,
    at_least: Option<&At<f64>>,
    sink: &mut Sink<'_>,
) -> Option<Similar> {
    let chars = Normalised::spelled(&sample.value).chars().to_vec();
    if chars.len() < 2 {
        sink.put(sample.span.clone(), Problem::EmptyPhrase);
        return None;
    }
    Some(Similar {
        chars,
        at_least: at_least.map_or(LIKE_ENOUGH, |at_least| at_least.value),
    })
}

fn check_regex(source: &At<String>, sink: &mut Sink<'_>) -> Option<regex::Regex> {
    let built = regex::RegexBuilder::new(&source.value)
        .size_limit(LARGEST_REGEX)
        .build();
    let problem = match built {
        Ok(regex) if regex.is_match("") => Problem::RegexMatchesNothing,
        Ok(regex) => return Some(regex),
        Err(regex::Error::CompiledTooBig(_)) => Problem::RegexTooLarge,
        Err(error) => {
            let last = error.to_string();
            let detail = last.lines().last().unwrap_or_default();
            Problem::BadRegex(detail.trim_start_matches("error: ").to_owned())
        }
    };
    sink.put(source.span.clone(), problem);
    None
}

/// A share between 0 and 1, above 0.
pub(super) fn check_share(what: &'static str, share: f64, span: Range<usize>, sink: &mut Sink<'_>) {
    if !(share > 0.0 && share <= 1.0) {
        let problem = Problem::OutOfRange {
            what,
            from: 0.0,
            to: 1.0,
        };
        sink.put(span, problem);
    }
}

/// A length in turns or time; more than nothing.
pub(super) fn check_measure(source: &At<String>, sink: &mut Sink<'_>) -> Option<Measure> {
    match Measure::parse(&source.value) {
        Some(measure) if measure.is_zero() => {
            sink.put(
                source.span.clone(),
                Problem::NeverTrue(NeverTrue::EmptyWindow),
            );
            None
        }
        None => {
            let problem = Problem::Measure {
                text: source.value.clone(),
                turns: true,
                seconds: true,
            };
            sink.put(source.span.clone(), problem);
            None
        }
        measure => measure,
    }
}

fn value_kind(raw: RawValueKind) -> ValueKind {
    match raw {
        RawValueKind::Money => ValueKind::Money,
        RawValueKind::Number => ValueKind::Number,
        RawValueKind::Duration => ValueKind::Duration,
        RawValueKind::Data => ValueKind::Data,
        RawValueKind::Percent => ValueKind::Percent,
        RawValueKind::Date => ValueKind::Date,
    }
}

/// Answers come from the other side, companions from the same.
fn check_sides(
    cues: &[Cue],
    vocabularies: &[Parsed<RawVocabulary>],
    rules: &[Parsed<RawRule>],
    names: &Names,
    found: &mut Vec<Diagnostic>,
) {
    let shared = vocabularies
        .iter()
        .map(|file| (None, &file.path, &file.raw.cues));
    let own = rules
        .iter()
        .map(|file| (Some(file.raw.id.value.as_str()), &file.path, &file.raw.cues));
    for (rule, path, raw_cues) in shared.chain(own) {
        for (name, raw) in raw_cues {
            let Some(id) = names.find(rule, &name.value) else {
                continue;
            };
            let mut sink = Sink { path, found };
            let sides = Sides {
                own: cues[id.index()].speaker,
                cues,
                names,
                rule,
            };
            sides.check(&raw.answer_to, true, &mut sink);
            sides.check(&raw.beside, false, &mut sink);
        }
    }
}

/// Checks that named cues are of the other side, or of the same.
pub(super) struct Sides<'a> {
    pub own: Option<crate::transcript::Speaker>,
    pub cues: &'a [Cue],
    pub names: &'a Names,
    pub rule: Option<&'a str>,
}

impl Sides<'_> {
    pub fn check(&self, raw: &crate::rules::located::Names, answers: bool, sink: &mut Sink<'_>) {
        for name in &raw.0 {
            let other = self
                .names
                .find(self.rule, &name.value)
                .and_then(|id| self.cues[id.index()].speaker);
            let (Some(own), Some(other)) = (self.own, other) else {
                continue;
            };
            let why = match answers {
                true if own == other => NeverTrue::AnswerToOneself,
                false if own != other => NeverTrue::BesideOtherSpeaker,
                _ => continue,
            };
            sink.put(name.span.clone(), Problem::NeverTrue(why));
        }
    }
}
