//! How cues hang together: the order in which they are heard, rings, and cues that nobody uses.

use super::{Sink, names::Names};
use crate::rules::{
    diagnostics::{Diagnostic, Problem},
    rule::{Cue, CueId, Rule},
};

/// The cues in an order in which each comes after those that it refers to.
pub(super) fn order(cues: &[Cue], names: &Names, found: &mut Vec<Diagnostic>) -> Vec<CueId> {
    let mut walk = Walk {
        cues,
        state: vec![State::New; cues.len()],
        path: Vec::new(),
        order: Vec::with_capacity(cues.len()),
        rings: Vec::new(),
    };
    for index in 0..cues.len() {
        walk.visit(CueId(index as u32));
    }
    for ring in walk.rings {
        let (path, span) = names.places[ring[0].index()].clone();
        let mut named: Vec<String> = ring
            .iter()
            .map(|id| cues[id.index()].name.clone())
            .collect();
        named.push(named[0].clone());
        let mut sink = Sink { path: &path, found };
        sink.put(span, Problem::CueRing(named));
    }
    walk.order
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    cues: &'a [Cue],
    state: Vec<State>,
    path: Vec<CueId>,
    order: Vec<CueId>,
    rings: Vec<Vec<CueId>>,
}

impl Walk<'_> {
    fn visit(&mut self, id: CueId) {
        match self.state[id.index()] {
            State::Done => return,
            State::Open => {
                let from = self.path.iter().position(|&on_path| on_path == id);
                self.rings.push(self.path[from.unwrap_or(0)..].to_vec());
                return;
            }
            State::New => {}
        }
        self.state[id.index()] = State::Open;
        self.path.push(id);
        let cue = &self.cues[id.index()];
        let others: Vec<CueId> = cue
            .any_of
            .iter()
            .copied()
            .chain(cue.placement.cues())
            .collect();
        for other in others {
            self.visit(other);
        }
        self.path.pop();
        self.state[id.index()] = State::Done;
        self.order.push(id);
    }
}

/// A rule's own cue that none of its conditions needs. Shared cues may wait for a rule.
pub(super) fn unused(
    cues: &[Cue],
    rules: &[Rule],
    names: &Names,
    broken: bool,
    found: &mut Vec<Diagnostic>,
) {
    for (index, cue) in cues.iter().enumerate() {
        let id = CueId(index as u32);
        let Some(owner) = &cue.rule else { continue };
        let used = rules
            .iter()
            .find(|rule| rule.id == *owner)
            .is_none_or(|rule| rule.cues.contains(&id));
        let (path, span) = names.places[index].clone();
        // Where a name is mistyped, the cue that it meant is no second mistake.
        let mistyped = found.iter().any(|diagnostic| {
            diagnostic.path == path && matches!(diagnostic.problem, Problem::UnknownCue { .. })
        });
        if !used && !broken && !mistyped && cue.topic.is_none() {
            let mut sink = Sink { path: &path, found };
            sink.put(span, Problem::UnusedCue(cue.name.clone()));
        }
    }
}
