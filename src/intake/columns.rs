//! The columns of a call list and how their values are read.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone};

use super::ListedCall;
use super::shown::shown_text;
use crate::call::{CallMetadata, Direction};
use crate::lang::{Lang, Say};

/// A column with a meaning of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    File,
    CallId,
    AgentId,
    AgentName,
    Unit,
    Channel,
    Direction,
    Business,
    StartedAt,
    AgentChannel,
    CustomerNumber,
}

/// Every column with its headings; the first is the one that messages name.
const HEADINGS: &[(Column, &[&str])] = &[
    (
        Column::File,
        &[
            "file",
            "filename",
            "filepath",
            "path",
            "recording",
            "文件",
            "文件名",
            "文件路径",
            "录音",
            "录音文件",
            "录音文件名",
            "录音路径",
        ],
    ),
    (
        Column::CallId,
        &[
            "callid",
            "id",
            "通话编号",
            "通话id",
            "录音编号",
            "流水号",
            "呼叫流水号",
            "通话流水号",
            "录音流水号",
        ],
    ),
    (
        Column::AgentId,
        &[
            "agentid",
            "agent",
            "工号",
            "坐席工号",
            "座席工号",
            "客户经理工号",
            "员工工号",
        ],
    ),
    (
        Column::AgentName,
        &[
            "agentname",
            "姓名",
            "坐席姓名",
            "座席姓名",
            "客户经理",
            "客户经理姓名",
            "员工姓名",
        ],
    ),
    (
        Column::Unit,
        &["unit", "单位", "部门", "班组", "所属单位", "所属部门"],
    ),
    (
        Column::Channel,
        &["channel", "渠道", "渠道类型", "所属渠道"],
    ),
    (
        Column::Direction,
        &["direction", "呼叫方向", "方向", "呼叫类型", "呼入呼出"],
    ),
    (Column::Business, &["business", "业务", "业务类型"]),
    (
        Column::StartedAt,
        &[
            "startedat",
            "starttime",
            "开始时间",
            "通话时间",
            "通话开始时间",
            "呼叫时间",
            "录音时间",
            "录音开始时间",
        ],
    ),
    (
        Column::AgentChannel,
        &[
            "agentchannel",
            "坐席声道",
            "座席声道",
            "客户经理声道",
            "员工声道",
        ],
    ),
    (
        Column::CustomerNumber,
        &[
            "customernumber",
            "客户号码",
            "客户电话",
            "用户号码",
            "手机号",
            "手机号码",
        ],
    ),
];

impl Column {
    /// The column of a heading; case, spaces, `_` and `-` make no difference.
    pub fn of_heading(heading: &str) -> Option<Column> {
        let plain: String = heading
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}'))
            .flat_map(char::to_lowercase)
            .collect();
        HEADINGS
            .iter()
            .find(|(_, names)| names.contains(&plain.as_str()))
            .map(|&(column, _)| column)
    }

    fn name(self, lang: Lang) -> &'static str {
        match self {
            Column::File => lang.pick("文件", "file"),
            Column::CallId => lang.pick("通话编号", "call_id"),
            Column::AgentId => lang.pick("工号", "agent_id"),
            Column::AgentName => lang.pick("姓名", "agent_name"),
            Column::Unit => lang.pick("单位", "unit"),
            Column::Channel => lang.pick("渠道", "channel"),
            Column::Direction => lang.pick("呼叫方向", "direction"),
            Column::Business => lang.pick("业务", "business"),
            Column::StartedAt => lang.pick("开始时间", "started_at"),
            Column::AgentChannel => lang.pick("坐席声道", "agent_channel"),
            Column::CustomerNumber => lang.pick("客户号码", "customer_number"),
        }
    }
}

/// A value that its column cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFault {
    pub column: Column,
    pub value: String,
}

impl Say for ValueFault {
    fn say(&self, lang: Lang) -> String {
        let (name, value) = (self.column.name(lang), shown_text(&self.value));
        let allowed = match self.column {
            Column::Direction => {
                lang.pick("呼入、呼出（inbound、outbound）", "inbound or outbound")
            }
            Column::StartedAt => lang.pick(
                "2026-10-01 09:00:00 这样的时间",
                "a time such as 2026-10-01T09:00:00+08:00",
            ),
            Column::AgentChannel => lang.pick(
                "0（左）、1（右）等声道号",
                "0 (left), 1 (right) or another channel",
            ),
            _ => lang.pick("文字", "text"),
        };
        lang.pick(
            format!("“{name}”一栏的“{value}”看不懂，应为{allowed}；本项按未知处理。"),
            format!(
                "In column {name} the value \"{value}\" is not {allowed}; it is taken as unknown."
            ),
        )
    }
}

/// Puts a value into `file` or `call`; an empty one means unknown.
pub(super) fn set(
    column: Column,
    value: &str,
    local: FixedOffset,
    file: &mut String,
    call: &mut ListedCall,
) -> Result<(), ValueFault> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(());
    }
    let fault = || ValueFault {
        column,
        value: value.to_owned(),
    };
    let text = Some(value.to_owned());
    let metadata = &mut call.metadata;
    match column {
        Column::File => value.clone_into(file),
        Column::CallId => call.call_id = text,
        Column::AgentId => metadata.agent_id = text,
        Column::AgentName => metadata.agent_name = text,
        Column::Unit => metadata.unit = text,
        Column::Channel => metadata.channel = text,
        Column::Business => metadata.business = text,
        Column::CustomerNumber => metadata.customer_number = text,
        Column::Direction => metadata.direction = Some(direction(value).ok_or_else(fault)?),
        Column::StartedAt => metadata.started_at = Some(time(value, local).ok_or_else(fault)?),
        Column::AgentChannel => {
            metadata.agent_channel = Some(agent_channel(value).ok_or_else(fault)?);
        }
    }
    Ok(())
}

