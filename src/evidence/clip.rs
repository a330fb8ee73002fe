//! Stretches of a recording as WAV files, with a tone over what must not be heard.

use std::{f32::consts::TAU, fs::File, io::BufWriter, path::Path};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::EvidenceError;
use crate::{
    audio::{AudioReader, SAMPLE_RATE_HZ},
    time::Span,
};

/// The tone over hidden words: the usual 1 kHz, well audible, nothing of the voice below it.
const TONE_HZ: f32 = 1_000.0;
const TONE_LEVEL: f32 = 0.2;

struct Clip {
    /// In frames at 16 kHz: from, up to.
    from: u64,
    to: u64,
    path: std::path::PathBuf,
    writer: Option<WavWriter<BufWriter<File>>>,
}

/// Writes `clips` (in rising order, apart from each other) as 16 kHz WAV files of 16 bits, with as
/// many channels as the recording has, to `paths`. Over `beeps` every channel holds the tone alone.
/// The recording is read once; memory does not grow with its length or that of the clips.
///
/// # Errors
/// When the recording cannot be read or decoded, or a file not written.
pub(super) fn cut(
    recording: &Path,
    clips: &[Span],
    beeps: &[Span],
    paths: &[std::path::PathBuf],
) -> Result<(), EvidenceError> {
    let mut reader = AudioReader::open(recording)?;
    let spec = WavSpec {
        channels: reader.facts().channels,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let frames = |span: &Span| {
        (
            span.from.to_samples(SAMPLE_RATE_HZ),
            span.to.to_samples(SAMPLE_RATE_HZ),
        )
    };
    let beeps: Vec<(u64, u64)> = beeps.iter().map(frames).collect();
    let mut open: Vec<Clip> = Vec::new();
    for (span, path) in clips.iter().zip(paths) {
        let (from, to) = frames(span);
        open.push(Clip {
            from,
            to,
            path: path.clone(),
            writer: Some(WavWriter::create(path, spec).map_err(|cause| wav(path, cause))?),
        });
    }
    let end = open.iter().map(|clip| clip.to).max().unwrap_or(0);
    let mut at = 0;
    while at < end
        && let Some(block) = reader.next_block()?
    {
        let length = block[0].len() as u64;
        for clip in &mut open {
            write(clip, &block, at, &beeps)?;
        }
        at += length;
    }
    for clip in &mut open {
        if let Some(writer) = clip.writer.take() {
            writer.finalize().map_err(|cause| wav(&clip.path, cause))?;
        }
    }
    Ok(())
}

/// Writes what of the block belongs to the clip; `at` is the block's first frame.
fn write(
    clip: &mut Clip,
    block: &[Vec<f32>],
    at: u64,
    beeps: &[(u64, u64)],
) -> Result<(), EvidenceError> {
    let Some(writer) = &mut clip.writer else {
        return Ok(());
    };
    let length = block[0].len() as u64;
    let from = clip.from.clamp(at, at + length);
    let to = clip.to.clamp(at, at + length);
    for frame in from..to {
        let beeped = beeps.iter().any(|&(from, to)| from <= frame && frame < to);
        for channel in block {
            let sample = match beeped {
                true => tone(frame),
                false => channel[(frame - at) as usize],
            };
            let sample = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
            writer
                .write_sample(sample)
                .map_err(|cause| wav(&clip.path, cause))?;
        }
    }
    Ok(())
}

fn tone(frame: u64) -> f32 {
    // A whole number of frames a period, so that the phase needs no large number.
    let period = SAMPLE_RATE_HZ as f32 / TONE_HZ;
    let phase = (frame % period as u64) as f32 / period;
    TONE_LEVEL * (TAU * phase).sin()
}

fn wav(path: &Path, cause: hound::Error) -> EvidenceError {
    let cause = match cause {
        hound::Error::IoError(cause) => cause,
        other => std::io::Error::other(other),
    };
    EvidenceError::Write {
        path: path.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much of the signal's power lies at the tone's frequency, 0 … 1 (Goertzel's sum).
    pub(crate) fn share_of_tone(samples: &[f32]) -> f32 {
        let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let phase = TAU * TONE_HZ * index as f32 / SAMPLE_RATE_HZ as f32;
            sine += sample * phase.sin();
            cosine += sample * phase.cos();
            power += sample * sample;
        }
        2.0 * (sine * sine + cosine * cosine) / (power * samples.len() as f32).max(f32::EPSILON)
    }

    #[test]
    fn the_tone_stands_over_the_hidden_stretch_and_nowhere_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let recording = folder.path().join("call.wav");
        let spec = WavSpec {
            channels: 2,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&recording, spec).expect("made");
        for frame in 0..80_000_u32 {
            // A voice of 300 Hz on one channel, of 220 Hz on the other.
            for hertz in [300.0, 220.0] {
                let phase = TAU * hertz * (frame % 8000) as f32 / 8000.0;
                writer
                    .write_sample((phase.sin() * 9000.0) as i16)
                    .expect("written");
            }
        }
        writer.finalize().expect("finished");
        let paths = [folder.path().join("a.wav"), folder.path().join("b.wav")];
        let clips = [Span::new(500, 2500), Span::new(6000, 12_000)];
        cut(&recording, &clips, &[Span::new(1000, 1500)], &paths).expect("cut");

        let mut first = hound::WavReader::open(&paths[0]).expect("a WAV");
        assert_eq!((first.spec().channels, first.duration()), (2, 32_000));
        let samples: Vec<f32> = first
            .samples::<i16>()
            .map(|sample| f32::from(sample.expect("read")) / 32768.0)
            .collect();
        for channel in 0..2 {
            let of_channel: Vec<f32> = samples.iter().skip(channel).step_by(2).copied().collect();
            assert!(share_of_tone(&of_channel[8_000..16_000]) > 0.99);
            assert!(share_of_tone(&of_channel[..8_000]) < 0.01);
            assert!(share_of_tone(&of_channel[16_000..]) < 0.01);
        }
        // The second clip ends with the recording.
        let second = hound::WavReader::open(&paths[1]).expect("a WAV");
        assert_eq!(second.duration(), 64_000);
    }
}
