//! `huiting people`: who acts, in which role, in which units.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting, now},
        open::DatabaseArgument,
        sheet::{self, Columns, SheetRow},
        tables::table,
    },
    lang::{Lang, Say},
    people::{Person, Role, UnitScope, UnitTree},
    review::rights::Deed,
    store::{Store, audit::Acting},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 从 CSV 导入人员:新的加上,已有的按编号更新,不删人
    #[command(
        after_help = "列:person_id 编号、name 姓名、role 角色(inspector 质检员、reviewer 复核员、arbiter 仲裁、agent 坐席、manager 管理者、compliance 合规、admin 管理员)、\n  agent_id 工号(坐席必填,同通话清单)、units 单位(编号或名称,多个用 ; 隔开,* 为全部)、active 在岗(1 或 0,默认 1)\n第一次导入谁都可以做,但其中要有一名管理员;以后只有管理员可以导入。\n\n例:\n  huiting people import 人员.csv\n  huiting people import 人员.csv --as admin"
    )]
    Import(ImportArguments),
    /// 列出人员
    #[command(after_help = "例:\n  huiting people list")]
    List {
        #[command(flatten)]
        db: DatabaseArgument,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// 人员表(CSV,UTF-8 或 GB18030)
    #[arg(value_name = "人员.csv")]
    file: PathBuf,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

const COLUMNS: Columns = &[
    ("person_id", &["id", "编号", "人员编号"]),
    ("name", &["姓名"]),
    ("role", &["角色"]),
    ("agent_id", &["工号", "坐席工号"]),
    ("units", &["unit", "单位", "权限单位"]),
    ("active", &["在岗"]),
];

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Import(arguments) => import(arguments, context)?,
        Command::List { db } => list(&db.open_existing(context)?, context.lang)?,
    }
    Ok(Done::Fine)
}

fn import(arguments: &ImportArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open(context)?;
    let known = store.people().map_err(|error| Failure::say(&error, lang))?;
    let people = read(&arguments.file, &store, lang)?;
    if people.is_empty() {
        let file = arguments.file.display();
        return Err(Failure(lang.pick(
            format!("{file}:里面没有人员,什么也没改。表头下面每行写一人"),
            format!("{file}: there is nobody in it; nothing was changed. Below the headings each line is one person"),
        )));
    }
    let by = if known.is_empty() {
        if !people
            .iter()
            .any(|person| person.role == Role::Admin && person.active)
        {
            return Err(Failure(lang.pick(
                format!("{}:第一次导入的人员里要有一名在岗的管理员(role = admin),否则以后没人能再导入", arguments.file.display()),
                format!("{}: among the first people there must be an active admin (role = admin), or nobody could import later", arguments.file.display()),
            )));
        }
        None
    } else {
        Some(
            arguments
                .acting
                .allowed(Deed::ImportPeople, &store, context)?,
        )
    };
    let acting = match &by {
        Some(person) => acting(person),
        None => Acting {
            by: None,
            at: now(),
        },
    };
    store
        .import_people(&people, &acting)
        .map_err(|error| Failure::say(&error, lang))?;
    tell!(
        "{}",
        lang.pick(
            format!("导入了 {} 人", people.len()),
            format!("{} people imported", people.len())
        )
    );
    Ok(())
}

/// All rows or none: everything wrong is told with its line.
fn read(path: &Path, store: &Store, lang: Lang) -> Result<Vec<Person>, Failure> {
    let units = store.units().map_err(|error| Failure::say(&error, lang))?;
    let mut people: Vec<Person> = Vec::new();
    let mut problems = Vec::new();
    for row in sheet::read(path, COLUMNS, lang)? {
        match person(&row, &units, lang) {
            Ok(person) if people.iter().any(|other| other.id == person.id) => problems.push((
                row.line,
                lang.pick(
                    format!("编号 {} 出现了两次", person.id),
                    format!("id {} stands twice", person.id),
                ),
            )),
            Ok(person) => people.push(person),
            Err(problem) => problems.push((row.line, problem)),
        }
    }
    if problems.is_empty() {
        Ok(people)
    } else {
        Err(sheet::refused(path, &problems, lang))
    }
}

fn person(row: &SheetRow, units: &UnitTree, lang: Lang) -> Result<Person, String> {
    let needed = |column: &str| {
        row.get(column)
            .map(str::to_owned)
            .ok_or_else(|| lang.pick(format!("缺 {column}"), format!("{column} is missing")))
    };
    let id = needed("person_id")?;
    let role_text = needed("role")?;
    let role = Role::parse(&role_text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        lang.pick(
            format!("没有角色「{role_text}」;可用:{}", known.join("、")),
            format!(
                "there is no role “{role_text}”; roles are: {}",
                known.join(", ")
            ),
        )
    })?;
    let agent_id = row.get("agent_id").map(str::to_owned);
    if role == Role::Agent && agent_id.is_none() {
        return Err(lang.pick(
            "坐席要写工号 agent_id(同通话清单)".to_owned(),
            "an agent needs agent_id, as in the call list".to_owned(),
        ));
    }
    let mut given = BTreeSet::new();
    let mut all = false;
    for name in row.get("units").unwrap_or("").split([';', '；', '、']) {
        match name.trim() {
            "" => {}
            "*" => all = true,
            name => {
                let unit = units.find(name).ok_or_else(|| {
                    lang.pick(
                        format!("没有单位「{name}」;请先导入单位:huiting units import"),
                        format!(
                            "there is no unit “{name}”; import units first: huiting units import"
                        ),
                    )
                })?;
                given.insert(unit.id.clone());
            }
        }
    }
    let active = match row.get("active") {
        None | Some("1" | "是" | "true" | "yes") => true,
        Some("0" | "否" | "false" | "no") => false,
        Some(other) => {
            return Err(lang.pick(
                format!("active 要写 1 或 0,不是「{other}」"),
                format!("active is 1 or 0, not “{other}”"),
            ));
        }
    };
    Ok(Person {
        name: row.get("name").unwrap_or(&id).to_owned(),
        id,
        role,
        agent_id,
        units: if all {
            UnitScope::All
        } else {
            UnitScope::Within(given)
        },
        active,
    })
}

fn list(store: &Store, lang: Lang) -> Result<(), Failure> {
    let people = store.people().map_err(|error| Failure::say(&error, lang))?;
    let mut rows = table(&lang.pick(
        ["编号", "姓名", "角色", "工号", "单位", "在岗"],
        ["Id", "Name", "Role", "Agent", "Units", "Active"],
    ));
    for person in people {
        let units = match &person.units {
            UnitScope::All => "*".to_owned(),
            UnitScope::Within(units) => {
                let ids: Vec<&str> = units.iter().map(String::as_str).collect();
                ids.join(";")
            }
        };
        rows.add_row([
            person.id,
            person.name,
            person.role.say(lang),
            person.agent_id.unwrap_or_else(|| "–".into()),
            units,
            if person.active {
                lang.pick("是", "yes").to_owned()
            } else {
                lang.pick("否", "no").to_owned()
            },
        ]);
    }
    tell!("{rows}");
    Ok(())
}
