//! Reports as workbooks: the tables of the page, one a sheet, with number formats, filters and
//! frozen headings. They are small; what grows with the calls is the violations export.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::{
    violations::{fitting, heading_format},
    wording::Wording,
};
use crate::{
    lang::{Lang, Say},
    reports::{AgentLabel, MonthlyReport, UnitLine, WeeklyReport},
    scoring::{
        Hundredths,
        intervals::Rate,
        ranking::{RankRange, Standing},
    },
};

use super::html::RenderError;

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

/// The month's workbook as bytes.
pub fn monthly(report: &MonthlyReport, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words {
        wording: Wording::load()?,
        lang,
    };
    let mut sheets = vec![
        summary(report, &words)?,
        units(report, &words)?,
        agents(report, &words)?,
        rules(report, &words)?,
        key_items(report, &words)?,
    ];
    sheets.extend(reviewed(report, &words)?);
    Ok(saved(&sheets)?)
}

/// The week's workbook as bytes.
pub fn weekly(report: &WeeklyReport, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words {
        wording: Wording::load()?,
        lang,
    };
    let (all, unknown) = (words.say("all")?, words.say("unknown-unit")?);
    let mut headings = words.list(&["unit", "rule"])?;
    headings.extend(rate_headings(&words)?);
    headings.extend(words.list(&["sheet.before", "sheet.before.n", "trend.change"])?);
    let mut rows = Vec::new();
    for line in &report.items {
        let unit = if line.whole {
            &all
        } else {
            line.unit.as_ref().unwrap_or(&unknown)
        };
        for (rule, cell) in report.rules.iter().zip(&line.cells) {
            let mut row = vec![text(unit), text(rule)];
            row.extend(rate(&cell.now));
            row.push(Cell::Count(cell.before.hits));
            row.push(Cell::Count(cell.before.n));
            row.push(text(&words.say(&format!("direction.{}", cell.direction))?));
            rows.push(row);
        }
    }
    let items = Sheet {
        name: words.say("key-items")?,
        headings,
        rows,
    };
    let unit = |unit: &Option<String>| text(unit.as_ref().unwrap_or(&unknown));
    let spot_checks = Sheet {
        name: words.say("spot-checks")?,
        headings: words.list(&["unit", "spot-checks.drawn", "spot-checks.heard"])?,
        rows: report
            .spot_checks
            .iter()
            .map(|line| {
                vec![
                    unit(&line.unit),
                    Cell::Count(line.drawn),
                    Cell::Count(line.heard),
                ]
            })
            .collect(),
    };
    let overdue = Sheet {
        name: words.say("overdue")?,
        headings: words.list(&["overdue.due", "unit", "agent", "rule", "call"])?,
        rows: report
            .overdue
            .iter()
            .map(|line| {
                let agent = line.agent.as_deref().unwrap_or_default();
                vec![
                    text(&line.due),
                    unit(&line.unit),
                    text(agent),
                    text(&line.rule),
                    text(&line.call_id),
                ]
            })
            .collect(),
    };
    let repeated = repeated(&report.repeated, &words)?;
    Ok(saved(&[items, spot_checks, repeated, overdue])?)
}

fn rate_headings(words: &Words) -> Result<Vec<String>, RenderError> {
    words.list(&["sheet.hits", "n", "sheet.share", "sheet.low", "sheet.high"])
}

