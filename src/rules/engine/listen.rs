//! From utterances to hits: scan, verify, cancel, keep the best of what overlaps.

use super::{
    JudgeSettings,
    automata::Automata,
    candidates::Chosen,
    found::{Found, Raw},
    heard::Heard,
    hit::{Doubt, Hit},
    matcher::{Comparison, find_all},
    pattern::{Pattern, Role},
    place::{Neighbours, place},
    positions::{Known, Positions},
    similar::nearest_stretch,
    spoken::{Spoken, questions},
};
use crate::{
    rules::{
        learned::{Ensemble, HeardByModel},
        rule::{Cue, CueId},
        truth::Truth,
        verdict::Matched,
    },
    text::{Normalised, Value, values},
    transcript::{Speaker, Transcript, Utterance},
};

/// What a rule set brings to listening.
pub struct Ears<'r> {
    pub cues: &'r [Cue],
    /// The cues in an order in which each comes after those that it refers to.
    pub order: &'r [CueId],
    pub patterns: &'r [Pattern],
    pub automata: &'r Automata,
    /// Cues that listen by regular expression, likeness or bare value.
    pub others: &'r [CueId],
    /// Whether any pattern or cue asks for values.
    pub wants_values: bool,
    /// Whether any pattern asks for question marks.
    pub wants_questions: bool,
    pub settings: &'r JudgeSettings,
}

/// Room for the work on one utterance, kept between utterances.
#[derive(Default)]
pub struct Scratch {
    bytes: Vec<u8>,
    states: Vec<aho_corasick::automaton::StateID>,
    raw: Vec<Raw>,
    spare: Vec<Raw>,
    positions: Positions,
    chosen: Chosen,
    heard: HeardCues,
}

/// The cues that were heard in the utterance at hand.
#[derive(Default)]
struct HeardCues {
    utterance: u32,
    /// By cue: the utterance in which it was last heard.
    last: Vec<u32>,
}

impl HeardCues {
    fn begin(&mut self, cues: usize) {
        if self.utterance == u32::MAX {
            *self = HeardCues::default();
        }
        self.utterance += 1;
        self.last.resize(cues, 0);
    }

    fn add(&mut self, cue: CueId) {
        self.last[cue.index()] = self.utterance;
    }

    fn has(&self, cue: CueId) -> bool {
        self.last[cue.index()] == self.utterance
    }
}

