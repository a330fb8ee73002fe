//! How far people agree who judged the same calls without seeing each other's judgements, and how
//! far each is from the expert.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::Outcome;

/// One rater's word on one rule of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub call_id: String,
    pub rule_id: String,
    pub rater: String,
    pub outcome: Outcome,
}

/// Which coefficient of agreement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficient {
    /// Of two raters.
    Cohen,
    /// Of three or more.
    Fleiss,
}

/// What a calibration shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationResult {
    /// Without the expert.
    pub raters: Vec<String>,
    /// Calls and rules that all of them judged; only these count for the agreement.
    pub judged_by_all: u64,
    pub judged_by_some: u64,
    pub coefficient: Coefficient,
    /// −1 … 1; `None` where it is not defined: nothing judged by all, or only ever one outcome.
    pub kappa: Option<f64>,
    pub deviations: Vec<Deviation>,
    /// The rules on which they disagree, most first.
    pub disputed: Vec<Disputed>,
}

/// One rater against the expert.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    pub rater: String,
    /// Judged by both.
    pub judged: u64,
    pub same: u64,
    /// A violation where the expert sees none.
    pub too_strict: u64,
    /// None where the expert sees a violation.
    pub too_mild: u64,
    /// Cohen's, with the expert.
    pub kappa: Option<f64>,
}

/// A rule with the calls on which the raters (without the expert) disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disputed {
    pub rule_id: String,
    pub judged_by_all: u64,
    pub disputed: u64,
}

/// Cohen's kappa of two raters: pairs of categories, each counted from 0 below `categories`.
///
/// J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
/// Measurement 20 (1960), 37–46: κ = (p_o − p_e) / (1 − p_e), p_e from each rater's own shares.
/// `None` for no pairs, or when chance alone explains full agreement (p_e = 1).
pub fn cohen(pairs: &[(usize, usize)], categories: usize) -> Option<f64> {
    let n = pairs.len() as f64;
    let same = pairs.iter().filter(|(one, other)| one == other).count() as f64;
    let share = |which: &dyn Fn(&(usize, usize)) -> usize, category: usize| {
        pairs.iter().filter(|pair| which(pair) == category).count() as f64 / n
    };
    let by_chance: f64 = (0..categories)
        .map(|category| share(&|pair| pair.0, category) * share(&|pair| pair.1, category))
        .sum();
    beyond_chance(same / n, by_chance)
}

/// Fleiss' kappa: for each subject how many raters chose each category; the same number of raters,
/// at least two, for each.
///
/// J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76
/// (1971), 378–382. `None` as for Cohen's, and when the numbers of raters differ.
pub fn fleiss(subjects: &[Vec<u32>]) -> Option<f64> {
    let raters: u32 = subjects.first()?.iter().sum();
    if raters < 2
        || subjects
            .iter()
            .any(|counts| counts.iter().sum::<u32>() != raters)
    {
        return None;
    }
    let (n, raters) = (subjects.len() as f64, f64::from(raters));
    let observed: f64 = subjects
        .iter()
        .map(|counts| {
            let squares: f64 = counts.iter().map(|&count| f64::from(count).powi(2)).sum();
            (squares - raters) / (raters * (raters - 1.0))
        })
        .sum::<f64>()
        / n;
    let categories = subjects.iter().map(Vec::len).max().unwrap_or(0);
    let by_chance: f64 = (0..categories)
        .map(|category| {
            let chosen: u32 = subjects
                .iter()
                .filter_map(|counts| counts.get(category))
                .sum();
            (f64::from(chosen) / (n * raters)).powi(2)
        })
        .sum();
    beyond_chance(observed, by_chance)
}

fn beyond_chance(observed: f64, by_chance: f64) -> Option<f64> {
    let left = 1.0 - by_chance;
    (left > 1e-12).then(|| (observed - by_chance) / left)
}

/// Sums up a calibration. Judgements come in any order, at most one for each rater, call and rule.
pub fn result(judgements: &[Judgement], raters: &[String], expert: &str) -> CalibrationResult {
    let mut subjects: BTreeMap<(&str, &str), BTreeMap<&str, Outcome>> = BTreeMap::new();
    for judgement in judgements {
        subjects
            .entry((&judgement.rule_id, &judgement.call_id))
            .or_default()
            .insert(&judgement.rater, judgement.outcome);
    }
    let raters: BTreeSet<&str> = raters
        .iter()
        .map(String::as_str)
        .filter(|rater| *rater != expert)
        .collect();
    let by_all: Vec<(&str, Vec<Outcome>)> = subjects
        .iter()
        .filter_map(|((rule, _), words)| {
            let all: Option<Vec<Outcome>> = raters
                .iter()
                .map(|rater| words.get(rater).copied())
                .collect();
            Some((*rule, all.filter(|all| !all.is_empty())?))
        })
        .collect();
    let coefficient = if raters.len() == 2 {
        Coefficient::Cohen
    } else {
        Coefficient::Fleiss
    };
    CalibrationResult {
        judged_by_all: by_all.len() as u64,
        judged_by_some: subjects.len() as u64,
        kappa: agreement(&by_all, coefficient),
        coefficient,
        deviations: raters
            .iter()
            .map(|rater| deviation(&subjects, rater, expert))
            .collect(),
        disputed: disputed(&by_all),
        raters: raters.into_iter().map(str::to_owned).collect(),
    }
}

fn category(outcome: Outcome) -> usize {
    Outcome::ALL
        .iter()
        .position(|known| *known == outcome)
        .unwrap_or(0)
}

