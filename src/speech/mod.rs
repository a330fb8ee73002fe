//! Where somebody speaks, channel by channel.
//!
//! [`CallDetector`] takes all channels of a call, [`SpeechDetector`] one alone.
//!
//! Owns the decision which stretches of a channel are worth transcribing, what the other sounds
//! are, and which voice is which on a channel that two share. Knows nothing of roles and words.

mod call;
mod copies;
mod detector;
mod levels;
mod settings;
mod sounds;
mod spectrum;
mod two_voices;
mod voice;

pub use call::CallDetector;
pub use copies::Copied;
pub use detector::SpeechDetector;
pub use settings::DetectorSettings;
pub use two_voices::{VoiceSplit, tell_apart};
pub use voice::{VoiceMeter, VoicePiece};

use crate::time::Span;
use crate::transcript::SoundKind;

/// No segment has fewer samples: recognisers fail on less than a tenth of a second.
pub const MIN_SEGMENT_SAMPLES: usize = 1600;

/// Somebody speaks on a channel without a longer pause.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechSegment {
    /// The audio channel, from 0.
    pub channel: usize,
    /// The speech itself, without padding.
    pub span: Span,
    /// The speech with some silence around it: what `samples` cover.
    pub window: Span,
    /// 16 kHz, −1 to 1; at least [`MIN_SEGMENT_SAMPLES`].
    pub samples: Vec<f32>,
}

/// A stretch of a channel with a sound that is no speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherSound {
    pub channel: usize,
    pub span: Span,
    pub kind: SoundKind,
}

#[cfg(test)]
mod tests;
