//! The further tables of the month's page as sheets; one that would be empty is left out.

use super::{Cell, Sheet, Words, points, rate, rate_headings, text};
use crate::{
    lang::Lang,
    reports::{
        MonthlyReport,
        month_detail::{GroupLine, MonthDetail},
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
    Ok(sheets
        .into_iter()
        .filter(|sheet| !sheet.rows.is_empty())
        .collect())
}

fn trends(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let (all, unknown) = (words.say("all")?, words.say("unknown-unit")?);
    let share = |rate: &Rate| {
        let found = rate.estimate.as_ref();
        found.map_or(Cell::Empty, |found| Cell::Share(found.value))
    };
    let mut rows = Vec::new();
    for line in &detail.trends {
        let unit = match line.whole {
            true => &all,
            false => line.unit.as_ref().unwrap_or(&unknown),
        };
        rows.push(vec![
            text(unit),
            Cell::Count(line.before.n),
            share(&line.before),
            points(line.points_before),
            Cell::Count(line.now.n),
            share(&line.now),
            points(line.points_now),
            text(&words.say(&format!("direction.{}", line.direction))?),
        ]);
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

fn groups(name: &str, lines: &[GroupLine], words: &Words) -> Result<Sheet, RenderError> {
    let not_given = words.say("not-given")?;
    let rows = lines.iter().map(|line| {
        let mut row = vec![text(line.name.as_ref().unwrap_or(&not_given))];
        row.extend(rate(&line.qualified));
        row.push(points(line.mean_points));
        row.push(Cell::Count(line.with_violation.hits));
        row
    });
    let mut headings = vec![words.say(name)?];
    headings.extend(rate_headings("qualified-rate", words)?);
    headings.extend(words.list(&["mean-points", "with-violation"])?);
    Ok(Sheet {
        name: words.say(name)?,
        headings,
        rows: rows.collect(),
    })
}

fn decisions(detail: &MonthDetail, words: &Words) -> Result<Sheet, RenderError> {
    let figures = &detail.closed_loop;
    let share = |rate: &Option<Rate>| {
        let found = rate.as_ref().and_then(|rate| rate.estimate);
        found.map_or(Cell::Empty, |found| Cell::Share(found.value))
    };
    let lines = [
        ("loop.decided", Cell::Count(figures.decided)),
        ("confirmed", Cell::Count(figures.confirmed)),
        ("false-hits", Cell::Count(figures.false_hits)),
        ("missed", Cell::Count(figures.missed)),
        ("loop.appeals", Cell::Count(figures.appealed)),
        ("overturn-rate", share(&figures.overturned)),
        ("loop.rectifications", Cell::Count(figures.rectifications)),
        ("assessment.rectified", Cell::Count(figures.rectified)),
        ("assessment.overdue", Cell::Count(figures.overdue)),
        ("loop.in-time", share(&figures.in_time)),
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
        ]
    });
    Ok(Sheet {
        name: words.say("reasons")?,
        headings: words.list(&["reasons.topic", "reasons.reason", "n"])?,
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
