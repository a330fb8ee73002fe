//! Paths and values as messages may show them: without telephone, identity or card numbers.

use std::path::Path;

/// A path for people: numbers that could be a person's are shortened (`188****7932`).
pub fn shown_path(path: &Path) -> String {
    shown_text(&path.to_string_lossy())
}

/// Text for people, with every number that could be a person's shortened.
pub fn shown_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from_digit) = rest.split_at(start);
        let length = from_digit
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(from_digit.len());
        let (digits, after) = from_digit.split_at(length);
        shown.push_str(before);
        if may_be_personal(digits) {
            shown.push_str(&digits[..3]);
            shown.push_str("****");
            shown.push_str(&digits[digits.len() - 4..]);
        } else {
            shown.push_str(digits);
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Mobile and landline numbers, with or without 86, and everything as long as an identity or a
/// card number; but not a time such as 20261001093000.
fn may_be_personal(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let is_mobile = |number: &[u8]| number.len() == 11 && number[0] == b'1' && number[1] >= b'3';
    match bytes.len() {
        11 => is_mobile(bytes) || bytes[0] == b'0',
        10 | 12 => bytes[0] == b'0',
        13 => digits.starts_with("86") && is_mobile(&bytes[2..]),
        14 | 17 => !is_time(digits) && bytes.len() == 17,
        15.. => true,
        _ => false,
    }
}

/// Year, month, day, hour, minute, second in a row.
fn is_time(digits: &str) -> bool {
    let field = |from: usize| digits[from..from + 2].parse::<u8>().unwrap_or(99);
    matches!(field(0), 19 | 20)
        && (1..=12).contains(&field(4))
        && (1..=31).contains(&field(6))
        && field(8) < 24
        && field(10) < 60
        && field(12) < 61
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(shown_text(text), expected);
    }

    #[test]
    fn personal_numbers_are_shortened() {
        check("18824807932.wav", "188****7932.wav");
        check("rec/8618824807932_1.wav", "rec/861****7932_1.wav");
        check("053188888888", "053****8888");
        check("37010219900101123X", "370****1123X");
        check("6222021234567890123", "622****0123");
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "20261001090000_2305.wav",
            "20261001090000123.wav",
            "工号 2305",
            "20261001",
            "1700000000",
            "",
            "录音.wav",
        ] {
            check(text, text);
        }
    }
}
