//! Labels what is heard on a channel besides speech: ringback, busy tone, keys, music, noise.
//!
//! Tones are told by their lines and their rhythm, music and noise by half-second stretches of
//! spectra. What is speech is decided by the detector, and no label ever covers speech.

use super::detector::FRAME_MS;
use super::spectrum::{STRETCH_FRAMES, STRETCHES_OF_MUSIC, SeemingSpeech, kind_of_stretch};
use crate::time::Span;
use crate::transcript::SoundKind;

/// Share of a frame's power in its two strongest lines from which it is a tone.
const TONE_SHARE: f32 = 0.9;
/// Fainter frames (dB of full scale) are no sound worth a name.
const FAINTEST_TONE_DB: f32 = -52.0;
const FAINTEST_SOUND_DB: f32 = -48.0;
/// A tone keeps its frequency within this.
const STEADY_HZ: f32 = 15.0;
/// A second line counts from this share of the first one's power.
const SECOND_LINE: f32 = 0.1;
/// A key is held for at least so many frames, any other tone for this many.
const SHORTEST_KEY_FRAMES: u64 = 2;
const SHORTEST_TONE_FRAMES: u64 = 11;
/// Lines of ringback and busy tones: 450 Hz in China, 425 in Europe, pairs up to 620 in America.
const CALL_PROGRESS_HZ: std::ops::Range<f32> = 340.0..650.0;
/// A ring lasts so many milliseconds; busy tones are no further apart than `BUSY_PAUSE_MS`.
const RING_MS: std::ops::RangeInclusive<u64> = 700..=2600;
const BUSY_PAUSE_MS: u64 = 1000;
const KEY_ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const KEY_COLUMNS_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// Receivers accept a key within 1.8 %; half a spectral bin is added for our own measurement.
const KEY_SHARE: f32 = 0.018;
const KEY_HZ: f32 = 10.0;
/// A label shorter than this is left out, keys aside.
const SHORTEST_LABEL_MS: u64 = 300;

/// Listens to one channel.
#[derive(Debug, Default)]
pub(super) struct SoundWatch {
    frames: u64,
    tone: Option<Tone>,
    tones: Vec<Tone>,
    stretch: Vec<SeemingSpeech>,
    loud_in_stretch: usize,
    stretches: Vec<(SoundKind, Span)>,
}

/// A tone without a break, in frames.
#[derive(Clone, Copy, Debug)]
struct Tone {
    from: u64,
    to: u64,
    low_hz: f32,
    /// 0 where there is only one line.
    high_hz: f32,
}

impl SoundWatch {
    /// Takes in the next frame.
    pub fn hear(&mut self, frame: &SeemingSpeech) {
        self.hear_tone(frame);
        self.stretch.push(*frame);
        self.loud_in_stretch += usize::from(frame.energy_db >= FAINTEST_SOUND_DB);
        self.frames += 1;
        if self.stretch.len() == STRETCH_FRAMES {
            self.end_stretch();
        }
    }

    fn hear_tone(&mut self, frame: &SeemingSpeech) {
        let shape = &frame.shape;
        let sounds = frame.energy_db >= FAINTEST_TONE_DB && shape.in_two_lines >= TONE_SHARE;
        let two = shape.second_line >= SECOND_LINE;
        let (first, second) = (shape.lines_hz[0], if two { shape.lines_hz[1] } else { 0.0 });
        let (low_hz, high_hz) = if two && second < first {
            (second, first)
        } else {
            (first, second)
        };
        match &mut self.tone {
            Some(tone) if sounds && tone.goes_on(low_hz, high_hz) => tone.to = self.frames + 1,
            _ => {
                self.end_tone();
                self.tone = sounds.then_some(Tone {
                    from: self.frames,
                    to: self.frames + 1,
                    low_hz,
                    high_hz,
                });
            }
        }
    }

    fn end_tone(&mut self) {
        if let Some(tone) = self.tone.take() {
            let frames = tone.to - tone.from;
            if frames >= SHORTEST_TONE_FRAMES || (frames >= SHORTEST_KEY_FRAMES && tone.is_key()) {
                self.tones.push(tone);
            }
        }
    }

    fn end_stretch(&mut self) {
        let mostly_loud = self.loud_in_stretch * 10 >= self.stretch.len() * 9;
        let kind = mostly_loud
            .then(|| kind_of_stretch(&self.stretch, true))
            .flatten();
        let from = self.frames - self.stretch.len() as u64;
        if let Some(kind) = kind {
            let span = Span::new(from * FRAME_MS, self.frames * FRAME_MS);
            match self.stretches.last_mut() {
                Some((last, so_far)) if *last == kind && so_far.to == span.from => {
                    so_far.to = span.to;
                }
                _ => self.stretches.push((kind, span)),
            }
        }
        self.stretch.clear();
        self.loud_in_stretch = 0;
    }

