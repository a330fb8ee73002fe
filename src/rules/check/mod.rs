//! From raw shapes to checked rules: every name resolved, every problem found.
//!
//! Nothing here stops at the first problem. What cannot be checked because something else is
//! broken is left out rather than reported twice.

mod conditions;
mod cues;
mod digest;
mod examples;
mod names;
mod rules;
mod usage;
mod words;

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::DeTable;

use super::{
    diagnostics::{Diagnostic, Diagnostics, Problem, SourceFile},
    learned::{self, Model},
    raw::{RawRule, RawVocabulary},
    rule::{Cue, CueId, Rule},
    schema,
    shape::check_shape,
};
use names::Names;
use words::Words;

pub use examples::parse_dialogue;

/// Checked rules and cues.
pub struct Checked {
    /// Ordered by id.
    pub rules: Vec<Rule>,
    pub cues: Vec<Cue>,
    /// Each cue after those that it refers to.
    pub order: Vec<CueId>,
    pub models: Vec<Option<Model>>,
    pub digest: String,
    pub warnings: Diagnostics,
}

/// A file in its raw shape.
struct Parsed<T> {
    path: String,
    text: String,
    raw: T,
}

/// Where problems of one file go.
struct Sink<'a> {
    path: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl Sink<'_> {
    /// Notes a problem, unless it is about something that was only put in for what is missing.
    fn put(&mut self, span: Range<usize>, problem: Problem) {
        let put_in =
            span == (0..0) && !matches!(problem, Problem::MissingKey(_) | Problem::Syntax(_));
        if put_in {
            return;
        }
        self.found.push(Diagnostic {
            path: self.path.to_owned(),
            span,
            problem,
        });
    }
}

/// Checks the files of a rules folder.
///
/// # Errors
/// All findings, when any of them is an error.
pub fn check(files: Vec<SourceFile>) -> Result<Checked, Diagnostics> {
    let mut found = Vec::new();
    let mut vocabularies = Vec::new();
    let mut rules = Vec::new();
    let mut broken = false;
    let rule_schema = schema::rule_schema();
    let vocabulary_schema = schema::vocabulary_schema();
    for file in files.iter().filter(|file| file.path.ends_with(".toml")) {
        if is_vocabulary(&file.path) {
            match parse::<RawVocabulary>(file, &vocabulary_schema, &mut found) {
                Some(parsed) => vocabularies.push(parsed),
                None => broken = true,
            }
        } else {
            match parse::<RawRule>(file, &rule_schema, &mut found) {
                Some(parsed) => rules.push(parsed),
                None => broken = true,
            }
        }
    }
    let names = Names::collect(&vocabularies, &rules, broken, &mut found);
    let words = Words::collect(&vocabularies, &rules, broken, &mut found);
    let cues = cues::check_cues(&vocabularies, &rules, &names, &words, &mut found);
    let order = usage::order(&cues, &names, &mut found);
    let mut checked_rules = Vec::new();
    for parsed in &rules {
        let mut sink = Sink {
            path: &parsed.path,
            found: &mut found,
        };
        checked_rules.extend(rules::check_rule(parsed, &names, &cues, &mut sink));
    }
    checked_rules.sort_by(|a, b| a.id.cmp(&b.id));
    usage::unused(&cues, &checked_rules, &names, broken, &mut found);
    let models = learned::models(&files, &cues, &names.places, &mut found);
    let digest = digest::seal(&mut checked_rules, &cues, &vocabularies, &rules, &models);
    let diagnostics = Diagnostics::new(found, files);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(Checked {
        rules: checked_rules,
        cues,
        order,
        models,
        digest,
        warnings: diagnostics,
    })
}

/// Whether a file holds shared cues rather than a rule.
pub fn is_vocabulary(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "vocabulary" || part == "reasons")
}

fn parse<T: DeserializeOwned>(
    file: &SourceFile,
    schema: &Value,
    found: &mut Vec<Diagnostic>,
) -> Option<Parsed<T>> {
    let mut sink = Sink {
        path: &file.path,
        found,
    };
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if !errors.is_empty() {
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            sink.put(span, Problem::Syntax(error.message().to_owned()));
        }
        return None;
    }
    let before = sink.found.len();
    let span = table.span();
    let mut root = toml::Spanned::new(0..0, toml::de::DeValue::Table(table.into_inner()));
    for (problem, span) in check_shape(&mut root, schema) {
        sink.put(span, problem);
    }
    let toml::de::DeValue::Table(table) = root.into_inner() else {
        return None;
    };
    let deserializer = toml::de::Deserializer::from(toml::Spanned::new(span, table));
    match T::deserialize(deserializer) {
        Ok(raw) => Some(Parsed {
            path: file.path.clone(),
            text: file.text.clone(),
            raw,
        }),
        Err(error) => {
            // The shape's own findings say it better, where there are any.
            if sink.found.len() == before {
                let span = error.span().unwrap_or(0..0);
                sink.put(span, Problem::Syntax(error.message().to_owned()));
            }
            None
        }
    }
}

/// The place of `part` (bytes of a string's value) in the file, given the place of the whole
/// string with its quotes. Where escapes make that unclear, the whole string.
fn inside_string(text: &str, span: &Range<usize>, value: &str, part: Range<usize>) -> Range<usize> {
    for quotes in [3, 1] {
        let from = span.start + quotes;
        let to = span.end.saturating_sub(quotes);
        if from <= to && text.get(from..to) == Some(value) {
            return from + part.start..from + part.end;
        }
    }
    span.clone()
}