fn summary(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let summary = &report.summary;
    let coverage = &report.coverage;
    let share = summary.qualified.estimate;
    let mut rows = vec![
        vec![
            text(&words.say("title")?),
            text(&report.month.say(words.lang)),
        ],
        vec![
            text(&words.say("unit")?),
            text(report.scope.as_deref().unwrap_or(&words.say("whole")?)),
        ],
        vec![
            text(&words.say("coverage.listed")?),
            Cell::Count(coverage.listed),
        ],
        vec![
            text(&words.say("coverage.missing")?),
            Cell::Count(coverage.missing),
        ],
        vec![
            text(&words.say("coverage.recorded")?),
            Cell::Count(coverage.recorded),
        ],
        vec![
            text(&words.say("coverage.judged")?),
            Cell::Count(coverage.judged),
        ],
        vec![
            text(&words.say("summary.calls")?),
            Cell::Count(summary.calls),
        ],
        vec![
            text(&words.say("qualified")?),
            Cell::Count(summary.qualified.hits),
        ],
        vec![
            text(&words.say("summary.qualified")?),
            share.map_or(Cell::Empty, |found| Cell::Share(found.value)),
        ],
        vec![
            text(&words.say("sheet.low")?),
            share.map_or(Cell::Empty, |found| Cell::Share(found.low)),
        ],
        vec![
            text(&words.say("sheet.high")?),
            share.map_or(Cell::Empty, |found| Cell::Share(found.high)),
        ],
        vec![
            text(&words.say("mean-points")?),
            points(summary.mean_points),
        ],
        vec![
            text(&words.say("violations-count")?),
            Cell::Count(summary.violations),
        ],
        vec![
            text(&words.say("cannot-judge-count")?),
            Cell::Count(summary.cannot_judge),
        ],
    ];
    for failure in &coverage.failures {
        let cause = words.lang.pick(&failure.zh, &failure.en);
        rows.push(vec![text(cause), Cell::Count(failure.count)]);
    }
    rows.push(vec![
        text(&words.say("provenance.as-of")?),
        text(&report.provenance.as_of),
    ]);
    rows.push(vec![
        text(&words.say("provenance.model")?),
        text(&report.provenance.model_digest),
    ]);
    rows.push(vec![
        text(&words.say("provenance.rules")?),
        text(&report.provenance.ruleset_digest),
    ]);
    Ok(Sheet {
        name: words.say("summary")?,
        headings: words.list(&["sheet.what", "sheet.figure"])?,
        rows,
    })
}

fn group_headings(first: &[&str], words: &Words) -> Result<Vec<String>, RenderError> {
    let mut headings = words.list(first)?;
    headings.extend(rate_headings(words)?);
    headings.extend(words.list(&[
        "mean-points",
        "violations-count",
        "cannot-judge-count",
        "place",
        "against-all",
    ])?);
    Ok(headings)
}

fn group_cells(line: &UnitLine, words: &Words) -> Result<Vec<Cell>, RenderError> {
    let place = match line.place {
        None => words.say("few")?,
        Some(RankRange { best, worst }) if best == worst => best.to_string(),
        Some(RankRange { best, worst }) => format!("{best}–{worst}"),
    };
    let standing = match line.standing {
        None => String::new(),
        Some(Standing::Above) => words.say("standing.above")?,
        Some(Standing::Similar) => words.say("standing.similar")?,
        Some(Standing::Below) => words.say("standing.below")?,
    };
    let mut cells: Vec<Cell> = rate(&line.qualified).into();
    cells.push(points(line.mean_points));
    cells.push(Cell::Count(line.violations));
    cells.push(Cell::Count(line.cannot_judge));
    cells.push(text(&place));
    cells.push(text(&standing));
    Ok(cells)
}

fn units(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let unknown = words.say("unknown-unit")?;
    let mut rows = Vec::new();
    for line in &report.units {
        let mut row = vec![text(line.unit.as_ref().unwrap_or(&unknown))];
        row.extend(group_cells(line, words)?);
        rows.push(row);
    }
    Ok(Sheet {
        name: words.say("units")?,
        headings: group_headings(&["unit"], words)?,
        rows,
    })
}

fn agents(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let unknown = words.say("unknown-unit")?;
    let mut rows = Vec::new();
    for line in &report.agents.listed {
        let AgentLabel { id, name } = &line.agent;
        let mut row = vec![
            text(line.figures.unit.as_ref().unwrap_or(&unknown)),
            text(id.as_deref().unwrap_or_default()),
            text(name.as_deref().unwrap_or_default()),
        ];
        row.extend(group_cells(&line.figures, words)?);
        rows.push(row);
    }
    Ok(Sheet {
        name: words.say("agents")?,
        headings: group_headings(&["unit", "sheet.agent-id", "agent"], words)?,
        rows,
    })
}

fn rules(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let mut headings = words.list(&[
        "sheet.rule-id",
        "rule",
        "severity",
        "triggered",
        "cannot-judge-count",
    ])?;
    headings.extend(rate_headings(words)?);
    let rows = report.rules.iter().map(|line| {
        let mut row = vec![
            text(&line.rule.id),
            text(&line.rule.title),
            text(&line.rule.severity.say(words.lang)),
            Cell::Count(line.count.triggered),
            Cell::Count(line.count.cannot_judge),
        ];
        row.extend(rate(&line.count.rate));
        row
    });
    Ok(Sheet {
        name: words.say("rules")?,
        headings,
        rows: rows.collect(),
    })
}

