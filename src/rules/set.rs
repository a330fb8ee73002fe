//! A checked and compiled set of rules.

use std::{cmp::Reverse, collections::BTreeMap, path::Path, sync::Arc};

use aho_corasick::AhoCorasickKind;

use super::{
    check::{self, Checked},
    diagnostics::{Diagnostics, SourceFile},
    engine::{Automata, Branches, Compiler, Ears, Heard, JudgeSettings, Pattern, Scratch},
    learned::{Ensemble, Model},
    phrase::Phrase,
    rule::{Cue, CueId, Rule},
    verdict::Evidence,
};
use crate::{
    call::CallMetadata,
    lang::{Lang, Say},
    rules::{engine::View, judge::evidence_of},
    transcript::{Speaker, Transcript, Utterance},
};

/// Rules and the cues that they use, checked and compiled; shared freely between threads.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    cues: Vec<Cue>,
    order: Vec<CueId>,
    others: Vec<CueId>,
    models: Vec<Option<Model>>,
    ensemble: Ensemble,
    patterns: Vec<Pattern>,
    lists: Vec<Arc<Branches>>,
    automata: Automata,
    wants_values: bool,
    wants_questions: bool,
    settings: JudgeSettings,
    digest: String,
    warnings: Diagnostics,
}

/// Why a rules folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("no rule files in {path}")]
    NoRules { path: String },
    #[error("{0}")]
    Wrong(Diagnostics),
}

impl Say for RulesError {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (RulesError::Unreadable { path, cause }, Lang::Zh) => {
                format!(
                    "读不了 {path}:{cause}。请检查路径和权限。",
                    cause = crate::lang::in_chinese(&cause)
                )
            }
            (RulesError::Unreadable { path, cause }, Lang::En) => {
                format!("Cannot read {path}: {cause}. Check the path and its permissions.")
            }
            (RulesError::NoRules { path }, Lang::Zh) => format!(
                "{path} 里没有规则文件。规则在 compliance/、service/、acoustic/ 下,用 --rules 指明目录。"
            ),
            (RulesError::NoRules { path }, Lang::En) => format!(
                "No rule files in {path}. Rules are in compliance/, service/, acoustic/; name the folder with --rules."
            ),
            (RulesError::Wrong(diagnostics), lang) => diagnostics.say(lang),
        }
    }
}

/// The folders of a rules folder that hold rules or cues.
const FOLDERS: [&str; 5] = ["vocabulary", "reasons", "compliance", "service", "acoustic"];

/// Checks and compiles the files of a rules folder.
///
/// # Errors
/// Everything that is wrong in any of the files, at once. Warnings do not stop the rules from
/// being used; see [`RuleSet::warnings`].
pub fn load_dir(files: Vec<SourceFile>) -> Result<RuleSet, Diagnostics> {
    let checked = check::check(files)?;
    Ok(RuleSet::compile(checked, AhoCorasickKind::ContiguousNFA))
}

/// Reads the files of a rules folder: `.toml` (and trained weights, `.weights`) under
/// `vocabulary/`, `reasons/`, `compliance/`, `service/` and `acoustic/`, in the order of their
/// paths.
///
/// # Errors
/// When a file or folder cannot be read. A folder that is not there is no error.
pub fn read_files(dir: &Path) -> Result<Vec<SourceFile>, RulesError> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        let root = dir.join(folder);
        if !root.exists() {
            continue;
        }
        for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
            let entry = entry.map_err(|error| RulesError::Unreadable {
                path: error.path().unwrap_or(&root).to_string_lossy().into_owned(),
                cause: error.into(),
            })?;
            let path = entry.path();
            let wanted = path
                .extension()
                .is_some_and(|extension| extension == "toml" || extension == "weights");
            if !entry.file_type().is_file() || !wanted {
                continue;
            }
            let text = std::fs::read_to_string(path).map_err(|cause| RulesError::Unreadable {
                path: path.to_string_lossy().into_owned(),
                cause,
            })?;
            let parts: Vec<String> = path
                .strip_prefix(dir)
                .unwrap_or(path)
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            files.push(SourceFile {
                path: parts.join("/"),
                text,
            });
        }
    }
    Ok(files)
}

impl RuleSet {
    /// Reads, checks and compiles a rules folder.
    ///
    /// # Errors
    /// When the folder cannot be read, holds no rule, or anything in it is wrong.
    pub fn read(dir: &Path) -> Result<RuleSet, RulesError> {
        let files = read_files(dir)?;
        if files.is_empty() {
            return Err(RulesError::NoRules {
                path: dir.to_string_lossy().into_owned(),
            });
        }
        load_dir(files).map_err(RulesError::Wrong)
    }

