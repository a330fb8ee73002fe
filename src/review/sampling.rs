//! Spot checks: which calls people are to hear. Stratified by unit and agent, repeatable by its
//! seed; one part at random over all calls, passing ones too, another part where the risk is.
//!
//! Only the random part says anything about all calls (see `estimates`); the risk part finds more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::lang::{Lang, Say};

/// Why a call is worth hearing; gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// A fatal or critical violation.
    Critical,
    /// A violation of one of the month's key items.
    KeyItem,
    /// The agent broke the same rule before.
    Repeated,
    /// The machine could not judge something.
    CannotJudge,
    /// The agent has few calls before this time.
    NewAgent,
}

impl Say for Risk {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Risk::Critical => ("重度违规", "critical violation"),
            Risk::KeyItem => ("重点项", "key item"),
            Risk::Repeated => ("重复违规", "repeated violation"),
            Risk::CannotJudge => ("待人工", "cannot judge"),
            Risk::NewAgent => ("新坐席", "new agent"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

/// A call that may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub call_id: String,
    /// Empty where it is not known.
    pub unit: String,
    pub agent_id: String,
    pub risks: BTreeSet<Risk>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawSettings {
    /// Calls of each agent, as far as there are so many.
    pub per_agent: u32,
    /// 0 … 1: the part that is drawn at random. Above 0, every agent has at least one.
    pub random: f64,
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Random,
    Risk,
}

impl Part {
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Random => "random",
            Part::Risk => "risk",
        }
    }
}

/// A call that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub call_id: String,
    pub unit: String,
    pub agent_id: String,
    pub part: Part,
    pub why: BTreeSet<Risk>,
}

/// One agent's calls in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    pub unit: String,
    pub agent_id: String,
    /// All there were.
    pub calls: u64,
    /// Drawn at random.
    pub drawn: u64,
}

/// A sample: by unit and agent, and within these by the order of drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    pub items: Vec<Drawn>,
    pub strata: Vec<Stratum>,
}

/// Draws. The same candidates in any order, the same settings: the same sample.
///
/// At random means: by the SHA-256 of seed and call, smallest first; so neither a library's
/// version nor the order of the rows plays a part. The random part is drawn first, over all of
/// the agent's calls; the risk part from what is left, where there is a risk at all.
pub fn draw(candidates: &[Candidate], settings: &DrawSettings) -> Draw {
    let mut strata: BTreeMap<(&str, &str), Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        strata
            .entry((&candidate.unit, &candidate.agent_id))
            .or_default()
            .push(candidate);
    }
    let mut drawn = Draw::default();
    for ((unit, agent_id), mut calls) in strata {
        calls.sort_by_cached_key(|call| lot(settings.seed, &call.call_id));
        let wanted = (settings.per_agent as usize).min(calls.len());
        let share = settings.random.clamp(0.0, 1.0) * wanted as f64;
        // Half a call drawn at random is none; rounding up keeps every agent within reach.
        let random = (share.ceil() as usize).min(wanted);
        let (at_random, left) = calls.split_at(random);
        let mut risky: Vec<&Candidate> = left
            .iter()
            .copied()
            .filter(|call| !call.risks.is_empty())
            .collect();
        risky.sort_by_cached_key(|call| {
            let gravest = call.risks.first().copied();
            (
                gravest,
                usize::MAX - call.risks.len(),
                lot(settings.seed, &call.call_id),
            )
        });
        let parts = [
            (Part::Random, at_random),
            (Part::Risk, &risky[..risky.len().min(wanted - random)]),
        ];
        for (part, calls) in parts {
            drawn.items.extend(calls.iter().map(|call| Drawn {
                call_id: call.call_id.clone(),
                unit: call.unit.clone(),
                agent_id: call.agent_id.clone(),
                part,
                why: call.risks.clone(),
            }));
        }
        drawn.strata.push(Stratum {
            unit: unit.to_owned(),
            agent_id: agent_id.to_owned(),
            calls: calls.len() as u64,
            drawn: random as u64,
        });
    }
    drawn
}

