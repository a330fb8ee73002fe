//! What an inspector reads about every class of mistake in a rule file.

use huiting::{
    lang::{Lang, Say},
    rules::{SourceFile, load_dir},
};

use super::small_pack::file;

/// A complete small rule, so that each case can spoil one line of it.
const RULE: &str = r#"id       = "a-rule"
title    = "规则"
severity = "minor"
why      = "…"
remedy   = "…"

[cues.stated]
speaker = "agent"
phrases = ["违约金要付"]

[cues.asked]
speaker = "customer"
phrases = ["提前不用了怎么办"]

[when]
all = ["asked"]

[require]
all = ["stated"]

[[examples]]
name     = "一"
dialogue = "客户: 提前不用了怎么办"
verdict  = "violation"

[[examples]]
name     = "二"
dialogue = "客户: 提前不用了怎么办\n客服: 违约金要付"
verdict  = "pass"

[[examples]]
name     = "三"
dialogue = "客服: 您好"
verdict  = "not-applicable"
"#;

/// The small rule with one line replaced.
fn spoiled(line: &str, by: &str) -> SourceFile {
    assert!(RULE.contains(line), "no such line: {line}");
    file("compliance/a-rule.toml", &RULE.replacen(line, by, 1))
}

fn shown(files: Vec<SourceFile>, lang: Lang) -> String {
    match load_dir(files) {
        Ok(rules) => format!("(usable)\n{}", rules.warnings().say(lang)),
        Err(diagnostics) => diagnostics.say(lang),
    }
}

macro_rules! check {
    ($name:ident, $line:expr, $by:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(shown(vec![spoiled($line, $by)], Lang::Zh));
        }
    };
}

#[test]
fn nothing_wrong() {
    let files = vec![file("compliance/a-rule.toml", RULE)];
    assert_eq!(
        shown(files, Lang::Zh),
        "(usable)\n规则文件:0 处错误,0 处提醒。"
    );
}

const PHRASES: &str = r#"["违约金要付"]"#;
const REQUIRE: &str = r#"all = ["stated"]"#;
const SEVERITY: &str = r#"severity = "minor""#;

