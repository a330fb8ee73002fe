//! A generated month of calls, judged by drawn verdicts and scored by the real scorecard.

use huiting::{
    call::{CallMetadata, Direction},
    reports::{
        Coverage, FailureCount, JudgedCall, MonthlyBuilder, MonthlyReport, MonthlySettings,
        Provenance, RuleFacts,
    },
    rules::{Evidence, Matched, Outcome, Reason, Severity, Verdict},
    scoring::{Scorecard, ScoredRule, score},
    time::{Millis, Span},
    transcript::Speaker,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

const UNITS: [(&str, f64); 5] = [
    ("历下营业厅", 0.5),
    ("市中营业厅", 1.0),
    ("槐荫营业厅", 1.1),
    ("外呼一组", 2.2),
    ("外呼二组", 1.0),
];
const SURNAMES: [&str; 16] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "欧阳", "郭",
    "何",
];
const GIVEN_NAMES: [&str; 20] = [
    "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "晓明", "建国", "秀英",
    "雨桐", "子涵", "文博", "海燕", "志远",
];
/// The number of every customer; it must be in no report.
pub const CUSTOMER: &str = "18824807932";

/// A rule with the shares of calls that it applies to, and of those that break it, and that
/// nobody can judge.
struct Sample {
    facts: RuleFacts,
    applies: f64,
    violated: f64,
    unclear: f64,
    reason: &'static str,
    words: &'static [(Speaker, &'static str)],
}

fn samples() -> Vec<Sample> {
    use Severity::{Critical, Fatal, Major, Minor};
    use Speaker::{Agent, Customer};
    let sample = |id: &str, title: &str, severity, (applies, violated, unclear), reason, words| {
        let basis = match severity {
            Critical => vec!["《电信服务规范》第十二条".to_owned()],
            _ => vec![],
        };
        Sample {
            facts: RuleFacts {
                id: id.into(),
                title: title.into(),
                severity,
                scored: id != "slow-answer",
                basis,
                remedy: match severity {
                    Critical => "办理前逐项说明并请客户明确答复，答复含糊的须再问一次。".into(),
                    Fatal => "停岗培训，考核合格后方可上岗。".into(),
                    _ => String::new(),
                },
            },
            applies,
            violated,
            unclear,
            reason,
            words,
        }
    };
    vec![
        sample(
            "double-confirmation",
            "二次确认",
            Critical,
            (0.6, 0.09, 0.06),
            "办理之前没有复述所办业务并请客户再次确认。",
            &[
                (Customer, "行，那你办吧。"),
                (Agent, "好的，已经为您开通了，您的号码是 18824807932。"),
            ],
        ),
        sample(
            "penalty-disclosure",
            "违约金告知",
            Critical,
            (0.4, 0.08, 0.03),
            "办理了带合约期的业务，没有说明提前解约的违约金。",
            &[
                (Agent, "这个套餐合约期二十四个月，每月一百二十九元。"),
                (Agent, "马上帮您办理。"),
            ],
        ),
        sample(
            "overage-disclosure",
            "溢出资费告知",
            Critical,
            (0.5, 0.06, 0.02),
            "没有说明超出套餐以后怎样收费。",
            &[(Agent, "每个月三十个 G，您肯定够用。")],
        ),
        sample(
            "irreversible-change",
            "套餐迁改不可回退告知",
            Critical,
            (0.35, 0.05, 0.02),
            "说了可以改回原套餐，与规定相反。",
            &[(Agent, "不满意的话下个月再给您改回来就行。")],
        ),
        sample(
            "false-promise",
            "虚假承诺",
            Critical,
            (1.0, 0.012, 0.01),
            "作了绝对的或不实的承诺。",
            &[(Agent, "绝对不会多扣您一分钱，这个我跟您保证。")],
        ),
        sample(
            "rude-language",
            "服务禁语",
            Fatal,
            (1.0, 0.006, 0.002),
            "说了服务禁语。",
            &[(Agent, "您爱办不办，我都说了三遍了。")],
        ),
        sample(
            "credential-request",
            "索要敏感信息",
            Fatal,
            (1.0, 0.003, 0.0),
            "请客户报出服务密码。",
            &[(
                Agent,
                "您把服务密码报一下，身份证号 370102199003078515 也念一遍。",
            )],
        ),
        sample(
            "identity-opening",
            "开场表明身份",
            Major,
            (1.0, 0.07, 0.02),
            "前三句没有说明公司和工号、姓名或职务。",
            &[(Agent, "喂您好，您是机主本人吗？")],
        ),
        sample(
            "refusal-respected",
            "拒绝后停止营销",
            Major,
            (0.25, 0.08, 0.05),
            "客户明确拒绝之后又劝说了两次以上。",
            &[
                (Customer, "不需要，别再打了。"),
                (Agent, "您再考虑一下，就体验一个月。"),
                (Agent, "那先给您记个意向？"),
                (Agent, "真的很划算。"),
            ],
        ),
        sample(
            "complaint-response",
            "投诉应答",
            Major,
            (0.08, 0.15, 0.1),
            "没有致歉，也没有登记或承诺答复时限。",
            &[
                (Customer, "我要投诉，你们乱扣费！"),
                (Agent, "这个不归我们管。"),
            ],
        ),
        sample(
            "renewal-disclosure",
            "到期续费告知",
            Major,
            (0.2, 0.1, 0.04),
            "没有说明优惠期满以后怎样收费。",
            &[(Agent, "前三个月免费体验，我给您开上。")],
        ),
        sample(
            "recording-notice",
            "录音告知",
            Minor,
            (0.7, 0.12, 0.01),
            "一分钟之内没有告知通话录音。",
            &[],
        ),
        sample(
            "effective-date",
            "生效时间告知",
            Minor,
            (0.6, 0.06, 0.02),
            "没有说明何时生效。",
            &[(Agent, "已经开通了。")],
        ),
        sample(
            "cancellation-method",
            "退订方式告知",
            Minor,
            (0.3, 0.11, 0.02),
            "没有说明怎样退订。",
            &[(Agent, "这个彩铃包每月六元，给您加上了。")],
        ),
        sample(
            "long-silence",
            "长时间静默",
            Minor,
            (1.0, 0.02, 0.0),
            "十五秒以上无人说话。",
            &[],
        ),
        sample(
            "slow-answer",
            "应答迟缓",
            Minor,
            (1.0, 0.05, 0.0),
            "客服三秒以后才开口。",
            &[],
        ),
    ]
}

