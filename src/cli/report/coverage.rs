//! How many of the month's calls were judged and heard, and what became of the others.

use std::collections::BTreeMap;

use crate::{
    reports::{CallSums, Coverage, FailureCount},
    store::{Store, StoreError, monthly::ReportScope, recordings::FailureRow, touched::AsOf},
    time::Millis,
};

/// Recordings named that were not found.
const MISSING_NAMED: usize = 3;

/// How far the listening came.
pub(super) fn coverage(
    store: &Store,
    scope: &ReportScope,
    calls: &[CallSums],
    as_of: &AsOf,
) -> Result<Coverage, StoreError> {
    let month = scope.month.as_str();
    let counts = store.coverage(scope)?;
    let judged = calls.iter().map(|sums| sums.calls).sum();
    // A file that failed has a month at best, and no unit: it is the whole's.
    let failures = match scope.units {
        None => store.failures()?,
        Some(_) => Vec::new(),
    };
    let failures: Vec<FailureRow> = failures
        .into_iter()
        .filter(|failure| failure.month.as_deref().is_none_or(|of| of == month))
        .collect();
    let mut causes: BTreeMap<&str, FailureCount> = BTreeMap::new();
    for failure in &failures {
        let (zh, en) = cause_names(&failure.cause);
        let count = causes
            .entry(&failure.cause)
            .or_insert_with(|| FailureCount {
                zh: zh.to_owned(),
                en: en.to_owned(),
                count: 0,
                examples: Vec::new(),
            });
        count.count += 1;
        if count.examples.len() < 5 {
            count.examples.push(failure.path.clone());
        }
    }
    Ok(Coverage {
        listed: counts.listed,
        recorded: judged + failures.len() as u64,
        unlisted: counts.unlisted,
        missing: counts.missing,
        missing_examples: store.missing_recordings(scope, MISSING_NAMED)?,
        unanswered: counts.unanswered,
        transcribed: judged,
        judged,
        heard: store.heard_calls(scope, as_of)?.1,
        recorded_length: Millis(calls.iter().map(|sums| sums.length.0).sum()),
        failures: causes.into_values().collect(),
    })
}

/// Causes of failure in words; the stable words come from the stages that failed.
fn cause_names(cause: &str) -> (&'static str, &'static str) {
    match cause {
        "empty" => ("空文件", "empty file"),
        "no-sound" => ("没有声音", "no sound in it"),
        "not-audio" => ("不是录音", "not a recording"),
        "unsupported" => ("不支持的格式", "unsupported format"),
        "malformed" => ("文件损坏", "damaged file"),
        "limit" => (
            "声道数、采样率或时长超限",
            "channels, sample rate or length out of range",
        ),
        "time-limit" => ("用时过长", "took too long"),
        "decoder" => ("解码器出错", "decoder broke down"),
        "recogniser" => ("识别出错", "recogniser failed"),
        "dangling-link" => ("链接失效", "dangling link"),
        "folder" => ("文件夹冒充录音", "a folder named like a recording"),
        _ => ("读不了", "unreadable"),
    }
}
