//! The rule pack that is shipped: its examples, its cues, and how it fares on labelled text.
//!
//! The figures are what was measured when the pack was last changed; a change may only better
//! them. `measure.jsonl` is counted here and never read while cues are written.

use std::{collections::BTreeMap, fs, path::Path, sync::OnceLock};

use huiting::{
    lang::{Lang, Say},
    rules::{Confusion, Outcome, RuleSet, TrainingSentence, dialogue, parse_sentences},
    transcript::Speaker,
};

/// The four items on which nobody may be accused wrongly.
const KEY_ITEMS: [&str; 4] = [
    "double-confirmation",
    "penalty-disclosure",
    "overage-disclosure",
    "irreversible-change",
];

fn pack() -> &'static RuleSet {
    static PACK: OnceLock<RuleSet> = OnceLock::new();
    PACK.get_or_init(|| match RuleSet::read(Path::new("rules")) {
        Ok(rules) => rules,
        Err(error) => panic!("{}", error.say(Lang::En)),
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn nothing_in_the_pack_is_odd() {
    // Unused cues, missing examples and missing weights are warnings of the check.
    assert!(
        pack().warnings().is_empty(),
        "{}",
        pack().warnings().say(Lang::En)
    );
}

#[test]
fn every_example_holds() {
    let results = pack().test_examples();
    assert!(results.len() >= 60, "only {} examples", results.len());
    let broken: Vec<String> = results
        .iter()
        .filter(|result| !result.passed())
        .map(|result| result.show(Lang::En))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_rule_says_why_and_on_what_it_rests() {
    for rule in pack().rules() {
        assert!(!rule.why.trim().is_empty(), "{}", rule.id);
        assert!(!rule.remedy.trim().is_empty(), "{}", rule.id);
        assert!(!rule.basis.is_empty(), "{}", rule.id);
        assert!(!rule.known_limits.is_empty(), "{}", rule.id);
        assert!(rule.title_en.is_some(), "{}", rule.id);
    }
}

#[test]
fn labelled_dialogues() {
    let dialogues = dialogue::parse_lines(&read("fixtures/dialogues/dialogues.jsonl"))
        .expect("the fixture is a dialogue file");
    let mut confusion = Confusion::default();
    for dialogue in &dialogues {
        confusion.add(
            dialogue,
            &pack().judge(&dialogue.meta, &dialogue.transcript),
        );
    }
    let table = || confusion.show(Lang::En);
    for rule in KEY_ITEMS {
        assert!(confusion.rules.contains_key(rule), "{rule} has no labels");
    }
    let on_key_items = confusion
        .wrong_accusations()
        .filter(|miss| KEY_ITEMS.contains(&miss.verdict.rule_id.as_str()))
        .count();
    assert_eq!(on_key_items, 0, "{}", table());
    assert_eq!(confusion.wrong_accusations().count(), 0, "{}", table());
    let total = confusion.total();
    let all: usize = total.counts.iter().flatten().sum();
    let right: usize = (0..Outcome::ALL.len()).map(|i| total.counts[i][i]).sum();
    assert_eq!(all, 14 * dialogues.len());
    assert!(right * 1000 >= all * 995, "{right} of {all}\n{}", table());
}

/// The cues of the pack that hear what the sentences call by one name.
fn cues_for(name: &str) -> Vec<&str> {
    match name {
        // In a single sentence nobody has agreed to anything yet.
        "order-executed" => vec!["order-being-executed", "order-done"],
        "credential-request" => vec!["asks-password", "asks-bank-card", "asks-code"],
        "false-promise" => vec![
            "absolute-promise",
            "all-free",
            "penalty-denied",
            "overage-denied",
            "irreversible-denied",
        ],
        other => vec![other],
    }
}

/// Whether the pack hears it: by what was written, and with the trained models as well.
fn heard(sentence: &TrainingSentence) -> (bool, bool) {
    let hears = |cue: &str| {
        let id = pack()
            .shared_cue(cue)
            .unwrap_or_else(|| panic!("no cue {cue}"));
        let hits = pack().hear_cue(id, sentence.speaker, &sentence.text);
        (hits.iter().any(|hit| !hit.doubtful), !hits.is_empty())
    };
    if sentence.cue == "identity" {
        let who = ["employee-number", "agent-name", "position"];
        let known = hears("company").0 && who.iter().any(|cue| hears(cue).0);
        return (known, known);
    }
    let topics: Vec<String> = pack()
        .cues()
        .iter()
        .filter(|cue| cue.topic.as_deref() == Some("leaving"))
        .map(|cue| cue.name.clone())
        .collect();
    let names: Vec<&str> = match sentence.cue.as_str() {
        "leaving-reason" => topics.iter().map(String::as_str).collect(),
        name => cues_for(name),
    };
    names
        .into_iter()
        .map(hears)
        .fold((false, false), |all, own| (all.0 || own.0, all.1 || own.1))
}

#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Tally {
    fn add(&mut self, heard: bool, positive: bool) {
        match (heard, positive) {
            (true, true) => self.right += 1,
            (true, false) => self.wrong += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }
}

/// Counts over a file of labelled sentences: all cues written, all with models, and a table.
fn paraphrases(path: &str) -> (Tally, Tally, String) {
    let sentences = parse_sentences(&read(path)).expect("the fixture is a file of sentences");
    let mut per_cue: BTreeMap<String, (Tally, Tally)> = BTreeMap::new();
    let (mut written, mut together) = (Tally::default(), Tally::default());
    for sentence in &sentences {
        assert_ne!(sentence.speaker, Speaker::Unknown, "{path}");
        let (sure, any) = heard(sentence);
        let own = per_cue.entry(sentence.cue.clone()).or_default();
        own.0.add(sure, sentence.positive);
        own.1.add(any, sentence.positive);
        written.add(sure, sentence.positive);
        together.add(any, sentence.positive);
    }
    let table: String = per_cue
        .iter()
        .map(|(cue, (sure, any))| {
            format!(
                "{cue:28} written {:.2} {:.2}  together {:.2} {:.2}\n",
                sure.precision(),
                sure.recall(),
                any.precision(),
                any.recall()
            )
        })
        .collect();
    (written, together, table)
}

#[test]
fn sentences_that_were_read_while_writing() {
    let (written, _, table) = paraphrases("fixtures/paraphrases/learn.jsonl");
    assert!(
        written.precision() >= 0.98,
        "{}\n{table}",
        written.precision()
    );
    assert!(written.recall() >= 0.94, "{}\n{table}", written.recall());
}

#[test]
fn sentences_that_nobody_read() {
    let (written, together, table) = paraphrases("fixtures/paraphrases/measure.jsonl");
    assert!(
        written.precision() >= 0.88,
        "{}\n{table}",
        written.precision()
    );
    assert!(written.recall() >= 0.76, "{}\n{table}", written.recall());
    assert!(together.recall() >= written.recall());
    assert!(
        together.precision() >= 0.87,
        "{}\n{table}",
        together.precision()
    );
}

#[test]
fn calls_get_their_reasons() {
    let check = |text: &str, expected: &[&str]| {
        let transcript = huiting::transcript::Transcript {
            utterances: vec![huiting::transcript::Utterance::written(
                Speaker::Customer,
                text,
            )],
            ..Default::default()
        };
        let heard = pack().listen(&transcript, &mut huiting::rules::Scratch::default());
        let reasons: Vec<String> = pack()
            .topics(&heard)
            .into_iter()
            .filter(|topic| topic.topic == "leaving")
            .map(|topic| topic.cue)
            .collect();
        assert_eq!(reasons, expected, "{text}");
    };
    check("太贵了,我不用了。", &["leaving-price"]);
    check("屋里一点信号都没有,销户吧。", &["leaving-signal"]);
    check("我再想想。", &[]);
    check("多少钱一个月?", &[]);
}
