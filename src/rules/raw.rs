//! The shapes of rule and vocabulary files, as they are written.
//!
//! Only shapes: what they mean, and whether they mean anything, is decided in `check`.
//! The JSON Schema that editors use, and the list of known keys, come from here.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::{
    located::{At, Names},
    severity::Severity,
    verdict::Outcome,
};
use crate::{call::Direction, transcript::Speaker};

/// A rule: one file, named after its id.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawRule {
    /// The rule's id; also the file's name without `.toml`. Lower-case words joined by `-`.
    pub id: At<String>,
    /// What the rule is called in reports (Chinese).
    pub title: At<String>,
    /// What the rule is called in English reports.
    #[serde(default)]
    pub title_en: Option<String>,
    /// How grave a violation is.
    pub severity: Severity,
    /// Whether the rule is judged and scored. Default `active`.
    #[serde(default)]
    pub status: Status,
    /// From which day up to and including which day the rule holds, by the date of the call.
    #[serde(default)]
    pub effective: Option<At<RawEffective>>,
    /// Regulations or notices on which the rule rests.
    #[serde(default)]
    pub basis: Vec<String>,
    /// What goes wrong for the customer without this rule.
    pub why: String,
    /// What the agent should do instead.
    pub remedy: String,
    /// What the rule is known not to see.
    #[serde(default)]
    pub known_limits: Vec<String>,
    /// Points deducted for a violation; without it the scorecard decides by severity.
    #[serde(default)]
    pub points: Option<u32>,
    /// Which calls the rule is about at all; without it, all.
    #[serde(default)]
    pub call: Option<RawCallScope>,
    /// Lists of words that this rule's phrases name: `{@name}`.
    #[serde(default)]
    pub words: BTreeMap<At<String>, Vec<At<String>>>,
    /// Cues that only this rule uses.
    #[serde(default)]
    pub cues: BTreeMap<At<String>, RawCue>,
    /// Judge every occurrence of a cue for itself; the worst verdict counts.
    #[serde(default)]
    pub each: Option<RawEach>,
    /// The trigger: without it the rule does not apply. Left out: it always applies.
    #[serde(default)]
    pub when: Option<At<RawConditionTable>>,
    /// The obligations: what must be so.
    #[serde(default)]
    pub require: Option<At<RawConditionTable>>,
    /// The prohibitions: what must not be so.
    #[serde(default)]
    pub forbid: Option<At<RawConditionTable>>,
    /// Short dialogues with the verdict that the rule must give.
    #[serde(default)]
    pub examples: Vec<RawExample>,
}

/// A file of cues that several rules share.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawVocabulary {
    /// Lists of words that phrases anywhere name: `{@name}`.
    #[serde(default)]
    pub words: BTreeMap<At<String>, Vec<At<String>>>,
    #[serde(default)]
    pub cues: BTreeMap<At<String>, RawCue>,
}

/// How far a rule is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Being written: checked and tested, not judged.
    Draft,
    /// Judged, but costs no points.
    Trial,
    #[default]
    Active,
    /// Kept for its history, not judged.
    Retired,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawEffective {
    /// The first day on which the rule holds.
    #[serde(default)]
    pub from: Option<RawDate>,
    /// The last day on which the rule holds.
    #[serde(default)]
    pub to: Option<RawDate>,
}

/// A date as TOML writes it: `2026-01-01`, without quotes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct RawDate(pub toml::value::Datetime);

impl JsonSchema for RawDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

/// Which calls a rule is about. Every key given must fit.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct RawCallScope {
    #[schemars(with = "Option<Vec<Direction>>")]
    pub direction: Option<Vec<Direction>>,
    pub business: Option<Vec<String>>,
    pub channel: Option<Vec<String>>,
    pub unit: Option<Vec<String>>,
    /// Further columns of the call list, by heading.
    pub fields: BTreeMap<String, Vec<String>>,
}

