//! What the user reads about each problem of a rule file: title, label under the caret, remedy.

use super::diagnostics::{NeverTrue, Problem};
use crate::lang::Lang;

impl Problem {
    /// Title, label and remedy in the language.
    pub(super) fn words(&self, lang: Lang) -> (String, String, String) {
        let (title, label, remedy) = match lang {
            Lang::Zh => self.chinese(),
            Lang::En => self.english(),
        };
        (title, label, remedy)
    }

    fn chinese(&self) -> (String, String, String) {
        match self {
            Problem::Syntax(detail) => say(
                "这不是 TOML",
                detail,
                "检查这一行的引号、等号和括号是否成对。",
            ),
            Problem::UnknownKey { key, nearest, known } => say(
                format!("不认识的键「{key}」"),
                "没有这个键",
                nearest_or(nearest, known, "是不是", "可用的键:"),
            ),
            Problem::MissingKey(key) => say(
                format!("缺少「{key}」"),
                "这里应当有它",
                format!("加一行 {key} = …"),
            ),
            Problem::WrongType { expected, found } => say(
                "写法不对",
                format!("这里是{}", type_zh(found)),
                format!("这里要写{}。", type_zh(expected)),
            ),
            Problem::UnknownValue { value, nearest, known } => say(
                format!("不认识的取值「{value}」"),
                "没有这个取值",
                nearest_or(nearest, known, "是不是", "可以写:"),
            ),
            Problem::IdIsNotFileName { id, file } => say(
                "规则编号与文件名不同",
                format!("文件名是 {file}.toml"),
                format!("把 id 改成 \"{file}\",或把文件改名为 {id}.toml。"),
            ),
            Problem::IdShape => say(
                "编号的写法不对",
                "只用小写字母、数字和 -",
                "例如 penalty-disclosure。",
            ),
            Problem::RuleTwice { id, other } => say(
                format!("规则「{id}」出现了两次"),
                format!("{other} 里已经有了"),
                "给其中一条换一个编号。",
            ),
            Problem::CueTwice { cue, other } => say(
                format!("线索「{cue}」定义了两次"),
                format!("{other} 里已经有了"),
                "换一个名字,或删掉一处、共用另一处。",
            ),
            Problem::UnknownCue { cue, nearest } => say(
                format!("没有线索「{cue}」"),
                "哪里都没有定义",
                match nearest {
                    Some(nearest) => format!("是不是「{nearest}」?"),
                    None => format!("在本文件写 [cues.{cue}],或在 vocabulary/ 里定义它。"),
                },
            ),
            Problem::CueOfAnotherRule { cue, rule } => say(
                format!("线索「{cue}」只属于规则「{rule}」"),
                "这里用不到它",
                "把它移到 vocabulary/ 里,两条规则就都能用。",
            ),
            Problem::CueRing(names) => say(
                "线索互相引用,绕成一圈",
                names.join(" → "),
                "去掉其中一处引用。",
            ),
            Problem::UnusedCue(cue) => say(
                format!("线索「{cue}」没有用到"),
                "没有条件提到它",
                "在 when、require 或 forbid 里用它,或删掉它。",
            ),
            Problem::EmptyCue => say(
                "这个线索没有要听的内容",
                "没有 phrases",
                "写 phrases = [\"…\"](或 regex、similar、value、any-of、learned)。",
            ),
            Problem::EmptyPhrase => say(
                "空的说法",
                "什么也没写",
                "写上要听的话,或删掉它。",
            ),
            Problem::NothingToHear => say(
                "这个说法里没有必须听到的字",
                "只有空档、边界和可有可无的部分",
                "至少写一个一定要出现的词。",
            ),
            Problem::GapWithoutEnds => say(
                "空档没有两端",
                "空档的两边都要有字",
                "去掉首尾的 {~n},或在它两边写上字;说法本来就可以出现在句子中间。",
            ),
            Problem::GapSize(size) => say(
                format!("空档「{size}」的字数不对"),
                "要写 1 到 40 的数",
                "例如 {~6}:中间最多隔六个字。",
            ),
            Problem::OpenBrace => say(
                "括号没有关上",
                "这个 { 没有对应的 }",
                "补上 }。",
            ),
            Problem::StrayBrace => say(
                "多出来的括号",
                "前面没有对应的 {",
                "删掉它,或补上 {。",
            ),
            Problem::NestedTooDeep => say(
                "括号套得太深",
                "超过四层",
                "拆成几条说法。",
            ),
            Problem::EdgeInside => say(
                "句首、句尾的记号放错了地方",
                "^ 只能在最前,$ 只能在最后",
                "删掉它,或拆成两条说法;分句的边界写 {^} 和 {$}。",
            ),
            Problem::UnknownWords { name, nearest } => say(
                format!("没有词表「{name}」"),
                "哪里都没有定义",
                match nearest {
                    Some(nearest) => format!("是不是 {{@{nearest}}}?"),
                    None => format!("在 [words] 下写 {name} = [\"…\"]。"),
                },
            ),
            Problem::WordsTwice { name, other } => say(
                format!("词表「{name}」定义了两次"),
                format!("{other} 里已经有了"),
                "换一个名字,或删掉一处。",
            ),
            Problem::WordRing(names) => say(
                "词表互相引用,绕成一圈",
                names.join("、"),
                "去掉其中一处引用。",
            ),
            Problem::UnknownPlaceholder { name, nearest } => say(
                format!("不认识的记号「{{{name}}}」"),
                "既不是选择,也不是空档或数值",
                match nearest {
                    Some(nearest) => format!("是不是 {{{nearest}}}?"),
                    None => "选择写 {甲|乙},可有可无写 {甲|},空档写 {~6},词表写 {@名字},数值写 {money} {number} {duration} {data} {percent} {date},分句边界写 {^} {$}。".into(),
                },
            ),
            Problem::TooShortForSound { phrase } => say(
                "太短,不能按读音匹配",
                format!("「{phrase}」不到三个音节"),
                "写长一些,或去掉 sounds-like = true。",
            ),
            Problem::BadRegex(detail) => say(
                "正则表达式写错了",
                detail,
                "改正它;能用 phrases 说清的,就不要用正则。",
            ),
            Problem::RegexTooLarge => say(
                "正则表达式太大",
                "编译后超过一兆字节",
                "减少重复次数(如 {1,1000}),或拆成几条。",
            ),
            Problem::RegexMatchesNothing => say(
                "正则表达式可以匹配空文字",
                "这样处处都算听到",
                "让它至少匹配一个字。",
            ),
            Problem::Measure { text, turns, seconds } => say(
                format!("看不懂的长度「{text}」"),
                "要写数和单位",
                match (turns, seconds) {
                    (true, true) => "写 \"60 s\"(秒)或 \"3 turns\"(轮)。".to_owned(),
                    (true, false) => "写 \"3 turns\"(轮)。".to_owned(),
                    _ => "写 \"15 s\"(秒)。".to_owned(),
                },
            ),
            Problem::UnknownAccent { name, nearest } => say(
                format!("不认识的口音「{name}」"),
                "没有这一类",
                match nearest {
                    Some(nearest) => format!("是不是 \"{nearest}\"?"),
                    None => "例如 \"z-zh\"、\"n-l\"、\"in-ing\"。".into(),
                },
            ),
            Problem::OutOfRange { what, from, to } => say(
                format!("{what} 超出范围"),
                format!("要在 {from} 到 {to} 之间"),
                "换一个在范围里的数。",
            ),
            Problem::EffectiveUpsideDown => say(
                "有效期前后颠倒",
                "from 在 to 之后",
                "把两个日期对调。",
            ),
            Problem::DateWithoutDay => say(
                "这里要写日期",
                "没有年月日",
                "写成 2026-01-01,不加引号。",
            ),
            Problem::LimitsContradict { least, most } => say(
                "上下限互相矛盾",
                format!("至少 {least},却至多 {most}"),
                "让下限不大于上限。",
            ),
            Problem::NeverTrue(why) => why.chinese(),
            Problem::AlwaysTrue => say(
                "这个条件永远成立",
                "不用听就知道",
                "删掉它,或写上要求。",
            ),
            Problem::EmptyList => say(
                "空的列表",
                "里面什么也没有",
                "写上条件,或删掉这一行。",
            ),
            Problem::KeysDoNotFit { key, other } => say(
                format!("「{key}」和「{other}」不能一起写"),
                format!("有了「{other}」,它没有意义"),
                "拆成两个条件,放进 all 或 any 里。",
            ),
            Problem::NothingAsked => say(
                "这个条件没有内容",
                "没有说要什么",
                "写 cue = \"…\",或 all、any、none、sequence 等之一。",
            ),
            Problem::KeyNeedsKey { key, needs } => say(
                format!("「{key}」要和「{needs}」一起写"),
                format!("缺少「{needs}」"),
                format!("补上 {needs}。"),
            ),
            Problem::NoDemand => say(
                "这条规则什么也不要求,什么也不禁止",
                "没有 require 也没有 forbid",
                "写 [require](必须做到)或 [forbid](不许出现)。",
            ),
            Problem::DialogueLine { line } => say(
                "看不懂这一行对话",
                format!("「{line}」"),
                "每行写「客服: …」或「客户: …」(说不清是谁时写「不明: …」)。",
            ),
            Problem::EmptyDialogue => say(
                "例子里没有对话",
                "一句也没有",
                "每行写「客服: …」或「客户: …」。",
            ),
            Problem::EvidenceNotInDialogue(words) => say(
                format!("例子的对话里没有「{words}」"),
                "证据只能引用对话里的原话",
                "照对话里的写法写。",
            ),
            Problem::ImpossibleVerdict { verdict } => say(
                format!("这条规则给不出「{}」", outcome_zh(verdict)),
                "不可能有这个结果",
                "改例子的 verdict,或改规则。",
            ),
            Problem::MissingExample { verdict } => say(
                format!("还没有「{}」的例子", outcome_zh(verdict)),
                "examples 里没有这种结果",
                format!("加一个 [[examples]],verdict = \"{verdict}\"。"),
            ),
            Problem::NoWeights { path } => say(
                "还没有训练",
                format!("没有 {path}"),
                "运行 huiting rules train;在此之前只按写下的说法听。",
            ),
            Problem::Weights(detail) => say(
                "训练出来的权重不能用",
                detail,
                "重新运行 huiting rules train。",
            ),
        }
    }

