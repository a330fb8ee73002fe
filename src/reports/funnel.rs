//! The outbound funnel: of the calls dialled, how many were connected, talked over, led to an
//! order, and to one that was set up; and how violations go with conversion.
//!
//! Counted on the rows of the call list, which has calls that nobody answered. Each step is a share
//! of those of the step before of which the list tells.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    behind::{BEHIND_FIGURE, BEHIND_UNIT, BehindCall, BehindList, Label, agent_anchor, anchor},
    masking::shown,
    monthly::Capped,
};
use crate::scoring::intervals::Rate;

/// A talk longer than this is taken for a real conversation.
pub const LONG_TALK_SECONDS: u64 = 18;

/// Outbound rows of the call list of one group, counted already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunnelSums {
    pub unit: Option<String>,
    /// An agent's number, a script, or an hour of the day.
    pub group: Option<String>,
    pub agent_name: Option<String>,
    pub dialled: u64,
    /// Days on which the agent dialled; 0 unless the group is an agent.
    pub days: u64,
    pub steps: FunnelSteps,
}

/// Of how many something is known, and of how many it is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub known: u64,
    pub so: u64,
}

impl Known {
    fn rate(self) -> Rate {
        Rate::of(self.so, self.known)
    }

    fn add(&mut self, other: Known) {
        self.known += other.known;
        self.so += other.so;
    }
}

/// Each among those of which the step before is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunnelSteps {
    pub connected: Known,
    /// Of the connected calls.
    pub long_talk: Known,
    /// Of the connected calls.
    pub converted: Known,
    /// Of the converted calls.
    pub ordered: Known,
}

impl FunnelSteps {
    fn add(&mut self, other: &FunnelSteps) {
        self.connected.add(other.connected);
        self.long_talk.add(other.long_talk);
        self.converted.add(other.converted);
        self.ordered.add(other.ordered);
    }
}

/// Judged outbound calls of one agent in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionSums {
    pub unit: Option<String>,
    pub agent_id: Option<String>,
    /// `None` where the list does not say.
    pub converted: Option<bool>,
    /// The machine found a violation of a scored rule.
    pub violated: bool,
    pub calls: u64,
}

/// What the funnel is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunnelFacts {
    pub agents: Vec<FunnelSums>,
    pub scripts: Vec<FunnelSums>,
    pub hours: Vec<FunnelSums>,
    pub judged: Vec<ConversionSums>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Funnel {
    /// A talk longer than this counts as long.
    pub long_talk_seconds: u64,
    pub whole: FunnelLine,
    pub units: Vec<FunnelLine>,
    /// Those who dialled most.
    pub agents: Capped<FunnelLine>,
    pub scripts: Vec<FunnelLine>,
    pub hours: Vec<FunnelLine>,
    /// Conversion of judged calls without a violation, and with one.
    pub without_violation: Rate,
    pub with_violation: Rate,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunnelLine {
    pub unit: Option<String>,
    /// An agent's number, a script, or an hour of the day (0 … 23).
    pub group: Option<String>,
    pub agent_name: Option<String>,
    pub dialled: u64,
    /// Days on which an agent dialled, summed over the agents; calls of no known agent are left out.
    pub seat_days: u64,
    /// Calls of each agent on each such day.
    pub per_day: Option<f64>,
    pub connected: Rate,
    pub long_talk: Rate,
    pub converted: Rate,
    pub ordered: Rate,
    /// Of the judged outbound calls; nothing is known of it by script and hour.
    pub violated: Rate,
}

/// A row of the funnel whose calls are to be named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunnelGroup {
    Whole,
    Unit(Option<String>),
    /// The place among the agents listed.
    Agent(usize),
    Script(Option<String>),
    Hour(Option<String>),
}

impl FunnelGroup {
    /// How many of its calls are named at most.
    pub fn most(&self) -> usize {
        match self {
            FunnelGroup::Whole => BEHIND_UNIT,
            _ => BEHIND_FIGURE,
        }
    }
}

/// One group while it is counted.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    dialled: u64,
    seat_days: u64,
    seat_calls: u64,
    steps: FunnelSteps,
    violated: Known,
}

impl Tally {
    fn add(&mut self, sums: &FunnelSums) {
        self.dialled += sums.dialled;
        self.steps.add(&sums.steps);
        if sums.group.is_some() && sums.days > 0 {
            self.seat_days += sums.days;
            self.seat_calls += sums.dialled;
        }
    }

    fn add_judged(&mut self, sums: &ConversionSums) {
        self.violated.known += sums.calls;
        self.violated.so += u64::from(sums.violated) * sums.calls;
    }

