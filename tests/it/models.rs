//! Model files: every kind of damage is found before whisper.cpp sees it.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use huiting::cli::model::{self, ModelCommand};
use huiting::lang::{Lang, Say};
use huiting::transcribe::catalog::{Catalog, DEFAULT_MODEL, places};
use huiting::transcribe::model_file::layout::{Geometry, WEIGHT_FORMATS};
use huiting::transcribe::model_file::{
    Damage, Foreign, ModelError, ModelFacts, NumberFormat, Part, Unsupported, inspect,
    inspect_content,
};
use proptest::prelude::*;
use whisper_rs::{WhisperContext, WhisperContextParameters};

mod fetching;
mod server;

fn demo_path() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/huiting-demo.bin");
    assert!(
        path.is_file(),
        "{} is missing; it belongs to the repository: git checkout -- models/huiting-demo.bin",
        path.display()
    );
    path
}

fn demo() -> &'static [u8] {
    static DEMO: LazyLock<Vec<u8>> = LazyLock::new(|| fs::read(demo_path()).unwrap());
    &DEMO
}

/// Where the demo model's parts begin: counts after the magic, filters, vocabulary, tensors.
const FILTERS: usize = 48;
const VOCABULARY: usize = FILTERS + 8 + 4 * 80 * 201;
const TENSORS: usize = 572_465;

fn inspect_bytes(bytes: &[u8]) -> Result<ModelFacts, ModelError> {
    inspect_content(Path::new("models/huiting-demo.bin"), Cursor::new(bytes))
}

