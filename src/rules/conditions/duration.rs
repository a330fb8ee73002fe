//! How long the recording is.

use super::{Finding, Node};
use crate::{
    rules::{engine::View, reason::Words, truth::Truth},
    time::Millis,
};

#[derive(Debug)]
pub struct Duration {
    pub at_least: Option<Millis>,
    pub at_most: Option<Millis>,
}

impl Duration {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let Some(timeline) = &view.transcript().timeline else {
            return Finding::no_times(node);
        };
        let length = timeline.duration;
        let holds = self.at_least.is_none_or(|least| length >= least)
            && self.at_most.is_none_or(|most| length <= most);
        let seconds = length.as_seconds();
        Finding::of(node, Truth::of(holds), Vec::new()).measured(Words {
            zh: format!("录音长 {seconds:.1} 秒"),
            en: format!("the recording is {seconds:.1} s long"),
        })
    }
}
