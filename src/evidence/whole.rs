//! A whole call as it may be handed on for learning: its sound with a tone over what is hidden,
//! and its words.

use std::path::{Path, PathBuf};

use super::{EvidenceError, Hidden, HidingSettings, clip, hidden, pack::unusable};
use crate::{
    lang::{Lang, Say},
    time::{Millis, Span},
    transcript::Transcript,
};

/// A call that was heard.
#[derive(Clone, Copy, Debug)]
pub struct HeardRecording<'a> {
    pub path: &'a Path,
    /// BLAKE3 of the recording as it was judged.
    pub digest: &'a str,
    pub duration: Millis,
    pub transcript: &'a Transcript,
}

/// What became of the sound.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedCall {
    /// What is hidden in the words.
    pub hidden: Hidden,
    /// The file, or why there is none.
    pub sound: Result<PathBuf, String>,
}

/// Writes the call's sound to `place` (a WAV file), whole or not at all. A recording that is gone,
/// changed or cannot be decoded is no error: the reason is given.
///
/// # Errors
/// When the file cannot be written.
pub fn masked_call(
    call: &HeardRecording<'_>,
    settings: HidingSettings,
    place: &Path,
    lang: Lang,
) -> Result<MaskedCall, EvidenceError> {
    let hidden = hidden(call.transcript, settings);
    if let Some(why) = unusable(call.path, call.digest, lang) {
        return Ok(MaskedCall {
            hidden,
            sound: Err(why),
        });
    }
    let unfinished = place.with_extension("unfinished");
    let all = Span::new(0, call.duration.0);
    let cut = clip::cut(
        call.path,
        &[all],
        &hidden.spans,
        std::slice::from_ref(&unfinished),
    );
    let write_error = |cause| EvidenceError::Write {
        path: place.to_owned(),
        cause,
    };
    let sound = match cut {
        Ok(()) => {
            std::fs::rename(&unfinished, place).map_err(write_error)?;
            Ok(place.to_owned())
        }
        Err(EvidenceError::Audio(cause)) => {
            let _ = std::fs::remove_file(&unfinished);
            Err(cause.say(lang))
        }
        Err(error) => return Err(error),
    };
    Ok(MaskedCall { hidden, sound })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Speaker, Utterance, Word};

    /// A second of silence, then the number, one character each 200 ms.
    fn transcript() -> Transcript {
        let text = "我的号码是13812345678";
        let words = text.chars().zip(0..).map(|(c, index)| Word {
            text: c.to_string(),
            span: Span::new(1000 + index * 200, 1200 + index * 200),
            probability: 0.9,
        });
        let words: Vec<Word> = words.collect();
        Transcript {
            utterances: vec![Utterance {
                speaker: Speaker::Customer,
                span: Some(Span::new(1000, words.last().expect("words").span.to.0)),
                text: text.to_owned(),
                probability: Some(0.9),
                speaker_certainty: None,
                words,
            }],
            untranscribed: Vec::new(),
            timeline: None,
        }
    }

    /// Two channels that are never alike.
    fn recording(path: &Path) {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).expect("made");
        for frame in 0..48_000_i32 {
            let saw = (frame % 80 * 200 - 8000) as i16;
            writer.write_sample(saw).expect("written");
            writer.write_sample(-saw / 2 - 100).expect("written");
        }
        writer.finalize().expect("finished");
    }

    #[test]
    fn the_number_is_neither_read_nor_heard() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("call.wav");
        recording(&path);
        let digest = crate::intake::fingerprint(&path).expect("read").to_string();
        let transcript = transcript();
        let call = HeardRecording {
            path: &path,
            digest: &digest,
            duration: Millis(6000),
            transcript: &transcript,
        };
        let out = folder.path().join("out.wav");
        let made = masked_call(&call, HidingSettings::default(), &out, Lang::En).expect("made");
        let shown = made.hidden.shown(0, &transcript.utterances[0].text, 0);
        assert!(
            shown.starts_with("我的号码是") && !shown.contains("1234"),
            "{shown}"
        );
        assert_eq!(made.sound, Ok(out.clone()));
        let mut reader = hound::WavReader::open(&out).expect("a WAV");
        assert_eq!(
            (reader.spec().sample_rate, reader.duration()),
            (16_000, 96_000)
        );
        let samples: Vec<i16> = reader
            .samples()
            .map(|sample| sample.expect("read"))
            .collect();
        let alike = |from_ms: usize, to_ms: usize| {
            let frames = &samples[from_ms * 32..to_ms * 32];
            let same = frames.chunks(2).filter(|pair| pair[0] == pair[1]).count();
            same as f64 / (frames.len() / 2) as f64
        };
        // The digits are said from 2.0 to 4.2 s; the tone is the same on both channels.
        assert_eq!(alike(2000, 4200), 1.0);
        assert!(alike(0, 1500) < 0.1 && alike(4600, 6000) < 0.1);
    }

    #[test]
    fn a_recording_that_changed_gives_no_sound() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("call.wav");
        recording(&path);
        let transcript = transcript();
        let call = HeardRecording {
            path: &path,
            digest: "another",
            duration: Millis(6000),
            transcript: &transcript,
        };
        let out = folder.path().join("out.wav");
        let made = masked_call(&call, HidingSettings::default(), &out, Lang::En).expect("made");
        assert!(made.sound.is_err() && !out.exists());
    }
}
