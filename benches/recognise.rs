//! How fast, and how well, huiting's own way hears the same calls as the plain way.
//!
//! Both ways run in this one process, one after the other, on the same recordings with the same
//! model, and the figures are compared as ratios: audio seconds by wall second, and character
//! errors. *Plain* is what a first program would do: mix both channels down, give the whole
//! recording to one Whisper state with the library's defaults and two threads.
//!
//! `cargo bench --bench recognise [-- MODEL.bin] [-- --passes N]`

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use huiting::{
    audio::{AudioReader, SAMPLE_RATE_HZ},
    evaluation::{CharacterErrors, character_errors},
    pipeline::{self, Judge, Progress, ReadingSettings, ScanRequest},
    rules::RuleSet,
    scoring::Scorecard,
    speech::DetectorSettings,
    store::{Store, calls::CallFilter},
    transcribe::{
        catalog::Catalog,
        whisper::{WhisperModel, WhisperSettings},
    },
    transcript::{Speaker, Transcript},
};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

const JOBS: usize = 2;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut model = root.join("models/huiting-demo.bin");
    let mut passes = 1;
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--passes" => {
                passes = arguments
                    .next()
                    .and_then(|n| n.parse().ok())
                    .expect("--passes N");
            }
            other => model = PathBuf::from(other),
        }
    }
    let calls = calls(&root.join("fixtures/calls"));
    println!("{} calls, model {}", calls.len(), model.display());
    for pass in 1..=passes {
        let ours = own_way(&calls, &model);
        let plain = plain_way(&calls, &model);
        println!("pass {pass}");
        print("huiting (two recordings at once, one thread each)", &ours);
        print("plain (mixed down, library defaults, two threads)", &plain);
        println!(
            "  ratio of speed {:.2}, of character errors {:.2}",
            ours.speed() / plain.speed(),
            ours.errors.rate() / plain.errors.rate().max(f64::MIN_POSITIVE)
        );
    }
}

/// What one way achieved on all calls.
#[derive(Default)]
struct Achieved {
    audio: Duration,
    wall: Duration,
    errors: CharacterErrors,
}

impl Achieved {
    /// Audio seconds by wall second.
    fn speed(&self) -> f64 {
        self.audio.as_secs_f64() / self.wall.as_secs_f64()
    }
}

fn print(way: &str, achieved: &Achieved) {
    println!(
        "  {way}: {:.1} s of audio in {:.1} s = {:.1} times real time; character error rate {:.3} of {}",
        achieved.audio.as_secs_f64(),
        achieved.wall.as_secs_f64(),
        achieved.speed(),
        achieved.errors.rate(),
        achieved.errors.characters,
    );
}

struct Call {
    recording: PathBuf,
    id: String,
    turns: Vec<(Speaker, String)>,
}

fn calls(folder: &Path) -> Vec<Call> {
    let mut calls = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the fixtures are there") {
        let recording = entry.expect("readable").path();
        let truth = recording.with_extension("json");
        let ending = recording.extension().and_then(|ending| ending.to_str());
        if !matches!(ending, Some("wav" | "mp3" | "flac")) || !truth.is_file() {
            continue;
        }
        let truth = std::fs::read_to_string(truth).expect("readable");
        let truth: serde_json::Value = serde_json::from_str(&truth).expect("JSON");
        let turns = truth["turns"]
            .as_array()
            .expect("turns")
            .iter()
            .map(|turn| {
                let speaker = turn["speaker"]
                    .as_str()
                    .and_then(Speaker::parse)
                    .expect("a speaker");
                (speaker, turn["text"].as_str().expect("text").to_owned())
            });
        calls.push(Call {
            id: truth["id"].as_str().expect("an id").to_owned(),
            turns: turns.collect(),
            recording,
        });
    }
    calls.sort_by(|a, b| a.recording.cmp(&b.recording));
    assert!(!calls.is_empty(), "no fixtures");
    calls
}

struct Silent;

impl Progress for Silent {}

