//! From stretches of speech to timed, confident words.
//!
//! Owns the recogniser (Whisper, or the replay of an existing transcript), the guards on what it
//! says, and the putting together of both speakers' words into one transcript. Owns nothing of
//! what the words mean.

pub mod assemble;
pub mod catalog;
pub mod fetch;
pub mod guards;
pub mod model_file;
pub mod replay;
mod role_words;
pub mod roles;
pub mod whisper;

use std::time::Duration;

use crate::{
    lang::{Lang, Say},
    speech::SpeechSegment,
    time::Span,
    transcript::{UntranscribedCause, Word},
};

/// What a recogniser made of one stretch of speech.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Zero-based audio channel.
    pub channel: usize,
    /// Where in the recording the speech lies.
    pub span: Span,
    pub words: Result<Vec<Word>, UntranscribedCause>,
}

/// Turns speech into words. One recogniser serves one recording at a time.
pub trait Recognizer {
    /// Takes the next stretch of speech and gives the words of what is ready, this one or earlier
    /// ones, with times from the start of the recording.
    ///
    /// # Errors
    /// When the recogniser itself cannot go on with this recording. Speech that it merely does not
    /// understand is `Heard` with a cause, not an error.
    fn recognise(&mut self, segment: SpeechSegment) -> Result<Vec<Heard>, RecogniseError>;

    /// What is left after the last stretch of speech.
    ///
    /// # Errors
    /// As [`Recognizer::recognise`].
    fn finish(&mut self) -> Result<Vec<Heard>, RecogniseError>;

    /// Where this recogniser's time went so far; nothing where it computes nothing.
    fn times(&self) -> RecognitionTimes {
        RecognitionTimes::default()
    }
}

/// Where a recogniser's time goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecognitionTimes {
    pub windows: whisper::FullTimes,
    /// Whether to believe the words.
    pub guards: Duration,
}

/// A recording about to be heard.
#[derive(Clone, Copy, Debug)]
pub struct RecordingToHear<'a> {
    pub path: &'a std::path::Path,
    pub channels: usize,
    /// The agent's zero-based channel, if somebody named it.
    pub agent_channel: Option<u16>,
}

/// Makes a recogniser for each recording; shared by all threads.
pub trait Recognizers: Sync {
    /// What tells one source of words from another: the model file's SHA-256, for one.
    fn digest(&self) -> &str;

    /// # Errors
    /// When there is none for this recording.
    fn recognizer<'a>(
        &'a self,
        recording: RecordingToHear<'_>,
    ) -> Result<Box<dyn Recognizer + 'a>, RecogniseError>;
}

/// The recogniser broke down.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    #[error("the recogniser failed: {0}")]
    Failed(String),
    #[error("{path}: no transcript to replay: {cause}", path = .path.display())]
    NoTranscript {
        path: std::path::PathBuf,
        cause: String,
    },
}

impl Say for RecogniseError {
    fn say(&self, lang: Lang) -> String {
        match self {
            RecogniseError::Failed(cause) => lang.pick(
                format!("语音识别出错({cause})。请重试;若总在同一段录音出错,请检查模型:huiting model verify"),
                format!("The recogniser failed ({cause}). Try again; if it is always the same recording, check the model: huiting model verify"),
            ),
            RecogniseError::NoTranscript { path, cause } => {
                let path = path.display();
                lang.pick(
                    format!("{path}:没有可用的现成文字({cause})。应为 {{\"turns\": [{{\"speaker\", \"from_ms\", \"to_ms\", \"text\"}}]}}", cause = crate::lang::in_chinese(&cause)),
                    format!("{path}: no transcript to replay ({cause}). It should hold {{\"turns\": [{{\"speaker\", \"from_ms\", \"to_ms\", \"text\"}}]}}"),
                )
            }
        }
    }
}
