//! The scorecard file: what violations cost, and from how many points a call is qualified.
//!
//! Owns reading and checking `scorecard.toml`; what a call scores by it is in `score`.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{AssessmentCard, FULL_POINTS};
use crate::{
    lang::{Lang, Say},
    rules::Severity,
};

/// A checked scorecard: every number in it is within 0 … 100. The default is the standard one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scorecard {
    qualified_at: u32,
    points: BySeverity,
    caps: BySeverity,
    rules: BTreeMap<String, RulePoints>,
    #[serde(default)]
    assessment: AssessmentCard,
}

/// Fatal violations have no number: they take all points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct BySeverity {
    critical: u32,
    major: u32,
    minor: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RulePoints {
    points: u32,
    line: usize,
}

impl Default for Scorecard {
    fn default() -> Scorecard {
        Scorecard {
            qualified_at: 85,
            points: BySeverity {
                critical: 20,
                major: 10,
                minor: 5,
            },
            caps: BySeverity {
                critical: FULL_POINTS,
                major: FULL_POINTS,
                minor: FULL_POINTS,
            },
            rules: BTreeMap::new(),
            assessment: AssessmentCard::default(),
        }
    }
}

impl Scorecard {
    /// Reads a scorecard file's text. What is not said there is as in the standard scorecard.
    ///
    /// Errors: everything that is wrong with the text, each with its line.
    pub fn parse(text: &str) -> Result<Scorecard, ScorecardError> {
        let (table, syntax_errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            text,
            problems: Vec::new(),
        };
        for error in &syntax_errors {
            let kind = ProblemKind::Syntax(error.message().to_owned());
            reader.problem(error.span().map_or(0, |span| span.start), kind);
        }
        // What a broken file seems to say is not worth judging.
        let card = match syntax_errors.is_empty() {
            true => reader.scorecard(table.get_ref()),
            false => Scorecard::default(),
        };
        let mut problems = reader.problems;
        problems.sort_by_key(|problem| problem.line);
        match problems.is_empty() {
            true => Ok(card),
            false => Err(ScorecardError(problems)),
        }
    }

    /// Refuses a scorecard that gives points to a rule that is not there: a slip of the pen in an
    /// id would otherwise leave the rule at its old price without a word.
    pub fn check_rules(&self, known: &[&str]) -> Result<(), ScorecardError> {
        let problems: Vec<_> = self
            .rules
            .iter()
            .filter(|(id, _)| !known.contains(&id.as_str()))
            .map(|(id, rule)| ScorecardProblem {
                line: rule.line,
                kind: ProblemKind::UnknownRule(id.clone()),
            })
            .collect();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(ScorecardError(problems)),
        }
    }

    /// How units are assessed.
    pub fn assessment(&self) -> &AssessmentCard {
        &self.assessment
    }

    /// Points from which a call without fatal or critical violation is qualified.
    pub fn qualified_at(&self) -> u32 {
        self.qualified_at
    }

    /// What a violation of this rule costs, 0 … 100. `own` is what the rule's file says.
    pub fn points_of(&self, rule_id: &str, severity: Severity, own: Option<u32>) -> u32 {
        if severity == Severity::Fatal {
            return FULL_POINTS;
        }
        self.rules
            .get(rule_id)
            .map(|rule| rule.points)
            .or(own)
            .unwrap_or_else(|| self.points.of(severity))
            .min(FULL_POINTS)
    }

    /// The most that all violations of this severity cost a call together, 0 … 100.
    pub fn cap(&self, severity: Severity) -> u32 {
        self.caps.of(severity)
    }
}

impl BySeverity {
    fn of(&self, severity: Severity) -> u32 {
        match severity {
            Severity::Fatal => FULL_POINTS,
            Severity::Critical => self.critical,
            Severity::Major => self.major,
            Severity::Minor => self.minor,
        }
    }
}

const TOP_KEYS: &[&str] = &["qualified-at", "points", "caps", "rules", "assessment"];
const ASSESSMENT_KEYS: &[&str] = &[
    "points",
    "caps",
    "rectified-credit",
    "overdue",
    "overdue-cap",
];
const ALL_SEVERITIES: &[&str] = &["fatal", "critical", "major", "minor"];
const SEVERITY_KEYS: &[&str] = &["critical", "major", "minor"];

type Entry<'a> = (
    &'a Spanned<std::borrow::Cow<'a, str>>,
    &'a Spanned<DeValue<'a>>,
);

/// Reads on after a problem, so that all are said at once.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<ScorecardProblem>,
}

