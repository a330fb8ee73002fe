//! What a file name tells of its call, by a pattern such as
//! `{started_at:%Y%m%d%H%M%S}_{agent_id}_{customer_number}.wav`.

use chrono::{FixedOffset, NaiveDateTime, TimeZone};
use regex::Regex;

use super::columns::{self, Column};
use super::error::{IntakeError, PatternFault};
use super::{DEFAULT_UTC_OFFSET, ListedCall};

/// A checked file-name pattern.
///
/// Names in braces are those of the call list's columns; any other name becomes a further field,
/// and `{_}` stands for a part that does not matter.
#[derive(Clone, Debug)]
pub struct NamePattern {
    expression: Regex,
    parts: Vec<Part>,
    utc_offset: FixedOffset,
}

#[derive(Clone, Debug)]
enum Part {
    Known(Column),
    Time(String),
    Further(String),
    Ignored,
}

impl NamePattern {
    /// Checks a pattern. Times without an offset are on China's clock unless
    /// [`NamePattern::with_utc_offset`] says otherwise.
    ///
    /// # Errors
    /// [`IntakeError::NamePattern`] with the place in the pattern.
    pub fn parse(pattern: &str) -> Result<NamePattern, IntakeError> {
        let mut reader = PatternReader::default();
        let mut rest = pattern;
        while !rest.is_empty() {
            let at = pattern[..pattern.len() - rest.len()].chars().count() + 1;
            rest = reader
                .take_piece(rest)
                .map_err(|what| fault(pattern, at, what))?;
        }
        if reader.parts.is_empty() {
            return Err(fault(pattern, 1, PatternFault::NoPlaceholder));
        }
        let expression = Regex::new(&format!("(?is)^{}$", reader.expression))
            .expect("the expression is made of escaped text and groups only");
        Ok(NamePattern {
            expression,
            parts: reader.parts,
            utc_offset: DEFAULT_UTC_OFFSET,
        })
    }

    /// The clock of times in file names.
    pub fn with_utc_offset(self, utc_offset: FixedOffset) -> NamePattern {
        NamePattern { utc_offset, ..self }
    }

    /// What `file_name` (without its folder) tells; `None` when it does not fit the pattern.
    pub fn read(&self, file_name: &str) -> Option<ListedCall> {
        let found = self.expression.captures(file_name)?;
        let mut call = ListedCall::default();
        for (number, part) in self.parts.iter().enumerate() {
            let text = found.get(number + 1)?.as_str();
            match part {
                Part::Known(column) => {
                    columns::set(
                        *column,
                        text,
                        self.utc_offset,
                        &mut String::new(),
                        &mut call,
                    )
                    .ok()?;
                }
                Part::Time(format) => {
                    let naive = NaiveDateTime::parse_from_str(text, format).ok()?;
                    let time = self.utc_offset.from_local_datetime(&naive).single()?;
                    call.metadata.started_at = Some(time);
                }
                Part::Further(name) => {
                    call.metadata.fields.insert(name.clone(), text.to_owned());
                }
                Part::Ignored => {}
            }
        }
        Some(call)
    }
}

fn fault(pattern: &str, at: usize, what: PatternFault) -> IntakeError {
    IntakeError::NamePattern {
        pattern: pattern.to_owned(),
        at,
        what,
    }
}

#[derive(Default)]
struct PatternReader {
    expression: String,
    parts: Vec<Part>,
    names: Vec<String>,
    /// Whether the last piece has no end of its own.
    open_end: bool,
}

impl PatternReader {
    /// Takes a placeholder or the text up to the next one; gives what is left.
    fn take_piece<'p>(&mut self, rest: &'p str) -> Result<&'p str, PatternFault> {
        let Some(inside) = rest.strip_prefix('{') else {
            let end = rest.find(['{', '}']).unwrap_or(rest.len());
            if end == 0 {
                return Err(PatternFault::StrayBrace);
            }
            self.expression.push_str(&regex::escape(&rest[..end]));
            self.open_end = false;
            return Ok(&rest[end..]);
        };
        let end = inside.find('}').ok_or(PatternFault::Unclosed)?;
        self.placeholder(&inside[..end])?;
        Ok(&inside[end + 1..])
    }

    fn placeholder(&mut self, inside: &str) -> Result<(), PatternFault> {
        let (name, format) = match inside.split_once(':') {
            Some((name, format)) => (name, Some(format)),
            None => (inside, None),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(PatternFault::BadName(name.to_owned()));
        }
        if name != "_" {
            if self.names.iter().any(|other| other == name) {
                return Err(PatternFault::Twice(name.to_owned()));
            }
            self.names.push(name.to_owned());
        }
        let column = Column::of_heading(name);
        if let Some(format) = format {
            let bad = || PatternFault::BadTimeFormat(format.to_owned());
            if column != Some(Column::StartedAt) {
                return Err(bad());
            }
            let digits = time_expression(format).ok_or_else(bad)?;
            self.expression.push_str(&format!("({digits})"));
            self.parts.push(Part::Time(format.to_owned()));
            self.open_end = false;
            return Ok(());
        }
        if self.open_end {
            return Err(PatternFault::NothingBetween);
        }
        self.expression.push_str("(.+?)");
        self.open_end = true;
        self.parts.push(match column {
            // The file's own name is no news.
            Some(Column::File) => Part::Ignored,
            Some(column) => Part::Known(column),
            None if name == "_" => Part::Ignored,
            None => Part::Further(name.to_owned()),
        });
        Ok(())
    }
}

