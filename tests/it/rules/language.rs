//! Each feature of the language in tiny cases: a cue and an utterance, heard or not.

use huiting::{
    call::{CallMetadata, Direction},
    rules::{Matched, Outcome, RuleSet, load_dir, parse_dialogue},
    time::{Millis, Span},
    transcript::{
        Speaker, SpeechStretch, SpeechTimeline, Transcript, UntranscribedCause, Utterance, Word,
    },
};

use super::small_pack::file;

/// What a cue with this body hears in an agent's utterance: the quoted words and how.
fn heard(body: &str, text: &str) -> Vec<(String, Matched, bool)> {
    let vocabulary = format!(
        "[words]\nhm = [\"嗯\", \"哦\"]\n[cues.x]\n{body}\n[cues.other]\nspeaker = \"agent\"\nphrases = [\"投诉\"]\n"
    );
    let rules = load(vec![("vocabulary/x.toml", &vocabulary)]);
    let cue = rules.shared_cue("x").expect("the cue");
    rules
        .hear_cue(cue, Speaker::Agent, text)
        .into_iter()
        .map(|evidence| (evidence.text, evidence.matched, evidence.doubtful))
        .collect()
}

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

/// The words heard, all surely and as written (or by value).
fn check(body: &str, text: &str, expected: &[&str]) {
    let found = heard(body, text);
    let words: Vec<&str> = found.iter().map(|(words, ..)| words.as_str()).collect();
    assert_eq!(words, expected, "{body}: {text}: {found:?}");
}

fn phrase(phrase: &str, text: &str, expected: &[&str]) {
    check(
        &format!("phrases = [\"{phrase}\"]\nsounds-like = false"),
        text,
        expected,
    );
}

#[test]
fn phrases() {
    phrase("违约金", "要付違約金的", &["違約金"]);
    phrase("违约金", "要付违，呃，约金", &["违，呃，约金"]);
    phrase("违约金", "违约。金", &[]);
    phrase(
        "{没有|不收}{~2}违约金",
        "没有什么违约金",
        &["没有什么违约金"],
    );
    phrase("{没有|不收}{~2}违约金", "没有听说过违约金", &[]);
    phrase(
        "随时{都|}{能|可以}取消",
        "您随时可以取消，随时都能取消",
        &["随时可以取消", "随时都能取消"],
    );
    phrase("提前{~6}赔", "提前不用的话要赔钱", &["提前不用的话要赔"]);
    phrase("提前{~6}赔", "提前不用。要赔钱", &[]);
    phrase("提前{~6!不}赔", "提前走，不用赔", &[]);
    phrase("提前{~6!不}赔", "提前走，要赔", &["提前走，要赔"]);
    phrase("^嗯$", "嗯。", &["嗯"]);
    phrase("^嗯$", "嗯，好", &[]);
    phrase("{^}行{$}", "那个，行，办吧", &["行"]);
    phrase("{^}行{$}", "银行，办吧", &[]);
    phrase("好{?}", "这样好？我看好。", &["好"]);
    phrase("好吗{?}", "这样好吗", &["好吗"]);
    // A sign among alternatives is no empty alternative.
    phrase("好{?|吧}", "这样好？", &["好"]);
    phrase("好{?|吧}", "这样好的", &[]);
    phrase("取消{的|，}", "随时取消，随您", &["取消"]);
    phrase("取消{的|，}", "随时取消业务", &[]);
    phrase("^{嗯|哦|好}+$", "嗯哦好", &["嗯哦好"]);
    phrase("^{嗯|哦|好}+$", "嗯哦行好", &[]);
    phrase("{@hm}{@hm}", "嗯哦", &["嗯哦"]);
    phrase("{好|money}", "二十元", &["二十元"]);
    phrase("可以{了|$}", "可以吗", &[]);
    phrase("可以{了|$}", "都可以", &["可以"]);
}

