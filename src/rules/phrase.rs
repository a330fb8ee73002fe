//! The notation of phrases: `{没有|不收}{~2}违约金`, read into a tree.
//!
//! Owns the notation only; what a phrase matches is the engine's matter.

use std::ops::Range;

use super::{diagnostics::Problem, number_forms, problem_words::nearest};
use crate::text::{Normalised, ValueKind};

/// The longest gap that a phrase may have, in characters.
const LONGEST_GAP: u8 = 40;
/// How deep braces may stand in braces.
const DEEPEST: usize = 4;
/// How many wordings one phrase may spell out to.
const MOST_WORDINGS: usize = 4096;

/// A phrase, ready to be compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// As it was written.
    pub source: String,
    /// `^`: only at the beginning of an utterance.
    pub at_start: bool,
    /// `$`: only at the end of an utterance.
    pub at_end: bool,
    pub items: Vec<Item>,
}

/// One piece of a phrase.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Normalised characters, one after the other; never empty.
    Text(Vec<char>),
    /// One of these; an empty one makes it optional.
    Choice(Vec<Vec<Item>>),
    /// At most so many characters of anything.
    Gap(u8),
    Value(ValueKind),
    /// `{^}` or `{$}`: a pause, the end of a sentence, or the utterance's edge.
    ClauseEdge,
}

/// A problem of a phrase, with the bytes of it that are meant.
pub type PhraseProblem = (Problem, Range<usize>);