    fn english(&self) -> (String, String, String) {
        match self {
            Problem::Syntax(detail) => say(
                "this is not TOML",
                detail,
                "check that quotes, equal signs and brackets of this line are paired.",
            ),
            Problem::UnknownKey { key, nearest, known } => say(
                format!("unknown key `{key}`"),
                "there is no such key",
                nearest_or(nearest, known, "did you mean", "known keys:"),
            ),
            Problem::MissingKey(key) => say(
                format!("`{key}` is missing"),
                "it belongs here",
                format!("add a line {key} = …"),
            ),
            Problem::WrongType { expected, found } => say(
                "wrong kind of value",
                format!("this is {}", type_en(found)),
                format!("write {} here.", type_en(expected)),
            ),
            Problem::UnknownValue { value, nearest, known } => say(
                format!("unknown value `{value}`"),
                "there is no such value",
                nearest_or(nearest, known, "did you mean", "write one of:"),
            ),
            Problem::IdIsNotFileName { id, file } => say(
                "the rule's id is not its file's name",
                format!("the file is {file}.toml"),
                format!("write id = \"{file}\", or rename the file to {id}.toml."),
            ),
            Problem::IdShape => say(
                "this cannot be an id",
                "only lower-case letters, digits and -",
                "for example penalty-disclosure.",
            ),
            Problem::RuleTwice { id, other } => say(
                format!("rule `{id}` exists twice"),
                format!("it is in {other} already"),
                "give one of them another id.",
            ),
            Problem::CueTwice { cue, other } => say(
                format!("cue `{cue}` is defined twice"),
                format!("it is in {other} already"),
                "rename it, or remove one and share the other.",
            ),
            Problem::UnknownCue { cue, nearest } => say(
                format!("there is no cue `{cue}`"),
                "defined nowhere",
                match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("write [cues.{cue}] in this file, or define it in vocabulary/."),
                },
            ),
            Problem::CueOfAnotherRule { cue, rule } => say(
                format!("cue `{cue}` belongs to rule `{rule}` alone"),
                "it cannot be used here",
                "move it to vocabulary/, then both rules can use it.",
            ),
            Problem::CueRing(names) => say(
                "cues refer to each other in a ring",
                names.join(" → "),
                "remove one of the references.",
            ),
            Problem::UnusedCue(cue) => say(
                format!("cue `{cue}` is never used"),
                "no condition names it",
                "use it in when, require or forbid, or remove it.",
            ),
            Problem::EmptyCue => say(
                "this cue has nothing to listen for",
                "no phrases",
                "write phrases = [\"…\"] (or regex, similar, value, any-of, learned).",
            ),
            Problem::EmptyPhrase => say(
                "empty phrase",
                "nothing is written here",
                "write the words to listen for, or remove it.",
            ),
            Problem::NothingToHear => say(
                "nothing in this phrase must be heard",
                "only gaps, edges and optional parts",
                "write at least one word that must occur.",
            ),
            Problem::GapWithoutEnds => say(
                "a gap without ends",
                "words must stand on both sides of a gap",
                "remove {~n} at the beginning or end, or write words beside it; a phrase may stand anywhere in a sentence anyway.",
            ),
            Problem::GapSize(size) => say(
                format!("`{size}` is no size of a gap"),
                "a number from 1 to 40 belongs here",
                "for example {~6}: at most six characters between.",
            ),
            Problem::OpenBrace => say("unclosed brace", "no } for this {", "add the }."),
            Problem::StrayBrace => say("stray brace", "no { before it", "remove it, or add the {."),
            Problem::NestedTooDeep => say(
                "braces nested too deep",
                "more than four levels",
                "split it into several phrases.",
            ),
            Problem::EdgeInside => say(
                "an edge in the wrong place",
                "^ only at the beginning, $ only at the end",
                "remove it, or write two phrases; the edge of a clause is {^} or {$}.",
            ),
            Problem::UnknownWords { name, nearest } => say(
                format!("there is no word list `{name}`"),
                "defined nowhere",
                match nearest {
                    Some(nearest) => format!("did you mean {{@{nearest}}}?"),
                    None => format!("write {name} = [\"…\"] under [words]."),
                },
            ),
            Problem::WordsTwice { name, other } => say(
                format!("word list `{name}` is defined twice"),
                format!("it is in {other} already"),
                "rename it, or remove one.",
            ),
            Problem::WordRing(names) => say(
                "word lists refer to each other in a ring",
                names.join(", "),
                "remove one of the references.",
            ),
            Problem::UnknownPlaceholder { name, nearest } => say(
                format!("unknown placeholder `{{{name}}}`"),
                "neither alternatives nor a gap nor a value",
                match nearest {
                    Some(nearest) => format!("did you mean {{{nearest}}}?"),
                    None => "alternatives are {a|b}, optional words {a|}, gaps {~6}, word lists {@name}, values {money} {number} {duration} {data} {percent} {date}, edges of a clause {^} {$}.".into(),
                },
            ),
            Problem::TooShortForSound { phrase } => say(
                "too short to be matched by sound",
                format!("`{phrase}` has fewer than three syllables"),
                "make it longer, or remove sounds-like = true.",
            ),
            Problem::BadRegex(detail) => say(
                "not a regular expression",
                detail,
                "mend it; what phrases can say needs no regular expression.",
            ),
            Problem::RegexTooLarge => say(
                "the regular expression is too large",
                "over one megabyte when compiled",
                "repeat less (such as {1,1000}), or split it.",
            ),
            Problem::RegexMatchesNothing => say(
                "the regular expression matches empty text",
                "it would be heard everywhere",
                "make it match at least one character.",
            ),
            Problem::Measure { text, turns, seconds } => say(
                format!("`{text}` is no length"),
                "a number and a unit belong here",
                match (turns, seconds) {
                    (true, true) => "write \"60 s\" or \"3 turns\".".to_owned(),
                    (true, false) => "write \"3 turns\".".to_owned(),
                    _ => "write \"15 s\".".to_owned(),
                },
            ),
            Problem::UnknownAccent { name, nearest } => say(
                format!("unknown accent `{name}`"),
                "there is no such class",
                match nearest {
                    Some(nearest) => format!("did you mean \"{nearest}\"?"),
                    None => "for example \"z-zh\", \"n-l\", \"in-ing\".".into(),
                },
            ),
            Problem::OutOfRange { what, from, to } => say(
                format!("{what} is out of range"),
                format!("it must lie between {from} and {to}"),
                "write a number in that range.",
            ),
            Problem::EffectiveUpsideDown => say(
                "the effective range is upside down",
                "from is later than to",
                "swap the two dates.",
            ),
            Problem::DateWithoutDay => say(
                "a date belongs here",
                "no year, month and day",
                "write 2026-01-01, without quotes.",
            ),
            Problem::LimitsContradict { least, most } => say(
                "the limits contradict each other",
                format!("at least {least}, yet at most {most}"),
                "make the lower limit no greater than the upper.",
            ),
            Problem::NeverTrue(why) => why.english(),
            Problem::AlwaysTrue => say(
                "this condition always holds",
                "it is known without listening",
                "remove it, or write what is asked for.",
            ),
            Problem::EmptyList => say(
                "empty list",
                "there is nothing in it",
                "write conditions, or remove the line.",
            ),
            Problem::KeysDoNotFit { key, other } => say(
                format!("`{key}` and `{other}` do not go together"),
                format!("beside `{other}` it has no meaning"),
                "make two conditions of it, in all or any.",
            ),
            Problem::NothingAsked => say(
                "this condition asks for nothing",
                "it does not say what for",
                "write cue = \"…\", or one of all, any, none, sequence …",
            ),
            Problem::KeyNeedsKey { key, needs } => say(
                format!("`{key}` needs `{needs}`"),
                format!("`{needs}` is missing"),
                format!("add {needs}."),
            ),
            Problem::NoDemand => say(
                "this rule demands and forbids nothing",
                "neither require nor forbid",
                "write [require] (what must be done) or [forbid] (what must not occur).",
            ),
            Problem::DialogueLine { line } => say(
                "this line of dialogue cannot be read",
                format!("`{line}`"),
                "write `agent: …` or `customer: …` (`unknown: …` when nobody can tell).",
            ),
            Problem::EmptyDialogue => say(
                "the example has no dialogue",
                "not a single line",
                "write `agent: …` or `customer: …`, one utterance a line.",
            ),
            Problem::EvidenceNotInDialogue(words) => say(
                format!("`{words}` is not in the example's dialogue"),
                "evidence can only quote the dialogue",
                "write it as it stands there.",
            ),
            Problem::ImpossibleVerdict { verdict } => say(
                format!("this rule can never give `{verdict}`"),
                "not a possible verdict",
                "change the example's verdict, or the rule.",
            ),
            Problem::MissingExample { verdict } => say(
                format!("no example of `{verdict}` yet"),
                "the examples lack this verdict",
                format!("add an [[examples]] with verdict = \"{verdict}\"."),
            ),
            Problem::NoWeights { path } => say(
                "not trained yet",
                format!("there is no {path}"),
                "run huiting rules train; until then only the written wordings are heard.",
            ),
            Problem::Weights(detail) => say(
                "the trained weights cannot be used",
                detail,
                "run huiting rules train again.",
            ),
        }
    }
}

