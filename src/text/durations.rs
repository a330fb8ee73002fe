//! Lengths of time: 两年, 二十四个月, 一年半, 半年, 俩月, 二十四小时, 三个工作日, 二十四期.
//!
//! In seconds. Calendar units have fixed lengths here so that 两年 and 二十四个月 are the same:
//! a year is 365.25 days and a month a twelfth of it.

use super::{
    decimal::Decimal,
    numerals::{Numeral, Reader, Style, numeral},
    quantities::{after_roughly, word_at},
};

pub const MINUTE_SECONDS: u64 = 60;
pub const HOUR_SECONDS: u64 = 3600;
pub const DAY_SECONDS: u64 = 86_400;
pub const MONTH_SECONDS: u64 = 2_629_800;
pub const YEAR_SECONDS: u64 = 31_557_600;

/// Units that follow a number; those that need 个 in between, or may have it, are written out.
/// Longer ones first where one begins like another.
const UNITS: [(&str, u64); 34] = [
    ("个工作日", DAY_SECONDS),
    ("工作日", DAY_SECONDS),
    ("个自然日", DAY_SECONDS),
    ("个计费周期", MONTH_SECONDS),
    ("个账期", MONTH_SECONDS),
    ("个季度", 3 * MONTH_SECONDS),
    ("季度", 3 * MONTH_SECONDS),
    ("个自然月", MONTH_SECONDS),
    ("个整月", MONTH_SECONDS),
    ("个月", MONTH_SECONDS),
    ("周年", YEAR_SECONDS),
    ("个年头", YEAR_SECONDS),
    ("整年", YEAR_SECONDS),
    ("年", YEAR_SECONDS),
    ("个星期", 7 * DAY_SECONDS),
    ("星期", 7 * DAY_SECONDS),
    ("个礼拜", 7 * DAY_SECONDS),
    ("礼拜", 7 * DAY_SECONDS),
    ("个周", 7 * DAY_SECONDS),
    ("周", 7 * DAY_SECONDS),
    ("天", DAY_SECONDS),
    ("个小时", HOUR_SECONDS),
    ("小时", HOUR_SECONDS),
    ("个钟头", HOUR_SECONDS),
    ("钟头", HOUR_SECONDS),
    ("个钟", HOUR_SECONDS),
    ("刻钟", 15 * MINUTE_SECONDS),
    ("分钟", MINUTE_SECONDS),
    ("分半钟", MINUTE_SECONDS),
    ("秒钟", 1),
    ("秒", 1),
    ("日", DAY_SECONDS),
    ("月", MONTH_SECONDS),
    ("期", MONTH_SECONDS),
];

/// The duration whose first number is `number`, beginning at `from`: seconds, and where it ends.
pub(super) fn after(reader: Reader, from: usize, number: &Numeral) -> Option<(Decimal, usize)> {
    let (mut seconds, mut unit, mut to) = one(reader, from, number)?;
    // 一年零三个月, 一小时二十分钟: smaller units, each less than one of the larger.
    loop {
        let begin = reader
            .word(to, "零")
            .or_else(|| reader.word(to, "又"))
            .unwrap_or(to);
        let Some(part) = reader.joined(begin).and_then(|_| numeral(reader, begin)) else {
            return Some((seconds, to));
        };
        let Some((more, smaller, end)) = one(reader, begin, &part) else {
            return Some((seconds, to));
        };
        if more >= Decimal::whole(unit) {
            return Some((seconds, to));
        }
        (seconds, unit, to) = (seconds.plus(more), smaller, end);
    }
}

