//! What is said about faulty channels, what becomes of sounds that are no speech, and who speaks
//! on one channel: through the whole program.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hound::{SampleFormat, WavSpec, WavWriter};
use huiting::{
    audio::{AudioReader, ChannelFault, ChannelWatch},
    store::{Store, calls::CallFilter, transcripts::TranscriptRow},
    transcribe::roles::RoleSource,
    transcript::{SoundKind, Speaker, Untranscribed},
};

const RATE: u32 = 16_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(file: &str) -> PathBuf {
    root().join("fixtures/calls").join(file)
}

/// The first seconds of a fixture's channels at 16 kHz, the agent's first.
fn spoken(file: &str, seconds: usize) -> Vec<Vec<f32>> {
    let mut reader = AudioReader::open(&fixture(file)).expect("a fixture");
    let mut channels = vec![Vec::new(); 2];
    while let Some(block) = reader.next_block().expect("decodes") {
        for (channel, samples) in channels.iter_mut().zip(block) {
            channel.extend(samples);
        }
    }
    for channel in &mut channels {
        channel.truncate(seconds * RATE as usize);
    }
    channels
}

/// As recorders write it, at 8 kHz: every second sample, since nothing here is above 4 kHz.
fn write(path: &Path, channels: &[Vec<f32>]) {
    let spec = WavSpec {
        channels: channels.len() as u16,
        sample_rate: RATE / 2,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(path, spec).expect("created");
    for frame in (0..channels[0].len()).step_by(2) {
        for channel in channels {
            let sample = (channel[frame].clamp(-1.0, 1.0) * f32::from(i16::MAX)).round();
            writer.write_sample(sample as i16).expect("written");
        }
    }
    writer.finalize().expect("finished");
}

fn scaled(samples: &[f32], by: f32) -> Vec<f32> {
    samples.iter().map(|sample| by * sample).collect()
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn huiting(arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_huiting"))
        .current_dir(root())
        .args(arguments)
        .env_remove("HUITING_LANG")
        .output()
        .expect("starts");
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(done.status.success(), "{arguments:?}: {out}{err}");
    out.into_owned()
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Scans a folder with the demo model; the transcripts by call id.
fn scanned(folder: &Path, more: &[&str]) -> (PathBuf, BTreeMap<String, TranscriptRow>) {
    let db = folder.join("huiting.db");
    let mut arguments = vec!["scan", shown(folder), "--db", shown(&db), "--quiet"];
    arguments.extend(["--model", "models/huiting-demo.bin"]);
    arguments.extend(more);
    huiting(&arguments);
    let store = Store::open_existing(&db).expect("a database");
    let mut calls = Vec::new();
    store
        .for_each_call(&CallFilter::default(), |stored| {
            calls.push((
                stored.call.call_id,
                stored.call.recording,
                stored.call.model,
            ));
            Ok::<_, huiting::store::StoreError>(())
        })
        .expect("read");
    let rows = calls.into_iter().map(|(id, recording, model)| {
        let row = store.transcript(&recording, &model).expect("read");
        (id, row.expect("a transcript"))
    });
    (db, rows.collect())
}

fn text(row: &TranscriptRow) -> String {
    let said = row.transcript.utterances.iter();
    said.map(|said| said.text.as_str()).collect()
}

fn faults_of(channels: &[Vec<f32>]) -> Vec<ChannelFault> {
    let mut watch = ChannelWatch::new(channels.len());
    let frames = channels[0].len();
    for from in (0..frames).step_by(7001) {
        let to = (from + 7001).min(frames);
        let mut block: Vec<Vec<f32>> = channels.iter().map(|c| c[from..to].to_vec()).collect();
        watch.hear(&mut block);
    }
    watch.faults()
}

#[test]
fn good_recordings_have_no_faults() {
    for entry in fs::read_dir(root().join("fixtures/calls")).expect("there") {
        let path = entry.expect("readable").path();
        let Ok(mut reader) = AudioReader::open(&path) else {
            continue;
        };
        let mut watch = ChannelWatch::new(2);
        while let Some(mut block) = reader.next_block().expect("decodes") {
            watch.hear(&mut block);
        }
        assert_eq!(watch.faults(), [], "{}", path.display());
    }
}

/// The table of channel faults and of what is said about each.
#[test]
fn every_channel_fault_is_named_and_told() {
    let channels = spoken("demo-02.wav", 27);
    let (agent, customer) = (&channels[0], &channels[1]);
    let silence = vec![0.0; agent.len()];
    let both = sum(agent, customer);
    let clipped: Vec<f32> = agent.iter().map(|s| (8.0 * s).clamp(-1.0, 1.0)).collect();
    let offset: Vec<f32> = agent.iter().map(|sample| sample * 0.7 + 0.1).collect();
    let table: [(&str, [Vec<f32>; 2], &str, &str); 9] = [
        (
            "dual-mono",
            [both.clone(), both.clone()],
            "各声道是同一个声音,按单声道处理",
            "all hold the same signal; treated as one",
        ),
        (
            "dual-mono-inverted",
            [both.clone(), scaled(&both, -0.8)],
            "同一个声音(反相)",
            "the same signal (with opposite signs)",
        ),
        (
            "dead",
            [both.clone(), silence],
            "声道 1 没有声音",
            "nothing on channel 1",
        ),
        (
            "very-quiet",
            [scaled(agent, 0.01), customer.clone()],
            "声道 0 太轻",
            "channel 0 is very quiet",
        ),
        (
            "clipped",
            [clipped, customer.clone()],
            "声道 0 削波",
            "channel 0 is clipped",
        ),
        (
            "offset",
            [offset, customer.clone()],
            "声道 0 有直流偏移(+10",
            "channel 0 has an offset (+10",
        ),
        (
            "cross-talk",
            [agent.clone(), sum(customer, &scaled(agent, 0.15))],
            "声道 0 的声音串到声道 1(-1",
            "the voice on channel 0 comes through on channel 1 (-1",
        ),
        (
            "swapped",
            [customer.clone(), agent.clone()],
            "角色与通话清单相反",
            "the other way round than the call list says",
        ),
        (
            "good",
            [agent.clone(), customer.clone()],
            "角色:按通话清单",
            "roles: from the call list",
        ),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut list = "file,call_id,agent_channel\n".to_owned();
    for (name, channels, ..) in &table {
        write(&folder.path().join(name).with_extension("wav"), channels);
        list.push_str(&format!("{name}.wav,{name},0\n"));
    }
    let calls = folder.path().join("calls.csv");
    fs::write(&calls, list).expect("written");
    let (db, rows) = scanned(folder.path(), &["--calls", shown(&calls)]);
    for (name, _, zh, en) in &table {
        let page = huiting(&["show", name, "--db", shown(&db)]);
        assert!(page.contains(zh), "{name}: {page}");
        let page = huiting(&["show", name, "--db", shown(&db), "--lang", "en"]);
        assert!(page.contains(en), "{name}: {page}");
    }
    let good = &rows["good"];
    assert_eq!(
        (good.channel_faults.as_slice(), good.against_list),
        (&[][..], None)
    );
    assert_eq!(
        rows["swapped"].speakers,
        [Speaker::Agent, Speaker::Customer]
    );

    // Nothing is transcribed twice: each has as many characters as the good recording, or less.
    let characters = |name: &str| text(&rows[name]).chars().count();
    for name in [
        "dual-mono",
        "dual-mono-inverted",
        "cross-talk",
        "dead",
        "offset",
    ] {
        let (found, good) = (characters(name), characters("good"));
        assert!(
            found * 10 <= good * 11 && found * 10 >= good * 8,
            "{name}: {found} of {good}"
        );
    }
    for name in ["dual-mono", "dual-mono-inverted", "dead"] {
        let row = &rows[name];
        assert!(
            matches!(row.role_source, RoleSource::Voices | RoleSource::OneChannel),
            "{name}: {:?}",
            row.role_source
        );
        let timeline = row.transcript.timeline.as_ref().expect("made from sound");
        assert!(!timeline.separate_channels, "{name}");
    }
}

#[test]
fn what_is_no_fault_is_not_called_one() {
    let channels = spoken("demo-05.wav", 20);
    let (agent, customer) = (channels[0].clone(), channels[1].clone());
    // A loud recording is not clipped, a silent customer is no dead channel while there is noise,
    // and both talking at once is no dual mono.
    let loudest = agent
        .iter()
        .fold(0.0_f32, |most, sample| most.max(sample.abs()));
    assert_eq!(
        faults_of(&[scaled(&agent, 0.99 / loudest), customer.clone()]),
        []
    );
    let hiss: Vec<f32> = (0..agent.len())
        .map(|n| 0.002 * ((n as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5))
        .collect();
    let faults = faults_of(&[agent.clone(), hiss]);
    assert!(
        !faults
            .iter()
            .any(|fault| matches!(fault, ChannelFault::Dead { .. })),
        "{faults:?}"
    );
    let mixed = sum(&scaled(&agent, 0.5), &customer);
    let faults = faults_of(&[agent, mixed]);
    assert!(
        !faults
            .iter()
            .any(|fault| matches!(fault, ChannelFault::DualMono { .. })),
        "{faults:?}"
    );
    assert_eq!(faults_of(&[Vec::new(), Vec::new()]), []);
    // A pure tone spends long at its top, but is not cut off there.
    for amplitude in [0.11, 0.3, 0.5, 0.77, 1.0] {
        for hz in [60.0, 450.0, 1000.0] {
            let tone = sound(|at| amplitude * sine(hz, at));
            assert_eq!(faults_of(&[tone]), [], "{amplitude} {hz}");
            let cut =
                sound(|at| (amplitude * sine(hz, at)).clamp(-0.6 * amplitude, 0.6 * amplitude));
            let is_clipped = |fault: &ChannelFault| matches!(fault, ChannelFault::Clipped { .. });
            assert!(
                amplitude < 0.3 || faults_of(&[cut]).iter().any(is_clipped),
                "{amplitude} {hz}"
            );
        }
    }
}

fn sound(sample: impl FnMut(f64) -> f64) -> Vec<f32> {
    let times = (0..40 * RATE).map(|n| f64::from(n) / f64::from(RATE));
    times.map(sample).map(|sample| sample as f32).collect()
}

fn sine(hz: f64, seconds: f64) -> f64 {
    (std::f64::consts::TAU * hz * seconds).sin()
}

/// Noise with equal power in every octave (Kellet's filter).
fn pink_noise() -> Vec<f32> {
    let mut state = 1_u32;
    let mut kept = [0.0_f64; 3];
    sound(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let white = f64::from(state >> 8) / f64::from(1 << 23) - 1.0;
        kept[0] = 0.997_65 * kept[0] + white * 0.099_046;
        kept[1] = 0.963 * kept[1] + white * 0.296_516_4;
        kept[2] = 0.57 * kept[2] + white * 1.052_691_3;
        0.1 * (kept.iter().sum::<f64>() + white * 0.1848)
    })
}

/// A melody with vibrato over a bass: what earshot alone takes for speech.
fn hold_music() -> Vec<f32> {
    const NOTES: [f64; 7] = [261.6, 329.6, 392.0, 523.3, 440.0, 349.2, 293.7];
    sound(|t| {
        let hz = NOTES[(t / 0.4) as usize % 7];
        let depth = hz * ((50.0_f64 / 1200.0).exp2() - 1.0);
        let turn = std::f64::consts::TAU;
        let angle = turn * hz * t - depth / 5.5 * (turn * 5.5 * t).cos();
        let voice: f64 = (1..6)
            .map(|partial| (f64::from(partial) * angle).sin() / f64::from(partial))
            .sum();
        0.1 * voice + 0.05 * sine(130.8, t)
    })
}

#[test]
fn forty_seconds_of_no_speech_give_no_character() {
    let on = |sounds: bool, value: f64| if sounds { value } else { 0.0 };
    let keys = |t: f64| {
        let key = (t * 5.0) as usize;
        let row = [697.0, 770.0, 852.0, 941.0][key % 4];
        let column = [1209.0, 1336.0, 1477.0][key % 3];
        on(t % 0.2 < 0.1, 0.2 * (sine(row, t) + sine(column, t)))
    };
    let table: [(&str, Vec<f32>, SoundKind); 6] = [
        ("digital-silence", sound(|_| 0.0), SoundKind::Silence),
        ("pink-noise", pink_noise(), SoundKind::Noise),
        ("hold-music", hold_music(), SoundKind::HoldMusic),
        (
            "ringback",
            sound(|t| on(t % 5.0 < 1.0, 0.2 * sine(450.0, t))),
            SoundKind::Ringback,
        ),
        (
            "busy",
            sound(|t| on(t % 0.7 < 0.35, 0.2 * sine(450.0, t))),
            SoundKind::Busy,
        ),
        ("dtmf", sound(keys), SoundKind::Dtmf),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, samples, _) in &table {
        let path = folder.path().join(name).with_extension("wav");
        write(&path, std::slice::from_ref(samples));
    }
    let (db, rows) = scanned(folder.path(), &[]);
    for (name, _, kind) in &table {
        let row = &rows[*name];
        assert_eq!(text(row), "", "{name}");
        // A tone that the recording's end cuts after a tenth of a second cannot be told from a
        // voice: it may be tried, and is kept as not transcribable.
        let cut_off = |gap: &Untranscribed| gap.span.from.0 >= 39_800;
        assert!(
            row.transcript.untranscribed.iter().all(cut_off),
            "{name} reached the recogniser"
        );
        let timeline = row.transcript.timeline.as_ref().expect("made from sound");
        let labelled: u64 = timeline
            .sounds
            .iter()
            .filter(|sound| sound.kind == *kind)
            .map(|sound| sound.span.length().0)
            .sum();
        assert!(labelled >= 30_000, "{name}: {:?}", timeline.sounds);
    }
    let page = huiting(&["show", "ringback", "--db", shown(&db)]);
    assert!(page.contains("回铃音"), "{page}");
    let page = huiting(&["show", "dtmf", "--db", shown(&db), "--lang", "en"]);
    assert!(page.contains("keys (DTMF)"), "{page}");
}

/// The documented way to measure: mixed to one channel, scanned, compared with the truth.
#[test]
fn speakers_of_one_channel_are_told_apart_or_unknown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let calls: Vec<PathBuf> = ["demo-02.wav", "demo-06.wav", "demo-13.flac"]
        .iter()
        .map(|file| fixture(file))
        .collect();
    let mut arguments = vec!["eval", "mix", "--out", shown(folder.path())];
    arguments.extend(calls.iter().map(|path| shown(path)));
    arguments.extend(["--calls", "fixtures/calls/calls.csv"]);
    huiting(&arguments);
    let list = folder.path().join("calls.csv");
    let (db, rows) = scanned(folder.path(), &["--calls", shown(&list)]);
    assert_eq!(rows.len(), 3);
    for (name, row) in &rows {
        assert_eq!(row.role_source, RoleSource::Voices, "{name}");
        assert!(
            row.role_certainty
                .is_some_and(|certainty| certainty >= 0.95)
        );
        let measures = row.measures.as_ref().expect("made from sound");
        assert!(measures.talk.agent > measures.talk.customer, "{name}");
    }
    let told = huiting(&[
        "eval",
        "transcripts",
        "fixtures/calls",
        "--db",
        shown(&db),
        "--lang",
        "en",
    ]);
    let line = told
        .lines()
        .find(|line| line.starts_with("Speakers (of"))
        .expect("a line on speakers");
    let figure = |after: &str| -> f64 {
        let rest = line.split(after).nth(1).expect("a figure");
        let number: String = rest.chars().take_while(|c| *c != '%').collect();
        number.trim().parse().expect("a number")
    };
    assert!(figure("wrong ") <= 1.0, "{line}");
    assert!(figure("unknown ") <= 15.0, "{line}");
    let page = huiting(&["show", "demo-06", "--db", shown(&db)]);
    assert!(
        page.contains("按嗓音分开") && page.contains("客户"),
        "{page}"
    );
}
