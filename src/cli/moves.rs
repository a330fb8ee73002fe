//! What all moves have in common: findings named one by one or in a CSV file, made one after the
//! other, each told; what could not be made is told with its place.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, now},
        open::DatabaseArgument,
        sheet::{self, Columns},
    },
    lang::{Lang, Say},
    people::Person,
    review::{chain::hex, workflow::Move},
    store::{
        Store,
        audit::Acting,
        moves::{MoveError, MoveRequest, Moved, Subject},
    },
    text::mask,
};

#[derive(Debug, clap::Args)]
pub(super) struct MoveArguments {
    /// 问题单编号(开头几位即可)或 通话编号:规则,可以多个
    #[arg(value_name = "问题单", required_unless_present = "from_csv")]
    findings: Vec<String>,
    /// 理由;里面的手机号、证件号、卡号会被遮盖
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "理由"
    )]
    reason: String,
    /// 成批:从 CSV 读,列为 finding(或 call_id 和 rule_id)、reason、to;做过的行不会再做
    #[arg(long, conflicts_with = "findings", value_name = "文件")]
    from_csv: Option<PathBuf>,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

const COLUMNS: Columns = &[
    ("finding", &["finding_id", "问题单", "问题单编号"]),
    ("call_id", &["通话", "通话编号"]),
    ("rule_id", &["rule", "规则"]),
    ("reason", &["理由"]),
    ("to", &["分派给", "处理人"]),
];

/// One move of a batch.
struct Wanted {
    /// In the CSV file; 0 when named on the command line.
    line: u64,
    named: Named,
    reason: String,
    to: Option<String>,
    key: Option<String>,
}

/// A finding as the user names it.
pub(super) enum Named {
    Id(String),
    CallRule(String, String),
}

impl Named {
    fn subject(&self) -> Subject<'_> {
        match self {
            Named::Id(id) => Subject::Finding(id),
            Named::CallRule(call_id, rule_id) => Subject::CallRule { call_id, rule_id },
        }
    }
}

/// Finds what `demo-03:penalty-disclosure`, a whole id or the beginning of one means.
pub(super) fn named(text: &str, store: &Store, lang: Lang) -> Result<Named, Failure> {
    if let Some((call, rule)) = text.rsplit_once([':', '：']) {
        return Ok(Named::CallRule(call.to_owned(), rule.to_owned()));
    }
    let unknown = || Failure(MoveError::UnknownFinding(mask(text).into_owned()).say(lang));
    if text.len() < 4 || !text.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(unknown());
    }
    let found = store
        .findings_like(&text.to_lowercase(), 2)
        .map_err(|error| Failure::say(&error, lang))?;
    match found.as_slice() {
        [] => Err(unknown()),
        [one] => Ok(Named::Id(one.clone())),
        _ => Err(Failure(lang.pick(
            format!("以 {text} 开头的问题单不止一张,请多写几位"),
            format!("more than one finding begins with {text}; write more of it"),
        ))),
    }
}

/// Makes one kind of move on everything that is named. `to`: for assigning.
pub(super) fn run(
    mv: Move,
    arguments: &MoveArguments,
    to: Option<&str>,
    context: &Context,
) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let person = arguments.acting.person(&store, context)?;
    let (wanted, mut problems) = match &arguments.from_csv {
        Some(path) => from_sheet(mv, path, &person, &store, lang)?,
        None => from_line(arguments, &store, lang),
    };
    let mut out = std::io::stdout().lock();
    let (mut made, mut before) = (0, 0);
    for wanted in &wanted {
        let request = MoveRequest {
            mv,
            subject: wanted.named.subject(),
            reason: &wanted.reason,
            assignee: wanted.to.as_deref().or(to),
            row_key: wanted.key.as_deref(),
        };
        let acting = Acting {
            by: Some(&person),
            at: now(),
        };
        match store.make_move_in_batch(&request, &acting, &context.settings.workflow) {
            Ok(moved) if moved.before => before += 1,
            Ok(moved) => {
                made += 1;
                // A reader that has gone away must not end the batch.
                let _ = writeln!(out, "{}", said(mv, &moved, lang));
            }
            Err(error @ MoveError::Store(_)) => return Err(Failure::say(&error, lang)),
            Err(error) => problems.push((wanted.line, error.say(lang))),
        }
    }
    store
        .note_head()
        .map_err(|error| Failure::say(&error, lang))?;
    let total = made + before + problems.len();
    if arguments.from_csv.is_some() {
        let _ = writeln!(
            out,
            "{}",
            lang.pick(
                format!(
                    "共 {total} 行:做了 {made} 行,以前做过 {before} 行,不能做 {} 行",
                    problems.len()
                ),
                format!(
                    "{total} rows: {made} done, {before} done before, {} not possible",
                    problems.len()
                ),
            )
        );
    }
    match problems.is_empty() {
        true => Ok(Done::Fine),
        false => Err(told(&problems, arguments.from_csv.as_deref(), lang)),
    }
}

