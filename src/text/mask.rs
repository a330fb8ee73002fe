//! What must not be shown or heard: telephone, identity and card numbers, passwords and codes.
//!
//! Works on any text as it stands, before or without normalisation, so that logs and reports can
//! pass through it. Numbers count whether in figures or said digit by digit (幺三八零零…). A string
//! of seven or more digits is hidden even if nothing is known about it: an order number hidden is
//! a smaller loss than a customer's number shown. Amounts, dates, 工号 and short service numbers
//! (10086) stay.

use std::borrow::Cow;

/// Digits from which a string of them is hidden whatever it is.
const ALWAYS_HIDDEN: usize = 7;

/// Characters at the end of a hidden number that stay, so that two numbers can be told apart.
const SHOWN: usize = 2;

const COVER: char = '＊';

/// Digits that stand together, as a half-open range of characters.
struct Chunk {
    from: usize,
    to: usize,
    /// Each 0 … 9; 10 for the X that may end an identity number.
    digits: Vec<u8>,
    /// Whether all of them are said in Chinese.
    spoken: bool,
}

/// What separates two chunks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    /// Spaces or hyphens: 138 0013 8000, 0531-88886666.
    Tight,
    /// Commas and fillers: 幺三八，呃，零零幺三.
    Loose,
    /// Anything else: another number.
    Apart,
}

/// The text with every number that must not be shown covered by ＊, except its last two
/// characters (passwords and codes wholly). Has as many characters as before.
pub fn mask(text: &str) -> Cow<'_, str> {
    let ranges = mask_ranges(text);
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut hidden = ranges.into_iter().peekable();
    let masked = text
        .chars()
        .enumerate()
        .map(|(at, c)| {
            while hidden.next_if(|&(_, to)| to <= at).is_some() {}
            match hidden.peek() {
                Some(&(from, _)) if from <= at => COVER,
                _ => c,
            }
        })
        .collect();
    Cow::Owned(masked)
}

/// What [`mask`] covers, as half-open ranges of characters in rising order.
pub fn mask_ranges(text: &str) -> Vec<(usize, usize)> {
    if !may_hold_number(text) {
        return Vec::new();
    }
    let chars: Vec<char> = text.chars().collect();
    let chunks = chunks(&chars);
    let mut ranges = Vec::new();
    let mut next = 0;
    while next < chunks.len() {
        let chunk = &chunks[next];
        let count = number_of_chunks(&chars, &chunks[next..]);
        if count > 0 {
            let last = &chunks[next + count - 1];
            ranges.push((chunk.from, last.to - SHOWN));
        } else if is_secret(&chars, chunk) {
            ranges.push((chunk.from, chunk.to));
        }
        next += count.max(1);
    }
    ranges
}

/// Whether the text holds as many digits as the shortest secret, wherever they stand.
fn may_hold_number(text: &str) -> bool {
    text.chars()
        .filter(|&c| digit(c).is_some())
        .nth(SHORTEST_SECRET - 1)
        .is_some()
}

fn digit(c: char) -> Option<u8> {
    Some(match c {
        '0'..='9' => c as u8 - b'0',
        '０'..='９' => (c as u32 - '０' as u32) as u8,
        '零' | '〇' => 0,
        '一' | '幺' | '壹' => 1,
        '二' | '贰' | '貳' => 2,
        '三' | '叁' | '叄' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return c.to_digit(10).map(|digit| digit as u8),
    })
}

/// Words that are digits only among digits: 两 for 2, and the radio operator's 洞 拐 勾.
fn digit_among_digits(c: char) -> Option<u8> {
    Some(match c {
        '两' | '兩' => 2,
        '洞' => 0,
        '拐' => 7,
        '勾' => 9,
        _ => return None,
    })
}

fn is_figure(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

fn chunks(chars: &[char]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if digit(chars[at]).is_none() {
            at += 1;
            continue;
        }
        let from = at;
        let mut digits = Vec::new();
        while let Some(&c) = chars.get(at) {
            let among = |c| {
                let next = chars.get(at + 1).copied().and_then(digit);
                digit_among_digits(c).filter(|_| next.is_some())
            };
            let Some(value) = digit(c).or_else(|| among(c)) else {
                break;
            };
            digits.push(value);
            at += 1;
        }
        // The last digit of 零零零三十 begins the amount thirty.
        let mut to = at;
        if chars.get(at).is_some_and(|&c| "十百千拾佰仟".contains(c)) && !is_figure(chars[at - 1])
        {
            digits.pop();
            to -= 1;
        } else if digits.len() >= 3 && is_final_x(&chars[at..]) {
            digits.push(10);
            at += 1;
            to = at;
        }
        if !digits.is_empty() {
            let spoken = !chars[from..to].iter().any(|&c| is_figure(c));
            chunks.push(Chunk {
                from,
                to,
                digits,
                spoken,
            });
        }
    }
    chunks
}

/// The check character of an identity number, when nothing goes on after it.
fn is_final_x(rest: &[char]) -> bool {
    matches!(rest, ['x' | 'X' | 'ｘ' | 'Ｘ', after @ ..]
        if !after.first().is_some_and(|c| c.is_ascii_alphanumeric()))
}

