//! What of a call may be shown: words and names with their numbers covered, files without folders.

use chrono::{NaiveDate, NaiveDateTime};

use crate::{call::CallMetadata, text::mask};

const COVER: &str = "＊";

/// Text as reports show it: numbers of people covered, the number of the call's customer in any case.
pub(crate) fn masked(text: &str, call: &CallMetadata) -> String {
    without_customer(mask(text).into_owned(), call)
}

/// The same for the name of a recording or a call, in which the day and the time stay: without
/// them nobody finds the recording again.
pub(crate) fn masked_name(name: &str, call: &CallMetadata) -> String {
    without_customer(masked_but_dates(name), call)
}

/// The name of a call of which nothing else is known: its day and time stay.
pub(crate) fn masked_call_id(call_id: &str) -> String {
    masked_but_dates(call_id)
}

/// Text that belongs to no single call.
pub(crate) fn masked_text(text: &str) -> String {
    mask(text).into_owned()
}

/// A field of the call list; `None` where there is nothing in it.
pub(crate) fn shown(field: &Option<String>) -> Option<String> {
    let field = field.as_deref().map(str::trim);
    let field = field.filter(|text| !text.is_empty());
    field.map(masked_text)
}

/// The file name of a path that belongs to no single call, such as that of a file that failed.
pub(super) fn masked_file_name(path: &str) -> String {
    masked_but_dates(file_name(path))
}

/// The file's name without the folders, on any system's way of writing paths.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn masked_but_dates(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    // Where the piece begins that has not been shown yet, and where the search goes on.
    let (mut piece, mut at) = (0, 0);
    while let Some(found) = name[at..].find(|c: char| c.is_ascii_digit()) {
        let from = at + found;
        let digits = name[from..].find(|c: char| !c.is_ascii_digit());
        at = digits.map_or(name.len(), |length| from + length);
        if is_date(&name[from..at]) {
            shown.push_str(&mask(&name[piece..from]));
            shown.push_str(&name[from..at]);
            piece = at;
        }
    }
    shown + &mask(&name[piece..])
}

/// `20261003` or `20261003091500`, of this century.
fn is_date(digits: &str) -> bool {
    digits.starts_with("20")
        && match digits.len() {
            8 => NaiveDate::parse_from_str(digits, "%Y%m%d").is_ok(),
            14 => NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").is_ok(),
            _ => false,
        }
}

/// Short numbers (10086, an extension) say nothing of a person, and would hide other figures.
const SHORTEST_NUMBER: usize = 7;

fn without_customer(shown: String, call: &CallMetadata) -> String {
    let digits = call.customer_number.as_deref().map(national_digits);
    match digits.filter(|digits| digits.len() >= SHORTEST_NUMBER) {
        Some(digits) => shown.replace(&digits, &COVER.repeat(digits.len())),
        None => shown,
    }
}

/// The digits of a number without the country's code.
fn national_digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits
        .strip_prefix("0086")
        .or_else(|| digits.strip_prefix("86"))
        .filter(|rest| rest.len() == 11);
    national.map(str::to_owned).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call_of(customer_number: &str) -> CallMetadata {
        CallMetadata {
            customer_number: Some(customer_number.into()),
            ..CallMetadata::default()
        }
    }

    #[test]
    fn words() {
        let check = |text: &str, expected: &str| {
            assert_eq!(masked(text, &call_of("20261003")), expected);
        };
        check("转10086", "转10086");
        check("请拨 13800138000", "请拨 ＊＊＊＊＊＊＊＊＊00");
        // A day, but the customer's number all the same.
        check("20261003", "＊＊＊＊＊＊＊＊");
    }

    #[test]
    fn names_keep_their_dates() {
        let check = |name: &str, customer_number: &str, expected: &str| {
            assert_eq!(masked_name(name, &call_of(customer_number)), expected);
        };
        let number = "18824807932";
        check(
            "20261003_2305_18824807932.wav",
            number,
            "20261003_2305_＊＊＊＊＊＊＊＊＊32.wav",
        );
        check(
            "20261003091500-18824807932",
            number,
            "20261003091500-＊＊＊＊＊＊＊＊＊32",
        );
        check("20261399_x", number, "＊＊＊＊＊＊99_x");
        check(
            "370102199003078515",
            number,
            "＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊15",
        );
        // A number that could be a day is the customer's all the same.
        check("20261003_x", "2026 1003", "＊＊＊＊＊＊＊＊_x");
        check("JN041007", number, "JN041007");
    }

    #[test]
    fn names_of_files() {
        assert_eq!(file_name("/a/b/c.wav"), "c.wav");
        assert_eq!(file_name("D:\\录音\\c.wav"), "c.wav");
        assert_eq!(file_name("c.wav"), "c.wav");
        assert_eq!(
            masked_file_name("/18824807932/20261003_18824807932.wav"),
            "20261003_＊＊＊＊＊＊＊＊＊32.wav"
        );
    }
}
