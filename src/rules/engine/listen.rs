//! From utterances to hits: scan, verify, cancel, keep the best of what overlaps.

use super::{
    JudgeSettings,
    automata::{Automata, Use},
    hit::{Doubt, Hit},
    matcher::{Comparison, Spoken, questions, verify},
    pattern::{Pattern, Role},
    place::{Neighbours, place},
    similar::nearest_stretch,
};
use crate::{
    rules::{
        learned::{Model, Pieces},
        measure::Measure,
        rule::{Cue, CueId},
        truth::Truth,
        verdict::Matched,
    },
    text::{Normalised, Value, values},
    time::{Millis, Span},
    transcript::{Speaker, Transcript, Utterance},
};

/// What a rule set brings to listening.
pub struct Ears<'r> {
    pub cues: &'r [Cue],
    /// The cues in an order in which each comes after those that it refers to.
    pub order: &'r [CueId],
    pub patterns: &'r [Pattern],
    pub automata: &'r Automata,
    /// The trained models by cue; none for the first listening.
    pub models: &'r [Option<Model>],
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
}

/// A verified place, before anything was cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Raw {
    cue: CueId,
    role: Role,
    from: u32,
    to: u32,
    matched: Matched,
    learned: bool,
}

/// Everything that was heard in a transcript.
pub struct Heard<'t> {
    pub transcript: &'t Transcript,
    pub texts: Vec<Normalised>,
    /// By cue, ordered by place.
    pub hits: Vec<Vec<Hit>>,
    turns: Vec<u32>,
    floors: Vec<u32>,
    /// Characters of the call before each utterance, and in all.
    characters_before: Vec<u32>,
    characters_per_minute: u32,
}

impl Ears<'_> {
    /// Listens to a whole call.
    pub fn listen<'t>(&self, transcript: &'t Transcript, scratch: &mut Scratch) -> Heard<'t> {
        let mut heard = Heard::new(transcript, self.settings);
        heard.hits.resize_with(self.cues.len(), Vec::new);
        for (index, utterance) in transcript.utterances.iter().enumerate() {
            self.listen_to(index, utterance, &mut heard, scratch);
        }
        for &cue in self.order {
            self.compose(cue, &mut heard);
        }
        heard
    }

    fn listen_to(
        &self,
        index: usize,
        utterance: &Utterance,
        heard: &mut Heard<'_>,
        scratch: &mut Scratch,
    ) {
        let text = &heard.texts[index];
        if text.chars().is_empty() {
            return;
        }
        let values = if self.wants_values {
            values(text)
        } else {
            Vec::new()
        };
        let questions = if self.wants_questions {
            questions(text)
        } else {
            Vec::new()
        };
        let spoken = Spoken {
            text,
            values: &values,
            questions: &questions,
        };
        scratch.raw.clear();
        self.scan(utterance.speaker, spoken, scratch);
        for &cue in self.others {
            self.listen_otherwise(cue, utterance.speaker, spoken, &mut scratch.raw);
        }
        self.listen_by_models(utterance.speaker, text, &mut scratch.raw);
        if scratch.raw.is_empty() {
            return;
        }
        scratch
            .raw
            .sort_unstable_by_key(|raw| (raw.cue, raw.from, raw.to, raw.matched));
        let Heard { texts, hits, .. } = heard;
        let text = &texts[index];
        let mut rest = scratch.raw.as_slice();
        while let Some(first) = rest.first() {
            let end = rest.partition_point(|raw| raw.cue == first.cue);
            let (own, others) = rest.split_at(end);
            rest = others;
            let found = Found {
                cue: &self.cues[first.cue.index()],
                utterance,
                index,
                text,
                values: &values,
                transcript: heard.transcript,
                settings: self.settings,
            };
            found.keep(own, &mut scratch.spare, &mut hits[first.cue.index()]);
        }
    }

    /// Once through each automaton.
    fn scan(&self, speaker: Speaker, spoken: Spoken<'_>, scratch: &mut Scratch) {
        let Scratch {
            bytes, states, raw, ..
        } = scratch;
        let chars = spoken.text.chars();
        let mut verify_uses = |at: usize, uses: &[Use], by_sound: bool| {
            for use_of in uses {
                if use_of
                    .speaker
                    .is_some_and(|wanted| !may_be(speaker, wanted))
                {
                    continue;
                }
                let pattern = &self.patterns[use_of.pattern as usize];
                let (comparison, matched) = match by_sound {
                    true => (Comparison::Sound(pattern.accents), Matched::Sound),
                    false if pattern.has_value => (Comparison::Written, Matched::Value),
                    false => (Comparison::Written, Matched::Written),
                };
                let item = usize::from(use_of.item);
                if let Some((from, to)) = verify(pattern, item, at, spoken, comparison) {
                    raw.push(Raw {
                        cue: pattern.cue,
                        role: pattern.role,
                        from: from as u32,
                        to: to as u32,
                        matched,
                        learned: false,
                    });
                }
            }
        };
        self.automata
            .written
            .scan(chars, bytes, |at, uses| verify_uses(at, uses, false));
        if let Some(sound) = &self.automata.sound {
            sound.scan(chars, states, |at, uses| verify_uses(at, uses, true));
        }
        for use_of in &self.automata.values_only {
            for value in spoken.values {
                verify_uses(value.from, std::slice::from_ref(use_of), false);
            }
        }
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
                learned: false,
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

    /// What the trained models hear.
    fn listen_by_models(&self, speaker: Speaker, text: &Normalised, raw: &mut Vec<Raw>) {
        let mut pieces = None;
        for (index, model) in self.models.iter().enumerate() {
            let Some(model) = model else { continue };
            let by_another = |wanted| !may_be(speaker, wanted);
            if self.cues[index].speaker.is_some_and(by_another) {
                continue;
            }
            let pieces = pieces.get_or_insert_with(|| Pieces::of(text));
            raw.extend(model.hears(pieces).into_iter().map(|(from, to)| Raw {
                cue: CueId(index as u32),
                role: Role::Phrase,
                from: from as u32,
                to: to as u32,
                matched: Matched::Learned,
                learned: true,
            }));
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

/// The verified places of one cue in one utterance.
struct Found<'a> {
    cue: &'a Cue,
    utterance: &'a Utterance,
    index: usize,
    text: &'a Normalised,
    values: &'a [Value],
    transcript: &'a Transcript,
    settings: &'a JudgeSettings,
}

impl Found<'_> {
    /// Keeps what is not cancelled; of places that overlap, the best.
    fn keep(&self, raw: &[Raw], spare: &mut Vec<Raw>, hits: &mut Vec<Hit>) {
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
        } else if place.learned {
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

impl<'t> Heard<'t> {
    fn new(transcript: &'t Transcript, settings: &JudgeSettings) -> Heard<'t> {
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
            texts,
            hits: Vec::new(),
            turns,
            floors,
            characters_before,
            characters_per_minute: settings.characters_per_minute.max(1),
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
