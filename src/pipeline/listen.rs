//! One recording, from its bytes to timed words, without ever holding all of its sound.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::StageTimes;
use crate::{
    audio::{
        AudioError, AudioFacts, AudioOptions, ChannelFault, ChannelWatch, Ffmpeg, ReadAhead,
        SAMPLE_RATE_HZ,
    },
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
    pub times: StageTimes,
}

/// Copies of the other side's voice from which on they are told as cross-talk.
const COPIES_WORTH_TELLING: usize = 2;
/// How files are read, and how long one recording may take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadingSettings {
    /// Sample rate of `.vox` files (Dialogic ADPCM, no header) in Hz.
    pub vox_rate: Option<u32>,
    /// The ffmpeg for formats that nothing built in decodes: a path, or `off`. Without it the one
    /// on `PATH`.
    pub ffmpeg: Option<String>,
    /// A recording may take so many times its own length, and `extra_time` more.
    pub time_limit: u32,
    /// Seconds that any recording may take beyond its length's share: loading, or a busy disk.
    pub extra_time: u32,
    /// Seconds after which a decoder that gives nothing new is given up.
    pub stall_limit: u32,
}

impl Default for ReadingSettings {
    fn default() -> ReadingSettings {
        ReadingSettings {
            vox_rate: None,
            ffmpeg: None,
            time_limit: 50,
            extra_time: 120,
            stall_limit: 120,
        }
    }
}

impl ReadingSettings {
    pub fn audio(&self) -> AudioOptions {
        AudioOptions {
            vox_rate_hz: self.vox_rate,
            ffmpeg: self
                .ffmpeg
                .as_deref()
                .map_or(Ffmpeg::OnPath, Ffmpeg::from_setting),
        }
    }
}

/// The time that a recording has taken, against what it may take.
struct TimeLimit<'a> {
    path: &'a Path,
    begun: Instant,
    times_length: u32,
    extra: Duration,
}

impl TimeLimit<'_> {
    /// Fails when more time has passed than `samples` at 16 kHz may take.
    fn check(&self, samples: u64) -> Result<(), ListenError> {
        let heard = Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE_HZ));
        let share = heard
            .checked_mul(self.times_length)
            .unwrap_or(Duration::MAX);
        if self.begun.elapsed() <= share.saturating_add(self.extra) {
            return Ok(());
        }
        Err(ListenError::TooSlow {
            path: self.path.to_owned(),
            at: Millis::from_samples(samples, SAMPLE_RATE_HZ),
            times_length: self.times_length,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Recogniser(#[from] RecogniseError),
    #[error("{}: broke down: {why}", path.display())]
    Panicked { path: PathBuf, why: String },
    #[error("{}: at {at} it had taken more than {times_length} times its length", path.display())]
    TooSlow {
        path: PathBuf,
        at: Millis,
        times_length: u32,
    },
}

impl ListenError {
    /// A stable word for the kind of failure, for counting.
    pub fn cause(&self) -> &'static str {
        match self {
            ListenError::Audio(error) => error.cause.kind(),
            ListenError::Recogniser(_) => "recogniser",
            ListenError::Panicked { .. } => "decoder",
            ListenError::TooSlow { .. } => "time-limit",
        }
    }
}

impl Say for ListenError {
    fn say(&self, lang: Lang) -> String {
        match self {
            ListenError::Audio(error) => error.say(lang),
            ListenError::Recogniser(error) => error.say(lang),
            ListenError::TooSlow {
                path,
                at,
                times_length,
            } => {
                let path = crate::intake::shown_path(path);
                lang.pick(
                    format!("{path}:听到 {at} 时已用了时长的 {times_length} 倍以上,已放弃。请换小一些的模型、减少 --jobs,或调大 --time-limit"),
                    format!("{path}: at {at} it had taken more than {times_length} times its length and was given up. Take a smaller model, lower --jobs, or raise --time-limit"),
                )
            }
            ListenError::Panicked { path, .. } => {
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
/// When the file is no recording that can be decoded, the recogniser breaks down, or either takes
/// longer than it may.
pub fn listen(
    path: &Path,
    agent_channel: Option<u16>,
    recognizers: &dyn Recognizers,
    settings: &DetectorSettings,
    reading: &ReadingSettings,
) -> Result<Listened, ListenError> {
    let limit = TimeLimit {
        path,
        begun: Instant::now(),
        times_length: reading.time_limit,
        extra: Duration::from_secs(u64::from(reading.extra_time)),
    };
    let patience = Duration::from_secs(u64::from(reading.stall_limit));
    let mut reader = ReadAhead::open(path, &reading.audio(), patience)?;
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
        measuring: Duration::ZERO,
    };
    let mut segments = Vec::new();
    let mut samples: u64 = 0;
    let mut detection = Duration::ZERO;
    while let Some(mut block) = reader.next_block()? {
        samples += block.first().map_or(0, Vec::len) as u64;
        let begun = Instant::now();
        watch.hear(&mut block);
        detector.push(&block, &mut segments);
        detection += begun.elapsed();
        work.take(segments.drain(..), watch.may_be_one())?;
        limit.check(samples)?;
    }
    detector.finish(&mut segments);
    work.take(segments.drain(..), watch.may_be_one())?;
    let SegmentWork {
        mut heard,
        voices,
        measuring,
        ..
    } = work;
    heard.extend(recognizer.finish()?);
    let recognition = recognizer.times();
    let times = StageTimes {
        reading: reader.times(),
        detection: detection + measuring,
        recognition: recognition.windows,
        guards: recognition.guards,
        ..StageTimes::default()
    };
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
        times,
    })
}

/// What is done with each stretch of speech; its sound is not kept.
struct SegmentWork<'a> {
    recognizer: &'a mut (dyn Recognizer + 'a),
    meter: VoiceMeter,
    heard: Vec<Heard>,
    voices: Vec<VoicePiece>,
    /// How long measuring voices took.
    measuring: Duration,
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
                let begun = Instant::now();
                self.voices.extend(self.meter.pieces(&segment));
                self.measuring += begun.elapsed();
            }
            self.heard.extend(self.recognizer.recognise(segment)?);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_may_take_its_share_and_some_more() {
        let check = |taken: u64, seconds_heard: u64, times_length: u32, expected: bool| {
            let limit = TimeLimit {
                path: Path::new("x.wav"),
                begun: Instant::now()
                    .checked_sub(Duration::from_secs(taken))
                    .expect("the machine has run for so long"),
                times_length,
                extra: Duration::from_secs(60),
            };
            let samples = seconds_heard * u64::from(SAMPLE_RATE_HZ);
            assert_eq!(limit.check(samples).is_ok(), expected, "{taken}");
        };
        check(30, 0, 50, true);
        check(61, 0, 50, false);
        check(100, 1, 50, true);
        check(111, 1, 50, false);
        check(111, u64::MAX / 16_000, u32::MAX, true);
    }
}
