//! The loop's states and moves. One table says which move leads from where to where, who may make
//! it, and whether it needs a reason; the check, the help and the documentation are made from it.

mod check;
mod table;
mod words;

pub use check::{Act, Facts, Refusal, Settings, check, legal_moves, moves_for};
pub use table::{Condition, Leads, MOVES, MoveRow};
pub use words::{help, markdown};

use serde::{Deserialize, Serialize};

use crate::lang::{Lang, Say};

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingState {
    /// By the machine; nobody has looked at it.
    Detected,
    /// To an inspector.
    Assigned,
    /// Added by a person who heard what the machine missed; not confirmed yet.
    Missed,
    Confirmed,
    /// Not so; the end.
    FalseHit,
    /// Made known to the agent: the window for an appeal is open.
    Published,
    Acknowledged,
    Appealed,
    /// Level 2 has kept it.
    Upheld,
    /// Level 2 has taken it back; the end.
    Overturned,
    /// On its way to level 3.
    Escalated,
    /// Level 3 has kept it: the last word.
    FinallyUpheld,
    /// Level 3 has taken it back; the end.
    FinallyOverturned,
    Closed,
}

impl FindingState {
    pub const ALL: [FindingState; 14] = [
        FindingState::Detected,
        FindingState::Assigned,
        FindingState::Missed,
        FindingState::Confirmed,
        FindingState::FalseHit,
        FindingState::Published,
        FindingState::Acknowledged,
        FindingState::Appealed,
        FindingState::Upheld,
        FindingState::Overturned,
        FindingState::Escalated,
        FindingState::FinallyUpheld,
        FindingState::FinallyOverturned,
        FindingState::Closed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            FindingState::Detected => "detected",
            FindingState::Assigned => "assigned",
            FindingState::Missed => "missed",
            FindingState::Confirmed => "confirmed",
            FindingState::FalseHit => "false-hit",
            FindingState::Published => "published",
            FindingState::Acknowledged => "acknowledged",
            FindingState::Appealed => "appealed",
            FindingState::Upheld => "upheld",
            FindingState::Overturned => "overturned",
            FindingState::Escalated => "escalated",
            FindingState::FinallyUpheld => "finally-upheld",
            FindingState::FinallyOverturned => "finally-overturned",
            FindingState::Closed => "closed",
        }
    }

    pub fn parse(text: &str) -> Option<FindingState> {
        FindingState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// What people have said so far; `None` while the machine's word stands alone.
    pub fn decision(self) -> Option<Decision> {
        use FindingState::*;
        match self {
            Detected | Assigned | Missed => None,
            FalseHit | Overturned | FinallyOverturned => Some(Decision::NoViolation),
            Confirmed | Published | Acknowledged | Appealed | Upheld | Escalated
            | FinallyUpheld | Closed => Some(Decision::Violation),
        }
    }

    /// Whether a score that counts this finding may be called final: a person has decided, and
    /// no appeal is being looked at.
    pub fn is_settled(self) -> bool {
        self.decision().is_some()
            && !matches!(self, FindingState::Appealed | FindingState::Escalated)
    }
}

impl Say for FindingState {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            FindingState::Detected => ("待分派", "detected"),
            FindingState::Assigned => ("待确认", "assigned"),
            FindingState::Missed => ("补充漏判", "missed"),
            FindingState::Confirmed => ("已确认", "confirmed"),
            FindingState::FalseHit => ("误判", "false hit"),
            FindingState::Published => ("已下发", "published"),
            FindingState::Acknowledged => ("坐席已认", "acknowledged"),
            FindingState::Appealed => ("申诉中", "appealed"),
            FindingState::Upheld => ("复核维持", "upheld"),
            FindingState::Overturned => ("复核撤销", "overturned"),
            FindingState::Escalated => ("仲裁中", "escalated"),
            FindingState::FinallyUpheld => ("仲裁维持", "finally upheld"),
            FindingState::FinallyOverturned => ("仲裁撤销", "finally overturned"),
            FindingState::Closed => ("已办结", "closed"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

/// What people say of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    Violation,
    NoViolation,
}

/// Where the rectification of a finding stands.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum RectificationState {
    #[default]
    None,
    /// Asked for; also again after a recheck that failed.
    Opened,
    /// Evidence was given; somebody must check.
    Submitted,
    /// Checked and found good.
    Passed,
    /// The finding was overturned: there is nothing to rectify.
    Void,
}

impl RectificationState {
    pub const ALL: [RectificationState; 5] = [
        RectificationState::None,
        RectificationState::Opened,
        RectificationState::Submitted,
        RectificationState::Passed,
        RectificationState::Void,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RectificationState::None => "none",
            RectificationState::Opened => "opened",
            RectificationState::Submitted => "submitted",
            RectificationState::Passed => "passed",
            RectificationState::Void => "void",
        }
    }

    pub fn parse(text: &str) -> Option<RectificationState> {
        RectificationState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Whether somebody still has to do something.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            RectificationState::Opened | RectificationState::Submitted
        )
    }
}

