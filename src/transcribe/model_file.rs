//! What a ggml Whisper model file says of itself, found without loading it.
//!
//! whisper.cpp trusts its files: a damaged one aborts the process, crashes it, or loads as an
//! empty model that hears nothing. So every file is walked here first, with a bound on each count,
//! and only one that is exactly a Whisper model may be handed on. Owns the reading of the format
//! and loads no weights; whether a file is the one that its name promises, see
//! [`crate::transcribe::catalog::places::check`].
//!
//! The format, all little-endian: magic; eleven counts; mel filters (bands, bins, 32-bit floats);
//! vocabulary (count, then length and bytes of each token); tensors until the end (number of
//! dimensions, length of the name, number format, dimensions, name, data).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

mod damage;
pub mod digest;
mod error;
mod header;
pub mod layout;

pub use damage::{Damage, Foreign, Part, Unsupported};
pub use digest::{digest, digest_remembered};
pub use error::ModelError;
pub use layout::NumberFormat;

use header::{Header, parse_header};
use layout::Tensor;

/// `ggml` as whisper.cpp writes it.
const MAGIC: i32 = 0x6767_6d6c;
/// Frequency bins of a 400-sample window; whisper.cpp reads past the filters with any other.
const MEL_BINS: i32 = 201;
/// No token of Whisper's vocabularies is longer than 128 bytes.
const LONGEST_TOKEN: u32 = 1024;
const LONGEST_TENSOR_NAME: i32 = 128;
/// The first vocabulary that has Chinese in it (and every other language but English).
const MULTILINGUAL_VOCABULARY: u32 = 51_865;

/// What is known of a model whose file is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Tokens that the decoder can produce, the special ones included.
    pub vocabulary_size: u32,
    pub audio_layers: u32,
    pub audio_heads: u32,
    pub text_layers: u32,
    pub text_heads: u32,
    /// Width of encoder and decoder.
    pub state: u32,
    /// Longest window in encoder positions of 20 ms.
    pub audio_context: u32,
    /// Longest text in tokens.
    pub text_context: u32,
    pub mel_bands: u32,
    /// Number format of the weight matrices.
    pub weights: NumberFormat,
    pub size_bytes: u64,
}

impl ModelFacts {
    /// Whether it understands Chinese at all.
    pub fn is_multilingual(&self) -> bool {
        self.vocabulary_size >= MULTILINGUAL_VOCABULARY
    }

    /// Two text layers are what the first distilled models have.
    pub fn is_distilled(&self) -> bool {
        self.text_layers == 2
    }

    /// Whether whisper.cpp lets the model write timestamps: it turns them off for the first
    /// distilled models (`whisper_full_with_state`).
    pub fn writes_timestamps(&self) -> bool {
        !self.is_distilled() || self.vocabulary_size == 51_866
    }
}

/// Reads a model file from end to end, seeking over the weights, and says what it holds.
///
/// `Ok` means: whisper.cpp 1.8.3 will find every tensor that it needs, each once and of the right
/// shape and format, and nothing else. The weights' values are not looked at; see [`digest()`].
///
/// # Errors
/// Every way in which the file is not that; see [`ModelError`].
pub fn inspect(path: &Path) -> Result<ModelFacts, ModelError> {
    // Asked before opening: opening a pipe would wait for a writer.
    let metadata = fs::metadata(path).map_err(|error| ModelError::unreadable(path, error))?;
    if !metadata.is_file() {
        return Err(ModelError::NotAModel {
            path: path.to_owned(),
            found: Foreign::NotAFile,
        });
    }
    let file = File::open(path).map_err(|error| ModelError::unreadable(path, error))?;
    inspect_content(path, file)
}

/// As [`inspect`], for content that is not (only) a file; `path` is named in errors.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_content(path: &Path, content: impl Read + Seek) -> Result<ModelFacts, ModelError> {
    let mut source = Source::new(path, content)?;
    source.check_magic()?;
    let header = source.header()?;
    source.mel_filters(&header)?;
    source.vocabulary(&header)?;
    source.tensors(&header)?;
    Ok(header.facts(source.length))
}

impl ModelError {
    fn unreadable(path: &Path, source: io::Error) -> ModelError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => ModelError::Missing { path },
            _ => ModelError::Unreadable { path, source },
        }
    }
}

/// A model file being read; never reads or skips past its end.
struct Source<R> {
    path: PathBuf,
    reader: BufReader<R>,
    offset: u64,
    length: u64,
    part: Part,
    /// The whole file's length as far as it is known from what was read, for messages.
    expected_length: u64,
}

