//! The notation of phrases: `{没有|不收}{~2}违约金`, read into a tree.
//!
//! Owns the notation only; what a phrase matches is the engine's matter.

use std::{ops::Range, sync::Arc};

use super::{diagnostics::Problem, number_forms, problem_words::nearest, word_lists::WordLists};
use crate::text::{Normalised, ValueKind};

/// The longest gap that a phrase may have, in characters.
const LONGEST_GAP: u8 = 60;
/// How deep braces may stand in braces.
const DEEPEST: usize = 6;

/// A phrase, ready to be compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// As it was written.
    pub source: String,
    pub items: Vec<Item>,
}

/// One piece of a phrase.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// Normalised characters, one after the other; never empty.
    Text(Vec<char>),
    /// One of these; an empty one makes it optional. Shared, because word lists are long.
    Choice(Arc<Vec<Vec<Item>>>),
    /// One of these, once or several times.
    Repeat(Arc<Vec<Vec<Item>>>),
    /// At most so many characters of anything in which none of these begins.
    Gap {
        most: u8,
        without: Option<Arc<Vec<Vec<Item>>>>,
    },
    Value(ValueKind),
    /// `^`: the utterance's beginning.
    Start,
    /// `$`: the utterance's end.
    End,
    /// `{^}` or `{$}`: a pause, the end of a sentence, or the utterance's edge.
    ClauseEdge,
    /// `{?}`: a question mark stands here.
    Question,
}

impl Item {
    /// Whether it takes up no characters by itself.
    pub fn is_edge(&self) -> bool {
        matches!(
            self,
            Item::Start | Item::End | Item::ClauseEdge | Item::Question
        )
    }
}

/// A problem of a phrase, with the bytes of it that are meant.
pub type PhraseProblem = (Problem, Range<usize>);

/// Whether gaps may stand at the ends of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// A gap needs words on both sides.
    Closed,
    /// A gap at an end says how far the phrase reaches beyond its words.
    Reaching,
}

impl Phrase {
    /// Reads a phrase. Every problem found is returned with its place.
    pub fn parse(
        source: &str,
        words: &WordLists,
        ends: Ends,
    ) -> Result<Phrase, Vec<PhraseProblem>> {
        if source.trim().is_empty() {
            return Err(vec![(Problem::EmptyPhrase, 0..source.len())]);
        }
        let mut parser = Parser {
            source,
            at: 0,
            end: source.len(),
            words,
            problems: Vec::new(),
        };
        let items = parser.sequence(0);
        let mut problems = parser.problems;
        if problems.is_empty() {
            check_gaps(source, &items, ends, &mut problems);
            if problems.is_empty() && may_be_empty(&items) {
                problems.push((Problem::NothingToHear, 0..source.len()));
            }
        }
        if problems.is_empty() {
            Ok(Phrase {
                source: source.to_owned(),
                items,
            })
        } else {
            Err(problems)
        }
    }

    /// How many characters of text the shortest wording has.
    pub fn shortest_text(&self) -> usize {
        shortest(&self.items)
    }

    /// Whether any wording has a value in it.
    pub fn has_value(&self) -> bool {
        fn any(items: &[Item]) -> bool {
            items.iter().any(|item| match item {
                Item::Value(_) => true,
                Item::Choice(branches) | Item::Repeat(branches) => {
                    branches.iter().any(|branch| any(branch))
                }
                _ => false,
            })
        }
        any(&self.items)
    }
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    end: usize,
    words: &'s WordLists,
    problems: Vec<PhraseProblem>,
}

