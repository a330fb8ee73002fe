//! Numerals with 十 百 千 万 亿, of Chinese digits or figures or both: 一百零五, 三万五, 12万5.

use super::{
    decimal::Decimal,
    numerals::{Numeral, Reader, Style, about, chinese_digit, digit, is_counted, multiplier},
};

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
pub(super) fn spoken(reader: Reader, index: usize) -> Option<Numeral> {
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

fn tens_in_one(c: char) -> Option<u64> {
    Some(match c {
        '廿' => 20,
        '卅' => 30,
        '卌' => 40,
        _ => return None,
    })
}