fn said(mv: Move, moved: &Moved, lang: Lang) -> String {
    let mut text = format!(
        "{} {}:{}",
        mv.say(lang),
        moved.finding_id,
        moved.position.say(lang)
    );
    if !moved.superseded.is_empty() {
        let reports = moved.superseded.join(lang.pick("、", ", "));
        text.push_str(&lang.pick(
            format!(";已出的报告因此过时:{reports}"),
            format!("; reports superseded by it: {reports}"),
        ));
    }
    text
}

fn told(problems: &[(u64, String)], path: Option<&Path>, lang: Lang) -> Failure {
    let lines: Vec<String> = problems
        .iter()
        .map(|(line, problem)| match path {
            Some(path) => lang.pick(
                format!("{}:第 {line} 行:{problem}", path.display()),
                format!("{}: line {line}: {problem}", path.display()),
            ),
            None => problem.clone(),
        })
        .collect();
    Failure(lines.join("\n"))
}

type Problems = Vec<(u64, String)>;

fn from_line(arguments: &MoveArguments, store: &Store, lang: Lang) -> (Vec<Wanted>, Problems) {
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    for text in &arguments.findings {
        match named(text, store, lang) {
            Ok(named) => wanted.push(Wanted {
                line: 0,
                named,
                reason: arguments.reason.clone(),
                to: None,
                key: None,
            }),
            Err(Failure(problem)) => problems.push((0, problem)),
        }
    }
    (wanted, problems)
}

fn from_sheet(
    mv: Move,
    path: &Path,
    person: &Person,
    store: &Store,
    lang: Lang,
) -> Result<(Vec<Wanted>, Problems), Failure> {
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in sheet::read(path, COLUMNS, lang)? {
        let named = match (row.get("finding"), row.get("call_id"), row.get("rule_id")) {
            (Some(text), _, _) => named(text, store, lang),
            (None, Some(call), Some(rule)) => Ok(Named::CallRule(call.to_owned(), rule.to_owned())),
            _ => Err(Failure(lang.pick(
                "缺 finding(或 call_id 和 rule_id)".to_owned(),
                "finding (or call_id and rule_id) is missing".to_owned(),
            ))),
        };
        let named = match named {
            Ok(named) => named,
            Err(Failure(problem)) => {
                problems.push((row.line, problem));
                continue;
            }
        };
        let reason = row.get("reason").unwrap_or("").to_owned();
        let to = row.get("to").map(str::to_owned);
        let content = row_content(mv, person, &named, &reason, to.as_deref());
        let times = seen.entry(content.clone()).or_default();
        *times += 1;
        wanted.push(Wanted {
            line: row.line,
            named,
            reason,
            to,
            key: Some(format!("{content}-{times}")),
        });
    }
    Ok((wanted, problems))
}

/// What makes a row this row: the same in a file that was mended elsewhere.
fn row_content(mv: Move, person: &Person, named: &Named, reason: &str, to: Option<&str>) -> String {
    let id = match named {
        Named::Id(id) => id.clone(),
        Named::CallRule(call, rule) => crate::store::findings::finding_id(call, rule),
    };
    let mut sha = Sha256::new();
    for part in [mv.as_str(), &person.id, &id, reason, to.unwrap_or("")] {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    hex(&sha.finalize()[..16])
}