/// What to listen for, from whom, and where.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct RawCue {
    /// What the cue is called in reasons (Chinese); its key when left out.
    pub title: Option<String>,
    /// The same in English.
    pub title_en: Option<String>,
    /// Contact reason or reason for leaving that this cue stands for, e.g. `leaving`.
    pub topic: Option<String>,
    /// Who must say it. Left out: anybody.
    pub speaker: Option<Speaker>,
    /// Wordings that count as heard.
    pub phrases: Vec<At<String>>,
    /// Wordings that cancel a hit which they cover or touch in the same sentence.
    pub unless: Vec<At<String>>,
    /// Wordings that cancel every hit in their sentence.
    pub unless_sentence: Vec<At<String>>,
    /// Wordings that cancel every hit in their utterance.
    pub unless_utterance: Vec<At<String>>,
    /// Wordings that make the cue doubtful rather than sure.
    pub weak: Vec<At<String>>,
    /// Regular expressions over the normalised text, for what phrases cannot say.
    pub regex: Names,
    /// Sentences near which the utterance must come.
    pub similar: Vec<At<String>>,
    /// How near to `similar`, 0 to 1. Default 0.75.
    pub at_least: Option<At<f64>>,
    /// Match by sound as well. Default true.
    pub sounds_like: Option<At<bool>>,
    /// Sounds that the speakers of the region do not tell apart: `z-zh`, `n-l`, `in-ing` …
    pub accents: Vec<At<String>>,
    /// Listen with a trained model too; what it alone hears is doubtful.
    pub learned: bool,
    /// How much of what the trained model hears must be right, by cross-validation, 0 to 1: the
    /// higher, the less it hears. Default 0.75.
    pub learned_precision: Option<At<f64>>,
    /// Everything that this cue hears is doubtful.
    pub doubtful: bool,
    /// Amounts, durations … that must be heard within these limits.
    pub value: BTreeMap<RawValueKind, At<RawLimits>>,
    /// Other cues, any of which counts as this one.
    pub any_of: Names,
    /// Counts only in the turn right after one of these cues, said by the other side.
    pub answer_to: Names,
    /// Does not count in the turn right after one of these cues.
    pub not_answer_to: Names,
    /// Counts only in a turn in which one of these cues is heard too.
    pub beside: Names,
    /// Does not count in a turn in which one of these cues is heard.
    pub not_beside: Names,
    /// Counts only before the first of these cues.
    pub before: Names,
    /// Counts only after one of these cues.
    pub after: Names,
    /// Counts only while none of these cues comes later.
    pub not_before: Names,
    /// Counts only while none of these cues came earlier.
    pub not_after: Names,
    /// How near `before`, `after`, `not-before` and `not-after` must be: `"5 turns"`, `"20 s"`.
    pub within: Option<At<String>>,
}

/// A kind of value in speech, as it is written in `value` and, in braces, in phrases.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RawValueKind {
    /// 元
    Money,
    Number,
    /// Seconds.
    Duration,
    /// Megabytes.
    Data,
    /// Per cent: 30 for 百分之三十.
    Percent,
    Date,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct RawLimits {
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

/// Cases within a call, each judged for itself.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawEach {
    /// A case begins where this cue is heard.
    pub cue: At<String>,
    /// Two mentions are one case unless one of these cues lies between (or in the second).
    #[serde(default)]
    pub apart: Names,
    /// Mentions further apart than this are two cases: `"20 turns"`.
    #[serde(default)]
    pub gap: Option<At<String>>,
}

/// A condition: a cue's name, or a table.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum RawCondition {
    Cue(String),
    Table(Box<RawConditionTable>),
}

