//! Phrases as the matcher takes them, with the place at which to look for them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::anchors::{self, Anchor};
use crate::{
    rules::{
        phrase::{Item, Phrase, may_be_empty, shortest},
        rule::{Cue, CueId},
    },
    text::{Accents, ValueKind},
    transcript::Speaker,
};

/// Under so many syllables nothing is matched by sound alone.
pub const SHORTEST_BY_SOUND: usize = 3;
/// What cancels a hit stands right beside it, so less will do.
const SHORTEST_UNLESS_BY_SOUND: usize = 2;

/// What a match of a pattern means for its cue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Phrase,
    Weak,
    /// Cancels what it covers or touches.
    Unless,
    /// Cancels what is in its sentence.
    UnlessSentence,
    /// Cancels what is in its utterance.
    UnlessUtterance,
}

impl Role {
    /// Whether a match counts towards hearing the cue.
    pub fn is_heard(self) -> bool {
        matches!(self, Role::Phrase | Role::Weak)
    }
}

/// A phrase, ready to be verified at a place.
#[derive(Debug)]
pub struct Pattern {
    pub cue: CueId,
    pub role: Role,
    /// Who must say it.
    pub speaker: Option<Speaker>,
    pub pieces: Vec<Piece>,
    /// How far it reaches before its first word and after its last, in characters.
    pub reach: (u8, u8),
    pub has_value: bool,
    /// How many characters may differ from what is written when it is heard by sound.
    pub may_differ: usize,
    pub accents: Accents,
    pub anchor: Anchor,
    /// The item at which to look for it by sound; `None` when it is too short or not wanted.
    pub sound_anchor: Option<usize>,
}

impl Pattern {
    /// The lists of which one alternative stands in every wording, each once.
    pub fn needed_lists(&self) -> Vec<u32> {
        let lists = self.pieces.iter().filter_map(Piece::list);
        let mut needed: Vec<u32> = lists
            .filter(|list| !list.by_first.is_open())
            .map(|list| list.id)
            .collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// All its lists, those within others too, each once.
    pub fn all_lists(&self) -> Vec<u32> {
        fn collect(pieces: &[Piece], lists: &mut Vec<u32>) {
            for list in pieces.iter().filter_map(Piece::list) {
                lists.push(list.id);
                list.all.iter().for_each(|branch| collect(branch, lists));
            }
        }
        let mut lists = Vec::new();
        collect(&self.pieces, &mut lists);
        lists.sort_unstable();
        lists.dedup();
        lists
    }
}

/// A piece of a pattern.
#[derive(Clone, Debug)]
pub enum Piece {
    Text {
        chars: Box<[char]>,
        /// The phrase is nothing but this.
        alone: bool,
    },
    Choice(Arc<Branches>),
    Repeat(Arc<Branches>),
    Gap {
        most: u8,
        without: Option<Arc<Branches>>,
    },
    Value(ValueKind),
    Start,
    End,
    ClauseEdge,
    Question,
}

/// Alternatives, with those that can begin, or end, with a character.
#[derive(Debug)]
pub struct Branches {
    /// Its number among all, for what is remembered about it.
    pub id: u32,
    pub all: Vec<Vec<Piece>>,
    pub by_first: Dispatch,
    pub by_last: Dispatch,
    /// The texts with which alternatives begin or end, apart from edges; those of lists within
    /// it too.
    pub words: Vec<Word>,
}

/// A text at an edge of alternatives.
#[derive(Debug)]
pub struct Word {
    pub text: Box<[char]>,
    /// Whether an alternative begins with it.
    pub begins: bool,
    /// Whether an alternative ends with it.
    pub ends: bool,
}

impl Piece {
    /// Whether it takes up no characters by itself.
    pub fn is_edge(&self) -> bool {
        matches!(
            self,
            Piece::Start | Piece::End | Piece::ClauseEdge | Piece::Question
        )
    }

    /// The alternatives, of one that has any.
    pub fn list(&self) -> Option<&Branches> {
        match self {
            Piece::Choice(list) | Piece::Repeat(list) => Some(list),
            _ => None,
        }
    }
}

/// Which alternatives are worth trying at a character.
#[derive(Debug, Default)]
pub struct Dispatch {
    /// Ordered by character.
    by_char: Vec<(char, u16)>,
    /// Those that may do at any character, or at none.
    anywhere: Vec<u16>,
}

impl Dispatch {
    pub fn at(&self, c: Option<char>) -> impl Iterator<Item = u16> {
        let own = match c {
            Some(c) => {
                let from = self.by_char.partition_point(|&(known, _)| known < c);
                let to = self.by_char.partition_point(|&(known, _)| known <= c);
                &self.by_char[from..to]
            }
            None => &[],
        };
        own.iter()
            .map(|&(_, branch)| branch)
            .chain(self.anywhere.iter().copied())
    }