impl Parser<'_> {
    /// Everything up to the end, or, in braces, up to `|` or `}`.
    fn sequence(&mut self, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        let mut text = String::new();
        let begin = self.at;
        while self.at < self.end {
            let c = self.peek();
            match c {
                '|' | '}' if depth > 0 => break,
                '}' => {
                    self.problem(Problem::StrayBrace, self.at..self.at + 1);
                    self.at += 1;
                }
                '{' => {
                    push_text(&mut items, &mut text);
                    items.extend(self.braces(depth));
                }
                '^' | '$' => {
                    push_text(&mut items, &mut text);
                    items.push(if c == '^' { Item::Start } else { Item::End });
                    self.check_edge(c, begin);
                    self.at += 1;
                }
                _ => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        push_text(&mut items, &mut text);
        items
    }

    /// `^` only where a wording begins, `$` only where one ends.
    fn check_edge(&mut self, edge: char, begin: usize) {
        let rest = &self.source[self.at + 1..self.end];
        let in_place = match edge {
            '^' => self.at == begin,
            _ => rest.is_empty() || rest.starts_with(['|', '}']),
        };
        if !in_place {
            self.problem(Problem::EdgeInside, self.at..self.at + 1);
        }
    }

    fn peek(&self) -> char {
        self.source[self.at..]
            .chars()
            .next()
            .expect("the position is before the end and on a character border")
    }

    /// From `{` to its `}`, and the `+` after it.
    fn braces(&mut self, depth: usize) -> Option<Item> {
        let open = self.at;
        if depth >= DEEPEST {
            self.problem(Problem::NestedTooDeep, open..open + 1);
            self.at = self.end;
            return None;
        }
        self.at += 1;
        if let Some(item) = self.special(open, depth) {
            return item;
        }
        let branches = self.branches(open, depth)?;
        let repeated = self.source[self.at..self.end].starts_with('+');
        if !repeated {
            return Some(Item::Choice(branches));
        }
        self.at += 1;
        if branches.iter().any(|branch| may_be_empty(branch)) {
            self.problem(Problem::NothingToHear, open..self.at);
        }
        Some(Item::Repeat(branches))
    }

    /// Alternatives up to the closing brace.
    fn branches(&mut self, open: usize, depth: usize) -> Option<Arc<Vec<Vec<Item>>>> {
        let mut branches = Vec::new();
        loop {
            match self.name_of_branch() {
                Some(own) => branches.extend(own),
                None => branches.push(self.sequence(depth + 1)),
            }
            if self.at >= self.end {
                // Too deep a brace was left unread; that nothing closes is its fault.
                let deep = |(problem, _): &PhraseProblem| *problem == Problem::NestedTooDeep;
                if !self.problems.iter().any(deep) {
                    self.problem(Problem::OpenBrace, open..open + 1);
                }
                return None;
            }
            let closed = self.peek() == '}';
            self.at += 1;
            if closed {
                return Some(Arc::new(branches));
            }
        }
    }

    /// A branch that is the name of a value, a sign, or, after `@`, a word list.
    fn name_of_branch(&mut self) -> Option<Vec<Vec<Item>>> {
        let rest = &self.source[self.at..self.end];
        let length = rest.find(['{', '|', '}'])?;
        let name = &rest[..length];
        if !rest[length..].starts_with(['|', '}']) {
            return None;
        }
        if let Some(kind) = value_named(name) {
            self.at += length;
            return Some(vec![vec![Item::Value(kind)]]);
        }
        // A sign by itself is meant as it is in braces of its own.
        let sign = match name {
            "?" | "？" => Some(Item::Question),
            "，" | "," | "。" | "、" | "；" => Some(Item::ClauseEdge),
            _ => None,
        };
        if let Some(sign) = sign {
            self.at += length;
            return Some(vec![vec![sign]]);
        }
        let list = name.strip_prefix('@')?.to_owned();
        let span = self.at..self.at + length;
        self.at += length;
        Some(self.word_list(&list, span).to_vec())
    }

    fn word_list(&mut self, name: &str, span: Range<usize>) -> Arc<Vec<Vec<Item>>> {
        if let Some(list) = self.words.get(name) {
            return list;
        }
        if !self.words.is_broken() {
            let problem = Problem::UnknownWords {
                name: name.to_owned(),
                nearest: nearest(name, self.words.names()),
            };
            self.problem(problem, span);
        }
        Arc::new(vec![vec![Item::Text(vec!['?'])]])
    }

    /// What stands in braces without alternatives: a gap, an edge, a value, a word list.
    /// `None` when it is something else; `Some(None)` when it was wrong.
    fn special(&mut self, open: usize, depth: usize) -> Option<Option<Item>> {
        let inside = &self.source[self.at..self.end];
        if inside.starts_with('~') {
            return Some(self.gap(open, depth));
        }
        let close = inside.find(['{', '|', '}'])?;
        if !inside[close..].starts_with('}') {
            return None;
        }
        let name = inside[..close].to_owned();
        let item = match name.as_str() {
            "^" | "$" => Item::ClauseEdge,
            "?" | "？" => Item::Question,
            _ => match value_named(&name) {
                Some(kind) => Item::Value(kind),
                None => return self.named(&name, open, close),
            },
        };
        self.at += close + 1;
        Some(Some(item))
    }

    /// `{@words}`, or a mistyped name; plain text in braces is a group like any other.
    fn named(&mut self, name: &str, open: usize, close: usize) -> Option<Option<Item>> {
        let end = self.at + close + 1;
        if let Some(list) = name.strip_prefix('@') {
            let branches = self.word_list(list, open..end);
            self.at = end;
            if self.source[self.at..self.end].starts_with('+') {
                self.at += 1;
                return Some(Some(Item::Repeat(branches)));
            }
            return Some(Some(Item::Choice(branches)));
        }
        let known = VALUE_NAMES.iter().map(|(known, _)| *known);
        if name.is_ascii()
            && let Some(nearest) = nearest(name, known)
        {
            let problem = Problem::UnknownPlaceholder {
                name: name.to_owned(),
                nearest: Some(nearest),
            };
            self.problem(problem, open..end);
            self.at = end;
            return Some(None);
        }
        None
    }

    /// `{~6}`, `{~6!不|没}`: from after the brace.
    fn gap(&mut self, open: usize, depth: usize) -> Option<Item> {
        self.at += 1;
        let inside = &self.source[self.at..self.end];
        let digits = inside.find(['!', '}']).unwrap_or(inside.len());
        let size = inside[..digits].to_owned();
        self.at += digits;
        let most = size.trim().parse::<u8>().ok();
        let most = most.filter(|most| (1..=LONGEST_GAP).contains(most));
        if most.is_none() {
            self.problem(Problem::GapSize(size), open..self.at);
        }
        if self.at >= self.end {
            self.problem(Problem::OpenBrace, open..open + 1);
            return None;
        }
        let excludes = self.peek() == '!';
        self.at += 1;
        let without = if excludes {
            Some(self.branches(open, depth)?)
        } else {
            None
        };
        Some(Item::Gap {
            most: most?,
            without,
        })
    }

    fn problem(&mut self, problem: Problem, span: Range<usize>) {
        self.problems.push((problem, span));
    }
}

/// The names of values in braces.
pub const VALUE_NAMES: [(&str, ValueKind); 6] = [
    ("money", ValueKind::Money),
    ("number", ValueKind::Number),
    ("duration", ValueKind::Duration),
    ("data", ValueKind::Data),
    ("percent", ValueKind::Percent),
    ("date", ValueKind::Date),
];

fn value_named(name: &str) -> Option<ValueKind> {
    VALUE_NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| *kind)
}

