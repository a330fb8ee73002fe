//! `huiting.toml`: what an installation sets once. Options and environment go before it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{
    lang::{Lang, Say},
    pipeline::ReadingSettings,
    review::workflow,
    speech::DetectorSettings,
    transcribe::whisper::WhisperSettings,
};

/// The file as written; every key may be absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub lang: Option<Lang>,
    /// The database file.
    pub db: Option<PathBuf>,
    /// A model file, or a name from the catalog.
    pub model: Option<String>,
    /// The folder of rules.
    pub rules: Option<PathBuf>,
    pub jobs: Option<usize>,
    /// The call list.
    pub calls: Option<PathBuf>,
    /// What file names tell where there is no call list.
    pub file_name_pattern: Option<String>,
    /// Who acts where `--as` does not say: a person's id.
    pub person: Option<String>,
    /// The limits of appeals and rectifications.
    #[serde(rename = "loop")]
    pub workflow: workflow::Settings,
    /// Where speech begins and ends.
    pub speech: DetectorSettings,
    /// How files are read, and how long one may take.
    pub reading: ReadingSettings,
    /// How the recogniser is run.
    pub recogniser: WhisperSettings,
    pub evidence: EvidenceSettings,
}

/// `[evidence]`: what evidence packs hide besides numbers.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvidenceSettings {
    /// Names that people give themselves (我叫…, 我是…).
    pub hide_names: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path}: cannot be read: {cause}")]
    Unreadable {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{path}: {cause}")]
    Wrong {
        path: PathBuf,
        cause: toml::de::Error,
    },
}

impl Say for SettingsError {
    fn say(&self, lang: Lang) -> String {
        match self {
            SettingsError::Unreadable { path, cause } => lang.pick(
                format!(
                    "{}:设置文件读不了({cause})。请检查 --settings 的路径",
                    path.display(),
                    cause = crate::lang::in_chinese(&cause)
                ),
                format!(
                    "{}: the settings cannot be read ({cause}). Check --settings",
                    path.display()
                ),
            ),
            SettingsError::Wrong { path, cause } => lang.pick(
                format!("{}:设置文件有错,请改正后再试:\n{cause}", path.display()),
                format!(
                    "{}: the settings are wrong; please mend them:\n{cause}",
                    path.display()
                ),
            ),
        }
    }
}

impl Settings {
    /// Reads the named file, which must be there, or `huiting.toml`, which need not.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key or a wrong value.
    pub fn find(named: Option<&Path>) -> Result<Settings, SettingsError> {
        let default = Path::new("huiting.toml");
        match named {
            Some(path) => Settings::read(path),
            None if default.is_file() => Settings::read(default),
            None => Ok(Settings::default()),
        }
    }

    fn read(path: &Path) -> Result<Settings, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|cause| SettingsError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        toml::from_str(&text).map_err(|cause| SettingsError::Wrong {
            path: path.to_owned(),
            cause,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_unknown_ones_refused() {
        let settings: Settings =
            toml::from_str("lang = \"en\"\njobs = 3\n[reading]\nvox-rate = 6000\n[recogniser]\nwindow-margin-ms = 640\n")
                .expect("well-formed");
        assert_eq!(settings.lang, Some(Lang::En));
        assert_eq!(settings.jobs, Some(3));
        assert_eq!(settings.reading.vox_rate, Some(6000));
        assert_eq!(settings.reading.stall_limit, 120);
        assert_eq!(
            settings.recogniser.window_margin,
            Some(crate::time::Millis(640))
        );
        let settings: Settings =
            toml::from_str("person = \"wang\"\n[loop]\nappeal-days = 5\n").expect("well-formed");
        assert_eq!(settings.workflow.appeal_days, 5);
        assert_eq!(settings.workflow.rectification_days, 14);
        assert!(toml::from_str::<Settings>("jbos = 3").is_err());
        assert!(toml::from_str::<Settings>("[recogniser]\nmargin = 3").is_err());
    }

    #[test]
    fn a_named_file_must_be_there() {
        let error =
            Settings::find(Some(Path::new("/nonexistent/huiting.toml"))).expect_err("absent");
        assert!(error.say(Lang::Zh).contains("--settings"));
    }
}