impl Reader<'_> {
    fn scorecard(&mut self, table: &DeTable) -> Scorecard {
        let mut card = Scorecard::default();
        for (key, value) in table.iter() {
            match key.get_ref().as_ref() {
                "qualified-at" => self.number((key, value), &mut card.qualified_at),
                "points" => self.by_severity((key, value), &mut card.points),
                "caps" => self.by_severity((key, value), &mut card.caps),
                "rules" => self.rules((key, value), &mut card.rules),
                "assessment" => self.assessment((key, value), &mut card.assessment),
                _ => self.unknown_key(key, TOP_KEYS),
            }
        }
        card
    }

    fn by_severity(&mut self, entry: Entry, numbers: &mut BySeverity) {
        let Some(table) = self.table(entry) else {
            return;
        };
        for (key, value) in table.iter() {
            match key.get_ref().as_ref() {
                "critical" => self.number((key, value), &mut numbers.critical),
                "major" => self.number((key, value), &mut numbers.major),
                "minor" => self.number((key, value), &mut numbers.minor),
                "fatal" => {
                    let kind = ProblemKind::FatalHasNoNumber;
                    self.problem(key.span().start, kind);
                }
                _ => self.unknown_key(key, SEVERITY_KEYS),
            }
        }
    }

    fn assessment(&mut self, entry: Entry, card: &mut AssessmentCard) {
        let Some(table) = self.table(entry) else {
            return;
        };
        for (key, value) in table.iter() {
            match key.get_ref().as_ref() {
                "points" => self.all_severities((key, value), &mut card.points),
                "caps" => self.all_severities((key, value), &mut card.caps),
                "rectified-credit" => self.number((key, value), &mut card.rectified_credit),
                "overdue" => self.number((key, value), &mut card.overdue),
                "overdue-cap" => self.number((key, value), &mut card.overdue_cap),
                _ => self.unknown_key(key, ASSESSMENT_KEYS),
            }
        }
    }

    fn all_severities(&mut self, entry: Entry, numbers: &mut [u32; 4]) {
        let Some(table) = self.table(entry) else {
            return;
        };
        for (key, value) in table.iter() {
            let known = ALL_SEVERITIES.iter().position(|name| name == key.get_ref());
            match known {
                Some(at) => self.number((key, value), &mut numbers[at]),
                None => self.unknown_key(key, ALL_SEVERITIES),
            }
        }
    }

    fn rules(&mut self, entry: Entry, rules: &mut BTreeMap<String, RulePoints>) {
        let Some(table) = self.table(entry) else {
            return;
        };
        for (key, value) in table.iter() {
            let mut points = 0;
            self.number((key, value), &mut points);
            let line = line_at(self.text, key.span().start);
            rules.insert(key.get_ref().to_string(), RulePoints { points, line });
        }
    }

    fn table<'t>(&mut self, (key, value): Entry<'t>) -> Option<&'t DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let kind = ProblemKind::NotATable(key.get_ref().to_string());
            self.problem(value.span().start, kind);
        }
        table
    }

    fn number(&mut self, (key, value): Entry, number: &mut u32) {
        let key = key.get_ref().to_string();
        let found = self.text[value.span()].to_owned();
        let kind = match value.get_ref().as_integer() {
            None => ProblemKind::NotAWholeNumber { key, found },
            Some(integer) => match u32::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(points) if points <= FULL_POINTS => {
                    *number = points;
                    return;
                }
                _ => ProblemKind::OutOfRange { key, found },
            },
        };
        self.problem(value.span().start, kind);
    }

    fn unknown_key(
        &mut self,
        key: &Spanned<std::borrow::Cow<str>>,
        known: &'static [&'static str],
    ) {
        let kind = ProblemKind::UnknownKey {
            key: key.get_ref().to_string(),
            known,
        };
        self.problem(key.span().start, kind);
    }

    fn problem(&mut self, offset: usize, kind: ProblemKind) {
        self.problems.push(ScorecardProblem {
            line: line_at(self.text, offset),
            kind,
        });
    }
}

/// The one-based line of a byte offset.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

/// Everything that is wrong with a scorecard, one line each. Which file it was, the caller knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScorecardError(pub Vec<ScorecardProblem>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScorecardProblem {
    /// One-based line of the file.
    pub line: usize,
    kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ProblemKind {
    Syntax(String),
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    UnknownRule(String),
    NotATable(String),
    NotAWholeNumber {
        key: String,
        found: String,
    },
    OutOfRange {
        key: String,
        found: String,
    },
    FatalHasNoNumber,
}

impl fmt::Display for ScorecardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl Say for ScorecardError {
    fn say(&self, lang: Lang) -> String {
        let lines: Vec<String> = self.0.iter().map(|problem| problem.say(lang)).collect();
        lines.join("\n")
    }
}

