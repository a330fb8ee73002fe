//! The monthly report as one HTML file that needs nothing beside itself: style and charts are in
//! it, and there is no script.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context,
    value::{Kwargs, Serde},
};

use super::{
    chart, figures,
    wording::{Wording, WordingError},
};
use crate::{
    lang::{Lang, Say},
    reports::{BehindList, MonthlyReport, RuleLine, WeeklyReport, anchor},
    rules::Severity,
    scoring::{Hundredths, ranking::Standing},
};

/// Why a report could not be written: a slip in the program or in an operator's own template.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the report's template failed: {}", full_message(.0))]
    Template(#[from] minijinja::Error),
    #[error("the report's words failed: {0}")]
    Words(String),
    #[error("the workbook failed: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl Say for RenderError {
    fn say(&self, lang: Lang) -> String {
        lang.pick(
            format!("报告的版式有误，没有生成报告。用了 --template 的，请按下面所说改正模板；没有用的，这是程序的缺陷，请把这一行报给开发者：{self}"),
            format!("The report's layout is at fault and no report was written. With --template, correct the template as said here; without, this is a defect of the program, please report this line: {self}"),
        )
    }
}

fn full_message(error: &minijinja::Error) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    message
}

impl From<WordingError> for RenderError {
    fn from(error: WordingError) -> RenderError {
        RenderError::Words(error.to_string())
    }
}

/// The built-in templates, and an operator's own in their place.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    own: BTreeMap<String, String>,
}

impl Templates {
    pub const NAMES: [&str; 6] = [
        "monthly.html",
        "loop.html",
        "funnel.html",
        "behind.html",
        "weekly.html",
        "report.css",
    ];

    /// Those of `own` whose names are among [`Templates::NAMES`] go before the built-in ones.
    pub fn with(own: BTreeMap<String, String>) -> Templates {
        Templates { own }
    }

    fn text(&self, name: &str) -> String {
        let built_in = match name {
            "monthly.html" => include_str!("../templates/monthly.html"),
            "loop.html" => include_str!("../templates/loop.html"),
            "funnel.html" => include_str!("../templates/funnel.html"),
            "behind.html" => include_str!("../templates/behind.html"),
            "weekly.html" => include_str!("../templates/weekly.html"),
            _ => include_str!("../templates/report.css"),
        };
        let own = self.own.get(name).cloned();
        own.unwrap_or_else(|| built_in.to_owned())
    }
}

/// Anchors that figures may lead to.
fn anchors(behind: &[BehindList]) -> BTreeSet<String> {
    behind.iter().map(|list| list.anchor.clone()).collect()
}

/// The weekly bulletin's whole file.
pub fn weekly(
    report: &WeeklyReport,
    lang: Lang,
    templates: &Templates,
) -> Result<String, RenderError> {
    let environment = environment(lang, Wording::load()?, templates, anchors(&report.behind))?;
    let page = environment.get_template("weekly.html")?.render(context! {
        report => Value::from(Serde(report)),
        lang => lang.pick("zh", "en"),
        html_lang => lang.pick("zh-CN", "en"),
    })?;
    Ok(page)
}

/// The whole file's text. The report is shown as it is; it was masked when it was made.
pub fn monthly(
    report: &MonthlyReport,
    lang: Lang,
    templates: &Templates,
) -> Result<String, RenderError> {
    let wording = Wording::load()?;
    let highlights = highlights(report, lang, &wording)?;
    let anchors = anchors(&report.behind);
    let columns = columns(report, lang, &wording, &anchors)?;
    let environment = environment(lang, wording, templates, anchors)?;
    let mut bars: Vec<&RuleLine> = report
        .rules
        .iter()
        .filter(|line| bar_length(line) > 0)
        .collect();
    bars.sort_by_key(|line| u64::MAX - line.count.violations);
    let explained: u64 = report
        .coverage
        .failures
        .iter()
        .map(|failure| failure.count)
        .sum();
    let left = report
        .coverage
        .recorded
        .saturating_sub(report.coverage.judged);
    let page = environment.get_template("monthly.html")?.render(context! {
        report => Value::from(Serde(report)),
        lang => lang.pick("zh", "en"),
        html_lang => lang.pick("zh-CN", "en"),
        month => report.month.say(lang),
        highlights,
        histogram => picture(chart::score_histogram(
            &report.score_bands(),
            report.qualified_at,
            |band| columns.get(&band.from).cloned(),
        )),
        rate_scale => picture(chart::rate_scale()),
        longest_bar => bars.iter().map(|line| bar_length(line)).max(),
        bars => Value::from(Serde(&bars)),
        unexplained => left.saturating_sub(explained),
    })?;
    Ok(page)
}

