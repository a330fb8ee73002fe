//! `huiting review`: level 1 of the loop, from what the machine found to what the agent is told.

use std::sync::LazyLock;

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting, on_this_clock},
        moves::{self, MoveArguments, Named},
        names,
        open::DatabaseArgument,
        tables::table,
    },
    lang::{Lang, Say},
    people::{Role, UnitScope},
    reports::masking::masked_call_id,
    review::{
        rights::Deed,
        workflow::{self, FindingState, Move, Position, RectificationState},
    },
    store::{
        StoreError,
        audit::AuditFilter,
        findings::{FindingFilter, FindingPage, FindingRow},
        moves::{MoveRequest, Subject},
    },
    text::mask,
};

pub(super) static HELP: LazyLock<String> = LazyLock::new(|| help(Lang::Zh));
pub(super) static HELP_EN: LazyLock<String> = LazyLock::new(|| help(Lang::En));

fn help(lang: Lang) -> String {
    let moves = [
        Move::Assign,
        Move::Confirm,
        Move::Reject,
        Move::AddMissed,
        Move::Publish,
        Move::Acknowledge,
        Move::Close,
    ];
    let examples = lang.pick(
        "例:\n  huiting review queue --as wang\n  huiting review assign 3fa9 --to wang --as li\n  huiting review confirm demo-03:penalty-disclosure --as wang\n  huiting review reject 3fa9 --reason \"客户先问到违约金,坐席已说明\" --as wang\n  huiting review confirm --from-csv 确认.csv --as wang",
        "Examples:\n  huiting review queue --as wang\n  huiting review assign 3fa9 --to wang --as li\n  huiting review confirm demo-03:penalty-disclosure --as wang\n  huiting review reject 3fa9 --reason \"the customer asked, and was told\" --as wang\n  huiting review confirm --from-csv confirm.csv --as wang",
    );
    format!("{examples}\n\n{}", workflow::help(&moves, lang))
}

