//! What holds for any transcript and any rule file.

use std::sync::OnceLock;

use huiting::{
    call::CallMetadata,
    rules::{Outcome, RuleSet, SourceFile, load_dir},
    time::Span,
    transcript::{Speaker, Transcript, Utterance},
};
use proptest::prelude::*;

use super::small_pack::{CONFIRMATION, PENALTY, REFUSAL, VOCABULARY, small_pack};

fn rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(small_pack)
}

fn speaker() -> impl Strategy<Value = Speaker> {
    prop_oneof![
        Just(Speaker::Agent),
        Just(Speaker::Customer),
        Just(Speaker::Unknown)
    ]
}

/// Pieces that the rules listen for, and anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "合约期两年", "违约金", "维约金", "没有", "这就给您办理", "可以", "嗯", "跟您确认",
            "八十九元套餐", "对吗", "是的", "不需要", "您再考虑", "，", "。", "？", "提前", "赔", "呃",
            "顺便也给您开通", "129", "Ｇ", "違約金",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn utterance() -> impl Strategy<Value = Utterance> {
    let span = prop::option::of((0_u64..100_000, 0_u64..5000));
    let probability = prop::option::of(0.0_f32..1.0);
    (speaker(), text(), span, probability).prop_map(|(speaker, text, span, probability)| {
        Utterance {
            span: span.map(|(from, length)| Span::new(from, from + length)),
            probability,
            ..Utterance::written(speaker, text)
        }
    })
}

fn transcript() -> impl Strategy<Value = Transcript> {
    prop::collection::vec(utterance(), 0..12).prop_map(|utterances| Transcript {
        utterances,
        ..Transcript::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Evidence is a slice of its utterance, exactly where it says.
    #[test]
    fn evidence_quotes_the_transcript(transcript in transcript()) {
        for verdict in rules().judge(&CallMetadata::default(), &transcript) {
            for evidence in &verdict.evidence {
                let said = &transcript.utterances[evidence.turn];
                let slice: String = said
                    .text
                    .chars()
                    .skip(evidence.chars.0)
                    .take(evidence.chars.1 - evidence.chars.0)
                    .collect();
                prop_assert_eq!(&slice, &evidence.text);
                prop_assert!(!slice.is_empty());
                prop_assert_eq!(said.speaker, evidence.speaker);
            }
            prop_assert!(verdict.at.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(verdict.at.iter().all(|&at| at < transcript.utterances.len()));
            prop_assert!(!verdict.reason.zh.is_empty() && !verdict.reason.en.is_empty());
            prop_assert!(!verdict.reason.condition.is_empty());
        }
    }

    /// The same call twice gives the same verdicts.
    #[test]
    fn judging_is_a_function(transcript in transcript()) {
        let once = rules().judge(&CallMetadata::default(), &transcript);
        let again = rules().judge(&CallMetadata::default(), &transcript);
        prop_assert_eq!(once, again);
    }

    /// When nobody knows who speaks, nobody is accused of what only the agent can do.
    #[test]
    fn unknown_speakers_are_not_accused(mut transcript in transcript()) {
        for utterance in &mut transcript.utterances {
            utterance.speaker = Speaker::Unknown;
        }
        for verdict in rules().judge(&CallMetadata::default(), &transcript) {
            prop_assert_ne!(verdict.outcome, Outcome::Violation, "{:?}", verdict);
        }
    }

    /// Words of no probability accuse nobody and acquit nobody of an obligation.
    #[test]
    fn unsure_words_decide_nothing(mut transcript in transcript()) {
        for utterance in &mut transcript.utterances {
            utterance.probability = Some(0.1);
        }
        for verdict in rules().judge(&CallMetadata::default(), &transcript) {
            prop_assert_ne!(verdict.outcome, Outcome::Violation, "{:?}", verdict);
        }
    }

    /// A rule file, however spoiled, is refused with places inside it, and never panics.
    #[test]
    fn spoiled_files_are_refused_politely(
        which in 0_usize..4,
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        by in prop_oneof![any::<String>(), prop::sample::select(vec![
            "{", "}", "|", "{~", "{@x}", "\"", "[", "]", "=", "\n", "^", "$", "+", "{money}", "违约",
        ]).prop_map(str::to_owned)],
    ) {
        let mut files = [
            ("vocabulary/order.toml", VOCABULARY.to_owned()),
            ("compliance/penalty-disclosure.toml", PENALTY.to_owned()),
            ("compliance/double-confirmation.toml", CONFIRMATION.to_owned()),
            ("service/refusal-respected.toml", REFUSAL.to_owned()),
        ];
        let text = &mut files[which].1;
        let chars: Vec<char> = text.chars().collect();
        let from = at.index(chars.len());
        let to = (from + length).min(chars.len());
        *text = chars[..from].iter().chain(by.chars().collect::<Vec<_>>().iter()).chain(&chars[to..]).collect();
        let sources: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: text.clone() })
            .collect();
        if let Err(diagnostics) = load_dir(sources) {
            prop_assert!(diagnostics.has_errors());
            for found in &diagnostics.found {
                let text = &files.iter().find(|(path, _)| *path == found.path).expect("a file of ours").1;
                prop_assert!(found.span.start <= found.span.end);
                prop_assert!(found.span.end <= text.len(), "{:?}", found);
                prop_assert!(!diagnostics.show(found, huiting::lang::Lang::Zh).is_empty());
            }
        }
    }
}
