//! What can be found in a file that is not a sound model, and its wording.

use std::fmt;

use crate::lang::{Lang, Say};

/// What a file that is no model seems to be, by its first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    Empty,
    /// A folder, device or pipe.
    NotAFile,
    Text,
    WebPage,
    GitLfsPointer,
    Gguf,
    /// PyTorch checkpoints and most archives.
    Zip,
    /// The first four bytes, as a little-endian number.
    Magic(u32),
}

/// The parts of a model file in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Header,
    MelFilters,
    Vocabulary,
    /// The tensors; the name is known once it could be read.
    Tensors {
        name: Option<String>,
    },
}

/// Legal perhaps, but not what whisper.cpp 1.8.3 loads without harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// 32-bit floats: whisper.cpp aborts on them.
    FullPrecision,
    /// An `ftype` that nobody writes for Whisper, or that is untried.
    NumberFormat { ftype: i32 },
    /// A count in the header outside what any Whisper model has.
    HeaderCount {
        field: &'static str,
        found: i32,
        /// For people to read, such as `1–64`.
        allowed: &'static str,
    },
    /// Two counts of the header that do not fit each other.
    HeaderMismatch {
        field: &'static str,
        found: i32,
        other: &'static str,
        other_found: i32,
    },
}

/// A place where the file contradicts itself or Whisper's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    MelFilters { bands: i32, bins: i32 },
    MelFilterValue,
    VocabularyCount { found: i32 },
    TokenLength { token: u32, found: u32 },
    TensorDimensions { found: i32 },
    TensorNameLength { found: i32 },
    TensorName,
    UnknownTensor { name: String },
    TensorTwice { name: String },
    TensorShape { name: String },
    TensorFormat { name: String, found: i32 },
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl Say for Foreign {
    fn say(&self, lang: Lang) -> String {
        match self {
            Foreign::Empty => lang.pick("文件是空的", "the file is empty").into(),
            Foreign::NotAFile => lang
                .pick("这是文件夹或设备，不是文件", "it is a folder or a device, not a file")
                .into(),
            Foreign::Text => lang.pick("这是文本文件", "it is a text file").into(),
            Foreign::WebPage => lang
                .pick(
                    "这是网页，多半是下载时被登录页或出错页顶替了",
                    "it is a web page, probably a login or error page that came instead of the download",
                )
                .into(),
            Foreign::GitLfsPointer => lang
                .pick(
                    "这是 Git LFS 的指针文件，真正的内容没有下载",
                    "it is a Git LFS pointer, the content itself was not downloaded",
                )
                .into(),
            Foreign::Gguf => lang
                .pick(
                    "这是 GGUF 格式，huiting 只读 whisper.cpp 的 ggml 格式（ggml-*.bin）",
                    "it is GGUF; huiting reads whisper.cpp's ggml files (ggml-*.bin)",
                )
                .into(),
            Foreign::Zip => lang
                .pick(
                    "这是 PyTorch 检查点或压缩包，要先转换成 whisper.cpp 的 ggml 格式",
                    "it is a PyTorch checkpoint or an archive; convert it to whisper.cpp's ggml format first",
                )
                .into(),
            Foreign::Magic(magic) => match lang {
                Lang::Zh => format!("开头四个字节是 {magic:#010x}，应为 0x67676d6c"),
                Lang::En => format!("it begins with {magic:#010x} instead of 0x67676d6c"),
            },
        }
    }
}

impl Say for Part {
    fn say(&self, lang: Lang) -> String {
        match self {
            Part::Header => lang.pick("文件头", "the header").into(),
            Part::MelFilters => lang.pick("梅尔滤波器", "the mel filters").into(),
            Part::Vocabulary => lang.pick("词表", "the vocabulary").into(),
            Part::Tensors { name: None } => lang.pick("权重", "the tensors").into(),
            Part::Tensors { name: Some(name) } => match lang {
                Lang::Zh => format!("权重 {name}"),
                Lang::En => format!("tensor {name}"),
            },
        }
    }
}

