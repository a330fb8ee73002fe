//! What `huiting model list` shows: every model that can be had, and every file that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr as _;

use crate::lang::{Lang, Say};
use crate::transcribe::catalog::places::{self, SoundModel};
use crate::transcribe::catalog::{Catalog, Entry};
use crate::transcribe::model_file::ModelError;

/// One line of the list.
struct Row {
    name: String,
    size_bytes: Option<u64>,
    memory_mb: Option<(u32, u32)>,
    licence: String,
    here: Presence,
    description: String,
}

/// What of a model is on this machine.
enum Presence {
    Absent,
    /// Broken off while fetching.
    Partial {
        received_bytes: u64,
        total_bytes: u64,
    },
    Sound,
    Unusable,
}

impl Say for Presence {
    fn say(&self, lang: Lang) -> String {
        match self {
            Presence::Absent => lang.pick("—", "—").into(),
            Presence::Partial {
                received_bytes,
                total_bytes,
            } => {
                let percent = received_bytes * 100 / total_bytes.max(&1);
                match lang {
                    Lang::Zh => format!("已下载 {percent}%"),
                    Lang::En => format!("{percent}% fetched"),
                }
            }
            Presence::Sound => lang.pick("有，完好", "sound").into(),
            Presence::Unusable => lang.pick("有，不能用", "unusable").into(),
        }
    }
}

pub fn list(catalog: &Catalog, folders: &[PathBuf], cache: Option<&Path>, lang: Lang) -> String {
    let check = |path: &Path| places::check(path, catalog, cache);
    let mut rows: Vec<Row> = catalog
        .entries()
        .iter()
        .map(|entry| catalog_row(entry, presence(entry, folders, check), lang))
        .collect();
    rows.extend(
        model_files(folders)
            .iter()
            .filter(|path| catalog.entry_of_file(&file_name(path)).is_none())
            .map(|path| own_row(path, check(path).is_ok(), lang)),
    );
    let hint = match lang {
        Lang::Zh => format!(
            "下载：huiting model fetch <名称>　校验：huiting model verify\n下载的模型放在 {}",
            places::folder_for_fetched().display()
        ),
        Lang::En => format!(
            "Get one: huiting model fetch NAME   Check: huiting model verify\nFetched models go to {}",
            places::folder_for_fetched().display()
        ),
    };
    format!("{}\n\n{hint}", table(&rows, lang))
}

fn presence(
    entry: &Entry,
    folders: &[PathBuf],
    check: impl Fn(&Path) -> Result<SoundModel, ModelError>,
) -> Presence {
    let here = folders
        .iter()
        .map(|folder| folder.join(&entry.file))
        .find(|path| path.is_file());
    if let Some(path) = here {
        return match check(&path) {
            Ok(_) => Presence::Sound,
            Err(_) => Presence::Unusable,
        };
    }
    folders
        .iter()
        .filter_map(|folder| fs::metadata(folder.join(format!("{}.part", entry.file))).ok())
        .map(|metadata| Presence::Partial {
            received_bytes: metadata.len(),
            total_bytes: entry.size_bytes,
        })
        .next()
        .unwrap_or(Presence::Absent)
}

fn catalog_row(entry: &Entry, here: Presence, lang: Lang) -> Row {
    Row {
        name: entry.name.clone(),
        size_bytes: Some(entry.size_bytes),
        memory_mb: Some((entry.memory_mb, entry.memory_per_job_mb)),
        licence: entry.licence.clone(),
        here,
        description: entry.description(lang).to_owned(),
    }
}

fn own_row(path: &Path, is_sound: bool, lang: Lang) -> Row {
    let file = file_name(path);
    Row {
        name: file.strip_suffix(".bin").unwrap_or(&file).to_owned(),
        size_bytes: fs::metadata(path).ok().map(|metadata| metadata.len()),
        memory_mb: None,
        licence: lang.pick("不详", "unknown").into(),
        here: if is_sound {
            Presence::Sound
        } else {
            Presence::Unusable
        },
        description: lang.pick("自己放的模型", "a model of your own").into(),
    }
}

/// The model files of all folders, each once even if two folders are the same.
pub fn model_files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|item| item.ok().map(|item| item.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .filter(|path| fs::canonicalize(path).is_ok_and(|real| seen.insert(real)))
        .collect();
    files.sort();
    files
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Lines above, below and under the heading only.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// The table, narrow enough for a terminal of 80 columns, and under it what each model is.
fn table(rows: &[Row], lang: Lang) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(lang.pick(
        ["名称", "文件", "内存 +每任务", "许可", "本机"],
        ["name", "file", "memory +job", "licence", "here"],
    ));
    for row in rows {
        let size = row
            .size_bytes
            .map(|size| format!("{} MB", size.div_ceil(1_000_000)));
        let memory = row
            .memory_mb
            .map(|(first, further)| format!("{first} +{further} MB"));
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
        table.add_row([
            row.name.clone(),
            or_dash(size),
            or_dash(memory),
            row.licence.clone(),
            row.here.say(lang),
        ]);
    }
    for column in table.column_iter_mut().skip(1).take(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let widest = rows.iter().map(|row| row.name.width()).max().unwrap_or(0);
    let descriptions = rows.iter().map(|row| {
        let gap = " ".repeat(widest - row.name.width());
        format!("\n {}{gap}   {}", row.name, row.description)
    });
    format!("{table}{}", descriptions.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lang: Lang) -> Vec<Row> {
        let catalog = Catalog::bundled();
        let row = |name: &str, here| catalog_row(catalog.entry(name).unwrap(), here, lang);
        vec![
            row("demo", Presence::Sound),
            row("tiny", Presence::Absent),
            row(
                "large-v3-turbo-q5_0",
                Presence::Partial {
                    received_bytes: 258_318_537,
                    total_bytes: 574_041_195,
                },
            ),
            own_row(Path::new("/absent/my-finetune.bin"), false, lang),
        ]
    }

    #[test]
    fn the_list_is_a_table() {
        insta::assert_snapshot!(table(&rows(Lang::Zh), Lang::Zh));
        insta::assert_snapshot!(table(&rows(Lang::En), Lang::En));
    }

    #[test]
    fn the_list_shows_what_is_in_the_folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| fs::write(folder.path().join(name), "0123456789").unwrap();
        write("ggml-small.bin");
        write("ggml-base.bin.part");
        write("own.bin");
        write("notes.txt");
        let folders = [folder.path().to_owned(), folder.path().join(".")];
        let list = list(Catalog::bundled(), &folders, None, Lang::En);
        let line = |name: &str| {
            let mut lines = list
                .lines()
                .filter(|line| line.starts_with(&format!(" {name} ")));
            let row = lines.next().unwrap().trim_end().to_owned();
            // Once in the table, once with its description.
            assert_eq!(lines.count(), 1, "{name}");
            row
        };
        assert!(line("small").ends_with("unusable"));
        assert!(line("base").ends_with("0% fetched"));
        assert!(line("own").ends_with("unusable"));
        assert!(line("tiny").ends_with('—'));
        assert!(!list.contains("notes"));
    }
}