fn evidence(turn: usize, speaker: Speaker, text: &str, from: u64, random: &mut StdRng) -> Evidence {
    let matched = match random.random_bool(0.15) {
        true => Matched::Sound,
        false => Matched::Written,
    };
    Evidence {
        turn,
        text: text.into(),
        chars: (0, text.chars().count()),
        span: Some(Span::new(from, from + 260 * text.chars().count() as u64)),
        speaker,
        cue: "cue".into(),
        matched,
        probability: Some(0.8),
        doubtful: false,
        grams: Vec::new(),
    }
}

fn verdict(sample: &Sample, weight: f64, duration: Millis, random: &mut StdRng) -> Verdict {
    let drawn: f64 = random.random();
    let outcome = if !random.random_bool(sample.applies) {
        Outcome::NotApplicable
    } else if drawn < sample.violated * weight {
        Outcome::Violation
    } else if drawn < sample.violated * weight + sample.unclear {
        Outcome::CannotJudge
    } else {
        Outcome::Pass
    };
    let mut from = random.random_range(0..duration.0 / 2);
    let mut pieces = Vec::new();
    if matches!(outcome, Outcome::Violation | Outcome::CannotJudge) {
        for (index, (speaker, text)) in sample.words.iter().enumerate() {
            let mut piece = evidence(4 + 2 * index, *speaker, text, from, random);
            piece.doubtful = outcome == Outcome::CannotJudge;
            from += 9_000;
            pieces.push(piece);
        }
    }
    Verdict {
        rule_id: sample.facts.id.clone(),
        rule_digest: "5f".repeat(32),
        outcome,
        at: pieces.iter().map(|piece| piece.turn).collect(),
        evidence: pieces,
        reason: Reason {
            condition: "require.all[0]".into(),
            zh: match outcome {
                Outcome::CannotJudge => "客户只答了“嗯”，听不出是否同意。".into(),
                _ => sample.reason.into(),
            },
            en: "The obligation was not met before the order was executed.".into(),
        },
    }
}

