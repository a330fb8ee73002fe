//! `huiting report monthly`: counted by the store, written as a page or a workbook.

use super::{
    common::{Format, Issue, ReportArguments, issue, json, sha256, told},
    coverage::coverage,
    detail::{Counts, Reader, complete_agents},
};
use crate::{
    cli::{
        Context, Done, Failure,
        open::{DatabaseArgument, RulesArgument},
    },
    lang::Lang,
    reports::{self, Month, MonthlyBuilder, MonthlySettings, Provenance, RuleFacts},
    store::{
        Store, StoreError,
        monthly::{ListedCalls, ReportScope},
    },
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting report monthly --month 2026-10\n  huiting report monthly --month 2026-10 --unit 济南分公司 --out 十月.xlsx\n  huiting report monthly --month 2026-10 --as-of 2026-11-02 --lang en\n\n每次出的报告都记在库里;以后的复核决定改变了其中的数字时,huiting report list 会标为“已被取代”。版式怎么换:见 docs/report-templates.md。"
)]
pub(in crate::cli) struct MonthlyArguments {
    /// 月份,如 2026-10;默认为库里最近的一个月
    #[arg(long, value_name = "年-月")]
    month: Option<String>,
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    rules: RulesArgument,
    #[command(flatten)]
    report: ReportArguments,
}

pub(super) fn run(arguments: &MonthlyArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let say = |error: StoreError| Failure::say(&error, lang);
    arguments.report.check_ending(lang)?;
    let mut store = arguments.db.open_existing(context)?;
    store.refresh_statistics();
    let rules = arguments.rules.open(context)?;
    let still = store.hold_still().map_err(say)?;
    let as_of = arguments.report.as_of(&store).map_err(say)?;
    let month = month(arguments.month.as_deref(), &store, lang)?;
    let issuer = arguments.report.issuer(&store, context)?;
    let part = arguments.report.part(issuer.as_ref(), &store, context)?;
    let templates = arguments.report.templates(lang)?;

    let rule_list = rules.rules.rules().iter().map(|rule| RuleFacts {
        id: rule.id.clone(),
        title: lang
            .pick(Some(&rule.title), rule.title_en.as_ref())
            .unwrap_or(&rule.title)
            .clone(),
        severity: rule.severity,
        scored: rule.is_scored(),
        basis: rule.basis.clone(),
        remedy: rule.remedy.clone(),
    });
    let mut settings = MonthlySettings {
        scope: part.unit.as_ref().map(|(_, name)| name.clone()),
        qualified_at: rules.scorecard().qualified_at(),
        ..MonthlySettings::default()
    };
    let key_items = Vec::from_iter(store.key_items(&month.to_string()).map_err(say)?);
    if !key_items.is_empty() {
        settings.key_rules = key_items;
    }
    let mut builder = MonthlyBuilder::new(month, rule_list.collect(), settings);
    let scope = ReportScope {
        month: month.to_string(),
        units: part.labels.clone(),
    };
    let counts = count(&store, &scope, month, &mut builder).map_err(say)?;
    let rule_facts = builder.rules().to_vec();
    let coverage = coverage(&store, &scope, &counts.now, &as_of).map_err(say)?;
    let shown_moment = arguments.report.shown_moment();
    let provenance = provenance(&store, &scope.month, shown_moment).map_err(say)?;
    let mut report = builder.finish(coverage, provenance);
    let reader = Reader {
        store: &store,
        scope: &scope,
        month,
        as_of: &as_of,
        rules: &rule_facts,
        lang,
    };
    let facts = reader.facts(counts).map_err(say)?;
    complete_agents(&mut report, &facts.detail);
    let card = rules.scorecard().assessment();
    report.detail = Some(reader.detail(&facts, card).map_err(say)?);
    report.behind = reader.behind(&report, &facts).map_err(say)?;
    drop(still);

    let content = match arguments.report.format() {
        Format::Html => reports::render::html::monthly(&report, lang, &templates)
            .map_err(|error| Failure::say(&error, lang))?
            .into_bytes(),
        Format::Xlsx => reports::render::workbook::monthly(&report, lang)
            .map_err(|error| Failure::say(&error, lang))?,
        Format::Json => json(&report),
    };
    let issued = Issue {
        kind: "monthly",
        period: &scope.month,
        days: (month.first_day(), month.last_day()),
        part: &part,
        issuer: issuer.as_ref(),
        inputs: sha256(&serde_json::to_vec(&report).expect("a report is plain JSON")),
    };
    let out = issue(&issued, &content, &arguments.report, &mut store, lang)?;
    let kind = lang.pick(
        format!("{month} 质检月报"),
        format!("The monthly report of {month}"),
    );
    tell!("{}", told(&kind, &out, lang));
    let (_, undated) = store.call_counts(&scope.month).map_err(say)?;
    if undated > 0 {
        tell!("{}", lang.pick(
            format!("另有 {undated} 通电话没有日期,不在任何月报里。请用带 started_at 的 --calls 清单或 --file-name-pattern 重新扫描"),
            format!("Another {undated} calls have no date and are in no monthly report. Scan again with a --calls list that has started_at, or with --file-name-pattern"),
        ));
    }
    Ok(Done::Fine)
}

