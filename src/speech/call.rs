//! All channels of one call at once, so that one side's voice on the other side's channel is
//! known for what it is.

use std::collections::VecDeque;

use super::copies::{Copied, CopyWatch};
use super::detector::{FRAME_SAMPLES, SpeechDetector, energy_db};
use super::settings::DetectorSettings;
use super::{OtherSound, SpeechSegment};
use crate::time::{Millis, Span};

/// The other side's voice may come through late by so many frames (about 200 ms of echo).
const ECHO_FRAMES: usize = 12;

/// Finds the speech of every channel of a call.
///
/// As [`SpeechDetector`], one per channel; beyond that, what is faint on a channel while another
/// channel is much louder, and what is a copy of another channel's sound, is that other channel's
/// voice and never given twice.
pub struct CallDetector {
    channels: Vec<SpeechDetector>,
    /// The latest energies of each channel.
    recent_db: Vec<VecDeque<f32>>,
    copies: CopyWatch,
    copied: Vec<Copied>,
    /// Where speech was given out, by channel.
    speech: Vec<Vec<Span>>,
}

impl CallDetector {
    pub fn new(channels: usize, settings: &DetectorSettings) -> CallDetector {
        CallDetector {
            channels: (0..channels)
                .map(|channel| SpeechDetector::new(channel, settings.clone()))
                .collect(),
            recent_db: vec![VecDeque::with_capacity(ECHO_FRAMES); channels],
            copies: CopyWatch::new(
                channels,
                Millis(settings.max_segment.0.max(1000) + 2 * settings.padding.0),
            ),
            copied: Vec::new(),
            speech: vec![Vec::new(); channels],
        }
    }

    /// Takes the next block (one vector per channel, all equally long) and appends the segments
    /// that are complete; those of one channel are in order, the channels mixed.
    ///
    /// # Panics
    /// When the block has another number of channels, or they are not equally long.
    pub fn push(&mut self, block: &[Vec<f32>], out: &mut Vec<SpeechSegment>) {
        assert_eq!(block.len(), self.channels.len(), "one vector per channel");
        let frames = block.first().map_or(0, Vec::len);
        assert!(block.iter().all(|samples| samples.len() == frames));
        let given = out.len();
        self.copies.keep(block.iter().map(Vec::as_slice));
        let mut from = 0;
        while from < frames {
            let wanted = self.channels[0].missing_samples().min(frames - from);
            for (detector, samples) in self.channels.iter_mut().zip(block) {
                detector.fill(&samples[from..from + wanted]);
            }
            from += wanted;
            if self.channels[0].missing_samples() == 0 {
                self.take_frame(FRAME_SAMPLES, out);
            }
        }
        self.leave_out_copies(given, out);
    }

    /// Takes note of the call's end and appends the segments that were still open.
    pub fn finish(&mut self, out: &mut Vec<SpeechSegment>) {
        let given = out.len();
        let missing = self.channels.first().map_or(0, |d| d.missing_samples());
        if missing > 0 && missing < FRAME_SAMPLES {
            for detector in &mut self.channels {
                detector.fill(&vec![0.0; missing]);
            }
            self.take_frame(FRAME_SAMPLES - missing, out);
        }
        for detector in &mut self.channels {
            detector.finish(out);
        }
        self.leave_out_copies(given, out);
    }

    /// What is heard besides speech, channel by channel. To be asked once, after the end.
    pub fn sounds(&mut self) -> Vec<OtherSound> {
        let channels = self.channels.iter_mut().zip(&self.speech);
        channels
            .flat_map(|(detector, speech)| detector.sounds(speech))
            .collect()
    }

    /// Speech that was left out because another channel holds it too.
    pub fn copied(&self) -> &[Copied] {
        &self.copied
    }

    fn leave_out_copies(&mut self, given: usize, out: &mut Vec<SpeechSegment>) {
        for segment in out.split_off(given) {
            match self.copies.copied(&segment) {
                Some(copied) => self.copied.push(copied),
                None => {
                    self.speech[segment.channel].push(segment.span);
                    out.push(segment);
                }
            }
        }
    }

    fn take_frame(&mut self, real: usize, out: &mut Vec<SpeechSegment>) {
        for (recent, detector) in self.recent_db.iter_mut().zip(&self.channels) {
            if recent.len() == ECHO_FRAMES {
                recent.pop_front();
            }
            recent.push_back(energy_db(detector.partial()));
        }
        for channel in 0..self.channels.len() {
            let others_db = self
                .recent_db
                .iter()
                .enumerate()
                .filter(|&(other, _)| other != channel)
                .flat_map(|(_, recent)| recent)
                .fold(f32::NEG_INFINITY, |a, &b| a.max(b));
            self.channels[channel].take_frame(real, others_db, out);
        }
    }
}
