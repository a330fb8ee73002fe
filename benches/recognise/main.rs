//! How fast, and how well, huiting's own way hears the same calls as the plain way.
//!
//! Both ways run in this one process, one after the other, on the same recordings with the same
//! model, and the figures are compared as ratios: audio seconds by wall second, and character
//! errors. *Plain* is what a first program would do: mix both channels down, give the whole
//! recording to one Whisper state with the library's defaults and two threads.
//!
//! Then the same with models of Whisper's tiny, base and small geometry, on the two longest calls.
//! Their weights are random: only the encoder's time counts. Both ways stop after the same few
//! tokens, and the plain way goes on by 30 s at a time, which is the best that it can do.
//!
//! `cargo bench --bench recognise -- [MODEL.bin] [--passes N] [--sizes tiny,small] [--ours-only]
//! [--recogniser 'share-windows = false']`, the last being lines of `[recogniser]` in `huiting.toml`.

mod random_model;

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use huiting::{
    audio::{AudioReader, SAMPLE_RATE_HZ},
    evaluation::{CharacterErrors, character_errors},
    pipeline::{self, Judge, Progress, ReadingSettings, ScanRequest, StageTimes},
    rules::RuleSet,
    scoring::Scorecard,
    speech::DetectorSettings,
    store::{Store, calls::CallFilter},
    transcribe::{
        Recognizers,
        catalog::{Catalog, WindowDefaults},
        whisper::{FullTimes, WhisperModel, WhisperSettings, full_timed},
    },
    transcript::{Speaker, Transcript},
};
use random_model::SIZES;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

const JOBS: usize = 2;
/// Where models with random weights stop in every window.
const FEW_TOKENS: u32 = 4;
/// Models with random weights hear so many of the longest calls.
const CALLS_FOR_SIZES: usize = 2;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut model = root.join("models/huiting-demo.bin");
    let mut passes = 1;
    let mut sizes = "tiny,base,small".to_owned();
    let mut recogniser = String::new();
    let mut ours_only = false;
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--passes" => passes = value().parse().expect("a number of passes"),
            "--sizes" => sizes = value(),
            "--recogniser" => recogniser = value(),
            "--ours-only" => ours_only = true,
            other => model = PathBuf::from(other),
        }
    }
    let set: WhisperSettings = toml::from_str(&recogniser).expect("settings");
    let mut calls = calls(&root.join("fixtures/calls"));
    println!("{} calls, model {}", calls.len(), model.display());
    let file = model.file_name().and_then(|file| file.to_str());
    let window = file
        .and_then(|file| Catalog::bundled().entry_of_file(file))
        .map(|entry| entry.window);
    for pass in 1..=passes {
        println!("pass {pass}");
        let ours = own_way(&calls, &model, set.clone().with_window(window), window);
        ours.print("huiting (two recordings at once, one thread each)");
        if ours_only {
            println!("  character error rate {:.3}", ours.errors.rate());
            continue;
        }
        let plain = plain_way(&calls, &model, None);
        compare(&ours, &plain);
        println!(
            "  character error rate {:.3} of {}, plain {:.3}",
            ours.errors.rate(),
            ours.errors.characters,
            plain.errors.rate()
        );
    }

    calls.sort_by_cached_key(|call| std::cmp::Reverse(length(&call.recording)));
    calls.truncate(CALLS_FOR_SIZES);
    for size in SIZES
        .iter()
        .filter(|size| sizes.split(',').any(|name| name == size.name))
    {
        println!(
            "{} calls, geometry of {}, RANDOM WEIGHTS: only the encoder's time means anything",
            calls.len(),
            size.name
        );
        let window = Catalog::bundled()
            .entry(size.name)
            .map(|entry| entry.window);
        let path = random_model::model(size, &model, &root.join("target/bench-models"));
        let settings = WhisperSettings {
            retry: false,
            most_tokens: Some(FEW_TOKENS),
            ..set.clone()
        };
        let ours = own_way(&calls, &path, settings.with_window(window), window);
        ours.print("huiting (two recordings at once, one thread each)");
        if ours_only {
            continue;
        }
        let plain = plain_way(&calls, &path, Some(FEW_TOKENS));
        compare(&ours, &plain);
    }
}

/// What one way achieved on all calls.
#[derive(Default)]
struct Achieved {
    audio: Duration,
    wall: Duration,
    /// Processor time of all threads; zero where the system does not tell.
    processor: Duration,
    times: StageTimes,
    errors: CharacterErrors,
}

impl Achieved {
    /// Audio seconds by wall second.
    fn speed(&self) -> f64 {
        self.audio.as_secs_f64() / self.wall.as_secs_f64()
    }

