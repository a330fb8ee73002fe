//! Where to look for a phrase: the piece of it that is met least often by chance.

use super::frequency::expected;
use crate::{rules::phrase::Item, text::ValueKind};

/// Longer pieces make the automaton larger and its finds hardly rarer.
const LONGEST_LITERAL: usize = 5;
const LONGEST_SYLLABLES: usize = 4;
/// A piece that spells out to more than this is no place to look.
const MOST_LITERALS: usize = 3000;
/// The same by sound, where each is spelled out again by its readings.
const MOST_SOUNDS: usize = 200;
/// What one more literal costs, against being met so often: it makes the automaton larger.
const COST_OF_LITERAL: f64 = 2e-7;

/// The item of a phrase at which to look for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// An item that begins with text in every wording.
    Text(usize),
    /// The phrase has no text to look for: this item is a value.
    Value(usize, ValueKind),
}

/// The best place to look for the phrase as written; `None` when no piece is in all wordings.
pub fn written(items: &[Item]) -> Option<Anchor> {
    let text = best(items, 1, LONGEST_LITERAL, MOST_LITERALS);
    text.map(|(item, _)| Anchor::Text(item)).or_else(|| {
        items
            .iter()
            .enumerate()
            .find_map(|(item, piece)| match piece {
                Item::Value(kind) => Some(Anchor::Value(item, *kind)),
                _ => None,
            })
    })
}

/// The item at which to look for it by sound: at least two syllables.
pub fn by_sound(items: &[Item]) -> Option<usize> {
    best(items, 2, LONGEST_SYLLABLES, MOST_SOUNDS).map(|(item, _)| item)
}

/// The item, and the texts of which one stands where it begins.
fn best(
    items: &[Item],
    shortest: usize,
    longest: usize,
    most: usize,
) -> Option<(usize, Vec<Vec<char>>)> {
    let mut best: Option<(f64, usize, Vec<Vec<char>>)> = None;
    for item in 0..items.len() {
        let mut beginnings = vec![Beginning::default()];
        for next in &items[item..] {
            if beginnings.iter().all(|beginning| beginning.closed) {
                break;
            }
            let Some(longer) = followed_by(&beginnings, std::slice::from_ref(next), longest, most)
            else {
                break;
            };
            beginnings = longer;
            if beginnings.iter().any(|own| own.text.len() < shortest) {
                continue;
            }
            let cost: f64 = beginnings
                .iter()
                .map(|own| expected(&own.text) + COST_OF_LITERAL)
                .sum();
            if best.as_ref().is_none_or(|(known, ..)| cost < *known) {
                let mut texts: Vec<Vec<char>> =
                    beginnings.iter().map(|own| own.text.clone()).collect();
                texts.sort_unstable();
                texts.dedup();
                best = Some((cost, item, texts));
            }
        }
    }
    best.map(|(_, item, texts)| (item, texts))
}

/// How a wording begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Beginning {
    text: Vec<char>,
    /// What follows is not text: nothing can be added.
    closed: bool,
}

/// Each of the beginnings followed by what the items say, as far as that is plain text; `None`
/// when it becomes too much.
fn followed_by(
    beginnings: &[Beginning],
    items: &[Item],
    longest: usize,
    most: usize,
) -> Option<Vec<Beginning>> {
    let mut all = beginnings.to_vec();
    for item in items {
        let (closed, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|own| own.closed);
        all = closed;
        if open.is_empty() {
            break;
        }
        match item {
            Item::Text(text) => all.extend(open.into_iter().map(|mut own| {
                own.text.extend(text);
                if own.text.len() >= longest {
                    own.text.truncate(longest);
                    own.closed = true;
                }
                own
            })),
            Item::Choice(branches) => {
                for branch in branches.iter() {
                    all.extend(followed_by(&open, branch, longest, most)?);
                    if all.len() > most {
                        return None;
                    }
                }
            }
            Item::Repeat(branches) => {
                for branch in branches.iter() {
                    let once = followed_by(&open, branch, longest, most)?;
                    all.extend(once.into_iter().map(|own| Beginning {
                        closed: true,
                        ..own
                    }));
                }
            }
            Item::Gap { .. } | Item::Value(_) => {
                all.extend(open.into_iter().map(|own| Beginning {
                    closed: true,
                    ..own
                }))
            }
            Item::Start | Item::End | Item::ClauseEdge | Item::Question => all.extend(open),
        }
        all.sort_unstable();
        all.dedup();
        if all.len() > most {
            return None;
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        phrase::{Ends, Phrase},
        word_lists::WordLists,
    };

    fn check(phrase: &str, expected: Option<(usize, &[&str])>) {
        let phrase = Phrase::parse(phrase, &WordLists::default(), Ends::Closed).expect("a phrase");
        let found = best(&phrase.items, 1, LONGEST_LITERAL, MOST_LITERALS).map(|(item, texts)| {
            let texts = texts.into_iter();
            (item, texts.map(|text| text.into_iter().collect::<String>()).collect::<Vec<_>>())
        });
        let expected =
            expected.map(|(item, texts)| (item, texts.iter().map(|t| (*t).to_owned()).collect()));
        assert_eq!(found, expected, "{}", phrase.source);
    }

    #[test]
    fn the_rarest_piece() {
        check("违约金", Some((0, &["违约金"])));
        check("{没有|不收}{~2}违约金", Some((2, &["违约金"])));
        check("{不|没}{~6}赔", Some((2, &["赔"])));
        check("扣{money}", Some((0, &["扣"])));
        check("{money}", None);
        check("{没有{~2}钱|不收}", Some((0, &["不收", "没有"])));
        check("{{~2}钱|不收}", None);
        check("^{嗯|哦}+$", Some((0, &["哦", "嗯"])));
        // What is longer is rarer, up to a length.
        check("您{都|}可以取消", Some((2, &["可以取消"])));
    }
}
