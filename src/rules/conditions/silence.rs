//! Nobody speaks for long.

use super::{Finding, Node};
use crate::{
    acoustics,
    rules::{conditions::sound_evidence, engine::View, reason::Words, truth::Truth},
    time::{Millis, Span},
    transcript::Speaker,
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
        let silences = acoustics::silences(timeline, self.longer_than);
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
