//! From what was heard to one verdict per rule.

use std::cell::OnceCell;

use super::{
    cases::cases,
    conditions::{Decided, Finding},
    engine::{Case, Heard, Hit, Scratch, View},
    reason::{self, Words},
    rule::Rule,
    set::RuleSet,
    truth::Truth,
    verdict::{Evidence, Matched, Outcome, Reason, Verdict},
};
use crate::{call::CallMetadata, transcript::Transcript};

impl RuleSet {
    /// Judges a call: one verdict for each rule in force on the day of the call that is active
    /// or on trial, in the order of their ids. The same input gives the same verdicts.
    pub fn judge(&self, call: &CallMetadata, transcript: &Transcript) -> Vec<Verdict> {
        let heard = self.listen(transcript, &mut Scratch::default());
        self.judge_heard(call, &heard)
    }

    /// The same for what was listened to already, by [`RuleSet::listen`].
    pub fn judge_heard(&self, call: &CallMetadata, heard: &Heard<'_>) -> Vec<Verdict> {
        let date = call.date();
        let second = SecondListening::default();
        self.rules()
            .iter()
            .filter(|rule| rule.is_judged() && rule.holds_on(date))
            .map(|rule| self.judge_twice(rule, call, heard, &second))
            .collect()
    }

    /// Judges one rule, whatever its status and its dates.
    pub fn judge_rule(&self, rule: &Rule, call: &CallMetadata, heard: &Heard<'_>) -> Verdict {
        self.judge_twice(rule, call, heard, &SecondListening::default())
    }

    /// Judges by what a person wrote. Only a violation is put to the trained models: when the
    /// call, heard with them too, is none for sure, nobody can judge without listening. So what
    /// they hear alone never accuses anybody, and never absolves anybody unheard.
    fn judge_twice<'t>(
        &self,
        rule: &Rule,
        call: &CallMetadata,
        heard: &Heard<'t>,
        second: &SecondListening<'t>,
    ) -> Verdict {
        let view = self.view(call, heard);
        let first = judge_call(rule, &view);
        if first.outcome != Outcome::Violation || !self.has_models() {
            return first.into_verdict(rule, &view);
        }
        let with_models =
            second.get_or_init(|| self.listen_with_models(heard, &mut Scratch::default()));
        let second_view = self.view(call, with_models);
        let opinion = judge_call(rule, &second_view);
        match opinion.outcome {
            Outcome::Violation => first.into_verdict(rule, &view),
            Outcome::CannotJudge => opinion.into_verdict(rule, &second_view),
            Outcome::Pass | Outcome::NotApplicable => first.contested().into_verdict(rule, &view),
        }
    }

    fn view<'v>(&'v self, call: &'v CallMetadata, heard: &'v Heard<'v>) -> View<'v> {
        View {
            cues: self.cues(),
            models: self.models(),
            heard,
            call,
            settings: self.settings(),
            case: None,
            demand: false,
            own_part: false,
        }
    }
}

/// The call as heard with the trained models, once some rule needs it.
type SecondListening<'t> = OnceCell<Heard<'t>>;

/// A verdict in the making.
struct Judgement {
    outcome: Outcome,
    at: Vec<usize>,
    hits: Vec<Hit>,
    sound: Vec<Evidence>,
    condition: String,
    words: Words,
}

fn judge_call(rule: &Rule, view: &View<'_>) -> Judgement {
    if rule.needs_sound && view.transcript().timeline.is_none() {
        return Judgement::not_applicable(
            "sound",
            Words::new(
                "只有文字,没有录音的时间,本规则不适用",
                "the transcript came without sound, which this rule judges",
            ),
        );
    }
    let (scope, misfit) = scope_of(rule, view.call);
    if scope == Truth::False {
        return Judgement::not_applicable("call", misfit);
    }
    let Some(each) = &rule.each else {
        return judge_case(rule, view, scope);
    };
    let cases = cases(each, view.heard);
    let judged = cases.iter().map(|case| {
        let view = View {
            case: Some(case),
            own_part: true,
            ..*view
        };
        judge_case(rule, &view, scope.and(certainty(case, view.heard)))
    });
    // The worst verdict over all cases; what decided in every case with it.
    judged.reduce(Judgement::worse).unwrap_or_else(|| {
        let cue = view.cue(each.cue);
        Judgement::not_applicable(
            "each",
            Words::new(
                format!("没有触发:没有听到「{}」", cue.chinese()),
                format!("not triggered: “{}” was not heard", cue.english()),
            ),
        )
    })
}