    fn line(&self, unit: Option<String>, group: Option<String>) -> FunnelLine {
        FunnelLine {
            unit,
            group,
            agent_name: None,
            dialled: self.dialled,
            seat_days: self.seat_days,
            per_day: (self.seat_days > 0).then(|| self.seat_calls as f64 / self.seat_days as f64),
            connected: self.steps.connected.rate(),
            long_talk: self.steps.long_talk.rate(),
            converted: self.steps.converted.rate(),
            ordered: self.steps.ordered.rate(),
            violated: self.violated.rate(),
        }
    }
}

impl Funnel {
    /// How many calls each row of the funnel has that somebody answered, in the order of the
    /// tables; rows without any are left out.
    pub fn answered(&self) -> Vec<(FunnelGroup, u64)> {
        let name = |line: &FunnelLine| line.group.clone();
        let agents = self.agents.listed.iter().enumerate();
        let rows = [(FunnelGroup::Whole, &self.whole)]
            .into_iter()
            .chain(
                self.units
                    .iter()
                    .map(|line| (FunnelGroup::Unit(line.unit.clone()), line)),
            )
            .chain(agents.map(|(at, line)| (FunnelGroup::Agent(at), line)))
            .chain(
                self.scripts
                    .iter()
                    .map(|line| (FunnelGroup::Script(name(line)), line)),
            )
            .chain(
                self.hours
                    .iter()
                    .map(|line| (FunnelGroup::Hour(name(line)), line)),
            );
        rows.map(|(group, line)| (group, line.connected.hits))
            .filter(|(_, answered)| *answered > 0)
            .collect()
    }

    /// The calls named behind a row of the funnel.
    pub fn list(&self, group: &FunnelGroup, total: u64, calls: Vec<BehindCall>) -> BehindList {
        let of = |name: &Option<String>| anchor(name.as_deref());
        let (anchor, labels) = match group {
            FunnelGroup::Whole => ("funnel-all".to_owned(), vec![Label::Word("all")]),
            FunnelGroup::Unit(unit) => (
                format!("funnel-unit-{}", of(unit)),
                vec![Label::name_or(unit, "unknown-unit")],
            ),
            FunnelGroup::Agent(at) => {
                let line = &self.agents.listed[*at];
                let parts: Vec<&str> = [&line.agent_name, &line.group]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                let name = Some(parts.join(" ")).filter(|name| !name.is_empty());
                (
                    agent_anchor("funnel-agent", line.unit.as_deref(), line.group.as_deref()),
                    vec![Label::name_or(&name, "unknown-agent")],
                )
            }
            FunnelGroup::Script(script) => (
                format!("funnel-script-{}", of(script)),
                vec![
                    Label::Word("funnel.script"),
                    Label::name_or(script, "not-given"),
                ],
            ),
            FunnelGroup::Hour(hour) => (
                format!("funnel-hour-{}", of(hour)),
                vec![match hour {
                    Some(hour) => Label::Hour(hour.clone()),
                    None => Label::Word("not-given"),
                }],
            ),
        };
        BehindList {
            part: "funnel",
            anchor,
            labels: [Label::Word("behind.answered")]
                .into_iter()
                .chain(labels)
                .collect(),
            total,
            calls,
        }
    }

    /// `None` where the list tells of no outbound call whether it was connected.
    pub fn of(facts: &FunnelFacts, agents_listed: usize) -> Option<Funnel> {
        let mut whole = Tally::default();
        let mut units: BTreeMap<Option<String>, Tally> = BTreeMap::new();
        let mut agents: BTreeMap<(Option<String>, Option<String>), Tally> = BTreeMap::new();
        let mut names = BTreeMap::new();
        for sums in &facts.agents {
            let key = (shown(&sums.unit), shown(&sums.group));
            whole.add(sums);
            units.entry(key.0.clone()).or_default().add(sums);
            agents.entry(key.clone()).or_default().add(sums);
            names.insert(key, shown(&sums.agent_name));
        }
        if whole.steps.connected.known == 0 {
            return None;
        }
        let (mut without, mut with) = (Known::default(), Known::default());
        for sums in &facts.judged {
            let key = (shown(&sums.unit), shown(&sums.agent_id));
            whole.add_judged(sums);
            // Units and agents of which the list says nothing have no line of their own.
            if let Some(unit) = units.get_mut(&key.0) {
                unit.add_judged(sums);
            }
            if let Some(agent) = agents.get_mut(&key) {
                agent.add_judged(sums);
            }
            if let Some(converted) = sums.converted {
                let group = if sums.violated {
                    &mut with
                } else {
                    &mut without
                };
                group.add(Known {
                    known: sums.calls,
                    so: u64::from(converted) * sums.calls,
                });
            }
        }
        let mut agents: Vec<FunnelLine> = agents
            .into_iter()
            .map(|(key, tally)| FunnelLine {
                agent_name: names.get(&key).cloned().flatten(),
                ..tally.line(key.0, key.1)
            })
            .collect();
        let total = agents.len() as u64;
        agents.sort_by_key(|line| u64::MAX - line.dialled);
        agents.truncate(agents_listed);
        Some(Funnel {
            long_talk_seconds: LONG_TALK_SECONDS,
            whole: whole.line(None, None),
            units: units
                .into_iter()
                .map(|(unit, tally)| tally.line(unit, None))
                .collect(),
            agents: Capped {
                total,
                listed: agents,
            },
            scripts: lines(&facts.scripts),
            hours: lines(&facts.hours),
            without_violation: without.rate(),
            with_violation: with.rate(),
        })
    }
}

