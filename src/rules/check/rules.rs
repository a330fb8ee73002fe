//! Rules: their heads, dates, scopes and demands.

use chrono::NaiveDate;

use super::{Parsed, Sink, conditions::Conditions, cues::check_measure, examples, names::Names};
use crate::rules::{
    diagnostics::{NeverTrue, Problem},
    located::At,
    raw::{RawCallScope, RawCondition, RawConditionTable, RawDate, RawEffective, RawRule},
    rule::{CallScope, Cue, Each, Rule},
};

/// Checks one rule; `None` when it says nothing that could be judged.
pub(super) fn check_rule(
    parsed: &Parsed<RawRule>,
    names: &Names,
    cues: &[Cue],
    sink: &mut Sink<'_>,
) -> Option<Rule> {
    let raw = &parsed.raw;
    check_id(&raw.id, &parsed.path, sink);
    let rule = raw.id.value.as_str();
    let conditions = Conditions {
        rule,
        names,
        cues,
        has_cases: raw.each.is_some(),
    };
    let section = |raw: &Option<At<RawConditionTable>>, path: &str, sink: &mut Sink<'_>| {
        let raw = raw.as_ref()?;
        conditions.table(&raw.value, raw.span.clone(), path, sink)
    };
    let when = section(&raw.when, "when", sink);
    let require = section(&raw.require, "require", sink);
    let forbid = section(&raw.forbid, "forbid", sink);
    if raw.require.is_none() && raw.forbid.is_none() {
        sink.put(raw.id.span.clone(), Problem::NoDemand);
    }
    check_required_and_forbidden(raw, sink);
    let each = raw.each.as_ref().and_then(|each| {
        let cue = names.resolve(Some(rule), &each.cue.value, each.cue.span.clone(), sink)?;
        Some(Each {
            cue,
            apart: names.resolve_all(Some(rule), &each.apart, sink),
            gap: each.gap.as_ref().and_then(|gap| check_measure(gap, sink)),
        })
    });
    let needs_sound = [&when, &require, &forbid]
        .into_iter()
        .flatten()
        .any(|node| node.needs_sound());
    let mut checked = Rule {
        id: raw.id.value.clone(),
        path: parsed.path.clone(),
        title: raw.title.value.clone(),
        title_en: raw.title_en.clone(),
        severity: raw.severity,
        status: raw.status,
        effective: effective(raw.effective.as_ref(), sink),
        basis: raw.basis.clone(),
        why: raw.why.clone(),
        remedy: raw.remedy.clone(),
        known_limits: raw.known_limits.clone(),
        points: raw.points,
        digest: String::new(),
        scope: scope(raw.call.as_ref()),
        each,
        when,
        require,
        forbid,
        cues: Vec::new(),
        needs_sound,
        examples: Vec::new(),
    };
    checked.cues = used_cues(&checked, cues);
    checked.examples = examples::check_examples(parsed, &checked, cues, sink);
    Some(checked)
}

fn check_id(id: &At<String>, path: &str, sink: &mut Sink<'_>) {
    let shape = !id.value.is_empty()
        && id
            .value
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !shape {
        sink.put(id.span.clone(), Problem::IdShape);
        return;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let file = file.trim_end_matches(".toml");
    if file != id.value {
        let problem = Problem::IdIsNotFileName {
            id: id.value.clone(),
            file: file.to_owned(),
        };
        sink.put(id.span.clone(), problem);
    }
}

/// A bare cue that is required and forbidden can never be both.
fn check_required_and_forbidden(raw: &RawRule, sink: &mut Sink<'_>) {
    let bare =
        |group: Option<&At<Vec<At<RawCondition>>>>| -> Vec<(String, std::ops::Range<usize>)> {
            group
                .into_iter()
                .flat_map(|group| &group.value)
                .filter_map(|child| match &child.value {
                    RawCondition::Cue(name) => Some((name.clone(), child.span.clone())),
                    RawCondition::Table(_) => None,
                })
                .collect()
        };
    let required = bare(raw.require.as_ref().and_then(|r| r.value.all.as_ref()));
    for (name, span) in bare(raw.forbid.as_ref().and_then(|f| f.value.any.as_ref())) {
        if required.iter().any(|(other, _)| *other == name) {
            let why = NeverTrue::RequiredAndForbidden(name);
            sink.put(span, Problem::NeverTrue(why));
        }
    }
}

fn effective(
    raw: Option<&At<RawEffective>>,
    sink: &mut Sink<'_>,
) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let Some(raw) = raw else {
        return (None, None);
    };
    let mut read = |date: Option<RawDate>| {
        let date = date?;
        let read = date_of(date);
        if read.is_none() {
            sink.put(raw.span.clone(), Problem::DateWithoutDay);
        }
        read
    };
    let (from, to) = (read(raw.value.from), read(raw.value.to));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        sink.put(raw.span.clone(), Problem::EffectiveUpsideDown);
    }
    (from, to)
}

/// The day of a TOML date.
pub(super) fn date_of(raw: RawDate) -> Option<NaiveDate> {
    let date = raw.0.date?;
    NaiveDate::from_ymd_opt(
        i32::from(date.year),
        u32::from(date.month),
        u32::from(date.day),
    )
}

fn scope(raw: Option<&RawCallScope>) -> CallScope {
    let Some(raw) = raw else {
        return CallScope::default();
    };
    let known = [
        ("business", &raw.business),
        ("channel", &raw.channel),
        ("unit", &raw.unit),
    ];
    let mut fields: Vec<(String, Vec<String>)> = known
        .into_iter()
        .filter_map(|(name, values)| Some((name.to_owned(), values.clone()?)))
        .collect();
    fields.extend(raw.fields.clone());
    CallScope {
        direction: raw.direction.clone(),
        fields,
    }
}

/// Every cue that the rule rests on, those behind others included.
fn used_cues(rule: &Rule, cues: &[Cue]) -> Vec<crate::rules::rule::CueId> {
    let mut open = Vec::new();
    for node in [&rule.when, &rule.require, &rule.forbid]
        .into_iter()
        .flatten()
    {
        node.cues(&mut open);
    }
    if let Some(each) = &rule.each {
        open.push(each.cue);
        open.extend(&each.apart);
    }
    let mut used = Vec::new();
    while let Some(id) = open.pop() {
        if used.contains(&id) {
            continue;
        }
        used.push(id);
        let cue = &cues[id.index()];
        open.extend(&cue.any_of);
        open.extend(cue.placement.cues());
    }
    used.sort_unstable();
    used
}