/// A case is as sure as the surest of its mentions.
fn certainty(case: &Case, heard: &Heard<'_>) -> Truth {
    let mentions = &heard.hits[case.cue.index()][case.mentions.clone()];
    match mentions.iter().any(Hit::is_sure) {
        true => Truth::True,
        false => Truth::Unknown,
    }
}

/// Whether the rule is about this call, as far as the call list says; if not, why.
fn scope_of(rule: &Rule, call: &CallMetadata) -> (Truth, Words) {
    let mut truth = Truth::True;
    let mut words = Words::default();
    let mut ask = |name: &str, value: Option<String>, wanted: Vec<String>| {
        let value = value.filter(|value| !value.trim().is_empty());
        let fits = match &value {
            None => Truth::Unknown,
            Some(value) => Truth::of(wanted.iter().any(|w| w == value.trim())),
        };
        if fits == Truth::False && truth != Truth::False {
            let value = value.unwrap_or_default();
            words = Words::new(
                format!("不属于本规则的通话:{name} 是 {value}"),
                format!("not a call that this rule is about: {name} is {value}"),
            );
        }
        truth = truth.and(fits);
    };
    if let Some(directions) = &rule.scope.direction {
        let wanted = directions.iter().map(|d| d.as_str().to_owned()).collect();
        ask("direction", call.field("direction"), wanted);
    }
    for (name, wanted) in &rule.scope.fields {
        ask(name, call.field(name), wanted.clone());
    }
    (truth, words)
}

fn judge_case(rule: &Rule, view: &View<'_>, scope: Truth) -> Judgement {
    let when = rule.when.as_ref().map(|node| node.judge(view));
    let trigger = trigger_of(when.as_ref(), view);
    let triggered = scope.and(when.as_ref().map_or(Truth::True, |finding| finding.truth));
    if triggered == Truth::False {
        let decided = when.map_or(Vec::new(), |finding| finding.decided);
        let missing = reason::missing(&decided, view);
        return Judgement::not_applicable(
            &path_of(&decided, "when"),
            Words::new(
                format!("没有触发:没有{}", missing.zh),
                format!("not triggered: no {}", missing.en),
            ),
        );
    }
    let forbid = rule.forbid.as_ref().map(|node| node.judge(view));
    let demand = View {
        demand: true,
        ..*view
    };
    let require = rule.require.as_ref().map(|node| node.judge(&demand));
    let forbidden = forbid.as_ref().map_or(Truth::False, |f| f.truth);
    let required = require.as_ref().map_or(Truth::True, |f| f.truth);
    let broken = forbidden.or(required.negated());
    match (triggered, broken) {
        (Truth::True, Truth::True) => match forbid {
            Some(forbid) if forbidden == Truth::True => Judgement::said(forbid, view),
            _ => Judgement::left_out(require, trigger, view),
        },
        (_, Truth::False) => Judgement::pass(require, trigger, view),
        _ if triggered == Truth::Unknown => {
            Judgement::uncertain_trigger(when, scope, trigger, view)
        }
        _ => {
            let findings = [forbid, require]
                .into_iter()
                .flatten()
                .filter(|finding| finding.truth == Truth::Unknown);
            Judgement::uncertain(findings.collect(), trigger, view)
        }
    }
}

/// What set the rule off: the case's mentions and the hits of `when`.
struct Trigger {
    at: Vec<usize>,
    hits: Vec<Hit>,
}

fn trigger_of(when: Option<&Finding<'_>>, view: &View<'_>) -> Trigger {
    let mut trigger = Trigger {
        at: Vec::new(),
        hits: Vec::new(),
    };
    match view.case {
        Some(case) => {
            // The first mention is where an obligation should have been met.
            let mentions = &view.heard.hits[case.cue.index()][case.mentions.clone()];
            trigger.hits.extend(mentions.first());
            trigger
                .at
                .extend(mentions.first().map(|m| m.utterance as usize));
        }
        None => trigger
            .at
            .extend(when.and_then(|when| when.at.iter().min())),
    }
    if let Some(when) = when {
        // One hit of each cue is enough to show why the rule applies.
        for hit in &when.hits {
            if !trigger.hits.iter().any(|known| known.cue == hit.cue) {
                trigger.hits.push(*hit);
            }
        }
    }
    trigger
}

