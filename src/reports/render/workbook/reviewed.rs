//! The sheets of the month's workbook that rest on people's decisions.

use super::{Cell, Sheet, Words, hundredths, points, rate, rate_headings, repeated, share, text};
use crate::{
    lang::Say,
    reports::{MonthlyReport, render::html::RenderError},
    review::estimates::SampledRate,
    scoring::intervals::Rate,
};

pub(super) fn reviewed(report: &MonthlyReport, words: &Words) -> Result<Vec<Sheet>, RenderError> {
    let Some(detail) = &report.detail else {
        return Ok(Vec::new());
    };
    let unknown = words.say("unknown-unit")?;
    let unit = |unit: &Option<String>| text(unit.as_ref().unwrap_or(&unknown));
    let mut headings = words.list(&["unit", "finals.machine"])?;
    headings.push(words.say("mean-points")?);
    headings.extend(rate_headings("finals.final", words)?);
    headings.extend(words.list(&[
        "mean-points",
        "finals.stand",
        "finals.added",
        "finals.taken",
    ])?);
    let mut rows = Vec::new();
    for line in &detail.units {
        let figures = &line.figures;
        let mut row = vec![
            text(&words.name(figures, "unknown-unit")?),
            share(&figures.machine),
            points(figures.machine_points),
        ];
        row.extend(rate(&figures.qualified));
        row.push(points(figures.mean_points));
        row.extend([line.violations, line.added, line.taken_back].map(Cell::Count));
        rows.push(row);
    }
    let finals = Sheet {
        name: words.say("finals")?,
        headings,
        rows,
    };
    let mut headings = words.list(&["rule", "confirmed", "false-hits", "missed"])?;
    headings.extend(rate_headings("held", words)?);
    for key in ["precision", "recall"] {
        headings.extend(rate_headings(key, words)?);
    }
    let quality = Sheet {
        name: words.say("sheet.precision")?,
        headings,
        rows: detail
            .quality
            .iter()
            .map(|line| {
                let mut row = vec![text(&line.title)];
                row.extend([line.confirmed, line.false_hits, line.missed].map(Cell::Count));
                row.extend(rate(&line.held));
                row.extend(sampled(line.precision));
                row.extend(sampled(line.recall));
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
            "n",
            "finals.final",
            "rules",
            "training.clips",
            "training.exemplar",
        ])?,
        rows: detail
            .training
            .listed
            .iter()
            .map(|line| {
                vec![
                    unit(&line.unit),
                    text(line.agent.as_deref().unwrap_or_default()),
                    Cell::Count(line.qualified.n),
                    line.qualified
                        .estimate
                        .map_or(Cell::Empty, |found| Cell::Share(found.value)),
                    text(&line.rules.join("; ")),
                    text(&line.clips.join("; ")),
                    text(line.exemplar.as_deref().unwrap_or_default()),
                ]
            })
            .collect(),
    };
    Ok(vec![finals, quality, assessment, repeated, training])
}

/// An estimate from a sample, as `rate` writes a rate.
fn sampled(of: Option<SampledRate>) -> [Cell; 5] {
    let rate_of = |of: SampledRate| Rate {
        hits: of.hits,
        n: of.n,
        estimate: of.estimate,
    };
    of.map_or_else(|| [const { Cell::Empty }; 5], |of| rate(&rate_of(of)))
}
