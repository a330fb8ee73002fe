//! Conditions: what each table asks for, and whether that can be.

use std::ops::Range;

use super::{
    Sink,
    cues::{Sides, check_measure, check_share},
    names::Names,
};
use crate::{
    rules::{
        conditions::{
            All, AnswerDelay, Any, AtLeast, Condition, Duration, Field, HangUpDelay, HeardCue,
            Node, None_, Repeated, Sequence, Silence, Speaks, SpeechRate, Step, TalkOver, Window,
        },
        diagnostics::{NeverTrue, Problem},
        located::{At, Names as RawNames},
        measure::Measure,
        raw::{RawCondition, RawConditionTable, RawScope, RawStep, RawWho},
        rule::{Cue, CueId, Placement},
    },
    time::Millis,
    transcript::Speaker,
};

/// Checks the conditions of one rule.
pub(super) struct Conditions<'a> {
    pub rule: &'a str,
    pub names: &'a Names,
    pub cues: &'a [Cue],
    pub has_cases: bool,
}

/// The keys that say what a condition asks for.
type Kinds = Vec<(&'static str, Range<usize>)>;

impl Conditions<'_> {
    /// Checks `when`, `require` or `forbid`.
    pub fn table(
        &self,
        raw: &RawConditionTable,
        span: Range<usize>,
        path: &str,
        sink: &mut Sink<'_>,
    ) -> Option<Node> {
        let kinds = kinds(raw);
        let Some((first, _)) = kinds.first() else {
            sink.put(span, Problem::NothingAsked);
            return None;
        };
        let groups = ["all", "any", "none", "of"];
        for (key, place) in &kinds[1..] {
            if !(groups.contains(first) && groups.contains(key)) {
                let problem = Problem::KeysDoNotFit {
                    key: (*key).to_owned(),
                    other: (*first).to_owned(),
                };
                sink.put(place.clone(), problem);
            }
        }
        let fitting = match *first {
            "cue" => CUE_KEYS,
            "sequence" => SEQUENCE_KEYS,
            "field" => FIELD_KEYS,
            _ => &[],
        };
        self.check_companions(raw, first, fitting, sink);
        let node = |condition| {
            Some(Node {
                path: path.to_owned(),
                condition,
            })
        };
        match *first {
            "all" | "any" | "none" | "of" => self.groups(raw, path, sink),
            "cue" => self.heard(raw, span, sink).and_then(node),
            "sequence" => self.sequence(raw, sink).and_then(node),
            "field" => field(raw, span, sink).and_then(node),
            _ => plain(raw, sink).and_then(node),
        }
    }

    fn condition(&self, raw: &At<RawCondition>, path: &str, sink: &mut Sink<'_>) -> Option<Node> {
        match &raw.value {
            RawCondition::Cue(name) => {
                let cue = self
                    .names
                    .resolve(Some(self.rule), name, raw.span.clone(), sink)?;
                Some(Node {
                    path: path.to_owned(),
                    condition: Condition::Heard(HeardCue::plain(cue)),
                })
            }
            RawCondition::Table(table) => self.table(table, raw.span.clone(), path, sink),
        }
    }

    /// `all`, `any`, `none` and `at-least … of`; several of them hold together.
    fn groups(&self, raw: &RawConditionTable, path: &str, sink: &mut Sink<'_>) -> Option<Node> {
        let groups = [
            ("all", &raw.all),
            ("any", &raw.any),
            ("none", &raw.none),
            ("of", &raw.of),
        ];
        check_refused(raw, sink);
        let mut nodes = Vec::new();
        for (key, group) in groups {
            let Some(group) = group else { continue };
            if group.value.is_empty() {
                sink.put(group.span.clone(), Problem::EmptyList);
                continue;
            }
            let path = format!("{path}.{key}");
            let children: Vec<Node> = group
                .value
                .iter()
                .enumerate()
                .filter_map(|(index, child)| {
                    self.condition(child, &format!("{path}[{index}]"), sink)
                })
                .collect();
            let condition = match key {
                "all" => Condition::All(All(children)),
                "any" => Condition::Any(Any(children)),
                "none" => Condition::None(None_(children)),
                _ => self.at_least(raw, children, group, sink)?,
            };
            nodes.push(Node { path, condition });
        }
        match nodes.len() {
            0 => None,
            1 => nodes.pop(),
            _ => Some(Node {
                path: path.to_owned(),
                condition: Condition::All(All(nodes)),
            }),
        }
    }

    fn at_least(
        &self,
        raw: &RawConditionTable,
        of: Vec<Node>,
        group: &At<Vec<At<RawCondition>>>,
        sink: &mut Sink<'_>,
    ) -> Option<Condition> {
        let Some(least) = &raw.at_least else {
            let problem = Problem::KeyNeedsKey {
                key: "of".into(),
                needs: "at-least".into(),
            };
            sink.put(group.span.clone(), problem);
            return None;
        };
        if least.value == 0 {
            sink.put(least.span.clone(), Problem::AlwaysTrue);
        }
        if least.value as usize > group.value.len() {
            let why = NeverTrue::MoreThanThereAre {
                least: least.value,
                of: group.value.len(),
            };
            sink.put(least.span.clone(), Problem::NeverTrue(why));
        }
        Some(Condition::AtLeast(AtLeast {
            least: least.value as usize,
            of,
        }))
    }

    fn heard(
        &self,
        raw: &RawConditionTable,
        span: Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Option<Condition> {
        let name = raw.cue.as_ref()?;
        let cue = self
            .names
            .resolve(Some(self.rule), &name.value, name.span.clone(), sink)?;
        let own = self.cues[cue.index()].speaker;
        let speaker = raw.speaker.as_ref().map(|speaker| speaker.value);
        if let (Some(own), Some(asked)) = (own, &raw.speaker)
            && own != asked.value
        {
            let why = NeverTrue::OtherSpeaker {
                cue: own.as_str(),
                condition: asked.value.as_str(),
            };
            sink.put(asked.span.clone(), Problem::NeverTrue(why));
        }
        let min = self.check_counts(raw, sink);
        if min == 0 && raw.max.is_none() {
            sink.put(span, Problem::AlwaysTrue);
        }
        let placement = self.placement(raw, sink);
        for names in [
            &raw.before,
            &raw.after,
            &raw.not_before,
            &raw.not_after,
            &raw.answer_to,
            &raw.not_answer_to,
            &raw.beside,
            &raw.not_beside,
        ] {
            for other in names.0.iter().filter(|other| other.value == name.value) {
                let why = NeverTrue::BesideItself;
                sink.put(other.span.clone(), Problem::NeverTrue(why));
            }
        }
        let sides = Sides {
            own: speaker.or(own),
            cues: self.cues,
            names: self.names,
            rule: Some(self.rule),
        };
        sides.check(&raw.answer_to, true, sink);
        sides.check(&raw.beside, false, sink);
        Some(Condition::Heard(HeardCue {
            cue,
            speaker,
            min,
            max: raw.max.as_ref().map(|max| max.value),
            window: window(raw, sink),
            placement,
            reset_by: self.names.resolve_all(Some(self.rule), &raw.reset_by, sink),
            whole_call: self.whole_call(raw, sink),
        }))
    }

    /// The least number of turns.
    fn check_counts(&self, raw: &RawConditionTable, sink: &mut Sink<'_>) -> u32 {
        let min = match (&raw.min, &raw.max) {
            (Some(min), _) => min.value,
            (None, Some(_)) => 0,
            (None, None) => 1,
        };
        if let (Some(least), Some(most)) = (&raw.min, &raw.max)
            && least.value > most.value
        {
            let problem = Problem::LimitsContradict {
                least: f64::from(least.value),
                most: f64::from(most.value),
            };
            sink.put(least.span.clone(), problem);
        }
        min
    }

    fn whole_call(&self, raw: &RawConditionTable, sink: &mut Sink<'_>) -> bool {
        let Some(scope) = &raw.scope else {
            return false;
        };
        if !self.has_cases {
            let problem = Problem::KeyNeedsKey {
                key: "scope".into(),
                needs: "[each]".into(),
            };
            sink.put(scope.span.clone(), problem);
        }
        scope.value == RawScope::Call
    }

    fn placement(&self, raw: &RawConditionTable, sink: &mut Sink<'_>) -> Placement {
        for (wanted, refused) in [
            (&raw.before, &raw.not_before),
            (&raw.after, &raw.not_after),
            (&raw.answer_to, &raw.not_answer_to),
            (&raw.beside, &raw.not_beside),
        ] {
            check_both(wanted, refused, sink);
        }
        let mut all = |names| self.names.resolve_all(Some(self.rule), names, sink);
        Placement {
            answer_to: all(&raw.answer_to),
            not_answer_to: all(&raw.not_answer_to),
            beside: all(&raw.beside),
            not_beside: all(&raw.not_beside),
            before: all(&raw.before),
            after: all(&raw.after),
            not_before: all(&raw.not_before),
            not_after: all(&raw.not_after),
            within: self.within(raw, sink),
        }
    }

    fn within(&self, raw: &RawConditionTable, sink: &mut Sink<'_>) -> Option<Measure> {
        let within = raw.within.as_ref()?;
        let near = [&raw.before, &raw.after, &raw.not_before, &raw.not_after];
        if raw.sequence.is_none() && near.iter().all(|names| names.is_empty()) {
            let problem = Problem::KeyNeedsKey {
                key: "within".into(),
                needs: "before, after, not-before, not-after".into(),
            };
            sink.put(within.span.clone(), problem);
        }
        check_measure(within, sink)
    }

    fn sequence(&self, raw: &RawConditionTable, sink: &mut Sink<'_>) -> Option<Condition> {
        let steps = raw.sequence.as_ref()?;
        if steps.value.len() < 2 {
            sink.put(steps.span.clone(), Problem::EmptyList);
            return None;
        }
        let mut placement = self.placement(raw, sink);
        let within = placement.within.take();
        let checked: Vec<Step> = steps
            .value
            .iter()
            .enumerate()
            .filter_map(|(index, step)| self.step(index, step, sink))
            .collect();
        (checked.len() == steps.value.len()).then(|| {
            Condition::Sequence(Sequence {
                steps: checked,
                within,
                placement,
                whole_call: self.whole_call(raw, sink),
            })
        })
    }

    fn step(&self, index: usize, raw: &At<RawStep>, sink: &mut Sink<'_>) -> Option<Step> {
        let (name, span, within) = match &raw.value {
            RawStep::Cue(name) => (name, raw.span.clone(), None),
            RawStep::Table(table) => (
                &table.cue.value,
                table.cue.span.clone(),
                table.within.as_ref(),
            ),
        };
        if let Some(within) = within
            && index == 0
        {
            let problem = Problem::KeysDoNotFit {
                key: "within".into(),
                other: "sequence[0]".into(),
            };
            sink.put(within.span.clone(), problem);
        }
        let cue = self.names.resolve(Some(self.rule), name, span, sink)?;
        Some(Step {
            cue,
            within: within.and_then(|within| check_measure(within, sink)),
        })
    }

    /// Keys that mean nothing beside what the condition asks for.
    fn check_companions(
        &self,
        raw: &RawConditionTable,
        first: &str,
        fitting: &[&str],
        sink: &mut Sink<'_>,
    ) {
        for (key, place) in companions(raw) {
            let fits = fitting.contains(&key) || key == "at-least" && raw.of.is_some();
            if !fits {
                let problem = Problem::KeysDoNotFit {
                    key: key.to_owned(),
                    other: first.to_owned(),
                };
                sink.put(place, problem);
            }
        }
    }
}

const CUE_KEYS: &[&str] = &[
    "speaker",
    "min",
    "max",
    "within-first",
    "within-last",
    "before",
    "after",
    "not-before",
    "not-after",
    "within",
    "answer-to",
    "not-answer-to",
    "beside",
    "not-beside",
    "reset-by",
    "scope",
];
const SEQUENCE_KEYS: &[&str] = &[
    "before",
    "after",
    "not-before",
    "not-after",
    "within",
    "scope",
];
const FIELD_KEYS: &[&str] = &["is", "is-not"];

impl HeardCue {
    /// A cue's bare name: heard at least once, anywhere.
    fn plain(cue: CueId) -> HeardCue {
        HeardCue {
            cue,
            speaker: None,
            min: 1,
            max: None,
            window: None,
            placement: Placement::default(),
            reset_by: Vec::new(),
            whole_call: false,
        }
    }
}

fn kinds(raw: &RawConditionTable) -> Kinds {
    let mut kinds = Kinds::new();
    macro_rules! note {
        ($($field:ident $name:literal),* $(,)?) => {
            $(if let Some(value) = &raw.$field {
                kinds.push(($name, value.span.clone()));
            })*
        };
    }
    note!(
        all "all", any "any", none "none", of "of", cue "cue", sequence "sequence",
        repeated "repeated", speaks "speaks", field "field", silence "silence",
        talk_over "talk-over", speech_rate "speech-rate", answer_delay "answer-delay",
        hang_up_delay "hang-up-delay", duration "duration",
    );
    kinds
}

fn companions(raw: &RawConditionTable) -> Kinds {
    let mut keys = Kinds::new();
    macro_rules! note {
        ($($field:ident $name:literal),* $(,)?) => {
            $(if let Some(value) = &raw.$field {
                keys.push(($name, value.span.clone()));
            })*
        };
    }
    note!(
        at_least "at-least", speaker "speaker", min "min", max "max",
        within_first "within-first", within_last "within-last", within "within",
        scope "scope", is "is", is_not "is-not",
    );
    let named: [(&'static str, &RawNames); 9] = [
        ("before", &raw.before),
        ("after", &raw.after),
        ("not-before", &raw.not_before),
        ("not-after", &raw.not_after),
        ("answer-to", &raw.answer_to),
        ("not-answer-to", &raw.not_answer_to),
        ("beside", &raw.beside),
        ("not-beside", &raw.not_beside),
        ("reset-by", &raw.reset_by),
    ];
    for (key, names) in named {
        if let Some(first) = names.0.first() {
            keys.push((key, first.span.clone()));
        }
    }
    keys
}

/// The same bare cue under `all` (or `any`) and `none`.
fn check_refused(raw: &RawConditionTable, sink: &mut Sink<'_>) {
    let bare = |group: &Option<At<Vec<At<RawCondition>>>>| -> Vec<(String, Range<usize>)> {
        group
            .iter()
            .flat_map(|group| &group.value)
            .filter_map(|child| match &child.value {
                RawCondition::Cue(name) => Some((name.clone(), child.span.clone())),
                RawCondition::Table(_) => None,
            })
            .collect()
    };
    let wanted = bare(&raw.all);
    for (name, span) in bare(&raw.none) {
        if wanted.iter().any(|(other, _)| *other == name) {
            let why = NeverTrue::AskedAndRefused(name);
            sink.put(span, Problem::NeverTrue(why));
        }
    }
}

fn check_both(wanted: &RawNames, refused: &RawNames, sink: &mut Sink<'_>) {
    for name in &refused.0 {
        if wanted.0.iter().any(|other| other.value == name.value) {
            let why = NeverTrue::AskedAndRefused(name.value.clone());
            sink.put(name.span.clone(), Problem::NeverTrue(why));
        }
    }
}

fn window(raw: &RawConditionTable, sink: &mut Sink<'_>) -> Option<Window> {
    match (&raw.within_first, &raw.within_last) {
        (Some(first), Some(last)) => {
            check_measure(first, sink);
            let problem = Problem::KeysDoNotFit {
                key: "within-last".into(),
                other: "within-first".into(),
            };
            sink.put(last.span.clone(), problem);
            None
        }
        (Some(first), None) => check_measure(first, sink).map(Window::First),
        (None, Some(last)) => check_measure(last, sink).map(Window::Last),
        (None, None) => None,
    }
}

fn field(raw: &RawConditionTable, span: Range<usize>, sink: &mut Sink<'_>) -> Option<Condition> {
    let name = raw.field.as_ref()?;
    let (is, values) = match (&raw.is, &raw.is_not) {
        (Some(values), None) => (true, values),
        (None, Some(values)) => (false, values),
        (Some(_), Some(refused)) => {
            let problem = Problem::KeysDoNotFit {
                key: "is-not".into(),
                other: "is".into(),
            };
            sink.put(refused.span.clone(), problem);
            return None;
        }
        (None, None) => {
            let problem = Problem::KeyNeedsKey {
                key: "field".into(),
                needs: "is / is-not".into(),
            };
            sink.put(span, problem);
            return None;
        }
    };
    if values.value.is_empty() {
        sink.put(values.span.clone(), Problem::EmptyList);
    }
    Some(Condition::Field(Field {
        name: name.value.clone(),
        is,
        values: values.value.clone(),
    }))
}

/// Conditions whose table stands in itself.
fn plain(raw: &RawConditionTable, sink: &mut Sink<'_>) -> Option<Condition> {
    if let Some(speaks) = &raw.speaks {
        return Some(Condition::Speaks(Speaks(speaks.value)));
    }
    if let Some(repeated) = &raw.repeated {
        check_share(
            "similar",
            repeated.value.similar,
            repeated.span.clone(),
            sink,
        );
        if repeated.value.times < 2 {
            sink.put(repeated.span.clone(), Problem::AlwaysTrue);
        }
        return Some(Condition::Repeated(Repeated {
            similar: repeated.value.similar,
            times: repeated.value.times,
            speaker: repeated.value.speaker,
        }));
    }
    if let Some(silence) = &raw.silence {
        return Some(Condition::Silence(Silence {
            longer_than: time(&silence.value.longer_than, sink)?,
            speaker: match silence.value.speaker {
                Some(RawWho::Agent) => Some(Speaker::Agent),
                Some(RawWho::Customer) => Some(Speaker::Customer),
                Some(RawWho::Any) | None => None,
            },
        }));
    }
    if let Some(talk_over) = &raw.talk_over {
        return Some(Condition::TalkOver(TalkOver {
            by: talk_over.value.by,
            longer_than: time(&talk_over.value.longer_than, sink)?,
        }));
    }
    if let Some(rate) = &raw.speech_rate {
        let table = &rate.value;
        match (table.above, table.below) {
            (None, None) => {
                let problem = Problem::KeyNeedsKey {
                    key: "speech-rate".into(),
                    needs: "above / below".into(),
                };
                sink.put(rate.span.clone(), problem);
            }
            (Some(_), Some(_)) => {
                let problem = Problem::KeysDoNotFit {
                    key: "below".into(),
                    other: "above".into(),
                };
                sink.put(rate.span.clone(), problem);
            }
            _ => {}
        }
        return Some(Condition::SpeechRate(SpeechRate {
            speaker: table.speaker,
            above: table.above,
            below: table.below,
            over: time(&table.over, sink)?,
        }));
    }
    if let Some(delay) = &raw.answer_delay {
        return Some(Condition::AnswerDelay(AnswerDelay {
            speaker: delay.value.speaker,
            longer_than: time(&delay.value.longer_than, sink)?,
        }));
    }
    if let Some(delay) = &raw.hang_up_delay {
        return Some(Condition::HangUpDelay(HangUpDelay {
            longer_than: time(&delay.value.longer_than, sink)?,
        }));
    }
    let duration = raw.duration.as_ref()?;
    duration_of(duration, sink)
}

fn duration_of(raw: &At<crate::rules::raw::RawDuration>, sink: &mut Sink<'_>) -> Option<Condition> {
    let at_least = raw.value.at_least.as_ref().map(|at| time(at, sink));
    let at_most = raw.value.at_most.as_ref().map(|at| time(at, sink));
    if at_least.is_none() && at_most.is_none() {
        sink.put(raw.span.clone(), Problem::AlwaysTrue);
    }
    let (at_least, at_most) = (at_least.flatten(), at_most.flatten());
    if let (Some(least), Some(most)) = (at_least, at_most)
        && least > most
    {
        let problem = Problem::LimitsContradict {
            least: least.as_seconds(),
            most: most.as_seconds(),
        };
        sink.put(raw.span.clone(), problem);
    }
    Some(Condition::Duration(Duration { at_least, at_most }))
}

/// A length of time; turns will not do.
fn time(source: &At<String>, sink: &mut Sink<'_>) -> Option<Millis> {
    match Measure::parse(&source.value) {
        Some(Measure::Time(time)) => Some(time),
        _ => {
            let problem = Problem::Measure {
                text: source.value.clone(),
                turns: false,
                seconds: true,
            };
            sink.put(source.span.clone(), problem);
            None
        }
    }
}
