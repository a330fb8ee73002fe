//! The language of what users read: Chinese unless asked otherwise.

/// Language of messages, tables and reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    /// The wording for this language, of two that say the same.
    pub fn pick<T>(self, chinese: T, english: T) -> T {
        match self {
            Lang::Zh => chinese,
            Lang::En => english,
        }
    }
}

/// A finding, error or name that a user reads. Errors say what happened, where, and what to do now.
pub trait Say {
    fn say(&self, lang: Lang) -> String;
}
