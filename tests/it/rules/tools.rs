//! The tools around rules: explain, compare, cover, begin, train.

use huiting::{
    call::CallMetadata,
    lang::Lang,
    rules::{
        Confusion, Coverage, Outcome, RuleSet, Scratch, cue_scores, dialogue, diff, load_dir,
        new_rule, parse_sentences, train,
    },
    transcript::Speaker,
};

use super::small_pack::{PENALTY, REFUSAL, VOCABULARY, file, small_pack};

fn load(files: Vec<(&str, &str)>) -> RuleSet {
    let files = files
        .into_iter()
        .map(|(path, text)| file(path, text))
        .collect();
    match load_dir(files) {
        Ok(rules) => rules,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

#[test]
fn a_rule_in_sentences() {
    let rules = small_pack();
    insta::assert_snapshot!(
        rules
            .explain("penalty-disclosure", |_| 20, Lang::Zh)
            .expect("the rule")
    );
    insta::assert_snapshot!(
        rules
            .explain("refusal-respected", |_| 10, Lang::En)
            .expect("the rule")
    );
    assert_eq!(rules.explain("no-such-rule", |_| 5, Lang::Zh), None);
}

/// A new rule is whole as it stands: no error, no warning, every example right.
#[test]
fn a_new_rule_passes() {
    for lang in [Lang::Zh, Lang::En] {
        let rules = load(vec![("service/my-rule.toml", &new_rule("my-rule", lang))]);
        assert!(rules.warnings().is_empty(), "{}", rules.warnings());
        let results = rules.test_examples();
        assert_eq!(results.len(), 4);
        for result in results {
            assert!(result.passed(), "{}", result.show(Lang::En));
        }
    }
}

const DIALOGUES: &str = r#"
{"id":"told","turns":[{"s":"agent","t":"合约期两年，提前解约要付违约金。"},{"s":"agent","t":"这就给您办理。"}],"labels":{"penalty-disclosure":{"v":"pass","at":[0]}}}
{"id":"untold","turns":[{"s":"agent","t":"合约期两年，要付补偿。"},{"s":"agent","t":"这就给您办理。"}],"labels":{"penalty-disclosure":{"v":"pass","at":[0]}}}
{"id":"no order","turns":[{"s":"agent","t":"合约期两年。"}],"labels":{"penalty-disclosure":{"v":"not-applicable","at":[]}}}
"#;

#[test]
fn a_change_shows_which_calls_change() {
    let old = load(vec![
        ("vocabulary/order.toml", VOCABULARY),
        ("compliance/penalty-disclosure.toml", PENALTY),
    ]);
    let changed = PENALTY.replace(
        "phrases = [\"违约金\",",
        "phrases = [\"违约金\", \"要付补偿\",",
    );
    let new = load(vec![
        ("vocabulary/order.toml", VOCABULARY),
        ("compliance/penalty-disclosure.toml", &changed),
        ("service/refusal-respected.toml", REFUSAL),
    ]);
    assert_ne!(old.digest(), new.digest());
    let mut shown = String::new();
    for dialogue in dialogue::parse_lines(DIALOGUES).expect("dialogues") {
        for change in diff::changes(
            &old,
            &new,
            &dialogue.id,
            &dialogue.meta,
            &dialogue.transcript,
        ) {
            shown.push_str(&change.show(Lang::Zh));
            shown.push('\n');
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn labels_against_verdicts() {
    let rules = small_pack();
    let mut confusion = Confusion::default();
    for dialogue in dialogue::parse_lines(DIALOGUES).expect("dialogues") {
        confusion.add(
            &dialogue,
            &rules.judge(&dialogue.meta, &dialogue.transcript),
        );
    }
    assert_eq!(confusion.wrong_accusations().count(), 1);
    let total = confusion.total();
    assert_eq!((total.judged(), total.right()), (3, 2));
    assert_eq!(total.given(Outcome::Violation), 1);
    insta::assert_snapshot!(confusion.show(Lang::Zh));
}

#[test]
fn a_line_of_check() {
    let rules = small_pack();
    let dialogues = dialogue::parse_lines(DIALOGUES).expect("dialogues");
    let verdicts = rules.judge(&dialogues[0].meta, &dialogues[0].transcript);
    let line = dialogue::check_line(&dialogues[0], &verdicts, Lang::Zh);
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&line["verdicts"]["penalty-disclosure"]).expect("JSON")
    );
    // The same input, the same bytes.
    let again = rules.judge(&dialogues[0].meta, &dialogues[0].transcript);
    let again = dialogue::check_line(&dialogues[0], &again, Lang::Zh);
    assert_eq!(line.to_string(), again.to_string());
}

#[test]
fn cues_that_nobody_says() {
    let rules = small_pack();
    let mut coverage = Coverage::new(&rules);
    for dialogue in dialogue::parse_lines(DIALOGUES).expect("dialogues") {
        coverage.add(&rules.listen(&dialogue.transcript, &mut Scratch::default()));
    }
    let cues = coverage.cues(&rules);
    let calls = |name: &str| cues.iter().find(|cue| cue.cue == name).map(|cue| cue.calls);
    assert_eq!(coverage.calls(), 3);
    assert_eq!(calls("contract-term"), Some(3));
    assert_eq!(calls("order-executed"), Some(2));
    assert_eq!(calls("refusal"), Some(0));
    assert_eq!(cues[0].calls, 0);
    let term = cues
        .iter()
        .find(|cue| cue.cue == "contract-term")
        .expect("the cue");
    assert_eq!(term.rules, ["penalty-disclosure"]);
}

#[test]
fn reasons_for_leaving() {
    let rules = load(vec![(
        "reasons/leaving.toml",
        "[cues.price]\ntitle = \"资费高\"\ntopic = \"leaving\"\nspeaker = \"customer\"\nphrases = [\"太贵\"]\nweak = [\"有点贵\"]\n",
    )]);
    let topics = |text: &str| {
        let line = format!(r#"{{"id":"x","turns":[{{"s":"customer","t":"{text}"}}]}}"#);
        let dialogue = dialogue::parse_line(&line, 1).expect("a dialogue");
        rules.topics(&rules.listen(&dialogue.transcript, &mut Scratch::default()))
    };
    let found = topics("太贵了，我要走。");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].title.as_str(), found[0].topic.as_str()),
        ("资费高", "leaving")
    );
    assert_eq!(found[0].evidence[0].text, "太贵");
    assert!(topics("有点贵").is_empty());
}

/// Sentences about a penalty in words that no phrase has.
fn sentences() -> String {
    let mut lines = String::new();
    for (index, subject) in ["宽带", "手机", "套餐", "合约", "这个", "那个"]
        .iter()
        .enumerate()
    {
        for ending in ["要掏腰包补差价", "得自己掏腰包", "这个钱得您掏腰包"] {
            let line = format!(
                r#"{{"cue":"penalty","speaker":"agent","text":"{subject}中途不用了{ending}。","positive":true}}"#
            );
            lines.push_str(&line);
            lines.push('\n');
        }
        for (cue, text) in [
            ("other", "下个月一号生效"),
            ("other", "祝您生活愉快"),
            ("penalty", "装宽带不用花钱"),
        ] {
            let line = format!(
                r#"{{"cue":"{cue}","speaker":"agent","text":"{subject}{text}{index}","positive":false}}"#
            );
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    lines
}

const LEARNING: &str = "[cues.penalty]\nspeaker = \"agent\"\nphrases = [\"违约金\"]\nlearned = true\n[cues.other]\nphrases = [\"生效\"]\n";

#[test]
fn a_trained_cue_is_a_doubtful_second_opinion() {
    let untrained = load(vec![("vocabulary/x.toml", LEARNING)]);
    let sentences = parse_sentences(&sentences()).expect("sentences");
    let trained = train(&untrained, &sentences);
    assert_eq!(trained.len(), 1);
    assert_eq!(trained[0].path, "vocabulary/learned/penalty.weights");
    // The same sentences, the same weights.
    assert_eq!(trained[0].weights, train(&untrained, &sentences)[0].weights);

    let rules = load(vec![
        ("vocabulary/x.toml", LEARNING),
        (&trained[0].path, &trained[0].weights),
    ]);
    assert!(rules.warnings().is_empty(), "{}", rules.warnings());
    assert_ne!(rules.digest(), untrained.digest());
    let cue = rules.shared_cue("penalty").expect("the cue");
    let heard = rules.hear_cue(cue, Speaker::Agent, "电视提前拆了，您得掏腰包的");
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].doubtful);
    assert!(
        heard[0].grams.iter().any(|gram| gram.contains('掏')),
        "{:?}",
        heard[0].grams
    );
    assert!(
        rules
            .hear_cue(cue, Speaker::Agent, "电视下个月一号生效")
            .is_empty()
    );
    // What is written is sure, and wins.
    let written = rules.hear_cue(cue, Speaker::Agent, "您得掏腰包付违约金");
    assert!(
        written
            .iter()
            .any(|hit| !hit.doubtful && hit.text == "违约金"),
        "{written:?}"
    );

    let scores = cue_scores(&rules, &sentences);
    let score = scores
        .iter()
        .find(|score| score.cue == "penalty")
        .expect("a score");
    assert_eq!(score.written.recall(), Some(0.0));
    assert!(score.together.recall() > Some(0.9), "{score:?}");
}

/// It can make a violation doubtful; a pass stays a pass.
#[test]
fn a_trained_cue_accuses_nobody() {
    let untrained = load(vec![("vocabulary/x.toml", LEARNING)]);
    let sentences = parse_sentences(&sentences()).expect("sentences");
    let weights = train(&untrained, &sentences).remove(0);
    let verdict = |demand: &str, text: &str| {
        let rule = format!(
            "id = \"r\"\ntitle = \"规则\"\nseverity = \"minor\"\nwhy = \"…\"\nremedy = \"…\"\n{demand}\n"
        );
        let rules = load(vec![
            ("vocabulary/x.toml", LEARNING),
            (&weights.path, &weights.weights),
            ("compliance/r.toml", &rule),
        ]);
        let line = format!(r#"{{"id":"x","turns":[{{"s":"agent","t":"{text}"}}]}}"#);
        let dialogue = dialogue::parse_line(&line, 1).expect("a dialogue");
        rules.judge(&CallMetadata::default(), &dialogue.transcript)[0].outcome
    };
    let said = "宽带中途不用了要掏腰包补差价。";
    assert_eq!(
        verdict("[require]\nall = [\"penalty\"]", said),
        Outcome::CannotJudge
    );
    assert_eq!(
        verdict("[require]\nall = [\"penalty\"]", "祝您愉快"),
        Outcome::Violation
    );
    assert_eq!(
        verdict("[forbid]\nany = [\"penalty\"]", said),
        Outcome::Pass
    );
}
