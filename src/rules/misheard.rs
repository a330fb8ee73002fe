//! Dialogues as a recogniser would mishear them: characters replaced by others of the same
//! sound. To test how well rules stand it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::dialogue::Dialogue;
use crate::{
    text::{SyllableId, readings},
    transcript::Utterance,
};

/// How much is misheard, and which characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mishearing {
    /// The share of the Chinese characters that are replaced, 0 to 1.
    pub share: f64,
    /// The same seed replaces the same characters by the same others.
    pub seed: u64,
}

/// The dialogue with about `share` of its Chinese characters replaced by common ones of the
/// same toneless syllable, in any reading. Characters that no other common one sounds like stay.
pub fn misheard(dialogue: &Dialogue, how: Mishearing) -> Dialogue {
    let mut changed = dialogue.clone();
    for (turn, utterance) in changed.transcript.utterances.iter_mut().enumerate() {
        let text: String = utterance
            .text
            .chars()
            .enumerate()
            .map(|(at, c)| {
                let draw = Draw::of(how.seed, &dialogue.id, turn, at);
                match draw.share() < how.share {
                    true => like_sounding(c, draw).unwrap_or(c),
                    false => c,
                }
            })
            .collect();
        respell_words(utterance, &text);
        utterance.text = text;
    }
    changed
}

/// Words keep their lengths and times.
fn respell_words(utterance: &mut Utterance, text: &str) {
    let mut characters = text.chars();
    for word in &mut utterance.words {
        let length = word.text.chars().count();
        word.text = characters.by_ref().take(length).collect();
    }
}

/// Another common character of the same sound.
fn like_sounding(c: char, draw: Draw) -> Option<char> {
    let sounds = readings(c);
    let sound = sounds.get(draw.pick(sounds.len())?)?;
    let others: Vec<char> = by_sound()
        .get(sound)?
        .iter()
        .copied()
        .filter(|other| *other != c)
        .collect();
    others.get(draw.pick(others.len())?).copied()
}

/// The 3,755 common characters (level one of GB 2312) by the syllables that they are read as.
fn by_sound() -> &'static HashMap<SyllableId, Vec<char>> {
    static BY_SOUND: OnceLock<HashMap<SyllableId, Vec<char>>> = OnceLock::new();
    BY_SOUND.get_or_init(|| {
        let mut by_sound: HashMap<SyllableId, Vec<char>> = HashMap::new();
        for c in common_characters() {
            for &sound in readings(c) {
                by_sound.entry(sound).or_default().push(c);
            }
        }
        by_sound
    })
}

fn common_characters() -> impl Iterator<Item = char> {
    (0xb0..=0xd7u8)
        .flat_map(|first| (0xa1..=0xfeu8).map(move |second| [first, second]))
        .filter_map(|pair| {
            let (text, _, wrong) = encoding_rs::GBK.decode(&pair);
            text.chars().next().filter(|_| !wrong)
        })
        .filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
}

/// Numbers drawn for one character, the same whenever they are drawn again.
#[derive(Clone, Copy)]
struct Draw([u8; 16]);

impl Draw {
    fn of(seed: u64, dialogue: &str, turn: usize, at: usize) -> Draw {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(&(turn as u64).to_le_bytes());
        hasher.update(&(at as u64).to_le_bytes());
        hasher.update(dialogue.as_bytes());
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Draw(bytes)
    }

    /// Evenly between 0 and 1.
    fn share(self) -> f64 {
        let number = u64::from_le_bytes(self.0[..8].try_into().expect("eight bytes"));
        number as f64 / u64::MAX as f64
    }

    /// Evenly among so many; `None` of none.
    fn pick(self, count: usize) -> Option<usize> {
        let number = u64::from_le_bytes(self.0[8..].try_into().expect("eight bytes"));
        (count > 0).then(|| (number % count as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules::dialogue::parse_lines, text::readings};

    fn dialogue() -> Dialogue {
        let line = r#"{"id": "a", "turns": [
            {"s": "agent", "t": "提前解约要付违约金,一共两百块,A套餐次月生效,您看可以吗?"},
            {"s": "customer", "t": "可以,那就帮我办理吧,谢谢你了。"}]}"#
            .replace('\n', " ");
        parse_lines(&line).expect("a dialogue").remove(0)
    }

    fn text(dialogue: &Dialogue) -> String {
        let said = dialogue.transcript.utterances.iter();
        said.map(|utterance| utterance.text.as_str()).collect()
    }

    #[test]
    fn nothing_and_everything() {
        let before = text(&dialogue());
        let heard = |share| text(&misheard(&dialogue(), Mishearing { share, seed: 7 }));
        assert_eq!(heard(0.0), before);
        assert_eq!(heard(0.3), heard(0.3));
        let all = heard(1.0);
        assert_eq!(all.chars().count(), before.chars().count());
        for (was, is) in before.chars().zip(all.chars()) {
            let alike = readings(was).iter().any(|sound| readings(is).contains(sound));
            assert!(was == is || alike, "{was} became {is}");
        }
        let kept = before.chars().zip(all.chars()).filter(|(a, b)| a == b);
        assert!(kept.count() < 14, "{all}");
    }

    #[test]
    fn about_the_share_that_was_asked_for() {
        let mut replaced = 0;
        let mut characters = 0;
        for seed in 0..200 {
            let before = text(&dialogue());
            let after = text(&misheard(&dialogue(), Mishearing { share: 0.1, seed }));
            replaced += before.chars().zip(after.chars()).filter(|(a, b)| a != b).count();
            characters += before.chars().filter(|&c| !readings(c).is_empty()).count();
        }
        let share = replaced as f64 / characters as f64;
        assert!((0.08..0.11).contains(&share), "{share}");
    }
}
