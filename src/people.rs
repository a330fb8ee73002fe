//! Who acts: people with their roles, and the tree of units that they act in.
//!
//! Knows nothing of what may be done; which role may make which move is `review::workflow`'s.
//! Who somebody says to be is taken as said: whoever can write the database could do anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::lang::{Lang, Say};

/// Between the ids of several units where they stand as one.
pub const SEVERAL_UNITS: &str = ",";

/// What a person is in the loop; each person has exactly one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Level 1, in the unit.
    Inspector,
    /// Level 2, the branch.
    Reviewer,
    /// Level 3, the province: the last word.
    Arbiter,
    /// Sees own calls only.
    Agent,
    Manager,
    Compliance,
    Admin,
}

impl Role {
    pub const ALL: [Role; 7] = [
        Role::Inspector,
        Role::Reviewer,
        Role::Arbiter,
        Role::Agent,
        Role::Manager,
        Role::Compliance,
        Role::Admin,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Inspector => "inspector",
            Role::Reviewer => "reviewer",
            Role::Arbiter => "arbiter",
            Role::Agent => "agent",
            Role::Manager => "manager",
            Role::Compliance => "compliance",
            Role::Admin => "admin",
        }
    }

    /// By the stable word or the Chinese name.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text || role.say(Lang::Zh) == text)
    }
}

impl Say for Role {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Role::Inspector => ("质检员", "inspector"),
            Role::Reviewer => ("复核员", "reviewer"),
            Role::Arbiter => ("仲裁", "arbiter"),
            Role::Agent => ("坐席", "agent"),
            Role::Manager => ("管理者", "manager"),
            Role::Compliance => ("合规", "compliance"),
            Role::Admin => ("管理员", "admin"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

/// Names of roles in one line.
pub fn roles_in_words(roles: &[Role], lang: Lang) -> String {
    let names: Vec<String> = roles.iter().map(|role| role.say(lang)).collect();
    names.join(lang.pick("、", ", "))
}

/// The units given to a person: these and all below them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitScope {
    /// Written `*`.
    All,
    /// Ids of units; may be empty.
    Within(BTreeSet<String>),
}

/// Somebody who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub role: Role,
    /// The agent's number in the call list; agents must have one.
    pub agent_id: Option<String>,
    pub units: UnitScope,
    /// People who have left stay, because the log names them.
    pub active: bool,
}

impl Person {
    /// Whether this call belongs to what the person may see: an agent sees own calls, everybody
    /// else the calls of the units given to them. A call without a known unit is seen only by
    /// those who are given all.
    pub fn sees(&self, units: &UnitTree, unit: Option<&str>, agent_id: Option<&str>) -> bool {
        if self.role == Role::Agent {
            return self.agent_id.is_some() && self.agent_id.as_deref() == agent_id;
        }
        match &self.units {
            UnitScope::All => true,
            UnitScope::Within(given) => {
                unit.and_then(|unit| units.find(unit)).is_some_and(|unit| {
                    units
                        .line(&unit.id)
                        .iter()
                        .any(|above| given.contains(&above.id))
                })
            }
        }
    }
}

/// How high a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitLevel {
    Province,
    Branch,
    Unit,
    Team,
}

impl UnitLevel {
    pub const ALL: [UnitLevel; 4] = [
        UnitLevel::Province,
        UnitLevel::Branch,
        UnitLevel::Unit,
        UnitLevel::Team,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            UnitLevel::Province => "province",
            UnitLevel::Branch => "branch",
            UnitLevel::Unit => "unit",
            UnitLevel::Team => "team",
        }
    }

    /// By the stable word or the Chinese name.
    pub fn parse(text: &str) -> Option<UnitLevel> {
        UnitLevel::ALL
            .into_iter()
            .find(|level| level.as_str() == text || level.say(Lang::Zh) == text)
    }
}

