use super::*;

fn text(text: &str) -> Item {
    Item::Text(text.chars().collect())
}

fn choice(branches: Vec<Vec<Item>>) -> Item {
    Item::Choice(Arc::new(branches))
}

fn gap(most: u8) -> Item {
    Item::Gap {
        most,
        without: None,
    }
}

fn words() -> WordLists {
    WordLists::of(&[("hm", &["嗯", "哦"]), ("hms", &["{@hm}{@hm}"])])
}

fn check(source: &str, expected: Vec<Item>) {
    assert_eq!(
        Phrase::parse(source, &words(), Ends::Closed).map(|phrase| phrase.items),
        Ok(expected),
        "{source}"
    );
}

fn problems(source: &str) -> Vec<&'static str> {
    match Phrase::parse(source, &words(), Ends::Closed) {
        Ok(_) => vec![],
        Err(problems) => problems.iter().map(|(problem, _)| problem.code()).collect(),
    }
}

#[test]
fn pieces() {
    check("违约金", vec![text("违约金")]);
    check("違約金", vec![text("违约金")]);
    check(
        "{没有|不收}{~2}违约金",
        vec![
            choice(vec![vec![text("没有")], vec![text("不收")]]),
            gap(2),
            text("违约金"),
        ],
    );
    check(
        "随时{都|}能",
        vec![
            text("随时"),
            choice(vec![vec![text("都")], vec![]]),
            text("能"),
        ],
    );
    check("扣{money}", vec![text("扣"), Item::Value(ValueKind::Money)]);
    check(
        "{^}行{$}",
        vec![Item::ClauseEdge, text("行"), Item::ClauseEdge],
    );
    check("好{?}", vec![text("好"), Item::Question]);
    check(
        "{不{要|用}|别}",
        vec![choice(vec![
            vec![text("不"), choice(vec![vec![text("要")], vec![text("用")]])],
            vec![text("别")],
        ])],
    );
    check("{生效}", vec![choice(vec![vec![text("生效")]])]);
}

#[test]
fn edges() {
    check("^嗯$", vec![Item::Start, text("嗯"), Item::End]);
    check(
        "好{了|$}",
        vec![text("好"), choice(vec![vec![text("了")], vec![Item::End]])],
    );
}

#[test]
fn gaps_without_words() {
    check(
        "可以{~6!不|没}取消",
        vec![
            text("可以"),
            Item::Gap {
                most: 6,
                without: Some(Arc::new(vec![vec![text("不")], vec![text("没")]])),
            },
            text("取消"),
        ],
    );
}

#[test]
fn word_lists_and_repeats() {
    let hm = || vec![vec![text("嗯")], vec![text("哦")]];
    check("{@hm}", vec![choice(hm())]);
    check("{@hm}+", vec![Item::Repeat(Arc::new(hm()))]);
    check(
        "{@hm|好|money}",
        vec![choice(vec![
            vec![text("嗯")],
            vec![text("哦")],
            vec![text("好")],
            vec![Item::Value(ValueKind::Money)],
        ])],
    );
    check(
        "{@hms}",
        vec![choice(vec![vec![choice(hm()), choice(hm())]])],
    );
    assert_eq!(problems("{@hn}"), ["unknown-words"]);
    assert_eq!(problems("{好|}+"), ["nothing-to-hear"]);
}

#[test]
fn numbers_in_either_form() {
    let phrase = Phrase::parse("24小时", &words(), Ends::Closed).expect("a phrase");
    let Some(Item::Choice(forms)) = phrase.items.first() else {
        panic!("not both forms: {:?}", phrase.items);
    };
    assert!(forms.contains(&vec![text("24")]) && forms.contains(&vec![text("二十四")]));
}

#[test]
fn every_class_of_problem() {
    assert_eq!(problems(""), ["empty-phrase"]);
    assert_eq!(problems("  "), ["empty-phrase"]);
    assert_eq!(problems("{~3}违约金"), ["gap-without-ends"]);
    assert_eq!(problems("违约金{~3}"), ["gap-without-ends"]);
    assert_eq!(problems("违{~3}{~3}约"), ["gap-without-ends"]);
    assert_eq!(problems("^{~3}违约金"), [] as [&str; 0]);
    assert_eq!(problems("违{~x}约"), ["gap-size"]);
    assert_eq!(problems("违{~0}约"), ["gap-size"]);
    assert_eq!(problems("违{~400}约"), ["gap-size"]);
    assert_eq!(problems("{没有|不收违约金"), ["open-brace"]);
    assert_eq!(problems("没有}违约金"), ["stray-brace"]);
    assert_eq!(problems("没^有"), ["edge-inside"]);
    assert_eq!(problems("没$有"), ["edge-inside"]);
    assert_eq!(problems("{momey}"), ["unknown-placeholder"]);
    assert_eq!(problems("{的|}{了|}"), ["nothing-to-hear"]);
    assert_eq!(problems("。"), ["nothing-to-hear"]);
    assert_eq!(
        problems("{a|{b|{c|{d|{e|{f|{g|h}}}}}}}"),
        ["nested-too-deep"]
    );
}

#[test]
fn what_cancels_may_reach_further() {
    let parse = |ends| Phrase::parse("预约{~6}", &words(), ends);
    assert!(parse(Ends::Closed).is_err());
    assert!(parse(Ends::Reaching).is_ok());
}
