//! The calls behind the figures as a sheet, to be filtered by unit, agent or rule.

use super::{super::figures::clock, Cell, Sheet, Words, text};
use crate::reports::{AgentLabel, BehindCall, MonthlyReport, render::html::RenderError};

pub(super) fn behind(report: &MonthlyReport, words: &Words) -> Result<Sheet, RenderError> {
    let unknown = words.say("unknown-unit")?;
    let mut rows = Vec::new();
    let mut add = |of: &str, unit: &str, who: &str, figure: u64, calls: &[BehindCall]| {
        for call in calls {
            let at = call.from_ms.map(clock).unwrap_or_default();
            let rules = call.rules.join(words.lang.pick("、", ", "));
            rows.push(vec![
                text(of),
                text(unit),
                text(who),
                Cell::Count(figure),
                text(&call.call_id),
                text(&at),
                text(&rules),
            ]);
        }
    };
    let of_violations = words.say("violations-count")?;
    for line in &report.units {
        let unit = line.unit.as_ref().unwrap_or(&unknown);
        add(&of_violations, unit, "", line.violations, &line.behind);
    }
    for line in &report.key_items.units {
        let unit = line.unit.as_ref().unwrap_or(&unknown);
        let cells = line.counts.iter().zip(&line.behind);
        for (rule, (count, calls)) in report.key_items.rules.iter().zip(cells) {
            add(&rule.title, unit, "", count.violations, calls);
        }
    }
    for line in &report.agents.listed {
        let AgentLabel { id, name } = &line.agent;
        let parts: Vec<&str> = [name, id]
            .into_iter()
            .flatten()
            .map(|part| &**part)
            .collect();
        let unit = line.figures.unit.as_ref().unwrap_or(&unknown);
        let who = parts.join(" ");
        add(
            &of_violations,
            unit,
            &who,
            line.figures.violations,
            &line.figures.behind,
        );
    }
    let loop_lists = report
        .detail
        .iter()
        .flat_map(|detail| &detail.closed_loop.behind);
    for list in loop_lists {
        let mut of = words.say(&format!("behind.{}", list.what))?;
        if let Some((_, title)) = &list.rule {
            of.push_str(words.lang.pick("：", ": "));
            of.push_str(title);
        }
        add(&of, "", "", list.total, &list.calls);
    }
    Ok(Sheet {
        name: words.say("behind")?,
        headings: words.list(&[
            "behind.of",
            "unit",
            "agent",
            "behind.figure",
            "call",
            "sheet.at",
            "rules",
        ])?,
        rows,
    })
}
