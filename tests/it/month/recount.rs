//! The recount.

use std::collections::BTreeMap;

use super::figures::{
    SCORED, STANDING, bounds, interval, number, page, query, rate, row, share, sorted, tenths,
};

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
    let before: BTreeMap<String, (f64, f64)> = query(
        "SELECT r.title, sum(v.outcome = 'violation'), sum(v.outcome IN ('violation', 'pass'))
         FROM verdicts v JOIN rules r ON r.digest = v.rule_digest JOIN calls c USING (call_id)
         WHERE c.month = '2026-09' GROUP BY v.rule_id",
    )
    .into_iter()
    .map(|row| (row[0].clone(), (number(&row[1]), number(&row[2]))))
    .collect();
    let mut with_before = 0;
    let mut trend = |title: &str, hits: f64, n: f64| {
        let (old_hits, old_n) = before.get(title).copied().unwrap_or_default();
        if old_n == 0.0 {
            return ["–".to_owned(), "≈".to_owned()];
        }
        with_before += 1;
        let (now, old) = (bounds(hits, n), bounds(old_hits, old_n));
        let direction = match (old.1 < now.0, now.1 < old.0) {
            (true, _) => "上升",
            (_, true) => "下降",
            _ => "≈",
        };
        let told = format!("{} {old_hits}/{old_n}", share(old_hits, old_n));
        [told, direction.to_owned()]
    };
    let expected = of_rules.iter().map(|row| {
        let (hits, n) = (number(&row[2]), number(&row[4]));
        let [old, direction] = trend(&row[0], hits, n);
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
            old,
            direction,
        ]
    });
    let expected = sorted(expected.collect());
    assert!(with_before > 5, "{with_before} rules have a month before");
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
            row[7].clone(),
            row[8].clone(),
        ]
    });
    assert_eq!(sorted(shown.collect()), expected);

    let by_unit = query(&format!(
        "SELECT c.unit, v.rule_id, {counted},
             (SELECT group_concat(hits || '/' || n) FROM (
                 SELECT sum(w.outcome = 'violation') AS hits, count(*) AS n
                 FROM verdicts w JOIN calls d USING (call_id)
                 WHERE d.month = '2026-09' AND d.unit = c.unit AND w.rule_id = v.rule_id
                   AND w.outcome IN ('violation', 'pass')))
         FROM verdicts v JOIN calls c USING (call_id)
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
        if let Some((hits, n)) = row[6].split_once('/') {
            let part = share(number(hits), number(n));
            cell.push_str(&format!(" 上月 {part}（{hits}/{n}）"));
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
            let cell = cell.trim_end_matches(" 上升").trim_end_matches(" 下降");
            assert_eq!(cell, expected, "{key:?}");
        }
    }
}

const TAKEN_BACK: &str = "('false-hit', 'overturned', 'finally-overturned')";

/// Violations that stand, by unit and severity.
pub(super) fn standing() -> BTreeMap<(String, String), f64> {
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
    let told = ["人工决定", "申诉", "整改"].map(|name| row(&shown, name)[1].clone());
    assert_eq!(told.to_vec(), figures[0]);
    let parts = ["确认", "误判或撤销", "漏判", "待人工的判为没有违规"];
    let parts = parts.map(|name| number(&row(&shown, name)[1]));
    assert_eq!(parts.iter().sum::<f64>().to_string(), figures[0][0]);
    let in_time = query(
        "SELECT sum(submitted_at <= rectify_until),
            sum(submitted_at <= rectify_until OR rectification = 'passed'
                OR rectification = 'opened' AND rectify_until < '2026-11-10T15:59:59Z'),
            sum(NOT coalesce(submitted_at <= rectify_until OR rectification = 'passed'
                OR rectification = 'opened' AND rectify_until < '2026-11-10T15:59:59Z', 0))
         FROM findings f JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' AND f.rectification NOT IN ('none', 'void')",
    );
    let [hits, n, later] = &in_time[0][..] else {
        panic!("three counts");
    };
    let told = &row(&shown, "按期提交")[2];
    assert!(
        told.starts_with(&format!("{hits}/{n}, ")),
        "{told}: {hits}/{n}"
    );
    assert!(
        told.contains(&format!("另有 {later} 项还在期限内")),
        "{told}: {later}"
    );

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
    let missing = query(
        "SELECT min(file) FROM listed_calls WHERE month = '2026-10' AND file LIKE 'missing-%'",
    );
    let told = &row(&shown, "其中没有找到录音")[2];
    assert!(told.contains(&missing[0][0]), "{told}: {}", missing[0][0]);
    let judged = query("SELECT count(*) FROM calls WHERE month = '2026-10'");
    assert_eq!(row(&shown, "完成判定")[1].replace(',', ""), judged[0][0]);
    let heard = query(
        "SELECT count(*), sum(c.call_id IN (SELECT call_id FROM sample_items WHERE heard_at IS NOT NULL)
                OR c.call_id IN (SELECT call_id FROM calibration_judgements))
         FROM calls c WHERE c.month = '2026-10' AND (
             c.call_id IN (SELECT call_id FROM sample_items WHERE heard_at IS NOT NULL)
             OR c.call_id IN (SELECT call_id FROM calibration_judgements)
             OR c.call_id IN (SELECT call_id FROM findings WHERE decided_at IS NOT NULL))",
    );
    let told = row(&shown, "有人听过或复核过");
    assert_eq!(told[1], heard[0][0]);
    let of = format!("听过 {} 通", heard[0][1]);
    assert!(told[2].contains(&of), "{}: {of}", told[2]);
    let reasons = query(
        "SELECT r.title, count(DISTINCT r.call_id) FROM reasons r JOIN calls c USING (call_id)
         WHERE c.month = '2026-10' GROUP BY r.topic, r.cue",
    );
    let shown = page().rows("reasons", 0).into_iter();
    let shown = shown.map(|row| vec![row[1].clone(), row[2].clone()]);
    assert_eq!(sorted(shown.collect()), sorted(reasons));
}
