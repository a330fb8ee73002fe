//! What a monthly report says beyond the month's verdicts: people's decisions, the month before,
//! whom to train, and the calls behind the figures.

use std::collections::BTreeMap;

use super::common::violations_by_unit;
use crate::{
    lang::Lang,
    people::{Unit, UnitTree},
    reports::{
        self, CallSums, Capped, DetailFacts, Funnel, LoopBuilder, Month, MonthDetail,
        MonthlyReport, RuleFacts, TrainingLine, UpperUnit, VerdictSums, training_records,
    },
    review::training::{self, Need, Trainee},
    scoring::AssessmentCard,
    store::{
        Store, StoreError,
        behind::{BehindWanted, Period},
        monthly::ReportScope,
        touched::AsOf,
    },
};

/// Repeated offences and people for training that are listed at most.
const LISTED: usize = 30;

/// Agents in the outbound funnel that are listed at most.
const DIALLERS_LISTED: usize = 100;

/// What was counted of the month and of the one before.
pub(super) struct Counts {
    pub(super) now: Vec<CallSums>,
    pub(super) before: Vec<CallSums>,
    pub(super) verdicts: Vec<VerdictSums>,
    pub(super) before_scope: ReportScope,
}

pub(super) struct Facts {
    pub(super) detail: DetailFacts,
    closed_loop: LoopBuilder,
}

pub(super) fn facts(
    store: &Store,
    scope: &ReportScope,
    counts: Counts,
    as_of: &AsOf,
    rules: &[RuleFacts],
) -> Result<Facts, StoreError> {
    let mut closed_loop = LoopBuilder::new(rules);
    let restated = store.for_each_touched(scope, as_of, |finding| closed_loop.add(finding))?;
    let detail = DetailFacts {
        restated,
        restated_before: store.for_each_touched(&counts.before_scope, as_of, |_| ())?,
        now: counts.now,
        before: counts.before,
        verdicts: counts.verdicts,
        upper_units: upper_units(&store.units()?),
        estimates: store.estimates_of_month(scope, as_of)?,
    };
    Ok(Facts {
        detail,
        closed_loop,
    })
}

/// The units that have others below them, from the top.
fn upper_units(tree: &UnitTree) -> Vec<UpperUnit> {
    let has_below = |unit: &&Unit| tree.iter().any(|one| one.parent.as_ref() == Some(&unit.id));
    let mut upper: Vec<&Unit> = tree.iter().filter(has_below).collect();
    upper.sort_by_key(|unit| (unit.level, unit.id.clone()));
    let upper = upper.into_iter().map(|unit| UpperUnit {
        name: unit.name.clone(),
        labels: tree.labels_below(&unit.id),
    });
    upper.collect()
}

/// Puts the figures by people's word and those of the month before beside the agents listed.
pub(super) fn complete_agents(report: &mut MonthlyReport, facts: &DetailFacts) {
    let mut agents = facts.agents();
    for line in &mut report.agents.listed {
        let key = (line.figures.unit.clone(), line.agent.id.clone());
        line.compared = agents.remove(&key);
    }
}

