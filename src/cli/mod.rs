//! The command line: arguments in, one function per subcommand, an exit code out.

/// Prints a line. Whoever was reading may have gone, as `head` in `huiting list | head`.
macro_rules! tell {
    () => { tell!("") };
    ($($words:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

/// The same for text that ends its own lines.
macro_rules! tell_text {
    ($($words:tt)*) => {{
        use std::io::Write;
        let _ = write!(std::io::stdout(), $($words)*);
    }};
}

mod acting;
mod appeal;
mod audit;
mod calibration;
mod check;
mod english;
mod english_loop;
mod eval;
mod evidence;
mod exemplar;
mod export;
mod list;
mod loops;
mod moves;
mod names;
mod open;
mod output;
mod people;
mod progress;
mod reading;
mod recheck;
mod rectify;
mod report;
mod retention;
mod review;
mod rules;
mod sample;
mod scan;
mod search;
mod settings;
mod sheet;
mod show;
mod sound;
mod tables;
mod transcribe;
mod units;
mod wrong_usage;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::lang::{Lang, Say};

/// 听录音、按规则判、给证据、出报告——都在自己的电脑上。
#[derive(Debug, Parser)]
#[command(
    name = "huiting",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "例:\n  huiting scan 录音/ --calls 清单.csv        扫描一个文件夹\n  huiting show 通话编号                      看一通电话的文字和判定\n  huiting report monthly --month 2026-10     出质检月报\n每个命令都可以加 --help 看详细说明。"
)]
struct Cli {
    /// 显示语言
    #[arg(
        long,
        global = true,
        value_enum,
        env = "HUITING_LANG",
        value_name = "语言"
    )]
    lang: Option<Lang>,
    /// 设置文件;默认用当前文件夹的 huiting.toml(没有也可以)
    #[arg(long, global = true, env = "HUITING_SETTINGS", value_name = "文件")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 扫描录音:听写、按规则判、存进数据库
    Scan(scan::Arguments),
    /// 听写一段录音,只输出文字
    Transcribe(transcribe::Arguments),
    /// 不要录音,直接判一批对话文字(JSON Lines)
    Check(check::Arguments),
    /// 规则:列出、解释、检查、测试、新建、比较
    #[command(subcommand)]
    Rules(rules::Command),
    /// 用现在的规则把库里的通话重判一遍,不重新听
    Recheck(recheck::Arguments),
    /// 出报告
    #[command(subcommand)]
    Report(report::Command),
    /// 导出:违规明细、证据包
    #[command(subcommand)]
    Export(export::Command),
    /// 证据包:校验
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// 在说过的话里找词
    Search(search::Arguments),
    /// 保存期限:到期删除、保全
    #[command(subcommand)]
    Retention(retention::Command),
    /// 列出库里的通话
    List(list::Arguments),
    /// 看一通电话的文字、判定和证据
    Show(show::Arguments),
    /// 人员:导入、列出
    #[command(subcommand)]
    People(people::Command),
    /// 单位:导入、列出
    #[command(subcommand)]
    Units(units::Command),
    /// 质检:待办、分派、确认、误判、补漏、下发、办结
    #[command(subcommand)]
    Review(review::Command),
    /// 申诉:提出、维持、撤销、提请仲裁
    #[command(subcommand)]
    Appeal(appeal::Command),
    /// 整改:要求、提交、复查
    #[command(subcommand)]
    Rectify(rectify::Command),
    /// 闭环:超期、流程表、得分、重点项、培训名单
    #[command(subcommand)]
    Loop(loops::Command),
    /// 抽查:抽样、登记听完、估计查准率和查全率
    #[command(subcommand)]
    Sample(sample::Command),
    /// 校准:多人盲判同一通电话,量一致性
    #[command(subcommand)]
    Calibration(calibration::Command),
    /// 规范录音:推荐、发布、导出
    #[command(subcommand)]
    Exemplar(exemplar::Command),
    /// 操作日志:校验、查看
    #[command(subcommand)]
    Audit(audit::Command),
    /// 对照标准答案量一量准不准
    #[command(subcommand)]
    Eval(eval::Command),
    /// 语音模型:列出、下载、校验
    #[command(subcommand)]
    Model(crate::cli::model::ModelCommand),
}

