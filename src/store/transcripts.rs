//! What was heard, utterance by utterance.

use rusqlite::{Connection, params};

use crate::{
    acoustics::AcousticMeasures,
    audio::ChannelFault,
    store::{Store, StoreError, from_json, search, to_json},
    time::Span,
    transcribe::roles::RoleSource,
    transcript::{Speaker, Transcript, Utterance, Word},
};

/// A transcript with how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct TranscriptRow {
    /// BLAKE3 of the recording.
    pub recording: String,
    /// SHA-256 of the model file.
    pub model: String,
    /// The agent's channel as the call list named it.
    pub agent_channel: Option<u16>,
    pub role_source: RoleSource,
    /// How certain the roles are, 0 to 1; `None` where they were given or are unknown.
    pub role_certainty: Option<f32>,
    /// The words speak against the call list, with this certainty.
    pub against_list: Option<f32>,
    /// What is wrong with the channels.
    pub channel_faults: Vec<ChannelFault>,
    /// Who is on each channel.
    pub speakers: Vec<Speaker>,
    pub transcript: Transcript,
    /// Figures of the sound; `None` without any.
    pub measures: Option<AcousticMeasures>,
}

impl Store {
    /// What this model heard in this recording, if it has listened to it.
    ///
    /// # Errors
    /// When the database fails or holds something that is no transcript.
    pub fn transcript(
        &self,
        recording: &str,
        model: &str,
    ) -> Result<Option<TranscriptRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT agent_channel, role_source, speakers, timeline, untranscribed,
                    role_certainty, against_list, channel_faults, measures
             FROM transcripts WHERE recording = ? AND model = ?",
        )?;
        let mut rows = statement.query([recording, model])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let json = |column: usize| row.get::<_, String>(column);
        let certainty = |column: usize| -> rusqlite::Result<Option<f32>> {
            Ok(row.get::<_, Option<f64>>(column)?.map(|value| value as f32))
        };
        Ok(Some(TranscriptRow {
            recording: recording.to_owned(),
            model: model.to_owned(),
            agent_channel: row.get(0)?,
            role_source: from_json(&json(1)?, "role source", recording)?,
            role_certainty: certainty(5)?,
            against_list: certainty(6)?,
            channel_faults: from_json(&json(7)?, "list of channel faults", recording)?,
            speakers: from_json(&json(2)?, "list of speakers", recording)?,
            transcript: Transcript {
                utterances: self.utterances(recording, model)?,
                untranscribed: from_json(&json(4)?, "list of gaps", recording)?,
                timeline: from_json(&json(3)?, "timeline", recording)?,
            },
            measures: from_json(&json(8)?, "list of measures", recording)?,
        }))
    }

    /// Whether this model has listened to this recording with the same naming of the agent.
    pub fn has_transcript(
        &self,
        recording: &str,
        model: &str,
        agent_channel: Option<u16>,
    ) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM transcripts WHERE recording = ? AND model = ? AND agent_channel IS ?",
        )?;
        Ok(statement.exists(params![recording, model, agent_channel])?)
    }

    fn utterances(&self, recording: &str, model: &str) -> Result<Vec<Utterance>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT speaker, from_ms, to_ms, text, probability, words, speaker_certainty FROM utterances
             WHERE recording = ? AND model = ? ORDER BY position",
        )?;
        let mut rows = statement.query([recording, model])?;
        let mut utterances = Vec::new();
        while let Some(row) = rows.next()? {
            let speaker: String = row.get(0)?;
            let span: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            let text: String = row.get(3)?;
            let words: String = row.get(5)?;
            utterances.push(Utterance {
                speaker: Speaker::parse(&speaker).ok_or_else(|| StoreError::Damaged {
                    what: "speaker",
                    of: recording.to_owned(),
                    cause: speaker,
                })?,
                span: match span {
                    (Some(from), Some(to)) => Some(Span::new(from as u64, to as u64)),
                    _ => None,
                },
                words: words_from_lengths(
                    &text,
                    &from_json::<Vec<_>>(&words, "word list", recording)?,
                ),
                text,
                probability: row.get::<_, Option<f64>>(4)?.map(|p| p as f32),
                speaker_certainty: row.get::<_, Option<f64>>(6)?.map(|p| p as f32),
            });
        }
        Ok(utterances)
    }
}

/// Writes the transcript inside a larger transaction, over an older one of the same model.
pub(super) fn save(connection: &Connection, row: &TranscriptRow) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM transcripts WHERE recording = ? AND model = ?")?
        .execute([&row.recording, &row.model])?;
    connection
        .prepare_cached("INSERT INTO transcripts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            row.recording,
            row.model,
            row.agent_channel,
            to_json(&row.role_source),
            to_json(&row.speakers),
            to_json(&row.transcript.timeline),
            to_json(&row.transcript.untranscribed),
            row.role_certainty.map(f64::from),
            row.against_list.map(f64::from),
            to_json(&row.channel_faults),
            to_json(&row.measures),
        ])?;
    let mut statement = connection
        .prepare_cached("INSERT INTO utterances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (position, said) in row.transcript.utterances.iter().enumerate() {
        statement.execute(params![
            row.recording,
            row.model,
            position as i64,
            said.speaker.as_str(),
            said.span.map(|span| span.from.0 as i64),
            said.span.map(|span| span.to.0 as i64),
            said.text,
            said.probability.map(f64::from),
            to_json(&lengths_of_words(&said.words)),
            said.speaker_certainty.map(f64::from),
        ])?;
    }
    search::index(
        connection,
        &row.recording,
        &row.model,
        &row.transcript.utterances,
    )
}

/// A word as it is kept: characters, from and to in milliseconds, probability in thousandths.
/// The text itself stands in the utterance already.
type KeptWord = (usize, u64, u64, u32);

fn lengths_of_words(words: &[Word]) -> Vec<KeptWord> {
    words
        .iter()
        .map(|word| {
            let thousandths = (word.probability.clamp(0.0, 1.0) * 1000.0).round() as u32;
            (
                word.text.chars().count(),
                word.span.from.0,
                word.span.to.0,
                thousandths,
            )
        })
        .collect()
}

fn words_from_lengths(text: &str, kept: &[KeptWord]) -> Vec<Word> {
    let mut characters = text.chars();
    kept.iter()
        .map(|&(length, from, to, thousandths)| Word {
            text: characters.by_ref().take(length).collect(),
            span: Span::new(from, to),
            probability: thousandths as f32 / 1000.0,
        })
        .collect()
}
