//! What counts as speech, as users may set it.

use serde::Deserialize;

use crate::time::Millis;

/// The pause that ends a segment where neither the settings nor the catalog name one.
pub const USUAL_PAUSE: Millis = Millis(300);

/// How speech is told from everything else, and where it is cut.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DetectorSettings {
    /// The detector's score (0 to 1) from which speech begins.
    pub begin_score: f32,
    /// The score under which speech that has begun ends; lower, because speech fades.
    pub end_score: f32,
    /// Shorter sounds are clicks.
    #[serde(rename = "min-speech-ms")]
    pub min_speech: Millis,
    /// A pause of this length ends a segment; what suits the model by default.
    #[serde(rename = "min-silence-ms")]
    pub min_silence: Option<Millis>,
    /// So much is kept on both sides of the speech.
    #[serde(rename = "padding-ms")]
    pub padding: Millis,
    /// A longer segment is cut at its quietest place.
    #[serde(rename = "max-segment-ms")]
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
            min_silence: None,
            padding: Millis(144),
            max_segment: Millis(10_000),
            quietest_speech_db: -55.0,
            cross_talk_db: 40.0,
        }
    }
}

impl DetectorSettings {
    /// Fills in the pause that suits a model, where the settings say nothing.
    pub fn with_pause(mut self, pause: Option<Millis>) -> DetectorSettings {
        self.min_silence = self.min_silence.or(pause);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_file() {
        let settings: DetectorSettings =
            toml::from_str("min-silence-ms = 200\ncross-talk-db = 35.0").unwrap();
        assert_eq!(
            settings,
            DetectorSettings {
                min_silence: Some(Millis(200)),
                cross_talk_db: 35.0,
                ..DetectorSettings::default()
            }
        );
        assert!(toml::from_str::<DetectorSettings>("min-silence = 200").is_err());
    }
}