#[derive(Debug, clap::Subcommand)]
#[command(after_help = HELP.as_str())]
pub(super) enum Command {
    /// 待办:轮到我做的问题单
    #[command(
        after_help = "例:\n  huiting review queue --as wang\n  huiting review queue --as wang --mine --state assigned\n  huiting review queue --as li --all --month 2026-10"
    )]
    Queue(QueueArguments),
    /// 一张问题单的来龙去脉
    #[command(after_help = "例:\n  huiting review history 3fa9 --as li")]
    History(HistoryArguments),
    /// 分派给质检员
    #[command(
        after_help = "例:\n  huiting review assign 3fa9 77c0 --to wang --as li\n  huiting review assign --from-csv 分派.csv --as li"
    )]
    Assign {
        #[command(flatten)]
        moves: MoveArguments,
        /// 分派给谁:人员编号(成批时也可写在 to 列)
        #[arg(long, value_name = "人员")]
        to: Option<String>,
    },
    /// 听过,确认违规
    #[command(
        after_help = "例:\n  huiting review confirm 3fa9 --as wang\n  huiting review confirm --from-csv 确认.csv --as wang"
    )]
    Confirm(MoveArguments),
    /// 听过,不是违规(误判);要写理由
    #[command(
        after_help = "例:\n  huiting review reject 3fa9 --reason \"客户先问到,坐席已说明\" --as wang"
    )]
    Reject(MoveArguments),
    /// 补上机器漏判的违规;要写理由
    #[command(
        after_help = "例:\n  huiting review add-missed demo-07 false-promise --reason \"01:20 说了肯定不扣钱\" --as wang"
    )]
    AddMissed(MissedArguments),
    /// 下发给坐席,申诉期开始
    #[command(after_help = "例:\n  huiting review publish 3fa9 --as li")]
    Publish(MoveArguments),
    /// 坐席认可
    #[command(after_help = "例:\n  huiting review acknowledge 3fa9 --as agent-2305")]
    Acknowledge(MoveArguments),
    /// 办结
    #[command(after_help = "例:\n  huiting review close 3fa9 --as wang")]
    Close(MoveArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct QueueArguments {
    /// 只列分派给我的
    #[arg(long)]
    mine: bool,
    /// 也列暂时轮不到我做的
    #[arg(long)]
    all: bool,
    /// 只列这个状态的(detected、assigned、confirmed、published、appealed……)
    #[arg(long, value_parser = state, value_name = "状态")]
    state: Option<FindingState>,
    /// 月份,如 2026-10
    #[arg(long, value_parser = names::month, value_name = "年-月")]
    month: Option<String>,
    /// 只列这条规则的
    #[arg(long, value_name = "规则")]
    rule: Option<String>,
    /// 最多列几张
    #[arg(long, default_value_t = 100, value_name = "数")]
    limit: usize,
    /// 从这张问题单后面列起(往后翻页)
    #[arg(long, value_name = "问题单")]
    after: Option<String>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct HistoryArguments {
    /// 问题单编号(开头几位即可)或 通话编号:规则
    #[arg(value_name = "问题单")]
    finding: String,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct MissedArguments {
    /// 通话编号(见 huiting list)
    #[arg(value_name = "通话编号")]
    call_id: String,
    /// 规则编号(见 huiting rules list)
    #[arg(value_name = "规则")]
    rule: String,
    /// 听到了什么、在哪里
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "理由"
    )]
    reason: String,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

fn state(text: &str) -> Result<FindingState, String> {
    FindingState::parse(text)
        .ok_or_else(|| names::one_of(FindingState::ALL.iter().map(|state| state.as_str())))
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Queue(arguments) => queue(arguments, context),
        Command::History(arguments) => history(arguments, context),
        Command::Assign { moves, to } => moves::run(Move::Assign, moves, to.as_deref(), context),
        Command::Confirm(moves) => moves::run(Move::Confirm, moves, None, context),
        Command::Reject(moves) => moves::run(Move::Reject, moves, None, context),
        Command::AddMissed(arguments) => add_missed(arguments, context),
        Command::Publish(moves) => moves::run(Move::Publish, moves, None, context),
        Command::Acknowledge(moves) => moves::run(Move::Acknowledge, moves, None, context),
        Command::Close(moves) => moves::run(Move::Close, moves, None, context),
    }
}

fn queue(arguments: &QueueArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let person = arguments.acting.allowed(Deed::SeeQueue, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let is_agent = person.role == Role::Agent;
    let filter = FindingFilter {
        rule_id: names::rule(arguments.rule.as_deref(), &store, context)?,
        month: arguments.month.clone(),
        agent_id: is_agent.then(|| person.agent_id.clone().unwrap_or_default()),
        assignee: arguments.mine.then(|| person.id.clone()),
        ..FindingFilter::default()
    };
    let labels = match &person.units {
        UnitScope::Within(given) if !is_agent => {
            let labels = given.iter().flat_map(|id| units.labels_below(id));
            Some(labels.collect::<Vec<String>>())
        }
        _ => None,
    };
    let positions = positions(person.role, arguments);
    let after = match &arguments.after {
        Some(id) => {
            let id = match moves::named(id, &store, lang)? {
                Named::Id(id) => id,
                Named::CallRule(call, rule) => crate::store::findings::finding_id(&call, &rule),
            };
            let found = store
                .finding(&id)
                .map_err(|error| Failure::say(&error, lang))?;
            Some(found.ok_or_else(|| {
                Failure(lang.pick(
                    format!("没有问题单 {}", mask(&id)),
                    format!("there is no finding {}", mask(&id)),
                ))
            })?)
        }
        None => None,
    };
    let page = FindingPage {
        units: labels.as_deref(),
        published: is_agent,
        after: after
            .as_ref()
            .map(|finding| (finding.call_id.as_str(), finding.rule_id.as_str())),
        // One more tells whether there is another page.
        limit: arguments.limit.saturating_add(1),
    };
    let mut rows = table(&lang.pick(
        [
            "问题单",
            "通话",
            "坐席",
            "单位",
            "规则",
            "严重",
            "机判",
            "状态",
            "处理人",
            "期限",
            "下一步",
        ],
        [
            "Finding", "Call", "Agent", "Unit", "Rule", "Severity", "Machine", "State", "Assignee",
            "Until", "Next",
        ],
    ));
    let found = match positions.is_empty() {
        true => Vec::new(),
        false => store
            .findings_page(&filter, &positions, &page)
            .map_err(|error| Failure::say(&error, lang))?,
    };
    let shown = &found[..found.len().min(arguments.limit)];
    for finding in shown {
        let next = workflow::moves_for(person.role, finding.position);
        rows.add_row(row(finding, &next, lang));
    }
    tell!("{rows}");
    let count = shown.len();
    let last = shown.last().filter(|_| found.len() > count);
    tell!(
        "{}",
        match last {
            None => lang.pick(
                format!("列出 {count} 张,后面没有了"),
                format!("{count} findings shown; there are no more"),
            ),
            Some(last) => lang.pick(
                format!("列出 {count} 张,后面还有:--after {}", last.finding_id),
                format!(
                    "{count} findings shown; for more: --after {}",
                    last.finding_id
                ),
            ),
        }
    );
    Ok(Done::Fine)
}

/// Where findings stand that the queue lists: by default those with which this role can do
/// something.
fn positions(role: Role, arguments: &QueueArguments) -> Vec<Position> {
    let mut found = Vec::new();
    for state in FindingState::ALL {
        for rectification in RectificationState::ALL {
            let position = Position::of(state, rectification);
            let asked = arguments.state.is_none_or(|only| only == state);
            if asked && (arguments.all || !workflow::moves_for(role, position).is_empty()) {
                found.push(position);
            }
        }
    }
    found
}

fn row(finding: &FindingRow, next: &[Move], lang: Lang) -> Vec<String> {
    let machine = match finding.machine_now {
        Some(now) if now != finding.outcome => {
            format!("{}→{}", finding.outcome.name(lang), now.name(lang))
        }
        _ => finding.outcome.name(lang).to_owned(),
    };
    let until = if finding.position.rectification.is_open() {
        finding.rectify_until
    } else {
        finding.appeal_until
    };
    let next: Vec<String> = next.iter().map(|mv| mv.say(lang)).collect();
    vec![
        finding.finding_id[..8].to_owned(),
        masked_call_id(&finding.call_id),
        finding.agent_id.clone().unwrap_or_else(|| "–".into()),
        finding.unit.clone().unwrap_or_else(|| "–".into()),
        lang.pick(&finding.title, &finding.title_en).clone(),
        finding.severity.say(lang),
        machine,
        finding.position.say(lang),
        finding.assignee.clone().unwrap_or_else(|| "–".into()),
        until.map_or_else(|| "–".into(), |at| at.format("%Y-%m-%d").to_string()),
        next.join(lang.pick("、", ", ")),
    ]
}

fn history(arguments: &HistoryArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let person = arguments.acting.allowed(Deed::SeeQueue, &store, context)?;
    let id = match moves::named(&arguments.finding, &store, lang)? {
        Named::Id(id) => id,
        Named::CallRule(call, rule) => crate::store::findings::finding_id(&call, &rule),
    };
    let finding = store
        .finding(&id)
        .map_err(|error| Failure::say(&error, lang))?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let seen = finding.filter(|finding| {
        person.sees(&units, finding.unit.as_deref(), finding.agent_id.as_deref())
            && (person.role != Role::Agent || finding.published_at.is_some())
    });
    let finding = seen.ok_or_else(|| {
        Failure(lang.pick(
            format!(
                "没有问题单 {},或不在 {} 的权限范围内",
                mask(&arguments.finding),
                person.id
            ),
            format!(
                "there is no finding {}, or {} may not see it",
                mask(&arguments.finding),
                person.id
            ),
        ))
    })?;
    tell!(
        "{} {} · {} · {}",
        finding.finding_id,
        masked_call_id(&finding.call_id),
        lang.pick(&finding.title, &finding.title_en),
        finding.position.say(lang)
    );
    let mut rows = table(&lang.pick(
        ["序号", "时间", "谁", "做什么", "从", "到", "理由"],
        ["Row", "Time", "Who", "Move", "From", "To", "Reason"],
    ));
    let filter = AuditFilter {
        subject: Some(id),
        ..AuditFilter::default()
    };
    store
        .for_each_entry(&filter, |row| {
            let entry = row.entry;
            let position = |code: &str| {
                workflow::Position::parse(code).map_or_else(|| code.to_owned(), |p| p.say(lang))
            };
            rows.add_row([
                entry.seq.to_string(),
                on_this_clock(&entry.at),
                entry.actor.clone(),
                Move::parse(&entry.action).map_or(entry.action.clone(), |mv| mv.say(lang)),
                position(&entry.before),
                position(&entry.after),
                mask(&entry.reason).into_owned(),
            ]);
            Ok::<_, StoreError>(())
        })
        .map_err(|error| Failure::say(&error, lang))?;
    tell!("{rows}");
    Ok(Done::Fine)
}

fn add_missed(arguments: &MissedArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let person = arguments.acting.person(&store, context)?;
    let request = MoveRequest {
        mv: Move::AddMissed,
        subject: Subject::CallRule {
            call_id: &arguments.call_id,
            rule_id: &arguments.rule,
        },
        reason: &arguments.reason,
        assignee: None,
        row_key: None,
    };
    let moved = store
        .make_move(&request, &acting(&person), &context.settings.workflow)
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{} {}:{}",
        Move::AddMissed.say(lang),
        moved.finding_id,
        moved.position.say(lang)
    );
    Ok(Done::Fine)
}
