//! Every format that is read: length, shift and likeness against the original, and what becomes of
//! files that were cut or have something appended. The tables stand in `fixtures/formats/README.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use huiting::audio::{
    AudioError, AudioFacts, AudioFault, AudioOptions, AudioReader, DecodedBy, Ffmpeg,
    SAMPLE_RATE_HZ,
};
use huiting::lang::{Lang, Say};

/// File, and how many seconds of the original are in it.
const FORMATS: [(&str, u64); 30] = [
    ("pcm8.wav", 2),
    ("pcm16.wav", 2),
    ("pcm24.wav", 2),
    ("pcm32.wav", 2),
    ("float.wav", 2),
    ("alaw.wav", 2),
    ("mulaw.wav", 2),
    ("ima-adpcm.wav", 6),
    ("ms-adpcm.wav", 6),
    ("gsm.wav", 6),
    ("g726-16.wav", 6),
    ("g726-24.wav", 6),
    ("g726-32.wav", 6),
    ("g726-40.wav", 6),
    ("g726-other-order.wav", 6),
    ("rf64.wav", 2),
    ("pcm16.w64", 2),
    ("pcm16.au", 2),
    ("mulaw.au", 2),
    ("g721.au", 6),
    ("pcm16.aiff", 2),
    ("pcm16.caf", 2),
    ("layer3.mp3", 6),
    ("vorbis.ogg", 6),
    ("opus.ogg", 6),
    // At a bit rate for voices, which uses the other half of the codec.
    ("opus-voice.ogg", 6),
    ("opus.webm", 6),
    ("aac.m4a", 6),
    ("aac.aac", 6),
    ("dialogic.vox", 6),
];

/// The furthest shift that is looked for, in samples at 16 kHz.
const SHIFTS: isize = 48;

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats")
}

/// VOX is read because the test says so; no program outside of huiting is asked.
fn options() -> AudioOptions {
    AudioOptions {
        vox_rate_hz: Some(8000),
        ffmpeg: Ffmpeg::Off,
    }
}

struct Heard {
    facts: AudioFacts,
    channels: Vec<Vec<f32>>,
    incomplete: bool,
}

impl Heard {
    fn millis(&self) -> i64 {
        self.channels[0].len() as i64 * 1000 / i64::from(SAMPLE_RATE_HZ)
    }
}

fn hear(path: &Path) -> Result<Heard, AudioError> {
    let mut reader = AudioReader::open_with(path, &options())?;
    let mut channels = vec![Vec::new(); usize::from(reader.facts().channels)];
    while let Some(block) = reader.next_block()? {
        for (channel, samples) in channels.iter_mut().zip(block) {
            channel.extend(samples);
        }
    }
    Ok(Heard {
        facts: reader.facts().clone(),
        channels,
        incomplete: reader.incomplete(),
    })
}

/// Pearson's correlation of `b`, moved forward by `shift` samples, with `a`.
fn correlation(a: &[f32], b: &[f32], shift: isize) -> f64 {
    let a = &a[(-shift).max(0) as usize..];
    let b = &b[shift.max(0) as usize..];
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        (ab, aa, bb) = (ab + a * b, aa + a * a, bb + b * b);
    }
    ab / (aa * bb).sqrt()
}

/// The shift at which both are most alike.
fn best_shift(a: &[f32], b: &[f32]) -> isize {
    let end = (SAMPLE_RATE_HZ as usize * 3 / 2).min(a.len()).min(b.len());
    let (a, b) = (&a[..end], &b[..end]);
    (-SHIFTS..=SHIFTS)
        .max_by(|&x, &y| correlation(a, b, x).total_cmp(&correlation(a, b, y)))
        .unwrap()
}

