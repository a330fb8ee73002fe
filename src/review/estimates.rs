//! What a random sample of calls says about all of them: rates with intervals.
//!
//! Every call drawn stands for as many calls as its stratum has for each one heard (its weight).
//! The rate is the weighted mean, over a part of the calls if asked (a domain: only the machine's
//! violations for precision, only true ones for recall). Its variance is the linearised one of a
//! ratio in a stratified sample with the finite-population correction, which for a plain
//! proportion is W. G. Cochran, Sampling Techniques, 3rd ed. (1977), (5.53):
//! v = Σ W²(1−f) p q / (n−1). Strata of one call tell nothing of a variance; they are collapsed
//! into their unit (Cochran, 5A.12), which errs on the side of caution. The interval is Wilson's
//! with the effective number of calls p q / v, never more than were heard; where all agree, so
//! that v is 0, L. Kish's n / (1 + CV² of the weights) (Survey Sampling, 1965, 11.7).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::scoring::intervals::{Estimate, Z_95, wilson_share};

/// A call of the random part that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard<'a> {
    pub unit: &'a str,
    pub agent_id: &'a str,
    /// Whether it belongs to the part that is asked about.
    pub in_domain: bool,
    /// Whether it has the property; looked at only within the domain.
    pub hit: bool,
}

/// A rate over all calls, estimated from a sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledRate {
    /// Calls heard that belong to the domain.
    pub n: u64,
    /// Of these, those with the property.
    pub hits: u64,
    /// `None` when nothing of the domain was heard.
    pub estimate: Option<Estimate>,
    /// Of the estimate; 0 where there is none.
    pub variance: f64,
}

/// `calls`: how many calls each stratum (unit, agent) has; a stratum of which nothing was heard
/// is not spoken of.
pub fn sampled_rate(calls: &BTreeMap<(String, String), u64>, heard: &[Heard<'_>]) -> SampledRate {
    let strata = strata(calls, heard);
    let weights: Vec<f64> = heard
        .iter()
        .map(|call| strata[&(call.unit, call.agent_id)].weight())
        .collect();
    let domain = || {
        heard
            .iter()
            .zip(&weights)
            .filter(|(call, _)| call.in_domain)
    };
    let n = domain().count() as u64;
    let hits = domain().filter(|(call, _)| call.hit).count() as u64;
    let whole: f64 = domain().map(|(_, weight)| weight).sum();
    if n == 0 {
        return SampledRate {
            n,
            hits,
            estimate: None,
            variance: 0.0,
        };
    }
    let with: f64 = domain()
        .filter(|(call, _)| call.hit)
        .map(|(_, weight)| weight)
        .sum();
    let share = (with / whole).clamp(0.0, 1.0);
    let residuals: Vec<f64> = heard
        .iter()
        .zip(&weights)
        .map(|(call, weight)| match (call.in_domain, call.hit) {
            (false, _) => 0.0,
            (true, true) => weight * (1.0 - share) / whole,
            (true, false) => -weight * share / whole,
        })
        .collect();
    let variance = variance(&strata, heard, &residuals);
    let all_heard = strata
        .values()
        .all(|stratum| stratum.heard >= stratum.calls);
    let estimate = if all_heard {
        Estimate {
            value: share,
            low: share,
            high: share,
        }
    } else {
        let effective = effective_number(share, variance, n, domain().map(|(_, weight)| *weight));
        let interval = wilson_share(share, effective, Z_95);
        Estimate {
            value: share,
            low: interval.low,
            high: interval.high,
        }
    };
    SampledRate {
        n,
        hits,
        estimate: Some(estimate),
        variance,
    }
}

/// A call of the random part, heard as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardCall {
    pub call_id: String,
    /// With the sample's id in front where several samples are put together.
    pub unit: String,
    pub agent_id: String,
    /// Whether it belongs to the calls that are asked about; a sample may reach beyond them.
    pub asked: bool,
    pub rules: Vec<HeardRule>,
}

/// One rule on a call that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardRule {
    pub rule_id: String,
    /// Whether the machine said violation when the call was heard.
    pub machine: bool,
    /// Whether people say violation now.
    pub truth: bool,
}

