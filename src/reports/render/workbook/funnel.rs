//! The sheet of the outbound funnel: the whole, then by unit, agent, script and hour.

use super::{Cell, Sheet, Words, points, rate, text};
use crate::{
    reports::{Funnel, FunnelLine, render::html::RenderError},
    scoring::intervals::Rate,
};

pub(super) fn funnel_sheet(funnel: &Funnel, words: &Words) -> Result<Sheet, RenderError> {
    let mut headings = words.list(&[
        "sheet.funnel.by",
        "unit",
        "sheet.funnel.name",
        "funnel.dialled",
        "funnel.per-day",
    ])?;
    for key in [
        "funnel.connected",
        "funnel.long",
        "funnel.converted",
        "funnel.ordered",
        "with-violation",
    ] {
        let step = words.say(key)?;
        for part in ["sheet.hits", "sheet.of", "sheet.share"] {
            headings.push(format!("{step} {}", words.say(part)?));
        }
    }
    let unknown = words.say("not-given")?;
    let mut rows = vec![row(&words.say("all")?, "", &funnel.whole)];
    for line in &funnel.units {
        let unit = line.unit.as_ref().unwrap_or(&unknown);
        rows.push(row(&words.say("unit")?, unit, line));
    }
    for line in &funnel.agents.listed {
        let id = line.group.as_ref().unwrap_or(&unknown);
        let name = match &line.agent_name {
            Some(name) => format!("{name} {id}"),
            None => id.clone(),
        };
        rows.push(row(&words.say("agent")?, &name, line));
    }
    for (kind, lines) in [
        ("funnel.script", &funnel.scripts),
        ("funnel.hour", &funnel.hours),
    ] {
        for line in lines {
            let name = line.group.as_ref().unwrap_or(&unknown);
            rows.push(row(&words.say(kind)?, name, line));
        }
    }
    for (key, conversion) in [
        ("funnel.without", &funnel.without_violation),
        ("funnel.with", &funnel.with_violation),
    ] {
        let mut cells = vec![text(&words.say("funnel.violations")?), Cell::Empty];
        cells.push(text(&words.say(key)?));
        cells.extend((0..8).map(|_| Cell::Empty));
        cells.extend(share(conversion));
        rows.push(cells);
    }
    Ok(Sheet {
        name: words.say("funnel")?,
        headings,
        rows,
    })
}

fn row(by: &str, name: &str, line: &FunnelLine) -> Vec<Cell> {
    let mut cells = vec![
        text(by),
        text(line.unit.as_deref().unwrap_or_default()),
        text(name),
        Cell::Count(line.dialled),
        points(line.per_day),
    ];
    for step in [
        &line.connected,
        &line.long_talk,
        &line.converted,
        &line.ordered,
        &line.violated,
    ] {
        cells.extend(share(step));
    }
    cells
}

/// Hits, n and share; nothing where nothing is known.
fn share(of: &Rate) -> [Cell; 3] {
    match of.n {
        0 => [Cell::Empty, Cell::Empty, Cell::Empty],
        _ => {
            let [hits, n, share, ..] = rate(of);
            [hits, n, share]
        }
    }
}
