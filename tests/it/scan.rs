//! Scans as users run them: a whole folder, bad files among good ones, twice over.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn huiting(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_huiting"))
        .current_dir(root())
        .args(arguments)
        .env_remove("HUITING_LANG")
        .output()
        .expect("starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn fixture(stem: &str) -> PathBuf {
    fs::read_dir(root().join("fixtures/calls"))
        .expect("the fixtures are there")
        .map(|entry| entry.expect("readable").path())
        .find(|path| {
            path.extension().is_some_and(|ending| ending != "json")
                && path.file_stem().is_some_and(|found| found == stem)
        })
        .unwrap_or_else(|| panic!("no fixture {stem}"))
}

#[test]
fn bad_files_are_listed_and_the_batch_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let calls = folder.path().join("calls");
    fs::create_dir(&calls).expect("made");
    let good = fixture("demo-02");
    fs::copy(&good, calls.join(good.file_name().expect("a name"))).expect("copied");
    fs::write(calls.join("empty.wav"), "").expect("written");
    fs::write(
        calls.join("notes.wav"),
        "these are notes, no sound, although the name says so\n",
    )
    .expect("written");
    fs::write(calls.join("zero-channels.wav"), wav_header(0, 8000)).expect("written");
    fs::write(calls.join("absurd-rate.wav"), wav_header(1, 3_000_000_000)).expect("written");
    std::os::unix::fs::symlink("nowhere.wav", calls.join("dangling.wav")).expect("linked");
    fs::create_dir(calls.join("x.wav")).expect("made");
    let mut truncated = wav_header(1, 8000);
    truncated.extend(std::iter::repeat_n([0_u8, 0], 8000).flatten());
    fs::write(calls.join("truncated.wav"), truncated).expect("written");

    let db = folder.path().join("huiting.db");
    let done = huiting(&[
        "scan",
        calls.to_str().expect("UTF-8"),
        "--db",
        db.to_str().expect("UTF-8"),
        "--model",
        "models/huiting-demo.bin",
        "--lang",
        "en",
    ]);
    let (out, err) = (text(&done.stdout), text(&done.stderr));
    assert!(done.status.success(), "{out}{err}");
    for bad in [
        "empty.wav",
        "notes.wav",
        "zero-channels.wav",
        "absurd-rate.wav",
        "dangling.wav",
        "x.wav",
    ] {
        assert!(out.contains(bad), "{bad} is not listed:\n{out}");
    }
    assert!(out.contains("6 failed"), "{out}");
    let listed = text(
        &huiting(&[
            "list",
            "--db",
            db.to_str().expect("UTF-8"),
            "--format",
            "jsonl",
        ])
        .stdout,
    );
    assert_eq!(
        listed.lines().count(),
        2,
        "the good one and the truncated one:\n{listed}"
    );
    let truncated = listed
        .lines()
        .find(|line| line.contains("truncated"))
        .expect("listed");
    assert!(truncated.contains("\"incomplete\":true"), "{truncated}");
    let failures =
        text(&huiting(&["list", "--failures", "--db", db.to_str().expect("UTF-8")]).stdout);
    assert_eq!(failures.lines().count(), 6, "{failures}");
}

