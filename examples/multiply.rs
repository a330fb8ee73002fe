//! Many calls from a few: copies of the calls of one database straight into another, to measure
//! reports, exports and searches on. Words, verdicts and findings are copied too; not the times of
//! single words, which nothing that is measured reads.
//!
//! Usage: multiply SOURCE TARGET CALLS [IN_FULL [AGENT_SETS]]
//!
//! Beyond the first `IN_FULL` calls (all) what was said, and verdicts that nothing was found in,
//! are left out: a million in full would be some 26 GB. `AGENT_SETS` (25): how many times as many
//! agents as the source has.

use std::path::Path;

use huiting::store::Store;
use rusqlite::{Connection, params};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, target, numbers @ ..] = &arguments[..] else {
        eprintln!("usage: multiply SOURCE TARGET CALLS [IN_FULL [AGENT_SETS]]");
        std::process::exit(2);
    };
    let numbers: Vec<i64> = numbers
        .iter()
        .map(|number| number.parse().expect("a number"))
        .collect();
    let calls = *numbers.first().expect("a number of calls");
    let in_full = numbers.get(1).copied().unwrap_or(calls);
    let agent_sets = numbers.get(2).copied().unwrap_or(25);
    drop(Store::open(Path::new(target)).expect("the target"));
    let db = Connection::open(target).expect("the target");
    // Nothing is lost if this is cut off: it is made again.
    db.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -200000;",
    )
    .expect("settings");
    db.execute("ATTACH ? AS source", [source])
        .expect("the source");
    db.execute_batch(
        "INSERT INTO models SELECT * FROM source.models;
         INSERT INTO rules SELECT * FROM source.rules;
         INSERT INTO scorecards SELECT * FROM source.scorecards;
         INSERT INTO units SELECT * FROM source.units;
         INSERT INTO people SELECT * FROM source.people;
         INSERT INTO person_units SELECT * FROM source.person_units;",
    )
    .expect("what all calls share");
    let trigger: String = db
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'verdict_counted'",
            [],
            |row| row.get(0),
        )
        .expect("the trigger that counts verdicts");
    db.execute_batch("DROP TRIGGER verdict_counted;")
        .expect("dropped");
    let words = words(&db);
    let of_source: i64 = db
        .query_row("SELECT count(*) FROM source.calls", [], |row| row.get(0))
        .expect("counted");
    let mut made = 0;
    for copy in 0.. {
        if made >= calls {
            break;
        }
        let take = of_source.min(calls - made);
        let words = (made < in_full).then_some(&words);
        one_copy(&db, copy, take, agent_sets, words);
        made += take;
        if copy % 20 == 19 {
            eprintln!("{made} calls");
        }
    }
    db.execute_batch(&trigger).expect("the trigger again");
    db.execute_batch("ANALYZE;").expect("analysed");
}

/// What was said in each recording of the source: the column and the words as they are indexed.
type Words = std::collections::BTreeMap<String, Vec<(String, String)>>;

fn words(db: &Connection) -> Words {
    let mut statement = db
        .prepare(
            "SELECT recording, speaker, text FROM source.utterances ORDER BY recording, position",
        )
        .expect("prepared");
    let mut rows = statement.query([]).expect("queried");
    let mut words = Words::new();
    while let Some(row) = rows.next().expect("read") {
        let text: String = row.get(2).expect("text");
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        let tokens: Vec<String> = letters.map(String::from).collect();
        let said = (row.get(1).expect("a speaker"), tokens.join(" "));
        words
            .entry(row.get(0).expect("a digest"))
            .or_default()
            .push(said);
    }
    words
}

