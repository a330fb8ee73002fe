//! Verdicts on small dialogues.

use huiting::{
    call::CallMetadata,
    lang::Lang,
    rules::{Outcome, parse_dialogue},
    transcript::Transcript,
};

use super::small_pack::small_pack;

/// Judges a dialogue by one rule: its outcome and deciding turns.
fn check(rule: &str, dialogue: &str, expected: Outcome, at: &[usize]) {
    let rules = small_pack();
    let transcript = Transcript {
        utterances: parse_dialogue(dialogue).expect("a dialogue"),
        ..Transcript::default()
    };
    let verdicts = rules.judge(&CallMetadata::default(), &transcript);
    let verdict = verdicts
        .iter()
        .find(|verdict| verdict.rule_id == rule)
        .expect("every rule is judged");
    assert_eq!(
        (verdict.outcome, verdict.at.as_slice()),
        (expected, at),
        "{dialogue}{:#?}",
        verdict
    );
    assert!(!verdict.reason.zh.is_empty() && !verdict.reason.en.is_empty());
}

#[test]
fn examples_of_the_small_pack() {
    let rules = small_pack();
    assert!(rules.warnings().is_empty(), "{}", rules.warnings());
    let results = rules.test_examples();
    assert!(results.len() > 10);
    let failed: Vec<String> = results
        .iter()
        .filter(|result| !result.passed())
        .map(|result| format!("{}\n{:#?}", result.show(Lang::En), result.verdict))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn order_matters() {
    let late = "
        客服: 合约期两年,这就给您办理。
        客户: 好。
        客服: 提前解约要付违约金。";
    check("penalty-disclosure", late, Outcome::Violation, &[0]);
    let early = "
        客服: 提前解约要付违约金,合约期两年,这就给您办理。";
    check("penalty-disclosure", early, Outcome::Pass, &[0]);
}

#[test]
fn each_order_for_itself() {
    let second = "
        客服: 合约期两年,提前解约要付违约金。
        客户: 可以。
        客服: 跟您确认,八十九元套餐,对吗?
        客户: 是的。
        客服: 这就给您办理。
        客户: 好。
        客服: 顺便也给您开通了彩铃,已经给您开通。
        客户: 哦。";
    check("penalty-disclosure", second, Outcome::Pass, &[0]);
    check("double-confirmation", second, Outcome::Violation, &[6]);
}

#[test]
fn heard_by_sound() {
    let noisy = "
        客服: 合约期两年,提前解约要付维约金。
        客服: 这就给您办理。";
    check("penalty-disclosure", noisy, Outcome::Pass, &[0]);
    let denied = "
        客服: 合约期两年,没有维约金。
        客服: 这就给您办理。";
    check("penalty-disclosure", denied, Outcome::Violation, &[0]);
}

#[test]
fn an_unknown_speaker_is_no_proof() {
    let mono = "
        不明: 合约期两年。
        不明: 这就给您办理。";
    check("penalty-disclosure", mono, Outcome::CannotJudge, &[0]);
}
