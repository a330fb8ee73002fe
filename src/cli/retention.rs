//! `huiting retention`: deleting words and clips whose time is over, and what must be kept.

use chrono::{Days, Local, NaiveDate, SecondsFormat};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting_or_alone, on_this_clock},
        open::DatabaseArgument,
        tables::table,
    },
    evidence,
    reports::masking::masked_call_id,
    review::rights::Deed,
    store::{
        Store, StoreError,
        audit::Note,
        retention::{ExpiryCounts, LegalHold},
    },
    text::mask,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 删除过了保存期限的文字和录音片段(不删录音、判定和得分)
    Apply(ApplyArguments),
    /// 保全一通电话:不论期限都不删
    Hold(HoldArguments),
    /// 解除保全
    Release(ReleaseArguments),
    /// 列出保全的通话
    Holds(HoldsArguments),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting retention apply --keep-days 180 --dry-run    先看要删什么\n  huiting retention apply --keep-days 180\n\n从不删除或改动录音文件。没有日期的通话和保全的通话不删。"
)]
pub(super) struct ApplyArguments {
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    acting: ActingArgument,
    /// 保存最近多少天
    #[arg(long, value_name = "天数")]
    keep_days: u64,
    /// 只说要删什么,不删
    #[arg(long)]
    dry_run: bool,
    /// 当作今天是这一天 [默认: 今天]
    #[arg(long, value_name = "日期")]
    as_of: Option<NaiveDate>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "例:\n  huiting retention hold demo-03 --reason 客户起诉,法务要求保全")]
pub(super) struct HoldArguments {
    /// 通话编号
    #[arg(value_name = "通话编号")]
    call_id: String,
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    acting: ActingArgument,
    /// 为什么保全
    #[arg(long, value_name = "理由")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "例:\n  huiting retention release demo-03")]
pub(super) struct ReleaseArguments {
    /// 通话编号
    #[arg(value_name = "通话编号")]
    call_id: String,
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    acting: ActingArgument,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "例:\n  huiting retention holds\n  huiting retention holds --as hegui")]
pub(super) struct HoldsArguments {
    #[command(flatten)]
    db: DatabaseArgument,
    #[command(flatten)]
    acting: ActingArgument,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Apply(arguments) => apply(arguments, context),
        Command::Hold(arguments) => hold(arguments, context),
        Command::Release(arguments) => release(arguments, context),
        Command::Holds(arguments) => holds(arguments, context),
    }
}

fn apply(arguments: &ApplyArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let say = |error: StoreError| Failure::say(&error, lang);
    let mut store = arguments.db.open_existing(context)?;
    let person = arguments
        .acting
        .allowed_or_alone(Deed::ApplyRetention, &store, context)?;
    let today = arguments.as_of.unwrap_or_else(|| Local::now().date_naive());
    let first_day_kept = today
        .checked_sub_days(Days::new(arguments.keep_days))
        .ok_or_else(|| {
            Failure(lang.pick(
                "--keep-days 太大了。请写天数,如 180".to_owned(),
                "--keep-days is too large. Write a number of days, such as 180".to_owned(),
            ))
        })?
        .to_string();
    let found = store.expiring(&first_day_kept).map_err(say)?;
    let told = told(&found, &first_day_kept, context);
    if arguments.dry_run {
        tell!("{told}");
        tell!(
            "{}",
            lang.pick("(只是预览,什么也没删)", "(a preview: nothing was deleted)")
        );
        return Ok(Done::Fine);
    }
    let acting = acting_or_alone(person.as_ref());
    let at = acting.at.to_rfc3339_opts(SecondsFormat::Secs, false);
    let note = Note {
        action: "apply-retention",
        subject_kind: "retention",
        subject: &first_day_kept,
        details: serde_json::json!({
            "keep_days": arguments.keep_days, "calls": found.calls, "folders": found.folders,
        }),
        ..Note::default()
    };
    store.note(&acting, &note).map_err(say)?;
    remove_folders(&store, &first_day_kept, &at, context)?;
    let expired = store.expire(&first_day_kept, &at).map_err(say)?;
    tell!("{told}");
    tell!(
        "{}",
        lang.pick(
            format!("已删除 {expired} 通电话的文字和片段"),
            format!("The words and clips of {expired} calls were deleted"),
        )
    );
    Ok(Done::Fine)
}

