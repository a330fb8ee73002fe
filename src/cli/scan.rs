//! `huiting scan`: recordings in, judged calls in the database out.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    cli::{
        Context, Done, Failure,
        open::{DatabaseArgument, ModelArgument, OpenRules, RulesArgument},
        progress::{ScanProgress, in_words},
        reading::ReadingArguments,
        tables::{figure, share, table},
    },
    intake::{CallList, NamePattern},
    lang::Lang,
    pipeline::{self, ScanRequest, ScanSummary},
    speech::DetectorSettings,
    store::calls::AgentRow,
    transcribe::{Recognizers, replay::ReplayFolder},
};

/// So many rows of each kind of trouble are printed; the rest is counted.
const ROWS_SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting scan 录音/\n  huiting scan 录音/ --calls 清单.csv --db 十月.db --jobs 4\n  huiting scan a.wav b.mp3 --model large-v3-turbo-q5_0\n  huiting scan 录音/ --vox 8000                          连同没有文件头的 .vox\n\n中断(Ctrl-C)不丢结果:做完手上的录音就停,再运行同一条命令接着做。"
)]
pub(super) struct Arguments {
    /// 录音文件或文件夹(含子文件夹)
    #[arg(required = true, value_name = "路径")]
    paths: Vec<PathBuf>,
    /// 通话清单(.csv 或 .jsonl):file, call_id, agent_id, unit, started_at …
    #[arg(long, env = "HUITING_CALLS", value_name = "文件")]
    calls: Option<PathBuf>,
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    model: ModelArgument,
    #[command(flatten)]
    rules: RulesArgument,
    #[command(flatten)]
    reading: ReadingArguments,
    /// 同时处理几条录音 [默认: 处理器核数]
    #[arg(long, env = "HUITING_JOBS", value_name = "数")]
    jobs: Option<usize>,
    /// 不用语音模型,改用这个文件夹里现成的文字(与录音同名的 .json)
    #[arg(long, value_name = "文件夹", conflicts_with = "model")]
    transcripts: Option<PathBuf>,
    /// 没有清单时,从文件名读信息,如 "{started_at:%Y%m%d%H%M%S}_{agent_id}_{customer_number}.wav"
    #[arg(long, value_name = "格式")]
    file_name_pattern: Option<String>,
    /// 有录音失败时以退出码 1 结束
    #[arg(long)]
    fail_on_failures: bool,
    /// 不显示进度
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let rules = arguments.rules.open(context)?;
    let (recognizers, name, detector) = recognizers(arguments, &rules, context)?;
    let request = request(arguments, detector, context)?;
    let db = arguments.db.path(context);
    let mut store = arguments.db.open(context)?;
    store
        .remember_model(recognizers.digest(), &name)
        .map_err(|error| Failure::say(&error, lang))?;

    let stop = stop_on_interrupt(lang);
    let progress = ScanProgress::new(lang, arguments.quiet);
    let result = pipeline::scan(
        &request,
        &*recognizers,
        &rules.judge(),
        &mut store,
        &progress,
        &stop,
    );
    progress.finish();
    let summary = result.map_err(|error| Failure::say(&error, lang))?;

    print_troubles(&summary, lang);
    let agents = store.agents().map_err(|error| Failure::say(&error, lang))?;
    print_agents(&agents, lang);
    print_summary(&summary, &progress, lang);
    if name.ends_with("demo") {
        tell!("{}", lang.pick(
            "注意:自带的演示模型只听得懂示例里的合成语音。真实录音请先取真模型:huiting model list",
            "Note: the bundled demo model understands only the synthetic voices of the fixtures. For real calls get a real model: huiting model list",
        ));
    }
    tell!(
        "{}",
        lang.pick(
            format!(
                "结果在 {}。下一步:huiting list --db {0};huiting report monthly --db {0}",
                db.display()
            ),
            format!(
                "Results are in {}. Next: huiting list --db {0}; huiting report monthly --db {0}",
                db.display()
            ),
        )
    );
    let found = arguments.fail_on_failures && !summary.failures.is_empty();
    Ok(if found { Done::Found } else { Done::Fine })
}

