//! A recogniser that reads the words from a transcript made before, by a person or another program.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    speech::SpeechSegment,
    time::Span,
    transcribe::{Heard, RecogniseError, Recognizer, Recognizers, RecordingToHear},
    transcript::{Speaker, Word},
};

/// Gives each stretch of speech the turns that begin in or before it on its channel.
///
/// Turns that no stretch of speech claims are given out at the end: nothing is lost.
#[derive(Debug)]
pub struct Replay {
    /// Turns not yet given out, by channel, in order.
    waiting: Vec<VecDeque<Turn>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Turn {
    speaker: Speaker,
    from_ms: u64,
    to_ms: u64,
    text: String,
    #[serde(default = "certain")]
    probability: f32,
}

fn certain() -> f32 {
    1.0
}

#[derive(Deserialize)]
struct File {
    turns: Vec<Turn>,
}

/// A folder of transcripts, each named as its recording with the ending `.json`.
#[derive(Clone, Debug)]
pub struct ReplayFolder {
    folder: PathBuf,
    digest: String,
}

impl ReplayFolder {
    /// Reads all transcripts once for their digest, so that changed ones are heard again.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read.
    pub fn open(folder: &Path) -> std::io::Result<ReplayFolder> {
        let mut paths = std::fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        let mut digest = blake3::Hasher::new();
        for path in paths {
            let name = path.file_name().unwrap_or_default();
            digest.update(name.as_encoded_bytes());
            digest.update(blake3::hash(&std::fs::read(&path)?).as_bytes());
        }
        let digest = format!("replay-{}", digest.finalize().to_hex());
        Ok(ReplayFolder {
            folder: folder.to_owned(),
            digest,
        })
    }
}

impl Recognizers for ReplayFolder {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn recognizer<'a>(
        &'a self,
        recording: RecordingToHear<'_>,
    ) -> Result<Box<dyn Recognizer + 'a>, RecogniseError> {
        let name = recording.path.file_stem().unwrap_or_default();
        let path = self.folder.join(name).with_extension("json");
        let error = |cause: String| RecogniseError::NoTranscript {
            path: path.clone(),
            cause,
        };
        let text = std::fs::read_to_string(&path).map_err(|cause| error(cause.to_string()))?;
        let agent_channel = usize::from(recording.agent_channel.unwrap_or(0));
        let replay = Replay::parse(&text, recording.channels, agent_channel)
            .map_err(|cause| error(cause.to_string()))?;
        Ok(Box::new(replay))
    }
}

impl Replay {
    /// Reads `{"turns": [{"speaker": "agent|customer|unknown", "from_ms", "to_ms", "text",
    /// "probability"?}]}`. `agent_channel` is where the agent speaks; with one channel all is there.
    fn parse(
        text: &str,
        channels: usize,
        agent_channel: usize,
    ) -> Result<Replay, serde_json::Error> {
        let mut turns = serde_json::from_str::<File>(text)?.turns;
        turns.sort_by_key(|turn| (turn.from_ms, turn.to_ms));
        let mut waiting = vec![VecDeque::new(); channels.max(1)];
        for turn in turns {
            let channel = match turn.speaker {
                _ if channels < 2 => 0,
                Speaker::Customer => (0..channels).find(|&c| c != agent_channel).unwrap_or(0),
                Speaker::Agent | Speaker::Unknown => agent_channel.min(channels - 1),
            };
            waiting[channel].push_back(turn);
        }
        Ok(Replay { waiting })
    }
}

fn heard(channel: usize, turn: Turn) -> Heard {
    let span = Span::new(turn.from_ms, turn.to_ms);
    let word = Word {
        text: turn.text,
        span,
        probability: turn.probability,
    };
    Heard {
        channel,
        span,
        words: Ok(vec![word]),
    }
}

impl Recognizer for Replay {
    fn recognise(&mut self, segment: SpeechSegment) -> Result<Vec<Heard>, RecogniseError> {
        let mut given = Vec::new();
        if let Some(waiting) = self.waiting.get_mut(segment.channel) {
            while let Some(turn) = waiting.pop_front_if(|turn| turn.from_ms < segment.window.to.0) {
                given.push(heard(segment.channel, turn));
            }
        }
        Ok(given)
    }

    fn finish(&mut self) -> Result<Vec<Heard>, RecogniseError> {
        let rest = self.waiting.iter_mut().enumerate();
        let rest =
            rest.flat_map(|(channel, turns)| turns.drain(..).map(move |turn| heard(channel, turn)));
        Ok(rest.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURNS: &str = r#"{"turns": [
        {"speaker": "agent", "from_ms": 100, "to_ms": 900, "text": "您好"},
        {"speaker": "customer", "from_ms": 1000, "to_ms": 1500, "text": "你说"},
        {"speaker": "agent", "from_ms": 9000, "to_ms": 9900, "text": "再见"}]}"#;

    fn segment(channel: usize, from: u64, to: u64) -> SpeechSegment {
        let span = Span::new(from, to);
        SpeechSegment {
            channel,
            span,
            window: span,
            samples: Vec::new(),
        }
    }

    fn text(heard: &[Heard]) -> String {
        heard
            .iter()
            .flat_map(|h| h.words.iter().flatten())
            .map(|w| w.text.as_str())
            .collect()
    }

    #[test]
    fn every_turn_is_given_out_once() {
        let mut replay = Replay::parse(TURNS, 2, 0).expect("well-formed");
        assert_eq!(
            text(&replay.recognise(segment(0, 0, 950)).expect("replays")),
            "您好"
        );
        assert_eq!(
            text(&replay.recognise(segment(0, 950, 1900)).expect("replays")),
            ""
        );
        assert_eq!(
            text(&replay.recognise(segment(1, 900, 1600)).expect("replays")),
            "你说"
        );
        assert_eq!(text(&replay.finish().expect("replays")), "再见");
        assert_eq!(text(&replay.finish().expect("replays")), "");
    }

    #[test]
    fn another_shape_is_an_error() {
        assert!(Replay::parse(r#"{"turns": [{"text": 3}]}"#, 2, 0).is_err());
    }
}
