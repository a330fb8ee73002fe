//! What each cue hears in labelled sentences: `cargo run --example paraphrases -- RULES_DIR FILE…`.

use std::{collections::BTreeMap, path::Path};

use huiting::{
    lang::{Lang, Say},
    rules::{Matched, RuleSet},
    transcript::Speaker,
};
use serde_json::Value;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_default();
    let rules = RuleSet::read(Path::new(&folder)).unwrap_or_else(|error| {
        eprintln!("{}", error.say(Lang::Zh));
        std::process::exit(2);
    });
    let mut table: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for file in arguments {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for line in text.lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            let speaker = Speaker::parse(&word("speaker")).unwrap_or(Speaker::Unknown);
            let text = word("text");
            let own = word("cue");
            for (index, cue) in rules.cues().iter().enumerate() {
                let id = huiting::rules::CueId(index as u32);
                let hits = rules.hear_cue(id, speaker, &text);
                if hits.iter().any(|hit| hit.matched == Matched::Sound)
                    && hits.iter().all(|hit| hit.matched == Matched::Sound)
                    && cue.any_of.is_empty()
                {
                    println!("sound only: {} 「{}」 in {text}", cue.name, hits[0].text);
                }
                if cue.name == own {
                    let row = table.entry(own.clone()).or_default();
                    let positive = line["positive"].as_bool().unwrap_or(false);
                    match (hits.is_empty(), positive) {
                        (false, true) => row[0] += 1,
                        (false, false) => row[1] += 1,
                        (true, true) => row[2] += 1,
                        (true, false) => {}
                    }
                }
            }
        }
    }
    for (cue, [hit, false_hit, missed]) in table {
        println!("{cue:30} hit {hit:4} false {false_hit:4} missed {missed:4}");
    }
}
