//! What a monthly report says beyond the month's verdicts: people's decisions, the month before,
//! whom to train, and the calls behind the figures.

use std::collections::BTreeMap;

use crate::{
    lang::Lang,
    people::{Unit, UnitTree},
    reports::{
        self, CallSums, Capped, DetailFacts, Funnel, LoopBuilder, Month, MonthDetail,
        MonthlyReport, RuleFacts, TrainingLine, UpperUnit, VerdictSums, training_records,
    },
    review::{
        estimates::HeardCall,
        training::{self, Need, Trainee},
    },
    scoring::AssessmentCard,
    store::{Store, StoreError, monthly::ReportScope, touched::AsOf},
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

/// What a month's report rests on beyond the counts.
pub(super) struct Facts {
    pub(super) detail: DetailFacts,
    pub(super) closed_loop: LoopBuilder,
    /// Calls of the random spot checks that were heard.
    pub(super) heard: Vec<HeardCall>,
    /// What people are called, by id.
    names: BTreeMap<String, String>,
}

impl Facts {
    pub(super) fn person(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// Reads what a report on a month says beyond the month's verdicts.
pub(super) struct Reader<'a> {
    pub(super) store: &'a Store,
    pub(super) scope: &'a ReportScope,
    pub(super) month: Month,
    pub(super) as_of: &'a AsOf,
    /// As they are shown.
    pub(super) rules: &'a [RuleFacts],
    pub(super) lang: Lang,
}

impl Reader<'_> {
    pub(super) fn facts(&self, counts: Counts) -> Result<Facts, StoreError> {
        let Reader {
            store,
            scope,
            as_of,
            ..
        } = self;
        let mut closed_loop = LoopBuilder::new(self.rules);
        let restated = store.for_each_touched(scope, as_of, |finding| closed_loop.add(finding))?;
        let estimates = store.estimates_of_month(scope, as_of)?;
        let detail = DetailFacts {
            restated,
            restated_before: store.for_each_touched(&counts.before_scope, as_of, |_| ())?,
            now: counts.now,
            before: counts.before,
            verdicts: counts.verdicts,
            upper_units: upper_units(&store.units()?),
            estimates: estimates.rules,
        };
        let people = store.people()?.into_iter();
        Ok(Facts {
            detail,
            closed_loop,
            heard: estimates.heard,
            names: people.map(|person| (person.id, person.name)).collect(),
        })
    }

    pub(super) fn detail(
        &self,
        facts: &Facts,
        card: &AssessmentCard,
    ) -> Result<MonthDetail, StoreError> {
        let Reader {
            store,
            scope,
            as_of,
            ..
        } = self;
        let closed_loop = &facts.closed_loop;
        let mut detail = MonthDetail::of(&facts.detail, closed_loop, self.rules, card);
        detail.closed_loop = closed_loop.figures(LISTED, |id| facts.person(id));
        detail.heard = store.heard_calls(scope, as_of)?.0;
        detail.exemplars = store.exemplar_lines(scope, as_of, self.lang)?;
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
        detail.reasons = store.reason_lines(scope, self.lang)?;
        detail.funnel = Funnel::of(&store.funnel_facts(scope)?, DIALLERS_LISTED);
        let days = (self.month.first_day(), self.month.last_day());
        let came_back = store.came_back(days, scope.units.as_deref(), &as_of.utc)?;
        let records = training_records(&facts.detail, closed_loop);
        let needs = training::needs(records, &came_back, training::TARGET);
        detail.target = training::TARGET;
        detail.training = self.training(needs, &facts.detail.now)?;
        let (models, rule_sets) = store.sources_of_month(&scope.month)?;
        detail.models = models.len() as u64;
        detail.rule_sets = rule_sets.len() as u64;
        detail.changed_rules = match rule_sets.len() {
            0 | 1 => Vec::new(),
            _ => store.changed_rules(&scope.month)?,
        };
        Ok(detail)
    }

    /// Who needs training, the lowest rates first; names, calls to hear and exemplars only for those
    /// that are listed.
    fn training(
        &self,
        needs: Vec<Need>,
        agents: &[CallSums],
    ) -> Result<Capped<TrainingLine>, StoreError> {
        let (store, rules) = (self.store, self.rules);
        let exemplars = store.best_exemplars(self.as_of)?;
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
                clips: store.clips_of(self.scope, &unit, agent_id.as_deref(), &ids, CLIPS)?,
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

/// Rules named and calls to hear for each on the training list.
const RULES_NAMED: usize = 3;
const CLIPS: usize = 3;
