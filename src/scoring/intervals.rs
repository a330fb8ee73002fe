//! How sure a rate is that was counted on a limited number of calls.

use serde::{Deserialize, Serialize};

/// The standard normal deviate of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Bounds of a rate, both within 0 … 1, `low` never above `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether at least one rate lies in both.
    pub fn overlaps(self, other: Interval) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The score interval of a binomial proportion; `None` when nothing was counted.
///
/// `successes` above `n` count as `n`. The formula is E. B. Wilson, "Probable inference, the law
/// of succession, and statistical inference", Journal of the American Statistical Association 22
/// (1927), 209–212, without continuity correction (method 3 of R. G. Newcombe, Statistics in
/// Medicine 17 (1998), 857–872, whose worked examples the tests repeat). Unlike the textbook
/// interval it stays within 0 … 1 and remains honest for few calls and for rates near 0 or 1.
pub fn wilson(successes: u64, n: u64, z: f64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    Some(wilson_share(
        successes.min(n) as f64 / n as f64,
        n as f64,
        z,
    ))
}

/// As [`wilson`], for a share (0 … 1) that was estimated, with the number of independent calls
/// that would tell as much (above 0): the *effective* number of a weighted sample. So recommended
/// for complex samples by C. Franco, R. J. A. Little, T. A. Louis and E. V. Slud, "Comparative
/// study of confidence intervals for proportions in complex sample surveys", Journal of Survey
/// Statistics and Methodology 7 (2019), 334–364.
pub fn wilson_share(share: f64, count: f64, z: f64) -> Interval {
    let z_squared = z * z;
    let scale = 1.0 + z_squared / count;
    let centre = (share + z_squared / (2.0 * count)) / scale;
    let half_width =
        z / scale * (share * (1.0 - share) / count + z_squared / (4.0 * count * count)).sqrt();
    // At 0 and n the exact bound is the share itself; rounding must not push it past.
    Interval {
        low: (centre - half_width).clamp(0.0, share),
        high: (centre + half_width).clamp(share, 1.0),
    }
}

/// A share of what was counted, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// How many of `n` have the property.
    pub hits: u64,
    pub n: u64,
    /// `None` when `n` is 0: then there is no rate, not a rate of 0.
    pub estimate: Option<Estimate>,
}

/// All three within 0 … 1, and `low <= value <= high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// `hits` of `n`; `hits` above `n` count as `n`.
    pub fn of(hits: u64, n: u64) -> Rate {
        let hits = hits.min(n);
        Rate {
            hits,
            n,
            estimate: wilson(hits, n, Z_95).map(|interval| Estimate {
                value: hits as f64 / n as f64,
                low: interval.low,
                high: interval.high,
            }),
        }
    }

    pub fn interval(&self) -> Option<Interval> {
        self.estimate.map(|estimate| Interval {
            low: estimate.low,
            high: estimate.high,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(successes: u64, n: u64, low: f64, high: f64) {
        let found = wilson(successes, n, Z_95).expect("n is above 0");
        assert!(
            (found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5,
            "{successes} of {n}: expected {low} to {high}, found {found:?}"
        );
    }

    /// Newcombe 1998, table I, method 3.
    #[test]
    fn published_examples() {
        check(81, 263, 0.2553, 0.3662);
        check(15, 148, 0.0624, 0.1605);
        check(0, 20, 0.0000, 0.1611);
        check(1, 29, 0.0061, 0.1718);
    }

    #[test]
    fn nothing_counted_has_no_interval() {
        assert_eq!(wilson(0, 0, Z_95), None);
        assert_eq!(Rate::of(0, 0).estimate, None);
    }

    proptest! {
        #[test]
        fn bounds_hold_the_share_and_stay_within_0_and_1(n in 1u64..5_000_000, part in 0.0f64..=1.0) {
            let successes = (n as f64 * part) as u64;
            let share = successes as f64 / n as f64;
            let found = wilson(successes, n, Z_95).expect("n is above 0");
            prop_assert!(0.0 <= found.low && found.high <= 1.0);
            prop_assert!(found.low <= share && share <= found.high);
            prop_assert!(found.low < found.high);
        }

        /// What speaks for a property speaks just as much against its opposite.
        #[test]
        fn mirrored_for_the_opposite(n in 1u64..100_000, part in 0.0f64..=1.0) {
            let successes = (n as f64 * part) as u64;
            let one = wilson(successes, n, Z_95).expect("n is above 0");
            let other = wilson(n - successes, n, Z_95).expect("n is above 0");
            prop_assert!((one.low - (1.0 - other.high)).abs() < 1e-9);
            prop_assert!((one.high - (1.0 - other.low)).abs() < 1e-9);
        }

        #[test]
        fn narrower_with_more_calls(n in 1u64..10_000, part in 0.0f64..=1.0) {
            let successes = (n as f64 * part) as u64;
            let few = wilson(successes, n, Z_95).expect("n is above 0");
            let many = wilson(successes * 10, n * 10, Z_95).expect("n is above 0");
            prop_assert!(many.high - many.low < few.high - few.low);
        }
    }
}
