//! What the reports share: their time, their part of the organisation, templates, and issuing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};

use crate::{
    cli::{
        Context, Failure,
        acting::{ActingArgument, acting_or_alone},
        names::{self, written_as},
        output,
    },
    lang::Lang,
    people::{Person, Role, SEVERAL_UNITS, UnitScope, UnitTree},
    reports::render::html::Templates,
    review::rights::Deed,
    store::{Store, StoreError, audit::utc_text, month_lists::IssuedReport, touched::AsOf},
};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReportArguments {
    /// 只出这个单位(含下级)的报告
    #[arg(long, value_name = "单位")]
    pub(super) unit: Option<String>,
    /// 数据截至何时,如 2026-11-02 或 2026-11-02T09:00 [默认: 现在]
    #[arg(long, value_name = "时间", value_parser = moment)]
    pub(super) as_of: Option<DateTime<FixedOffset>>,
    /// 换用这个文件夹里的版式(文件名同自带的:monthly.html、loop.html、funnel.html、behind.html、weekly.html、report.css)
    #[arg(long, value_name = "文件夹")]
    pub(super) template: Option<PathBuf>,
    /// 文件格式 [默认: 看 --out 的后缀,没有则 html]
    #[arg(long, value_enum, value_name = "格式")]
    pub(super) format: Option<Format>,
    #[command(flatten)]
    acting: ActingArgument,
    /// 输出文件 [默认: 种类-期间.格式]
    #[arg(long, value_name = "文件")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// One web page.
    Html,
    /// A workbook.
    Xlsx,
    /// All figures, for other programs.
    Json,
}

/// A day (its end), or a day with a time, on this machine's clock.
fn moment(text: &str) -> Result<DateTime<FixedOffset>, String> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").or_else(|_| {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|day| day.and_hms_opt(23, 59, 59).expect("a time of day"))
    });
    match local {
        Ok(local) => Ok(local
            .and_local_timezone(Local)
            .earliest()
            .ok_or_else(|| written_as("2026-11-02T09:00"))?
            .fixed_offset()),
        Err(_) => DateTime::parse_from_rfc3339(text)
            .map_err(|_| written_as("2026-11-02 / 2026-11-02T09:00")),
    }
}

/// A part of the organisation.
pub(in crate::cli) struct Part {
    /// The unit's id, and its name, or those of several units; `None` for the whole.
    pub(super) unit: Option<(String, String)>,
    /// What calls may call the unit and those below it.
    pub(in crate::cli) labels: Option<Vec<String>>,
}

impl ReportArguments {
    pub(super) fn format(&self) -> Format {
        let ending = self.out.as_ref().and_then(|out| out.extension());
        let by_name = match ending.and_then(|ending| ending.to_str()) {
            Some("xlsx") => Format::Xlsx,
            Some("json") => Format::Json,
            _ => Format::Html,
        };
        self.format.unwrap_or(by_name)
    }

    /// Refuses a file name whose ending says something else.
    pub(super) fn check_ending(&self, lang: Lang) -> Result<(), Failure> {
        let Some(out) = &self.out else { return Ok(()) };
        let endings = match self.format {
            None => &["html", "htm", "xlsx", "json"][..],
            Some(Format::Html) => &["html", "htm"],
            Some(Format::Xlsx) => &["xlsx"],
            Some(Format::Json) => &["json"],
        };
        output::ending_fits(out, endings, lang)
    }

    pub(super) fn file(&self, kind: &str, period: &str) -> PathBuf {
        let ending = match self.format() {
            Format::Html => "html",
            Format::Xlsx => "xlsx",
            Format::Json => "json",
        };
        let default = || PathBuf::from(format!("{kind}-{period}.{ending}"));
        self.out.clone().unwrap_or_else(default)
    }

    pub(super) fn moment(&self) -> DateTime<FixedOffset> {
        self.as_of.unwrap_or_else(|| Local::now().fixed_offset())
    }

    pub(super) fn as_of(&self, store: &Store) -> Result<AsOf, StoreError> {
        store.as_of(&utc_text(self.moment().with_timezone(&Utc)))
    }

    /// As it is shown.
    pub(super) fn shown_moment(&self) -> String {
        self.moment().format("%Y-%m-%d %H:%M").to_string()
    }

    /// Who issues it; nobody while the database knows no people.
    pub(super) fn issuer(
        &self,
        store: &Store,
        context: &Context,
    ) -> Result<Option<Person>, Failure> {
        self.acting
            .allowed_or_alone(Deed::IssueReport, store, context)
    }

    pub(super) fn part(
        &self,
        issuer: Option<&Person>,
        store: &Store,
        context: &Context,
    ) -> Result<Part, Failure> {
        part(self.unit.as_deref(), issuer, store, context)
    }

    /// The operator's own templates.
    pub(super) fn templates(&self, lang: Lang) -> Result<Templates, Failure> {
        let Some(folder) = &self.template else {
            return Ok(Templates::default());
        };
        let mut own = BTreeMap::new();
        for name in Templates::NAMES {
            let path = folder.join(name);
            if path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(|cause| {
                    Failure(lang.pick(
                        format!("{}:版式读不了({cause})。请检查权限和编码(UTF-8)", path.display(), cause = crate::lang::in_chinese(&cause)),
                        format!("{}: the template cannot be read ({cause}). Check the rights and that it is UTF-8", path.display()),
                    ))
                })?;
                own.insert(name.to_owned(), text);
            }
        }
        if own.is_empty() {
            let names = Templates::NAMES.join(lang.pick("、", ", "));
            return Err(Failure(lang.pick(
                format!("{}:里面没有版式文件。文件名应是:{names}", folder.display()),
                format!(
                    "{}: there are no templates in it. Their names are: {names}",
                    folder.display()
                ),
            )));
        }
        Ok(Templates::with(own))
    }
}

