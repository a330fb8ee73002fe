//! `huiting report`: what managers read.

mod behind;
mod common;
mod coverage;
mod detail;
mod list;
mod monthly;
mod weekly;

use crate::cli::{Context, Done, Failure};

pub(super) use common::{looked_at, part};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 质检月报:一个网页文件,可直接打开、打印;或一个工作簿
    Monthly(monthly::MonthlyArguments),
    /// 周通报:本月重点整改项的一周情况
    Weekly(weekly::WeeklyArguments),
    /// 列出出过的报告,和哪些已被后来的决定改变
    List(list::ListArguments),
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Monthly(arguments) => monthly::run(arguments, context),
        Command::Weekly(arguments) => weekly::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
    }
}
