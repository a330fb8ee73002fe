//! What several subcommands open in the same way: rules, model, database.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::{
    cli::{Context, Failure},
    lang::{Lang, Say},
    pipeline::Judge,
    rules::{RuleSet, SourceFile, load_dir},
    scoring::Scorecard,
    speech::DetectorSettings,
    store::Store,
    transcribe::{
        catalog::{Catalog, DEFAULT_MODEL, places},
        whisper::WhisperModel,
    },
};

/// The rules that come with the program, for those who have no folder of their own.
static BUNDLED_RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

const SCORECARD: &str = "scorecard.toml";

#[derive(Clone, Debug, clap::Args)]
pub(super) struct DatabaseArgument {
    /// 数据库文件 [默认: huiting.db]
    #[arg(long, env = "HUITING_DB", value_name = "文件")]
    db: Option<PathBuf>,
}

impl DatabaseArgument {
    pub(super) fn path(&self, context: &Context) -> PathBuf {
        let path = self.db.clone().or_else(|| context.settings.db.clone());
        path.unwrap_or_else(|| PathBuf::from("huiting.db"))
    }

    /// The database, which must be there already.
    pub(super) fn open_existing(&self, context: &Context) -> Result<Store, Failure> {
        let path = self.path(context);
        if !path.is_file() {
            return Err(Failure(context.lang.pick(
                format!("{}:没有这个数据库。请先扫描录音:huiting scan 录音文件夹 --db {0}", path.display()),
                format!("{}: there is no such database. Scan recordings first: huiting scan FOLDER --db {0}", path.display()),
            )));
        }
        self.tell_update(context);
        Store::open_existing(&path).map_err(|error| Failure::say(&error, context.lang))
    }

    /// The database, which is made if it is not there.
    pub(super) fn open(&self, context: &Context) -> Result<Store, Failure> {
        self.tell_update(context);
        Store::open(&self.path(context)).map_err(|error| Failure::say(&error, context.lang))
    }

    /// Says beforehand that opening takes longer this once.
    fn tell_update(&self, context: &Context) {
        let path = self.path(context);
        if Store::is_of_older_version(&path) {
            eprintln!("{}", context.lang.pick(
                format!("{}:由旧版本写成,先更新一次结构。库大时要几分钟,中途停下不丢数据,下次再来……", path.display()),
                format!("{}: written by an older version, it is brought up to date once. A large one takes minutes; stopping loses nothing, it is done next time …", path.display()),
            ));
        }
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(super) struct RulesArgument {
    /// 规则文件夹 [默认: 当前文件夹的 rules,没有则用自带的规则]
    #[arg(long, env = "HUITING_RULES", value_name = "文件夹")]
    rules: Option<PathBuf>,
}

/// Rules and scorecard, ready to judge.
pub(super) struct OpenRules {
    pub(super) rules: RuleSet,
    scorecard: Scorecard,
    scorecard_digest: String,
}

impl OpenRules {
    pub(super) fn scorecard(&self) -> &Scorecard {
        &self.scorecard
    }

    pub(super) fn judge(&self) -> Judge<'_> {
        Judge {
            rules: &self.rules,
            scorecard: &self.scorecard,
            scorecard_digest: &self.scorecard_digest,
        }
    }
}

impl RulesArgument {
    pub(super) fn folder(&self, context: &Context) -> Option<PathBuf> {
        let beside = PathBuf::from("rules");
        self.rules
            .clone()
            .or_else(|| context.settings.rules.clone())
            .or_else(|| beside.is_dir().then_some(beside))
    }

    pub(super) fn open(&self, context: &Context) -> Result<OpenRules, Failure> {
        let lang = context.lang;
        let (rules, card) = match self.folder(context) {
            Some(folder) => {
                let rules = RuleSet::read(&folder).map_err(|error| Failure::say(&error, lang))?;
                (rules, read_scorecard(&folder, lang)?)
            }
            None => {
                let rules =
                    load_dir(bundled_sources()).map_err(|error| Failure::say(&error, lang))?;
                (rules, bundled_text(SCORECARD))
            }
        };
        let scorecard = Scorecard::parse(&card)
            .map_err(|error| Failure(format!("{SCORECARD}:{}", error.say(lang))))?;
        let scorecard_digest = blake3::hash(card.as_bytes()).to_hex().to_string();
        Ok(OpenRules {
            rules,
            scorecard,
            scorecard_digest,
        })
    }
}

fn read_scorecard(folder: &Path, lang: Lang) -> Result<String, Failure> {
    let path = folder.join(SCORECARD);
    if !path.exists() {
        return Ok(bundled_text(SCORECARD));
    }
    std::fs::read_to_string(&path).map_err(|cause| {
        Failure(lang.pick(
            format!(
                "{}:评分表读不了({cause})",
                path.display(),
                cause = crate::lang::in_chinese(&cause)
            ),
            format!("{}: the scorecard cannot be read ({cause})", path.display()),
        ))
    })
}

fn bundled_text(name: &str) -> String {
    let file = BUNDLED_RULES
        .get_file(name)
        .and_then(|file| file.contents_utf8());
    file.expect("built in, and UTF-8").to_owned()
}

fn bundled_sources() -> Vec<SourceFile> {
    fn collect(folder: &Dir<'_>, sources: &mut Vec<SourceFile>) {
        for file in folder.files() {
            let path = file.path().to_string_lossy().into_owned();
            if path != SCORECARD && (path.ends_with(".toml") || path.ends_with(".weights")) {
                let text = file
                    .contents_utf8()
                    .expect("built in, and UTF-8")
                    .to_owned();
                sources.push(SourceFile { path, text });
            }
        }
        for inner in folder.dirs() {
            collect(inner, sources);
        }
    }
    let mut sources = Vec::new();
    collect(&BUNDLED_RULES, &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ModelArgument {
    /// 语音模型:文件,或 `huiting model list` 里的名字 [默认: demo]
    #[arg(long, env = "HUITING_MODEL", value_name = "模型")]
    model: Option<String>,
}

/// A loaded model with its name.
pub(super) struct OpenModel {
    pub(super) model: WhisperModel,
    pub(super) name: String,
    /// Where speech begins and ends, as it suits this model.
    pub(super) detector: DetectorSettings,
}

impl OpenModel {
    /// Tells the model the rules' words, where the settings want it.
    pub(super) fn with_words_of(self, rules: &RuleSet) -> OpenModel {
        OpenModel {
            model: self.model.with_hot_words(&rules.hot_words()),
            ..self
        }
    }
}

impl ModelArgument {
    pub(super) fn open(&self, context: &Context) -> Result<OpenModel, Failure> {
        let lang = context.lang;
        let name = self
            .model
            .clone()
            .or_else(|| context.settings.model.clone());
        let name = name.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
        let catalog = Catalog::bundled();
        let path = places::resolve(&name, catalog, &places::search_folders())
            .map_err(|error| Failure::say(&error, lang))?;
        let sound = places::check(&path, catalog, places::cache_folder().as_deref())
            .map_err(|error| Failure::say(&error, lang))?;
        let window = sound.entry.as_ref().map(|entry| entry.window);
        let settings = context.settings.recogniser.clone().with_window(window);
        let model = WhisperModel::load(&path, sound.sha256, settings)
            .map_err(|error| Failure::say(&error, lang))?;
        let name = path
            .file_stem()
            .map_or(name, |stem| stem.to_string_lossy().into_owned());
        let pause = window.and_then(|window| window.pause);
        let detector = context.settings.speech.clone().with_pause(pause);
        Ok(OpenModel {
            model,
            name,
            detector,
        })
    }
}
