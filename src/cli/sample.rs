//! `huiting sample`: spot checks, and what they say of all calls.

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting},
        names::written_as,
        open::DatabaseArgument,
        tables::{figure, table},
    },
    lang::{Lang, Say},
    people::{Person, UnitTree},
    reports::masking::masked_call_id,
    review::{
        estimates::SampledRate,
        period::{self, DayRange},
        rights::Deed,
        sampling::DrawSettings,
    },
    store::samples::SampleRequest,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 抽样:按单位和坐席分层;一部分从全部通话里随机抽(合格的也抽),一部分按风险抽
    #[command(
        after_help = "同样的通话、同样的 --seed 抽到同样的样本。随机部分用来估计查准率、查全率和真实违规率;风险部分抽重度违规、重点项、重复违规、待人工和新坐席的通话。\n\n例:\n  huiting sample draw --week 2026-W42 --per-agent 2 --random 0.5 --as li\n  huiting sample draw --month 2026-10 --unit 历下营业厅 --to wang --to sun --as li"
    )]
    Draw(DrawArguments),
    /// 列出做过的抽样
    #[command(after_help = "例:\n  huiting sample list --as li")]
    List {
        #[command(flatten)]
        acting: ActingArgument,
        #[command(flatten)]
        db: DatabaseArgument,
    },
    /// 看一次抽样抽到哪些通话、听了没有
    #[command(
        after_help = "例:\n  huiting sample show spot-2026-W42-1 --as wang\n  huiting sample show spot-2026-W42-1 --mine --as wang"
    )]
    Show(ShowArguments),
    /// 登记整通听完:该确认的都确认了,没有问题单的就是没有违规
    #[command(after_help = "例:\n  huiting sample heard spot-2026-W42-1 demo-03 demo-07 --as wang")]
    Heard(HeardArguments),
    /// 由随机部分估计每条规则的真实违规率、查准率、查全率,带 95% 区间
    #[command(
        after_help = "多次抽样可以合起来估,但不能抽的是同一批通话。\n\n例:\n  huiting sample estimate spot-2026-W42-1 --as li\n  huiting sample estimate spot-2026-W40-1 spot-2026-W41-1 spot-2026-W42-1 --as li"
    )]
    Estimate(EstimateArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct DrawArguments {
    /// 哪一周,如 2026-W42
    #[arg(long, value_parser = week, value_name = "周", required_unless_present = "month")]
    week: Option<Period>,
    /// 哪个月,如 2026-10
    #[arg(long, value_parser = month, value_name = "年-月", conflicts_with = "week")]
    month: Option<Period>,
    /// 只抽这个单位及其下级(编号或名称)
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 每个坐席抽几通
    #[arg(long, default_value_t = 2, value_name = "数")]
    per_agent: u32,
    /// 随机部分占多少,0 到 1;大于 0 时每个坐席至少随机抽一通
    #[arg(long, default_value_t = 0.5, value_name = "比例")]
    random: f64,
    /// 种子:同样的种子抽到同样的样本
    #[arg(long, default_value_t = 1, value_name = "种子")]
    seed: u64,
    /// 轮流派给这些人听(人员编号,可以多个);不给则谁听都行
    #[arg(long, value_name = "人员")]
    to: Vec<String>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// 抽样编号(见 huiting sample list)
    #[arg(value_name = "抽样")]
    sample: String,
    /// 只列派给我的
    #[arg(long)]
    mine: bool,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct HeardArguments {
    /// 抽样编号(见 huiting sample list)
    #[arg(value_name = "抽样")]
    sample: String,
    /// 听完的通话,可以多个
    #[arg(value_name = "通话编号", required = true)]
    calls: Vec<String>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct EstimateArguments {
    /// 抽样编号,可以多个
    #[arg(value_name = "抽样", required = true)]
    samples: Vec<String>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

/// A week or a month as it was written, with its days.
#[derive(Clone, Debug)]
pub(super) struct Period {
    pub(super) name: String,
    pub(super) days: DayRange,
}

/// A week or a month.
pub(super) fn period(text: &str) -> Result<Period, String> {
    read(text, period::parse(text), "2026-W42, 2026-10")
}

fn week(text: &str) -> Result<Period, String> {
    read(text, period::week(text), "2026-W42")
}

fn month(text: &str) -> Result<Period, String> {
    read(text, period::month(text), "2026-10")
}

fn read(text: &str, days: Option<DayRange>, like: &str) -> Result<Period, String> {
    days.map(|days| Period {
        name: text.to_owned(),
        days,
    })
    .ok_or_else(|| written_as(like))
}

/// The id of a unit that the person was given; without one, all that they see.
pub(super) fn unit_of(
    named: Option<&str>,
    units: &UnitTree,
    person: &Person,
    lang: Lang,
) -> Result<Option<String>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let unit = units.find(named).ok_or_else(|| {
        Failure(lang.pick(
            format!("没有单位「{named}」。看有哪些:huiting units list"),
            format!("there is no unit “{named}”. See which there are: huiting units list"),
        ))
    })?;
    if !person.sees(units, Some(&unit.id), None) {
        return Err(Failure(lang.pick(
            format!("单位「{named}」不在 {} 的权限范围内", person.id),
            format!("unit “{named}” is not among those given to {}", person.id),
        )));
    }
    Ok(Some(unit.id.clone()))
}

/// As `unit_of`; whoever does not see everything must name one.
pub(super) fn own_unit(
    named: Option<&str>,
    units: &UnitTree,
    person: &Person,
    lang: Lang,
) -> Result<Option<String>, Failure> {
    use crate::people::UnitScope;
    match (named, &person.units) {
        (None, UnitScope::Within(given)) => match given.iter().collect::<Vec<_>>().as_slice() {
            [only] => Ok(Some((*only).clone())),
            _ => Err(Failure(lang.pick(
                format!("{} 有多个单位(或没有单位),请用 --unit 指定一个", person.id),
                format!(
                    "{} has several units (or none); name one with --unit",
                    person.id
                ),
            ))),
        },
        _ => unit_of(named, units, person, lang),
    }
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Draw(arguments) => draw(arguments, context),
        Command::List { acting, db } => list(acting, db, context),
        Command::Show(arguments) => show(arguments, context),
        Command::Heard(arguments) => heard(arguments, context),
        Command::Estimate(arguments) => estimate(arguments, context),
    }
}

fn draw(arguments: &DrawArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    if !(0.0..=1.0).contains(&arguments.random) {
        return Err(Failure(lang.pick(
            "--random 要在 0 到 1 之间".to_owned(),
            "--random is between 0 and 1".to_owned(),
        )));
    }
    let mut store = arguments.db.open_existing(context)?;
    let person = arguments
        .acting
        .allowed(Deed::DrawSample, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let unit = own_unit(arguments.unit.as_deref(), &units, &person, lang)?;
    let mut assignees = Vec::new();
    for id in &arguments.to {
        let assignee = store
            .person(id)
            .map_err(|error| Failure::say(&error, lang))?;
        let assignee = assignee.ok_or_else(|| {
            Failure(lang.pick(
                format!("没有人员 {id}。看有哪些人:huiting people list"),
                format!("There is no person {id}. See who there is: huiting people list"),
            ))
        })?;
        Deed::HearSample
            .check(&assignee)
            .map_err(|denied| Failure(format!("{id}: {}", denied.say(lang))))?;
        assignees.push(assignee);
    }
    let Some(period) = arguments.week.as_ref().or(arguments.month.as_ref()) else {
        return Err(Failure("--week | --month".to_owned()));
    };
    let request = SampleRequest {
        period: &period.name,
        days: period.days,
        unit: unit.as_deref(),
        settings: DrawSettings {
            per_agent: arguments.per_agent,
            random: arguments.random,
            seed: arguments.seed,
        },
        assignees: &assignees,
    };
    let id = store
        .draw_sample(&request, &acting(&person))
        .map_err(|error| Failure::say(&error, lang))?;
    let items = store
        .sample_items(&id)
        .map_err(|error| Failure::say(&error, lang))?;
    let random = items.iter().filter(|item| item.part == "random").count();
    tell!(
        "{}",
        lang.pick(
            format!("抽样 {id}:{} 通,其中随机 {random} 通、风险 {} 通。看:huiting sample show {id}", items.len(), items.len() - random),
            format!("sample {id}: {} calls, {random} at random and {} by risk. See: huiting sample show {id}", items.len(), items.len() - random),
        )
    );
    Ok(Done::Fine)
}

fn list(
    acting: &ActingArgument,
    db: &DatabaseArgument,
    context: &Context,
) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = db.open_existing(context)?;
    acting.allowed(Deed::SeeSample, &store, context)?;
    let mut rows = table(&lang.pick(
        [
            "抽样",
            "时段",
            "单位",
            "种子",
            "每人",
            "随机",
            "总体",
            "抽到",
            "听完",
            "谁抽的",
        ],
        [
            "Sample",
            "Period",
            "Unit",
            "Seed",
            "Per agent",
            "Random",
            "Of calls",
            "Drawn",
            "Heard",
            "By",
        ],
    ));
    for sample in store
        .samples()
        .map_err(|error| Failure::say(&error, lang))?
    {
        rows.add_row([
            comfy_table::Cell::new(sample.sample_id),
            comfy_table::Cell::new(sample.period),
            comfy_table::Cell::new(sample.unit.unwrap_or_else(|| "*".into())),
            figure(sample.seed),
            figure(sample.per_agent),
            figure(sample.random),
            figure(sample.population),
            figure(sample.items),
            figure(sample.heard),
            comfy_table::Cell::new(sample.drawn_by),
        ]);
    }
    tell!("{rows}");
    Ok(Done::Fine)
}

fn show(arguments: &ShowArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let person = arguments.acting.allowed(Deed::SeeSample, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let mut rows = table(&lang.pick(
        [
            "通话",
            "单位",
            "坐席",
            "抽法",
            "为什么",
            "谁听",
            "听完",
            "未定问题单",
        ],
        [
            "Call",
            "Unit",
            "Agent",
            "Part",
            "Why",
            "To",
            "Heard by",
            "Undecided",
        ],
    ));
    for item in store
        .sample_items(&arguments.sample)
        .map_err(|error| Failure::say(&error, lang))?
    {
        let seen = person.sees(&units, Some(&item.unit), Some(&item.agent_id));
        let mine = item.assignee.as_deref() == Some(person.id.as_str());
        if !seen || arguments.mine && !mine {
            continue;
        }
        let why: Vec<String> = item.why.iter().map(|risk| risk.say(lang)).collect();
        let part = match item.part.as_str() {
            "random" => lang.pick("随机", "random"),
            _ => lang.pick("风险", "risk"),
        };
        rows.add_row([
            masked_call_id(&item.call_id),
            item.unit,
            item.agent_id,
            part.to_owned(),
            why.join(lang.pick("、", ", ")),
            item.assignee.unwrap_or_else(|| "–".into()),
            item.heard_by.unwrap_or_else(|| "–".into()),
            item.undecided.to_string(),
        ]);
    }
    tell!("{rows}");
    Ok(Done::Fine)
}

fn heard(arguments: &HeardArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let person = arguments
        .acting
        .allowed(Deed::HearSample, &store, context)?;
    let mut problems = Vec::new();
    for call in &arguments.calls {
        match store.hear(&arguments.sample, call, &person, &acting(&person)) {
            Ok(()) => tell!(
                "{}",
                lang.pick(
                    format!("听完 {}", masked_call_id(call)),
                    format!("{} is heard", masked_call_id(call))
                )
            ),
            Err(error) => problems.push(format!("{}: {}", masked_call_id(call), error.say(lang))),
        }
    }
    if problems.is_empty() {
        Ok(Done::Fine)
    } else {
        Err(Failure(problems.join("\n")))
    }
}

fn estimate(arguments: &EstimateArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    arguments.acting.allowed(Deed::SeeSample, &store, context)?;
    let known = store
        .samples()
        .map_err(|error| Failure::say(&error, lang))?;
    for id in &arguments.samples {
        if !known.iter().any(|sample| sample.sample_id == *id) {
            return Err(Failure(lang.pick(
                format!("没有抽样 {id}。看有哪些:huiting sample list"),
                format!("there is no sample {id}. See which there are: huiting sample list"),
            )));
        }
    }
    let mut rows = table(&lang.pick(
        ["规则", "真实违规率", "查准率", "查全率"],
        ["Rule", "True rate", "Precision", "Recall"],
    ));
    for rule in store
        .estimates(&arguments.samples)
        .map_err(|error| Failure::say(&error, lang))?
    {
        let name = if rule.rule_id.is_empty() {
            lang.pick("任一规则", "any rule").to_owned()
        } else {
            rule.rule_id
        };
        rows.add_row([
            name,
            words(&rule.rate),
            words(&rule.precision),
            words(&rule.recall),
        ]);
    }
    tell!("{rows}");
    tell!(
        "{}",
        lang.pick(
            "只用随机抽到并听完的通话,按分层加权;括号里是 95% 区间和 n(算法见 docs/closed-loop.md)",
            "From the calls drawn at random and heard, weighted by stratum; in brackets the 95% interval and n (see docs/closed-loop.md)",
        )
    );
    Ok(Done::Fine)
}

fn words(rate: &SampledRate) -> String {
    match rate.estimate {
        None => "– (n=0)".to_owned(),
        Some(estimate) => format!(
            "{:.1}% ({:.1}–{:.1}%, n={})",
            estimate.value * 100.0,
            estimate.low * 100.0,
            estimate.high * 100.0,
            rate.n
        ),
    }
}
