//! Which tensors a Whisper model of a given geometry consists of, and how large each is in a file.
//!
//! Owns whisper.cpp 1.8.3's table of names, shapes and number formats (`src/whisper.cpp`,
//! `whisper_model_load`; `src/whisper-arch.h`). Reads no file.

/// How a model file stores the numbers of one tensor.
///
/// The list holds what whisper.cpp's own `quantize` writes. Files of 32-bit floats, bfloat16 and
/// the importance-weighted formats exist but abort or are untried with whisper.cpp 1.8.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberFormat {
    F32,
    F16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
}

/// The formats that a file's weight matrices may have.
pub const WEIGHT_FORMATS: [NumberFormat; 11] = [
    NumberFormat::F16,
    NumberFormat::Q4_0,
    NumberFormat::Q4_1,
    NumberFormat::Q5_0,
    NumberFormat::Q5_1,
    NumberFormat::Q8_0,
    NumberFormat::Q2K,
    NumberFormat::Q3K,
    NumberFormat::Q4K,
    NumberFormat::Q5K,
    NumberFormat::Q6K,
];

impl NumberFormat {
    /// The name that file names and model lists use.
    pub fn as_str(self) -> &'static str {
        match self {
            NumberFormat::F32 => "f32",
            NumberFormat::F16 => "f16",
            NumberFormat::Q4_0 => "q4_0",
            NumberFormat::Q4_1 => "q4_1",
            NumberFormat::Q5_0 => "q5_0",
            NumberFormat::Q5_1 => "q5_1",
            NumberFormat::Q8_0 => "q8_0",
            NumberFormat::Q2K => "q2_k",
            NumberFormat::Q3K => "q3_k",
            NumberFormat::Q4K => "q4_k",
            NumberFormat::Q5K => "q5_k",
            NumberFormat::Q6K => "q6_k",
        }
    }

    /// The header's `ftype` without its quantisation version (`enum ggml_ftype`).
    pub fn file_code(self) -> i32 {
        match self {
            NumberFormat::F32 => 0,
            NumberFormat::F16 => 1,
            NumberFormat::Q4_0 => 2,
            NumberFormat::Q4_1 => 3,
            NumberFormat::Q8_0 => 7,
            NumberFormat::Q5_0 => 8,
            NumberFormat::Q5_1 => 9,
            NumberFormat::Q2K => 10,
            NumberFormat::Q3K => 11,
            NumberFormat::Q4K => 12,
            NumberFormat::Q5K => 13,
            NumberFormat::Q6K => 14,
        }
    }

    /// The type that stands before each tensor (`enum ggml_type`).
    pub fn tensor_code(self) -> i32 {
        match self {
            NumberFormat::F32 => 0,
            NumberFormat::F16 => 1,
            NumberFormat::Q4_0 => 2,
            NumberFormat::Q4_1 => 3,
            NumberFormat::Q5_0 => 6,
            NumberFormat::Q5_1 => 7,
            NumberFormat::Q8_0 => 8,
            NumberFormat::Q2K => 10,
            NumberFormat::Q3K => 11,
            NumberFormat::Q4K => 12,
            NumberFormat::Q5K => 13,
            NumberFormat::Q6K => 14,
        }
    }

    /// Numbers in one block; rows must be whole blocks.
    pub fn block_numbers(self) -> u64 {
        match self {
            NumberFormat::F32 | NumberFormat::F16 => 1,
            NumberFormat::Q4_0
            | NumberFormat::Q4_1
            | NumberFormat::Q5_0
            | NumberFormat::Q5_1
            | NumberFormat::Q8_0 => 32,
            NumberFormat::Q2K
            | NumberFormat::Q3K
            | NumberFormat::Q4K
            | NumberFormat::Q5K
            | NumberFormat::Q6K => 256,
        }
    }

    /// Bytes that one block takes.
    pub fn block_bytes(self) -> u64 {
        match self {
            NumberFormat::F32 => 4,
            NumberFormat::F16 => 2,
            NumberFormat::Q4_0 => 18,
            NumberFormat::Q4_1 => 20,
            NumberFormat::Q5_0 => 22,
            NumberFormat::Q5_1 => 24,
            NumberFormat::Q8_0 => 34,
            NumberFormat::Q2K => 84,
            NumberFormat::Q3K => 110,
            NumberFormat::Q4K => 144,
            NumberFormat::Q5K => 176,
            NumberFormat::Q6K => 210,
        }
    }

    /// The weight format of a header's `ftype` (quantisation version × 1000 + code).
    pub fn from_header(ftype: i32) -> Option<NumberFormat> {
        // Quantisation versions are single digits (2 at present); larger numbers are rubbish.
        if !(0..10_000).contains(&ftype) {
            return None;
        }
        WEIGHT_FORMATS
            .into_iter()
            .find(|format| format.file_code() == ftype % 1000)
    }
}

