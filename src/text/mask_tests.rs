use proptest::prelude::*;

use super::*;
use crate::text::write_number;

fn check(text: &str, expected: &str) {
    assert_eq!(mask(text), expected);
}

fn check_stays(text: &str) {
    assert_eq!(mask(text), text);
}

#[test]
fn telephone_numbers() {
    check("打13800138000", "打＊＊＊＊＊＊＊＊＊00");
    check("打１３８００１３８０００", "打＊＊＊＊＊＊＊＊＊００");
    check("幺三八零零幺三八零零零", "＊＊＊＊＊＊＊＊＊零零");
    check("138 0013 8000", "＊＊＊＊＊＊＊＊＊＊＊00");
    check(
        "幺三八，零零幺三，八零零零。",
        "＊＊＊＊＊＊＊＊＊＊＊零零。",
    );
    check(
        "幺三八，呃，零零幺三八零零零",
        "＊＊＊＊＊＊＊＊＊＊＊＊零零",
    );
    check("0531-88886666", "＊＊＊＊＊＊＊＊＊＊＊66");
    check("400-820-8820", "＊＊＊＊＊＊＊＊＊＊20");
    check("电话88886666", "电话＊＊＊＊＊＊66");
    check(
        "一 三 八 零 零 一 三 八 零 零 零",
        "＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊ 零",
    );
    check(
        "幺三八两零幺三八零零零三十块",
        "＊＊＊＊＊＊＊＊＊零零三十块",
    );
    check("+86 13800138000", "+＊＊＊＊＊＊＊＊＊＊＊＊00");
}

#[test]
fn identity_and_cards() {
    check("11010519491231002X", "＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊2X");
    check(
        "身份证110105 19491231 002X号",
        "身份证＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊2X号",
    );
    check(
        "6228480402564890018",
        "＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊18",
    );
    check(
        "6228 4804 0256 4890 018",
        "＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊18",
    );
    check("订单1234567", "订单＊＊＊＊＊67");
}

#[test]
fn secrets() {
    check("验证码是四七二九幺幺", "验证码是＊＊＊＊＊＊");
    check("密码123456。", "密码＊＊＊＊＊＊。");
    check_stays("验证码是一零零八六发的");
    check_stays("密码忘了。尾号3327");
    check_stays("密码是六位的");
}

#[test]
fn what_stays() {
    for text in [
        "一百二十九元",
        "129.00元",
        "1234567元",
        "¥1234567",
        "二零二六年三月一号",
        "2026-03-01 12:30:45",
        "20260301",
        "工号五零二六",
        "工号是5026，尾号3327",
        "打10086，或者10010、10000",
        "一零零八六",
        "1500，2000，300",
        "20 30 50 100",
        "一、二、三、四、五、六、七",
        "没有数字",
        "",
    ] {
        check_stays(text);
    }
}

#[test]
fn staff_number_before_a_telephone_number() {
    check("工号5026，13800138000", "工号5026，＊＊＊＊＊＊＊＊＊00");
}

fn longest_digit_run(text: &str) -> usize {
    text.split(|c| digit(c).is_none())
        .map(|run| run.chars().count())
        .max()
        .unwrap_or(0)
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "1",
        "138",
        "0",
        "13800138000",
        "幺三八",
        "零",
        "八八",
        "-",
        " ",
        "，",
        "呃",
        "X",
        "工号",
        "密码",
        "两",
        "的",
        "。",
        "1234567",
        "110105",
        "洞",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat()),
    ]
}

proptest! {
    #[test]
    fn length_stays_and_no_long_run_is_left(text in any_text()) {
        let masked = mask(&text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        let dates = text.split(|c| digit(c).is_none()).any(|run| {
            is_date(&run.chars().filter_map(digit).collect::<Vec<_>>())
        });
        let sums = text.contains(['元', '块', '万', '亿', '¥', '$']);
        prop_assert!(dates || sums || longest_digit_run(&masked) < ALWAYS_HIDDEN, "{}", masked);
    }

    #[test]
    fn only_covered_characters_change(text in any_text()) {
        let ranges = mask_ranges(&text);
        let mut before = 0;
        for &(from, to) in &ranges {
            prop_assert!(before <= from && from < to && to <= text.chars().count());
            before = to;
        }
        for (at, (old, new)) in text.chars().zip(mask(&text).chars()).enumerate() {
            let covered = ranges.iter().any(|&(from, to)| from <= at && at < to);
            prop_assert_eq!(new, if covered { COVER } else { old });
        }
    }

    #[test]
    fn every_mobile_number_is_covered(digits in "1[3-9][0-9]{9}", separator in "[ -]?", before in "[的号是，]{0,3}") {
        let spoken: String = digits
            .bytes()
            .map(|digit| "零幺二三四五六七八九".chars().nth(usize::from(digit - b'0')).unwrap())
            .collect();
        let parts = format!("{}{separator}{}{separator}{}", &digits[..3], &digits[3..7], &digits[7..]);
        for number in [digits, spoken, parts] {
            let text = format!("{before}{number}");
            let masked = mask(&text);
            let shown = masked.chars().filter(|&c| digit(c).is_some()).count();
            prop_assert_eq!(shown, SHOWN, "{}", masked);
        }
    }

    #[test]
    fn amounts_stay(yuan in 0_u64..=1_000_000_000_000, small in 0_u64..1_000_000_000) {
        let spoken = format!("一共{}元", write_number(yuan));
        prop_assert_eq!(mask(&spoken), spoken.as_str());
        let figures = format!("一共{small}元");
        prop_assert_eq!(mask(&figures), figures.as_str());
    }
}
