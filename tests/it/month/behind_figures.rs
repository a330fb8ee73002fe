//! From a figure to the calls behind it: every link leads somewhere, and what is named there is
//! what the figure counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    database, done,
    figures::{Page, SCORED, STANDING, number, page, query, words},
    text,
};

pub(super) fn selector(css: &str) -> scraper::Selector {
    scraper::Selector::parse(css).expect("a selector")
}

fn weekly() -> Page {
    let out = database().with_file_name("weekly-behind.html");
    let week = ["report", "weekly", "--week", "2026-W42", "--as", "guanli"];
    let time = ["--as-of", "2026-11-10T23:59:59+08:00", "--out", text(&out)];
    done(database(), &[&week[..], &time].concat());
    let html = std::fs::read_to_string(out).expect("written");
    Page(scraper::Html::parse_document(&html))
}

/// The links with their words, each of which leads to something on the page.
fn links(page: &Page) -> Vec<(String, String)> {
    let with_id = selector("[id]");
    let all = page.0.select(&with_id);
    let ids: Vec<&str> = all.filter_map(|one| one.value().id()).collect();
    let told: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(told.len(), ids.len(), "an id stands twice");
    let linked = selector("main a[href], nav a[href]");
    let links = page.0.select(&linked);
    let links: Vec<(String, String)> = links
        .map(|link| {
            let to = link.value().attr("href").unwrap_or_default();
            let to = to.strip_prefix('#').expect("a place on the page");
            (words(&link), to.to_owned())
        })
        .collect();
    let mut led_to = BTreeSet::new();
    for (of, to) in &links {
        assert!(told.contains(to.as_str()), "{of} leads to #{to}");
        led_to.insert(to.as_str());
    }
    let named = selector("#behind tr[id]");
    for row in page.0.select(&named).filter_map(|row| row.value().id()) {
        assert!(led_to.contains(row), "nothing leads to #{row}");
    }
    links
}

/// The rows behind figures by their anchors: the figure, and the calls named.
pub(super) fn behind(page: &Page) -> BTreeMap<String, (u64, Vec<String>)> {
    let (with_id, of_row) = (selector("#behind tr[id]"), selector("td.wraps .whole"));
    let rows = page.0.select(&with_id).map(|row| {
        let figure = row.select(&selector("td.num")).next().expect("a figure");
        let calls = row.select(&of_row);
        let calls = calls.map(|call| {
            let told = words(&call);
            told.split(' ').next().expect("an id").to_owned()
        });
        let figure = words(&figure).replace(',', "");
        (
            row.value().id().expect("an id").to_owned(),
            (number(&figure) as u64, calls.collect()),
        )
    });
    rows.collect()
}

/// The calls that a condition holds for.
pub(super) fn calls(condition: &str) -> BTreeSet<String> {
    let rows = query(&format!("SELECT c.call_id FROM calls c WHERE {condition}"));
    rows.into_iter().flatten().collect()
}

/// The figure counts this, and as many as fit are named, each one of them.
pub(super) fn assert_named(
    row: &(u64, Vec<String>),
    of: &BTreeSet<String>,
    most: usize,
    what: &str,
) {
    let (_, named) = row;
    assert_eq!(named.len(), of.len().min(most), "{what}: {named:?}");
    let told: BTreeSet<&String> = named.iter().collect();
    assert_eq!(told.len(), named.len(), "{what}: {named:?}");
    assert!(
        named.iter().all(|call| of.contains(call)),
        "{what}: {named:?}"
    );
}

pub(super) const MONTH: &str = "c.month = '2026-10'";

