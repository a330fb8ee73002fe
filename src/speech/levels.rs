//! How loud a channel's noise and speech are, and so what is too faint to be its speaker.

use std::collections::VecDeque;

use super::settings::DetectorSettings;

/// Frames (of 16 ms) whose quietest moment is one measurement of the noise: half a second.
const NOISE_BLOCK_FRAMES: u32 = 31;
/// The noise is the quietest of so many blocks: five seconds.
const NOISE_BLOCKS: usize = 10;
/// Speech stands out of the noise by at least this.
const ABOVE_NOISE_DB: f32 = 6.0;
/// However noisy it is, what is this close to the loud speech is never taken for noise.
const SURELY_SPEECH_DB: f32 = 20.0;
/// A segment whose loudest moment is this much louder than the gate is the channel's own.
const OWN_VOICE_ABOVE_GATE_DB: f32 = 8.0;
/// What is so much fainter than another channel at the same time may be that channel's voice …
const FAINTER_THAN_OTHERS_DB: f32 = 26.0;
/// … unless it is this close to the channel's own loud speech.
const CLOSE_TO_OWN_DB: f32 = 15.0;
/// How fast the level of loud speech follows when it rises (share of the difference per frame) …
const RISE: f32 = 0.2;
/// … and falls (dB per frame of speech; about 1.2 dB a second).
const FALL_DB: f32 = 0.02;

/// Running levels of one channel, in dB of full scale.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    quietest_speech_db: f32,
    cross_talk_db: f32,
    /// The last few energies, so that one odd frame is no measurement.
    recent: [f32; 3],
    block_minimum_db: f32,
    frames_in_block: u32,
    block_minima_db: VecDeque<f32>,
    speech_db: Option<f32>,
}

impl Levels {
    pub fn new(settings: &DetectorSettings) -> Levels {
        Levels {
            quietest_speech_db: settings.quietest_speech_db,
            cross_talk_db: settings.cross_talk_db,
            recent: [f32::INFINITY; 3],
            block_minimum_db: f32::INFINITY,
            frames_in_block: 0,
            block_minima_db: VecDeque::with_capacity(NOISE_BLOCKS),
            speech_db: None,
        }
    }

    /// Takes in the energy of a frame, and whether its score says speech.
    pub fn hear(&mut self, energy_db: f32, scored_as_speech: bool) {
        self.recent.rotate_left(1);
        self.recent[2] = energy_db;
        let steady = self.recent.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
        self.block_minimum_db = self.block_minimum_db.min(steady);
        self.frames_in_block += 1;
        if self.frames_in_block == NOISE_BLOCK_FRAMES {
            if self.block_minima_db.len() == NOISE_BLOCKS {
                self.block_minima_db.pop_front();
            }
            self.block_minima_db.push_back(self.block_minimum_db);
            self.block_minimum_db = f32::INFINITY;
            self.frames_in_block = 0;
        }
        if scored_as_speech {
            self.hear_speech(energy_db);
        }
    }

    fn hear_speech(&mut self, energy_db: f32) {
        match &mut self.speech_db {
            Some(speech_db) if energy_db > *speech_db => {
                *speech_db += RISE * (energy_db - *speech_db);
            }
            // It falls whether or not the frame was loud enough, so that one loud noise does not
            // make a channel deaf for good.
            Some(speech_db) => *speech_db = (*speech_db - FALL_DB).max(self.quietest_speech_db),
            None if energy_db > self.quietest_speech_db => self.speech_db = Some(energy_db),
            None => {}
        }
    }

    /// Frames under this are not this channel's speech.
    pub fn gate_db(&self) -> f32 {
        let noise_db = self
            .block_minima_db
            .iter()
            .fold(self.block_minimum_db, |a, &b| a.min(b));
        match self.speech_db {
            Some(speech_db) => (noise_db + ABOVE_NOISE_DB)
                .min(speech_db - SURELY_SPEECH_DB)
                .max(speech_db - self.cross_talk_db),
            None => self.quietest_speech_db,
        }
    }

    /// Whether a frame is rather the voice of another channel, which was as loud as `others_db`.
    pub fn is_cross_talk(&self, energy_db: f32, others_db: f32) -> bool {
        energy_db < others_db - FAINTER_THAN_OTHERS_DB
            && self
                .speech_db
                .is_none_or(|speech_db| energy_db < speech_db - CLOSE_TO_OWN_DB)
    }

    /// Whether a segment whose loudest moments have this energy is the channel's own speaker.
    pub fn is_own_voice(&self, loudest_db: f32) -> bool {
        match self.speech_db {
            Some(speech_db) => {
                loudest_db >= speech_db - self.cross_talk_db + OWN_VOICE_ABOVE_GATE_DB
            }
            None => loudest_db >= self.quietest_speech_db,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels() -> Levels {
        Levels::new(&DetectorSettings::default())
    }

    fn hear(levels: &mut Levels, frames: u32, energy_db: f32, speech: bool) {
        for _ in 0..frames {
            levels.hear(energy_db, speech);
        }
    }

    #[test]
    fn before_any_speech_only_a_fixed_level_counts() {
        let mut levels = levels();
        assert_eq!(levels.gate_db(), -55.0);
        hear(&mut levels, 500, -65.0, true);
        assert_eq!(levels.gate_db(), -55.0);
        assert!(!levels.is_own_voice(-60.0));
    }

    #[test]
    fn the_gate_follows_the_speaker() {
        let mut levels = levels();
        hear(&mut levels, 100, -80.0, false);
        hear(&mut levels, 100, -20.0, true);
        assert!(
            (levels.gate_db() - -60.0).abs() < 2.0,
            "{}",
            levels.gate_db()
        );
        assert!(levels.is_own_voice(-45.0) && !levels.is_own_voice(-55.0));
    }

    #[test]
    fn the_gate_stays_above_the_noise() {
        let mut levels = levels();
        hear(&mut levels, 200, -45.0, false);
        hear(&mut levels, 20, -15.0, true);
        assert!((levels.gate_db() - -39.0).abs() < 0.1);
        // Louder noise yet never hides loud speech.
        hear(&mut levels, 400, -25.0, false);
        assert!(levels.gate_db() < -34.0);
    }

    #[test]
    fn another_channels_voice_is_known_by_being_fainter() {
        let mut levels = levels();
        assert!(levels.is_cross_talk(-50.0, -15.0));
        assert!(!levels.is_cross_talk(-35.0, -15.0));
        assert!(!levels.is_cross_talk(-50.0, f32::NEG_INFINITY));
        // A quiet speaker who talks over a loud one is no echo.
        hear(&mut levels, 50, -50.0, true);
        assert!(!levels.is_cross_talk(-50.0, -15.0));
    }

    #[test]
    fn a_bang_does_not_deafen_for_good() {
        let mut levels = levels();
        hear(&mut levels, 100, -80.0, false);
        hear(&mut levels, 30, 0.0, true);
        assert!(levels.gate_db() > -42.0);
        for _ in 0..100 {
            hear(&mut levels, 20, -45.0, true);
            hear(&mut levels, 20, -80.0, false);
        }
        assert!(levels.gate_db() < -70.0);
    }
}