/// A row of the first table; what is wrong with it goes to `problems`.
fn row(original: &Heard, file: &str, seconds: u64, problems: &mut Vec<String>) -> String {
    let heard = match hear(&formats().join(file)) {
        Ok(heard) => heard,
        Err(error) => {
            problems.push(error.to_string());
            return String::new();
        }
    };
    let mut check = |good: bool, what: String| {
        if !good {
            problems.push(format!("{file} {what}"));
        }
    };
    check(!heard.incomplete, "is called incomplete".to_owned());
    let decoder = heard.facts.decoded_by;
    check(
        decoder == DecodedBy::BuiltIn,
        format!("went to {decoder:?}"),
    );
    let longer = heard.millis() - seconds as i64 * 1000;
    check(longer.abs() <= 20, format!("is longer by {longer} ms"));
    let mut worst: f64 = 1.0;
    for (wanted, channel) in original.channels.iter().zip(&heard.channels) {
        let shift = best_shift(wanted, channel);
        // Sixteen samples are a millisecond.
        check(shift.abs() <= 16, format!("is late by {shift} samples"));
        worst = worst.min(correlation(wanted, channel, 0));
    }
    let facts = &heard.facts;
    format!(
        "| `{file}` | {} | {} | {} | {} | {longer:+} | {worst:.3} |\n",
        facts.container, facts.codec, facts.sample_rate_hz, facts.channels
    )
}

/// The table must be in the README as it stands.
fn check_readme(table: &str) {
    let readme = fs::read_to_string(formats().join("README.md")).expect("there");
    assert!(
        readme.contains(table),
        "fixtures/formats/README.md lacks this table:\n{table}"
    );
}

#[test]
fn every_format_is_as_long_and_as_early_as_the_original() {
    let original = hear(&formats().join("original.flac")).unwrap();
    assert_eq!(original.millis(), 6000);
    let mut table = String::from(
        "| file | container | codec | Hz | channels | longer by ms | correlation |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    let mut problems = Vec::new();
    for (file, seconds) in FORMATS {
        table.push_str(&row(&original, file, seconds, &mut problems));
    }
    assert!(problems.is_empty(), "{problems:#?}\n{table}");
    check_readme(&table);
}

/// What is said of half a file, and of a whole one with 999 bytes of something else behind it.
#[test]
fn cut_files_and_files_with_something_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from(
        "| file | half of it: heard ms | incomplete | 999 bytes behind it: heard ms |\n\
         | --- | ---: | --- | ---: |\n",
    );
    let mut problems = Vec::new();
    for (file, seconds) in FORMATS {
        let whole = fs::read(formats().join(file)).unwrap();
        let path = folder.path().join(file);
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let (cut, incomplete) = match hear(&path) {
            Ok(heard) => (
                heard.millis().to_string(),
                if heard.incomplete { "yes" } else { "no" },
            ),
            Err(error) => (error.cause.kind().to_owned(), "–"),
        };
        fs::write(&path, [&whole[..], &[0x55; 999]].concat()).unwrap();
        let appended = match hear(&path) {
            Ok(heard) => heard.millis().to_string(),
            Err(error) => {
                problems.push(error.to_string());
                continue;
            }
        };
        let longer = appended.parse::<i64>().unwrap() - seconds as i64 * 1000;
        // Sound without a header ends where the file ends: 999 bytes are 250 ms more.
        if longer.abs() > if file == "dialogic.vox" { 250 } else { 20 } {
            problems.push(format!("{file}: {longer} ms longer"));
        }
        writeln!(table, "| `{file}` | {cut} | {incomplete} | {appended} |").unwrap();
    }
    assert!(problems.is_empty(), "{problems:#?}\n{table}");
    check_readme(&table);
}

#[test]
fn what_nothing_built_in_decodes_is_named_with_the_remedy() {
    let error = hear(&formats().join("amr.amr")).err().expect("no decoder");
    assert!(matches!(&error.cause, AudioFault::Unsupported(format) if format == "AMR"));
    let said = (error.say(Lang::Zh), error.say(Lang::En));
    for words in ["amr.amr", "AMR", "ffmpeg", "WAV"] {
        assert!(said.0.contains(words) && said.1.contains(words), "{said:?}");
    }
    let vox = AudioReader::open(&formats().join("dialogic.vox"));
    let said = vox.err().expect("not told so").say(Lang::Zh);
    assert!(
        said.contains("Dialogic VOX") && said.contains("--vox 8000"),
        "{said}"
    );
}
