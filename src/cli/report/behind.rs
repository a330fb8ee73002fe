//! Names some of the calls behind the figures of a monthly report.

use std::collections::BTreeMap;

use super::detail::{Facts, Reader};
use crate::{
    reports::{
        self, BEHIND_FIGURE, BEHIND_UNIT, BehindCall, BehindGroup, BehindList, Funnel, FunnelGroup,
        Label, MonthlyReport, RuleName,
    },
    review::estimates::rests_on,
    store::{StoreError, behind::Period},
};

fn agent_label(name: Option<&str>, id: &str) -> Label {
    Label::Name(match name {
        Some(name) => format!("{name} {id}"),
        None => id.to_owned(),
    })
}

impl Reader<'_> {
    /// In the order of the report's parts.
    pub(super) fn behind(
        &self,
        report: &MonthlyReport,
        facts: &Facts,
    ) -> Result<Vec<BehindList>, StoreError> {
        let mut lists = self.scores(report)?;
        lists.extend(self.coverage(report)?);
        lists.extend(self.groups(report, facts)?);
        lists.extend(self.agents(report)?);
        lists.extend(self.unclear(report)?);
        lists.extend(self.passed(report)?);
        lists.extend(self.sampled(facts));
        lists.extend(facts.closed_loop.behind(|id| facts.person(id)));
        if let Some(detail) = &report.detail {
            for line in &detail.calibrations {
                lists.push(BehindList {
                    part: "calibration",
                    anchor: format!("calibration-{}", reports::anchor(Some(&line.id))),
                    labels: vec![Label::Name(line.id.clone())],
                    total: line.calls,
                    calls: self.store.calibrated_calls(&line.id)?,
                });
            }
            if let Some(funnel) = &detail.funnel {
                lists.extend(self.funnel(funnel)?);
            }
        }
        lists.retain(|list| !list.calls.is_empty());
        lists.sort_by_key(|list| reports::PARTS.iter().position(|part| *part == list.part));
        Ok(lists)
    }

    fn scores(&self, report: &MonthlyReport) -> Result<Vec<BehindList>, StoreError> {
        let bands = report.score_bands().into_iter();
        let lists = bands.filter(|band| band.calls > 0).map(|band| {
            Ok(BehindList {
                part: "scores",
                anchor: format!("scores-{}", band.from),
                labels: vec![Label::Points(band.from, band.to)],
                total: band.calls,
                calls: self
                    .store
                    .calls_with_points(self.scope, &band, self.rules)?,
            })
        });
        lists.collect()
    }

    fn coverage(&self, report: &MonthlyReport) -> Result<[BehindList; 3], StoreError> {
        let of = |anchor: &str, word, total, calls| BehindList {
            part: "coverage",
            anchor: anchor.to_owned(),
            labels: vec![Label::Word(word)],
            total,
            calls,
        };
        let named = |ids: Vec<String>| -> Vec<BehindCall> {
            ids.iter().map(|id| BehindCall::of(id)).collect()
        };
        let (store, scope, coverage) = (self.store, self.scope, &report.coverage);
        let unanswered = match coverage.unanswered {
            0 => Vec::new(),
            _ => store.unanswered_calls(scope, BEHIND_FIGURE)?,
        };
        let unlisted = match coverage.listed {
            0 => Vec::new(),
            _ => store.unlisted_calls(scope, BEHIND_FIGURE)?,
        };
        Ok([
            of(
                "unanswered",
                "behind.unanswered",
                coverage.unanswered,
                named(unanswered),
            ),
            of(
                "unlisted",
                "behind.unlisted",
                coverage.unlisted,
                named(unlisted),
            ),
            of(
                "heard",
                "coverage.heard",
                coverage.heard,
                store.heard_some(scope, self.as_of)?,
            ),
        ])
    }

    /// Units, channels, businesses and key items.
    fn groups(&self, report: &MonthlyReport, facts: &Facts) -> Result<Vec<BehindList>, StoreError> {
        let key_items = &report.key_items.rules;
        let scored = |rule: &&RuleName| {
            let known = self.rules.iter().find(|known| known.id == rule.id);
            known.is_some_and(|known| known.scored)
        };
        // Calls are in order by what they lost points for.
        let key_items: Vec<RuleName> = key_items.iter().filter(scored).cloned().collect();
        let mut wanted = reports::violated_groups(&facts.detail.now);
        wanted.extend(reports::violated_items(&facts.detail.verdicts, &key_items));
        let month = Period::Month(&self.scope.month);
        let units = self.scope.units.as_deref();
        let found = self
            .store
            .behind_groups(month, units, &wanted, &key_items, self.rules)?;
        let lists = found.into_iter().map(|(group, calls)| {
            let total = match &group {
                // The table counts violations, of which a call may have several.
                BehindGroup::Unit(unit) => {
                    let line = report.units.iter().find(|line| line.unit == *unit);
                    line.map_or(0, |line| line.violations)
                }
                _ => wanted[&group],
            };
            group.list(&key_items, total, calls)
        });
        Ok(lists.collect())
    }

    /// Violations of the agents listed, here and in the funnel.
    fn agents(&self, report: &MonthlyReport) -> Result<Vec<BehindList>, StoreError> {
        let mut wanted = BTreeMap::new();
        for line in &report.agents.listed {
            let key = (line.figures.unit.clone(), line.agent.id.clone());
            wanted.insert(key, (line.agent.name.clone(), line.figures.violations));
        }
        let funnel = report
            .detail
            .as_ref()
            .and_then(|detail| detail.funnel.as_ref());
        for line in funnel.iter().flat_map(|funnel| &funnel.agents.listed) {
            let key = (line.unit.clone(), line.group.clone());
            let calls = line.violated.hits;
            wanted
                .entry(key)
                .or_insert((line.agent_name.clone(), calls));
        }
        let mut lists = Vec::new();
        for ((unit, agent), (name, total)) in wanted {
            let Some(id) = agent.as_deref().filter(|_| total > 0) else {
                continue;
            };
            let (month, unit) = (&self.scope.month, unit.as_deref());
            lists.push(BehindList {
                part: "behind.agents",
                anchor: reports::agent_anchor("agent", unit, Some(id)),
                labels: vec![agent_label(name.as_deref(), id)],
                total,
                calls: self.store.behind_agent(month, unit, id, self.rules)?,
            });
        }
        Ok(lists)
    }

    /// What nobody could judge, of the units and the agents listed.
    fn unclear(&self, report: &MonthlyReport) -> Result<Vec<BehindList>, StoreError> {
        let mut lists = Vec::new();
        let mut add = |unit: Option<&str>, agent: Option<&str>, anchor, label, total| {
            if total > 0 {
                let month = &self.scope.month;
                lists.push(BehindList {
                    part: "cannot-judge",
                    anchor,
                    labels: vec![label],
                    total,
                    calls: self.store.unclear_calls(month, unit, agent, self.rules)?,
                });
            }
            Ok::<_, StoreError>(())
        };
        for line in &report.units {
            let unit = line.unit.as_deref();
            let label = Label::name_or(&line.unit, "unknown-unit");
            let anchor = format!("unclear-{}", reports::anchor(unit));
            add(unit, None, anchor, label, line.cannot_judge)?;
        }
        for line in &report.agents.listed {
            let unit = line.figures.unit.as_deref();
            if let Some(id) = line.agent.id.as_deref() {
                let anchor = reports::agent_anchor("unclear", unit, Some(id));
                let label = agent_label(line.agent.name.as_deref(), id);
                add(unit, Some(id), anchor, label, line.figures.cannot_judge)?;
            }
        }
        Ok(lists)
    }

    /// Calls that met each rule: with its violations and what nobody could judge, all that the
    /// rule applies to.
    fn passed(&self, report: &MonthlyReport) -> Result<Vec<BehindList>, StoreError> {
        let ids: Vec<String> = report
            .rules
            .iter()
            .map(|line| line.rule.id.clone())
            .collect();
        let mut passed = self.store.passed_calls(self.scope, &ids)?;
        let lists = report.rules.iter().map(|line| BehindList {
            part: "rules",
            anchor: format!("passed-{}", line.rule.id),
            labels: vec![
                Label::Word("behind.passed"),
                Label::Name(line.rule.title.clone()),
            ],
            total: line.count.triggered - line.count.violations - line.count.cannot_judge,
            calls: passed.remove(&line.rule.id).unwrap_or_default(),
        });
        Ok(lists.collect())
    }

    /// What precision and recall rest on.
    fn sampled(&self, facts: &Facts) -> Vec<BehindList> {
        let lists = self.rules.iter().map(|rule| {
            let told = rests_on(&facts.heard, &rule.id);
            let calls = told.iter().take(BEHIND_UNIT);
            let calls = calls.map(|(call_id, said)| {
                let mark = match said {
                    (true, true) => "confirmed",
                    (true, false) => "false-hits",
                    (false, _) => "missed",
                };
                BehindCall::marked(call_id, mark)
            });
            BehindList {
                part: "quality",
                anchor: format!("sampled-{}", rule.id),
                labels: vec![
                    Label::Word("behind.sampled"),
                    Label::Name(rule.title.clone()),
                ],
                total: told.len() as u64,
                calls: calls.collect(),
            }
        });
        lists.collect()
    }

    fn funnel(&self, funnel: &Funnel) -> Result<Vec<BehindList>, StoreError> {
        let (store, scope) = (self.store, self.scope);
        let rows = funnel.answered();
        let mut found = store.answered_calls(scope, &rows.iter().cloned().collect())?;
        let mut lists = Vec::new();
        for (group, total) in rows {
            let calls = match group {
                FunnelGroup::Agent(at) => {
                    let line = &funnel.agents.listed[at];
                    let (unit, agent) = (line.unit.as_deref(), line.group.as_deref());
                    store.answered_by(&scope.month, unit, agent)?
                }
                _ => found.remove(&group).unwrap_or_default(),
            };
            lists.push(funnel.list(&group, total, calls));
        }
        for (violated, rate, anchor, word) in [
            (
                false,
                &funnel.without_violation,
                "converted-without",
                "behind.converted.without",
            ),
            (
                true,
                &funnel.with_violation,
                "converted-with",
                "behind.converted.with",
            ),
        ] {
            let calls = match rate.hits {
                0 => Vec::new(),
                _ => store.converted_calls(scope, violated, self.rules)?,
            };
            lists.push(BehindList {
                part: "funnel",
                anchor: anchor.to_owned(),
                labels: vec![Label::Word(word)],
                total: rate.hits,
                calls,
            });
        }
        Ok(lists)
    }
}