    /// Whether some alternative may do at any character, or at none.
    pub fn is_open(&self) -> bool {
        !self.anywhere.is_empty()
    }
}

/// Alternatives as they were written.
type Alternatives = Arc<Vec<Vec<Item>>>;

/// Turns phrases into patterns; word lists that many phrases share are compiled once.
#[derive(Default)]
pub struct Compiler {
    pub patterns: Vec<Pattern>,
    known: HashMap<(Alternatives, bool), Arc<Branches>>,
    /// Texts by themselves, as lists of one.
    singles: HashMap<(Vec<char>, bool), Arc<Branches>>,
    /// All lists of alternatives, by their numbers.
    pub lists: Vec<Arc<Branches>>,
}

impl Compiler {
    /// Adds the patterns of one cue.
    pub fn add(&mut self, id: CueId, cue: &Cue) {
        let roles = [
            (Role::Phrase, &cue.phrases),
            (Role::Weak, &cue.weak),
            (Role::Unless, &cue.unless),
            (Role::UnlessSentence, &cue.unless_sentence),
            (Role::UnlessUtterance, &cue.unless_utterance),
        ];
        for (role, phrases) in roles {
            for phrase in phrases {
                self.phrase(id, cue, role, phrase);
            }
        }
    }

    fn phrase(&mut self, id: CueId, cue: &Cue, role: Role, phrase: &Phrase) {
        let mut items = phrase.items.as_slice();
        let mut reach = (0, 0);
        if !role.is_heard() {
            if let [Item::Gap { most, .. }, rest @ ..] = items {
                (items, reach.0) = (rest, *most);
            }
            if let [rest @ .., Item::Gap { most, .. }] = items {
                (items, reach.1) = (rest, *most);
            }
        }
        self.wording(id, cue, role, reach, items);
    }

    fn wording(&mut self, id: CueId, cue: &Cue, role: Role, reach: (u8, u8), items: &[Item]) {
        let Some(anchor) = anchors::written(items) else {
            // Nothing can be looked for in all wordings at once: one pattern for each.
            for wording in split(items) {
                self.wording(id, cue, role, reach, &wording);
            }
            return;
        };
        let enough = if role.is_heard() {
            SHORTEST_BY_SOUND
        } else {
            SHORTEST_UNLESS_BY_SOUND
        };
        let by_sound = cue.sounds_like && shortest(items) >= enough;
        let pieces = self.pieces(items);
        self.patterns.push(Pattern {
            cue: id,
            role,
            speaker: if role.is_heard() { cue.speaker } else { None },
            has_value: items.iter().any(|item| matches!(item, Item::Value(_))),
            // A recogniser gets most characters right.
            may_differ: (shortest(items) / 3).max(1),
            pieces,
            reach,
            accents: cue.accents,
            anchor,
            sound_anchor: if by_sound {
                anchors::by_sound(items)
            } else {
                None
            },
        });
    }

    fn pieces(&mut self, items: &[Item]) -> Vec<Piece> {
        let alone = items.iter().filter(|item| !item.is_edge()).count() == 1;
        let piece = |item: &Item| match item {
            // A text by itself is a list of one, so that it is found with the other words.
            Item::Text(text) => Piece::Choice(self.single(text, alone)),
            _ => self.piece(item, alone),
        };
        items.iter().map(piece).collect()
    }

    fn single(&mut self, text: &[char], alone: bool) -> Arc<Branches> {
        let key = (text.to_vec(), alone);
        if let Some(known) = self.singles.get(&key) {
            return known.clone();
        }
        let list = self.list(&[vec![Item::Text(text.to_vec())]], alone);
        self.singles.insert(key, list.clone());
        list
    }

    fn piece(&mut self, item: &Item, alone: bool) -> Piece {
        match item {
            Item::Text(text) => Piece::Text {
                chars: text.as_slice().into(),
                alone: alone && text.len() >= SHORTEST_BY_SOUND,
            },
            Item::Choice(branches) => Piece::Choice(self.branches(branches, alone)),
            Item::Repeat(branches) => Piece::Repeat(self.branches(branches, false)),
            Item::Gap { most, without } => Piece::Gap {
                most: *most,
                without: without.as_ref().map(|words| self.branches(words, false)),
            },
            Item::Value(kind) => Piece::Value(*kind),
            Item::Start => Piece::Start,
            Item::End => Piece::End,
            Item::ClauseEdge => Piece::ClauseEdge,
            Item::Question => Piece::Question,
        }
    }

