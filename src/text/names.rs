//! Names that people give themselves: 我叫王小明, 我是李雷, 免贵姓赵.

/// The hundred most frequent surnames and the compound ones still in use; a name that begins with
/// another is not found.
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";
const COMPOUND_SURNAMES: [&str; 8] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙",
];

/// Words before a name, and whether a whole name follows (else the surname alone).
const INTRODUCTIONS: [(&str, bool); 6] = [
    ("我的名字是", true),
    ("我名字叫", true),
    ("我叫", true),
    ("我是", true),
    ("免贵姓", false),
    ("我姓", false),
];

/// Characters that end a name: particles and what one is or does, never part of a given name.
const NOT_IN_NAMES: &str =
    "的了吗呢吧啊呀嘛么是在有不就也都这那您你我他她它们请想要跟和给打办说问到来去用没";

/// Where names stand that somebody gave after 我叫, 我是 or 我姓, as half-open ranges of characters
/// in rising order.
pub fn introduced_names(text: &str) -> Vec<(usize, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let introduction = INTRODUCTIONS.iter().find(|(words, _)| {
            let mut words = words.chars();
            let mut here = chars[at..].iter();
            words.all(|word| here.next() == Some(&word))
        });
        let Some((words, whole)) = introduction else {
            at += 1;
            continue;
        };
        let from = at + words.chars().count();
        let length = name_length(&chars[from..], *whole);
        if length > 0 {
            found.push((from, from + length));
        }
        at = from + length;
    }
    found
}

/// How many characters of the beginning are a name; 0 if it is none.
fn name_length(rest: &[char], whole: bool) -> usize {
    let familiar = usize::from(matches!(rest, ['小' | '老', ..]));
    let rest = &rest[familiar..];
    let compound = COMPOUND_SURNAMES.iter().any(|name| {
        let name: Vec<char> = name.chars().collect();
        rest.starts_with(&name)
    });
    let surname = match (compound, rest.first()) {
        (true, _) => 2,
        (false, Some(first)) if SURNAMES.contains(*first) => 1,
        _ => return 0,
    };
    if !whole || familiar > 0 {
        return familiar + surname;
    }
    let given = rest[surname..]
        .iter()
        .take(2)
        .take_while(|&&c| ('\u{4e00}'..='\u{9fff}').contains(&c) && !NOT_IN_NAMES.contains(c))
        .count();
    if given == 0 { 0 } else { surname + given }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let chars: Vec<char> = text.chars().collect();
        let names: Vec<String> = introduced_names(text)
            .into_iter()
            .map(|(from, to)| chars[from..to].iter().collect())
            .collect();
        assert_eq!(names, expected, "{text}");
    }

    #[test]
    fn names_after_an_introduction() {
        check("您好，我叫王小明。", &["王小明"]);
        check("我是李雷，你说。", &["李雷"]);
        check("我叫欧阳文博，我爱人姓赵", &["欧阳文博"]);
        check("免贵姓赵，我叫赵敏", &["赵", "赵敏"]);
        check("我是小李", &["小李"]);
    }

    #[test]
    fn what_is_no_name() {
        for text in [
            "我是中国电信的客户经理",
            "我是想问一下",
            "我叫你别打了",
            "我是不用的",
            "王小明",
            "",
        ] {
            check(text, &[]);
        }
    }
}
