//! `huiting report`: what managers read.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use crate::{
    cli::{
        Context, Done, Failure,
        open::{DatabaseArgument, RulesArgument},
        output,
    },
    lang::Lang,
    reports::{self, Coverage, FailureCount, Month, MonthlyBuilder, Provenance, RuleFacts},
    store::{
        Store, StoreError,
        monthly::{ListedCalls, ReportScope},
        recordings::FailureRow,
    },
    time::Millis,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 质检月报:一个网页文件,可直接打开、打印
    Monthly(MonthlyArguments),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting report monthly --month 2026-10\n  huiting report monthly --month 2026-10 --out 十月.html --lang en"
)]
pub(super) struct MonthlyArguments {
    /// 月份,如 2026-10;默认为库里最近的一个月
    #[arg(long, value_name = "年-月")]
    month: Option<String>,
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    rules: RulesArgument,
    /// 输出文件 [默认: monthly-月份.html]
    #[arg(long, value_name = "文件")]
    out: Option<PathBuf>,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Monthly(arguments) => monthly(arguments, context),
    }
}

fn monthly(arguments: &MonthlyArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let say = |error: StoreError| Failure::say(&error, lang);
    let store = arguments.db.open_existing(context)?;
    let rules = arguments.rules.open(context)?;
    let month = month(arguments.month.as_deref(), &store, lang)?;

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
    let mut builder =
        MonthlyBuilder::new(month, facts.collect(), reports::MonthlySettings::default());
    let month = month.to_string();
    let scope = ReportScope {
        month: month.clone(),
        units: None,
    };
    count(&store, &scope, &mut builder).map_err(say)?;
    let coverage = coverage(&store, &month).map_err(say)?;
    let report = builder.finish(coverage, provenance(&store, &month).map_err(say)?);
    let html = reports::render::html::monthly(&report, lang)
        .map_err(|error| Failure::say(&error, lang))?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("monthly-{month}.html")));
    output::write(&out, lang, |file| file.write_all(html.as_bytes()))?;
    println!(
        "{}",
        lang.pick(
            format!("{month} 质检月报已写到 {}", out.display()),
            format!("The monthly report of {month} is in {}", out.display()),
        )
    );
    let (_, undated) = store.call_counts(&month).map_err(say)?;
    if undated > 0 {
        println!("{}", lang.pick(
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

fn coverage(store: &Store, month: &str) -> Result<Coverage, StoreError> {
    let counts = store.coverage(month)?;
    let failures: Vec<FailureRow> = store
        .failures()?
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
        "limit" => ("声道数或采样率超限", "channels or sample rate out of range"),
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
fn provenance(store: &Store, month: &str) -> Result<Provenance, StoreError> {
    let (models, rule_sets) = store.sources_of_month(month)?;
    let mut names = Vec::new();
    for digest in &models {
        names.push(store.model_name(digest)?.unwrap_or_default());
    }
    Ok(Provenance {
        model_name: names.join(", "),
        model_digest: models.join(", "),
        ruleset_digest: rule_sets.join(", "),
        as_of: chrono::Local::now().format("%Y-%m-%d %H:%M").to_string(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
