//! `huiting calibration`: several people judge the same calls blind.

use std::path::PathBuf;

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting},
        open::DatabaseArgument,
        sample::{Period, own_unit, period},
        sheet::{self, Columns},
        tables::{figure, share, table},
    },
    lang::{Lang, Say},
    review::{calibration::Coefficient, rights::Deed},
    rules::Outcome,
    store::calibrations::{CalibrationError, CalibrationRequest, CalibrationRow},
    text::mask,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 组织一次校准:随机抽几通,请几位质检员和一位专家各自判
    #[command(
        after_help = "例:\n  huiting calibration open --period 2026-10 --calls 10 --rater wang --rater sun --expert chen --as li"
    )]
    Open(OpenArguments),
    /// 列出校准
    #[command(after_help = "例:\n  huiting calibration list --as li")]
    List(Seen),
    /// 打印要我判的清单(CSV:通话、规则,判定留空),填好后用 judge --from-csv 交回
    #[command(
        after_help = "例:\n  huiting calibration sheet cal-2026-10-1 --as wang > 我的判定.csv"
    )]
    Sheet(Named),
    /// 交判定:一条,或一张表;结束前可以改
    #[command(
        after_help = "判定:violation 违规、pass 合格、not-applicable 不适用、cannot-judge 待人工\n\n例:\n  huiting calibration judge cal-2026-10-1 demo-03 penalty-disclosure violation --as wang\n  huiting calibration judge cal-2026-10-1 --from-csv 我的判定.csv --as wang"
    )]
    Judge(JudgeArguments),
    /// 结束校准:不能再判,可以看结果
    #[command(after_help = "例:\n  huiting calibration close cal-2026-10-1 --as li")]
    Close(Named),
    /// 看结果:一致性(kappa)、每人与专家的偏差、分歧最多的规则
    #[command(after_help = "例:\n  huiting calibration result cal-2026-10-1 --as li")]
    Result(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Seen {
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// 校准编号(见 huiting calibration list)
    #[arg(value_name = "校准")]
    calibration: String,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, clap::Args)]
pub(super) struct OpenArguments {
    /// 周(2026-W42)或月(2026-10)
    #[arg(long, value_parser = period, value_name = "周或月")]
    period: Period,
    /// 只从这个单位及其下级抽(编号或名称)
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 抽几通
    #[arg(long, default_value_t = 10, value_name = "数")]
    calls: usize,
    /// 种子:同样的种子抽到同样的通话
    #[arg(long, default_value_t = 1, value_name = "种子")]
    seed: u64,
    /// 参加的人(人员编号),至少两个
    #[arg(long, required = true, value_name = "人员")]
    rater: Vec<String>,
    /// 专家(人员编号)
    #[arg(long, value_name = "人员")]
    expert: String,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, clap::Args)]
pub(super) struct JudgeArguments {
    /// 校准编号(见 huiting calibration list)
    #[arg(value_name = "校准")]
    calibration: String,
    /// 通话编号
    #[arg(value_name = "通话编号", required_unless_present = "from_csv")]
    call: Option<String>,
    /// 规则编号
    #[arg(value_name = "规则", required_unless_present = "from_csv")]
    rule: Option<String>,
    /// 判定
    #[arg(value_name = "判定", value_parser = outcome, required_unless_present = "from_csv")]
    outcome: Option<Outcome>,
    /// 从 CSV 读,列为 call_id、rule_id、outcome;没填判定的行跳过
    #[arg(long, conflicts_with = "call", value_name = "文件")]
    from_csv: Option<PathBuf>,
    #[command(flatten)]
    seen: Seen,
}

const COLUMNS: Columns = &[
    ("call_id", &["通话", "通话编号"]),
    ("rule_id", &["rule", "规则"]),
    ("outcome", &["判定"]),
];

fn outcome(text: &str) -> Result<Outcome, String> {
    Outcome::ALL
        .into_iter()
        .find(|known| known.as_str() == text || known.name(Lang::Zh) == text)
        .ok_or_else(|| "可以是 / one of: violation, pass, not-applicable, cannot-judge".to_owned())
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Open(arguments) => open(arguments, context)?,
        Command::List(seen) => list(seen, context)?,
        Command::Sheet(named) => sheet_of(named, context)?,
        Command::Judge(arguments) => judge(arguments, context)?,
        Command::Close(named) => close(named, context)?,
        Command::Result(named) => result(named, context)?,
    }
    Ok(Done::Fine)
}

