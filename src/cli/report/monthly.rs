//! `huiting report monthly`: counted by the store, written as a page or a workbook.

use std::collections::BTreeMap;

use super::common::{Format, Issue, ReportArguments, issue, sha256, told};
use crate::{
    cli::{
        Context, Done, Failure,
        open::{DatabaseArgument, RulesArgument},
    },
    lang::Lang,
    reports::{
        self, CallSums, Capped, Coverage, DetailFacts, FailureCount, Funnel, LoopBuilder, Month,
        MonthDetail, MonthlyBuilder, MonthlySettings, Provenance, RuleFacts, TrainingLine,
        training_records,
    },
    review::training::{self, Need, Trainee},
    scoring::AssessmentCard,
    store::{
        Store, StoreError,
        monthly::{CallColumn, ListedCalls, ReportScope},
        recordings::FailureRow,
        touched::AsOf,
    },
    time::Millis,
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

/// Repeated offences and people for training that are listed at most.
const LISTED: usize = 30;

/// Agents in the outbound funnel that are listed at most.
const DIALLERS_LISTED: usize = 100;

pub(super) fn run(arguments: &MonthlyArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let say = |error: StoreError| Failure::say(&error, lang);
    arguments.report.check_ending(lang)?;
    let mut store = arguments.db.open_existing(context)?;
    store.refresh_statistics();
    let rules = arguments.rules.open(context)?;
    let as_of = arguments.report.as_of(&store).map_err(say)?;
    let month = month(arguments.month.as_deref(), &store, lang)?;
    let issuer = arguments.report.issuer(&store, context)?;
    let part = arguments.report.part(issuer.as_ref(), &store, context)?;
    let templates = arguments.report.templates(lang)?;

    let facts = rules.rules.rules().iter().map(|rule| RuleFacts {
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
    let mut builder = MonthlyBuilder::new(month, facts.collect(), settings);
    let scope = ReportScope {
        month: month.to_string(),
        units: part.labels.clone(),
    };
    count(&store, &scope, &mut builder).map_err(say)?;
    let rule_facts = builder.rules().to_vec();
    let coverage = coverage(&store, &scope).map_err(say)?;
    let shown_moment = arguments.report.shown_moment();
    let provenance = provenance(&store, &scope.month, shown_moment).map_err(say)?;
    let mut report = builder.finish(coverage, provenance);
    let card = rules.scorecard().assessment();
    let detail = detail(&store, &scope, month, &as_of, &rule_facts, card, lang);
    report.detail = Some(detail.map_err(say)?);

    let content = match arguments.report.format() {
        Format::Html => reports::render::html::monthly(&report, lang, &templates)
            .map_err(|error| Failure::say(&error, lang))?
            .into_bytes(),
        Format::Xlsx => reports::render::workbook::monthly(&report, lang)
            .map_err(|error| Failure::say(&error, lang))?,
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

#[allow(clippy::too_many_arguments)]
fn detail(
    store: &Store,
    scope: &ReportScope,
    month: Month,
    as_of: &AsOf,
    rules: &[RuleFacts],
    card: &AssessmentCard,
    lang: Lang,
) -> Result<MonthDetail, StoreError> {
    let mut closed_loop = LoopBuilder::new(rules);
    let restated = store.for_each_touched(scope, as_of, |finding| closed_loop.add(finding))?;
    let before = ReportScope {
        month: month.before().to_string(),
        units: scope.units.clone(),
    };
    let facts = DetailFacts {
        now: store.sums_by_agent(scope)?,
        before: store.sums_by_agent(&before)?,
        verdicts: store.verdicts_of_month(scope)?,
        channels: store.sums_by_column(scope, CallColumn::Channel)?,
        businesses: store.sums_by_column(scope, CallColumn::Business)?,
        restated,
        estimates: store.estimates_of_month(scope, as_of)?,
    };
    let mut detail = MonthDetail::of(&facts, &closed_loop, rules, card);
    let mut names = BTreeMap::new();
    for person in store.people()? {
        names.insert(person.id, person.name);
    }
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    detail.closed_loop = closed_loop.figures(LISTED, name);
    detail.heard = store.heard_calls(scope, as_of)?;
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
            .find(|sums| sums.agent_id == agent_id)
            .and_then(|sums| sums.agent_name.clone())
            .filter(|_| agent_id.is_some());
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

fn coverage(store: &Store, scope: &ReportScope) -> Result<Coverage, StoreError> {
    let month = scope.month.as_str();
    let counts = store.coverage(scope)?;
    // A file that failed has a month at best, and no unit: it is the whole's.
    let failures = match scope.units {
        None => store.failures()?,
        Some(_) => Vec::new(),
    };
    let failures: Vec<FailureRow> = failures
        .into_iter()
        .filter(|failure| failure.month.as_deref().is_none_or(|of| of == month))
        .collect();
    let mut causes: BTreeMap<&str, FailureCount> = BTreeMap::new();
    for failure in &failures {
        let (zh, en) = cause_names(&failure.cause);
        let count = causes
            .entry(&failure.cause)
            .or_insert_with(|| FailureCount {
                zh: zh.to_owned(),
                en: en.to_owned(),
                count: 0,
                examples: Vec::new(),
            });
        count.count += 1;
        if count.examples.len() < 5 {
            count.examples.push(failure.path.clone());
        }
    }
    Ok(Coverage {
        listed: counts.listed,
        recorded: counts.judged + failures.len() as u64,
        unlisted: counts.unlisted,
        missing: counts.missing,
        unanswered: counts.unanswered,
        transcribed: counts.judged,
        judged: counts.judged,
        recorded_length: Millis(counts.audio_ms),
        failures: causes.into_values().collect(),
    })
}

/// Causes of failure in words; the stable words come from the stages that failed.
fn cause_names(cause: &str) -> (&'static str, &'static str) {
    match cause {
        "empty" => ("空文件", "empty file"),
        "no-sound" => ("没有声音", "no sound in it"),
        "not-audio" => ("不是录音", "not a recording"),
        "unsupported" => ("不支持的格式", "unsupported format"),
        "malformed" => ("文件损坏", "damaged file"),
        "limit" => (
            "声道数、采样率或时长超限",
            "channels, sample rate or length out of range",
        ),
        "time-limit" => ("用时过长", "took too long"),
        "decoder" => ("解码器出错", "decoder broke down"),
        "recogniser" => ("识别出错", "recogniser failed"),
        "dangling-link" => ("链接失效", "dangling link"),
        "folder" => ("文件夹冒充录音", "a folder named like a recording"),
        _ => ("读不了", "unreadable"),
    }
}

/// Takes the month's figures from the database into the report.
fn count(
    store: &Store,
    scope: &ReportScope,
    builder: &mut MonthlyBuilder,
) -> Result<(), StoreError> {
    for sums in store.sums_by_agent(scope)? {
        builder.add_calls(&sums);
    }
    for sums in store.verdicts_of_month(scope)? {
        builder.add_verdicts(&sums);
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
    store.for_each_listed(scope, &rules, listed, |call| builder.list(&call))
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