/// The demo model with the 32-bit number at `offset` replaced.
fn with_number(offset: usize, number: i32) -> Vec<u8> {
    let mut bytes = demo().to_vec();
    bytes[offset..offset + 4].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn position_of(text: &str) -> usize {
    demo()
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .unwrap()
}

#[test]
fn the_demo_model_is_sound_and_is_what_the_catalog_says() {
    let sound = places::check(&demo_path(), Catalog::bundled(), None).unwrap();
    assert_eq!(
        sound.facts,
        ModelFacts {
            vocabulary_size: 51_865,
            audio_layers: 4,
            audio_heads: 2,
            text_layers: 3,
            text_heads: 2,
            state: 128,
            audio_context: 1500,
            text_context: 448,
            mel_bands: 80,
            weights: NumberFormat::F16,
            size_bytes: demo().len() as u64,
        }
    );
    let entry = sound.entry.unwrap();
    assert_eq!(entry.name, DEFAULT_MODEL);
    assert_eq!(entry.size_bytes, demo().len() as u64);
    assert!(sound.facts.is_multilingual() && sound.facts.writes_timestamps());
}

#[test]
fn whisper_loads_what_was_found_sound() {
    assert!(inspect(&demo_path()).is_ok());
    let parameters = WhisperContextParameters::default();
    let context = WhisperContext::new_with_params(demo_path(), parameters).unwrap();
    assert_eq!(context.n_vocab(), 51_865);
    assert_eq!(context.model_n_text_layer(), 3);
    assert!(context.create_state().is_ok());
}

/// A file of the given geometry with the demo model's vocabulary and zeros for weights.
fn file_of(geometry: &Geometry, heads: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let number = |file: &mut Vec<u8>, number: u32| file.extend(number.to_le_bytes());
    let quantisation_version = u32::from(geometry.weights != NumberFormat::F16) * 2000;
    for count in [
        0x6767_6d6c,
        geometry.vocabulary_size,
        geometry.audio_context,
        geometry.state,
        heads,
        geometry.audio_layers,
        geometry.text_context,
        geometry.state,
        heads,
        geometry.text_layers,
        geometry.mel_bands,
        quantisation_version + geometry.weights.file_code().unsigned_abs(),
        geometry.mel_bands,
        201,
    ] {
        number(&mut file, count);
    }
    for _ in 0..geometry.mel_bands * 201 {
        file.extend(0.01_f32.to_le_bytes());
    }
    file.extend(&demo()[VOCABULARY..TENSORS]);
    for tensor in geometry.tensors() {
        number(&mut file, tensor.dimensions);
        number(&mut file, tensor.name.len() as u32);
        number(&mut file, tensor.format.tensor_code().unsigned_abs());
        for length in &tensor.shape[..tensor.dimensions as usize] {
            number(&mut file, *length);
        }
        file.extend(tensor.name.as_bytes());
        file.resize(file.len() + tensor.data_bytes() as usize, 0);
    }
    file
}

/// That the table of formats is whisper.cpp's: it loads a file of each, built by that table.
#[test]
fn whisper_loads_every_number_format() {
    let folder = tempfile::tempdir().unwrap();
    for (weights, vocabulary_size, mel_bands) in WEIGHT_FORMATS
        .into_iter()
        .map(|weights| (weights, 51_865, 80))
        .chain([(NumberFormat::Q5_0, 51_866, 128)])
    {
        let geometry = Geometry {
            vocabulary_size,
            audio_context: 1500,
            text_context: 448,
            state: 256,
            audio_layers: 1,
            text_layers: 1,
            mel_bands,
            weights,
        };
        let path = folder.path().join(format!("{}.bin", weights.as_str()));
        fs::write(&path, file_of(&geometry, 4)).unwrap();
        let facts = inspect(&path).unwrap_or_else(|error| panic!("{weights:?}: {error}"));
        assert_eq!(facts.weights, weights);
        let parameters = WhisperContextParameters::default();
        let context = WhisperContext::new_with_params(&path, parameters)
            .unwrap_or_else(|error| panic!("{weights:?}: {error}"));
        assert_eq!(context.model_n_mels(), i32::try_from(mel_bands).unwrap());
    }
}

#[test]
fn a_file_cut_anywhere_is_told_to_be_incomplete() {
    let check = |length: usize, expected: Part| match inspect_bytes(&demo()[..length]) {
        Err(ModelError::Truncated {
            part,
            found_bytes,
            expected_bytes,
            ..
        }) => {
            assert_eq!(part, expected, "cut at {length}");
            assert_eq!(found_bytes, length as u64);
            assert!(expected_bytes > found_bytes, "cut at {length}");
        }
        other => panic!("cut at {length}: {other:?}"),
    };
    for length in 4..FILTERS {
        check(length, Part::Header);
    }
    for length in FILTERS..1000 {
        check(length, Part::MelFilters);
    }
    check(VOCABULARY, Part::Vocabulary);
    check(VOCABULARY + 300_000, Part::Vocabulary);
    check(TENSORS - 1, Part::Vocabulary);
    check(TENSORS, Part::Tensors { name: None });
    check(TENSORS + 11, Part::Tensors { name: None });
    let named = |name: &str| Part::Tensors {
        name: Some(name.into()),
    };
    check(TENSORS + 5_000_000, named("decoder.token_embedding.weight"));
    // Right after the first tensor: whisper.cpp alone would notice this one.
    check(
        TENSORS + 12 + 8 + 30 + 2 * 128 * 51_865,
        Part::Tensors { name: None },
    );
    match inspect_bytes(&demo()[..demo().len() - 1]) {
        Err(ModelError::Truncated { expected_bytes, .. }) => {
            assert_eq!(expected_bytes, demo().len() as u64);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_with_more_in_it_is_refused() {
    for surplus in [1, 12, 100_000] {
        let mut bytes = demo().to_vec();
        bytes.resize(demo().len() + surplus, 0);
        match inspect_bytes(&bytes) {
            Err(ModelError::TooLong {
                expected_bytes,
                found_bytes,
                ..
            }) => assert_eq!(found_bytes, expected_bytes + surplus as u64),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn absurd_counts_in_the_header_are_refused() {
    let refused = |offset: usize, number: i32| match inspect_bytes(&with_number(offset, number)) {
        Err(ModelError::Unsupported { what, .. }) => what,
        other => panic!("{number} at {offset}: {other:?}"),
    };
    for field in 1..12 {
        for number in [i32::MAX, i32::MIN, -1, 0] {
            refused(4 * field, number);
        }
    }
    assert_eq!(refused(44, 0), Unsupported::FullPrecision);
    assert_eq!(refused(44, 99), Unsupported::NumberFormat { ftype: 99 });
    assert!(matches!(
        refused(16, 0),
        Unsupported::HeaderCount {
            field: "n_audio_head",
            found: 0,
            ..
        }
    ));
}

#[test]
fn a_full_precision_file_is_refused() {
    let mut bytes = file_of(
        &Geometry {
            vocabulary_size: 51_865,
            audio_context: 1500,
            text_context: 448,
            state: 64,
            audio_layers: 1,
            text_layers: 1,
            mel_bands: 80,
            weights: NumberFormat::F32,
        },
        1,
    );
    bytes[44..48].copy_from_slice(&0_i32.to_le_bytes());
    assert!(matches!(
        inspect_bytes(&bytes),
        Err(ModelError::Unsupported {
            what: Unsupported::FullPrecision,
            ..
        })
    ));
}

#[test]
fn a_file_that_contradicts_its_header_is_damaged() {
    let check = |bytes: &[u8], expected: Damage, at: usize| match inspect_bytes(bytes) {
        Err(ModelError::Damaged { what, offset, .. }) => {
            assert_eq!(what, expected);
            assert_eq!(offset, at as u64, "{what}");
        }
        other => panic!("{expected}: {other:?}"),
    };
    for bands in [0, 128, i32::MAX, -80] {
        let damage = Damage::MelFilters { bands, bins: 201 };
        check(&with_number(FILTERS, bands), damage, FILTERS);
    }
    for bins in [0, 200, i32::MAX] {
        let damage = Damage::MelFilters { bands: 80, bins };
        check(&with_number(FILTERS + 4, bins), damage, FILTERS);
    }
    for value in [f32::NAN, f32::INFINITY, -0.5, 1e9] {
        let bytes = with_number(FILTERS + 8, value.to_bits().cast_signed());
        check(&bytes, Damage::MelFilterValue, FILTERS + 8);
    }
    for found in [0, 1, 51_866, i32::MAX, -1] {
        let damage = Damage::VocabularyCount { found };
        check(&with_number(VOCABULARY, found), damage, VOCABULARY);
    }
    for found in [1025, u32::MAX] {
        let bytes = with_number(VOCABULARY + 4, found.cast_signed());
        check(
            &bytes,
            Damage::TokenLength { token: 0, found },
            VOCABULARY + 4,
        );
    }
    for found in [1000, 5, 0, -1, i32::MAX] {
        check(
            &with_number(TENSORS, found),
            Damage::TensorDimensions { found },
            TENSORS,
        );
    }
    for found in [0, -1, 129, i32::MAX] {
        check(
            &with_number(TENSORS + 4, found),
            Damage::TensorNameLength { found },
            TENSORS,
        );
    }
    let name = String::from("decoder.token_embedding.weight");
    for found in [0, 2, 39, -1] {
        let damage = Damage::TensorFormat {
            name: name.clone(),
            found,
        };
        check(&with_number(TENSORS + 8, found), damage, TENSORS);
    }
    for length in [0, -128, 129, i32::MAX] {
        let damage = Damage::TensorShape { name: name.clone() };
        check(&with_number(TENSORS + 12, length), damage, TENSORS);
    }

    let renamed = |from: &str, to: &[u8]| {
        let mut bytes = demo().to_vec();
        let start = position_of(from);
        bytes[start..start + to.len()].copy_from_slice(to);
        bytes
    };
    let start = TENSORS;
    let unknown = Damage::UnknownTensor {
        name: name.replace("decoder", "decoDer"),
    };
    check(&renamed(&name, b"decoDer"), unknown, start);
    check(&renamed(&name, b"deco\xffer"), Damage::TensorName, start);
    let twice = Damage::TensorTwice {
        name: "encoder.conv1.bias".into(),
    };
    let second = "encoder.conv2.bias";
    let bytes = renamed(second, b"encoder.conv1.bias");
    check(&bytes, twice, position_of(second) - 20);
}

#[test]
fn foreign_files_are_named_for_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let check = |content: &[u8], expected: Foreign| {
        let path = folder.path().join("x.bin");
        fs::write(&path, content).unwrap();
        match inspect(&path) {
            Err(ModelError::NotAModel { found, .. }) => assert_eq!(found, expected),
            other => panic!("{expected:?}: {other:?}"),
        }
    };
    check(b"", Foreign::Empty);
    check("这不是模型".as_bytes(), Foreign::Text);
    check(b"lmgg"[..3].as_ref(), Foreign::Text);
    check(b"<!DOCTYPE html><title>502</title>", Foreign::WebPage);
    check(b"GGUF\x03\x00\x00\x00", Foreign::Gguf);
    check(b"RIFF\x24\x00\x00\x00WAVE", Foreign::Magic(0x4646_4952));
    assert!(matches!(
        inspect(folder.path()),
        Err(ModelError::NotAModel {
            found: Foreign::NotAFile,
            ..
        })
    ));
    assert!(matches!(
        inspect(&folder.path().join("absent.bin")),
        Err(ModelError::Missing { .. })
    ));
}

/// Whatever is wrong, the user reads which file it is and which command to run.
#[test]
fn every_error_names_the_file_and_the_command() {
    let cut = inspect_content(
        Path::new("models/ggml-small.bin"),
        Cursor::new(&demo()[..600]),
    );
    let foreign = inspect_content(Path::new("own.bin"), Cursor::new(b"text"));
    let bundled = inspect_bytes(&with_number(44, 0));
    for (result, file, command) in [
        (cut, "models/ggml-small.bin", "huiting model fetch small"),
        (foreign, "own.bin", "huiting model list"),
        (
            bundled,
            "models/huiting-demo.bin",
            "git checkout -- models/huiting-demo.bin",
        ),
    ] {
        let error = result.unwrap_err();
        assert!(error.to_string().contains(file), "{error}");
        for lang in [Lang::Zh, Lang::En] {
            let said = error.say(lang);
            assert!(said.contains(file) && said.contains(command), "{said}");
        }
    }
    let wrong = ModelError::DigestMismatch {
        path: "m/ggml-tiny.bin".into(),
        expected: "ab".into(),
        found: "cd".into(),
    };
    let absent = places::resolve("large-v3-turbo-q5", Catalog::bundled(), &[]).unwrap_err();
    let folders = [PathBuf::from("models")];
    let not_installed = places::resolve("medium", Catalog::bundled(), &folders).unwrap_err();
    let cut = inspect_bytes(&demo()[..TENSORS]).unwrap_err();
    let told: Vec<String> = [wrong, absent, not_installed, cut]
        .iter()
        .flat_map(|error| [Lang::Zh, Lang::En].map(|lang| error.say(lang)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Bytes changed at random before the weights, and perhaps a cut or surplus: no panic, and
    /// `Ok` never of a file whose length is not that of the model.
    #[test]
    fn random_damage_never_passes_with_a_wrong_length(
        changes in prop::collection::vec((0..TENSORS + 200, any::<u8>()), 0..8),
        in_header in prop::collection::vec((0..FILTERS + 8, any::<u8>()), 0..3),
        length in prop_oneof![
            3 => Just(None),
            2 => (0..TENSORS + 200).prop_map(Some),
            1 => (TENSORS..demo().len() + 1000).prop_map(Some),
        ],
    ) {
        let mut bytes = demo().to_vec();
        for (offset, value) in changes.into_iter().chain(in_header) {
            bytes[offset] = value;
        }
        bytes.resize(length.unwrap_or(demo().len()), 0);
        if let Ok(facts) = inspect_bytes(&bytes) {
            prop_assert_eq!(bytes.len(), demo().len());
            prop_assert_eq!(facts.size_bytes, demo().len() as u64);
        }
    }
}

#[test]
fn verify_tells_sound_models_from_others() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    let mut changed = demo().to_vec();
    *changed.last_mut().unwrap() ^= 1;
    write("huiting-demo.bin", &changed);
    write("own.bin", demo());
    write("cut.bin", &demo()[..1_000_000]);
    write("huiting-demo.bin.part", b"unfinished");
    let verified = places::verify(folder.path(), Catalog::bundled()).unwrap();
    let outcomes: Vec<_> = verified
        .iter()
        .map(|model| {
            (
                model.path.file_name().unwrap().to_str().unwrap(),
                &model.outcome,
            )
        })
        .collect();
    match outcomes.as_slice() {
        [
            ("cut.bin", Err(ModelError::Truncated { .. })),
            ("huiting-demo.bin", Err(ModelError::DigestMismatch { .. })),
            ("own.bin", Ok(own)),
        ] => assert!(own.entry.is_none()),
        other => panic!("{other:?}"),
    }
    let target = Some(folder.path().to_string_lossy().into_owned());
    let command = ModelCommand::Verify {
        target,
        catalog: None,
    };
    let code = model::run(&command, Lang::Zh).unwrap();
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(1)));
}