fn agreement(by_all: &[(&str, Vec<Outcome>)], coefficient: Coefficient) -> Option<f64> {
    match coefficient {
        Coefficient::Cohen => {
            let pairs: Vec<(usize, usize)> = by_all
                .iter()
                .map(|(_, words)| (category(words[0]), category(words[1])))
                .collect();
            cohen(&pairs, Outcome::ALL.len())
        }
        Coefficient::Fleiss => {
            let counts: Vec<Vec<u32>> = by_all
                .iter()
                .map(|(_, words)| {
                    let mut counts = vec![0; Outcome::ALL.len()];
                    for outcome in words {
                        counts[category(*outcome)] += 1;
                    }
                    counts
                })
                .collect();
            fleiss(&counts)
        }
    }
}

fn deviation(
    subjects: &BTreeMap<(&str, &str), BTreeMap<&str, Outcome>>,
    rater: &str,
    expert: &str,
) -> Deviation {
    let pairs: Vec<(Outcome, Outcome)> = subjects
        .values()
        .filter_map(|words| Some((*words.get(rater)?, *words.get(expert)?)))
        .collect();
    let count = |fits: &dyn Fn(Outcome, Outcome) -> bool| {
        pairs
            .iter()
            .filter(|(mine, experts)| fits(*mine, *experts))
            .count() as u64
    };
    let violation = |outcome: Outcome| outcome == Outcome::Violation;
    let indices: Vec<(usize, usize)> = pairs
        .iter()
        .map(|(mine, experts)| (category(*mine), category(*experts)))
        .collect();
    Deviation {
        rater: rater.to_owned(),
        judged: pairs.len() as u64,
        same: count(&|mine, experts| mine == experts),
        too_strict: count(&|mine, experts| violation(mine) && !violation(experts)),
        too_mild: count(&|mine, experts| !violation(mine) && violation(experts)),
        kappa: cohen(&indices, Outcome::ALL.len()),
    }
}

fn disputed(by_all: &[(&str, Vec<Outcome>)]) -> Vec<Disputed> {
    let mut rules: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (rule, words) in by_all {
        let entry = rules.entry(rule).or_default();
        entry.0 += 1;
        entry.1 += u64::from(words.iter().any(|word| word != &words[0]));
    }
    let mut disputed: Vec<Disputed> = rules
        .into_iter()
        .filter(|(_, (_, disputed))| *disputed > 0)
        .map(|(rule, (judged_by_all, disputed))| Disputed {
            rule_id: rule.to_owned(),
            judged_by_all,
            disputed,
        })
        .collect();
    disputed.sort_by(|a, b| b.disputed.cmp(&a.disputed).then(a.rule_id.cmp(&b.rule_id)));
    disputed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each pair of answers was given: yes–yes, yes–no, no–yes, no–no.
    fn pairs(counts: [usize; 4]) -> Vec<(usize, usize)> {
        [(0, 0), (0, 1), (1, 0), (1, 1)]
            .into_iter()
            .zip(counts)
            .flat_map(|(pair, count)| std::iter::repeat_n(pair, count))
            .collect()
    }

    fn check(found: Option<f64>, expected: f64, places: i32) {
        let found = found.expect("defined");
        assert!(
            (found - expected).abs() < 0.5 * 10f64.powi(-places),
            "{found} for {expected}"
        );
    }

    /// Wikipedia, "Cohen's kappa": 50 proposals for a grant; and the two tables with the same
    /// observed agreement of 0.60.
    #[test]
    fn published_examples_of_cohens() {
        check(cohen(&pairs([20, 5, 10, 15]), 2), 0.4, 6);
        check(cohen(&pairs([45, 15, 25, 15]), 2), 0.1304, 4);
        check(cohen(&pairs([25, 35, 5, 35]), 2), 0.2593, 4);
    }

    /// Wikipedia, "Fleiss' kappa": ten subjects, fourteen raters, five categories.
    #[test]
    fn published_example_of_fleiss() {
        let subjects = [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ];
        check(fleiss(&subjects.map(|row| row.to_vec())), 0.210, 3);
    }

    #[test]
    fn what_is_not_defined_is_not_given() {
        assert_eq!(cohen(&[], 2), None);
        assert_eq!(cohen(&[(0, 0), (0, 0)], 2), None);
        assert_eq!(fleiss(&[]), None);
        assert_eq!(fleiss(&[vec![3, 0], vec![1, 1]]), None);
        check(cohen(&[(0, 0), (1, 1)], 2), 1.0, 9);
        check(fleiss(&[vec![3, 0], vec![0, 3]]), 1.0, 9);
    }

    fn judgement(call: &str, rater: &str, outcome: Outcome) -> Judgement {
        Judgement {
            call_id: call.into(),
            rule_id: "quota".into(),
            rater: rater.into(),
            outcome,
        }
    }

    #[test]
    fn deviations_say_in_which_direction() {
        use Outcome::{Pass, Violation};
        let judgements = [
            judgement("1", "wang", Violation),
            judgement("1", "zhao", Violation),
            judgement("1", "expert", Violation),
            judgement("2", "wang", Violation),
            judgement("2", "zhao", Pass),
            judgement("2", "expert", Pass),
            judgement("3", "wang", Pass),
            judgement("3", "zhao", Pass),
            judgement("3", "expert", Violation),
            judgement("4", "wang", Pass),
        ];
        let raters = ["wang", "zhao", "expert"].map(str::to_owned);
        let found = result(&judgements, &raters, "expert");
        assert_eq!(found.raters, ["wang", "zhao"]);
        assert_eq!((found.judged_by_all, found.judged_by_some), (3, 4));
        assert_eq!(found.coefficient, Coefficient::Cohen);
        let wang = &found.deviations[0];
        assert_eq!(
            (wang.judged, wang.same, wang.too_strict, wang.too_mild),
            (3, 1, 1, 1)
        );
        assert_eq!(found.disputed.len(), 1);
        assert_eq!(found.disputed[0].disputed, 1);
    }
}
