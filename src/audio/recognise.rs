//! Says from a file's first bytes what it is, for messages and for the choice of a decoder.

use std::path::Path;

use crate::lang::Lang;

/// The start of the GUID that begins a Sony Wave64 file.
const WAVE64: &[u8] = b"riff\x2e\x91\xcf\x11";

/// How many bytes at a file's start are looked at.
pub(super) const LOOKED_AT_BYTES: usize = 512;

/// What a file that is no recording seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Text,
    Archive,
    Pdf,
    Office,
    Picture,
    Video,
    Unknown,
}

impl FileKind {
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            FileKind::Text => lang.pick("文本文件", "a text file"),
            FileKind::Archive => lang.pick("压缩包", "an archive"),
            FileKind::Pdf => lang.pick("PDF 文件", "a PDF file"),
            FileKind::Office => lang.pick("旧版 Office 文件", "an old Office file"),
            FileKind::Picture => lang.pick("图片", "a picture"),
            FileKind::Video => lang.pick("视频", "a video"),
            FileKind::Unknown => lang.pick("未知的数据", "data of an unknown kind"),
        }
    }

    pub(super) fn remedy(self, lang: Lang) -> &'static str {
        match self {
            FileKind::Archive => lang.pick("请先解压，再扫描解出的文件夹。", "Unpack it first and scan the unpacked folder."),
            FileKind::Video => lang.pick(
                "请先取出声音，例如：ffmpeg -i 原文件 -vn -c:a pcm_s16le 新文件.wav",
                "Extract its sound first, for example: ffmpeg -i OLD -vn -c:a pcm_s16le NEW.wav",
            ),
            FileKind::Unknown => lang.pick(
                "若是没有文件头的原始录音，请先按其编码转成 WAV；否则请把它移出录音文件夹。",
                "If it is a recording without a header, convert it to WAV by its encoding first; else move it out of the folder.",
            ),
            _ => lang.pick(
                "请检查是否放错了文件，或导出时改错了扩展名。",
                "Check whether it was put here by mistake or got a wrong extension.",
            ),
        }
    }
}

/// Sound without a header, told by its extension alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headerless {
    /// Dialogic ADPCM.
    Vox,
    G711,
    G729,
    Gsm,
    Pcm,
}

impl Headerless {
    pub fn name(self) -> &'static str {
        match self {
            Headerless::Vox => "Dialogic VOX",
            Headerless::G711 => "G.711",
            Headerless::G729 => "G.729",
            Headerless::Gsm => "GSM 6.10",
            Headerless::Pcm => "PCM",
        }
    }

    pub(super) fn remedy(self, lang: Lang) -> String {
        let options = match self {
            Headerless::Vox => {
                return lang
                    .pick(
                        "若确实是,请说出采样率,例如:--vox 8000(有的系统是 6000)",
                        "If it is, say the sample rate, for example --vox 8000 (6000 on some systems).",
                    )
                    .to_owned();
            }
            Headerless::G711 => "-f alaw -ar 8000 -ac 1",
            Headerless::G729 => "-f g729",
            Headerless::Gsm => "-f gsm",
            Headerless::Pcm => "-f s16le -ar 8000 -ac 1",
        };
        lang.pick(
            format!("请按录音系统的设置转成 WAV,例如:ffmpeg {options} -i 原文件 新文件.wav"),
            format!("Convert it to WAV by the recorder's settings, for example: ffmpeg {options} -i OLD NEW.wav"),
        )
    }

    fn from_extension(path: &Path) -> Option<Headerless> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "vox" => Headerless::Vox,
            "g729" => Headerless::G729,
            "g711" | "alaw" | "al" | "ulaw" | "ul" => Headerless::G711,
            "gsm" => Headerless::Gsm,
            "pcm" | "raw" => Headerless::Pcm,
            _ => return None,
        })
    }
}

/// What the first bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recognised {
    /// RIFF, RF64 or Wave64; its header is read here (`wave`).
    Wave,
    /// Sun AU; its header is read here (`au`).
    Au,
    /// Something that the decoders may know.
    Perhaps,
    /// A recording in a format that no decoder here reads.
    Unsupported(String),
    /// By its name, sound without a header: nothing in it says how it is to be read.
    Headerless(Headerless),
    NotAudio(FileKind),
}

/// Looks at the `head` (up to [`LOOKED_AT_BYTES`]) and the name of a file.
pub(super) fn recognise(head: &[u8], path: &Path) -> Recognised {
    let is_riff = matches!(head.get(..4), Some(b"RIFF" | b"RF64" | b"BW64"));
    if (is_riff && head.get(8..12) == Some(b"WAVE")) || head.starts_with(WAVE64) {
        return Recognised::Wave;
    }
    if head.starts_with(b".snd") {
        return Recognised::Au;
    }
    if matches!(head.get(..4), Some(b"RIFF")) && head.get(8..12) == Some(b"AVI ") {
        return Recognised::NotAudio(FileKind::Video);
    }
    if let Some(format) = unsupported_recording(head) {
        return Recognised::Unsupported(format.to_owned());
    }
    if let Some(kind) = not_audio(head) {
        return Recognised::NotAudio(kind);
    }
    if !starts_like_audio(head)
        && let Some(kind) = Headerless::from_extension(path)
    {
        return Recognised::Headerless(kind);
    }
    if is_text(head) {
        return Recognised::NotAudio(FileKind::Text);
    }
    Recognised::Perhaps
}

