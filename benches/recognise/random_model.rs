//! Model files of a given geometry with random weights: they hear nothing, but the encoder's time
//! depends on the geometry alone.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use huiting::transcribe::model_file::{
    NumberFormat,
    layout::{Geometry, Tensor},
};

const MAGIC: i32 = 0x6767_6d6c;
/// Bytes of the magic and the eleven counts.
const HEADER: usize = 48;
/// Random bytes that every tensor is filled from, over and over.
const NUMBERS: usize = 1 << 18;

/// One of Whisper's published sizes.
pub struct Size {
    pub name: &'static str,
    state: u32,
    layers: u32,
}

pub const SIZES: [Size; 3] = [
    Size {
        name: "tiny",
        state: 384,
        layers: 4,
    },
    Size {
        name: "base",
        state: 512,
        layers: 6,
    },
    Size {
        name: "small",
        state: 768,
        layers: 12,
    },
];

/// The model of this size in `folder`, written unless it is there. Its mel filters and vocabulary
/// are those of the model `like`, which has 80 bands and the multilingual vocabulary.
pub fn model(size: &Size, like: &Path, folder: &Path) -> PathBuf {
    let path = folder.join(format!("random-{}.bin", size.name));
    if !path.is_file() {
        fs::create_dir_all(folder).expect("a folder for models");
        let unfinished = path.with_extension("part");
        write(size, like, &unfinished).expect("room for a model");
        fs::rename(&unfinished, &path).expect("renamed");
    }
    path
}

fn write(size: &Size, like: &Path, path: &Path) -> std::io::Result<()> {
    let geometry = Geometry {
        vocabulary_size: 51_865,
        audio_context: 1500,
        text_context: 448,
        state: size.state,
        audio_layers: size.layers,
        text_layers: size.layers,
        mel_bands: 80,
        weights: NumberFormat::F16,
    };
    let (state, layers, heads) = (
        size.state as i32,
        size.layers as i32,
        size.state as i32 / 64,
    );
    let f16 = NumberFormat::F16.file_code();
    let counts = [
        MAGIC, 51_865, 1500, state, heads, layers, 448, state, heads, layers, 80, f16,
    ];
    let like = fs::read(like)?;
    let mut file = BufWriter::new(File::create(path)?);
    for count in counts {
        file.write_all(&count.to_le_bytes())?;
    }
    file.write_all(&like[HEADER..end_of_vocabulary(&like)])?;
    let halves = random_halves();
    let floats: Vec<u8> = halves
        .chunks_exact(2)
        .flat_map(|half| as_float(u16::from_le_bytes([half[0], half[1]])).to_le_bytes())
        .collect();
    for tensor in geometry.tensors() {
        write_tensor(&mut file, &tensor, &halves, &floats)?;
    }
    file.flush()
}

/// Where the tensors begin: behind the mel filters and the vocabulary.
fn end_of_vocabulary(model: &[u8]) -> usize {
    let number = |at: usize| {
        let bytes = model[at..at + 4].try_into().expect("four bytes");
        i32::from_le_bytes(bytes) as usize
    };
    let mut at = HEADER + 8 + 4 * number(HEADER) * number(HEADER + 4);
    let tokens = number(at);
    at += 4;
    for _ in 0..tokens {
        at += 4 + number(at);
    }
    at
}

fn write_tensor(
    file: &mut impl Write,
    tensor: &Tensor,
    halves: &[u8],
    floats: &[u8],
) -> std::io::Result<()> {
    let name = tensor.name.as_bytes();
    let dimensions = &tensor.shape[..tensor.dimensions as usize];
    for count in [
        tensor.dimensions,
        name.len() as u32,
        tensor.format.tensor_code() as u32,
    ] {
        file.write_all(&count.to_le_bytes())?;
    }
    for length in dimensions {
        file.write_all(&length.to_le_bytes())?;
    }
    file.write_all(name)?;
    let source = match tensor.format {
        NumberFormat::F32 => floats,
        _ => halves,
    };
    let mut left = tensor.data_bytes() as usize;
    while left > 0 {
        let part = left.min(source.len());
        file.write_all(&source[..part])?;
        left -= part;
    }
    Ok(())
}

/// 16-bit floats between 1/64 and 1/32 of either sign.
fn random_halves() -> Vec<u8> {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let halves = (0..NUMBERS).flat_map(|_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let (sign, mantissa) = ((seed >> 40) as u16 & 0x8000, (seed >> 20) as u16 & 0x03ff);
        (sign | (9 << 10) | mantissa).to_le_bytes()
    });
    halves.collect()
}

fn as_float(half: u16) -> f32 {
    let magnitude = (1.0 + f32::from(half & 0x03ff) / 1024.0) / 64.0;
    if half & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}
