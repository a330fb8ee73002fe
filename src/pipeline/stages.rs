//! Where the time goes.

use std::{ops::AddAssign, time::Duration};

use crate::{audio::ReadingTimes, transcribe::whisper::FullTimes};

/// How long each stage took, by the clock of the thread that did it. Reading goes on beside the
/// rest, so the sum of several recordings in work at once is longer than the time that passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    pub reading: ReadingTimes,
    /// Faults of channels, speech, other sounds, and voices that share a channel.
    pub detection: Duration,
    pub recognition: FullTimes,
    pub guards: Duration,
    /// Roles, one transcript, and the rules.
    pub judging: Duration,
    /// Keeping it, with waiting for other threads that do.
    pub store: Duration,
}

impl AddAssign for StageTimes {
    fn add_assign(&mut self, other: StageTimes) {
        self.reading += other.reading;
        self.detection += other.detection;
        self.recognition += other.recognition;
        self.guards += other.guards;
        self.judging += other.judging;
        self.store += other.store;
    }
}
