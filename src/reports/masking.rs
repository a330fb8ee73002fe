//! What of a call may be shown: words and names with their numbers masked, files without folders.

use crate::call::CallMetadata;

/// Text as reports show it: numbers of people masked, the number of the call's customer in any case.
pub(super) fn masked(text: &str, call: &CallMetadata) -> String {
    match call.customer_number.as_deref().map(significant_digits) {
        Some(digits) if digits.len() >= SHORTEST_NUMBER => {
            let hidden = "*".repeat(digits.len());
            mask_numbers(&text.replace(&digits, &hidden))
        }
        _ => mask_numbers(text),
    }
}

/// Text that belongs to no single call, such as the name of a file that failed.
pub(super) fn masked_text(text: &str) -> String {
    mask_numbers(text)
}

/// The file's name without the folders, on any system's way of writing paths.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Short numbers (10086, an extension) say nothing of a person, and would hide other figures.
const SHORTEST_NUMBER: usize = 7;

/// The digits of a number without the country's code, so that a file name with the bare number is
/// recognised.
fn significant_digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits
        .strip_prefix("0086")
        .or_else(|| digits.strip_prefix("86"))
        .filter(|rest| rest.len() == 11);
    national.map(str::to_owned).unwrap_or(digits)
}

fn mask_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let run = &rest[start..];
        let length = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        shown.push_str(&rest[..start]);
        match length < SHORTEST_NUMBER {
            true => shown.push_str(&run[..length]),
            false => shown.extend(std::iter::repeat_n('*', length)),
        }
        rest = &run[length..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, customer_number: &str, expected: &str) {
        let call = CallMetadata {
            customer_number: Some(customer_number.into()),
            ..CallMetadata::default()
        };
        assert_eq!(masked(text, &call), expected);
    }

    #[test]
    fn the_customers_number_in_any_case() {
        check(
            "2305_053188001234.wav",
            "053188001234",
            "2305_************.wav",
        );
        check("x_88001234_y", "8800 1234", "x_********_y");
        // Too short to be anybody's number.
        check("转10086", "10086", "转10086");
    }

    #[test]
    fn names_of_files() {
        assert_eq!(file_name("/a/b/c.wav"), "c.wav");
        assert_eq!(file_name("D:\\录音\\c.wav"), "c.wav");
        assert_eq!(file_name("c.wav"), "c.wav");
    }
}
