//! The violations export as CSV, JSON Lines and XLSX, row by row: memory does not grow with the
//! number of rows.

use std::io::{self, Seek, Write};

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use crate::{
    lang::Lang,
    reports::violations::{COLUMNS, Cell, Violation},
    transcript::Speaker,
};

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSettings {
    pub lang: Lang,
    pub unmasked: bool,
    /// CSV: the mark by which some spreadsheets know UTF-8.
    pub bom: bool,
}

/// Excel's own limit, less the heading.
const ROWS_A_SHEET: u32 = 1_048_575;

/// The longest text that Excel takes into a cell, in UTF-16 units.
const LONGEST_CELL: usize = 32_767;

/// Rows as comma-separated values, quoted, lines ended by CR LF as spreadsheets expect (RFC 4180).
pub struct CsvRows<W: Write> {
    writer: csv::Writer<W>,
    settings: TableSettings,
}

impl<W: Write> CsvRows<W> {
    /// Begins the file with its headings.
    pub fn begin(mut out: W, settings: TableSettings) -> io::Result<CsvRows<W>> {
        if settings.bom {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        let headings = COLUMNS.iter().map(|c| settings.lang.pick(c.zh, c.en));
        writer.write_record(headings)?;
        Ok(CsvRows { writer, settings })
    }

    pub fn add(&mut self, violation: &Violation) -> io::Result<()> {
        let cells = violation.cells(self.settings.lang, self.settings.unmasked);
        let texts = cells.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Time(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
            Cell::Clock(at) => at.to_string(),
            Cell::Empty => String::new(),
        });
        Ok(self.writer.write_record(texts)?)
    }

    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| error.into_error())
    }
}

/// A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe
/// before it. See OWASP, "CSV Injection".
pub fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    match formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// Rows as JSON objects, one a line; times with their offset, places in milliseconds.
pub struct JsonRows<W: Write> {
    out: W,
    settings: TableSettings,
}

impl<W: Write> JsonRows<W> {
    pub fn begin(out: W, settings: TableSettings) -> JsonRows<W> {
        JsonRows { out, settings }
    }

    pub fn add(&mut self, violation: &Violation) -> io::Result<()> {
        let cells = violation.cells(self.settings.lang, self.settings.unmasked);
        let mut object = serde_json::Map::new();
        for (column, cell) in COLUMNS.iter().zip(cells) {
            let mut key = column.key.to_owned();
            let value = match cell {
                Cell::Text(text) => text.into(),
                Cell::Time(time) => time.to_rfc3339().into(),
                Cell::Clock(at) => {
                    key.push_str("_ms");
                    at.0.into()
                }
                Cell::Empty => serde_json::Value::Null,
            };
            object.insert(key, value);
        }
        // A program asks for these by their stable words.
        let speaker = violation.speaker().map(Speaker::as_str);
        object.insert("speaker".into(), speaker.into());
        object.insert("severity".into(), violation.severity.as_str().into());
        object.insert("state".into(), violation.state.as_str().into());
        serde_json::to_writer(&mut self.out, &object)?;
        self.out.write_all(b"\n")
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The last column that is printed; behind it are digests.
const LAST_PRINTED: u16 = 18;

/// Rows as a workbook with frozen headings and filters; further sheets where one is full.
pub struct XlsxRows {
    workbook: Workbook,
    sheets: usize,
    /// The next row of the last sheet.
    row: u32,
    settings: TableSettings,
    formats: Formats,
}

struct Formats {
    heading: Format,
    text: Format,
    time: Format,
}

impl XlsxRows {
    pub fn begin(settings: TableSettings) -> Result<XlsxRows, XlsxError> {
        let text = Format::new().set_align(FormatAlign::Top).set_text_wrap();
        let mut rows = XlsxRows {
            workbook: Workbook::new(),
            sheets: 0,
            row: 0,
            settings,
            formats: Formats {
                heading: heading_format(),
                time: Format::new()
                    .set_align(FormatAlign::Top)
                    .set_num_format("yyyy-mm-dd hh:mm"),
                text,
            },
        };
        rows.new_sheet()?;
        Ok(rows)
    }

    /// The filter, and what is printed, reach as far as the rows do.
    fn close_sheet(&mut self) -> Result<(), XlsxError> {
        let last = self.row.saturating_sub(1);
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        sheet.autofilter(0, 0, last, COLUMNS.len() as u16 - 1)?;
        sheet.set_print_area(0, 0, last, LAST_PRINTED)?;
        Ok(())
    }

    fn new_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let lang = self.settings.lang;
        let name = lang.pick("违规明细", "Violations");
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(match self.sheets {
            1 => name.to_owned(),
            number => format!("{name} {number}"),
        })?;
        for (index, column) in (0_u16..).zip(&COLUMNS) {
            sheet.set_column_width(index, column.width)?;
        }
        sheet.set_freeze_panes(1, 1)?;
        // Two pages side by side, each with the call's id: on one nobody could read it.
        printed(sheet, 2)?;
        sheet.set_repeat_columns(0, 0)?;
        for (index, column) in (0_u16..).zip(&COLUMNS) {
            sheet.write_string_with_format(
                0,
                index,
                lang.pick(column.zh, column.en),
                &self.formats.heading,
            )?;
        }
        self.row = 1;
        Ok(())
    }

    pub fn add(&mut self, violation: &Violation) -> Result<(), XlsxError> {
        if self.row > ROWS_A_SHEET {
            self.close_sheet()?;
            self.new_sheet()?;
        }
        let cells = violation.cells(self.settings.lang, self.settings.unmasked);
        let row = self.row;
        let formats = &self.formats;
        let sheet: &mut Worksheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    sheet.write_string_with_format(row, column, fitting(&text), &formats.text)?
                }
                Cell::Time(time) => {
                    sheet.write_with_format(row, column, &time.naive_local(), &formats.time)?
                }
                Cell::Clock(at) => {
                    sheet.write_string_with_format(row, column, at.to_string(), &formats.text)?
                }
                Cell::Empty => continue,
            };
        }
        self.row += 1;
        Ok(())
    }

    pub fn finish<W: Write + Seek + Send>(mut self, out: W) -> Result<(), XlsxError> {
        self.close_sheet()?;
        self.workbook.save_to_writer(out)
    }
}

/// A sheet as it is printed: A4 across, headings on every page, pages numbered.
pub(super) fn printed(sheet: &mut Worksheet, pages_wide: u16) -> Result<(), XlsxError> {
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(pages_wide, 0)
        .set_footer("&C&P / &N");
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// How the headings of every sheet look.
pub(super) fn heading_format() -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color("#EEF1F4")
        .set_border_bottom(rust_xlsxwriter::FormatBorder::Thin)
}

/// As much of a text as a cell takes.
pub(super) fn fitting(text: &str) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= LONGEST_CELL
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        assert_eq!(harmless("违约金=0"), "违约金=0");
    }

    #[test]
    fn a_cell_takes_so_much() {
        assert_eq!(fitting(&"好".repeat(40_000)).chars().count(), LONGEST_CELL);
        assert_eq!(fitting("短"), "短");
    }
}
