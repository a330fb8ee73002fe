//! What is wrong with rule files: found all at once, shown at its place, with the remedy.

use std::{fmt, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::lang::{Lang, Say};

/// A file of the rules folder, as read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path within the rules folder, with `/`: `compliance/penalty-disclosure.toml`.
    pub path: String,
    pub text: String,
}

/// How bad a finding in a rule file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// The rules cannot be used.
    Error,
    /// The rules can be used, but probably do not say what was meant.
    Warning,
}

/// One finding in a rule file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub path: String,
    /// Bytes of the file's text.
    pub span: Range<usize>,
    pub problem: Problem,
}

/// Findings with the files that they are in, ordered by file and place.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    pub found: Vec<Diagnostic>,
    files: Vec<SourceFile>,
}

/// What can be wrong with a rule file.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Not TOML at all; the parser's own words.
    Syntax(String),
    UnknownKey {
        key: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    MissingKey(String),
    WrongType {
        expected: &'static str,
        found: &'static str,
    },
    UnknownValue {
        value: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    IdIsNotFileName {
        id: String,
        file: String,
    },
    IdShape,
    RuleTwice {
        id: String,
        other: String,
    },
    CueTwice {
        cue: String,
        other: String,
    },
    UnknownCue {
        cue: String,
        nearest: Option<String>,
    },
    CueOfAnotherRule {
        cue: String,
        rule: String,
    },
    CueRing(Vec<String>),
    UnusedCue(String),
    EmptyCue,
    EmptyPhrase,
    /// A phrase that consists of gaps, edges and optional parts only.
    NothingToHear,
    /// A gap at the beginning or end of a phrase, or beside another gap.
    GapWithoutEnds,
    GapSize(String),
    OpenBrace,
    StrayBrace,
    NestedTooDeep,
    EdgeInside,
    /// `{@name}` without such a word list.
    UnknownWords {
        name: String,
        nearest: Option<String>,
    },
    WordsTwice {
        name: String,
        other: String,
    },
    WordRing(Vec<String>),
    UnknownPlaceholder {
        name: String,
        nearest: Option<String>,
    },
    TooShortForSound {
        phrase: String,
    },
    BadRegex(String),
    RegexTooLarge,
    RegexMatchesNothing,
    Measure {
        text: String,
        turns: bool,
        seconds: bool,
    },
    UnknownAccent {
        name: String,
        nearest: Option<String>,
    },
    OutOfRange {
        what: &'static str,
        from: f64,
        to: f64,
    },
    EffectiveUpsideDown,
    DateWithoutDay,
    LimitsContradict {
        least: f64,
        most: f64,
    },
    /// A condition that can never hold, with the reason.
    NeverTrue(NeverTrue),
    /// A condition that always holds.
    AlwaysTrue,
    EmptyList,
    /// Keys of which one makes the other meaningless.
    KeysDoNotFit {
        key: String,
        other: String,
    },
    /// A condition table that asks for nothing.
    NothingAsked,
    KeyNeedsKey {
        key: String,
        needs: String,
    },
    /// Neither `require` nor `forbid`.
    NoDemand,
    DialogueLine {
        line: String,
    },
    EmptyDialogue,
    EvidenceNotInDialogue(String),
    ImpossibleVerdict {
        verdict: &'static str,
    },
    MissingExample {
        verdict: &'static str,
    },
    /// A learned cue without weights.
    NoWeights {
        path: String,
    },
    /// Weights of a learned cue that do not belong to it.
    Weights(String),
}

/// Why a condition can never hold.
#[derive(Clone, Debug, PartialEq)]
pub enum NeverTrue {
    /// A cue before (or after) itself.
    BesideItself,
    /// The cue's speaker and the condition's speaker differ.
    OtherSpeaker {
        cue: &'static str,
        condition: &'static str,
    },
    /// More than there are to choose from.
    MoreThanThereAre { least: u32, of: usize },
    /// `answer-to` a cue of the same speaker.
    AnswerToOneself,
    /// `beside` a cue of the other speaker.
    BesideOtherSpeaker,
    /// The same name under `after` and `not-after`, `all` and `none` …
    AskedAndRefused(String),
    /// A window of no length.
    EmptyWindow,
    /// What is required is also forbidden, or what triggers is forbidden.
    RequiredAndForbidden(String),
}

impl Problem {
    pub fn gravity(&self) -> Gravity {
        match self {
            Problem::MissingExample { .. } | Problem::AlwaysTrue | Problem::NoWeights { .. } => {
                Gravity::Warning
            }
            _ => Gravity::Error,
        }
    }

    /// The class's name, stable across versions.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Syntax(_) => "syntax",
            Problem::UnknownKey { .. } => "unknown-key",
            Problem::MissingKey(_) => "missing-key",
            Problem::WrongType { .. } => "wrong-type",
            Problem::UnknownValue { .. } => "unknown-value",
            Problem::IdIsNotFileName { .. } => "id-is-not-file-name",
            Problem::IdShape => "id-shape",
            Problem::RuleTwice { .. } => "rule-twice",
            Problem::CueTwice { .. } => "cue-twice",
            Problem::UnknownCue { .. } => "unknown-cue",
            Problem::CueOfAnotherRule { .. } => "cue-of-another-rule",
            Problem::CueRing(_) => "cue-ring",
            Problem::UnusedCue(_) => "unused-cue",
            Problem::EmptyCue => "empty-cue",
            Problem::EmptyPhrase => "empty-phrase",
            Problem::NothingToHear => "nothing-to-hear",
            Problem::GapWithoutEnds => "gap-without-ends",
            Problem::GapSize(_) => "gap-size",
            Problem::OpenBrace => "open-brace",
            Problem::StrayBrace => "stray-brace",
            Problem::NestedTooDeep => "nested-too-deep",
            Problem::EdgeInside => "edge-inside",
            Problem::UnknownWords { .. } => "unknown-words",
            Problem::WordsTwice { .. } => "words-twice",
            Problem::WordRing(_) => "word-ring",
            Problem::UnknownPlaceholder { .. } => "unknown-placeholder",
            Problem::TooShortForSound { .. } => "too-short-for-sound",
            Problem::BadRegex(_) => "bad-regex",
            Problem::RegexTooLarge => "regex-too-large",
            Problem::RegexMatchesNothing => "regex-matches-nothing",
            Problem::Measure { .. } => "measure",
            Problem::UnknownAccent { .. } => "unknown-accent",
            Problem::OutOfRange { .. } => "out-of-range",
            Problem::EffectiveUpsideDown => "effective-upside-down",
            Problem::DateWithoutDay => "date-without-day",
            Problem::LimitsContradict { .. } => "limits-contradict",
            Problem::NeverTrue(_) => "never-true",
            Problem::AlwaysTrue => "always-true",
            Problem::EmptyList => "empty-list",
            Problem::KeysDoNotFit { .. } => "keys-do-not-fit",
            Problem::NothingAsked => "nothing-asked",
            Problem::KeyNeedsKey { .. } => "key-needs-key",
            Problem::NoDemand => "no-demand",
            Problem::DialogueLine { .. } => "dialogue-line",
            Problem::EmptyDialogue => "empty-dialogue",
            Problem::EvidenceNotInDialogue(_) => "evidence-not-in-dialogue",
            Problem::ImpossibleVerdict { .. } => "impossible-verdict",
            Problem::MissingExample { .. } => "missing-example",
            Problem::NoWeights { .. } => "no-weights",
            Problem::Weights(_) => "weights",
        }
    }
}

