//! `huiting exemplar`: calls to learn from.

use std::{fs, path::PathBuf};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting},
        open::DatabaseArgument,
        sample::{Period, own_unit, period},
        tables::{figure, speaker_name, table},
    },
    evidence::{self, HeardRecording, HidingSettings},
    lang::Lang,
    reports::masking::masked_call_id,
    review::rights::Deed,
    store::{
        Store, StoreError,
        audit::Note,
        exemplars::{ExemplarMove, ExemplarRow},
    },
    text::mask,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 推荐:听过或定过的满分通话里,按规则和场景挑最完整、最简洁、客户明确同意的
    #[command(after_help = "例:\n  huiting exemplar propose --period 2026-10 --as wang")]
    Propose(ProposeArguments),
    /// 列出
    #[command(
        after_help = "例:\n  huiting exemplar list --as wang\n  huiting exemplar list --state released --as agent-2305"
    )]
    List(ListArguments),
    /// 发布(复核员)
    #[command(after_help = "例:\n  huiting exemplar release 3fa9c1d2e0b45566 --as li")]
    Release(Named),
    /// 撤下(复核员)
    #[command(after_help = "例:\n  huiting exemplar withdraw 3fa9c1d2e0b45566 --as li")]
    Withdraw(Named),
    /// 导出已发布的:每通一段录音、一份文字(号码已遮盖)和为什么好
    #[command(after_help = "例:\n  huiting exemplar export 规范录音/ --as li")]
    Export(ExportArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Seen {
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
pub(super) struct ProposeArguments {
    /// 周(2026-W42)或月(2026-10)
    #[arg(long, value_parser = period, value_name = "周或月")]
    period: Period,
    /// 只从这个单位及其下级挑(编号或名称)
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 每条规则、每个场景最多推荐几通
    #[arg(long, default_value_t = 3, value_name = "数")]
    most: usize,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArguments {
    /// 只列这个状态的
    #[arg(long, value_enum, value_name = "状态")]
    state: Option<State>,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum State {
    /// Waiting for a reviewer.
    Proposed,
    /// For everybody.
    Released,
    /// No longer.
    Withdrawn,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Proposed => "proposed",
            State::Released => "released",
            State::Withdrawn => "withdrawn",
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// 规范录音编号(见 huiting exemplar list)
    #[arg(value_name = "编号")]
    id: String,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExportArguments {
    /// 放到这个文件夹
    #[arg(value_name = "文件夹")]
    folder: PathBuf,
    #[command(flatten)]
    seen: Seen,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Propose(arguments) => propose(arguments, context)?,
        Command::List(arguments) => list(arguments, context)?,
        Command::Release(named) => step(named, ExemplarMove::Release, context)?,
        Command::Withdraw(named) => step(named, ExemplarMove::Withdraw, context)?,
        Command::Export(arguments) => export(arguments, context)?,
    }
    Ok(Done::Fine)
}

fn propose(arguments: &ProposeArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::ProposeExemplar, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let unit = own_unit(arguments.unit.as_deref(), &units, &person, lang)?;
    let new = store
        .propose_exemplars(
            arguments.period.days,
            unit.as_deref(),
            arguments.most,
            &acting(&person),
        )
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{}",
        lang.pick(
            format!("新推荐 {new} 通。看:huiting exemplar list"),
            format!("{new} newly proposed. See: huiting exemplar list"),
        )
    );
    Ok(())
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::SeeExemplar, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let mut rows = table(&lang.pick(
        ["编号", "通话", "规则", "场景", "状态", "评分", "为什么好"],
        [
            "Id",
            "Call",
            "Rule",
            "Scenario",
            "State",
            "Merit",
            "Why it is good",
        ],
    ));
    let titles = store
        .rule_titles(lang)
        .map_err(|error| Failure::say(&error, lang))?;
    let title = |rule: String| titles.get(&rule).cloned().unwrap_or(rule);
    for row in store
        .exemplars()
        .map_err(|error| Failure::say(&error, lang))?
    {
        // What is released is for everybody.
        let seen = row.state == "released"
            || person.sees(&units, row.unit.as_deref(), row.agent_id.as_deref());
        let wanted = arguments
            .state
            .is_none_or(|state| state.as_str() == row.state);
        if seen && wanted {
            rows.add_row([
                comfy_table::Cell::new(row.exemplar_id),
                comfy_table::Cell::new(masked_call_id(&row.call_id)),
                comfy_table::Cell::new(title(row.rule_id)),
                comfy_table::Cell::new(row.scenario),
                comfy_table::Cell::new(state_name(&row.state, lang)),
                figure(format!("{:.2}", row.merit)),
                comfy_table::Cell::new(lang.pick(row.why_zh, row.why_en)),
            ]);
        }
    }
    tell!("{rows}");
    Ok(())
}

fn state_name(state: &str, lang: Lang) -> String {
    match state {
        "proposed" => lang.pick("待发布", "proposed").to_owned(),
        "released" => lang.pick("已发布", "released").to_owned(),
        "withdrawn" => lang.pick("已撤下", "withdrawn").to_owned(),
        other => other.to_owned(),
    }
}

fn step(named: &Named, mv: ExemplarMove, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = named.seen.db.open_existing(context)?;
    let person = named
        .seen
        .acting
        .allowed(Deed::ReleaseExemplar, &store, context)?;
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let outside = store
        .exemplars()
        .map_err(|error| Failure::say(&error, lang))?
        .iter()
        .any(|row| {
            row.exemplar_id == named.id
                && !person.sees(&units, row.unit.as_deref(), row.agent_id.as_deref())
        });
    if outside {
        return Err(Failure(lang.pick(
            format!("这通电话的单位不在 {} 的权限范围内", person.id),
            format!(
                "the unit of this call is not among those given to {}",
                person.id
            ),
        )));
    }
    store
        .move_exemplar(&named.id, mv, &acting(&person))
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{}",
        match mv {
            ExemplarMove::Release => lang.pick("已发布", "released"),
            ExemplarMove::Withdraw => lang.pick("已撤下", "withdrawn"),
        }
    );
    Ok(())
}

fn export(arguments: &ExportArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = arguments.seen.db.open_existing(context)?;
    let person = arguments
        .seen
        .acting
        .allowed(Deed::SeeExemplar, &store, context)?;
    let released: Vec<ExemplarRow> = store
        .exemplars()
        .map_err(|error| Failure::say(&error, lang))?
        .into_iter()
        .filter(|row| row.state == "released")
        .collect();
    let unwritable = |path: &std::path::Path, cause: std::io::Error| {
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
    };
    let taken = fs::read_dir(&arguments.folder).is_ok_and(|mut inside| inside.next().is_some());
    if taken {
        let folder = arguments.folder.display();
        return Err(Failure(lang.pick(
            format!("{folder}:文件夹里已有东西。请指定一个新的文件夹"),
            format!("{folder}: there is something in this folder. Name a new one"),
        )));
    }
    fs::create_dir_all(&arguments.folder).map_err(|cause| unwritable(&arguments.folder, cause))?;
    let (mut folders, mut silent) = (Vec::new(), 0);
    for row in &released {
        let name = format!("{}-{}", row.rule_id, &row.exemplar_id);
        let folder = arguments.folder.join(&name);
        fs::create_dir_all(&folder).map_err(|cause| unwritable(&folder, cause))?;
        let Some(page) = page(row, &folder, &store, lang)? else {
            let _ = fs::remove_dir(&folder);
            eprintln!(
                "{}",
                lang.pick(
                    format!("{}:文字已不在库里,跳过", row.exemplar_id),
                    format!(
                        "{}: its transcript is no longer in the database; left out",
                        row.exemplar_id
                    ),
                )
            );
            continue;
        };
        if let Some(why) = &page.without_sound {
            silent += 1;
            eprintln!(
                "{}",
                lang.pick(
                    format!("{name}:没有声音:{}", mask(why)),
                    format!("{name}: without sound: {}", mask(why)),
                )
            );
        }
        let path = folder.join("words.md");
        fs::write(&path, page.text).map_err(|cause| unwritable(&path, cause))?;
        folders.push((row.call_id.clone(), name));
    }
    let written = folders.len();
    let pack = std::path::absolute(&arguments.folder).unwrap_or(arguments.folder.clone());
    store
        .remember_evidence(&pack.display().to_string(), &folders)
        .map_err(|error| Failure::say(&error, lang))?;
    let note = Note {
        action: "exemplar-export",
        subject_kind: "exemplar",
        subject: "exemplars",
        details: serde_json::json!({ "written": written }),
        ..Note::default()
    };
    store
        .note(&acting(&person), &note)
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{}",
        lang.pick(
            format!(
                "导出 {written} 通到 {}(其中 {silent} 通没有声音)",
                arguments.folder.display()
            ),
            format!(
                "{written} exported to {} ({silent} of them without sound)",
                arguments.folder.display()
            ),
        )
    );
    Ok(())
}

/// One exemplar in Markdown: why it is good, then its words with their times.
struct Page {
    text: String,
    /// Why there is no sound beside it.
    without_sound: Option<String>,
}

/// Writes the sound into `folder`. `None`: the call's words are no longer there.
fn page(
    row: &ExemplarRow,
    folder: &std::path::Path,
    store: &Store,
    lang: Lang,
) -> Result<Option<Page>, Failure> {
    let failed = |error: StoreError| Failure::say(&error, lang);
    let Some(stored) = store.call(&row.call_id).map_err(failed)? else {
        return Ok(None);
    };
    let heard = store.transcript(&stored.call.recording, &stored.call.model);
    let Some(heard) = heard.map_err(failed)? else {
        return Ok(None);
    };
    let recording = HeardRecording {
        path: stored.call.path.as_ref(),
        digest: &stored.call.recording,
        duration: stored.duration,
        transcript: &heard.transcript,
    };
    let place = folder.join("call.wav");
    let masked = evidence::masked_call(&recording, HidingSettings::default(), &place, lang)
        .map_err(|error| Failure::say(&error, lang))?;
    let mut text = format!(
        "# {} · {}\n\n{}: {}\n\n{}: {}\n\n",
        row.rule_id,
        row.scenario,
        lang.pick("通话", "Call"),
        masked_call_id(&row.call_id),
        lang.pick("为什么好", "Why it is good"),
        lang.pick(&row.why_zh, &row.why_en),
    );
    for (turn, utterance) in heard.transcript.utterances.iter().enumerate() {
        let at = utterance
            .span
            .map_or_else(String::new, |span| format!("{} ", span.from));
        text.push_str(&format!(
            "- {at}**{}** {}\n",
            speaker_name(utterance.speaker, lang),
            masked.hidden.shown(turn, &utterance.text, 0)
        ));
    }
    Ok(Some(Page {
        text,
        without_sound: masked.sound.err(),
    }))
}