fn path_of(decided: &[Decided<'_>], otherwise: &str) -> String {
    decided
        .first()
        .map_or_else(|| otherwise.to_owned(), |decided| decided.node.path.clone())
}

impl Judgement {
    /// A violation which the trained models doubt altogether.
    fn contested(mut self) -> Judgement {
        self.outcome = Outcome::CannotJudge;
        self.words = Words::new(
            format!("要人工听:{}(学得的部分听法不同)", self.words.zh),
            format!(
                "a person must listen: {} (the trained models hear it otherwise)",
                self.words.en
            ),
        );
        self
    }

    fn not_applicable(condition: &str, words: Words) -> Judgement {
        Judgement {
            outcome: Outcome::NotApplicable,
            at: Vec::new(),
            hits: Vec::new(),
            sound: Vec::new(),
            condition: condition.to_owned(),
            words,
        }
    }

    /// Something forbidden was said.
    fn said(forbid: Finding<'_>, view: &View<'_>) -> Judgement {
        let found = reason::found(&forbid.decided, view);
        Judgement {
            outcome: Outcome::Violation,
            condition: path_of(&forbid.decided, "forbid"),
            words: Words::new(
                format!("不应有:{}", found.zh),
                format!("forbidden: {}", found.en),
            ),
            at: forbid.at,
            hits: forbid.hits,
            sound: forbid.sound,
        }
    }

    /// An obligation is missing, or stands in the wrong place.
    fn left_out(require: Option<Finding<'_>>, trigger: Trigger, view: &View<'_>) -> Judgement {
        let decided = require.map_or(Vec::new(), |finding| finding.decided);
        let missing = reason::missing(&decided, view);
        let mut words = Words::new(
            format!("没有{}", missing.zh),
            format!("missing: {}", missing.en),
        );
        if !trigger.hits.is_empty() {
            let quotes = reason::quotes(&trigger.hits, view);
            words.zh.push_str(&format!(";触发于{}", quotes.zh));
            words.en.push_str(&format!("; triggered by {}", quotes.en));
        }
        let mut hits = trigger.hits;
        for decided in &decided {
            hits.extend(decided.hits.iter().chain(&decided.misplaced));
        }
        let mut at = trigger.at;
        if at.is_empty() {
            // Without a trigger in words: where it was said wrongly, else where the call begins.
            at.extend(hits.first().map(|hit| hit.utterance as usize));
            if at.is_empty() && !view.transcript().utterances.is_empty() {
                at.push(0);
            }
        }
        Judgement {
            outcome: Outcome::Violation,
            condition: path_of(&decided, "require"),
            words,
            at,
            hits,
            sound: Vec::new(),
        }
    }

    fn pass(require: Option<Finding<'_>>, trigger: Trigger, view: &View<'_>) -> Judgement {
        let Some(require) = require else {
            let at = match trigger.hits.is_empty() {
                true => Vec::new(),
                false => trigger.at,
            };
            return Judgement {
                outcome: Outcome::Pass,
                at,
                hits: trigger.hits,
                sound: Vec::new(),
                condition: "forbid".to_owned(),
                words: Words::new("没有听到禁止的话", "nothing forbidden was heard"),
            };
        };
        let found = reason::found(&require.decided, view);
        let at = match require.at.is_empty() {
            true => trigger.at,
            false => require.at,
        };
        Judgement {
            outcome: Outcome::Pass,
            condition: path_of(&require.decided, "require"),
            words: Words::new(format!("做到了:{}", found.zh), format!("met: {}", found.en)),
            at,
            hits: require.hits,
            sound: require.sound,
        }
    }

    /// An obligation or a prohibition cannot be decided.
    fn uncertain(findings: Vec<Finding<'_>>, trigger: Trigger, view: &View<'_>) -> Judgement {
        let mut judgement = Judgement {
            outcome: Outcome::CannotJudge,
            at: Vec::new(),
            hits: Vec::new(),
            sound: Vec::new(),
            condition: String::new(),
            words: Words::default(),
        };
        let mut decided = Vec::new();
        for finding in findings {
            judgement.at.extend(finding.at);
            judgement.hits.extend(finding.hits);
            judgement.sound.extend(finding.sound);
            decided.extend(finding.decided);
        }
        if judgement.at.is_empty() {
            judgement.at = trigger.at;
            judgement.hits.extend(trigger.hits);
        }
        let uncertain = reason::uncertain(&decided, view);
        judgement.condition = path_of(&decided, "require");
        judgement.words = Words::new(
            format!("要人工听:{}", uncertain.zh),
            format!("a person must listen: {}", uncertain.en),
        );
        judgement
    }

    /// It would be a violation, but whether the rule applies is unclear.
    fn uncertain_trigger(
        when: Option<Finding<'_>>,
        scope: Truth,
        trigger: Trigger,
        view: &View<'_>,
    ) -> Judgement {
        match when {
            Some(when) if when.truth == Truth::Unknown => {
                Judgement::uncertain(vec![when], trigger, view)
            }
            _ if view.case.is_some() && scope == Truth::Unknown => {
                let quotes = reason::quotes(&trigger.hits, view);
                let mut judgement = Judgement::uncertain(Vec::new(), trigger, view);
                judgement.condition = "each".to_owned();
                judgement.words = Words::new(
                    format!("要人工听:是否触发不能确定,{}", quotes.zh),
                    format!(
                        "a person must listen: unclear whether it applies, {}",
                        quotes.en
                    ),
                );
                judgement
            }
            _ => {
                let mut judgement = Judgement::uncertain(Vec::new(), trigger, view);
                judgement.condition = "call".to_owned();
                judgement.words = Words::new(
                    "要人工看:通话清单没有写明本规则是否适用",
                    "a person must look: the call list does not say whether the rule applies",
                );
                judgement
            }
        }
    }

    /// The worse of two cases' judgements; of two as bad, both.
    fn worse(mut self, other: Judgement) -> Judgement {
        match self.outcome.cmp(&other.outcome) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                self.at.extend(other.at);
                self.hits.extend(other.hits);
                self.sound.extend(other.sound);
                self
            }
        }
    }

    fn into_verdict(mut self, rule: &Rule, view: &View<'_>) -> Verdict {
        // Of an answer, the question is evidence too.
        let partners: Vec<Hit> = self
            .hits
            .iter()
            .filter_map(|hit| hit.partner)
            .map(|(cue, index)| view.heard.hits[cue.index()][index as usize])
            .collect();
        self.hits.extend(partners);
        self.hits.sort_by_key(|hit| (hit.start(), hit.to, hit.cue));
        self.hits.dedup_by_key(|hit| (hit.start(), hit.to, hit.cue));
        self.at.sort_unstable();
        self.at.dedup();
        let mut evidence: Vec<Evidence> =
            self.hits.iter().map(|hit| evidence_of(hit, view)).collect();
        evidence.extend(self.sound);
        evidence.sort_by_key(|evidence| (evidence.turn, evidence.chars));
        Verdict {
            rule_id: rule.id.clone(),
            rule_digest: rule.digest.clone(),
            outcome: self.outcome,
            at: self.at,
            evidence,
            reason: Reason {
                condition: self.condition,
                zh: self.words.zh,
                en: self.words.en,
            },
        }
    }
}