impl Say for UnitLevel {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            UnitLevel::Province => ("省公司", "province"),
            UnitLevel::Branch => ("分公司", "branch"),
            UnitLevel::Unit => ("单位", "unit"),
            UnitLevel::Team => ("班组", "team"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub id: String,
    /// Calls may name the unit by this or by the id.
    pub name: String,
    pub parent: Option<String>,
    pub level: UnitLevel,
}

/// Why a list of units is no tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeProblem {
    #[error("unit {unit}: the unit above it, {parent}, is not there")]
    UnknownParent { unit: String, parent: String },
    #[error("unit {unit} stands above itself")]
    Circle { unit: String },
    #[error("{name} names two units")]
    NameTwice { name: String },
    #[error("unit {unit} ({level}) cannot stand under {parent} ({above})")]
    Level {
        unit: String,
        level: &'static str,
        parent: String,
        above: &'static str,
    },
}

impl Say for TreeProblem {
    fn say(&self, lang: Lang) -> String {
        match self {
            TreeProblem::UnknownParent { unit, parent } => lang.pick(
                format!("单位 {unit} 的上级 {parent} 不在表里,请补上这一行或改正上级"),
                format!("unit {unit}: the unit above it, {parent}, is not in the list. Add its row or mend the parent"),
            ),
            TreeProblem::Circle { unit } => lang.pick(
                format!("单位 {unit} 绕一圈成了自己的上级,请改正上级"),
                format!("unit {unit} stands above itself by a detour. Mend the parents"),
            ),
            TreeProblem::NameTwice { name } => lang.pick(
                format!("「{name}」同时是两个单位的编号或名称,请改成不同的"),
                format!("“{name}” is the id or name of two units. Give each its own"),
            ),
            TreeProblem::Level {
                unit,
                level,
                parent,
                above,
            } => lang.pick(
                format!("单位 {unit}({level})不能放在 {parent}({above})下面:级别依次是 province、branch、unit、team"),
                format!("unit {unit} ({level}) cannot stand under {parent} ({above}): the levels are province, branch, unit, team"),
            ),
        }
    }
}

/// The units, checked: every parent is there, nothing stands above itself, names are unique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitTree {
    units: BTreeMap<String, Unit>,
    /// Id of each unit by its name.
    names: BTreeMap<String, String>,
}

