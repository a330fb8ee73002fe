//! `huiting appeal`: levels 2 and 3 of the loop.

use std::{path::PathBuf, sync::LazyLock};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting},
        moves::{self, MoveArguments, Named},
        open::DatabaseArgument,
    },
    lang::{Lang, Say},
    review::{
        example,
        rights::Deed,
        workflow::{self, Decision, FindingState, Move},
    },
    rules::Outcome,
    store::audit::Note,
    text::mask,
};

pub(super) static HELP: LazyLock<String> = LazyLock::new(|| help(Lang::Zh));
pub(super) static HELP_EN: LazyLock<String> = LazyLock::new(|| help(Lang::En));

fn help(lang: Lang) -> String {
    let moves = [Move::Appeal, Move::Uphold, Move::Overturn, Move::Escalate];
    let examples = lang.pick(
        "例:\n  huiting appeal file 3fa9 --reason \"违约金在第 3 句已说明\" --as agent-2305\n  huiting appeal overturn 3fa9 --reason \"复听确有说明\" --as li\n  huiting appeal export-example 3fa9 --as li >> rules/compliance/penalty-disclosure.toml",
        "Examples:\n  huiting appeal file 3fa9 --reason \"the penalty is told in utterance 3\" --as agent-2305\n  huiting appeal overturn 3fa9 --reason \"heard again: it is told\" --as li\n  huiting appeal export-example 3fa9 --as li >> rules/compliance/penalty-disclosure.toml",
    );
    format!("{examples}\n\n{}", workflow::help(&moves, lang))
}

#[derive(Debug, clap::Subcommand)]
#[command(after_help = HELP.as_str())]
pub(super) enum Command {
    /// 坐席申诉;要写理由
    #[command(
        after_help = "例:\n  huiting appeal file 3fa9 --reason \"违约金在第 3 句已说明\" --as agent-2305"
    )]
    File(MoveArguments),
    /// 维持原判(复核员;仲裁中的由仲裁)
    #[command(after_help = "例:\n  huiting appeal uphold 3fa9 --as li")]
    Uphold(MoveArguments),
    /// 撤销原判;要写理由,得分随之重算,已出的报告标为过时
    #[command(after_help = "例:\n  huiting appeal overturn 3fa9 --reason \"复听确有说明\" --as li")]
    Overturn(MoveArguments),
    /// 提请仲裁;要写理由
    #[command(after_help = "例:\n  huiting appeal escalate 3fa9 --reason \"两级意见不一\" --as li")]
    Escalate(MoveArguments),
    /// 把撤销的问题单写成规则的例子(号码已遮盖),可以贴进规则文件
    #[command(
        after_help = "例:\n  huiting appeal export-example 3fa9 --as li\n  huiting appeal export-example 3fa9 --as li --append-to rules/compliance/penalty-disclosure.toml"
    )]
    ExportExample(ExampleArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct ExampleArguments {
    /// 问题单编号(开头几位即可)或 通话编号:规则
    #[arg(value_name = "问题单")]
    finding: String,
    /// 例子应得的判定
    #[arg(long, value_enum, default_value = "pass", value_name = "判定")]
    verdict: ExampleVerdict,
    /// 接在这个规则文件后面;不给则打印出来
    #[arg(long, value_name = "规则文件")]
    append_to: Option<PathBuf>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum ExampleVerdict {
    /// The rule applies and is met.
    Pass,
    /// The rule does not apply.
    NotApplicable,
}

impl From<ExampleVerdict> for Outcome {
    fn from(verdict: ExampleVerdict) -> Outcome {
        match verdict {
            ExampleVerdict::Pass => Outcome::Pass,
            ExampleVerdict::NotApplicable => Outcome::NotApplicable,
        }
    }
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::File(moves) => moves::run(Move::Appeal, moves, None, context),
        Command::Uphold(moves) => moves::run(Move::Uphold, moves, None, context),
        Command::Overturn(moves) => moves::run(Move::Overturn, moves, None, context),
        Command::Escalate(moves) => moves::run(Move::Escalate, moves, None, context),
        Command::ExportExample(arguments) => export_example(arguments, context),
    }
}

fn export_example(arguments: &ExampleArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let failed = |error: &dyn Say| Failure(error.say(lang));
    let mut store = arguments.db.open_existing(context)?;
    let person = arguments
        .acting
        .allowed(Deed::ExportExample, &store, context)?;
    let id = match moves::named(&arguments.finding, &store, lang)? {
        Named::Id(id) => id,
        Named::CallRule(call, rule) => crate::store::findings::finding_id(&call, &rule),
    };
    let units = store.units().map_err(|error| failed(&error))?;
    let finding = store
        .finding(&id)
        .map_err(|error| failed(&error))?
        .filter(|f| person.sees(&units, f.unit.as_deref(), f.agent_id.as_deref()))
        .ok_or_else(|| {
            let named = mask(&arguments.finding);
            Failure(lang.pick(
                format!("没有问题单 {named},或不在 {} 的权限范围内", person.id),
                format!(
                    "there is no finding {named}, or {} may not see it",
                    person.id
                ),
            ))
        })?;
    let state = finding.position.finding.unwrap_or(FindingState::Detected);
    if state.decision() != Some(Decision::NoViolation) {
        return Err(Failure(lang.pick(
            format!(
                "问题单 {id} 现在是「{}」;只有撤销或误判的才能写成例子",
                state.say(lang)
            ),
            format!(
                "finding {id} is “{}”; only overturned ones and false hits become examples",
                state.say(lang)
            ),
        )));
    }
    let call = store
        .call(&finding.call_id)
        .map_err(|error| failed(&error))?;
    let transcript = match &call {
        Some(stored) => store
            .transcript(&stored.call.recording, &stored.call.model)
            .map_err(|error| failed(&error))?,
        None => None,
    };
    let (Some(call), Some(transcript)) = (call, transcript) else {
        return Err(Failure(lang.pick(
            "这通电话的文字已不在库里,写不成例子".to_owned(),
            "this call's transcript is no longer in the database".to_owned(),
        )));
    };
    let text = example::toml(
        &id,
        &call.call.metadata,
        &transcript.transcript,
        arguments.verdict.into(),
    );
    store
        .note(
            &acting(&person),
            &Note {
                action: "export-example",
                subject_kind: "example",
                subject: &id,
                rule_digest: &finding.rule_digest,
                model: &finding.model,
                ..Note::default()
            },
        )
        .map_err(|error| failed(&error))?;
    match &arguments.append_to {
        None => tell_text!("{text}"),
        Some(path) => {
            let append = || -> std::io::Result<()> {
                let mut file = std::fs::OpenOptions::new().append(true).open(path)?;
                std::io::Write::write_all(&mut file, text.as_bytes())
            };
            append().map_err(|cause| {
                Failure(lang.pick(
                    format!(
                        "{}:写不了({cause})。请检查路径和权限",
                        path.display(),
                        cause = crate::lang::in_chinese(&cause)
                    ),
                    format!(
                        "{}: cannot be written ({cause}). Check path and rights",
                        path.display()
                    ),
                ))
            })?;
            tell!(
                "{}",
                lang.pick(
                    format!(
                        "已接在 {} 后面;请用 huiting rules check 和 huiting rules test 检查",
                        path.display()
                    ),
                    format!(
                        "appended to {}; check with huiting rules check and huiting rules test",
                        path.display()
                    ),
                )
            );
        }
    }
    Ok(Done::Fine)
}
