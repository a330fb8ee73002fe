//! How figures are written: the same everywhere in a report, in either language.

use chrono::DateTime;

/// Halves go up, as whoever recomputes a figure by hand would have it; the smallest part more
/// makes up for what binary fractions lose.
fn one_decimal(figure: f64) -> String {
    format!("{:.1}", (figure * 10.0 + 1e-9).round() / 10.0)
}

/// A share of 0 … 1 as `78.0%`.
pub(super) fn percent(share: f64) -> String {
    one_decimal(share * 100.0) + "%"
}

/// Two shares as `73.7–81.8%`.
pub(super) fn percent_range(low: f64, high: f64) -> String {
    let (low, high) = (one_decimal(low * 100.0), one_decimal(high * 100.0));
    format!("{low}–{high}%")
}

/// Points with one decimal.
pub(super) fn points(points: f64) -> String {
    one_decimal(points)
}

/// A count with its thousands apart: `12,345`.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A place in a recording, in milliseconds, as `03:12` or `1:03:12`; the fraction is cut off, so
/// that whoever starts listening there hears the words.
pub(super) fn clock(millis: u64) -> String {
    let (hours, minutes, seconds) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A length in milliseconds in hours with one decimal.
pub(super) fn hours(millis: u64) -> String {
    one_decimal(millis as f64 / 3_600_000.0)
}

/// The month's day and the time of an RFC 3339 time: `10-03 11:14`, on its own clock.
pub(super) fn call_time(time: &str) -> String {
    DateTime::parse_from_rfc3339(time)
        .map(|time| time.format("%m-%d %H:%M").to_string())
        .unwrap_or_else(|_| time.to_owned())
}

/// The beginning of a digest, enough to recognise it.
pub(super) fn short_digest(digest: &str) -> String {
    digest.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written() {
        assert_eq!(percent(0.78), "78.0%");
        assert_eq!(percent(1.0), "100.0%");
        assert_eq!(percent_range(0.7372, 0.818), "73.7–81.8%");
        assert_eq!(points(87.25), "87.3");
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(clock(192_999), "03:12");
        assert_eq!(clock(3_792_000), "1:03:12");
        assert_eq!(hours(5_400_000), "1.5");
        assert_eq!(call_time("2026-10-03T23:14:59+08:00"), "10-03 23:14");
        assert_eq!(short_digest("0123456789abcdef"), "0123456789ab");
    }

    proptest::proptest! {
        #[test]
        fn rounded_as_by_hand(n in 1u64..100_000, part in 0.0f64..=1.0) {
            let hits = (n as f64 * part) as u64;
            let tenths = (2_000 * hits + n) / (2 * n);
            let by_hand = format!("{}.{}%", tenths / 10, tenths % 10);
            proptest::prop_assert_eq!(percent(hits as f64 / n as f64), by_hand);
        }
    }
}