/// One number with its unit: seconds, the unit's seconds, and where it ends.
fn one(reader: Reader, from: usize, number: &Numeral) -> Option<(Decimal, u64, usize)> {
    let at = after_roughly(reader, number.to);
    if let Some((unit, to)) = half_between(reader, at) {
        let half = Decimal::whole(unit).over(2);
        return Some((number.amount.times(unit)?.plus(half), unit, to));
    }
    let (name, unit, mut to) = UNITS.into_iter().find_map(|(name, unit)| {
        // 两个多月: the rough word may stand inside.
        let to = reader.word(at, name).or_else(|| {
            let rest = name.strip_prefix('个')?;
            let inside = reader.word(at, "个")?;
            reader.word(after_roughly(reader, inside), rest)
        })?;
        Some((name, unit, to))
    })?;
    if !is_length(reader, from, number, name, to) {
        return None;
    }
    let mut seconds = number.amount.times(unit)?;
    if name == "分半钟" {
        seconds = seconds.plus(Decimal::whole(unit).over(2));
    } else if matches!(name, "年" | "天" | "周" | "小时" | "个小时" | "分钟")
        && reader.joined_is(to, "半")
        && !reader.joined_is(to + 1, "价年个天月小折")
    {
        seconds = seconds.plus(Decimal::whole(unit).over(2));
        to += 1;
    }
    Some((seconds, unit, to))
}

/// 个半月, 个半小时.
fn half_between(reader: Reader, at: usize) -> Option<(u64, usize)> {
    let at = reader.word(at, "个半")?;
    [
        ("月", MONTH_SECONDS),
        ("小时", HOUR_SECONDS),
        ("钟头", HOUR_SECONDS),
        ("钟", HOUR_SECONDS),
    ]
    .into_iter()
    .find_map(|(name, unit)| Some((unit, reader.word(at, name)?)))
}

/// Units that are also other things: 二零二六年 is a date, 三月 a month's name, 第一期 an issue.
fn is_length(reader: Reader, from: usize, number: &Numeral, name: &str, to: usize) -> bool {
    match name {
        "年" => {
            let year = match number.style {
                Style::Digits(4) | Style::Sequence(2 | 4) => number
                    .amount
                    .as_whole()
                    .is_some_and(|n| n >= 1900 || n < 100),
                _ => false,
            };
            !year && !reader.joined_is(to, "级龄轻纪底初份")
        }
        "周" => !reader.joined_is(to, "岁边到"),
        "天" => !reader.joined_is(to, "津"),
        "日" => {
            reader.joined_is(to, "内游")
                || reader.word(to, "之内").is_some()
                || reader.word(to, "以内").is_some()
        }
        // 两 counts and never names a month.
        "月" => matches!(reader.at(from), Some('两' | '俩' | '仨')) && number.to == from + 1,
        "期" => matches!(
            number.amount.as_whole(),
            Some(2 | 3 | 6 | 9 | 10 | 12 | 18 | 24 | 30 | 36)
        ),
        _ => true,
    }
}

/// 半年, 半个月, 俩月, 仨小时.
pub(super) fn without_numeral(reader: Reader, from: usize) -> Option<(Decimal, usize)> {
    let things = match reader.at(from)? {
        '半' => return half(reader, from),
        '俩' => 2,
        '仨' => 3,
        _ => return None,
    };
    let number = Numeral {
        amount: Decimal::whole(things),
        to: from + 1,
        style: Style::Spoken,
    };
    // 俩 holds its 个 already: 俩月, 俩小时.
    let (seconds, _, to) = one(reader, from, &number)?;
    Some((seconds, to))
}

fn half(reader: Reader, from: usize) -> Option<(Decimal, usize)> {
    [
        ("半年", YEAR_SECONDS),
        ("半个月", MONTH_SECONDS),
        ("半个多月", MONTH_SECONDS),
        ("半月", MONTH_SECONDS),
        ("半天", DAY_SECONDS),
        ("半日", DAY_SECONDS),
        ("半个小时", HOUR_SECONDS),
        ("半小时", HOUR_SECONDS),
        ("半个钟头", HOUR_SECONDS),
        ("半个钟", HOUR_SECONDS),
        ("半分钟", MINUTE_SECONDS),
    ]
    .into_iter()
    .find_map(|(word, unit)| Some((Decimal::whole(unit).over(2), word_at(reader, from, word)?)))
}