impl Phrase {
    /// Reads a phrase. Every problem found is returned with its place.
    pub fn parse(source: &str) -> Result<Phrase, Vec<PhraseProblem>> {
        if source.trim().is_empty() {
            return Err(vec![(Problem::EmptyPhrase, 0..source.len())]);
        }
        let at_start = source.starts_with('^');
        let at_end = source.len() > 1 && source.ends_with('$');
        let body = usize::from(at_start)..source.len() - usize::from(at_end);
        let mut parser = Parser {
            source,
            at: body.start,
            end: body.end,
            problems: Vec::new(),
        };
        let items = parser.sequence(0);
        let mut problems = parser.problems;
        if problems.is_empty() {
            check_gaps(source, &items, at_start, at_end, &mut problems);
            let wordings = wordings(&items);
            if wordings > MOST_WORDINGS {
                problems.push((Problem::TooManyWordings(wordings), 0..source.len()));
            }
            if problems.is_empty() && may_be_empty(&items) {
                problems.push((Problem::NothingToHear, 0..source.len()));
            }
        }
        if problems.is_empty() {
            Ok(Phrase {
                source: source.to_owned(),
                at_start,
                at_end,
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
                Item::Choice(choices) => choices.iter().any(|choice| any(choice)),
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
    problems: Vec<PhraseProblem>,
}

impl Parser<'_> {
    /// Everything up to the end, or, in braces, up to `|` or `}`.
    fn sequence(&mut self, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        let mut text = String::new();
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
                    if let Some(item) = self.braces(depth) {
                        items.push(item);
                    }
                }
                '^' | '$' => {
                    self.problem(Problem::EdgeInside, self.at..self.at + 1);
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

    fn peek(&self) -> char {
        self.source[self.at..]
            .chars()
            .next()
            .expect("the position is before the end and on a character border")
    }

    /// From `{` to its `}`.
    fn braces(&mut self, depth: usize) -> Option<Item> {
        let open = self.at;
        if depth >= DEEPEST {
            self.problem(Problem::NestedTooDeep, open..open + 1);
            self.at = self.end;
            return None;
        }
        self.at += 1;
        let inside = &self.source[self.at..self.end];
        if let Some(close) = inside.find(['{', '|', '}'])
            && inside[close..].starts_with('}')
        {
            let name = inside[..close].to_owned();
            self.at += close + 1;
            return self.placeholder(&name, open..self.at);
        }
        let mut choices = Vec::new();
        loop {
            choices.push(self.sequence(depth + 1));
            if self.at >= self.end {
                // Too deep a brace was left unread; that nothing closes is its fault.
                if self
                    .problems
                    .iter()
                    .all(|(problem, _)| *problem != Problem::NestedTooDeep)
                {
                    self.problem(Problem::OpenBrace, open..open + 1);
                }
                return None;
            }
            let closed = self.peek() == '}';
            self.at += 1;
            if closed {
                return Some(Item::Choice(choices));
            }
        }
    }

    /// What stands in braces without a `|`.
    fn placeholder(&mut self, name: &str, span: Range<usize>) -> Option<Item> {
        if let Some(size) = name.strip_prefix('~') {
            return match size.trim().parse::<u8>() {
                Ok(size) if (1..=LONGEST_GAP).contains(&size) => Some(Item::Gap(size)),
                _ => {
                    self.problem(Problem::GapSize(name.to_owned()), span);
                    None
                }
            };
        }
        if name == "^" || name == "$" {
            return Some(Item::ClauseEdge);
        }
        let kind = VALUE_NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| Item::Value(*kind));
        if kind.is_none() {
            let problem = Problem::UnknownPlaceholder {
                name: name.to_owned(),
                nearest: nearest(name, VALUE_NAMES.iter().map(|(known, _)| *known)),
            };
            self.problem(problem, span);
        }
        kind
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

/// Appends text as items: what is a number may be said or written in figures.
fn push_text(items: &mut Vec<Item>, text: &mut String) {
    let normalised = Normalised::spelled(text);
    items.extend(number_forms::both_forms(normalised.chars()));
    text.clear();
}

fn check_gaps(
    source: &str,
    items: &[Item],
    at_start: bool,
    at_end: bool,
    problems: &mut Vec<PhraseProblem>,
) {
    let is_gap = |item: Option<&Item>| matches!(item, Some(Item::Gap(_)));
    let loose = is_gap(items.first()) && !at_start
        || is_gap(items.last()) && !at_end
        || items
            .windows(2)
            .any(|pair| is_gap(pair.first()) && is_gap(pair.get(1)));
    if loose {
        let at = source.find("{~").unwrap_or(0);
        let end = source[at..].find('}').map_or(source.len(), |i| at + i + 1);
        problems.push((Problem::GapWithoutEnds, at..end));
    }
}

fn wordings(items: &[Item]) -> usize {
    items.iter().fold(1, |product: usize, item| {
        let own = match item {
            Item::Choice(choices) => choices.iter().map(|choice| wordings(choice)).sum(),
            _ => 1,
        };
        product.saturating_mul(own)
    })
}

/// Whether nothing at all would satisfy it.
fn may_be_empty(items: &[Item]) -> bool {
    items.iter().all(|item| match item {
        Item::Text(_) | Item::Value(_) => false,
        Item::Gap(_) | Item::ClauseEdge => true,
        Item::Choice(choices) => choices.iter().any(|choice| may_be_empty(choice)),
    })
}

/// How many characters of text the shortest wording has.
pub fn shortest(items: &[Item]) -> usize {
    items
        .iter()
        .map(|item| match item {
            Item::Text(text) => text.len(),
            Item::Choice(choices) => choices
                .iter()
                .map(|choice| shortest(choice))
                .min()
                .unwrap_or(0),
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Item {
        Item::Text(text.chars().collect())
    }

    fn check(source: &str, expected: Vec<Item>) {
        assert_eq!(
            Phrase::parse(source).map(|phrase| phrase.items),
            Ok(expected),
            "{source}"
        );
    }

    fn problems(source: &str) -> Vec<&'static str> {
        match Phrase::parse(source) {
            Ok(_) => vec![],
            Err(problems) => problems.iter().map(|(problem, _)| problem.code()).collect(),
        }
    }

    #[test]
    fn pieces() {
        check("违约金", vec![text("违约金")]);
        check("違約金", vec![text("违约金")]);
        check(
            "{没有|不收}{~2}违约金",
            vec![
                Item::Choice(vec![vec![text("没有")], vec![text("不收")]]),
                Item::Gap(2),
                text("违约金"),
            ],
        );
        check(
            "随时{都|}能",
            vec![
                text("随时"),
                Item::Choice(vec![vec![text("都")], vec![]]),
                text("能"),
            ],
        );
        check("扣{money}", vec![text("扣"), Item::Value(ValueKind::Money)]);
        check(
            "{^}行{$}",
            vec![Item::ClauseEdge, text("行"), Item::ClauseEdge],
        );
        check(
            "{不{要|用}|别}",
            vec![Item::Choice(vec![
                vec![
                    text("不"),
                    Item::Choice(vec![vec![text("要")], vec![text("用")]]),
                ],
                vec![text("别")],
            ])],
        );
    }

    #[test]
    fn edges() {
        let phrase = Phrase::parse("^嗯$").expect("a phrase");
        assert!(phrase.at_start && phrase.at_end);
        assert_eq!(phrase.items, vec![text("嗯")]);
    }

    #[test]
    fn numbers_in_either_form() {
        let phrase = Phrase::parse("24小时").expect("a phrase");
        let Some(Item::Choice(forms)) = phrase.items.first() else {
            panic!("not both forms: {:?}", phrase.items);
        };
        assert!(forms.contains(&vec![text("24")]) && forms.contains(&vec![text("二十四")]));
    }

    #[test]
    fn every_class_of_problem() {
        assert_eq!(problems(""), ["empty-phrase"]);
        assert_eq!(problems("  "), ["empty-phrase"]);
        assert_eq!(problems("{~3}违约金"), ["gap-without-ends"]);
        assert_eq!(problems("违约金{~3}"), ["gap-without-ends"]);
        assert_eq!(problems("违{~3}{~3}约"), ["gap-without-ends"]);
        assert_eq!(problems("^{~3}违约金"), [] as [&str; 0]);
        assert_eq!(problems("违{~x}约"), ["gap-size"]);
        assert_eq!(problems("违{~0}约"), ["gap-size"]);
        assert_eq!(problems("违{~400}约"), ["gap-size"]);
        assert_eq!(problems("{没有|不收违约金"), ["open-brace"]);
        assert_eq!(problems("没有}违约金"), ["stray-brace"]);
        assert_eq!(problems("没^有"), ["edge-inside"]);
        assert_eq!(problems("{momey}"), ["unknown-placeholder"]);
        assert_eq!(problems("{的|}{了|}"), ["nothing-to-hear"]);
        assert_eq!(problems("。"), ["nothing-to-hear"]);
        assert_eq!(problems(&"{a|b}".repeat(13)), ["too-many-wordings"]);
        assert_eq!(problems("{a|{b|{c|{d|{e|f}}}}}"), ["nested-too-deep"]);
    }
}