/// What is unknown in `known` is taken from `other`.
pub(super) fn complete(known: &mut CallMetadata, other: CallMetadata) {
    fn fill<T>(known: &mut Option<T>, other: Option<T>) {
        if known.is_none() {
            *known = other;
        }
    }
    fill(&mut known.agent_id, other.agent_id);
    fill(&mut known.agent_name, other.agent_name);
    fill(&mut known.unit, other.unit);
    fill(&mut known.channel, other.channel);
    fill(&mut known.direction, other.direction);
    fill(&mut known.business, other.business);
    fill(&mut known.started_at, other.started_at);
    fill(&mut known.agent_channel, other.agent_channel);
    fill(&mut known.customer_number, other.customer_number);
    for (name, value) in other.fields {
        known.fields.entry(name).or_insert(value);
    }
}

fn direction(value: &str) -> Option<Direction> {
    match value.to_lowercase().as_str() {
        "inbound" | "in" | "incoming" | "呼入" | "入" | "来电" | "来话" => {
            Some(Direction::Inbound)
        }
        "outbound" | "out" | "outgoing" | "呼出" | "出" | "外呼" | "去电" | "去话" => {
            Some(Direction::Outbound)
        }
        _ => None,
    }
}

fn agent_channel(value: &str) -> Option<u16> {
    match value.to_lowercase().as_str() {
        "left" | "l" | "左" | "左声道" => Some(0),
        "right" | "r" | "右" | "右声道" => Some(1),
        number => number.parse().ok().filter(|&channel| channel < 32),
    }
}

/// RFC 3339, or a time without an offset on the clock of the place.
pub(super) fn time(value: &str, local: FixedOffset) -> Option<DateTime<FixedOffset>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(value) {
        return Some(time);
    }
    const TIMES: &[&str] = &[
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y/%m/%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y/%m/%d %H:%M",
        "%Y年%m月%d日 %H:%M:%S",
        "%Y年%m月%d日 %H:%M",
        "%Y年%m月%d日%H时%M分%S秒",
        "%Y%m%d%H%M%S",
        "%Y%m%d %H%M%S",
    ];
    const DAYS: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"];
    let naive = TIMES
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(value, format).ok())
        .or_else(|| {
            DAYS.iter()
                .find_map(|format| NaiveDate::parse_from_str(value, format).ok())
                .and_then(|day| day.and_hms_opt(0, 0, 0))
        })?;
    local.from_local_datetime(&naive).single()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beijing() -> FixedOffset {
        FixedOffset::east_opt(8 * 3600).unwrap()
    }

    #[test]
    fn headings_in_both_languages() {
        for (heading, expected) in [
            ("call_id", Some(Column::CallId)),
            ("Call ID", Some(Column::CallId)),
            ("\u{feff}file", Some(Column::File)),
            ("工号", Some(Column::AgentId)),
            (" 呼叫方向 ", Some(Column::Direction)),
            ("star_level", None),
        ] {
            assert_eq!(Column::of_heading(heading), expected, "{heading}");
        }
    }

    #[test]
    fn no_heading_means_two_columns() {
        let all: Vec<_> = HEADINGS.iter().flat_map(|(_, names)| *names).collect();
        for (column, names) in HEADINGS {
            for name in *names {
                assert_eq!(Column::of_heading(name), Some(*column), "{name}");
                assert_eq!(all.iter().filter(|other| **other == name).count(), 1);
            }
        }
    }

    fn check_time(value: &str, expected: &str) {
        let found = time(value, beijing()).map(|time| time.to_rfc3339());
        assert_eq!(found.as_deref().unwrap_or("?"), expected, "{value}");
    }

    #[test]
    fn times() {
        check_time("2026-10-01T09:00:00+08:00", "2026-10-01T09:00:00+08:00");
        check_time("2026-10-01T01:00:00Z", "2026-10-01T01:00:00+00:00");
        check_time("2026-10-01 09:00:00", "2026-10-01T09:00:00+08:00");
        check_time("2026/10/1 9:05", "2026-10-01T09:05:00+08:00");
        check_time("20261001090000", "2026-10-01T09:00:00+08:00");
        check_time("2026年10月1日 9:00:00", "2026-10-01T09:00:00+08:00");
        check_time("2026-10-01", "2026-10-01T00:00:00+08:00");
        check_time("2026-13-01 09:00:00", "?");
        check_time("yesterday", "?");
    }

    #[test]
    fn a_value_that_is_not_understood_is_said() {
        let fault = ValueFault {
            column: Column::Direction,
            value: "18824807932".into(),
        };
        assert_eq!(
            fault.say(Lang::Zh),
            "“呼叫方向”一栏的“188****7932”看不懂，应为呼入、呼出（inbound、outbound）；本项按未知处理。"
        );
        assert_eq!(
            fault.say(Lang::En),
            "In column direction the value \"188****7932\" is not inbound or outbound; it is taken as unknown."
        );
    }
}
