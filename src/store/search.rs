//! Full text over what was said.
//!
//! Chinese has no spaces, so every character is a token of its own and a word is a phrase of
//! characters. Spelling is made one on both sides ([`Normalised::spelled`]), so that 違約金 finds
//! 违约金. The index is written in the same transaction as the utterances.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    store::{Store, StoreError},
    text::Normalised,
    time::{Millis, Span},
    transcript::{Speaker, Utterance},
};

/// Positions of one transcript lie within this many row numbers.
const ROWS_A_TRANSCRIPT: i64 = 65_536;

/// What is looked for; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Words that must all be in one utterance.
    pub words: Vec<String>,
    pub speaker: Option<Speaker>,
    pub agent_id: Option<String>,
    /// Any of these units.
    pub units: Option<Vec<String>>,
    /// First and last day, `2026-10-01`.
    pub from_day: Option<String>,
    pub to_day: Option<String>,
    pub limit: usize,
}

/// An utterance in which all words are.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    pub call_id: String,
    pub started_at: Option<String>,
    pub agent_id: Option<String>,
    pub unit: Option<String>,
    /// Index of the utterance.
    pub turn: usize,
    pub speaker: Speaker,
    pub span: Option<Span>,
    pub text: String,
    /// Where the words stand, as half-open ranges of characters of `text`.
    pub found: Vec<(usize, usize)>,
}

impl SearchQuery {
    /// The words of a query line, each as the index spells it; empty if there is nothing to look for.
    pub fn words_of(line: &str) -> Vec<String> {
        line.split_whitespace()
            .map(|word| spelled(word).into_iter().collect::<String>())
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// The query in FTS5's language. Only letters and digits are left in it, so nothing in the
    /// words is taken for an operator.
    fn expression(&self) -> String {
        let phrases: Vec<String> = self
            .words
            .iter()
            .map(|word| format!("\"{}\"", tokens(word.chars())))
            .collect();
        let all = phrases.join(" AND ");
        match self.speaker {
            Some(speaker) => format!("{{{}}} : ({all})", speaker.as_str()),
            None => all,
        }
    }
}

impl Store {
    /// Utterances in which all words are, the latest scanned first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn search(&self, query: &SearchQuery) -> Result<Vec<SearchHit>, StoreError> {
        if query.words.is_empty() {
            return Ok(Vec::new());
        }
        let units = query.units.as_ref().map(crate::store::to_json);
        let mut statement = self.connection.prepare_cached(
            "SELECT c.call_id, c.started_at, c.agent_id, c.unit,
                    u.position, u.speaker, u.from_ms, u.to_ms, u.text
             FROM heard_words w
             JOIN heard h ON h.id = w.rowid / 65536
             JOIN utterances u ON u.recording = h.recording AND u.model = h.model
                              AND u.position = w.rowid % 65536
             JOIN calls c ON c.recording = h.recording AND c.model = h.model
             WHERE heard_words MATCH ?1
               AND (?2 IS NULL OR c.agent_id = ?2)
               AND (?3 IS NULL OR c.unit IN (SELECT value FROM json_each(?3)))
               AND (?4 IS NULL OR c.day >= ?4) AND (?5 IS NULL OR c.day <= ?5)
             ORDER BY w.rowid DESC LIMIT ?6",
        )?;
        let mut rows = statement.query(params![
            query.expression(),
            query.agent_id,
            units,
            query.from_day,
            query.to_day,
            query.limit as i64,
        ])?;
        let mut hits = Vec::new();
        while let Some(row) = rows.next()? {
            let speaker: String = row.get(5)?;
            let times: (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
            let text: String = row.get(8)?;
            hits.push(SearchHit {
                call_id: row.get(0)?,
                started_at: row.get(1)?,
                agent_id: row.get(2)?,
                unit: row.get(3)?,
                turn: row.get::<_, i64>(4)? as usize,
                speaker: Speaker::parse(&speaker).unwrap_or(Speaker::Unknown),
                span: match times {
                    (Some(from), Some(to)) => Some(Span {
                        from: Millis(from as u64),
                        to: Millis(to as u64),
                    }),
                    _ => None,
                },
                found: places(&text, &query.words),
                text,
            });
        }
        Ok(hits)
    }
}

/// Writes the index of a transcript inside a larger transaction, over an older one.
pub(super) fn index(
    connection: &Connection,
    recording: &str,
    model: &str,
    said: &[Utterance],
) -> Result<(), StoreError> {
    forget(connection, recording, model)?;
    connection
        .prepare_cached("INSERT INTO heard (recording, model) VALUES (?, ?)")?
        .execute([recording, model])?;
    let first = connection.last_insert_rowid() * ROWS_A_TRANSCRIPT;
    let lines = said.iter().map(|said| (said.speaker, said.text.as_str()));
    for (row, (speaker, text)) in (first..first + ROWS_A_TRANSCRIPT).zip(lines) {
        connection
            .prepare_cached(insertion(speaker))?
            .execute(params![row, tokens(spelled(text))])?;
    }
    Ok(())
}

/// Takes a transcript out of the index.
pub(super) fn forget(
    connection: &Connection,
    recording: &str,
    model: &str,
) -> Result<(), StoreError> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM heard WHERE recording = ? AND model = ?")?
        .query_row([recording, model], |row| row.get(0))
        .optional()?;
    let Some(id) = id else { return Ok(()) };
    let first = id * ROWS_A_TRANSCRIPT;
    connection
        .prepare_cached("DELETE FROM heard_words WHERE rowid >= ? AND rowid < ?")?
        .execute([first, first + ROWS_A_TRANSCRIPT])?;
    connection
        .prepare_cached("DELETE FROM heard WHERE id = ?")?
        .execute([id])?;
    Ok(())
}

