//! Reports as workbooks: the tables of the page, one a sheet, with number formats, filters and
//! frozen headings. They are small; what grows with the calls is the violations export.

mod funnel;
mod monthly;
mod reviewed;
mod weekly;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

pub use self::{monthly::monthly, weekly::weekly};
use super::{
    html::RenderError,
    violations::{fitting, heading_format},
    wording::Wording,
};
use crate::{
    lang::Lang,
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

fn points(points: Option<f64>) -> Cell {
    points.map_or(Cell::Empty, Cell::Points)
}

fn hundredths(amount: Hundredths) -> Cell {
    Cell::Points(amount.0 as f64 / 100.0)
}

fn rate_headings(words: &Words) -> Result<Vec<String>, RenderError> {
    words.list(&["sheet.hits", "n", "sheet.share", "sheet.low", "sheet.high"])
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
        ]
    });
    Ok(Sheet {
        name: words.say("repeated")?,
        headings: words.list(&["unit", "agent", "rule", "times", "repeated.after"])?,
        rows: rows.collect(),
    })
}

fn saved(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let heading = heading_format();
    let share = Format::new().set_num_format("0.0%");
    let points = Format::new().set_num_format("0.00");
    let count = Format::new().set_num_format("#,##0");
    for page in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&page.name)?;
        let last = (page.headings.len() as u16).saturating_sub(1);
        for (column, name) in (0_u16..).zip(&page.headings) {
            sheet.write_string_with_format(0, column, name, &heading)?;
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
        sheet
            .set_landscape()
            .set_paper_size(9)
            .set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
    }
    workbook.save_to_buffer()
}

/// Columns that a text takes; a Chinese character takes two.
fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
