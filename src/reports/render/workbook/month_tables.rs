//! The further tables of the month's page as sheets; one that would be empty is left out.

use super::{super::figures::clock, behind};
use super::{COMPARED, Cell, Sheet, Words, compared, points, rate, rate_headings, share, text};
use crate::{
    lang::Lang,
    reports::{
        ComparedLine, MonthlyReport,
        month_detail::MonthDetail,
        monthly::{CallLine, RankedCall},
        render::html::RenderError,
    },
    rules::Reason,
    scoring::intervals::Rate,
};

/// The tables that rest on people's decisions or the call list.
pub(super) fn of_detail(detail: &MonthDetail, words: &Words) -> Result<Vec<Sheet>, RenderError> {
    let sheets = vec![
        trends(detail, words)?,
        groups("channels", &detail.channels, words)?,
        groups("businesses", &detail.businesses, words)?,
        decisions(detail, words)?,
        inspectors(detail, words)?,
        calibrations(detail, words)?,
        reasons(detail, words)?,
        exemplars(detail, words)?,
    ];
    Ok(sheets
        .into_iter()
        .filter(|sheet| !sheet.rows.is_empty())
        .collect())
}

/// The calls that the page lists.
pub(super) fn of_calls(report: &MonthlyReport, words: &Words) -> Result<Vec<Sheet>, RenderError> {
    let mut sheets = vec![
        ranked("worst", &report.worst, words)?,
        ranked("sheet.best", &report.best, words)?,
        violations(report, words)?,
    ];
    let unsure = report.cannot_judge.listed.iter().map(|line| {
        let mut row = vec![text(&line.rule.title)];
        row.extend(call(&line.call));
        row.push(text(said(&line.reason, words.lang)));
        row
    });
    let mut headings = words.list(&["rule"])?;
    headings.extend(words.list(&CALL)?);
    headings.push(words.say("sheet.why")?);
    sheets.push(Sheet {
        name: words.say("cannot-judge")?,
        headings,
        rows: unsure.collect(),
    });
    sheets.push(behind::behind(&report.behind, words)?);
    Ok(sheets
        .into_iter()
        .filter(|sheet| !sheet.rows.is_empty())
        .collect())
}

/// The violations that the page lists, with the first words that each rests on.
fn violations(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let mut rows = Vec::new();
    for group in &report.violations {
        for line in &group.lines.listed {
            let mut row = vec![text(&group.rule.title)];
            row.extend(call(&line.call));
            row.push(match line.deduction {
                Some(points) => Cell::Count(points.into()),
                None => Cell::Empty,
            });
            row.push(text(said(&line.reason, words.lang)));
            let quote = line.quotes.first();
            row.push(text(quote.map_or("", |quote| &quote.text)));
            let at = quote.and_then(|quote| quote.span);
            row.push(text(
                &at.map_or_else(String::new, |span| clock(span.from.0)),
            ));
            rows.push(row);
        }
    }
    let mut headings = words.list(&["rule"])?;
    headings.extend(words.list(&CALL)?);
    headings.extend(words.list(&["sheet.deduction", "sheet.why", "sheet.words", "sheet.at"])?);
    Ok(Sheet {
        name: words.say("violations")?,
        headings,
        rows,
    })
}

fn trends(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let mut rows = Vec::new();
    if detail.has_before {
        for line in &detail.units {
            let line = &line.figures;
            rows.push(vec![
                text(&words.name(line, "unknown-unit")?),
                Cell::Count(line.before.n),
                share(&line.before),
                points(line.points_before),
                Cell::Count(line.qualified.n),
                share(&line.qualified),
                points(line.mean_points),
                words.direction(line.direction)?,
            ]);
        }
    }
    Ok(Sheet {
        name: words.say("trend")?,
        headings: words.list(&[
            "unit",
            "n",
            "trend.before",
            "mean-points",
            "n",
            "trend.now",
            "mean-points",
            "trend.change",
        ])?,
        rows,
    })
}

fn groups(name: &str, lines: &[ComparedLine], words: &Words) -> Result<Sheet, RenderError> {
    let mut rows = Vec::new();
    for line in lines {
        let mut row = vec![text(&words.name(line, "not-given")?)];
        row.extend(rate(&line.machine));
        row.push(points(line.machine_points));
        row.extend(compared(line, words)?);
        row.push(Cell::Count(line.with_violation.hits));
        rows.push(row);
    }
    let mut headings = vec![words.say(name)?];
    headings.extend(rate_headings("finals.machine", words)?);
    headings.push(words.say("mean-points")?);
    headings.extend(words.list(&COMPARED)?);
    headings.push(words.say("with-violation")?);
    Ok(Sheet {
        name: words.say(name)?,
        headings,
        rows,
    })
}