/// Appends text as items: what is a number may be said or written in figures.
fn push_text(items: &mut Vec<Item>, text: &mut String) {
    let normalised = Normalised::spelled(text);
    items.extend(number_forms::both_forms(normalised.chars()));
    text.clear();
}

fn check_gaps(source: &str, items: &[Item], ends: Ends, problems: &mut Vec<PhraseProblem>) {
    let is_gap = |item: Option<&Item>| matches!(item, Some(Item::Gap { .. }));
    let beside_another = items
        .windows(2)
        .any(|pair| is_gap(pair.first()) && is_gap(pair.get(1)));
    let opens = |at: usize| at + source[at..].find('}').map_or(0, |close| close + 1);
    let mut put = |at: usize| problems.push((Problem::GapWithoutEnds, at..opens(at)));
    let gaps: Vec<usize> = source.match_indices("{~").map(|(at, _)| at).collect();
    if beside_another {
        let second = gaps.windows(2).find(|pair| opens(pair[0]) == pair[1]);
        put(second.map_or(0, |pair| pair[1]));
    } else if ends == Ends::Closed && is_gap(items.first()) {
        put(gaps.first().copied().unwrap_or(0));
    } else if ends == Ends::Closed && is_gap(items.last()) {
        put(gaps.last().copied().unwrap_or(0));
    }
}

/// Whether nothing at all would satisfy it.
pub fn may_be_empty(items: &[Item]) -> bool {
    items.iter().all(|item| match item {
        Item::Text(_) | Item::Value(_) => false,
        Item::Choice(branches) | Item::Repeat(branches) => {
            branches.iter().any(|branch| may_be_empty(branch))
        }
        _ => true,
    })
}

/// How many characters of text the shortest wording has.
pub fn shortest(items: &[Item]) -> usize {
    items.iter().map(shortest_of).sum()
}

fn shortest_of(item: &Item) -> usize {
    match item {
        Item::Text(text) => text.len(),
        Item::Choice(branches) | Item::Repeat(branches) => branches
            .iter()
            .map(|branch| shortest(branch))
            .min()
            .unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
#[path = "phrase_tests.rs"]
mod tests;