fn open(arguments: &OpenArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::OpenCalibration, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let unit = own_unit(arguments.unit.as_deref(), &units, &person, lang)?;
    let request = CalibrationRequest {
        period: &arguments.period.name,
        days: arguments.period.days,
        unit: unit.as_deref(),
        calls: arguments.calls,
        seed: arguments.seed,
        raters: &arguments.rater,
        expert: &arguments.expert,
    };
    let id = store
        .open_calibration(&request, &acting(&person))
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{}",
        lang.pick(
            format!("校准 {id} 已开始。每人取清单:huiting calibration sheet {id} --as 人员"),
            format!("calibration {id} is open. Each rater takes: huiting calibration sheet {id} --as PERSON"),
        )
    );
    Ok(())
}

fn list(seen: &Seen, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let store = seen.db.open_existing(context)?;
    seen.acting.allowed(Deed::SeeCalibration, &store, context)?;
    let mut rows = table(&lang.pick(
        ["校准", "时段", "通话", "参加", "专家", "判定数", "结束"],
        [
            "Calibration",
            "Period",
            "Calls",
            "Raters",
            "Expert",
            "Judgements",
            "Closed",
        ],
    ));
    for row in store
        .calibrations()
        .map_err(|error| Failure::say(&error, lang))?
    {
        rows.add_row([
            comfy_table::Cell::new(row.calibration_id),
            comfy_table::Cell::new(row.period),
            figure(row.calls.len()),
            comfy_table::Cell::new(row.raters.join(lang.pick("、", ", "))),
            comfy_table::Cell::new(row.expert),
            figure(row.judgements),
            comfy_table::Cell::new(row.closed_at.unwrap_or_else(|| "–".into())),
        ]);
    }
    tell!("{rows}");
    Ok(())
}

fn found(
    named: &Named,
    store: &crate::store::Store,
    lang: Lang,
) -> Result<CalibrationRow, Failure> {
    store
        .calibration(&named.calibration)
        .map_err(|error| Failure::say(&error, lang))?
        .ok_or_else(|| Failure(CalibrationError::Unknown(named.calibration.clone()).say(lang)))
}

fn sheet_of(named: &Named, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let store = named.seen.db.open_existing(context)?;
    let person = named
        .seen
        .acting
        .allowed(Deed::JudgeCalibration, &store, context)?;
    let row = found(named, &store, lang)?;
    if row.expert != person.id && !row.raters.contains(&person.id) {
        return Err(Failure(CalibrationError::NotRater(person.id).say(lang)));
    }
    let mut sheet = csv::Writer::from_writer(std::io::stdout().lock());
    let mut write = |cells: [&str; 3]| {
        sheet
            .write_record(cells)
            .map_err(|cause| Failure(cause.to_string()))
    };
    write(["call_id", "rule_id", "outcome"])?;
    for call in &row.calls {
        let rules = store
            .rules_of_call(call)
            .map_err(|error| Failure::say(&error, lang))?;
        for rule in rules {
            write([call, &rule, ""])?;
        }
    }
    Ok(())
}