/// A header that promises one hundred seconds of 16-bit sound.
fn wav_header(channels: u16, rate: u32) -> Vec<u8> {
    let block = channels.wrapping_mul(2);
    let mut header = Vec::new();
    header.extend(b"RIFF");
    header.extend(1_600_036_u32.to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(rate.to_le_bytes());
    header.extend(rate.wrapping_mul(u32::from(block)).to_le_bytes());
    header.extend(block.to_le_bytes());
    header.extend(16_u16.to_le_bytes());
    header.extend(b"data");
    header.extend(1_600_000_u32.to_le_bytes());
    header
}

#[test]
fn the_same_scan_again_finds_nothing_to_do_and_everything_can_be_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let calls = folder.path().join("calls");
    fs::create_dir(&calls).expect("made");
    for stem in ["demo-03", "demo-04"] {
        let file = fixture(stem);
        fs::copy(&file, calls.join(file.file_name().expect("a name"))).expect("copied");
    }
    // The same content under another name is the same recording.
    fs::copy(fixture("demo-03"), calls.join("zz-again.wav")).expect("copied");
    let (calls, db) = (
        calls.to_str().expect("UTF-8"),
        folder.path().join("huiting.db"),
    );
    let db = db.to_str().expect("UTF-8");
    let scan = [
        "scan",
        calls,
        "--calls",
        "fixtures/calls/calls.csv",
        "--model",
        "models/huiting-demo.bin",
        "--db",
        db,
        "--lang",
        "en",
    ];
    let first = text(&huiting(&scan).stdout);
    assert!(first.contains("2 listened to"), "{first}");
    assert!(first.contains("zz-again.wav = "), "{first}");
    let again = text(&huiting(&scan).stdout);
    assert!(again.contains("Nothing left to do"), "{again}");

    let shown = text(&huiting(&["show", "demo-03", "--db", db, "--all"]).stdout);
    assert!(shown.contains("客服") && shown.contains("得分"), "{shown}");
    let report = folder.path().join("report.html");
    let made = huiting(&[
        "report",
        "monthly",
        "--db",
        db,
        "--out",
        report.to_str().expect("UTF-8"),
    ]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let html = fs::read_to_string(&report).expect("written");
    assert!(html.contains("2026"), "no month in the report");
    // The call list's customer numbers stay where they are.
    let list = fs::read_to_string(root().join("fixtures/calls/calls.csv")).expect("the call list");
    for number in list
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit(',').next())
    {
        assert!(
            !html.contains(number) && !shown.contains(number),
            "a number got out"
        );
    }
    let errors = text(&huiting(&["eval", "transcripts", "fixtures/calls", "--db", db]).stdout);
    assert!(errors.contains("合计"), "{errors}");
    let rechecked = text(&huiting(&["recheck", "--db", db, "--lang", "en"]).stdout);
    assert!(
        rechecked.contains("2 calls judged again, 0 changed"),
        "{rechecked}"
    );
}

#[test]
fn transcripts_made_elsewhere_are_judged_with_the_recordings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = folder.path().join("huiting.db");
    let db = db.to_str().expect("UTF-8");
    let done = huiting(&[
        "scan",
        "fixtures/calls",
        "--calls",
        "fixtures/calls/calls.csv",
        "--transcripts",
        "fixtures/calls",
        "--db",
        db,
        "--lang",
        "en",
    ]);
    let out = text(&done.stdout);
    assert!(
        done.status.success() && out.contains("14 listened to"),
        "{out}{}",
        text(&done.stderr)
    );
    // What is replayed is the truth itself: not a character differs.
    let errors = text(&huiting(&["eval", "transcripts", "fixtures/calls", "--db", db]).stdout);
    let all = errors
        .lines()
        .find(|line| line.contains("合计"))
        .expect("a sum");
    assert!(all.contains("0.000"), "{errors}");
    let listed = text(&huiting(&["list", "--db", db, "--format", "jsonl"]).stdout);
    assert_eq!(listed.lines().count(), 14, "{listed}");
}

#[test]
fn mistakes_on_the_command_line_are_explained() {
    let missing = huiting(&[
        "scan",
        "no/such/folder",
        "--db",
        "target/no-such-folder.db",
        "--model",
        "models/huiting-demo.bin",
    ]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        text(&missing.stderr).contains("no/such/folder"),
        "{}",
        text(&missing.stderr)
    );
    let database = huiting(&["list", "--db", "no/such.db", "--lang", "en"]);
    assert_eq!(database.status.code(), Some(2));
    assert!(
        text(&database.stderr).contains("huiting scan"),
        "{}",
        text(&database.stderr)
    );
    let model = huiting(&["transcribe", "x.wav", "--model", "no-such-model"]);
    assert_eq!(model.status.code(), Some(2));
    assert!(
        text(&model.stderr).contains("huiting model"),
        "{}",
        text(&model.stderr)
    );
}

