//! `huiting eval`: what was heard and judged, against the truth.

mod mix;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    cli::{
        Context, Done, Failure,
        open::DatabaseArgument,
        tables::{figure, share, table},
    },
    evaluation::{CharacterErrors, SpeakerErrors, character_errors, speaker_errors},
    lang::Lang,
    rules::Outcome,
    store::Store,
    time::Span,
    transcript::{Speaker, Transcript},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 字错误率:库里的听写对照标准文字
    Transcripts(Arguments),
    /// 判定准确率:库里的判定对照标注
    Verdicts(Arguments),
    /// 把双声道录音混成单声道,用来测单声道分说话人的准确度
    Mix(mix::Arguments),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "标准答案每通电话一个 JSON:{\"id\": 通话编号, \"turns\": [{\"speaker\", \"from_ms\", \"to_ms\", \"text\"}], \"labels\": {规则: {\"v\": 判定}}}\n\n例:\n  huiting eval transcripts fixtures/calls --db target/demo/huiting.db\n  huiting eval verdicts fixtures/calls --db target/demo/huiting.db"
)]
pub(super) struct Arguments {
    /// 放标准答案(.json)的文件夹
    #[arg(value_name = "文件夹")]
    truth: PathBuf,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Deserialize)]
struct Truth {
    id: String,
    turns: Vec<TruthTurn>,
    #[serde(default)]
    labels: BTreeMap<String, TruthLabel>,
}

#[derive(Deserialize)]
struct TruthTurn {
    speaker: Speaker,
    from_ms: Option<u64>,
    to_ms: Option<u64>,
    text: String,
}

#[derive(Deserialize)]
struct TruthLabel {
    v: Outcome,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    match command {
        Command::Transcripts(arguments) => transcripts(arguments, context),
        Command::Verdicts(arguments) => verdicts(arguments, context),
        Command::Mix(arguments) => mix::run(arguments, context),
    }
}

fn transcripts(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let mut rows = table(&lang.pick(
        [
            "通话",
            "字数",
            "错",
            "替换",
            "漏",
            "多",
            "字错误率",
            "说话人错",
            "说话人未知",
        ],
        [
            "Call",
            "Characters",
            "Errors",
            "Substituted",
            "Missed",
            "Added",
            "Error rate",
            "Wrong speaker",
            "Unknown speaker",
        ],
    ));
    let mut sum = CharacterErrors::default();
    let mut speakers = SpeakerErrors::default();
    let mut absent = Vec::new();
    for truth in truths(&arguments.truth, lang)? {
        let Some(transcript) = transcript(&store, &truth.id, lang)? else {
            absent.push(truth.id);
            continue;
        };
        let errors = errors_of_call(&truth, &transcript);
        let of_call = speaker_errors(&truth.spans(), &transcript);
        rows.add_row(row(&truth.id, &errors, &of_call));
        sum.add(&errors);
        speakers.add(&of_call);
    }
    rows.add_row(row(lang.pick("合计", "All"), &sum, &speakers));
    tell!("{rows}");
    let SpeakerErrors {
        characters,
        wrong,
        unknown,
    } = speakers;
    let (wrong, unknown) = (
        share(wrong as u64, characters as u64),
        share(unknown as u64, characters as u64),
    );
    tell!(
        "{}",
        lang.pick(
            format!("说话人(按听到的 {characters} 字计):认错 {wrong},未知 {unknown}"),
            format!(
                "Speakers (of {characters} characters heard): wrong {wrong}, unknown {unknown}"
            ),
        )
    );
    say_absent(&absent, lang);
    Ok(Done::Fine)
}

impl Truth {
    /// Who speaks when, where the truth has times.
    fn spans(&self) -> Vec<(Speaker, Span)> {
        let timed = self.turns.iter().filter_map(|turn| {
            let span = Span::new(turn.from_ms?, turn.to_ms?);
            Some((turn.speaker, span))
        });
        timed.collect()
    }
}

/// Speaker by speaker where each has a channel, so that the order of overlapping words does not
/// matter; otherwise all words in the order of their time.
fn errors_of_call(truth: &Truth, transcript: &Transcript) -> CharacterErrors {
    let said = &transcript.utterances;
    let known = said.iter().all(|said| said.speaker != Speaker::Unknown);
    let timeline = transcript.timeline.as_ref();
    let told_apart = known && timeline.is_none_or(|timeline| timeline.separate_channels);
    let truly = |who: Option<Speaker>| -> String {
        let turns = truth
            .turns
            .iter()
            .filter(|turn| who.is_none_or(|who| turn.speaker == who));
        turns.map(|turn| turn.text.as_str()).collect()
    };
    let heard = |who: Option<Speaker>| -> String {
        let said = transcript.utterances.iter();
        let said = said.filter(|said| who.is_none_or(|who| said.speaker == who));
        said.map(|said| said.text.as_str()).collect()
    };
    if !told_apart {
        return character_errors(&truly(None), &heard(None));
    }
    let mut errors = CharacterErrors::default();
    for who in [Speaker::Agent, Speaker::Customer, Speaker::Unknown] {
        errors.add(&character_errors(&truly(Some(who)), &heard(Some(who))));
    }
    errors
}