/// Names some of the calls behind the figures.
pub(super) fn name_behind(
    report: &mut MonthlyReport,
    store: &Store,
    scope: &ReportScope,
    verdicts: &[VerdictSums],
    key_rules: &[String],
    rules: &[RuleFacts],
) -> Result<(), StoreError> {
    let known = |id: &&String| rules.iter().any(|rule| rule.id == **id);
    let key_rules: Vec<String> = key_rules.iter().filter(known).cloned().collect();
    let of = BehindWanted {
        key_rules: &key_rules,
        counts: violations_by_unit(verdicts, &key_rules),
        rules,
    };
    let month = Period::Month(&scope.month);
    let mut units = store.behind_units(month, scope.units.as_deref(), &of)?;
    for line in &mut report.key_items.units {
        if let Some(behind) = units.get_mut(&line.unit) {
            line.behind = std::mem::take(&mut behind.of_rules);
        }
    }
    for line in &mut report.units {
        if let Some(behind) = units.remove(&line.unit) {
            line.behind = behind.calls;
        }
    }
    for line in &mut report.agents.listed {
        if let Some(id) = line
            .agent
            .id
            .as_deref()
            .filter(|_| line.figures.violations > 0)
        {
            let unit = line.figures.unit.as_deref();
            line.figures.behind = store.behind_agent(&scope.month, unit, id, rules)?;
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)]
pub(super) fn detail(
    store: &Store,
    scope: &ReportScope,
    month: Month,
    as_of: &AsOf,
    facts: Facts,
    rules: &[RuleFacts],
    card: &AssessmentCard,
    lang: Lang,
) -> Result<MonthDetail, StoreError> {
    let Facts {
        detail: facts,
        closed_loop,
    } = facts;
    let mut detail = MonthDetail::of(&facts, &closed_loop, rules, card);
    let mut names = BTreeMap::new();
    for person in store.people()? {
        names.insert(person.id, person.name);
    }
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    detail.closed_loop = closed_loop.figures(LISTED, name);
    detail.heard = store.heard_calls(scope, as_of)?.0;
    detail.exemplars = store.exemplar_lines(scope, as_of, lang)?;
    // Inspectors calibrate for all units together.
    if scope.units.is_none() {
        detail.calibrations = store.calibration_lines(&scope.month, as_of)?;
    }
    for line in &mut detail.calibrations {
        // Only closed ones are listed, so there is a result.
        line.kappa = store
            .calibration_result(&line.id)
            .ok()
            .and_then(|found| found.kappa);
    }
    detail.reasons = store.reason_lines(scope, lang)?;
    detail.funnel = Funnel::of(&store.funnel_facts(scope)?, DIALLERS_LISTED);
    let days = (month.first_day(), month.last_day());
    let came_back = store.came_back(days, scope.units.as_deref(), &as_of.utc)?;
    let records = training_records(&facts, &closed_loop);
    let needs = training::needs(records, &came_back, training::TARGET);
    detail.target = training::TARGET;
    detail.training = self::training(store, scope, as_of, rules, needs, &facts.now)?;
    let (models, rule_sets) = store.sources_of_month(&scope.month)?;
    detail.models = models.len() as u64;
    detail.rule_sets = rule_sets.len() as u64;
    detail.changed_rules = match rule_sets.len() {
        0 | 1 => Vec::new(),
        _ => store.changed_rules(&scope.month)?,
    };
    Ok(detail)
}

/// Rules named and calls to hear for each on the training list.
const RULES_NAMED: usize = 3;
const CLIPS: usize = 3;

/// Who needs training, the lowest rates first; names, calls to hear and exemplars only for those
/// that are listed.
fn training(
    store: &Store,
    scope: &ReportScope,
    as_of: &AsOf,
    rules: &[RuleFacts],
    needs: Vec<Need>,
    agents: &[CallSums],
) -> Result<Capped<TrainingLine>, StoreError> {
    let exemplars = store.best_exemplars(as_of)?;
    let mut list = Capped {
        total: needs.len() as u64,
        listed: Vec::new(),
    };
    let mut needs = needs;
    let share = |need: &Need| need.qualified.estimate.map_or(1.0, |found| found.value);
    needs.sort_by(|one, other| share(one).total_cmp(&share(other)));
    for need in needs.into_iter().take(LISTED) {
        let named = &need.rules[..need.rules.len().min(RULES_NAMED)];
        let ids: Vec<String> = named.iter().map(|rule| rule.rule_id.clone()).collect();
        let titles = ids.iter().map(|id| {
            let rule = rules.iter().find(|rule| rule.id == *id);
            rule.map_or_else(|| id.clone(), |rule| rule.title.clone())
        });
        let (unit, agent_id) = match need.who {
            Trainee::Unit(unit) => (unit, None),
            Trainee::Agent { agent_id, unit } => (unit, Some(agent_id)),
        };
        let name = agents
            .iter()
            .filter(|sums| agent_id.is_some() && sums.agent_id == agent_id)
            .find_map(|sums| sums.agent_name.clone());
        let mut why = Vec::new();
        if need.below_target {
            why.push("below");
        }
        if !need.came_back.is_empty() {
            why.push("again");
        }
        list.listed.push(TrainingLine {
            rules: titles.collect(),
            clips: store.clips_of(scope, &unit, agent_id.as_deref(), &ids, CLIPS)?,
            exemplar: ids.iter().find_map(|id| exemplars.get(id).cloned()),
            agent: agent_id.map(|id| {
                let label = match name {
                    Some(name) => format!("{name} {id}"),
                    None => id,
                };
                reports::masked_text(&label)
            }),
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            qualified: need.qualified,
            why,
        });
    }
    Ok(list)
}
