//! The one table of moves.

use super::{
    FindingState::{self, *},
    Move,
    RectificationState::{self as Rectification},
};
use crate::{
    lang::{Lang, Say},
    people::Role::{self, Agent, Arbiter, Inspector, Manager, Reviewer},
};

/// What must hold besides state and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// An inspector decides only what was assigned to them.
    Assignee,
    /// The window for an appeal must be open.
    WindowOpen,
    /// The window for an appeal must have passed.
    WindowPassed,
    /// Nobody decides about their own decision.
    NotOwnDecision,
    /// The rule is fatal or critical, or the agent broke it before.
    GraveOrRepeated,
    /// Nobody checks the evidence that they gave.
    NotOwnEvidence,
}

impl Say for Condition {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Condition::Assignee => (
                "质检员只办分派给自己的",
                "inspectors only what is assigned to them",
            ),
            Condition::WindowOpen => ("申诉期内", "within the window for appeals"),
            Condition::WindowPassed => ("申诉期过后", "after the window for appeals"),
            Condition::NotOwnDecision => ("不能是当初作决定的人", "not by whoever decided before"),
            Condition::GraveOrRepeated => (
                "一票否决、重度或重复违规",
                "fatal, critical or repeated violations",
            ),
            Condition::NotOwnEvidence => ("不能是提交整改的人", "not by whoever gave the evidence"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

/// Where a move leads, on one of the two tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    Finding(FindingState),
    /// The same; a rectification that is open becomes void.
    FindingAndVoid(FindingState),
    Rectification(Rectification),
}

/// One row: legal when the finding is in one of `from` and its rectification in one of `beside`.
#[derive(Clone, Copy, Debug)]
pub struct MoveRow {
    pub mv: Move,
    /// Empty: there is no finding yet.
    pub from: &'static [FindingState],
    pub beside: &'static [Rectification],
    pub leads: Leads,
    pub who: &'static [Role],
    pub needs_reason: bool,
    pub conditions: &'static [Condition],
}

const ANY: &[Rectification] = &Rectification::ALL;
const NOT_OPEN: &[Rectification] = &[
    Rectification::None,
    Rectification::Passed,
    Rectification::Void,
];
/// A violation stands and nobody is looking at an appeal.
const STANDING: &[FindingState] = &[Confirmed, Published, Acknowledged, Upheld, FinallyUpheld];
/// As `STANDING`, and while an appeal runs: it does not stop a rectification that was begun.
const BEGUN: &[FindingState] = &[
    Confirmed,
    Published,
    Acknowledged,
    Appealed,
    Upheld,
    Escalated,
    FinallyUpheld,
];

/// Every legal move there is.
pub const MOVES: &[MoveRow] = &[
    MoveRow {
        mv: Move::Assign,
        from: &[Detected, Assigned],
        beside: ANY,
        leads: Leads::Finding(Assigned),
        who: &[Inspector, Reviewer, Manager],
        needs_reason: false,
        conditions: &[],
    },
    MoveRow {
        mv: Move::Confirm,
        from: &[Assigned, Missed],
        beside: ANY,
        leads: Leads::Finding(Confirmed),
        who: &[Inspector, Reviewer],
        needs_reason: false,
        conditions: &[Condition::Assignee],
    },
    MoveRow {
        mv: Move::Reject,
        from: &[Assigned, Missed],
        beside: ANY,
        leads: Leads::Finding(FalseHit),
        who: &[Inspector, Reviewer],
        needs_reason: true,
        conditions: &[Condition::Assignee],
    },
    MoveRow {
        mv: Move::AddMissed,
        from: &[],
        beside: ANY,
        leads: Leads::Finding(Missed),
        who: &[Inspector, Reviewer],
        needs_reason: true,
        conditions: &[],
    },
    MoveRow {
        mv: Move::Publish,
        from: &[Confirmed],
        beside: ANY,
        leads: Leads::Finding(Published),
        who: &[Inspector, Reviewer],
        needs_reason: false,
        conditions: &[],
    },
    MoveRow {
        mv: Move::Acknowledge,
        from: &[Published],
        beside: ANY,
        leads: Leads::Finding(Acknowledged),
        who: &[Agent],
        needs_reason: false,
        conditions: &[],
    },
    MoveRow {
        mv: Move::Appeal,
        from: &[Published],
        beside: ANY,
        leads: Leads::Finding(Appealed),
        who: &[Agent],
        needs_reason: true,
        conditions: &[Condition::WindowOpen],
    },
    MoveRow {
        mv: Move::Uphold,
        from: &[Appealed],
        beside: ANY,
        leads: Leads::Finding(Upheld),
        who: &[Reviewer],
        needs_reason: false,
        conditions: &[Condition::NotOwnDecision],
    },
    MoveRow {
        mv: Move::Overturn,
        from: &[Appealed],
        beside: ANY,
        leads: Leads::FindingAndVoid(Overturned),
        who: &[Reviewer],
        needs_reason: true,
        conditions: &[Condition::NotOwnDecision],
    },
    // Level 2 passes on what it cannot decide …
    MoveRow {
        mv: Move::Escalate,
        from: &[Appealed],
        beside: ANY,
        leads: Leads::Finding(Escalated),
        who: &[Reviewer],
        needs_reason: true,
        conditions: &[],
    },
    // … and the agent may go on to level 3.
    MoveRow {
        mv: Move::Escalate,
        from: &[Upheld],
        beside: ANY,
        leads: Leads::Finding(Escalated),
        who: &[Agent],
        needs_reason: true,
        conditions: &[Condition::WindowOpen],
    },
    MoveRow {
        mv: Move::Uphold,
        from: &[Escalated],
        beside: ANY,
        leads: Leads::Finding(FinallyUpheld),
        who: &[Arbiter],
        needs_reason: false,
        conditions: &[],
    },
    MoveRow {
        mv: Move::Overturn,
        from: &[Escalated],
        beside: ANY,
        leads: Leads::FindingAndVoid(FinallyOverturned),
        who: &[Arbiter],
        needs_reason: true,
        conditions: &[],
    },
    MoveRow {
        mv: Move::Close,
        from: &[Acknowledged, FinallyUpheld],
        beside: NOT_OPEN,
        leads: Leads::Finding(Closed),
        who: &[Inspector, Reviewer, Manager],
        needs_reason: false,
        conditions: &[],
    },
    // Silence is assent once the window has passed.
    MoveRow {
        mv: Move::Close,
        from: &[Published, Upheld],
        beside: NOT_OPEN,
        leads: Leads::Finding(Closed),
        who: &[Inspector, Reviewer, Manager],
        needs_reason: false,
        conditions: &[Condition::WindowPassed],
    },
    MoveRow {
        mv: Move::OpenRectification,
        from: STANDING,
        beside: &[Rectification::None],
        leads: Leads::Rectification(Rectification::Opened),
        who: &[Reviewer, Manager],
        needs_reason: false,
        conditions: &[Condition::GraveOrRepeated],
    },
    MoveRow {
        mv: Move::SubmitRectification,
        from: BEGUN,
        beside: &[Rectification::Opened],
        leads: Leads::Rectification(Rectification::Submitted),
        who: &[Agent, Manager],
        needs_reason: true,
        conditions: &[],
    },
    MoveRow {
        mv: Move::PassRectification,
        from: BEGUN,
        beside: &[Rectification::Submitted],
        leads: Leads::Rectification(Rectification::Passed),
        who: &[Inspector, Reviewer],
        needs_reason: false,
        conditions: &[Condition::NotOwnEvidence],
    },
    MoveRow {
        mv: Move::FailRectification,
        from: BEGUN,
        beside: &[Rectification::Submitted],
        leads: Leads::Rectification(Rectification::Opened),
        who: &[Inspector, Reviewer],
        needs_reason: true,
        conditions: &[Condition::NotOwnEvidence],
    },
];
