//! `huiting list`: the calls in the database, or the files that failed.

use crate::{
    cli::{
        Context, Done, Failure,
        acting::ActingArgument,
        names,
        open::DatabaseArgument,
        report::looked_at,
        tables::{figure, table},
    },
    lang::{Lang, Say},
    reports::masking::masked_call_id,
    rules::Outcome,
    store::{
        StoreError,
        calls::{CallFilter, StoredCall},
    },
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting list\n  huiting list --month 2026-10 --rule penalty-disclosure\n  huiting list --outcome cannot-judge --format jsonl\n  huiting list --failures"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgument,
    /// 月份,如 2026-10
    #[arg(long, value_parser = names::month, value_name = "年-月")]
    month: Option<String>,
    /// 坐席工号
    #[arg(long, value_name = "工号")]
    agent: Option<String>,
    /// 单位
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 只列这条规则判为违规(或 --outcome 所说)的通话
    #[arg(long, value_name = "规则")]
    rule: Option<String>,
    /// 只列有这种判定的通话
    #[arg(long, value_enum, value_name = "判定")]
    outcome: Option<OutcomeArgument>,
    /// 最多列几通
    #[arg(long, default_value_t = 200, value_name = "数")]
    limit: usize,
    /// 输出格式
    #[arg(long, value_enum, default_value = "table", value_name = "格式")]
    format: Format,
    /// 改列没能处理的文件和原因
    #[arg(long)]
    failures: bool,
    #[command(flatten)]
    acting: ActingArgument,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum OutcomeArgument {
    /// Violation.
    Violation,
    /// Cannot judge.
    CannotJudge,
    /// Pass.
    Pass,
    /// Not applicable.
    NotApplicable,
}

impl From<OutcomeArgument> for Outcome {
    fn from(argument: OutcomeArgument) -> Outcome {
        match argument {
            OutcomeArgument::Violation => Outcome::Violation,
            OutcomeArgument::CannotJudge => Outcome::CannotJudge,
            OutcomeArgument::Pass => Outcome::Pass,
            OutcomeArgument::NotApplicable => Outcome::NotApplicable,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table.
    Table,
    /// One JSON object a call.
    Jsonl,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    if arguments.failures {
        for failure in store
            .failures()
            .map_err(|error| Failure::say(&error, lang))?
        {
            tell!("{}", failure.say(lang));
        }
        return Ok(Done::Fine);
    }
    let person = arguments.acting.named(&store, context)?;
    let (units, agent_id) = looked_at(
        arguments.unit.as_deref(),
        arguments.agent.as_deref(),
        person.as_ref(),
        &store,
        context,
    )?;
    let filter = CallFilter {
        call_id: None,
        month: arguments.month.clone(),
        agent_id,
        units,
        rule: names::rule(arguments.rule.as_deref(), &store, context)?,
        outcome: arguments.outcome.map(Outcome::from),
    };
    let mut rows = table(&lang.pick(
        [
            "通话",
            "时间",
            "坐席",
            "单位",
            "时长",
            "得分",
            "合格",
            "违规",
            "待人工",
        ],
        [
            "Call",
            "Time",
            "Agent",
            "Unit",
            "Length",
            "Score",
            "Qualified",
            "Violations",
            "Cannot judge",
        ],
    ));
    let say = |error: StoreError| Failure::say(&error, lang);
    let ids = store
        .call_ids_after(&filter, "", arguments.limit)
        .map_err(say)?;
    let (found, shown) = (store.count_calls(&filter).map_err(say)?, ids.len());
    for id in ids {
        let Some(stored) = store.call(&id).map_err(say)? else {
            continue;
        };
        match arguments.format {
            Format::Table => {
                rows.add_row(row(&stored, lang));
            }
            Format::Jsonl => tell!("{}", object(&stored)),
        }
    }
    if arguments.format == Format::Table {
        tell!("{rows}");
        tell!(
            "{}",
            lang.pick(
                format!("共 {found} 通,列出 {shown} 通"),
                format!("{found} calls, {shown} shown"),
            )
        );
    }
    Ok(Done::Fine)
}

fn count(stored: &StoredCall, outcome: Outcome) -> usize {
    stored
        .call
        .verdicts
        .iter()
        .filter(|verdict| verdict.outcome == outcome)
        .count()
}

fn row(stored: &StoredCall, lang: Lang) -> Vec<comfy_table::Cell> {
    let call = &stored.call;
    let text = |value: Option<String>| comfy_table::Cell::new(value.unwrap_or_else(|| "–".into()));
    let started = call
        .metadata
        .started_at
        .map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    vec![
        comfy_table::Cell::new(masked_call_id(&call.call_id)),
        text(started),
        text(call.metadata.agent_id.clone()),
        text(call.metadata.unit.clone()),
        figure(stored.duration),
        figure(call.score.points),
        comfy_table::Cell::new(if call.score.qualified {
            lang.pick("是", "yes")
        } else {
            lang.pick("否", "no")
        }),
        figure(count(stored, Outcome::Violation)),
        figure(count(stored, Outcome::CannotJudge)),
    ]
}

fn object(stored: &StoredCall) -> serde_json::Value {
    let call = &stored.call;
    let rules_with = |outcome: Outcome| -> Vec<&str> {
        let verdicts = call
            .verdicts
            .iter()
            .filter(|verdict| verdict.outcome == outcome);
        verdicts.map(|verdict| verdict.rule_id.as_str()).collect()
    };
    serde_json::json!({
        "call_id": masked_call_id(&call.call_id),
        "started_at": call.metadata.started_at,
        "agent_id": call.metadata.agent_id,
        "unit": call.metadata.unit,
        "duration_ms": stored.duration,
        "incomplete": stored.incomplete,
        "points": call.score.points,
        "qualified": call.score.qualified,
        "fatal": call.score.fatal,
        "violations": rules_with(Outcome::Violation),
        "cannot_judge": rules_with(Outcome::CannotJudge),
    })
}
