//! A cue is heard: so often, by whom, where.

use super::{Finding, Node, UnknownBecause};
use crate::rules::{
    engine::{Doubt, Hit, Neighbours, Region, Unheard, View, may_be, place},
    measure::Measure,
    rule::{CueId, Placement},
    truth::Truth,
};
use crate::{time::Millis, transcript::Speaker};

#[derive(Debug)]
pub struct HeardCue {
    pub cue: CueId,
    pub speaker: Option<Speaker>,
    /// In how many turns at least; 0 when only `max` was asked for.
    pub min: u32,
    pub max: Option<u32>,
    pub window: Option<Window>,
    pub placement: Placement,
    pub reset_by: Vec<CueId>,
    /// Look in the whole call even in a rule with `each`.
    pub whole_call: bool,
}

/// The beginning or the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    First(Measure),
    Last(Measure),
}

/// The hits in one stretch between resets.
struct Counted {
    truth: Truth,
    /// Hits that count towards the number, by turn.
    hits: Vec<Hit>,
}

impl HeardCue {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let whole;
        let view = if self.whole_call {
            whole = view.of_whole_call();
            &whole
        } else {
            view
        };
        let mut placed = Vec::new();
        let mut misplaced = Vec::new();
        for hit in view.hits(self.cue) {
            match self.stands(hit, view) {
                Some(hit) => placed.push(hit),
                None => misplaced.push(*hit),
            }
        }
        let mut counted = self.count_between_resets(&placed, view);
        let mut because = None;
        // What is missing may only have gone unheard.
        if counted.truth == Truth::False
            && self.min > 0
            && !self.exceeds(&counted.hits, view)
            && let Some(unheard) = view.unheard(self.side(view), self.region(view))
        {
            counted.truth = Truth::Unknown;
            because = Some(match unheard {
                Unheard::Untranscribed => UnknownBecause::Untranscribed,
                Unheard::UnsureWords => UnknownBecause::UnsureWords,
            });
        }
        let mut finding = Finding::of(node, counted.truth, counted.hits);
        finding.at = self.deciding_turns(&finding, view);
        if let Some(decided) = finding.decided.first_mut() {
            decided.misplaced = misplaced;
            decided.unknown = because;
        }
        finding
    }

    /// The side that would have to say it.
    fn side(&self, view: &View<'_>) -> Option<Speaker> {
        self.speaker.or(view.cue(self.cue).speaker)
    }

    /// The hit as it counts here, or `None` when it stands in the wrong place.
    fn stands(&self, hit: &Hit, view: &View<'_>) -> Option<Hit> {
        let mut hit = *hit;
        if let Some(wanted) = self.speaker {
            let speaker = view.transcript().utterances[hit.utterance as usize].speaker;
            if !may_be(speaker, wanted) {
                return None;
            }
            if speaker == Speaker::Unknown {
                hit.doubt = hit.doubt.or(Some(Doubt::UnknownSpeaker));
            }
        }
        if let Some(window) = self.window
            && !window.holds(&hit, self.side(view), view)
        {
            return None;
        }
        let placed = place(&hit, &self.placement, view.heard, view);
        hit.partner = placed.partner.or(hit.partner);
        match placed.truth {
            Truth::False => None,
            Truth::True => Some(hit),
            Truth::Unknown => {
                hit.doubt = hit.doubt.or(Some(Doubt::Neighbour));
                Some(hit)
            }
        }
    }

    /// Counts anew after each cue of `reset-by`; the stretch that fulfils it most decides.
    fn count_between_resets(&self, placed: &[Hit], view: &View<'_>) -> Counted {
        if self.reset_by.is_empty() {
            return self.count(placed, view);
        }
        let sure = self.best_stretch(placed, view, true);
        let all = self.best_stretch(placed, view, false);
        if sure.truth == all.truth {
            sure
        } else {
            // Whether it was a reset is doubtful, and it matters.
            Counted {
                truth: Truth::Unknown,
                hits: sure.hits,
            }
        }
    }

    fn best_stretch(&self, placed: &[Hit], view: &View<'_>, only_sure: bool) -> Counted {
        let mut borders: Vec<(u32, u32)> = self
            .reset_by
            .iter()
            .flat_map(|&cue| view.hits(cue))
            .filter(|reset| reset.is_sure() || !only_sure)
            .map(Hit::start)
            .collect();
        borders.sort_unstable();
        borders.push((u32::MAX, u32::MAX));
        let mut best: Option<Counted> = None;
        let mut from = (0, 0);
        for to in borders {
            let stretch: Vec<Hit> = placed
                .iter()
                .filter(|hit| from <= hit.start() && hit.start() < to)
                .filter(|hit| self.follows_within(hit, from, view))
                .copied()
                .collect();
            let counted = self.count(&stretch, view);
            let better = best
                .as_ref()
                .is_none_or(|best| counted.truth.or(best.truth) != best.truth);
            if better {
                best = Some(counted);
            }
            from = to;
        }
        best.unwrap_or(Counted {
            truth: Truth::False,
            hits: Vec::new(),
        })
    }

    /// After a reset, what must come `after` something must come after it anew.
    fn follows_within(&self, hit: &Hit, from: (u32, u32), view: &View<'_>) -> bool {
        self.placement.after.is_empty()
            || self
                .placement
                .after
                .iter()
                .flat_map(|&cue| view.hits(cue))
                .any(|other| from <= other.start() && other.end() <= hit.start())
    }

    fn count(&self, hits: &[Hit], view: &View<'_>) -> Counted {
        let (sure, possible) = turns(hits, view);
        let mut truth = Truth::between(self.min as usize, sure, possible);
        if let Some(max) = self.max {
            truth = truth.and(Truth::between(max as usize + 1, sure, possible).negated());
        }
        // With a sure hit in a turn, its doubtful ones say nothing more.
        let deciding = |hit: &&Hit| truth == Truth::Unknown || hit.is_sure();
        Counted {
            truth,
            hits: hits.iter().filter(deciding).copied().collect(),
        }
    }

    fn exceeds(&self, hits: &[Hit], view: &View<'_>) -> bool {
        self.max
            .is_some_and(|max| turns(hits, view).0 > max as usize)
    }

    /// From the turn on which reached the number, where a number was asked for; with them the
    /// question that they answer.
    fn deciding_turns(&self, finding: &Finding<'_>, view: &View<'_>) -> Vec<usize> {
        let free = match self.max {
            Some(max) => max as usize,
            None => self.min.saturating_sub(1) as usize,
        };
        let mut seen = Vec::new();
        let mut at = Vec::new();
        for hit in &finding.hits {
            let utterance = hit.utterance as usize;
            let turn = view.heard.turn(utterance);
            if !seen.contains(&turn) {
                seen.push(turn);
            }
            if seen.len() > free || finding.truth == Truth::Unknown {
                at.push(utterance);
                if let Some((cue, index)) = hit.partner {
                    let partner = &view.heard.hits[cue.index()][index as usize];
                    at.push(partner.utterance as usize);
                }
            }
        }
        at
    }

    /// Where the cue would have to be: not before what it must follow, not after what it must
    /// precede, inside the window.
    fn region(&self, view: &View<'_>) -> Region {
        let mut region = view.region();
        let place = &self.placement;
        let hits = |cues: &'_ [CueId]| {
            cues.iter()
                .flat_map(|&cue| Neighbours::of(view, cue).iter())
                .filter(|hit| view.counts(hit))
                .copied()
                .collect::<Vec<Hit>>()
        };
        let last_before = hits(&place.before);
        if let Some(limit) = last_before.iter().min_by_key(|hit| hit.start()) {
            region.utterances.1 = region.utterances.1.min(limit.utterance as usize);
            region.time.1 = view.heard.span(limit).map(|span| span.from);
        }
        let earliest = hits(&[place.after.as_slice(), place.answer_to.as_slice()].concat());
        if let Some(limit) = earliest.iter().min_by_key(|hit| hit.start()) {
            region.utterances.0 = region.utterances.0.max(limit.utterance as usize);
            region.time.0 = view.heard.span(limit).map(|span| span.to);
        }
        if let Some(Window::First(Measure::Time(limit))) = self.window {
            region.time.1 = Some(region.time.1.map_or(limit, |to| to.min(limit)));
        }
        if let Some(window) = self.window {
            window.narrow(&mut region, self.side(view), view);
        }
        region
    }
}

