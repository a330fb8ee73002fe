//! One recording, from its bytes to timed words, without ever holding all of its sound.

use std::path::{Path, PathBuf};

use crate::{
    audio::{AudioError, AudioFacts, AudioReader, ChannelFault, ChannelWatch, SAMPLE_RATE_HZ},
    lang::{Lang, Say},
    speech::{
        CallDetector, Copied, DetectorSettings, OtherSound, SpeechSegment, VoiceMeter, VoicePiece,
    },
    time::Millis,
    transcribe::{
        Heard, RecogniseError, Recognizer, Recognizers, RecordingToHear, roles::ChannelsHeard,
    },
};

/// What was heard in one recording, channel by channel.
#[derive(Clone, Debug)]
pub struct Listened {
    pub facts: AudioFacts,
    pub duration: Millis,
    /// The file ended before its header said so.
    pub incomplete: bool,
    /// What is known of the channels before any role is believed.
    pub channels: ChannelsHeard,
    /// What is heard besides speech.
    pub sounds: Vec<OtherSound>,
    pub heard: Vec<Heard>,
}

/// Copies of the other side's voice from which on they are told as cross-talk.
const COPIES_WORTH_TELLING: usize = 2;

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
    let mut watch = ChannelWatch::new(channels);
    let mut detector = CallDetector::new(channels, settings);
    let mut work = SegmentWork {
        recognizer: &mut *recognizer,
        meter: VoiceMeter::default(),
        heard: Vec::new(),
        voices: Vec::new(),
    };
    let mut segments = Vec::new();
    let mut samples: u64 = 0;
    while let Some(mut block) = reader.next_block()? {
        samples += block.first().map_or(0, Vec::len) as u64;
        watch.hear(&mut block);
        detector.push(&block, &mut segments);
        work.take(segments.drain(..), watch.may_be_one())?;
    }
    detector.finish(&mut segments);
    work.take(segments.drain(..), watch.may_be_one())?;
    let SegmentWork {
        mut heard, voices, ..
    } = work;
    heard.extend(recognizer.finish());
    Ok(Listened {
        facts,
        duration: Millis::from_samples(samples, SAMPLE_RATE_HZ),
        incomplete: reader.incomplete(),
        channels: ChannelsHeard {
            channels,
            faults: faults(watch, detector.copied()),
            voices,
        },
        sounds: detector.sounds(),
        heard,
    })
}

/// What is done with each stretch of speech; its sound is not kept.
struct SegmentWork<'a> {
    recognizer: &'a mut (dyn Recognizer + 'a),
    meter: VoiceMeter,
    heard: Vec<Heard>,
    voices: Vec<VoicePiece>,
}

impl SegmentWork<'_> {
    /// Recognises, and measures the voice where both sides may share a channel.
    fn take(
        &mut self,
        segments: impl Iterator<Item = SpeechSegment>,
        one_channel: bool,
    ) -> Result<(), RecogniseError> {
        for segment in segments {
            if one_channel {
                self.voices.extend(self.meter.pieces(&segment));
            }
            self.heard.extend(self.recognizer.recognise(&segment)?);
        }
        Ok(())
    }
}

/// What is wrong with the channels, by their levels and by what was left out as a copy.
fn faults(watch: ChannelWatch, copied: &[Copied]) -> Vec<ChannelFault> {
    let mut faults = watch.faults();
    let dual_mono = |fault: &ChannelFault| matches!(fault, ChannelFault::DualMono { .. });
    if faults.iter().any(dual_mono) {
        return faults;
    }
    let mut ends: Vec<(usize, usize)> = copied.iter().map(|copy| (copy.from, copy.to)).collect();
    ends.sort_unstable();
    ends.dedup();
    for (from, to) in ends {
        let levels_db: Vec<f32> = copied
            .iter()
            .filter(|copy| (copy.from, copy.to) == (from, to))
            .map(|copy| copy.level_db)
            .collect();
        let known = |fault: &ChannelFault| matches!(fault, ChannelFault::CrossTalk { from: a, to: b, .. } if (*a, *b) == (from, to));
        if levels_db.len() >= COPIES_WORTH_TELLING && !faults.iter().any(known) {
            let level_db = f64::from(levels_db.iter().sum::<f32>()) / levels_db.len() as f64;
            faults.push(ChannelFault::CrossTalk { from, to, level_db });
        }
    }
    faults
}
