//! `huiting export`: violations for compliance, as a table and as evidence packs.

use std::path::{Path, PathBuf};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting_or_alone},
        names,
        open::DatabaseArgument,
        output,
        report::part,
    },
    evidence::{Case, CaseRule, EvidenceError, HidingSettings, PackSummary, PackWriter},
    lang::{Lang, Say},
    people::Person,
    reports::{
        Month,
        render::violations::{CsvRows, JsonRows, TableSettings, XlsxRows},
        violations::Violation,
    },
    review::{rights::Deed, workflow::FindingState},
    rules::Severity,
    store::{Store, StoreError, audit::Note, violations::ViolationFilter},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 导出违规明细和证据包
    Violations(ViolationsArguments),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting export violations --month 2026-10 --format xlsx\n  huiting export violations --rule penalty-disclosure --format csv --bom --out 违约金.csv\n  huiting export violations --month 2026-10 --severity critical --evidence 证据/2026-10\n\n证据包里每个违规有录音片段(前后各 5 秒,号码处为提示音)、文字摘录、判定和摘要清单;用 huiting evidence verify 校验。"
)]
pub(super) struct ViolationsArguments {
    #[command(flatten)]
    db: DatabaseArgument,
    /// 月份,如 2026-10;默认全部
    #[arg(long, value_parser = names::month, value_name = "年-月")]
    month: Option<String>,
    /// 单位,含下级
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 规则
    #[arg(long, value_name = "规则")]
    rule: Option<String>,
    /// 严重程度
    #[arg(long, value_enum, value_name = "程度")]
    severity: Option<SeverityArgument>,
    /// 闭环状态
    #[arg(long, value_name = "状态")]
    state: Option<String>,
    /// 表格格式 [默认: csv;只要证据包时不出表格]
    #[arg(long, value_enum, value_name = "格式")]
    format: Option<Format>,
    /// 表格文件 [默认: violations-月份.格式]
    #[arg(long, value_name = "文件")]
    out: Option<PathBuf>,
    /// CSV 前加 UTF-8 标记(BOM),方便旧版表格软件打开
    #[arg(long)]
    bom: bool,
    /// 证据包写到这个新文件夹
    #[arg(long, value_name = "文件夹")]
    evidence: Option<PathBuf>,
    /// 证据包里把自报的姓名也遮盖(设置文件 [evidence] hide-names)
    #[arg(long)]
    hide_names: bool,
    /// 不遮盖号码(手机号、证件号、卡号);只有合规人员可以,并记入日志
    #[arg(long)]
    unmasked: bool,
    #[command(flatten)]
    acting: ActingArgument,
}

