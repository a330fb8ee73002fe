//! Cuts one channel into segments of speech while it streams by.

use std::collections::VecDeque;

use earshot::Detector;

use super::levels::Levels;
use super::settings::{DetectorSettings, USUAL_PAUSE};
use super::sounds::SoundWatch;
use super::spectrum::{SHORTEST_STRETCH_FRAMES, SeemingSpeech, SpectrumWatch, other_sound};
use super::{MIN_SEGMENT_SAMPLES, OtherSound, SpeechSegment};
use crate::audio::SAMPLE_RATE_HZ;
use crate::time::{Millis, Span};
use crate::transcript::SoundKind;

/// The detector's unit: 256 samples, 16 ms.
pub(super) const FRAME_SAMPLES: usize = 256;
pub(super) const FRAME_MS: u64 = 16;
/// The score lags behind the voice by up to so many frames; loud ones before it are speech too.
const SCORE_LAG_FRAMES: u64 = 8;
/// A long segment is cut within this last share of it.
const CUT_WITHIN: f64 = 0.5;
/// A segment's loudness is that of its so-manieth loudest frame, so that a click does not count.
const LOUDEST_FRAMES: usize = 3;

/// Finds the speech of one channel.
///
/// Holds at most one segment of the longest length, with its padding.
pub struct SpeechDetector {
    channel: usize,
    limits: Limits,
    begin_score: f32,
    end_score: f32,
    scorer: Box<Detector>,
    spectrum: SpectrumWatch,
    levels: Levels,
    /// Samples that do not fill a frame yet.
    partial: Vec<f32>,
    kept: Kept,
    open: Option<OpenSegment>,
    /// Where the last segment's speech ended, in frames: the next one's padding stops there.
    spoken_to: u64,
    other_sounds: Vec<OtherSound>,
    sounds: SoundWatch,
}

/// The settings in frames.
struct Limits {
    min_speech: u64,
    min_silence: u64,
    padding: u64,
    max_segment: u64,
}

/// The latest part of the channel.
#[derive(Default)]
struct Kept {
    samples: VecDeque<f32>,
    frames: VecDeque<KeptFrame>,
    /// The number of the first frame that is kept.
    first_frame: u64,
    /// The number of the next frame to come.
    next_frame: u64,
}

#[derive(Clone, Copy)]
struct KeptFrame {
    sound: SeemingSpeech,
    is_speech: bool,
}

/// Speech that has not ended yet, in frames.
struct OpenSegment {
    from: u64,
    /// Behind the last frame with speech.
    to: u64,
}

impl SpeechDetector {
    /// A detector for audio channel `channel` (from 0), to be given that channel's samples only.
    pub fn new(channel: usize, settings: DetectorSettings) -> SpeechDetector {
        let frames = |length: Millis| length.0.div_ceil(FRAME_MS);
        SpeechDetector {
            channel,
            limits: Limits {
                min_speech: frames(settings.min_speech).max(1),
                min_silence: frames(settings.min_silence.unwrap_or(USUAL_PAUSE)).max(1),
                padding: frames(settings.padding),
                // Shorter segments than a second could not be cut sensibly.
                max_segment: frames(settings.max_segment).max(63),
            },
            begin_score: settings.begin_score,
            end_score: settings.end_score.min(settings.begin_score),
            levels: Levels::new(&settings),
            scorer: Detector::default_boxed(),
            spectrum: SpectrumWatch::new(FRAME_SAMPLES),
            partial: Vec::with_capacity(FRAME_SAMPLES),
            kept: Kept::default(),
            open: None,
            spoken_to: 0,
            other_sounds: Vec::new(),
            sounds: SoundWatch::default(),
        }
    }