/// The call's lot: the smallest are drawn. Ties do not happen.
pub fn lot(seed: u64, call_id: &str) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(b"huiting lot 1");
    sha.update(seed.to_le_bytes());
    sha.update(call_id.as_bytes());
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(call: usize, agent: usize, risks: &[Risk]) -> Candidate {
        Candidate {
            call_id: format!("call-{call}"),
            unit: format!("unit-{}", agent % 3),
            agent_id: format!("agent-{agent}"),
            risks: risks.iter().copied().collect(),
        }
    }

    fn calls() -> Vec<Candidate> {
        (0..600)
            .map(|call| {
                let risks: &[Risk] = match call % 10 {
                    0 => &[Risk::Critical],
                    1 => &[Risk::CannotJudge],
                    _ => &[],
                };
                candidate(call, call % 12, risks)
            })
            .collect()
    }

    const SETTINGS: DrawSettings = DrawSettings {
        per_agent: 4,
        random: 0.5,
        seed: 42,
    };

    #[test]
    fn every_agent_has_a_random_and_a_risk_part() {
        let draw = draw(&calls(), &SETTINGS);
        assert_eq!(draw.strata.len(), 12);
        for stratum in &draw.strata {
            assert_eq!((stratum.calls, stratum.drawn), (50, 2));
            let of = |part: Part| {
                let mine = draw
                    .items
                    .iter()
                    .filter(|item| item.agent_id == stratum.agent_id);
                mine.filter(|item| item.part == part).count()
            };
            assert_eq!(of(Part::Random), 2);
            assert!(of(Part::Risk) <= 2);
        }
        let risky = draw.items.iter().filter(|item| item.part == Part::Risk);
        assert!(risky.clone().count() > 10 && risky.clone().all(|item| !item.why.is_empty()));
    }

    #[test]
    fn another_seed_draws_others() {
        let other = DrawSettings {
            seed: 43,
            ..SETTINGS
        };
        assert_ne!(draw(&calls(), &SETTINGS), draw(&calls(), &other));
    }

    #[test]
    fn without_a_random_part_only_risk_is_drawn() {
        let only = DrawSettings {
            random: 0.0,
            ..SETTINGS
        };
        assert!(
            draw(&calls(), &only)
                .items
                .iter()
                .all(|item| item.part == Part::Risk)
        );
    }

    /// Over many seeds each call of an agent is drawn about as often as every other, whatever
    /// its risk: 2 of 50.
    #[test]
    fn the_random_part_favours_nobody() {
        let calls = calls();
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for seed in 0..2000 {
            let settings = DrawSettings { seed, ..SETTINGS };
            for item in draw(&calls, &settings).items {
                if item.part == Part::Random {
                    *times.entry(item.call_id).or_default() += 1;
                }
            }
        }
        assert_eq!(times.len(), calls.len());
        // 2000 × 0.04 = 80, standard deviation 8.8; six of them on each side.
        assert!(times.values().all(|&n| (27..=133).contains(&n)));
    }

    proptest! {
        #[test]
        fn the_order_of_the_calls_plays_no_part(
            calls in prop::collection::vec((0usize..50, 0usize..6, 0usize..3), 0..60).prop_shuffle(),
            per_agent in 0u32..5, random in 0.0f64..=1.0, seed in any::<u64>(),
        ) {
            let kinds: [&[Risk]; 3] = [&[], &[Risk::Repeated], &[Risk::Critical, Risk::NewAgent]];
            let calls: BTreeMap<usize, Candidate> = calls
                .into_iter()
                .map(|(call, agent, kind)| (call, candidate(call, agent, kinds[kind])))
                .collect();
            let forwards: Vec<Candidate> = calls.values().cloned().collect();
            let backwards: Vec<Candidate> = calls.values().rev().cloned().collect();
            let settings = DrawSettings { per_agent, random, seed };
            let drawn = draw(&forwards, &settings);
            prop_assert_eq!(&drawn, &draw(&backwards, &settings));
            let ids: BTreeSet<&String> = drawn.items.iter().map(|item| &item.call_id).collect();
            prop_assert_eq!(ids.len(), drawn.items.len());
            for stratum in &drawn.strata {
                let mine = drawn.items.iter().filter(|i| i.agent_id == stratum.agent_id && i.unit == stratum.unit);
                prop_assert!(mine.count() <= per_agent as usize);
                prop_assert!(stratum.drawn > 0 || random == 0.0 || per_agent == 0);
            }
        }
    }
}
