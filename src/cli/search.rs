//! `huiting search`: full text over everything that was said.

use std::io::{self, Write};

use crate::{
    cli::{
        Context, Done, Failure, acting::ActingArgument, open::DatabaseArgument, report::looked_at,
        tables::speaker_name,
    },
    lang::Lang,
    reports::masking::masked_call_id,
    store::search::{SearchHit, SearchQuery},
    text::{mask, mask_ranges},
    transcript::Speaker,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting search 违约金\n  huiting search \"违约金 不用管\" --speaker agent\n  huiting search 投诉 --from 2026-10-01 --to 2026-10-07 --unit 历下营业厅\n\n空格隔开的几个词要在同一句话里都出现。"
)]
pub(super) struct Arguments {
    /// 要找的词,几个词用空格隔开
    #[arg(value_name = "词")]
    words: String,
    #[command(flatten)]
    db: DatabaseArgument,
    /// 只找这一方说的话
    #[arg(long, value_enum, value_name = "谁")]
    speaker: Option<SpeakerArgument>,
    /// 坐席工号
    #[arg(long, value_name = "工号")]
    agent: Option<String>,
    /// 单位,含下级
    #[arg(long, value_name = "单位")]
    unit: Option<String>,
    /// 从这一天起,如 2026-10-01
    #[arg(long, value_name = "日期")]
    from: Option<chrono::NaiveDate>,
    /// 到这一天止
    #[arg(long, value_name = "日期")]
    to: Option<chrono::NaiveDate>,
    /// 最多列几句
    #[arg(long, default_value_t = 50, value_name = "数")]
    limit: usize,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text", value_name = "格式")]
    format: Format,
    #[command(flatten)]
    acting: ActingArgument,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SpeakerArgument {
    /// The agent.
    Agent,
    /// The customer.
    Customer,
    /// Nobody knows who.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading.
    Text,
    /// One JSON object a hit.
    Jsonl,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    if let (Some(from), Some(to)) = (arguments.from, arguments.to)
        && from > to
    {
        return Err(Failure(lang.pick(
            format!("--from {from} 在 --to {to} 之后。请对调"),
            format!("--from {from} is after --to {to}. Swap them"),
        )));
    }
    let person = arguments.acting.named(&store, context)?;
    let (units, agent_id) = looked_at(
        arguments.unit.as_deref(),
        arguments.agent.as_deref(),
        person.as_ref(),
        &store,
        context,
    )?;
    let query = SearchQuery {
        words: SearchQuery::words_of(&arguments.words),
        speaker: arguments.speaker.map(|speaker| match speaker {
            SpeakerArgument::Agent => Speaker::Agent,
            SpeakerArgument::Customer => Speaker::Customer,
            SpeakerArgument::Unknown => Speaker::Unknown,
        }),
        agent_id,
        units,
        from_day: arguments.from.map(|day| day.to_string()),
        to_day: arguments.to.map(|day| day.to_string()),
        limit: arguments.limit,
    };
    if query.words.is_empty() {
        return Err(Failure(lang.pick(
            "要找的词里没有文字。请写至少一个字,如:huiting search 违约金".to_owned(),
            "There is no word to look for. Write at least one character, as in: huiting search 违约金".to_owned(),
        )));
    }
    let hits = store
        .search(&query)
        .map_err(|error| Failure::say(&error, lang))?;
    let mut out = io::stdout().lock();
    for hit in &hits {
        let line = match arguments.format {
            Format::Text => line(hit, lang),
            Format::Jsonl => object(hit).to_string(),
        };
        // A reader that has gone away (head) is no reason to complain.
        let _ = writeln!(out, "{line}");
    }
    if arguments.format == Format::Text {
        let n = hits.len();
        let more = if n == arguments.limit {
            lang.pick(
                ",可能还有;用 --limit 多列",
                "; there may be more, see --limit",
            )
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "{}",
            lang.pick(format!("{n} 句{more}"), format!("{n} utterances{more}"))
        );
    }
    Ok(Done::Fine)
}

fn line(hit: &SearchHit, lang: Lang) -> String {
    let day = hit
        .started_at
        .as_deref()
        .map_or("–", |at| at.get(..16).unwrap_or(at));
    let at = hit
        .span
        .map(|span| span.from.to_string())
        .unwrap_or_default();
    format!(
        "{}  {}  {}  {}  {at} {}: {}",
        masked_call_id(&hit.call_id),
        day.replace('T', " "),
        hit.unit.as_deref().unwrap_or("–"),
        hit.agent_id.as_deref().unwrap_or("–"),
        speaker_name(hit.speaker, lang),
        marked(hit),
    )
}

/// The words with what was looked for in 【】 and numbers covered.
fn marked(hit: &SearchHit) -> String {
    let hidden = mask_ranges(&hit.text);
    let inside = |ranges: &[(usize, usize)], at: usize| {
        ranges.iter().any(|&(from, to)| from <= at && at < to)
    };
    let mut shown = String::new();
    let mut open = false;
    for (at, c) in hit.text.trim_end().chars().enumerate() {
        if inside(&hit.found, at) != open {
            shown.push(if open { '】' } else { '【' });
            open = !open;
        }
        shown.push(if inside(&hidden, at) { '＊' } else { c });
    }
    if open {
        shown.push('】');
    }
    shown
}

fn object(hit: &SearchHit) -> serde_json::Value {
    serde_json::json!({
        "call_id": masked_call_id(&hit.call_id),
        "started_at": hit.started_at,
        "unit": hit.unit,
        "agent_id": hit.agent_id,
        "turn": hit.turn,
        "speaker": hit.speaker,
        "from_ms": hit.span.map(|span| span.from),
        "to_ms": hit.span.map(|span| span.to),
        "text": mask(&hit.text),
        "found": hit.found,
    })
}
