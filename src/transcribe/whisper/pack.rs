//! Stretches of one channel's speech that share a window, and whose words are whose.

use super::words::{Token, words_of};
use crate::{
    audio::SAMPLE_RATE_HZ,
    speech::SpeechSegment,
    time::{Millis, Span},
    transcript::Word,
};

/// Silence between two stretches, so that the model hears two.
const GAP: Millis = Millis(480);

/// Stretches in the order of time.
#[derive(Default)]
pub(super) struct Pack {
    segments: Vec<SpeechSegment>,
}

impl Pack {
    pub fn segments(&self) -> &[SpeechSegment] {
        &self.segments
    }

    pub fn add(&mut self, segment: SpeechSegment) {
        self.segments.push(segment);
    }

    /// How many samples the pack has, with the silence between its stretches.
    pub fn samples(&self) -> usize {
        let speech: usize = self.segments.iter().map(|s| s.samples.len()).sum();
        speech + gap_samples() * self.segments.len().saturating_sub(1)
    }

    /// As [`Pack::samples`], with one stretch more.
    pub fn samples_with(&self, segment: &SpeechSegment) -> usize {
        let gap = if self.segments.is_empty() {
            0
        } else {
            gap_samples()
        };
        self.samples() + gap + segment.samples.len()
    }

    /// The sound of all stretches with the silence between them.
    pub fn joined(&self) -> Vec<f32> {
        let mut joined = Vec::with_capacity(self.samples());
        for segment in &self.segments {
            if !joined.is_empty() {
                joined.resize(joined.len() + gap_samples(), 0.0);
            }
            joined.extend(&segment.samples);
        }
        joined
    }

    /// Each stretch's words, with times from the start of the recording.
    ///
    /// Words are placed on an axis that has no gaps: a run of tokens that the model let go on over
    /// a gap is then shared out by how long each stretch is. A word belongs where its middle lies.
    pub fn words(&self, tokens: Vec<Token>) -> Vec<Vec<Word>> {
        let lengths: Vec<u64> = self
            .segments
            .iter()
            .map(|s| Millis::from_samples(s.samples.len() as u64, SAMPLE_RATE_HZ).0)
            .collect();
        let tokens = tokens.into_iter().map(|token| match token {
            Token::Time(at) => Token::Time(without_gaps(at, &lengths)),
            text @ Token::Text { .. } => text,
        });
        let all = words_of(tokens, Span::new(0, lengths.iter().sum()));
        let mut shared = vec![Vec::new(); self.segments.len()];
        for mut word in all {
            let middle = (word.span.from.0 + word.span.to.0) / 2;
            let (mut index, mut from) = (0, 0);
            while index + 1 < lengths.len() && middle >= from + lengths[index] {
                from += lengths[index];
                index += 1;
            }
            let window = self.segments[index].window;
            let place = |at: Millis| (window.from.0 + at.0.saturating_sub(from)).min(window.to.0);
            word.span = Span::new(place(word.span.from), place(word.span.to));
            shared[index].push(word);
        }
        shared
    }
}

fn gap_samples() -> usize {
    GAP.to_samples(SAMPLE_RATE_HZ) as usize
}

/// A time in the window on the axis without gaps; one within a gap is where the gap begins.
fn without_gaps(at: Millis, lengths: &[u64]) -> Millis {
    let (mut left, mut placed) = (at.0, 0);
    for length in lengths {
        if left <= length + GAP.0 {
            return Millis(placed + left.min(*length));
        }
        left -= length + GAP.0;
        placed += length;
    }
    Millis(placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(from: u64, to: u64) -> SpeechSegment {
        SpeechSegment {
            channel: 0,
            span: Span::new(from, to),
            window: Span::new(from, to),
            samples: vec![0.5; (to - from) as usize * 16],
        }
    }

    fn text(text: &str) -> Token {
        Token::Text {
            bytes: text.as_bytes().to_vec(),
            probability: 0.9,
        }
    }

    fn said(pack: &Pack, tokens: Vec<Token>) -> Vec<(String, Vec<Span>)> {
        let words = pack.words(tokens).into_iter();
        let seen = words.map(|words| {
            let said = words.iter().map(|word| word.text.as_str()).collect();
            (said, words.iter().map(|word| word.span).collect())
        });
        seen.collect()
    }

    /// A second of speech at 5 s, two seconds at 9 s.
    fn pack() -> Pack {
        Pack {
            segments: vec![segment(5000, 6000), segment(9000, 11_000)],
        }
    }

    #[test]
    fn stretches_stand_apart_in_the_window() {
        let (pack, gap) = (pack(), gap_samples());
        let joined = pack.joined();
        assert_eq!(joined.len(), pack.samples());
        assert_eq!(joined.len(), 48_000 + gap);
        assert!(joined[16_000..16_000 + gap].iter().all(|s| *s == 0.0));
        assert_eq!(Pack::default().samples_with(&segment(0, 1000)), 16_000);
        assert_eq!(pack.samples_with(&segment(0, 1000)), 64_000 + 2 * gap);
    }

    #[test]
    fn times_say_which_stretch_a_word_is_of() {
        let tokens = vec![
            Token::Time(Millis(0)),
            text("您好"),
            Token::Time(Millis(1200)),
            Token::Time(Millis(1480)),
            text("请讲"),
            Token::Time(Millis(3480)),
        ];
        let expected = [
            ("您好".to_owned(), vec![Span::new(5000, 6000)]),
            ("请讲".to_owned(), vec![Span::new(9000, 11_000)]),
        ];
        assert_eq!(said(&pack(), tokens), expected);
    }

    #[test]
    fn a_run_over_the_gap_is_shared_out_by_length() {
        let letters = ["一", "二", "三", "四", "五", "六"].map(text);
        let seen = said(&pack(), letters.to_vec());
        assert_eq!(seen[0].0, "一二");
        assert_eq!(seen[1].0, "三四五六");
        assert_eq!(seen[1].1[0], Span::new(9000, 9500));
        assert_eq!(seen[1].1[3], Span::new(10_500, 11_000));
    }

    #[test]
    fn words_never_leave_their_stretch() {
        for at in (0..6000).step_by(20) {
            let tokens = vec![text("好"), Token::Time(Millis(at)), text("的")];
            for (index, words) in pack().words(tokens).iter().enumerate() {
                let window = pack().segments[index].window;
                for word in words {
                    assert!(word.span.from >= window.from && word.span.to <= window.to);
                }
            }
        }
    }
}
