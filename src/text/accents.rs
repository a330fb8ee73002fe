//! Which sounds a speaker, or a recogniser listening to one, does not keep apart.

use std::collections::HashMap;
use std::sync::{OnceLock, RwLock};

use super::syllables::{SyllableId, syllable_count, syllable_name};

/// A set of mergers, such as z with zh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Accents(u32);

/// What an accent merges, on syllables as they are said: `yan` has no initial and the final ian.
#[derive(Clone, Copy)]
enum Merger {
    /// Before every final.
    Initials(&'static str, &'static str),
    /// After every initial.
    Finals(&'static [(&'static str, &'static str)]),
    /// The first initial with the first final of a pair, and the second with the second.
    Both(
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
    ),
}

use Merger::{Both, Finals, Initials};

/// In the order of `Accents::NAMES`, with where each is heard.
const MERGERS: [Merger; 24] = [
    // The south, Sichuan, the north-east.
    Initials("z", "zh"),
    Initials("c", "ch"),
    Initials("s", "sh"),
    // Sichuan, Hubei, Hunan, Anhui, Fujian.
    Initials("n", "l"),
    // Fujian, Chaoshan.
    Initials("l", "r"),
    // Hunan, Fujian, Guangdong: 发 花, 飞 灰.
    Both("f", "h", ROUNDED),
    // Guangdong, Zhejiang: 黄 王.
    Both("h", "", BEFORE_U),
    // Most of the south.
    Finals(&[("in", "ing")]),
    Finals(&[("en", "eng")]),
    Finals(&[("an", "ang")]),
    Finals(&[("ian", "iang")]),
    Finals(&[("uan", "uang")]),
    // Gansu, Ningxia, Shanxi: 村 葱.
    Finals(&[("un", "ong"), ("ün", "iong")]),
    // Sichuan: 风 fong.
    Finals(&[("ong", "eng")]),
    // The north-east: 播 be.
    Finals(&[("o", "e")]),
    // Spelling only: bo is said buo.
    Finals(&[("o", "uo")]),
    // Hakka, southern Fujian, Yunnan: 鱼 移, 全 前.
    Finals(&[("i", "ü"), ("ie", "üe"), ("ian", "üan"), ("in", "ün")]),
    // Old Mandarin and Cantonese speakers: 将 zang, 西 si.
    Initials("j", "z"),
    Initials("q", "c"),
    Initials("x", "s"),
    // The north-east, Shandong: 人 yin, 热 ye.
    Both("r", "", PALATAL),
    // Hunan, Hubei, Cantonese speakers: 猪 居, 知 鸡.
    Both("zh", "j", PALATAL),
    Both("ch", "q", PALATAL),
    Both("sh", "x", PALATAL),
];

const ROUNDED: &[(&str, &str)] = &[
    ("u", "u"),
    ("a", "ua"),
    ("o", "uo"),
    ("ei", "ui"),
    ("an", "uan"),
    ("en", "un"),
    ("ang", "uang"),
    ("eng", "ong"),
];

const BEFORE_U: &[(&str, &str)] = &[
    ("u", "u"),
    ("ua", "ua"),
    ("uo", "uo"),
    ("uai", "uai"),
    ("ui", "ui"),
    ("uan", "uan"),
    ("un", "un"),
    ("uang", "uang"),
    ("ong", "ueng"),
];

const PALATAL: &[(&str, &str)] = &[
    ("i", "i"),
    ("u", "ü"),
    ("a", "ia"),
    ("e", "ie"),
    ("ao", "iao"),
    ("ou", "iu"),
    ("an", "ian"),
    ("en", "in"),
    ("ang", "iang"),
    ("eng", "ing"),
    ("ong", "iong"),
    ("uan", "üan"),
    ("un", "ün"),
    ("uo", "üe"),
];

impl Accents {
    /// Every name that [`Accents::parse`] knows.
    pub const NAMES: &'static [&'static str] = &[
        "z-zh", "c-ch", "s-sh", "n-l", "l-r", "f-h", "h-w", "in-ing", "en-eng", "an-ang",
        "ian-iang", "uan-uang", "un-ong", "ong-eng", "o-e", "o-uo", "i-ü", "j-z", "q-c", "x-s",
        "r-y", "zh-j", "ch-q", "sh-x",
    ];

    /// No merger: only the same syllable sounds alike.
    pub const NONE: Accents = Accents(0);

    /// Every merger there is.
    pub const ALL: Accents = Accents((1 << Accents::NAMES.len()) - 1);