/// What the sample says of a rule, or of all rules together (`rule_id` empty: of calls with any
/// violation).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleEstimate {
    pub rule_id: String,
    /// Calls that truly violate it, of all calls.
    pub rate: SampledRate,
    /// True ones among the machine's violations.
    pub precision: SampledRate,
    /// Found ones among the true violations.
    pub recall: SampledRate,
}

/// What a month's random spot checks say, and the calls that they say it from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonthEstimates {
    pub rules: Vec<RuleEstimate>,
    pub heard: Vec<HeardCall>,
}

/// Every rule that was judged on the calls heard, in the order of ids; all together first.
pub fn rule_estimates(
    calls: &BTreeMap<(String, String), u64>,
    heard: &[HeardCall],
) -> Vec<RuleEstimate> {
    let rules: BTreeSet<&str> = heard
        .iter()
        .flat_map(|call| &call.rules)
        .map(|rule| rule.rule_id.as_str())
        .collect();
    std::iter::once("")
        .chain(rules)
        .map(|rule| {
            let marks: Vec<(bool, bool)> = heard.iter().map(|call| marks(call, rule)).collect();
            let rate = |in_domain: &dyn Fn((bool, bool)) -> bool,
                        hit: &dyn Fn((bool, bool)) -> bool| {
                let items: Vec<Heard<'_>> = heard
                    .iter()
                    .zip(&marks)
                    .map(|(call, &marks)| Heard {
                        unit: &call.unit,
                        agent_id: &call.agent_id,
                        in_domain: call.asked && in_domain(marks),
                        hit: hit(marks),
                    })
                    .collect();
                sampled_rate(calls, &items)
            };
            RuleEstimate {
                rule_id: rule.to_owned(),
                rate: rate(&|_| true, &|(_, truth)| truth),
                precision: rate(&|(machine, _)| machine, &|(_, truth)| truth),
                recall: rate(&|(_, truth)| truth, &|(machine, _)| machine),
            }
        })
        .collect()
}

/// The calls that a rule's precision and recall rest on, with what the machine and people say:
/// those first on which they differ.
pub fn rests_on<'a>(heard: &'a [HeardCall], rule_id: &str) -> Vec<(&'a str, (bool, bool))> {
    let asked = heard.iter().filter(|call| call.asked);
    let mut calls: Vec<_> = asked
        .map(|call| (call.call_id.as_str(), marks(call, rule_id)))
        .filter(|(_, (machine, truth))| *machine || *truth)
        .collect();
    calls.sort_by_key(|(_, (machine, truth))| machine == truth);
    calls
}

/// Machine and truth of a rule on a call; for the empty rule: whether there is any violation.
fn marks(call: &HeardCall, rule: &str) -> (bool, bool) {
    let mine = || {
        call.rules
            .iter()
            .filter(|heard| rule.is_empty() || heard.rule_id == rule)
    };
    (
        mine().any(|heard| heard.machine),
        mine().any(|heard| heard.truth),
    )
}

#[derive(Clone, Copy, Debug, Default)]
struct Stratum {
    calls: u64,
    heard: u64,
}

impl Stratum {
    fn weight(self) -> f64 {
        self.calls.max(self.heard) as f64 / self.heard.max(1) as f64
    }
}

type Strata<'a> = BTreeMap<(&'a str, &'a str), Stratum>;

