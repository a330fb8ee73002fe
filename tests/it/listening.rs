//! From the fixtures' files to segments of speech: formats, the call list, and how much of what
//! was said is found.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use huiting::audio::{
    AudioFault, AudioOptions, AudioReader, Damage, Ffmpeg, LimitedQuantity, ReadAhead,
    SAMPLE_RATE_HZ,
};
use huiting::intake::{self, CallList, FoundRecording};
use huiting::speech::{CallDetector, DetectorSettings, SpeechSegment};
use huiting::time::{Millis, Span};
use serde::Deserialize;

fn fixtures(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(below)
}

#[derive(Deserialize)]
struct Truth {
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    speaker: String,
    from_ms: u64,
    to_ms: u64,
}

impl Truth {
    fn of(recording: &Path) -> Truth {
        let text = fs::read_to_string(recording.with_extension("json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The turns of the speaker on a channel: the agent on 0, the customer on 1.
    fn turns(&self, channel: usize) -> Vec<Span> {
        let speaker = ["agent", "customer"][channel];
        let turns = self.turns.iter().filter(|turn| turn.speaker == speaker);
        turns
            .map(|turn| Span::new(turn.from_ms, turn.to_ms))
            .collect()
    }
}

struct Heard {
    path: PathBuf,
    length: Millis,
    segments: Vec<SpeechSegment>,
}

impl Heard {
    fn spans(&self, channel: usize, of: impl Fn(&SpeechSegment) -> Span) -> Vec<Span> {
        let segments = self.segments.iter();
        let own = segments.filter(|segment| segment.channel == channel);
        own.map(of).collect()
    }
}

fn listen(path: &Path) -> Heard {
    let mut reader = AudioReader::open(path).unwrap();
    let channels = usize::from(reader.facts().channels);
    let mut detector = CallDetector::new(channels, &DetectorSettings::default());
    let mut segments = Vec::new();
    let mut samples = 0;
    while let Some(block) = reader.next_block().unwrap() {
        samples += block[0].len() as u64;
        detector.push(&block, &mut segments);
    }
    detector.finish(&mut segments);
    assert!(!reader.incomplete(), "{}", path.display());
    Heard {
        path: path.to_owned(),
        length: Millis::from_samples(samples, SAMPLE_RATE_HZ),
        segments,
    }
}

fn recordings() -> Vec<FoundRecording> {
    let calls = CallList::read(&fixtures("calls/calls.csv")).unwrap();
    let found = intake::find(&[fixtures("calls")], Some(&calls), None).unwrap();
    assert!(found.unlisted.is_empty() && found.missing.is_empty());
    assert!(found.failures.is_empty() && found.rejected_rows.is_empty());
    found.recordings
}

/// All fixtures, listened to once for all tests.
fn heard() -> &'static [Heard] {
    static HEARD: OnceLock<Vec<Heard>> = OnceLock::new();
    HEARD.get_or_init(|| {
        recordings()
            .iter()
            .map(|found| listen(&found.path))
            .collect()
    })
}

/// How many milliseconds of `spans` lie within `others` (each of which is apart from the rest).
fn overlap(spans: &[Span], others: &[Span]) -> u64 {
    spans
        .iter()
        .flat_map(|span| others.iter().map(|other| span.overlap(*other).0))
        .sum()
}

fn total(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.length().0).sum()
}

/// Spans with `millis` more on both sides, those that then touch put together.
fn widened(spans: &[Span], millis: u64) -> Vec<Span> {
    let mut wide: Vec<Span> = Vec::new();
    for span in spans {
        let span = Span::new(span.from.0.saturating_sub(millis), span.to.0 + millis);
        match wide.last_mut() {
            Some(last) if span.from <= last.to => *last = last.cover(span),
            _ => wide.push(span),
        }
    }
    wide
}

#[test]
fn every_fixture_has_its_row_and_is_read() {
    let recordings = recordings();
    assert_eq!(recordings.len(), 14);
    let mut formats: Vec<String> = recordings
        .iter()
        .map(|recording| {
            let listed = recording.listed.as_ref().unwrap();
            assert!(listed.call_id.is_some() && listed.metadata.agent_id.is_some());
            assert_eq!(listed.metadata.agent_channel, Some(0));
            let facts = AudioReader::open(&recording.path).unwrap().facts().clone();
            assert_eq!((facts.sample_rate_hz, facts.channels), (8000, 2));
            format!("{} {}", facts.container, facts.codec)
        })
        .collect();
    formats.sort();
    formats.dedup();
    assert_eq!(
        formats,
        ["FLAC FLAC", "MP3 MP3", "WAV A-law", "WAV PCM", "WAV mu-law"]
    );
}

/// A recording that was encoded anew is neither shifted nor longer.
#[test]
fn every_fixture_has_the_length_of_its_call() {
    for heard in heard() {
        let last = Truth::of(&heard.path).turns.last().unwrap().to_ms;
        let length = heard.length.0;
        // The calls end with a pause of 0.25 to 0.9 s and another one of 0.5 to 1.5 s.
        assert!(
            (last + 700..last + 2450).contains(&length),
            "{}: {last} of {length} ms",
            heard.path.display()
        );
    }
}

#[test]
fn what_was_said_is_found_and_nothing_else() {
    let (mut said, mut covered, mut spoken, mut outside) = (0, 0, 0, 0);
    for heard in heard() {
        let truth = Truth::of(&heard.path);
        let name = heard.path.display();
        for channel in [0, 1] {
            let turns = truth.turns(channel);
            let spans = heard.spans(channel, |segment| segment.span);
            let windows = widened(&heard.spans(channel, |segment| segment.window), 0);
            let (turns_ms, spans_ms) = (total(&turns), total(&spans));
            let found = overlap(&turns, &windows);
            let elsewhere = spans_ms - overlap(&spans, &widened(&turns, 200));
            // Pauses within a turn, where nobody speaks, count as said too.
            assert!(
                found * 100 >= turns_ms * 97,
                "{name} {channel}: {found} of {turns_ms} ms"
            );
            assert!(
                elsewhere * 50 < spans_ms,
                "{name} {channel}: {elsewhere} of {spans_ms} ms"
            );
            for turn in &turns {
                let edges = (turn.from.0, turn.to.0 - 60);
                let within = overlap(&[Span::new(edges.0, edges.0 + 60)], &windows)
                    + overlap(&[Span::new(edges.1, edges.1 + 60)], &windows);
                assert_eq!(
                    within, 120,
                    "{name} {channel}: an edge of {turn:?} is missing"
                );
            }
            said += turns_ms;
            covered += found;
            spoken += spans_ms;
            outside += elsewhere;
        }
    }
    let (covered_share, outside_share) =
        (covered as f64 / said as f64, outside as f64 / spoken as f64);
    assert!(covered_share >= 0.995, "{covered_share} of what was said");
    assert!(outside_share < 0.001, "{outside_share} of it elsewhere");
}

#[test]
fn segments_fit_a_recogniser() {
    for heard in heard() {
        for segment in &heard.segments {
            assert!(segment.samples.len() >= 1600);
            assert!(segment.window.length().0 <= 10_400 && segment.window.to <= heard.length);
        }
    }
}

/// Whatever is installed on this machine is not asked.
fn built_in() -> AudioOptions {
    AudioOptions {
        ffmpeg: Ffmpeg::Off,
        ..AudioOptions::default()
    }
}

fn fault_of(file: &str) -> AudioFault {
    let path = fixtures("malformed").join(file);
    let read = AudioReader::open_with(&path, &built_in()).and_then(|mut reader| {
        while reader.next_block()?.is_some() {}
        Ok(reader.incomplete())
    });
    read.expect_err(file).cause
}

#[test]
fn malformed_files_are_told_apart() {
    let limit = |file: &str| match fault_of(file) {
        AudioFault::Limit { quantity, value } => (quantity, value),
        other => panic!("{file}: {other}"),
    };
    assert!(matches!(fault_of("empty.wav"), AudioFault::Empty));
    assert!(matches!(fault_of("text.wav"), AudioFault::NotAudio(_)));
    assert!(matches!(fault_of("no-sound.wav"), AudioFault::NoSound));
    assert_eq!(limit("zero-channels.wav"), (LimitedQuantity::Channels, 0));
    assert_eq!(
        limit("absurd-channels.au"),
        (LimitedQuantity::Channels, 0xffff_ffff)
    );
    assert!(matches!(
        fault_of("long-chunk.w64"),
        AudioFault::Malformed {
            damage: Damage::ChunkTooLong { .. },
            ..
        }
    ));
    assert!(matches!(
        fault_of("gsm-block.wav"),
        AudioFault::Malformed {
            damage: Damage::ContradictoryHeader(_),
            ..
        }
    ));
    assert_eq!(
        limit("absurd-rate.wav"),
        (LimitedQuantity::SampleRateHz, 0xffff_ffff)
    );
    assert!(matches!(
        fault_of("header-cut.wav"),
        AudioFault::Malformed {
            damage: Damage::HeaderCut,
            ..
        }
    ));
    for file in ["random.mp3", "random.flac", "amr.amr"] {
        let fault = fault_of(file);
        assert!(
            matches!(
                fault,
                AudioFault::NotAudio(_) | AudioFault::Unsupported(_) | AudioFault::Malformed { .. }
            ),
            "{file}: {fault}"
        );
    }
}

#[test]
fn truncated_recordings_are_heard_as_far_as_they_go() {
    for (file, least_ms) in [("truncated.wav", 1900), ("truncated.flac", 1400)] {
        let mut reader = AudioReader::open(&fixtures("malformed").join(file)).unwrap();
        let mut samples = 0;
        while let Some(block) = reader.next_block().unwrap() {
            samples += block[0].len() as u64;
        }
        assert!(reader.incomplete(), "{file}");
        assert!(
            Millis::from_samples(samples, SAMPLE_RATE_HZ).0 >= least_ms,
            "{file}"
        );
    }
}

/// What fuzzing found, and what it did then, by the file's name. Now each is an error of its own or
/// is read as far as it goes.
#[test]
fn what_fuzzing_found_does_no_harm() {
    let mut found = 0;
    for entry in fs::read_dir(fixtures("malformed")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("found-") {
            continue;
        }
        found += 1;
        let patience = std::time::Duration::from_secs(120);
        let Ok(mut reader) = ReadAhead::open(&path, &built_in(), patience) else {
            continue;
        };
        loop {
            match reader.next_block() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    let hangs = matches!(error.cause, AudioFault::Hangs { .. });
                    assert!(!hangs, "{error}");
                    break;
                }
            }
        }
    }
    assert!(found > 0, "the findings are not there");
}