    fn print(&self, way: &str) {
        println!(
            "  {way}: {:.1} s of audio in {:.1} s = {:.1} times real time; {:.1} s of processor time, {JOBS} cores {:.0} % busy",
            self.audio.as_secs_f64(),
            self.wall.as_secs_f64(),
            self.speed(),
            self.processor.as_secs_f64(),
            100.0 * self.processor.as_secs_f64() / (JOBS as f64 * self.wall.as_secs_f64()),
        );
        print_stages(&self.times);
    }
}

fn compare(ours: &Achieved, plain: &Achieved) {
    plain.print("plain (mixed down, library defaults, two threads)");
    // Two encoders run side by side in our own way, one on two threads in the plain one.
    let our_encoder = ours.times.recognition.encoder / JOBS as u32;
    println!(
        "  ratio of speed {:.2}, of encoder time {:.2}",
        ours.speed() / plain.speed(),
        plain.times.recognition.encoder.as_secs_f64() / our_encoder.as_secs_f64(),
    );
}

/// The share of each stage in the time of all of them.
fn print_stages(times: &StageTimes) {
    let FullTimes {
        spectrum,
        encoder,
        decoder,
    } = times.recognition;
    let recognition = [
        ("spectrum", spectrum),
        ("encoder", encoder),
        ("decoder", decoder),
    ];
    let others = [
        ("decoding", times.reading.decoding),
        ("resampling", times.reading.resampling),
        ("detection", times.detection),
        ("guards", times.guards),
        ("judging", times.judging),
        ("store", times.store),
    ];
    let sum = |stages: &[(&str, Duration)]| {
        stages
            .iter()
            .map(|(_, time)| time.as_secs_f64())
            .sum::<f64>()
    };
    let all = sum(&recognition) + sum(&others);
    let shares: Vec<String> = recognition
        .iter()
        .chain(&others)
        .map(|(stage, time)| format!("{stage} {:.1}", 100.0 * time.as_secs_f64() / all))
        .collect();
    println!(
        "  stages, % of their time: {}; all but recognition {:.1}",
        shares.join(", "),
        100.0 * sum(&others) / all
    );
}

/// User and system time of this process so far; zero where the system does not tell.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the command in brackets the third field stands first; the two are 14 and 15, in 1/100 s.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(10 * ticks)
}

fn length(recording: &Path) -> usize {
    mixed_down(recording).len()
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

fn own_way(
    calls: &[Call],
    model: &Path,
    settings: WhisperSettings,
    window: Option<WindowDefaults>,
) -> Achieved {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = Store::open(&folder.path().join("bench.db")).expect("made");
    let rules = RuleSet::read(&root.join("rules")).expect("valid rules");
    let scorecard = Scorecard::default();
    let judge = Judge {
        rules: &rules,
        scorecard: &scorecard,
        scorecard_digest: "bench",
    };
    let pause = window.and_then(|window| window.pause);
    let model = WhisperModel::load(model, "bench".into(), settings)
        .expect("loads")
        .with_hot_words(&rules.hot_words());
    store.remember_model(model.digest(), "bench").expect("kept");
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
    let (begun, processor) = (Instant::now(), processor_time());
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
    let processor = processor_time().saturating_sub(processor);
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
                .transcript(&stored.call.recording, model.digest())?
                .expect("kept");
            errors.add(&errors_by_speaker(call, &heard.transcript));
            Ok::<_, huiting::store::StoreError>(())
        })
        .expect("read");
    Achieved {
        audio: Duration::from_millis(summary.audio.0),
        wall,
        processor,
        times: summary.times,
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

/// The plain way; with `few_tokens`, stopping after these in every window of 30 s.
fn plain_way(calls: &[Call], model: &Path, few_tokens: Option<u32>) -> Achieved {
    whisper_rs::install_logging_hooks();
    let context = WhisperContext::new_with_params(
        model.to_str().expect("UTF-8"),
        WhisperContextParameters::default(),
    )
    .expect("loads");
    let mut state = context.create_state().expect("memory");
    let mut achieved = Achieved::default();
    for call in calls {
        let (begun, processor) = (Instant::now(), processor_time());
        let samples = mixed_down(&call.recording);
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 5 });
        parameters.set_language(Some("zh"));
        parameters.set_n_threads(2);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        if let Some(tokens) = few_tokens {
            parameters.set_max_tokens(tokens as i32);
            parameters.set_no_timestamps(true);
            parameters.set_temperature_inc(0.0);
        }
        achieved.times.recognition +=
            full_timed(&mut state, parameters, &samples).expect("recognises");
        let heard: String = state
            .as_iter()
            .filter_map(|piece| Some(piece.to_str_lossy().ok()?.into_owned()))
            .collect();
        achieved.wall += begun.elapsed();
        achieved.processor += processor_time().saturating_sub(processor);
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
