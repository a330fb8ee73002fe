//! `huiting recheck`: judges everything stored again with today's rules.

use crate::{
    cli::{
        Context, Done, Failure, names,
        open::{DatabaseArgument, RulesArgument},
        progress::{ScanProgress, in_words},
        tables::table,
    },
    pipeline,
    rules::Verdict,
    store::calls::CallFilter,
};

/// So many changes are printed; the rest is counted.
const ROWS_SHOWN: usize = 40;

#[derive(Debug, clap::Args)]
#[command(after_help = "例:\n  huiting recheck\n  huiting recheck --month 2026-10 --rules 新规则/")]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    rules: RulesArgument,
    /// 只重判这个月的通话,如 2026-10
    #[arg(long, value_parser = names::month, value_name = "年-月")]
    month: Option<String>,
    /// 不显示进度
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let rules = arguments.rules.open(context)?;
    let filter = CallFilter {
        month: arguments.month.clone(),
        ..CallFilter::default()
    };
    let progress = ScanProgress::new(lang, arguments.quiet);
    let result = pipeline::recheck(&filter, &rules.judge(), &mut store, &progress);
    progress.finish();
    let summary = result.map_err(|error| Failure::say(&error, lang))?;
    if !summary.changes.is_empty() {
        let mut rows = table(&lang.pick(
            ["通话", "规则", "原判定", "现判定"],
            ["Call", "Rule", "Before", "After"],
        ));
        let name = |verdict: &Option<Verdict>| {
            verdict
                .as_ref()
                .map_or("–", |verdict| verdict.outcome.name(lang))
        };
        for change in summary.changes.iter().take(ROWS_SHOWN) {
            rows.add_row([
                change.call.as_str(),
                change.rule_id.as_str(),
                name(&change.old),
                name(&change.new),
            ]);
        }
        tell!("{rows}");
        let more = summary.changed_verdicts.saturating_sub(ROWS_SHOWN as u64);
        if more > 0 {
            tell!(
                "{}",
                lang.pick(format!("……还有 {more} 处"), format!("… and {more} more"))
            );
        }
    }
    let (calls, changed, took) = (
        summary.calls,
        summary.changed_calls,
        in_words(progress.elapsed(), lang),
    );
    tell!(
        "{}",
        lang.pick(
            format!(
                "重判 {calls} 通,{changed} 通有变化({} 处),用时 {took}",
                summary.changed_verdicts
            ),
            format!(
                "{calls} calls judged again, {changed} changed ({} verdicts), in {took}",
                summary.changed_verdicts
            ),
        )
    );
    Ok(Done::Fine)
}
