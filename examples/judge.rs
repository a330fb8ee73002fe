//! Checks a rules folder, runs its examples, and compares it with labelled dialogues:
//! `cargo run --example judge -- RULES_DIR [DIALOGUES.jsonl…]`.

use std::path::Path;

use huiting::{
    lang::{Lang, Say},
    rules::{Confusion, RuleSet, dialogue},
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: judge RULES_DIR [DIALOGUES.jsonl…]");
        std::process::exit(2);
    };
    let rules = match RuleSet::read(Path::new(&folder)) {
        Ok(rules) => rules,
        Err(error) => {
            eprintln!("{}", error.say(Lang::Zh));
            std::process::exit(2);
        }
    };
    let rules = match std::env::var_os("WITHOUT_SOUND") {
        Some(_) => rules.without_sound(),
        None => rules,
    };
    if !rules.warnings().is_empty() {
        println!("{}", rules.warnings().say(Lang::Zh));
    }
    for result in rules.test_examples().iter().filter(|r| !r.passed()) {
        println!("{}", result.show(Lang::Zh));
    }
    for file in arguments {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{file}: {error}");
                std::process::exit(2);
            }
        };
        let mut confusion = Confusion::default();
        for dialogue in dialogue::parse_lines(&text).unwrap_or_else(|error| {
            eprintln!("{file}: {}", error.say(Lang::Zh));
            std::process::exit(2);
        }) {
            confusion.add(
                &dialogue,
                &rules.judge(&dialogue.meta, &dialogue.transcript),
            );
        }
        println!("{}", confusion.show(Lang::Zh));
    }
}