/// `words`: what was said; `None` leaves it out, with the verdicts that found nothing.
fn one_copy(db: &Connection, copy: i64, take: i64, agent_sets: i64, words: Option<&Words>) {
    let agent = format!("'-' || (?1 % {agent_sets})");
    let kept = match words {
        Some(_) => "1",
        None => "outcome IN ('violation', 'cannot-judge')",
    };
    let transaction = db.unchecked_transaction().expect("begun");
    let run = |sql: &str| {
        transaction
            .prepare_cached(sql)
            .expect(sql)
            .execute(params![copy, take])
            .expect(sql)
    };
    let taken = "(SELECT call_id, recording FROM source.calls ORDER BY call_id LIMIT ?2)";
    run(&format!(
        "INSERT INTO recordings (digest, container, codec, sample_rate_hz, channels, duration_ms, incomplete)
         SELECT digest || '-' || ?1, container, codec, sample_rate_hz, channels, duration_ms, incomplete
         FROM source.recordings WHERE digest IN (SELECT recording FROM {taken})"
    ));
    if words.is_some() {
        run(&format!(
            "INSERT INTO transcripts (recording, model, agent_channel, role_source, speakers, timeline, untranscribed)
             SELECT recording || '-' || ?1, model, agent_channel, role_source, speakers, timeline, untranscribed
             FROM source.transcripts WHERE recording IN (SELECT recording FROM {taken})"
        ));
        run(&format!(
            "INSERT INTO utterances (recording, model, position, speaker, from_ms, to_ms, text, probability, words)
             SELECT recording || '-' || ?1, model, position, speaker, from_ms, to_ms, text, probability,
                 '[]'
             FROM source.utterances WHERE recording IN (SELECT recording FROM {taken})"
        ));
    }
    run(&format!(
        "INSERT INTO calls (call_id, recording, path, model, rule_set, scorecard, metadata, month, started_at,
             agent_id, unit, points, qualified, fatal, deductions, passes, cannot_judge, duration_ms, incomplete, converted, added_at,
             violated, deducted, day, agent_name, channel, business, direction)
         SELECT call_id || '-' || ?1, recording || '-' || ?1, path, model, rule_set, scorecard, metadata, month,
             started_at, agent_id || {agent}, unit, points, qualified, fatal, deductions, passes,
             cannot_judge, duration_ms, incomplete, converted, added_at, violated, deducted, day, agent_name,
             channel, business, direction
         FROM source.calls WHERE call_id IN (SELECT call_id FROM {taken})"
    ));
    run(&format!(
        "INSERT INTO verdicts SELECT call_id || '-' || ?1, rule_id, rule_digest, outcome, turns, evidence, reason
         FROM source.verdicts WHERE {kept} AND call_id IN (SELECT call_id FROM {taken})"
    ));
    // By agent and day at once, instead of by the trigger for each verdict.
    run(&format!(
        "INSERT INTO verdict_counts
         SELECT coalesce(c.day, ''), coalesce(c.unit, ''), c.agent_id || {agent}, v.rule_id,
             v.outcome, count(*)
         FROM source.calls c CROSS JOIN source.verdicts v ON v.call_id = c.call_id
         WHERE v.outcome <> 'not-applicable' AND c.call_id IN (SELECT call_id FROM {taken})
         GROUP BY 1, 2, 3, 4, 5
         ON CONFLICT DO UPDATE SET calls = calls + excluded.calls"
    ));
    run(&format!(
        "INSERT INTO findings (finding_id, call_id, rule_id, origin, outcome, rule_digest, model, recording,
             state, rectification, rectification_round, moves, last_seq)
         SELECT lower(hex(randomblob(8))), call_id || '-' || ?1, rule_id, origin, outcome, rule_digest, model,
             recording || '-' || ?1, 'detected', 'none', 0, 0, 0
         FROM source.findings WHERE origin = 'machine' AND call_id IN (SELECT call_id FROM {taken})"
    ));
    // Of calls that nobody answered as many as the source has for these calls.
    run(&format!(
        "INSERT INTO listed_calls SELECT file || '-' || ?1, call_id || '-' || ?1, month, found, unit,
             agent_id || {agent}, agent_name, direction, day, hour, script, connected,
             talk_ms, converted, ordered, listed_at
         FROM source.listed_calls ORDER BY file LIMIT ?2 * 2"
    ));
    run(&format!(
        "INSERT INTO reasons SELECT call_id || '-' || ?1, topic, cue, title, title_en, evidence
         FROM source.reasons WHERE call_id IN (SELECT call_id FROM {taken})"
    ));
    if let Some(words) = words {
        index_words(&transaction, copy, take, words);
    }
    transaction.commit().expect("committed");
}

/// Makes what was said in the copy's calls searchable.
fn index_words(transaction: &Connection, copy: i64, take: i64, words: &Words) {
    let mut calls = transaction
        .prepare_cached("SELECT recording, model FROM source.calls ORDER BY call_id LIMIT ?")
        .expect("prepared");
    let mut rows = calls.query([take]).expect("queried");
    while let Some(row) = rows.next().expect("read") {
        let (recording, model): (String, String) =
            (row.get(0).expect("text"), row.get(1).expect("text"));
        transaction
            .prepare_cached("INSERT INTO heard (recording, model) VALUES (? || '-' || ?, ?)")
            .expect("prepared")
            .execute(params![recording, copy, model])
            .expect("inserted");
        let first = transaction.last_insert_rowid() * 65_536;
        for (position, (speaker, tokens)) in (first..).zip(&words[&recording]) {
            transaction
                .prepare_cached(&format!(
                    "INSERT INTO heard_words (rowid, {speaker}) VALUES (?, ?)"
                ))
                .expect("prepared")
                .execute(params![position, tokens])
                .expect("inserted");
        }
    }
}
