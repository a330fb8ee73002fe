//! The call list: which agent, unit and customer a recording belongs to, from CSV or JSON Lines.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::FixedOffset;
use encoding_rs::{Encoding, GB18030, UTF_8};
use serde_json::Value;

use super::columns::{self, Column};
use super::error::{IntakeError, RejectedRow, RowFault};
use super::{DEFAULT_UTC_OFFSET, ListedCall};
use crate::call::Contact;

/// A call list, read and checked row by row.
#[derive(Clone, Debug)]
pub struct CallList {
    pub path: PathBuf,
    /// The rows with a file, in their order.
    pub rows: Vec<CallRow>,
    /// The rows without a file of calls that nobody answered: nothing was recorded of them.
    pub unanswered: Vec<ListedCall>,
    /// What was wrong; the other rows, and the other values of these rows, are used.
    pub rejected_rows: Vec<RejectedRow>,
    /// `UTF-8`, `GB18030` or `UTF-16LE`/`UTF-16BE`.
    pub encoding: &'static str,
}

/// One row: the file as it is written there, and what is known of the call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    pub file: String,
    pub call: ListedCall,
}

impl CallList {
    /// Reads a `.csv`, `.tsv`, `.txt` (as CSV) or `.jsonl` file, in UTF-8 or as Chinese Excel
    /// writes it (GB18030). Times without an offset are on China's clock.
    ///
    /// # Errors
    /// When the file cannot be read, is of another kind, or has no column with the file.
    pub fn read(path: &Path) -> Result<CallList, IntakeError> {
        CallList::read_on_clock(path, DEFAULT_UTC_OFFSET)
    }

    /// As [`CallList::read`], with times that carry no offset on another clock.
    pub fn read_on_clock(path: &Path, utc_offset: FixedOffset) -> Result<CallList, IntakeError> {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        let parse = match extension.as_str() {
            "csv" | "tsv" | "txt" => RowReader::read_csv,
            "jsonl" | "ndjson" => RowReader::read_json_lines,
            _ => return Err(IntakeError::UnknownCallListKind(path.to_owned())),
        };
        let bytes = fs::read(path).map_err(|cause| IntakeError::CallListUnreadable {
            path: path.to_owned(),
            cause,
        })?;
        let (text, encoding) = decode(&bytes);
        let mut reader = RowReader {
            utc_offset,
            rows: Vec::new(),
            unanswered: Vec::new(),
            rejected: Vec::new(),
        };
        if !parse(&mut reader, &text) {
            return Err(IntakeError::NoFileColumn(path.to_owned()));
        }
        Ok(CallList {
            path: path.to_owned(),
            rows: reader.rows,
            unanswered: reader.unanswered,
            rejected_rows: reader.rejected,
            encoding,
        })
    }
}

/// Text of UTF-8, of UTF-16 with its mark, or else of GB18030; and the name of the encoding.
pub fn decode(bytes: &[u8]) -> (String, &'static str) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return (text.into_owned(), encoding.name());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), UTF_8.name()),
        Err(_) => {
            let (text, _) = GB18030.decode_without_bom_handling(bytes);
            // GB18030 is what is decoded; the web's name for the encoder would be GBK.
            (text.into_owned(), "GB18030")
        }
    }
}

struct RowReader {
    utc_offset: FixedOffset,
    rows: Vec<CallRow>,
    unanswered: Vec<ListedCall>,
    rejected: Vec<RejectedRow>,
}

