//! `huiting report`: what managers read.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    cli::{
        Context, Done, Failure,
        open::{DatabaseArgument, RulesArgument},
    },
    lang::Lang,
    reports::{
        self, Coverage, FailureCount, JudgedCall, Month, MonthlyBuilder, Provenance, RuleFacts,
    },
    store::{Store, StoreError, calls::CallFilter, recordings::FailureRow},
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
    let mut sources = Sources::default();
    let filter = CallFilter {
        month: Some(month.clone()),
        ..CallFilter::default()
    };
    store
        .for_each_call(&filter, |stored| {
            sources.add(&stored.call.model, &stored.call.rule_set);
            builder.add(&JudgedCall {
                call_id: stored.call.call_id,
                metadata: stored.call.metadata,
                duration: stored.duration,
                recording_path: stored.call.path,
                score: stored.call.score,
                verdicts: stored.call.verdicts,
                incomplete: stored.incomplete,
            });
            Ok::<_, StoreError>(())
        })
        .map_err(say)?;
    let coverage = coverage(&store, &month).map_err(say)?;
    let report = builder.finish(coverage, sources.provenance(&store).map_err(say)?);
    let html = reports::render::html::monthly(&report, lang)
        .map_err(|error| Failure::say(&error, lang))?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("monthly-{month}.html")));
    write(&out, &html, lang)?;
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

/// Which models and rules judged the calls of a report.
#[derive(Default)]
struct Sources {
    models: BTreeMap<String, u64>,
    rule_sets: BTreeMap<String, u64>,
}

impl Sources {
    fn add(&mut self, model: &str, rule_set: &str) {
        for (counts, key) in [(&mut self.models, model), (&mut self.rule_sets, rule_set)] {
            match counts.get_mut(key) {
                Some(count) => *count += 1,
                None => drop(counts.insert(key.to_owned(), 1)),
            }
        }
    }

    fn provenance(self, store: &Store) -> Result<Provenance, StoreError> {
        let mut names = Vec::new();
        for digest in self.models.keys() {
            names.push(store.model_name(digest)?.unwrap_or_default());
        }
        let joined =
            |counts: BTreeMap<String, u64>| counts.into_keys().collect::<Vec<_>>().join(", ");
        Ok(Provenance {
            model_name: names.join(", "),
            model_digest: joined(self.models),
            ruleset_digest: joined(self.rule_sets),
            as_of: chrono::Local::now().format("%Y-%m-%d %H:%M").to_string(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

/// Writes the whole file under a temporary name first: a half-written report is never seen.
fn write(out: &Path, html: &str, lang: Lang) -> Result<(), Failure> {
    let failure = |cause: std::io::Error| {
        Failure(lang.pick(
            format!("{}:报告写不出({cause})。请检查路径和权限,或用 --out 指定别处", out.display()),
            format!("{}: the report cannot be written ({cause}). Check path and rights, or name another place with --out", out.display()),
        ))
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failure)?;
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(failure)?;
    fs::write(temporary.path(), html).map_err(failure)?;
    make_readable(temporary.path()).map_err(failure)?;
    temporary
        .persist(out)
        .map_err(|error| failure(error.error))?;
    Ok(())
}

/// Temporary files are private; a report has the rights of any new file.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