impl NeverTrue {
    fn chinese(&self) -> (String, String, String) {
        let (label, remedy): (String, &str) = match self {
            NeverTrue::BesideItself => (
                "它不会在它自己之前或之后".into(),
                "写另一个线索;要听到几次,用 min。",
            ),
            NeverTrue::OtherSpeaker { cue, condition } => (
                format!("线索只听 {cue},这里却要 {condition}"),
                "去掉一处 speaker,或让两处一致。",
            ),
            NeverTrue::MoreThanThereAre { least, of } => {
                (format!("一共 {of} 个,却要 {least} 个"), "把数改小。")
            }
            NeverTrue::AnswerToOneself => (
                "回答和问题是同一方说的".into(),
                "answer-to 要写对方说的线索。",
            ),
            NeverTrue::BesideOtherSpeaker => (
                "同一轮里只有一方在说".into(),
                "beside 要写同一方的线索;对方的用 after、within。",
            ),
            NeverTrue::AskedAndRefused(name) => {
                (format!("既要「{name}」,又不要「{name}」"), "去掉其中一处。")
            }
            NeverTrue::EmptyWindow => ("范围是零".into(), "写一个大于零的数。"),
            NeverTrue::RequiredAndForbidden(name) => {
                (format!("「{name}」既是必须的,又是禁止的"), "去掉其中一处。")
            }
        };
        say("这个条件永远不会成立", label, remedy)
    }

