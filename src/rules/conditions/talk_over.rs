//! One side begins to speak while the other is speaking, and goes on.

use super::{Finding, Node, UnknownBecause};
use crate::{
    rules::{engine::View, reason::Words, truth::Truth},
    time::{Millis, Span},
    transcript::{Speaker, SpeechTimeline},
};

#[derive(Debug)]
pub struct TalkOver {
    pub by: Speaker,
    pub longer_than: Millis,
}

impl TalkOver {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let Some(timeline) = &view.transcript().timeline else {
            return Finding::no_times(node);
        };
        if !timeline.separate_channels {
            return Finding::of(node, Truth::Unknown, Vec::new())
                .because(UnknownBecause::OneChannel);
        }
        let spans = talked_over(timeline, self.by, self.longer_than);
        let longest = spans.iter().map(|span| span.length()).max();
        let truth = Truth::of(!spans.is_empty());
        let mut finding = Finding::of_sound(node, truth, &spans, Some(self.by), view, "talk-over");
        if let Some(longest) = longest {
            let seconds = longest.as_seconds();
            finding = finding.measured(Words {
                zh: format!("同时说话,最长 {seconds:.1} 秒"),
                en: format!("both speak, for up to {seconds:.1} s"),
            });
        }
        finding
    }
}

/// Stretches in which both speak, where `by` began later.
fn talked_over(timeline: &SpeechTimeline, by: Speaker, longer_than: Millis) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for own in timeline.speech.iter().filter(|own| own.speaker == by) {
        for other in timeline.speech.iter().filter(|other| other.speaker != by) {
            let interrupts = other.span.from < own.span.from;
            if interrupts && own.span.overlap(other.span) >= longer_than {
                found.push(Span {
                    from: own.span.from,
                    to: own.span.to.min(other.span.to),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::SpeechStretch;

    #[test]
    fn who_began_later_talks_over() {
        let stretch = |speaker, from, to| SpeechStretch {
            speaker,
            span: Span::new(from, to),
        };
        let timeline = SpeechTimeline {
            duration: Millis(20_000),
            separate_channels: true,
            speech: vec![
                stretch(Speaker::Customer, 0, 5000),
                stretch(Speaker::Agent, 2000, 8000),
                stretch(Speaker::Customer, 7500, 12_000),
            ],
        };
        let check = |by, limit, expected: Vec<Span>| {
            assert_eq!(talked_over(&timeline, by, Millis(limit)), expected);
        };
        check(Speaker::Agent, 2000, vec![Span::new(2000, 5000)]);
        check(Speaker::Agent, 3001, vec![]);
        check(Speaker::Customer, 500, vec![Span::new(7500, 8000)]);
        check(Speaker::Customer, 501, vec![]);
    }
}