/// The counts that decide which tensors there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    pub vocabulary_size: u32,
    pub audio_context: u32,
    pub text_context: u32,
    /// Width of encoder and decoder alike.
    pub state: u32,
    pub audio_layers: u32,
    pub text_layers: u32,
    pub mel_bands: u32,
    pub weights: NumberFormat,
}

/// One tensor as it must stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    pub name: String,
    /// Fastest-running dimension first, as in the file; padded with ones.
    pub shape: [u32; 4],
    /// How many of the four dimensions whisper.cpp's own files write.
    pub dimensions: u32,
    pub format: NumberFormat,
}

impl Tensor {
    pub fn data_bytes(&self) -> u64 {
        let numbers: u64 = self.shape.iter().map(|&length| u64::from(length)).product();
        numbers / self.format.block_numbers() * self.format.block_bytes()
    }

    /// Data with what stands before it: three counts, the dimensions, the name.
    pub fn file_bytes(&self) -> u64 {
        12 + 4 * u64::from(self.dimensions) + self.name.len() as u64 + self.data_bytes()
    }
}

impl Geometry {
    /// Every tensor of the model, in no order that a file must keep.
    pub fn tensors(&self) -> Vec<Tensor> {
        let Geometry { state, weights, .. } = *self;
        let mut list = TensorList(Vec::new());
        let (f32, f16) = (NumberFormat::F32, NumberFormat::F16);

        list.add(
            "encoder.positional_embedding",
            &[state, self.audio_context],
            f32,
        );
        list.add("encoder.conv1.weight", &[3, self.mel_bands, state], f16);
        list.add("encoder.conv1.bias", &[1, state], f32);
        list.add("encoder.conv2.weight", &[3, state, state], f16);
        list.add("encoder.conv2.bias", &[1, state], f32);
        list.norm("encoder.ln_post", state);
        for layer in 0..self.audio_layers {
            let block = format!("encoder.blocks.{layer}");
            list.attention(&block, "attn", state, weights);
            list.perceptron(&block, state, weights);
        }
        list.add(
            "decoder.positional_embedding",
            &[state, self.text_context],
            f32,
        );
        list.add(
            "decoder.token_embedding.weight",
            &[state, self.vocabulary_size],
            weights,
        );
        list.norm("decoder.ln", state);
        for layer in 0..self.text_layers {
            let block = format!("decoder.blocks.{layer}");
            list.attention(&block, "attn", state, weights);
            list.attention(&block, "cross_attn", state, weights);
            list.perceptron(&block, state, weights);
        }
        list.0
    }
}

struct TensorList(Vec<Tensor>);

impl TensorList {
    fn add(&mut self, name: &str, dimensions: &[u32], format: NumberFormat) {
        let mut shape = [1; 4];
        shape[..dimensions.len()].copy_from_slice(dimensions);
        self.0.push(Tensor {
            name: name.to_owned(),
            shape,
            dimensions: dimensions.len() as u32,
            format,
        });
    }

    fn norm(&mut self, name: &str, state: u32) {
        self.add(&format!("{name}.weight"), &[state], NumberFormat::F32);
        self.add(&format!("{name}.bias"), &[state], NumberFormat::F32);
    }

