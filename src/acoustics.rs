//! What the sound of a call comes to in figures: who talks how long, silence, talk-over, speed,
//! delays. Pure: the same functions serve the rules' conditions, the call's page and the reports.
//!
//! A call begins when the ringing stops and ends when the busy tone starts; before and after,
//! nobody can be expected to speak.

use serde::{Deserialize, Serialize};

use crate::{
    time::{Millis, Span},
    transcript::{SoundKind, Speaker, SpeechTimeline, Transcript, Utterance},
};

/// After a ring the line is quiet for so long before the next one: the answer may come anywhere
/// in it.
const PAUSE_BETWEEN_RINGS: Millis = Millis(4000);
/// Both speaking at once for less than this is no interruption: 嗯 while the other one talks.
const SHORTEST_TALK_OVER: Millis = Millis(500);

/// A call's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcousticMeasures {
    /// From the answer to the end of the line.
    pub call: Millis,
    pub talk: BySpeaker<Millis>,
    /// Nobody speaks.
    pub silence: Millis,
    pub longest_silence: Option<Span>,
    /// One begins while the other is speaking; `None` where both share a channel.
    pub talk_over: Option<TalkOvers>,
    /// Characters a minute of their own speaking time; `None` for those who say nothing.
    pub characters_per_minute: BySpeaker<Option<u32>>,
    /// From the answer to the agent's first words; `None` where the agent is not known to speak.
    pub first_answer: Option<Millis>,
    /// From the last words to the end of the line.
    pub hang_up_delay: Millis,
    /// Somebody seems to speak, but there are no words to trust.
    pub untranscribed: Millis,
}

/// One value for each speaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BySpeaker<T> {
    pub agent: T,
    pub customer: T,
    pub unknown: T,
}

/// Talk-over by who began later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkOvers {
    pub by_agent: TalkOver,
    pub by_customer: TalkOver,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkOver {
    pub times: u32,
    pub longest: Millis,
}

/// So many characters said in this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub characters: u32,
    pub span: Span,
}

impl AcousticMeasures {
    /// The figures of a transcript; `None` for one that came without sound.
    pub fn of(transcript: &Transcript) -> Option<AcousticMeasures> {
        let timeline = transcript.timeline.as_ref()?;
        let call = call(timeline);
        let silences = silences(timeline, Millis(1));
        let rate = |speaker| {
            let said = said_by(&transcript.utterances, |who| who == speaker);
            let time: u64 = said.iter().map(|said| said.span.length().0).sum();
            let characters: u64 = said.iter().map(|said| u64::from(said.characters)).sum();
            (time > 0).then(|| (characters * 60_000 / time) as u32)
        };
        let talk_over = |by| {
            let spans = talk_overs(timeline, by, SHORTEST_TALK_OVER);
            TalkOver {
                times: spans.len() as u32,
                longest: spans
                    .iter()
                    .map(|span| span.length())
                    .max()
                    .unwrap_or_default(),
            }
        };
        let gaps = transcript.untranscribed.iter();
        Some(AcousticMeasures {
            call: call.length(),
            talk: BySpeaker::of(|speaker| talk_time(timeline, |who| who == speaker)),
            silence: Millis(silences.iter().map(|(span, _)| span.length().0).sum()),
            longest_silence: silences
                .iter()
                .map(|&(span, _)| span)
                .max_by_key(|span| (span.length(), std::cmp::Reverse(span.from))),
            talk_over: timeline.separate_channels.then(|| TalkOvers {
                by_agent: talk_over(Speaker::Agent),
                by_customer: talk_over(Speaker::Customer),
            }),
            characters_per_minute: BySpeaker::of(rate),
            first_answer: first_words(timeline, |who| who == Speaker::Agent),
            hang_up_delay: after_last_words(timeline).length(),
            untranscribed: Millis(gaps.map(|gap| gap.span.length().0).sum()),
        })
    }

    /// `time` as a share (0 to 1) of the call.
    pub fn share(&self, time: Millis) -> f64 {
        time.0 as f64 / self.call.0.max(1) as f64
    }
}

impl<T> BySpeaker<T> {
    fn of(value: impl Fn(Speaker) -> T) -> BySpeaker<T> {
        BySpeaker {
            agent: value(Speaker::Agent),
            customer: value(Speaker::Customer),
            unknown: value(Speaker::Unknown),
        }
    }
}

