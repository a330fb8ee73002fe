//! The whole month: calls, people, decisions, spot checks, calibrations, exemplars.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};
use huiting::{lang::Say, pipeline::Judge, rules::RuleSet, scoring::Scorecard, store::Store};

use super::{generate, review};

/// Noon of a day on the clock of the calls.
pub fn noon(day: NaiveDate) -> DateTime<FixedOffset> {
    let clock = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let noon = day.and_hms_opt(12, 0, 0).expect("a time of day");
    clock
        .from_local_datetime(&noon)
        .single()
        .expect("no summer time")
}

/// The first of five weeks: a Monday.
pub fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 28).expect("a Monday")
}

/// Makes the database; the same for the same number of calls and seed.
pub fn make(path: &Path, calls: usize, seed: u64) -> String {
    let rules_folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules");
    let rules = RuleSet::read(&rules_folder).unwrap_or_else(|error| {
        panic!("{}", error.say(huiting::lang::Lang::En));
    });
    let card = std::fs::read_to_string(rules_folder.join("scorecard.toml")).expect("the scorecard");
    let scorecard = Scorecard::parse(&card).expect("a good scorecard");
    let digest = blake3::hash(card.as_bytes()).to_hex().to_string();
    let by = Judge {
        rules: &rules,
        scorecard: &scorecard,
        scorecard_digest: &digest,
    };
    let settings = generate::MonthSettings {
        calls,
        seed,
        first_day: first_day(),
        recordings: 8,
        folder: path.with_extension("recordings"),
    };
    let mut store = Store::open(path).expect("the database");
    generate::write(&mut store, &by, &settings).expect("calls");
    let agents = generate::agents(seed);
    let staff = review::staff(&mut store, &agents, noon(first_day())).expect("people");
    let heard = review::spot_checks(&mut store, &staff, first_day(), seed).expect("spot checks");
    let until = noon(NaiveDate::from_ymd_opt(2026, 11, 10).expect("a day"));
    let done = review::work(&mut store, &staff, 0.55, until, seed).expect("moves");
    let october = NaiveDate::from_ymd_opt(2026, 10, 1).expect("a day");
    review::calibrations(&mut store, &staff, october, seed).expect("calibrations");
    review::exemplars(&mut store, &staff, first_day()).expect("exemplars");
    format!(
        "{calls} calls, {} moves, {} refused, {heard} heard",
        done.moves, done.refused
    )
}
