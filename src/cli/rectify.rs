//! `huiting rectify`: what is done about a violation that stands.

use std::sync::LazyLock;

use crate::{
    cli::{
        Context, Done, Failure,
        moves::{self, MoveArguments},
    },
    lang::Lang,
    review::workflow::{self, Move},
};

pub(super) static HELP: LazyLock<String> = LazyLock::new(|| help(Lang::Zh));
pub(super) static HELP_EN: LazyLock<String> = LazyLock::new(|| help(Lang::En));

fn help(lang: Lang) -> String {
    let moves = [
        Move::OpenRectification,
        Move::SubmitRectification,
        Move::PassRectification,
        Move::FailRectification,
    ];
    let examples = lang.pick(
        "例:\n  huiting rectify open 3fa9 --as manager-zhao\n  huiting rectify submit 3fa9 --reason \"已组织学习违约金话术,附签到\" --as manager-zhao\n  huiting rectify recheck 3fa9 --passed --as wang",
        "Examples:\n  huiting rectify open 3fa9 --as manager-zhao\n  huiting rectify submit 3fa9 --reason \"trained on the penalty script, list signed\" --as manager-zhao\n  huiting rectify recheck 3fa9 --passed --as wang",
    );
    format!("{examples}\n\n{}", workflow::help(&moves, lang))
}

#[derive(Debug, clap::Subcommand)]
#[command(after_help = HELP.as_str())]
pub(super) enum Command {
    /// 要求整改(一票否决、重度或重复违规)
    #[command(after_help = "例:\n  huiting rectify open 3fa9 --as manager-zhao")]
    Open(MoveArguments),
    /// 提交整改证据:写在 --reason 里
    #[command(
        after_help = "例:\n  huiting rectify submit 3fa9 --reason \"已组织学习违约金话术\" --as manager-zhao"
    )]
    Submit(MoveArguments),
    /// 复查整改:合格,或不合格(要写理由,重新计时)
    #[command(
        after_help = "例:\n  huiting rectify recheck 3fa9 --passed --as wang\n  huiting rectify recheck 3fa9 --failed --reason \"抽查仍未说明\" --as wang"
    )]
    Recheck {
        #[command(flatten)]
        moves: MoveArguments,
        #[command(flatten)]
        result: RecheckResult,
    },
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct RecheckResult {
    /// 合格
    #[arg(long)]
    passed: bool,
    /// 不合格
    #[arg(long)]
    failed: bool,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Open(moves) => moves::run(Move::OpenRectification, moves, None, context),
        Command::Submit(moves) => moves::run(Move::SubmitRectification, moves, None, context),
        Command::Recheck { moves, result } => {
            let mv = if result.passed {
                Move::PassRectification
            } else {
                Move::FailRectification
            };
            moves::run(mv, moves, None, context)
        }
    }
}
