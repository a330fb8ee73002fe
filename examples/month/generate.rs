//! Five weeks of calls that never were: five units, forty agents, dialogues judged by the real rules.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeDelta, TimeZone};
use huiting::{
    audio::{AudioFacts, DecodedBy},
    call::{CallMetadata, Direction},
    pipeline::{Judge, Need, PlannedCall, judge},
    store::{
        Store, StoreError, calls::FinishedCall, coverage::ListedRow, recordings::RecordingRow,
        transcripts::TranscriptRow,
    },
    time::{Millis, Span},
    transcribe::roles::RoleSource,
    transcript::{Speaker, SpeechStretch, SpeechTimeline, Transcript, Utterance, Word},
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::dialogues::{self, Manner, Scenario};

pub const UNITS: [(&str, &str, f64); 5] = [
    ("lixia", "历下营业厅", 0.6),
    ("shizhong", "市中营业厅", 1.0),
    ("huaiyin", "槐荫营业厅", 1.1),
    ("waihu1", "外呼一组", 1.9),
    ("waihu2", "外呼二组", 0.9),
];
pub const AGENTS: usize = 40;
const SURNAMES: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙",
];
const GIVEN: [&str; 12] = [
    "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "晓明", "海燕", "志远",
];
/// What outbound agents were told to say.
const SCRIPTS: [&str; 4] = ["融合套餐", "流量包", "宽带续约", "权益会员"];
/// The name under which the calls' words are kept; no model ever heard them.
pub const MODEL: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub struct MonthSettings {
    pub calls: usize,
    pub seed: u64,
    pub first_day: NaiveDate,
    /// How many calls with a violation get a recording, and where.
    pub recordings: usize,
    pub folder: PathBuf,
}

pub struct Agent {
    pub id: String,
    pub name: String,
    pub surname: String,
    pub unit: usize,
    pub carelessness: f64,
}

pub fn agents(seed: u64) -> Vec<Agent> {
    let mut random = StdRng::seed_from_u64(seed ^ 0xa6e7);
    (0..AGENTS)
        .map(|index| {
            let surname = SURNAMES.choose(&mut random).expect("not empty");
            let given = GIVEN.choose(&mut random).expect("not empty");
            let unit = index % UNITS.len();
            Agent {
                id: format!("{}", 2305 + 37 * index),
                name: format!("{surname}{given}"),
                surname: (*surname).to_owned(),
                unit,
                carelessness: UNITS[unit].2 * random.random_range(0.4..1.6),
            }
        })
        .collect()
}

/// Writes the calls into the database; the same for the same settings.
pub fn write(
    store: &mut Store,
    by: &Judge<'_>,
    settings: &MonthSettings,
) -> Result<(), StoreError> {
    store.remember_rules(by.rules.rules())?;
    store.remember_scorecard(by.scorecard_digest, by.scorecard)?;
    store.remember_model(MODEL, "generated")?;
    let agents = agents(settings.seed);
    let mut random = StdRng::seed_from_u64(settings.seed);
    let mut listed = Vec::new();
    let mut recorded = 0;
    for index in 0..settings.calls {
        let (planned, transcript, duration) = call(index, &agents, settings, &mut random);
        let mut planned = planned;
        let judged = judge(&planned, MODEL, &transcript, by);
        let broken = judged
            .score
            .deductions
            .iter()
            .any(|deduction| deduction.points > 0);
        let told = transcript
            .utterances
            .iter()
            .any(|said| said.text.contains("号码是"));
        if recorded < settings.recordings && broken && told {
            recorded += 1;
            planned.digest = record(&planned.path, &transcript, duration);
        }
        let judged = judge(&planned, MODEL, &transcript, by);
        let recording = RecordingRow {
            digest: planned.digest.clone(),
            facts: AudioFacts {
                container: "WAV".into(),
                codec: "PCM".into(),
                sample_rate_hz: 8000,
                channels: 2,
                bits: Some(16),
                decoded_by: DecodedBy::BuiltIn,
            },
            duration,
            incomplete: false,
        };
        let row = TranscriptRow {
            recording: planned.digest.clone(),
            model: MODEL.to_owned(),
            agent_channel: Some(0),
            role_source: RoleSource::Listed,
            role_certainty: None,
            against_list: None,
            channel_faults: Vec::new(),
            measures: None,
            speakers: vec![Speaker::Agent, Speaker::Customer],
            transcript,
        };
        let started_at = planned.metadata.started_at.expect("every call has a time");
        store.save_call(&FinishedCall {
            listened: Some((&recording, &row)),
            call: &judged,
            at: (started_at + TimeDelta::days(1)).to_utc(),
        })?;
        listed.push(ListedRow {
            file: planned.shown_path.clone(),
            call_id: Some(planned.call_id.clone()),
            metadata: planned.metadata,
            found: true,
        });
    }
    listed.extend(without_recording(&agents, settings));
    let after = settings.first_day + Days::new(36);
    store.remember_listed(listed, at(after, 9 * 60, 0).to_utc())
}