fn key_items(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let mut headings = words.list(&["unit", "rule", "triggered", "cannot-judge-count"])?;
    headings.extend(rate_headings(words)?);
    let (all, unknown) = (words.say("all")?, words.say("unknown-unit")?);
    let units = report.key_items.units.iter().map(|line| {
        (
            line.unit.clone().unwrap_or_else(|| unknown.clone()),
            &line.counts,
        )
    });
    let mut rows = Vec::new();
    for (unit, counts) in units.chain([(all, &report.key_items.total)]) {
        for (rule, count) in report.key_items.rules.iter().zip(counts) {
            let mut row = vec![
                text(&unit),
                text(&rule.title),
                Cell::Count(count.triggered),
                Cell::Count(count.cannot_judge),
            ];
            row.extend(rate(&count.rate));
            rows.push(row);
        }
    }
    Ok(Sheet {
        name: words.say("key-items")?,
        headings,
        rows,
    })
}

/// The sheets that rest on people's decisions.
fn reviewed(report: &MonthlyReport, words: &Words) -> Result<Vec<Sheet>, RenderError> {
    let Some(detail) = &report.detail else {
        return Ok(Vec::new());
    };
    let (all, unknown) = (words.say("all")?, words.say("unknown-unit")?);
    let unit = |unit: &Option<String>| text(unit.as_ref().unwrap_or(&unknown));
    let mut headings = words.list(&["unit", "finals.machine"])?;
    headings.push(words.say("mean-points")?);
    headings.extend(rate_headings(words)?);
    headings.extend(words.list(&[
        "mean-points",
        "finals.stand",
        "finals.added",
        "finals.taken",
    ])?);
    let finals = detail.finals.iter().map(|line| {
        let machine = line
            .machine
            .estimate
            .map_or(Cell::Empty, |found| Cell::Share(found.value));
        let mut row = vec![
            if line.whole {
                text(&all)
            } else {
                unit(&line.unit)
            },
            machine,
            points(line.machine_points),
        ];
        row.extend(rate(&line.qualified));
        row.push(points(line.mean_points));
        row.extend([line.violations, line.added, line.taken_back].map(Cell::Count));
        row
    });
    let finals = Sheet {
        name: words.say("finals")?,
        headings,
        rows: finals.collect(),
    };
    let mut headings = words.list(&["rule", "confirmed", "false-hits", "missed"])?;
    headings.extend(rate_headings(words)?);
    let quality = Sheet {
        name: words.say("sheet.precision")?,
        headings,
        rows: detail
            .quality
            .iter()
            .map(|line| {
                let mut row = vec![text(&line.title)];
                row.extend([line.confirmed, line.false_hits, line.missed].map(Cell::Count));
                row.extend(rate(&line.precision));
                row
            })
            .collect(),
    };
    let mut rows = Vec::new();
    for line in &detail.assessments {
        for step in &line.assessment.steps {
            rows.push(vec![
                unit(&line.unit),
                text(&step.severity.say(words.lang)),
                Cell::Count(line.assessment.calls),
                Cell::Count(step.violations),
                hundredths(step.per_hundred_calls),
                Cell::Count(u64::from(step.points)),
                Cell::Count(u64::from(step.cap)),
                hundredths(step.deduction),
                Cell::Count(step.rectified),
                hundredths(step.credit),
                Cell::Empty,
            ]);
        }
        let total = &line.assessment;
        let mut row = vec![unit(&line.unit), text(&words.say("assessment.overdue")?)];
        row.extend([
            Cell::Empty,
            Cell::Count(total.overdue),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
        ]);
        row.extend([
            hundredths(total.overdue_deduction),
            Cell::Empty,
            Cell::Empty,
        ]);
        row.push(hundredths(total.points));
        rows.push(row);
    }
    let assessment = Sheet {
        name: words.say("assessment")?,
        headings: words.list(&[
            "unit",
            "severity",
            "n",
            "finals.stand",
            "assessment.per-hundred",
            "assessment.points",
            "assessment.cap",
            "assessment.deduction",
            "assessment.rectified",
            "assessment.credit",
            "sheet.total",
        ])?,
        rows,
    };
    let repeated = repeated(&detail.closed_loop.repeated, words)?;
    let training = Sheet {
        name: words.say("training")?,
        headings: words.list(&[
            "unit",
            "training.who",
            "rules",
            "training.clips",
            "training.exemplar",
        ])?,
        rows: detail
            .training
            .iter()
            .map(|line| {
                vec![
                    unit(&line.unit),
                    text(line.agent.as_deref().unwrap_or_default()),
                    text(&line.rules.join("; ")),
                    text(&line.clips.join("; ")),
                    text(line.exemplar.as_deref().unwrap_or_default()),
                ]
            })
            .collect(),
    };
    Ok(vec![finals, quality, assessment, repeated, training])
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
