//! What counts as speech, as users may set it.

use serde::Deserialize;

use crate::time::Millis;

/// How speech is told from everything else, and where it is cut.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorSettings {
    /// The detector's score (0 to 1) from which speech begins.
    pub begin_score: f32,
    /// The score under which speech that has begun ends; lower, because speech fades.
    pub end_score: f32,
    /// Shorter sounds are clicks.
    #[serde(rename = "min_speech_ms")]
    pub min_speech: Millis,
    /// A pause of this length ends a segment.
    #[serde(rename = "min_silence_ms")]
    pub min_silence: Millis,
    /// So much is kept on both sides of the speech.
    #[serde(rename = "padding_ms")]
    pub padding: Millis,
    /// A longer segment is cut at its quietest place.
    #[serde(rename = "max_segment_ms")]
    pub max_segment: Millis,
    /// Speech is louder than this (dB of full scale, mean power of 16 ms) until the channel's own
    /// speech is known.
    pub quietest_speech_db: f32,
    /// What is so many dB quieter than the channel's own loud speech is somebody else, faintly.
    pub cross_talk_db: f32,
}

impl Default for DetectorSettings {
    fn default() -> DetectorSettings {
        DetectorSettings {
            begin_score: 0.5,
            end_score: 0.35,
            min_speech: Millis(80),
            min_silence: Millis(300),
            padding: Millis(144),
            max_segment: Millis(10_000),
            quietest_speech_db: -55.0,
            cross_talk_db: 40.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_file() {
        let settings: DetectorSettings =
            toml::from_str("min_silence_ms = 200\ncross_talk_db = 35.0").unwrap();
        assert_eq!(
            settings,
            DetectorSettings {
                min_silence: Millis(200),
                cross_talk_db: 35.0,
                ..DetectorSettings::default()
            }
        );
        assert!(toml::from_str::<DetectorSettings>("min_silence = 200").is_err());
    }
}
