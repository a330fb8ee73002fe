//! Why a move is not made, in words.

use crate::{
    lang::{Lang, Say},
    review::workflow::Refusal,
    store::StoreError,
};

#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("no person {0}")]
    UnknownPerson(String),
    #[error("no finding {0}")]
    UnknownFinding(String),
    #[error("no call {0}")]
    UnknownCall(String),
    #[error("rule {rule} did not judge call {call}")]
    UnknownRule { call: String, rule: String },
    #[error("{0} cannot be given findings to decide")]
    Assignee(String),
    #[error("to whom?")]
    NoAssignee,
}

impl From<rusqlite::Error> for MoveError {
    fn from(cause: rusqlite::Error) -> MoveError {
        MoveError::Store(StoreError::Database(cause))
    }
}

impl Say for MoveError {
    fn say(&self, lang: Lang) -> String {
        match self {
            MoveError::Store(error) => error.say(lang),
            MoveError::Refused(refusal) => refusal.say(lang),
            MoveError::UnknownPerson(id) => lang.pick(
                format!("没有人员 {id}。看有哪些人:huiting people list"),
                format!("there is no person {id}. See who there is: huiting people list"),
            ),
            MoveError::UnknownFinding(id) => lang.pick(
                format!("没有问题单 {id}。看有哪些:huiting review queue;也可以写成 通话编号:规则"),
                format!("there is no finding {id}. See which there are: huiting review queue; CALL:RULE names one too"),
            ),
            MoveError::UnknownCall(id) => {
                let id = crate::text::mask(id);
                lang.pick(
                    format!("库里没有编号为 {id} 的通话。看有哪些:huiting list"),
                    format!("there is no call {id} in the database. See which there are: huiting list"),
                )
            }
            MoveError::UnknownRule { rule, .. } => lang.pick(
                format!("这通电话没有判过规则 {rule}。看有哪些规则:huiting rules list"),
                format!("rule {rule} did not judge this call. See which rules there are: huiting rules list"),
            ),
            MoveError::Assignee(id) => lang.pick(
                format!("{id} 不能处理这张问题单:要是在岗、且管得到这个单位的质检员或复核员"),
                format!("{id} cannot decide this finding: it takes an active inspector or reviewer with this unit"),
            ),
            MoveError::NoAssignee => lang.pick(
                "请写明分派给谁:--to 人员编号".to_owned(),
                "say to whom: --to PERSON".to_owned(),
            ),
        }
    }
}
