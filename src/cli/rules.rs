//! `huiting rules`: write, test and trust rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    cli::{
        Context, Done, Failure,
        open::{DatabaseArgument, OpenRules, RulesArgument},
        tables::{figure, table},
    },
    lang::{Lang, Say},
    rules::{
        self, Confusion, Coverage, Mishearing, RuleSet, Scratch,
        dialogue::{self, Dialogue},
        diff,
    },
    store::{StoreError, calls::CallFilter},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 列出所有规则
    #[command(after_help = "例:\n  huiting rules list")]
    List {
        #[command(flatten)]
        rules: RulesArgument,
    },
    /// 用句子讲清一条规则:什么时候管、要求什么、禁止什么、扣几分、依据、例子
    #[command(after_help = "例:\n  huiting rules explain penalty-disclosure")]
    Explain {
        /// 规则编号
        #[arg(value_name = "规则")]
        id: String,
        #[command(flatten)]
        rules: RulesArgument,
    },
    /// 检查规则文件有没有写错,一次报出全部错误
    #[command(after_help = "例:\n  huiting rules check\n  huiting rules check --rules 新规则/")]
    Check {
        #[command(flatten)]
        rules: RulesArgument,
    },
    /// 测试规则:规则里的例子,加上有标注的对话
    Test(TestArguments),
    /// 新建一条规则:写出一个完整、能通过的文件,再照着改
    #[command(
        after_help = "例:\n  huiting rules new number-portability-free\n  huiting rules new polite-goodbye --folder service"
    )]
    New {
        /// 规则编号(文件名),如 number-portability-free
        #[arg(value_name = "规则")]
        id: String,
        /// 放在规则文件夹的哪个子文件夹:compliance、service 或 acoustic
        #[arg(long, default_value = "compliance", value_name = "子文件夹")]
        folder: String,
        #[command(flatten)]
        rules: RulesArgument,
    },
    /// 比较两套规则:哪些通话的判定会变、怎么变、为什么
    Diff(DiffArguments),
    /// 哪些线索在库里的通话中从没听到过
    #[command(after_help = "例:\n  huiting rules coverage --db 十月.db")]
    Coverage {
        #[command(flatten)]
        db: DatabaseArgument,
        #[command(flatten)]
        rules: RulesArgument,
    },
    /// 训练学得的部分(cue 里写了 learned = true 的),把权重写进规则文件夹
    Train(TrainArguments),
    /// 量每个线索的查准率和查全率
    Score(ScoreArguments),
    /// 输出规则文件的 JSON Schema,供编辑器补全
    #[command(
        after_help = "例:\n  huiting rules schema > rule.schema.json\n  huiting rules schema --vocabulary > vocabulary.schema.json"
    )]
    Schema {
        /// 词库文件的 Schema
        #[arg(long)]
        vocabulary: bool,
    },
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting rules test\n  huiting rules test 对话.jsonl\n  huiting rules test 对话.jsonl --misheard 10 --seed 3"
)]
pub(super) struct TestArguments {
    /// 有标注的对话文件(JSON Lines);不给则只测规则里的例子
    #[arg(value_name = "对话.jsonl")]
    dialogues: Vec<PathBuf>,
    /// 把百分之几的字换成同音字再判,看规则经不经得起听错(0 到 100)
    #[arg(long, value_name = "百分比", default_value_t = 0.0)]
    misheard: f64,
    /// 换哪些字由它决定:同一个数,同样的结果
    #[arg(long, value_name = "整数", default_value_t = 1)]
    seed: u64,
    /// 不按读音匹配,用来比较
    #[arg(long)]
    without_sound: bool,
    /// 不用学得的部分,用来比较
    #[arg(long)]
    without_models: bool,
    #[command(flatten)]
    rules: RulesArgument,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting rules diff rules/ 新规则/ 对话.jsonl\n  huiting rules diff rules/ 新规则/ --db 十月.db"
)]
pub(super) struct DiffArguments {
    /// 旧规则文件夹
    #[arg(value_name = "旧")]
    old: PathBuf,
    /// 新规则文件夹
    #[arg(value_name = "新")]
    new: PathBuf,
    /// 在这些对话上比较;不给则在库里的通话上比较
    #[arg(value_name = "对话.jsonl")]
    dialogues: Vec<PathBuf>,
    #[command(flatten)]
    db: DatabaseArgument,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "例:\n  huiting rules train 句子.jsonl --rules rules")]