impl Say for Unsupported {
    fn say(&self, lang: Lang) -> String {
        match self {
            Unsupported::FullPrecision => lang
                .pick(
                    "权重是 32 位浮点数（f32），识别引擎会因此中止；请换 f16 或量化的文件",
                    "its weights are 32-bit floats (f32), on which the engine aborts; take an f16 or quantised file",
                )
                .into(),
            Unsupported::NumberFormat { ftype } => match lang {
                Lang::Zh => format!("权重格式代号 ftype = {ftype}，不是 f16 或已知的量化格式"),
                Lang::En => {
                    format!("number format ftype = {ftype} is neither f16 nor a known quantised one")
                }
            },
            Unsupported::HeaderCount {
                field,
                found,
                allowed,
            } => match lang {
                Lang::Zh => format!("文件头里 {field} = {found}，应为 {allowed}"),
                Lang::En => format!("the header says {field} = {found}, expected {allowed}"),
            },
            Unsupported::HeaderMismatch {
                field,
                found,
                other,
                other_found,
            } => match lang {
                Lang::Zh => {
                    format!("文件头里 {field} = {found} 与 {other} = {other_found} 不相配")
                }
                Lang::En => format!(
                    "the header's {field} = {found} does not fit its {other} = {other_found}"
                ),
            },
        }
    }
}

impl Say for Damage {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Damage::MelFilters { bands, bins }, Lang::Zh) => {
                format!("梅尔滤波器是 {bands}×{bins}，与文件头不符")
            }
            (Damage::MelFilters { bands, bins }, Lang::En) => {
                format!("mel filters of {bands}×{bins} do not fit the header")
            }
            (Damage::MelFilterValue, Lang::Zh) => "梅尔滤波器里有不合理的数值".into(),
            (Damage::MelFilterValue, Lang::En) => "absurd value in the mel filters".into(),
            (Damage::VocabularyCount { found }, Lang::Zh) => {
                format!("词表有 {found} 个词，与文件头不符")
            }
            (Damage::VocabularyCount { found }, Lang::En) => {
                format!("a vocabulary of {found} tokens does not fit the header")
            }
            (Damage::TokenLength { token, found }, Lang::Zh) => {
                format!("词表第 {token} 个词长 {found} 字节")
            }
            (Damage::TokenLength { token, found }, Lang::En) => {
                format!("token {token} of the vocabulary is {found} bytes long")
            }
            (Damage::TensorDimensions { found }, Lang::Zh) => format!("一项权重有 {found} 维"),
            (Damage::TensorDimensions { found }, Lang::En) => {
                format!("a tensor of {found} dimensions")
            }
            (Damage::TensorNameLength { found }, Lang::Zh) => {
                format!("一项权重的名称长 {found} 字节")
            }
            (Damage::TensorNameLength { found }, Lang::En) => {
                format!("a tensor's name is {found} bytes long")
            }
            (Damage::TensorName, Lang::Zh) => "一项权重的名称不是文字".into(),
            (Damage::TensorName, Lang::En) => "a tensor's name is not text".into(),
            (Damage::UnknownTensor { name }, Lang::Zh) => {
                format!("有一项这种模型没有的权重 {name:?}")
            }
            (Damage::UnknownTensor { name }, Lang::En) => {
                format!("tensor {name:?} does not belong to such a model")
            }
            (Damage::TensorTwice { name }, Lang::Zh) => format!("权重 {name} 出现两次"),
            (Damage::TensorTwice { name }, Lang::En) => format!("tensor {name} stands there twice"),
            (Damage::TensorShape { name }, Lang::Zh) => format!("权重 {name} 的形状与文件头不符"),
            (Damage::TensorShape { name }, Lang::En) => {
                format!("the shape of tensor {name} does not fit the header")
            }
            (Damage::TensorFormat { name, found }, Lang::Zh) => {
                format!("权重 {name} 的数值格式代号是 {found}，与文件头不符")
            }
            (Damage::TensorFormat { name, found }, Lang::En) => {
                format!("number format {found} of tensor {name} does not fit the header")
            }
        }
    }
}
