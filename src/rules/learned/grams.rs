//! The pieces of a sentence that a trained model weighs: characters and syllables, one to three
//! in a row, numbers all alike.

use crate::text::{Normalised, SyllableId, readings, syllable_id, syllable_name};

/// What stands for any number.
const NUMBER: char = '#';
/// So many characters or syllables in a row at most.
const LONGEST: usize = 3;
/// Before the syllables of a piece by sound.
const BY_SOUND: char = '~';
/// A piece by sound is taken in at most so many readings.
const MOST_READINGS: usize = 4;

/// A piece of a sentence, with the characters that it covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Gram {
    pub text: String,
    pub from: usize,
    pub to: usize,
}

/// A character, or a whole number, with its place.
struct Unit {
    c: char,
    from: usize,
    to: usize,
}

/// How a piece is spelled, before anybody needs it as text.
enum Spelling<'u> {
    Characters(&'u [Unit]),
    Sound([SyllableId; LONGEST], usize),
}

impl Spelling<'_> {
    fn number(&self) -> u64 {
        match self {
            Spelling::Characters(units) => {
                let chars = units.iter().map(|unit| u32::from(unit.c));
                chars.fold(0, mixed)
            }
            Spelling::Sound(syllables, count) => {
                let syllables = syllables[..*count].iter().map(|&id| u32::from(id));
                syllables.fold(SOUND, mixed)
            }
        }
    }

    fn each_char(&self, mut push: impl FnMut(char)) {
        match self {
            Spelling::Characters(units) => units.iter().for_each(|unit| push(unit.c)),
            Spelling::Sound(syllables, count) => {
                push(BY_SOUND);
                for (index, &syllable) in syllables[..*count].iter().enumerate() {
                    if index > 0 {
                        push(' ');
                    }
                    syllable_name(syllable).chars().for_each(&mut push);
                }
            }
        }
    }
}

/// All pieces of the characters `from..to`, which are one sentence or several.
pub fn grams(text: &Normalised, from: usize, to: usize) -> Vec<Gram> {
    let mut grams = Vec::new();
    visit(text, from, to, |spelling, from, to| {
        let mut text = String::new();
        spelling.each_char(|c| text.push(c));
        grams.push(Gram { text, from, to });
    });
    grams
}

/// A piece as a number, and the characters that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Numbered {
    /// The same as [`number_of`] its text.
    pub number: u64,
    pub from: u32,
    pub to: u32,
}

/// The same pieces by their numbers, in rising order; of several alike the first.
pub fn numbered(text: &Normalised, from: usize, to: usize) -> Vec<Numbered> {
    let mut pieces = Vec::with_capacity((to - from) * 2 * LONGEST);
    visit(text, from, to, |spelling, from, to| {
        pieces.push(Numbered {
            number: spelling.number(),
            from: from as u32,
            to: to as u32,
        });
    });
    pieces.sort_unstable();
    pieces.dedup_by_key(|piece| piece.number);
    pieces
}

/// A piece as a number: the same text, the same number. `None` for what is no piece.
pub fn number_of(gram: &str) -> Option<u64> {
    match gram.strip_prefix(BY_SOUND) {
        None => Some(gram.chars().map(u32::from).fold(0, mixed)),
        Some(sound) => sound.split(' ').try_fold(SOUND, |number, name| {
            Some(mixed(number, syllable_id(name)?.into()))
        }),
    }
}

/// Where the numbers of pieces by sound begin, so that they are none of characters.
const SOUND: u64 = 1 << 63 | 0x5eed;

/// Firefox's hash of a character or syllable after what came before.
fn mixed(number: u64, next: u32) -> u64 {
    (number.rotate_left(5) ^ u64::from(next)).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn visit(
    text: &Normalised,
    from: usize,
    to: usize,
    mut found: impl FnMut(Spelling<'_>, usize, usize),
) {
    let units = units(text, from, to);
    for (index, unit) in units.iter().enumerate() {
        for size in 1..=LONGEST {
            let Some(piece) = units.get(index..index + size) else {
                break;
            };
            if piece[1..]
                .iter()
                .any(|unit| text.sentence_break_before(unit.from))
            {
                break;
            }
            let to = piece[size - 1].to;
            found(Spelling::Characters(piece), unit.from, to);
            if size > 1 {
                sounds(piece, |spelling| found(spelling, unit.from, to));
            }
        }
    }
}

fn units(text: &Normalised, from: usize, to: usize) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for (offset, &c) in text.chars()[from..to].iter().enumerate() {
        let at = from + offset;
        let number = c.is_ascii_digit() || "零一二三四五六七八九十百千万两幺".contains(c);
        match units.last_mut() {
            Some(last) if number && last.c == NUMBER && !text.pause_before(at) => last.to = at + 1,
            _ => units.push(Unit {
                c: if number { NUMBER } else { c },
                from: at,
                to: at + 1,
            }),
        }
    }
    units
}

/// The piece as it sounds, in each of its readings; nothing for pieces with numbers or signs.
fn sounds(piece: &[Unit], mut found: impl FnMut(Spelling<'_>)) {
    let count: usize = piece.iter().map(|unit| readings(unit.c).len()).product();
    if count > MOST_READINGS {
        return;
    }
    for which in 0..count {
        let mut rest = which;
        let mut syllables = [SyllableId::default(); LONGEST];
        for (unit, syllable) in piece.iter().zip(&mut syllables) {
            let own = readings(unit.c);
            *syllable = own[rest % own.len()];
            rest /= own.len();
        }
        found(Spelling::Sound(syllables, piece.len()));
    }
}

/// The sentences of a text, from and to.
pub fn sentences(text: &Normalised) -> Vec<(usize, usize)> {
    let count = text.chars().len();
    let mut sentences = Vec::new();
    let mut from = 0;
    for at in 1..=count {
        if text.sentence_break_before(at) {
            sentences.push((from, at));
            from = at;
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_by_character_and_by_sound() {
        let text = Normalised::of("赔129元。好");
        let found: Vec<String> = grams(&text, 0, text.chars().len())
            .into_iter()
            .map(|gram| gram.text)
            .collect();
        assert_eq!(found, ["赔", "赔#", "赔#元", "#", "#元", "元", "好"]);
        let text = Normalised::of("违约金");
        let found: Vec<String> = grams(&text, 0, 3).into_iter().map(|g| g.text).collect();
        assert!(found.contains(&"~wei yue".to_owned()), "{found:?}");
        assert_eq!(sentences(&Normalised::of("好的。嗯，行")), [(0, 2), (2, 4)]);
    }

    #[test]
    fn the_number_of_a_piece_is_that_of_its_text() {
        let text = Normalised::of("您的违约金要赔129元，重庆的单子也行");
        let count = text.chars().len();
        let mut from_texts: Vec<u64> = grams(&text, 0, count)
            .iter()
            .map(|gram| number_of(&gram.text).expect("it is a piece"))
            .collect();
        from_texts.sort_unstable();
        from_texts.dedup();
        let numbers: Vec<u64> = numbered(&text, 0, count).iter().map(|p| p.number).collect();
        assert_eq!(numbers, from_texts);
        assert_eq!(number_of("~nothing said"), None);
    }
}
