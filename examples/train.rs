//! Trains the learned cues and measures all cues:
//! `cargo run --example train -- RULES_DIR LEARN.jsonl [MEASURE.jsonl]`.

use std::path::Path;

use huiting::{
    lang::{Lang, Say},
    rules::{RuleSet, TrainingSentence, cue_scores, parse_sentences, show_scores, train},
};

fn read(file: &str) -> Vec<TrainingSentence> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| fail(&error.to_string()));
    parse_sentences(&text).unwrap_or_else(|error| fail(&error.say(Lang::Zh)))
}

fn rules(folder: &str) -> RuleSet {
    RuleSet::read(Path::new(folder)).unwrap_or_else(|error| fail(&error.say(Lang::Zh)))
}

fn fail<T>(message: &str) -> T {
    eprintln!("{message}");
    std::process::exit(2)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, learn, measure @ ..] = arguments.as_slice() else {
        fail("usage: train RULES_DIR LEARN.jsonl [MEASURE.jsonl]")
    };
    for trained in train(&rules(folder), &read(learn)) {
        println!(
            "{:30} {:4} positive {:4} near misses {:5} others: precision {:.3} recall {:.3}",
            trained.cue,
            trained.positives,
            trained.near_misses,
            trained.others,
            trained.precision,
            trained.recall
        );
        let path = Path::new(folder).join(&trained.path);
        let written = std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
            .and_then(|()| std::fs::write(&path, &trained.weights));
        if let Err(error) = written {
            fail::<()>(&error.to_string());
        }
    }
    for file in measure {
        println!(
            "{}",
            show_scores(&cue_scores(&rules(folder), &read(file)), Lang::Zh)
        );
    }
}
