//! A rule to begin with: complete, passing, and explained line by line.

use crate::lang::Lang;

/// The text of a new rule file; it is valid as it stands, and its examples pass.
pub fn new_rule(id: &str, lang: Lang) -> String {
    let text = match lang {
        Lang::Zh => include_str!("new_rule.zh.toml"),
        Lang::En => include_str!("new_rule.en.toml"),
    };
    text.replace("RULE-ID", id)
}
