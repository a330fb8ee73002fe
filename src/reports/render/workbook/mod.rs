//! Reports as workbooks: the tables of the page, one a sheet, with number formats, filters and
//! frozen headings. They are small; what grows with the calls is the violations export.

mod behind;
mod funnel;
mod month_tables;
mod monthly;
mod reviewed;
mod weekly;

use chrono::NaiveDateTime;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, Workbook, XlsxError};

pub use self::{monthly::monthly, weekly::weekly};
use super::{
    html::RenderError,
    violations::{fitting, heading_format, printed},
    wording::Wording,
};
use crate::{
    lang::Lang,
    reports::{ComparedLine, Direction, Extent},
    scoring::{Hundredths, intervals::Rate},
};

/// What stands in a cell.
enum Cell {
    Text(String),
    Count(u64),
    /// 0 … 1, shown in per cent.
    Share(f64),
    /// Two decimals.
    Points(f64),
    Empty,
}

struct Sheet {
    name: String,
    headings: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// Words by their keys, in one language.
struct Words {
    wording: Wording,
    lang: Lang,
}

impl Words {
    fn say(&self, key: &str) -> Result<String, RenderError> {
        Ok(self.wording.say(self.lang, key, &[])?)
    }

    fn fill(&self, key: &str, figures: &[(&str, &str)]) -> Result<String, RenderError> {
        let figures: Vec<(String, String)> = figures
            .iter()
            .map(|(name, figure)| ((*name).to_owned(), (*figure).to_owned()))
            .collect();
        Ok(self.wording.say(self.lang, key, &figures)?)
    }

    /// A group's name; `none`: the word for what to call one that has none.
    fn name(&self, line: &ComparedLine, none: &str) -> Result<String, RenderError> {
        let name = line.name.clone();
        match line.extent {
            Extent::Whole => self.say("all"),
            Extent::Group => Ok(name.map_or_else(|| self.say(none), Ok)?),
            Extent::Upper => self.fill("upper", &[("name", &name.unwrap_or_default())]),
        }
    }

    fn direction(&self, direction: Direction) -> Result<Cell, RenderError> {
        Ok(text(
            &self.say(&format!("direction.{}", direction.as_str()))?,
        ))
    }

