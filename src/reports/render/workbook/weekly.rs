//! The week's workbook.

use super::{Cell, Sheet, Words, rate, rate_headings, repeated, saved, text};
use crate::{
    lang::Lang,
    reports::{
        WeeklyReport,
        render::{html::RenderError, wording::Wording},
    },
};

/// The week's workbook as bytes.
pub fn weekly(report: &WeeklyReport, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words {
        wording: Wording::load()?,
        lang,
    };
    let (all, unknown) = (words.say("all")?, words.say("unknown-unit")?);
    let mut headings = words.list(&["unit", "rule"])?;
    headings.extend(rate_headings("violation-rate", &words)?);
    headings.extend(words.list(&[
        "cannot-judge-count",
        "sheet.before",
        "sheet.before.n",
        "trend.change",
    ])?);
    let mut rows = Vec::new();
    for line in &report.items {
        let unit = if line.whole {
            &all
        } else {
            line.unit.as_ref().unwrap_or(&unknown)
        };
        for (rule, cell) in report.rules.iter().zip(&line.cells) {
            let mut row = vec![text(unit), text(&rule.title)];
            row.extend(rate(&cell.now));
            row.push(Cell::Count(cell.cannot_judge));
            row.push(Cell::Count(cell.before.hits));
            row.push(Cell::Count(cell.before.n));
            row.push(words.direction(cell.direction)?);
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
                    if line.whole {
                        text(&all)
                    } else {
                        unit(&line.unit)
                    },
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
    Ok(saved(
        &[items, spot_checks, repeated, overdue],
        &report.provenance.as_of,
    )?)
}
