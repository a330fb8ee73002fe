use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::*;
use crate::lang::{Lang, Say};

/// Two channels: a tone of 300 Hz on the left, one of 700 Hz at half the level on the right.
fn tones(sample_rate_hz: u32, seconds: f32) -> Vec<[f32; 2]> {
    let frames = (sample_rate_hz as f32 * seconds) as usize;
    (0..frames)
        .map(|n| {
            let turns = n as f32 / sample_rate_hz as f32 * std::f32::consts::TAU;
            [0.5 * (300.0 * turns).sin(), 0.25 * (700.0 * turns).sin()]
        })
        .collect()
}

fn write_wav(path: &Path, sample_rate_hz: u32, bits: u16, format: SampleFormat, seconds: f32) {
    let spec = WavSpec {
        channels: 2,
        sample_rate: sample_rate_hz,
        bits_per_sample: bits,
        sample_format: format,
    };
    let mut writer = WavWriter::create(path, spec).unwrap();
    let full_scale = (1u64 << (bits - 1)) as f32;
    for sample in tones(sample_rate_hz, seconds).into_iter().flatten() {
        match format {
            SampleFormat::Float => writer.write_sample(sample).unwrap(),
            SampleFormat::Int => writer.write_sample((sample * full_scale) as i32).unwrap(),
        }
    }
    writer.finalize().unwrap();
}

struct Heard {
    facts: AudioFacts,
    channels: Vec<Vec<f32>>,
    incomplete: bool,
}

/// Whatever is installed on this machine, no test asks it.
fn no_ffmpeg() -> AudioOptions {
    AudioOptions {
        ffmpeg: Ffmpeg::Off,
        ..AudioOptions::default()
    }
}

fn hear(path: &Path) -> Result<Heard, AudioError> {
    let mut reader = AudioReader::open_with(path, &no_ffmpeg())?;
    let mut channels = vec![Vec::new(); usize::from(reader.facts().channels)];
    while let Some(block) = reader.next_block()? {
        assert_eq!(block.len(), channels.len());
        assert!(!block[0].is_empty() && block[0].len() <= MAX_BLOCK_FRAMES);
        for (channel, samples) in channels.iter_mut().zip(block) {
            channel.extend(samples);
        }
    }
    assert!(
        channels
            .iter()
            .all(|channel| channel.len() == channels[0].len())
    );
    assert_eq!(reader.next_block()?, None);
    Ok(Heard {
        facts: reader.facts().clone(),
        channels,
        incomplete: reader.incomplete(),
    })
}

/// Both tones came out on their channels at their level, and nothing else with them.
fn check_tones(heard: &Heard, seconds: f32) {
    let expected = (16_000.0 * seconds).ceil();
    assert!((heard.channels[0].len() as f32 - expected).abs() <= 2.0);
    let wanted = tones(16_000, seconds);
    for (number, channel) in heard.channels.iter().enumerate() {
        let error = channel
            .iter()
            .zip(&wanted)
            .skip(800)
            .take(wanted.len().saturating_sub(1600))
            .map(|(sample, wanted)| (sample - wanted[number]).abs())
            .fold(0.0, f32::max);
        assert!(error < 0.02, "channel {number} is off by {error}");
    }
}

fn in_folder(work: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    work(folder.path());
}

#[test]
fn pcm_of_every_width_and_rate() {
    in_folder(|folder| {
        for (bits, format) in [
            (8, SampleFormat::Int),
            (16, SampleFormat::Int),
            (24, SampleFormat::Int),
            (32, SampleFormat::Int),
            (32, SampleFormat::Float),
        ] {
            for rate in [8000, 11_025, 16_000, 44_100] {
                let path = folder.join("a.wav");
                write_wav(&path, rate, bits, format, 1.3);
                let heard = hear(&path).unwrap();
                assert_eq!(heard.facts.sample_rate_hz, rate);
                assert_eq!(heard.facts.bits, Some(u32::from(bits)));
                assert_eq!(heard.facts.container, "WAV");
                assert!(!heard.incomplete);
                check_tones(&heard, 1.3);
            }
        }
    });
}

#[test]
fn the_shortest_recordings_come_out_whole() {
    in_folder(|folder| {
        for frames in [1, 2, 63, 499, 500, 501, 8000] {
            let path = folder.join("a.wav");
            write_wav(
                &path,
                8000,
                16,
                SampleFormat::Int,
                frames as f32 / 8000.0 + 0.00005,
            );
            let heard = hear(&path).unwrap();
            assert_eq!(heard.channels[1].len(), 2 * frames);
        }
    });
}