fn unsupported_recording(head: &[u8]) -> Option<&'static str> {
    const FIRST_BYTES: &[(&[u8], &str)] = &[
        (b"#!AMR-WB", "AMR-WB"),
        (b"#!AMR", "AMR"),
        (b"#!SILK", "SILK"),
        (b"\x02#!SILK", "SILK"),
        (b"RIFX", "RIFX (big-endian WAV)"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA (ASF)"),
        (b"Creative Voice File", "Creative VOC"),
        (b"wvpk", "WavPack"),
        (b"MAC ", "Monkey's Audio"),
    ];
    if head.starts_with(b"OggS") && contains(head, b"Speex   ") {
        return Some("Speex (Ogg)");
    }
    find_start(head, FIRST_BYTES)
}

fn not_audio(head: &[u8]) -> Option<FileKind> {
    const FIRST_BYTES: &[(&[u8], FileKind)] = &[
        (b"PK\x03\x04", FileKind::Archive),
        (b"Rar!\x1a\x07", FileKind::Archive),
        (b"7z\xbc\xaf\x27\x1c", FileKind::Archive),
        (b"\x1f\x8b", FileKind::Archive),
        (b"%PDF-", FileKind::Pdf),
        (b"\xd0\xcf\x11\xe0", FileKind::Office),
        (b"\x89PNG", FileKind::Picture),
        (b"\xff\xd8\xff", FileKind::Picture),
        (b"GIF8", FileKind::Picture),
        (b"FLV\x01", FileKind::Video),
    ];
    find_start(head, FIRST_BYTES)
}

pub(super) fn starts_like_audio(head: &[u8]) -> bool {
    const FIRST_BYTES: &[(&[u8], ())] = &[
        (b"ID3", ()),
        (b"fLaC", ()),
        (b"OggS", ()),
        (b"FORM", ()),
        (b"caff", ()),
        (b"\x1a\x45\xdf\xa3", ()),
    ];
    find_start(head, FIRST_BYTES).is_some()
        || head.get(4..8) == Some(b"ftyp")
        || matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0)
}

fn is_text(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text.len(),
        // The last character may be cut off by the number of bytes looked at.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => return false,
    };
    valid > 0
        && head[..valid]
            .iter()
            .all(|byte| !matches!(byte, 0..=8 | 14..=31 | 127))
}

fn find_start<T: Copy>(head: &[u8], table: &[(&[u8], T)]) -> Option<T> {
    table
        .iter()
        .find(|(start, _)| head.starts_with(start))
        .map(|&(_, meaning)| meaning)
}

fn contains(head: &[u8], part: &[u8]) -> bool {
    head.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], name: &str, expected: Recognised) {
        assert_eq!(recognise(head, Path::new(name)), expected, "{name}");
    }

    #[test]
    fn first_bytes_and_names() {
        check(b"RIFF\0\0\0\0WAVEfmt ", "a.mp3", Recognised::Wave);
        check(b"RF64\xff\xff\xff\xffWAVEds64", "a.wav", Recognised::Wave);
        check(b"riff\x2e\x91\xcf\x11\xa5\xd6", "a.w64", Recognised::Wave);
        check(b".snd\0\0\0\x18", "a.au", Recognised::Au);
        check(
            b"RIFF\0\0\0\0AVI LIST",
            "a.avi",
            Recognised::NotAudio(FileKind::Video),
        );
        check(
            "这是一段文字".as_bytes(),
            "a.wav",
            Recognised::NotAudio(FileKind::Text),
        );
        check(b"hello\r\n", "a.wav", Recognised::NotAudio(FileKind::Text));
        check(
            b"PK\x03\x04",
            "a.wav",
            Recognised::NotAudio(FileKind::Archive),
        );
        check(b"#!AMR\n", "a.amr", Recognised::Unsupported("AMR".into()));
        check(
            b"\x80\x17\x88",
            "a.vox",
            Recognised::Headerless(Headerless::Vox),
        );
        check(b"fLaC\0\0\0\x22", "a.vox", Recognised::Perhaps);
        check(b"\xff\xfb\x90\x64", "a.mp3", Recognised::Perhaps);
        check(b"\x80\x17\x88\x01", "a.wav", Recognised::Perhaps);
    }

    #[test]
    fn speex_is_named_although_ogg_is_read() {
        let mut head = b"OggS\0\x02".to_vec();
        head.extend([0; 22]);
        head.extend(b"OpusHead");
        check(&head, "a.ogg", Recognised::Perhaps);
        head.truncate(28);
        head.extend(b"Speex   ");
        check(
            &head,
            "a.ogg",
            Recognised::Unsupported("Speex (Ogg)".into()),
        );
    }

    #[test]
    fn text_that_is_cut_within_a_character_is_still_text() {
        let text = "说".repeat(300);
        check(
            &text.as_bytes()[..511],
            "a.wav",
            Recognised::NotAudio(FileKind::Text),
        );
    }
}
