use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::*;

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats")
}

/// The sound of a fixture: what follows its `data` chunk's head, an AU header, or all of it.
fn sound(file: &str) -> Vec<u8> {
    let bytes = fs::read(formats().join(file)).unwrap();
    let from = match Path::new(file).extension().unwrap().to_str() {
        Some("wav") => bytes.windows(4).position(|at| at == b"data").unwrap() + 8,
        Some("au") => u32::from_be_bytes(bytes[4..8].try_into().unwrap()) as usize,
        _ => 0,
    };
    bytes[from..].to_vec()
}

/// SHA-256 of the 16-bit samples, lowest byte first.
fn digest(samples: impl Iterator<Item = i16>) -> String {
    let mut hasher = Sha256::new();
    for sample in samples {
        hasher.update(sample.to_le_bytes());
    }
    let bytes = hasher.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `make.sh` noted of another decoder's output.
fn reference(file: &str) -> String {
    let notes = fs::read_to_string(formats().join("reference.txt")).unwrap();
    let line = notes.lines().find(|line| line.contains(file));
    line.unwrap_or_else(|| panic!("{file} is not in reference.txt"))
        .split(' ')
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn gsm_is_decoded_as_others_do() {
    let mut decoder = Gsm::default();
    let sound = sound("gsm.wav");
    let samples = sound
        .chunks_exact(decoder.block_bytes())
        .flat_map(|block| decoder.block(block));
    assert_eq!(digest(samples), reference("gsm.wav"));
}

#[test]
fn g726_is_decoded_as_others_do() {
    for (file, bits, order) in [
        ("g726-16.wav", 2, BitOrder::HighestFirst),
        ("g726-24.wav", 3, BitOrder::HighestFirst),
        ("g726-32.wav", 4, BitOrder::HighestFirst),
        ("g726-40.wav", 5, BitOrder::HighestFirst),
        ("g721.au", 4, BitOrder::LowestFirst),
    ] {
        let mut decoder = G726::new(bits, order);
        decoder.like_ffmpeg = true;
        let sound = sound(file);
        let samples = sound
            .chunks_exact(decoder.block_bytes())
            .flat_map(|block| decoder.eight(block));
        assert_eq!(digest(samples), reference(file), "{file}");
    }
}

#[test]
fn dialogic_adpcm_is_decoded_as_others_do() {
    let mut decoder = Oki::default();
    let sound = sound("dialogic.vox");
    let codes = sound.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let samples = codes.map(|code| decoder.sample(code));
    assert_eq!(digest(samples), reference("dialogic.vox"));
}

/// Codes that no encoder writes: the same byte for ever, and every byte in turn.
#[test]
fn no_code_breaks_a_decoder() {
    let mut decoders: Vec<Box<dyn BlockDecoder>> =
        vec![Box::new(Gsm::default()), Box::new(Oki::default())];
    for bits in 2..=5 {
        for order in [BitOrder::HighestFirst, BitOrder::LowestFirst] {
            decoders.push(Box::new(G726::new(bits, order)));
        }
    }
    for mut decoder in decoders {
        for byte in (0..=255u8).chain([0, 0x7f, 0x80, 0xff]) {
            let block = vec![byte; decoder.block_bytes()];
            let mut channels = vec![Vec::new()];
            for _ in 0..200 {
                decoder.decode(&block, &mut channels);
            }
            assert_eq!(channels[0].len(), 200 * decoder.block_frames());
            assert!(channels[0].iter().all(|s| (-1.0..=1.0).contains(s)));
        }
    }
}

#[test]
fn whole_numbers_of_every_width_have_one_scale() {
    let check = |bytes: &[u8], sample, expected: f32| {
        let mut pcm = BigEndianPcm {
            sample,
            channels: 1,
        };
        let mut channels = vec![Vec::new()];
        pcm.decode(bytes, &mut channels);
        assert_eq!(channels[0], [expected]);
    };
    check(&[0x80], BigEndianSample::Integer(1), -1.0);
    check(&[0x40, 0], BigEndianSample::Integer(2), 0.5);
    check(&[0x40, 0, 0], BigEndianSample::Integer(3), 0.5);
    check(&[0xc0, 0, 0, 0], BigEndianSample::Integer(4), -0.5);
    check(&[0x3f, 0, 0, 0], BigEndianSample::Float32, 0.5);
    check(&0.25_f64.to_be_bytes(), BigEndianSample::Float64, 0.25);
}
