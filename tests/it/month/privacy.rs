//! No number of a person in any byte that leaves; clips hold the tone where a number is said.

use std::{fs, path::Path};

use super::{copy, database, done, huiting, text};

/// Every number that the month's calls name, in figures and as it is said.
fn numbers(db: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(db).expect("opens");
    let mut statement = db
        .prepare("SELECT DISTINCT json_extract(metadata, '$.customer_number') FROM calls")
        .expect("prepared");
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .expect("queried");
    let spoken = |digits: &str| -> String {
        let word = |c: char| {
            "零幺二三四五六七八九"
                .chars()
                .nth(c as usize - '0' as usize)
        };
        digits.chars().filter_map(word).collect()
    };
    let mut numbers: Vec<String> = rows
        .map(|row| row.expect("a number"))
        .flat_map(|digits| [spoken(&digits), digits])
        .collect();
    numbers.push("370102199003078515".to_owned());
    numbers.push("三七零一零二一九九零零三零七八五一五".to_owned());
    numbers
}

fn check_file(path: &Path, numbers: &[String]) {
    let bytes = fs::read(path).expect("readable");
    let text = String::from_utf8_lossy(&bytes);
    for number in numbers {
        assert!(
            !text.contains(number.as_str()),
            "{number} is in {}",
            path.display()
        );
    }
}

#[test]
fn no_number_leaves_in_any_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("made");
    let place = |name: &str| text(&out.join(name)).to_owned();
    for (name, format) in [("v.csv", "csv"), ("v.jsonl", "jsonl"), ("v.xlsx", "xlsx")] {
        let arguments = [
            "export",
            "violations",
            "--as",
            "hegui",
            "--format",
            format,
            "--out",
            &place(name),
        ];
        done(&db, &arguments);
    }
    done(
        &db,
        &[
            "export",
            "violations",
            "--as",
            "hegui",
            "--evidence",
            &place("pack"),
        ],
    );
    for (kind, period, what) in [
        ("monthly", "2026-10", "--month"),
        ("weekly", "2026-W42", "--week"),
    ] {
        for ending in ["html", "xlsx", "json"] {
            let name = place(&format!("{kind}.{ending}"));
            done(
                &db,
                &[
                    "report", kind, what, period, "--as", "guanli", "--out", &name,
                ],
            );
        }
    }
    let searched = done(&db, &["search", "号码是", "--limit", "500"]);
    fs::write(place("search.txt"), &searched).expect("written");
    assert!(searched.contains("【号码是】＊"), "{searched}");
    let listed = huiting(&db, &["list", "--format", "jsonl"]);
    fs::write(place("list.txt"), &listed.stdout).expect("written");

    // The workbooks are archives: what is in them is looked at, not their compressed bytes.
    for book in ["v.xlsx", "monthly.xlsx", "weekly.xlsx"] {
        let into = out.join(format!("{book}.parts"));
        let unpacked = std::process::Command::new("unzip")
            .args(["-q", &place(book), "-d", text(&into)])
            .status()
            .expect("unzip is there");
        assert!(unpacked.success());
    }
    let numbers = numbers(&db);
    assert!(numbers.len() > 100);
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(&out) {
        let entry = entry.expect("readable");
        if entry.file_type().is_file() {
            check_file(entry.path(), &numbers);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} files");
    // What is looked for is there when it is asked for.
    done(
        &db,
        &[
            "export",
            "violations",
            "--as",
            "hegui",
            "--unmasked",
            "--out",
            &place("open.csv"),
        ],
    );
    let open = fs::read_to_string(place("open.csv")).expect("written");
    let masked = fs::read_to_string(place("v.csv")).expect("written");
    assert!(masked.lines().count() == open.lines().count());
}

/// How much of the power lies at 1 kHz, 0 … 1 (Goertzel's sum).
fn share_of_tone(samples: &[f32], rate: f32) -> f32 {
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let phase = std::f32::consts::TAU * 1000.0 * index as f32 / rate;
        sine += sample * phase.sin();
        cosine += sample * phase.cos();
        power += sample * sample;
    }
    2.0 * (sine * sine + cosine * cosine) / (power * samples.len() as f32).max(f32::EPSILON)
}

#[test]
fn clips_hold_the_tone_over_the_words_of_a_number() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let pack = folder.path().join("pack");
    done(
        &db,
        &[
            "export",
            "violations",
            "--as",
            "hegui",
            "--evidence",
            text(&pack),
        ],
    );
    assert!(database().with_extension("recordings").is_dir());
    let mut beeps = 0;
    for entry in fs::read_dir(&pack).expect("readable") {
        let item = entry.expect("readable").path();
        if !item.join("clip-1.wav").is_file() {
            continue;
        }
        let verdict = fs::read_to_string(item.join("verdict.json")).expect("written");
        let verdict: serde_json::Value = serde_json::from_str(&verdict).expect("JSON");
        let spans = |name: &str| -> Vec<[u64; 2]> {
            serde_json::from_value(verdict[name].clone()).expect("spans")
        };
        for (index, clip) in spans("clips").into_iter().enumerate() {
            let path = item.join(format!("clip-{}.wav", index + 1));
            let mut wav = hound::WavReader::open(&path).expect("a WAV");
            let (rate, channels) = (wav.spec().sample_rate, usize::from(wav.spec().channels));
            let samples: Vec<f32> = wav
                .samples::<i16>()
                .map(|sample| f32::from(sample.expect("read")))
                .collect();
            for hidden in spans("hidden_in_clips") {
                let (from, to) = (hidden[0].max(clip[0]), hidden[1].min(clip[1]));
                if from >= to {
                    continue;
                }
                let frame = |at: u64| ((at - clip[0]) * u64::from(rate) / 1000) as usize;
                for channel in 0..channels {
                    let of_channel: Vec<f32> = samples
                        .iter()
                        .skip(channel)
                        .step_by(channels)
                        .copied()
                        .collect();
                    let end = frame(to).min(of_channel.len());
                    let words = &of_channel[frame(from)..end];
                    assert!(
                        share_of_tone(words, rate as f32) > 0.98,
                        "{}",
                        path.display()
                    );
                    beeps += 1;
                }
            }
        }
    }
    assert!(beeps > 0, "no number was said in any clip");
}

