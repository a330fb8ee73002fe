//! Word lists: the shared ones, and each rule's own.

use std::{collections::BTreeMap, ops::Range};

use super::{Parsed, Sink, inside_string};
use crate::rules::{
    diagnostics::{Diagnostic, Problem},
    located::At,
    raw::{RawRule, RawVocabulary},
    word_lists::{ListProblem, RawList, WordLists},
};

/// Word lists as they stand in a file.
type RawWords = BTreeMap<At<String>, Vec<At<String>>>;

/// The word lists that each file's phrases can name.
pub(super) struct Words {
    pub shared: WordLists,
    /// By rule id, with the shared ones.
    own: BTreeMap<String, WordLists>,
}

impl Words {
    /// The lists for a rule's phrases, or for the vocabulary's.
    pub fn of(&self, rule: Option<&str>) -> &WordLists {
        rule.and_then(|rule| self.own.get(rule))
            .unwrap_or(&self.shared)
    }

    pub fn collect(
        vocabularies: &[Parsed<RawVocabulary>],
        rules: &[Parsed<RawRule>],
        broken: bool,
        found: &mut Vec<Diagnostic>,
    ) -> Words {
        let base = if broken {
            WordLists::default().broken()
        } else {
            WordLists::default()
        };
        let files: Vec<File<'_>> = vocabularies
            .iter()
            .map(|file| File {
                path: &file.path,
                text: &file.text,
                words: &file.raw.words,
            })
            .collect();
        let shared = read(base, &files, found);
        let mut own = BTreeMap::new();
        for file in rules.iter().filter(|file| !file.raw.words.is_empty()) {
            let files = [File {
                path: &file.path,
                text: &file.text,
                words: &file.raw.words,
            }];
            let lists = read(shared.clone(), &files, found);
            own.insert(file.raw.id.value.clone(), lists);
        }
        Words { shared, own }
    }
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
    words: &'a RawWords,
}

/// Where a list stands: its file, its name, its words.
type Place<'a, 'f> = (&'a File<'f>, &'a At<String>, &'a [At<String>]);

fn read(base: WordLists, files: &[File<'_>], found: &mut Vec<Diagnostic>) -> WordLists {
    let mut raw = Vec::new();
    let mut places: Vec<Place<'_, '_>> = Vec::new();
    let mut paths: BTreeMap<&str, &str> = BTreeMap::new();
    for file in files {
        for (name, words) in file.words {
            let mut sink = Sink {
                path: file.path,
                found,
            };
            let twice = base.get(&name.value).is_some();
            let other = paths.insert(&name.value, file.path);
            if other.is_some() || twice {
                let problem = Problem::WordsTwice {
                    name: name.value.clone(),
                    other: other.unwrap_or("vocabulary/").to_owned(),
                };
                sink.put(name.span.clone(), problem);
                continue;
            }
            if words.is_empty() {
                sink.put(name.span.clone(), Problem::EmptyList);
            }
            raw.push(RawList {
                name: &name.value,
                words: words.iter().map(|word| word.value.as_str()).collect(),
            });
            places.push((file, name, words));
        }
    }
    let (lists, problems) = base.with(&raw);
    for (list, word, problem, part) in problems {
        report(&places[list], (list, word, problem, part), found);
    }
    lists
}

fn report(
    place: &(&File<'_>, &At<String>, &[At<String>]),
    (_, word, problem, part): ListProblem,
    found: &mut Vec<Diagnostic>,
) {
    let (file, name, words) = place;
    let mut sink = Sink {
        path: file.path,
        found,
    };
    let whole = matches!(problem, Problem::WordRing(_));
    let span: Range<usize> = match words.get(word) {
        Some(source) if !whole => inside_string(file.text, &source.span, &source.value, part),
        _ => name.span.clone(),
    };
    sink.put(span, problem);
}