    fn branches(&mut self, items: &Alternatives, alone: bool) -> Arc<Branches> {
        let key = (items.clone(), alone);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let list = self.list(items, alone);
        self.known.insert(key, list.clone());
        list
    }

    fn list(&mut self, items: &[Vec<Item>], alone: bool) -> Arc<Branches> {
        let all: Vec<Vec<Piece>> = items
            .iter()
            .map(|branch| {
                let alone = alone && branch.len() == 1;
                branch.iter().map(|item| self.piece(item, alone)).collect()
            })
            .collect();
        let (by_first, begins) = dispatch(items, false);
        let (by_last, ends) = dispatch(items, true);
        let list = Arc::new(Branches {
            id: self.lists.len() as u32,
            all,
            by_first,
            by_last,
            words: words(&begins, &ends),
        });
        self.lists.push(list.clone());
        list
    }
}

/// Which alternatives are worth trying where, and the texts with which they begin (or end).
fn dispatch(branches: &[Vec<Item>], backward: bool) -> (Dispatch, BTreeSet<&[char]>) {
    let mut dispatch = Dispatch::default();
    let mut all = BTreeSet::new();
    for (number, branch) in branches.iter().enumerate() {
        let mut texts = BTreeSet::new();
        if edge_texts(branch, backward, &mut texts) {
            let edge = |text: &&[char]| match backward {
                true => text[text.len() - 1],
                false => text[0],
            };
            let chars: BTreeSet<char> = texts.iter().map(edge).collect();
            let own = chars.into_iter().map(|c| (c, number as u16));
            dispatch.by_char.extend(own);
        } else {
            dispatch.anywhere.push(number as u16);
        }
        all.extend(texts);
    }
    dispatch.by_char.sort_unstable();
    (dispatch, all)
}

/// Collects the texts with which the items can begin (or end); false when they could begin with
/// anything, or be empty.
fn edge_texts<'i>(items: &'i [Item], backward: bool, texts: &mut BTreeSet<&'i [char]>) -> bool {
    let mut rest = items;
    loop {
        let next = if backward {
            rest.split_last()
        } else {
            rest.split_first()
        };
        let Some((item, others)) = next else {
            return false;
        };
        rest = others;
        match item {
            Item::Text(text) => {
                texts.insert(text);
                return true;
            }
            Item::Choice(branches) | Item::Repeat(branches) => {
                for branch in branches.iter().filter(|branch| !may_be_empty(branch)) {
                    if !edge_texts(branch, backward, texts) {
                        return false;
                    }
                }
                if !branches.iter().any(|branch| may_be_empty(branch)) {
                    return true;
                }
                // What may be empty here may still hold a gap.
                let only_edges = |branch: &Vec<Item>| branch.iter().all(Item::is_edge);
                let empty = branches.iter().filter(|branch| may_be_empty(branch));
                if !empty.into_iter().all(only_edges) {
                    return false;
                }
            }
            Item::Gap { .. } | Item::Value(_) => return false,
            Item::Start | Item::End | Item::ClauseEdge | Item::Question => {}
        }
    }
}

fn words(begins: &BTreeSet<&[char]>, ends: &BTreeSet<&[char]>) -> Vec<Word> {
    let word = |text: &&[char]| Word {
        text: (*text).into(),
        begins: begins.contains(text),
        ends: ends.contains(text),
    };
    begins.union(ends).map(word).collect()
}

/// The first choice written out, one list of items for each of its alternatives.
fn split(items: &[Item]) -> Vec<Vec<Item>> {
    for (at, item) in items.iter().enumerate() {
        if let Item::Choice(branches) = item {
            return branches
                .iter()
                .map(|branch| {
                    let mut wording = items[..at].to_vec();
                    wording.extend(branch.iter().cloned());
                    wording.extend_from_slice(&items[at + 1..]);
                    wording
                })
                .collect();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_begins_with_what_follows_what_may_be_left_out() {
        let optional = Item::Choice(Arc::new(vec![vec![Item::Text(vec!['都'])], Vec::new()]));
        let list = vec![vec![optional, Item::Text(vec!['行'])]];
        let (first, words) = dispatch(&list, false);
        assert!(!first.is_open());
        assert_eq!(words, BTreeSet::from([&['行'][..], &['都'][..]]));
    }
}
