//! `huiting transcribe`: one recording into text.

use std::path::PathBuf;

use crate::{
    audio::DecodedBy,
    cli::{
        Context, Done, Failure, open::ModelArgument, reading::ReadingArguments,
        tables::speaker_name,
    },
    lang::Lang,
    pipeline,
    text::mask,
    time::Millis,
    transcribe::{assemble, roles},
    transcript::{Transcript, Utterance},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting transcribe 通话.wav\n  huiting transcribe 通话.mp3 --format srt > 通话.srt\n  huiting transcribe 通话.wav --agent-channel 1 --format jsonl"
)]
pub(super) struct Arguments {
    /// 录音文件
    #[arg(value_name = "文件")]
    file: PathBuf,
    /// 输出格式
    #[arg(long, value_enum, default_value = "txt", value_name = "格式")]
    format: Format,
    #[command(flatten)]
    model: ModelArgument,
    #[command(flatten)]
    reading: ReadingArguments,
    /// 客服在第几声道(从 0 数);不说则从话里判断
    #[arg(long, value_name = "声道")]
    agent_channel: Option<u16>,
    /// 不遮盖号码(手机号、证件号、卡号)
    #[arg(long)]
    unmasked: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// One line an utterance.
    Txt,
    /// Subtitles.
    Srt,
    /// One JSON object an utterance.
    Jsonl,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut model = arguments.model.open(context)?;
    // There are no rules here, only the settings' own names.
    model.model = model.model.with_hot_words(&[]);
    let listened = pipeline::listen(
        &arguments.file,
        arguments.agent_channel,
        &model.model,
        &model.detector,
        &arguments.reading.settings(context)?,
    )
    .map_err(|error| Failure::say(&error, lang))?;
    if listened.facts.decoded_by == DecodedBy::Ffmpeg {
        let format = &listened.facts.codec;
        eprintln!(
            "{}",
            lang.pick(
                format!("由本机的 ffmpeg 解码:{format}"),
                format!("Decoded by this machine's ffmpeg: {format}"),
            )
        );
    }
    let roles = roles::roles(&listened.channels, arguments.agent_channel, &listened.heard);
    let mut transcript =
        assemble::transcript(listened.heard, &roles, &listened.sounds, listened.duration);
    if !arguments.unmasked {
        for said in &mut transcript.utterances {
            said.text = mask(&said.text).into_owned();
        }
    }
    tell_text!("{}", rendered(&transcript, arguments.format, lang));
    if listened.incomplete {
        eprintln!("{}", lang.pick(
            "提醒:录音比文件头说的短,只听写了现有的部分。",
            "Note: the recording is shorter than its header says; what is there was transcribed.",
        ));
    }
    Ok(Done::Fine)
}

fn rendered(transcript: &Transcript, format: Format, lang: Lang) -> String {
    let mut out = String::new();
    for (index, said) in transcript.utterances.iter().enumerate() {
        match format {
            Format::Txt => out.push_str(&line(said, lang)),
            Format::Srt => out.push_str(&subtitle(index + 1, said, lang)),
            Format::Jsonl => {
                let span = said.span;
                let object = serde_json::json!({
                    "speaker": said.speaker,
                    "from_ms": span.map(|span| span.from),
                    "to_ms": span.map(|span| span.to),
                    "text": said.text,
                    "probability": said.probability,
                });
                out.push_str(&object.to_string());
                out.push('\n');
            }
        }
    }
    out
}

fn line(said: &Utterance, lang: Lang) -> String {
    let from = said.span.map_or(Millis(0), |span| span.from);
    format!(
        "[{from}] {}: {}\n",
        speaker_name(said.speaker, lang),
        said.text.trim()
    )
}

fn subtitle(number: usize, said: &Utterance, lang: Lang) -> String {
    let clock = |at: Millis| {
        let (hours, minutes) = (at.0 / 3_600_000, at.0 / 60_000 % 60);
        let (seconds, millis) = (at.0 / 1000 % 60, at.0 % 1000);
        format!("{hours:02}:{minutes:02}:{seconds:02},{millis:03}")
    };
    let (from, to) = said
        .span
        .map_or((Millis(0), Millis(0)), |span| (span.from, span.to));
    format!(
        "{number}\n{} --> {}\n{}: {}\n\n",
        clock(from),
        clock(to),
        speaker_name(said.speaker, lang),
        said.text.trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{time::Span, transcript::Speaker};

    fn transcript() -> Transcript {
        let said = |speaker, from, to, text: &str| Utterance {
            span: Some(Span::new(from, to)),
            probability: Some(0.5),
            ..Utterance::written(speaker, text)
        };
        Transcript {
            utterances: vec![
                said(Speaker::Agent, 0, 1200, "您好"),
                said(Speaker::Customer, 3_661_000, 3_662_500, "你说"),
            ],
            ..Transcript::default()
        }
    }

    #[test]
    fn each_format() {
        insta::assert_snapshot!(rendered(&transcript(), Format::Txt, Lang::Zh), @"
        [00:00.000] 客服: 您好
        [1:01:01.000] 客户: 你说
        ");
        insta::assert_snapshot!(rendered(&transcript(), Format::Srt, Lang::Zh), @"
        1
        00:00:00,000 --> 00:00:01,200
        客服: 您好

        2
        01:01:01,000 --> 01:01:02,500
        客户: 你说
        ");
        insta::assert_snapshot!(rendered(&transcript(), Format::Jsonl, Lang::Zh), @r#"
        {"speaker":"agent","from_ms":0,"to_ms":1200,"text":"您好","probability":0.5}
        {"speaker":"customer","from_ms":3661000,"to_ms":3662500,"text":"你说","probability":0.5}
        "#);
    }
}
