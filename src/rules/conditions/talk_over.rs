//! One side begins to speak while the other is speaking, and goes on.

use super::{Finding, Node, UnknownBecause};
use crate::{
    acoustics,
    rules::{engine::View, reason::Words, truth::Truth},
    time::Millis,
    transcript::Speaker,
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
        let spans = acoustics::talk_overs(timeline, self.by, self.longer_than);
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
