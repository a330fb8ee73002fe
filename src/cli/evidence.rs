//! `huiting evidence`: whether a pack is as it was written.

use std::path::PathBuf;

use crate::{
    cli::{Context, Done, Failure},
    evidence,
    lang::Say,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 校验证据包:每个文件是否与清单一致
    Verify(VerifyArguments),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting evidence verify 证据/2026-10\n\n全部一致时退出码为 0;有缺失、改动或多出的文件时为 1。"
)]
pub(super) struct VerifyArguments {
    /// 证据包文件夹
    #[arg(value_name = "文件夹")]
    folder: PathBuf,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    let Command::Verify(arguments) = command;
    let lang = context.lang;
    let found = evidence::verify(&arguments.folder).map_err(|error| Failure::say(&error, lang))?;
    for finding in &found.findings {
        tell!("{}", finding.say(lang));
    }
    let (items, files, removed, wrong) = (
        found.items,
        found.files,
        found.removed,
        found.findings.len(),
    );
    tell!(
        "{}",
        lang.pick(
            format!("{items} 个违规,{files} 个文件,{wrong} 处不符;按保存期限删除 {removed} 个\n清单摘要 SHA-256:{}", found.manifest_sha256),
            format!("{items} violations, {files} files, {wrong} not as they were; {removed} removed when their time was over\nManifest SHA-256: {}", found.manifest_sha256),
        )
    );
    Ok(if found.findings.is_empty() {
        Done::Fine
    } else {
        Done::Found
    })
}
