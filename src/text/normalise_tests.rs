use proptest::prelude::*;

use super::*;

fn spelling(text: &str) -> String {
    Normalised::of(text).chars().iter().collect()
}

/// The normalised text with its breaks written out again.
fn shown(text: &str) -> String {
    let text = Normalised::of(text);
    let mut shown = String::new();
    for (index, &c) in text.chars().iter().enumerate() {
        if index > 0 && text.sentence_break_before(index) {
            shown.push('。');
        } else if index > 0 && text.pause_before(index) {
            shown.push('，');
        }
        shown.push(c);
    }
    shown
}

fn check(text: &str, expected: &str) {
    assert_eq!(shown(text), expected, "{text}");
}

#[test]
fn one_spelling() {
    check("違約金", "违约金");
    check("妳的帳單", "你的账单");
    check("什么、什麼", "什么，什么");
    check("２０ＧＢ流量", "20gb流量");
    check("5G+ WiFi", "5g，wifi");
    check("一〇〇八六", "一零零八六");
    check("￥１２９", "¥129");
}

#[test]
fn numbers_keep_what_makes_them() {
    check("0.03元", "0.03元");
    check("９．９元", "9.9元");
    check("1,000元", "1000元");
    check("30%", "30%");
    check("３０％", "30%");
    check("有1,2,3种", "有1，2，3种");
    check("二二零，一一零", "二二零，一一零");
    check("是2.", "是2");
}

#[test]
fn breaks() {
    check("好的。知道了！", "好的。知道了");
    check("好的，知道了", "好的，知道了");
    check("没有……违约金", "没有，违约金");
    check("办“畅享”套餐", "办畅享套餐");
    check(
        "您好 我是中国移动的小李 工号五零二六",
        "您好，我是中国移动的小李，工号五零二六",
    );
    check("您 好 我 是 中 国 移 动", "您好我是中国移动");
    check("额 这个额度 我想要 退订", "这个额度，我想要，退订");
    check("好的  知道了\u{3000}再见吧您", "好的，知道了，再见吧您");
    check("每月 129 元", "每月129元");
    check("OK. 好", "ok。好");
    check("", "");
    check("，。！", "");
}

#[test]
fn fillers_go_and_answers_stay() {
    check("呃，这个呃违约金", "这个违约金");
    check("额，这个额度", "这个额度");
    check("名额，额，没了", "名额，没了");
    check("嗯。", "嗯");
    check("嗯嗯。", "嗯嗯");
    check("嗯，好。", "嗯，好");
    check("好。嗯。", "好。嗯");
    check("好，嗯。", "好，嗯");
    check("呃，嗯。", "嗯");
    check("是要收，嗯，收一百块", "是要收，收一百块");
    check("我嗯想取消", "我想取消");
    check("对，嗯嗯，办", "对，嗯嗯，办");
    check("好啊，那个啊，行", "好啊，那个啊，行");
    check("我想，啊，退订", "我想，退订");
    check("啊？", "啊");
    check("啊？刚才没说啊", "啊。刚才没说啊");
    check("额嗯，好", "好");
    check("哎呀，太贵", "哎呀，太贵");
}

#[test]
fn stammers_go() {
    check("我我我们", "我们");
    check("那个那个违违约金", "那个违约金");
    check("就是……就是提前", "就是提前");
    check("受……受理好了", "受理好了");
    check("呃，是、是那个会员包", "是那个会员包");
    check("提提前解约", "提前解约");
    check("我，我不要", "我不要");
    check("呃，有一个……有一个合约", "有一个合约");
    check("我不要……要的话再说", "我不要，要的话再说");
    check("违违……违约金", "违约金");
    check("不不收钱", "不收钱");
}

#[test]
fn meant_repeats_stay() {
    for text in [
        "好好",
        "谢谢",
        "天天",
        "刚刚",
        "常常",
        "一一",
        "看看",
        "试试",
        "等等",
        "考虑考虑",
        "好的好的",
        "对对对",
        "是是是",
        "不不不",
        "可以可以",
        "一一零",
        "二二",
        "百分之八十八",
        "三三零零零零",
        "清清楚楚",
        "看看到期",
        "告诉我，我不办",
        "好，好，办",
        "八八折",
        "六个月，六个月",
        "你好你好",
    ] {
        check(text, text);
    }
}