impl<'de> Deserialize<'de> for RawCondition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = RawCondition;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a cue's name or a table")
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<RawCondition, E> {
                Ok(RawCondition::Cue(value.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<RawCondition, A::Error> {
                let table = Deserialize::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(RawCondition::Table(Box::new(table)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for RawCondition {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<RawConditionTable>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}

/// A condition written out. Exactly one of the keys that say what is asked for
/// (`all`, `any`, `none`, `of`, `cue`, `sequence`, `repeated`, `speaks`, `field`, an acoustic
/// one), or several of `all`, `any`, `none`, which must then hold together.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct RawConditionTable {
    /// All of these hold.
    pub all: Option<At<Vec<At<RawCondition>>>>,
    /// One of these holds.
    pub any: Option<At<Vec<At<RawCondition>>>>,
    /// None of these holds.
    pub none: Option<At<Vec<At<RawCondition>>>>,
    /// With `of`: how many of them must hold.
    pub at_least: Option<At<u32>>,
    /// With `at-least`: of which.
    pub of: Option<At<Vec<At<RawCondition>>>>,

    /// This cue is heard.
    pub cue: Option<At<String>>,
    /// Only when this side says it.
    pub speaker: Option<At<Speaker>>,
    /// In at least so many turns. Default 1.
    pub min: Option<At<u32>>,
    /// In at most so many turns.
    pub max: Option<At<u32>>,
    /// Only in the first `"60 s"` or `"3 turns"` (turns of the cue's speaker).
    pub within_first: Option<At<String>>,
    /// Only in the last `"60 s"` or `"3 turns"`.
    pub within_last: Option<At<String>>,
    /// Only before the first of these cues.
    pub before: Names,
    /// Only after one of these cues.
    pub after: Names,
    /// Only while none of these cues comes later.
    pub not_before: Names,
    /// Only while none of these cues came earlier.
    pub not_after: Names,
    /// How near `before` and `after` must be; for a sequence, its whole length.
    pub within: Option<At<String>>,
    /// Only in the turn right after one of these cues.
    pub answer_to: Names,
    /// Not in the turn right after one of these cues.
    pub not_answer_to: Names,
    /// Only in a turn in which one of these cues is heard too.
    pub beside: Names,
    /// Only in a turn in which none of these cues is heard.
    pub not_beside: Names,
    /// Counting begins anew after each of these cues.
    pub reset_by: Names,
    /// In a rule with `each`: look in the case's own part of the call, or in all of it.
    pub scope: Option<At<RawScope>>,

    /// These cues, one after the other.
    pub sequence: Option<At<Vec<At<RawStep>>>>,
    /// The same words again and again.
    pub repeated: Option<At<RawRepeated>>,
    /// This side says anything at all.
    pub speaks: Option<At<Speaker>>,
    /// A column of the call list, with `is` or `is-not`.
    pub field: Option<At<String>>,
    pub is: Option<At<Vec<String>>>,
    pub is_not: Option<At<Vec<String>>>,

    /// Nobody speaks.
    pub silence: Option<At<RawSilence>>,
    /// One side speaks while the other does.
    pub talk_over: Option<At<RawTalkOver>>,
    /// Characters a minute.
    pub speech_rate: Option<At<RawSpeechRate>>,
    /// How long the side takes to say its first word.
    pub answer_delay: Option<At<RawDelay>>,
    /// How long the line stays open after the last word.
    pub hang_up_delay: Option<At<RawHangUpDelay>>,
    /// How long the recording is.
    pub duration: Option<At<RawDuration>>,
}

/// Where a condition of a rule with `each` looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawScope {
    /// From the end of the case before to the beginning of the next.
    Case,
    /// The whole call.
    Call,
}

/// A step of a sequence: a cue's name, or a table with its distance from the step before.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum RawStep {
    Cue(String),
    Table(RawStepTable),
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawStepTable {
    pub cue: At<String>,
    /// How far after the step before at most: `"1 turn"`, `"20 s"`.
    #[serde(default)]
    pub within: Option<At<String>>,
}

impl<'de> Deserialize<'de> for RawStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = RawStep;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a cue's name or a table")
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<RawStep, E> {
                Ok(RawStep::Cue(value.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<RawStep, A::Error> {
                let table = Deserialize::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(RawStep::Table(table))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for RawStep {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<RawStepTable>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawRepeated {
    /// How like each other two utterances must be, 0 to 1.
    pub similar: f64,
    /// How many of them.
    pub times: u32,
    #[serde(default)]
    pub speaker: Option<Speaker>,
}

/// A speaker, or either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawWho {
    Agent,
    Customer,
    Any,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawSilence {
    /// `"15 s"`
    pub longer_than: At<String>,
    /// Whose turn it was: the silence follows the other side's words. `any`: nobody speaks.
    #[serde(default)]
    pub speaker: Option<RawWho>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawTalkOver {
    /// Who starts to speak while the other is speaking.
    pub by: Speaker,
    pub longer_than: At<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawSpeechRate {
    pub speaker: Speaker,
    /// Characters a minute.
    #[serde(default)]
    pub above: Option<u32>,
    #[serde(default)]
    pub below: Option<u32>,
    /// Kept up for so long: `"10 s"`.
    pub over: At<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawDelay {
    pub speaker: Speaker,
    pub longer_than: At<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawHangUpDelay {
    pub longer_than: At<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawDuration {
    #[serde(default)]
    pub at_least: Option<At<String>>,
    #[serde(default)]
    pub at_most: Option<At<String>>,
}

/// A short dialogue with the verdict that the rule must give on it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct RawExample {
    pub name: String,
    #[serde(default)]
    pub call: RawExampleCall,
    /// One utterance a line: `客服: …`, `客户: …` or `不明: …` (`agent:`, `customer:`, `unknown:`).
    pub dialogue: At<String>,
    pub verdict: At<Outcome>,
    /// Words that the evidence must contain, each in a piece of its own or together.
    #[serde(default)]
    pub evidence: Vec<At<String>>,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct RawExampleCall {
    #[schemars(with = "Option<Direction>")]
    pub direction: Option<Direction>,
    pub business: Option<String>,
    pub channel: Option<String>,
    pub unit: Option<String>,
    /// The day of the call.
    pub date: Option<RawDate>,
    pub fields: BTreeMap<String, String>,
}
