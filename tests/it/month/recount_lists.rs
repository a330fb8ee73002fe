//! The recount of the funnel, of what spot checks say, and of lists.

use std::collections::BTreeMap;

use super::{
    database, done,
    figures::{
        Page, SCORED, STANDING, bounds, number, page, query, rate, row, share, sorted, tenths,
        words, written,
    },
    text,
};

/// Dialled calls by `by` from the call list's as the cells of the funnel's tables.
fn dialled(by: &str) -> Vec<Vec<String>> {
    let rows = query(&format!(
        "SELECT {by}, count(*), total(connected = 1), total(connected IS NOT NULL),
            total(connected = 1 AND talk_ms / 1000.0 > 18), total(connected = 1 AND talk_ms IS NOT NULL),
            total(connected = 1 AND converted = 1), total(connected = 1 AND converted IS NOT NULL),
            total(connected = 1 AND converted = 1 AND ordered = 1),
            total(connected = 1 AND converted = 1 AND ordered IS NOT NULL)
         FROM listed_calls WHERE day BETWEEN '2026-10-01' AND '2026-10-31' AND direction = 'outbound'
         GROUP BY 1"
    ));
    let cells = rows.into_iter().map(|row| {
        let mut cells = vec![row[0].clone(), row[1].clone()];
        cells.extend(row[2..].chunks(2).map(|pair| rate(&pair[0], &pair[1])));
        cells
    });
    cells.collect()
}

#[test]
fn the_funnel() {
    let whole = &dialled("'all'")[0];
    let shown = page().rows("funnel", 0);
    let counts = query(
        "SELECT count(*), sum(connected), sum(connected AND talk_ms > 18000),
            sum(connected AND converted), sum(connected AND converted AND ordered)
         FROM listed_calls WHERE month = '2026-10' AND direction = 'outbound'",
    );
    let steps: Vec<String> = shown.iter().map(|row| row[1].clone()).collect();
    assert_eq!(steps, counts[0]);
    for (row, expected) in shown[1..].iter().zip(&whole[2..]) {
        let told = row[4].split(' ').skip(1).collect::<Vec<_>>().join(" ");
        assert_eq!(&format!("{} {}", row[3], told.replace(',', "")), expected);
    }

    let per_day: BTreeMap<String, f64> = query(
        "SELECT unit, count(*) * 1.0 / count(DISTINCT agent_id || day) FROM listed_calls
         WHERE month = '2026-10' AND direction = 'outbound' GROUP BY unit",
    )
    .into_iter()
    .map(|row| (row[0].clone(), number(&row[1])))
    .collect();
    let violated = |by: &str| {
        let rows = query(&format!(
            "SELECT c.{by}, sum(EXISTS (SELECT 1 FROM verdicts v WHERE v.call_id = c.call_id
                    AND v.outcome = 'violation' AND v.rule_digest IN ({SCORED}))), count(*)
             FROM calls c WHERE c.month = '2026-10'
               AND json_extract(c.metadata, '$.direction') = 'outbound' GROUP BY 1"
        ));
        let rows = rows.into_iter();
        rows.map(|row| (row[0].clone(), rate(&row[1], &row[2])))
            .collect::<BTreeMap<_, _>>()
    };
    let of_units = violated("unit");
    let expected = dialled("unit").into_iter().map(|mut row| {
        row.insert(2, tenths(per_day[&row[0]]));
        row.push(of_units[&row[0]].clone());
        row
    });
    assert_eq!(sorted(page().rows("funnel", 2)), sorted(expected.collect()));

    let of_agents = violated("agent_id");
    let expected = dialled("agent_id").into_iter().map(|mut row| {
        row.push(
            of_agents
                .get(&row[0])
                .map_or_else(|| "–".to_owned(), String::clone),
        );
        row
    });
    let shown = page().rows("funnel", 3).into_iter().map(|mut row| {
        row[0] = row[0].split(' ').next_back().expect("a number").to_owned();
        row.remove(2);
        row
    });
    assert_eq!(sorted(shown.collect()), sorted(expected.collect()));
    assert_eq!(
        sorted(page().rows("funnel", 4)),
        sorted(dialled("script")),
        "by script"
    );
    let hours = dialled("hour || ' 时'");
    assert!(hours.len() > 5, "{hours:?}");
    assert_eq!(sorted(page().rows("funnel", 5)), sorted(hours), "by hour");

    // Conversion from the words of the call list, violations from the verdicts.
    let conversions = query(&format!(
        "SELECT EXISTS (SELECT 1 FROM verdicts v WHERE v.call_id = c.call_id
                AND v.outcome = 'violation' AND v.rule_digest IN ({SCORED})) AS violated,
            sum(c.metadata ->> '$.fields.是否办理' = '是'), count(*)
         FROM calls c WHERE c.month = '2026-10' AND c.metadata ->> '$.fields.是否办理' IN ('是', '否')
         GROUP BY violated ORDER BY violated"
    ));
    let shown = page().rows("funnel", 1);
    assert_eq!(conversions.len(), 2);
    for (shown, expected) in shown.iter().zip(&conversions) {
        assert_eq!(shown[1], expected[2]);
        assert_eq!(shown[2], rate(&expected[1], &expected[2]));
    }
}

