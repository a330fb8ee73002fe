//! What must be neither read nor heard of a call: numbers of people, secrets, and names where the
//! setting asks for it.

use crate::{
    text::{introduced_names, mask_ranges},
    time::{Millis, Span},
    transcript::{Transcript, Utterance},
};

/// What is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HidingSettings {
    /// Telephone, identity and card numbers, passwords and codes.
    pub numbers: bool,
    /// Names that people give themselves (我叫…, 我是…).
    pub names: bool,
}

impl Default for HidingSettings {
    fn default() -> HidingSettings {
        HidingSettings {
            numbers: true,
            names: false,
        }
    }
}

/// Where in a transcript, and where in its recording, something is hidden.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden {
    /// For each utterance half-open ranges of characters, in rising order, not overlapping.
    pub ranges: Vec<Vec<(usize, usize)>>,
    /// Stretches of the recording in rising order, not overlapping.
    pub spans: Vec<Span>,
}

/// Words' times are the recogniser's guess: a beep begins this much earlier and ends this much later.
const MARGIN: Millis = Millis(160);

/// An answer in between (嗯, 好的) that does not end a number told in pieces.
const SHORT_ANSWER_CHARS: usize = 5;

/// What `settings` want hidden. A number told in pieces, with the other's 嗯 in between, is one.
///
/// In the recording the whole number is hidden, also the last digits that stay readable, and every
/// stretch of speech whose words nobody knows: it may hold a number.
pub fn hidden(transcript: &Transcript, settings: HidingSettings) -> Hidden {
    let said = &transcript.utterances;
    let mut ranges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); said.len()];
    if settings.numbers {
        for told in told_together(said) {
            hide_numbers(said, &told, &mut ranges);
        }
    }
    let mut spans: Vec<Span> = Vec::new();
    for (utterance, ranges) in said.iter().zip(&mut ranges) {
        if settings.names {
            ranges.extend(introduced_names(&utterance.text));
        }
        *ranges = merged(std::mem::take(ranges));
        spans.extend(
            ranges
                .iter()
                .filter_map(|&range| sound_of(utterance, range)),
        );
    }
    if settings.numbers {
        spans.extend(transcript.untranscribed.iter().map(|gap| gap.span));
    }
    Hidden {
        ranges,
        spans: merged_spans(spans),
    }
}

impl Hidden {
    /// The characters `from..to` of an utterance as they may be shown.
    pub fn shown(&self, turn: usize, text: &str, from: usize) -> String {
        let none = Vec::new();
        let ranges = self.ranges.get(turn).unwrap_or(&none);
        text.chars()
            .enumerate()
            .map(|(at, c)| {
                let at = from + at;
                match ranges.iter().any(|&(from, to)| from <= at && at < to) {
                    true => '＊',
                    false => c,
                }
            })
            .collect()
    }
}

/// Utterances of one speaker that follow each other with nothing but short answers in between.
fn told_together(said: &[Utterance]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for speaker in [
        crate::transcript::Speaker::Agent,
        crate::transcript::Speaker::Customer,
        crate::transcript::Speaker::Unknown,
    ] {
        let mut group: Vec<usize> = Vec::new();
        for (turn, utterance) in said.iter().enumerate() {
            if utterance.speaker == speaker {
                group.push(turn);
            } else if utterance.text.chars().count() > SHORT_ANSWER_CHARS && !group.is_empty() {
                groups.push(std::mem::take(&mut group));
            }
        }
        groups.extend((!group.is_empty()).then_some(group));
    }
    groups
}

fn hide_numbers(said: &[Utterance], told: &[usize], ranges: &mut [Vec<(usize, usize)>]) {
    for &turn in told {
        ranges[turn].extend(mask_ranges(&said[turn].text));
    }
    if told.len() == 1 {
        return;
    }
    // A full stop between the pieces would part the number; a comma does not.
    let piece = |turn: usize| {
        said[turn]
            .text
            .trim_end_matches(['。', '.', '？', '?', '！', '!'])
    };
    let joined: Vec<&str> = told.iter().map(|&turn| piece(turn)).collect();
    let found = mask_ranges(&joined.join("，"));
    let mut start = 0;
    for (&turn, piece) in told.iter().zip(joined) {
        let length = piece.chars().count();
        for &(from, to) in &found {
            let (from, to) = (from.max(start), to.min(start + length));
            if from < to {
                ranges[turn].push((from - start, to - start));
            }
        }
        start += length + 1;
    }
}