pub mod model;

/// What every subcommand is given.
struct Context {
    lang: Lang,
    settings: settings::Settings,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Fine,
    /// Something was found that the caller asked to fail on.
    Found,
}

/// A failure that is told to the user in their language.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn say(error: &impl Say, lang: Lang) -> Failure {
        Failure(error.say(lang))
    }
}

/// Runs the program.
///
/// Exit code 0: done; 1: done, and something was found that `--fail-on` names; 2: could not do it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let lang = language_before_parsing(&arguments);
    let command = english::translated(Cli::command(), lang);
    let cli = match command
        .try_get_matches_from(arguments)
        .and_then(|m| Cli::from_arg_matches(&m))
    {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; they are no failure.
            let code = if error.use_stderr() { 2 } else { 0 };
            match lang {
                Lang::En => drop(error.print()),
                Lang::Zh => wrong_usage::print_in_chinese(&error),
            }
            return ExitCode::from(code);
        }
    };
    match dispatch(cli) {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::Found) => ExitCode::from(1),
        Err(Failure(message)) => {
            // What takes several lines begins on one of its own.
            let apart = if message.contains('\n') { "\n" } else { "" };
            eprintln!("{}{apart}{message}", lang.pick("出错:", "Error: "));
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> Result<Done, Failure> {
    let settings = settings::Settings::find(cli.settings.as_deref())
        .map_err(|error| Failure::say(&error, cli.lang.unwrap_or_default()))?;
    let lang = cli.lang.or(settings.lang).unwrap_or_default();
    let context = Context { lang, settings };
    match cli.command {
        Command::Scan(arguments) => scan::run(&arguments, &context),
        Command::Transcribe(arguments) => transcribe::run(&arguments, &context),
        Command::Check(arguments) => check::run(&arguments, &context),
        Command::Rules(command) => rules::run(&command, &context),
        Command::Recheck(arguments) => recheck::run(&arguments, &context),
        Command::Report(command) => report::run(&command, &context),
        Command::Export(command) => export::run(&command, &context),
        Command::Evidence(command) => evidence::run(&command, &context),
        Command::Search(arguments) => search::run(&arguments, &context),
        Command::Retention(command) => retention::run(&command, &context),
        Command::List(arguments) => list::run(&arguments, &context),
        Command::Show(arguments) => show::run(&arguments, &context),
        Command::People(command) => people::run(&command, &context),
        Command::Units(command) => units::run(&command, &context),
        Command::Review(command) => review::run(&command, &context),
        Command::Appeal(command) => appeal::run(&command, &context),
        Command::Rectify(command) => rectify::run(&command, &context),
        Command::Loop(command) => loops::run(&command, &context),
        Command::Sample(command) => sample::run(&command, &context),
        Command::Calibration(command) => calibration::run(&command, &context),
        Command::Exemplar(command) => exemplar::run(&command, &context),
        Command::Audit(command) => audit::run(&command, &context),
        Command::Eval(command) => eval::run(&command, &context),
        Command::Model(command) => model::run(&command, context.lang)
            .map(|_| Done::Fine)
            .map_err(|error| Failure(error.to_string())),
    }
}

/// Help is printed while arguments are parsed, so its language must be known before.
fn language_before_parsing(arguments: &[OsString]) -> Lang {
    let mut arguments = arguments.iter().filter_map(|argument| argument.to_str());
    let mut named = None;
    while let Some(argument) = arguments.next() {
        if argument == "--lang" {
            named = arguments.next().map(str::to_owned);
        } else if let Some(value) = argument.strip_prefix("--lang=") {
            named = Some(value.to_owned());
        }
    }
    let named = named.or_else(|| std::env::var("HUITING_LANG").ok());
    if named.as_deref() == Some("en") {
        Lang::En
    } else {
        Lang::Zh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_language_is_known_before_help_is_printed() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            language_before_parsing(&words("huiting --lang en scan")),
            Lang::En
        );
        assert_eq!(
            language_before_parsing(&words("huiting scan --lang=en")),
            Lang::En
        );
        assert_eq!(
            language_before_parsing(&words("huiting scan --lang zh")),
            Lang::Zh
        );
    }
}
