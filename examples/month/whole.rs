//! The whole month: calls, people, decisions, spot checks, calibrations, exemplars.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};
use huiting::{
    lang::Say,
    pipeline::Judge,
    rules::RuleSet,
    scoring::Scorecard,
    store::{Store, StoreError},
};

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
    let (heard, done) = reviewed(&mut store, &staff, seed).expect("people's work");
    format!(
        "{calls} calls, {} moves, {} refused, {heard} heard",
        done.moves, done.refused
    )
}

/// Five weeks of people's work in the order of time.
fn reviewed(
    store: &mut Store,
    staff: &review::Staff,
    seed: u64,
) -> Result<(u64, review::Done), StoreError> {
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a day");
    let (first, october) = (first_day(), day(10, 1));
    let mut work = review::Work::new(store, 0.55, seed)?;
    let mut heard = 0;
    for week in 0..5 {
        if week == 4 {
            for round in 0..2 {
                work.until(store, staff, review::calibration_time(october, round))?;
                review::calibration(store, staff, october, round, seed).expect("a calibration");
            }
            work.until(store, staff, review::exemplar_time(first))?;
            review::exemplars(store, staff, first)?;
        }
        work.until(store, staff, review::spot_check_time(first, week))?;
        heard += review::spot_check(store, staff, first, week, seed)?;
    }
    work.until(store, staff, noon(day(11, 10)))?;
    Ok((heard, work.done))
}
