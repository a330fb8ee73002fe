//! The pieces of a sentence that a trained model weighs: characters and syllables, one to three
//! in a row, numbers all alike.

use crate::text::{Normalised, SyllableId, readings, syllable_name};

/// What stands for any number.
const NUMBER: char = '#';
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

/// All pieces of the characters `from..to`, which are one sentence or several.
pub fn grams(text: &Normalised, from: usize, to: usize) -> Vec<Gram> {
    let units = units(text, from, to);
    let mut grams = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        for size in 1..=3 {
            let Some(piece) = units.get(index..index + size) else {
                break;
            };
            if piece[1..]
                .iter()
                .any(|unit| text.sentence_break_before(unit.from))
            {
                break;
            }
            let covers = |text: String| Gram {
                text,
                from: unit.from,
                to: piece[size - 1].to,
            };
            grams.push(covers(piece.iter().map(|unit| unit.c).collect()));
            if size > 1 {
                grams.extend(sounds(piece).into_iter().map(covers));
            }
        }
    }
    grams
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
fn sounds(piece: &[Unit]) -> Vec<String> {
    let sets: Vec<&[SyllableId]> = piece.iter().map(|unit| readings(unit.c)).collect();
    let count: usize = sets.iter().map(|set| set.len()).product();
    if count == 0 || count > MOST_READINGS {
        return Vec::new();
    }
    let mut all = vec![BY_SOUND.to_string()];
    for set in sets {
        all = all
            .iter()
            .flat_map(|begun| {
                set.iter().map(move |&syllable| match begun.len() {
                    1 => format!("{begun}{}", syllable_name(syllable)),
                    _ => format!("{begun} {}", syllable_name(syllable)),
                })
            })
            .collect();
    }
    all
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
}