#[test]
fn every_figure_of_violations_leads_to_calls_that_it_counts() {
    let page = page();
    let links = links(&page);
    let rows = behind(&page);
    let violated = format!(
        "EXISTS (SELECT 1 FROM verdicts v WHERE v.call_id = c.call_id
             AND v.outcome = 'violation' AND v.rule_digest IN ({SCORED}))"
    );
    let mut key_items = 0;
    for unit in query("SELECT DISTINCT unit FROM calls WHERE month = '2026-10'").concat() {
        let row = &rows[&format!("unit-{unit}")];
        let of = calls(&format!("{MONTH} AND c.unit = '{unit}' AND {violated}"));
        let violations = &query(&format!(
            "SELECT count(*) FROM verdicts v JOIN calls c USING (call_id)
             WHERE {MONTH} AND c.unit = '{unit}' AND v.outcome = 'violation'
               AND v.rule_digest IN ({SCORED})"
        ))[0][0];
        assert_eq!(row.0.to_string(), *violations, "{unit}");
        assert_named(row, &of, 10, &unit);
        assert!(links.contains(&(unit.clone(), format!("unit-{unit}"))));
        for rule in [
            "double-confirmation",
            "penalty-disclosure",
            "overage-disclosure",
        ] {
            let of = calls(&format!(
                "{MONTH} AND c.unit = '{unit}' AND EXISTS (SELECT 1 FROM verdicts v
                     WHERE v.call_id = c.call_id AND v.outcome = 'violation' AND v.rule_id = '{rule}')"
            ));
            let anchor = format!("key-{rule}-{unit}");
            let Some(row) = rows.get(&anchor) else {
                assert!(of.is_empty(), "{anchor}");
                continue;
            };
            assert_eq!(row.0, of.len() as u64, "{anchor}");
            assert_named(row, &of, 5, &anchor);
            assert!(links.contains(&(row.0.to_string(), anchor)));
            key_items += 1;
        }
    }
    assert!(key_items > 8, "{key_items}");
    let agents = query("SELECT DISTINCT unit, agent_id FROM calls WHERE month = '2026-10'");
    assert_eq!(agents.len(), 40);
    for agent in agents {
        let (unit, id) = (&agent[0], &agent[1]);
        let of = calls(&format!(
            "{MONTH} AND c.unit = '{unit}' AND c.agent_id = '{id}' AND {violated}"
        ));
        let anchor = format!("agent-{unit}-{id}");
        match rows.get(&anchor) {
            Some(row) => {
                assert_named(row, &of, 5, id);
                assert!(links.contains(&(row.0.to_string(), anchor)));
            }
            None => assert!(of.is_empty(), "{id}"),
        }
    }
}

#[test]
fn every_figure_of_the_loop_leads_to_calls_that_it_counts() {
    let rows = behind(&page());
    let taken_back = "('false-hit', 'overturned', 'finally-overturned')";
    let machine = "v.outcome = 'violation'";
    let lists = [
        ("confirmed", format!("{machine} AND f.state IN {STANDING}")),
        (
            "false-hits",
            format!("{machine} AND f.state IN {taken_back}"),
        ),
        (
            "missed",
            format!("v.outcome <> 'violation' AND f.state IN {STANDING}"),
        ),
        (
            "cleared",
            format!("v.outcome <> 'violation' AND f.state IN {taken_back}"),
        ),
        (
            "decided",
            format!("(f.state IN {STANDING} OR f.state IN {taken_back})"),
        ),
        ("rectified", "f.rectification = 'passed'".to_owned()),
        ("appealed", "f.appealed_at IS NOT NULL".to_owned()),
        (
            "appeals-open",
            "f.state IN ('appealed', 'escalated')".to_owned(),
        ),
        (
            "overturned",
            "f.appealed_at IS NOT NULL AND f.state IN ('overturned', 'finally-overturned')"
                .to_owned(),
        ),
        (
            "rectifications",
            "f.rectification NOT IN ('none', 'void')".to_owned(),
        ),
        (
            "overdue",
            "f.rectification = 'opened' AND f.rectify_until < '2026-11-10T15:59:59Z'".to_owned(),
        ),
    ];
    let mut compared = 0;
    for (what, condition) in lists {
        let found = query(&format!(
            "SELECT f.call_id FROM findings f JOIN calls c USING (call_id)
             LEFT JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
             WHERE {MONTH} AND f.moves > 0 AND {condition} ORDER BY f.call_id, f.rule_id"
        ));
        let found: Vec<String> = found.into_iter().flatten().collect();
        match rows.get(&format!("loop-{what}")) {
            Some((figure, named)) => {
                assert_eq!(*figure, found.len() as u64, "{what}");
                assert_eq!(named[..], found[..found.len().min(10)], "{what}");
                compared += 1;
            }
            None => assert!(found.is_empty(), "{what}"),
        }
    }
    assert!(compared > 8, "{compared}");

    // And of each rule.
    let confirmed = query(&format!(
        "SELECT f.rule_id, count(*), group_concat(f.call_id, ' ')
         FROM (SELECT * FROM findings ORDER BY call_id) f JOIN calls c USING (call_id)
         JOIN verdicts v ON v.call_id = f.call_id AND v.rule_id = f.rule_id
         WHERE {MONTH} AND f.moves > 0 AND {machine} AND f.state IN {STANDING} GROUP BY f.rule_id"
    ));
    assert!(confirmed.len() > 4, "{confirmed:?}");
    for row in confirmed {
        let (figure, named) = &rows[&format!("loop-confirmed-{}", row[0])];
        assert_eq!(figure.to_string(), row[1], "{}", row[0]);
        let of: BTreeSet<&str> = row[2].split(' ').collect();
        assert_eq!(named.len(), of.len().min(5));
        assert!(named.iter().all(|call| of.contains(call.as_str())));
    }
}

