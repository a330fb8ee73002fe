//! Whether a person may make a move, and where it leads. Everything needed is given.

use chrono::{DateTime, Local, TimeDelta, Utc};
use serde::Deserialize;

use super::{Condition, FindingState, Leads, MOVES, Move, MoveRow, Position, RectificationState};
use crate::{
    lang::{Lang, Say},
    people::{Person, Role, UnitTree, roles_in_words},
};

/// The loop's limits, in whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// From publication (or from an appeal that was not granted) until which one may appeal.
    pub appeal_days: u32,
    /// From the opening of a rectification until evidence must be there.
    pub rectification_days: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            appeal_days: 7,
            rectification_days: 14,
        }
    }
}

impl Settings {
    pub fn appeal_window(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.appeal_days))
    }

    pub fn rectification_limit(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.rectification_days))
    }
}

/// What the check must know of the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub position: Position,
    /// Of the call, as the call list names it.
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    pub assignee: Option<String>,
    /// Who confirmed or rejected it.
    pub decided_by: Option<String>,
    pub submitted_by: Option<String>,
    pub appeal_until: Option<DateTime<Utc>>,
    pub grave_or_repeated: bool,
}

/// Who does what, when and why.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    pub mv: Move,
    pub by: &'a Person,
    pub at: DateTime<Utc>,
    pub reason: &'a str,
}

/// Why a move is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{person} has left")]
    Inactive { person: String },
    #[error("{person} does not see this call")]
    NotSeen { person: String, role: Role },
    #[error("{mv:?} is not a move from {from:?}")]
    Illegal {
        mv: Move,
        from: Position,
        legal: Vec<Move>,
    },
    #[error("{mv:?} is not for {role:?}")]
    Role {
        mv: Move,
        role: Role,
        may: Vec<Role>,
    },
    #[error("{mv:?} needs a reason")]
    NoReason { mv: Move },
    #[error("{condition:?} does not hold")]
    Condition {
        condition: Condition,
        assignee: Option<String>,
        until: Option<DateTime<Utc>>,
    },
}

impl Say for Refusal {
    fn say(&self, lang: Lang) -> String {
        match self {
            Refusal::Inactive { person } => lang.pick(
                format!("{person} 已停用,不能再操作。请换一个人,或由管理员重新启用(people import)"),
                format!("{person} has left and cannot act. Act as somebody else, or have an admin import them as active"),
            ),
            Refusal::NotSeen { person, role } if *role == Role::Agent => lang.pick(
                format!("{person} 是坐席,只能看自己的通话;这通电话不是本人的"),
                format!("{person} is an agent and sees own calls only; this call is somebody else's"),
            ),
            Refusal::NotSeen { person, .. } => lang.pick(
                format!("这通电话的单位不在 {person} 的权限范围内。请由有权限的人操作,或由管理员增加单位(people import)"),
                format!("the unit of this call is not among those given to {person}. Let somebody act who has it, or have an admin give it"),
            ),
            Refusal::Illegal { mv, from, legal } => {
                let (zh, en) = (legal_words(legal, Lang::Zh), legal_words(legal, Lang::En));
                lang.pick(
                    format!("现在是「{}」,不能{}。{zh}", from.say(lang), mv.say(lang)),
                    format!("it is “{}” now: {} is not possible. {en}", from.say(lang), mv.say(lang)),
                )
            }
            Refusal::Role { mv, role, may } => lang.pick(
                format!("{}不能{};这一步由{}做", role.say(lang), mv.say(lang), roles_in_words(may, lang)),
                format!("{} is not for the role {}; it is for: {}", mv.say(lang), role.say(lang), roles_in_words(may, lang)),
            ),
            Refusal::NoReason { mv } => lang.pick(
                format!("{}必须写明理由:--reason \"……\"", mv.say(lang)),
                format!("{} needs a reason: --reason \"…\"", mv.say(lang)),
            ),
            Refusal::Condition { condition, assignee, until } => condition_words(*condition, assignee.as_deref(), *until, lang),
        }
    }
}

fn legal_words(legal: &[Move], lang: Lang) -> String {
    let named: Vec<String> = legal
        .iter()
        .map(|mv| format!("{}(huiting {})", mv.say(lang), mv.command()))
        .collect();
    if named.is_empty() {
        return lang
            .pick(
                "已经结束,没有下一步",
                "It has ended: there is no further move",
            )
            .to_owned();
    }
    lang.pick(
        format!("可以做的是:{}", named.join("、")),
        format!("Possible are: {}", named.join(", ")),
    )
}

