//! The eleven counts at the beginning of a model file, and what each may be.

use super::ModelFacts;
use super::damage::Unsupported;
use super::layout::{Geometry, NumberFormat};

/// The header's counts, each within its bounds.
pub(super) struct Header {
    pub geometry: Geometry,
    audio_heads: u32,
    text_heads: u32,
}

impl Header {
    pub fn facts(&self, size_bytes: u64) -> ModelFacts {
        let geometry = &self.geometry;
        ModelFacts {
            vocabulary_size: geometry.vocabulary_size,
            audio_layers: geometry.audio_layers,
            audio_heads: self.audio_heads,
            text_layers: geometry.text_layers,
            text_heads: self.text_heads,
            state: geometry.state,
            audio_context: geometry.audio_context,
            text_context: geometry.text_context,
            mel_bands: geometry.mel_bands,
            weights: geometry.weights,
            size_bytes,
        }
    }
}

/// A count of the header: its name in whisper.cpp, what stands there, what may stand there.
struct Count {
    field: &'static str,
    found: i32,
    least: i32,
    most: i32,
    allowed: &'static str,
}

impl Count {
    fn check(&self) -> Result<u32, Unsupported> {
        if (self.least..=self.most).contains(&self.found) {
            Ok(self.found.unsigned_abs())
        } else {
            Err(Unsupported::HeaderCount {
                field: self.field,
                found: self.found,
                allowed: self.allowed,
            })
        }
    }
}

/// Turns the eleven numbers after the magic into a header, or says which is wrong.
pub(super) fn parse_header(numbers: [i32; 11]) -> Result<Header, Unsupported> {
    let [
        n_vocab,
        n_audio_ctx,
        n_audio_state,
        n_audio_head,
        n_audio_layer,
        n_text_ctx,
        n_text_state,
        n_text_head,
        n_text_layer,
        n_mels,
        ftype,
    ] = numbers;
    let count = |field, found, least, most, allowed| {
        let count = Count {
            field,
            found,
            least,
            most,
            allowed,
        };
        count.check()
    };
    // whisper.cpp counts languages from n_vocab and knows names for 99 or 100 of them.
    let vocabulary_size = count("n_vocab", n_vocab, 51_864, 51_866, "51864–51866")?;
    let audio_context = count("n_audio_ctx", n_audio_ctx, 1500, 1500, "1500")?;
    let state = count("n_audio_state", n_audio_state, 64, 4096, "64–4096")?;
    let audio_heads = count("n_audio_head", n_audio_head, 1, 64, "1–64")?;
    let audio_layers = count("n_audio_layer", n_audio_layer, 1, 64, "1–64")?;
    let text_context = count("n_text_ctx", n_text_ctx, 448, 448, "448")?;
    let text_heads = count("n_text_head", n_text_head, 1, 64, "1–64")?;
    let text_layers = count("n_text_layer", n_text_layer, 1, 64, "1–64")?;
    let mel_bands = count("n_mels", n_mels, 80, 128, "80 / 128")?;

    let mismatch = |field, found, other, other_found| Unsupported::HeaderMismatch {
        field,
        found,
        other,
        other_found,
    };
    if n_text_state != n_audio_state {
        return Err(mismatch(
            "n_text_state",
            n_text_state,
            "n_audio_state",
            n_audio_state,
        ));
    }
    if n_mels != 80 && n_mels != 128 {
        return Err(Unsupported::HeaderCount {
            field: "n_mels",
            found: n_mels,
            allowed: "80 / 128",
        });
    }
    for (field, found) in [("n_audio_head", n_audio_head), ("n_text_head", n_text_head)] {
        if n_audio_state % found != 0 {
            return Err(mismatch(field, found, "n_audio_state", n_audio_state));
        }
    }
    if ftype == NumberFormat::F32.file_code() {
        return Err(Unsupported::FullPrecision);
    }
    let weights = NumberFormat::from_header(ftype).ok_or(Unsupported::NumberFormat { ftype })?;
    if !u64::from(state).is_multiple_of(weights.block_numbers()) {
        return Err(mismatch("ftype", ftype, "n_audio_state", n_audio_state));
    }
    Ok(Header {
        geometry: Geometry {
            vocabulary_size,
            audio_context,
            text_context,
            state,
            audio_layers,
            text_layers,
            mel_bands,
            weights,
        },
        audio_heads,
        text_heads,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: [i32; 11] = [51_865, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1];

    fn with(index: usize, value: i32) -> Result<Header, Unsupported> {
        let mut numbers = TINY;
        numbers[index] = value;
        parse_header(numbers)
    }

    #[test]
    fn every_count_of_the_header_is_bounded() {
        assert!(parse_header(TINY).is_ok());
        for index in 0..TINY.len() {
            for value in [i32::MIN, -1, 0, 3, 1_000_003, i32::MAX] {
                // Q4_1 is what ftype 3 means; it and three layers are no damage.
                let legal = value == 3 && matches!(index, 3 | 4 | 7 | 8 | 10);
                assert_eq!(with(index, value).is_ok(), legal, "field {index} = {value}");
            }
        }
    }

    #[test]
    fn counts_must_fit_each_other() {
        let mismatch = |result: Result<Header, Unsupported>| match result {
            Err(Unsupported::HeaderMismatch { field, .. }) => field,
            other => panic!("{:?}", other.err()),
        };
        assert_eq!(mismatch(with(3, 5)), "n_audio_head");
        assert_eq!(mismatch(with(7, 7)), "n_text_head");
        assert_eq!(mismatch(with(6, 512)), "n_text_state");
        // 384 is no multiple of the 256 numbers in a block of Q6_K.
        assert_eq!(mismatch(with(10, 14)), "ftype");
        assert!(with(10, 2008).is_ok(), "Q5_0 with quantisation version 2");
    }

    #[test]
    fn distilled_models_are_known_by_their_two_text_layers() {
        let facts = |vocabulary, text_layers| {
            let mut numbers = TINY;
            (numbers[0], numbers[8]) = (vocabulary, text_layers);
            parse_header(numbers).ok().unwrap().facts(0)
        };
        assert!(facts(51_865, 4).writes_timestamps());
        assert!(facts(51_865, 2).is_distilled() && !facts(51_865, 2).writes_timestamps());
        assert!(facts(51_866, 2).is_distilled() && facts(51_866, 2).writes_timestamps());
        assert!(facts(51_865, 4).is_multilingual() && !facts(51_864, 4).is_multilingual());
    }
}
