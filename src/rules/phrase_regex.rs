//! A phrase as a regular expression over normalised text: what one would write without the rule
//! language. For comparisons of speed; it knows nothing of sound, fillers or sentences.

use std::fmt::Write;

use super::phrase::{Item, Phrase};
use crate::text::ValueKind;

const NUMBER: &str = "[0-9零一二三四五六七八九十百千万亿两点半]+";

impl Phrase {
    /// The wordings of the phrase as a regular expression.
    pub fn as_regex(&self) -> String {
        let mut regex = String::new();
        write_items(&self.items, &mut regex);
        regex
    }
}

fn write_items(items: &[Item], into: &mut String) {
    for item in items {
        match item {
            Item::Text(chars) => into.push_str(&regex::escape(&chars.iter().collect::<String>())),
            Item::Choice(branches) => write_branches(branches, "", into),
            Item::Repeat(branches) => write_branches(branches, "+", into),
            Item::Gap { most, .. } => {
                let _ = write!(into, ".{{0,{most}}}");
            }
            Item::Value(kind) => into.push_str(&value(*kind)),
            Item::Start => into.push('^'),
            Item::End => into.push('$'),
            Item::ClauseEdge | Item::Question => {}
        }
    }
}

fn write_branches(branches: &[Vec<Item>], after: &str, into: &mut String) {
    into.push_str("(?:");
    for (index, branch) in branches.iter().enumerate() {
        if index > 0 {
            into.push('|');
        }
        write_items(branch, into);
    }
    into.push(')');
    into.push_str(after);
}

fn value(kind: ValueKind) -> String {
    let unit = match kind {
        ValueKind::Number => "",
        ValueKind::Money => "(?:元|块|毛|角|分钱)",
        ValueKind::Duration => "(?:年|个月|月|天|周|小时|分钟|秒)",
        ValueKind::Data => "(?:g|兆|m|吉|t)",
        ValueKind::Percent => "%",
        ValueKind::Date => "(?:年|月|日|号)",
    };
    format!("{NUMBER}{unit}")
}

#[cfg(test)]
mod tests {
    use crate::rules::{phrase::Ends, phrase::Phrase, word_lists::WordLists};

    #[test]
    fn phrases_as_regular_expressions() {
        let check = |source: &str, text: &str, expected: bool| {
            let phrase = Phrase::parse(source, &WordLists::default(), Ends::Closed)
                .unwrap_or_else(|problems| panic!("{problems:?}"));
            let regex = regex::Regex::new(&phrase.as_regex()).expect("a regular expression");
            assert_eq!(regex.is_match(text), expected, "{source} {text}");
        };
        check("{没有|不收}{~2}违约金", "我们不收您违约金", true);
        check("{没有|不收}{~2}违约金", "不收您一分钱违约金", false);
        check("{可以|}退{$}", "退", true);
        check("^好的", "那好的", false);
        check("赔{money}", "要赔两百元", true);
    }
}
