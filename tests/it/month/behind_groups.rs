//! The calls behind groups of calls, people, calibrations, random checks and the funnel are those
//! that the figures count.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    behind_figures::{MONTH, assert_named, behind, calls},
    figures::{SCORED, STANDING, page, query},
};

/// A row of each value of a column: its figure, and as many calls as fit.
fn assert_rows_of(
    rows: &BTreeMap<String, (u64, Vec<String>)>,
    prefix: &str,
    column: &str,
    figure: &str,
    most: usize,
) {
    let all = query(&format!(
        "SELECT {column} AS name, count({figure})
         FROM calls c JOIN verdicts v USING (call_id) WHERE {MONTH} GROUP BY name"
    ));
    let mut found = 0;
    for row in all {
        let anchor = format!("{prefix}-{}", row[0]);
        if row[1] == "0" {
            assert!(!rows.contains_key(&anchor), "{anchor}");
            continue;
        }
        let of = query(&format!(
            "SELECT c.call_id FROM calls c JOIN verdicts v USING (call_id)
             WHERE {MONTH} AND {column} = '{}' GROUP BY c.call_id HAVING count({figure}) > 0",
            row[0]
        ));
        let of: BTreeSet<String> = of.into_iter().flatten().collect();
        assert_eq!(rows[&anchor].0.to_string(), row[1], "{anchor}");
        assert_named(&rows[&anchor], &of, most, &anchor);
        found += 1;
    }
    assert!(found > 1, "{prefix}");
}

#[test]
fn groups_scores_and_coverage_lead_to_calls_that_they_count() {
    let rows = behind(&page());
    let found = |outcome: &str| {
        format!("CASE WHEN v.outcome = '{outcome}' AND v.rule_digest IN ({SCORED}) THEN 1 END")
    };
    // Calls with a violation.
    let violated = format!(
        "DISTINCT {}",
        found("violation").replace("THEN 1", "THEN c.call_id")
    );
    assert_rows_of(
        &rows,
        "channel",
        "c.metadata ->> '$.channel'",
        &violated,
        10,
    );
    assert_rows_of(
        &rows,
        "business",
        "c.metadata ->> '$.business'",
        &violated,
        10,
    );
    let agent = "c.unit || '-' || c.agent_id";
    assert_rows_of(&rows, "agent", agent, &found("violation"), 5);
    assert_rows_of(&rows, "unclear", "c.unit", &found("cannot-judge"), 5);
    assert_rows_of(&rows, "unclear", agent, &found("cannot-judge"), 5);
    let passed = "CASE WHEN v.outcome = 'pass' THEN 1 END";
    assert_rows_of(&rows, "passed", "v.rule_id", passed, 5);

    let mut scored = 0;
    for from in (0..=100).step_by(5) {
        let to = (from + 4).min(100);
        let of = calls(&format!("{MONTH} AND c.points BETWEEN {from} AND {to}"));
        match rows.get(&format!("scores-{from}")) {
            Some(row) => {
                assert_eq!(row.0, of.len() as u64);
                assert_named(row, &of, 5, &format!("{from} points"));
                scored += row.0;
            }
            None => assert!(of.is_empty(), "{from}"),
        }
    }
    assert_eq!(scored, calls(MONTH).len() as u64);

    let heard = calls(&format!(
        "{MONTH} AND (
             c.call_id IN (SELECT call_id FROM sample_items WHERE heard_at IS NOT NULL)
             OR c.call_id IN (SELECT call_id FROM calibration_judgements))"
    ));
    assert_named(&rows["heard"], &heard, 10, "heard");
    let unanswered = query(
        "SELECT coalesce(call_id, file) FROM listed_calls
         WHERE month = '2026-10' AND connected = 0",
    );
    let unanswered: BTreeSet<String> = unanswered.into_iter().flatten().collect();
    assert_eq!(rows["unanswered"].0, unanswered.len() as u64);
    assert_named(&rows["unanswered"], &unanswered, 5, "unanswered");
}

#[test]
fn the_funnel_leads_to_calls_that_it_counts() {
    let rows = behind(&page());
    let answered = |condition: &str| {
        query(&format!(
            "SELECT coalesce(call_id, file), converted IS 1 FROM listed_calls
             WHERE month = '2026-10' AND direction = 'outbound' AND connected = 1 AND {condition}"
        ))
    };
    let check = |anchor: &str, condition: &str, most: usize| {
        let found = answered(condition);
        let of: BTreeSet<String> = found.iter().map(|row| row[0].clone()).collect();
        assert_eq!(rows[anchor].0, found.len() as u64, "{anchor}");
        assert_named(&rows[anchor], &of, most, anchor);
        // Those that came furthest are named first.
        let converted = found.iter().filter(|row| row[1] == "1");
        let converted: BTreeSet<&String> = converted.map(|row| &row[0]).collect();
        let first = &rows[anchor].1[..converted.len().min(rows[anchor].1.len())];
        assert!(
            first.iter().all(|call| converted.contains(call)),
            "{anchor}"
        );
    };
    check("funnel-all", "1", 10);
    for (prefix, column) in [
        ("unit", "unit"),
        ("script", "script"),
        ("hour", "hour"),
        ("agent", "unit || '-' || agent_id"),
    ] {
        let values = query(&format!(
            "SELECT DISTINCT {column} FROM listed_calls WHERE month = '2026-10'
             AND direction = 'outbound' AND connected = 1 AND {column} IS NOT NULL"
        ));
        assert!(values.len() > 1, "{prefix}");
        for value in values.concat() {
            let condition = format!("{column} = '{value}'");
            check(&format!("funnel-{prefix}-{value}"), &condition, 5);
        }
    }
    for (anchor, violated) in [("converted-with", "<>"), ("converted-without", "=")] {
        let of = calls(&format!(
            "{MONTH} AND c.metadata ->> '$.direction' = 'outbound' AND c.converted
             AND c.deductions {violated} '[]'"
        ));
        assert_eq!(rows[anchor].0, of.len() as u64);
        assert_named(&rows[anchor], &of, 10, anchor);
    }
}

