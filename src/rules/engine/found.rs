//! What was verified for one cue in one utterance: cancel, look at values, keep the best of what
//! overlaps, and say what is doubtful about it.

use super::{
    JudgeSettings,
    hit::{Doubt, Hit},
    pattern::Role,
};
use crate::{
    rules::{
        rule::{Cue, CueId},
        verdict::Matched,
    },
    text::{Normalised, Value},
    transcript::{Speaker, Transcript, Utterance},
};

/// A verified place, before anything was cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Raw {
    pub cue: CueId,
    pub role: Role,
    pub from: u32,
    pub to: u32,
    pub matched: Matched,
}

impl Raw {
    /// By cue, then by place.
    pub fn order(&self) -> (CueId, u32, u32, Matched) {
        (self.cue, self.from, self.to, self.matched)
    }
}

/// The verified places of one cue in one utterance.
pub struct Found<'a> {
    pub cue: &'a Cue,
    pub utterance: &'a Utterance,
    pub index: usize,
    pub text: &'a Normalised,
    pub values: &'a [Value],
    pub transcript: &'a Transcript,
    pub settings: &'a JudgeSettings,
}

impl Found<'_> {
    /// Keeps what is not cancelled; of places that overlap, the best.
    pub fn keep(&self, raw: &[Raw], spare: &mut Vec<Raw>, hits: &mut Vec<Hit>) {
        spare.clear();
        let heard = raw.iter().filter(|place| place.role.is_heard());
        spare.extend(heard.filter(|place| {
            !raw.iter().any(|other| self.cancels(other, place)) && self.has_value(place)
        }));
        spare.sort_by_key(|place| {
            let length = place.to - place.from;
            (
                place.role == Role::Weak,
                place.matched,
                std::cmp::Reverse(length),
                place.from,
            )
        });
        let begin = hits.len();
        for place in spare.iter() {
            let hit = self.hit(place);
            if !hits[begin..].iter().any(|kept| kept.overlaps(&hit)) {
                hits.push(hit);
            }
        }
        hits[begin..].sort_by_key(Hit::start);
    }

    /// Whether a phrase of `unless` covers or touches the place in the same sentence, or one of
    /// the wider ones stands in its sentence or utterance.
    fn cancels(&self, unless: &Raw, place: &Raw) -> bool {
        match unless.role {
            Role::Phrase | Role::Weak => false,
            Role::UnlessUtterance => true,
            Role::UnlessSentence => {
                let (from, to) = self.sentence_around(place);
                from < unless.to as usize && (unless.from as usize) < to
            }
            Role::Unless => self.touches(unless, place),
        }
    }

    fn touches(&self, unless: &Raw, place: &Raw) -> bool {
        if unless.from > place.to || place.from > unless.to {
            return false;
        }
        // Side by side they touch only when nothing stands between them.
        let broken = |border: u32| self.text.pause_before(border as usize);
        !(unless.to == place.from && broken(unless.to)
            || place.to == unless.from && broken(place.to))
    }

    /// Whether a value within the cue's limits is in the place, or, where its phrases ask for
    /// none, in its sentence.
    fn has_value(&self, place: &Raw) -> bool {
        self.cue.values.is_empty()
            || place.matched == Matched::Learned
            || self.values.iter().any(|value| {
                let wanted = self.cue.values.iter().any(|(kind, limits)| {
                    value.kind == *kind && limits.allow(value.amount.to_f64())
                });
                let (from, to) = match place.matched {
                    Matched::Value => (place.from as usize, place.to as usize),
                    _ => self.sentence_around(place),
                };
                wanted && from <= value.from && value.to <= to
            })
    }

    fn sentence_around(&self, place: &Raw) -> (usize, usize) {
        let mut from = place.from as usize;
        while !self.text.sentence_break_before(from) {
            from -= 1;
        }
        let mut to = place.to as usize;
        while !self.text.sentence_break_before(to) {
            to += 1;
        }
        (from, to)
    }

    fn hit(&self, place: &Raw) -> Hit {
        let (from, to) = self
            .text
            .original_range(place.from as usize, place.to as usize);
        Hit {
            cue: place.cue,
            utterance: self.index as u32,
            from: place.from,
            to: place.to,
            original: (from as u32, to as u32),
            matched: place.matched,
            doubt: self.doubt(place, from, to),
            partner: None,
        }
    }

    fn doubt(&self, place: &Raw, from: usize, to: usize) -> Option<Doubt> {
        let unsure = || {
            self.utterance
                .probability_of_chars(from, to)
                .is_some_and(|probability| probability < self.settings.unsure_below)
        };
        if place.role == Role::Weak {
            Some(Doubt::Weak)
        } else if place.matched == Matched::Learned {
            Some(Doubt::Learned)
        } else if self.cue.speaker.is_some() && self.utterance.speaker == Speaker::Unknown {
            Some(Doubt::UnknownSpeaker)
        } else if unsure() {
            Some(Doubt::UnsureWords)
        } else if self.talked_over(from, to) {
            Some(Doubt::Overlap)
        } else {
            None
        }
    }

    /// Whether another speaker talks over most of it on the same channel.
    fn talked_over(&self, from: usize, to: usize) -> bool {
        let separate = self
            .transcript
            .timeline
            .as_ref()
            .is_some_and(|timeline| timeline.separate_channels);
        if separate {
            return false;
        }
        let Some(span) = self.utterance.span_of_chars(from, to) else {
            return false;
        };
        let length = span.length().0.max(1) as f64;
        self.transcript.utterances.iter().any(|other| {
            other.speaker != self.utterance.speaker
                && other.span.is_some_and(|theirs| {
                    span.overlap(theirs).0 as f64 / length >= self.settings.overlap_share
                })
        })
    }
}