    /// Takes the next samples (16 kHz, −1 to 1; any number) and appends segments that are complete.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<SpeechSegment>) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.missing_samples().min(rest.len()));
            self.fill(now);
            rest = later;
            if self.missing_samples() == 0 {
                self.take_frame(FRAME_SAMPLES, f32::NEG_INFINITY, out);
            }
        }
    }

    /// Takes note of the channel's end and appends the segment that was still open, if any.
    pub fn finish(&mut self, out: &mut Vec<SpeechSegment>) {
        let real = self.partial.len();
        if real > 0 {
            self.partial.resize(FRAME_SAMPLES, 0.0);
            self.take_frame(real, f32::NEG_INFINITY, out);
        }
        self.close(out);
    }

    /// How many samples the frame lacks that is being filled.
    pub(super) fn missing_samples(&self) -> usize {
        FRAME_SAMPLES - self.partial.len()
    }

    /// Adds samples to the frame; no more than it lacks.
    pub(super) fn fill(&mut self, samples: &[f32]) {
        let samples = samples.iter().map(|&sample| in_range(sample));
        self.partial.extend(samples);
    }

    pub(super) fn partial(&self) -> &[f32] {
        &self.partial
    }

    /// Everything on the channel that is no speech, given what is speech: seeming speech, tones,
    /// music and noise, in the order of time. To be asked once, after the end.
    pub fn sounds(&mut self, speech: &[Span]) -> Vec<OtherSound> {
        let seeming = self
            .other_sounds
            .iter()
            .map(|other| (other.kind, other.span));
        let found = self.sounds.found(seeming.collect(), speech);
        let of_channel = found.into_iter().map(|(kind, span)| OtherSound {
            channel: self.channel,
            span,
            kind,
        });
        of_channel.collect()
    }

    /// Judges the frame in `partial`, of which the first `real` samples are the channel's;
    /// `others_db` is how loud the other channels just were.
    pub(super) fn take_frame(&mut self, real: usize, others_db: f32, out: &mut Vec<SpeechSegment>) {
        let mut score = self.scorer.predict_f32(&self.partial);
        let sound = SeemingSpeech {
            energy_db: energy_db(&self.partial),
            shape: self.spectrum.look(&self.partial),
        };
        self.sounds.hear(&sound);
        if self.levels.is_cross_talk(sound.energy_db, others_db) {
            score = 0.0;
        }
        self.levels.hear(sound.energy_db, score >= self.begin_score);
        let needed = match self.open {
            Some(_) => self.end_score,
            None => self.begin_score,
        };
        let is_speech = score >= needed && sound.energy_db >= self.levels.gate_db();
        self.kept
            .add(&self.partial[..real], KeptFrame { sound, is_speech });
        self.partial.clear();

        let now = self.kept.next_frame;
        if is_speech {
            match &mut self.open {
                Some(open) => open.to = now,
                None => self.begin(now - 1),
            }
        }
        if let Some(open) = &self.open {
            if now - open.to >= self.limits.min_silence {
                self.close(out);
            } else if now - open.from >= self.limits.max_segment {
                self.cut(out);
            }
        }
        self.forget();
    }

    /// Opens a segment at the speech that the score noticed at `frame`, or some frames before.
    fn begin(&mut self, frame: u64) {
        let gate_db = self.levels.gate_db();
        let earliest = frame
            .saturating_sub(SCORE_LAG_FRAMES)
            .max(self.spoken_to)
            .max(self.kept.first_frame);
        let mut from = frame;
        while from > earliest && self.kept.frame(from - 1).sound.energy_db >= gate_db {
            from -= 1;
            self.kept.frame_mut(from).is_speech = true;
        }
        self.open = Some(OpenSegment {
            from,
            to: frame + 1,
        });
    }

    /// Ends the open segment and gives it out, unless it is no speech of this channel's speaker.
    fn close(&mut self, out: &mut Vec<SpeechSegment>) {
        let Some(open) = self.open.take() else { return };
        let now = self.kept.next_frame;
        let window = (
            open.from
                .saturating_sub(self.limits.padding)
                .max(self.spoken_to),
            (open.to + self.limits.padding).min(now),
        );
        self.judge_and_give(open.from, open.to, window, out);
    }

    /// Gives the frames `from..to` out if they are speech, with the window of frames `window`.
    fn judge_and_give(
        &mut self,
        from: u64,
        to: u64,
        window: (u64, u64),
        out: &mut Vec<SpeechSegment>,
    ) {
        let spoken: Vec<SeemingSpeech> = (from..to)
            .map(|frame| self.kept.frame(frame))
            .filter(|frame| frame.is_speech)
            .map(|frame| frame.sound)
            .collect();
        if (spoken.len() as u64) < self.limits.min_speech
            || !self.levels.is_own_voice(loudness_db(&spoken))
        {
            return;
        }
        // What a cut left over of a tone or of music, too short to be judged, is the same still.
        let goes_on = self
            .other_sounds
            .last()
            .filter(|last| last.span.to.0 == from * FRAME_MS)
            .map(|last| last.kind);
        let left_over = goes_on.filter(|_| spoken.len() < SHORTEST_STRETCH_FRAMES);
        let after_music = goes_on == Some(SoundKind::HoldMusic);
        match other_sound(&spoken, after_music).or(left_over) {
            Some(kind) => self.note_other_sound(kind, from, to),
            None => self.give(from, to, window, out),
        }
    }

    /// Notes a sound that is no speech; one that goes on is one sound.
    fn note_other_sound(&mut self, kind: SoundKind, from: u64, to: u64) {
        let span = Span::new(from * FRAME_MS, to * FRAME_MS);
        match self.other_sounds.last_mut() {
            Some(last) if last.kind == kind && last.span.to == span.from => {
                last.span.to = span.to;
            }
            _ => self.other_sounds.push(OtherSound {
                channel: self.channel,
                span,
                kind,
            }),
        }
    }

    /// Divides the open segment, which is too long, at its quietest place.
    fn cut(&mut self, out: &mut Vec<SpeechSegment>) {
        let Some(open) = self.open.take() else { return };
        let now = self.kept.next_frame;
        let earliest = open.from + ((now - open.from) as f64 * (1.0 - CUT_WITHIN)) as u64;
        let latest = now - 2;
        let loudness_around = |&frame: &u64| {
            (frame - 1..=frame + 1)
                .map(|near| self.kept.frame(near).sound.energy_db)
                .fold(f32::NEG_INFINITY, f32::max)
        };
        // Of equally quiet places the latest makes the fewest pieces.
        let at = (earliest..=latest)
            .rev()
            .min_by(|a, b| loudness_around(a).total_cmp(&loudness_around(b)))
            .unwrap_or(latest);
        let from = open
            .from
            .saturating_sub(self.limits.padding)
            .max(self.spoken_to);
        self.judge_and_give(open.from, at.min(open.to), (from, at), out);
        if open.to > at {
            self.open = Some(OpenSegment {
                from: at,
                to: open.to,
            });
        }
    }

    /// Appends the segment of the frames `from..to` with the window of frames `window`.
    fn give(&mut self, from: u64, to: u64, window: (u64, u64), out: &mut Vec<SpeechSegment>) {
        let (mut window_from, mut window_to) = window;
        // A very short one borrows from before it, then from behind it.
        let least = MIN_SEGMENT_SAMPLES.div_ceil(FRAME_SAMPLES) as u64;
        window_from = window_from
            .min(window_to.saturating_sub(least))
            .max(self.kept.first_frame);
        window_to = window_to.max(window_from + least).min(self.kept.next_frame);
        self.spoken_to = to;
        let samples = self.kept.samples(window_from, window_to);
        if samples.len() < MIN_SEGMENT_SAMPLES {
            // The whole recording is shorter than a tenth of a second.
            return;
        }
        let end = window_from * FRAME_SAMPLES as u64 + samples.len() as u64;
        let end = Millis::from_samples(end, SAMPLE_RATE_HZ).0;
        out.push(SpeechSegment {
            channel: self.channel,
            span: Span::new(from * FRAME_MS, (to * FRAME_MS).min(end)),
            window: Span::new(window_from * FRAME_MS, end),
            samples,
        });
    }

    /// Drops what no segment can need any more.
    fn forget(&mut self) {
        let before = self.limits.padding + SCORE_LAG_FRAMES;
        let least = MIN_SEGMENT_SAMPLES.div_ceil(FRAME_SAMPLES) as u64;
        let needed_from = match &self.open {
            Some(open) => open.from,
            None => self.kept.next_frame,
        };
        self.kept
            .forget_before(needed_from.saturating_sub(before.max(least)));
    }
}

