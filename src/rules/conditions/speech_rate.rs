//! How many characters a minute a side says, kept up for a while.

use super::{Finding, Node, UnknownBecause};
use crate::{
    acoustics::{Said, said_by},
    rules::{engine::View, reason::Words, truth::Truth},
    time::{Millis, Span},
    transcript::Speaker,
};

#[derive(Debug)]
pub struct SpeechRate {
    pub speaker: Speaker,
    /// Characters a minute.
    pub above: Option<u32>,
    pub below: Option<u32>,
    /// Speaking time over which the rate is kept up.
    pub over: Millis,
}

impl SpeechRate {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let utterances = &view.transcript().utterances;
        let own = said_by(utterances, |speaker| speaker == self.speaker);
        let anybody = said_by(utterances, |speaker| {
            speaker == self.speaker || speaker == Speaker::Unknown
        });
        if anybody.is_empty() {
            return Finding::no_times(node);
        }
        let sure = self.extreme(&own);
        let possible = self.extreme(&anybody);
        let (truth, stretch) = match (sure, possible) {
            (Some(stretch), _) => (Truth::True, Some(stretch)),
            (None, Some(stretch)) => (Truth::Unknown, Some(stretch)),
            (None, None) => (Truth::False, None),
        };
        let spans: Vec<Span> = stretch.iter().map(|(span, _)| *span).collect();
        let mut finding =
            Finding::of_sound(node, truth, &spans, Some(self.speaker), view, "speech-rate");
        if let Some((_, rate)) = stretch {
            finding = finding.measured(Words {
                zh: format!("每分钟 {rate:.0} 字"),
                en: format!("{rate:.0} characters a minute"),
            });
        }
        match truth {
            Truth::Unknown => finding.because(UnknownBecause::OneChannel),
            _ => finding,
        }
    }

    /// The stretch of speaking time of `over` or a little more that most breaks the limit.
    fn extreme(&self, said: &[Said]) -> Option<(Span, f64)> {
        let mut worst: Option<(Span, f64)> = None;
        for first in 0..said.len() {
            let (mut characters, mut time) = (0_u64, 0_u64);
            for last in first..said.len() {
                characters += u64::from(said[last].characters);
                time += said[last].span.length().0;
                if time < self.over.0.max(1) {
                    continue;
                }
                let rate = characters as f64 * 60_000.0 / time as f64;
                let breaks = self.above.is_some_and(|limit| rate > f64::from(limit))
                    || self.below.is_some_and(|limit| rate < f64::from(limit));
                let worse = worst.is_none_or(|(_, known)| match self.above {
                    Some(_) => rate > known,
                    None => rate < known,
                });
                if breaks && worse {
                    worst = Some((said[first].span.cover(said[last].span), rate));
                }
                break;
            }
        }
        worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(characters: u32, from: u64, to: u64) -> Said {
        Said {
            characters,
            span: Span::new(from, to),
        }
    }

    #[test]
    fn only_when_kept_up() {
        let rate = SpeechRate {
            speaker: Speaker::Agent,
            above: Some(330),
            below: None,
            over: Millis(10_000),
        };
        // 30 characters in 3 s are fast, but not for 10 s.
        assert_eq!(rate.extreme(&[said(30, 0, 3000)]), None);
        assert_eq!(
            rate.extreme(&[said(30, 0, 3000), said(20, 8000, 15_000)]),
            None
        );
        // Pauses between utterances are no speaking time.
        assert_eq!(
            rate.extreme(&[said(30, 0, 5000), said(30, 60_000, 65_000)]),
            Some((Span::new(0, 65_000), 360.0))
        );
    }
}
