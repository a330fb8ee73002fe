//! The month's workbook: the machine's figures, then what people decided.

use super::{
    COMPARED, Cell, Sheet, Words, compared, funnel::funnel_sheet, month_tables, points, rate,
    rate_headings, reviewed::reviewed, saved, share, text,
};
use crate::{
    lang::{Lang, Say},
    reports::{
        AgentLabel, MonthlyReport, RuleCount, UnitLine,
        render::{html::RenderError, wording::Wording},
    },
    scoring::ranking::{RankRange, Standing},
};

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
    if let Some(funnel) = report
        .detail
        .as_ref()
        .and_then(|detail| detail.funnel.as_ref())
    {
        sheets.push(funnel_sheet(funnel, &words)?);
    }
    if let Some(detail) = &report.detail {
        sheets.extend(month_tables::of_detail(detail, &words)?);
    }
    sheets.extend(month_tables::of_calls(report, &words)?);
    Ok(saved(&sheets, &report.provenance.as_of)?)
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
            text(&words.say("coverage.unanswered")?),
            Cell::Count(coverage.unanswered),
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
            text(&words.say("coverage.heard")?),
            Cell::Count(coverage.heard),
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
        text(&format!(
            "{} {}",
            report.provenance.model_name, report.provenance.model_digest
        )),
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
    headings.extend(rate_headings("qualified-rate", words)?);
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
        if let Some(line) = &line.compared {
            row.extend(compared(line, words)?);
        }
        rows.push(row);
    }
    let mut headings = group_headings(&["unit", "sheet.agent-id", "agent"], words)?;
    if report.detail.is_some() {
        headings.extend(words.list(&COMPARED)?);
    }
    Ok(Sheet {
        name: words.say("agents")?,
        headings,
        rows,
    })
}

/// The headings of what [`trend`] gives.
const TREND: [&str; 3] = ["sheet.rate.before", "sheet.rate.before.n", "trend.change"];

fn trend(count: &RuleCount, words: &Words) -> Result<[Cell; 3], RenderError> {
    Ok([
        share(&count.before),
        Cell::Count(count.before.n),
        words.direction(count.direction)?,
    ])
}

fn rules(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let mut headings = words.list(&[
        "sheet.rule-id",
        "rule",
        "severity",
        "triggered",
        "cannot-judge-count",
    ])?;
    headings.extend(rate_headings("violation-rate", words)?);
    headings.extend(words.list(&TREND)?);
    let mut rows = Vec::new();
    for line in &report.rules {
        let mut row = vec![
            text(&line.rule.id),
            text(&line.rule.title),
            text(&line.rule.severity.say(words.lang)),
            Cell::Count(line.count.triggered),
            Cell::Count(line.count.cannot_judge),
        ];
        row.extend(rate(&line.count.rate));
        row.extend(trend(&line.count, words)?);
        rows.push(row);
    }
    Ok(Sheet {
        name: words.say("rules")?,
        headings,
        rows,
    })
}

fn key_items(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let mut headings = words.list(&["unit", "rule", "triggered", "cannot-judge-count"])?;
    headings.extend(rate_headings("violation-rate", words)?);
    headings.extend(words.list(&TREND)?);
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
            row.extend(trend(count, words)?);
            rows.push(row);
        }
    }
    Ok(Sheet {
        name: words.say("key-items")?,
        headings,
        rows,
    })
}