/// The month asked for, which must have calls, or the latest.
fn month(asked: Option<&str>, store: &Store, lang: Lang) -> Result<Month, Failure> {
    let months = store.months().map_err(|error| Failure::say(&error, lang))?;
    let Some(month) = asked.or(months.last().map(String::as_str)) else {
        return Err(Failure(lang.pick(
            "库里没有带日期的通话。请用带 started_at 的 --calls 清单扫描".to_owned(),
            "There are no dated calls in the database. Scan with a --calls list that has started_at".to_owned(),
        )));
    };
    let parsed = month
        .parse::<Month>()
        .map_err(|error| Failure::say(&error, lang))?;
    if months.iter().any(|known| known == month) {
        return Ok(parsed);
    }
    let known = months.join(", ");
    Err(Failure(lang.pick(
        format!("库里没有 {month} 的通话。有通话的月份:{known}"),
        format!("There are no calls of {month} in the database. Months with calls: {known}"),
    )))
}

/// Takes the month's figures from the database into the report.
fn count(
    store: &Store,
    scope: &ReportScope,
    month: Month,
    builder: &mut MonthlyBuilder,
) -> Result<Counts, StoreError> {
    let before_scope = ReportScope {
        month: month.before().to_string(),
        units: scope.units.clone(),
    };
    let counts = Counts {
        now: store.sums_of_month(scope)?,
        before: store.sums_of_month(&before_scope)?,
        verdicts: store.verdicts_of_month(scope)?,
        before_scope,
    };
    for sums in &counts.now {
        builder.add_calls(sums);
    }
    for sums in &counts.verdicts {
        builder.add_verdicts(sums);
    }
    for sums in store.verdicts_of_month(&counts.before_scope)? {
        builder.add_verdicts_before(&sums);
    }
    for (points, calls) in store.points_of_month(scope)? {
        builder.add_points(points, calls);
    }
    let settings = builder.settings();
    let listed = ListedCalls {
        worst: settings.worst_listed,
        best: settings.best_listed,
        violations_per_rule: settings.violations_listed_per_rule,
        cannot_judge_per_rule: settings.cannot_judge_listed_per_rule,
    };
    let rules = builder.rule_ids();
    store.for_each_listed(scope, &rules, listed, |call| builder.list(&call))?;
    Ok(counts)
}

/// Which models and rules judged the calls of a report.
pub(super) fn provenance(
    store: &Store,
    month: &str,
    as_of: String,
) -> Result<Provenance, StoreError> {
    let (models, rule_sets) = store.sources_of_month(month)?;
    let mut names = Vec::new();
    for digest in &models {
        names.push(store.model_name(digest)?.unwrap_or_default());
    }
    Ok(Provenance {
        model_name: names.join(", "),
        model_digest: models.join(", "),
        ruleset_digest: rule_sets.join(", "),
        as_of,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
