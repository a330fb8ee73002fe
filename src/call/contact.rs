//! How an outbound call went, as its call list tells: connected, talked, converted, order done.

use crate::{call::CallMetadata, time::Millis};

/// What the call list says of a call's outcome; `None` where it says nothing that is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub connected: Option<bool>,
    /// Time from answering to hanging up.
    pub talk: Option<Millis>,
    /// What the agent was told to say.
    pub script: Option<String>,
    /// The customer agreed to what was offered.
    pub converted: Option<bool>,
    /// What was agreed was set up.
    pub ordered: Option<bool>,
}

const CONNECTED: &[&str] = &["connected", "answered", "接通", "是否接通", "接通状态"];
const TALK: &[&str] = &[
    "talkseconds",
    "talktime",
    "通话时长",
    "通话秒数",
    "通话时长(秒)",
    "通话时长（秒）",
];
const SCRIPT: &[&str] = &["script", "话术", "话术名称", "营销话术"];
const CONVERTED: &[&str] = &[
    "converted",
    "转化",
    "是否转化",
    "是否办理",
    "办理结果",
    "营销结果",
];
const ORDERED: &[&str] = &[
    "ordersuccess",
    "orderstatus",
    "订单成功",
    "订单状态",
    "开通状态",
    "开通结果",
];

const YES: &[&str] = &[
    "是",
    "1",
    "yes",
    "y",
    "true",
    "成功",
    "接通",
    "已接通",
    "已转化",
    "转化",
    "同意",
    "已办理",
    "办理",
    "已开通",
    "已完成",
    "connected",
    "answered",
    "converted",
    "success",
    "done",
];
const NO: &[&str] = &[
    "否",
    "0",
    "no",
    "n",
    "false",
    "失败",
    "未接通",
    "无人接听",
    "未接听",
    "拒接",
    "占线",
    "忙",
    "关机",
    "停机",
    "空号",
    "未转化",
    "拒绝",
    "未办理",
    "未开通",
    "已取消",
    "取消",
    "busy",
    "no answer",
    "failed",
    "refused",
    "cancelled",
];

impl Contact {
    /// What the further columns of a call-list row tell. A talk time alone tells whether the call
    /// was connected too.
    pub fn of(metadata: &CallMetadata) -> Contact {
        let field = |names: &[&str]| {
            let fields = metadata.fields.iter();
            let mut named = fields.filter(|(heading, _)| names.contains(&plain(heading).as_str()));
            named
                .next()
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
        };
        let talk = field(TALK).and_then(talk_time);
        Contact {
            connected: field(CONNECTED)
                .and_then(answer)
                .or(talk.map(|talk| talk.0 > 0)),
            talk,
            script: field(SCRIPT).map(str::to_owned),
            converted: field(CONVERTED).and_then(answer),
            ordered: field(ORDERED).and_then(answer),
        }
    }
}

/// Case, spaces, `_` and `-` in a heading make no difference.
fn plain(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}'));
    kept.flat_map(char::to_lowercase).collect()
}

fn answer(value: &str) -> Option<bool> {
    let value = value.to_lowercase();
    match (YES.contains(&value.as_str()), NO.contains(&value.as_str())) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Seconds, or minutes and hours before them with colons: `75`, `01:15`, `0:01:15`.
fn talk_time(value: &str) -> Option<Millis> {
    let value = value.trim_end_matches(['秒', 's']).trim();
    let mut seconds: u64 = 0;
    for (place, part) in value.split(':').enumerate() {
        let part: u64 = part.trim().parse().ok().filter(|part| *part < 1_000_000)?;
        if place > 2 || place > 0 && part > 59 {
            return None;
        }
        seconds = seconds * 60 + part;
    }
    Some(Millis(seconds * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[(&str, &str)], expected: Contact) {
        let metadata = CallMetadata {
            fields: fields
                .iter()
                .map(|(heading, value)| ((*heading).to_owned(), (*value).to_owned()))
                .collect(),
            ..CallMetadata::default()
        };
        assert_eq!(Contact::of(&metadata), expected, "{fields:?}");
    }

    #[test]
    fn read_from_the_call_list() {
        check(
            &[
                ("是否接通", "是"),
                ("通话时长", "01:15"),
                ("话术", "融合套餐"),
                ("是否办理", "同意"),
                ("订单状态", "已取消"),
            ],
            Contact {
                connected: Some(true),
                talk: Some(Millis(75_000)),
                script: Some("融合套餐".to_owned()),
                converted: Some(true),
                ordered: Some(false),
            },
        );
        check(
            &[("Talk_Seconds", "0"), ("converted", "perhaps")],
            Contact {
                connected: Some(false),
                talk: Some(Millis(0)),
                ..Contact::default()
            },
        );
        check(
            &[("connected", "Busy"), ("script", " ")],
            Contact {
                connected: Some(false),
                ..Contact::default()
            },
        );
        check(&[("star", "5")], Contact::default());
    }

    #[test]
    fn talk_times() {
        for (value, seconds) in [
            ("18", Some(18)),
            ("18秒", Some(18)),
            ("1:00:01", Some(3601)),
            ("90:00", Some(5400)),
            ("1:75", None),
            ("1:2:3:4", None),
            ("-3", None),
            ("", None),
        ] {
            let expected = seconds.map(|seconds: u64| Millis(seconds * 1000));
            assert_eq!(talk_time(value), expected, "{value}");
        }
    }
}
