use proptest::prelude::*;

use super::*;
use crate::text::When;

/// Kind, words and amount of every value but the bare numbers.
fn check(text: &str, expected: &[&str]) {
    assert_eq!(
        shown(text, |kind| kind != ValueKind::Number),
        expected,
        "{text}"
    );
}

fn check_numbers(text: &str, expected: &[&str]) {
    assert_eq!(
        shown(text, |kind| kind == ValueKind::Number),
        expected,
        "{text}"
    );
}

fn shown(text: &str, keep: impl Fn(ValueKind) -> bool) -> Vec<String> {
    let text = Normalised::of(text);
    values(&text)
        .into_iter()
        .filter(|value| keep(value.kind))
        .map(|value| {
            let (from, to) = text.original_range(value.from, value.to);
            let words = text.quote(from, to);
            let amount = match (value.kind, value.amount.as_whole()) {
                (ValueKind::Number, _) => value.amount.to_string(),
                (ValueKind::Date, _) => written(value.date.expect("a date has parts")),
                (ValueKind::Duration, Some(seconds)) => length(seconds),
                (ValueKind::Duration, None) => format!("{}s", value.amount),
                (ValueKind::Money, _) => format!("¥{}", value.amount),
                (ValueKind::Data, _) => format!("{}MB", value.amount),
                (ValueKind::Percent, _) => format!("{}%", value.amount),
            };
            format!("{words}={amount}")
        })
        .collect()
}

fn length(seconds: u64) -> String {
    for (unit, name) in [
        (crate::text::YEAR_SECONDS, "y"),
        (crate::text::MONTH_SECONDS, "mo"),
        (crate::text::DAY_SECONDS, "d"),
        (crate::text::HOUR_SECONDS, "h"),
        (crate::text::MINUTE_SECONDS, "min"),
    ] {
        if seconds.is_multiple_of(unit) {
            return format!("{}{name}", seconds / unit);
        }
    }
    format!("{seconds}s")
}

fn written(date: SpokenDate) -> String {
    let when = |name: &str, when: Option<When>| match when {
        Some(When::Is(n)) => format!("{name}{n} "),
        Some(When::After(n)) => format!("{name}{n:+} "),
        Some(When::Last) => format!("{name}last "),
        None => String::new(),
    };
    let weekday = date.weekday.map_or(String::new(), |day| format!("w{day}"));
    [
        when("y", date.year),
        when("m", date.month),
        when("week", date.week),
        when("d", date.day),
        weekday,
    ]
    .concat()
    .trim_end()
    .to_owned()
}

#[test]
fn money() {
    check("升到一百二十九元", &["一百二十九元=¥129"]);
    check("129元", &["129元=¥129"]);
    check("每月 129 元", &["129 元=¥129"]);
    check("￥129", &["￥129=¥129"]);
    check("十块钱三十G", &["十块钱=¥10", "三十G=30720MB"]);
    check("一块五", &["一块五=¥1.5"]);
    check("一块五毛钱", &["一块五毛钱=¥1.5"]);
    check("一块零五分", &["一块零五分=¥1.05"]);
    check("三块二毛五", &["三块二毛五=¥3.25"]);
    check("九块九毛九", &["九块九毛九=¥9.99"]);
    check("三块半", &["三块半=¥3.5"]);
    check("一百零三块五，您", &["一百零三块五=¥103.5"]);
    check("九块九用三个月", &["九块九=¥9.9", "三个月=3mo"]);
    check("19块9", &["19块9=¥19.9"]);
    check("15元8个G", &["15元=¥15", "8个G=8192MB"]);
    check("30元2个G", &["30元=¥30", "2个G=2048MB"]);
    check("9.9元", &["9.9元=¥9.9"]);
    check("三分钱", &["三分钱=¥0.03"]);
    check("每兆三分", &["三分=¥0.03"]);
    check("每兆两分九", &["两分九=¥0.029"]);
    check("每兆两厘九", &["两厘九=¥0.0029"]);
    check("一兆二毛九", &["一兆=1MB", "二毛九=¥0.29"]);
    check("零点零三元", &["零点零三元=¥0.03"]);
    check("0.03元", &["0.03元=¥0.03"]);
    check("两毛", &["两毛=¥0.2"]);
    check("一毛五一分钟", &["一毛五=¥0.15", "一分钟=1min"]);
    check("一毛二一分钟", &["一毛二=¥0.12", "一分钟=1min"]);
    check("一角五分", &["一角五分=¥0.15"]);
    check("块把钱", &["块把钱=¥1"]);
    check("二十多块", &["二十多块=¥20"]);
    check("三十几块钱", &["三十几块钱=¥30"]);
    check("五块一个G", &["五块=¥5", "一个G=1024MB"]);
    check("三块一G", &["三块=¥3", "一G=1024MB"]);
    check("二十块一百个G", &["二十块=¥20", "一百个G=102400MB"]);
    check(
        "一天一块钱八百兆",
        &["一天=1d", "一块钱=¥1", "八百兆=800MB"],
    );
    check("一千块", &["一千块=¥1000"]);
    check("1.2万元", &["1.2万元=¥12000"]);
    check("三万五块", &["三万五块=¥35000"]);
    check("一分都不收", &["一分=¥0.01"]);
    check("扣一分。", &["一分=¥0.01"]);
    check("十块五分钟", &["十块=¥10", "五分钟=5min"]);
    check("五十九块一个月", &["五十九块=¥59", "一个月=1mo"]);
    check("六百块两年", &["六百块=¥600", "两年=2y"]);
}

