//! Whether a hit stands where it must, relative to other cues.

use super::{hit::Hit, heard::Heard};
use crate::rules::{
    measure::Measure,
    rule::{CueId, Placement},
    truth::Truth,
};

/// What a placement says about a hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub truth: Truth,
    /// The hit that it answers or stands beside.
    pub partner: Option<(CueId, u32)>,
}

/// Looks up the hits of a cue, each with its index among all hits of the cue.
pub trait Neighbours {
    fn of(&self, cue: CueId) -> &[Hit];
    /// Whether the hit counts here at all (within the case, within the window).
    fn counts(&self, hit: &Hit) -> bool;
    /// The index, among all hits of the cue, of the first that `of` gives.
    fn offset(&self, _: CueId) -> usize {
        0
    }
}

/// Judges where `hit` stands.
pub fn place(
    hit: &Hit,
    placement: &Placement,
    heard: &Heard<'_>,
    neighbours: &dyn Neighbours,
) -> Placed {
    let mut placed = Placed {
        truth: Truth::True,
        partner: None,
    };
    let scene = Scene {
        hit,
        heard,
        neighbours,
        within: placement.within,
    };
    scene.demand(&placement.answer_to, Relation::Answers, &mut placed);
    scene.demand(&placement.beside, Relation::Beside, &mut placed);
    if !placement.before.is_empty() {
        placed.truth = placed.truth.and(scene.before(&placement.before));
    }
    if !placement.after.is_empty() {
        let after = scene.some(&placement.after, Relation::Follows).0;
        placed.truth = placed.truth.and(after);
    }
    for (cues, relation) in [
        (&placement.not_answer_to, Relation::Answers),
        (&placement.not_beside, Relation::Beside),
        (&placement.not_before, Relation::Precedes),
        (&placement.not_after, Relation::Follows),
    ] {
        if !cues.is_empty() {
            placed.truth = placed.truth.and(scene.some(cues, relation).0.negated());
        }
    }
    placed
}

struct Scene<'a> {
    hit: &'a Hit,
    heard: &'a Heard<'a>,
    neighbours: &'a dyn Neighbours,
    within: Option<Measure>,
}

/// How a hit may stand to another.
#[derive(Clone, Copy)]
enum Relation {
    Answers,
    Beside,
    Precedes,
    Follows,
}

impl Scene<'_> {
    fn demand(&self, cues: &[CueId], relation: Relation, placed: &mut Placed) {
        if cues.is_empty() {
            return;
        }
        let (truth, partner) = self.some(cues, relation);
        placed.truth = placed.truth.and(truth);
        placed.partner = placed.partner.or(partner);
    }

    /// Whether some hit of the cues stands in the relation; the surest such hit.
    fn some(&self, cues: &[CueId], relation: Relation) -> (Truth, Option<(CueId, u32)>) {
        let mut best = (Truth::False, None);
        for &cue in cues {
            let offset = self.neighbours.offset(cue);
            for (index, other) in self.neighbours.of(cue).iter().enumerate() {
                if !self.neighbours.counts(other) || !self.stands(relation, other) {
                    continue;
                }
                if other.is_sure() {
                    return (Truth::True, Some((cue, (offset + index) as u32)));
                }
                if best.0 == Truth::False {
                    best = (Truth::Unknown, Some((cue, (offset + index) as u32)));
                }
            }
        }
        best
    }

    /// Before the first of the cues; within a distance, before one of them.
    fn before(&self, cues: &[CueId]) -> Truth {
        if self.within.is_some() {
            return self.some(cues, Relation::Precedes).0;
        }
        let (mut early, mut late) = (false, false);
        for &cue in cues {
            for other in self.neighbours.of(cue) {
                if !self.neighbours.counts(other) {
                    continue;
                }
                let precedes = self.precedes(other);
                if !precedes && other.is_sure() {
                    return Truth::False;
                }
                early |= precedes;
                late |= !precedes;
            }
        }
        match (early, late) {
            (false, _) => Truth::False,
            (true, true) => Truth::Unknown,
            (true, false) => Truth::True,
        }
    }

    fn stands(&self, relation: Relation, other: &Hit) -> bool {
        match relation {
            Relation::Answers => self.answers(other),
            Relation::Beside => self.stands_beside(other),
            Relation::Precedes => self.precedes(other),
            Relation::Follows => self.follows(other),
        }
    }

    fn answers(&self, question: &Hit) -> bool {
        let own = self.hit.utterance as usize;
        let asked = question.utterance as usize;
        self.heard.turn(own) == self.heard.turn(asked) + 1 && own > asked
    }

    fn stands_beside(&self, other: &Hit) -> bool {
        self.heard.floor(self.hit.utterance as usize) == self.heard.floor(other.utterance as usize)
    }

    fn precedes(&self, other: &Hit) -> bool {
        self.hit.end() <= other.start() && self.near(other)
    }

    fn follows(&self, other: &Hit) -> bool {
        other.end() <= self.hit.start() && self.near(other)
    }

    fn near(&self, other: &Hit) -> bool {
        self.within
            .is_none_or(|within| self.heard.within(self.hit, other, within))
    }
}
