//! Exact amounts: 0.03 yuan is three hundredths, not the nearest double.

use std::fmt;

/// A number of at least zero with at most six decimals, up to about 10^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    millionths: u128,
}

const ONE: u128 = 1_000_000;

/// Numbers of more digits are no amounts but strings of digits.
const MAX_WHOLE: u128 = 10_u128.pow(24);

impl Decimal {
    pub const ZERO: Decimal = Decimal { millionths: 0 };
    pub const ONE: Decimal = Decimal { millionths: ONE };

    pub const fn whole(n: u64) -> Decimal {
        Decimal {
            millionths: n as u128 * ONE,
        }
    }

    /// `n` millionths.
    pub const fn millionths(n: u64) -> Decimal {
        Decimal {
            millionths: n as u128,
        }
    }

    /// Reads `129`, `0.03`. `None` for anything else, more than six decimals or 24 digits.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || text.ends_with('.') {
            return None;
        }
        Decimal::of_digits(
            whole.bytes().map(|byte| byte - b'0'),
            part.bytes().map(|byte| byte - b'0'),
        )
    }

    /// The number that these digits, each 0 … 9, write before and after the point.
    pub(super) fn of_digits(
        whole: impl Iterator<Item = u8>,
        part: impl Iterator<Item = u8>,
    ) -> Option<Decimal> {
        let mut sum = 0_u128;
        for digit in whole {
            sum = sum * 10 + u128::from(digit);
            if sum > MAX_WHOLE {
                return None;
            }
        }
        sum *= ONE;
        let mut weight = ONE;
        for digit in part {
            weight /= 10;
            if weight == 0 {
                return None;
            }
            sum += weight * u128::from(digit);
        }
        Some(Decimal { millionths: sum })
    }

    /// The whole number, if it is one.
    pub fn as_whole(self) -> Option<u64> {
        (self.millionths % ONE == 0)
            .then_some(self.millionths / ONE)
            .and_then(|whole| u64::try_from(whole).ok())
    }

    /// The nearest double, for display and statistics; compare the exact values instead.
    pub fn to_f64(self) -> f64 {
        self.millionths as f64 / ONE as f64
    }

    /// `None` beyond the largest amount.
    pub(super) fn times(self, factor: u64) -> Option<Decimal> {
        let millionths = self.millionths.checked_mul(u128::from(factor))?;
        (millionths <= MAX_WHOLE * ONE).then_some(Decimal { millionths })
    }

    /// Rounded down to a millionth.
    pub(super) fn over(self, divisor: u64) -> Decimal {
        Decimal {
            millionths: self.millionths / u128::from(divisor.max(1)),
        }
    }

    pub(super) fn plus(self, other: Decimal) -> Decimal {
        Decimal {
            millionths: self.millionths + other.millionths,
        }
    }
}

impl From<u64> for Decimal {
    fn from(n: u64) -> Decimal {
        Decimal::whole(n)
    }
}

/// As few decimals as say it exactly: `129`, `0.03`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (whole, part) = (self.millionths / ONE, self.millionths % ONE);
        if part == 0 {
            return f.pad(&whole.to_string());
        }
        let part = format!("{part:06}");
        f.pad(&format!("{whole}.{}", part.trim_end_matches('0')))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes() {
        for text in ["0", "129", "0.03", "9.9", "0.0029", "1000000000000"] {
            assert_eq!(Decimal::parse(text).expect(text).to_string(), text);
        }
        for text in ["", ".", "1.", ".5", "1.2.3", "-1", "一", "1e3", "0.0000001"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse(&"9".repeat(40)), None);
        assert_eq!(format!("{:>5}", Decimal::whole(12)), "   12");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(n in any::<u64>()) {
            let decimal = Decimal::millionths(n);
            prop_assert_eq!(Decimal::parse(&decimal.to_string()), Some(decimal));
        }

        #[test]
        fn order_is_that_of_numbers(a in any::<u32>(), b in any::<u32>()) {
            let (x, y) = (Decimal::millionths(a.into()), Decimal::millionths(b.into()));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.plus(y), Decimal::millionths(u64::from(a) + u64::from(b)));
        }
    }
}
