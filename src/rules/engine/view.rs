//! What a condition sees: the hits of the call, or of one case in it.

use super::{JudgeSettings, hit::Hit, heard::Heard, place::Neighbours};
use crate::{
    call::CallMetadata,
    rules::{
        learned::Model,
        rule::{Cue, CueId},
    },
    time::{Millis, Span},
    transcript::{Speaker, Transcript},
};

/// One case within a call: the mentions of its cue, and its own part of the call.
#[derive(Clone, Debug)]
pub struct Case {
    pub cue: CueId,
    /// Indexes into the cue's hits.
    pub mentions: std::ops::Range<usize>,
    /// Hits that start before this belong to an earlier case.
    pub from: (u32, u32),
    /// Hits that start at or after this belong to a later case.
    pub to: (u32, u32),
}

/// What a condition sees.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub cues: &'a [Cue],
    pub models: &'a [Option<Model>],
    pub heard: &'a Heard<'a>,
    pub call: &'a CallMetadata,
    pub settings: &'a JudgeSettings,
    pub case: Option<&'a Case>,
    /// Whether what is missing here counts against the agent: then nothing may be taken for
    /// missing where words could not be made out.
    pub demand: bool,
    /// Whether only the case's own part counts.
    pub own_part: bool,
}

/// A stretch of the call in which a cue would have to be.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// First and last utterance.
    pub utterances: (usize, usize),
    /// From and to, where known.
    pub time: (Option<Millis>, Option<Millis>),
}

impl<'a> View<'a> {
    pub fn transcript(&self) -> &'a Transcript {
        self.heard.transcript
    }

    /// The same, where missing counts the other way round.
    pub fn turned(&self) -> View<'a> {
        View {
            demand: !self.demand,
            ..*self
        }
    }

    pub fn of_whole_call(&self) -> View<'a> {
        View {
            own_part: false,
            ..*self
        }
    }

    pub fn cue(&self, id: CueId) -> &'a Cue {
        &self.cues[id.index()]
    }

    /// Hits of the cue that count here; those of the case's cue are the case's mentions.
    pub fn hits(&self, id: CueId) -> impl Iterator<Item = &'a Hit> {
        let all: &'a [Hit] = &self.heard.hits[id.index()];
        let own: &'a [Hit] = match self.case {
            Some(case) if case.cue == id => &all[case.mentions.clone()],
            _ => all,
        };
        let view = *self;
        own.iter().filter(move |hit| view.counts(hit))
    }

    /// The whole call, or the case's part of it.
    pub fn region(&self) -> Region {
        let last = self.transcript().utterances.len().saturating_sub(1);
        match self.case {
            Some(case) if self.own_part => Region {
                utterances: (case.from.0 as usize, (case.to.0 as usize).min(last)),
                time: (None, None),
            },
            _ => Region {
                utterances: (0, last),
                time: (None, None),
            },
        }
    }

    /// Whether words of this side may have gone unheard in the region: somebody spoke and it
    /// could not be transcribed, or the words there are too unsure to be read.
    pub fn unheard(&self, speaker: Option<Speaker>, region: Region) -> Option<Unheard> {
        if self.demand {
            self.unheard_at_all(speaker, region)
        } else {
            self.mostly_unheard(speaker)
                .then_some(Unheard::Untranscribed)
        }
    }

    fn unheard_at_all(&self, speaker: Option<Speaker>, region: Region) -> Option<Unheard> {
        let transcript = self.transcript();
        let spoken_by =
            |who: Speaker| speaker.is_none_or(|wanted| who == wanted || who == Speaker::Unknown);
        let time = self.time_of(region);
        let missing = transcript.untranscribed.iter().any(|stretch| {
            spoken_by(stretch.speaker)
                && stretch.span.length() >= self.settings.untranscribed_from
                && time.0.is_none_or(|from| stretch.span.to > from)
                && time.1.is_none_or(|to| stretch.span.from < to)
        });
        if missing {
            return Some(Unheard::Untranscribed);
        }
        let (first, last) = region.utterances;
        let unsure = transcript
            .utterances
            .iter()
            .enumerate()
            .any(|(index, utterance)| {
                (first..=last).contains(&index)
                    && spoken_by(utterance.speaker)
                    && utterance
                        .probability
                        .is_some_and(|p| p < self.settings.unsure_below)
            });
        unsure.then_some(Unheard::UnsureWords)
    }

    fn time_of(&self, region: Region) -> (Option<Millis>, Option<Millis>) {
        let utterances = &self.transcript().utterances;
        let span = |index: usize| utterances.get(index).and_then(|utterance| utterance.span);
        let last = utterances.len().saturating_sub(1);
        let from = match region.utterances.0 {
            0 => None,
            first => span(first).map(|span: Span| span.from),
        };
        let to = match region.utterances.1 {
            end if end >= last => None,
            end => span(end).map(|span| span.to),
        };
        (region.time.0.or(from), region.time.1.or(to))
    }

    /// Whether so much of what the side said is missing that no absence is sure.
    fn mostly_unheard(&self, speaker: Option<Speaker>) -> bool {
        let transcript = self.transcript();
        let total = |lengths: &mut dyn Iterator<Item = (Speaker, Span)>| -> u64 {
            lengths
                .filter(|(who, _)| speaker.is_none_or(|wanted| *who == wanted))
                .map(|(_, span)| span.length().0)
                .sum()
        };
        let missing = total(
            &mut transcript
                .untranscribed
                .iter()
                .map(|stretch| (stretch.speaker, stretch.span)),
        );
        if missing == 0 {
            return false;
        }
        let heard = total(
            &mut transcript
                .utterances
                .iter()
                .filter_map(|utterance| Some((utterance.speaker, utterance.span?))),
        );
        missing as f64 > self.settings.untranscribed_share * (missing + heard) as f64
    }
}

/// How words can have gone unheard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    Untranscribed,
    UnsureWords,
}

impl Neighbours for View<'_> {
    fn of(&self, cue: CueId) -> &[Hit] {
        let all = &self.heard.hits[cue.index()];
        match self.case {
            Some(case) if case.cue == cue => &all[case.mentions.clone()],
            _ => all,
        }
    }

    fn counts(&self, hit: &Hit) -> bool {
        match self.case {
            Some(case) if self.own_part && hit.cue != case.cue => {
                case.from <= hit.start() && hit.start() < case.to
            }
            _ => true,
        }
    }

    fn offset(&self, cue: CueId) -> usize {
        match self.case {
            Some(case) if case.cue == cue => case.mentions.start,
            _ => 0,
        }
    }
}
