//! Where to look for a phrase: the piece of it that is hardest to meet by chance.

use crate::{rules::phrase::Item, text::ValueKind};

/// Longer pieces make the automaton larger and its finds hardly rarer.
const LONGEST_LITERAL: usize = 5;
const LONGEST_SYLLABLES: usize = 4;
/// A piece that spells out to more than this is a poor place to look.
const MOST_LITERALS: usize = 48;

/// A piece of a phrase that every wording has.
#[derive(Clone, Debug, PartialEq)]
pub enum Anchor {
    /// The phrase's item `item` begins where one of these texts begins.
    Texts { item: usize, texts: Vec<Vec<char>> },
    /// The phrase has no text: its item `item` is a value.
    Value { item: usize, kind: ValueKind },
}

/// The best place to look for the phrase as written; `None` when no piece is in all wordings.
pub fn written(items: &[Item]) -> Option<Anchor> {
    best(items, 1, LONGEST_LITERAL).or_else(|| {
        items
            .iter()
            .enumerate()
            .find_map(|(item, piece)| match piece {
                Item::Value(kind) => Some(Anchor::Value { item, kind: *kind }),
                _ => None,
            })
    })
}

/// The best place to look for it by sound: at least two syllables.
pub fn by_sound(items: &[Item]) -> Option<Anchor> {
    best(items, 2, LONGEST_SYLLABLES)
}

fn best(items: &[Item], shortest: usize, longest: usize) -> Option<Anchor> {
    let mut best: Option<(usize, usize, Anchor)> = None;
    for item in 0..items.len() {
        let mut texts = vec![Vec::new()];
        for end in item..items.len() {
            let Some(longer) = followed_by(&texts, &items[end], longest) else {
                break;
            };
            texts = longer;
            let length = texts.iter().map(Vec::len).min().unwrap_or(0);
            // The longest shortest text wins, then the fewest texts, then the earliest.
            let better = best.as_ref().is_none_or(|(best_length, count, _)| {
                (length, *count) > (*best_length, texts.len())
            });
            if length >= shortest && better {
                let anchor = Anchor::Texts {
                    item,
                    texts: texts.clone(),
                };
                best = Some((length, texts.len(), anchor));
            }
        }
    }
    best.map(|(_, _, anchor)| anchor)
}

/// Each of the texts followed by what the item says, cut to `longest`; `None` when that is not
/// plain text or becomes too much.
fn followed_by(texts: &[Vec<char>], item: &Item, longest: usize) -> Option<Vec<Vec<char>>> {
    let endings = spelled_out(std::slice::from_ref(item))?;
    let mut all = Vec::new();
    for text in texts {
        for ending in &endings {
            let mut longer = text.clone();
            longer.extend(ending);
            longer.truncate(longest);
            all.push(longer);
        }
    }
    all.sort_unstable();
    all.dedup();
    (all.len() <= MOST_LITERALS).then_some(all)
}

/// All wordings of items that are only text.
fn spelled_out(items: &[Item]) -> Option<Vec<Vec<char>>> {
    let mut wordings: Vec<Vec<char>> = vec![Vec::new()];
    for item in items {
        let endings = match item {
            Item::Text(text) => vec![text.clone()],
            Item::Choice(choices) => {
                let mut all = Vec::new();
                for choice in choices {
                    all.extend(spelled_out(choice)?);
                }
                all
            }
            Item::Gap(_) | Item::Value(_) | Item::ClauseEdge => return None,
        };
        if wordings.len() * endings.len() > MOST_LITERALS {
            return None;
        }
        wordings = wordings
            .iter()
            .flat_map(|wording| {
                endings
                    .iter()
                    .map(move |ending| [wording.as_slice(), ending.as_slice()].concat())
            })
            .collect();
    }
    Some(wordings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::phrase::Phrase;

    fn check(phrase: &str, expected: Option<(usize, &[&str])>) {
        let phrase = Phrase::parse(phrase).expect("a phrase");
        let found = match written(&phrase.items) {
            Some(Anchor::Texts { item, texts }) => Some((
                item,
                texts
                    .into_iter()
                    .map(|text| text.into_iter().collect::<String>())
                    .collect::<Vec<_>>(),
            )),
            _ => None,
        };
        let expected =
            expected.map(|(item, texts)| (item, texts.iter().map(|t| (*t).to_owned()).collect()));
        assert_eq!(found, expected, "{}", phrase.source);
    }

    #[test]
    fn the_rarest_piece() {
        check("违约金", Some((0, &["违约金"])));
        check("{没有|不收}{~2}违约金", Some((2, &["违约金"])));
        check(
            "随时{能|可以}取消",
            Some((0, &["随时可以取", "随时能取消"])),
        );
        check("{提前|没到期}{~6}赔", Some((0, &["提前", "没到期"])));
        check("扣{money}", Some((0, &["扣"])));
        check("{money}", None);
        check("{没有{~2}钱|不收}", None);
    }
}
