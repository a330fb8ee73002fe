//! Which role may do what besides moving findings; for those see `workflow::MOVES`.

use crate::{
    lang::{Lang, Say},
    people::{
        Person,
        Role::{self, Admin, Arbiter, Compliance, Inspector, Manager, Reviewer},
        roles_in_words,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    ImportPeople,
    ImportUnits,
    SeeQueue,
    DrawSample,
    HearSample,
    SeeSample,
    OpenCalibration,
    JudgeCalibration,
    CloseCalibration,
    SeeCalibration,
    ProposeExemplar,
    ReleaseExemplar,
    SeeExemplar,
    SetKeyItems,
    SeeTraining,
    ExportExample,
    SeeAudit,
    IssueReport,
    Export,
    Unmask,
    Hold,
    ApplyRetention,
}

impl Deed {
    pub const ALL: [Deed; 22] = [
        Deed::ImportPeople,
        Deed::ImportUnits,
        Deed::SeeQueue,
        Deed::DrawSample,
        Deed::HearSample,
        Deed::SeeSample,
        Deed::OpenCalibration,
        Deed::JudgeCalibration,
        Deed::CloseCalibration,
        Deed::SeeCalibration,
        Deed::ProposeExemplar,
        Deed::ReleaseExemplar,
        Deed::SeeExemplar,
        Deed::SetKeyItems,
        Deed::SeeTraining,
        Deed::ExportExample,
        Deed::SeeAudit,
        Deed::IssueReport,
        Deed::Export,
        Deed::Unmask,
        Deed::Hold,
        Deed::ApplyRetention,
    ];

    pub fn roles(self) -> &'static [Role] {
        match self {
            Deed::ImportPeople | Deed::ImportUnits => &[Admin],
            Deed::SeeQueue => &Role::ALL,
            Deed::DrawSample => &[Inspector, Reviewer, Manager],
            Deed::HearSample => &[Inspector, Reviewer],
            Deed::SeeSample => &[Inspector, Reviewer, Arbiter, Manager, Compliance],
            Deed::OpenCalibration | Deed::CloseCalibration => &[Reviewer, Arbiter],
            Deed::JudgeCalibration => &[Inspector, Reviewer, Arbiter],
            Deed::SeeCalibration => &[Inspector, Reviewer, Arbiter, Manager],
            Deed::ProposeExemplar => &[Inspector, Reviewer, Manager],
            Deed::ReleaseExemplar => &[Reviewer],
            Deed::SeeExemplar => &Role::ALL,
            Deed::SetKeyItems => &[Manager],
            Deed::SeeTraining => &[Inspector, Reviewer, Arbiter, Manager],
            Deed::ExportExample => &[Reviewer, Arbiter],
            Deed::SeeAudit => &[Reviewer, Arbiter, Compliance, Admin],
            Deed::IssueReport => &[Inspector, Reviewer, Arbiter, Manager, Compliance],
            Deed::Export => &[Reviewer, Manager, Compliance],
            Deed::Unmask => &[Compliance],
            Deed::Hold => &[Arbiter, Compliance],
            Deed::ApplyRetention => &[Compliance, Admin],
        }
    }

    /// # Errors
    /// When the person has left, or the role is another.
    pub fn check(self, person: &Person) -> Result<(), Denied> {
        if !person.active {
            return Err(Denied::Inactive {
                person: person.id.clone(),
            });
        }
        if self.roles().contains(&person.role) {
            Ok(())
        } else {
            Err(Denied::Role {
                deed: self,
                role: person.role,
            })
        }
    }
}

impl Say for Deed {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Deed::ImportPeople => ("导入人员", "importing people"),
            Deed::ImportUnits => ("导入单位", "importing units"),
            Deed::SeeQueue => ("看待办", "seeing the queue"),
            Deed::DrawSample => ("抽样", "drawing samples"),
            Deed::HearSample => ("登记听完抽样", "marking sampled calls as heard"),
            Deed::SeeSample => ("看抽样", "seeing samples"),
            Deed::OpenCalibration => ("组织校准", "opening calibrations"),
            Deed::JudgeCalibration => ("参加校准", "judging in calibrations"),
            Deed::CloseCalibration => ("结束校准", "closing calibrations"),
            Deed::SeeCalibration => ("看校准结果", "seeing calibrations"),
            Deed::ProposeExemplar => ("推荐规范录音", "proposing exemplars"),
            Deed::ReleaseExemplar => ("发布规范录音", "releasing exemplars"),
            Deed::SeeExemplar => ("看规范录音", "seeing exemplars"),
            Deed::SetKeyItems => ("定重点整改项", "setting key items"),
            Deed::SeeTraining => ("看培训名单", "seeing the training list"),
            Deed::ExportExample => ("导出规则例子", "exporting rule examples"),
            Deed::SeeAudit => ("看操作日志", "seeing the log"),
            Deed::IssueReport => ("出报告", "issuing reports"),
            Deed::Export => ("导出清单", "exporting"),
            Deed::Unmask => ("不遮盖号码", "showing numbers unmasked"),
            Deed::Hold => ("设置留存", "legal holds"),
            Deed::ApplyRetention => ("清理到期数据", "applying retention"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("{person} has left")]
    Inactive { person: String },
    #[error("{deed:?} is not for {role:?}")]
    Role { deed: Deed, role: Role },
}

impl Say for Denied {
    fn say(&self, lang: Lang) -> String {
        match self {
            Denied::Inactive { person } => lang.pick(
                format!("{person} 已停用,不能再操作。请换一个人,或由管理员重新启用(people import)"),
                format!("{person} has left and cannot act. Act as somebody else, or have an admin import them as active"),
            ),
            Denied::Role { deed, role } => lang.pick(
                format!("{}不能{};这由{}做", role.say(lang), deed.say(lang), roles_in_words(deed.roles(), lang)),
                format!("{} is not for the role {}; it is for: {}", deed.say(lang), role.say(lang), roles_in_words(deed.roles(), lang)),
            ),
        }
    }
}

/// Deeds and roles in Markdown.
pub fn markdown(lang: Lang) -> String {
    let mut text = lang
        .pick(
            "| 做什么 | 谁 |\n| --- | --- |\n",
            "| what | who |\n| --- | --- |\n",
        )
        .to_owned();
    for deed in Deed::ALL {
        let who = if deed.roles().len() == Role::ALL.len() {
            lang.pick("所有人", "everybody").to_owned()
        } else {
            roles_in_words(deed.roles(), lang)
        };
        text.push_str(&format!("| {} | {who} |\n", deed.say(lang)));
    }
    text
}