#[test]
fn no_money() {
    for text in [
        "一块儿装",
        "一块办理",
        "这一块呢",
        "十分感谢",
        "满分十分",
        "百分之一百零",
        "一角色",
        "元旦",
        "毛病",
        "第一分公司",
        "打三分",
    ] {
        let money = shown(text, |kind| kind == ValueKind::Money);
        assert!(money.is_empty(), "{text}: {money:?}");
    }
}

#[test]
fn durations() {
    check("三个月", &["三个月=3mo"]);
    check("两年", &["两年=2y"]);
    check("二十四个月", &["二十四个月=2y"]);
    check("24个月", &["24个月=2y"]);
    check("分二十四期", &["二十四期=2y"]);
    check("半年", &["半年=6mo"]);
    check("半个月", &["半个月=21915min"]);
    check("一年半", &["一年半=18mo"]);
    check("一个半小时", &["一个半小时=90min"]);
    check("俩月", &["俩月=2mo"]);
    check("两个多月", &["两个多月=2mo"]);
    check("24小时之内", &["24小时=1d"]);
    check("四十八小时", &["四十八小时=2d"]);
    check("三到五个工作日", &["五个工作日=5d"]);
    check("十五日内", &["十五日=15d"]);
    check("一年零三个月", &["一年零三个月=15mo"]);
    check("两年二十四个月", &["两年=2y", "二十四个月=2y"]);
    check("一小时二十分钟", &["一小时二十分钟=80min"]);
    check("七八天", &["七八天=7d"]);
    check("五百分钟", &["五百分钟=500min"]);
    check("两个星期", &["两个星期=14d"]);
    check("三年合约", &["三年=3y"]);
    check("一百二十天", &["一百二十天=120d"]);
    check("第二年", &[]);
    check("第三个月", &[]);
}

#[test]
fn data() {
    check("20G", &["20G=20480MB"]);
    check("二十个G", &["二十个G=20480MB"]);
    check("四十GB", &["四十GB=40960MB"]);
    check("二十个吉", &["二十个吉=20480MB"]);
    check("500兆", &["500兆=500MB"]);
    check("一千兆宽带", &["一千兆=1000MB"]);
    check("千兆宽带", &["千兆=1000MB"]);
    check("一百八十五G", &["一百八十五G=189440MB"]);
    check("1.5TB", &["1.5TB=1572864MB"]);
    check("降到128K", &["128K=0.125MB"]);
    check("七八个G", &["七八个G=7168MB"]);
    check("三百多兆", &["三百多兆=300MB"]);
    check("含五G流量", &["五G=5120MB"]);
    check("三十个G的流量", &["三十个G=30720MB"]);
}

#[test]
fn generations_are_no_volumes() {
    for text in [
        "四G跑得跟二G似的",
        "五G手机",
        "迁到五G上去",
        "5G套餐",
        "把四G套餐迁到五G上",
        "5G网络",
    ] {
        check(text, &[]);
    }
}

#[test]
fn percents() {
    check("百分之三十", &["百分之三十=30%"]);
    check("30%", &["30%=30%"]);
    check("百分之三点五", &["百分之三点五=3.5%"]);
    check("百分之百", &["百分之百=100%"]);
    check("百分百能办", &["百分百=100%"]);
    check("千分之五", &["千分之五=0.5%"]);
    check("打八折", &["八折=80%"]);
    check("打八五折", &["八五折=85%"]);
    check("打8.5折", &["8.5折=85%"]);
    check("便宜一半", &["一半=50%"]);
    check("半价", &["半价=50%"]);
    check("三分之一", &["三分之一=33.333333%"]);
    check("返三成", &["三成=30%"]);
    check("一成功就通知您", &[]);
}