impl RowReader {
    /// False when there is no column with the file.
    fn read_csv(&mut self, text: &str) -> bool {
        let mut csv = csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter(text))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let Ok(headings) = csv.headers().cloned() else {
            return false;
        };
        let columns = columns_of(headings.iter());
        if !columns.contains(&Some(Column::File)) {
            return false;
        }
        let mut lines = LineCounter::new(text);
        for record in csv.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = lines.line_of(error.position());
                    self.reject(line, RowFault::Broken(error.to_string()));
                    continue;
                }
            };
            let line = lines.line_of(record.position());
            if record.iter().all(str::is_empty) {
                continue;
            }
            if record
                .iter()
                .skip(headings.len())
                .any(|field| !field.is_empty())
            {
                self.reject(line, RowFault::TooManyFields);
            }
            let cells = headings
                .iter()
                .zip(&columns)
                .zip(&record)
                .map(|((heading, column), value)| (heading, *column, value.to_owned()));
            self.row(line, cells);
        }
        true
    }

    /// False when no line names a file.
    fn read_json_lines(&mut self, text: &str) -> bool {
        let mut file_seen = false;
        for (number, written) in text.lines().enumerate() {
            let line = number as u64 + 1;
            if written.trim().is_empty() {
                continue;
            }
            let object = match serde_json::from_str(written) {
                Ok(Value::Object(object)) => object,
                Ok(_) => {
                    self.reject(line, RowFault::Broken("not a JSON object".to_owned()));
                    continue;
                }
                Err(error) => {
                    self.reject(line, RowFault::Broken(error.to_string()));
                    continue;
                }
            };
            let columns = columns_of(object.keys().map(String::as_str));
            file_seen |= columns.contains(&Some(Column::File));
            let cells = object
                .iter()
                .zip(columns)
                .map(|((heading, value), column)| (heading.as_str(), column, plain(value)));
            self.row(line, cells);
        }
        file_seen || self.rows.is_empty() && self.rejected.is_empty()
    }

    fn row<'r>(
        &mut self,
        line: u64,
        cells: impl Iterator<Item = (&'r str, Option<Column>, String)>,
    ) {
        let mut file = String::new();
        let mut call = ListedCall {
            line,
            ..ListedCall::default()
        };
        for (heading, column, value) in cells {
            match column {
                Some(column) => {
                    let set = columns::set(column, &value, self.utc_offset, &mut file, &mut call);
                    if let Err(fault) = set {
                        self.reject(line, RowFault::Value(fault));
                    }
                }
                None if heading.is_empty() || value.is_empty() => {}
                None => {
                    call.metadata.fields.insert(heading.to_owned(), value);
                }
            }
        }
        let answered = || Contact::of(&call.metadata).connected != Some(false);
        if !file.is_empty() {
            self.rows.push(CallRow { file, call });
        } else if answered() {
            self.reject(line, RowFault::NoFile);
        } else {
            self.unanswered.push(call);
        }
    }

    fn reject(&mut self, line: u64, what: RowFault) {
        self.rejected.push(RejectedRow { line, what });
    }
}

