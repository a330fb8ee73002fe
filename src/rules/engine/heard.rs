//! Everything that was heard in a transcript, and where in it things are.

use std::sync::Arc;

use super::{JudgeSettings, found::Raw, hit::Hit};
use crate::{
    rules::measure::Measure,
    text::Normalised,
    time::{Millis, Span},
    transcript::{Speaker, Transcript},
};

/// Everything that was heard in a transcript.
pub struct Heard<'t> {
    pub transcript: &'t Transcript,
    pub texts: Arc<[Normalised]>,
    /// By cue, ordered by place.
    pub hits: Vec<Vec<Hit>>,
    /// By utterance, what was verified there, ordered by cue.
    pub(super) raw: Vec<Vec<Raw>>,
    turns: Vec<u32>,
    floors: Vec<u32>,
    /// Characters of the call before each utterance, and in all.
    characters_before: Vec<u32>,
    characters_per_minute: u32,
}

impl<'t> Heard<'t> {
    pub(super) fn new(transcript: &'t Transcript, settings: &JudgeSettings) -> Heard<'t> {
        let utterances = &transcript.utterances;
        let texts: Vec<Normalised> = utterances
            .iter()
            .map(|utterance| Normalised::of(&utterance.text))
            .collect();
        let mut turns = Vec::with_capacity(utterances.len());
        let mut floors = Vec::with_capacity(utterances.len());
        let mut characters_before = Vec::with_capacity(utterances.len() + 1);
        let mut characters = 0;
        let mut floor = 0;
        let mut holder = None;
        for (index, utterance) in utterances.iter().enumerate() {
            let before = index.checked_sub(1).map(|i| utterances[i].speaker);
            let turn = match turns.last() {
                None => 0,
                Some(&turn) if goes_on(before, utterance.speaker) => turn,
                Some(&turn) => turn + 1,
            };
            turns.push(turn);
            if is_back_channel(&texts[index]) && holder.is_some() {
                // Nobody takes the floor with a 嗯; it belongs to neither.
                floors.push(u32::MAX - index as u32);
            } else {
                if holder.is_some() && !goes_on(holder, utterance.speaker) {
                    floor += 1;
                }
                holder = Some(utterance.speaker);
                floors.push(floor);
            }
            characters_before.push(characters);
            characters += utterance.text.chars().count() as u32;
        }
        characters_before.push(characters);
        Heard {
            transcript,
            texts: texts.into(),
            hits: Vec::new(),
            raw: Vec::new(),
            turns,
            floors,
            characters_before,
            characters_per_minute: settings.characters_per_minute.max(1),
        }
    }

    /// The same call before anything was heard in it.
    pub(super) fn afresh(&self) -> Heard<'t> {
        Heard {
            transcript: self.transcript,
            texts: self.texts.clone(),
            hits: Vec::new(),
            raw: Vec::new(),
            turns: self.turns.clone(),
            floors: self.floors.clone(),
            characters_before: self.characters_before.clone(),
            characters_per_minute: self.characters_per_minute,
        }
    }

    /// The turn that an utterance belongs to: one speaker's utterances in a row. Unknown
    /// speakers never go on, because nobody knows that it is the same one.
    pub fn turn(&self, utterance: usize) -> u32 {
        self.turns[utterance]
    }

    /// As the turn, but a bare 嗯 of the other side does not end it.
    pub fn floor(&self, utterance: usize) -> u32 {
        self.floors[utterance]
    }

    /// Characters of the whole call before a character of an utterance.
    pub fn characters_before(&self, utterance: usize, character: u32) -> u32 {
        self.characters_before[utterance] + character
    }

    pub fn characters(&self) -> u32 {
        self.characters_before.last().copied().unwrap_or(0)
    }

    /// The length of time that so many characters take to say.
    pub fn time_of_characters(&self, characters: u32) -> Millis {
        Millis(u64::from(characters) * 60_000 / u64::from(self.characters_per_minute))
    }

    pub fn span(&self, hit: &Hit) -> Option<Span> {
        self.transcript.utterances[hit.utterance as usize]
            .span_of_chars(hit.original.0 as usize, hit.original.1 as usize)
    }

    /// Whether two hits are no further apart than this.
    pub fn within(&self, a: &Hit, b: &Hit, measure: Measure) -> bool {
        let (first, second) = if a.start() <= b.start() {
            (a, b)
        } else {
            (b, a)
        };
        match measure {
            Measure::Turns(turns) => {
                self.turn(second.utterance as usize) - self.turn(first.utterance as usize) <= turns
            }
            Measure::Time(time) => {
                let apart = match (self.span(first), self.span(second)) {
                    (Some(first), Some(second)) => Millis(second.from.0.saturating_sub(first.to.0)),
                    _ => {
                        let begin =
                            self.characters_before(first.utterance as usize, first.original.1);
                        let end =
                            self.characters_before(second.utterance as usize, second.original.0);
                        self.time_of_characters(end.saturating_sub(begin))
                    }
                };
                apart <= time
            }
        }
    }
}

/// Whether an utterance goes on with the turn of the one before it.
fn goes_on(before: Option<Speaker>, speaker: Speaker) -> bool {
    before == Some(speaker) && speaker != Speaker::Unknown
}

/// 嗯, 哦, 嗯嗯: heard while the other goes on.
fn is_back_channel(text: &Normalised) -> bool {
    let chars = text.chars();
    !chars.is_empty()
        && chars.len() <= 3
        && chars.iter().all(|c| {
            matches!(
                c,
                '嗯' | '啊' | '哦' | '喔' | '噢' | '呃' | '唔' | '哎' | '诶'
            )
        })
}
