use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &str) {
    let seen = read_number(text).map(|number| number.to_string());
    assert_eq!(seen.as_deref().unwrap_or("-"), expected, "{text}");
}

#[test]
fn as_people_say_them() {
    check("零", "0");
    check("十", "10");
    check("十五", "15");
    check("一十五", "15");
    check("一百零五", "105");
    check("一百一十", "110");
    check("一百一", "110");
    check("一百十五", "115");
    check("一百二十九", "129");
    check("二百五", "250");
    check("二百五十", "250");
    check("两千", "2000");
    check("一千零五", "1005");
    check("一千二", "1200");
    check("一千二百五", "1250");
    check("三万五", "35000");
    check("三万零五", "30005");
    check("三万零五百", "30500");
    check("十二万三千四百五十六", "123456");
    check("一亿五", "150000000");
    check("一亿零五千", "100005000");
    check("三千万", "30000000");
    check("一万亿", "1000000000000");
    check("一百万五千", "1005000");
    check("廿", "20");
    check("廿五", "25");
    check("卅一", "31");
    check("一百廿八", "128");
    check("壹佰贰拾玖", "129");
    check("貳萬", "20000");
}

#[test]
fn decimals_and_shares() {
    check("三点五", "3.5");
    check("点五", "0.5");
    check("零点零三", "0.03");
    check("一百二十九点九", "129.9");
    check("一点二万", "12000");
    check("百分之三十", "0.3");
    check("百分之三点五", "0.035");
    check("百分之百", "1");
    check("千分之五", "0.005");
}

#[test]
fn digits() {
    check("129", "129");
    check("0.03", "0.03");
    check("１２９", "129");
    check("1,000", "1000");
    check("1.2万", "12000");
    check("3千5百", "3500");
    check("3千5", "3500");
    check("12万5", "125000");
    check("1万2000", "12000");
    check("1.5亿", "150000000");
}

#[test]
fn digit_by_digit() {
    check("幺三八零零幺三八零零零", "13800138000");
    check("二零二六", "2026");
    check("一〇〇八六", "10086");
    check("八五", "85");
    check("零零五", "5");
    check("幺", "1");
}

#[test]
fn about_so_many_is_the_lower() {
    check("七八十", "70");
    check("三四百", "300");
    check("一两百", "100");
    check("一百二三十", "120");
}

#[test]
fn no_numbers() {
    for text in [
        "",
        "万",
        "百",
        "千万",
        "万一",
        "一个",
        "好",
        "三百四百",
        "一百零",
        "1.2.3",
        "五块",
        "六百两年",
        "点",
        "点点",
        "三点",
        "20 30",
        "一，二",
        "a1",
    ] {
        check(text, "-");
    }
}

#[test]
fn written_as_said() {
    for (n, expected) in [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (22, "二十二"),
        (105, "一百零五"),
        (110, "一百一十"),
        (222, "两百二十二"),
        (2000, "两千"),
        (20_000, "两万"),
        (30_500, "三万零五百"),
        (35_000, "三万五千"),
        (100_000, "十万"),
        (120_015, "十二万零一十五"),
        (200_000_000, "两亿"),
        (100_005_000, "一亿零五千"),
        (110_000_000, "一亿一千万"),
        (1_000_000_000_000, "一万亿"),
    ] {
        assert_eq!(write_number(n), expected);
    }
}

fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..=1_000_000_000_000,
        0_u64..=100_000,
        // Few digits that are not zero: where 零 and 万 and 亿 are easily lost.
        (0_u64..10_000, 0_u32..9).prop_map(|(n, zeros)| n * 10_u64.pow(zeros)),
        (0_u64..=10_000, 0_u64..10_000).prop_map(|(a, b)| a * 100_000_000 + b),
    ]
    .prop_map(|n| n.min(1_000_000_000_000))
}

proptest! {
    #[test]
    fn written_and_read_it_is_the_same(n in any_number()) {
        prop_assert_eq!(read_number(&write_number(n)), Some(Decimal::whole(n)));
    }

    #[test]
    fn figures_read_the_same(n in any_number()) {
        prop_assert_eq!(read_number(&n.to_string()), Some(Decimal::whole(n)));
    }

    #[test]
    fn cheques_read_the_same(n in any_number()) {
        let formal: String = write_number(n)
            .chars()
            .map(|c| match "一二三四五六七八九十百千两".chars().position(|plain| plain == c) {
                Some(at) => "壹贰叁肆伍陆柒捌玖拾佰仟贰".chars().nth(at).unwrap(),
                None => c,
            })
            .collect();
        prop_assert_eq!(read_number(&formal), Some(Decimal::whole(n)));
    }

    #[test]
    fn a_last_digit_may_be_short(digit in 3_u64..=9, above in 1_u64..=9, power in 2_u32..=4) {
        let n = above * 10_u64.pow(power) + digit * 10_u64.pow(power - 1);
        let mut short = write_number(n);
        short.pop();
        prop_assert_eq!(read_number(&short), Some(Decimal::whole(n)), "{}", short);
    }

    #[test]
    fn digit_by_digit_reads_the_same(digits in "[0-9]{3,20}") {
        let said: String = digits.chars().map(|c| DIGITS[c as usize - '0' as usize]).collect();
        prop_assert_eq!(read_number(&said), Decimal::parse(&digits), "{}", said);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "[零一二三四五六七八九十百千万亿两点0-9.,廿个年块 ，]{0,16}") {
        let normalised = Normalised::of(&text);
        for from in 0..normalised.chars().len() {
            if let Some(numeral) = numeral(Reader(&normalised), from) {
                prop_assert!(from < numeral.to && numeral.to <= normalised.chars().len());
            }
        }
    }
}