pub(super) struct TrainArguments {
    /// 标注的句子(JSON Lines):{"cue", "speaker", "text", "positive"}
    #[arg(required = true, value_name = "句子.jsonl")]
    sentences: Vec<PathBuf>,
    #[command(flatten)]
    rules: RulesArgument,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting rules score 句子.jsonl\n  huiting rules score 句子.jsonl --cue penalty-stated --misses"
)]
pub(super) struct ScoreArguments {
    #[command(flatten)]
    train: TrainArguments,
    /// 只量这个线索(可以给几次)
    #[arg(long, value_name = "线索")]
    cue: Vec<String>,
    /// 列出写的部分听错和漏听的句子
    #[arg(long)]
    misses: bool,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    match command {
        Command::List { rules } => list(&rules.open(context)?, lang),
        Command::Explain { id, rules } => explain(&rules.open(context)?, id, lang)?,
        Command::Check { rules } => check(&rules.open(context)?.rules, lang),
        Command::Test(arguments) => return test(arguments, context),
        Command::New { id, folder, rules } => new(id, folder, rules, context)?,
        Command::Diff(arguments) => return compare(arguments, context),
        Command::Coverage { db, rules } => coverage(db, &rules.open(context)?.rules, context)?,
        Command::Train(arguments) => train(arguments, context)?,
        Command::Score(arguments) => score(arguments, context)?,
        Command::Schema { vocabulary } => {
            let schema = if *vocabulary {
                rules::vocabulary_schema()
            } else {
                rules::rule_schema()
            };
            tell!("{schema:#}");
        }
    }
    Ok(Done::Fine)
}

fn list(opened: &OpenRules, lang: Lang) {
    let mut rows = table(&lang.pick(
        ["规则", "名称", "轻重", "状态", "例子"],
        ["Rule", "Title", "Severity", "Status", "Examples"],
    ));
    for rule in opened.rules.rules() {
        let (zh, en) = rules::status_words(rule.status);
        let status = lang.pick(zh, en);
        let title = lang
            .pick(Some(&rule.title), rule.title_en.as_ref())
            .unwrap_or(&rule.title);
        rows.add_row(vec![
            comfy_table::Cell::new(&rule.id),
            comfy_table::Cell::new(title),
            comfy_table::Cell::new(rule.severity.say(lang)),
            comfy_table::Cell::new(status),
            figure(rule.examples.len()),
        ]);
    }
    tell!("{rows}");
}

fn explain(opened: &OpenRules, id: &str, lang: Lang) -> Result<(), Failure> {
    let rules = &opened.rules;
    let points = |rule: &rules::Rule| {
        let scorecard = opened.judge().scorecard;
        scorecard.points_of(&rule.id, rule.severity, rule.points)
    };
    let Some(text) = rules.explain(id, points, lang) else {
        let distance = |known: &str| strsim::damerau_levenshtein(known, id);
        let known = rules.rules().iter().map(|rule| rule.id.as_str());
        let nearest = known.min_by_key(|known| distance(known)).unwrap_or("");
        return Err(Failure(lang.pick(
            format!("没有规则 {id}。最接近的是 {nearest};全部规则:huiting rules list"),
            format!(
                "There is no rule {id}. The nearest is {nearest}; all rules: huiting rules list"
            ),
        )));
    };
    tell_text!("{text}");
    Ok(())
}

fn check(rules: &RuleSet, lang: Lang) {
    let warnings = rules.warnings().say(lang);
    if !warnings.is_empty() {
        tell!("{warnings}");
    }
    let (count, cues) = (rules.rules().len(), rules.cues().len());
    tell!(
        "{}",
        lang.pick(
            format!("{count} 条规则、{cues} 个线索,没有错误"),
            format!("{count} rules and {cues} cues, no errors"),
        )
    );
}

