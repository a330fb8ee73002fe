//! Numerals as people say and write them: 一百二十九, 129, 1.2万, 二百五, 三万五, 幺三八零零, 三点五.
//!
//! Owns the grammar of one numeral and its inverse ([`write_number`]). What the number counts
//! is the matter of [`super::quantities`].

use super::{decimal::Decimal, normalise::Normalised};

/// A numeral at some place of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numeral {
    pub amount: Decimal,
    /// Where it ends, as an index of normalised characters.
    pub to: usize,
    pub style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// 129, 0.03, with so many digits in all.
    Digits(usize),
    /// 二零二六, digit by digit, with so many digits.
    Sequence(usize),
    /// 一百二十九, 三点五, 1.2万.
    Spoken,
}

/// The characters of a text as the number grammars read them: what a pause separates does not
/// belong to one number.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub &'a Normalised);

impl Reader<'_> {
    pub fn at(self, index: usize) -> Option<char> {
        self.0.chars().get(index).copied()
    }

    pub fn before(self, index: usize) -> Option<char> {
        self.joined(index)?;
        self.at(index.checked_sub(1)?)
    }

    /// The character at `index`, if nothing separates it from the one before it. A space does
    /// so between two digits only (20 30, but 129 元).
    pub fn joined(self, index: usize) -> Option<char> {
        let c = self.at(index)?;
        let separate = self.0.pause_before(index)
            || c.is_ascii_digit()
                && self.0.space_before(index)
                && self.0.chars()[index - 1].is_ascii_digit();
        (!separate).then_some(c)
    }

    /// The index after `word`, if it stands at `index`, joined to what is before.
    pub fn word(self, index: usize, word: &str) -> Option<usize> {
        let mut at = index;
        for c in word.chars() {
            if self.joined(at)? != c {
                return None;
            }
            at += 1;
        }
        Some(at)
    }

    pub fn joined_is(self, index: usize, any_of: &str) -> bool {
        self.joined(index).is_some_and(|c| any_of.contains(c))
    }
}

/// Reads one numeral that is the whole string; 百分之三十 is 0.3.
pub fn read_number(text: &str) -> Option<Decimal> {
    let text = Normalised::spelled(text);
    let reader = Reader(&text);
    let length = text.chars().len();
    for (words, parts) in [("百分之", 100), ("千分之", 1000), ("万分之", 10_000)] {
        if reader.at(0) == words.chars().next()
            && reader.word(1, &words['百'.len_utf8()..]).is_some()
        {
            let share = numeral_after_share(reader, 3).filter(|share| share.to == length)?;
            return Some(share.amount.over(parts));
        }
    }
    let numeral = numeral(reader, 0)?;
    (numeral.to == length).then_some(numeral.amount)
}

/// What stands after 百分之: a numeral, or 百 for all of it.
pub(super) fn numeral_after_share(reader: Reader, index: usize) -> Option<Numeral> {
    reader.joined(index)?;
    numeral(reader, index).or_else(|| {
        (reader.at(index) == Some('百')).then_some(Numeral {
            amount: Decimal::whole(100),
            to: index + 1,
            style: Style::Spoken,
        })
    })
}

/// The longest numeral that begins at `index`.
pub(super) fn numeral(reader: Reader, index: usize) -> Option<Numeral> {
    if reader.at(index)? == '点' {
        return leading_point(reader, index);
    }
    let whole = sequence(reader, index).or_else(|| spoken(reader, index))?;
    Some(with_decimals(reader, whole))
}