fn own_way(calls: &[Call], model: &Path) -> Achieved {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = Store::open(&folder.path().join("bench.db")).expect("made");
    store.remember_model("bench", "bench").expect("kept");
    let rules = RuleSet::read(&root.join("rules")).expect("valid rules");
    let scorecard = Scorecard::default();
    let judge = Judge {
        rules: &rules,
        scorecard: &scorecard,
        scorecard_digest: "bench",
    };
    let file = model
        .file_name()
        .and_then(|file| file.to_str())
        .unwrap_or_default();
    let window = Catalog::bundled()
        .entry_of_file(file)
        .map(|entry| entry.window);
    let settings = WhisperSettings::default().with_window(window);
    let pause = window.and_then(|window| window.pause);
    let model = WhisperModel::load(model, "bench".into(), settings).expect("loads");
    let request = ScanRequest {
        paths: calls.iter().map(|call| call.recording.clone()).collect(),
        calls: Some(
            huiting::intake::CallList::read(&root.join("fixtures/calls/calls.csv"))
                .expect("a list"),
        ),
        name_pattern: None,
        detector: DetectorSettings::default().with_pause(pause),
        reading: ReadingSettings::default(),
        jobs: JOBS,
    };
    let begun = Instant::now();
    let summary = pipeline::scan(
        &request,
        &model,
        &judge,
        &mut store,
        &Silent,
        &AtomicBool::new(false),
    )
    .expect("scans");
    let wall = begun.elapsed();
    assert_eq!(
        summary.listened,
        calls.len() as u64,
        "{:?}",
        summary.failures
    );

    let mut errors = CharacterErrors::default();
    store
        .for_each_call(&CallFilter::default(), |stored| {
            let call = calls
                .iter()
                .find(|call| call.id == stored.call.call_id)
                .expect("listed");
            let heard = store
                .transcript(&stored.call.recording, "bench")?
                .expect("kept");
            errors.add(&errors_by_speaker(call, &heard.transcript));
            Ok::<_, huiting::store::StoreError>(())
        })
        .expect("read");
    Achieved {
        audio: Duration::from_millis(summary.audio.0),
        wall,
        errors,
    }
}

fn errors_by_speaker(call: &Call, transcript: &Transcript) -> CharacterErrors {
    let mut errors = CharacterErrors::default();
    for who in [Speaker::Agent, Speaker::Customer] {
        let truth: String = call
            .turns
            .iter()
            .filter(|turn| turn.0 == who)
            .map(|turn| turn.1.as_str())
            .collect();
        let said = transcript
            .utterances
            .iter()
            .filter(|said| said.speaker == who);
        let heard: String = said.map(|said| said.text.as_str()).collect();
        errors.add(&character_errors(&truth, &heard));
    }
    errors
}

fn plain_way(calls: &[Call], model: &Path) -> Achieved {
    whisper_rs::install_logging_hooks();
    let context = WhisperContext::new_with_params(
        model.to_str().expect("UTF-8"),
        WhisperContextParameters::default(),
    )
    .expect("loads");
    let mut state = context.create_state().expect("memory");
    let mut achieved = Achieved::default();
    for call in calls {
        let begun = Instant::now();
        let samples = mixed_down(&call.recording);
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 5 });
        parameters.set_language(Some("zh"));
        parameters.set_n_threads(2);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        state.full(parameters, &samples).expect("recognises");
        let heard: String = state
            .as_iter()
            .filter_map(|piece| Some(piece.to_str_lossy().ok()?.into_owned()))
            .collect();
        achieved.wall += begun.elapsed();
        achieved.audio += Duration::from_secs_f64(samples.len() as f64 / f64::from(SAMPLE_RATE_HZ));
        let truth: String = call.turns.iter().map(|turn| turn.1.as_str()).collect();
        achieved.errors.add(&character_errors(&truth, &heard));
    }
    achieved
}

fn mixed_down(recording: &Path) -> Vec<f32> {
    let mut reader = AudioReader::open(recording).expect("opens");
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block().expect("decodes") {
        let channels = block.len() as f32;
        for index in 0..block[0].len() {
            samples.push(block.iter().map(|channel| channel[index]).sum::<f32>() / channels);
        }
    }
    samples
}