/// In how many turns there is a sure hit, and in how many there is any.
fn turns(hits: &[Hit], view: &View<'_>) -> (usize, usize) {
    let mut seen: Vec<(u32, bool)> = Vec::new();
    for hit in hits {
        let turn = view.heard.turn(hit.utterance as usize);
        match seen.iter_mut().find(|(known, _)| *known == turn) {
            Some((_, sure)) => *sure |= hit.is_sure(),
            None => seen.push((turn, hit.is_sure())),
        }
    }
    (seen.iter().filter(|(_, sure)| *sure).count(), seen.len())
}

impl Window {
    /// Whether the hit begins in the window. Turns are those of the side that has to speak.
    fn holds(self, hit: &Hit, side: Option<Speaker>, view: &View<'_>) -> bool {
        let utterance = hit.utterance as usize;
        match self {
            Window::First(Measure::Turns(turns)) => {
                turn_number(utterance, side, view, false) < turns
            }
            Window::Last(Measure::Turns(turns)) => turn_number(utterance, side, view, true) < turns,
            Window::First(Measure::Time(limit)) => begins(hit, view) <= limit,
            Window::Last(Measure::Time(limit)) => {
                let end = call_length(view);
                begins(hit, view).0 + limit.0 >= end.0
            }
        }
    }

