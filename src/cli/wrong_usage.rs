//! What is wrong with a command line, said in Chinese; in English clap says it itself.

use std::io::{self, IsTerminal, Write};

use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Prints help where it was asked for, and errors, where clap would.
pub(super) fn print_in_chinese(error: &Error) {
    let is_terminal = match error.use_stderr() {
        true => io::stderr().is_terminal(),
        false => io::stdout().is_terminal(),
    };
    let mut text = match in_chinese(error) {
        Some(said) => format!("出错:{said}\n"),
        None if is_terminal => usage_in_chinese(&error.render().ansi().to_string()),
        None => usage_in_chinese(&error.render().to_string()),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    // Nobody may be reading any more.
    let _ = match error.use_stderr() {
        true => io::stderr().write_all(text.as_bytes()),
        false => io::stdout().write_all(text.as_bytes()),
    };
}

/// The error in Chinese, with what to do; `None` for what is no error in the arguments: help, the
/// version.
fn in_chinese(error: &Error) -> Option<String> {
    let of = |kind: ContextKind| words(error.get(kind));
    let argument = of(ContextKind::InvalidArg);
    let value = of(ContextKind::InvalidValue);
    let said = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("没有 {argument} 这个选项。")
        }
        ErrorKind::UnknownArgument => format!("「{argument}」是多余的。"),
        ErrorKind::InvalidSubcommand => {
            format!("没有「{}」这个命令。", of(ContextKind::InvalidSubcommand))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 后面要给一个值。"),
        ErrorKind::InvalidValue => format!("{argument} 不能是「{value}」。"),
        ErrorKind::ValueValidation => format!("{argument} 不能是「{value}」。{}", cause(error)),
        ErrorKind::MissingRequiredArgument => format!("还缺:{argument}。"),
        ErrorKind::MissingSubcommand => "还要说做什么,见下面的命令。".to_owned(),
        ErrorKind::ArgumentConflict => match of(ContextKind::PriorArg) {
            prior if prior.is_empty() || prior == argument => {
                format!("{argument} 只能给一次。")
            }
            prior => format!("{argument} 不能和 {prior} 一起用。"),
        },
        ErrorKind::TooManyValues => format!("{argument} 的值太多,「{value}」多余。"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!(
            "{argument} 要 {} 个值,只给了 {} 个。",
            of(ContextKind::MinValues) + &of(ContextKind::ExpectedNumValues),
            of(ContextKind::ActualNumValues)
        ),
        ErrorKind::NoEquals => format!("{argument} 和它的值之间要有等号。"),
        ErrorKind::InvalidUtf8 => "参数里有不是 UTF-8 的字节。".to_owned(),
        _ => return None,
    };
    let mut lines = vec![said];
    let mut line = |name: &str, kind: ContextKind| {
        let words = words(error.get(kind));
        if !words.is_empty() {
            lines.push(name.replace("{}", &words));
        }
    };
    line("可以是:{}", ContextKind::ValidValue);
    line("可用的命令:{}", ContextKind::ValidSubcommand);
    line("是不是 {}?", ContextKind::SuggestedArg);
    line("是不是 {}?", ContextKind::SuggestedSubcommand);
    line("是不是 {}?", ContextKind::SuggestedValue);
    if let Some(usage) = error.get(ContextKind::Usage) {
        let usage = usage.to_string().replacen("Usage:", "用法:", 1);
        lines.push(usage_in_chinese(usage.trim()));
    }
    lines.push("加 --help 看详细说明。".to_owned());
    Some(lines.join("\n"))
}

/// Help, or anything else that holds a usage line, with clap's own names in Chinese.
fn usage_in_chinese(text: &str) -> String {
    text.replace("[OPTIONS]", "[选项]")
        .replace("<COMMAND>", "<命令>")
        .replace("[COMMAND]", "[命令]")
}

fn words(value: Option<&ContextValue>) -> String {
    match value {
        None | Some(ContextValue::None) => String::new(),
        Some(ContextValue::Strings(all)) => all.join("、"),
        Some(ContextValue::StyledStrs(all)) => {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join("、")
        }
        Some(other) => other.to_string(),
    }
}

/// Why a value was refused, by whoever read it.
fn cause(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let cause = cause.unwrap_or_default();
    if let Some(example) = cause.strip_prefix("write it as ") {
        return format!("请写成这样:{example}");
    }
    if let Some(words) = cause.strip_prefix("one of ") {
        return format!("可以是:{words}");
    }
    let known = [
        ("invalid digit found in string", "要一个数"),
        ("cannot parse integer from empty string", "要一个数"),
        ("invalid float literal", "要一个数"),
        ("number too large to fit in target type", "数太大"),
        ("number too small to fit in target type", "数太小"),
        ("input is out of range", "没有这一天;请写成这样:2026-10-01"),
        ("input contains invalid characters", "请写成这样:2026-10-01"),
        ("premature end of input", "请写成这样:2026-10-01"),
        ("trailing input", "请写成这样:2026-10-01"),
    ];
    let said = known.iter().find(|(english, _)| *english == cause);
    said.map_or(cause.clone(), |(_, chinese)| (*chinese).to_owned())
}

#[cfg(test)]
mod tests {
    use crate::{cli::Cli, lang::Lang};
    use clap::CommandFactory;

    /// What somebody reads who gives these arguments.
    fn said(arguments: &[&str]) -> String {
        let command = crate::cli::english::translated(Cli::command(), Lang::Zh);
        let arguments = ["huiting"].iter().chain(arguments);
        let error = command
            .try_get_matches_from(arguments)
            .expect_err("the arguments are wrong");
        super::in_chinese(&error).expect("it is an error in the arguments")
    }

    #[test]
    fn wrong_arguments_are_explained() {
        let all = [
            &["scan", "--jbos", "2", "a.wav"][..],
            &["scna"],
            &["list", "--format", "xls"],
            &["scan", "--jobs", "two", "a.wav"],
            &["scan", "--jobs"],
            &["show"],
            &["check", "a.jsonl", "b.jsonl"],
            &["check", "a.jsonl", "--format", "table", "--format", "table"],
        ];
        let said: Vec<String> = all
            .iter()
            .map(|arguments| format!("$ huiting {}\n{}", arguments.join(" "), said(arguments)))
            .collect();
        insta::assert_snapshot!(said.join("\n\n"));
    }
}