#[test]
fn values_and_numbers() {
    phrase("另收{money}", "每兆另收三分钱", &["另收三分钱"]);
    phrase(
        "{duration}{内|之内}生效",
        "二十四小时内生效",
        &["二十四小时内生效"],
    );
    phrase("24小时", "二十四小时", &["二十四小时"]);
    phrase("二十四小时", "24小时", &["24小时"]);
    phrase("10086", "打一零零八六", &["一零零八六"]);
    phrase("10086", "打幺零零八六", &["幺零零八六"]);
    check(
        "value = { money = { at-least = 100 } }",
        "五十元和一百二十元",
        &["一百二十元"],
    );
    check(
        "phrases = [\"扣{money}\"]\nvalue = { money = { at-most = 10 } }\nsounds-like = false",
        "扣五元，扣五十元",
        &["扣五元"],
    );
    assert_eq!(
        heard("phrases = [\"扣{money}\"]", "扣五元")[0].1,
        Matched::Value
    );
}

#[test]
fn what_cancels() {
    let body = "phrases = [\"违约金\"]\nunless = [\"没有违约金\", \"违约金是什么\", \"不收\"]\nsounds-like = false";
    check(body, "没有违约金", &[]);
    check(body, "违约金是什么？要付违约金", &["违约金"]);
    check(body, "不收违约金", &[]);
    check(body, "不收。违约金另算", &["违约金"]);
    check(body, "不收，违约金另算", &["违约金"]);
    check(body, "不收钱，违约金另算", &["违约金"]);
    let sentence = "phrases = [\"违约金\"]\nunless-sentence = [\"不收\"]\nsounds-like = false";
    check(sentence, "不收钱，违约金另算", &[]);
    check(sentence, "不收钱。违约金另算", &["违约金"]);
    let utterance = "phrases = [\"违约金\"]\nunless-utterance = [\"不收\"]\nsounds-like = false";
    check(utterance, "不收钱。违约金另算", &[]);
    let reach = "phrases = [\"开通\"]\nunless = [\"预约{~4}\"]\nsounds-like = false";
    check(reach, "预约您来开通", &[]);
    check(reach, "预约您到营业厅来开通", &["开通"]);
}

#[test]
fn weak_and_doubtful() {
    let weak = "phrases = [\"同意\"]\nweak = [\"嗯\"]";
    assert_eq!(heard(weak, "嗯"), [("嗯".into(), Matched::Written, true)]);
    assert_eq!(
        heard(weak, "同意"),
        [("同意".into(), Matched::Written, false)]
    );
    assert!(heard("phrases = [\"同意\"]\ndoubtful = true", "同意")[0].2);
}

#[test]
fn regex_and_likeness() {
    check("regex = '验证码\\d+'", "验证码 1234。", &["验证码 1234"]);
    let similar = "similar = [\"合约期内提前解约要付违约金\"]\nat-least = 0.6";
    let found = heard(similar, "您在合约期内要是提前解约需要付违约金的");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, Matched::Similar);
    assert!(heard(similar, "您的宽带下个月到期").is_empty());
}

#[test]
fn by_sound() {
    let sound = |body: &str, text: &str| -> Vec<String> {
        heard(body, text)
            .into_iter()
            .filter(|(_, matched, _)| *matched == Matched::Sound)
            .map(|(words, ..)| words)
            .collect()
    };
    let penalty = "phrases = [\"违约金\"]";
    assert_eq!(sound(penalty, "要付维约金"), ["维约金"]);
    assert_eq!(sound(penalty, "要付为约金"), ["为约金"]);
    // A written hit at the same place wins.
    assert!(sound(penalty, "要付违约金").is_empty());
    // Never under three syllables, never a single character between gaps.
    assert!(sound("phrases = [\"赔付\"]", "陪付").is_empty());
    assert!(sound("phrases = [\"提前{~4}赔\"]", "提前走要陪").is_empty());
    assert_eq!(
        sound("phrases = [\"提前{~4}赔付\"]", "提前走要陪付"),
        ["提前走要陪付"]
    );
    assert!(sound("phrases = [\"违约金\"]\nsounds-like = false", "维约金").is_empty());
    // Any reading will do, on both sides.
    assert_eq!(sound("phrases = [\"重新办\"]", "虫新办"), ["虫新办"]);
    assert_eq!(sound("phrases = [\"虫新办\"]", "重新办"), ["重新办"]);
    // Accents only where they are asked for.
    assert_eq!(sound("phrases = [\"自动续费\"]", "字动续费"), ["字动续费"]);
    assert!(sound("phrases = [\"自动续费\"]", "至动续费").is_empty());
    assert!(sound("phrases = [\"超出流量\"]", "操出流量").is_empty());
    assert_eq!(
        sound("phrases = [\"超出流量\"]\naccents = [\"c-ch\"]", "操出流量"),
        ["操出流量"]
    );
    // Of several pieces most must be as written, and what is everywhere is no mishearing.
    assert_eq!(
        sound("phrases = [\"{没有|不收}{~2}违约金\"]", "不收那个维约金"),
        ["不收那个维约金"]
    );
    assert!(sound("phrases = [\"{没有|不收}{~2}违约金\"]", "不手那个维约金").is_empty());
    assert!(sound("phrases = [\"个月期\"]", "个月给").is_empty());
    // A comma in the middle is no word.
    assert!(sound("phrases = [\"违约金\"]", "维约，金").is_empty());
    // What cancels, cancels by sound too.
    assert!(
        heard(
            "phrases = [\"违约金\"]\nunless = [\"没有违约金\"]",
            "没有维约金"
        )
        .is_empty()
    );
}