impl<R: Read + Seek> Source<R> {
    fn new(path: &Path, mut content: R) -> Result<Source<R>, ModelError> {
        let length = content
            .seek(SeekFrom::End(0))
            .and_then(|length| content.seek(SeekFrom::Start(0)).map(|_| length))
            .map_err(|error| ModelError::unreadable(path, error))?;
        Ok(Source {
            path: path.to_owned(),
            reader: BufReader::new(content),
            offset: 0,
            length,
            part: Part::Header,
            expected_length: 0,
        })
    }

    fn check_magic(&mut self) -> Result<(), ModelError> {
        let mut beginning = Vec::new();
        self.reader
            .by_ref()
            .take(512)
            .read_to_end(&mut beginning)
            .map_err(|error| ModelError::unreadable(&self.path, error))?;
        self.reader
            .seek(SeekFrom::Start(0))
            .map_err(|error| ModelError::unreadable(&self.path, error))?;
        if beginning.starts_with(&MAGIC.to_le_bytes()) {
            self.number().map(drop)
        } else {
            Err(ModelError::NotAModel {
                path: self.path.clone(),
                found: foreign(&beginning),
            })
        }
    }

    fn header(&mut self) -> Result<Header, ModelError> {
        let mut numbers = [0; 11];
        for number in &mut numbers {
            *number = self.number()?;
        }
        parse_header(numbers).map_err(|what| ModelError::Unsupported {
            path: self.path.clone(),
            what,
        })
    }

    fn mel_filters(&mut self, header: &Header) -> Result<(), ModelError> {
        self.part = Part::MelFilters;
        let start = self.offset;
        let (bands, bins) = (self.number()?, self.number()?);
        if i64::from(bands) != i64::from(header.geometry.mel_bands) || bins != MEL_BINS {
            return Err(self.damaged(Damage::MelFilters { bands, bins }, start));
        }
        let mut loudest = 0.0_f32;
        for _ in 0..bands * bins {
            let start = self.offset;
            let value = f32::from_le_bytes(self.bytes()?);
            // Whisper's filters stay far below 1; anything else is rubbish or not a number.
            if !(0.0..=1.0).contains(&value) {
                return Err(self.damaged(Damage::MelFilterValue, start));
            }
            loudest = loudest.max(value);
        }
        if loudest == 0.0 {
            return Err(self.damaged(Damage::MelFilterValue, start));
        }
        Ok(())
    }

    fn vocabulary(&mut self, header: &Header) -> Result<(), ModelError> {
        self.part = Part::Vocabulary;
        let start = self.offset;
        let found = self.number()?;
        // The file lists the words; the special tokens after them are whisper.cpp's to name.
        let plausible = 50_256..=header.geometry.vocabulary_size;
        let Some(count) = u32::try_from(found)
            .ok()
            .filter(|count| plausible.contains(count))
        else {
            return Err(self.damaged(Damage::VocabularyCount { found }, start));
        };
        for token in 0..count {
            let start = self.offset;
            let length = u32::from_le_bytes(self.bytes()?);
            if length > LONGEST_TOKEN {
                let found = length;
                return Err(self.damaged(Damage::TokenLength { token, found }, start));
            }
            self.skip(length.into())?;
        }
        Ok(())
    }

    fn tensors(&mut self, header: &Header) -> Result<(), ModelError> {
        self.part = Part::Tensors { name: None };
        let all = header.geometry.tensors();
        let whole_length = self.offset + all.iter().map(Tensor::file_bytes).sum::<u64>();
        self.expected_length = whole_length;
        let mut awaited: HashMap<String, Option<Tensor>> = all
            .into_iter()
            .map(|tensor| (tensor.name.clone(), Some(tensor)))
            .collect();
        for _ in 0..awaited.len() {
            self.part = Part::Tensors { name: None };
            self.tensor(&mut awaited)?;
        }
        match self.length.checked_sub(self.offset) {
            Some(0) => Ok(()),
            _ => Err(ModelError::TooLong {
                path: self.path.clone(),
                expected_bytes: self.offset,
                found_bytes: self.length,
            }),
        }
    }