/// From the answer to the end of the line, as far as the sound tells.
pub fn call(timeline: &SpeechTimeline) -> Span {
    let first = timeline
        .speech
        .iter()
        .map(|stretch| stretch.span.from)
        .min();
    let first = first.unwrap_or(timeline.duration);
    let last = timeline.speech.iter().map(|stretch| stretch.span.to).max();
    let last = last.unwrap_or_default();
    let of_kind = |kind: SoundKind| {
        let sounds = timeline
            .sounds
            .iter()
            .filter(move |sound| sound.kind == kind);
        sounds.map(|sound| sound.span)
    };
    let rung = of_kind(SoundKind::Ringback).filter(|ring| ring.to <= first);
    let from = rung.map(|ring| ring.to).max().map_or(Millis(0), |end| {
        Millis(end.0 + PAUSE_BETWEEN_RINGS.0).min(first)
    });
    let hung_up = of_kind(SoundKind::Busy).filter(|busy| busy.from >= last);
    let to = hung_up
        .map(|busy| busy.from)
        .min()
        .unwrap_or(timeline.duration);
    Span {
        from,
        to: to.max(last).max(from),
    }
}

/// Stretches of the call of at least this length in which nobody speaks, each with who spoke last
/// before it.
pub fn silences(timeline: &SpeechTimeline, at_least: Millis) -> Vec<(Span, Option<Speaker>)> {
    let call = call(timeline);
    let mut found = Vec::new();
    let mut end = call.from;
    let mut last = None;
    let mut note = |from: Millis, to: Millis, last: Option<Speaker>| {
        if to > from && to.0 - from.0 >= at_least.0 {
            found.push((Span { from, to }, last));
        }
    };
    for stretch in &timeline.speech {
        note(end, stretch.span.from, last);
        if stretch.span.to >= end {
            end = stretch.span.to;
            last = Some(stretch.speaker);
        }
    }
    note(end, call.to, last);
    found
}

/// Stretches of at least this length in which both sides speak and `by` began later.
pub fn talk_overs(timeline: &SpeechTimeline, by: Speaker, at_least: Millis) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for own in timeline.speech.iter().filter(|own| own.speaker == by) {
        for other in timeline.speech.iter().filter(|other| other.speaker != by) {
            let interrupts = other.span.from < own.span.from;
            if interrupts && own.span.overlap(other.span) >= at_least {
                found.push(Span {
                    from: own.span.from,
                    to: own.span.to.min(other.span.to),
                });
            }
        }
    }
    found
}

/// How long the speakers that `is` chooses talk, each moment counted once.
pub fn talk_time(timeline: &SpeechTimeline, is: impl Fn(Speaker) -> bool) -> Millis {
    let (mut sum, mut end) = (0, Millis(0));
    for stretch in timeline.speech.iter().filter(|stretch| is(stretch.speaker)) {
        let from = stretch.span.from.max(end);
        sum += stretch.span.to.0.saturating_sub(from.0);
        end = end.max(stretch.span.to);
    }
    Millis(sum)
}

/// From the answer to the first words of the speakers that `is` chooses; `None` if they say
/// nothing.
pub fn first_words(timeline: &SpeechTimeline, is: impl Fn(Speaker) -> bool) -> Option<Millis> {
    let own = timeline.speech.iter().filter(|stretch| is(stretch.speaker));
    let first = own.map(|stretch| stretch.span.from).min()?;
    Some(Millis(first.0.saturating_sub(call(timeline).from.0)))
}

/// From the last words to the end of the line.
pub fn after_last_words(timeline: &SpeechTimeline) -> Span {
    let call = call(timeline);
    let last = timeline.speech.iter().map(|stretch| stretch.span.to).max();
    Span {
        from: last.unwrap_or(call.from),
        to: call.to,
    }
}

