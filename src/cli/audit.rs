//! `huiting audit`: the log of every move, and whether it is whole.

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, on_this_clock},
        open::DatabaseArgument,
        tables::table,
    },
    lang::Say,
    reports::masking::masked_call_id,
    review::{chain::Head, rights::Deed},
    store::audit::AuditFilter,
    text::mask,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 校验日志:有没有被改、被删、被换位置;问题单的状态是否与日志一致
    #[command(
        after_help = "退出码:0 完好;1 发现问题。\n查得出:改动、删除、换位置的是哪一条;末尾被删(对照库内链尾和库旁的 .audit-head 文件)。\n查不出:有人把数据库和链尾文件一起重做一遍。所以请定期把 huiting audit head 的输出记在别处,校验时用 --head 给出。\n\n例:\n  huiting audit verify\n  huiting audit verify --head 1520:3f0c…"
    )]
    Verify {
        /// 另外记下的链尾(huiting audit head 的输出)
        #[arg(long, value_name = "链尾")]
        head: Option<String>,
        #[command(flatten)]
        db: DatabaseArgument,
    },
    /// 打印链尾(条数:哈希),请记在别处
    #[command(after_help = "例:\n  huiting audit head")]
    Head {
        #[command(flatten)]
        db: DatabaseArgument,
    },
    /// 看日志
    #[command(
        after_help = "例:\n  huiting audit log --as li\n  huiting audit log --as li --by wang --action overturn"
    )]
    Log(LogArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct LogArguments {
    /// 只看这个人做的
    #[arg(long, value_name = "人员")]
    by: Option<String>,
    /// 只看这种操作(confirm、overturn、sample-draw……)
    #[arg(long, value_name = "操作")]
    action: Option<String>,
    /// 最多列几条(最近的)
    #[arg(long, default_value_t = 100, value_name = "数")]
    limit: usize,
    /// 只列序号在此之前的,往前翻页
    #[arg(long, value_name = "序号")]
    before: Option<u64>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Verify { head, db } => verify(head.as_deref(), db, context),
        Command::Head { db } => {
            let store = db.open_existing(context)?;
            let head = store
                .audit_head()
                .map_err(|error| Failure::say(&error, context.lang))?;
            tell!("{head}");
            Ok(Done::Fine)
        }
        Command::Log(arguments) => log(arguments, context),
    }
}

fn verify(noted: Option<&str>, db: &DatabaseArgument, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let noted = noted
        .map(|text| {
            Head::parse(text).ok_or_else(|| {
                Failure(lang.pick(
                    format!(
                        "--head 要写成 条数:哈希,如 huiting audit head 打印的那样,不是「{text}」"
                    ),
                    format!("--head is LENGTH:HASH as huiting audit head prints it, not “{text}”"),
                ))
            })
        })
        .transpose()?;
    let store = db.open_existing(context)?;
    let verified = store
        .verify_audit(noted)
        .map_err(|error| Failure::say(&error, lang))?;
    let deviations = store
        .deviations()
        .map_err(|error| Failure::say(&error, lang))?;
    let scores = store
        .scores_unlike_decisions()
        .map_err(|error| Failure::say(&error, lang))?;
    for fault in &verified.faults {
        tell!("{}", fault.say(lang));
    }
    for call in &scores {
        let call = masked_call_id(call);
        tell!(
            "{}",
            lang.pick(
                format!("通话 {call} 的得分与对它的决定不一致"),
                format!("the score of call {call} is not what the decisions on it make"),
            )
        );
    }
    for deviation in &deviations {
        tell!(
            "{}",
            lang.pick(
                format!(
                    "问题单 {} 与日志不一致:日志是 {},库里是 {}",
                    deviation.finding_id, deviation.expected, deviation.found
                ),
                format!(
                    "finding {} is not what the log says: {} by the log, {} in the database",
                    deviation.finding_id, deviation.expected, deviation.found
                ),
            )
        );
    }
    let length = verified.head.length;
    let file = match &verified.file {
        Some(head) => lang.pick(
            format!("链尾文件记到第 {} 条", head.length),
            format!("the head file knows {} rows", head.length),
        ),
        None => lang
            .pick("没有链尾文件", "there is no head file")
            .to_owned(),
    };
    if verified.faults.is_empty() && deviations.is_empty() && scores.is_empty() {
        tell!(
            "{}",
            lang.pick(
                format!("日志完好:{length} 条;{file}"),
                format!("the log is whole: {length} rows; {file}"),
            )
        );
        return Ok(Done::Fine);
    }
    let faults = verified.faults.len() + deviations.len() + scores.len();
    tell!(
        "{}",
        lang.pick(
            format!("日志有问题:{} 处(现有 {length} 条;{file})", faults),
            format!(
                "the log is not whole: {} faults ({length} rows; {file})",
                faults
            ),
        )
    );
    Ok(Done::Found)
}

fn log(arguments: &LogArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    arguments.acting.allowed(Deed::SeeAudit, &store, context)?;
    let filter = AuditFilter {
        subject: None,
        actor: arguments.by.clone(),
        action: arguments.action.clone(),
    };
    let last = store
        .last_entries(&filter, arguments.before, arguments.limit)
        .map_err(|error| Failure::say(&error, lang))?;
    let earlier = last.first().map(|entry| entry.seq);
    let whole_page = last.len() == arguments.limit;
    let mut rows = table(&lang.pick(
        ["序号", "时间", "谁", "操作", "对象", "从", "到", "理由"],
        [
            "Row", "Time", "Who", "Action", "Subject", "From", "To", "Reason",
        ],
    ));
    for entry in last {
        rows.add_row([
            entry.seq.to_string(),
            on_this_clock(&entry.at),
            entry.actor,
            entry.action,
            match entry.subject_kind.as_str() {
                // The id of a call may be made of a customer's number.
                "call" => format!("call {}", masked_call_id(&entry.subject)),
                kind => format!("{kind} {}", entry.subject),
            },
            entry.before,
            entry.after,
            mask(&entry.reason).into_owned(),
        ]);
    }
    tell!("{rows}");
    if let Some(seq) = earlier.filter(|seq| whole_page && *seq > 1) {
        tell!(
            "{}",
            lang.pick(
                format!("更早的:--before {seq}"),
                format!("earlier rows: --before {seq}"),
            )
        );
    }
    Ok(Done::Fine)
}
