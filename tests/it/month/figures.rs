//! What recounting needs: the report's page as rows, plain SQL, and arithmetic of its own.

use rusqlite::{Connection, types::ValueRef};

use super::{database, done, text};

/// The report's page as rows of cells by the id of their section and the number of the table in it.
pub(super) struct Page(pub(super) scraper::Html);

impl Page {
    pub(super) fn rows(&self, section: &str, table: usize) -> Vec<Vec<String>> {
        let selector = |css: &str| scraper::Selector::parse(css).expect("a selector");
        let tables = selector(&format!("#{section} table"));
        let table = self.0.select(&tables).nth(table);
        let table = table.unwrap_or_else(|| panic!("no such table in {section}"));
        table
            .select(&selector("tbody tr, tfoot tr"))
            .map(|row| {
                row.select(&selector("th, td"))
                    .map(|cell| words(&cell))
                    .collect()
            })
            .collect()
    }
}

/// The row of a table that begins with these words.
pub(super) fn row<'r>(rows: &'r [Vec<String>], begins: &str) -> &'r [String] {
    let found = rows.iter().find(|row| row[0] == begins);
    found.unwrap_or_else(|| panic!("no row {begins} in {rows:?}"))
}

impl Page {
    /// The text of what a selector finds.
    pub(super) fn text(&self, css: &str) -> String {
        let selector = scraper::Selector::parse(css).expect("a selector");
        let found = self.0.select(&selector).next().expect("it is there");
        words(&found)
    }
}

pub(super) fn words(element: &scraper::ElementRef<'_>) -> String {
    let words: Vec<&str> = element.text().flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// The month's page, made once.
pub(super) fn page() -> Page {
    static MADE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let page = MADE.get_or_init(|| written("monthly.html", "2026-11-10T23:59:59+08:00"));
    Page(scraper::Html::parse_document(page))
}

/// The page of the month as of a time.
pub(super) fn written(name: &str, as_of: &str) -> String {
    let out = database().with_file_name(name);
    let arguments = [
        "report",
        "monthly",
        "--month",
        "2026-10",
        "--as",
        "guanli",
        "--as-of",
        as_of,
        "--out",
        text(&out),
    ];
    done(database(), &arguments);
    std::fs::read_to_string(out).expect("written")
}

pub(super) fn db() -> Connection {
    Connection::open(database()).expect("opens")
}

/// Rows of a query; numbers and text as text, nothing as an empty text.
pub(super) fn query(sql: &str) -> Vec<Vec<String>> {
    let db = db();
    let mut statement = db.prepare(sql).expect(sql);
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect(sql);
    let mut found = Vec::new();
    while let Some(row) = rows.next().expect(sql) {
        let cell = |column| match row.get_ref(column).expect("a value") {
            ValueRef::Null => String::new(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Blob(_) => panic!("no blobs"),
        };
        found.push((0..columns).map(cell).collect());
    }
    found
}

pub(super) fn number(text: &str) -> f64 {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

/// `78.0%`, halves up.
pub(super) fn share(hits: f64, n: f64) -> String {
    tenths(100.0 * hits / n) + "%"
}

pub(super) fn tenths(figure: f64) -> String {
    format!("{:.1}", (figure * 10.0 + 1e-9).round() / 10.0)
}

/// Wilson's interval in the form of Agresti and Coull's paper: the roots of the quadratic in p.
pub(super) fn bounds(hits: f64, n: f64) -> (f64, f64) {
    let z2 = 1.959_963_984_540_054_f64.powi(2);
    let (a, b, c) = (n + z2, 2.0 * hits + z2, hits * hits / n);
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    let (low, high) = ((b - root) / (2.0 * a), (b + root) / (2.0 * a));
    (low.max(0.0), high.min(1.0))
}

pub(super) fn interval(hits: f64, n: f64) -> String {
    let (low, high) = bounds(hits, n);
    format!("{}–{}%", tenths(100.0 * low), tenths(100.0 * high))
}

/// `92.1% 70/76 83.8–96.3%`, or a dash.
pub(super) fn rate(hits: &str, n: &str) -> String {
    let (hits, n) = (number(hits), number(n));
    match n == 0.0 {
        true => "–".to_owned(),
        false => format!("{} {hits}/{n} {}", share(hits, n), interval(hits, n)),
    }
}

pub(super) fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

pub(super) const SCORED: &str = "SELECT digest FROM rules WHERE scored";

pub(super) const STANDING: &str =
    "('confirmed', 'published', 'acknowledged', 'appealed', 'upheld', 'escalated',
    'finally-upheld', 'closed')";