fn row(name: &str, errors: &CharacterErrors, speakers: &SpeakerErrors) -> Vec<comfy_table::Cell> {
    vec![
        comfy_table::Cell::new(name),
        figure(errors.characters),
        figure(errors.total()),
        figure(errors.substituted),
        figure(errors.missed),
        figure(errors.added),
        figure(format!("{:.3}", errors.rate())),
        figure(share(speakers.wrong as u64, speakers.characters as u64)),
        figure(share(speakers.unknown as u64, speakers.characters as u64)),
    ]
}

fn verdicts(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    // For each rule: label by verdict.
    let mut confusion: BTreeMap<String, [[u64; 4]; 4]> = BTreeMap::new();
    let mut absent = Vec::new();
    let mut misses = table(&lang.pick(
        ["通话", "规则", "标注", "判定", "原因"],
        ["Call", "Rule", "Label", "Verdict", "Reason"],
    ));
    let place = |outcome: Outcome| Outcome::ALL.iter().position(|known| *known == outcome);
    for truth in truths(&arguments.truth, lang)? {
        let stored = store
            .call(&truth.id)
            .map_err(|error| Failure::say(&error, lang))?;
        let Some(stored) = stored else {
            absent.push(truth.id);
            continue;
        };
        for verdict in &stored.call.verdicts {
            let Some(label) = truth.labels.get(&verdict.rule_id) else {
                continue;
            };
            if let (Some(label), Some(given)) = (place(label.v), place(verdict.outcome)) {
                confusion.entry(verdict.rule_id.clone()).or_default()[label][given] += 1;
            }
            if label.v != verdict.outcome {
                misses.add_row([
                    truth.id.as_str(),
                    verdict.rule_id.as_str(),
                    label.v.name(lang),
                    verdict.outcome.name(lang),
                    lang.pick(verdict.reason.zh.as_str(), verdict.reason.en.as_str()),
                ]);
            }
        }
    }
    tell!("{misses}");
    let mut rows = table(&lang.pick(
        ["规则", "判对", "冤判违规", "漏判违规", "待人工"],
        [
            "Rule",
            "Right",
            "Wrong accusations",
            "Missed violations",
            "Cannot judge",
        ],
    ));
    let mut sum = [[0; 4]; 4];
    for (rule, counts) in &confusion {
        rows.add_row(confusion_row(rule, counts));
        for (label, given) in (0..4).flat_map(|label| (0..4).map(move |given| (label, given))) {
            sum[label][given] += counts[label][given];
        }
    }
    rows.add_row(confusion_row(lang.pick("合计", "All"), &sum));
    tell!("{rows}");
    say_absent(&absent, lang);
    Ok(Done::Fine)
}

/// Rows and columns stand in the order of `Outcome::ALL`: pass, violation, not applicable, cannot judge.
fn confusion_row(name: &str, counts: &[[u64; 4]; 4]) -> Vec<comfy_table::Cell> {
    const VIOLATION: usize = 1;
    const CANNOT_JUDGE: usize = 3;
    let of: u64 = counts.iter().flatten().sum();
    let right: u64 = (0..4).map(|index| counts[index][index]).sum();
    let accused: u64 = counts.iter().map(|row| row[VIOLATION]).sum();
    let violations: u64 = counts[VIOLATION].iter().sum();
    let hit = counts[VIOLATION][VIOLATION];
    let cannot: u64 = counts.iter().map(|row| row[CANNOT_JUDGE]).sum();
    vec![
        comfy_table::Cell::new(name),
        figure(format!("{right}/{of} ({})", share(right, of))),
        figure(format!("{}/{accused}", accused - hit)),
        figure(format!("{}/{violations}", violations - hit)),
        figure(cannot),
    ]
}

fn transcript(store: &Store, call_id: &str, lang: Lang) -> Result<Option<Transcript>, Failure> {
    let stored = store
        .call(call_id)
        .map_err(|error| Failure::say(&error, lang))?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    let row = store
        .transcript(&stored.call.recording, &stored.call.model)
        .map_err(|error| Failure::say(&error, lang))?;
    Ok(row.map(|row| row.transcript))
}

fn truths(folder: &Path, lang: Lang) -> Result<Vec<Truth>, Failure> {
    let unreadable = |path: &Path, cause: &dyn std::fmt::Display| {
        Failure(lang.pick(
            format!("{}:标准答案读不了({cause})。格式见 huiting eval transcripts --help", path.display(), cause = crate::lang::in_chinese(&cause)),
            format!("{}: the truth cannot be read ({cause}). For the format see huiting eval transcripts --help", path.display()),
        ))
    };
    let entries = fs::read_dir(folder).map_err(|cause| unreadable(folder, &cause))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|cause| unreadable(folder, &cause))?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(unreadable(
            folder,
            &lang.pick("没有 .json 文件", "no .json files"),
        ));
    }
    let read = paths.iter().map(|path| {
        let text = fs::read_to_string(path).map_err(|cause| unreadable(path, &cause))?;
        serde_json::from_str(&text).map_err(|cause| unreadable(path, &cause))
    });
    read.collect()
}

fn say_absent(absent: &[String], lang: Lang) {
    if !absent.is_empty() {
        tell!(
            "{}",
            lang.pick(
                format!("库里没有这些通话,未计入:{}", absent.join(", ")),
                format!("Not in the database, not counted: {}", absent.join(", ")),
            )
        );
    }
}
