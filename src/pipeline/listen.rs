//! One recording, from its bytes to timed words, without ever holding all of its sound.

use std::path::{Path, PathBuf};

use crate::{
    audio::{AudioError, AudioFacts, AudioReader, SAMPLE_RATE_HZ},
    lang::{Lang, Say},
    speech::{CallDetector, DetectorSettings},
    time::Millis,
    transcribe::{Heard, RecogniseError, Recognizers, RecordingToHear},
};

/// What was heard in one recording, channel by channel.
#[derive(Clone, Debug)]
pub struct Listened {
    pub facts: AudioFacts,
    pub duration: Millis,
    /// The file ended before its header said so.
    pub incomplete: bool,
    pub heard: Vec<Heard>,
}

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Recogniser(#[from] RecogniseError),
    #[error("{}: a decoder panicked", .0.display())]
    Panicked(PathBuf),
}

impl ListenError {
    /// A stable word for the kind of failure, for counting.
    pub fn cause(&self) -> &'static str {
        match self {
            ListenError::Audio(error) => error.cause.kind(),
            ListenError::Recogniser(_) => "recogniser",
            ListenError::Panicked(_) => "decoder",
        }
    }
}

impl Say for ListenError {
    fn say(&self, lang: Lang) -> String {
        match self {
            ListenError::Audio(error) => error.say(lang),
            ListenError::Recogniser(error) => error.say(lang),
            ListenError::Panicked(path) => {
                let path = crate::intake::shown_path(path);
                lang.pick(
                    format!("{path}:解码器崩溃。文件多半已损坏,请从录音系统重新导出"),
                    format!("{path}: the decoder broke down. The file is probably damaged; export it again"),
                )
            }
        }
    }
}

/// Decodes, finds the speech and recognises it, block by block.
///
/// # Errors
/// When the file is no recording that can be decoded, or the recogniser breaks down.
pub fn listen(
    path: &Path,
    agent_channel: Option<u16>,
    recognizers: &dyn Recognizers,
    settings: &DetectorSettings,
) -> Result<Listened, ListenError> {
    let mut reader = AudioReader::open(path)?;
    let facts = reader.facts().clone();
    let channels = usize::from(facts.channels);
    let recording = RecordingToHear {
        path,
        channels,
        agent_channel,
    };
    let mut recognizer = recognizers.recognizer(recording)?;
    let mut detector = CallDetector::new(channels, settings);
    let mut segments = Vec::new();
    let mut heard = Vec::new();
    let mut samples: u64 = 0;
    while let Some(block) = reader.next_block()? {
        samples += block.first().map_or(0, Vec::len) as u64;
        detector.push(&block, &mut segments);
        for segment in segments.drain(..) {
            heard.extend(recognizer.recognise(&segment)?);
        }
    }
    detector.finish(&mut segments);
    for segment in segments.drain(..) {
        heard.extend(recognizer.recognise(&segment)?);
    }
    heard.extend(recognizer.finish());
    Ok(Listened {
        facts,
        duration: Millis::from_samples(samples, SAMPLE_RATE_HZ),
        incomplete: reader.incomplete(),
        heard,
    })
}
