//! The calls behind the figures as a sheet, to be filtered by part and figure.

use super::{super::figures::clock, Cell, Sheet, Words, text};
use crate::reports::{BehindList, Label, render::html::RenderError};

pub(super) fn behind(lists: &[BehindList], words: &Words) -> Result<Sheet, RenderError> {
    let mut rows = Vec::new();
    for list in lists {
        let part = words.say(list.part)?;
        let labels: Vec<String> = list
            .labels
            .iter()
            .map(|label| said(label, words))
            .collect::<Result<_, _>>()?;
        let of = labels.join(&words.say("behind.in")?);
        for call in &list.calls {
            let at = call.from_ms.map(clock).unwrap_or_default();
            let mut concerned = call.rules.clone();
            if let Some(mark) = call.mark {
                concerned.push(words.say(mark)?);
            }
            rows.push(vec![
                text(&part),
                text(&of),
                text(&call.call_id),
                text(&at),
                text(&concerned.join(words.lang.pick("、", ", "))),
                Cell::Count(list.total),
            ]);
        }
    }
    Ok(Sheet {
        name: words.say("behind")?,
        headings: words.list(&[
            "behind.part",
            "behind.of",
            "call",
            "sheet.at",
            "behind.concerned",
            "behind.figure",
        ])?,
        rows,
    })
}

fn said(label: &Label, words: &Words) -> Result<String, RenderError> {
    Ok(match label {
        Label::Name(name) => name.clone(),
        Label::Word(key) => words.say(key)?,
        Label::Hour(hour) => words.fill("funnel.hour.from", &[("hour", hour)])?,
        Label::Points(from, to) if from == to => {
            words.fill("behind.full", &[("points", &from.to_string())])?
        }
        Label::Points(from, to) => words.fill(
            "behind.points",
            &[("from", &from.to_string()), ("to", &to.to_string())],
        )?,
    })
}
