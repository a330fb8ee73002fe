//! CSV files that users bring: people, units, batches of moves. Every row keeps its line.

use std::{collections::BTreeMap, path::Path};

use crate::{cli::Failure, intake::decode, lang::Lang};

/// A row by the stable names of its columns; empty cells are left out.
pub(super) struct SheetRow {
    pub(super) line: u64,
    cells: BTreeMap<&'static str, String>,
}

impl SheetRow {
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }
}

/// A column: its stable name, and the headings that mean it.
pub(super) type Columns = &'static [(&'static str, &'static [&'static str])];

/// Reads a CSV file in UTF-8, UTF-16 or GB18030, with headings in either language.
///
/// # Errors
/// When it cannot be read, has an unknown or no known heading, or a row that is no CSV.
pub(super) fn read(path: &Path, columns: Columns, lang: Lang) -> Result<Vec<SheetRow>, Failure> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|cause| {
        Failure(lang.pick(
            format!(
                "{shown}:读不了({cause})。请检查路径和权限",
                cause = crate::lang::in_chinese(&cause)
            ),
            format!("{shown}: cannot be read ({cause}). Check path and rights"),
        ))
    })?;
    let (text, _) = decode(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().cloned().unwrap_or_default();
    let mut names = Vec::new();
    for heading in &headings {
        let found = columns
            .iter()
            .find(|(name, others)| *name == heading || others.contains(&heading));
        let known: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let (name, _) = found.ok_or_else(|| {
            Failure(lang.pick(
                format!(
                    "{shown}:第 1 行:不认识列「{heading}」。可用的列:{}",
                    known.join("、")
                ),
                format!(
                    "{shown}: line 1: unknown column “{heading}”. Columns are: {}",
                    known.join(", ")
                ),
            ))
        })?;
        names.push(*name);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|cause| {
            Failure(lang.pick(
                format!("{shown}:不是 CSV({cause})。请另存为 CSV 再试"),
                format!("{shown}: not CSV ({cause}). Save it as CSV"),
            ))
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells: BTreeMap<&'static str, String> = names
            .iter()
            .zip(&record)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (*name, value.to_owned()))
            .collect();
        if !cells.is_empty() {
            rows.push(SheetRow { line, cells });
        }
    }
    Ok(rows)
}

/// What keeps a sheet from being used: each bad row with its line.
pub(super) fn refused(path: &Path, problems: &[(u64, String)], lang: Lang) -> Failure {
    let mut lines = vec![lang.pick(
        format!(
            "{}:有 {} 行不对,什么都没有导入:",
            path.display(),
            problems.len()
        ),
        format!(
            "{}: {} rows are wrong; nothing was imported:",
            path.display(),
            problems.len()
        ),
    )];
    for (line, problem) in problems {
        lines.push(lang.pick(
            format!("  第 {line} 行:{problem}"),
            format!("  line {line}: {problem}"),
        ));
    }
    Failure(lines.join("\n"))
}
