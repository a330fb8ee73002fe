//! The recount.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::ValueRef};

use super::{database, done, text};

/// The report's page as rows of cells by the id of their section and the number of the table in it.
struct Page(scraper::Html);

impl Page {
    fn rows(&self, section: &str, table: usize) -> Vec<Vec<String>> {
        let selector = |css: &str| scraper::Selector::parse(css).expect("a selector");
        let tables = selector(&format!("#{section} table"));
        let table = self.0.select(&tables).nth(table);
        let table = table.unwrap_or_else(|| panic!("no such table in {section}"));
        table
            .select(&selector("tbody tr, tfoot tr"))
            .map(|row| {
                row.select(&selector("th, td"))
                    .map(|cell| words(&cell))
                    .collect()
            })
            .collect()
    }
}

fn words(element: &scraper::ElementRef<'_>) -> String {
    let words: Vec<&str> = element.text().flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// The month's page, made once.
fn page() -> Page {
    static MADE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let page = MADE.get_or_init(|| written("monthly.html", "2026-11-10T23:59:59+08:00"));
    Page(scraper::Html::parse_document(page))
}

/// The page of the month as of a time.
fn written(name: &str, as_of: &str) -> String {
    let out = database().with_file_name(name);
    let arguments = [
        "report",
        "monthly",
        "--month",
        "2026-10",
        "--as",
        "guanli",
        "--as-of",
        as_of,
        "--out",
        text(&out),
    ];
    done(database(), &arguments);
    std::fs::read_to_string(out).expect("written")
}

fn db() -> Connection {
    Connection::open(database()).expect("opens")
}

/// Rows of a query; numbers and text as text, nothing as an empty text.
fn query(sql: &str) -> Vec<Vec<String>> {
    let db = db();
    let mut statement = db.prepare(sql).expect(sql);
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect(sql);
    let mut found = Vec::new();
    while let Some(row) = rows.next().expect(sql) {
        let cell = |column| match row.get_ref(column).expect("a value") {
            ValueRef::Null => String::new(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Blob(_) => panic!("no blobs"),
        };
        found.push((0..columns).map(cell).collect());
    }
    found
}

fn number(text: &str) -> f64 {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

/// `78.0%`, halves up.
fn share(hits: f64, n: f64) -> String {
    tenths(100.0 * hits / n) + "%"
}

fn tenths(figure: f64) -> String {
    format!("{:.1}", (figure * 10.0 + 1e-9).round() / 10.0)
}

/// Wilson's interval in the form of Agresti and Coull's paper: the roots of the quadratic in p.
fn bounds(hits: f64, n: f64) -> (f64, f64) {
    let z2 = 1.959_963_984_540_054_f64.powi(2);
    let (a, b, c) = (n + z2, 2.0 * hits + z2, hits * hits / n);
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    let (low, high) = ((b - root) / (2.0 * a), (b + root) / (2.0 * a));
    (low.max(0.0), high.min(1.0))
}

fn interval(hits: f64, n: f64) -> String {
    let (low, high) = bounds(hits, n);
    format!("{}–{}%", tenths(100.0 * low), tenths(100.0 * high))
}

/// `92.1% 70/76 83.8–96.3%`, or a dash.
fn rate(hits: &str, n: &str) -> String {
    let (hits, n) = (number(hits), number(n));
    match n == 0.0 {
        true => "–".to_owned(),
        false => format!("{} {hits}/{n} {}", share(hits, n), interval(hits, n)),
    }
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

const SCORED: &str = "SELECT digest FROM rules WHERE scored";

/// n, hits, points, violations and cannot-judge of the month's calls by `by`.
fn groups(by: &str) -> Vec<Vec<String>> {
    query(&format!(
        "SELECT {by}, count(*), sum(qualified), sum(points),
            (SELECT count(*) FROM verdicts v JOIN calls d USING (call_id)
             WHERE v.outcome = 'violation' AND v.rule_digest IN ({SCORED})
               AND d.month = '2026-10' AND d.{by} IS c.{by}),
            (SELECT count(*) FROM verdicts v JOIN calls d USING (call_id)
             WHERE v.outcome = 'cannot-judge' AND v.rule_digest IN ({SCORED})
               AND d.month = '2026-10' AND d.{by} IS c.{by})
         FROM calls c WHERE month = '2026-10' GROUP BY {by}"
    ))
}

#[test]
fn units_and_agents() {
    let shown = page().rows("units", 0);
    let (all, units) = shown.split_last().expect("rows");
    let expected = groups("unit").into_iter().map(|row| {
        let [unit, n, hits, points, violations, unclear] = &row[..] else {
            panic!("six columns")
        };
        let (n_of, hits_of) = (number(n), number(hits));
        vec![
            unit.clone(),
            n.clone(),
            hits.clone(),
            share(hits_of, n_of),
            interval(hits_of, n_of),
            tenths(number(points) / n_of),
            violations.clone(),
            unclear.clone(),
        ]
    });
    let units = units.iter().map(|row| row[..8].to_vec()).collect();
    assert_eq!(sorted(units), sorted(expected.collect()));
    let whole = query("SELECT count(*), sum(qualified) FROM calls WHERE month = '2026-10'");
    assert_eq!(all[1..3], whole[0][..]);

    let shown = page()
        .rows("agents", 0)
        .into_iter()
        .filter(|row| row.len() > 2);
    let shown: Vec<Vec<String>> = shown
        .map(|row| {
            let id = row[0].split(' ').next_back().expect("a number").to_owned();
            vec![
                id,
                row[1].clone(),
                row[2].clone(),
                row[3].clone(),
                row[5].clone(),
                row[6].clone(),
                row[7].clone(),
            ]
        })
        .collect();
    let expected = groups("agent_id").into_iter().map(|row| {
        let (n, hits) = (number(&row[1]), number(&row[2]));
        vec![
            row[0].clone(),
            row[1].clone(),
            share(hits, n),
            interval(hits, n),
            tenths(number(&row[3]) / n),
            row[4].clone(),
            row[5].clone(),
        ]
    });
    assert_eq!(sorted(shown), sorted(expected.collect()));
}

#[test]
fn rules_and_key_items() {
    let counted = "sum(v.outcome <> 'not-applicable'), sum(v.outcome = 'violation'),
        sum(v.outcome = 'cannot-judge'), sum(v.outcome IN ('violation', 'pass'))";
    let of_rules = query(&format!(
        "SELECT r.title, {counted} FROM verdicts v JOIN rules r ON r.digest = v.rule_digest
         JOIN calls c USING (call_id) WHERE c.month = '2026-10' GROUP BY v.rule_id
         HAVING sum(v.outcome <> 'not-applicable') > 0"
    ));
    let expected = of_rules.iter().map(|row| {
        let (hits, n) = (number(&row[2]), number(&row[4]));
        let (part, range) = match n == 0.0 {
            true => ("–".to_owned(), "–".to_owned()),
            false => (share(hits, n), interval(hits, n)),
        };
        vec![
            row[0].clone(),
            row[1].clone(),
            row[2].clone(),
            row[3].clone(),
            part,
            range,
        ]
    });
    let shown = page()
        .rows("rules", 0)
        .into_iter()
        .filter(|row| row[2] != "0");
    let shown = shown.map(|row| {
        vec![
            row[0].clone(),
            row[2].clone(),
            row[3].clone(),
            row[4].clone(),
            row[5].clone(),
            row[6].clone(),
        ]
    });
    assert_eq!(sorted(shown.collect()), sorted(expected.collect()));

    let by_unit = query(&format!(
        "SELECT c.unit, v.rule_id, {counted} FROM verdicts v JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' AND v.rule_id IN ('double-confirmation', 'penalty-disclosure',
             'overage-disclosure', 'irreversible-change') GROUP BY c.unit, v.rule_id"
    ));
    let mut cells: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in by_unit {
        let (hits, n) = (number(&row[3]), number(&row[5]));
        let mut cell = match (row[2] == "0", n == 0.0) {
            (true, _) => "未触发".to_owned(),
            (_, true) => format!("– {hits} / {n}"),
            _ => format!("{} {hits} / {n}", share(hits, n)),
        };
        if row[4] != "0" {
            cell.push_str(&format!(" 待人工 {}", row[4]));
        }
        cells.insert((row[0].clone(), row[1].clone()), cell);
    }
    let ids = [
        "double-confirmation",
        "irreversible-change",
        "overage-disclosure",
        "penalty-disclosure",
    ];
    let shown = page().rows("key-items", 0);
    for row in &shown[..shown.len() - 1] {
        for (id, cell) in ids.iter().zip(&row[1..]) {
            let key = (row[0].clone(), (*id).to_owned());
            let expected = cells.get(&key).map_or("未触发", String::as_str);
            assert_eq!(cell, expected, "{key:?}");
        }
    }
}

const TAKEN_BACK: &str = "('false-hit', 'overturned', 'finally-overturned')";
const STANDING: &str =
    "('confirmed', 'published', 'acknowledged', 'appealed', 'upheld', 'escalated',
    'finally-upheld', 'closed')";

/// Violations that stand, by unit and severity.
fn standing() -> BTreeMap<(String, String), f64> {
    let rows = query(&format!(
        "SELECT c.unit, r.severity, count(*) FROM calls c
         JOIN verdicts v USING (call_id) JOIN rules r ON r.digest = v.rule_digest
         LEFT JOIN findings f ON f.call_id = v.call_id AND f.rule_id = v.rule_id
         WHERE c.month = '2026-10' AND r.scored AND (
             (v.outcome = 'violation' AND coalesce(f.state, '') NOT IN {TAKEN_BACK})
             OR (v.outcome <> 'violation' AND f.state IN {STANDING}))
         GROUP BY c.unit, r.severity"
    ));
    let rows = rows
        .into_iter()
        .map(|row| ((row[0].clone(), row[1].clone()), number(&row[2])));
    rows.collect()
}

#[test]
fn finals_come_from_the_final_scores() {
    let expected = query(
        "SELECT c.unit, count(*), sum(c.qualified), sum(c.points),
                sum(coalesce(s.qualified, c.qualified)), sum(coalesce(s.points, c.points))
         FROM calls c LEFT JOIN final_scores s USING (call_id) WHERE c.month = '2026-10'
         GROUP BY c.unit",
    );
    let standing = standing();
    let mut expected: Vec<Vec<String>> = expected
        .into_iter()
        .map(|row| {
            let n = number(&row[1]);
            let of_unit = standing.iter().filter(|((unit, _), _)| *unit == row[0]);
            let violations: f64 = of_unit.map(|(_, count)| count).sum();
            vec![
                row[0].clone(),
                row[1].clone(),
                rate(&row[2], &row[1]),
                tenths(number(&row[3]) / n),
                rate(&row[4], &row[1]),
                tenths(number(&row[5]) / n),
                violations.to_string(),
            ]
        })
        .collect();
    expected.sort();
    let shown = page().rows("finals", 0);
    let shown = shown[..shown.len() - 1].iter().map(|row| row[..7].to_vec());
    assert_eq!(sorted(shown.collect()), expected);

    let trend = query(
        "SELECT unit, sum(qualified), count(*) FROM calls WHERE month = '2026-09' GROUP BY unit",
    );
    let trend: BTreeMap<String, String> = trend
        .into_iter()
        .map(|row| (row[0].clone(), rate(&row[1], &row[2])))
        .collect();
    for row in page().rows("finals", 1) {
        if row[0] != "全体" {
            let expected = trend.get(&row[0]).map_or("–", String::as_str);
            assert_eq!(row[1], expected, "{}", row[0]);
        }
    }
    for (table, column) in [(2, "channel"), (3, "business")] {
        let expected = query(&format!(
            "SELECT json_extract(metadata, '$.{column}') k, count(*), sum(qualified), sum(points),
                    sum(EXISTS (SELECT 1 FROM verdicts v WHERE v.call_id = c.call_id
                        AND v.outcome = 'violation' AND v.rule_digest IN ({SCORED})))
             FROM calls c WHERE month = '2026-10' GROUP BY k"
        ));
        let expected = expected.into_iter().map(|row| {
            vec![
                row[0].clone(),
                row[1].clone(),
                rate(&row[2], &row[1]),
                tenths(number(&row[3]) / number(&row[1])),
                rate(&row[4], &row[1]),
            ]
        });
        assert_eq!(
            sorted(page().rows("finals", table)),
            sorted(expected.collect())
        );
    }
}

#[test]
fn precision_recall_and_the_loop() {
    let quality = query(&format!(
        "SELECT r.title,
            sum(v.outcome = 'violation' AND f.state IN {STANDING}),
            sum(v.outcome = 'violation' AND f.state IN {TAKEN_BACK}),
            sum(v.outcome <> 'violation' AND f.state IN {STANDING}),
            sum(f.appealed_at IS NOT NULL AND f.state IN ('overturned', 'finally-overturned')),
            sum(f.appealed_at IS NOT NULL AND f.state NOT IN ('appealed', 'escalated'))
         FROM findings f JOIN calls c USING (call_id) JOIN rules r ON r.digest = f.rule_digest
         LEFT JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
         WHERE c.month = '2026-10' AND f.moves > 0 GROUP BY f.rule_id"
    ));
    let expected: BTreeMap<String, Vec<String>> = quality
        .into_iter()
        .map(|row| {
            let decided = number(&row[1]) + number(&row[2]);
            let cells = vec![
                row[1].clone(),
                row[2].clone(),
                row[3].clone(),
                rate(&row[1], &decided.to_string()),
                rate(&row[4], &row[5]),
            ];
            (row[0].clone(), cells)
        })
        .collect();
    let shown = page().rows("quality", 0);
    assert!(shown.len() > 5, "{shown:?}");
    for row in &shown {
        let cells = vec![
            row[1].clone(),
            row[2].clone(),
            row[3].clone(),
            row[4].clone(),
            row[7].clone(),
        ];
        assert_eq!(&cells, &expected[&row[0]], "{}", row[0]);
    }

    let figures = query(&format!(
        "SELECT sum(f.state IN {STANDING} OR f.state IN {TAKEN_BACK}),
            sum(f.appealed_at IS NOT NULL),
            sum(f.rectification NOT IN ('none', 'void'))
         FROM findings f JOIN calls c USING (call_id) WHERE c.month = '2026-10' AND f.moves > 0"
    ));
    let shown = page().rows("loop", 0);
    let shown = [&shown[0][1], &shown[1][1], &shown[3][1]];
    assert_eq!(shown.map(String::clone).to_vec(), figures[0]);

    let calibrations = query(
        "SELECT j.calibration_id, sum(j.outcome = x.outcome), count(*)
         FROM calibration_judgements j JOIN calibrations k USING (calibration_id)
         JOIN calibration_judgements x ON x.calibration_id = j.calibration_id
          AND x.call_id = j.call_id AND x.rule_id = j.rule_id AND x.person_id = k.expert
         WHERE j.person_id <> k.expert GROUP BY 1",
    );
    let shown = page().rows("loop", 3);
    assert_eq!(shown.len(), 2, "two calibrations: {shown:?}");
    for (shown, expected) in shown.iter().zip(&calibrations) {
        assert_eq!(shown[0], expected[0]);
        assert_eq!(shown[4], rate(&expected[1], &expected[2]));
    }
}

#[test]
fn assessment_by_hand() {
    let standing = standing();
    let rectified = query(
        "SELECT c.unit, r.severity, count(*) FROM findings f JOIN calls c USING (call_id)
         JOIN rules r ON r.digest = f.rule_digest
         WHERE c.month = '2026-10' AND f.rectification = 'passed' AND f.submitted_at <= f.rectify_until
         GROUP BY 1, 2",
    );
    let rectified: BTreeMap<(String, String), f64> = rectified
        .into_iter()
        .map(|row| ((row[0].clone(), row[1].clone()), number(&row[2])))
        .collect();
    let overdue = query(
        "SELECT c.unit, count(*) FROM findings f JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' AND f.rectification = 'opened'
           AND f.rectify_until < '2026-11-10T15:59:59Z' GROUP BY 1",
    );
    let overdue: BTreeMap<String, f64> = overdue
        .into_iter()
        .map(|row| (row[0].clone(), number(&row[1])))
        .collect();
    let rounded = |figure: f64| (figure * 100.0 + 1e-6).round() / 100.0;
    let mut expected = BTreeMap::new();
    for row in query("SELECT unit, count(*) FROM calls WHERE month = '2026-10' GROUP BY unit") {
        let calls = number(&row[1]);
        let mut points = 100.0;
        for (severity, price, cap) in [
            ("fatal", 10.0, 40.0),
            ("critical", 4.0, 30.0),
            ("major", 2.0, 20.0),
            ("minor", 1.0, 10.0),
        ] {
            let key = (row[0].clone(), format!("\"{severity}\""));
            let violations = standing.get(&key).copied().unwrap_or(0.0);
            let in_time = rectified.get(&key).copied().unwrap_or(0.0).min(violations);
            let deduction = f64::min(rounded(violations * 100.0 / calls) * price, cap);
            let credit = match violations == 0.0 {
                true => 0.0,
                false => rounded(deduction * in_time / violations * 0.5),
            };
            points -= deduction - credit;
        }
        points -= (overdue.get(&row[0]).copied().unwrap_or(0.0) * 2.0).min(10.0);
        let shown = format!("{} n = {}", row[0], row[1]);
        expected.insert(shown, format!("{:.2} 分", points.max(0.0)));
    }
    let shown = page()
        .rows("assessment", 0)
        .into_iter()
        .filter(|row| row.len() == 2);
    let shown: BTreeMap<String, String> =
        shown.map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(shown, expected);
}

#[test]
fn coverage_and_reasons() {
    let shown = page().rows("coverage", 0);
    let listed = query(
        "SELECT count(*), sum(file LIKE 'missing-%'), sum(file LIKE 'unanswered:%')
         FROM listed_calls WHERE month = '2026-10'",
    );
    assert_eq!(
        [&shown[0][1], &shown[1][1], &shown[2][1]]
            .map(String::clone)
            .to_vec(),
        listed[0]
    );
    let judged = query("SELECT count(*) FROM calls WHERE month = '2026-10'");
    assert_eq!(shown.last().expect("rows")[1], judged[0][0]);
    let reasons = query(
        "SELECT r.title, count(DISTINCT r.call_id) FROM reasons r JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' GROUP BY r.topic, r.cue",
    );
    let shown = page().rows("reasons", 0).into_iter();
    let shown = shown.map(|row| vec![row[1].clone(), row[2].clone()]);
    assert_eq!(sorted(shown.collect()), sorted(reasons));
}

/// Dialled calls by `by` from the call list's rows, as the cells of the funnel's tables.
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
    assert_eq!(page.rows("loop", 0)[1][1], appeals[0][0]);
}
