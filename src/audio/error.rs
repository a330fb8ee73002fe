//! What can be wrong with a recording, said to developers and to users.

use std::io;
use std::path::PathBuf;

use super::recognise::{FileKind, Headerless};
use crate::intake::shown_path;
use crate::lang::{Lang, Say};
use crate::time::Millis;

/// Most channels that a recording may have.
pub const MAX_CHANNELS: u64 = 32;
/// Lowest and highest sample rate that is taken, in Hz.
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u64> = 4_000..=192_000;
/// No recording may be longer.
pub const MAX_LENGTH_HOURS: u64 = 24;

/// Why a recording cannot be heard, and which one it is.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct AudioError {
    pub path: PathBuf,
    pub cause: AudioFault,
}

/// What is wrong with a recording.
#[derive(Debug, thiserror::Error)]
pub enum AudioFault {
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    #[error("the file is empty (0 bytes)")]
    Empty,
    #[error("the file has a header but no sound")]
    NoSound,
    #[error("not a recording; it looks like {}", .0.name(Lang::En))]
    NotAudio(FileKind),
    #[error("no decoder for {0}")]
    Unsupported(String),
    #[error("sound without a header, {} by its name", .0.name())]
    Headerless(Headerless),
    /// Nothing built in decodes the format, and the ffmpeg that was found could not either.
    #[error("{format}: ffmpeg failed: {complaint}")]
    Ffmpeg { format: String, complaint: String },
    #[error("damaged at byte {offset}: {}", .damage.say(Lang::En))]
    Malformed { offset: u64, damage: Damage },
    #[error("{} is {value}, allowed are {} to {}", .quantity.name(Lang::En), .quantity.allowed().start(), .quantity.allowed().end())]
    Limit {
        quantity: LimitedQuantity,
        value: u64,
    },
    #[error("the decoder broke down at {at}: {why}")]
    DecoderBroke { at: Millis, why: String },
    /// The decoder was given up.
    #[error("the decoder gave nothing for {seconds} s after {at}")]
    Hangs { at: Millis, seconds: u64 },
}