/// Any damage ends in an error or an end, in bounded time: no panic, no abort, no hang.
#[test]
fn damaged_copies_of_every_format_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 7u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below.max(1)
    };
    let originals = [
        "calls/demo-08.mp3",
        "calls/demo-11.wav",
        "calls/demo-13.flac",
    ]
    .into_iter()
    .chain(["formats/gsm.wav", "formats/g726-24.wav", "formats/g721.au"])
    .chain(["formats/pcm16.w64", "formats/opus.ogg", "formats/opus.webm"])
    .chain([
        "formats/aac.m4a",
        "formats/vorbis.ogg",
        "formats/ms-adpcm.wav",
    ]);
    for original in originals {
        let whole = fs::read(fixtures(original)).unwrap();
        let original = original.replace('/', "-");
        let path = folder.path().join(&original);
        let longest = whole.len().min(20_000);
        for round in 0..40 {
            let mut bytes = whole[..longest].to_vec();
            bytes.truncate(longest - random(longest - 100) * (round % 2));
            for _ in 0..1 + random(20) {
                // Half of the damage hits the header.
                let within = if random(2) == 0 {
                    bytes.len().min(100)
                } else {
                    bytes.len()
                };
                let at = random(within);
                bytes[at] = random(256) as u8;
            }
            fs::write(&path, &bytes).unwrap();
            if let Ok(mut reader) = AudioReader::open_with(&path, &built_in()) {
                let mut seconds = 0;
                while let Ok(Some(block)) = reader.next_block() {
                    assert!(block[0].iter().all(|sample| (-1.0..=1.0).contains(sample)));
                    seconds += 1;
                    assert!(seconds < 10_000, "{original} never ends");
                }
            }
        }
    }
}