    fn compile(checked: Checked, kind: AhoCorasickKind) -> RuleSet {
        let Checked {
            rules,
            cues,
            order,
            models,
            digest,
            warnings,
        } = checked;
        let mut compiler = Compiler::default();
        for (index, cue) in cues.iter().enumerate() {
            compiler.add(CueId(index as u32), cue);
        }
        let lists = compiler.lists;
        let patterns = compiler.patterns;
        let others = cues
            .iter()
            .enumerate()
            .filter(|(_, cue)| {
                let bare_value =
                    !cue.values.is_empty() && cue.phrases.is_empty() && cue.weak.is_empty();
                !cue.regexes.is_empty() || !cue.similar.is_empty() || bare_value
            })
            .map(|(index, _)| CueId(index as u32))
            .collect();
        let phrases = || cues.iter().flat_map(Cue::all_phrases);
        let wants_values =
            phrases().any(Phrase::has_value) || cues.iter().any(|cue| !cue.values.is_empty());
        let wants_questions = phrases().any(|phrase| phrase.source.contains(['?', '？', '@']));
        RuleSet {
            automata: Automata::build(&patterns, &lists, kind),
            rules,
            cues,
            order,
            others,
            ensemble: Ensemble::of(&models),
            models,
            patterns,
            lists,
            wants_values,
            wants_questions,
            settings: JudgeSettings::default(),
            digest,
            warnings,
        }
    }

    /// The same rules with another kind of automaton, for measurements.
    pub fn with_automaton(self, kind: AhoCorasickKind) -> RuleSet {
        RuleSet {
            automata: Automata::build(&self.patterns, &self.lists, kind),
            ..self
        }
    }

    /// The same rules, heard only as written: for comparison.
    pub fn without_sound(mut self) -> RuleSet {
        self.automata.sound = None;
        self
    }

    /// The same rules without their trained models: for comparison.
    pub fn without_models(mut self) -> RuleSet {
        self.models.iter_mut().for_each(|model| *model = None);
        self.ensemble = Ensemble::default();
        self
    }

    pub fn with_settings(self, settings: JudgeSettings) -> RuleSet {
        RuleSet { settings, ..self }
    }

    /// All rules, whatever their status, in the order of their ids.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// All cues, by their numbers.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// The trained models, by cue.
    pub(super) fn models(&self) -> &[Option<Model>] {
        &self.models
    }

    /// A shared cue by its name.
    pub fn shared_cue(&self, name: &str) -> Option<CueId> {
        self.cues
            .iter()
            .position(|cue| cue.rule.is_none() && cue.name == name)
            .map(|index| CueId(index as u32))
    }

    pub fn settings(&self) -> &JudgeSettings {
        &self.settings
    }

    /// BLAKE3, in hex, of everything that the rules and cues say.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What is odd about the rule files without stopping them from being used.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    pub fn automata(&self) -> &Automata {
        &self.automata
    }

    /// The words that the automaton over characters looks for, without repetition.
    pub fn literals(&self) -> Vec<String> {
        let words = self.lists.iter().flat_map(|list| &list.words);
        let mut literals: Vec<String> = words.map(|word| word.text.iter().collect()).collect();
        literals.sort_unstable();
        literals.dedup();
        literals
    }

    /// The rules' own terms for a recogniser to expect, those first that stand in the most lists of alternatives:
    /// words of three to six Chinese characters, since shorter ones are everyday words.
    pub fn hot_words(&self) -> Vec<String> {
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        for word in self.lists.iter().flat_map(|list| &list.words) {
            let text: String = word.text.iter().collect();
            let is_term = text.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            if is_term && (3..=6).contains(&text.chars().count()) {
                *uses.entry(text).or_default() += 1;
            }
        }
        let mut words: Vec<(String, usize)> = uses.into_iter().collect();
        words.sort_by_key(|(_, count)| Reverse(*count));
        words.into_iter().map(|(word, _)| word).collect()
    }

    /// Hears every cue in a transcript, by what a person wrote alone. `scratch` is room kept
    /// between calls.
    pub fn listen<'t>(&self, transcript: &'t Transcript, scratch: &mut Scratch) -> Heard<'t> {
        self.ears().listen(transcript, scratch)
    }

    /// Hears the same call again with the trained models, whose hits are all doubtful.
    pub fn listen_with_models<'t>(&self, heard: &Heard<'t>, scratch: &mut Scratch) -> Heard<'t> {
        self.ears().listen_again(heard, &self.ensemble, scratch)
    }

    /// Whether any model was trained.
    pub(super) fn has_models(&self) -> bool {
        !self.ensemble.is_empty()
    }

    fn ears(&self) -> Ears<'_> {
        Ears {
            cues: &self.cues,
            order: &self.order,
            patterns: &self.patterns,
            automata: &self.automata,
            others: &self.others,
            wants_values: self.wants_values,
            wants_questions: self.wants_questions,
            settings: &self.settings,
        }
    }

    /// What a cue hears in one utterance by itself, with its model.
    pub fn hear_cue(&self, cue: CueId, speaker: Speaker, text: &str) -> Vec<Evidence> {
        let transcript = Transcript {
            utterances: vec![Utterance::written(speaker, text)],
            ..Transcript::default()
        };
        let scratch = &mut Scratch::default();
        let heard = self.listen_with_models(&self.listen(&transcript, scratch), scratch);
        self.evidence(&heard, cue)
    }

    /// The evidence of all hits of a cue.
    pub fn evidence(&self, heard: &Heard<'_>, cue: CueId) -> Vec<Evidence> {
        let call = CallMetadata::default();
        let view = View {
            cues: &self.cues,
            models: &self.models,
            heard,
            call: &call,
            settings: &self.settings,
            case: None,
            demand: false,
            own_part: false,
        };
        heard.hits[cue.index()]
            .iter()
            .map(|hit| evidence_of(hit, &view))
            .collect()
    }
}
