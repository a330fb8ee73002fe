//! Months, rules and units as users name them.

use crate::{
    cli::{Context, Failure},
    reports::Month,
    store::Store,
};

/// What a value parser says of a value that it cannot read: an example of one that it can.
pub(super) fn written_as(example: &str) -> String {
    format!("write it as {example}")
}

/// What a value parser says of a word that is none of these.
pub(super) fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    format!("one of {}", words.join(", "))
}

/// A month, `2026-10`, for a value parser.
pub(super) fn month(text: &str) -> Result<String, String> {
    match text.parse::<Month>() {
        Ok(month) => Ok(month.to_string()),
        Err(_) => Err(written_as("2026-10")),
    }
}

/// The id of a rule that has judged something, by its id or title.
///
/// # Errors
/// When there is none, or the database fails.
pub(super) fn rule(
    named: Option<&str>,
    store: &Store,
    context: &Context,
) -> Result<Option<String>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let lang = context.lang;
    let found = store
        .rule_named(named)
        .map_err(|error| Failure::say(&error, lang))?;
    found.map(Some).ok_or_else(|| {
        Failure(lang.pick(
            format!("库里没有判过规则「{named}」(编号或名称)。看有哪些:huiting rules list"),
            format!(
                "rule “{named}” (id or title) has judged nothing in the database. See which there are: huiting rules list"
            ),
        ))
    })
}

/// Refuses the name of a unit that neither the tree nor any call knows.
///
/// # Errors
/// When nobody knows it, or the database fails.
pub(super) fn known_by_calls(unit: &str, store: &Store, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let known = store
        .names_unit(unit)
        .map_err(|error| Failure::say(&error, lang))?;
    if known {
        return Ok(());
    }
    Err(Failure(lang.pick(
        format!("没有单位「{unit}」:单位树和通话里都没有。看有哪些:huiting units list"),
        format!(
            "there is no unit “{unit}”, neither in the tree nor in any call. See which there are: huiting units list"
        ),
    )))
}
