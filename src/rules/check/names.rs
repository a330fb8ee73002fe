//! Which cues there are, and under which number.

use std::collections::BTreeMap;

use super::{Parsed, Sink};
use crate::rules::{
    diagnostics::{Diagnostic, Problem},
    located::{At, Names as RawNames},
    problem_words::nearest,
    raw::{RawRule, RawVocabulary},
    rule::CueId,
};

/// The numbers of all cues: the shared ones by name, then each rule's own.
pub(super) struct Names {
    shared: BTreeMap<String, CueId>,
    own: BTreeMap<(String, String), CueId>,
    /// Where each cue is defined: file and place of its name.
    pub places: Vec<(String, std::ops::Range<usize>)>,
    /// Some file could not be read, so that a missing name proves nothing.
    broken: bool,
}

impl Names {
    pub fn collect(
        vocabularies: &[Parsed<RawVocabulary>],
        rules: &[Parsed<RawRule>],
        broken: bool,
        found: &mut Vec<Diagnostic>,
    ) -> Names {
        let mut names = Names {
            shared: BTreeMap::new(),
            own: BTreeMap::new(),
            places: Vec::new(),
            broken,
        };
        for file in vocabularies {
            for name in file.raw.cues.keys() {
                match names.shared.get(&name.value) {
                    Some(other) => {
                        let other = names.places[other.index()].0.clone();
                        twice(name, other, &file.path, found);
                    }
                    None => {
                        let id = names.place(&file.path, name);
                        names.shared.insert(name.value.clone(), id);
                    }
                }
            }
        }
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for file in rules {
            let id = &file.raw.id;
            if let Some(other) = ids.insert(id.value.clone(), file.path.clone()) {
                let mut sink = Sink {
                    path: &file.path,
                    found,
                };
                let problem = Problem::RuleTwice {
                    id: id.value.clone(),
                    other,
                };
                sink.put(id.span.clone(), problem);
                continue;
            }
            for name in file.raw.cues.keys() {
                if let Some(other) = names.shared.get(&name.value) {
                    let other = names.places[other.index()].0.clone();
                    twice(name, other, &file.path, found);
                    continue;
                }
                let number = names.place(&file.path, name);
                names
                    .own
                    .insert((id.value.clone(), name.value.clone()), number);
            }
        }
        names
    }

    fn place(&mut self, path: &str, name: &At<String>) -> CueId {
        self.places.push((path.to_owned(), name.span.clone()));
        CueId(self.places.len() as u32 - 1)
    }

    /// The number of a cue that a rule (or, without one, the vocabulary) names.
    pub fn find(&self, rule: Option<&str>, name: &str) -> Option<CueId> {
        let own = rule.and_then(|rule| self.own.get(&(rule.to_owned(), name.to_owned())));
        own.or_else(|| self.shared.get(name)).copied()
    }

    /// The number of a cue, or a problem at the place where it is named.
    pub fn resolve(
        &self,
        rule: Option<&str>,
        name: &str,
        span: std::ops::Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Option<CueId> {
        let found = self.find(rule, name);
        if found.is_none() && !self.broken {
            let elsewhere = self.own.keys().find(|(_, own)| own == name);
            let problem = match elsewhere {
                Some((owner, _)) => Problem::CueOfAnotherRule {
                    cue: name.to_owned(),
                    rule: owner.clone(),
                },
                None => Problem::UnknownCue {
                    cue: name.to_owned(),
                    nearest: nearest(name, self.visible(rule)),
                },
            };
            sink.put(span, problem);
        }
        found
    }

    pub fn resolve_all(
        &self,
        rule: Option<&str>,
        names: &RawNames,
        sink: &mut Sink<'_>,
    ) -> Vec<CueId> {
        names
            .0
            .iter()
            .filter_map(|name| self.resolve(rule, &name.value, name.span.clone(), sink))
            .collect()
    }

    fn visible<'a>(&'a self, rule: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        let own = self
            .own
            .keys()
            .filter(move |(owner, _)| Some(owner.as_str()) == rule)
            .map(|(_, name)| name.as_str());
        self.shared.keys().map(String::as_str).chain(own)
    }
}

fn twice(name: &At<String>, other: String, path: &str, found: &mut Vec<Diagnostic>) {
    let mut sink = Sink { path, found };
    let problem = Problem::CueTwice {
        cue: name.value.clone(),
        other,
    };
    sink.put(name.span.clone(), problem);
}
