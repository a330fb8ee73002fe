//! `huiting loop`: the loop as a whole: what is overdue, the table of moves, scores, key items,
//! who needs training.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting, now},
        names,
        open::DatabaseArgument,
        sample::{Period, period, unit_of},
        tables::{figure, share, table},
    },
    lang::{Lang, Say},
    people::Person,
    reports::masking::masked_call_id,
    review::{
        rights::{self, Deed},
        scores::Basis,
        training::{self, Need, Trainee},
        workflow,
    },
    store::{Store, StoreError, audit::utc_text, calls::CallFilter},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 超期未整改的问题单
    #[command(after_help = "退出码:0 没有超期;1 有。\n\n例:\n  huiting loop overdue --as zhao")]
    Overdue(Seen),
    /// 打印流程表:哪一步、从哪到哪、谁做、要不要理由
    #[command(after_help = "例:\n  huiting loop moves")]
    Moves,
    /// 得分:机判与终判
    #[command(
        after_help = "例:\n  huiting loop scores --as zhao --month 2026-10 --by unit\n  huiting loop scores --as zhao --month 2026-10 --by call"
    )]
    Scores(ScoresArguments),
    /// 当月重点整改项:看,或由管理者设定
    #[command(
        after_help = "例:\n  huiting loop key-items --month 2026-10 --as zhao\n  huiting loop key-items --month 2026-10 --set penalty-disclosure,false-promise --as zhao"
    )]
    KeyItems(KeyItemsArguments),
    /// 培训名单:合格率肯定低于目标的,和整改后又犯的
    #[command(
        after_help = "例:\n  huiting loop training --period 2026-10 --as zhao\n  huiting loop training --period 2026-10 --target 0.85 --unit 历下营业厅 --as zhao"
    )]
    Training(TrainingArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Seen {
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct ScoresArguments {
    /// 月份,如 2026-10
    #[arg(long, value_parser = names::month, value_name = "年-月")]
    month: Option<String>,
    /// 按什么汇总
    #[arg(long, value_enum, default_value = "agent", value_name = "汇总")]
    by: By,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum By {
    /// Each call.
    Call,
    /// Each agent.
    Agent,
    /// Each unit.
    Unit,
}

#[derive(Debug, clap::Args)]
pub(super) struct KeyItemsArguments {
    /// 月份,如 2026-10
    #[arg(long, value_parser = names::month, value_name = "年-月")]
    month: String,
    /// 设定为这些规则,用逗号隔开
    #[arg(long, value_delimiter = ',', value_name = "规则")]
    set: Vec<String>,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, clap::Args)]
pub(super) struct TrainingArguments {
    /// 周(2026-W42)或月(2026-10)
    #[arg(long, value_parser = period, value_name = "周或月")]
    period: Period,
    /// 只看这个单位及其下级(编号或名称)
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 合格率目标,0 到 1
    #[arg(long, default_value_t = training::TARGET, value_name = "目标")]
    target: f64,
    #[command(flatten)]
    seen: Seen,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Overdue(arguments) => return overdue(arguments, context),
        Command::Moves => {
            tell!("{}", workflow::markdown(context.lang));
            tell!("{}", rights::markdown(context.lang));
        }
        Command::Scores(arguments) => scores(arguments, context)?,
        Command::KeyItems(arguments) => key_items(arguments, context)?,
        Command::Training(arguments) => training_list(arguments, context)?,
    }
    Ok(Done::Fine)
}

fn overdue(arguments: &Seen, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let person = arguments.acting.allowed(Deed::SeeQueue, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let today = now().to_utc();
    let mut rows = table(&lang.pick(
        [
            "问题单",
            "通话",
            "坐席",
            "单位",
            "规则",
            "第几次",
            "期限",
            "超期天数",
        ],
        [
            "Finding",
            "Call",
            "Agent",
            "Unit",
            "Rule",
            "Round",
            "Until",
            "Days over",
        ],
    ));
    let mut count = 0;
    for finding in store
        .overdue(today)
        .map_err(|error| Failure::say(&error, lang))?
    {
        if !person.sees(&units, finding.unit.as_deref(), finding.agent_id.as_deref()) {
            continue;
        }
        count += 1;
        let until = finding.rectify_until.unwrap_or(today);
        rows.add_row([
            finding.finding_id[..8].to_owned(),
            masked_call_id(&finding.call_id),
            finding.agent_id.unwrap_or_else(|| "–".into()),
            finding.unit.unwrap_or_else(|| "–".into()),
            lang.pick(finding.title, finding.title_en),
            finding.rectification_round.to_string(),
            until.format("%Y-%m-%d").to_string(),
            (today - until).num_days().to_string(),
        ]);
    }
    tell!("{rows}");
    tell!(
        "{}",
        lang.pick(format!("超期 {count} 张"), format!("{count} overdue"))
    );
    Ok(if count == 0 { Done::Fine } else { Done::Found })
}

/// Sums of one group.
#[derive(Default)]
struct Sums {
    calls: u64,
    machine: u64,
    machine_qualified: u64,
    points: u64,
    qualified: u64,
    last: u64,
}

fn scores(arguments: &ScoresArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::SeeQueue, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let filter = CallFilter {
        month: arguments.month.clone(),
        ..CallFilter::default()
    };
    // By the real name; what is shown of two calls may be the same.
    let mut groups: BTreeMap<String, (String, Sums)> = BTreeMap::new();
    store
        .for_each_call(&filter, |stored| {
            let call = stored.call;
            let (unit, agent) = (call.metadata.unit, call.metadata.agent_id);
            if !person.sees(&units, unit.as_deref(), agent.as_deref()) {
                return Ok(());
            }
            let restated = store.final_score(&call.call_id)?;
            let basis = restated
                .as_ref()
                .map_or(Basis::Machine, |score| score.basis);
            let score = restated.map_or_else(|| call.score.clone(), |restated| restated.score);
            let dash = || "–".to_owned();
            let (key, shown) = match arguments.by {
                By::Call => {
                    let shown = masked_call_id(&call.call_id);
                    let shown = format!("{shown} ({})", basis.say(lang));
                    (call.call_id.clone(), shown)
                }
                By::Agent => (
                    agent.clone().unwrap_or_default(),
                    agent.unwrap_or_else(dash),
                ),
                By::Unit => (unit.clone().unwrap_or_default(), unit.unwrap_or_else(dash)),
            };
            let (_, sums) = groups
                .entry(key)
                .or_insert_with(|| (shown, Sums::default()));
            sums.calls += 1;
            sums.machine += u64::from(call.score.points);
            sums.machine_qualified += u64::from(call.score.qualified);
            sums.points += u64::from(score.points);
            sums.qualified += u64::from(score.qualified);
            sums.last += u64::from(basis == Basis::Final);
            Ok::<_, StoreError>(())
        })
        .map_err(|error| Failure::say(&error, lang))?;
    let mut rows = table(&lang.pick(
        [
            "",
            "通话",
            "机判均分",
            "机判合格率",
            "现在均分",
            "现在合格率",
            "其中终判",
        ],
        [
            "",
            "Calls",
            "Machine mean",
            "Machine qualified",
            "Mean now",
            "Qualified now",
            "Of these final",
        ],
    ));
    for (name, sums) in groups.into_values() {
        let mean = |points: u64| format!("{:.1}", points as f64 / sums.calls as f64);
        rows.add_row([
            comfy_table::Cell::new(name),
            figure(sums.calls),
            figure(mean(sums.machine)),
            figure(share(sums.machine_qualified, sums.calls)),
            figure(mean(sums.points)),
            figure(share(sums.qualified, sums.calls)),
            figure(sums.last),
        ]);
    }
    tell!("{rows}");
    Ok(())
}

fn key_items(arguments: &KeyItemsArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = arguments.seen.db.open_existing(context)?;
    if crate::review::period::month(&arguments.month).is_none() {
        return Err(Failure(lang.pick(
            format!("--month 要写成 2026-10 这样,不是「{}」", arguments.month),
            format!("--month is written as 2026-10, not “{}”", arguments.month),
        )));
    }
    if arguments.set.is_empty() {
        arguments.seen.acting.person(&store, context)?;
    } else {
        let person = arguments
            .seen
            .acting
            .allowed(Deed::SetKeyItems, &store, context)?;
        let rules: BTreeSet<String> = arguments.set.iter().cloned().collect();
        let known = store
            .known_rules()
            .map_err(|error| Failure::say(&error, lang))?;
        if let Some(unknown) = rules.iter().find(|rule| !known.contains(*rule)) {
            return Err(Failure(lang.pick(
                format!("库里没有判过规则 {unknown}。看有哪些:huiting rules list"),
                format!(
                    "rule {unknown} has judged nothing in the database. See: huiting rules list"
                ),
            )));
        }
        store
            .set_key_items(&arguments.month, &rules, &acting(&person))
            .map_err(|error| Failure::say(&error, lang))?;
    }
    for rule in store
        .key_items(&arguments.month)
        .map_err(|error| Failure::say(&error, lang))?
    {
        tell!("{rule}");
    }
    Ok(())
}

fn training_list(arguments: &TrainingArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    if !(0.0..=1.0).contains(&arguments.target) {
        return Err(Failure(lang.pick(
            "--target 要在 0 到 1 之间".to_owned(),
            "--target is between 0 and 1".to_owned(),
        )));
    }
    let store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::SeeTraining, &store, context)?;
    let needs = needs(&store, arguments, &person, lang)?;
    let mut rows = table(&lang.pick(
        [
            "谁",
            "合格率",
            "95% 区间",
            "原因",
            "规则(次数)",
            "听这些",
            "学这通",
        ],
        [
            "Who",
            "Qualified",
            "95% interval",
            "Why",
            "Rules (times)",
            "Listen to",
            "Learn from",
        ],
    ));
    let titles = store
        .rule_titles(lang)
        .map_err(|error| Failure::say(&error, lang))?;
    for need in &needs {
        rows.add_row(row(need, &titles, lang));
    }
    tell!("{rows}");
    tell!(
        "{}",
        lang.pick(
            format!(
                "共 {} 项;合格率目标 {:.0}%",
                needs.len(),
                arguments.target * 100.0
            ),
            format!(
                "{} entries; target {:.0}%",
                needs.len(),
                arguments.target * 100.0
            ),
        )
    );
    Ok(())
}

fn needs(
    store: &Store,
    arguments: &TrainingArguments,
    person: &Person,
    lang: Lang,
) -> Result<Vec<Need>, Failure> {
    let failed = |error: StoreError| Failure::say(&error, lang);
    let units = store.units().map_err(failed)?;
    let unit = unit_of(arguments.unit.as_deref(), &units, person, lang)?;
    let days = arguments.period.days;
    let calls: Vec<training::ScoredCall> = store
        .scored_calls(days, unit.as_deref())
        .map_err(failed)?
        .into_iter()
        .filter(|call| person.sees(&units, Some(&call.unit), Some(&call.agent_id)))
        .collect();
    let labels: Option<Vec<String>> = unit.as_deref().map(|unit| {
        let id = units.find(unit).map_or(unit, |unit| unit.id.as_str());
        let mut labels = units.labels_below(id);
        labels.insert(unit.to_owned());
        labels.into_iter().collect()
    });
    let until = utc_text(now().to_utc());
    let came_back = store
        .came_back(days, labels.as_deref(), &until)
        .map_err(failed)?;
    let mut exemplars = BTreeMap::new();
    for exemplar in store.exemplars().map_err(failed)? {
        if exemplar.state == "released" {
            // The first of a rule is the best.
            exemplars
                .entry(exemplar.rule_id)
                .or_insert(exemplar.call_id);
        }
    }
    Ok(training::list(
        &calls,
        &came_back,
        &exemplars,
        arguments.target,
    ))
}

fn row(need: &Need, titles: &BTreeMap<String, String>, lang: Lang) -> Vec<String> {
    let title = |id: &str| titles.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let who = match &need.who {
        Trainee::Unit(unit) => lang.pick(format!("单位 {unit}"), format!("unit {unit}")),
        Trainee::Agent { agent_id, unit } => lang.pick(
            format!("坐席 {agent_id}({unit})"),
            format!("agent {agent_id} ({unit})"),
        ),
    };
    let mut why = Vec::new();
    if need.below_target {
        why.push(lang.pick("低于目标", "below the target").to_owned());
    }
    let back: BTreeSet<&str> = need
        .came_back
        .iter()
        .map(|one| one.rule_id.as_str())
        .collect();
    if !back.is_empty() {
        let rules: Vec<String> = back.into_iter().map(title).collect();
        why.push(lang.pick(
            format!("整改后又犯:{}", rules.join("、")),
            format!("came back after rectification: {}", rules.join(", ")),
        ));
    }
    let estimate = need.qualified.estimate;
    let percent = |value: f64| format!("{:.1}%", value * 100.0);
    let listed = |each: &dyn Fn(&training::RuleNeed) -> String| {
        let lines: Vec<String> = need.rules.iter().take(3).map(each).collect();
        lines.join("\n")
    };
    vec![
        who,
        estimate.map_or_else(
            || "–".into(),
            |e| format!("{} (n={})", percent(e.value), need.qualified.n),
        ),
        estimate.map_or_else(
            || "–".into(),
            |e| format!("{}–{}", percent(e.low), percent(e.high)),
        ),
        why.join("\n"),
        listed(&|rule| format!("{} ({})", title(&rule.rule_id), rule.violations)),
        listed(&|rule| {
            let clips: Vec<String> = rule.clips.iter().map(|id| masked_call_id(id)).collect();
            clips.join(" ")
        }),
        listed(&|rule| {
            rule.exemplar
                .as_deref()
                .map_or_else(|| "–".into(), masked_call_id)
        }),
    ]
}
