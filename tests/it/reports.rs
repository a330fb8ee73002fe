//! The monthly report as people see it, made from generated calls.

mod generated;

use huiting::{
    lang::Lang,
    reports::{
        MonthlyReport, MonthlySettings,
        render::{self, html::Templates},
    },
};

use self::generated::{CUSTOMER, calls, report};

/// Fails on what a browser would have to repair, on numbers of people, and on anything that the
/// page would have to fetch.
fn check_page(page: &str) {
    let parsed = scraper::Html::parse_document(page);
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    for number in [CUSTOMER, "370102199003078515"] {
        assert!(!page.contains(number), "{number} is in the page");
    }
    for outside in [
        "http:", "https:", "src=", "@import", "url(", "<script", "<link",
    ] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
    let selector = |css| scraper::Selector::parse(css).expect("a selector");
    let ids: Vec<&str> = parsed
        .select(&selector("[id]"))
        .filter_map(|found| found.attr("id"))
        .collect();
    let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id stands twice");
    for link in parsed.select(&selector("a")) {
        let target = link
            .attr("href")
            .and_then(|href| href.strip_prefix('#'))
            .unwrap_or_default();
        assert!(unique.contains(target), "a link to #{target} leads nowhere");
    }
    for picture in parsed.select(&selector("svg [width], svg [x]")) {
        for name in ["width", "x"] {
            let width = picture.attr(name).unwrap_or_default();
            assert!(
                !width.contains("NaN") && !width.contains('-'),
                "{}",
                picture.html()
            );
        }
    }
}

/// Also what to look at: target/report-preview/.
#[test]
fn a_month_of_five_units() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("../report-preview");
    std::fs::create_dir_all(&folder).expect("a folder in target");
    let calls = calls(400, 20_261_031);
    let report = report(&calls, MonthlySettings::default());
    for (lang, name) in [(Lang::Zh, "monthly.html"), (Lang::En, "monthly-en.html")] {
        let page = render::html::monthly(&report, lang, &Templates::default()).expect("a page");
        check_page(&page);
        assert!(page.contains("400") && page.contains("外呼一组"));
        std::fs::write(folder.join(name), page).expect("a file in target");
    }
}

#[test]
fn a_month_without_calls() {
    let page = render::html::monthly(
        &report(&[], MonthlySettings::default()),
        Lang::Zh,
        &Templates::default(),
    )
    .expect("a page");
    check_page(&page);
    assert!(page.contains("本月没有判定任何录音"));
}

#[test]
fn nothing_is_taken_for_markup() {
    let mut calls = calls(12, 7);
    for call in &mut calls {
        call.metadata.agent_name = Some("<b>&\"'".into());
        call.metadata.unit = Some("</style><script>".into());
        for evidence in call
            .verdicts
            .iter_mut()
            .flat_map(|verdict| &mut verdict.evidence)
        {
            evidence.text = "</q><img src=x>".into();
        }
    }
    let page = render::html::monthly(
        &report(&calls, MonthlySettings::default()),
        Lang::Zh,
        &Templates::default(),
    )
    .expect("a page");
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"));
    assert!(page.contains("&lt;b&gt;"));
    assert!(scraper::Html::parse_document(&page).errors.is_empty());
}

/// The text of the page, one line for each piece that stands by itself.
fn shown_text(page: &str) -> String {
    let parsed = scraper::Html::parse_document(page);
    let blocks = scraper::Selector::parse("h1, h2, h3, p, li, tr, dt, dd, .row, figcaption")
        .expect("a selector");
    let nested =
        scraper::Selector::parse("p, li, tr, dt, dd, .row, figcaption").expect("a selector");
    let lines = parsed
        .select(&blocks)
        .filter(|block| block.select(&nested).next().is_none());
    let words = lines.map(|block| {
        let pieces: Vec<&str> = block.text().flat_map(str::split_whitespace).collect();
        pieces.join(" ")
    });
    words.collect::<Vec<_>>().join("\n")
}

fn small_month() -> MonthlyReport {
    let mut calls = calls(24, 3);
    calls.truncate(24);
    let settings = MonthlySettings {
        scope: Some("济南分公司".into()),
        small_n: 5,
        worst_listed: 2,
        best_listed: 1,
        agents_listed: 4,
        violations_listed_per_rule: 1,
        cannot_judge_listed_per_rule: 1,
        ..MonthlySettings::default()
    };
    report(&calls, settings)
}

#[test]
fn what_a_small_month_says_in_chinese() {
    let page =
        render::html::monthly(&small_month(), Lang::Zh, &Templates::default()).expect("a page");
    insta::assert_snapshot!(shown_text(&page));
}

#[test]
fn what_a_small_month_says_in_english() {
    let page =
        render::html::monthly(&small_month(), Lang::En, &Templates::default()).expect("a page");
    insta::assert_snapshot!(shown_text(&page));
}
