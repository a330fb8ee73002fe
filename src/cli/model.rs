//! `huiting model list | fetch | verify`: which models there are, getting one, checking them.

use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::time::Duration;

use anyhow::anyhow;
use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

use crate::lang::{Lang, Say};
use crate::transcribe::catalog::Catalog;
use crate::transcribe::catalog::places::{self, SoundModel, Verified};
use crate::transcribe::fetch::{self, FetchSettings, Step};
use crate::transcribe::model_file::ModelError;

mod list;

use list::{list, model_files};

#[derive(Clone, Debug, clap::Subcommand)]
pub enum ModelCommand {
    /// 列出可用的模型：大小、所需内存、许可，以及是否已在本机
    #[command(after_help = "例:\n  huiting model list")]
    List {
        /// 另加一份模型目录（TOML），格式同 models/catalog.toml
        #[arg(long, value_name = "文件", env = "HUITING_MODEL_CATALOG")]
        catalog: Option<PathBuf>,
    },
    /// 下载模型：可断点续传，核对 SHA-256 后才启用
    #[command(
        after_help = "例:\n  huiting model fetch large-v3-turbo-q5_0\n  huiting model fetch large-v3-turbo-q5_0 --url https://镜像.example/models"
    )]
    Fetch {
        /// 模型名称，见 huiting model list
        #[arg(value_name = "模型")]
        name: String,
        /// 放到哪个目录 [默认: $HUITING_MODELS,没有则为用户数据目录下的 huiting/models]
        #[arg(long, value_name = "文件夹")]
        to: Option<PathBuf>,
        /// 镜像：存放模型文件的网址，或以 .bin 结尾的完整网址 [默认: 目录里的地址]
        #[arg(long, value_name = "网址", env = "HUITING_MODEL_URL")]
        url: Option<String>,
        /// 另加一份模型目录（TOML），格式同 models/catalog.toml
        #[arg(long, value_name = "文件", env = "HUITING_MODEL_CATALOG")]
        catalog: Option<PathBuf>,
    },
    /// 校验模型：重新计算 SHA-256 并检查文件结构
    #[command(
        after_help = "例:\n  huiting model verify\n  huiting model verify large-v3-turbo-q5_0"
    )]
    Verify {
        /// 模型名称、模型文件或目录 [默认: 本机所有的模型]
        #[arg(value_name = "模型")]
        target: Option<String>,
        /// 另加一份模型目录（TOML），格式同 models/catalog.toml
        #[arg(long, value_name = "文件", env = "HUITING_MODEL_CATALOG")]
        catalog: Option<PathBuf>,
    },
}

/// Does what was asked. The result is 0, or 1 when `verify` found a model that cannot be used.
///
/// # Errors
/// What the user has to be told, already in their language.
pub fn run(command: &ModelCommand, lang: Lang) -> anyhow::Result<ExitCode> {
    match command {
        ModelCommand::List { catalog } => {
            let catalog = read_catalog(catalog.as_deref(), lang)?;
            let (folders, cache) = (places::search_folders(), places::cache_folder());
            tell!("{}", list(&catalog, &folders, cache.as_deref(), lang));
            Ok(ExitCode::SUCCESS)
        }
        ModelCommand::Fetch {
            name,
            to,
            url,
            catalog,
        } => {
            let catalog = read_catalog(catalog.as_deref(), lang)?;
            let folder = to.clone().unwrap_or_else(places::folder_for_fetched);
            fetch_model(name, &folder, url.clone(), &catalog, lang)?;
            Ok(ExitCode::SUCCESS)
        }
        ModelCommand::Verify { target, catalog } => {
            let catalog = read_catalog(catalog.as_deref(), lang)?;
            let verified = verify(target.as_deref(), &catalog, lang)?;
            tell!("{}", findings(&verified, lang));
            let all_sound = verified.iter().all(|model| model.outcome.is_ok());
            Ok(ExitCode::from(u8::from(!all_sound)))
        }
    }
}

fn told(error: &dyn Say, lang: Lang) -> anyhow::Error {
    anyhow!(error.say(lang))
}

fn read_catalog(file: Option<&Path>, lang: Lang) -> anyhow::Result<Catalog> {
    Catalog::with_file(file).map_err(|error| told(&error, lang))
}

fn fetch_model(
    name: &str,
    folder: &Path,
    mirror: Option<String>,
    catalog: &Catalog,
    lang: Lang,
) -> anyhow::Result<()> {
    let entry = catalog.entry(name).ok_or_else(|| {
        let unknown = ModelError::Unknown {
            name: name.to_owned(),
            similar: catalog.similar_names(name),
        };
        told(&unknown, lang)
    })?;
    // A handler that is there already ends the program in its own way; nothing is lost by that.
    let advice = match lang {
        Lang::Zh => format!("\n已停下。再运行 huiting model fetch {name} 会接着下载。"),
        Lang::En => format!("\nStopped. `huiting model fetch {name}` goes on from there."),
    };
    ctrlc::set_handler(move || {
        eprintln!("{advice}");
        process::exit(2);
    })
    .ok();

    let mut display = FetchDisplay::new(entry.size_bytes, lang);
    let settings = FetchSettings {
        mirror,
        ..FetchSettings::default()
    };
    let fetched = fetch::fetch(entry, folder, &settings, &mut |step| display.show(&step));
    display.bar.finish_and_clear();
    let fetched = fetched.map_err(|error| told(&error, lang))?;
    let path = fetched.path.display();
    match (fetched.was_there, lang) {
        (true, Lang::Zh) => tell!("{path} 已经在了，SHA-256 无误。"),
        (true, Lang::En) => tell!("{path} is there already, and its SHA-256 is right."),
        (false, Lang::Zh) => {
            tell!("{path} 已就绪，SHA-256 无误。使用：huiting scan --model {name} …");
        }
        (false, Lang::En) => tell!(
            "{path} is ready, and its SHA-256 is right. Use it: huiting scan --model {name} …"
        ),
    }
    Ok(())
}