fn test(arguments: &TestArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let share = arguments.misheard / 100.0;
    if !(0.0..=1.0).contains(&share) {
        return Err(Failure(lang.pick(
            "--misheard 要在 0 到 100 之间".to_owned(),
            "--misheard is between 0 and 100".to_owned(),
        )));
    }
    let mut rules = arguments.rules.open(context)?.rules;
    if arguments.without_sound {
        rules = rules.without_sound();
    }
    if arguments.without_models {
        rules = rules.without_models();
    }
    let seed = arguments.seed;
    let results = rules.test_examples();
    let failed = results.iter().filter(|result| !result.passed()).count();
    for result in results.iter().filter(|result| !result.passed()) {
        tell!("{}", result.show(lang));
    }
    tell!(
        "{}",
        lang.pick(
            format!("规则里的例子:{} 个,{failed} 个不符", results.len()),
            format!("Examples in the rules: {}, {failed} failed", results.len()),
        )
    );
    if !arguments.dialogues.is_empty() {
        let mut confusion = Confusion::default();
        for dialogue in dialogues(&arguments.dialogues, lang)? {
            let dialogue = rules::misheard(&dialogue, Mishearing { share, seed });
            let verdicts = rules.judge(&dialogue.meta, &dialogue.transcript);
            confusion.add(&dialogue, &verdicts);
        }
        tell_text!("{}", confusion.show(lang));
    }
    Ok(if failed > 0 { Done::Found } else { Done::Fine })
}

fn new(id: &str, folder: &str, rules: &RulesArgument, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let root = rules
        .folder(context)
        .unwrap_or_else(|| PathBuf::from("rules"));
    let path = root.join(folder).join(format!("{id}.toml"));
    let failure = |cause: std::io::Error| cannot_write(&path, &cause, lang);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failure)?;
    }
    let text = rules::new_rule(id, lang);
    // Never over a rule that is there.
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(failure)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failure)?;
    tell!(
        "{}",
        lang.pick(
            format!(
                "已写到 {}。改好后:huiting rules check;huiting rules test",
                path.display()
            ),
            format!(
                "Written to {}. After editing: huiting rules check; huiting rules test",
                path.display()
            ),
        )
    );
    Ok(())
}

fn compare(arguments: &DiffArguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let read = |folder: &Path| RuleSet::read(folder).map_err(|error| Failure::say(&error, lang));
    let (old, new) = (read(&arguments.old)?, read(&arguments.new)?);
    let (mut calls, mut changed) = (0_u64, 0_u64);
    let mut tell = |changes: Vec<diff::Change>| {
        calls += 1;
        changed += u64::from(!changes.is_empty());
        for change in changes {
            tell!("{}", change.show(lang));
        }
    };
    if arguments.dialogues.is_empty() {
        let store = arguments.db.open_existing(context)?;
        store
            .for_each_call(&CallFilter::default(), |stored| {
                let call = stored.call;
                if let Some(row) = store.transcript(&call.recording, &call.model)? {
                    let transcript = &row.transcript;
                    tell(diff::changes(
                        &old,
                        &new,
                        &call.call_id,
                        &call.metadata,
                        transcript,
                    ));
                }
                Ok::<_, StoreError>(())
            })
            .map_err(|error| Failure::say(&error, lang))?;
    } else {
        for dialogue in dialogues(&arguments.dialogues, lang)? {
            let Dialogue {
                id,
                meta,
                transcript,
                ..
            } = &dialogue;
            tell(diff::changes(&old, &new, id, meta, transcript));
        }
    }
    tell!(
        "{}",
        lang.pick(
            format!("{calls} 通里 {changed} 通的判定会变"),
            format!("{changed} of {calls} calls change"),
        )
    );
    Ok(Done::Fine)
}

fn coverage(db: &DatabaseArgument, rules: &RuleSet, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let store = db.open_existing(context)?;
    let mut coverage = Coverage::new(rules);
    let mut scratch = Scratch::default();
    store
        .for_each_call(&CallFilter::default(), |stored| {
            let call = stored.call;
            if let Some(row) = store.transcript(&call.recording, &call.model)? {
                coverage.add(&rules.listen(&row.transcript, &mut scratch));
            }
            Ok::<_, StoreError>(())
        })
        .map_err(|error| Failure::say(&error, lang))?;
    let mut rows = table(&lang.pick(
        ["线索", "文件", "听到的通数", "用到它的规则"],
        ["Cue", "File", "Heard in calls", "Rules that use it"],
    ));
    let cues = coverage.cues(rules);
    let never = cues.iter().filter(|cue| cue.calls == 0).count();
    for cue in &cues {
        rows.add_row(vec![
            comfy_table::Cell::new(&cue.cue),
            comfy_table::Cell::new(&cue.path),
            figure(cue.calls),
            comfy_table::Cell::new(cue.rules.join(", ")),
        ]);
    }
    tell!("{rows}");
    tell!(
        "{}",
        lang.pick(
            format!(
                "{} 通通话里,{} 个线索有 {never} 个从没听到过",
                coverage.calls(),
                cues.len()
            ),
            format!(
                "In {} calls, {never} of {} cues were never heard",
                coverage.calls(),
                cues.len()
            ),
        )
    );
    Ok(())
}