/// In which way a file contradicts its own format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file ends within its header.
    HeaderCut,
    /// The part of a WAV header with this name is missing.
    MissingChunk(&'static str),
    /// A part of the header claims to be longer than the file.
    ChunkTooLong { chunk: String, length: u64 },
    /// Sizes in the header that cannot all be true.
    ContradictoryHeader(&'static str),
    /// Nothing of what should be sound could be decoded.
    Undecodable,
    /// Sample rate or channels change midway.
    ChangesMidway,
    /// In the words of the decoder.
    Decoder(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedQuantity {
    Channels,
    SampleRateHz,
    LengthHours,
}

impl LimitedQuantity {
    pub fn allowed(self) -> std::ops::RangeInclusive<u64> {
        match self {
            LimitedQuantity::Channels => 1..=MAX_CHANNELS,
            LimitedQuantity::SampleRateHz => SAMPLE_RATES_HZ,
            LimitedQuantity::LengthHours => 0..=MAX_LENGTH_HOURS,
        }
    }

    /// Fails when `value` lies outside of what is allowed.
    pub(super) fn check(self, value: u64) -> Result<(), AudioFault> {
        if self.allowed().contains(&value) {
            Ok(())
        } else {
            Err(AudioFault::Limit {
                quantity: self,
                value,
            })
        }
    }

    /// Fails when so many frames are longer than [`MAX_LENGTH_HOURS`].
    pub(super) fn check_length(frames: u64, sample_rate_hz: u32) -> Result<(), AudioFault> {
        let hours = frames.div_ceil(u64::from(sample_rate_hz.max(1)) * 3600);
        LimitedQuantity::LengthHours.check(hours)
    }

    fn name(self, lang: Lang) -> &'static str {
        match self {
            LimitedQuantity::Channels => lang.pick("声道数", "the number of channels"),
            LimitedQuantity::SampleRateHz => lang.pick("采样率（Hz）", "the sample rate in Hz"),
            LimitedQuantity::LengthHours => lang.pick("时长（小时）", "the length in hours"),
        }
    }
}

impl AudioFault {
    /// A stable word for the kind of fault, for counting and for the database.
    pub fn kind(&self) -> &'static str {
        match self {
            AudioFault::Io(_) => "unreadable",
            AudioFault::Empty => "empty",
            AudioFault::NoSound => "no-sound",
            AudioFault::NotAudio(_) => "not-audio",
            AudioFault::Unsupported(_) | AudioFault::Headerless(_) | AudioFault::Ffmpeg { .. } => {
                "unsupported"
            }
            AudioFault::Malformed { .. } => "malformed",
            AudioFault::Limit { .. } => "limit",
            AudioFault::DecoderBroke { .. } => "decoder",
            AudioFault::Hangs { .. } => "time-limit",
        }
    }
}

impl Say for Damage {
    fn say(&self, lang: Lang) -> String {
        match self {
            Damage::HeaderCut => lang
                .pick("文件头不完整", "the file ends within its header")
                .to_owned(),
            Damage::MissingChunk(chunk) => lang.pick(
                format!("文件头里没有“{chunk}”部分"),
                format!("the header has no \"{chunk}\" part"),
            ),
            Damage::ChunkTooLong { chunk, length } => lang.pick(
                format!("“{chunk}”部分自称有 {length} 字节，超出了文件"),
                format!("the part \"{chunk}\" claims {length} bytes, more than the file has"),
            ),
            Damage::ContradictoryHeader(what) => lang.pick(
                format!("文件头自相矛盾（{what}）"),
                format!("the header contradicts itself ({what})"),
            ),
            Damage::Undecodable => lang
                .pick("声音数据无法解码", "the sound data cannot be decoded")
                .to_owned(),
            Damage::ChangesMidway => lang
                .pick(
                    "采样率或声道数中途改变",
                    "sample rate or channels change midway",
                )
                .to_owned(),
            Damage::Decoder(words) => lang.pick(
                format!("解码器报告：{words}"),
                format!("the decoder says: {words}"),
            ),
        }
    }
}

impl Say for AudioFault {
    fn say(&self, lang: Lang) -> String {
        let export_again = lang.pick(
            "请从录音系统重新导出这条录音。",
            "Export this recording again.",
        );
        match self {
            AudioFault::Io(cause) => lang.pick(
                format!("读不了文件（{cause}）。请检查文件是否还在、是否有读取权限。", cause = crate::lang::in_chinese(&cause)),
                format!("The file cannot be read ({cause}). Check that it still exists and that you may read it."),
            ),
            AudioFault::Empty => lang.pick(
                format!("文件是空的（0 字节）。{export_again}"),
                format!("The file is empty (0 bytes). {export_again}"),
            ),
            AudioFault::NoSound => lang.pick(
                format!("只有文件头，没有声音。{export_again}"),
                format!("There is a header but no sound. {export_again}"),
            ),
            AudioFault::NotAudio(kind) => {
                let name = kind.name(lang);
                lang.pick(
                    format!("这不是录音，看起来是{name}。{}", kind.remedy(lang)),
                    format!("This is no recording, it looks like {name}. {}", kind.remedy(lang)),
                )
            }
            AudioFault::Unsupported(format) => lang.pick(
                format!("这是 {format} 录音，内置的解码器读不了，也没有可用的 ffmpeg。装上 ffmpeg（放进 PATH，或用 --ffmpeg 指明）再扫描就能读；或先转成 WAV：ffmpeg -i 原文件 -c:a pcm_s16le 新文件.wav"),
                format!("This is a recording in {format}, for which there is no built-in decoder, and no ffmpeg was found. Install ffmpeg (on PATH, or named with --ffmpeg) and scan again; or convert it to WAV: ffmpeg -i OLD -c:a pcm_s16le NEW.wav"),
            ),
            AudioFault::Headerless(kind) => {
                let (name, remedy) = (kind.name(), kind.remedy(lang));
                lang.pick(
                    format!("没有文件头，从扩展名看是 {name}。{remedy}"),
                    format!("There is no header; by its extension it is {name}. {remedy}"),
                )
            }
            AudioFault::Ffmpeg { format, complaint } => lang.pick(
                format!("这是 {format} 录音，内置的解码器读不了，ffmpeg 也没能解码（{complaint}）。{export_again}"),
                format!("This is a recording in {format}, for which there is no built-in decoder, and ffmpeg could not decode it either ({complaint}). {export_again}"),
            ),
            AudioFault::Malformed { offset, damage } => {
                let damage = damage.say(lang);
                lang.pick(
                    format!("文件在第 {offset} 字节处损坏：{damage}。{export_again}"),
                    format!("The file is damaged at byte {offset}: {damage}. {export_again}"),
                )
            }
            AudioFault::Limit { quantity, value } => {
                let (name, allowed) = (quantity.name(lang), quantity.allowed());
                let (from, to) = (allowed.start(), allowed.end());
                lang.pick(
                    format!("{name}为 {value}，只接受 {from} 到 {to}。文件头可能已损坏，{export_again}"),
                    format!("In this file {name} is {value}; only {from} to {to} are taken. Its header may be damaged. {export_again}"),
                )
            }
            AudioFault::Hangs { at, seconds } => lang.pick(
                format!("解码到 {at} 后 {seconds} 秒没有新的声音，已放弃。文件多半已损坏，{export_again}若磁盘或网络盘很慢，可调大 --stall-limit。"),
                format!("After {at} the decoder gave nothing for {seconds} s and was given up. The file is probably damaged. {export_again} If the disk or network is slow, raise --stall-limit."),
            ),
            AudioFault::DecoderBroke { at, .. } => lang.pick(
                format!("解码到 {at} 时解码器出错。文件多半已损坏，{export_again}"),
                format!("The decoder broke down at {at}. The file is probably damaged. {export_again}"),
            ),
        }
    }
}

impl Say for AudioError {
    fn say(&self, lang: Lang) -> String {
        let path = shown_path(&self.path);
        let cause = self.cause.say(lang);
        lang.pick(format!("{path}：{cause}"), format!("{path}: {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cause: AudioFault, chinese: &str, english: &str) {
        let error = AudioError {
            path: PathBuf::from("calls/a.wav"),
            cause,
        };
        assert_eq!(error.say(Lang::Zh), chinese);
        assert_eq!(error.say(Lang::En), english);
    }

    #[test]
    fn users_read_what_where_and_what_to_do() {
        check(
            AudioFault::Empty,
            "calls/a.wav：文件是空的（0 字节）。请从录音系统重新导出这条录音。",
            "calls/a.wav: The file is empty (0 bytes). Export this recording again.",
        );
        check(
            AudioFault::Limit {
                quantity: LimitedQuantity::Channels,
                value: 0,
            },
            "calls/a.wav：声道数为 0，只接受 1 到 32。文件头可能已损坏，请从录音系统重新导出这条录音。",
            "calls/a.wav: In this file the number of channels is 0; only 1 to 32 are taken. Its header may be damaged. Export this recording again.",
        );
        check(
            AudioFault::Malformed {
                offset: 12,
                damage: Damage::MissingChunk("data"),
            },
            "calls/a.wav：文件在第 12 字节处损坏：文件头里没有“data”部分。请从录音系统重新导出这条录音。",
            "calls/a.wav: The file is damaged at byte 12: the header has no \"data\" part. Export this recording again.",
        );
    }

    #[test]
    fn a_phone_number_in_a_file_name_is_not_said() {
        let error = AudioError {
            path: PathBuf::from("20261001090000_2305_18824807932.wav"),
            cause: AudioFault::NoSound,
        };
        assert!(!error.say(Lang::Zh).contains("18824807932"));
    }
}