fn decisions(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let figures = &detail.closed_loop;
    let share = |rate: &Option<Rate>| rate.as_ref().map_or(Cell::Empty, share);
    let lines = [
        ("loop.decided", Cell::Count(figures.decided)),
        ("confirmed", Cell::Count(figures.confirmed)),
        ("false-hits", Cell::Count(figures.false_hits)),
        ("missed", Cell::Count(figures.missed)),
        ("loop.cleared", Cell::Count(figures.cleared)),
        ("loop.appeals", Cell::Count(figures.appealed)),
        ("overturn-rate", share(&figures.overturned)),
        ("loop.rectifications", Cell::Count(figures.rectifications)),
        ("assessment.rectified", Cell::Count(figures.rectified)),
        ("assessment.overdue", Cell::Count(figures.overdue)),
        ("loop.in-time", share(&figures.in_time)),
        ("loop.not-due.count", Cell::Count(figures.not_due)),
    ];
    let mut rows = Vec::new();
    for (key, cell) in lines {
        rows.push(vec![text(&words.say(key)?), cell]);
    }
    Ok(Sheet {
        name: words.say("loop")?,
        headings: words.list(&["sheet.what", "sheet.figure"])?,
        rows,
    })
}

fn inspectors(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let rows = detail.closed_loop.inspectors.iter().map(|line| {
        let mut row = vec![text(&line.person)];
        row.extend([line.decided, line.false_hits, line.appealed].map(Cell::Count));
        row.extend(rate(&line.overturned));
        row
    });
    let mut headings = words.list(&["inspector", "loop.decided", "false-hits", "loop.appeals"])?;
    headings.extend(rate_headings("overturn-rate", words)?);
    Ok(Sheet {
        name: words.say("inspectors")?,
        headings,
        rows: rows.collect(),
    })
}

fn calibrations(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let rows = detail.calibrations.iter().map(|line| {
        let mut row = vec![text(&line.id)];
        row.extend([line.calls, line.raters, line.judgements].map(Cell::Count));
        row.extend(rate(&line.with_expert));
        row.push(points(line.kappa));
        row
    });
    let mut headings = words.list(&[
        "calibration",
        "n",
        "calibration.raters",
        "calibration.judgements",
    ])?;
    headings.extend(rate_headings("calibration.expert", words)?);
    headings.push("κ".to_owned());
    Ok(Sheet {
        name: words.say("calibration")?,
        headings,
        rows: rows.collect(),
    })
}

fn reasons(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let rows = detail.reasons.iter().map(|line| {
        vec![
            text(&line.topic),
            text(&line.title),
            Cell::Count(line.calls),
            text(&line.behind.join(" ")),
        ]
    });
    Ok(Sheet {
        name: words.say("reasons")?,
        headings: words.list(&["reasons.topic", "reasons.reason", "n", "calls.some"])?,
        rows: rows.collect(),
    })
}

fn exemplars(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let rows = detail.exemplars.iter().map(|line| {
        let cells = [&line.call_id, &line.rule, &line.scenario, &line.why];
        cells.map(|cell| text(cell)).into()
    });
    Ok(Sheet {
        name: words.say("exemplars")?,
        headings: words.list(&["call", "rule", "scenario", "exemplars.why"])?,
        rows: rows.collect(),
    })
}

fn ranked(name: &str, calls: &[RankedCall], words: &Words) -> Result<Sheet, RenderError> {
    let rows = calls.iter().map(|line| {
        let mut row: Vec<Cell> = call(&line.call).into();
        let titles: Vec<&str> = line.violated.iter().map(|rule| &*rule.title).collect();
        row.push(text(&titles.join(words.lang.pick("、", ", "))));
        row.push(Cell::Count(line.passes.into()));
        row
    });
    let mut headings = words.list(&CALL)?;
    headings.extend(words.list(&["violated", "passes"])?);
    Ok(Sheet {
        name: words.say(name)?,
        headings,
        rows: rows.collect(),
    })
}

/// The headings of what [`call`] gives.
const CALL: [&str; 6] = ["call", "points", "time", "agent", "unit", "length"];

fn call(call: &CallLine) -> [Cell; 6] {
    let started = call.started_at;
    let started = started.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    let agent = [&call.agent.name, &call.agent.id];
    let agent: Vec<&str> = agent.into_iter().flatten().map(String::as_str).collect();
    [
        text(&call.call_id),
        Cell::Count(call.points.into()),
        text(&started.unwrap_or_default()),
        text(&agent.join(" ")),
        text(call.unit.as_deref().unwrap_or_default()),
        text(&call.length.to_string()),
    ]
}

fn said(reason: &Reason, lang: Lang) -> &str {
    lang.pick(&reason.zh, &reason.en)
}