    /// Every sound of the channel, in the order of time. `seeming` is what seemed to be speech;
    /// `speech` what is, in order.
    pub fn found(
        &mut self,
        seeming: Vec<(SoundKind, Span)>,
        speech: &[Span],
    ) -> Vec<(SoundKind, Span)> {
        self.end_tone();
        let tones = together(self.named_tones());
        let stretch_ms = STRETCH_FRAMES as u64 * FRAME_MS;
        let long_enough = |&&(kind, span): &&(SoundKind, Span)| {
            let least = match kind {
                SoundKind::HoldMusic => STRETCHES_OF_MUSIC as u64,
                _ => 2,
            };
            span.length().0 >= least * stretch_ms
        };
        let stretches = self.stretches.iter().filter(long_enough).copied().collect();
        let mut taken = speech.to_vec();
        let mut found = Vec::new();
        // What is surest comes first; the rest fills what is left.
        for sounds in [tones, together(seeming), together(stretches)] {
            let mut more = Vec::new();
            for (kind, span) in sounds {
                more.extend(without(span, &taken).into_iter().map(|rest| (kind, rest)));
            }
            more.retain(|(kind, span)| {
                *kind == SoundKind::Dtmf || span.length().0 >= SHORTEST_LABEL_MS
            });
            taken.extend(more.iter().map(|(_, span)| *span));
            taken.sort();
            found.extend(more);
        }
        found.sort_by_key(|(_, span)| *span);
        found
    }

    fn named_tones(&self) -> Vec<(SoundKind, Span)> {
        let close = |a: &Tone, b: &Tone| {
            b.is_call_progress() && (b.from - a.to) * FRAME_MS <= BUSY_PAUSE_MS
        };
        let name = |index: usize, tone: &Tone| {
            let length = (tone.to - tone.from) * FRAME_MS;
            let after = self.tones.get(index + 1).filter(|next| close(tone, next));
            let before = index.checked_sub(1).map(|before| &self.tones[before]);
            let before = before.filter(|last| last.is_call_progress() && close(last, tone));
            if tone.is_key() {
                SoundKind::Dtmf
            } else if !tone.is_call_progress() {
                SoundKind::Tone
            } else if length <= BUSY_PAUSE_MS && (after.is_some() || before.is_some()) {
                SoundKind::Busy
            } else if RING_MS.contains(&length) {
                SoundKind::Ringback
            } else {
                SoundKind::Tone
            }
        };
        let tones = self.tones.iter().enumerate();
        let named = tones.map(|(index, tone)| {
            let span = Span::new(tone.from * FRAME_MS, tone.to * FRAME_MS);
            (name(index, tone), span)
        });
        named.collect()
    }
}

impl Tone {
    fn goes_on(&self, low_hz: f32, high_hz: f32) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() <= STEADY_HZ;
        near(self.low_hz, low_hz) && near(self.high_hz, high_hz)
    }

    fn is_key(&self) -> bool {
        let one_of = |hz: f32, known: &[f32; 4]| {
            known
                .iter()
                .any(|key| (hz - key).abs() <= KEY_SHARE * key + KEY_HZ)
        };
        one_of(self.low_hz, &KEY_ROWS_HZ) && one_of(self.high_hz, &KEY_COLUMNS_HZ)
    }

    fn is_call_progress(&self) -> bool {
        let within = |hz: f32| CALL_PROGRESS_HZ.contains(&hz);
        within(self.low_hz) && (self.high_hz == 0.0 || within(self.high_hz))
    }
}

/// Puts sounds of one kind together whose pauses belong to them.
fn together(sounds: Vec<(SoundKind, Span)>) -> Vec<(SoundKind, Span)> {
    let mut joined: Vec<(SoundKind, Span)> = Vec::new();
    for (kind, span) in sounds {
        let pause = match kind {
            SoundKind::Ringback => 6000,
            SoundKind::HoldMusic => 2000,
            SoundKind::Busy | SoundKind::Dtmf | SoundKind::Noise => 1000,
            SoundKind::Tone | SoundKind::Silence => 300,
        };
        match joined.last_mut() {
            Some((last, so_far))
                if *last == kind && span.from.0 <= so_far.to.0.saturating_add(pause) =>
            {
                *so_far = so_far.cover(span);
            }
            _ => joined.push((kind, span)),
        }
    }
    joined
}

/// The parts of `span` outside of `taken`, which is in order.
fn without(span: Span, taken: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut from = span.from;
    for other in taken {
        if other.to <= from {
            continue;
        }
        if other.from >= span.to {
            break;
        }
        if other.from > from {
            left.push(Span {
                from,
                to: other.from,
            });
        }
        from = from.max(other.to);
    }
    if from < span.to {
        left.push(Span { from, to: span.to });
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_leave_speech_alone() {
        let check = |span, taken: &[Span], expected: Vec<Span>| {
            assert_eq!(without(span, taken), expected);
        };
        let whole = Span::new(100, 200);
        check(whole, &[], vec![whole]);
        check(whole, &[Span::new(0, 300)], vec![]);
        check(
            whole,
            &[Span::new(0, 110), Span::new(150, 160), Span::new(190, 250)],
            vec![Span::new(110, 150), Span::new(160, 190)],
        );
        check(whole, &[Span::new(200, 300)], vec![whole]);
    }
}
