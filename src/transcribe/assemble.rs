//! Both channels' words into one transcript, in the order in which they were said.

use crate::{
    time::{Millis, Span},
    transcribe::{Heard, guards::mean_probability},
    transcript::{Speaker, SpeechStretch, SpeechTimeline, Transcript, Untranscribed, Utterance},
};

/// A speaker's pause longer than this ends an utterance even if nobody else speaks.
const LONGEST_PAUSE_WITHIN: Millis = Millis(1500);

/// The transcript of a recording of `duration` from what was heard on each channel;
/// `speakers[channel]` says who is on it.
///
/// Stretches of one speaker that follow each other without a long pause or the other speaker's
/// words in between become one utterance: rules count in utterances, not in breaths.
pub fn transcript(mut heard: Vec<Heard>, speakers: &[Speaker], duration: Millis) -> Transcript {
    heard.sort_by_key(|stretch| (stretch.span.from, stretch.channel, stretch.span.to));
    let speaker_on = |channel: usize| speakers.get(channel).copied().unwrap_or(Speaker::Unknown);

    let mut transcript = Transcript {
        timeline: Some(SpeechTimeline {
            duration,
            separate_channels: speakers.len() > 1,
            speech: heard
                .iter()
                .map(|stretch| SpeechStretch {
                    speaker: speaker_on(stretch.channel),
                    span: stretch.span,
                })
                .collect(),
        }),
        ..Transcript::default()
    };
    let mut last_channel = None;
    for stretch in heard {
        let speaker = speaker_on(stretch.channel);
        match stretch.words {
            Err(cause) => {
                transcript.untranscribed.push(Untranscribed {
                    speaker,
                    span: stretch.span,
                    cause,
                });
            }
            Ok(words) => {
                let said = utterance(speaker, stretch.span, words);
                match transcript.utterances.last_mut() {
                    Some(last) if last_channel == Some(stretch.channel) && goes_on(last, &said) => {
                        join(last, said);
                    }
                    _ => transcript.utterances.push(said),
                }
                last_channel = Some(stretch.channel);
            }
        }
    }
    transcript
}

fn utterance(speaker: Speaker, span: Span, words: Vec<crate::transcript::Word>) -> Utterance {
    Utterance {
        speaker,
        span: Some(span),
        text: words.iter().map(|word| word.text.as_str()).collect(),
        probability: Some(mean_probability(&words)),
        words,
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
    last.span = last.span.zip(next.span).map(|(a, b)| a.cover(b));
    last.probability = Some(mean_probability(&last.words));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{UntranscribedCause, Word};

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

    fn texts(transcript: &Transcript) -> Vec<(Speaker, &str)> {
        transcript
            .utterances
            .iter()
            .map(|u| (u.speaker, u.text.as_str()))
            .collect()
    }

    #[test]
    fn merged_by_time_across_channels() {
        let made = transcript(
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
        let made = transcript(
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
        let made = transcript(vec![lost], &BOTH, Millis(100));
        assert!(made.utterances.is_empty());
        assert_eq!(made.untranscribed[0].speaker, Speaker::Customer);
        assert_eq!(made.untranscribed[0].span, Span::new(10, 20));
    }

    #[test]
    fn one_channel_is_an_unknown_speaker() {
        let made = transcript(
            vec![heard(0, 0, 900, "您好")],
            &[Speaker::Unknown],
            Millis(1000),
        );
        assert_eq!(made.utterances[0].speaker, Speaker::Unknown);
        assert!(!made.timeline.expect("made from sound").separate_channels);
    }
}
