//! `huiting report list`: what was issued, and what later decisions changed.

use crate::cli::{Context, Done, Failure, open::DatabaseArgument, tables::table};

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
            Some((at, finding)) => lang.pick(
                format!("已被取代({at},因 {finding})"),
                format!("superseded ({at}, by {finding})"),
            ),
            None => lang.pick("有效", "current").to_owned(),
        };
        rows.add_row([
            report.report_id,
            report.period,
            report.unit.unwrap_or_else(|| "–".to_owned()),
            report.as_of,
            report.issued_at,
            crate::text::mask(&report.file).into_owned(),
            state,
        ]);
    }
    println!("{rows}");
    Ok(Done::Fine)
}