/// Where the words come from, its name, and where speech is cut for it.
fn recognizers(
    arguments: &Arguments,
    rules: &OpenRules,
    context: &Context,
) -> Result<(Box<dyn Recognizers>, String, DetectorSettings), Failure> {
    let Some(folder) = &arguments.transcripts else {
        let opened = arguments.model.open(context)?.with_words_of(&rules.rules);
        return Ok((Box::new(opened.model), opened.name, opened.detector));
    };
    let replay = ReplayFolder::open(folder).map_err(|cause| {
        Failure(context.lang.pick(
            format!(
                "{}:读不了现成的文字({cause})。请检查 --transcripts 的路径",
                folder.display(),
                cause = crate::lang::in_chinese(&cause)
            ),
            format!(
                "{}: the transcripts cannot be read ({cause}). Check --transcripts",
                folder.display()
            ),
        ))
    })?;
    Ok((
        Box::new(replay),
        context
            .lang
            .pick("现成的文字", "given transcripts")
            .to_owned(),
        context.settings.speech.clone(),
    ))
}

fn request(
    arguments: &Arguments,
    detector: DetectorSettings,
    context: &Context,
) -> Result<ScanRequest, Failure> {
    let lang = context.lang;
    let settings = &context.settings;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = arguments.jobs.or(settings.jobs).unwrap_or(cores);
    if jobs == 0 {
        return Err(Failure(
            lang.pick("--jobs 至少是 1", "--jobs must be at least 1")
                .to_owned(),
        ));
    }
    let calls = arguments.calls.as_ref().or(settings.calls.as_ref());
    let calls = calls
        .map(|path| CallList::read(path))
        .transpose()
        .map_err(|error| Failure::say(&error, lang))?;
    let pattern = arguments
        .file_name_pattern
        .as_ref()
        .or(settings.file_name_pattern.as_ref());
    let name_pattern = pattern
        .map(|pattern| NamePattern::parse(pattern))
        .transpose()
        .map_err(|error| Failure::say(&error, lang))?;
    Ok(ScanRequest {
        paths: arguments.paths.clone(),
        calls,
        name_pattern,
        detector,
        reading: arguments.reading.settings(context)?,
        jobs,
    })
}

/// The first Ctrl-C lets the recordings in work be finished, the second ends at once: what is
/// finished is in the database either way.
fn stop_on_interrupt(lang: Lang) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let installed = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("{}", lang.pick(
            "\n正在收尾:做完手上的录音就停(再按一次 Ctrl-C 立即退出,手上的录音下次重做)…",
            "\nStopping: the recordings in work are being finished (Ctrl-C again ends at once; those are then done next time)…",
        ));
    });
    // Without a handler Ctrl-C ends the process, and what is finished is kept all the same.
    drop(installed);
    stop
}

fn print_troubles(summary: &ScanSummary, lang: Lang) {
    let section = |title: &str, rows: Vec<String>| {
        if rows.is_empty() {
            return;
        }
        tell!("{title}({})", rows.len());
        for row in rows.iter().take(ROWS_SHOWN) {
            tell!("  {row}");
        }
        if rows.len() > ROWS_SHOWN {
            let more = rows.len() - ROWS_SHOWN;
            tell!(
                "  {}",
                lang.pick(format!("……还有 {more} 条"), format!("… and {more} more"))
            );
        }
    };
    section(
        lang.pick("没能处理的文件", "Files that could not be done "),
        summary
            .failures
            .iter()
            .map(|failure| lang.pick(&failure.message_zh, &failure.message_en).clone())
            .collect(),
    );
    section(
        lang.pick(
            "由本机的 ffmpeg 解码的录音",
            "Recordings that this machine's ffmpeg decoded ",
        ),
        summary
            .through_ffmpeg
            .iter()
            .map(|(path, format)| {
                lang.pick(format!("{path}:{format}"), format!("{path}: {format}"))
            })
            .collect(),
    );
    section(
        lang.pick(
            "清单里有、录音找不到",
            "On the call list, but no recording ",
        ),
        summary
            .missing
            .iter()
            .map(|(line, file)| {
                lang.pick(
                    format!("第 {line} 行:{file}"),
                    format!("line {line}: {file}"),
                )
            })
            .collect(),
    );
    section(
        lang.pick(
            "清单里读不懂的行",
            "Rows of the call list that could not be read ",
        ),
        summary
            .rejected_rows
            .iter()
            .map(|row| {
                lang.pick(
                    format!("第 {} 行:{}", row.line, row.zh),
                    format!("line {}: {}", row.line, row.en),
                )
            })
            .collect(),
    );
    section(
        lang.pick(
            "有录音、清单里没有",
            "Recordings that the call list does not name ",
        ),
        summary.unlisted.clone(),
    );
    section(
        lang.pick(
            "内容相同的录音(只算一次)",
            "The same content twice (counted once) ",
        ),
        summary
            .duplicates
            .iter()
            .map(|(again, first)| format!("{again} = {first}"))
            .collect(),
    );
}