impl ViolationsArguments {
    /// The table's format: as asked for, else by the file's ending; none when only a pack is
    /// wanted.
    fn table_format(&self, lang: Lang) -> Result<Option<Format>, Failure> {
        let Some(out) = &self.out else {
            let only_pack = self.evidence.is_some();
            return Ok(self.format.or((!only_pack).then_some(Format::Csv)));
        };
        let all = [Format::Csv, Format::Xlsx, Format::Jsonl];
        let asked = match self.format {
            Some(asked) => vec![asked],
            None => all.to_vec(),
        };
        let endings: Vec<&str> = asked.iter().map(|format| format.ending()).collect();
        output::ending_fits(out, &endings, lang)?;
        let by_ending = |format: &&Format| out.extension().is_some_and(|e| e == format.ending());
        Ok(Some(*asked.iter().find(by_ending).unwrap_or(&asked[0])))
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SeverityArgument {
    /// Fatal.
    Fatal,
    /// Critical.
    Critical,
    /// Major.
    Major,
    /// Minor.
    Minor,
}

impl From<SeverityArgument> for Severity {
    fn from(argument: SeverityArgument) -> Severity {
        match argument {
            SeverityArgument::Fatal => Severity::Fatal,
            SeverityArgument::Critical => Severity::Critical,
            SeverityArgument::Major => Severity::Major,
            SeverityArgument::Minor => Severity::Minor,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Jsonl => "jsonl",
        }
    }
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Violations(arguments) => violations(arguments, context),
    }
}

fn violations(arguments: &ViolationsArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    if let Some(month) = &arguments.month {
        let month = month.parse::<Month>();
        month.map_err(|error| Failure::say(&error, lang))?;
    }
    let state = arguments.state.as_deref().map(|word| state(word, lang));
    let state = state.transpose()?;
    let mut store = arguments.db.open_existing(context)?;
    let person = match arguments.unmasked {
        true => Some(arguments.acting.allowed(Deed::Unmask, &store, context)?),
        false => arguments
            .acting
            .allowed_or_alone(Deed::Export, &store, context)?,
    };
    let filter = ViolationFilter {
        month: arguments.month.clone(),
        units: part(arguments.unit.as_deref(), person.as_ref(), &store, context)?.labels,
        rule: names::rule(arguments.rule.as_deref(), &store, context)?,
        severity: arguments.severity.map(Severity::from),
        state,
    };
    let format = arguments.table_format(lang)?;
    // Before anything is written: what left unmasked is in the log in any case.
    note(arguments, person.as_ref(), &mut store).map_err(|error| Failure::say(&error, lang))?;
    if let Some(format) = format {
        let out = arguments.out.clone().unwrap_or_else(|| {
            let month = arguments.month.as_deref();
            let month = month.map(|month| format!("-{month}")).unwrap_or_default();
            PathBuf::from(format!("violations{month}.{}", format.ending()))
        });
        let settings = TableSettings {
            lang,
            unmasked: arguments.unmasked,
            bom: arguments.bom,
        };
        let rows = table(&store, &filter, format, &out, settings)?;
        tell!(
            "{}",
            lang.pick(
                format!("{rows} 条违规已写到 {}", out.display()),
                format!("{rows} violations are in {}", out.display()),
            )
        );
    }
    if let Some(place) = &arguments.evidence {
        let hiding = HidingSettings {
            numbers: !arguments.unmasked,
            names: arguments.hide_names || context.settings.evidence.hide_names,
        };
        let summary = pack(&mut store, &filter, place, hiding, lang)?;
        tell!("{}", told(&summary, place, lang));
    }
    Ok(Done::Fine)
}

/// Who exported what, for the log.
fn note(
    arguments: &ViolationsArguments,
    person: Option<&Person>,
    store: &mut Store,
) -> Result<(), StoreError> {
    let action = match arguments.unmasked {
        true => "export-unmasked",
        false => "export",
    };
    let note = Note {
        action,
        subject_kind: "violations",
        subject: arguments.month.as_deref().unwrap_or("all"),
        details: serde_json::json!({
            "unit": arguments.unit,
            "rule": arguments.rule,
            "state": arguments.state,
            "evidence": arguments.evidence.is_some(),
        }),
        ..Note::default()
    };
    store.note(&acting_or_alone(person), &note).map(drop)
}

/// A state by its stable word or its Chinese name.
fn state(word: &str, lang: Lang) -> Result<FindingState, Failure> {
    let known = FindingState::ALL.into_iter();
    let mut known = known.filter(|state| state.as_str() == word || state.say(Lang::Zh) == word);
    known.next().ok_or_else(|| {
        let states =
            FindingState::ALL.map(|state| format!("{} {}", state.as_str(), state.say(lang)));
        let states = states.join(lang.pick("、", ", "));
        Failure(lang.pick(
            format!("没有“{word}”这个状态。可用的:{states}"),
            format!("There is no state \"{word}\". There are: {states}"),
        ))
    })
}

fn told(summary: &PackSummary, place: &Path, lang: Lang) -> String {
    let PackSummary {
        items,
        without_sound,
        manifest_sha256,
        ..
    } = summary;
    lang.pick(
        format!("{items} 个违规的证据包已写到 {};其中 {without_sound} 个没有录音片段(录音已不在或已变)\n清单摘要 SHA-256:{manifest_sha256}\n校验:huiting evidence verify {0}", place.display()),
        format!("The evidence of {items} violations is in {}; {without_sound} of them without sound (the recording is gone or has changed)\nManifest SHA-256: {manifest_sha256}\nVerify with: huiting evidence verify {0}", place.display()),
    )
}

fn table(
    store: &Store,
    filter: &ViolationFilter,
    format: Format,
    out: &Path,
    settings: TableSettings,
) -> Result<u64, Failure> {
    let lang = settings.lang;
    let mut rows = 0;
    let io = |cause: std::io::Error| output::failure(out, &cause, lang);
    let xlsx = |cause: rust_xlsxwriter::XlsxError| {
        output::failure(out, &std::io::Error::other(cause), lang)
    };
    output::write_or(out, lang, |file| match format {
        Format::Csv => {
            let mut table = CsvRows::begin(file, settings).map_err(io)?;
            each(store, filter, lang, |violation| {
                rows += 1;
                table.add(&violation).map_err(io)
            })?;
            table.finish().map(drop).map_err(io)
        }
        Format::Jsonl => {
            let mut table = JsonRows::begin(file, settings);
            each(store, filter, lang, |violation| {
                rows += 1;
                table.add(&violation).map_err(io)
            })?;
            table.finish().map(drop).map_err(io)
        }
        Format::Xlsx => {
            let mut table = XlsxRows::begin(settings).map_err(xlsx)?;
            each(store, filter, lang, |violation| {
                rows += 1;
                table.add(&violation).map_err(xlsx)
            })?;
            table.finish(file).map_err(xlsx)
        }
    })?;
    Ok(rows)
}

/// A failure of the database or of what is done with a violation, told in one language.
struct Told(Failure);

/// The store's own failures, to be told later: only the caller knows the language.
enum Broken {
    Store(StoreError),
    Told(Told),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Broken {
        Broken::Store(error)
    }
}

fn each(
    store: &Store,
    filter: &ViolationFilter,
    lang: Lang,
    mut act: impl FnMut(Violation) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let done = store.for_each_violation(filter, |violation| {
        act(violation).map_err(|failure| Broken::Told(Told(failure)))
    });
    done.map_err(|broken| match broken {
        Broken::Store(error) => Failure::say(&error, lang),
        Broken::Told(Told(failure)) => failure,
    })
}

fn pack(
    store: &mut Store,
    filter: &ViolationFilter,
    place: &Path,
    hiding: HidingSettings,
    lang: Lang,
) -> Result<PackSummary, Failure> {
    let say = |error: EvidenceError| Failure::say(&error, lang);
    let mut pack = PackWriter::begin(place, hiding, lang).map_err(say)?;
    each(store, filter, lang, |violation| {
        let case = case(store, violation).map_err(|error| Failure::say(&error, lang))?;
        pack.add(&case).map_err(say)
    })?;
    let as_of = chrono::Local::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let summary = pack.finish(&as_of).map_err(say)?;
    let absolute = std::path::absolute(place).unwrap_or_else(|_| place.to_owned());
    store
        .remember_evidence(&absolute.display().to_string(), &summary.folders)
        .map_err(|error| Failure::say(&error, lang))?;
    Ok(summary)
}

fn case(store: &Store, violation: Violation) -> Result<Case, StoreError> {
    let transcript = store.transcript(&violation.recording, &violation.model)?;
    let model_name = store.model_name(&violation.model)?.unwrap_or_default();
    Ok(Case {
        transcript: transcript.map(|row| row.transcript).unwrap_or_default(),
        model: (violation.model, model_name),
        call_id: violation.call_id,
        metadata: violation.metadata,
        recording_path: violation.recording_path,
        recording: violation.recording,
        duration: violation.duration,
        rule_set: violation.rule_set,
        scorecard: violation.scorecard,
        rule: CaseRule {
            title: violation.title,
            severity: violation.severity,
            basis: violation.basis,
            remedy: violation.remedy,
        },
        state: violation.state,
        verdict: violation.verdict,
    })
}