check!(not_toml, SEVERITY, r#"severity = "minor"#);
check!(unknown_key, "remedy ", "remmedy");
check!(
    unknown_key_of_a_cue,
    "phrases = [\"违约金要付\"]",
    "phrase = [\"违约金要付\"]"
);
check!(unknown_value, r#""minor""#, r#""majr""#);
check!(wrong_type, PHRASES, r#""违约金要付""#);
check!(missing_key, "why      = \"…\"\n", "");
check!(id_is_not_the_file_name, r#""a-rule""#, r#""b-rule""#);
check!(id_shape, r#""a-rule""#, r#""甲规则""#);
check!(unknown_cue, r#"["stated"]"#, r#"["statde"]"#);
check!(
    unused_cue,
    r#"all = ["asked"]"#,
    r#"all = [{ speaks = "agent" }]"#
);
check!(empty_cue, "phrases = [\"违约金要付\"]\n", "");
check!(empty_phrase, PHRASES, r#"["违约金要付", ""]"#);
check!(nothing_to_hear, PHRASES, r#"["{了|}{吧|}"]"#);
check!(gap_without_ends, PHRASES, r#"["付违约金{~4}"]"#);
check!(gap_size, PHRASES, r#"["提前{~六}赔"]"#);
check!(open_brace, PHRASES, r#"["{没有|不收违约金"]"#);
check!(stray_brace, PHRASES, r#"["没有}违约金"]"#);
check!(edge_inside, PHRASES, r#"["没有^违约金"]"#);
check!(unknown_placeholder, PHRASES, r#"["要付{mony}违约金"]"#);
check!(unknown_words, PHRASES, r#"["要付{@fee}"]"#);
check!(
    too_short_for_sound,
    PHRASES,
    "[\"赔钱\"]\nsounds-like = true"
);
check!(
    bad_regex,
    "phrases = [\"违约金要付\"]",
    r#"regex = "违约(金""#
);
check!(
    regex_too_large,
    "phrases = [\"违约金要付\"]",
    r#"regex = '(\w{1,900}违约){900}'"#
);
check!(
    regex_matches_nothing,
    "phrases = [\"违约金要付\"]",
    r#"regex = "金*""#
);
check!(
    measure,
    REQUIRE,
    r#"all = [{ cue = "stated", within-first = "六十秒" }]"#
);
check!(
    unknown_accent,
    PHRASES,
    "[\"违约金要付\"]\naccents = [\"z-z\"]"
);
check!(
    limits_of_a_value,
    PHRASES,
    "[\"要付{money}\"]\nvalue = { money = { at-least = 5, at-most = 1 } }"
);
check!(
    effective_upside_down,
    SEVERITY,
    "severity = \"minor\"\neffective = { from = 2026-05-01, to = 2026-01-01 }"
);
check!(
    counts_contradict,
    REQUIRE,
    r#"all = [{ cue = "stated", min = 3, max = 1 }]"#
);
check!(
    never_beside_itself,
    REQUIRE,
    r#"all = [{ cue = "stated", before = "stated" }]"#
);
check!(
    never_by_the_other_side,
    REQUIRE,
    r#"all = [{ cue = "stated", speaker = "customer" }]"#
);
check!(
    never_more_than_there_are,
    REQUIRE,
    r#"at-least = 3
of = ["stated", "asked"]"#
);
check!(
    never_an_answer_to_oneself,
    REQUIRE,
    r#"all = [{ cue = "stated", answer-to = "stated" }]"#
);
check!(
    never_beside_the_other_side,
    REQUIRE,
    r#"all = [{ cue = "stated", beside = "asked" }]"#
);
check!(
    never_asked_and_refused,
    REQUIRE,
    "all  = [\"stated\"]\nnone = [\"stated\"]"
);
check!(
    never_in_an_empty_window,
    REQUIRE,
    r#"all = [{ cue = "stated", within-first = "0 s" }]"#
);
check!(
    never_required_and_forbidden,
    REQUIRE,
    "all = [\"stated\"]\n[forbid]\nany = [\"stated\"]"
);
check!(empty_list, REQUIRE, "all = []");
check!(
    keys_do_not_fit,
    REQUIRE,
    r#"all = [{ cue = "stated", sequence = ["asked", "stated"] }]"#
);
check!(
    key_needs_key,
    REQUIRE,
    r#"all = [{ cue = "stated", within = "5 turns" }]"#
);
check!(nothing_asked, REQUIRE, "all = [{ min = 2 }]");
check!(no_demand, "[require]\nall = [\"stated\"]", "");
check!(
    dialogue_line,
    r#"dialogue = "客服: 您好""#,
    r#"dialogue = "您好""#
);
check!(
    evidence_not_in_dialogue,
    "name     = \"一\"",
    "name     = \"一\"\nevidence = [\"已经开通\"]"
);
check!(
    missing_example,
    "verdict  = \"pass\"",
    "verdict  = \"violation\""
);
check!(not_trained, PHRASES, "[\"违约金要付\"]\nlearned = true");

#[test]
fn impossible_verdict() {
    let text = RULE
        .replace("[when]\nall = [\"asked\"]", "")
        .replace("all = [\"stated\"]", "any = [\"stated\", \"asked\"]");
    insta::assert_snapshot!(shown(vec![file("compliance/a-rule.toml", &text)], Lang::Zh));
}

#[test]
fn names_twice_and_rings() {
    let vocabulary = r#"
[words]
fee  = ["{@fine}"]
fine = ["{@fee}"]

[cues.stated]
phrases = ["违约金"]

[cues.one]
any-of = "two"

[cues.two]
any-of = "one"
"#;
    let other = "[cues.two]\nphrases = [\"二\"]\n";
    insta::assert_snapshot!(shown(
        vec![
            file("vocabulary/one.toml", vocabulary),
            file("vocabulary/two.toml", other),
            file("compliance/a-rule.toml", RULE),
            file("service/a-rule.toml", RULE),
        ],
        Lang::Zh
    ));
}

#[test]
fn cue_of_another_rule() {
    let other = RULE.replace("a-rule", "b-rule").replace(
        "[cues.stated]\nspeaker = \"agent\"\nphrases = [\"违约金要付\"]\n",
        "",
    );
    insta::assert_snapshot!(shown(
        vec![
            file("compliance/a-rule.toml", RULE),
            file("compliance/b-rule.toml", &other),
        ],
        Lang::Zh
    ));
}

#[test]
fn weights_of_another_cue() {
    let vocabulary = "[cues.stated]\nphrases = [\"违约金\"]\nlearned = true\n";
    let weights = "huiting-weights = 1\ncue = other\n";
    insta::assert_snapshot!(shown(
        vec![
            file("vocabulary/one.toml", vocabulary),
            file("vocabulary/learned/stated.weights", weights),
        ],
        Lang::Zh
    ));
}

/// All of them at once, in English, and the caret under the words although Chinese is wide.
#[test]
fn everything_at_once() {
    let text = RULE
        .replace("\"minor\"", "\"majr\"")
        .replace(PHRASES, r#"["没有违约金的{~3}", "{不收|}{~2}{mony}"]"#)
        .replace(r#"["stated"]"#, r#"["statde"]"#);
    insta::assert_snapshot!(shown(vec![file("compliance/a-rule.toml", &text)], Lang::En));
}

/// A Chinese character is two columns wide: the caret stands under the words all the same.
#[test]
fn carets_stand_under_wide_characters() {
    use unicode_width::UnicodeWidthStr;

    let by = r#"["违约金要付", "提前{~六}赔"]"#;
    let shown = shown(vec![spoiled(PHRASES, by)], Lang::Zh);
    let lines: Vec<&str> = shown.lines().collect();
    let carets = lines
        .iter()
        .position(|line| line.contains("^^"))
        .expect("carets");
    let source = lines[carets - 1];
    let words = source.find("{~六").expect("the words");
    let caret = lines[carets].find('^').expect("a caret");
    assert_eq!(source[..words].width(), lines[carets][..caret].width());
}
