//! Both channels' words into one transcript, in the order in which they were said.

use crate::{
    speech::OtherSound,
    time::{Millis, Span},
    transcribe::{Heard, guards::mean_probability, roles::Roles},
    transcript::{
        SoundKind, SoundStretch, Speaker, SpeechStretch, SpeechTimeline, Transcript, Untranscribed,
        Utterance, Word,
    },
};

/// A speaker's pause longer than this ends an utterance even if nobody else speaks.
const LONGEST_PAUSE_WITHIN: Millis = Millis(1500);
/// Shorter pauses of a call are no silence worth a label.
const SHORTEST_SILENCE: Millis = Millis(3000);

/// The transcript of a recording of `duration` from what was heard on each channel, who says it,
/// and which other sounds there are.
///
/// Stretches of one speaker that follow each other without a long pause or the other speaker's
/// words in between become one utterance: rules count in utterances, not in breaths.
///
/// # Panics
/// When `roles` are not those of just these stretches.
pub fn transcript(
    heard: Vec<Heard>,
    roles: &Roles,
    sounds: &[OtherSound],
    duration: Millis,
) -> Transcript {
    assert_eq!(
        heard.len(),
        roles.stretches.len(),
        "a role for each stretch"
    );
    let mut heard: Vec<(Heard, (Speaker, Option<f32>))> = heard
        .into_iter()
        .zip(roles.stretches.iter().copied())
        .collect();
    heard.sort_by_key(|(stretch, _)| (stretch.span.from, stretch.channel, stretch.span.to));
    let speech: Vec<SpeechStretch> = heard
        .iter()
        .map(|(stretch, (speaker, _))| SpeechStretch {
            speaker: *speaker,
            span: stretch.span,
        })
        .collect();
    let mut transcript = Transcript {
        timeline: Some(SpeechTimeline {
            duration,
            separate_channels: roles.separate_channels,
            sounds: labelled(sounds, &speech, roles.separate_channels, duration),
            speech,
        }),
        ..Transcript::default()
    };
    let mut last_voice = None;
    for (stretch, (speaker, certainty)) in heard {
        // On one channel a voice is a speaker; otherwise it is a channel.
        let voice = (roles.separate_channels.then_some(stretch.channel), speaker);
        match stretch.words {
            Err(cause) => {
                transcript.untranscribed.push(Untranscribed {
                    speaker,
                    span: stretch.span,
                    cause,
                });
            }
            Ok(words) => {
                let mut said = utterance(speaker, stretch.span, words);
                said.speaker_certainty = certainty;
                match transcript.utterances.last_mut() {
                    Some(last) if last_voice == Some(voice) && goes_on(last, &said) => {
                        join(last, said);
                    }
                    _ => transcript.utterances.push(said),
                }
                last_voice = Some(voice);
            }
        }
    }
    transcript
}

/// The labels of all channels, and the silences of the whole call, in the order of time.
fn labelled(
    sounds: &[OtherSound],
    speech: &[SpeechStretch],
    separate_channels: bool,
    duration: Millis,
) -> Vec<SoundStretch> {
    let mut labels: Vec<SoundStretch> = Vec::new();
    for sound in sounds {
        let channel = separate_channels.then_some(sound.channel);
        let span = Span {
            from: sound.span.from.min(duration),
            to: sound.span.to.min(duration),
        };
        let same = |known: &&mut SoundStretch| {
            known.kind == sound.kind && known.channel == channel && known.span.overlap(span).0 > 0
        };
        // Channels that hold the same signal hold the same sounds.
        match labels.iter_mut().rev().find(same) {
            Some(known) => known.span = known.span.cover(span),
            None => labels.push(SoundStretch {
                kind: sound.kind,
                channel,
                span,
            }),
        }
    }
    let mut audible: Vec<Span> = speech.iter().map(|stretch| stretch.span).collect();
    audible.extend(labels.iter().map(|label| label.span));
    audible.sort();
    audible.push(Span {
        from: duration,
        to: duration,
    });
    let mut end = Millis(0);
    for span in audible {
        if span.from.0 >= end.0 + SHORTEST_SILENCE.0 {
            labels.push(SoundStretch {
                kind: SoundKind::Silence,
                channel: None,
                span: Span {
                    from: end,
                    to: span.from,
                },
            });
        }
        end = end.max(span.to);
    }
    labels.sort_by_key(|label| (label.span, label.channel));
    labels
}

fn utterance(speaker: Speaker, span: Span, words: Vec<Word>) -> Utterance {
    Utterance {
        speaker,
        span: Some(span),
        text: words.iter().map(|word| word.text.as_str()).collect(),
        probability: Some(mean_probability(&words)),
        words,
        speaker_certainty: None,
    }
}

