//! `huiting eval mix`: two-channel recordings mixed to one channel, to measure how well the
//! speakers of one-channel recordings are told apart.

use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::{
    audio::{AudioReader, SAMPLE_RATE_HZ},
    cli::{Context, Done, Failure},
    intake,
    lang::Lang,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting eval mix fixtures/calls --calls fixtures/calls/calls.csv --out target/mono\n  huiting scan target/mono --calls target/mono/calls.csv --db target/mono.db --model models/huiting-demo.bin\n  huiting eval transcripts fixtures/calls --db target/mono.db\n  huiting eval verdicts fixtures/calls --db target/mono.db"
)]
pub(in crate::cli) struct Arguments {
    /// 录音文件或文件夹
    #[arg(required = true, value_name = "路径")]
    paths: Vec<PathBuf>,
    /// 混成的单声道录音(.wav)放到这个文件夹
    #[arg(long, value_name = "文件夹")]
    out: PathBuf,
    /// 通话清单(.csv);在输出文件夹里另存一份指向混音的 calls.csv
    #[arg(long, value_name = "文件")]
    calls: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let found =
        intake::find(&arguments.paths, None, None).map_err(|error| Failure::say(&error, lang))?;
    std::fs::create_dir_all(&arguments.out)
        .map_err(|cause| unwritten(&arguments.out, &cause, lang))?;
    for recording in &found.recordings {
        let name = recording.path.file_stem().unwrap_or_default();
        mix(
            &recording.path,
            &arguments.out.join(name).with_extension("wav"),
            lang,
        )?;
    }
    if let Some(calls) = &arguments.calls {
        relist(calls, &arguments.out.join("calls.csv"), lang)?;
    }
    let (count, out) = (found.recordings.len(), arguments.out.display());
    tell!(
        "{}",
        lang.pick(
            format!("{count} 条录音已混成单声道,放在 {out}"),
            format!("{count} recordings mixed to one channel in {out}"),
        )
    );
    Ok(Done::Fine)
}

/// The mean of all channels, 16 kHz, 16 bit.
fn mix(from: &Path, to: &Path, lang: Lang) -> Result<(), Failure> {
    let mut reader = AudioReader::open(from).map_err(|error| Failure::say(&error, lang))?;
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(to, spec).map_err(|cause| unwritten(to, &cause, lang))?;
    while let Some(block) = reader
        .next_block()
        .map_err(|error| Failure::say(&error, lang))?
    {
        for frame in 0..block[0].len() {
            let sum: f32 = block.iter().map(|channel| channel[frame]).sum();
            let sample = (sum / block.len() as f32 * f32::from(i16::MAX)).round() as i16;
            writer
                .write_sample(sample)
                .map_err(|cause| unwritten(to, &cause, lang))?;
        }
    }
    writer
        .finalize()
        .map_err(|cause| unwritten(to, &cause, lang))
}

/// The call list with the mixed files' names in its column `file`.
fn relist(from: &Path, to: &Path, lang: Lang) -> Result<(), Failure> {
    let unread = |cause: csv::Error| {
        Failure(lang.pick(
            format!("{}:清单读不了({cause})。这里只接受 UTF-8 的 .csv,须有 file 一列", from.display(), cause = crate::lang::in_chinese(&cause)),
            format!("{}: the list cannot be read ({cause}). Only .csv in UTF-8 with a column file will do here", from.display()),
        ))
    };
    let mut rows = csv::Reader::from_path(from).map_err(unread)?;
    let headings = rows.headers().map_err(unread)?.clone();
    let file = headings.iter().position(|heading| heading.trim() == "file");
    let mut out = csv::Writer::from_path(to).map_err(|cause| unwritten(to, &cause, lang))?;
    out.write_record(&headings)
        .map_err(|cause| unwritten(to, &cause, lang))?;
    for row in rows.records() {
        let row = row.map_err(unread)?;
        let fields = row.iter().enumerate().map(|(column, field)| {
            if Some(column) == file {
                Path::new(field).with_extension("wav").display().to_string()
            } else {
                field.to_owned()
            }
        });
        out.write_record(fields)
            .map_err(|cause| unwritten(to, &cause, lang))?;
    }
    out.flush().map_err(|cause| unwritten(to, &cause, lang))
}

fn unwritten(path: &Path, cause: &dyn std::fmt::Display, lang: Lang) -> Failure {
    Failure(lang.pick(
        format!(
            "{}:写不了({cause})。请检查权限和磁盘空间",
            path.display(),
            cause = crate::lang::in_chinese(&cause)
        ),
        format!(
            "{}: cannot be written ({cause}). Check rights and disk space",
            path.display()
        ),
    ))
}