/// The time of the characters and of the digits right behind them, with a margin.
fn sound_of(utterance: &Utterance, (from, to): (usize, usize)) -> Option<Span> {
    let rest = utterance.text.chars().skip(to);
    let shown = rest
        .take_while(|c| {
            c.is_ascii_alphanumeric() || "零〇一二三四五六七八九幺两洞拐勾".contains(*c)
        })
        .count();
    let span = utterance.span_of_chars(from, to + shown)?;
    Some(Span::new(
        span.from.0.saturating_sub(MARGIN.0),
        span.to.0 + MARGIN.0,
    ))
}

fn merged(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (from, to) in ranges {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// Spans that touch or overlap become one.
pub(super) fn merged_spans(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.from, span.to));
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.from <= last.to => *last = last.cover(span),
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Speaker, Untranscribed, UntranscribedCause, Word};

    /// One character a word of 100 ms.
    fn said(speaker: Speaker, from: u64, text: &str) -> Utterance {
        let words: Vec<Word> = text
            .chars()
            .zip(0..)
            .map(|(c, index)| Word {
                text: c.to_string(),
                span: Span::new(from + index * 100, from + index * 100 + 100),
                probability: 0.9,
            })
            .collect();
        Utterance {
            speaker,
            span: Some(Span::new(from, from + 100 * words.len() as u64)),
            text: text.into(),
            probability: Some(0.9),
            speaker_certainty: None,
            words,
        }
    }

    fn shown(transcript: &Transcript, hidden: &Hidden) -> Vec<String> {
        let lines = transcript.utterances.iter().enumerate();
        lines
            .map(|(turn, said)| hidden.shown(turn, &said.text, 0))
            .collect()
    }

    #[test]
    fn a_number_is_hidden_in_words_and_in_sound() {
        let transcript = Transcript {
            utterances: vec![said(
                Speaker::Customer,
                1000,
                "我的是幺三八零零幺三八零零零对",
            )],
            ..Transcript::default()
        };
        let hidden = hidden(&transcript, HidingSettings::default());
        assert_eq!(
            shown(&transcript, &hidden),
            ["我的是＊＊＊＊＊＊＊＊＊零零对"]
        );
        // Characters 3 to 14, the two shown ones included, and the margin.
        assert_eq!(hidden.spans, [Span::new(1300 - 160, 2400 + 160)]);
    }

    #[test]
    fn a_number_told_in_pieces_is_one() {
        let transcript = Transcript {
            utterances: vec![
                said(Speaker::Customer, 0, "幺三八。"),
                said(Speaker::Agent, 1000, "嗯。"),
                said(Speaker::Customer, 2000, "零零幺三，"),
                said(Speaker::Customer, 3000, "八零零零。"),
            ],
            ..Transcript::default()
        };
        let hidden = hidden(&transcript, HidingSettings::default());
        assert_eq!(
            shown(&transcript, &hidden),
            ["＊＊＊。", "嗯。", "＊＊＊＊＊", "＊＊零零。"]
        );
        assert_eq!(hidden.spans.len(), 3);
    }

    #[test]
    fn names_when_asked_for_and_speech_that_nobody_understood() {
        let transcript = Transcript {
            utterances: vec![said(Speaker::Customer, 0, "我叫王小明")],
            untranscribed: vec![Untranscribed {
                speaker: Speaker::Customer,
                span: Span::new(5000, 6000),
                cause: UntranscribedCause::LowProbability,
            }],
            timeline: None,
        };
        let settings = HidingSettings {
            names: true,
            ..HidingSettings::default()
        };
        let with_names = hidden(&transcript, settings);
        assert_eq!(shown(&transcript, &with_names), ["我叫＊＊＊"]);
        assert_eq!(with_names.spans.len(), 2);
        let without = hidden(&transcript, HidingSettings::default());
        assert_eq!(without.spans, [Span::new(5000, 6000)]);
    }
}