/// A hit as evidence, quoted from the utterance as it stands.
pub fn evidence_of(hit: &Hit, view: &View<'_>) -> Evidence {
    let turn = hit.utterance as usize;
    let utterance = &view.transcript().utterances[turn];
    let (from, to) = (hit.original.0 as usize, hit.original.1 as usize);
    Evidence {
        turn,
        text: view.heard.texts[turn].quote(from, to).to_owned(),
        chars: (from, to),
        span: utterance.span_of_chars(from, to),
        speaker: utterance.speaker,
        cue: view.cue(hit.cue).name.clone(),
        matched: hit.matched,
        probability: utterance.probability_of_chars(from, to),
        doubtful: !hit.is_sure(),
        grams: deciding_grams(hit, view),
    }
}

/// The pieces that decided, for what only a trained model heard.
fn deciding_grams(hit: &Hit, view: &View<'_>) -> Vec<String> {
    if hit.matched != Matched::Learned {
        return Vec::new();
    }
    // The model may be that of a cue which lent its hit.
    let lenders = std::iter::once(hit.cue).chain(view.cue(hit.cue).any_of.iter().copied());
    let text = &view.heard.texts[hit.utterance as usize];
    lenders
        .filter_map(|cue| view.models[cue.index()].as_ref())
        .map(|model| model.deciding(text, hit.from as usize, hit.to as usize))
        .find(|grams| !grams.is_empty())
        .unwrap_or_default()
}