/// Of each rule what the random spot checks say: every call heard stands for the calls of its
/// stratum by the number heard in it.
#[test]
fn precision_and_recall_are_weighted() {
    let expected = query(&format!(
        "WITH heard AS (
             SELECT i.sample_id, i.call_id,
                    s.calls * 1.0 / count(*) OVER (PARTITION BY i.sample_id, i.unit, i.agent_id) AS w
             FROM sample_items i
             JOIN sample_strata s USING (sample_id, unit, agent_id)
             WHERE i.part = 'random' AND i.heard_at IS NOT NULL),
         marks AS (
             SELECT r.title, h.w, v.machine = 'violation' AS machine,
                    coalesce(f.state IN {STANDING}, 0) AS truth
             FROM heard h JOIN calls c USING (call_id)
             JOIN heard_verdicts v USING (sample_id, call_id)
             JOIN rules r ON r.digest = v.rule_digest
             LEFT JOIN findings f ON f.call_id = h.call_id AND f.rule_id = v.rule_id
             WHERE c.month = '2026-10')
         SELECT title, sum(machine AND truth), sum(machine), sum(truth),
                total(w * (machine AND truth)) / total(w * machine),
                total(w * (machine AND truth)) / total(w * truth)
         FROM marks GROUP BY title"
    ));
    let expected: BTreeMap<String, Vec<String>> = expected
        .into_iter()
        .map(|row| (row[0].clone(), row[1..].to_vec()))
        .collect();
    let told = |hits: &str, n: &str, value: &str| match n {
        "0" => "–".to_owned(),
        _ => format!("{}% {hits}/{n}", tenths(100.0 * number(value))),
    };
    let (mut compared, mut unlike_plain) = (0, 0);
    for row in page().rows("quality", 0) {
        let Some(of_rule) = expected.get(&row[0]) else {
            continue;
        };
        for (cell, n, value) in [
            (&row[5], &of_rule[1], &of_rule[3]),
            (&row[6], &of_rule[2], &of_rule[4]),
        ] {
            let expected = told(&of_rule[0], n, value);
            assert!(
                cell.starts_with(&expected),
                "{}: {cell}, not {expected}",
                row[0]
            );
            compared += u32::from(n != "0");
            let plain = share(number(&of_rule[0]), number(n).max(1.0));
            unlike_plain += u32::from(n != "0" && !cell.starts_with(&plain));
        }
    }
    assert!(
        compared > 5 && unlike_plain > 0,
        "{compared}, {unlike_plain}"
    );
}

#[test]
fn the_training_list() {
    const TARGET: f64 = 0.9;
    let mut expected: BTreeMap<(String, String), String> = BTreeMap::new();
    for (by, label) in [
        ("''", "'全单位'"),
        (
            "c.agent_id",
            "max(c.metadata ->> '$.agent_name') || ' ' || c.agent_id",
        ),
    ] {
        let rows = query(&format!(
            "SELECT {label}, c.unit, sum(coalesce(s.qualified, c.qualified)), count(*),
                EXISTS (SELECT 1 FROM findings back JOIN calls d USING (call_id)
                        JOIN findings old ON old.rule_id = back.rule_id
                        JOIN calls e ON e.call_id = old.call_id AND e.agent_id = d.agent_id
                        WHERE d.agent_id = {by} AND d.unit = c.unit AND d.month = '2026-10'
                          AND unixepoch(d.started_at) > unixepoch(old.rectified_at)
                          AND (back.state IN {STANDING} OR back.state IN ('detected', 'assigned', 'missed')
                               AND back.outcome = 'violation'))
             FROM calls c LEFT JOIN final_scores s USING (call_id)
             WHERE c.month = '2026-10' GROUP BY c.unit, {by}"
        ));
        for row in rows {
            let below = bounds(number(&row[2]), number(&row[3])).1 < TARGET;
            if below || row[4] == "1" {
                let key = (row[0].clone(), row[1].clone());
                expected.insert(key, rate(&row[2], &row[3]));
            }
        }
    }
    let shown = page().rows("learning", 1);
    let listed: BTreeMap<(String, String), String> = shown
        .iter()
        .map(|row| ((row[0].clone(), row[1].clone()), row[2].clone()))
        .collect();
    assert_eq!(
        listed.len(),
        expected.len().min(30),
        "{listed:?}\n{expected:?}"
    );
    assert!(!listed.is_empty());
    for (who, rate) in &listed {
        assert_eq!(Some(rate), expected.get(who), "{who:?}");
    }
}