impl Say for ScorecardProblem {
    fn say(&self, lang: Lang) -> String {
        let said = match &self.kind {
            ProblemKind::Syntax(message) => lang.pick(
                format!("不是合法的 TOML（{message}），请改正这一行"),
                format!("not valid TOML ({message}); correct this line"),
            ),
            ProblemKind::UnknownKey { key, known } => lang.pick(
                format!(
                    "不认识的键“{key}”，可用的键：{}；请改正或删去",
                    known.join("、")
                ),
                format!(
                    "unknown key \"{key}\"; correct it to one of {}, or remove it",
                    known.join(", ")
                ),
            ),
            ProblemKind::UnknownRule(id) => lang.pick(
                format!("没有编号为“{id}”的规则；请改正编号或删去这一行"),
                format!("there is no rule with the id \"{id}\"; correct the id or remove the line"),
            ),
            ProblemKind::NotATable(key) => lang.pick(
                format!("“{key}”应是一个表，请写成 [{key}] 并在其下每行写一项"),
                format!("\"{key}\" must be a table; write [{key}] with one entry a line below it"),
            ),
            ProblemKind::NotAWholeNumber { key, found } => lang.pick(
                format!("“{key}”应是 0 到 100 的整数，现在是 {found}"),
                format!("\"{key}\" must be a whole number from 0 to 100, and is {found}"),
            ),
            ProblemKind::OutOfRange { key, found } => lang.pick(
                format!("“{key}”应在 0 到 100 之间，现在是 {found}"),
                format!("\"{key}\" must be from 0 to 100, and is {found}"),
            ),
            ProblemKind::FatalHasNoNumber => lang.pick(
                "一票否决总是扣完全部分数，不能另设；请删去这一行".to_owned(),
                "a fatal violation always takes all points and has no number; remove the line"
                    .to_owned(),
            ),
        };
        match lang {
            Lang::Zh => format!("第 {} 行：{said}", self.line),
            Lang::En => format!("line {}: {said}", self.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_comes_with_huiting_is_the_standard() {
        let shipped = Scorecard::parse(include_str!("../../rules/scorecard.toml"));
        assert_eq!(shipped, Ok(Scorecard::default()));
    }

    #[test]
    fn what_is_left_out_is_standard() {
        assert_eq!(Scorecard::parse(""), Ok(Scorecard::default()));
        let card = Scorecard::parse("qualified-at = 90\n[points]\nmajor = 15").expect("valid");
        assert_eq!(card.qualified_at(), 90);
        assert_eq!(card.points_of("any", Severity::Major, None), 15);
        assert_eq!(card.points_of("any", Severity::Minor, None), 5);
        assert_eq!(card.points_of("any", Severity::Fatal, Some(3)), 100);
    }

    fn check(text: &str, chinese: &str, english: &str) {
        let error = Scorecard::parse(text).expect_err(text);
        assert_eq!(error.say(Lang::Zh), chinese, "{text}");
        assert_eq!(error.to_string(), english, "{text}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        check(
            "qualifed-at = 90",
            "第 1 行：不认识的键“qualifed-at”，可用的键：qualified-at、points、caps、rules、assessment；请改正或删去",
            "line 1: unknown key \"qualifed-at\"; correct it to one of qualified-at, points, caps, rules, assessment, or remove it",
        );
        check(
            "\n[points]\nminor = -5",
            "第 3 行：“minor”应在 0 到 100 之间，现在是 -5",
            "line 3: \"minor\" must be from 0 to 100, and is -5",
        );
        check(
            "[caps]\nmajor = 0x65",
            "第 2 行：“major”应在 0 到 100 之间，现在是 0x65",
            "line 2: \"major\" must be from 0 to 100, and is 0x65",
        );
        check(
            "[rules]\nidentity-opening = 2.5",
            "第 2 行：“identity-opening”应是 0 到 100 的整数，现在是 2.5",
            "line 2: \"identity-opening\" must be a whole number from 0 to 100, and is 2.5",
        );
        check(
            "points = 20",
            "第 1 行：“points”应是一个表，请写成 [points] 并在其下每行写一项",
            "line 1: \"points\" must be a table; write [points] with one entry a line below it",
        );
        check(
            "[points]\nfatal = 100",
            "第 2 行：一票否决总是扣完全部分数，不能另设；请删去这一行",
            "line 2: a fatal violation always takes all points and has no number; remove the line",
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let text = "qualified-at = 101\n[points]\nmajor = \"ten\"\nmiddle = 3\n[caps]\nminor = 99999999999999999999\n";
        let error = Scorecard::parse(text).expect_err("four problems");
        let lines: Vec<usize> = error.0.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 3, 4, 6]);
        let error = Scorecard::parse("a =\nb = 3\nc = [").expect_err("broken syntax");
        assert!(
            error
                .0
                .iter()
                .all(|problem| matches!(problem.kind, ProblemKind::Syntax(_)))
        );
        assert_eq!(error.0[0].line, 1);
    }

    #[test]
    fn points_for_a_rule_that_is_not_there() {
        let card = Scorecard::parse("[rules]\nopening = 5\nclosing = 5").expect("valid");
        assert_eq!(card.check_rules(&["closing", "opening"]), Ok(()));
        let error = card
            .check_rules(&["closing"])
            .expect_err("opening is unknown");
        assert_eq!(
            error.to_string(),
            "line 2: there is no rule with the id \"opening\"; correct the id or remove the line"
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s).{0,80}") {
            let _ = Scorecard::parse(&text);
        }

        #[test]
        fn never_takes_a_number_out_of_range(points in -300i64..300) {
            let card = Scorecard::parse(&format!("[points]\nminor = {points}"));
            proptest::prop_assert_eq!(card.is_ok(), (0..=100).contains(&points));
        }
    }
}
