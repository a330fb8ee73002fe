//! `huiting check`: judges written dialogues, without sound or database.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use crate::{
    cli::{
        Context, Done, Failure,
        open::RulesArgument,
        tables::{FailOn, figure, table},
    },
    lang::{Lang, Say},
    rules::{Outcome, Verdict, dialogue},
};

/// Dialogues are read in portions, so that memory does not grow with their number.
const DIALOGUES_A_PORTION: usize = 1024;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "每行一通对话:\n  {\"id\": \"1\", \"meta\": {\"direction\": \"outbound\"}, \"turns\": [{\"s\": \"agent\", \"t\": \"您好\"}, {\"s\": \"customer\", \"t\": \"你说\"}]}\n\n例:\n  huiting check 对话.jsonl\n  huiting check 对话.jsonl --format jsonl > 判定.jsonl\n  cat 对话.jsonl | huiting check - --fail-on violation"
)]
pub(super) struct Arguments {
    /// 对话文件,每行一个 JSON;- 表示标准输入
    #[arg(value_name = "对话.jsonl")]
    dialogues: PathBuf,
    /// 输出格式
    #[arg(long, value_enum, default_value = "table", value_name = "格式")]
    format: Format,
    #[command(flatten)]
    rules: RulesArgument,
    /// 判出什么时以退出码 1 结束
    #[arg(long, value_enum, value_name = "判定")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Counts by rule, and the violations with their words.
    Table,
    /// A line a dialogue, with every verdict.
    Jsonl,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let rules = arguments.rules.open(context)?;
    let mut reader = open(&arguments.dialogues, lang)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut counts = Counts::new(&rules.rules);
    let (mut line_number, mut dialogues, mut bad_lines, mut found) = (0, 0, 0, false);
    loop {
        let lines = portion(&mut reader, &mut line_number)
            .map_err(|cause| unreadable(&arguments.dialogues, &cause, lang))?;
        if lines.is_empty() {
            break;
        }
        let judged: Vec<_> = lines
            .par_iter()
            .map(|(number, line)| {
                let dialogue = dialogue::parse_line(line, *number)?;
                let verdicts = rules.rules.judge(&dialogue.meta, &dialogue.transcript);
                Ok::<_, dialogue::DialogueError>((dialogue, verdicts))
            })
            .collect();
        for judged in judged {
            match judged {
                Ok((dialogue, verdicts)) => {
                    dialogues += 1;
                    found |= arguments.fail_on.is_some_and(|fail_on| {
                        verdicts
                            .iter()
                            .any(|verdict| fail_on.meets(verdict.outcome))
                    });
                    match arguments.format {
                        Format::Jsonl => {
                            let line = dialogue::check_line(&dialogue, &verdicts, lang);
                            written(writeln!(out, "{line}"), lang)?;
                        }
                        Format::Table => counts.add(&dialogue.id, &verdicts),
                    }
                }
                Err(error) => {
                    bad_lines += 1;
                    eprintln!("{}: {}", arguments.dialogues.display(), error.say(lang));
                }
            }
        }
    }
    if arguments.format == Format::Table {
        written(write!(out, "{}", counts.rendered(dialogues, lang)), lang)?;
    }
    written(out.flush(), lang)?;
    if bad_lines > 0 {
        return Err(Failure(lang.pick(
            format!("{bad_lines} 行读不懂(见上),其余 {dialogues} 通已判"),
            format!("{bad_lines} lines could not be read (see above); the other {dialogues} dialogues are judged"),
        )));
    }
    Ok(if found { Done::Found } else { Done::Fine })
}

fn open(path: &Path, lang: Lang) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(|cause| unreadable(path, &cause, lang))?;
    Ok(Box::new(BufReader::new(file)))
}

fn unreadable(path: &Path, cause: &io::Error, lang: Lang) -> Failure {
    Failure(lang.pick(
        format!("{}:读不了({cause})。请检查路径;内容应是每行一个 JSON(UTF-8)", path.display(), cause = crate::lang::in_chinese(&cause)),
        format!("{}: cannot be read ({cause}). Check the path; it should hold one JSON object a line (UTF-8)", path.display()),
    ))
}

/// A reader that has gone away (head) is no reason to complain.
fn written(result: io::Result<()>, lang: Lang) -> Result<(), Failure> {
    match result {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(closed(&cause, lang)),
        _ => Ok(()),
    }
}

fn closed(cause: &io::Error, lang: Lang) -> Failure {
    Failure(lang.pick(
        format!(
            "写不出结果({cause})",
            cause = crate::lang::in_chinese(&cause)
        ),
        format!("The output cannot be written ({cause})"),
    ))
}

/// The next lines that are not empty, with their numbers from 1.
fn portion(
    reader: &mut dyn BufRead,
    line_number: &mut usize,
) -> Result<Vec<(usize, String)>, io::Error> {
    let mut lines = Vec::new();
    while lines.len() < DIALOGUES_A_PORTION {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
        *line_number += 1;
        if !line.trim().is_empty() {
            lines.push((*line_number, line));
        }
    }
    Ok(lines)
}

/// Verdicts counted by rule, and the violations.
struct Counts {
    rules: Vec<(String, String, [u64; 4])>,
    violations: Vec<(String, String, String)>,
}

impl Counts {
    fn new(rules: &crate::rules::RuleSet) -> Counts {
        let rows = rules.rules().iter();
        Counts {
            rules: rows
                .map(|rule| (rule.id.clone(), rule.title.clone(), [0; 4]))
                .collect(),
            violations: Vec::new(),
        }
    }

    fn add(&mut self, dialogue: &str, verdicts: &[Verdict]) {
        for verdict in verdicts {
            let row = self
                .rules
                .iter_mut()
                .find(|(id, _, _)| *id == verdict.rule_id);
            let column = Outcome::ALL
                .iter()
                .position(|known| *known == verdict.outcome);
            if let (Some((_, title, counts)), Some(column)) = (row, column) {
                counts[column] += 1;
                if verdict.outcome == Outcome::Violation {
                    self.violations.push((
                        dialogue.to_owned(),
                        title.clone(),
                        verdict.reason.zh.clone(),
                    ));
                }
            }
        }
    }

    fn rendered(&self, dialogues: u64, lang: Lang) -> String {
        let mut headings = vec![lang.pick("规则", "Rule"), lang.pick("名称", "Title")];
        headings.extend(Outcome::ALL.map(|outcome| outcome.name(lang)));
        let mut by_rule = table(&headings);
        for (id, title, counts) in &self.rules {
            let mut row = vec![comfy_table::Cell::new(id), comfy_table::Cell::new(title)];
            row.extend(counts.map(figure));
            by_rule.add_row(row);
        }
        let mut text = format!("{by_rule}\n");
        if !self.violations.is_empty() {
            let mut rows = table(&lang.pick(
                ["对话", "违规", "原因"],
                ["Dialogue", "Violation", "Reason"],
            ));
            for (dialogue, title, reason) in &self.violations {
                rows.add_row([dialogue, title, reason]);
            }
            text.push_str(&format!("{rows}\n"));
        }
        text.push_str(&lang.pick(
            format!("{dialogues} 通对话,{} 处违规\n", self.violations.len()),
            format!(
                "{dialogues} dialogues, {} violations\n",
                self.violations.len()
            ),
        ));
        text
    }
}