/// The value of a digit said in Chinese, 幺 and the forms of cheques included; not 两.
pub(super) fn chinese_digit(c: char) -> Option<u8> {
    Some(match c {
        '零' => 0,
        '一' | '幺' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// A digit of either script.
pub(super) fn digit(c: char) -> Option<u8> {
    chinese_digit(c).or_else(|| c.to_digit(10).map(|digit| digit as u8))
}

pub(super) fn multiplier(c: char) -> Option<u64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

fn tens_in_one(c: char) -> Option<u64> {
    Some(match c {
        '廿' => 20,
        '卅' => 30,
        '卌' => 40,
        _ => return None,
    })
}

/// What 一 counts when it stands before it: in 五十九一个月, 一 belongs to the month.
pub(super) fn is_counted(c: char) -> bool {
    "个年月天日周次条分秒小块元毛角人户张部台号期季兆吉gmtk".contains(c)
}

/// 点五, where a number can begin and nothing else is meant by 点 (有点, 点一下).
fn leading_point(reader: Reader, index: usize) -> Option<Numeral> {
    let (part, to) = decimals(reader, index + 1)?;
    let begins = reader.0.pause_before(index)
        || reader
            .before(index)
            .is_some_and(|c| "每收按扣之打才约乘".contains(c));
    let ends = reader
        .joined(to)
        .is_none_or(|c| "折元块毛兆g%倍".contains(c));
    (begins && ends).then_some(Numeral {
        amount: part,
        to,
        style: Style::Spoken,
    })
}

/// Digits after a point, and where they end.
fn decimals(reader: Reader, index: usize) -> Option<(Decimal, usize)> {
    let mut to = index;
    while reader.joined(to).and_then(digit).is_some() {
        to += 1;
    }
    let digits = (index..to).filter_map(|at| reader.at(at).and_then(digit));
    if to == index {
        return None;
    }
    Some((Decimal::of_digits(std::iter::empty(), digits)?, to))
}

/// Adds 点五, and 万 or 亿 after it, to a whole number. 八点半, 三点五十, 两点一刻 are times of day.
fn with_decimals(reader: Reader, whole: Numeral) -> Numeral {
    let Some((part, mut to)) = reader
        .word(whole.to, "点")
        .and_then(|at| decimals(reader, at))
    else {
        return whole;
    };
    let one_thing = to == whole.to + 2
        && reader.at(to - 1) == Some('一')
        && reader.joined(to).is_some_and(is_counted);
    let of_a_clock = match reader.joined(to) {
        Some('十' | '百' | '千' | '刻' | '半') => true,
        Some('分') => !reader.joined_is(to + 1, "钱之"),
        _ => false,
    };
    if one_thing || of_a_clock || whole.amount.as_whole().is_none() {
        return whole;
    }
    let mut amount = whole.amount.plus(part);
    while let Some(more) = reader.joined(to).and_then(multiplier)
        && let Some(product) = amount.times(more)
    {
        amount = product;
        to += 1;
    }
    Numeral {
        amount,
        to,
        style: Style::Spoken,
    }
}

/// Two or more digits said one by one: 二零二六, 幺三八, 八五.
fn sequence(reader: Reader, index: usize) -> Option<Numeral> {
    let is_digit = |at: usize, c: Option<char>| {
        c.and_then(chinese_digit).is_some() && (at == index || reader.joined(at).is_some())
    };
    let mut to = index;
    while is_digit(to, reader.at(to)) {
        to += 1;
    }
    let after = reader.joined(to);
    let last = reader.at(to.checked_sub(1)?);
    if after.and_then(multiplier).is_some()
        || last == Some('一') && begins_next_count(after, to - index)
    {
        // The last digit begins something of its own.
        to -= 1;
    }
    let length = to.saturating_sub(index);
    if length < 2 || length == 2 && about(reader, index) {
        return None;
    }
    let digits = (index..to).filter_map(|at| reader.at(at).and_then(chinese_digit));
    Some(Numeral {
        amount: Decimal::of_digits(digits, std::iter::empty())?,
        to,
        style: Style::Sequence(length),
    })
}

/// 三九一个月 is 39 a month, but 二零二一年 is a year and 三八一号 a number.
fn begins_next_count(after: Option<char>, length: usize) -> bool {
    match after {
        Some('年') => length < 4,
        Some(c) => "个天次条g".contains(c),
        None => false,
    }
}

/// 七八个, 三四百, 两三回: two neighbouring digits for a number between.
fn about(reader: Reader, index: usize) -> bool {
    let Some(next) = reader.joined(index + 1) else {
        return false;
    };
    let neighbours = match (reader.at(index), next) {
        (Some('一'), '两') | (Some('两'), '三') => true,
        (Some(first), next) => match (chinese_digit(first), chinese_digit(next)) {
            (Some(a), Some(b)) => a > 0 && b == a + 1,
            _ => false,
        },
        _ => false,
    };
    let ends = reader.joined(index + 2).is_some_and(|c| {
        multiplier(c).is_some() || is_counted(c) || "回遍位家种样折成".contains(c)
    });
    // 二三年六月 is a year.
    let year = reader.joined_is(index + 2, "年")
        && !reader.joined_is(index + 1, "两")
        && reader.at(index) != Some('两')
        && reader
            .joined(index + 3)
            .is_some_and(|c| digit(c).is_some() || "十底初".contains(c));
    neighbours && ends && !year
}

/// A number under construction, read from the left.
#[derive(Default)]
struct Sum {
    /// What came before 亿, and between 亿 and 万, already multiplied.
    hundred_millions: Decimal,
    ten_thousands: Decimal,
    /// What came since 万 or 亿.
    section: Decimal,
    /// The smallest of 十 百 千 said since 万 or 亿.
    smallest: Option<u64>,
    /// The last multiplier of all, unless 零 was said after it.
    last: Option<u64>,
    began: bool,
    pending: Option<Pending>,
}

/// A digit or a figure that waits for its multiplier.
#[derive(Clone, Copy)]
struct Pending {
    value: Decimal,
    at: usize,
    /// One digit that may stand for the next lower place: 二百五.
    can_be_short: bool,
    is_two_things: bool,
}

/// A numeral with multipliers, or a single digit or figure.
fn spoken(reader: Reader, index: usize) -> Option<Numeral> {
    let mut sum = Sum::default();
    let mut at = index;
    let mut figures = None;
    while let Some(c) = if at == index {
        reader.at(at)
    } else {
        reader.joined(at)
    } {
        let next = if c == '零' {
            sum.zero(reader, at)
        } else if c.is_ascii_digit() {
            sum.figures(reader, at).inspect(|&to| {
                if at == index {
                    figures = Some(to - at);
                }
            })
        } else if c == '两' || chinese_digit(c).is_some() {
            sum.digit(reader, at, c)
        } else if let Some(tens) = tens_in_one(c) {
            sum.tens(tens).then_some(at + 1)
        } else if let Some(by) = multiplier(c) {
            match sum.multiply(by) {
                true => {
                    figures = None;
                    Some(at + 1)
                }
                // The digit before it begins a number of its own.
                false => {
                    if let Some(pending) = sum.pending.take() {
                        at = pending.at;
                    }
                    None
                }
            }
        } else {
            None
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    let to = sum.finish(reader, at);
    if to <= index {
        return None;
    }
    Some(Numeral {
        amount: sum.total(),
        to,
        style: figures.map_or(Style::Spoken, Style::Digits),
    })
}

impl Sum {
    /// 零 inside a number (一百零五), or alone.
    fn zero(&mut self, reader: Reader, at: usize) -> Option<usize> {
        if self.pending.is_some() {
            return None;
        }
        if self.began {
            let next = reader.joined(at + 1)?;
            let goes_on = next == '两'
                || digit(next).is_some_and(|digit| digit > 0)
                || multiplier(next) == Some(10);
            return goes_on.then(|| {
                self.last = None;
                at + 1
            });
        }
        self.wait_for_multiplier(Decimal::ZERO, at, false);
        Some(at + 1)
    }

    fn digit(&mut self, reader: Reader, at: usize, c: char) -> Option<usize> {
        if self.pending.is_some() {
            return None;
        }
        let value = chinese_digit(c).unwrap_or(2);
        let size = if about(reader, at) { 2 } else { 1 };
        self.wait_for_multiplier(Decimal::whole(value.into()), at, c != '两');
        if let Some(pending) = &mut self.pending {
            pending.is_two_things = c == '两';
        }
        Some(at + size)
    }

    /// A figure with digits: 129, 0.5, and the 1.2 of 1.2万.
    fn figures(&mut self, reader: Reader, at: usize) -> Option<usize> {
        if self.pending.is_some() {
            return None;
        }
        let ends = |mut to: usize| {
            while reader.joined(to).is_some_and(|c| c.is_ascii_digit()) {
                to += 1;
            }
            to
        };
        let whole_end = ends(at + 1);
        let mut to = whole_end;
        if reader.joined(to) == Some('.') {
            to = ends(to + 1);
        }
        let digits =
            |from: usize, to: usize| (from..to).filter_map(move |at| reader.at(at).and_then(digit));
        let value = match Decimal::of_digits(digits(at, whole_end), digits(whole_end + 1, to)) {
            Some(value) => value,
            None if to > whole_end => {
                to = whole_end;
                Decimal::of_digits(digits(at, to), std::iter::empty())?
            }
            None => return None,
        };
        self.wait_for_multiplier(value, at, to == at + 1 && value > Decimal::ZERO);
        Some(to)
    }

    fn wait_for_multiplier(&mut self, value: Decimal, at: usize, can_be_short: bool) {
        self.began = true;
        self.pending = Some(Pending {
            value,
            at,
            can_be_short,
            is_two_things: false,
        });
    }

    /// 廿, 卅.
    fn tens(&mut self, tens: u64) -> bool {
        let fits = self.pending.is_none() && self.smallest.is_none_or(|smallest| smallest > 10);
        if fits {
            self.section = self.section.plus(Decimal::whole(tens));
            self.smallest = Some(10);
            self.last = Some(10);
            self.began = true;
        }
        fits
    }

    /// Takes in 十, 百, 千, 万 or 亿; `false` if it cannot stand here.
    fn multiply(&mut self, by: u64) -> bool {
        match by {
            10 | 100 | 1000 => self.multiply_digit(by),
            _ => self.multiply_section(by),
        }
    }

    fn multiply_digit(&mut self, by: u64) -> bool {
        let digit = match self.pending {
            Some(pending) if pending.value > Decimal::ZERO => pending.value,
            // 十五, 一百十五; but neither 百 nor 千 stands for one of them.
            None if by == 10 && self.last.is_none_or(|last| last > 10) => Decimal::ONE,
            _ => return false,
        };
        if self.smallest.is_some_and(|smallest| smallest <= by) {
            return false;
        }
        let Some(product) = digit.times(by) else {
            return false;
        };
        self.section = self.section.plus(product);
        self.smallest = Some(by);
        self.said(by)
    }

    fn multiply_section(&mut self, by: u64) -> bool {
        let mut section = self.section;
        if let Some(pending) = self.pending {
            section = section.plus(pending.value);
        }
        if by > 10_000 {
            section = section.plus(self.ten_thousands);
        }
        let taken = if by > 10_000 {
            self.hundred_millions
        } else {
            self.ten_thousands
        };
        if section == Decimal::ZERO || taken > Decimal::ZERO {
            return false;
        }
        let Some(product) = section.times(by) else {
            return false;
        };
        if by > 10_000 {
            self.hundred_millions = product;
            self.ten_thousands = Decimal::ZERO;
        } else {
            self.ten_thousands = product;
        }
        self.section = Decimal::ZERO;
        self.smallest = None;
        self.said(by)
    }

    fn said(&mut self, by: u64) -> bool {
        self.pending = None;
        self.last = Some(by);
        self.began = true;
        true
    }

    /// Settles what still waits for a multiplier, and returns where the number ends.
    fn finish(&mut self, reader: Reader, to: usize) -> usize {
        let Some(pending) = self.pending.take() else {
            return to;
        };
        let Some(last) = self.last else {
            self.section = self.section.plus(pending.value);
            return to;
        };
        let one_of_next = pending.value == Decimal::ONE
            && reader.at(pending.at) == Some('一')
            && reader
                .joined(to)
                .is_some_and(|c| is_counted(c) && !"块元".contains(c));
        // 六百两年 is two numbers, and so is 一百一个月.
        if pending.is_two_things || last > 10 && one_of_next {
            return pending.at;
        }
        let value = if pending.can_be_short && last > 10 {
            pending.value.times(last / 10)
        } else if pending.value < Decimal::whole(last) {
            Some(pending.value)
        } else {
            None
        };
        let Some(value) = value else {
            return pending.at;
        };
        self.section = self.section.plus(value);
        to
    }

    fn total(&self) -> Decimal {
        self.hundred_millions
            .plus(self.ten_thousands)
            .plus(self.section)
    }
}

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// Writes a number in Chinese as people say it: 十五, 一百零五, 两千, 三万五千, 一万亿.
///
/// Meant for 0 ..= 10^12; larger numbers are written with more 亿 than anybody says.
pub fn write_number(n: u64) -> String {
    let mut text = String::new();
    if n == 0 {
        text.push(DIGITS[0]);
    } else {
        write_above(n, None, &mut text);
    }
    text
}

/// `above` is the unit said before: what is less than a tenth of it needs 零 (一万零五百).
fn write_above(n: u64, above: Option<u64>, text: &mut String) {
    if above.is_some_and(|above| n < above / 10) {
        text.push(DIGITS[0]);
    }
    for (unit, name) in [(100_000_000, '亿'), (10_000, '万')] {
        if n >= unit {
            match n / unit {
                2 => text.push('两'),
                count => write_above(count, None, text),
            }
            text.push(name);
            if n % unit > 0 {
                write_above(n % unit, Some(unit), text);
            }
            return;
        }
    }
    write_section(n as usize, text);
}

/// Writes 1 … 9999.
fn write_section(n: usize, text: &mut String) {
    let mut zero = false;
    let mut rest = n;
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = rest / unit;
        rest %= unit;
        if digit == 0 {
            zero |= n > unit && rest > 0;
            continue;
        }
        if zero {
            text.push(DIGITS[0]);
            zero = false;
        }
        match (digit, unit) {
            (1, 10) if text.is_empty() => {}
            (2, 100 | 1000) => text.push('两'),
            _ => text.push(DIGITS[digit]),
        }
        text.push_str(name);
    }
}

#[cfg(test)]
#[path = "numerals_tests.rs"]
mod tests;