fn told(found: &ExpiryCounts, first_day_kept: &str, context: &Context) -> String {
    let ExpiryCounts {
        calls,
        utterances,
        folders,
        held,
        undated,
    } = found;
    context.lang.pick(
        format!("{first_day_kept} 以前:{calls} 通电话到期,其中 {utterances} 句话、{folders} 份证据;保全 {held} 通不删,没有日期的 {undated} 通不删"),
        format!("Before {first_day_kept}: {calls} calls expire, with {utterances} utterances and {folders} folders of evidence; {held} are held, {undated} have no date and are kept"),
    )
}

/// Clips go first: if the run is killed after them, the next one finds the words still there and
/// goes on.
fn remove_folders(
    store: &Store,
    first_day_kept: &str,
    at: &str,
    context: &Context,
) -> Result<(), Failure> {
    let folders = store
        .expiring_folders(first_day_kept)
        .map_err(|error| Failure::say(&error, context.lang))?;
    for found in folders {
        evidence::remove_item(std::path::Path::new(&found.pack), &found.folder, at)
            .map_err(|error| Failure::say(&error, context.lang))?;
    }
    Ok(())
}

fn hold(arguments: &HoldArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let id = masked_call_id(&arguments.call_id);
    let person = arguments
        .acting
        .allowed_or_alone(Deed::Hold, &store, context)?;
    let acting = acting_or_alone(person.as_ref());
    let hold = LegalHold {
        call_id: arguments.call_id.clone(),
        reason: arguments.reason.clone(),
        held_by: person
            .as_ref()
            .map(|person| person.id.clone())
            .unwrap_or_default(),
        held_at: acting.at.to_rfc3339_opts(SecondsFormat::Secs, false),
    };
    let known = store
        .hold(&hold, &acting)
        .map_err(|error| Failure::say(&error, lang))?;
    if !known {
        return Err(Failure(lang.pick(
            format!("库里没有编号为 {id} 的通话。看有哪些:huiting list"),
            format!("There is no call {id} in the database. See which there are: huiting list"),
        )));
    }
    tell!(
        "{}",
        lang.pick(format!("{id} 已保全"), format!("{id} is held"))
    );
    Ok(Done::Fine)
}

fn release(arguments: &ReleaseArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let id = masked_call_id(&arguments.call_id);
    let person = arguments
        .acting
        .allowed_or_alone(Deed::Hold, &store, context)?;
    let held = store
        .release(&arguments.call_id, &acting_or_alone(person.as_ref()))
        .map_err(|error| Failure::say(&error, lang))?;
    if !held {
        return Err(Failure(lang.pick(
            format!("{id} 没有保全。看保全了哪些:huiting retention holds"),
            format!("{id} is not held. See which are: huiting retention holds"),
        )));
    }
    tell!(
        "{}",
        lang.pick(
            format!("{id} 已解除保全"),
            format!("{id} is no longer held")
        )
    );
    Ok(Done::Fine)
}

fn holds(arguments: &HoldsArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    arguments
        .acting
        .allowed_or_alone(Deed::Hold, &store, context)?;
    let mut rows = table(&lang.pick(
        ["通话", "理由", "谁", "何时"],
        ["Call", "Reason", "By", "At"],
    ));
    let holds = store.holds();
    for hold in holds.map_err(|error| Failure::say(&error, lang))? {
        rows.add_row([
            masked_call_id(&hold.call_id),
            mask(&hold.reason).into_owned(),
            hold.held_by,
            on_this_clock(&hold.held_at),
        ]);
    }
    tell!("{rows}");
    Ok(Done::Fine)
}