/// What the speakers that `is` chooses say with its time, word by word where words have times.
pub fn said_by(utterances: &[Utterance], is: impl Fn(Speaker) -> bool) -> Vec<Said> {
    let count = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() as u32;
    let mut said = Vec::new();
    for utterance in utterances.iter().filter(|u| is(u.speaker)) {
        if utterance.words.is_empty() {
            said.extend(utterance.span.map(|span| Said {
                characters: count(&utterance.text),
                span,
            }));
        } else {
            said.extend(utterance.words.iter().map(|word| Said {
                characters: count(&word.text),
                span: word.span,
            }));
        }
    }
    said.retain(|said| said.span.length().0 > 0);
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{SoundStretch, SpeechStretch};

    fn stretch(speaker: Speaker, from: u64, to: u64) -> SpeechStretch {
        SpeechStretch {
            speaker,
            span: Span::new(from, to),
        }
    }

    fn sound(kind: SoundKind, from: u64, to: u64) -> SoundStretch {
        SoundStretch {
            kind,
            channel: None,
            span: Span::new(from, to),
        }
    }

    fn timeline(speech: Vec<SpeechStretch>, sounds: Vec<SoundStretch>) -> SpeechTimeline {
        SpeechTimeline {
            duration: Millis(60_000),
            separate_channels: true,
            speech,
            sounds,
        }
    }

    #[test]
    fn silences_between_and_at_the_ends() {
        let timeline = timeline(
            vec![
                stretch(Speaker::Agent, 1000, 20_000),
                stretch(Speaker::Customer, 2000, 3000),
                stretch(Speaker::Customer, 36_000, 44_000),
            ],
            vec![],
        );
        assert_eq!(
            silences(&timeline, Millis(15_000)),
            vec![
                (Span::new(20_000, 36_000), Some(Speaker::Agent)),
                (Span::new(44_000, 60_000), Some(Speaker::Customer)),
            ]
        );
    }

    #[test]
    fn who_began_later_talks_over() {
        let timeline = timeline(
            vec![
                stretch(Speaker::Customer, 0, 5000),
                stretch(Speaker::Agent, 2000, 8000),
                stretch(Speaker::Customer, 7500, 12_000),
            ],
            vec![],
        );
        let check = |by, limit, expected: Vec<Span>| {
            assert_eq!(talk_overs(&timeline, by, Millis(limit)), expected);
        };
        check(Speaker::Agent, 2000, vec![Span::new(2000, 5000)]);
        check(Speaker::Agent, 3001, vec![]);
        check(Speaker::Customer, 500, vec![Span::new(7500, 8000)]);
        check(Speaker::Customer, 501, vec![]);
    }

    #[test]
    fn ringing_and_busy_tone_are_not_the_call() {
        let timeline = timeline(
            vec![
                stretch(Speaker::Agent, 20_000, 30_000),
                stretch(Speaker::Customer, 31_000, 40_000),
            ],
            vec![
                sound(SoundKind::Ringback, 0, 11_000),
                sound(SoundKind::Busy, 42_000, 60_000),
            ],
        );
        assert_eq!(call(&timeline), Span::new(15_000, 42_000));
        assert_eq!(first_words(&timeline, |_| true), Some(Millis(5000)));
        assert_eq!(after_last_words(&timeline).length(), Millis(2000));
        assert!(silences(&timeline, Millis(6000)).is_empty());
        // An answer between two rings is in time.
        let soon = SpeechTimeline {
            speech: vec![stretch(Speaker::Agent, 12_500, 30_000)],
            ..timeline
        };
        assert_eq!(first_words(&soon, |_| true), Some(Millis(0)));
    }

    #[test]
    fn the_figures_of_a_call() {
        let mut said = Utterance::written(Speaker::Agent, "您好,我是客服。");
        said.span = Some(Span::new(1000, 3000));
        let transcript = Transcript {
            utterances: vec![said],
            timeline: Some(timeline(
                vec![
                    stretch(Speaker::Agent, 1000, 3000),
                    stretch(Speaker::Agent, 2500, 4000),
                    stretch(Speaker::Customer, 3000, 5000),
                ],
                vec![],
            )),
            ..Transcript::default()
        };
        let measures = AcousticMeasures::of(&transcript).expect("made from sound");
        assert_eq!(measures.talk.agent, Millis(3000));
        assert_eq!(measures.talk.customer, Millis(2000));
        assert_eq!(measures.silence, Millis(56_000));
        assert_eq!(measures.longest_silence, Some(Span::new(5000, 60_000)));
        assert_eq!(measures.characters_per_minute.agent, Some(180));
        assert_eq!(measures.characters_per_minute.customer, None);
        assert_eq!(measures.first_answer, Some(Millis(1000)));
        assert_eq!(measures.hang_up_delay, Millis(55_000));
        let by_customer = measures.talk_over.expect("two channels").by_customer;
        assert_eq!((by_customer.times, by_customer.longest), (1, Millis(1000)));
        assert_eq!(AcousticMeasures::of(&Transcript::default()), None);
    }

    #[test]
    fn punctuation_is_not_said() {
        let mut utterance = Utterance::written(Speaker::Agent, "好的,办。");
        utterance.span = Some(Span::new(0, 1000));
        let said = said_by(&[utterance], |_| true);
        assert_eq!(
            said.iter().map(|said| said.characters).collect::<Vec<_>>(),
            [3]
        );
    }
}