#[test]
fn a_pack_verifies_until_somebody_touches_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let pack = folder.path().join("pack");
    let rule = "penalty-disclosure";
    let export = [
        "export",
        "violations",
        "--as",
        "hegui",
        "--rule",
        rule,
        "--evidence",
        text(&pack),
    ];
    done(&db, &export);
    assert!(
        !huiting(&db, &export).status.success(),
        "a pack is never overwritten"
    );
    let verify = || {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_huiting"))
            .args(["evidence", "verify", text(&pack), "--lang", "en"])
            .output()
            .expect("starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    assert_eq!(verify().0, Some(0));
    let item = fs::read_dir(&pack)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .find(|path| path.is_dir())
        .expect("an item");
    let excerpt = item.join("excerpt.txt");
    let kept = fs::read(&excerpt).expect("readable");
    fs::write(&excerpt, "nothing was said").expect("written");
    let (code, said) = verify();
    assert!(
        code == Some(1) && said.contains("not as the manifest says"),
        "{said}"
    );
    fs::write(&excerpt, kept).expect("written");
    fs::write(item.join("more.txt"), "more").expect("written");
    assert!(verify().1.contains("not in the manifest"));
    fs::remove_file(item.join("more.txt")).expect("removed");
    fs::remove_file(&excerpt).expect("removed");
    assert!(verify().1.contains("missing"));
}

#[test]
fn retention_deletes_words_and_clips_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = copy(folder.path());
    let pack = folder.path().join("pack");
    done(
        &db,
        &[
            "export",
            "violations",
            "--as",
            "hegui",
            "--evidence",
            text(&pack),
        ],
    );
    let open = || rusqlite::Connection::open(&db).expect("opens");
    let count = |sql: &str| -> i64 {
        open()
            .query_row(sql, [], |row| row.get(0))
            .expect("counted")
    };
    let (calls, verdicts) = (
        count("SELECT count(*) FROM calls"),
        count("SELECT count(*) FROM verdicts"),
    );
    let held: String = open()
        .query_row("SELECT min(call_id) FROM calls", [], |row| row.get(0))
        .expect("a call");
    done(
        &db,
        &[
            "retention",
            "hold",
            &held,
            "--as",
            "hegui",
            "--reason",
            "客户起诉",
        ],
    );
    let keep = [
        "retention",
        "apply",
        "--keep-days",
        "30",
        "--as-of",
        "2026-11-09",
        "--as",
        "hegui",
    ];
    let before = count("SELECT count(*) FROM utterances");
    done(&db, &[&keep[..], &["--dry-run"]].concat());
    assert_eq!(count("SELECT count(*) FROM utterances"), before);
    done(&db, &keep);
    let old = "day < '2026-10-10'";
    assert!(count(&format!("SELECT count(*) FROM calls WHERE {old}")) > 50);
    let left = |of: &str| {
        count(&format!(
            "SELECT count(*) FROM {of} u JOIN calls c ON c.recording = u.recording WHERE c.{old}"
        ))
    };
    let of_held = count(&format!(
        "SELECT count(*) FROM utterances u JOIN calls c ON c.recording = u.recording
         WHERE c.call_id = '{held}'"
    ));
    assert!(of_held > 0);
    assert_eq!(left("utterances"), of_held);
    assert_eq!(left("heard"), 1);
    assert_eq!(count("SELECT count(*) FROM calls"), calls);
    assert_eq!(count("SELECT count(*) FROM verdicts"), verdicts);
    let quoted = format!(
        "SELECT count(*) FROM verdicts v JOIN calls c USING (call_id)
         WHERE c.{old} AND c.call_id <> '{held}' AND v.evidence <> '[]'"
    );
    assert_eq!(count(&quoted), 0);
    let recordings = fs::read_dir(database().with_extension("recordings")).expect("readable");
    assert_eq!(recordings.count(), 8, "no recording is ever deleted");
    let verified = done(&db, &["audit", "verify"]);
    assert!(!verified.is_empty());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_huiting"))
        .args(["evidence", "verify", text(&pack)])
        .output()
        .expect("starts");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    // Judging again leaves what has expired as it is.
    let violations = "SELECT count(*) FROM verdicts WHERE outcome = 'violation'";
    let before = count(violations);
    done(&db, &["recheck", "--quiet"]);
    assert_eq!(count(violations), before);
}
