//! Cues one after the other, each at most so far from the one before.

use super::{Finding, Node, UnknownBecause};
use crate::{
    rules::{
        engine::{Hit, Neighbours, Region, Unheard, View, place},
        measure::Measure,
        rule::{CueId, Placement},
        truth::Truth,
    },
    transcript::Speaker,
};

#[derive(Debug)]
pub struct Sequence {
    pub steps: Vec<Step>,
    /// How far the last step may be from the first.
    pub within: Option<Measure>,
    /// `before` is asked of the last step, everything else of the first.
    pub placement: Placement,
    pub whole_call: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub cue: CueId,
    /// How far it may be from the step before.
    pub within: Option<Measure>,
}

impl Sequence {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let whole;
        let view = if self.whole_call {
            whole = view.of_whole_call();
            &whole
        } else {
            view
        };
        let sure = self.chain(view, true);
        let (mut truth, chain) = match sure {
            Some(chain) => (Truth::True, chain),
            None => match self.chain(view, false) {
                Some(chain) => (Truth::Unknown, chain),
                None => (Truth::False, Vec::new()),
            },
        };
        let mut because = None;
        if truth == Truth::False
            && let Some(unheard) = self
                .steps
                .iter()
                .find_map(|step| view.unheard(self.side(*step, view), self.region(view)))
        {
            truth = Truth::Unknown;
            because = Some(match unheard {
                Unheard::Untranscribed => UnknownBecause::Untranscribed,
                Unheard::UnsureWords => UnknownBecause::UnsureWords,
            });
        }
        let mut finding = Finding::of(node, truth, chain);
        if let Some(decided) = finding.decided.first_mut() {
            decided.unknown = because;
            if truth != Truth::True && decided.hits.is_empty() {
                // What there is of it, to show how far it came.
                decided.misplaced = self
                    .steps
                    .iter()
                    .flat_map(|step| view.hits(step.cue))
                    .copied()
                    .collect();
            }
        }
        finding
    }

    fn side(&self, step: Step, view: &View<'_>) -> Option<Speaker> {
        view.cue(step.cue).speaker
    }

    fn region(&self, view: &View<'_>) -> Region {
        let mut region = view.region();
        let first = self
            .placement
            .before
            .iter()
            .flat_map(|&cue| Neighbours::of(view, cue))
            .filter(|hit| view.counts(hit))
            .min_by_key(|hit| hit.start());
        if let Some(limit) = first {
            region.utterances.1 = region.utterances.1.min(limit.utterance as usize);
            region.time.1 = view.heard.span(limit).map(|span| span.from);
        }
        region
    }

    /// The hits of a chain that fulfils it, of sure hits only if so asked: for every hit of a
    /// step the chain that ends there and began latest.
    fn chain(&self, view: &View<'_>, only_sure: bool) -> Option<Vec<Hit>> {
        let opening = Placement {
            before: Vec::new(),
            ..self.placement.clone()
        };
        let closing = Placement {
            before: self.placement.before.clone(),
            ..Placement::default()
        };
        let last = self.steps.len() - 1;
        let mut chains: Vec<Vec<Hit>> = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let mut next: Vec<Vec<Hit>> = Vec::new();
            for hit in view.hits(step.cue) {
                if only_sure && !hit.is_sure() {
                    continue;
                }
                let stands = |placement: &Placement| {
                    let truth = place(hit, placement, view.heard, view).truth;
                    truth == Truth::True || truth == Truth::Unknown && !only_sure
                };
                if number == 0 && !stands(&opening) || number == last && !stands(&closing) {
                    continue;
                }
                if number == 0 {
                    next.push(vec![*hit]);
                    continue;
                }
                let best = chains
                    .iter()
                    .filter(|chain| self.continues(chain, hit, step, view))
                    .max_by_key(|chain| chain.first().map(Hit::start));
                if let Some(chain) = best {
                    let mut longer = chain.clone();
                    longer.push(*hit);
                    next.push(longer);
                }
            }
            chains = next;
        }
        chains.into_iter().next()
    }

    fn continues(&self, chain: &[Hit], hit: &Hit, step: &Step, view: &View<'_>) -> bool {
        let (Some(first), Some(before)) = (chain.first(), chain.last()) else {
            return false;
        };
        before.end() <= hit.start()
            && step
                .within
                .is_none_or(|within| view.heard.within(before, hit, within))
            && self
                .within
                .is_none_or(|within| view.heard.within(first, hit, within))
    }
}