/// What came in after the report's time is not in it.
#[test]
fn looking_back_leaves_out_later_calls() {
    let html = written("looking-back.html", "2026-10-15T12:00:00+08:00");
    let page = Page(scraper::Html::parse_document(&html));
    let expected = query(
        "SELECT count(*), sum(qualified) FROM calls
         WHERE month = '2026-10' AND added_at <= '2026-10-15T04:00:00Z'",
    );
    let violations = query(&format!(
        "SELECT count(*) FROM verdicts v JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' AND c.added_at <= '2026-10-15T04:00:00Z'
           AND v.outcome = 'violation' AND v.rule_digest IN ({SCORED})"
    ));
    let whole = page.rows("units", 0).pop().expect("a last row");
    assert_eq!(whole[1..3], expected[0][..]);
    assert_eq!(whole[6], violations[0][0]);
    let of_month = query("SELECT count(*) FROM calls WHERE month = '2026-10'");
    assert!(number(&whole[1]) < number(&of_month[0][0]));
    let appeals = query(
        "SELECT count(*) FROM findings f JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' AND f.appealed_at <= '2026-10-15T04:00:00Z'",
    );
    assert_eq!(row(&page.rows("loop", 0), "申诉")[1], appeals[0][0]);
}

/// The bulletin's calls worth hearing are told as they stood at its time, whatever was decided
/// later.
#[test]
fn the_bulletins_calls_stand_as_at_its_time() {
    let mut confirmed = Vec::new();
    for as_of in ["2026-10-13T23:59:59", "2026-11-10T23:59:59"] {
        let name = format!("weekly-{}.html", &as_of[..10]);
        let out = database().with_file_name(name);
        let time = format!("{as_of}+08:00");
        let week = ["report", "weekly", "--week", "2026-W42", "--as", "guanli"];
        let rest = ["--as-of", &time, "--out", text(&out)];
        done(database(), &[&week[..], &rest].concat());
        let html = std::fs::read_to_string(out).expect("written");
        let html = scraper::Html::parse_document(&html);
        let select = |css: &str| scraper::Selector::parse(css).expect("a selector");
        let utc = format!("datetime('{time}')");
        let (mut units, mut marked) = (Vec::new(), 0);
        for case in html.select(&select("#clips .case")) {
            let part = |number| {
                let part = case.select(&select("strong, span")).nth(number);
                part.map_or_else(String::new, |part| words(&part))
            };
            let (call, rule) = (part(0), part(2));
            units.push(part(3));
            let after = query(&format!(
                "SELECT a.after FROM audit a JOIN findings f ON f.finding_id = a.subject
                 JOIN verdicts v USING (call_id, rule_id) JOIN rules r ON r.digest = v.rule_digest
                 WHERE f.call_id = '{call}' AND r.title = '{rule}' AND datetime(a.at) <= {utc}
                   AND v.outcome = 'violation'
                 ORDER BY a.seq DESC LIMIT 1"
            ));
            let state = after.first().map_or("", |row| row[0].as_str());
            let state = state.split('/').next().expect("a first part");
            let dropped = ["false-hit", "overturned", "finally-overturned"];
            assert!(!dropped.contains(&state), "{call} {rule}: {state}");
            let undecided = ["", "detected", "assigned", "missed"];
            let mark = case.select(&select(".mark")).next().is_some();
            assert_eq!(mark, !undecided.contains(&state), "{call} {rule}: {state}");
            marked += u32::from(mark);
        }
        let told = units.len();
        units.sort();
        units.dedup();
        assert_eq!(units.len(), told, "one of each unit");
        confirmed.push((told, marked));
    }
    assert!(
        confirmed[0].0 > 0 && confirmed[0].1 < confirmed[1].1,
        "{confirmed:?}"
    );
    assert_eq!(confirmed[1].0, 3);
}
