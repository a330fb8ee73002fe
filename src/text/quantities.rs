//! Every value said in a text: numbers, money, durations, data volumes, percentages, dates.
//!
//! Owns the scan and the kinds with a single unit; money, durations and dates, which are said in
//! several parts, have modules of their own.

use super::{
    dates::{self, SpokenDate},
    decimal::Decimal,
    durations, money,
    normalise::Normalised,
    numerals::{Numeral, Reader, Style, is_counted, numeral, numeral_after_share},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueKind {
    Number,
    Money,
    Duration,
    Data,
    Percent,
    Date,
}

/// A value said in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    pub kind: ValueKind,
    /// Where it is said: half-open, in normalised characters.
    pub from: usize,
    pub to: usize,
    /// Number: itself. Money: yuan. Duration: seconds, a month as a twelfth of a year of
    /// 365.25 days. Data: MB, 1024 to the GB; a bandwidth of 500兆 is 500. Percent: per cent,
    /// 八折 is 80. Date: 0, see `date`. Of what is said roughly (二十多块, 七八个G) the lower bound.
    pub amount: Decimal,
    /// The parts of a date.
    pub date: Option<SpokenDate>,
}

/// All values in the text, ordered by start and then end. Ranges may nest: the number in a sum
/// of money is also listed as a number.
pub fn values(text: &Normalised) -> Vec<Value> {
    let reader = Reader(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = reader.at(at) {
        at = if may_begin(c) {
            value_at(reader, at, &mut found)
        } else {
            at + 1
        };
    }
    found.sort_by_key(|value| (value.from, value.to));
    found
}

/// The first characters of everything that is a value.
fn may_begin(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    matches!(
        c,
        '零' | '一'
            | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '七'
            | '八'
            | '九'
            | '十'
            | '百'
            | '千'
            | '万'
            | '幺'
            | '两'
            | '廿'
            | '卅'
            | '卌'
            | '壹'
            | '贰'
            | '叁'
            | '肆'
            | '伍'
            | '陆'
            | '柒'
            | '捌'
            | '玖'
            | '拾'
            | '点'
            | '半'
            | '俩'
            | '仨'
            | '块'
            | '毛'
            | '对'
            | '¥'
    ) || dates::may_begin(c)
}

/// Adds what is said at `from`, and returns where to go on.
fn value_at(reader: Reader, from: usize, found: &mut Vec<Value>) -> usize {
    let mut add = |kind, (amount, to): (Decimal, usize)| {
        found.push(Value {
            kind,
            from,
            to,
            amount,
            date: None,
        });
        to
    };
    let number = numeral(reader, from);
    if let Some((date, to)) = dates::date_at(reader, from, number) {
        found.push(Value {
            kind: ValueKind::Date,
            from,
            to,
            amount: Decimal::ZERO,
            date: Some(date),
        });
        return to;
    }
    if let Some(share) = share(reader, from, number) {
        return add(ValueKind::Percent, share);
    }
    if let Some(sum) = money::without_numeral(reader, from) {
        return add(ValueKind::Money, sum);
    }
    if let Some(length) = durations::without_numeral(reader, from) {
        return add(ValueKind::Duration, length);
    }
    if let Some(volume) = bandwidth_word(reader, from) {
        return add(ValueKind::Data, volume);
    }
    let Some(number) = number else {
        return from + 1;
    };
    let mut end = number.to;
    if is_meant(reader, from, &number) {
        add(ValueKind::Number, (number.amount, number.to));
    }
    if reader.before(from) == Some('第') {
        return end;
    }
    for (kind, measured) in [
        (ValueKind::Money, money::after(reader, from, &number)),
        (ValueKind::Duration, durations::after(reader, from, &number)),
        (ValueKind::Data, data(reader, from, &number)),
        (ValueKind::Percent, percent(reader, &number)),
    ] {
        if let Some(measured) = measured {
            end = end.max(add(kind, measured));
        }
    }
    end
}

/// Whether a digit is meant as a number, and is no part of another word (一下, 十分感谢, 万一).
fn is_meant(reader: Reader, from: usize, number: &Numeral) -> bool {
    if number.to != from + 1 {
        return true;
    }
    let next = reader.joined(number.to).unwrap_or(' ');
    let before = reader.before(from).unwrap_or(' ');
    match reader.at(from) {
        Some('一') => {
            !"下些样直定起般点共旦会切边致律向旁时再度方概同贯经而来系带味并路齐体".contains(next)
                && !"统唯万逐单专划均进".contains(before)
        }
        Some('十') => {
            !"分足几".contains(next) && !"几数".contains(before)
                || next == '分' && reader.joined_is(number.to + 1, "钟钱之")
        }
        Some('零') => !"售食钱头件散碎星距部用".contains(next),
        Some('四') => next != '川',
        Some('三') => next != '亚',
        Some('九') => next != '江',
        Some('幺') => false,
        _ => true,
    }
}

/// Skips 多, 来, 几, 余 between a number and its unit.
pub(super) fn after_roughly(reader: Reader, at: usize) -> usize {
    match reader.joined(at) {
        Some('多' | '来' | '几' | '余') => at + 1,
        _ => at,
    }
}

/// One digit after a unit that counts the next smaller unit without naming it: the 五 of 三块五,
/// but not the 一 of 三块一个G. Returns the digit and where it ends.
pub(super) fn digit_of_smaller_unit(reader: Reader, at: usize) -> Option<(u64, usize)> {
    let c = reader.joined(at)?;
    let digit = super::numerals::digit(c).filter(|&digit| digit > 0 && c != '幺')?;
    let ends = reader.joined(at + 1).is_none_or(|next| {
        // 一毛二一分钟: the second digit counts minutes.
        let counts = "一两".contains(next) && reader.joined(at + 2).is_some_and(is_counted);
        counts
            || super::numerals::digit(next).is_none()
                && super::numerals::multiplier(next).is_none()
                && !is_counted(next)
                && !"两点.折成倍回遍位家种样级项款档岁楼半刻".contains(next)
    });
    ends.then_some((digit.into(), at + 1))
}

/// 百分之三十, 百分百, 三分之一 (whole per cents rounded down to a millionth), 一半, 半价, 对折.
fn share(reader: Reader, from: usize, number: Option<Numeral>) -> Option<(Decimal, usize)> {
    let rest = |word: &str| word_at(reader, from, word);
    if let Some(to) = rest("百分百").or_else(|| rest("百分之百")) {
        return Some((Decimal::whole(100), to));
    }
    for (word, divisor) in [("百分之", 1), ("千分之", 10), ("万分之", 100)] {
        if let Some(share) = rest(word).and_then(|at| numeral_after_share(reader, at)) {
            return Some((share.amount.over(divisor), share.to));
        }
    }
    if let Some(to) = rest("半价").or_else(|| rest("对折")) {
        return Some((Decimal::whole(50), to));
    }
    if let Some(to) = rest("一半") {
        return (!reader.joined_is(to, "天年会儿个")).then_some((Decimal::whole(50), to));
    }
    let below = number?;
    let above = numeral(reader, reader.word(below.to, "分之")?)?;
    let divisor = below.amount.as_whole().filter(|&divisor| divisor > 1)?;
    Some((above.amount.times(100)?.over(divisor), above.to))
}

/// The index after `word` if it begins at `from`, whatever stands before it.
pub(super) fn word_at(reader: Reader, from: usize, word: &str) -> Option<usize> {
    let mut chars = word.chars();
    let first = chars.next()?;
    if reader.at(from)? != first {
        return None;
    }
    reader.word(from + 1, chars.as_str())
}

/// 30%, 三成, 八折, 八五折.
fn percent(reader: Reader, number: &Numeral) -> Option<(Decimal, usize)> {
    let to = number.to + 1;
    match reader.joined(number.to)? {
        '%' => Some((number.amount, to)),
        '‰' => Some((number.amount.over(10), to)),
        '成' => {
            let word = reader.joined_is(to, "功为员本交人立熟绩年分都天套了");
            let tenths = number.amount.as_whole()? < 10;
            (tenths && !word).then(|| Some((number.amount.times(10)?, to)))?
        }
        '折' if number.amount < Decimal::whole(10) => Some((number.amount.times(10)?, to)),
        '折' if number.amount < Decimal::whole(100) => Some((number.amount, to)),
        _ => None,
    }
}

const MB_PER_GB: u64 = 1024;

/// 20G, 二十个G, 500兆, 1.5TB, 128K. Not the fifth generation of 五G网络.
fn data(reader: Reader, from: usize, number: &Numeral) -> Option<(Decimal, usize)> {
    let mut at = after_roughly(reader, number.to);
    let counted = reader.word(at, "个");
    at = after_roughly(reader, counted.unwrap_or(at));
    let (unit, to) = [
        "gb",
        "gib",
        "g",
        "吉比特",
        "吉",
        "tb",
        "t",
        "mb",
        "mib",
        "m",
        "兆",
        "kb",
        "k",
    ]
    .into_iter()
    .find_map(|unit| Some((unit, reader.word(at, unit)?)))?;
    let is_latin = unit.is_ascii();
    if is_latin && reader.joined(to).is_some_and(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    if unit == "g" && counted.is_none() && is_generation(reader, from, number, to) {
        return None;
    }
    let amount = match unit.chars().next()? {
        'g' | '吉' => number.amount.times(MB_PER_GB)?,
        't' => number.amount.times(MB_PER_GB * MB_PER_GB)?,
        'k' => number.amount.over(1024),
        _ => number.amount,
    };
    Some((amount, to))
}

/// 四G, 五G套餐, 升到五G上: a generation of the network, when it is not clearly a volume.
fn is_generation(reader: Reader, from: usize, number: &Numeral, to: usize) -> bool {
    if !(2..=6).contains(&number.amount.as_whole().unwrap_or(0)) {
        return false;
    }
    let network = "网手套信卡时基智畅融升版似跑速覆消尊随终用号宽技业天加的尽商普";
    let next = reader.joined(to);
    let before = reader.before(from);
    next.is_some_and(|c| network.contains(c)) && reader.word(to, "的流量").is_none()
        || before.is_some_and(|c| "从到转换迁用升是由".contains(c))
}

/// 千兆, 百兆: bandwidths that have become words.
fn bandwidth_word(reader: Reader, from: usize) -> Option<(Decimal, usize)> {
    [("百兆", 100), ("千兆", 1000), ("万兆", 10_000)]
        .into_iter()
        .find_map(|(word, amount)| Some((Decimal::whole(amount), word_at(reader, from, word)?)))
}

impl Value {
    /// Whether the value was said digit by digit or in figures, as codes and telephone numbers
    /// are, with at least `digits` of them.
    pub fn is_code(&self, text: &Normalised, digits: usize) -> bool {
        self.kind == ValueKind::Number
            && numeral(Reader(text), self.from).is_some_and(|number| match number.style {
                Style::Digits(count) | Style::Sequence(count) => count >= digits,
                Style::Spoken => false,
            })
    }
}

#[cfg(test)]
#[path = "quantities_tests.rs"]
mod tests;