/// How many of these chunks, from the first on, make one number to hide; 0 if none does.
fn number_of_chunks(chars: &[char], chunks: &[Chunk]) -> usize {
    let first = &chunks[0];
    if is_staff_number(chars, first) {
        return 0;
    }
    let gaps: Vec<Gap> = chunks
        .windows(2)
        .take(LONGEST - 1)
        .map(|pair| gap(&chars[pair[0].to..pair[1].from]))
        .take_while(|&gap| gap != Gap::Apart)
        .collect();
    let joined = |count: usize| -> Vec<u8> {
        let digits = chunks[..count].iter().flat_map(|chunk| &chunk.digits);
        digits.copied().collect()
    };
    let known = (1..=gaps.len() + 1).rev().find(|&count| {
        let loose = gaps[..count - 1].contains(&Gap::Loose);
        // Amounts in figures are listed with commas: 1500，2000，300.
        let may_be_loose =
            chunks[..count].iter().all(|chunk| chunk.spoken) || matches!(first.digits.len(), 3 | 7);
        (!loose || may_be_loose)
            && is_known_number(&joined(count))
            && !is_amount(chars, &chunks[..count])
    });
    if let Some(count) = known {
        return count;
    }
    let tight = 1 + gaps.iter().take_while(|&&gap| gap == Gap::Tight).count();
    let alike = |count: usize| {
        let sizes = || chunks[..count].iter().map(|chunk| chunk.digits.len());
        sizes().all(|size| size >= 3) || sizes().all(|size| size == 1)
    };
    (1..=tight)
        .rev()
        .find(|&count| {
            joined(count).len() >= ALWAYS_HIDDEN
                && (count == 1 || alike(count))
                && !is_amount(chars, &chunks[..count])
                && !(count == 1 && is_date(&first.digits))
        })
        .unwrap_or(0)
}

/// The most chunks that are tried as one number, enough for digits one by one.
const LONGEST: usize = 24;

fn gap(between: &[char]) -> Gap {
    if between.len() > 4 {
        return Gap::Apart;
    }
    between
        .iter()
        .map(|&c| match c {
            '-' | '－' | '‐' | '–' | '—' | '(' | ')' | '（' | '）' => Gap::Tight,
            c if c.is_whitespace() => Gap::Tight,
            ',' | '，' | '、' | '…' | '.' | '呃' | '嗯' | '额' | '啊' => Gap::Loose,
            _ => Gap::Apart,
        })
        .max()
        .unwrap_or(Gap::Apart)
}

/// Mobile, 400 and area-code telephone numbers, identity numbers, bank cards.
fn is_known_number(digits: &[u8]) -> bool {
    match digits {
        [1, 3..=9, ..] if digits.len() == 11 => true,
        [8, 6, 1, 3..=9, ..] if digits.len() == 13 => true,
        [4 | 8, 0, 0, ..] if digits.len() == 10 => true,
        [0, 1..=9, ..] if (10..=12).contains(&digits.len()) => true,
        _ => match digits.len() {
            15 => is_date(&[&[1, 9], &digits[6..12]].concat()),
            18 if is_identity(digits) => true,
            13..=19 => digits[0] != 0 && !digits.contains(&10) && is_card(digits),
            _ => false,
        },
    }
}

/// The check digit of GB 11643-1999.
fn is_identity(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = WEIGHTS
        .iter()
        .zip(digits)
        .map(|(weight, &digit)| weight * u32::from(digit))
        .sum();
    (12 - sum % 11) % 11 == u32::from(digits[17])
}

/// Luhn's check of ISO/IEC 7812.
fn is_card(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// 20260301.
fn is_date(digits: &[u8]) -> bool {
    let &[a, b, c, d, e, f, g, h] = digits else {
        return false;
    };
    let two = |tens: u8, ones: u8| u32::from(tens) * 10 + u32::from(ones);
    let year = two(a, b) * 100 + two(c, d);
    (1900..=2100).contains(&year) && (1..=12).contains(&two(e, f)) && (1..=31).contains(&two(g, h))
}

/// 1234567元: a sum, unless it has more digits than any.
fn is_amount(chars: &[char], chunks: &[Chunk]) -> bool {
    let [only] = chunks else {
        return false;
    };
    let before = only.from.checked_sub(1).map(|at| chars[at]);
    let after = chars.get(only.to).copied();
    let money = matches!(before, Some('¥' | '￥' | '$'))
        || matches!(
            after,
            Some('元' | '圆' | '块' | '塊' | '万' | '萬' | '亿' | '億')
        );
    money && only.digits.len() <= 9
}

/// 工号5026, 工号是五零二六.
fn is_staff_number(chars: &[char], chunk: &Chunk) -> bool {
    let before: String = chars[chunk.from.saturating_sub(5)..chunk.from]
        .iter()
        .collect();
    (1..=6).contains(&chunk.digits.len()) && (before.contains("工号") || before.contains("工號"))
}

/// The fewest digits of a password.
const SHORTEST_SECRET: usize = 4;

/// A password or code that was just asked for or told: 验证码是四七二九幺幺.
fn is_secret(chars: &[char], chunk: &Chunk) -> bool {
    let size = chunk.digits.len();
    let short_service_number = size == 5 && matches!(chunk.digits[..2], [1, 0 | 2] | [9, 5 | 6]);
    let counts = chars
        .get(chunk.to)
        .is_some_and(|&c| "年月日号元块位个分".contains(c));
    if size < SHORTEST_SECRET || short_service_number || counts || is_staff_number(chars, chunk) {
        return false;
    }
    let near = &chars[chunk.from.saturating_sub(10)..chunk.from];
    let sentence = near
        .rsplit(|&c| "。！？!?；;\n".contains(c))
        .next()
        .unwrap_or(near);
    let sentence: String = sentence.iter().collect();
    ["密码", "密碼", "验证码", "驗證碼", "校验码", "安全码"]
        .iter()
        .any(|word| sentence.contains(word))
}

#[cfg(test)]
mod tests {
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
}
