//! The recount of groups of calls: by the machine, by people's word, and the month before.

use std::collections::BTreeMap;

use super::{
    figures::{SCORED, number, page, query, rate, tenths},
    recount::standing,
};

/// Groups of the month's calls by an expression: the machine's rate and mean, the final ones, those
/// of the month before, and how many calls have violations.
fn compared(by: &str) -> BTreeMap<String, [String; 7]> {
    let rows = query(&format!(
        "SELECT {by} AS k,
            sum(c.month = '2026-10'), sum((c.month = '2026-10') * c.qualified),
            sum((c.month = '2026-10') * c.points),
            sum((c.month = '2026-10') * coalesce(s.qualified, c.qualified)),
            sum((c.month = '2026-10') * coalesce(s.points, c.points)),
            sum(c.month = '2026-09'), sum((c.month = '2026-09') * coalesce(s.qualified, c.qualified)),
            sum((c.month = '2026-09') * coalesce(s.points, c.points)),
            sum(c.month = '2026-10' AND EXISTS (SELECT 1 FROM verdicts v WHERE v.call_id = c.call_id
                AND v.outcome = 'violation' AND v.rule_digest IN ({SCORED})))
         FROM calls c LEFT JOIN final_scores s USING (call_id)
         WHERE c.month IN ('2026-09', '2026-10') GROUP BY k HAVING sum(c.month = '2026-10') > 0"
    ));
    let mean = |points: &str, n: &str| match number(n) == 0.0 {
        true => "–".to_owned(),
        false => tenths(number(points) / number(n)),
    };
    let rows = rows.into_iter().map(|row| {
        let cells = [
            rate(&row[2], &row[1]),
            mean(&row[3], &row[1]),
            rate(&row[4], &row[1]),
            mean(&row[5], &row[1]),
            rate(&row[7], &row[6]),
            mean(&row[8], &row[6]),
            rate(&row[9], &row[1]),
        ];
        (row[0].clone(), cells)
    });
    rows.collect()
}

/// Units, the two teams together as the tree has them above them, and all.
fn with_upper(
    cells: impl Fn(&str) -> BTreeMap<String, [String; 7]>,
) -> BTreeMap<String, [String; 7]> {
    let mut lines = cells("c.unit");
    let upper = cells("iif(c.unit IN ('外呼一组', '外呼二组'), '电话营销中心 合计', '')");
    lines.extend(upper.into_iter().filter(|(name, _)| !name.is_empty()));
    lines.extend(cells("'全体'"));
    lines
}

#[test]
fn finals_and_the_month_before_come_from_the_final_scores() {
    let lines = with_upper(compared);
    let standing = standing();
    let of = |unit: &str| -> f64 {
        let of_unit = standing.iter().filter(|((one, _), _)| match unit {
            "全体" => true,
            "电话营销中心 合计" => one.starts_with("外呼"),
            _ => one == unit,
        });
        of_unit.map(|(_, count)| count).sum()
    };
    let shown = page().rows("finals", 0);
    assert_eq!(shown.len(), lines.len());
    for row in &shown {
        let line = &lines[&row[0]];
        assert_eq!(row[2..6], line[..4], "{}", row[0]);
        assert_eq!(
            row[6].replace(',', ""),
            of(&row[0]).to_string(),
            "{}",
            row[0]
        );
    }
    let trend = page().rows("finals", 1);
    assert_eq!(trend.len(), lines.len());
    for row in &trend {
        let line = &lines[&row[0]];
        let told = [&row[1], &row[2], &row[3], &row[4]].map(|cell| cell.replace(',', ""));
        assert_eq!(
            told,
            [4, 5, 2, 3].map(|at: usize| line[at].clone()),
            "{}",
            row[0]
        );
    }
    for (table, column) in [(2, "channel"), (3, "business")] {
        let lines = compared(&format!("json_extract(c.metadata, '$.{column}')"));
        let shown = page().rows("finals", table);
        assert_eq!(shown.len(), lines.len());
        for row in &shown {
            let line = &lines[&row[0]];
            let told = row[2..8].iter().map(|cell| cell.replace(',', ""));
            assert_eq!(told.collect::<Vec<_>>(), line[..6], "{}", row[0]);
            assert_eq!(row[9].replace(',', ""), line[6], "{}", row[0]);
        }
    }
    let lines = compared("c.agent_id");
    let agents = page().rows("finals", 4).into_iter();
    let agents: Vec<_> = agents.filter(|row| row.len() > 2).collect();
    assert_eq!(agents.len(), lines.len());
    for row in &agents {
        let id = row[0].split(' ').next_back().expect("a number");
        assert_eq!(row[2..8], lines[id][..6], "{}", row[0]);
    }
    let whole = &with_upper(compared)["全体"];
    let share = |cell: &str| cell.split(' ').next().expect("a share").to_owned();
    let headline = page().text("#summary .main");
    let told = format!("人工复核后 {}，上月 {}", share(&whole[2]), share(&whole[4]));
    assert!(headline.contains(&told), "{headline}: {told}");
}