#[test]
fn evidence_is_the_last_try() {
    let text = Normalised::of("那个，呃，我我要违违约金吗");
    assert_eq!(spelling(text.original()), "那个我要违约金吗");
    let (from, to) = text.original_range(4, 7);
    assert_eq!(text.quote(from, to), "违约金");
    let (from, to) = text.original_range(0, 4);
    assert_eq!(text.quote(from, to), "那个，呃，我我要");
}

#[test]
fn phrases_keep_every_character() {
    let phrase: String = Normalised::spelled("不不不，額，妳")
        .chars()
        .iter()
        .collect();
    assert_eq!(phrase, "不不不额你");
}

#[test]
fn questions_are_known_by_their_mark() {
    let asked = |text: &str| {
        let text = Normalised::of(text);
        let end = text.chars().len();
        (0..=end)
            .filter(|&at| text.question_before(at))
            .collect::<Vec<_>>()
    };
    assert_eq!(asked("是吗？好的。"), [2]);
    assert_eq!(asked("好吗?"), [2]);
    assert_eq!(asked("可以吗？呃，行吗？额"), [3, 5]);
    assert!(asked("好吗").is_empty());
    assert!(asked("？").is_empty());
}

#[test]
fn edges_are_breaks() {
    let text = Normalised::of("好的");
    assert!(text.sentence_break_before(0) && text.pause_before(0));
    assert!(!text.sentence_break_before(1) && !text.pause_before(1));
    assert!(text.sentence_break_before(2) && text.pause_before(2));
    assert_eq!(text.original_range(0, 99), (0, 2));
    assert_eq!(text.original_range(7, 9), (2, 2));
    assert_eq!(text.quote(1, 99), "的");
    assert_eq!(text.quote(9, 99), "");
}

/// Text as it comes: any Unicode, and speech full of what normalisation touches.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "我",
        "违",
        "违约金",
        "那个",
        "呃",
        "额",
        "嗯",
        "啊",
        "，",
        "。",
        "……",
        " ",
        "、",
        "好",
        "不",
        "一",
        "二",
        "1",
        "0",
        ".",
        ",",
        "%",
        "違",
        "妳",
        "Ａ",
        "受理",
        "受",
        "有一个",
        "就是",
        "！",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
    ]
}

#[test]
fn several_fillers_at_the_end() {
    assert_eq!(shown("额。额"), "");
    assert_eq!(shown("好。额。额"), shown("好。"));
}

proptest! {
    #[test]
    fn offsets_survive_any_text(text in any_text()) {
        let length = text.chars().count();
        for normalised in [Normalised::of(&text), Normalised::spelled(&text)] {
            let mut before = 0;
            for index in 0..normalised.chars().len() {
                let (from, to) = normalised.origin(index);
                prop_assert!(before <= from && from < to && to <= length);
                before = to;
            }
            prop_assert_eq!(normalised.original(), &text);
        }
    }

    #[test]
    fn quoted_evidence_is_a_slice(text in any_text(), from in 0_usize..50, size in 1_usize..20) {
        let normalised = Normalised::of(&text);
        let (begin, end) = normalised.original_range(from, from + size);
        prop_assert!(begin <= end && end <= text.chars().count());
        let expected: String = text.chars().skip(begin).take(end - begin).collect();
        prop_assert_eq!(normalised.quote(begin, end), expected);
        if from < normalised.chars().len() {
            prop_assert!(begin < end);
        }
    }

    #[test]
    fn what_is_kept_is_what_stood_there(text in any_text()) {
        let normalised = Normalised::of(&text);
        let spelled = Normalised::spelled(&text);
        for (index, &c) in normalised.chars().iter().enumerate() {
            let origin = normalised.origin(index);
            let same = (0..spelled.chars().len()).find(|&at| spelled.origin(at) == origin);
            prop_assert_eq!(same.map(|at| spelled.chars()[at]), Some(c));
        }
    }

    #[test]
    fn normal_text_stays_as_it_is(text in any_text()) {
        // Which spaces are pauses depends on how many there are.
        let once = shown(&text.replace(char::is_whitespace, ""));
        prop_assert_eq!(shown(&once), once);
    }

    #[test]
    fn spelling_does_not_depend_on_script_or_width(text in "[的了我您好月费0-9a-z]{0,12}") {
        let wide: String = text
            .chars()
            .map(|c| match c {
                '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
                '费' => '費',
                c => c,
            })
            .collect();
        prop_assert_eq!(spelling(&wide), spelling(&text));
    }
}
