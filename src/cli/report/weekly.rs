//! `huiting report weekly`: the week's bulletin.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::common::{Format, Issue, ReportArguments, issue, json, sha256, told};
use crate::{
    cli::{
        Context, Done, Failure,
        names::written_as,
        open::{DatabaseArgument, RulesArgument},
    },
    lang::Lang,
    reports::{
        self, LoopBuilder, Month, MonthlySettings, Provenance, RuleFacts, RuleName, WeeklyFacts,
        WeeklyReport, violated_items,
    },
    store::{
        Store, StoreError, behind::Period, monthly::ReportScope, touched::AsOf, weekly::DayScope,
    },
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting report weekly --week 2026-W42\n  huiting report weekly --week 2026-W42 --unit 历下营业厅 --out 周通报.xlsx\n\n重点整改项由管理者按月设定;没有设定的月份用四个重点项。"
)]
pub(in crate::cli) struct WeeklyArguments {
    /// 第几周(周一到周日),如 2026-W42;默认为数据截至时间的前一周
    #[arg(long, value_name = "年-W周", value_parser = week)]
    week: Option<Week>,
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    rules: RulesArgument,
    #[command(flatten)]
    report: ReportArguments,
}

/// A calendar week by ISO 8601, by its Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Week(NaiveDate);

fn week(text: &str) -> Result<Week, String> {
    let parts = text.split_once("-W");
    let parts = parts.and_then(|(year, week)| Some((year.parse().ok()?, week.parse().ok()?)));
    parts
        .and_then(|(year, week)| NaiveDate::from_isoywd_opt(year, week, Weekday::Mon))
        .map(Week)
        .ok_or_else(|| written_as("2026-W42"))
}

impl Week {
    fn before(day: NaiveDate) -> Week {
        let back = 7 + u64::from(day.weekday().num_days_from_monday());
        Week(day - Days::new(back))
    }

    fn last_day(self) -> NaiveDate {
        self.0 + Days::new(6)
    }

    fn name(self) -> String {
        self.0.format("%G-W%V").to_string()
    }

    fn scope(self, units: Option<Vec<String>>) -> DayScope {
        DayScope {
            from_day: self.0.to_string(),
            to_day: self.last_day().to_string(),
            units,
        }
    }
}

const OVERDUE_LISTED: usize = 50;
const REPEATED_LISTED: usize = 20;
const CLIPS: usize = 3;

pub(super) fn run(arguments: &WeeklyArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let say = |error: StoreError| Failure::say(&error, lang);
    arguments.report.check_ending(lang)?;
    let mut store = arguments.db.open_existing(context)?;
    store.refresh_statistics();
    let rules = arguments.rules.open(context)?;
    let still = store.hold_still().map_err(say)?;
    let as_of = arguments.report.as_of(&store).map_err(say)?;
    let week = arguments
        .week
        .unwrap_or_else(|| Week::before(arguments.report.moment().date_naive()));
    let issuer = arguments.report.issuer(&store, context)?;
    let part = arguments.report.part(issuer.as_ref(), &store, context)?;
    let templates = arguments.report.templates(lang)?;
    let month = Month::of(week.last_day()).to_string();
    let mut key_items = Vec::from_iter(store.key_items(&month).map_err(say)?);
    if key_items.is_empty() {
        key_items = MonthlySettings::default().key_rules;
    }
    let facts = rules.rules.rules().iter().map(|rule| RuleFacts {
        id: rule.id.clone(),
        title: lang
            .pick(Some(&rule.title), rule.title_en.as_ref())
            .unwrap_or(&rule.title)
            .clone(),
        severity: rule.severity,
        scored: rule.is_scored(),
        basis: Vec::new(),
        remedy: String::new(),
    });
    let facts: Vec<RuleFacts> = facts.collect();
    let shown: Vec<RuleFacts> = key_items
        .iter()
        .filter_map(|id| facts.iter().find(|rule| rule.id == *id).cloned())
        .collect();
    let key_items: Vec<String> = shown.iter().map(|rule| rule.id.clone()).collect();
    let collected = collect(
        &store,
        week,
        part.labels.clone(),
        &as_of,
        &facts,
        &key_items,
    );
    let mut collected = collected.map_err(say)?;
    collected.scope = part.unit.as_ref().map(|(_, name)| name.clone());
    if collected.calls == 0 {
        let name = week.name();
        return Err(Failure(lang.pick(
            format!("{name} 没有通话。请用 --week 指定有通话的一周"),
            format!("There are no calls in {name}. Name a week that has calls with --week"),
        )));
    }
    let provenance = provenance(&store, &month, arguments.report.shown_moment()).map_err(say)?;
    drop(still);
    let report = WeeklyReport::of(collected, &shown, provenance);
    let content = match arguments.report.format() {
        Format::Html => reports::render::html::weekly(&report, lang, &templates)
            .map_err(|error| Failure::say(&error, lang))?
            .into_bytes(),
        Format::Xlsx => reports::render::workbook::weekly(&report, lang)
            .map_err(|error| Failure::say(&error, lang))?,
        Format::Json => json(&report),
    };
    let issued = Issue {
        kind: "weekly",
        period: &week.name(),
        days: (week.0, week.last_day()),
        part: &part,
        issuer: issuer.as_ref(),
        inputs: sha256(&serde_json::to_vec(&report).expect("a report is plain JSON")),
    };
    let out = issue(&issued, &content, &arguments.report, &mut store, lang)?;
    let kind = title(week, lang);
    tell!("{}", told(&kind, &out, lang));
    Ok(Done::Fine)
}

