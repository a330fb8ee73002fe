//! Every word of the reports that is not data, in both languages.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::lang::Lang;

const TABLE: &str = include_str!("wording.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    zh: String,
    en: String,
}

/// The words by their keys. `{name}` in them stands for a figure.
pub(super) struct Wording(BTreeMap<String, Entry>);

#[derive(Debug, thiserror::Error)]
pub(super) enum WordingError {
    #[error("the table of words is broken: {0}")]
    Table(#[from] toml::de::Error),
    #[error("no words for \"{0}\"")]
    Missing(String),
    #[error("the words for \"{key}\" have no place for, or nothing to put into, {{{name}}}")]
    Placeholder { key: String, name: String },
}

impl Wording {
    pub(super) fn load() -> Result<Wording, WordingError> {
        Ok(Wording(toml::from_str(TABLE)?))
    }

    /// The words with each `{name}` replaced. Errors: no such key, or the names that are given are
    /// not exactly those that the words have places for.
    pub(super) fn say(
        &self,
        lang: Lang,
        key: &str,
        figures: &[(String, String)],
    ) -> Result<String, WordingError> {
        let entry = self
            .0
            .get(key)
            .ok_or_else(|| WordingError::Missing(key.to_owned()))?;
        let words = lang.pick(&entry.zh, &entry.en);
        let misplaced = |name: &str| WordingError::Placeholder {
            key: key.to_owned(),
            name: name.to_owned(),
        };
        let mut said = String::new();
        let mut pieces = words.split('{');
        said.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (name, rest) = piece.split_once('}').ok_or_else(|| misplaced(piece))?;
            let figure = figures.iter().find(|(given, _)| given == name);
            let (_, figure) = figure.ok_or_else(|| misplaced(name))?;
            said.push_str(figure);
            said.push_str(rest);
        }
        match figures
            .iter()
            .find(|(name, _)| !words.contains(&format!("{{{name}}}")))
        {
            Some((name, _)) => Err(misplaced(name)),
            None => Ok(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(words: &str) -> BTreeSet<&str> {
        let names = words.split('{').skip(1);
        names
            .filter_map(|piece| piece.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    /// That both languages are there for each key, the table's shape enforces.
    #[test]
    fn both_languages_say_the_same_with_the_same_figures() {
        for (key, entry) in Wording::load().expect("the table is valid").0 {
            assert!(
                !entry.zh.trim().is_empty() && !entry.en.trim().is_empty(),
                "{key}"
            );
            assert_eq!(places(&entry.zh), places(&entry.en), "{key}");
            let chinese = |words: &str| {
                words
                    .chars()
                    .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
            };
            assert!(!chinese(&entry.en), "{key} is Chinese in English");
        }
    }

    #[test]
    fn every_key_is_used_and_every_used_key_is_there() {
        let keys_after = |source: &str, call: &str| {
            let pieces = source.split(call).skip(1);
            let keys =
                pieces.filter_map(|piece| piece.split_once('"').map(|(key, _)| key.to_owned()));
            keys.collect::<BTreeSet<String>>()
        };
        let mut used = keys_after(include_str!("../templates/monthly.html"), "t(\"");
        for page in [
            include_str!("../templates/loop.html"),
            include_str!("../templates/funnel.html"),
            include_str!("../templates/behind.html"),
            include_str!("../templates/weekly.html"),
        ] {
            used.extend(keys_after(page, "t(\""));
        }
        used.extend(keys_after(include_str!("html.rs"), "say(lang, \""));
        // Keys of sheets stand in lists: every quoted word that is a key counts.
        let known = Wording::load().expect("the table is valid").0;
        for source in [
            include_str!("../behind.rs"),
            include_str!("../funnel.rs"),
            include_str!("../../cli/report/behind.rs"),
            include_str!("../../store/funnel.rs"),
            include_str!("../../store/month_lists.rs"),
            include_str!("../../store/touched.rs"),
            include_str!("workbook/behind.rs"),
            include_str!("workbook/mod.rs"),
            include_str!("workbook/monthly.rs"),
            include_str!("workbook/reviewed.rs"),
            include_str!("workbook/month_tables.rs"),
            include_str!("workbook/funnel.rs"),
            include_str!("workbook/weekly.rs"),
        ] {
            let quoted = source.split('"');
            let keys = quoted.filter(|word| known.contains_key(*word));
            used.extend(keys.map(str::to_owned));
        }
        // Keys made of a prefix and a value that the report holds.
        for (prefix, values) in [
            ("speaker.", &["agent", "customer", "unknown"][..]),
            ("standing.", &["above", "similar", "below"]),
            (
                "matched.",
                &["sound", "acoustic", "value", "similar", "learned"],
            ),
            ("direction.", &["up", "down", "same"]),
            ("training.", &["below", "again"]),
        ] {
            if used.remove(prefix) {
                used.extend(values.iter().map(|value| format!("{prefix}{value}")));
            }
        }
        let wording = Wording::load().expect("the table is valid");
        assert_eq!(used, wording.0.keys().cloned().collect());
    }

    #[test]
    fn figures_and_their_places() {
        let entry = |zh: &str| Entry {
            zh: zh.into(),
            en: "-".into(),
        };
        let wording = Wording(BTreeMap::from([(
            "calls".to_owned(),
            entry("共 {n} 通,{n} 通"),
        )]));
        let say = |key, names: &[&str]| {
            let figures: Vec<_> = names
                .iter()
                .map(|name| (name.to_string(), "3".to_owned()))
                .collect();
            wording.say(Lang::Zh, key, &figures)
        };
        assert_eq!(say("calls", &["n"]).expect("filled"), "共 3 通,3 通");
        assert!(matches!(
            say("calls", &[]),
            Err(WordingError::Placeholder { .. })
        ));
        assert!(matches!(
            say("calls", &["n", "m"]),
            Err(WordingError::Placeholder { .. })
        ));
        assert!(matches!(say("call", &["n"]), Err(WordingError::Missing(_))));
    }
}