#[test]
fn inspectors_calibrations_and_random_checks_lead_to_calls_that_they_count() {
    let rows = behind(&page());
    let taken_back = "('false-hit', 'overturned', 'finally-overturned')";
    let overturned =
        "f.appealed_at IS NOT NULL AND f.state IN ('overturned', 'finally-overturned')";
    let lists = [
        (
            "decided",
            format!("(f.state IN {STANDING} OR f.state IN {taken_back})"),
        ),
        (
            "false-hits",
            format!("v.outcome = 'violation' AND f.state IN {taken_back} AND NOT ({overturned})"),
        ),
        ("appealed", "f.appealed_at IS NOT NULL".to_owned()),
        ("overturned", overturned.to_owned()),
    ];
    let inspectors = query(
        "SELECT DISTINCT p.name, p.person_id FROM findings f
                            JOIN people p ON p.person_id = f.decided_by",
    );
    assert!(inspectors.len() > 2, "{inspectors:?}");
    for inspector in &inspectors {
        // Two people of one name are told apart by their ids.
        let alike = inspectors.iter().filter(|other| other[0] == inspector[0]);
        let name = match alike.count() {
            1 => inspector[0].clone(),
            _ => format!("{}-20-{}", inspector[0], inspector[1]),
        };
        for (what, condition) in &lists {
            let found = query(&format!(
                "SELECT f.call_id FROM findings f JOIN calls c USING (call_id)
                 LEFT JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
                 WHERE {MONTH} AND f.moves > 0 AND f.decided_by = '{}' AND {condition}
                 ORDER BY f.call_id, f.rule_id",
                inspector[1]
            ));
            let found = found.concat();
            match rows.get(&format!("inspectors-{what}-{name}")) {
                Some((figure, named)) => {
                    assert_eq!(*figure, found.len() as u64, "{inspector:?} {what}");
                    assert_eq!(
                        named[..],
                        found[..found.len().min(5)],
                        "{inspector:?} {what}"
                    );
                }
                None => assert!(found.is_empty(), "{inspector:?} {what}"),
            }
        }
    }
    let units = query("SELECT DISTINCT unit FROM calls WHERE month = '2026-10'").concat();
    for (what, condition) in [
        (
            "false-hits",
            format!("v.outcome = 'violation' AND f.state IN {taken_back}"),
        ),
        (
            "missed",
            format!("v.outcome <> 'violation' AND f.state IN {STANDING}"),
        ),
    ] {
        for unit in &units {
            let found = query(&format!(
                "SELECT f.call_id FROM findings f JOIN calls c USING (call_id)
                 LEFT JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
                 WHERE {MONTH} AND f.moves > 0 AND c.unit = '{unit}' AND {condition}
                 ORDER BY f.call_id, f.rule_id"
            ));
            let (figure, named) = &rows[&format!("loop-{what}-in-{unit}")];
            assert_eq!(*figure, found.len() as u64, "{unit} {what}");
            assert_eq!(
                named[..],
                found.concat()[..found.len().min(5)],
                "{unit} {what}"
            );
        }
    }

    let calibrations = query(
        "SELECT calibration_id FROM calibrations WHERE closed_at IS NOT NULL
                              AND period LIKE '2026-10%'",
    )
    .concat();
    assert!(!calibrations.is_empty());
    for id in calibrations {
        let of = query(&format!(
            "SELECT call_id FROM calibration_calls WHERE calibration_id = '{id}'"
        ));
        let of: BTreeSet<String> = of.into_iter().flatten().collect();
        let row = &rows[&format!("calibration-{id}")];
        assert_eq!(row.0, of.len() as u64, "{id}");
        assert_named(row, &of, 10, &id);
    }

    // Heard as a whole in the random part, and the machine or people say violation.
    let mut sampled = 0;
    for rule in query("SELECT DISTINCT rule_id FROM rules").concat() {
        let of = calls(&format!(
            "{MONTH} AND EXISTS (
                 SELECT 1 FROM sample_items i
                 LEFT JOIN heard_verdicts h ON h.sample_id = i.sample_id
                     AND h.call_id = i.call_id AND h.rule_id = '{rule}'
                 LEFT JOIN findings f ON f.call_id = i.call_id AND f.rule_id = '{rule}'
                 WHERE i.call_id = c.call_id AND i.part = 'random' AND i.heard_at IS NOT NULL
                   AND (h.machine = 'violation' OR f.state IN {STANDING}))"
        ));
        match rows.get(&format!("sampled-{rule}")) {
            Some(row) => {
                assert_eq!(row.0, of.len() as u64, "{rule}");
                assert_named(row, &of, 10, &rule);
                sampled += row.0;
            }
            None => assert!(of.is_empty(), "{rule}: {of:?}"),
        }
    }
    assert!(sampled > 20, "{sampled}");
}