/// The progress of a fetch: a bar in a terminal, a line for every tenth elsewhere.
struct FetchDisplay {
    bar: ProgressBar,
    lang: Lang,
    tenths_told: u64,
}

impl FetchDisplay {
    fn new(size_bytes: u64, lang: Lang) -> FetchDisplay {
        let bar = ProgressBar::new(size_bytes);
        let template = lang.pick(
            "{wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} 剩余 {eta}",
            "{wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} left",
        );
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        FetchDisplay {
            bar,
            lang,
            tenths_told: 0,
        }
    }

    fn show(&mut self, step: &Step) {
        match step {
            Step::Connecting {
                address,
                kept_bytes,
            } => {
                self.tell(&connecting(address, *kept_bytes, self.lang));
                self.bar.set_position(*kept_bytes);
                // What was kept came in no time and says nothing of the speed.
                self.bar.reset_eta();
                self.bar.enable_steady_tick(Duration::from_millis(200));
            }
            Step::Receiving {
                received_bytes,
                total_bytes,
            } => {
                self.bar.set_position(*received_bytes);
                let tenths = received_bytes * 10 / total_bytes.max(&1);
                if self.bar.is_hidden() && tenths > self.tenths_told {
                    let received = DecimalBytes(*received_bytes);
                    let total = DecimalBytes(*total_bytes);
                    eprintln!("{}% {received} / {total}", tenths * 10);
                }
                self.tenths_told = tenths;
            }
            Step::Again { cause } => {
                let cause = cause.say(self.lang);
                self.tell(&match self.lang {
                    Lang::Zh => format!("{cause}，稍后接着下载……"),
                    Lang::En => format!("{cause}; going on in a moment …"),
                });
            }
            Step::Checking => self.tell(self.lang.pick(
                "正在核对 SHA-256 和文件结构……",
                "Checking SHA-256 and structure …",
            )),
        }
    }

    fn tell(&self, line: &str) {
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
    }
}

fn connecting(address: &str, kept_bytes: u64, lang: Lang) -> String {
    let kept = DecimalBytes(kept_bytes);
    match (kept_bytes, lang) {
        (0, Lang::Zh) => format!("下载 {address}"),
        (0, Lang::En) => format!("Fetching {address}"),
        (_, Lang::Zh) => format!("接着下载 {address}（已有 {kept}）"),
        (_, Lang::En) => format!("Going on with {address} ({kept} are there)"),
    }
}

/// The models that `target` means, each checked anew.
fn verify(target: Option<&str>, catalog: &Catalog, lang: Lang) -> anyhow::Result<Vec<Verified>> {
    let folders = places::search_folders();
    match target {
        None => Ok(model_files(&folders)
            .into_iter()
            .map(|path| verified(path, catalog))
            .collect()),
        Some(folder) if Path::new(folder).is_dir() => places::verify(Path::new(folder), catalog)
            .map_err(|error| match lang {
                Lang::Zh => anyhow!("读不了目录 {folder}：{error}。请检查权限。"),
                Lang::En => {
                    anyhow!("The folder {folder} cannot be read: {error}. Check its permissions.")
                }
            }),
        Some(name) => places::resolve(name, catalog, &folders)
            .map(|path| vec![verified(path, catalog)])
            .map_err(|error| told(&error, lang)),
    }
}

fn verified(path: PathBuf, catalog: &Catalog) -> Verified {
    Verified {
        outcome: places::check(&path, catalog, None),
        path,
    }
}

fn findings(verified: &[Verified], lang: Lang) -> String {
    if verified.is_empty() {
        return lang
            .pick(
                "没有找到模型。用 huiting model fetch <名称> 下载一个。",
                "No models found. Get one with `huiting model fetch NAME`.",
            )
            .into();
    }
    let lines: Vec<String> = verified
        .iter()
        .map(|model| match &model.outcome {
            Ok(sound) => format!(
                "✓ {}\n  {}",
                model.path.display(),
                what_was_checked(sound, lang)
            ),
            Err(error) => format!("✗ {}", error.say(lang)),
        })
        .collect();
    lines.join("\n")
}

fn what_was_checked(sound: &SoundModel, lang: Lang) -> String {
    let SoundModel { sha256, entry, .. } = sound;
    match (entry, lang) {
        (Some(_), Lang::Zh) => format!("结构完好，SHA-256 与目录一致：{sha256}"),
        (Some(_), Lang::En) => format!("structure sound, SHA-256 as in the catalog: {sha256}"),
        (None, Lang::Zh) => format!("结构完好；目录里没有这个文件，SHA-256 无从对照：{sha256}"),
        (None, Lang::En) => {
            format!(
                "structure sound; not in the catalog, nothing to compare SHA-256 with: {sha256}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn findings_tell_sound_from_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ggml-tiny.bin");
        fs::write(&path, "<html>登录</html>").unwrap();
        let verified = places::verify(folder.path(), Catalog::bundled()).unwrap();
        let told = findings(&verified, Lang::Zh).replace(&*folder.path().to_string_lossy(), "DIR");
        insta::assert_snapshot!(told);
        insta::assert_snapshot!(findings(&[], Lang::En));
    }
}
