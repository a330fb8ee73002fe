//! Weeks (`2026-W42`, ISO 8601), months (`2026-10`) and days as first and last day.

use chrono::{Days, Months, NaiveDate, Weekday};

/// First and last day, both included.
pub type DayRange = (NaiveDate, NaiveDate);

/// Reads `2026-W42` or `2026-10`.
pub fn parse(text: &str) -> Option<DayRange> {
    week(text).or_else(|| month(text))
}

/// Monday to Sunday of an ISO week.
pub fn week(text: &str) -> Option<DayRange> {
    let (year, week) = text.split_once("-W")?;
    let monday = NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)?;
    Some((monday, monday + Days::new(6)))
}

/// First to last of a month.
pub fn month(text: &str) -> Option<DayRange> {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
    Some((first, first + Months::new(1) - Days::new(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_and_months() {
        let check = |text: &str, from: &str, to: &str| {
            let (first, last) = parse(text).expect(text);
            assert_eq!(
                (first.to_string(), last.to_string()),
                (from.into(), to.into())
            );
        };
        check("2026-W42", "2026-10-12", "2026-10-18");
        check("2026-W01", "2025-12-29", "2026-01-04");
        check("2026-10", "2026-10-01", "2026-10-31");
        check("2028-02", "2028-02-01", "2028-02-29");
        for wrong in ["2026-W54", "2026-13", "2026", "W42", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
