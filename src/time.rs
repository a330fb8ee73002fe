//! Units of time: milliseconds from the start of a recording, and spans of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in a recording, or a length of time, in milliseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// The time of sample number `samples` at `sample_rate_hz` (rounded down).
    pub fn from_samples(samples: u64, sample_rate_hz: u32) -> Millis {
        Millis((u128::from(samples) * 1000 / u128::from(sample_rate_hz.max(1))) as u64)
    }

    /// The number of samples at `sample_rate_hz` that this length holds (rounded down).
    pub fn to_samples(self, sample_rate_hz: u32) -> u64 {
        (u128::from(self.0) * u128::from(sample_rate_hz) / 1000) as u64
    }

    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

/// `1:02:03.456`, or `02:03.456` under an hour.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.0 / 3_600_000, self.0 / 60_000 % 60);
        let (seconds, millis) = (self.0 / 1000 % 60, self.0 % 1000);
        if hours > 0 {
            write!(f, "{hours}:{minutes:02}:{seconds:02}.{millis:03}")
        } else {
            write!(f, "{minutes:02}:{seconds:02}.{millis:03}")
        }
    }
}

/// A stretch of a recording: `from` up to, not including, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub from: Millis,
    pub to: Millis,
}

impl Span {
    /// A span of two points in milliseconds; `to` is never before `from`.
    pub fn new(from: u64, to: u64) -> Span {
        Span {
            from: Millis(from),
            to: Millis(to.max(from)),
        }
    }

    pub fn length(self) -> Millis {
        Millis(self.to.0 - self.from.0)
    }

    /// How long both spans last at once.
    pub fn overlap(self, other: Span) -> Millis {
        let from = self.from.max(other.from).0;
        let to = self.to.min(other.to).0;
        Millis(to.saturating_sub(from))
    }

    /// The smallest span that covers both.
    pub fn cover(self, other: Span) -> Span {
        Span {
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_millis_agree() {
        assert_eq!(Millis::from_samples(16_000, 16_000), Millis(1000));
        assert_eq!(Millis(250).to_samples(8000), 2000);
        // Two days at 192 kHz does not overflow.
        assert_eq!(
            Millis::from_samples(192_000 * 172_800, 192_000),
            Millis(172_800_000)
        );
    }

    #[test]
    fn shown_as_a_clock() {
        assert_eq!(Millis(62_003).to_string(), "01:02.003");
        assert_eq!(Millis(3_723_456).to_string(), "1:02:03.456");
    }

    #[test]
    fn overlap_of_spans() {
        assert_eq!(Span::new(0, 100).overlap(Span::new(50, 200)), Millis(50));
        assert_eq!(Span::new(0, 100).overlap(Span::new(100, 200)), Millis(0));
        assert_eq!(Span::new(5, 10).cover(Span::new(1, 6)), Span::new(1, 10));
    }
}