/// Lines as an editor counts them; the CSV reader leaves out blank ones.
struct LineCounter<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    fn new(text: &str) -> LineCounter<'_> {
        LineCounter {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of a record that lies behind all that were asked for before.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let to = position.map_or(0, |position| position.byte() as usize);
        while let Some(&byte) = self.text.get(self.at) {
            // A record may begin with the blank lines before it.
            if self.at >= to && !byte.is_ascii_whitespace() {
                break;
            }
            self.line += u64::from(byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// The columns of the headings; a second heading of the same meaning is a further field.
fn columns_of<'h>(headings: impl Iterator<Item = &'h str>) -> Vec<Option<Column>> {
    let mut columns: Vec<Option<Column>> = Vec::new();
    for heading in headings {
        let column = Column::of_heading(heading);
        columns.push(column.filter(|_| !columns.contains(&column)));
    }
    columns
}

/// The separator that occurs most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|&byte| byte == separator).count();
    [b',', b'\t', b';']
        .into_iter()
        .rev()
        .max_by_key(|&separator| count(separator))
        .unwrap_or(b',')
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Lang, Say};

    fn read(name: &str, content: &[u8]) -> Result<CallList, IntakeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        CallList::read(&path)
    }

    /// One line per row, then what was rejected.
    fn check(name: &str, content: impl AsRef<[u8]>, expected: &[&str]) {
        let list = read(name, content.as_ref()).unwrap();
        let mut found: Vec<String> = list
            .rows
            .iter()
            .map(|row| {
                let m = &row.call.metadata;
                let mut words = vec![row.call.line.to_string(), row.file.clone()];
                words.extend(row.call.call_id.clone());
                words.extend(m.agent_id.clone());
                words.extend(m.unit.clone());
                words.extend(m.direction.map(|d| d.as_str().to_owned()));
                words.extend(m.started_at.map(|at| at.to_rfc3339()));
                words.extend(m.agent_channel.map(|c| format!("channel {c}")));
                words.extend(
                    m.fields
                        .iter()
                        .map(|(name, value)| format!("{name}={value}")),
                );
                words.join(" ")
            })
            .collect();
        found.extend(list.rejected_rows.iter().map(|row| row.say(Lang::En)));
        assert_eq!(found, expected);
    }

    #[test]
    fn csv_with_further_fields() {
        check(
            "calls.csv",
            "\u{feff}file,call_id,agent_id,unit,direction,started_at,agent_channel,star\n\
             a.wav,c1,2305,历下营业厅,outbound,2026-10-01T09:00:00+08:00,0,5\n\
             \n\
             b.wav,,,,,,,\n",
            &[
                "2 a.wav c1 2305 历下营业厅 outbound 2026-10-01T09:00:00+08:00 channel 0 star=5",
                "4 b.wav",
            ],
        );
    }

    #[test]
    fn calls_that_nobody_answered_need_no_file() {
        let text = "file,call_id,connected\na.wav,c1,yes\n,c2,no\n,c3,yes\n,c4,\n";
        let list = read("calls.csv", text.as_bytes()).unwrap();
        let ids = list.unanswered.iter().map(|call| call.call_id.as_deref());
        assert_eq!(ids.collect::<Vec<_>>(), [Some("c2")]);
        let lines = list.rejected_rows.iter().map(|row| row.line);
        assert_eq!(lines.collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn chinese_headings_as_excel_writes_them() {
        let text = "录音文件,工号,单位,呼叫方向,开始时间,坐席声道\r\n甲.wav,2305,历下营业厅,呼入,2026/10/1 9:00,左\r\n";
        let expected = ["2 甲.wav 2305 历下营业厅 inbound 2026-10-01T09:00:00+08:00 channel 0"];
        check("a.csv", text, &expected);
        let (bytes, _, unmappable) = GB18030.encode(text);
        assert!(!unmappable);
        check("a.csv", &bytes, &expected);
        assert_eq!(read("a.csv", &bytes).unwrap().encoding, "GB18030");
        let mut wide = vec![0xff, 0xfe];
        wide.extend(
            text.replace(',', "\t")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        );
        check("a.csv", &wide, &expected);
    }

    #[test]
    fn bad_rows_are_named_and_the_rest_goes_on() {
        check(
            "calls.csv",
            "file;direction;started_at\n;inbound;\na.wav;sideways;soon\nb.wav;out;;surplus\n",
            &[
                "3 a.wav",
                "4 b.wav outbound",
                "Call list, line 2: no file name; the row is passed over. Add the file name.",
                "Call list, line 3: In column direction the value \"sideways\" is not inbound or outbound; it is taken as unknown.",
                "Call list, line 3: In column started_at the value \"soon\" is not a time such as 2026-10-01T09:00:00+08:00; it is taken as unknown.",
                "Call list, line 4: more fields than headings; the surplus is not used. Put quotes around a value with a comma.",
            ],
        );
    }

    #[test]
    fn json_lines() {
        check(
            "calls.jsonl",
            "{\"file\":\"a.wav\",\"call_id\":7,\"agent_channel\":1,\"star\":null,\"vip\":true}\n\n[1]\n{\"file\":\n",
            &[
                "1 a.wav 7 channel 1 vip=true",
                "Call list, line 3: the row cannot be read (not a JSON object) and is passed over.",
                "Call list, line 4: the row cannot be read (EOF while parsing a value at line 1 column 8) and is passed over.",
            ],
        );
    }

    #[test]
    fn two_columns_of_one_meaning() {
        check(
            "calls.csv",
            "file,agent,工号\na.wav,2305,9\n",
            &["2 a.wav 2305 工号=9"],
        );
    }

    #[test]
    fn lists_that_are_none() {
        assert!(matches!(
            read("a.csv", b"agent,unit\n1,2\n"),
            Err(IntakeError::NoFileColumn(_))
        ));
        assert!(matches!(
            read("a.csv", b""),
            Err(IntakeError::NoFileColumn(_))
        ));
        assert!(matches!(
            read("a.xlsx", b"PK"),
            Err(IntakeError::UnknownCallListKind(_))
        ));
        assert!(matches!(
            CallList::read(Path::new("no/such.csv")),
            Err(IntakeError::CallListUnreadable { .. })
        ));
    }
}