fn title(week: Week, lang: Lang) -> String {
    let name = week.name();
    lang.pick(
        format!("{name} 质检周通报"),
        format!("The bulletin of {name}"),
    )
}

fn collect(
    store: &Store,
    week: Week,
    units: Option<Vec<String>>,
    as_of: &AsOf,
    rules: &[RuleFacts],
    key_items: &[String],
) -> Result<WeeklyFacts, StoreError> {
    let scope = week.scope(units.clone());
    let before = Week(week.0 - Days::new(7)).scope(units.clone());
    let mut closed_loop = LoopBuilder::new(rules);
    let month = ReportScope {
        month: Month::of(week.last_day()).to_string(),
        units,
    };
    // The month up to the end of the week.
    let in_time = |day: &Option<String>| day.as_ref().is_none_or(|day| *day <= scope.to_day);
    store.for_each_touched(&month, as_of, |finding| {
        if in_time(&finding.day) {
            closed_loop.add(finding);
        }
    })?;
    let mut overdue = store.overdue_rectifications(&scope, as_of, OVERDUE_LISTED)?;
    let mut clips = store.clips_of_days(&scope, key_items, as_of, CLIPS)?;
    let rules_named = overdue.iter_mut().map(|line| &mut line.rule);
    for rule in rules_named.chain(clips.iter_mut().map(|clip| &mut clip.rule)) {
        if let Some(facts) = rules.iter().find(|facts| facts.id == *rule) {
            rule.clone_from(&facts.title);
        }
    }
    let now = store.verdicts_of_days(&scope)?;
    let names = |id: &String| {
        let known = rules.iter().find(|rule| rule.id == *id && rule.scored);
        known.map(RuleName::of)
    };
    let key_items: Vec<RuleName> = key_items.iter().filter_map(names).collect();
    let wanted = violated_items(&now, &key_items);
    let days = Period::Days(&scope.from_day, &scope.to_day);
    let found = store.behind_groups(days, scope.units.as_deref(), &wanted, &key_items, rules)?;
    let behind = found
        .into_iter()
        .map(|(group, calls)| group.list(&key_items, wanted[&group], calls));
    Ok(WeeklyFacts {
        week: week.name(),
        from_day: scope.from_day.clone(),
        to_day: scope.to_day.clone(),
        scope: None,
        calls: store.calls_of_days(&scope)?.calls,
        calls_before: store.calls_of_days(&before)?.calls,
        behind: behind.chain(store.spot_checked(&scope, as_of)?).collect(),
        now,
        before: store.verdicts_of_days(&before)?,
        spot_checks: store.spot_checks_of_days(&scope, as_of)?,
        repeated: closed_loop.figures(REPEATED_LISTED, str::to_owned).repeated,
        overdue,
        clips,
    })
}

fn provenance(store: &Store, month: &str, as_of: String) -> Result<Provenance, StoreError> {
    super::monthly::provenance(store, month, as_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_by_iso_8601() {
        let found = week("2026-W42").expect("a week");
        assert_eq!(found.0.to_string(), "2026-10-12");
        assert_eq!(found.name(), "2026-W42");
        assert_eq!(
            week("2026-W01").expect("a week").0.to_string(),
            "2025-12-29"
        );
        assert!(week("2026-42").is_err() && week("2026-W54").is_err());
        let sunday = "2026-10-25".parse().expect("a day");
        assert_eq!(Week::before(sunday).name(), "2026-W42");
    }
}