impl Diagnostics {
    /// Puts errors before warnings, and each in the order of their files and places.
    pub fn new(mut found: Vec<Diagnostic>, files: Vec<SourceFile>) -> Diagnostics {
        let place = |d: &Diagnostic| {
            let mild = d.problem.gravity() == Gravity::Warning;
            (mild, d.path.clone(), d.span.start, d.span.end)
        };
        found.sort_by_cached_key(place);
        found.dedup_by(|a, b| a.path == b.path && a.span == b.span && a.problem == b.problem);
        Diagnostics { found, files }
    }

    pub fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|d| d.problem.gravity() == Gravity::Error)
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Only what stops the rules from being used.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found
            .iter()
            .filter(|d| d.problem.gravity() == Gravity::Error)
    }

    /// One finding with its line of the file, a caret under the words, and what to write instead.
    pub fn show(&self, diagnostic: &Diagnostic, lang: Lang) -> String {
        let (title, label, remedy) = diagnostic.problem.words(lang);
        let level = match diagnostic.problem.gravity() {
            Gravity::Error => Level::ERROR.with_name(lang.pick("错误", "error")),
            Gravity::Warning => Level::WARNING.with_name(lang.pick("提醒", "warning")),
        };
        let source = self
            .files
            .iter()
            .find(|file| file.path == diagnostic.path)
            .map_or("", |file| file.text.as_str());
        let span = within(source, &diagnostic.span);
        let snippet = Snippet::source(source)
            .path(diagnostic.path.as_str())
            .line_start(1)
            .annotation(AnnotationKind::Primary.span(span).label(label));
        let help = Level::HELP.with_name(lang.pick("改法", "help"));
        let report = [level
            .primary_title(title)
            .id(diagnostic.problem.code())
            .element(snippet)
            .element(help.message(remedy))];
        Renderer::plain().render(&report)
    }
}

/// A span that lies on character borders of the text, whatever was asked for.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut from = span.start.min(text.len());
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = span.end.clamp(from, text.len());
    while !text.is_char_boundary(to) {
        to += 1;
    }
    from..to
}

impl Say for Diagnostics {
    fn say(&self, lang: Lang) -> String {
        let mut shown = String::new();
        for diagnostic in &self.found {
            shown.push_str(&self.show(diagnostic, lang));
            shown.push_str("\n\n");
        }
        let errors = self.errors().count();
        let warnings = self.found.len() - errors;
        shown.push_str(&match lang {
            Lang::Zh => format!("规则文件:{errors} 处错误,{warnings} 处提醒。"),
            Lang::En => format!("Rule files: {errors} errors, {warnings} warnings."),
        });
        shown
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl std::error::Error for Diagnostics {}