fn goes_on(last: &Utterance, next: &Utterance) -> bool {
    match (last.span, next.span) {
        (Some(last), Some(next)) => next.from.0.saturating_sub(last.to.0) <= LONGEST_PAUSE_WITHIN.0,
        _ => false,
    }
}

fn join(last: &mut Utterance, next: Utterance) {
    last.text.push_str(&next.text);
    last.words.extend(next.words);
    last.speaker_certainty = last
        .speaker_certainty
        .zip(next.speaker_certainty)
        .map(|(a, b)| a.min(b));
    last.span = last.span.zip(next.span).map(|(a, b)| a.cover(b));
    last.probability = Some(mean_probability(&last.words));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{transcribe::roles::RoleSource, transcript::UntranscribedCause};

    fn heard(channel: usize, from: u64, to: u64, text: &str) -> Heard {
        let span = Span::new(from, to);
        let word = Word {
            text: text.into(),
            span,
            probability: 0.9,
        };
        Heard {
            channel,
            span,
            words: Ok(vec![word]),
        }
    }

    const BOTH: [Speaker; 2] = [Speaker::Agent, Speaker::Customer];

    fn made(heard: Vec<Heard>, who: &[Speaker], duration: Millis) -> Transcript {
        let separate_channels = who.len() > 1;
        let roles = Roles {
            source: RoleSource::Listed,
            certainty: None,
            channels: who.to_vec(),
            stretches: heard.iter().map(|h| (who[h.channel], None)).collect(),
            separate_channels,
            against_list: None,
        };
        transcript(heard, &roles, &[], duration)
    }

    fn texts(transcript: &Transcript) -> Vec<(Speaker, &str)> {
        transcript
            .utterances
            .iter()
            .map(|u| (u.speaker, u.text.as_str()))
            .collect()
    }

    #[test]
    fn merged_by_time_across_channels() {
        let made = made(
            vec![
                heard(0, 0, 900, "您好"),
                heard(0, 1100, 2000, "我是电信"),
                heard(0, 3500, 4000, "请问"),
                heard(1, 2100, 3000, "你说"),
            ],
            &BOTH,
            Millis(5000),
        );
        assert_eq!(
            texts(&made),
            [
                (Speaker::Agent, "您好我是电信"),
                (Speaker::Customer, "你说"),
                (Speaker::Agent, "请问")
            ]
        );
        assert_eq!(made.utterances[0].span, Some(Span::new(0, 2000)));
        assert_eq!(made.utterances[0].words.len(), 2);
        let timeline = made.timeline.expect("made from sound");
        assert!(timeline.separate_channels);
        assert_eq!(timeline.speech.len(), 4);
    }

    #[test]
    fn a_long_pause_ends_an_utterance() {
        let made = made(
            vec![heard(0, 0, 900, "好"), heard(0, 4000, 5000, "行")],
            &BOTH,
            Millis(6000),
        );
        assert_eq!(
            texts(&made),
            [(Speaker::Agent, "好"), (Speaker::Agent, "行")]
        );
    }

    #[test]
    fn what_was_not_understood_keeps_its_place() {
        let mut lost = heard(1, 10, 20, "");
        lost.words = Err(UntranscribedCause::Repetition);
        let made = made(vec![lost], &BOTH, Millis(100));
        assert!(made.utterances.is_empty());
        assert_eq!(made.untranscribed[0].speaker, Speaker::Customer);
        assert_eq!(made.untranscribed[0].span, Span::new(10, 20));
    }

    #[test]
    fn sounds_and_silences_are_in_the_timeline() {
        let speech = [SpeechStretch {
            speaker: Speaker::Agent,
            span: Span::new(10_000, 20_000),
        }];
        let rings = |channel| OtherSound {
            channel,
            span: Span::new(500, 6000),
            kind: SoundKind::Ringback,
        };
        let found = labelled(&[rings(0), rings(1)], &speech, false, Millis(30_000));
        let found: Vec<_> = found.iter().map(|label| (label.kind, label.span)).collect();
        assert_eq!(
            found,
            [
                (SoundKind::Ringback, Span::new(500, 6000)),
                (SoundKind::Silence, Span::new(6000, 10_000)),
                (SoundKind::Silence, Span::new(20_000, 30_000)),
            ]
        );
    }

    #[test]
    fn one_channel_is_an_unknown_speaker() {
        let made = made(
            vec![heard(0, 0, 900, "您好")],
            &[Speaker::Unknown],
            Millis(1000),
        );
        assert_eq!(made.utterances[0].speaker, Speaker::Unknown);
        assert!(!made.timeline.expect("made from sound").separate_channels);
    }
}
