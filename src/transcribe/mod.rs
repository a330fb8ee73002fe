//! From stretches of speech to timed, confident words.
//!
//! Owns the recogniser (Whisper, or the replay of an existing transcript), the guards on what it
//! says, and the putting together of both speakers' words into one transcript. Owns nothing of
//! what the words mean.

pub mod assemble;
pub mod guards;
pub mod replay;
pub mod roles;
pub mod whisper;

use crate::{
    speech::SpeechSegment,
    transcript::{UntranscribedCause, Word},
};

/// What a recogniser made of one stretch of speech.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Zero-based audio channel.
    pub channel: usize,
    /// Where in the recording the speech lies.
    pub span: crate::time::Span,
    pub words: Result<Vec<Word>, UntranscribedCause>,
}

/// Turns speech into words. One recogniser serves one recording at a time.
pub trait Recognizer {
    /// The words of one stretch of speech, with times from the start of the recording.
    ///
    /// # Errors
    /// When the recogniser itself cannot go on with this recording. Speech that it merely does not
    /// understand is `Heard` with a cause, not an error.
    fn recognise(&mut self, segment: &SpeechSegment) -> Result<Vec<Heard>, RecogniseError>;

    /// What is left after the last stretch of speech.
    fn finish(&mut self) -> Vec<Heard> {
        Vec::new()
    }
}

/// The recogniser broke down.
#[derive(Debug, thiserror::Error)]
#[error("the recogniser failed: {0}")]
pub struct RecogniseError(pub String);

impl crate::lang::Say for RecogniseError {
    fn say(&self, lang: crate::lang::Lang) -> String {
        match lang {
            crate::lang::Lang::Zh => {
                format!("语音识别出错({})。请重试;若总在同一段录音出错,请检查模型:huiting model verify", self.0)
            }
            crate::lang::Lang::En => format!(
                "The recogniser failed ({}). Try again; if it is always the same recording, check the model: huiting model verify",
                self.0
            ),
        }
    }
}