/// The outcome of a rule with these sections on a call.
fn outcome(sections: &str, call: &CallMetadata, transcript: &Transcript) -> (Outcome, Vec<usize>) {
    let rule = format!(
        "id = \"r\"\ntitle = \"规则\"\nseverity = \"minor\"\nwhy = \"…\"\nremedy = \"…\"\n{sections}\n\
        [cues.a]\nspeaker = \"agent\"\nphrases = [\"苹果\"]\n\
        [cues.b]\nspeaker = \"agent\"\nphrases = [\"香蕉\"]\n\
        [cues.c]\nspeaker = \"customer\"\nphrases = [\"樱桃\"]\n\
        [cues.a2]\nspeaker = \"agent\"\nphrases = [\"苹果树\"]\n"
    );
    let spare = "[cues.spare]\nphrases = [\"空\"]\n";
    let files = vec![
        file("compliance/r.toml", &with_all_used(&rule)),
        file("vocabulary/spare.toml", spare),
    ];
    let rules = match load_dir(files) {
        Ok(rules) => rules,
        Err(diagnostics) => panic!("{diagnostics}"),
    };
    let verdict = rules.judge(call, transcript).remove(0);
    (verdict.outcome, verdict.at)
}

/// A rule may not have cues that it does not use: those left over are dropped.
fn with_all_used(rule: &str) -> String {
    let (head, cues) = rule.split_once("[cues.a]").expect("the cues");
    let cues = format!("[cues.a]{cues}");
    let used = cues
        .split_inclusive("\"]\n")
        .filter(|cue| {
            let name = cue["[cues.".len()..].split(']').next().unwrap_or_default();
            head.contains(&format!("\"{name}\""))
        })
        .collect::<String>();
    format!("{head}\n{used}")
}

fn written(dialogue: &str) -> Transcript {
    Transcript {
        utterances: parse_dialogue(dialogue).expect("a dialogue"),
        ..Transcript::default()
    }
}

fn judged(sections: &str, dialogue: &str, expected: Outcome) {
    let (found, _) = outcome(sections, &CallMetadata::default(), &written(dialogue));
    assert_eq!(found, expected, "{sections}\n{dialogue}");
}

use Outcome::{CannotJudge, NotApplicable, Pass, Violation};

#[test]
fn combinations() {
    let dialogue = "客服: 苹果\n客户: 樱桃";
    judged("[require]\nall = [\"a\", \"c\"]", dialogue, Pass);
    judged("[require]\nall = [\"a\", \"b\"]", dialogue, Violation);
    judged("[require]\nany = [\"a\", \"b\"]", dialogue, Pass);
    judged("[require]\nnone = [\"b\"]", dialogue, Pass);
    judged("[require]\nnone = [\"a\", \"b\"]", dialogue, Violation);
    judged(
        "[require]\nat-least = 2\nof = [\"a\", \"b\", \"c\"]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nat-least = 2\nof = [\"a\", \"b\"]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [\"a\"]\nnone = [\"c\"]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ any = [\"b\", { all = [\"a\", \"c\"] }] }]",
        dialogue,
        Pass,
    );
    judged(
        "[when]\nall = [\"b\"]\n[require]\nall = [\"a\"]",
        dialogue,
        NotApplicable,
    );
    judged(
        "[when]\nall = [\"c\"]\n[forbid]\nany = [\"b\"]",
        dialogue,
        Pass,
    );
    judged("[forbid]\nany = [\"a\"]", dialogue, Violation);
}