fn print_agents(agents: &[AgentRow], lang: Lang) {
    if agents.is_empty() {
        return;
    }
    let mut table = table(&lang.pick(
        [
            "坐席",
            "单位",
            "通话",
            "合格",
            "合格率",
            "平均分",
            "违规",
            "待人工",
        ],
        [
            "Agent",
            "Unit",
            "Calls",
            "Qualified",
            "Rate",
            "Mean score",
            "Violations",
            "Cannot judge",
        ],
    ));
    let mut sum = AgentRow::default();
    for agent in agents {
        sum.calls += agent.calls;
        sum.qualified += agent.qualified;
        sum.points += agent.points;
        sum.violations += agent.violations;
        sum.cannot_judge += agent.cannot_judge;
        add_row(&mut table, agent);
    }
    sum.agent_id = Some(lang.pick("合计", "All").to_owned());
    if agents.len() > 1 {
        add_row(&mut table, &sum);
    }
    tell!("{table}");
}

fn add_row(table: &mut comfy_table::Table, agent: &AgentRow) {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    table.add_row(vec![
        comfy_table::Cell::new(text(&agent.agent_id)),
        comfy_table::Cell::new(text(&agent.unit)),
        figure(agent.calls),
        figure(agent.qualified),
        figure(share(agent.qualified, agent.calls)),
        figure(format!(
            "{:.1}",
            agent.points as f64 / agent.calls.max(1) as f64
        )),
        figure(agent.violations),
        figure(agent.cannot_judge),
    ]);
}

fn print_summary(summary: &ScanSummary, progress: &ScanProgress, lang: Lang) {
    let took = progress.elapsed();
    let hours = summary.audio.as_seconds() / 3600.0;
    let speed = summary.audio.as_seconds() / took.as_secs_f64().max(0.001);
    let done = summary.listened + summary.judged_again;
    if summary.left > 0 {
        tell!("{}", lang.pick(
            format!("已停止:还有 {} 条没做,已做完的都已保存。再运行同一条命令就接着做。", summary.left),
            format!("Stopped: {} recordings are left; what was done is kept. Run the same command again to go on.", summary.left),
        ));
    } else if done == 0 && summary.failures.is_empty() {
        tell!(
            "{}",
            lang.pick(
                format!("没有新的要做:{} 条录音都已是最新。", summary.recordings),
                format!(
                    "Nothing left to do: all {} recordings are up to date.",
                    summary.recordings
                ),
            )
        );
    }
    tell!("{}", lang.pick(
        format!(
            "录音 {} 条:新听写 {},重新判定 {},已是最新 {},失败 {};新听写 {hours:.2} 小时,用时 {},{speed:.1} 倍速",
            summary.recordings, summary.listened, summary.judged_again, summary.up_to_date,
            summary.failures.len(), in_words(took, lang)
        ),
        format!(
            "{} recordings: {} listened to, {} judged again, {} up to date, {} failed; {hours:.2} h of audio in {}, {speed:.1}x real time",
            summary.recordings, summary.listened, summary.judged_again, summary.up_to_date,
            summary.failures.len(), in_words(took, lang)
        ),
    ));
}