fn judge(arguments: &JudgeArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::JudgeCalibration, &store, context)?;
    let mut judgements = Vec::new();
    let mut problems = Vec::new();
    if let (Some(call), Some(rule), Some(outcome)) =
        (&arguments.call, &arguments.rule, arguments.outcome)
    {
        judgements.push((0, call.clone(), rule.clone(), outcome));
    }
    if let Some(path) = &arguments.from_csv {
        for row in sheet::read(path, COLUMNS, lang)? {
            match (row.get("call_id"), row.get("rule_id"), row.get("outcome")) {
                (Some(_), Some(_), None) => {}
                (Some(call), Some(rule), Some(text)) => match outcome(text) {
                    Ok(outcome) => {
                        judgements.push((row.line, call.to_owned(), rule.to_owned(), outcome));
                    }
                    Err(known) => problems.push((row.line, format!("「{text}」? {known}"))),
                },
                _ => problems.push((
                    row.line,
                    lang.pick("缺 call_id 或 rule_id", "call_id or rule_id is missing")
                        .to_owned(),
                )),
            }
        }
    }
    let mut kept = 0;
    for (line, call, rule, outcome) in judgements {
        let judged = store.judge_in_calibration(
            &arguments.calibration,
            (&call, &rule),
            outcome,
            &person,
            &acting(&person),
        );
        match judged {
            Ok(()) => kept += 1,
            Err(error @ CalibrationError::Store(_)) => return Err(Failure::say(&error, lang)),
            Err(error) => problems.push((line, error.say(lang))),
        }
    }
    tell!(
        "{}",
        lang.pick(
            format!("收下 {kept} 条判定"),
            format!("{kept} judgements kept")
        )
    );
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems
        .into_iter()
        .map(|(line, problem)| match &arguments.from_csv {
            Some(path) => lang.pick(
                format!("{}:第 {line} 行:{problem}", path.display()),
                format!("{}: line {line}: {problem}", path.display()),
            ),
            None => problem,
        })
        .collect();
    Err(Failure(lines.join("\n")))
}

fn close(named: &Named, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = named.seen.db.open_existing(context)?;
    let person = named
        .seen
        .acting
        .allowed(Deed::CloseCalibration, &store, context)?;
    store
        .close_calibration(&named.calibration, &acting(&person))
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{}",
        lang.pick(
            format!(
                "校准 {} 已结束。看结果:huiting calibration result {0}",
                named.calibration
            ),
            format!(
                "calibration {} is closed. See: huiting calibration result {0}",
                named.calibration
            ),
        )
    );
    Ok(())
}

fn kappa_words(kappa: Option<f64>, lang: Lang) -> String {
    kappa.map_or_else(
        || lang.pick("算不出", "not defined").to_owned(),
        |kappa| format!("{kappa:.3}"),
    )
}

fn result(named: &Named, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let store = named.seen.db.open_existing(context)?;
    named
        .seen
        .acting
        .allowed(Deed::SeeCalibration, &store, context)?;
    let result = store
        .calibration_result(&named.calibration)
        .map_err(|error| Failure::say(&error, lang))?;
    let name = match result.coefficient {
        Coefficient::Cohen => "Cohen κ",
        Coefficient::Fleiss => "Fleiss κ",
    };
    tell!(
        "{name} = {} {}",
        kappa_words(result.kappa, lang),
        lang.pick(
            format!(
                "({} 人都判了 {} 项,有人判过的 {} 项)",
                result.raters.len(),
                result.judged_by_all,
                result.judged_by_some
            ),
            format!(
                "({} raters; judged by all: {}, by some: {})",
                result.raters.len(),
                result.judged_by_all,
                result.judged_by_some
            ),
        )
    );
    let mut rows = table(&lang.pick(
        ["谁", "与专家同判", "一致", "一致率", "偏严", "偏松", "κ"],
        [
            "Rater",
            "With expert",
            "Same",
            "Agreement",
            "Too strict",
            "Too mild",
            "κ",
        ],
    ));
    for one in &result.deviations {
        rows.add_row([
            comfy_table::Cell::new(&one.rater),
            figure(one.judged),
            figure(one.same),
            figure(share(one.same, one.judged)),
            figure(one.too_strict),
            figure(one.too_mild),
            figure(kappa_words(one.kappa, lang)),
        ]);
    }
    tell!("{rows}");
    if !result.disputed.is_empty() {
        let mut rows = table(&lang.pick(
            ["规则", "分歧", "都判了"],
            ["Rule", "Disputed", "Judged by all"],
        ));
        let titles = store
            .rule_titles(lang)
            .map_err(|error| Failure::say(&error, lang))?;
        for rule in &result.disputed {
            let title = titles.get(&rule.rule_id).unwrap_or(&rule.rule_id);
            rows.add_row([
                comfy_table::Cell::new(mask(title)),
                figure(rule.disputed),
                figure(rule.judged_by_all),
            ]);
        }
        tell!("{rows}");
    }
    Ok(())
}