#[test]
fn the_bulletin_says_what_is_left_to_a_person_and_leads_to_calls() {
    let page = weekly();
    let links = links(&page);
    let rows = behind(&page);
    let days = "c.day BETWEEN '2026-10-12' AND '2026-10-18'";
    let rules = [
        "double-confirmation",
        "irreversible-change",
        "overage-disclosure",
        "penalty-disclosure",
    ];
    let (mut left_to_a_person, mut led) = (0, 0);
    let shown = page.rows("items", 0);
    let of_head = selector("#items thead th");
    let headings = page.0.select(&of_head);
    let headings: Vec<String> = headings.skip(1).map(|cell| words(&cell)).collect();
    for rule in rules {
        let title = &query(&format!("SELECT title FROM rules WHERE rule_id = '{rule}'"))[0][0];
        let at = headings.iter().position(|one| one == title).expect(rule) + 1;
        for row in &shown {
            let whole = row[0] == "全体";
            let of = |outcome: &str| {
                let unit = if whole {
                    "1"
                } else {
                    &format!("c.unit = '{}'", row[0])
                };
                calls(&format!(
                    "{days} AND {unit} AND EXISTS (SELECT 1 FROM verdicts v
                         WHERE v.call_id = c.call_id AND v.outcome = '{outcome}' AND v.rule_id = '{rule}')"
                ))
            };
            let (violations, passes, unclear) = (of("violation"), of("pass"), of("cannot-judge"));
            let told = format!("{}/{}", violations.len(), violations.len() + passes.len());
            let cell = row[at].replace(" /", "/");
            assert!(cell.contains(&told), "{rule} {row:?}: {told}");
            let waiting = format!("待人工 {}", unclear.len());
            assert_eq!(
                row[at].contains("待人工"),
                !unclear.is_empty(),
                "{rule} {row:?}"
            );
            assert!(
                unclear.is_empty() || row[at].contains(&waiting),
                "{row:?}: {waiting}"
            );
            left_to_a_person += unclear.len();
            let anchor = format!("key-{rule}-{}", row[0]);
            if let Some(named) = rows.get(&anchor) {
                assert_named(named, &violations, 5, &anchor);
                assert!(links.contains(&(violations.len().to_string(), anchor)));
                led += 1;
            } else {
                assert!(whole || violations.is_empty(), "{anchor}");
            }
        }
    }
    assert!(left_to_a_person > 0 && led > 5, "{left_to_a_person}, {led}");

    for unit in query("SELECT DISTINCT unit FROM calls").concat() {
        let heard = calls(&format!(
            "{days} AND c.unit = '{unit}' AND c.call_id IN (
                 SELECT call_id FROM sample_items WHERE heard_at <= '2026-11-10T15:59:59Z')"
        ));
        match rows.get(&format!("heard-{unit}")) {
            Some(row) => {
                assert_eq!(row.0, heard.len() as u64);
                assert_named(row, &heard, 5, &unit);
            }
            None => assert!(heard.is_empty(), "{unit}"),
        }
    }

    let checks = page.rows("spot-checks", 0);
    let (whole, units) = checks.split_last().expect("rows");
    assert_eq!(whole[0], "全体");
    for at in [1, 2] {
        let sum: f64 = units.iter().map(|row| number(&row[at])).sum();
        assert_eq!(number(&whole[at]), sum);
    }
}
