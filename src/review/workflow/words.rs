//! The table of moves in words: for `--help`, `loop moves` and docs/closed-loop.md.

use super::{FindingState, Leads, MOVES, Move, MoveRow};
use crate::{
    lang::{Lang, Say},
    people::roles_in_words,
};

/// The rows of these moves, one a line, for the end of a help text.
pub fn help(moves: &[Move], lang: Lang) -> String {
    let mut lines = vec![lang.pick("流程:", "The loop:").to_owned()];
    for row in MOVES.iter().filter(|row| moves.contains(&row.mv)) {
        let mut line = format!(
            "  {} {}: {} → {}{}{}",
            row.mv.command(),
            row.mv.say(lang),
            from_words(row, lang),
            leads_words(row, lang),
            lang.pick(";", "; "),
            roles_in_words(row.who, lang),
        );
        for note in notes(row, lang) {
            line.push_str(lang.pick(";", "; "));
            line.push_str(&note);
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The whole table in Markdown.
pub fn markdown(lang: Lang) -> String {
    let mut text = lang
        .pick(
            "| 命令 | 做什么 | 从 | 到 | 谁 | 理由 | 条件 |\n",
            "| command | move | from | to | who | reason | conditions |\n",
        )
        .to_owned();
    text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for row in MOVES {
        let reason = if row.needs_reason {
            lang.pick("必填", "required")
        } else {
            ""
        };
        let conditions: Vec<String> = conditions(row, lang);
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {reason} | {} |\n",
            row.mv.command(),
            row.mv.say(lang),
            from_words(row, lang),
            leads_words(row, lang),
            roles_in_words(row.who, lang),
            conditions.join(lang.pick(";", "; ")),
        ));
    }
    text
}

fn notes(row: &MoveRow, lang: Lang) -> Vec<String> {
    let reason = row
        .needs_reason
        .then(|| lang.pick("须写理由", "reason required").to_owned());
    reason.into_iter().chain(conditions(row, lang)).collect()
}

fn conditions(row: &MoveRow, lang: Lang) -> Vec<String> {
    let no_open = row.beside.len() > 1 && row.beside.iter().all(|state| !state.is_open());
    let no_open = no_open.then(|| {
        lang.pick("没有未完的整改", "no rectification is open")
            .to_owned()
    });
    let others = row.conditions.iter().map(|condition| condition.say(lang));
    no_open.into_iter().chain(others).collect()
}

fn from_words(row: &MoveRow, lang: Lang) -> String {
    let states: Vec<String> = match (row.leads, row.beside) {
        (Leads::Rectification(_), [single]) => vec![single.say(lang)],
        _ => row.from.iter().map(FindingState::say_in(lang)).collect(),
    };
    if states.is_empty() {
        return lang.pick("(没有)", "(nothing)").to_owned();
    }
    states.join(lang.pick("、", ", "))
}

fn leads_words(row: &MoveRow, lang: Lang) -> String {
    match row.leads {
        Leads::Finding(state) | Leads::FindingAndVoid(state) => state.say(lang),
        Leads::Rectification(state) => state.say(lang),
    }
}

impl FindingState {
    fn say_in(lang: Lang) -> impl Fn(&FindingState) -> String {
        move |state| state.say(lang)
    }
}