/// Calls of one month that have nothing to do with anybody; the same for the same seed.
pub fn calls(count: usize, seed: u64) -> Vec<JudgedCall> {
    let mut random = StdRng::seed_from_u64(seed);
    let samples = samples();
    let card = Scorecard::default();
    let agents: Vec<(usize, String, String, f64)> = (0..40)
        .map(|index| {
            let surname = SURNAMES.choose(&mut random).expect("not empty");
            let given = GIVEN_NAMES.choose(&mut random).expect("not empty");
            (
                index % UNITS.len(),
                format!("{}", 2305 + 37 * index),
                format!("{surname}{given}"),
                random.random_range(0.5..1.5),
            )
        })
        .collect();
    (0..count)
        .map(|index| {
            // Some agents make many more calls than others.
            let agent = random.random_range(0..40).min(random.random_range(0..48));
            let (unit, agent_id, agent_name, skill) = &agents[agent];
            let (unit, unit_weight) = UNITS[*unit];
            let duration = Millis(random.random_range(48_000..520_000));
            let verdicts: Vec<Verdict> = samples
                .iter()
                .map(|sample| verdict(sample, unit_weight * skill, duration, &mut random))
                .collect();
            let scored: Vec<ScoredRule> = verdicts
                .iter()
                .zip(&samples)
                .map(|(verdict, sample)| ScoredRule {
                    verdict,
                    severity: sample.facts.severity,
                    scored: sample.facts.scored,
                    points: None,
                })
                .collect();
            let day = 1 + index * 31 / count;
            let time = format!(
                "2026-10-{day:02}T{:02}:{:02}:00+08:00",
                random.random_range(9..19),
                random.random_range(0..60)
            );
            JudgedCall {
                call_id: format!("JN{:06}", 41_007 + 13 * index),
                metadata: CallMetadata {
                    agent_id: Some(agent_id.clone()),
                    agent_name: Some(agent_name.clone()),
                    unit: Some(unit.into()),
                    channel: Some("store".into()),
                    direction: Some(Direction::Outbound),
                    business: Some("plan-change".into()),
                    started_at: Some(time.parse().expect("a time")),
                    agent_channel: Some(0),
                    customer_number: Some(CUSTOMER.into()),
                    fields: Default::default(),
                },
                duration,
                recording_path: format!(
                    "/recordings/2026/10/202610{day:02}_{agent_id}_{CUSTOMER}.wav"
                ),
                score: score(&card, &scored),
                verdicts,
                incomplete: random.random_bool(0.02),
            }
        })
        .collect()
}

/// The report of such calls, with some failures among the recordings.
pub fn report(calls: &[JudgedCall], settings: MonthlySettings) -> MonthlyReport {
    let rules = samples().into_iter().map(|sample| sample.facts).collect();
    let mut builder = MonthlyBuilder::new("2026-10".parse().expect("a month"), rules, settings);
    for call in calls {
        builder.add(call);
    }
    let failure = |zh: &str, en: &str, count, examples: &[&str]| FailureCount {
        zh: zh.into(),
        en: en.into(),
        count,
        examples: examples
            .iter()
            .map(|name| format!("/recordings/{name}"))
            .collect(),
    };
    let judged = calls.len() as u64;
    let failures = vec![
        failure(
            "文件损坏，解码中断",
            "damaged file, decoding stopped",
            5,
            &[
                "20261004_2305_18824807932.wav",
                "20261011_2638_18824807932.wav",
                "x.mp3",
            ],
        ),
        failure(
            "不是音频文件",
            "not an audio file",
            2,
            &["说明.txt.wav", "readme.wav"],
        ),
        failure("空文件", "empty file", 1, &["20261019_3600.wav"]),
        failure(
            "没有人说话",
            "nobody speaks",
            4,
            &[
                "20261002_2379.wav",
                "20261008_2342.wav",
                "20261022_3489.wav",
                "20261023_3489.wav",
            ],
        ),
    ];
    let coverage = Coverage {
        listed: judged + 27,
        recorded: judged + 12,
        unlisted: 3,
        missing: 18,
        missing_examples: Vec::new(),
        unanswered: 0,
        transcribed: judged,
        judged,
        heard: 0,
        recorded_length: Millis(calls.iter().map(|call| call.duration.0).sum::<u64>() + 1_440_000),
        failures,
    };
    let provenance = Provenance {
        model_name: "ggml-large-v3-turbo-q5_0".into(),
        model_digest: "394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2".into(),
        ruleset_digest: "b1946ac92492d2347c6235b4d2611184f0e5a1c2".into(),
        as_of: "2026-11-02 08:00 +08:00".into(),
        program_version: env!("CARGO_PKG_VERSION").into(),
    };
    builder.finish(coverage, provenance)
}