impl UnitTree {
    /// # Errors
    /// Everything that keeps the list from being a tree.
    pub fn new(list: Vec<Unit>) -> Result<UnitTree, Vec<TreeProblem>> {
        let mut tree = UnitTree::default();
        let mut problems = Vec::new();
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for unit in list {
            for name in BTreeSet::from([&unit.id, &unit.name]) {
                if known.insert(name.clone(), unit.id.clone()).is_some() {
                    problems.push(TreeProblem::NameTwice { name: name.clone() });
                }
            }
            tree.names.insert(unit.name.clone(), unit.id.clone());
            tree.units.insert(unit.id.clone(), unit);
        }
        for unit in tree.units.values() {
            let Some(parent) = &unit.parent else { continue };
            match tree.units.get(parent) {
                None => problems.push(TreeProblem::UnknownParent {
                    unit: unit.id.clone(),
                    parent: parent.clone(),
                }),
                Some(above) if above.level >= unit.level => problems.push(TreeProblem::Level {
                    unit: unit.id.clone(),
                    level: unit.level.as_str(),
                    parent: parent.clone(),
                    above: above.level.as_str(),
                }),
                Some(_) => {}
            }
            if tree.stands_above_itself(&unit.id) {
                problems.push(TreeProblem::Circle {
                    unit: unit.id.clone(),
                });
            }
        }
        if problems.is_empty() {
            Ok(tree)
        } else {
            Err(problems)
        }
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// All units in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// A unit by its id or its name.
    pub fn find(&self, id_or_name: &str) -> Option<&Unit> {
        self.units
            .get(id_or_name)
            .or_else(|| self.units.get(self.names.get(id_or_name)?))
    }

    /// The unit itself and those above it, from below upwards; empty for an unknown id.
    pub fn line(&self, id: &str) -> Vec<&Unit> {
        let mut line = Vec::new();
        let mut next = self.units.get(id);
        while let Some(unit) = next {
            if line.len() > self.units.len() {
                break;
            }
            line.push(unit);
            next = unit.parent.as_ref().and_then(|id| self.units.get(id));
        }
        line
    }

    /// The unit itself and everything below it, in the order of ids.
    pub fn subtree(&self, id: &str) -> Vec<&Unit> {
        self.units
            .values()
            .filter(|unit| self.line(&unit.id).iter().any(|above| above.id == id))
            .collect()
    }

    /// Every word by which calls may name a unit of this subtree: ids and names.
    pub fn labels_below(&self, id: &str) -> BTreeSet<String> {
        self.subtree(id)
            .into_iter()
            .flat_map(|unit| [unit.id.clone(), unit.name.clone()])
            .collect()
    }

    fn stands_above_itself(&self, id: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = Some(id);
        while let Some(unit) = next.and_then(|id| self.units.get(id)) {
            if !seen.insert(&unit.id) {
                return true;
            }
            next = unit.parent.as_deref();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: &str, parent: Option<&str>, level: UnitLevel) -> Unit {
        Unit {
            id: id.into(),
            name: format!("单位{id}"),
            parent: parent.map(str::to_owned),
            level,
        }
    }

    fn tree() -> UnitTree {
        UnitTree::new(vec![
            unit("p", None, UnitLevel::Province),
            unit("b1", Some("p"), UnitLevel::Branch),
            unit("b2", Some("p"), UnitLevel::Branch),
            unit("u1", Some("b1"), UnitLevel::Unit),
            unit("t1", Some("u1"), UnitLevel::Team),
        ])
        .expect("a tree")
    }

    fn person(role: Role, units: &[&str], agent_id: Option<&str>) -> Person {
        Person {
            id: "x".into(),
            name: "x".into(),
            role,
            agent_id: agent_id.map(str::to_owned),
            units: UnitScope::Within(units.iter().map(|&unit| unit.to_owned()).collect()),
            active: true,
        }
    }

    #[test]
    fn a_person_sees_what_is_below() {
        let check = |given: &str, unit: Option<&str>, expected: bool| {
            let person = person(Role::Inspector, &[given], None);
            assert_eq!(
                person.sees(&tree(), unit, None),
                expected,
                "{given} {unit:?}"
            );
        };
        check("b1", Some("t1"), true);
        check("b1", Some("单位t1"), true);
        check("b1", Some("b1"), true);
        check("b2", Some("t1"), false);
        check("t1", Some("u1"), false);
        check("p", Some("unknown"), false);
        check("p", None, false);
        let all = Person {
            units: UnitScope::All,
            ..person(Role::Arbiter, &[], None)
        };
        assert!(all.sees(&tree(), None, None));
    }

    #[test]
    fn an_agent_sees_own_calls_and_no_others_even_of_the_same_unit() {
        let agent = person(Role::Agent, &["p"], Some("2305"));
        assert!(agent.sees(&tree(), None, Some("2305")));
        assert!(!agent.sees(&tree(), Some("t1"), Some("5026")));
        assert!(!agent.sees(&tree(), Some("t1"), None));
        assert!(!person(Role::Agent, &["p"], None).sees(&tree(), Some("t1"), None));
    }

    #[test]
    fn a_list_that_is_no_tree_is_refused_with_every_reason() {
        let problems = UnitTree::new(vec![
            unit("a", Some("b"), UnitLevel::Team),
            unit("b", Some("a"), UnitLevel::Unit),
            unit("c", Some("nowhere"), UnitLevel::Unit),
            unit("c", None, UnitLevel::Unit),
        ])
        .expect_err("no tree");
        assert!(problems.contains(&TreeProblem::Circle { unit: "a".into() }));
        assert!(problems.contains(&TreeProblem::NameTwice { name: "c".into() }));
    }

    #[test]
    fn below_and_above() {
        let tree = tree();
        let ids = |units: Vec<&Unit>| units.iter().map(|u| u.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(tree.line("t1")), ["t1", "u1", "b1", "p"]);
        assert_eq!(ids(tree.subtree("b1")), ["b1", "t1", "u1"]);
        assert!(tree.labels_below("u1").contains("单位t1"));
    }

    #[test]
    fn roles_are_read_in_both_languages() {
        assert_eq!(Role::parse("质检员"), Some(Role::Inspector));
        assert_eq!(Role::parse("arbiter"), Some(Role::Arbiter));
        assert_eq!(Role::parse("boss"), None);
    }
}