    /// Narrows a region to the utterances in the window.
    fn narrow(self, region: &mut Region, side: Option<Speaker>, view: &View<'_>) {
        let count = view.transcript().utterances.len();
        let inside = |utterance: &usize| match self {
            Window::First(Measure::Turns(turns)) => {
                turn_number(*utterance, side, view, false) < turns
            }
            Window::Last(Measure::Turns(turns)) => {
                turn_number(*utterance, side, view, true) < turns
            }
            Window::First(Measure::Time(limit)) => utterance_begins(*utterance, view) <= limit,
            Window::Last(Measure::Time(limit)) => {
                utterance_begins(*utterance, view).0 + limit.0 >= call_length(view).0
            }
        };
        if let Some(first) = (0..count).find(inside) {
            region.utterances.0 = region.utterances.0.max(first);
        }
        if let Some(last) = (0..count).rev().find(inside) {
            region.utterances.1 = region.utterances.1.min(last);
        }
    }
}

/// How many turns of the side come before the utterance's (after it, counted from the end).
fn turn_number(utterance: usize, side: Option<Speaker>, view: &View<'_>, from_end: bool) -> u32 {
    let utterances = &view.transcript().utterances;
    let own = view.heard.turn(utterance);
    let range = if from_end {
        utterance + 1..utterances.len()
    } else {
        0..utterance
    };
    let mut counted = Vec::new();
    for index in range {
        let turn = view.heard.turn(index);
        let speaker = utterances[index].speaker;
        let counts = side.is_none_or(|side| speaker == side || speaker == Speaker::Unknown);
        if counts && turn != own && !counted.contains(&turn) {
            counted.push(turn);
        }
    }
    counted.len() as u32
}

fn begins(hit: &Hit, view: &View<'_>) -> Millis {
    match view.heard.span(hit) {
        Some(span) => span.from,
        None => view.heard.time_of_characters(
            view.heard
                .characters_before(hit.utterance as usize, hit.original.0),
        ),
    }
}

fn utterance_begins(utterance: usize, view: &View<'_>) -> Millis {
    match view.transcript().utterances[utterance].span {
        Some(span) => span.from,
        None => view
            .heard
            .time_of_characters(view.heard.characters_before(utterance, 0)),
    }
}

fn call_length(view: &View<'_>) -> Millis {
    let transcript = view.transcript();
    if let Some(timeline) = &transcript.timeline {
        return timeline.duration;
    }
    transcript
        .utterances
        .iter()
        .filter_map(|utterance| utterance.span)
        .map(|span| span.to)
        .max()
        .unwrap_or_else(|| view.heard.time_of_characters(view.heard.characters()))
}
