//! Traditional to simplified Chinese, one character for one character.
//!
//! Most text is simplified already, so a table of the characters that conversion could change is
//! asked first, and the converter only sees text that holds one of them.

use std::sync::OnceLock;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

/// Simplified characters that the Taiwan table takes for other traditional ones (什么 → 什幺).
const ALREADY_SIMPLIFIED: [char; 2] = ['么', '抬'];

/// Characters that stay alone but change in company (回覆 → 回复, 瞭解 → 了解, 沈默 → 沉默).
const CHANGED_IN_PHRASES: [char; 6] = ['覆', '瞭', '藉', '衹', '沈', '牴'];

fn converter() -> &'static OpenCC {
    static CONVERTER: OnceLock<OpenCC> = OnceLock::new();
    CONVERTER.get_or_init(|| {
        OpenCC::from_config(BuiltinConfig::Tw2s)
            .expect("the Taiwan table is compiled into the program")
    })
}

/// One bit for each character of the basic plane that conversion could change.
fn changeable() -> &'static [u64; 1024] {
    static CHANGEABLE: OnceLock<Box<[u64; 1024]>> = OnceLock::new();
    CHANGEABLE.get_or_init(|| {
        let mut bits = Box::new([0_u64; 1024]);
        let mut mark = |c: char| bits[c as usize >> 6] |= 1 << (c as u32 & 63);
        let mut buffer = [0; 4];
        for c in ('\u{3400}'..='\u{9fff}').chain('\u{f900}'..='\u{faff}') {
            let alone: &str = c.encode_utf8(&mut buffer);
            if !ALREADY_SIMPLIFIED.contains(&c) && converter().convert(alone) != alone {
                mark(c);
            }
        }
        CHANGED_IN_PHRASES.into_iter().for_each(mark);
        bits
    })
}

/// Whether the text holds a character that conversion could change.
pub(super) fn may_be_traditional(text: &str) -> bool {
    // Bytes under 0xE3 begin no character from U+3000 on, so plain ASCII never reaches the table.
    if text.is_ascii() {
        return false;
    }
    let table = changeable();
    text.chars().any(|c| match c as u32 {
        0..0x3400 => false,
        code @ 0x3400..0x1_0000 => table[code as usize >> 6] & (1 << (code & 63)) != 0,
        _ => ('\u{20000}'..='\u{3ffff}').contains(&c),
    })
}

/// The text in simplified characters; as many characters as before.
pub(super) fn simplified(text: &str) -> String {
    let converted = converter().convert(text);
    // Every entry of the tables is as long as what it replaces; should that ever change,
    // offsets into the original are worth more than conversion.
    if converted.chars().count() != text.chars().count() {
        return text.to_owned();
    }
    text.chars()
        .zip(converted.chars())
        .map(|(before, after)| {
            if ALREADY_SIMPLIFIED.contains(&before) {
                before
            } else {
                after
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let seen = if may_be_traditional(text) {
            simplified(text)
        } else {
            text.to_owned()
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn traditional_becomes_simplified() {
        check("違約金", "违约金");
        check("這個帳單給妳", "这个帐单给妳");
        check("什麼時候", "什么时候");
        check("您說著話", "您说着话");
        check("請回覆", "请回复");
        check("瞭解", "了解");
    }

    #[test]
    fn simplified_stays() {
        for text in [
            "什么",
            "抬高",
            "著名",
            "幺三八",
            "覆盖",
            "乾隆",
            "没有违约金",
        ] {
            check(text, text);
        }
        assert!(!may_be_traditional("您好，我是中国移动的，怎么了"));
        assert!(may_be_traditional("什么時候"));
        check("什么時候", "什么时候");
    }
}