    fn attention(&mut self, block: &str, kind: &str, state: u32, weights: NumberFormat) {
        self.norm(&format!("{block}.{kind}_ln"), state);
        // Whisper's key projection has no bias.
        for (part, has_bias) in [
            ("query", true),
            ("key", false),
            ("value", true),
            ("out", true),
        ] {
            self.add(
                &format!("{block}.{kind}.{part}.weight"),
                &[state, state],
                weights,
            );
            if has_bias {
                self.add(
                    &format!("{block}.{kind}.{part}.bias"),
                    &[state],
                    NumberFormat::F32,
                );
            }
        }
    }

    fn perceptron(&mut self, block: &str, state: u32, weights: NumberFormat) {
        self.norm(&format!("{block}.mlp_ln"), state);
        self.add(
            &format!("{block}.mlp.0.weight"),
            &[state, 4 * state],
            weights,
        );
        self.add(
            &format!("{block}.mlp.0.bias"),
            &[4 * state],
            NumberFormat::F32,
        );
        self.add(
            &format!("{block}.mlp.2.weight"),
            &[4 * state, state],
            weights,
        );
        self.add(&format!("{block}.mlp.2.bias"), &[state], NumberFormat::F32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::transcribe::catalog::Catalog;

    /// Header, 201-bin mel filters and the multilingual vocabulary (50257 tokens, 307057 bytes).
    fn file_bytes(geometry: Geometry) -> u64 {
        let filters = 8 + 4 * 201 * u64::from(geometry.mel_bands);
        let vocabulary = 4 + 4 * 50_257 + 307_057;
        let tensors: u64 = geometry.tensors().iter().map(Tensor::file_bytes).sum();
        48 + filters + vocabulary + tensors
    }

    /// Whisper's published geometries give the sizes of whisper.cpp's files, to the byte, and the
    /// catalog has those sizes.
    #[test]
    fn published_models_have_exactly_the_computed_size() {
        #[rustfmt::skip]
        let published = [
            ("tiny", 384, 4, 4, 51_865, 80, NumberFormat::F16, 77_691_713),
            ("base", 512, 6, 6, 51_865, 80, NumberFormat::F16, 147_951_465),
            ("base-q5_1", 512, 6, 6, 51_865, 80, NumberFormat::Q5_1, 59_707_625),
            ("small", 768, 12, 12, 51_865, 80, NumberFormat::F16, 487_601_967),
            ("small-q8_0", 768, 12, 12, 51_865, 80, NumberFormat::Q8_0, 264_464_607),
            ("medium", 1024, 24, 24, 51_865, 80, NumberFormat::F16, 1_533_763_059),
            ("medium-q5_0", 1024, 24, 24, 51_865, 80, NumberFormat::Q5_0, 539_212_467),
            ("large-v3-turbo", 1280, 32, 4, 51_866, 128, NumberFormat::F16, 1_624_555_275),
            ("large-v3-turbo-q5_0", 1280, 32, 4, 51_866, 128, NumberFormat::Q5_0, 574_041_195),
            ("large-v3-turbo-q8_0", 1280, 32, 4, 51_866, 128, NumberFormat::Q8_0, 874_188_075),
            ("large-v3", 1280, 32, 32, 51_866, 128, NumberFormat::F16, 3_095_033_483),
        ];
        let mut sizes = HashMap::new();
        for (name, state, audio_layers, text_layers, vocabulary_size, mel_bands, weights, size) in
            published
        {
            let geometry = Geometry {
                vocabulary_size,
                audio_context: 1500,
                text_context: 448,
                state,
                audio_layers,
                text_layers,
                mel_bands,
                weights,
            };
            assert_eq!(file_bytes(geometry), size, "{name}");
            sizes.insert(name, size);
        }
        for entry in Catalog::bundled().entries() {
            if entry.address.is_some() {
                assert_eq!(
                    sizes.get(&*entry.name),
                    Some(&entry.size_bytes),
                    "{}",
                    entry.name
                );
            }
        }
    }

    #[test]
    fn header_codes_are_read_with_and_without_quantisation_version() {
        assert_eq!(NumberFormat::from_header(1), Some(NumberFormat::F16));
        assert_eq!(NumberFormat::from_header(2008), Some(NumberFormat::Q5_0));
        for refused in [0, -1, 4, 5, 6, 24, 25, 999, 10_001, i32::MAX, i32::MIN] {
            assert_eq!(NumberFormat::from_header(refused), None, "{refused}");
        }
    }
}