/// Rows of the call list without a recording: calls that nobody answered, and a few that were
/// over before anything was recorded.
fn without_recording(agents: &[Agent], settings: &MonthSettings) -> Vec<ListedRow> {
    let mut random = StdRng::seed_from_u64(settings.seed ^ 0xd1a1);
    let mut rows = Vec::new();
    for index in 0..settings.calls {
        let day = settings.first_day + Days::new((index * 35 / settings.calls) as u64);
        let started_at = at(
            day,
            random.random_range(9 * 60..18 * 60),
            random.random_range(0..60),
        );
        let agent = agents.choose(&mut random).expect("not empty");
        let unanswered = random.random_bool(0.97);
        let mut metadata = metadata(agent, Direction::Outbound, started_at);
        let script = SCRIPTS.choose(&mut random).expect("not empty");
        let result = match unanswered {
            true => *["无人接听", "拒接", "关机", "空号"]
                .choose(&mut random)
                .expect("not empty"),
            false => "接通",
        };
        let seconds = random.random_range(3..=18).to_string();
        let talk = if unanswered { "0" } else { &seconds };
        for (heading, value) in [("话术", *script), ("接通状态", result), ("通话时长", talk)]
        {
            metadata.fields.insert(heading.to_owned(), value.to_owned());
        }
        rows.push(match unanswered {
            true => ListedRow::unanswered(Some(format!("u-{index:06}")), metadata),
            false => ListedRow {
                file: format!("missing-{index}.wav"),
                call_id: None,
                metadata,
                found: false,
            },
        });
    }
    rows
}

/// What the call list tells of how an outbound call went.
fn outcome(
    scenario: Scenario,
    carelessness: f64,
    duration: Millis,
    random: &mut StdRng,
) -> BTreeMap<String, String> {
    // Who leaves things out sells a little more.
    let chance = match scenario {
        Scenario::Refusal => 0.0,
        _ => (0.35 + 0.2 * carelessness).min(0.9),
    };
    let converted = random.random_bool(chance);
    let mut fields = BTreeMap::from([
        ("接通状态".to_owned(), "接通".to_owned()),
        ("通话时长".to_owned(), (duration.0 / 1000).to_string()),
        (
            "话术".to_owned(),
            SCRIPTS[scenario as usize % SCRIPTS.len()].to_owned(),
        ),
        (
            "是否办理".to_owned(),
            if converted { "是" } else { "否" }.to_owned(),
        ),
    ]);
    if converted {
        let done = random.random_bool(0.92);
        let status = if done { "已开通" } else { "已取消" };
        fields.insert("订单状态".to_owned(), status.to_owned());
    }
    fields
}

fn metadata(
    agent: &Agent,
    direction: Direction,
    started_at: DateTime<FixedOffset>,
) -> CallMetadata {
    CallMetadata {
        agent_id: Some(agent.id.clone()),
        agent_name: Some(agent.name.clone()),
        unit: Some(UNITS[agent.unit].1.to_owned()),
        channel: Some(
            if agent.unit < 3 {
                "store"
            } else {
                "outbound-team"
            }
            .to_owned(),
        ),
        direction: Some(direction),
        started_at: Some(started_at),
        agent_channel: Some(0),
        ..CallMetadata::default()
    }
}