    /// The accent of that name, either way round (`zh-z`), `v` or `u` for ü.
    pub fn parse(name: &str) -> Option<Accents> {
        let (a, b) = name.trim().split_once('-')?;
        let same = |known: &str, given: &str| known == given || (known == "ü" && given == "v");
        let index = Accents::NAMES.iter().position(|known| {
            known
                .split_once('-')
                .is_some_and(|(x, y)| same(x, a) && same(y, b) || same(x, b) && same(y, a))
        })?;
        Some(Accents(1 << index))
    }

    pub fn union(self, other: Accents) -> Accents {
        Accents(self.0 | other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the mergers in this set, in the order of [`Accents::NAMES`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        (0..Accents::NAMES.len())
            .filter(move |index| self.0 & (1 << index) != 0)
            .map(|index| Accents::NAMES[index])
    }

    /// For each syllable, by its number, the representative of those that sound alike.
    ///
    /// Worked out once for each set that is asked for and then kept for the life of the
    /// program (under 1 KiB each), so that scanning needs no lock.
    pub fn representatives(self) -> &'static [SyllableId] {
        static KNOWN: OnceLock<RwLock<HashMap<Accents, &'static [SyllableId]>>> = OnceLock::new();
        let known = KNOWN.get_or_init(RwLock::default);
        let poisoned = "no thread panics while it holds the table of accents";
        if let Some(&table) = known.read().expect(poisoned).get(&self) {
            return table;
        }
        let table = merge(self);
        known
            .write()
            .expect(poisoned)
            .entry(self)
            .or_insert_with(|| table.leak())
    }
}

/// The representative of a syllable's class: two syllables sound alike under these accents
/// exactly if theirs are equal. For whole texts take [`Accents::representatives`] once.
pub fn fold(id: SyllableId, accents: Accents) -> SyllableId {
    if accents.is_empty() {
        return id;
    }
    accents.representatives()[usize::from(id)]
}

/// A syllable as it is said: initial (empty for y and w) and final.
type Said = (&'static str, &'static str);

/// Joins syllables that any one merger makes equal, and those joined to them in turn.
///
/// A chain may lead over a syllable that no character has, so chains run over what could be
/// said, not over the syllables that there are.
fn merge(accents: Accents) -> Vec<SyllableId> {
    let mergers: Vec<Merger> = (0..MERGERS.len())
        .filter(|index| accents.0 & (1 << index) != 0)
        .map(|index| MERGERS[index])
        .collect();
    let mut class_of: HashMap<Said, SyllableId> = HashMap::new();
    let mut table = Vec::with_capacity(syllable_count());
    for id in 0..syllable_count() as SyllableId {
        let said = as_said(syllable_name(id));
        if let Some(&class) = class_of.get(&said) {
            table.push(class);
            continue;
        }
        let mut open = vec![said];
        while let Some(said) = open.pop() {
            if class_of.contains_key(&said) {
                continue;
            }
            class_of.insert(said, id);
            for merger in &mergers {
                merger.heard_as(said, &mut open);
            }
        }
        table.push(id);
    }
    table
}

impl Merger {
    /// Adds what this merger does not keep apart from `said`.
    fn heard_as(self, (initial, last): Said, alike: &mut Vec<Said>) {
        match self {
            Initials(a, b) if initial == a => alike.push((b, last)),
            Initials(a, b) if initial == b => alike.push((a, last)),
            Initials(..) => {}
            Finals(pairs) => {
                alike.extend(partners(last, pairs, false).map(|last| (initial, last)));
                alike.extend(partners(last, pairs, true).map(|last| (initial, last)));
            }
            Both(a, b, pairs) => {
                if initial == a {
                    alike.extend(partners(last, pairs, false).map(|last| (b, last)));
                }
                if initial == b {
                    alike.extend(partners(last, pairs, true).map(|last| (a, last)));
                }
            }
        }
    }
}

/// The other halves of the pairs whose first half (second half, when `turned`) is `last`.
fn partners(
    last: &str,
    pairs: &'static [(&'static str, &'static str)],
    turned: bool,
) -> impl Iterator<Item = &'static str> {
    pairs.iter().filter_map(move |&(a, b)| match turned {
        false => (a == last).then_some(b),
        true => (b == last).then_some(a),
    })
}