impl Say for RectificationState {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            RectificationState::None => ("无整改", "no rectification"),
            RectificationState::Opened => ("整改中", "rectification open"),
            RectificationState::Submitted => ("待复查", "evidence given"),
            RectificationState::Passed => ("整改合格", "rectified"),
            RectificationState::Void => ("整改取消", "rectification void"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

/// A finding's place on both tracks; `finding` is `None` before there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub finding: Option<FindingState>,
    pub rectification: RectificationState,
}

impl Position {
    /// Before anything was found.
    pub const NOTHING: Position = Position {
        finding: None,
        rectification: RectificationState::None,
    };

    pub fn of(finding: FindingState, rectification: RectificationState) -> Position {
        Position {
            finding: Some(finding),
            rectification,
        }
    }

    /// As the log keeps it: `published`, `published/opened`; empty for nothing.
    pub fn code(self) -> String {
        match (self.finding, self.rectification) {
            (None, _) => String::new(),
            (Some(finding), RectificationState::None) => finding.as_str().to_owned(),
            (Some(finding), rectification) => {
                format!("{}/{}", finding.as_str(), rectification.as_str())
            }
        }
    }

    /// Reads what `code` wrote.
    pub fn parse(code: &str) -> Option<Position> {
        if code.is_empty() {
            return Some(Position::NOTHING);
        }
        let (finding, rectification) = code.split_once('/').unwrap_or((code, "none"));
        Some(Position::of(
            FindingState::parse(finding)?,
            RectificationState::parse(rectification)?,
        ))
    }
}

impl Say for Position {
    fn say(&self, lang: Lang) -> String {
        match (self.finding, self.rectification) {
            (None, _) => lang.pick("还没有", "nothing yet").to_owned(),
            (Some(finding), RectificationState::None) => finding.say(lang),
            (Some(finding), rectification) => {
                format!("{}·{}", finding.say(lang), rectification.say(lang))
            }
        }
    }
}

/// What a person does to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    Assign,
    Confirm,
    Reject,
    AddMissed,
    Publish,
    Acknowledge,
    Close,
    Appeal,
    Uphold,
    Overturn,
    Escalate,
    OpenRectification,
    SubmitRectification,
    PassRectification,
    FailRectification,
}

impl Move {
    pub const ALL: [Move; 15] = [
        Move::Assign,
        Move::Confirm,
        Move::Reject,
        Move::AddMissed,
        Move::Publish,
        Move::Acknowledge,
        Move::Close,
        Move::Appeal,
        Move::Uphold,
        Move::Overturn,
        Move::Escalate,
        Move::OpenRectification,
        Move::SubmitRectification,
        Move::PassRectification,
        Move::FailRectification,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Move::Assign => "assign",
            Move::Confirm => "confirm",
            Move::Reject => "reject",
            Move::AddMissed => "add-missed",
            Move::Publish => "publish",
            Move::Acknowledge => "acknowledge",
            Move::Close => "close",
            Move::Appeal => "appeal",
            Move::Uphold => "uphold",
            Move::Overturn => "overturn",
            Move::Escalate => "escalate",
            Move::OpenRectification => "open-rectification",
            Move::SubmitRectification => "submit-rectification",
            Move::PassRectification => "pass-rectification",
            Move::FailRectification => "fail-rectification",
        }
    }

    pub fn parse(text: &str) -> Option<Move> {
        Move::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// What one types for it.
    pub fn command(self) -> &'static str {
        match self {
            Move::Assign => "review assign",
            Move::Confirm => "review confirm",
            Move::Reject => "review reject",
            Move::AddMissed => "review add-missed",
            Move::Publish => "review publish",
            Move::Acknowledge => "review acknowledge",
            Move::Close => "review close",
            Move::Appeal => "appeal file",
            Move::Uphold => "appeal uphold",
            Move::Overturn => "appeal overturn",
            Move::Escalate => "appeal escalate",
            Move::OpenRectification => "rectify open",
            Move::SubmitRectification => "rectify submit",
            Move::PassRectification => "rectify recheck --passed",
            Move::FailRectification => "rectify recheck --failed",
        }
    }
}

impl Say for Move {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Move::Assign => ("分派", "assign"),
            Move::Confirm => ("确认违规", "confirm"),
            Move::Reject => ("判为误判", "reject"),
            Move::AddMissed => ("补充漏判", "add missed"),
            Move::Publish => ("下发", "publish"),
            Move::Acknowledge => ("坐席认可", "acknowledge"),
            Move::Close => ("办结", "close"),
            Move::Appeal => ("申诉", "appeal"),
            Move::Uphold => ("维持", "uphold"),
            Move::Overturn => ("撤销", "overturn"),
            Move::Escalate => ("提请仲裁", "escalate"),
            Move::OpenRectification => ("要求整改", "open rectification"),
            Move::SubmitRectification => ("提交整改", "submit rectification"),
            Move::PassRectification => ("复查合格", "pass recheck"),
            Move::FailRectification => ("复查不合格", "fail recheck"),
        };
        lang.pick(chinese, english).to_owned()
    }
}