#[test]
fn the_extension_does_not_matter() {
    in_folder(|folder| {
        let path = folder.join("a.mp3");
        write_wav(&path, 8000, 16, SampleFormat::Int, 0.5);
        check_tones(&hear(&path).unwrap(), 0.5);
    });
}

#[test]
fn headers_that_lie_about_the_length() {
    in_folder(|folder| {
        let path = folder.join("a.wav");
        write_wav(&path, 8000, 16, SampleFormat::Int, 1.0);
        let honest = fs::read(&path).unwrap();
        let sizes = |riff: u32, data: u32| {
            let mut bytes = honest.clone();
            let data_size = honest.windows(4).position(|w| w == b"data").unwrap() + 4;
            bytes[4..8].copy_from_slice(&riff.to_le_bytes());
            bytes[data_size..data_size + 4].copy_from_slice(&data.to_le_bytes());
            bytes
        };
        for (bytes, incomplete) in [
            (sizes(0, 0), false),
            (sizes(u32::MAX, u32::MAX), false),
            (sizes(36, 40_000), true),
            ([honest.as_slice(), &[1; 999]].concat(), false),
        ] {
            fs::write(&path, bytes).unwrap();
            let heard = hear(&path).unwrap();
            assert_eq!(heard.incomplete, incomplete);
            check_tones(&heard, 1.0);
        }
        // Half of it is judged, and marked.
        fs::write(&path, &honest[..honest.len() / 2]).unwrap();
        let heard = hear(&path).unwrap();
        assert!(heard.incomplete);
        assert!(heard.channels[0].len() > 7900);
    });
}

#[test]
fn what_cannot_be_heard_is_said() {
    in_folder(|folder| {
        let check = |name: &str, content: &[u8], expected: &str| {
            let path = folder.join(name);
            fs::write(&path, content).unwrap();
            let error = hear(&path).err().expect(name);
            assert_eq!(error.path, path);
            assert_eq!(error.cause.say(Lang::En), expected, "{name}");
        };
        check(
            "empty.wav",
            b"",
            "The file is empty (0 bytes). Export this recording again.",
        );
        check(
            "text.wav",
            "这不是录音\n".as_bytes(),
            "This is no recording, it looks like a text file. Check whether it was put here by mistake or got a wrong extension.",
        );
        check(
            "noise.wav",
            &[0x80, 0x17, 0x88, 0x01].repeat(5000),
            "This is no recording, it looks like data of an unknown kind. If it is a recording without a header, convert it to WAV by its encoding first; else move it out of the folder.",
        );
        check(
            "a.amr",
            b"#!AMR\n\x3c\x55",
            "This is a recording in AMR, for which there is no built-in decoder, and no ffmpeg was found. Install ffmpeg (on PATH, or named with --ffmpeg) and scan again; or convert it to WAV: ffmpeg -i OLD -c:a pcm_s16le NEW.wav",
        );
        check(
            "a.vox",
            b"\x80\x17\x88",
            "There is no header; by its extension it is Dialogic VOX. If it is, say the sample rate, for example --vox 8000 (6000 on some systems).",
        );
        check(
            "a.alaw",
            b"\x80\x17\x88",
            "There is no header; by its extension it is G.711. Convert it to WAV by the recorder's settings, for example: ffmpeg -f alaw -ar 8000 -ac 1 -i OLD NEW.wav",
        );
        check(
            "header.wav",
            b"RIFF\x24\0\0\0WAVEfmt ",
            "The file is damaged at byte 16: the file ends within its header. Export this recording again.",
        );
        check(
            "flac.flac",
            b"fLaC\0\0\0\x22",
            "The file is damaged at byte 0: the file ends within its header. Export this recording again.",
        );
        let folder_error = hear(folder).err().unwrap();
        assert!(matches!(folder_error.cause, AudioFault::Io(_)));
        assert!(matches!(
            hear(&folder.join("none")).err().unwrap().cause,
            AudioFault::Io(_)
        ));
    });
}

#[test]
fn a_decoder_that_panics_harms_only_its_file() {
    let result: Result<(), _> = guarded(Millis(1500), || panic!("within a decoder"));
    assert_eq!(
        result.unwrap_err().to_string(),
        "the decoder broke down at 00:01.500: within a decoder"
    );
}