fn train(arguments: &TrainArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let Some(folder) = arguments.rules.folder(context) else {
        return Err(Failure(lang.pick(
            "训练要把权重写进规则文件夹:请用 --rules 指定".to_owned(),
            "Training writes weights into the folder of rules: name it with --rules".to_owned(),
        )));
    };
    let rules = arguments.rules.open(context)?.rules;
    let mut rows = table(&lang.pick(
        ["线索", "正例", "近似反例", "旁例", "查准率", "查全率"],
        [
            "Cue",
            "Examples",
            "Near misses",
            "Others",
            "Precision",
            "Recall",
        ],
    ));
    for trained in rules::train(&rules, &sentences(&arguments.sentences, lang)?) {
        let path = folder.join(&trained.path);
        let failure = |cause: std::io::Error| cannot_write(&path, &cause, lang);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failure)?;
        }
        fs::write(&path, &trained.weights).map_err(failure)?;
        rows.add_row(vec![
            comfy_table::Cell::new(&trained.cue),
            figure(trained.positives),
            figure(trained.near_misses),
            figure(trained.others),
            figure(format!("{:.3}", trained.precision)),
            figure(format!("{:.3}", trained.recall)),
        ]);
    }
    tell!("{rows}");
    Ok(())
}

fn score(arguments: &ScoreArguments, context: &Context) -> Result<(), Failure> {
    let lang = context.lang;
    let rules = arguments.train.rules.open(context)?.rules;
    let mut sentences = sentences(&arguments.train.sentences, lang)?;
    if !arguments.cue.is_empty() {
        sentences.retain(|sentence| arguments.cue.contains(&sentence.cue));
    }
    tell_text!(
        "{}",
        rules::show_scores(&rules::cue_scores(&rules, &sentences), lang)
    );
    tell!();
    if arguments.misses {
        for missed in rules::missed_sentences(&rules, &sentences) {
            let sentence = missed.sentence;
            let kind = match (sentence.positive, missed.learned) {
                (true, true) => lang.pick("漏听(学得的听到了)", "missed (heard by the model)"),
                (true, false) => lang.pick("漏听", "missed"),
                (false, _) => lang.pick("听错", "heard wrongly"),
            };
            tell!("{kind}  {}  {}", sentence.cue, sentence.text);
        }
    }
    Ok(())
}

fn sentences(paths: &[PathBuf], lang: Lang) -> Result<Vec<rules::TrainingSentence>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let text = read(path, lang)?;
        let read = rules::parse_sentences(&text)
            .map_err(|error| Failure(format!("{}: {}", path.display(), error.say(lang))))?;
        all.extend(read);
    }
    Ok(all)
}

fn dialogues(paths: &[PathBuf], lang: Lang) -> Result<Vec<Dialogue>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let text = read(path, lang)?;
        let read = dialogue::parse_lines(&text)
            .map_err(|error| Failure(format!("{}: {}", path.display(), error.say(lang))))?;
        all.extend(read);
    }
    Ok(all)
}

fn read(path: &Path, lang: Lang) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|cause| {
        Failure(lang.pick(
            format!(
                "{}:读不了({cause})。请检查路径",
                path.display(),
                cause = crate::lang::in_chinese(&cause)
            ),
            format!(
                "{}: cannot be read ({cause}). Check the path",
                path.display()
            ),
        ))
    })
}

fn cannot_write(path: &Path, cause: &std::io::Error, lang: Lang) -> Failure {
    Failure(lang.pick(
        format!("{}:写不了({cause})。请检查路径和权限;已有的文件不会被覆盖", path.display(), cause = crate::lang::in_chinese(&cause)),
        format!("{}: cannot be written ({cause}). Check path and rights; a file that is there is not overwritten", path.display()),
    ))
}