/// Indexes everything that was heard before there was an index.
pub(super) fn index_all(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO heard (recording, model) SELECT recording, model FROM transcripts",
        [],
    )?;
    let mut statement = connection.prepare(
        "SELECT h.id * 65536 + u.position, u.speaker, u.text
         FROM heard h JOIN utterances u ON u.recording = h.recording AND u.model = h.model
         WHERE u.position < 65536",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let speaker: String = row.get(1)?;
        let speaker = Speaker::parse(&speaker).unwrap_or(Speaker::Unknown);
        connection
            .prepare_cached(insertion(speaker))?
            .execute(params![
                row.get::<_, i64>(0)?,
                tokens(spelled(&row.get::<_, String>(2)?))
            ])?;
    }
    Ok(())
}

fn insertion(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Agent => "INSERT INTO heard_words (rowid, agent) VALUES (?, ?)",
        Speaker::Customer => "INSERT INTO heard_words (rowid, customer) VALUES (?, ?)",
        Speaker::Unknown => "INSERT INTO heard_words (rowid, unknown) VALUES (?, ?)",
    }
}

/// The letters and digits of a text in the one spelling.
fn spelled(text: &str) -> Vec<char> {
    let normalised = Normalised::spelled(text);
    let letters = normalised.chars().iter().copied();
    letters.filter(|c| c.is_alphanumeric()).collect()
}

/// One token a character.
fn tokens(chars: impl IntoIterator<Item = char>) -> String {
    let mut tokens = String::new();
    for c in chars {
        if !tokens.is_empty() {
            tokens.push(' ');
        }
        tokens.push(c);
    }
    tokens
}

/// Every place of every word in the text as it was said.
fn places(text: &str, words: &[String]) -> Vec<(usize, usize)> {
    let normalised = Normalised::spelled(text);
    let kept: Vec<((usize, usize), char)> = normalised
        .chars()
        .iter()
        .enumerate()
        .filter(|(_, c)| c.is_alphanumeric())
        .map(|(index, c)| (normalised.origin(index), *c))
        .collect();
    let mut places = Vec::new();
    for word in words {
        let word: Vec<char> = word.chars().collect();
        for here in kept.windows(word.len()) {
            if here.iter().zip(&word).all(|((_, c), wanted)| c == wanted) {
                places.push((here[0].0.0, here[here.len() - 1].0.1));
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_query() {
        assert_eq!(
            SearchQuery::words_of("違約金  不用管"),
            ["违约金", "不用管"]
        );
        assert_eq!(SearchQuery::words_of("５Ｇ \"AND\" *"), ["5g", "and"]);
        assert!(SearchQuery::words_of("  ，。").is_empty());
    }

    #[test]
    fn where_the_words_stand() {
        let words = SearchQuery::words_of("违约金 不用管");
        assert_eq!(places("這個違約金，您不用管。", &words), [(2, 5), (7, 10)]);
        assert!(places("没有", &words).is_empty());
    }
}
