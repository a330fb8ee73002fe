//! Who may be said to be better than whom: only those whose intervals do not overlap.

use serde::{Deserialize, Serialize};

use super::intervals::Interval;

/// The places that one of several may hold, 1 being the highest rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankRange {
    pub best: usize,
    /// Equal to `best` only where every other interval lies clear of this one.
    pub worst: usize,
}

/// For each interval, the places that it may hold among all of them. `None` where there is no
/// interval; such a one is not counted among the others either.
///
/// One is placed above another only if its interval lies wholly above the other's. So the best
/// place is one behind all that lie wholly above, the worst one before all that lie wholly below.
pub fn rank_ranges(intervals: &[Option<Interval>]) -> Vec<Option<RankRange>> {
    let known = intervals.iter().flatten();
    let mut lows: Vec<f64> = known.clone().map(|interval| interval.low).collect();
    let mut highs: Vec<f64> = known.map(|interval| interval.high).collect();
    lows.sort_by(f64::total_cmp);
    highs.sort_by(f64::total_cmp);
    intervals
        .iter()
        .map(|interval| {
            interval.map(|interval| RankRange {
                best: 1 + lows.len() - lows.partition_point(|low| *low <= interval.high),
                worst: highs.len() - highs.partition_point(|high| *high < interval.low),
            })
        })
        .collect()
}

/// Where a part stands against the whole that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Above,
    /// The intervals overlap: the figures do not tell them apart.
    Similar,
    Below,
}

impl Standing {
    pub fn of(part: Interval, whole: Interval) -> Standing {
        if part.overlaps(whole) {
            Standing::Similar
        } else if part.low > whole.high {
            Standing::Above
        } else {
            Standing::Below
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interval(low: f64, high: f64) -> Option<Interval> {
        Some(Interval { low, high })
    }

    fn check(intervals: &[Option<Interval>], expected: &[Option<(usize, usize)>]) {
        let found: Vec<_> = rank_ranges(intervals)
            .into_iter()
            .map(|range| range.map(|range| (range.best, range.worst)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn places() {
        check(&[], &[]);
        check(&[interval(0.1, 0.9)], &[Some((1, 1))]);
        check(
            &[interval(0.1, 0.2), interval(0.3, 0.4)],
            &[Some((2, 2)), Some((1, 1))],
        );
        // The middle one overlaps both ends, which are clear of each other.
        check(
            &[interval(0.7, 0.9), interval(0.4, 0.8), interval(0.3, 0.5)],
            &[Some((1, 2)), Some((1, 3)), Some((2, 3))],
        );
        // Touching is overlapping.
        check(
            &[interval(0.1, 0.2), interval(0.2, 0.4)],
            &[Some((1, 2)), Some((1, 2))],
        );
        check(&[None, interval(0.2, 0.4)], &[None, Some((1, 1))]);
    }

    #[test]
    fn against_the_whole() {
        let whole = Interval {
            low: 0.4,
            high: 0.5,
        };
        let stands = |low, high| Standing::of(Interval { low, high }, whole);
        assert_eq!(stands(0.51, 0.6), Standing::Above);
        assert_eq!(stands(0.45, 0.6), Standing::Similar);
        assert_eq!(stands(0.1, 0.39), Standing::Below);
    }

    proptest! {
        /// The definition, counted the slow way.
        #[test]
        fn agrees_with_counting(bounds in prop::collection::vec((0u8..50, 0u8..20), 1..40)) {
            let intervals: Vec<_> = bounds
                .iter()
                .map(|(low, length)| interval(f64::from(*low), f64::from(low + length)))
                .collect();
            let ranges = rank_ranges(&intervals);
            for (mine, range) in intervals.iter().flatten().zip(ranges.iter().flatten()) {
                let above = intervals.iter().flatten().filter(|other| other.low > mine.high);
                let below = intervals.iter().flatten().filter(|other| other.high < mine.low);
                prop_assert_eq!(range.best, 1 + above.count());
                prop_assert_eq!(range.worst, intervals.len() - below.count());
                prop_assert!(range.best <= range.worst);
            }
        }
    }
}
