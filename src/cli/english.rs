//! The language of `--help`. Help is written in Chinese beside the arguments; here stand the
//! English words for `--lang en`, by the path of command and argument.

use clap::{Arg, ArgAction, Command};

use crate::lang::Lang;

/// The command with headings and help in the language wanted.
pub(super) fn translated(command: Command, lang: Lang) -> Command {
    let name = command.get_name().to_owned();
    // The usage line of a subcommand needs the whole path; clap fills it in only when parsing.
    walk(command, "", &name, lang)
}

fn walk(command: Command, path: &str, shown: &str, lang: Lang) -> Command {
    let command = command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(lang.pick("显示帮助", "Print help")),
        )
        .subcommand_help_heading(lang.pick("命令", "Commands"))
        .help_template(format!(
            "{{about}}\n\n{} {{usage}}\n\n{{all-args}}{{after-help}}",
            lang.pick("用法:", "Usage:")
        ));
    let command = if path.is_empty() {
        command.arg(version(lang))
    } else {
        command
    };
    let command = command.mut_args(|argument| {
        let heading = if argument.is_positional() {
            lang.pick("参数", "Arguments")
        } else {
            lang.pick("选项", "Options")
        };
        let key = format!("{path}.{}", argument.get_id());
        let words = (lang == Lang::En).then(|| english(&key)).flatten();
        let argument = argument.help_heading(heading);
        match words {
            Some((help, "")) => argument.help(help),
            Some((help, value)) => argument.help(help).value_name(value),
            None if lang == Lang::Zh => with_chinese_notes(argument),
            None => argument,
        }
    });
    let command = match (lang, english(path)) {
        (Lang::En, Some((about, examples))) if !examples.is_empty() => {
            command.about(about).after_help(examples)
        }
        (Lang::En, Some((about, _))) => command.about(about).after_help(""),
        _ => command,
    };
    command.mut_subcommands(|inner| {
        let name = inner.get_name().to_owned();
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path} {name}")
        };
        let shown = format!("{shown} {name}");
        walk(inner, &path, &shown, lang).bin_name(shown)
    })
}

/// The argument with what clap would add to its help in English said in Chinese: the values that
/// it may have, the one that it has when it is not given, its environment variable.
fn with_chinese_notes(argument: Arg) -> Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    let mut notes = String::new();
    let mut note = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            notes.push_str(&format!(" [{name}: {}]", values.join("、")));
        }
    };
    let values = argument.get_possible_values();
    note(
        "可选",
        values.iter().map(|v| v.get_name().to_owned()).collect(),
    );
    let defaults = argument.get_default_values().iter();
    note(
        "默认",
        defaults.map(|v| v.to_string_lossy().into_owned()).collect(),
    );
    let variable = argument.get_env().map(|v| v.to_string_lossy().into_owned());
    note("环境变量", variable.into_iter().collect());
    let help = argument.get_help().map(ToString::to_string);
    argument
        .help(format!("{}{notes}", help.unwrap_or_default()))
        .hide_possible_values(true)
        .hide_default_value(true)
        .hide_env(true)
}

fn version(lang: Lang) -> Arg {
    Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help(lang.pick("显示版本", "Print version"))
}

