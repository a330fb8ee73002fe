//! Any text as a rule file: it is refused with places that lie in it, or it judges.
#![no_main]

use huiting_fuzz::{
    call::CallMetadata,
    lang::{Lang, Say},
    rules::{SourceFile, load_dir},
    transcript::{Speaker, Transcript, Utterance},
};
use libfuzzer_sys::fuzz_target;

const VOCABULARY: &str = "[words]\nearly = [\"提前\", \"中途\"]\n\
    [cues.order-executed]\nspeaker = \"agent\"\nphrases = [\"{给您|帮您}{~2}办理\"]\n\
    [cues.assent]\nspeaker = \"customer\"\nphrases = [\"好的\"]\nweak = [\"^嗯$\"]\n";

const SAID: [(Speaker, &str); 4] = [
    (Speaker::Agent, "这个合约期两年，提前解约要付三百块违约金，您看可以吗？"),
    (Speaker::Customer, "嗯，好的。"),
    (Speaker::Unknown, "那就这样吧，129元。"),
    (Speaker::Agent, "我这就给您办理。"),
];

fuzz_target!(|text: &str| {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let files = vec![
        file("vocabulary/shared.toml", VOCABULARY),
        file("compliance/fuzzed.toml", text),
    ];
    match load_dir(files) {
        Err(diagnostics) => {
            assert!(diagnostics.has_errors());
            for lang in [Lang::Zh, Lang::En] {
                assert!(!diagnostics.say(lang).is_empty());
            }
        }
        Ok(rules) => {
            let transcript = Transcript {
                utterances: SAID
                    .map(|(speaker, text)| Utterance::written(speaker, text))
                    .into(),
                ..Transcript::default()
            };
            let once = rules.judge(&CallMetadata::default(), &transcript);
            assert_eq!(once, rules.judge(&CallMetadata::default(), &transcript));
            for rule in rules.rules() {
                assert!(rules.explain(&rule.id, |_| 5, Lang::Zh).is_some());
            }
            rules.test_examples();
        }
    }
});
