//! Any text as a transcript, a line an utterance, judged by the pack that is shipped: every
//! evidence quotes its utterance, and nothing is a violation without evidence or reason.
//! Lines that are dialogues are read as such.
#![no_main]

use std::{path::Path, sync::OnceLock};

use huiting_fuzz::{
    call::{CallMetadata, Direction},
    lang::{Lang, Say},
    rules::{RuleSet, dialogue},
    transcript::{Speaker, Transcript, Utterance},
};
use libfuzzer_sys::fuzz_target;

fn pack() -> &'static RuleSet {
    static PACK: OnceLock<RuleSet> = OnceLock::new();
    PACK.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
        match RuleSet::read(&folder) {
            Ok(rules) => rules,
            Err(error) => panic!("{}", error.say(Lang::En)),
        }
    })
}

fuzz_target!(|text: &str| {
    if let Err(error) = dialogue::parse_lines(text) {
        assert!(!error.say(Lang::Zh).is_empty());
    }
    let speakers = [Speaker::Agent, Speaker::Customer, Speaker::Unknown];
    let transcript = Transcript {
        utterances: text
            .lines()
            .map(|line| {
                let (first, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
                let speaker = speakers[first.bytes().last().map_or(0, |byte| byte as usize % 3)];
                Utterance::written(speaker, rest)
            })
            .collect(),
        ..Transcript::default()
    };
    let call = CallMetadata {
        direction: Some(Direction::Outbound),
        ..CallMetadata::default()
    };
    for verdict in pack().judge(&call, &transcript) {
        assert!(!verdict.reason.zh.is_empty());
        for evidence in &verdict.evidence {
            let said = &transcript.utterances[evidence.turn].text;
            let (from, to) = evidence.chars;
            let slice: String = said.chars().skip(from).take(to - from).collect();
            assert_eq!(slice, evidence.text);
        }
    }
});
