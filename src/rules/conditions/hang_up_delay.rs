//! How long the line stays open after the last word.

use super::{Finding, Node};
use crate::{
    acoustics,
    rules::{engine::View, reason::Words, truth::Truth},
    time::Millis,
};

#[derive(Debug)]
pub struct HangUpDelay {
    pub longer_than: Millis,
}

impl HangUpDelay {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let Some(timeline) = &view.transcript().timeline else {
            return Finding::no_times(node);
        };
        let open = acoustics::after_last_words(timeline);
        let truth = Truth::of(open.length() > self.longer_than);
        let spans = if truth == Truth::True {
            vec![open]
        } else {
            Vec::new()
        };
        let seconds = open.length().as_seconds();
        Finding::of_sound(node, truth, &spans, None, view, "hang-up-delay").measured(Words {
            zh: format!("最后一句话之后 {seconds:.1} 秒才挂断"),
            en: format!("the line stays open for {seconds:.1} s after the last words"),
        })
    }
}