    fn list(&self, keys: &[&str]) -> Result<Vec<String>, RenderError> {
        keys.iter().map(|key| self.say(key)).collect()
    }
}

fn text(text: &str) -> Cell {
    match text.is_empty() {
        true => Cell::Empty,
        false => Cell::Text(text.to_owned()),
    }
}

/// A rate as hits, n, share, low and high.
fn rate(rate: &Rate) -> [Cell; 5] {
    let share = |value: fn(&crate::scoring::intervals::Estimate) -> f64| {
        rate.estimate
            .as_ref()
            .map_or(Cell::Empty, |found| Cell::Share(value(found)))
    };
    [
        Cell::Count(rate.hits),
        Cell::Count(rate.n),
        share(|found| found.value),
        share(|found| found.low),
        share(|found| found.high),
    ]
}

/// The headings of what [`compared`] gives.
const COMPARED: [&str; 5] = [
    "finals.final",
    "sheet.final.points",
    "trend.before",
    "sheet.points.before",
    "trend.change",
];

/// A group by people's word and in the month before.
fn compared(line: &ComparedLine, words: &Words) -> Result<[Cell; 5], RenderError> {
    Ok([
        share(&line.qualified),
        points(line.mean_points),
        share(&line.before),
        points(line.points_before),
        words.direction(line.direction)?,
    ])
}

/// Only the share of a rate.
fn share(rate: &Rate) -> Cell {
    let found = rate.estimate;
    found.map_or(Cell::Empty, |found| Cell::Share(found.value))
}

fn points(points: Option<f64>) -> Cell {
    points.map_or(Cell::Empty, Cell::Points)
}

fn hundredths(amount: Hundredths) -> Cell {
    Cell::Points(amount.0 as f64 / 100.0)
}

/// The headings of what [`rate`] gives, each with what the rate is of.
fn rate_headings(of: &str, words: &Words) -> Result<Vec<String>, RenderError> {
    let of = words.say(of)?;
    let parts = words.list(&[
        "sheet.hits",
        "sheet.of",
        "sheet.share",
        "sheet.low",
        "sheet.high",
    ])?;
    Ok(parts
        .into_iter()
        .map(|part| format!("{of} {part}"))
        .collect())
}

fn repeated(lines: &[crate::reports::RepeatedLine], words: &Words) -> Result<Sheet, RenderError> {
    let (unknown, yes) = (words.say("unknown-unit")?, words.say("yes")?);
    let rows = lines.iter().map(|line| {
        vec![
            text(line.unit.as_ref().unwrap_or(&unknown)),
            text(line.agent.as_deref().unwrap_or_default()),
            text(&line.rule),
            Cell::Count(line.times),
            text(if line.after_rectification { &yes } else { "" }),
            text(&line.calls.join(" ")),
        ]
    });
    Ok(Sheet {
        name: words.say("repeated")?,
        headings: words.list(&[
            "unit",
            "agent",
            "rule",
            "times",
            "repeated.after",
            "calls.some",
        ])?,
        rows: rows.collect(),
    })
}

/// A sheet of more columns is printed on two pages side by side.
const MOST_COLUMNS_A_PAGE: usize = 12;

/// The workbook; `as_of`, the report's time, is also when it counts as made, so that the same
/// figures give the same bytes.
fn saved(sheets: &[Sheet], as_of: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    if let Ok(made) = NaiveDateTime::parse_from_str(as_of, "%Y-%m-%d %H:%M") {
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    }
    let heading = heading_format();
    let number_heading = heading_format().set_align(FormatAlign::Right);
    let share = Format::new().set_num_format("0.0%");
    let points = Format::new().set_num_format("0.00");
    let count = Format::new().set_num_format("#,##0");
    for page in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&page.name)?;
        let last = (page.headings.len() as u16).saturating_sub(1);
        for (column, name) in (0_u16..).zip(&page.headings) {
            let mut cells = page.rows.iter().map(|row| row.get(usize::from(column)));
            let of_numbers = cells.all(|cell| !matches!(cell, Some(Cell::Text(_))));
            let format = match of_numbers && !page.rows.is_empty() {
                true => &number_heading,
                false => &heading,
            };
            sheet.write_string_with_format(0, column, name, format)?;
            let widest = page
                .rows
                .iter()
                .filter_map(|row| match row.get(usize::from(column)) {
                    Some(Cell::Text(text)) => Some(width(text)),
                    _ => None,
                });
            let widest = widest.chain([width(name), 9]).max().unwrap_or(9);
            sheet.set_column_width(column, widest.min(48) as f64 + 1.5)?;
        }
        for (row, cells) in (1_u32..).zip(&page.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    Cell::Text(text) => sheet.write_string(row, column, fitting(text))?,
                    Cell::Count(n) => {
                        sheet.write_number_with_format(row, column, *n as f64, &count)?
                    }
                    Cell::Share(part) => {
                        sheet.write_number_with_format(row, column, *part, &share)?
                    }
                    Cell::Points(sum) => {
                        sheet.write_number_with_format(row, column, *sum, &points)?
                    }
                    Cell::Empty => continue,
                };
            }
        }
        sheet.set_freeze_panes(1, 1)?;
        sheet.autofilter(0, 0, page.rows.len() as u32, last)?;
        match page.headings.len() > MOST_COLUMNS_A_PAGE {
            true => {
                printed(sheet, 2)?;
                sheet.set_repeat_columns(0, 0)?;
            }
            false => printed(sheet, 1)?,
        }
    }
    workbook.save_to_buffer()
}

/// Columns that a text takes; a Chinese character takes two.
fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