/// A WAV file of one channel of 8 bits at 4 kHz that is `hours` long and takes no room on disk.
fn long_recording(path: &Path, hours: u64) {
    let bytes = hours * 3600 * 4000;
    let mut header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    header.extend(4000u32.to_le_bytes());
    header.extend(4000u32.to_le_bytes());
    header.extend([1, 0, 8, 0]);
    header.extend(b"data");
    header.extend((bytes as u32).to_le_bytes());
    fs::write(path, &header).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(header.len() as u64 + bytes).unwrap();
}

#[test]
fn recordings_of_more_than_a_day_are_an_error() {
    in_folder(|folder| {
        let path = folder.join("a.wav");
        long_recording(&path, 24);
        assert!(AudioReader::open(&path).is_ok());
        long_recording(&path, 25);
        let error = AudioReader::open(&path).err().unwrap();
        assert_eq!(
            error.cause.to_string(),
            "the length in hours is 25, allowed are 0 to 24"
        );
    });
}

/// A program that stands where ffmpeg would; tests must not need the real one.
fn program(folder: &Path, script: &str) -> AudioOptions {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("outside-decoder");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    AudioOptions {
        ffmpeg: Ffmpeg::At(path),
        ..AudioOptions::default()
    }
}

/// A program that is being written must not be started: one test at a time does both.
static PROGRAMS: Mutex<()> = Mutex::new(());

fn read_ahead(
    path: &Path,
    options: &AudioOptions,
    patience: Duration,
) -> Result<(AudioFacts, usize, bool), AudioError> {
    let mut reader = ReadAhead::open(path, options, patience)?;
    let mut frames = 0;
    while let Some(block) = reader.next_block()? {
        frames += block[0].len();
    }
    assert_eq!(reader.next_block()?, None);
    Ok((reader.facts().clone(), frames, reader.incomplete()))
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

/// An AU header of 16 bits, one channel, 16 kHz, unknown length; then 1600 samples.
const SENDS_SOUND: &str = r"printf '.snd\000\000\000\030\377\377\377\377\000\000\000\003\000\000\076\200\000\000\000\001'
head -c 3200 /dev/zero";

#[test]
fn an_outside_decoder_is_asked_last() {
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    in_folder(|folder| {
        let path = folder.join("a.amr");
        fs::write(&path, b"#!AMR\n\x3c\x55").unwrap();
        let options = program(folder, SENDS_SOUND);
        let (facts, frames, incomplete) = read_ahead(&path, &options, LONG).unwrap();
        assert_eq!((frames, incomplete), (1600, false));
        assert_eq!(
            (facts.codec.as_str(), facts.decoded_by),
            ("AMR", DecodedBy::Ffmpeg)
        );
        // What is decoded here is not given to it.
        let wav = folder.join("a.wav");
        write_wav(&wav, 8000, 16, SampleFormat::Int, 0.5);
        let (facts, ..) = read_ahead(&wav, &program(folder, "exit 1"), LONG).unwrap();
        assert_eq!(facts.decoded_by, DecodedBy::BuiltIn);
    });
}

#[test]
fn an_outside_decoder_that_fails_is_quoted() {
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    in_folder(|folder| {
        let path = folder.join("18824807932.amr");
        fs::write(&path, b"#!AMR\n\x3c\x55").unwrap();
        let named = format!(
            "echo 'file:{}: Invalid data found' >&2; exit 1",
            path.display()
        );
        let error = read_ahead(&path, &program(folder, &named), LONG).unwrap_err();
        assert_eq!(
            error.cause.to_string(),
            "AMR: ffmpeg failed: Invalid data found"
        );
        // What came before the failure counts.
        let breaks_off = format!("{SENDS_SOUND}\nexit 1");
        let (_, frames, incomplete) =
            read_ahead(&path, &program(folder, &breaks_off), LONG).unwrap();
        assert_eq!((frames, incomplete), (1600, true));
    });
}

#[test]
fn a_decoder_that_hangs_is_given_up() {
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    in_folder(|folder| {
        let path = folder.join("a.amr");
        fs::write(&path, b"#!AMR\n\x3c\x55").unwrap();
        for script in ["exec sleep 600", &format!("{SENDS_SOUND}\nexec sleep 600")] {
            let error = read_ahead(&path, &program(folder, script), SHORT).unwrap_err();
            assert!(matches!(error.cause, AudioFault::Hangs { .. }), "{error}");
        }
    });
}

/// The reader travels to a worker thread.
#[test]
fn the_reader_can_be_sent() {
    fn sendable<T: Send>() {}
    sendable::<AudioReader>();
}