fn strata<'a>(calls: &'a BTreeMap<(String, String), u64>, heard: &[Heard<'a>]) -> Strata<'a> {
    let mut strata: Strata<'a> = BTreeMap::new();
    for call in heard {
        strata.entry((call.unit, call.agent_id)).or_default().heard += 1;
    }
    for ((unit, agent_id), count) in calls {
        if let Some(stratum) = strata.get_mut(&(unit.as_str(), agent_id.as_str())) {
            stratum.calls = *count;
        }
    }
    strata
}

/// A group within which the variance is taken.
#[derive(Default)]
struct Group {
    calls: u64,
    residuals: Vec<f64>,
}

fn variance(strata: &Strata<'_>, heard: &[Heard<'_>], residuals: &[f64]) -> f64 {
    // Strata of at least two stand for themselves; those of one go together by unit, and what is
    // still alone goes together over all units.
    let mut alone: BTreeMap<&str, u64> = BTreeMap::new();
    for ((unit, _), stratum) in strata {
        if stratum.heard == 1 {
            *alone.entry(unit).or_default() += 1;
        }
    }
    let key = |unit: &'_ str, agent: &'_ str| -> (String, String) {
        match (strata[&(unit, agent)].heard, alone.get(unit)) {
            (2.., _) => (unit.to_owned(), agent.to_owned()),
            (_, Some(2..)) => (unit.to_owned(), String::from("\u{0}")),
            _ => (String::from("\u{0}"), String::from("\u{0}")),
        }
    };
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for ((unit, agent), stratum) in strata {
        groups.entry(key(unit, agent)).or_default().calls += stratum.calls;
    }
    for (call, residual) in heard.iter().zip(residuals) {
        let group = groups.entry(key(call.unit, call.agent_id)).or_default();
        group.residuals.push(*residual);
    }
    groups
        .values()
        .map(|group| {
            let n = group.residuals.len() as f64;
            let squares =
                |about: f64| -> f64 { group.residuals.iter().map(|r| (r - about).powi(2)).sum() };
            let left = (1.0 - n / (group.calls as f64).max(n)).max(0.0);
            if n < 2.0 {
                // A single one at the end of all: its own square, which is not too small.
                return left * squares(0.0);
            }
            let mean = group.residuals.iter().sum::<f64>() / n;
            left * n / (n - 1.0) * squares(mean)
        })
        .sum()
}