#[test]
fn places() {
    let dialogue = "客服: 苹果\n客户: 樱桃\n客服: 香蕉";
    judged(
        "[require]\nall = [{ cue = \"a\", before = \"b\" }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"b\", before = \"a\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"b\", after = \"a\" }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"b\", not-after = \"c\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", not-after = \"c\" }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", not-before = \"b\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"b\", answer-to = \"c\" }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"c\", answer-to = \"a\" }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"b\", not-answer-to = \"c\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", before = \"b\", within = \"1 turns\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", before = \"b\", within = \"2 turns\" }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", beside = \"b\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", beside = \"b\" }]",
        "客服: 香蕉\n客服: 苹果",
        Pass,
    );
    // A bare 嗯 of the other side does not end the turn; 好的 does.
    judged(
        "[require]\nall = [{ cue = \"a\", beside = \"b\" }]",
        "客服: 香蕉\n客户: 嗯\n客服: 苹果",
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", beside = \"b\" }]",
        "客服: 香蕉\n客户: 好的\n客服: 苹果",
        Violation,
    );
    // The first of several: an obligation after the first order comes too late.
    judged(
        "[require]\nall = [{ cue = \"a\", before = \"b\" }]",
        "客服: 香蕉\n客服: 苹果\n客服: 香蕉",
        Violation,
    );
}

#[test]
fn counts_and_windows() {
    let twice = "客服: 苹果苹果\n客户: 樱桃\n客服: 苹果";
    judged("[require]\nall = [{ cue = \"a\", min = 2 }]", twice, Pass);
    judged(
        "[require]\nall = [{ cue = \"a\", min = 3 }]",
        twice,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", max = 1 }]",
        twice,
        Violation,
    );
    judged("[require]\nall = [{ cue = \"b\", max = 1 }]", twice, Pass);
    let late = "客服: 您好\n客户: 樱桃\n客服: 那个\n客户: 是\n客服: 苹果";
    judged(
        "[require]\nall = [{ cue = \"a\", within-first = \"3 turns\" }]",
        late,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", within-first = \"2 turns\" }]",
        late,
        Violation,
    );
    judged(
        "[require]\nall = [{ cue = \"a\", within-last = \"1 turn\" }]",
        late,
        Pass,
    );
    judged(
        "[require]\nall = [{ cue = \"c\", within-last = \"1 turn\" }]",
        late,
        Violation,
    );
    let long = format!("客服: {}\n客服: 苹果", "长".repeat(249));
    judged(
        "[require]\nall = [{ cue = \"a\", within-first = \"60 s\" }]",
        &long,
        Pass,
    );
    let longer = format!("客服: {}\n客服: 苹果", "长".repeat(251));
    judged(
        "[require]\nall = [{ cue = \"a\", within-first = \"60 s\" }]",
        &longer,
        Violation,
    );
}

#[test]
fn sequences_and_repeats() {
    let dialogue = "客服: 苹果\n客户: 樱桃\n客服: 香蕉";
    judged(
        "[require]\nall = [{ sequence = [\"a\", \"c\", \"b\"] }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ sequence = [\"c\", \"a\"] }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ sequence = [\"a\", { cue = \"b\", within = \"1 turn\" }] }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ sequence = [\"a\", { cue = \"b\", within = \"2 turns\" }] }]",
        dialogue,
        Pass,
    );
    judged(
        "[require]\nall = [{ sequence = [\"a\", \"b\"], within = \"1 turn\" }]",
        dialogue,
        Violation,
    );
    judged(
        "[require]\nall = [{ sequence = [\"a\", \"c\"], before = \"b\" }]",
        dialogue,
        Pass,
    );
    // The latest beginning that still fits.
    judged(
        "[require]\nall = [{ sequence = [\"a\", \"b\"], within = \"1 turn\" }]",
        "客服: 苹果\n客户: 樱桃\n客服: 那\n客户: 是\n客服: 苹果,香蕉",
        Pass,
    );
    let repeated =
        "[forbid]\nany = [{ repeated = { similar = 0.8, times = 3, speaker = \"agent\" } }]";
    let nagging =
        "客服: 您再考虑一下吧\n客户: 不\n客服: 您再考虑一下嘛\n客户: 不\n客服: 您再考虑一下呗";
    judged(repeated, nagging, Violation);
    judged(&repeated.replace("0.8", "0.9"), nagging, Pass);
}