/// A program in place of ffmpeg, which tests do not need; it sends two seconds of silence in AU.
fn outside_decoder(path: &Path, afterwards: &str) {
    use std::os::unix::fs::PermissionsExt;
    let head =
        r"'.snd\000\000\000\030\377\377\377\377\000\000\000\003\000\000\037\100\000\000\000\001'";
    let script = format!("#!/bin/sh\nprintf {head}\nhead -c 32000 /dev/zero\n{afterwards}\n");
    fs::write(path, script).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
}

#[test]
fn an_outside_decoder_is_named_and_one_that_hangs_is_given_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let calls = folder.path().join("calls");
    fs::create_dir(&calls).expect("made");
    let good = fixture("demo-02");
    fs::copy(&good, calls.join(good.file_name().expect("a name"))).expect("copied");
    let amr = root().join("fixtures/formats/amr.amr");
    fs::copy(amr, calls.join("demo-03.amr")).expect("copied");
    let program = folder.path().join("outside-decoder");
    let db = folder.path().join("huiting.db");
    let (calls, db) = (calls.to_str().expect("UTF-8"), db.to_str().expect("UTF-8"));
    let program_path = program.to_str().expect("UTF-8");
    let scan = |limit: &str| {
        let done = huiting(&[
            "scan",
            calls,
            "--transcripts",
            "fixtures/calls",
            "--db",
            db,
            "--lang",
            "en",
            "--ffmpeg",
            program_path,
            "--stall-limit",
            limit,
        ]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    outside_decoder(&program, "exec sleep 600");
    let hung = scan("1");
    assert!(
        hung.contains("1 listened to") && hung.contains("1 failed"),
        "{hung}"
    );
    assert!(hung.contains("--stall-limit"), "{hung}");
    outside_decoder(&program, "exit 0");
    let decoded = scan("60");
    assert!(
        decoded.contains("1 listened to") && decoded.contains("0 failed"),
        "{decoded}"
    );
    assert!(decoded.contains("demo-03.amr: AMR"), "{decoded}");
    let shown = text(&huiting(&["show", "demo-03", "--db", db, "--lang", "en"]).stdout);
    assert!(shown.contains("AMR, decoded by ffmpeg"), "{shown}");
    // Without one, the message says which format it is and what would read it.
    let none = huiting(&[
        "transcribe",
        &format!("{calls}/demo-03.amr"),
        "--ffmpeg",
        "off",
    ]);
    assert_eq!(none.status.code(), Some(2));
    let said = text(&none.stderr);
    assert!(said.contains("AMR") && said.contains("ffmpeg"), "{said}");
}

#[test]
fn a_recording_that_takes_too_long_is_given_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| {
        let path = folder.path().join(name);
        path.to_str().expect("UTF-8").to_owned()
    };
    let program = path("slow-decoder");
    outside_decoder(Path::new(&program), "exit 0");
    let script = fs::read_to_string(&program).expect("written");
    fs::write(&program, script.replacen('\n', "\nsleep 3\n", 1)).expect("written");
    let settings = path("huiting.toml");
    fs::write(&settings, "[reading]\nextra-time = 0\n").expect("written");
    let recording = path("demo-03.amr");
    fs::copy(root().join("fixtures/formats/amr.amr"), &recording).expect("copied");
    // Two seconds of sound after three seconds of waiting.
    let scan = |limit: &str| {
        let done = huiting(&[
            "scan",
            &recording,
            "--settings",
            &settings,
            "--transcripts",
            "fixtures/calls",
            "--db",
            &path("huiting.db"),
            "--ffmpeg",
            &program,
            "--time-limit",
            limit,
        ]);
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };
    let (code, said, _) = scan("1");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("失败 1") && said.contains("--time-limit"),
        "{said}"
    );
    let (_, said, _) = scan("50");
    assert!(
        said.contains("新听写 1") && said.contains("失败 0"),
        "{said}"
    );
    let (code, _, said) = scan("0");
    assert_eq!(code, Some(2));
    assert!(said.contains("--time-limit"), "{said}");
}
