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

/// The cause of a failure as the system says it, in Chinese where it is one that users meet.
pub fn in_chinese(cause: &dyn std::fmt::Display) -> String {
    const KNOWN: [(&str, &str); 12] = [
        ("No such file or directory", "没有这个文件或文件夹"),
        ("Permission denied", "没有权限"),
        ("Is a directory", "这是一个文件夹"),
        ("Not a directory", "路径中有一段不是文件夹"),
        ("File exists", "已经有同名的文件"),
        ("No space left on device", "磁盘满了"),
        ("Read-only file system", "磁盘是只读的"),
        ("Input/output error", "磁盘读写出错"),
        ("Too many open files", "打开的文件太多"),
        ("stream did not contain valid UTF-8", "不是 UTF-8 文字"),
        ("file is not a database", "不是数据库文件"),
        ("unable to open database file", "打不开这个文件"),
    ];
    let said = cause.to_string();
    let known = KNOWN.iter().find(|(english, _)| said.contains(english));
    known.map_or(said, |(_, chinese)| (*chinese).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says() {
        let missing = std::fs::read("no/such/file").expect_err("it is not there");
        assert_eq!(in_chinese(&missing), "没有这个文件或文件夹");
        let folder = std::fs::read_to_string("src").expect_err("it is a folder");
        assert_eq!(in_chinese(&folder), "这是一个文件夹");
        assert_eq!(in_chinese(&"line 3 is odd"), "line 3 is odd");
    }
}