#[test]
fn speaking_and_fields() {
    judged(
        "[when]\nall = [{ speaks = \"agent\" }]\n[require]\nall = [\"a\"]",
        "客户: 樱桃",
        NotApplicable,
    );
    judged(
        "[when]\nall = [{ speaks = \"agent\" }]\n[require]\nall = [\"a\"]",
        "客服: 好",
        Violation,
    );
    let field = "[require]\nall = [{ field = \"confirmation\", is = [\"sms\"] }]";
    let mut call = CallMetadata::default();
    let transcript = written("客服: 好");
    assert_eq!(outcome(field, &call, &transcript).0, CannotJudge);
    call.fields.insert("confirmation".into(), "sms".into());
    assert_eq!(outcome(field, &call, &transcript).0, Pass);
    call.fields.insert("confirmation".into(), "none".into());
    assert_eq!(outcome(field, &call, &transcript).0, Violation);
    assert_eq!(
        outcome(&field.replace("is =", "is-not ="), &call, &transcript).0,
        Pass
    );
}

#[test]
fn scope_status_and_dates() {
    let rule = "call = { direction = [\"outbound\"], business = [\"plan-change\"] }\n[require]\nall = [\"a\"]";
    let transcript = written("客服: 好");
    let mut call = CallMetadata::default();
    assert_eq!(outcome(rule, &call, &transcript).0, CannotJudge);
    call.direction = Some(Direction::Inbound);
    assert_eq!(outcome(rule, &call, &transcript).0, NotApplicable);
    call.direction = Some(Direction::Outbound);
    call.business = Some("plan-change".into());
    assert_eq!(outcome(rule, &call, &transcript).0, Violation);
    // What is met needs no call list.
    assert_eq!(
        outcome(rule, &CallMetadata::default(), &written("客服: 苹果")).0,
        Pass
    );

    let judged_on = |status: &str, date: &str| {
        let rule = format!(
            "id = \"r\"\ntitle = \"规则\"\nseverity = \"minor\"\nwhy = \"…\"\nremedy = \"…\"\n\
            status = \"{status}\"\neffective = {{ from = 2026-01-01, to = 2026-01-31 }}\n\
            [forbid]\nany = [\"a\"]\n[cues.a]\nphrases = [\"苹果\"]\n"
        );
        let rules = load(vec![("compliance/r.toml", &rule)]);
        let call = CallMetadata {
            started_at: chrono::DateTime::parse_from_rfc3339(date).ok(),
            ..CallMetadata::default()
        };
        rules.judge(&call, &transcript).len()
    };
    assert_eq!(judged_on("active", "2026-01-31T23:00:00+08:00"), 1);
    assert_eq!(judged_on("trial", "2026-01-01T00:00:00+08:00"), 1);
    assert_eq!(judged_on("active", "2026-02-01T00:00:00+08:00"), 0);
    assert_eq!(judged_on("active", "2025-12-31T23:59:00+08:00"), 0);
    assert_eq!(judged_on("draft", "2026-01-15T00:00:00+08:00"), 0);
    assert_eq!(judged_on("retired", "2026-01-15T00:00:00+08:00"), 0);
    assert_eq!(judged_on("active", "no date"), 1);
}

fn timed(speaker: Speaker, text: &str, from: u64, to: u64) -> Utterance {
    Utterance {
        span: Some(Span::new(from, to)),
        probability: Some(0.9),
        ..Utterance::written(speaker, text)
    }
}

