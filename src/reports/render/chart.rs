//! Charts as small SVG pictures that stand in the text.
//!
//! Lengths along the measure are percentages of whatever width the page gives, so that a chart is
//! as legible on a telephone as on paper; words and numbers beside the pictures are the page's own.
//! Colours are classes of the page's style sheet.

use std::fmt::Write;

use crate::reports::ScoreBand;

/// A rate with the whiskers of its interval on a scale from 0 to 100 %; `reference` draws the
/// rate that it is to be compared with. All within 0 … 1. The page gives the height too: rows
/// without a gap between them let the lines of the scale run through.
pub(super) fn whisker(value: f64, low: f64, high: f64, reference: Option<f64>) -> String {
    let mut svg = String::from("<svg class=\"plot whiskers\" aria-hidden=\"true\">");
    let mut line = |class: &str, from: &str, to: &str, top: &str, bottom: &str| {
        push(
            &mut svg,
            format_args!(
                "<line class=\"{class}\" x1=\"{from}\" x2=\"{to}\" y1=\"{top}\" y2=\"{bottom}\"/>"
            ),
        );
    };
    for quarter in 0..=4 {
        let x = percent(f64::from(quarter) / 4.0);
        line("grid", &x, &x, "0%", "100%");
    }
    if let Some(x) = reference.map(percent) {
        line("reference", &x, &x, "0%", "100%");
    }
    let (left, right) = (percent(low), percent(high));
    line("whisker", &left, &right, "50%", "50%");
    // The ends of the whiskers are as high on every page: measured from the middle of the row.
    svg.push_str("<svg y=\"50%\" overflow=\"visible\">");
    for end in [&left, &right] {
        push(
            &mut svg,
            format_args!("<line class=\"whisker\" x1=\"{end}\" x2=\"{end}\" y1=\"-4\" y2=\"4\"/>"),
        );
    }
    push(
        &mut svg,
        format_args!(
            "<circle class=\"dot\" cx=\"{}\" cy=\"0\" r=\"4\"/></svg></svg>",
            percent(value)
        ),
    );
    svg
}

/// The scale under a column of whiskers.
pub(super) fn rate_scale() -> String {
    let mut svg = String::from("<svg class=\"plot scale\" height=\"16\" aria-hidden=\"true\">");
    for quarter in 0..=4 {
        let x = percent(f64::from(quarter) / 4.0);
        let anchor = match quarter {
            0 => "start",
            4 => "end",
            _ => "middle",
        };
        push(
            &mut svg,
            format_args!(
                "<text x=\"{x}\" y=\"12\" text-anchor=\"{anchor}\">{}%</text>",
                quarter * 25
            ),
        );
    }
    svg + "</svg>"
}

/// Two counts end to end, on a scale from 0 to `longest`.
pub(super) fn stacked_bar(violations: u64, cannot_judge: u64, longest: u64) -> String {
    let scale = longest.max(1) as f64;
    let first = violations as f64 / scale;
    let second = cannot_judge as f64 / scale;
    format!(
        "<svg class=\"plot\" height=\"14\" aria-hidden=\"true\">\
         <rect class=\"bar\" x=\"0%\" y=\"1\" width=\"{}\" height=\"12\"/>\
         <rect class=\"bar-unsure\" x=\"{}\" y=\"1\" width=\"{}\" height=\"12\"/></svg>",
        percent(first),
        percent(first),
        percent(second),
    )
}

const BAR_SPACE: f64 = 96.0;

/// How many calls have how many points, in columns; those from `qualified_at` on stand out, and
/// the border is drawn. Each column leads to its calls where `linked` knows the anchor, which also
/// gives the words for who cannot see it.
pub(super) fn score_histogram(
    bands: &[ScoreBand],
    qualified_at: u32,
    linked: impl Fn(&ScoreBand) -> Option<(String, String)>,
) -> String {
    let highest = bands.iter().map(|band| band.calls).max();
    let highest = highest.unwrap_or(0).max(1) as f64;
    let column = 1.0 / bands.len().max(1) as f64;
    let base = 16.0 + BAR_SPACE;
    let mut svg = format!("<svg class=\"plot histogram\" height=\"{}\">", base + 20.0);
    for (at, band) in bands.iter().enumerate() {
        let calls = band.calls;
        let left = at as f64 * column;
        let middle = percent(left + column / 2.0);
        let class = match band.from < qualified_at {
            true => "bar-below",
            false => "bar",
        };
        if calls > 0 {
            let height = (calls as f64 / highest * BAR_SPACE).max(1.0);
            let link = linked(band);
            if let Some((anchor, words)) = &link {
                push(
                    &mut svg,
                    format_args!("<a href=\"#{anchor}\" aria-label=\"{words}\">"),
                );
            }
            push(
                &mut svg,
                format_args!(
                    "<rect class=\"{class}\" x=\"{}\" y=\"{:.1}\" width=\"{}\" height=\"{height:.1}\"/>\
                 <text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{calls}</text>",
                    percent(left + column * 0.12),
                    base - height,
                    percent(column * 0.76),
                    base - height - 4.0,
                ),
            );
            if link.is_some() {
                svg.push_str("</a>");
            }
        }
        if at % 4 == 0 {
            push(
                &mut svg,
                format_args!(
                    "<text class=\"tick\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    base + 15.0,
                    band.from
                ),
            );
        }
    }
    let wide = bands.first().map_or(1, |band| band.to - band.from + 1);
    let border = percent(f64::from(qualified_at) / f64::from(wide) * column);
    push(
        &mut svg,
        format_args!(
            "<line class=\"axis\" x1=\"0%\" x2=\"100%\" y1=\"{base}\" y2=\"{base}\"/>\
         <line class=\"reference\" x1=\"{border}\" x2=\"{border}\" y1=\"0\" y2=\"{base}\"/></svg>"
        ),
    );
    svg
}

/// A length along the measure, with no more digits than a screen shows.
fn percent(share: f64) -> String {
    let percent = (share.clamp(0.0, 1.0) * 10_000.0).round() / 100.0;
    format!("{percent}%")
}

fn push(svg: &mut String, arguments: std::fmt::Arguments) {
    svg.write_fmt(arguments)
        .expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_with_whiskers() {
        insta::assert_snapshot!(whisker(0.5, 0.25, 2.0 / 3.0, Some(0.6)));
    }

    #[test]
    fn bars_fill_the_width_of_the_longest() {
        let bar = stacked_bar(3, 1, 4);
        assert!(
            bar.contains("width=\"75%\"")
                && bar.contains("x=\"75%\"")
                && bar.contains("width=\"25%\"")
        );
        assert!(stacked_bar(0, 0, 0).contains("width=\"0%\""));
    }

    #[test]
    fn every_column_says_how_many_and_leads_to_them() {
        let bands = [(0, 3), (5, 0), (10, 4)].map(|(from, calls)| ScoreBand {
            from,
            to: from + 4,
            calls,
        });
        let linked = |band: &ScoreBand| {
            let calls = band.calls;
            (band.from == 10).then(|| ("ten".to_owned(), format!("{calls} calls")))
        };
        let svg = score_histogram(&bands, 10, linked);
        assert!(svg.contains(">3<") && svg.contains(">4<"), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 2);
        assert_eq!(svg.matches("bar-below").count(), 1);
        assert_eq!(
            svg.matches("<a href=\"#ten\" aria-label=\"4 calls\">")
                .count(),
            1
        );
        assert_eq!(svg.matches("</a>").count(), 1);
    }
}