impl Kept {
    fn add(&mut self, samples: &[f32], frame: KeptFrame) {
        self.samples.extend(samples);
        self.frames.push_back(frame);
        self.next_frame += 1;
    }

    fn frame(&self, number: u64) -> KeptFrame {
        self.frames[(number - self.first_frame) as usize]
    }

    fn frame_mut(&mut self, number: u64) -> &mut KeptFrame {
        &mut self.frames[(number - self.first_frame) as usize]
    }

    fn samples(&self, from: u64, to: u64) -> Vec<f32> {
        let place = |frame: u64| {
            let samples = (frame - self.first_frame) as usize * FRAME_SAMPLES;
            samples.min(self.samples.len())
        };
        self.samples
            .range(place(from)..place(to))
            .copied()
            .collect()
    }

    fn forget_before(&mut self, frame: u64) {
        while self.first_frame < frame && self.first_frame < self.next_frame {
            self.frames.pop_front();
            let samples = FRAME_SAMPLES.min(self.samples.len());
            self.samples.drain(..samples);
            self.first_frame += 1;
        }
    }
}

/// The energy of the so-manieth loudest frame.
fn loudness_db(frames: &[SeemingSpeech]) -> f32 {
    let mut energies_db: Vec<f32> = frames.iter().map(|frame| frame.energy_db).collect();
    energies_db.sort_by(|a, b| b.total_cmp(a));
    energies_db
        .get(LOUDEST_FRAMES - 1)
        .or(energies_db.last())
        .copied()
        .unwrap_or(f32::NEG_INFINITY)
}

/// Mean power in dB of full scale; digital silence is −120.
pub(super) fn energy_db(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
    10.0 * (power + 1e-12).log10()
}

/// The scorer takes nothing else.
fn in_range(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}