fn bar_length(line: &RuleLine) -> u64 {
    line.count.violations + line.count.cannot_judge
}

/// Rules that the first page names as the most often violated.
const RULES_NAMED: usize = 3;

/// The names that the first page's sentences list; empty where there is nothing to name.
fn highlights(report: &MonthlyReport, lang: Lang, wording: &Wording) -> Result<Value, RenderError> {
    let comma = wording.say(lang, "comma", &[])?;
    let unknown_unit = wording.say(lang, "unknown-unit", &[])?;
    let units = |standing| {
        let named = report
            .units
            .iter()
            .filter(|line| line.standing == Some(standing));
        let names: Vec<&str> = named
            .map(|line| line.unit.as_deref().unwrap_or(&unknown_unit))
            .collect();
        names.join(&comma)
    };
    let mut rules: Vec<&RuleLine> = report
        .rules
        .iter()
        .filter(|line| line.rule.scored && line.count.violations > 0)
        .collect();
    rules.sort_by_key(|line| u64::MAX - line.count.violations);
    let rules: Vec<String> = rules
        .into_iter()
        .take(RULES_NAMED)
        .map(|line| {
            let figures = [
                ("title".to_owned(), line.rule.title.clone()),
                (
                    "violations".to_owned(),
                    figures::count(line.count.violations),
                ),
            ];
            wording.say(lang, "point.rule", &figures)
        })
        .collect::<Result<_, _>>()?;
    let unknown: Vec<String> = report
        .unknown_rules
        .iter()
        .map(|(id, count)| format!("{id} {}", figures::count(*count)))
        .collect();
    Ok(context! {
        below => units(Standing::Below),
        above => units(Standing::Above),
        rules => rules.join(&comma),
        unknown_rules => unknown.join(&comma),
    })
}

/// Where the columns of the histogram lead, and in which words; by the points they begin with.
fn columns(
    report: &MonthlyReport,
    lang: Lang,
    wording: &Wording,
    anchors: &BTreeSet<String>,
) -> Result<BTreeMap<u32, (String, String)>, RenderError> {
    let mut columns = BTreeMap::new();
    for band in report.score_bands() {
        let anchor = format!("scores-{}", band.from);
        if anchors.contains(&anchor) {
            let figures = [
                ("from".to_owned(), band.from.to_string()),
                ("to".to_owned(), band.to.to_string()),
                ("n".to_owned(), figures::count(band.calls)),
            ];
            columns.insert(
                band.from,
                (anchor, wording.say(lang, "scores.column", &figures)?),
            );
        }
    }
    Ok(columns)
}

fn environment(
    lang: Lang,
    wording: Wording,
    templates: &Templates,
    anchors: BTreeSet<String>,
) -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    for name in Templates::NAMES {
        environment.add_template_owned(name, templates.text(name))?;
    }
    environment.add_function("t", move |key: &str, figures: Kwargs| {
        words(&wording, lang, key, &figures)
    });
    environment.add_function("has_calls", move |anchor: &str| anchors.contains(anchor));
    environment.add_function("percent_range", figures::percent_range);
    environment.add_function("whisker", |value, low, high, reference| {
        picture(chart::whisker(value, low, high, reference))
    });
    environment.add_function("stacked_bar", |violations, cannot_judge, longest| {
        picture(chart::stacked_bar(violations, cannot_judge, longest))
    });
    environment.add_filter("percent", figures::percent);
    environment.add_filter("points", figures::points);
    environment.add_filter("count", figures::count);
    environment.add_filter("hundredths", |amount: u64| Hundredths(amount).to_string());
    environment.add_filter("kappa", |kappa: f64| format!("{kappa:.2}"));
    environment.add_filter("clock", figures::clock);
    environment.add_filter("anchor", |name: Option<&str>| anchor(name));
    environment.add_filter("hours", figures::hours);
    environment.add_filter("call_time", |time: &str| figures::call_time(time));
    environment.add_filter("short_digest", |digest: &str| figures::short_digest(digest));
    environment.add_filter("severity", move |severity: Serde<Severity>| {
        severity.0.say(lang)
    });
    Ok(environment)
}

fn words(wording: &Wording, lang: Lang, key: &str, given: &Kwargs) -> Result<String, Error> {
    let figures: Vec<(String, String)> = given
        .args()
        .map(|name| Ok((name.to_owned(), given.get::<Value>(name)?.to_string())))
        .collect::<Result<_, Error>>()?;
    wording
        .say(lang, key, &figures)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// SVG of our own making, which must not be escaped.
fn picture(svg: String) -> Value {
    Value::from_safe_string(svg)
}