    fn english(&self) -> (String, String, String) {
        let (label, remedy): (String, &str) = match self {
            NeverTrue::BesideItself => (
                "nothing comes before or after itself".into(),
                "name another cue; for several times use min.",
            ),
            NeverTrue::OtherSpeaker { cue, condition } => (
                format!("the cue listens to the {cue}, this asks for the {condition}"),
                "remove one speaker, or make them agree.",
            ),
            NeverTrue::MoreThanThereAre { least, of } => (
                format!("{least} are asked for, there are {of}"),
                "write a smaller number.",
            ),
            NeverTrue::AnswerToOneself => (
                "question and answer are of the same side".into(),
                "answer-to names a cue of the other side.",
            ),
            NeverTrue::BesideOtherSpeaker => (
                "in one turn only one side speaks".into(),
                "beside names a cue of the same side; for the other use after and within.",
            ),
            NeverTrue::AskedAndRefused(name) => (
                format!("`{name}` is asked for and refused"),
                "remove one of the two.",
            ),
            NeverTrue::EmptyWindow => ("a window of no length".into(), "write more than zero."),
            NeverTrue::RequiredAndForbidden(name) => (
                format!("`{name}` is required and forbidden"),
                "remove one of the two.",
            ),
        };
        say("this condition can never be true", label, remedy)
    }
}

fn say(
    title: impl Into<String>,
    label: impl Into<String>,
    remedy: impl Into<String>,
) -> (String, String, String) {
    (title.into(), label.into(), remedy.into())
}

fn nearest_or(nearest: &Option<String>, known: &[String], mean: &str, list: &str) -> String {
    match nearest {
        Some(nearest) => format!("{mean} `{nearest}`?"),
        None => format!("{list} {}", known.join(", ")),
    }
}

fn type_zh(name: &str) -> &str {
    match name {
        "string" => "带引号的文字",
        "integer" => "整数",
        "number" | "float" => "数",
        "boolean" => "true 或 false",
        "datetime" => "日期",
        "array" => "列表 […]",
        "table" => "表",
        other => other,
    }
}

fn type_en(name: &str) -> &str {
    match name {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" | "float" => "a number",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "a list […]",
        "table" => "a table",
        other => other,
    }
}

fn outcome_zh(verdict: &str) -> &str {
    match verdict {
        "pass" => "合格 pass",
        "violation" => "违规 violation",
        "not-applicable" => "不适用 not-applicable",
        "cannot-judge" => "待人工 cannot-judge",
        other => other,
    }
}

/// The known name nearest to what was written, if it is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate.to_owned())
}