fn lines(groups: &[FunnelSums]) -> Vec<FunnelLine> {
    let lines = groups.iter().map(|sums| {
        let mut tally = Tally::default();
        tally.add(sums);
        tally.line(None, shown(&sums.group))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(known: u64, so: u64) -> Known {
        Known { known, so }
    }

    fn agent(unit: &str, id: &str, dialled: u64, days: u64, connected: u64) -> FunnelSums {
        FunnelSums {
            unit: Some(unit.to_owned()),
            group: Some(id.to_owned()),
            agent_name: None,
            dialled,
            days,
            steps: FunnelSteps {
                connected: known(dialled, connected),
                long_talk: known(connected, connected / 2),
                converted: known(connected, connected / 4),
                ordered: known(connected / 4, 1),
            },
        }
    }

    fn judged(id: &str, converted: Option<bool>, violated: bool, calls: u64) -> ConversionSums {
        ConversionSums {
            unit: Some("甲".to_owned()),
            agent_id: Some(id.to_owned()),
            converted,
            violated,
            calls,
        }
    }

    #[test]
    fn each_step_is_a_share_of_the_one_before() {
        let facts = FunnelFacts {
            agents: vec![agent("甲", "1", 100, 4, 40), agent("甲", "2", 20, 2, 8)],
            judged: vec![
                judged("1", Some(true), true, 6),
                judged("1", Some(false), true, 4),
                judged("1", Some(true), false, 4),
                judged("2", Some(false), false, 26),
                judged("2", None, false, 5),
            ],
            ..FunnelFacts::default()
        };
        let funnel = Funnel::of(&facts, 1).expect("something is known");
        let whole = &funnel.whole;
        assert_eq!((whole.dialled, whole.seat_days), (120, 6));
        assert_eq!(whole.per_day, Some(20.0));
        let pair = |rate: &Rate| (rate.hits, rate.n);
        assert_eq!(pair(&whole.connected), (48, 120));
        assert_eq!(pair(&whole.long_talk), (24, 48));
        assert_eq!(pair(&whole.converted), (12, 48));
        assert_eq!(pair(&whole.ordered), (2, 12));
        assert_eq!(pair(&whole.violated), (10, 45));
        assert_eq!(pair(&funnel.with_violation), (6, 10));
        assert_eq!(pair(&funnel.without_violation), (4, 30));
        assert_eq!(funnel.agents.total, 2);
        assert_eq!(funnel.agents.listed[0].group.as_deref(), Some("1"));
        assert_eq!(pair(&funnel.units[0].violated), (10, 45));
    }

    #[test]
    fn calls_of_no_known_agent_are_not_counted_by_seat() {
        let nobody = FunnelSums {
            group: None,
            ..agent("甲", "", 50, 3, 10)
        };
        let facts = FunnelFacts {
            agents: vec![nobody, agent("甲", "1", 30, 3, 10)],
            ..FunnelFacts::default()
        };
        let funnel = Funnel::of(&facts, 9).expect("something is known");
        assert_eq!(funnel.whole.per_day, Some(10.0));
        assert_eq!(funnel.whole.dialled, 80);
    }

    #[test]
    fn no_funnel_where_nothing_is_known() {
        let silent = FunnelSums {
            steps: FunnelSteps::default(),
            ..agent("甲", "1", 10, 1, 0)
        };
        let facts = FunnelFacts {
            agents: vec![silent],
            ..FunnelFacts::default()
        };
        assert_eq!(Funnel::of(&facts, 9), None);
    }
}
