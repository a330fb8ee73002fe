//! `huiting units`: the tree of units.

use std::path::{Path, PathBuf};

use crate::{
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting, now},
        open::DatabaseArgument,
        sheet::{self, Columns, SheetRow},
        tables::table,
    },
    lang::{Lang, Say},
    people::{Unit, UnitLevel, UnitTree},
    review::rights::Deed,
    store::{Store, audit::Acting},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 从 CSV 导入单位树,取代原来的
    #[command(
        after_help = "列:unit_id 编号、name 名称、parent 上级编号(最上一级留空)、level 级别(province 省公司、branch 分公司、unit 单位、team 班组)\n通话清单里的单位写编号或名称都可以。还没有人员时谁都可以导入,以后只有管理员可以。\n\n例:\n  huiting units import 单位.csv\n  huiting units import 单位.csv --as admin"
    )]
    Import(ImportArguments),
    /// 列出单位树
    #[command(after_help = "例:\n  huiting units list")]
    List {
        #[command(flatten)]
        db: DatabaseArgument,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// 单位表(CSV,UTF-8 或 GB18030)
    #[arg(value_name = "单位.csv")]
    file: PathBuf,
    #[command(flatten)]
    acting: ActingArgument,
    #[command(flatten)]
    db: DatabaseArgument,
}

const COLUMNS: Columns = &[
    ("unit_id", &["id", "编号", "单位编号"]),
    ("name", &["名称", "单位名称", "单位"]),
    ("parent", &["上级", "上级编号", "上级单位"]),
    ("level", &["级别"]),
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
    let tree = read(&arguments.file, lang)?;
    if tree.is_empty() {
        let file = arguments.file.display();
        return Err(Failure(lang.pick(
            format!("{file}:里面没有单位,什么也没改。表头下面每行写一个单位"),
            format!("{file}: there is no unit in it; nothing was changed. Below the headings each line is one unit"),
        )));
    }
    let people = store.people().map_err(|error| Failure::say(&error, lang))?;
    let by = if people.is_empty() {
        None
    } else {
        Some(
            arguments
                .acting
                .allowed(Deed::ImportUnits, &store, context)?,
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
        .import_units(&tree, &acting)
        .map_err(|error| Failure::say(&error, lang))?;
    let count = tree.iter().count();
    tell!(
        "{}",
        lang.pick(
            format!("导入了 {count} 个单位"),
            format!("{count} units imported")
        )
    );
    Ok(())
}

fn read(path: &Path, lang: Lang) -> Result<UnitTree, Failure> {
    let mut units = Vec::new();
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for row in sheet::read(path, COLUMNS, lang)? {
        match unit(&row, lang) {
            Ok(unit) => {
                lines.push((unit.id.clone(), row.line));
                units.push(unit);
            }
            Err(problem) => problems.push((row.line, problem)),
        }
    }
    if !problems.is_empty() {
        return Err(sheet::refused(path, &problems, lang));
    }
    UnitTree::new(units).map_err(|found| {
        let listed: Vec<(u64, String)> = found
            .iter()
            .map(|problem| {
                let said = problem.say(lang);
                let line = lines.iter().find(|(id, _)| said.contains(id.as_str()));
                (line.map_or(0, |(_, line)| *line), said)
            })
            .collect();
        sheet::refused(path, &listed, lang)
    })
}

fn unit(row: &SheetRow, lang: Lang) -> Result<Unit, String> {
    let needed = |column: &str| {
        row.get(column)
            .map(str::to_owned)
            .ok_or_else(|| lang.pick(format!("缺 {column}"), format!("{column} is missing")))
    };
    let id = needed("unit_id")?;
    let level = needed("level")?;
    Ok(Unit {
        name: row.get("name").unwrap_or(&id).to_owned(),
        id,
        parent: row.get("parent").map(str::to_owned),
        level: UnitLevel::parse(&level).ok_or_else(|| {
            lang.pick(
                format!("没有级别「{level}」;可用:province、branch、unit、team"),
                format!("there is no level “{level}”; levels are province, branch, unit, team"),
            )
        })?,
    })
}

fn list(store: &Store, lang: Lang) -> Result<(), Failure> {
    let tree = store.units().map_err(|error| Failure::say(&error, lang))?;
    let mut rows = table(&lang.pick(
        ["编号", "名称", "级别", "上级"],
        ["Id", "Name", "Level", "Above"],
    ));
    let mut units: Vec<&Unit> = tree.iter().collect();
    // Each under the one above it.
    units.sort_by_cached_key(|unit| {
        let mut line: Vec<&str> = tree.line(&unit.id).iter().map(|u| u.id.as_str()).collect();
        line.reverse();
        line.join("\u{0}")
    });
    for unit in units {
        let depth = tree.line(&unit.id).len().saturating_sub(1);
        rows.add_row([
            format!("{}{}", "  ".repeat(depth), unit.id),
            unit.name.clone(),
            unit.level.say(lang),
            unit.parent.clone().unwrap_or_else(|| "–".into()),
        ]);
    }
    tell!("{rows}");
    Ok(())
}
