//! A calendar month, as reports are asked for: `2026-10`.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Months, NaiveDate};
use serde::{Serialize, Serializer};

use crate::lang::{Lang, Say};

/// A calendar month on the clock of the place where the calls were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first_day: NaiveDate,
}

impl Month {
    /// The month that a day lies in.
    pub fn of(day: NaiveDate) -> Month {
        Month {
            first_day: day.with_day(1).expect("every month has a first day"),
        }
    }

    pub fn first_day(self) -> NaiveDate {
        self.first_day
    }

    pub fn last_day(self) -> NaiveDate {
        let next = self.first_day + Months::new(1);
        next.pred_opt().expect("months have a day before the next")
    }

    /// The month before.
    pub fn before(self) -> Month {
        Month {
            first_day: self.first_day - Months::new(1),
        }
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        Month::of(day) == self
    }
}

/// `2026-10`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first_day.format("%Y-%m"))
    }
}

/// `2026年10月`, `October 2026`.
impl Say for Month {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => format!("{}年{}月", self.first_day.year(), self.first_day.month()),
            Lang::En => self.first_day.format("%B %Y").to_string(),
        }
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a month; write the year and the month, such as 2026-10")]
pub struct MonthError(String);

impl Say for MonthError {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => format!("“{}”不是月份，请写成“年-月”，例如 2026-10", self.0),
            Lang::En => self.to_string(),
        }
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Month, MonthError> {
        let plain = text.len() == 7
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-');
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d")
            .ok()
            .filter(|_| plain)
            .map(Month::of)
            .ok_or_else(|| MonthError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_said() {
        let month: Month = "2026-02".parse().expect("a month");
        assert_eq!(month.to_string(), "2026-02");
        assert_eq!(month.say(Lang::Zh), "2026年2月");
        assert_eq!(month.say(Lang::En), "February 2026");
    }

    #[test]
    fn not_a_month() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-1",
            "2026-00",
            "26-10",
            "2026-10-01",
            "+026-10",
        ] {
            let error = text.parse::<Month>().expect_err(text);
            assert!(error.say(Lang::Zh).contains("2026-10"));
        }
    }

    #[test]
    fn days_of_a_month() {
        let month: Month = "2026-02".parse().expect("a month");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert!(month.contains(day("2026-02-01")) && month.contains(day("2026-02-28")));
        assert!(!month.contains(day("2026-01-31")) && !month.contains(day("2026-03-01")));
        assert!(!month.contains(day("2025-02-10")));
    }
}
