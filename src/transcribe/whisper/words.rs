//! From decoded tokens to words: whole characters, with times and probabilities.

use crate::{
    time::{Millis, Span},
    transcript::Word,
};

/// What a decoded token says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A time from the start of the window.
    Time(Millis),
    /// Bytes of text: not always whole characters.
    Text { bytes: Vec<u8>, probability: f32 },
}

/// Words with times from the start of the recording: every run of tokens that makes whole
/// characters, its time shared out by characters between the time tokens around it.
pub(super) fn words_of(tokens: impl Iterator<Item = Token>, window: Span) -> Vec<Word> {
    let mut words = Vec::new();
    let mut run: Vec<(Vec<u8>, f32)> = Vec::new();
    let mut from = Millis(0);
    let end = window.length();
    let mut close = |run: &mut Vec<(Vec<u8>, f32)>, from: Millis, to: Millis| {
        place(
            &whole_characters(run.drain(..)),
            from,
            to,
            window,
            &mut words,
        );
    };
    for token in tokens {
        match token {
            Token::Time(at) => {
                let at = at.min(end);
                close(&mut run, from, at);
                from = at;
            }
            Token::Text { bytes, probability } => run.push((bytes, probability)),
        }
    }
    close(&mut run, from, end);
    words
}

/// Joins tokens until they make whole characters: a character may be split across tokens.
/// Bytes that never become text are shown as U+FFFD, as few as possible.
fn whole_characters(tokens: impl Iterator<Item = (Vec<u8>, f32)>) -> Vec<(String, f32)> {
    let mut pieces = Vec::new();
    let mut bytes = Vec::new();
    let mut probabilities = Vec::new();
    for (more, probability) in tokens {
        bytes.extend(more);
        probabilities.push(probability);
        let whole = match std::str::from_utf8(&bytes) {
            Ok(_) => true,
            // An error with no length is a character cut short: the next token may end it.
            Err(error) => error.error_len().is_some(),
        };
        if whole {
            pieces.push(piece(&mut bytes, &mut probabilities));
        }
    }
    if !bytes.is_empty() {
        pieces.push(piece(&mut bytes, &mut probabilities));
    }
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

fn piece(bytes: &mut Vec<u8>, probabilities: &mut Vec<f32>) -> (String, f32) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mean = probabilities.iter().sum::<f32>() / probabilities.len().max(1) as f32;
    bytes.clear();
    probabilities.clear();
    (text, mean)
}

/// Shares the time `from..to` (from the window's start) out among the pieces by characters.
fn place(pieces: &[(String, f32)], from: Millis, to: Millis, window: Span, words: &mut Vec<Word>) {
    let characters: u64 = pieces
        .iter()
        .map(|(text, _)| text.chars().count() as u64)
        .sum();
    let length = to.0.saturating_sub(from.0);
    let mut before = 0;
    for (text, probability) in pieces {
        let after = before + text.chars().count() as u64;
        let at = |characters_before: u64| {
            window.from.0 + from.0 + length * characters_before / characters.max(1)
        };
        words.push(Word {
            text: text.clone(),
            span: Span::new(at(before), at(after)),
            probability: in_thousandths(*probability),
        });
        before = after;
    }
}

/// As fine as the store keeps it, so that judging again gives the same verdict.
fn in_thousandths(probability: f32) -> f32 {
    (probability.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], probability: f32) -> Token {
        Token::Text {
            bytes: bytes.to_vec(),
            probability,
        }
    }

    #[test]
    fn time_tokens_place_the_words() {
        let tokens = [
            Token::Time(Millis(100)),
            text("违约".as_bytes(), 0.8),
            text("金".as_bytes(), 0.6),
            Token::Time(Millis(400)),
            Token::Time(Millis(500)),
            text("好".as_bytes(), 1.0),
        ];
        let words = words_of(tokens.into_iter(), Span::new(1000, 1700));
        let seen: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.span)).collect();
        assert_eq!(
            seen,
            [
                ("违约", Span::new(1100, 1300)),
                ("金", Span::new(1300, 1400)),
                ("好", Span::new(1500, 1700))
            ]
        );
    }

    #[test]
    fn characters_split_across_tokens_are_joined() {
        let bytes = "违约".as_bytes();
        let tokens = [
            text(&bytes[..2], 0.4),
            text(&bytes[2..4], 0.6),
            text(&bytes[4..], 0.5),
        ];
        let words = words_of(tokens.into_iter(), Span::new(0, 1000));
        assert_eq!(words.len(), 1);
        assert_eq!(words[0].text, "违约");
        assert!((words[0].probability - 0.5).abs() < 1e-6);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_lose_their_neighbours() {
        let tokens = [text("好".as_bytes(), 0.9), text(&[0xe8, 0xbf], 0.9)];
        let words = words_of(tokens.into_iter(), Span::new(0, 1000));
        let said: String = words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(said, "好\u{fffd}");
    }

    #[test]
    fn times_never_leave_the_window() {
        let tokens = [text("好".as_bytes(), 0.9), Token::Time(Millis(29_980))];
        let words = words_of(tokens.into_iter(), Span::new(500, 900));
        assert_eq!(words[0].span, Span::new(500, 900));
    }
}
