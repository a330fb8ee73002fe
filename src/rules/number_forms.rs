//! Numbers in phrases: written in figures or in characters, both are meant.

use std::sync::Arc;

use super::phrase::Item;
use crate::text::{read_number, write_number};

/// What a numeral of a single character must stand before to be a number (两年, 三块), rather
/// than part of a word (一下, 三方).
const COUNTED: &str = "年月天日号时分秒元块角毛个次条兆g小点周期%成张人";

/// Text as items, each number in it as a choice of its forms.
pub fn both_forms(chars: &[char]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut text: Vec<char> = Vec::new();
    let mut rest = chars;
    while let Some(&first) = rest.first() {
        let length = numeral_length(rest);
        let (numeral, after) = rest.split_at(length.max(1));
        let counted = after.first().is_some_and(|&c| COUNTED.contains(c));
        let number = length > 1 || length == 1 && (first.is_ascii_digit() || counted);
        let forms = if number { forms(numeral) } else { Vec::new() };
        if forms.len() > 1 {
            flush(&mut items, &mut text);
            let forms = forms.into_iter().map(|form| vec![Item::Text(form)]);
            items.push(Item::Choice(Arc::new(forms.collect())));
        } else {
            text.extend(numeral);
        }
        rest = after;
    }
    flush(&mut items, &mut text);
    items
}

fn flush(items: &mut Vec<Item>, text: &mut Vec<char>) {
    if !text.is_empty() {
        items.push(Item::Text(std::mem::take(text)));
    }
}

/// How many characters from the first on make a numeral: all figures, or all characters.
fn numeral_length(chars: &[char]) -> usize {
    let run = |is: fn(&char) -> bool| chars.iter().take_while(|c| is(c)).count();
    match run(|c| c.is_ascii_digit()) {
        0 => run(|&c| "零一二两三四五六七八九十百千万亿".contains(c)),
        figures => figures,
    }
}

/// The forms of a numeral, its own first.
fn forms(numeral: &[char]) -> Vec<Vec<char>> {
    let own: String = numeral.iter().collect();
    let mut forms = vec![own.clone()];
    let mut add = |form: String| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    let digit_by_digit = |figures: &str, one: char| -> String {
        figures
            .chars()
            .map(|c| match c.to_digit(10) {
                Some(0) => '零',
                Some(1) => one,
                Some(digit) => write_number(u64::from(digit)).chars().next().unwrap_or(c),
                None => c,
            })
            .collect()
    };
    let figures = if own.chars().all(|c| c.is_ascii_digit()) {
        own.clone()
    } else if numeral.len() > 1 && own.chars().all(|c| "零一二三四五六七八九".contains(c))
    {
        // 一零零八六 is said digit by digit: its figures are not the number's.
        own.chars()
            .filter_map(|c| "零一二三四五六七八九".chars().position(|d| d == c))
            .map(|digit| digit.to_string())
            .collect()
    } else {
        match read_number(&own).and_then(|number| number.as_whole()) {
            Some(number) => number.to_string(),
            None => return vec![numeral.to_vec()],
        }
    };
    add(figures.clone());
    if figures.len() >= 3 {
        add(digit_by_digit(&figures, '一'));
        add(digit_by_digit(&figures, '幺'));
    }
    if let Ok(number) = figures.parse::<u64>()
        && (figures == "0" || !figures.starts_with('0'))
        && number <= 1_000_000_000_000
    {
        add(write_number(number));
        if number == 2 {
            add("两".to_owned());
        }
    }
    forms.iter().map(|form| form.chars().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        let chars: Vec<char> = text.chars().collect();
        let found: Vec<Vec<String>> = both_forms(&chars)
            .into_iter()
            .map(|item| match item {
                Item::Text(text) => vec![text.into_iter().collect()],
                Item::Choice(choices) => choices
                    .iter()
                    .flatten()
                    .filter_map(|item| match item {
                        Item::Text(text) => Some(text.iter().collect()),
                        _ => None,
                    })
                    .collect(),
                _ => vec![],
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn forms_of_numbers() {
        check("24小时", &[&["24", "二十四"], &["小时"]]);
        check("二十四小时", &[&["二十四", "24"], &["小时"]]);
        check("两年", &[&["两", "2", "二"], &["年"]]);
        check(
            "10086",
            &[&["10086", "一零零八六", "幺零零八六", "一万零八十六"]],
        );
        check(
            "一零零八六",
            &[&["一零零八六", "10086", "幺零零八六", "一万零八十六"]],
        );
        check("首月0元", &[&["首月"], &["0", "零"], &["元"]]);
    }

    #[test]
    fn words_are_no_numbers() {
        check("考虑一下", &[&["考虑一下"]]);
        check("第三方", &[&["第三方"]]);
        check("千万别", &[&["千万别"]]);
    }
}
