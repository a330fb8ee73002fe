//! A side says anything at all.

use super::{Finding, Node};
use crate::{
    rules::{engine::View, truth::Truth},
    transcript::Speaker,
};

#[derive(Debug)]
pub struct Speaks(pub Speaker);

impl Speaks {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let transcript = view.transcript();
        let first_by = |speaker: Speaker| {
            transcript
                .utterances
                .iter()
                .position(|utterance| utterance.speaker == speaker)
        };
        let (truth, at) = match (first_by(self.0), first_by(Speaker::Unknown)) {
            (Some(first), _) => (Truth::True, vec![first]),
            // On one channel somebody speaks, and each side does in a call.
            (None, Some(first)) => (Truth::True, vec![first]),
            (None, None) => (Truth::False, Vec::new()),
        };
        let mut finding = Finding::of(node, truth, Vec::new());
        finding.at = at;
        finding
    }
}
