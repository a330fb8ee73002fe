//! How characters sound, without tones, over all their readings.
//!
//! A recogniser that mishears writes other characters of the same sound, so the sets of readings
//! are compared, never one reading. Digits and letters sound as they are said in Chinese.

use std::collections::HashMap;
use std::sync::OnceLock;

use pinyin::{Pinyin, ToPinyinMulti};

/// A toneless syllable, numbered from 0 without gaps; the same in every run of one build.
pub type SyllableId = u16;

/// How digits and Latin letters are said; the first name of a letter is its own when Chinese
/// has no such syllable.
const SAID: [(char, &[&str]); 36] = [
    ('0', &["ling", "dong"]),
    ('1', &["yi", "yao"]),
    ('2', &["er", "liang"]),
    ('3', &["san"]),
    ('4', &["si"]),
    ('5', &["wu"]),
    ('6', &["liu"]),
    ('7', &["qi", "guai"]),
    ('8', &["ba"]),
    ('9', &["jiu", "gou"]),
    ('a', &["ei"]),
    ('b', &["bi"]),
    ('c', &["xi", "sei"]),
    ('d', &["di"]),
    ('e', &["yi"]),
    ('f', &["ef"]),
    ('g', &["ji"]),
    ('h', &["eich"]),
    ('i', &["ai"]),
    ('j', &["jie", "zhei"]),
    ('k', &["kei"]),
    ('l', &["el"]),
    ('m', &["em"]),
    ('n', &["en"]),
    ('o', &["ou"]),
    ('p', &["pi"]),
    ('q', &["qiu", "kiu"]),
    ('r', &["a", "er"]),
    ('s', &["es"]),
    ('t', &["ti"]),
    ('u', &["you"]),
    ('v', &["wei"]),
    ('w', &["dabuliu"]),
    ('x', &["ex"]),
    ('y', &["wai"]),
    ('z', &["zei"]),
];

/// The Chinese characters of the basic plane, where all but the rarest are.
const FIRST: char = '\u{3400}';
const LAST: char = '\u{9fff}';

struct Table {
    names: Vec<&'static str>,
    ids: HashMap<&'static str, SyllableId>,
    /// All sets of readings, one after another.
    readings: Vec<SyllableId>,
    /// Where in `readings` the set of each character from `FIRST` to `LAST` ends; it begins
    /// where the one before it ends.
    ends: Vec<u32>,
    said: [Vec<SyllableId>; 128],
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(Table::build)
}

impl Table {
    fn build() -> Table {
        let mut table = Table {
            names: Vec::new(),
            ids: HashMap::new(),
            readings: Vec::new(),
            ends: Vec::new(),
            said: std::array::from_fn(|_| Vec::new()),
        };
        for (c, names) in SAID {
            let set = names.iter().map(|name| table.id(name)).collect();
            table.said[c as usize] = set;
        }
        for upper in 'A'..='Z' {
            table.said[upper as usize] = table.said[upper.to_ascii_lowercase() as usize].clone();
        }
        for c in FIRST..=LAST {
            let begin = table.readings.len();
            for reading in c.to_pinyin_multi().into_iter().flatten() {
                let id = table.id(plain(reading));
                if !table.readings[begin..].contains(&id) {
                    table.readings.push(id);
                }
            }
            table.readings[begin..].sort_unstable();
            table.ends.push(table.readings.len() as u32);
        }
        table
    }

    fn id(&mut self, name: &'static str) -> SyllableId {
        let next = self.names.len() as SyllableId;
        *self.ids.entry(name).or_insert_with(|| {
            self.names.push(name);
            next
        })
    }
}

/// The crate's spelling without marks, with ê (欸) as the e that everybody writes.
fn plain(reading: Pinyin) -> &'static str {
    match reading.plain() {
        "ê" => "e",
        name => name,
    }
}

/// The toneless syllables of all readings of a character, in rising order of their numbers;
/// empty for what has no sound.
pub fn readings(c: char) -> &'static [SyllableId] {
    let table = table();
    if c.is_ascii() {
        return &table.said[c as usize];
    }
    if !(FIRST..=LAST).contains(&c) {
        return &[];
    }
    let index = (c as u32 - FIRST as u32) as usize;
    let begin = if index == 0 { 0 } else { table.ends[index - 1] };
    &table.readings[begin as usize..table.ends[index] as usize]
}

/// How many syllables there are; every id is smaller.
pub fn syllable_count() -> usize {
    table().names.len()
}

/// The syllable in pinyin without tone, ü as ü.
///
/// # Panics
/// If `id` did not come from this module.
pub fn syllable_name(id: SyllableId) -> &'static str {
    table().names[usize::from(id)]
}

/// The syllable of that name (`wei`, `lü`), if any character or letter sounds so.
pub fn syllable_id(name: &str) -> Option<SyllableId> {
    table().ids.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(c: char, expected: &[&str]) {
        let mut seen: Vec<_> = readings(c).iter().map(|&id| syllable_name(id)).collect();
        seen.sort_unstable();
        assert_eq!(seen, expected, "{c}");
    }

    fn sound_alike(a: char, b: char) -> bool {
        readings(a).iter().any(|id| readings(b).contains(id))
    }

    #[test]
    fn readings_without_tones() {
        check('违', &["wei"]);
        check('乐', &["le", "yue"]);
        check('1', &["yao", "yi"]);
        check('G', &["ji"]);
        check('g', &["ji"]);
        check('女', &["nü", "ru"]);
        check('。', &[]);
        check('%', &[]);
        check('🙂', &[]);
    }

    #[test]
    fn homophones_and_polyphones() {
        for (a, b) in [
            ('违', '维'),
            ('约', '月'),
            ('金', '今'),
            ('长', '常'),
            ('长', '涨'),
            ('重', '虫'),
            ('g', '吉'),
            ('1', '幺'),
            ('1', '一'),
            ('2', '两'),
            ('違', '违'),
            ('帳', '账'),
        ] {
            assert!(sound_alike(a, b), "{a} {b}");
        }
        assert!(!sound_alike('违', '约'));
    }

    #[test]
    fn names_and_ids_agree() {
        for id in 0..syllable_count() as SyllableId {
            assert_eq!(syllable_id(syllable_name(id)), Some(id));
        }
        assert_eq!(syllable_id("xyz"), None);
    }

    #[test]
    fn common_characters_all_sound() {
        for c in "您好我是中国移动客服工号五零二六套餐流量违约金".chars() {
            assert!(!readings(c).is_empty(), "{c}");
        }
    }
}