fn condition_words(
    condition: Condition,
    assignee: Option<&str>,
    until: Option<DateTime<Utc>>,
    lang: Lang,
) -> String {
    let until = until.map_or_else(
        || "–".to_owned(),
        |at| {
            at.with_timezone(&Local)
                .format("%Y-%m-%d %H:%M")
                .to_string()
        },
    );
    match condition {
        Condition::Assignee => {
            let to = assignee.unwrap_or("–");
            lang.pick(
                format!("它分派给了 {to};质检员只办分派给自己的。可先改派:huiting review assign"),
                format!("it is assigned to {to}; inspectors decide only what is assigned to them. Assign it anew first: huiting review assign"),
            )
        }
        Condition::WindowOpen => lang.pick(
            format!("申诉期已在 {until} 截止"),
            format!("the window for an appeal closed at {until}"),
        ),
        Condition::WindowPassed => lang.pick(
            format!("申诉期到 {until} 才结束,之前不能办结(坐席认可后即可)"),
            format!("the window for an appeal is open until {until}; before, only an acknowledged finding can be closed"),
        ),
        Condition::NotOwnDecision => lang.pick(
            "当初确认的人不能裁决对它的申诉,请由另一位复核员处理".to_owned(),
            "whoever confirmed it cannot decide the appeal; let another reviewer do it".to_owned(),
        ),
        Condition::GraveOrRepeated => lang.pick(
            "只有一票否决、重度或重复违规才要求整改".to_owned(),
            "only fatal, critical or repeated violations are rectified".to_owned(),
        ),
        Condition::NotOwnEvidence => lang.pick(
            "提交整改的人不能自己复查,请由另一人复查".to_owned(),
            "whoever gave the evidence cannot check it; let somebody else do it".to_owned(),
        ),
    }
}

/// Where the move leads.
///
/// # Errors
/// The first thing that speaks against it: the person, the state, the role, the reason, a condition.
pub fn check(act: &Act<'_>, facts: &Facts, units: &UnitTree) -> Result<Position, Refusal> {
    let person = act.by;
    if !person.active {
        return Err(Refusal::Inactive {
            person: person.id.clone(),
        });
    }
    if !person.sees(units, facts.unit.as_deref(), facts.agent_id.as_deref()) {
        return Err(Refusal::NotSeen {
            person: person.id.clone(),
            role: person.role,
        });
    }
    let rows = legal_rows(facts.position).filter(|row| row.mv == act.mv);
    let rows: Vec<&MoveRow> = rows.collect();
    let Some(&first) = rows.first() else {
        return Err(Refusal::Illegal {
            mv: act.mv,
            from: facts.position,
            legal: legal_moves(facts.position),
        });
    };
    let Some(row) = rows.iter().find(|row| row.who.contains(&person.role)) else {
        return Err(Refusal::Role {
            mv: act.mv,
            role: person.role,
            may: first.who.to_vec(),
        });
    };
    if row.needs_reason && act.reason.trim().is_empty() {
        return Err(Refusal::NoReason { mv: act.mv });
    }
    if let Some(&condition) = row
        .conditions
        .iter()
        .find(|condition| !holds(**condition, act, facts))
    {
        return Err(Refusal::Condition {
            condition,
            assignee: facts.assignee.clone(),
            until: facts.appeal_until,
        });
    }
    Ok(after(row, facts.position))
}

/// The moves that are legal in this position, whoever makes them.
pub fn legal_moves(position: Position) -> Vec<Move> {
    let mut moves: Vec<Move> = legal_rows(position).map(|row| row.mv).collect();
    moves.dedup();
    moves
}

/// The moves that a role can make in this position, other conditions aside.
pub fn moves_for(role: Role, position: Position) -> Vec<Move> {
    let mut moves: Vec<Move> = legal_rows(position)
        .filter(|row| row.who.contains(&role))
        .map(|row| row.mv)
        .collect();
    moves.dedup();
    moves
}

fn legal_rows(position: Position) -> impl Iterator<Item = &'static MoveRow> {
    MOVES.iter().filter(move |row| {
        let from = match position.finding {
            None => row.from.is_empty(),
            Some(state) => row.from.contains(&state),
        };
        from && row.beside.contains(&position.rectification)
    })
}

fn after(row: &MoveRow, position: Position) -> Position {
    let state = position.finding.unwrap_or(FindingState::Missed);
    match row.leads {
        Leads::Finding(next) => Position::of(next, position.rectification),
        Leads::FindingAndVoid(next) if position.rectification.is_open() => {
            Position::of(next, RectificationState::Void)
        }
        Leads::FindingAndVoid(next) => Position::of(next, position.rectification),
        Leads::Rectification(next) => Position::of(state, next),
    }
}

fn holds(condition: Condition, act: &Act<'_>, facts: &Facts) -> bool {
    let me = |other: &Option<String>| other.as_deref() == Some(act.by.id.as_str());
    match condition {
        Condition::Assignee => act.by.role != Role::Inspector || me(&facts.assignee),
        Condition::WindowOpen => facts.appeal_until.is_some_and(|until| act.at <= until),
        Condition::WindowPassed => facts.appeal_until.is_some_and(|until| act.at > until),
        Condition::NotOwnDecision => !me(&facts.decided_by),
        Condition::GraveOrRepeated => facts.grave_or_repeated,
        Condition::NotOwnEvidence => !me(&facts.submitted_by),
    }
}