/// A unit with those below it, by id or name; within what the person may see.
pub(in crate::cli) fn part(
    unit: Option<&str>,
    person: Option<&Person>,
    store: &Store,
    context: &Context,
) -> Result<Part, Failure> {
    let tree = store
        .units()
        .map_err(|error| Failure::say(&error, context.lang))?;
    let given = match person.map(|person| &person.units) {
        Some(UnitScope::Within(given)) => Some(
            given
                .iter()
                .flat_map(|id| tree.labels_below(id))
                .collect::<BTreeSet<String>>(),
        ),
        _ => None,
    };
    let Some(asked) = unit else {
        return Ok(Part {
            unit: person.and_then(|person| own_units(person, &tree)),
            labels: given.map(Vec::from_iter),
        });
    };
    let (unit, labels) = match tree.find(asked) {
        Some(unit) => (
            (unit.id.clone(), unit.name.clone()),
            tree.labels_below(&unit.id).into_iter().collect(),
        ),
        // Calls may name units that nobody has put into the tree.
        None => {
            names::known_by_calls(asked, store, context)?;
            ((asked.to_owned(), asked.to_owned()), vec![asked.to_owned()])
        }
    };
    if given.is_some_and(|given| labels.iter().any(|label| !given.contains(label))) {
        return Err(Failure(context.lang.pick(
            format!("{asked} 不在您的管辖单位里。看自己管哪些单位:huiting people list"),
            format!("{asked} is not among your units. See which are: huiting people list"),
        )));
    }
    Ok(Part {
        unit: Some(unit),
        labels: Some(labels),
    })
}

/// The units and the agent of the calls that are looked at: agents see their own calls, everybody
/// else those of their units.
pub(in crate::cli) fn looked_at(
    unit: Option<&str>,
    agent: Option<&str>,
    person: Option<&Person>,
    store: &Store,
    context: &Context,
) -> Result<(Option<Vec<String>>, Option<String>), Failure> {
    let own = person
        .filter(|person| person.role == Role::Agent)
        .map(|person| person.agent_id.clone().unwrap_or_default());
    let limited = person.filter(|_| own.is_none());
    let units = part(unit, limited, store, context)?.labels;
    Ok((units, own.or_else(|| agent.map(str::to_owned))))
}

/// The units that somebody is limited to, as the unit of what they are shown.
fn own_units(person: &Person, tree: &UnitTree) -> Option<(String, String)> {
    let UnitScope::Within(given) = &person.units else {
        return None;
    };
    let names: Vec<&str> = given
        .iter()
        .map(|id| tree.find(id).map_or(id.as_str(), |unit| unit.name.as_str()))
        .collect();
    let ids: Vec<&str> = given.iter().map(String::as_str).collect();
    Some((ids.join(SEVERAL_UNITS), names.join("、")))
}

/// What is issued, apart from its content.
pub(super) struct Issue<'a> {
    pub(super) kind: &'static str,
    pub(super) period: &'a str,
    pub(super) days: (NaiveDate, NaiveDate),
    pub(super) part: &'a Part,
    pub(super) issuer: Option<&'a Person>,
    /// SHA-256 of the facts.
    pub(super) inputs: String,
}

/// Writes the file and then keeps what was issued: a report that is known is there.
pub(super) fn issue(
    issue: &Issue<'_>,
    content: &[u8],
    arguments: &ReportArguments,
    store: &mut Store,
    lang: Lang,
) -> Result<PathBuf, Failure> {
    let out = arguments.file(issue.kind, issue.period);
    output::write(&out, lang, |file| std::io::Write::write_all(file, content))?;
    let output_digest = sha256(content);
    let absolute = std::path::absolute(&out).unwrap_or_else(|_| out.clone());
    let acting = acting_or_alone(issue.issuer);
    let unit = issue.part.unit.as_ref().map(|(id, _)| id.clone());
    let within = unit
        .as_deref()
        .map(|unit| format!("-{unit}"))
        .unwrap_or_default();
    let report = IssuedReport {
        report_id: format!(
            "{}-{}{within}-{}",
            issue.kind,
            issue.period,
            &output_digest[..8]
        ),
        kind: issue.kind.to_owned(),
        period: issue.period.to_owned(),
        from_day: issue.days.0.to_string(),
        to_day: issue.days.1.to_string(),
        unit,
        lang: lang.pick("zh", "en").to_owned(),
        as_of: arguments
            .moment()
            .to_rfc3339_opts(SecondsFormat::Secs, false),
        inputs_digest: issue.inputs.clone(),
        output_digest,
        file: absolute.display().to_string(),
        issued_by: issue
            .issuer
            .map(|person| person.id.clone())
            .unwrap_or_default(),
        issued_at: utc_text(acting.at.with_timezone(&Utc)),
        superseded: None,
    };
    store
        .issue(&report, &acting)
        .map_err(|error| Failure::say(&error, lang))?;
    Ok(out)
}

/// A report's figures for other programs, in the shape of its type.
pub(super) fn json<T: serde::Serialize>(report: &T) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(report).expect("a report is plain JSON");
    text.push(b'\n');
    text
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a report was written, for the user.
pub(super) fn told(kind: &str, out: &Path, lang: Lang) -> String {
    lang.pick(
        format!("{kind}已写到 {}", out.display()),
        format!("{kind} is in {}", out.display()),
    )
}