/// The expression for what a time format of whole numbers writes; it needs a full date and an hour.
fn time_expression(format: &str) -> Option<String> {
    let mut expression = String::new();
    let mut seen = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            expression.push_str(&regex::escape(&character.to_string()));
            continue;
        }
        let kind = characters.next()?;
        expression.push_str(match kind {
            'Y' => r"\d{4}",
            'm' | 'd' | 'H' | 'M' | 'S' => r"\d{2}",
            _ => return None,
        });
        seen.push(kind);
    }
    let has_all = "YmdHM".chars().all(|kind| seen.contains(kind));
    has_all.then_some(expression)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Lang, Say};

    const USUAL: &str = "{started_at:%Y%m%d%H%M%S}_{agent_id}_{customer_number}.wav";

    fn check(pattern: &str, file_name: &str, expected: &str) {
        let told = NamePattern::parse(pattern).unwrap().read(file_name);
        let told = told.map_or("-".to_owned(), |call| {
            let m = call.metadata;
            let time = m.started_at.map(|time| time.to_rfc3339());
            [
                call.call_id,
                time,
                m.agent_id,
                m.customer_number,
                m.direction.map(|d| d.as_str().to_owned()),
                m.fields.get("star").cloned(),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
        });
        assert_eq!(told, expected, "{file_name}");
    }

    #[test]
    fn file_names() {
        check(
            USUAL,
            "20261001093000_2305_18824807932.wav",
            "2026-10-01T09:30:00+08:00 2305 18824807932",
        );
        check(
            USUAL,
            "20261001093000_2305_18824807932.WAV",
            "2026-10-01T09:30:00+08:00 2305 18824807932",
        );
        check(USUAL, "20261301093000_2305_18824807932.wav", "-");
        check(USUAL, "demo-01.wav", "-");
        check(USUAL, "20261001093000_2305_18824807932.wav.mp3", "-");
        check(
            "{call_id}-{direction}-{_}.{_}",
            "c7-呼入-x-y.mp3",
            "c7 inbound",
        );
        check("{call_id}-{direction}.mp3", "c7-sideways.mp3", "-");
        check("[{star}] {工号}.mp3", "[5] 2305.mp3", "2305 5");
    }

    fn check_fault(pattern: &str, at: usize, expected: &str) {
        match NamePattern::parse(pattern) {
            Err(error @ IntakeError::NamePattern { at: found, .. }) => {
                assert_eq!(found, at, "{pattern}");
                let said = error.say(Lang::Zh);
                assert!(said.contains(expected), "{said}");
                assert!(!error.say(Lang::En).is_empty());
            }
            other => panic!("{pattern}: {other:?}"),
        }
    }

    #[test]
    fn faults_are_located() {
        check_fault("录音{agent_id", 3, "没有对应的");
        check_fault("a}b{agent_id}", 2, "多出一个");
        check_fault("{agent_id}{unit}", 11, "没有分隔");
        check_fault("{agent id}", 1, "不是名称");
        check_fault("x_{agent_id}_{agent_id}", 14, "两次");
        check_fault("{started_at:%c}", 1, "%c");
        check_fault("{started_at:%H%M}", 1, "%H%M");
        check_fault("{agent_id:%Y}", 1, "时间格式");
        check_fault("call.wav", 1, "没有任何一项");
        check_fault("", 1, "没有任何一项");
    }

    #[test]
    fn another_clock() {
        let pattern = NamePattern::parse("{started_at:%Y%m%d%H%M}.wav")
            .unwrap()
            .with_utc_offset(FixedOffset::east_opt(0).unwrap());
        let time = pattern
            .read("202610010930.wav")
            .unwrap()
            .metadata
            .started_at;
        assert_eq!(time.unwrap().to_rfc3339(), "2026-10-01T09:30:00+00:00");
    }
}