/// For a command: what it does, and examples. For an argument (`command.argument`): its help, and
/// the name of its value.
#[rustfmt::skip]
fn english(key: &str) -> Option<(&'static str, &'static str)> {
    Some(match key {
        "" => ("Listens to recorded calls, judges them by rules with evidence, and reports: all on your own machine.",
            "Examples:\n  huiting scan recordings/ --calls calls.csv     scan a folder\n  huiting show CALL_ID                           one call's words and verdicts\n  huiting report monthly --month 2026-10         the monthly QA report\nEvery command has --help."),
        ".lang" => ("Language of messages", "LANGUAGE"),
        ".settings" => ("Settings file; huiting.toml in the current folder by default (need not exist)", "FILE"),
        "scan" => ("Scan recordings: transcribe, judge by rules, keep in the database",
            "Examples:\n  huiting scan recordings/\n  huiting scan recordings/ --calls calls.csv --db october.db --jobs 4\n  huiting scan a.wav b.mp3 --model large-v3-turbo-q5_0\n  huiting scan recordings/ --vox 8000            with .vox files, which have no header\n\nCtrl-C loses nothing: the recordings in work are finished; run the same command again to go on."),
        "scan.paths" => ("Recordings or folders (with their subfolders)", "PATH"),
        "scan.calls" => ("Call list (.csv or .jsonl): file, call_id, agent_id, unit, started_at …", "FILE"),
        "scan.vox" | "transcribe.vox" => ("Sample rate of .vox files (Dialogic, no header), usually 8000 or 6000; without it they are not read", "HZ"),
        "scan.ffmpeg" | "transcribe.ffmpeg" => ("The ffmpeg for formats without a built-in decoder (AMR, WMA …); off: none [default: ffmpeg on PATH]", "PROGRAM"),
        "scan.time_limit" | "transcribe.time_limit" => ("A recording may take so many times its own length, and 2 minutes more [default: 50]", "TIMES"),
        "scan.stall_limit" | "transcribe.stall_limit" => ("Give a recording up when its decoder gives nothing new for so many seconds [default: 120]", "SECONDS"),
        "scan.jobs" => ("Recordings in work at once [default: the processor's cores]", "N"),
        "scan.transcripts" => ("Take the words from this folder (a .json named as the recording) instead of a speech model", "FOLDER"),
        "scan.file_name_pattern" => ("What file names tell where there is no call list, as \"{started_at:%Y%m%d%H%M%S}_{agent_id}_{customer_number}.wav\"", "PATTERN"),
        "scan.fail_on_failures" => ("Exit code 1 when recordings failed", ""),
        "scan.quiet" | "recheck.quiet" => ("No progress", ""),
        "report weekly.db" | "report list.db" | "export violations.db" | "search.db" | "retention apply.db" | "retention hold.db" | "retention release.db" | "retention holds.db"
            | "scan.db" | "recheck.db" | "list.db" | "show.db" | "report monthly.db" | "eval transcripts.db" | "eval verdicts.db"
            => ("Database file [default: huiting.db]", "FILE"),
        "scan.model" | "transcribe.model" => ("Speech model: a file, or a name from `huiting model list` [default: demo]", "MODEL"),
        "scan.rules" | "check.rules" | "recheck.rules" | "report monthly.rules" | "report weekly.rules"
            => ("Folder of rules [default: rules in the current folder, else the bundled ones]", "FOLDER"),
        "transcribe" => ("Transcribe one recording, text only",
            "Examples:\n  huiting transcribe call.wav\n  huiting transcribe call.mp3 --format srt > call.srt\n  huiting transcribe call.wav --agent-channel 1 --format jsonl"),
        "transcribe.file" => ("Recording", "FILE"),
        "transcribe.format" | "check.format" | "list.format" => ("Output format", "FORMAT"),
        "transcribe.agent_channel" => ("Channel of the agent, from 0; decided from the words if not given", "CHANNEL"),
        "transcribe.unmasked" => ("Do not mask phone, identity and card numbers", ""),
        "show.unmasked" => ("Do not mask phone, identity and card numbers; where there are people, only for compliance, and noted in the log", ""),
        "report monthly.person" | "report weekly.person" | "export violations.person" | "retention apply.person" | "retention hold.person" | "retention release.person" | "retention holds.person"
            => ("Who acts: a person's id [default: person in huiting.toml]", "PERSON"),
        "show.person" | "list.person" | "search.person" => ("Who looks: a person's id, who then sees only what they may [default: person in huiting.toml]", "PERSON"),
        "check" => ("Judge written dialogues (JSON Lines), no sound needed",
            "One dialogue a line:\n  {\"id\": \"1\", \"meta\": {\"direction\": \"outbound\"}, \"turns\": [{\"s\": \"agent\", \"t\": \"您好\"}, {\"s\": \"customer\", \"t\": \"你说\"}]}\n\nExamples:\n  huiting check dialogues.jsonl\n  huiting check dialogues.jsonl --format jsonl > verdicts.jsonl\n  cat dialogues.jsonl | huiting check - --fail-on violation"),
        "check.dialogues" => ("Dialogues, one JSON object a line; - for standard input", "DIALOGUES.jsonl"),
        "check.fail_on" => ("Exit code 1 when this is found", "OUTCOME"),
        "recheck" => ("Judge the calls in the database again with today's rules, without listening",
            "Examples:\n  huiting recheck\n  huiting recheck --month 2026-10 --rules new-rules/"),
        "recheck.month" => ("Only calls of this month, as 2026-10", "YYYY-MM"),
        "report weekly" => ("The weekly bulletin: how the month's key items fared in the week",
            "Examples:\n  huiting report weekly --week 2026-W42\n  huiting report weekly --week 2026-W42 --out bulletin.xlsx --lang en\n\nKey items are set by the manager for each month; without any, the four key items stand."),
        "report weekly.week" => ("Week (Monday to Sunday), as 2026-W42; the one before the time of the data by default", "YYYY-Www"),
        "report weekly.unit" | "report monthly.unit" => ("Only this unit, with those below it", "UNIT"),
        "report weekly.as_of" | "report monthly.as_of" => ("Facts up to when, as 2026-11-02 or 2026-11-02T09:00 [default: now]", "TIME"),
        "report weekly.template" | "report monthly.template" => ("Use the templates in this folder instead (monthly.html, loop.html, weekly.html, report.css)", "FOLDER"),
        "report weekly.format" | "report monthly.format" => ("Format [default: by the ending of --out, else html]", "FORMAT"),
        "report list" => ("Reports issued, and which of them later decisions have changed", "Example:\n  huiting report list"),
        "export" => ("Export violations and evidence packs", ""),
        "export violations" => ("Export violations as a table, and evidence packs",
            "Examples:\n  huiting export violations --month 2026-10 --format xlsx\n  huiting export violations --rule penalty-disclosure --format csv --bom --out penalty.csv\n  huiting export violations --month 2026-10 --severity critical --evidence evidence/2026-10\n\nA pack holds for each violation clips (5 s before and after, a tone over numbers), an excerpt, the verdict, and a manifest of digests; huiting evidence verify checks it."),
        "export violations.month" => ("Month, as 2026-10; all by default", "YYYY-MM"),
        "export violations.unit" | "search.unit" => ("Unit, with those below it", "UNIT"),
        "export violations.rule" => ("Rule", "RULE"),
        "export violations.severity" => ("Severity", "SEVERITY"),
        "export violations.state" => ("State in the loop", "STATE"),
        "export violations.format" => ("Format of the table [default: csv; no table when only a pack is asked for]", "FORMAT"),
        "export violations.out" => ("File of the table [default: violations-MONTH.FORMAT]", "FILE"),
        "export violations.bom" => ("Begin the CSV with the UTF-8 mark (BOM) that older spreadsheets need", ""),
        "export violations.evidence" => ("Write an evidence pack to this new folder", "FOLDER"),
        "export violations.hide_names" => ("Hide names that people give themselves in the pack too ([evidence] hide-names in the settings)", ""),
        "export violations.unmasked" => ("Do not mask phone, identity and card numbers", ""),
        "evidence" => ("Evidence packs: verify", ""),
        "evidence verify" => ("Verify a pack: whether every file is as the manifest says",
            "Examples:\n  huiting evidence verify evidence/2026-10\n\nExit code 0 when all is as it was, 1 when a file is missing, changed or added."),
        "evidence verify.folder" => ("Folder of the pack", "FOLDER"),
        "search" => ("Find words in what was said",
            "Examples:\n  huiting search 违约金\n  huiting search \"违约金 不用管\" --speaker agent\n  huiting search 投诉 --from 2026-10-01 --to 2026-10-07\n\nSeveral words must all be in one utterance."),
        "search.words" => ("Words to find, with spaces between", "WORDS"),
        "search.speaker" => ("Only what this side said", "WHO"),
        "search.agent" => ("Agent's number", "AGENT"),
        "search.from" => ("From this day on, as 2026-10-01", "DAY"),
        "search.to" => ("Up to this day", "DAY"),
        "search.limit" => ("At most so many utterances", "N"),
        "search.format" => ("Output format", "FORMAT"),
        "retention" => ("Retention: delete what has expired, hold what must stay", ""),
        "retention apply" => ("Delete words and clips whose time is over (never recordings, verdicts or scores)",
            "Examples:\n  huiting retention apply --keep-days 180 --dry-run    see first what would go\n  huiting retention apply --keep-days 180\n\nRecordings are never touched. Calls without a date and calls on hold are kept."),
        "retention apply.keep_days" => ("How many days to keep", "DAYS"),
        "retention apply.dry_run" => ("Only say what would be deleted", ""),
        "retention apply.as_of" => ("As if today were this day [default: today]", "DAY"),
        "retention hold" => ("Hold a call: never delete its words", "Example:\n  huiting retention hold demo-03 --reason \"law suit\""),
        "retention hold.call_id" | "retention release.call_id" => ("Call id", "CALL_ID"),
        "retention hold.reason" => ("Why", "REASON"),
        "retention release" => ("Lift a hold", "Example:\n  huiting retention release demo-03"),
        "retention holds" => ("List the calls on hold", "Example:\n  huiting retention holds"),
        "rules" => ("Rules: list, explain, check, test, begin, compare", ""),
        "rules list" => ("List all rules", "Examples:\n  huiting rules list"),
        "rules explain" => ("A rule in sentences: when it applies, what it demands and forbids, points, basis, examples", "Examples:\n  huiting rules explain penalty-disclosure"),
        "rules explain.id" => ("Rule", "RULE"),
        "rules check" => ("Check the rule files; all errors at once", "Examples:\n  huiting rules check\n  huiting rules check --rules new-rules/"),
        "rules test" => ("Test rules: the examples in them, and labelled dialogues",
            "Examples:\n  huiting rules test\n  huiting rules test dialogues.jsonl\n  huiting rules test dialogues.jsonl --misheard 10 --seed 3"),
        "rules test.misheard" => ("Replace so many per cent of the characters by others of the same sound first (0 to 100)", "PER_CENT"),
        "rules test.seed" => ("Which characters: the same number, the same result", "NUMBER"),
        "rules test.without_sound" => ("Do not match by sound, for comparison", ""),
        "rules test.without_models" => ("Leave the learned part out, for comparison", ""),
        "rules test.dialogues" => ("Labelled dialogues (JSON Lines); without, only the examples in the rules are tested", "DIALOGUES.jsonl"),
        "rules new" => ("Begin a rule: a complete file that passes, to be changed", "Examples:\n  huiting rules new number-portability-free\n  huiting rules new polite-goodbye --folder service"),
        "rules new.id" => ("Id (file name) of the rule, as number-portability-free", "RULE"),
        "rules new.folder" => ("Folder within the folder of rules: compliance, service or acoustic", "FOLDER"),
        "rules diff" => ("Compare two sets of rules: which calls change, how and why", "Examples:\n  huiting rules diff rules/ new-rules/ dialogues.jsonl\n  huiting rules diff rules/ new-rules/ --db october.db"),
        "rules diff.old" => ("Folder of the old rules", "OLD"),
        "rules diff.new" => ("Folder of the new rules", "NEW"),
        "rules diff.dialogues" => ("Compare on these dialogues; without, on the calls in the database", "DIALOGUES.jsonl"),
        "rules diff.db" | "rules coverage.db" => ("Database file [default: huiting.db]", "FILE"),
        "rules coverage" => ("Cues never heard in the calls in the database", "Examples:\n  huiting rules coverage --db october.db"),
        "rules train" => ("Train the learned part of cues with learned = true; weights go into the folder of rules", "Examples:\n  huiting rules train sentences.jsonl --rules rules"),
        "rules score" => ("Precision and recall of every cue",
            "Examples:\n  huiting rules score sentences.jsonl\n  huiting rules score sentences.jsonl --cue penalty-stated --misses"),
        "rules score.cue" => ("Only this cue (may be given several times)", "CUE"),
        "rules score.misses" => ("List the sentences that the written part hears wrongly or misses", ""),
        "rules train.sentences" | "rules score.sentences" => ("Labelled sentences (JSON Lines): {\"cue\", \"speaker\", \"text\", \"positive\"}", "SENTENCES.jsonl"),
        "rules schema" => ("Print the JSON Schema of rule files, for editors", "Examples:\n  huiting rules schema > rule.schema.json"),
        "rules schema.vocabulary" => ("The schema of vocabulary files", ""),
        "rules list.rules" | "rules explain.rules" | "rules check.rules" | "rules test.rules" | "rules new.rules"
        | "rules coverage.rules" | "rules train.rules" | "rules score.rules"
            => ("Folder of rules [default: rules in the current folder, else the bundled ones]", "FOLDER"),
        "model list" => ("List the models and which are here", "Examples:\n  huiting model list"),
        "model fetch" => ("Download a model (resumes; checked before it counts)", "Examples:\n  huiting model fetch large-v3-turbo-q5_0"),
        "model verify" => ("Check the models that are here", "Examples:\n  huiting model verify large-v3-turbo-q5_0"),
        "model list.catalog" | "model fetch.catalog" | "model verify.catalog" => ("A catalog of your own, put before the bundled one", "FILE"),
        "model fetch.name" => ("Name of the model (see huiting model list)", "NAME"),
        "model fetch.to" => ("Folder to put it in [default: the user's data folder]", "FOLDER"),
        "model fetch.url" => ("Address of a mirror to download from instead", "URL"),
        "model verify.target" => ("Model or folder to check; all that are here by default", "MODEL"),
        "report" => ("Make a report", ""),
        "report monthly" => ("Monthly QA report: one HTML file to open or print",
            "Examples:\n  huiting report monthly --month 2026-10\n  huiting report monthly --month 2026-10 --out october.html --lang en"),
        "report monthly.month" => ("Month, as 2026-10; the latest in the database by default", "YYYY-MM"),
        "report weekly.out" | "report monthly.out" => ("Output file [default: monthly-MONTH.html]", "FILE"),
        "list" => ("List the calls in the database",
            "Examples:\n  huiting list\n  huiting list --month 2026-10 --rule penalty-disclosure\n  huiting list --outcome cannot-judge --format jsonl\n  huiting list --failures"),
        "list.month" => ("Month, as 2026-10", "YYYY-MM"),
        "list.agent" => ("Agent's number", "AGENT"),
        "list.unit" => ("Unit", "UNIT"),
        "list.rule" => ("Only calls on which this rule is violated (or has the --outcome)", "RULE"),
        "list.outcome" => ("Only calls with such a verdict", "OUTCOME"),
        "list.limit" => ("List at most so many calls", "N"),
        "list.failures" => ("List the files that could not be done instead, with their reasons", ""),
        "show" => ("Show one call: words, verdicts, evidence",
            "Examples:\n  huiting show demo-03\n  huiting show demo-03 --all\n\n▸ marks the words that a verdict rests on."),
        "show.call_id" => ("Call id (see huiting list)", "CALL_ID"),
        "show.all" => ("List rules that pass or do not apply, too", ""),
        "eval" => ("Measure against the truth", ""),
        "eval transcripts" => ("Character error rate: the transcripts in the database against the truth",
            "The truth is one JSON file a call: {\"id\": call id, \"turns\": [{\"speaker\", \"from_ms\", \"to_ms\", \"text\"}], \"labels\": {rule: {\"v\": verdict}}}\n\nExample:\n  huiting eval transcripts fixtures/calls --db target/demo/huiting.db"),
        "eval verdicts" => ("Accuracy of verdicts: the verdicts in the database against the labels",
            "Example:\n  huiting eval verdicts fixtures/calls --db target/demo/huiting.db"),
        "eval mix" => ("Mix two-channel recordings to one channel, to measure how well one-channel speakers are told apart",
            "Example:\n  huiting eval mix fixtures/calls --calls fixtures/calls/calls.csv --out target/mono\n  huiting scan target/mono --calls target/mono/calls.csv --db target/mono.db --model models/huiting-demo.bin\n  huiting eval transcripts fixtures/calls --db target/mono.db\n  huiting eval verdicts fixtures/calls --db target/mono.db"),
        "eval mix.paths" => ("Recordings, or folders of them", "PATH"),
        "eval mix.out" => ("Folder for the one-channel recordings (.wav)", "FOLDER"),
        "eval mix.calls" => ("Call list (.csv); a calls.csv that names the mixed files is written beside them", "FILE"),
        "eval transcripts.truth" | "eval verdicts.truth" => ("Folder of truth files (.json)", "FOLDER"),
        "model" => ("Speech models: list, fetch, verify", ""),
        _ => return super::english_loop::english(key),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn missing(command: &Command, path: &str, found: &mut Vec<String>) {
        let chinese = |text: Option<String>| {
            text.unwrap_or_default()
                .chars()
                .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
        };
        if chinese(command.get_about().map(ToString::to_string))
            || chinese(
                command
                    .get_after_help()
                    .map(ToString::to_string)
                    .map(|text| {
                        // Examples may quote what is said in calls.
                        ["您好", "你说", "违约金", "不用管", "投诉"]
                            .iter()
                            .fold(text, |text, said| text.replace(said, ""))
                    }),
            )
        {
            found.push(path.to_owned());
        }
        for argument in command.get_arguments() {
            let values = argument.get_value_names().unwrap_or_default();
            if chinese(argument.get_help().map(ToString::to_string))
                || values.iter().any(|name| chinese(Some(name.to_string())))
            {
                found.push(format!("{path}.{}", argument.get_id()));
            }
        }
        for inner in command.get_subcommands() {
            missing(inner, &format!("{path} {}", inner.get_name()), found);
        }
    }

    #[test]
    fn every_command_and_argument_has_english_words() {
        let mut found = Vec::new();
        missing(
            &translated(super::super::Cli::command(), Lang::En),
            "",
            &mut found,
        );
        assert!(found.is_empty(), "no English help for: {found:?}");
    }

    #[test]
    fn every_argument_has_help_in_chinese() {
        fn without_help(command: &Command, found: &mut Vec<String>) {
            for argument in command
                .get_arguments()
                .filter(|argument| argument.get_help().is_none())
            {
                found.push(format!("{} {}", command.get_name(), argument.get_id()));
            }
            for inner in command.get_subcommands() {
                without_help(inner, found);
            }
        }
        let mut found = Vec::new();
        without_help(
            &translated(super::super::Cli::command(), Lang::Zh),
            &mut found,
        );
        assert!(found.is_empty(), "no help for: {found:?}");
    }
}