impl Ears<'_> {
    /// Listens to a whole call.
    pub fn listen<'t>(&self, transcript: &'t Transcript, scratch: &mut Scratch) -> Heard<'t> {
        let mut heard = Heard::new(transcript, self.settings);
        let raw = transcript
            .utterances
            .iter()
            .zip(heard.texts.iter())
            .map(|(utterance, text)| self.listen_to(utterance, text, scratch))
            .collect();
        self.keep(raw, &mut heard, scratch);
        heard
    }

    /// Listens to the same call with trained models beside what was heard before.
    pub fn listen_again<'t>(
        &self,
        before: &Heard<'t>,
        models: &Ensemble,
        scratch: &mut Scratch,
    ) -> Heard<'t> {
        let mut heard = before.afresh();
        let utterances = heard.transcript.utterances.iter().zip(heard.texts.iter());
        let raw = utterances
            .zip(&before.raw)
            .map(|((utterance, text), written)| {
                let mut raw = written.clone();
                let heard_before = |cue: CueId| {
                    let mut own = written.iter().filter(|place| place.cue == cue);
                    own.any(|place| place.role.is_heard())
                };
                raw.extend(self.listen_by_models(utterance.speaker, text, models));
                let by_models = &raw[written.len()..];
                let mut new: Vec<CueId> = by_models.iter().map(|place| place.cue).collect();
                new.retain(|&cue| !heard_before(cue));
                if !new.is_empty() {
                    raw.extend(self.exceptions(utterance.speaker, text, &new, scratch));
                }
                raw.sort_unstable_by_key(Raw::order);
                raw
            })
            .collect();
        self.keep(raw, &mut heard, scratch);
        heard
    }

    /// Turns what was verified into hits, and puts cues together that are made of others.
    fn keep(&self, raw: Vec<Vec<Raw>>, heard: &mut Heard<'_>, scratch: &mut Scratch) {
        heard.raw = raw;
        let mut hits = vec![Vec::new(); self.cues.len()];
        for (index, raw) in heard.raw.iter().enumerate() {
            let utterance = &heard.transcript.utterances[index];
            let text = &heard.texts[index];
            // Values are few cues' business; those of an utterance are read when one asks.
            let mut own_values = None;
            for own in raw.chunk_by(|a, b| a.cue == b.cue) {
                let cue = &self.cues[own[0].cue.index()];
                if cue.values.is_empty() && own.iter().all(|place| !place.role.is_heard()) {
                    continue;
                }
                let values = match cue.values.is_empty() {
                    true => &[] as &[Value],
                    false => own_values.get_or_insert_with(|| values(text)),
                };
                let found = Found {
                    cue,
                    utterance,
                    index,
                    text,
                    values,
                    transcript: heard.transcript,
                    settings: self.settings,
                };
                found.keep(own, &mut scratch.spare, &mut hits[own[0].cue.index()]);
            }
        }
        heard.hits = hits;
        for &cue in self.order {
            self.compose(cue, heard);
        }
    }

    /// What is verified in one utterance, ordered by cue. What only cancels is looked for where
    /// there is something to cancel.
    fn listen_to(
        &self,
        utterance: &Utterance,
        text: &Normalised,
        scratch: &mut Scratch,
    ) -> Vec<Raw> {
        if text.chars().is_empty() {
            return Vec::new();
        }
        self.find_words(text, scratch);
        let (values, questions) = self.values_and_questions(text);
        let Scratch {
            positions,
            chosen,
            raw,
            heard,
            ..
        } = scratch;
        let spoken = Spoken::new(text, &values, &questions, self.known(positions));
        let speaker = utterance.speaker;
        raw.clear();
        self.verify_all(speaker, spoken, chosen, raw, |pattern| {
            pattern.role.is_heard()
        });
        for &cue in self.others {
            self.listen_otherwise(cue, speaker, spoken, raw);
        }
        heard.begin(self.cues.len());
        raw.iter().for_each(|place| heard.add(place.cue));
        self.verify_all(speaker, spoken, chosen, raw, |pattern| {
            !pattern.role.is_heard() && heard.has(pattern.cue)
        });
        raw.sort_unstable_by_key(Raw::order);
        raw.dedup();
        raw.clone()
    }

    /// What cancels these cues in one utterance.
    fn exceptions(
        &self,
        speaker: Speaker,
        text: &Normalised,
        cues: &[CueId],
        scratch: &mut Scratch,
    ) -> Vec<Raw> {
        self.find_words(text, scratch);
        let (values, questions) = self.values_and_questions(text);
        let spoken = Spoken::new(text, &values, &questions, self.known(&scratch.positions));
        let mut raw = Vec::new();
        self.verify_all(speaker, spoken, &scratch.chosen, &mut raw, |pattern| {
            !pattern.role.is_heard() && cues.contains(&pattern.cue)
        });
        raw.sort_unstable_by_key(Raw::order);
        raw.dedup();
        raw
    }

    fn values_and_questions(&self, text: &Normalised) -> (Vec<Value>, Vec<usize>) {
        let values = match self.wants_values {
            true => values(text),
            false => Vec::new(),
        };
        let questions = match self.wants_questions {
            true => questions(text),
            false => Vec::new(),
        };
        (values, questions)
    }

    /// What the trained models hear in one utterance.
    fn listen_by_models<'e>(
        &'e self,
        speaker: Speaker,
        text: &Normalised,
        models: &Ensemble,
    ) -> impl Iterator<Item = Raw> + 'e {
        let said = move |heard: &HeardByModel| {
            let wanted = self.cues[heard.cue.index()].speaker;
            wanted.is_none_or(|wanted| may_be(speaker, wanted))
        };
        let heard = models.hears(text).into_iter().filter(said);
        heard.map(|heard| Raw {
            cue: heard.cue,
            role: Role::Phrase,
            from: heard.from as u32,
            to: heard.to as u32,
            matched: Matched::Learned,
        })
    }

    /// Once through each automaton: which words are said where, and which patterns have words of
    /// all their lists.
    fn find_words(&self, text: &Normalised, scratch: &mut Scratch) {
        let Scratch {
            bytes,
            states,
            positions,
            chosen,
            ..
        } = scratch;
        let words = &self.automata.words;
        positions.begin(words, text.chars().len());
        let written = &self.automata.written;
        written.scan(text.chars(), bytes, |at, word| positions.add(word, at));
        if let Some(sound) = &self.automata.sound {
            sound.scan(text.chars(), states, |at, word| {
                positions.add_by_sound(word, at);
            });
        }
        positions.settle(words);
        let known = Known { positions, words };
        self.automata.candidates.choose(known, chosen);
    }

    fn known<'p>(&'p self, positions: &'p Positions) -> Known<'p> {
        Known {
            positions,
            words: &self.automata.words,
        }
    }

    /// Verifies those of the patterns that may stand in the utterance which are wanted.
    fn verify_all(
        &self,
        speaker: Speaker,
        spoken: Spoken<'_>,
        chosen: &Chosen,
        raw: &mut Vec<Raw>,
        wanted: impl Fn(&Pattern) -> bool,
    ) {
        let always = self.automata.candidates.always();
        for &number in always.iter().chain(&chosen.by_writing) {
            let pattern = &self.patterns[number as usize];
            if !wanted(pattern) {
                continue;
            }
            let matched = match pattern.has_value {
                true => Matched::Value,
                false => Matched::Written,
            };
            self.verify(pattern, speaker, spoken, Comparison::Written, matched, raw);
        }
        for &number in &chosen.by_sound {
            let pattern = &self.patterns[number as usize];
            if !wanted(pattern) {
                continue;
            }
            let comparison = Comparison::Sound(pattern.accents);
            self.verify(pattern, speaker, spoken, comparison, Matched::Sound, raw);
        }
    }

    fn verify(
        &self,
        pattern: &Pattern,
        speaker: Speaker,
        spoken: Spoken<'_>,
        comparison: Comparison,
        matched: Matched,
        raw: &mut Vec<Raw>,
    ) {
        if pattern
            .speaker
            .is_some_and(|wanted| !may_be(speaker, wanted))
        {
            return;
        }
        find_all(pattern, spoken, comparison, |from, to| {
            raw.push(Raw {
                cue: pattern.cue,
                role: pattern.role,
                from: from as u32,
                to: to as u32,
                matched,
            });
        });
    }

    /// Regular expressions, likeness, bare values.
    fn listen_otherwise(
        &self,
        id: CueId,
        speaker: Speaker,
        spoken: Spoken<'_>,
        raw: &mut Vec<Raw>,
    ) {
        let cue = &self.cues[id.index()];
        if cue.speaker.is_some_and(|wanted| !may_be(speaker, wanted)) {
            return;
        }
        let mut push = |from: usize, to: usize, matched: Matched| {
            raw.push(Raw {
                cue: id,
                role: Role::Phrase,
                from: from as u32,
                to: to as u32,
                matched,
            });
        };
        let chars = spoken.text.chars();
        if !cue.regexes.is_empty() {
            let text: String = chars.iter().collect();
            for regex in &cue.regexes {
                for found in regex.find_iter(&text) {
                    let from = text[..found.start()].chars().count();
                    let to = from + found.as_str().chars().count();
                    if from < to {
                        push(from, to, Matched::Written);
                    }
                }
            }
        }
        for similar in &cue.similar {
            if let Some((from, to, likeness)) = nearest_stretch(chars, &similar.chars)
                && likeness >= similar.at_least
            {
                push(from, to, Matched::Similar);
            }
        }
        if cue.phrases.is_empty() && cue.weak.is_empty() {
            for (kind, limits) in &cue.values {
                for value in spoken.values {
                    if value.kind == *kind && limits.allow(value.amount.to_f64()) {
                        push(value.from, value.to, Matched::Value);
                    }
                }
            }
        }
    }

    /// Adds what other cues lend to this one, then keeps what stands where it must.
    fn compose(&self, id: CueId, heard: &mut Heard<'_>) {
        let cue = &self.cues[id.index()];
        let mut hits = std::mem::take(&mut heard.hits[id.index()]);
        for &lender in &cue.any_of {
            for hit in &heard.hits[lender.index()] {
                let speaker = heard.transcript.utterances[hit.utterance as usize].speaker;
                if cue.speaker.is_some_and(|wanted| !may_be(speaker, wanted)) {
                    continue;
                }
                let mut hit = *hit;
                hit.cue = id;
                hits.push(hit);
            }
        }
        if !cue.any_of.is_empty() {
            hits.sort_by_key(|hit| (hit.start(), hit.doubt, hit.to));
            hits.dedup_by(|later, kept| later.overlaps(kept) && later.doubt >= kept.doubt);
        }
        if cue.doubtful {
            for hit in &mut hits {
                hit.doubt = hit.doubt.or(Some(Doubt::Weak));
            }
        }
        if !cue.placement.is_empty() {
            let neighbours = AllOf(heard);
            hits.retain_mut(|hit| {
                let placed = place(hit, &cue.placement, heard, &neighbours);
                hit.partner = placed.partner;
                if placed.truth == Truth::Unknown {
                    hit.doubt = hit.doubt.or(Some(Doubt::Neighbour));
                }
                placed.truth != Truth::False
            });
        }
        heard.hits[id.index()] = hits;
    }
}

/// Whether the speaker is, or may be, the one who is wanted.
pub fn may_be(speaker: Speaker, wanted: Speaker) -> bool {
    speaker == wanted || speaker == Speaker::Unknown
}

/// Every hit counts.
struct AllOf<'h, 't>(&'h Heard<'t>);

impl Neighbours for AllOf<'_, '_> {
    fn of(&self, cue: CueId) -> &[Hit] {
        &self.0.hits[cue.index()]
    }

    fn counts(&self, _: &Hit) -> bool {
        true
    }
}