/// Undoes the spelling rules of pinyin: yuan is üan, ju is jü, wen is un.
fn as_said(name: &'static str) -> Said {
    let cut = match name.as_bytes() {
        [b'z' | b'c' | b's', b'h', _, ..] => 2,
        [first, _, ..] if b"bpmfdtnlgkhjqxrzcsyw".contains(first) => 1,
        _ => 0,
    };
    let (initial, last) = name.split_at(cut);
    let last = match (initial, last) {
        ("j" | "q" | "x" | "y", "u") => "ü",
        ("j" | "q" | "x" | "y", "uan") => "üan",
        ("j" | "q" | "x" | "y", "ue") => "üe",
        ("j" | "q" | "x" | "y", "un") => "ün",
        ("y", "a") => "ia",
        ("y", "an") => "ian",
        ("y", "ang") => "iang",
        ("y", "ao") => "iao",
        ("y", "e") => "ie",
        ("y", "ou") => "iu",
        ("y", "ong") => "iong",
        ("w", "a") => "ua",
        ("w", "ai") => "uai",
        ("w", "an") => "uan",
        ("w", "ang") => "uang",
        ("w", "ei") => "ui",
        ("w", "en") => "un",
        ("w", "eng") => "ueng",
        ("w", "o") => "uo",
        _ => last,
    };
    match initial {
        "y" | "w" => ("", last),
        initial => (initial, last),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::syllable_id;

    fn accents(names: &[&str]) -> Accents {
        names.iter().fold(Accents::NONE, |set, name| {
            set.union(Accents::parse(name).expect(name))
        })
    }

    fn alike(names: &[&str], a: &str, b: &str) -> bool {
        let fold = |name| fold(syllable_id(name).expect(name), accents(names));
        fold(a) == fold(b)
    }

    #[test]
    fn one_accent() {
        for (name, a, b) in [
            ("z-zh", "zong", "zhong"),
            ("c-ch", "can", "chan"),
            ("s-sh", "si", "shi"),
            ("n-l", "nan", "lan"),
            ("l-r", "lan", "ran"),
            ("in-ing", "jin", "jing"),
            ("in-ing", "yin", "ying"),
            ("en-eng", "shen", "sheng"),
            ("an-ang", "tan", "tang"),
            ("ian-iang", "lian", "liang"),
            ("uan-uang", "guan", "guang"),
            ("f-h", "fei", "hui"),
            ("f-h", "fa", "hua"),
            ("f-h", "fu", "hu"),
            ("f-h", "feng", "hong"),
            ("f-h", "fan", "huan"),
            ("i-ü", "ji", "ju"),
            ("i-ü", "yi", "yu"),
            ("i-ü", "li", "lü"),
            ("ong-eng", "dong", "deng"),
            ("r-y", "ren", "yin"),
            ("r-y", "re", "ye"),
            ("h-w", "huang", "wang"),
            ("zh-j", "zhu", "ju"),
            ("zh-j", "zhang", "jiang"),
            ("sh-x", "shi", "xi"),
            ("uan-uang", "wan", "wang"),
            ("ian-iang", "yan", "yang"),
            ("un-ong", "cun", "cong"),
        ] {
            assert!(alike(&[name], a, b), "{name} {a} {b}");
            assert!(!alike(&[], a, b), "{a} {b}");
        }
    }

    #[test]
    fn accents_work_together() {
        assert!(alike(&["z-zh", "an-ang"], "zan", "zhang"));
        assert!(alike(&["n-l", "l-r"], "nan", "ran"));
        assert!(alike(&["f-h", "en-eng"], "fen", "hong"));
        assert!(alike(&["f-h", "an-ang"], "fan", "huang"));
        assert!(!alike(&["an-ang"], "yan", "yang"));
        assert!(!alike(&["z-zh"], "can", "chan"));
        assert!(!alike(&["in-ing"], "lian", "liang"));
        assert!(!alike(&["i-ü"], "zhi", "zhu"));
    }

    #[test]
    fn every_name_is_known_and_does_something() {
        for &name in Accents::NAMES {
            let accent = Accents::parse(name).expect(name);
            assert_eq!(accent.names().collect::<Vec<_>>(), [name]);
            let turned = name.split_once('-').map(|(a, b)| format!("{b}-{a}"));
            assert_eq!(
                turned.and_then(|turned| Accents::parse(&turned)),
                Some(accent)
            );
            let merged = (0..syllable_count() as SyllableId).any(|id| fold(id, accent) != id);
            assert!(merged, "{name} merges nothing");
        }
        assert_eq!(Accents::parse("z-z"), None);
        assert_eq!(Accents::parse("zh"), None);
    }

    proptest! {
        #[test]
        fn representatives_represent_themselves(bits in 0_u32..(1 << 24), pick in any::<prop::sample::Index>()) {
            let accents = Accents(bits);
            let id = pick.index(syllable_count()) as SyllableId;
            let representative = fold(id, accents);
            prop_assert_eq!(fold(representative, accents), representative);
            prop_assert!(representative <= id);
        }

        #[test]
        fn more_accents_never_tell_apart(few in 0_u32..(1 << 24), more in 0_u32..(1 << 24), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
            let (a, b) = (a.index(syllable_count()) as u16, b.index(syllable_count()) as u16);
            let (few, all) = (Accents(few), Accents(few | more));
            prop_assert!(fold(a, few) != fold(b, few) || fold(a, all) == fold(b, all));
        }
    }
}
