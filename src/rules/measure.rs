//! Lengths as rule files write them: so many turns, or so many seconds.

use crate::time::Millis;

/// A length in turns or in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Turns(u32),
    Time(Millis),
}

impl Measure {
    /// Reads `3 turns`, `1 turn`, `3 轮`, `60 s`, `1.5 s`, `60 秒`, `2 min`, `2 分钟`, `500 ms`.
    pub fn parse(text: &str) -> Option<Measure> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let number: f64 = text[..digits].parse().ok()?;
        let unit = text[digits..].trim();
        let time = |per_unit: f64| {
            let millis = (number * per_unit).round();
            (millis < 1e12).then_some(Measure::Time(Millis(millis as u64)))
        };
        match unit {
            "turn" | "turns" | "轮" => {
                (number.fract() == 0.0 && number < 1e6).then_some(Measure::Turns(number as u32))
            }
            "ms" | "毫秒" => time(1.0),
            "s" | "sec" | "second" | "seconds" | "秒" => time(1000.0),
            "min" | "minute" | "minutes" | "分" | "分钟" => time(60_000.0),
            _ => None,
        }
    }

    pub fn is_zero(self) -> bool {
        matches!(self, Measure::Turns(0) | Measure::Time(Millis(0)))
    }

    /// `3 轮`, `60 秒`.
    pub fn chinese(self) -> String {
        match self {
            Measure::Turns(turns) => format!("{turns} 轮"),
            Measure::Time(time) => format!("{} 秒", time.as_seconds()),
        }
    }

    /// `3 turns`, `60 s`.
    pub fn english(self) -> String {
        match self {
            Measure::Turns(1) => "1 turn".into(),
            Measure::Turns(turns) => format!("{turns} turns"),
            Measure::Time(time) => format!("{} s", time.as_seconds()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let check = |text: &str, expected| assert_eq!(Measure::parse(text), expected, "{text}");
        check("3 turns", Some(Measure::Turns(3)));
        check("1 turn", Some(Measure::Turns(1)));
        check("三轮", None);
        check("3轮", Some(Measure::Turns(3)));
        check("60 s", Some(Measure::Time(Millis(60_000))));
        check("1.5 秒", Some(Measure::Time(Millis(1500))));
        check("2 min", Some(Measure::Time(Millis(120_000))));
        check("60", None);
        check("", None);
        check("1.5 turns", None);
        check("9999999999999999999 s", None);
    }
}
