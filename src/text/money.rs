//! Sums of money: 一百二十九元, 一块五, 三块二毛五, 两毛, 三分钱, 两厘九, 块把钱, ¥129.

use super::{
    decimal::Decimal,
    numerals::{Numeral, Reader, numeral},
    quantities::{after_roughly, digit_of_smaller_unit, word_at},
};

/// Millionths of a yuan.
const JIAO: u64 = 100_000;
const FEN: u64 = 10_000;
const LI: u64 = 1000;

/// The sum whose first number is `number`, beginning at `from`: yuan, and where it ends.
pub(super) fn after(reader: Reader, from: usize, number: &Numeral) -> Option<(Decimal, usize)> {
    let at = after_roughly(reader, number.to);
    let to = at + 1;
    match reader.joined(at)? {
        '块' if !is_no_coin(reader, from, number, to) => Some(yuan(reader, number, to)),
        '元' | '圆' if !reader.joined_is(to, "旦宝素件老") => Some(yuan(reader, number, to)),
        '毛' | '角' if !reader.joined_is(to, "病度色落笔巾") => {
            let sum = number.amount.times(JIAO)?.over(1_000_000);
            let (more, to) = smaller(reader, to, &[("分", FEN)], FEN);
            Some((sum.plus(more), after_word(reader, to, "钱")))
        }
        '分' if is_cent(reader, from, number, to) => {
            let sum = number.amount.times(FEN)?.over(1_000_000);
            let (more, to) = smaller(reader, to, &[("厘", LI)], LI);
            Some((sum.plus(more), after_word(reader, to, "钱")))
        }
        '厘' if !reader.joined_is(to, "米") => {
            let sum = number.amount.times(LI)?.over(1_000_000);
            let (more, to) = smaller(reader, to, &[], LI / 10);
            Some((sum.plus(more), after_word(reader, to, "钱")))
        }
        _ => None,
    }
}

/// 块把钱, 毛把钱, ¥129.
pub(super) fn without_numeral(reader: Reader, from: usize) -> Option<(Decimal, usize)> {
    if reader.at(from)? == '¥' {
        reader.joined(from + 1)?;
        let number = numeral(reader, from + 1)?;
        return Some((number.amount, after_word(reader, number.to, "元")));
    }
    // 一块 begins with its numeral, so that 块 is met here only where none stands before it.
    [("块把钱", 1_000_000), ("毛把钱", JIAO)]
        .into_iter()
        .find_map(|(word, sum)| Some((Decimal::millionths(sum), word_at(reader, from, word)?)))
}

/// What follows 块 or 元: 五, 五毛, 五毛二, 零五, 半, 钱.
fn yuan(reader: Reader, number: &Numeral, at: usize) -> (Decimal, usize) {
    let whole = number.amount;
    if let Some(to) = reader.word(at, "钱") {
        return (whole, to);
    }
    if reader.joined_is(at, "半") && !reader.joined_is(at + 1, "年个天月小价") {
        let half = Decimal::millionths(500_000);
        return (whole.plus(half), after_word(reader, at + 1, "钱"));
    }
    if let Some((cents, to)) = reader
        .word(at, "零")
        .and_then(|at| digit_of_smaller_unit(reader, at).or_else(|| digit_before(reader, at, '分')))
    {
        let to = cent_word(reader, to).unwrap_or(to);
        return (whole.plus(Decimal::millionths(cents * FEN)), to);
    }
    let (more, to) = smaller(reader, at, &[("毛", JIAO), ("角", JIAO), ("分", FEN)], JIAO);
    (whole.plus(more), after_word(reader, to, "钱"))
}

/// A digit with one of these units, or without any: then it counts `unnamed`. After 毛 more
/// may follow.
fn smaller(reader: Reader, at: usize, units: &[(&str, u64)], unnamed: u64) -> (Decimal, usize) {
    for &(unit, millionths) in units {
        let name = unit.chars().next().unwrap_or(' ');
        let Some((digit, end)) = digit_before(reader, at, name) else {
            continue;
        };
        let to = match name {
            '分' => match cent_word(reader, end) {
                Some(to) => to,
                None => continue,
            },
            _ => end + 1,
        };
        let sum = Decimal::millionths(digit * millionths);
        if millionths == JIAO {
            let (more, to) = smaller(reader, to, &[("分", FEN)], FEN);
            return (sum.plus(more), to);
        }
        return (sum, to);
    }
    match digit_of_smaller_unit(reader, at) {
        Some((digit, to)) => (Decimal::millionths(digit * unnamed), to),
        None => two_digits(reader, at, unnamed).unwrap_or((Decimal::ZERO, at)),
    }
}

/// 三块二五 is 3.25.
fn two_digits(reader: Reader, at: usize, unnamed: u64) -> Option<(Decimal, usize)> {
    if unnamed != JIAO {
        return None;
    }
    let tenths = super::numerals::chinese_digit(reader.joined(at)?)?;
    let (hundredths, to) = digit_of_smaller_unit(reader, at + 1)?;
    let millionths = u64::from(tenths) * JIAO + hundredths * FEN;
    (tenths > 0).then_some((Decimal::millionths(millionths), to))
}

/// A digit that stands right before this unit: its value and the index of the unit.
fn digit_before(reader: Reader, at: usize, unit: char) -> Option<(u64, usize)> {
    let c = reader.joined(at)?;
    let digit = match c {
        '两' => 2,
        c => super::numerals::digit(c)?,
    };
    (reader.joined(at + 1)? == unit).then_some((digit.into(), at + 1))
}

/// The index after 分 at `at`, unless it begins another word (分钟).
fn cent_word(reader: Reader, at: usize) -> Option<usize> {
    let to = reader.word(at, "分")?;
    (!reader.joined_is(to, NOT_AFTER_CENT)).then_some(to)
}

const NOT_AFTER_CENT: &str =
    "钟之店公成期行组量享开类析配布数满为给好机局部厂管校队段手别明多个半辨";

fn after_word(reader: Reader, at: usize, word: &str) -> usize {
    reader.word(at, word).unwrap_or(at)
}

/// 一块儿, 一块办理: together. 这一块: in this matter.
fn is_no_coin(reader: Reader, from: usize, number: &Numeral, to: usize) -> bool {
    let next = reader.joined(to);
    if next == Some('儿') {
        return true;
    }
    let one = number.to == from + 1 && reader.at(from) == Some('一');
    if !one {
        return false;
    }
    if reader.before(from).is_some_and(|c| "这那哪".contains(c)) {
        return next != Some('钱');
    }
    next.is_some_and(|c| {
        super::numerals::digit(c).is_none()
            && !"钱半两多每的都也不左以起封吧吗呢啊呀嘛零".contains(c)
    })
}

/// 分 is a cent, a minute, a mark or a part; a cent only where money is spoken of.
fn is_cent(reader: Reader, from: usize, number: &Numeral, to: usize) -> bool {
    if reader.joined_is(to, "钱") {
        return true;
    }
    let one = number.amount == Decimal::ONE;
    if reader.joined_is(to, NOT_AFTER_CENT)
        || reader
            .before(from)
            .is_some_and(|c| "第满打评十百".contains(c))
        || number.amount >= Decimal::whole(10)
    {
        return false;
    }
    if one {
        return true;
    }
    let mut at = from;
    while at > 0 && from - at < 8 && !reader.0.sentence_break_before(at) {
        at -= 1;
        if reader.at(at).is_some_and(|c| "兆每毛收费价".contains(c)) {
            return true;
        }
    }
    false
}