fn effective_number(share: f64, variance: f64, n: u64, weights: impl Iterator<Item = f64>) -> f64 {
    let n = n as f64;
    let spread = share * (1.0 - share);
    if spread > 0.0 && variance > 0.0 {
        return (spread / variance).clamp(1.0, n);
    }
    let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), weight| {
        (sum + weight, squares + weight * weight)
    });
    (sum * sum / squares).clamp(1.0, n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scoring::intervals::wilson;

    /// Strata of one agent each: name, calls, heard, hits.
    fn rate(strata: &[(&str, u64, u64, u64)]) -> SampledRate {
        let calls = strata
            .iter()
            .map(|(name, calls, ..)| (("unit".to_owned(), (*name).to_owned()), *calls))
            .collect();
        let mut heard = Vec::new();
        for (name, _, n, hits) in strata {
            heard.extend((0..*n).map(|number| Heard {
                unit: "unit",
                agent_id: name,
                in_domain: true,
                hit: number < *hits,
            }));
        }
        sampled_rate(&calls, &heard)
    }

    /// R. L. Scheaffer, W. Mendenhall, R. L. Ott, Elementary Survey Sampling, chapter on
    /// stratified sampling: the share of households that view a programme, two towns and the
    /// country: 0.60, with a variance of 0.0045.
    #[test]
    fn published_example_of_households() {
        let found = rate(&[("a", 155, 20, 16), ("b", 62, 8, 2), ("c", 93, 12, 6)]);
        let share = found.estimate.expect("heard").value;
        assert!((share - 0.60).abs() < 5e-4, "{share}");
        assert!((found.variance - 0.0045).abs() < 1e-4, "{}", found.variance);
    }

    /// S. L. Lohr, Sampling: Design and Analysis, example on the American Council of Learned
    /// Societies: 0.2465, standard error 0.0071. The shares are printed in whole percent there.
    #[test]
    fn published_example_of_learned_societies() {
        let found = rate(&[
            ("literature", 9100, 636, 242),
            ("classics", 1950, 451, 122),
            ("philosophy", 5500, 481, 87),
            ("history", 10_850, 611, 116),
            ("linguistics", 2100, 493, 177),
            ("political science", 5500, 575, 75),
            ("sociology", 9000, 588, 153),
        ]);
        let share = found.estimate.expect("heard").value;
        assert!((share - 0.2465).abs() < 5e-4, "{share}");
        assert!(
            (found.variance.sqrt() - 0.0071).abs() < 5e-5,
            "{}",
            found.variance.sqrt()
        );
    }

    #[test]
    fn of_very_many_calls_in_one_stratum_it_is_wilsons_interval() {
        let found = rate(&[("a", 1_000_000_000, 263, 81)])
            .estimate
            .expect("heard");
        let plain = wilson(81, 263, Z_95).expect("n is above 0");
        // The sample variance divides by n − 1.
        assert!((found.low - plain.low).abs() < 2e-4 && (found.high - plain.high).abs() < 2e-4);
    }

    #[test]
    fn all_heard_is_no_estimate_any_more() {
        let found = rate(&[("a", 10, 10, 3), ("b", 5, 5, 0)])
            .estimate
            .expect("heard");
        assert_eq!((found.low, found.value, found.high), (0.2, 0.2, 0.2));
    }

    #[test]
    fn nothing_heard_has_no_rate() {
        assert_eq!(rate(&[]).estimate, None);
    }

    #[test]
    fn strata_of_one_are_collapsed() {
        let found = rate(&[
            ("a", 50, 1, 1),
            ("b", 50, 1, 0),
            ("c", 50, 1, 0),
            ("d", 50, 1, 1),
        ]);
        let estimate = found.estimate.expect("heard");
        assert_eq!(estimate.value, 0.5);
        // As four of two hundred in one stratum: (1 − 0.02) × 0.25 / 3.
        assert!(
            (found.variance - 0.98 * 0.25 / 3.0).abs() < 1e-12,
            "{}",
            found.variance
        );
        assert!(estimate.low < 0.2 && estimate.high > 0.8);
    }

    proptest! {
        #[test]
        fn the_rate_lies_in_its_interval(
            strata in prop::collection::vec((1u64..200, 1u64..10, 0u64..10), 1..8)
        ) {
            let names: Vec<String> = (0..strata.len()).map(|i| i.to_string()).collect();
            let strata: Vec<(&str, u64, u64, u64)> = strata
                .iter()
                .zip(&names)
                .map(|((calls, n, hits), name)| {
                    (name.as_str(), *calls.max(n), *n, *hits.min(n))
                })
                .collect();
            let found = rate(&strata);
            let estimate = found.estimate.expect("heard");
            prop_assert!(0.0 <= estimate.low && estimate.low <= estimate.value + 1e-12);
            prop_assert!(estimate.value <= estimate.high + 1e-12 && estimate.high <= 1.0);
            prop_assert!(found.variance >= 0.0);
        }
    }

    /// Drawn again and again from known calls, the interval holds the truth about as often as it
    /// says: at least nine times of ten.
    #[test]
    fn intervals_hold_the_truth() {
        use crate::review::sampling::{Candidate, DrawSettings, Part, draw};
        let truth = |call: usize| call.is_multiple_of(7) || call % 12 == 3;
        let calls: Vec<Candidate> = (0..2400)
            .map(|call| Candidate {
                call_id: format!("{call}"),
                unit: format!("u{}", call % 5),
                agent_id: format!("a{}", call % 40),
                risks: Default::default(),
            })
            .collect();
        let rate = (0..2400).filter(|&call| truth(call)).count() as f64 / 2400.0;
        let mut held = 0;
        for seed in 0..400 {
            let settings = DrawSettings {
                per_agent: 2,
                random: 1.0,
                seed,
            };
            let drawn = draw(&calls, &settings);
            let sizes = drawn
                .strata
                .iter()
                .map(|s| ((s.unit.clone(), s.agent_id.clone()), s.calls))
                .collect();
            let heard: Vec<Heard<'_>> = drawn
                .items
                .iter()
                .filter(|item| item.part == Part::Random)
                .map(|item| Heard {
                    unit: &item.unit,
                    agent_id: &item.agent_id,
                    in_domain: true,
                    hit: truth(item.call_id.parse().expect("a number")),
                })
                .collect();
            let estimate = sampled_rate(&sizes, &heard).estimate.expect("heard");
            held += u32::from(estimate.low <= rate && rate <= estimate.high);
        }
        assert!(held >= 360, "{held} of 400");
    }
}