fn call(
    index: usize,
    agents: &[Agent],
    settings: &MonthSettings,
    random: &mut StdRng,
) -> (PlannedCall, Transcript, Millis) {
    // Some agents make many more calls than others.
    let agent = &agents[random
        .random_range(0..AGENTS)
        .min(random.random_range(0..AGENTS + 8))];
    let drawn = random.random_range(0..Scenario::ALL.iter().map(|(_, weight)| weight).sum());
    let mut left = drawn;
    let scenario = Scenario::ALL
        .iter()
        .find(|(_, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        })
        .map_or(Scenario::Enquiry, |(scenario, _)| *scenario);
    let number = format!(
        "1{}{:09}",
        random.random_range(3..=9),
        random.random_range(0..1_000_000_000_u64)
    );
    let manner = Manner {
        agent_id: &agent.id,
        surname: &agent.surname,
        carelessness: agent.carelessness,
        customer_number: &number,
    };
    let lines = dialogues::dialogue(scenario, &manner, random);
    let (transcript, duration) = timed(&lines);
    let day = settings.first_day + Days::new((index * 35 / settings.calls) as u64);
    let at = at(
        day,
        random.random_range(9 * 60..18 * 60),
        random.random_range(0..60),
    );
    let direction = match scenario.is_outbound() {
        true => Direction::Outbound,
        false => Direction::Inbound,
    };
    let mut of_outcome = StdRng::seed_from_u64(settings.seed ^ 0x0c0a ^ ((index as u64) << 16));
    let fields = match direction {
        Direction::Outbound => outcome(scenario, agent.carelessness, duration, &mut of_outcome),
        Direction::Inbound => BTreeMap::new(),
    };
    let call_id = format!("{}-{index:06}", day.format("%Y%m%d"));
    let path = settings.folder.join(format!("{call_id}.wav"));
    let planned = PlannedCall {
        digest: blake3::hash(format!("{}/{call_id}", settings.seed).as_bytes())
            .to_hex()
            .to_string(),
        shown_path: path.display().to_string(),
        path,
        call_id,
        size_bytes: 0,
        metadata: CallMetadata {
            business: Some(scenario.business().to_owned()),
            customer_number: Some(number),
            fields,
            ..metadata(agent, direction, at)
        },
        need: Need::Judge,
    };
    (planned, transcript, duration)
}

fn at(day: NaiveDate, minute: u32, second: u32) -> DateTime<FixedOffset> {
    let clock = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let midnight = day.and_hms_opt(0, 0, 0).expect("a time of day");
    clock
        .from_local_datetime(&midnight)
        .single()
        .expect("no summer time")
        + TimeDelta::minutes(i64::from(minute))
        + TimeDelta::seconds(i64::from(second))
}

const CHARACTER_MS: u64 = 220;
const PAUSE_MS: u64 = 600;

/// One character a word, one after the other.
fn timed(lines: &[dialogues::Line]) -> (Transcript, Millis) {
    let mut from = 800;
    let mut utterances = Vec::new();
    let mut speech = Vec::new();
    for (speaker, text) in lines {
        let words: Vec<Word> = text
            .chars()
            .zip(0..)
            .map(|(c, index)| Word {
                text: c.to_string(),
                span: Span::new(
                    from + index * CHARACTER_MS,
                    from + (index + 1) * CHARACTER_MS,
                ),
                probability: 0.93,
            })
            .collect();
        let span = Span::new(from, from + CHARACTER_MS * words.len() as u64);
        from = span.to.0 + PAUSE_MS;
        speech.push(SpeechStretch {
            speaker: *speaker,
            span,
        });
        utterances.push(Utterance {
            speaker: *speaker,
            span: Some(span),
            text: text.clone(),
            probability: Some(0.93),
            speaker_certainty: None,
            words,
        });
    }
    let duration = Millis(from + 500);
    let transcript = Transcript {
        utterances,
        untranscribed: Vec::new(),
        timeline: Some(SpeechTimeline {
            duration,
            separate_channels: true,
            speech,
            sounds: Vec::new(),
        }),
    };
    (transcript, duration)
}

/// A recording in which each side hums while it speaks; its digest.
fn record(path: &Path, transcript: &Transcript, duration: Millis) -> String {
    const RATE: u32 = 8000;
    std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a file");
    for frame in 0..duration.to_samples(RATE) {
        let at = Millis::from_samples(frame, RATE);
        for (speaker, hertz) in [(Speaker::Agent, 320.0), (Speaker::Customer, 240.0)] {
            let speaks = transcript.utterances.iter().any(|said| {
                said.speaker == speaker
                    && said
                        .span
                        .is_some_and(|span| span.from <= at && at < span.to)
            });
            let phase = std::f64::consts::TAU * hertz * frame as f64 / f64::from(RATE);
            let level = if speaks { 8000.0 } else { 40.0 };
            writer
                .write_sample((phase.sin() * level) as i16)
                .expect("written");
        }
    }
    writer.finalize().expect("finished");
    huiting::intake::fingerprint(path)
        .expect("readable")
        .to_string()
}
