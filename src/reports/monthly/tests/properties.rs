//! What holds for the report of any month, whatever its calls.

use proptest::prelude::*;

use super::*;

fn any_call() -> impl Strategy<Value = Vec<(usize, Outcome)>> {
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    prop::collection::btree_map(0usize..6, outcome, 0..6).prop_map(|map| map.into_iter().collect())
}

const IDS: [&str; 6] = [
    "greeting",
    "on-trial",
    "penalty-disclosure",
    "double-confirmation",
    "rude-language",
    "withdrawn",
];

fn any_month() -> impl Strategy<Value = Vec<JudgedCall>> {
    let one = (any_call(), 0usize..4, 0usize..6, any::<bool>(), 0u32..3);
    prop::collection::vec(one, 0..60).prop_map(|calls| {
        let calls = calls.into_iter().enumerate();
        calls
            .map(|(index, (verdicts, unit, agent, incomplete, day))| {
                let verdicts: Vec<_> = verdicts
                    .iter()
                    .map(|(id, outcome)| (IDS[*id], *outcome))
                    .collect();
                let unit = ["", "东", "西", "南"][unit];
                let agent_id = ["", "1", "2", "3", "4", "5"][agent];
                let mut made = call(&format!("call-{index}"), unit, agent_id, &verdicts);
                made.incomplete = incomplete;
                made.metadata.agent_name = (day > 0).then(|| format!("名{day}"));
                made.metadata.started_at = (day > 0).then(|| {
                    format!("2026-10-0{day}T09:00:00+08:00")
                        .parse()
                        .expect("a time")
                });
                made
            })
            .collect()
    })
}

proptest! {
    /// The store counts with SQL what the builder would count call by call.
    #[test]
    fn counted_before_is_counted_the_same(calls in any_month()) {
        let mut summed = builder(MonthlySettings::default());
        for call in &calls {
            let of = |outcome| call.verdicts.iter().any(|v| {
                let scored = |rule: &RuleFacts| rule.scored && rule.id == v.rule_id;
                v.outcome == outcome && rules().iter().any(scored)
            });
            summed.add_calls(&CallSums {
                unit: call.metadata.unit.clone(),
                agent_id: call.metadata.agent_id.clone(),
                agent_name: call.metadata.agent_name.clone(),
                channel: call.metadata.channel.clone(),
                business: call.metadata.business.clone(),
                calls: 1,
                qualified: u64::from(call.score.qualified),
                points: u64::from(call.score.points),
                with_violation: u64::from(of(Outcome::Violation)),
                with_cannot_judge: u64::from(of(Outcome::CannotJudge)),
                length: call.duration,
                incomplete: u64::from(call.incomplete),
                undated: u64::from(call.metadata.started_at.is_none()),
            });
            summed.add_points(call.score.points, 1);
            for verdict in call.verdicts.iter().filter(|v| v.outcome != Outcome::NotApplicable) {
                summed.add_verdicts(&VerdictSums {
                    unit: call.metadata.unit.clone(),
                    agent_id: call.metadata.agent_id.clone(),
                    rule_id: verdict.rule_id.clone(),
                    outcome: verdict.outcome,
                    calls: 1,
                });
            }
            summed.list(call);
        }
        prop_assert_eq!(summed.finish(Coverage::default(), provenance()), report(&calls));
    }

    #[test]
    fn parts_sum_to_the_whole(calls in any_month()) {
        let report = report(&calls);
        let summary = &report.summary;
        prop_assert_eq!(summary.calls, calls.len() as u64);
        let sum = |lines: &mut dyn Iterator<Item = &UnitLine>| {
            lines.fold([0; 4], |sum, line| {
                let line = [line.qualified.n, line.qualified.hits, line.violations, line.cannot_judge];
                std::array::from_fn(|index| sum[index] + line[index])
            })
        };
        let whole = [summary.calls, summary.qualified.hits, summary.violations, summary.cannot_judge];
        prop_assert_eq!(sum(&mut report.units.iter()), whole);
        prop_assert_eq!(sum(&mut report.agents.listed.iter().map(|line| &line.figures)), whole);
        prop_assert_eq!(report.scores.iter().map(|score| score.calls).sum::<u64>(), summary.calls);
        let scored = report.rules.iter().filter(|line| line.rule.scored);
        prop_assert_eq!(scored.map(|line| line.count.violations).sum::<u64>(), summary.violations);
        for (index, total) in report.key_items.total.iter().enumerate() {
            let units = report.key_items.units.iter().map(|line| line.counts[index].triggered);
            prop_assert_eq!(units.sum::<u64>(), total.triggered);
        }
        for group in &report.violations {
            let line = report.rules.iter().find(|line| line.rule.id == group.rule.id);
            prop_assert_eq!(Some(group.lines.total), line.map(|line| line.count.violations));
            prop_assert!(group.lines.listed.len() as u64 <= group.lines.total);
        }
    }

    #[test]
    fn rates_are_hits_over_n_within_their_interval(calls in any_month()) {
        let report = report(&calls);
        let units = report.units.iter().map(|line| line.qualified);
        let rules = report.rules.iter().map(|line| line.count.rate);
        for rate in units.chain(rules).chain([report.summary.qualified]) {
            match rate.estimate {
                None => prop_assert_eq!(rate.n, 0),
                Some(estimate) => {
                    prop_assert_eq!(estimate.value, rate.hits as f64 / rate.n as f64);
                    prop_assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_calls_does_not_show(
        (calls, shuffled) in any_month().prop_flat_map(|calls| (Just(calls.clone()), Just(calls).prop_shuffle()))
    ) {
        let settings = MonthlySettings {
            worst_listed: 4,
            best_listed: 3,
            violations_listed_per_rule: 3,
            cannot_judge_listed_per_rule: 2,
            agents_listed: 5,
            ..MonthlySettings::default()
        };
        let json = |calls: &[JudgedCall]| {
            serde_json::to_string(&report_with(settings.clone(), calls)).expect("JSON")
        };
        prop_assert_eq!(json(&calls), json(&shuffled));
    }
}
