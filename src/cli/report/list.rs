//! `huiting report list`: what was issued, and what later decisions changed.

use crate::{
    cli::{Context, Done, Failure, acting::on_this_clock, open::DatabaseArgument, tables::table},
    lang::{Lang, Say},
    review::workflow::Move,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "例:\n  huiting report list")]
pub(in crate::cli) struct ListArguments {
    #[command(flatten)]
    db: DatabaseArgument,
}

pub(super) fn run(arguments: &ListArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let mut rows = table(&lang.pick(
        ["报告", "期间", "单位", "数据截至", "出具", "文件", "状态"],
        [
            "Report", "Period", "Unit", "As of", "Issued", "File", "State",
        ],
    ));
    let issued = store.issued_reports();
    for report in issued.map_err(|error| Failure::say(&error, lang))? {
        let state = match &report.superseded {
            Some((at, why)) => {
                let (at, why) = (on_this_clock(at), reason(why, lang));
                lang.pick(
                    format!("已被取代({at},因{why})"),
                    format!("superseded ({at}: {why})"),
                )
            }
            None => lang.pick("有效", "current").to_owned(),
        };
        rows.add_row([
            report.report_id,
            report.period,
            report.unit.unwrap_or_else(|| "–".to_owned()),
            on_this_clock(&report.as_of),
            on_this_clock(&report.issued_at),
            crate::text::mask(&report.file).into_owned(),
            state,
        ]);
    }
    tell!("{rows}");
    Ok(Done::Fine)
}

/// Why a report is superseded, in words; older databases hold only the finding overturned.
fn reason(why: &str, lang: Lang) -> String {
    let (word, what) = why.split_once(' ').unwrap_or((why, ""));
    let what = crate::text::mask(what);
    match (word, Move::parse(word)) {
        ("judged", _) => lang.pick(format!("重新判定 {what}"), format!("judged again: {what}")),
        ("scanned", _) => lang.pick(format!("补扫了 {what}"), format!("scanned late: {what}")),
        ("retention", _) => lang
            .pick(
                "文字按保存期限删除",
                "words deleted when their time was over",
            )
            .to_owned(),
        (_, Some(mv)) => format!("{} {what}", mv.say(lang)),
        _ => why.to_owned(),
    }
}
