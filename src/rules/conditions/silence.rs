//! Nobody speaks for long.

use super::{Finding, Node};
use crate::{
    rules::{conditions::sound_evidence, engine::View, reason::Words, truth::Truth},
    time::{Millis, Span},
    transcript::{Speaker, SpeechTimeline},
};

#[derive(Debug)]
pub struct Silence {
    pub longer_than: Millis,
    /// Whose turn it was: silences after the other side's words. `None`: anybody's.
    pub speaker: Option<Speaker>,
}

impl Silence {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let Some(timeline) = &view.transcript().timeline else {
            return Finding::no_times(node);
        };
        let silences = silences(timeline, self.longer_than);
        let (mut sure, mut doubtful) = (Vec::new(), Vec::new());
        for (span, before) in silences {
            match (self.speaker, before) {
                (None, _) => sure.push(span),
                (Some(_), None) => {}
                (Some(_), Some(Speaker::Unknown)) => doubtful.push(span),
                (Some(own), Some(other)) if own != other => sure.push(span),
                _ => {}
            }
        }
        let truth = Truth::between(1, sure.len(), sure.len() + doubtful.len());
        let spans = if truth == Truth::True { sure } else { doubtful };
        let longest = spans.iter().map(|span| span.length()).max();
        let mut finding = Finding::of_sound(node, truth, &spans, self.speaker, view, "silence");
        if let Some(longest) = longest {
            let seconds = longest.as_seconds();
            finding = finding.measured(Words {
                zh: format!("没有人说话,最长 {seconds:.1} 秒"),
                en: format!("nobody speaks, for up to {seconds:.1} s"),
            });
        }
        finding
    }
}

/// Stretches in which nobody speaks, each with who spoke last before it.
fn silences(timeline: &SpeechTimeline, longer_than: Millis) -> Vec<(Span, Option<Speaker>)> {
    let mut found = Vec::new();
    let mut end = Millis(0);
    let mut last = None;
    let mut note = |from: Millis, to: Millis, last: Option<Speaker>| {
        if to.0.saturating_sub(from.0) >= longer_than.0 && to > from {
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
    note(end, timeline.duration, last);
    found
}

impl<'r> Finding<'r> {
    /// A transcript that came without sound says nothing about it.
    pub(super) fn no_times(node: &'r Node) -> Finding<'r> {
        Finding::of(node, Truth::Unknown, Vec::new()).because(super::UnknownBecause::NoTimes)
    }

    /// A finding that rests on stretches of the recording.
    pub(super) fn of_sound(
        node: &'r Node,
        truth: Truth,
        spans: &[Span],
        speaker: Option<Speaker>,
        view: &View<'_>,
        cue: &str,
    ) -> Finding<'r> {
        let mut finding = Finding::of(node, truth, Vec::new());
        finding.sound = sound_evidence(spans, speaker, truth != Truth::True, view, cue);
        finding.at = finding.sound.iter().map(|evidence| evidence.turn).collect();
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::SpeechStretch;

    #[test]
    fn between_and_at_the_ends() {
        let stretch = |speaker, from, to| SpeechStretch {
            speaker,
            span: Span::new(from, to),
        };
        let timeline = SpeechTimeline {
            duration: Millis(60_000),
            separate_channels: true,
            speech: vec![
                stretch(Speaker::Agent, 1000, 20_000),
                stretch(Speaker::Customer, 2000, 3000),
                stretch(Speaker::Customer, 36_000, 44_000),
            ],
        };
        assert_eq!(
            silences(&timeline, Millis(15_000)),
            vec![
                (Span::new(20_000, 36_000), Some(Speaker::Agent)),
                (Span::new(44_000, 60_000), Some(Speaker::Customer)),
            ]
        );
    }
}