    /// Reads one tensor's description, takes it off the awaited ones, and skips its data.
    fn tensor(&mut self, awaited: &mut HashMap<String, Option<Tensor>>) -> Result<(), ModelError> {
        let start = self.offset;
        let (dimensions, name_length, format) = (self.number()?, self.number()?, self.number()?);
        if !(1..=4).contains(&dimensions) {
            let found = dimensions;
            return Err(self.damaged(Damage::TensorDimensions { found }, start));
        }
        if !(1..=LONGEST_TENSOR_NAME).contains(&name_length) {
            let found = name_length;
            return Err(self.damaged(Damage::TensorNameLength { found }, start));
        }
        let mut shape = [1; 4];
        for length in &mut shape[..dimensions.unsigned_abs() as usize] {
            *length = self.number()?;
        }
        let name = self.text(name_length.unsigned_abs(), start)?;
        self.part = Part::Tensors {
            name: Some(name.clone()),
        };
        let tensor = match awaited.get_mut(&name) {
            None => return Err(self.damaged(Damage::UnknownTensor { name }, start)),
            Some(awaited) => match awaited.take() {
                None => return Err(self.damaged(Damage::TensorTwice { name }, start)),
                Some(tensor) => tensor,
            },
        };
        if shape.map(i64::from) != tensor.shape.map(i64::from) {
            return Err(self.damaged(Damage::TensorShape { name }, start));
        }
        if format != tensor.format.tensor_code() {
            let found = format;
            return Err(self.damaged(Damage::TensorFormat { name, found }, start));
        }
        self.skip(tensor.data_bytes())
    }

    fn text(&mut self, length: u32, start: u64) -> Result<String, ModelError> {
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        String::from_utf8(bytes)
            .ok()
            .filter(|text| !text.chars().any(char::is_control))
            .ok_or_else(|| self.damaged(Damage::TensorName, start))
    }

    fn number(&mut self) -> Result<i32, ModelError> {
        self.bytes().map(i32::from_le_bytes)
    }

    fn bytes(&mut self) -> Result<[u8; 4], ModelError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ModelError> {
        self.advance(bytes.len() as u64)?;
        self.reader
            .read_exact(bytes)
            .map_err(|error| ModelError::unreadable(&self.path, error))
    }

    fn skip(&mut self, count: u64) -> Result<(), ModelError> {
        self.advance(count)?;
        // Fits: it is at most the length of a file.
        self.reader
            .seek_relative(count as i64)
            .map_err(|error| ModelError::unreadable(&self.path, error))
    }

    fn advance(&mut self, count: u64) -> Result<(), ModelError> {
        let after = self.offset + count;
        if after > self.length {
            return Err(ModelError::Truncated {
                path: self.path.clone(),
                part: self.part.clone(),
                expected_bytes: self.expected_length.max(after),
                found_bytes: self.length,
            });
        }
        self.offset = after;
        Ok(())
    }

    fn damaged(&self, what: Damage, offset: u64) -> ModelError {
        ModelError::Damaged {
            path: self.path.clone(),
            what,
            offset,
        }
    }
}

/// What a file seems to be that does not begin as a ggml file does.
fn foreign(beginning: &[u8]) -> Foreign {
    let text = String::from_utf8_lossy(beginning).to_ascii_lowercase();
    let text = text.trim_start();
    let is_binary = beginning
        .iter()
        .any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace());
    match beginning {
        [] => Foreign::Empty,
        [b'G', b'G', b'U', b'F', ..] => Foreign::Gguf,
        [b'P', b'K', 3, 4, ..] => Foreign::Zip,
        _ if text.starts_with("<!doctype html") || text.starts_with("<html") => Foreign::WebPage,
        _ if text.starts_with("version https://git-lfs") => Foreign::GitLfsPointer,
        _ if !is_binary => Foreign::Text,
        bytes => {
            let mut magic = [0; 4];
            let known = bytes.len().min(4);
            magic[..known].copy_from_slice(&bytes[..known]);
            Foreign::Magic(u32::from_le_bytes(magic))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_files_are_told_apart() {
        let check = |beginning: &[u8], expected| assert_eq!(foreign(beginning), expected);
        check(b"", Foreign::Empty);
        check("模型列表\n".as_bytes(), Foreign::Text);
        check(b"GGUF\x03\0\0\0", Foreign::Gguf);
        check(b"PK\x03\x04\x14", Foreign::Zip);
        check(b"\n<!DOCTYPE html><html>", Foreign::WebPage);
        check(
            b"version https://git-lfs.github.com/spec/v1\n",
            Foreign::GitLfsPointer,
        );
        check(b"\x01\x02", Foreign::Magic(0x0201));
        check(b"tjgg\0\0\0\0", Foreign::Magic(0x6767_6a74));
    }
}