#[test]
fn dates() {
    check("次月一号生效", &["次月一号=m+1 d1"]);
    check("下个月一号", &["下个月一号=m+1 d1"]);
    check("下个月1号", &["下个月1号=m+1 d1"]);
    check("下月初", &["下月初=m+1 d1"]);
    check("下个账期", &["下个账期=m+1"]);
    check("本月底", &["本月底=m+0 dlast"]);
    check("月底到期", &["月底=m+0 dlast"]);
    check("2026年3月", &["2026年3月=y2026 m3"]);
    check(
        "二零二六年三月十五号",
        &["二零二六年三月十五号=y2026 m3 d15"],
    );
    check("二三年六月", &["二三年六月=y2023 m6"]);
    check("2026-03-01", &["2026-03-01=y2026 m3 d1"]);
    check("2026/3/1起", &["2026/3/1=y2026 m3 d1"]);
    check("2026.03.01", &["2026.03.01=y2026 m3 d1"]);
    check("到二零二八年，", &["二零二八年=y2028"]);
    check("十二月底", &["十二月底=m12 dlast"]);
    check("明年六月底", &["明年六月底=y+1 m6 dlast"]);
    check("年底", &["年底=y+0 m12 dlast"]);
    check("三十一号零点", &["三十一号=d31"]);
    check("二十五号之前", &["二十五号=d25"]);
    check("明天零点", &["明天=d+1"]);
    check("第二天自动生效", &["第二天=d+1"]);
    check("周三上门", &["周三=w3"]);
    check("下周一", &["下周一=week+1 w1"]);
    check("一周一次", &["一周=7d"]);
    check("三月租", &[]);
    check("工号五零二六号", &[]);
    check("二号线", &[]);
    check("证明年限", &[]);
}

#[test]
fn numbers() {
    check_numbers("一百二十九块", &["一百二十九=129"]);
    check_numbers("五十九，一个月", &["五十九=59", "一=1"]);
    check_numbers("五十九一个月", &["五十九=59", "一=1"]);
    check_numbers("六百两年", &["六百=600", "两=2"]);
    check_numbers("三百六一年", &["三百六=360", "一=1"]);
    check_numbers("存两百送一百", &["两百=200", "一百=100"]);
    check_numbers("工号五零二六", &["五零二六=5026"]);
    check_numbers("打一零零八六", &["一零零八六=10086"]);
    check_numbers("您等一下，一共十分方便，万一呢", &[]);
    check_numbers("20 30", &["20=20", "30=30"]);
    check_numbers("一，二", &["一=1", "二=2"]);
    check_numbers("下午三点五十", &["三=3", "五十=50"]);
}

#[test]
fn codes() {
    let code = |text: &str| {
        let text = Normalised::of(text);
        values(&text).iter().any(|value| value.is_code(&text, 4))
    };
    assert!(code("验证码是三五七二零八"));
    assert!(code("验证码是357208"));
    assert!(!code("一百二十九块"));
    assert!(!code("三千五百二十块"));
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "一",
        "二",
        "五",
        "九",
        "十",
        "百",
        "千",
        "万",
        "零",
        "点",
        "半",
        "两",
        "俩",
        "1",
        "20",
        ".",
        "-",
        "/",
        "块",
        "元",
        "毛",
        "分",
        "厘",
        "钱",
        "个",
        "月",
        "年",
        "号",
        "天",
        "小时",
        "G",
        "兆",
        "%",
        "折",
        "成",
        "百分之",
        "第",
        "下个月",
        "底",
        "周",
        "，",
        " ",
        "多",
        "¥",
        "之",
        "把",
        "一下",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat()),
    ]
}

proptest! {
    #[test]
    fn values_lie_within_any_text(text in any_text()) {
        let text = Normalised::of(&text);
        let mut before = 0;
        for value in values(&text) {
            prop_assert!(before <= value.from && value.from < value.to);
            prop_assert!(value.to <= text.chars().len());
            prop_assert_eq!(value.date.is_some(), value.kind == ValueKind::Date);
            before = value.from;
        }
    }

    #[test]
    fn a_sum_is_the_same_in_words_and_figures(yuan in 1_u64..100_000) {
        let words = format!("收{}元", crate::text::write_number(yuan));
        let figures = format!("收{yuan}元");
        for text in [words, figures] {
            let text = Normalised::of(&text);
            let sums: Vec<_> = values(&text)
                .into_iter()
                .filter(|value| value.kind == ValueKind::Money)
                .map(|value| value.amount)
                .collect();
            prop_assert_eq!(sums, [Decimal::whole(yuan)]);
        }
    }
}