#[test]
fn unsure_words() {
    let require = "[require]\nall = [\"a\"]";
    let forbid = "[forbid]\nany = [\"a\"]";
    let mut transcript = written("客服: 这是苹果");
    let call = CallMetadata::default();
    for (probability, met, broken) in [
        (0.9, Pass, Violation),
        (0.4, Pass, Violation),
        (0.39, CannotJudge, CannotJudge),
    ] {
        transcript.utterances[0].probability = Some(probability);
        assert_eq!(outcome(require, &call, &transcript).0, met);
        assert_eq!(outcome(forbid, &call, &transcript).0, broken);
    }
    // Only the words themselves count, where words have probabilities.
    let word = |text: &str, probability| Word {
        text: text.into(),
        span: Span::new(0, 1),
        probability,
    };
    transcript.utterances[0].words = vec![word("这是", 0.1), word("苹果", 0.9)];
    assert_eq!(outcome(require, &call, &transcript).0, Pass);
    // Something else in unsure words may have been what was missing.
    let other = written("客服: 这是");
    assert_eq!(outcome(require, &call, &other).0, Violation);
    let mut unsure = other;
    unsure.utterances[0].probability = Some(0.2);
    assert_eq!(outcome(require, &call, &unsure).0, CannotJudge);
    assert_eq!(outcome(forbid, &call, &unsure).0, Pass);
}

#[test]
fn what_could_not_be_transcribed() {
    let call = CallMetadata::default();
    let missing = |speaker, from, to| {
        let mut transcript = Transcript {
            utterances: vec![
                timed(Speaker::Agent, "您好您好您好", 0, 20_000),
                timed(Speaker::Agent, "香蕉", 30_000, 31_000),
                timed(Speaker::Agent, "再见", 60_000, 61_000),
            ],
            ..Transcript::default()
        };
        transcript
            .untranscribed
            .push(huiting::transcript::Untranscribed {
                speaker,
                span: Span::new(from, to),
                cause: UntranscribedCause::LowProbability,
            });
        transcript
    };
    let check = |sections: &str, transcript: Transcript, expected| {
        assert_eq!(
            outcome(sections, &call, &transcript).0,
            expected,
            "{sections}"
        );
    };
    let require = "[require]\nall = [\"a\"]";
    check(
        require,
        missing(Speaker::Agent, 40_000, 42_000),
        CannotJudge,
    );
    check(
        require,
        missing(Speaker::Unknown, 40_000, 42_000),
        CannotJudge,
    );
    // Too short to say it, or not by the one who had to.
    check(require, missing(Speaker::Agent, 40_000, 40_900), Violation);
    check(
        require,
        missing(Speaker::Customer, 40_000, 42_000),
        Violation,
    );
    // Too late to have been in time.
    let before = "[require]\nall = [{ cue = \"a\", before = \"b\" }]";
    check(before, missing(Speaker::Agent, 40_000, 42_000), Violation);
    check(before, missing(Speaker::Agent, 22_000, 24_000), CannotJudge);
    let early = "[require]\nall = [{ cue = \"a\", within-first = \"25 s\" }]";
    check(early, missing(Speaker::Agent, 40_000, 42_000), Violation);
    check(early, missing(Speaker::Agent, 22_000, 24_000), CannotJudge);
    // A prohibition is not suspected in a short stretch, but it is when most is missing.
    let forbid = "[forbid]\nany = [\"a\"]";
    check(forbid, missing(Speaker::Agent, 40_000, 42_000), Pass);
    check(forbid, missing(Speaker::Agent, 31_000, 59_000), CannotJudge);
}

#[test]
fn two_at_once_on_one_channel() {
    let call = CallMetadata::default();
    let mut transcript = Transcript {
        utterances: vec![
            timed(Speaker::Agent, "苹果", 0, 1000),
            timed(Speaker::Customer, "什么", 200, 1200),
        ],
        ..Transcript::default()
    };
    let forbid = "[forbid]\nany = [\"a\"]";
    assert_eq!(outcome(forbid, &call, &transcript).0, CannotJudge);
    transcript.timeline = Some(SpeechTimeline {
        duration: Millis(2000),
        separate_channels: true,
        speech: vec![],
    });
    assert_eq!(outcome(forbid, &call, &transcript).0, Violation);
}

