//! What a rule says, as a digest: comments, order of lines and examples do not count.

use super::Parsed;
use crate::rules::{
    learned::Model,
    raw::{RawCue, RawRule, RawVocabulary},
    rule::{Cue, CueId, Rule},
};

/// Gives each rule the digest of itself and the cues that it uses; returns that of everything.
pub(super) fn seal(
    rules: &mut [Rule],
    cues: &[Cue],
    vocabularies: &[Parsed<RawVocabulary>],
    raw_rules: &[Parsed<RawRule>],
    models: &[Option<Model>],
) -> String {
    let said: Vec<String> = cues
        .iter()
        .enumerate()
        .map(|(index, cue)| {
            let raw = raw_cue(cue, vocabularies, raw_rules);
            let words = raw.map_or_else(String::new, written);
            let model = models[index].as_ref().map_or("", Model::digest);
            format!("{}\n{words}\n{model}", cue.name)
        })
        .collect();
    let mut all = blake3::Hasher::new();
    for rule in rules {
        let Some(raw) = raw_rules.iter().find(|file| file.path == rule.path) else {
            continue;
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(written_rule(&raw.raw).as_bytes());
        for &CueId(number) in &rule.cues {
            hasher.update(said[number as usize].as_bytes());
        }
        rule.digest = hasher.finalize().to_hex().to_string();
        all.update(rule.digest.as_bytes());
    }
    for words in &said {
        all.update(words.as_bytes());
    }
    all.finalize().to_hex().to_string()
}

fn raw_cue<'a>(
    cue: &Cue,
    vocabularies: &'a [Parsed<RawVocabulary>],
    rules: &'a [Parsed<RawRule>],
) -> Option<&'a RawCue> {
    let shared = vocabularies
        .iter()
        .filter(|file| cue.rule.is_none() && file.path == cue.path)
        .map(|file| &file.raw.cues);
    let own = rules
        .iter()
        .filter(|file| cue.rule.is_some() && file.path == cue.path)
        .map(|file| &file.raw.cues);
    shared
        .chain(own)
        .flatten()
        .find(|(name, _)| name.value == cue.name)
        .map(|(_, raw)| raw)
}

fn written(raw: &RawCue) -> String {
    serde_json::to_string(raw).expect("a raw cue holds nothing that JSON cannot say")
}

/// The rule without its examples and its own cues, which count as cues.
fn written_rule(raw: &RawRule) -> String {
    let mut value =
        serde_json::to_value(raw).expect("a raw rule holds nothing that JSON cannot say");
    if let Some(table) = value.as_object_mut() {
        table.remove("examples");
        table.remove("cues");
    }
    value.to_string()
}