#[test]
fn from_the_sound() {
    let call = CallMetadata::default();
    let stretch = |speaker, from, to| SpeechStretch {
        speaker,
        span: Span::new(from, to),
    };
    let timeline = |separate_channels, speech| Transcript {
        utterances: vec![timed(Speaker::Agent, "您好", 4000, 5000)],
        timeline: Some(SpeechTimeline {
            duration: Millis(60_000),
            separate_channels,
            speech,
        }),
        ..Transcript::default()
    };
    let (agent, customer) = (Speaker::Agent, Speaker::Customer);
    let check = |condition: &str, transcript: &Transcript, expected| {
        let sections = format!("[forbid]\nany = [{{ {condition} }}]");
        assert_eq!(
            outcome(&sections, &call, transcript).0,
            expected,
            "{condition}"
        );
    };
    let talk = timeline(
        true,
        vec![
            stretch(agent, 4000, 20_000),
            stretch(customer, 15_000, 30_000),
            stretch(agent, 27_000, 29_500),
            stretch(agent, 50_000, 55_000),
        ],
    );
    check("silence = { longer-than = \"15 s\" }", &talk, Violation);
    check("silence = { longer-than = \"21 s\" }", &talk, Pass);
    check(
        "silence = { longer-than = \"15 s\", speaker = \"agent\" }",
        &talk,
        Violation,
    );
    check(
        "silence = { longer-than = \"15 s\", speaker = \"customer\" }",
        &talk,
        Pass,
    );
    check(
        "talk-over = { by = \"agent\", longer-than = \"2 s\" }",
        &talk,
        Violation,
    );
    check(
        "talk-over = { by = \"agent\", longer-than = \"3 s\" }",
        &talk,
        Pass,
    );
    check(
        "talk-over = { by = \"customer\", longer-than = \"5 s\" }",
        &talk,
        Violation,
    );
    check(
        "answer-delay = { speaker = \"agent\", longer-than = \"3 s\" }",
        &talk,
        Violation,
    );
    check(
        "answer-delay = { speaker = \"agent\", longer-than = \"4 s\" }",
        &talk,
        Pass,
    );
    check(
        "hang-up-delay = { longer-than = \"4 s\" }",
        &talk,
        Violation,
    );
    check("hang-up-delay = { longer-than = \"5 s\" }", &talk, Pass);
    check("duration = { at-least = \"60 s\" }", &talk, Violation);
    check("duration = { at-most = \"59 s\" }", &talk, Pass);
    let mono = timeline(false, vec![stretch(Speaker::Unknown, 0, 59_000)]);
    check(
        "talk-over = { by = \"agent\", longer-than = \"2 s\" }",
        &mono,
        CannotJudge,
    );
    check(
        "answer-delay = { speaker = \"agent\", longer-than = \"3 s\" }",
        &mono,
        CannotJudge,
    );
    let text_only = written("客服: 您好");
    check(
        "silence = { longer-than = \"15 s\" }",
        &text_only,
        NotApplicable,
    );

    let mut fast = timeline(true, vec![]);
    fast.utterances = vec![timed(agent, &"快".repeat(60), 0, 10_000)];
    check(
        "speech-rate = { speaker = \"agent\", above = 330, over = \"10 s\" }",
        &fast,
        Violation,
    );
    check(
        "speech-rate = { speaker = \"agent\", above = 360, over = \"10 s\" }",
        &fast,
        Pass,
    );
    check(
        "speech-rate = { speaker = \"agent\", above = 330, over = \"11 s\" }",
        &fast,
        Pass,
    );
}

#[test]
fn a_reset_counts_anew() {
    let rule = "[when]\nall = [\"c\"]\n[forbid]\nany = [{ cue = \"a\", after = \"c\", min = 2, reset-by = \"b\" }]";
    judged(
        rule,
        "客户: 樱桃\n客服: 苹果\n客户: 不\n客服: 苹果",
        Violation,
    );
    judged(
        rule,
        "客户: 樱桃\n客服: 苹果\n客服: 香蕉\n客户: 不\n客服: 苹果",
        Pass,
    );
    judged(
        rule,
        "客户: 樱桃\n客服: 苹果\n客服: 香蕉\n客户: 樱桃\n客服: 苹果\n客户: 不\n客服: 苹果",
        Violation,
    );
}
