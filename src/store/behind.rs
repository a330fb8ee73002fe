//! Some of the calls behind a report's figures.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::{
    reports::{
        BEHIND_FIGURE, BEHIND_UNIT, BehindCall, BehindGroup, RuleFacts, RuleName, ScoreBand,
        masking::shown,
    },
    rules::{Evidence, Outcome, telling},
    store::{
        Store, StoreError, from_json,
        monthly::{ReportScope, VerdictWanted},
        to_json,
    },
};

/// The days whose calls a report counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period<'a> {
    /// `2026-10`.
    Month(&'a str),
    /// Both included.
    Days(&'a str, &'a str),
}

/// A violation in a call.
struct Violated {
    rule_id: String,
    from_ms: Option<u64>,
}

/// The groups whose calls are looked for while calls with violations go by.
struct Groups<'a> {
    key_items: &'a [RuleName],
    wanted: &'a BTreeMap<BehindGroup, u64>,
    found: BTreeMap<BehindGroup, Vec<BehindCall>>,
    /// Calls still to be named.
    left: u64,
}

impl Groups<'_> {
    fn want(&self, group: &BehindGroup) -> bool {
        let most = self.wanted.get(group).copied().unwrap_or(0);
        let named = self.found.get(group).map_or(0, Vec::len);
        (named as u64) < most.min(group.most() as u64)
    }

    fn name(&mut self, group: BehindGroup, call: BehindCall) {
        self.found.entry(group).or_default().push(call);
        self.left -= 1;
    }
}

impl Store {
    /// Calls behind the figures of each group, those with the lowest scores first. `wanted`: how
    /// many there are, so that nothing is looked for that is not there.
    ///
    /// # Errors
    /// When the database fails or holds something damaged.
    pub fn behind_groups(
        &self,
        period: Period<'_>,
        units: Option<&[String]>,
        wanted: &BTreeMap<BehindGroup, u64>,
        key_items: &[RuleName],
        rules: &[RuleFacts],
    ) -> Result<BTreeMap<BehindGroup, Vec<BehindCall>>, StoreError> {
        let left = wanted
            .iter()
            .map(|(group, calls)| (*calls).min(group.most() as u64));
        let mut groups = Groups {
            key_items,
            wanted,
            found: BTreeMap::new(),
            left: left.sum(),
        };
        // Of a month, an index has the calls in this order; the plus keeps SQLite from it where it
        // would go through all months.
        let (days, from, to, order) = match period {
            Period::Month(month) => (
                "month = ?1 AND ?2 IS NULL",
                month,
                None,
                "points, deducted DESC, started_at, call_id",
            ),
            Period::Days(from, to) => ("day BETWEEN ?1 AND ?2", from, Some(to), "+points, call_id"),
        };
        let mut statement = self.connection.prepare(&format!(
            "SELECT call_id, unit, channel, business FROM calls
             WHERE {days} AND deducted > 0
               AND (?3 IS NULL OR unit IN (SELECT value FROM json_each(?3)))
             ORDER BY {order}"
        ))?;
        let mut rows = statement.query(params![from, to, units.map(to_json)])?;
        while groups.left > 0 {
            let Some(row) = rows.next()? else { break };
            let unit = shown(&row.get(1)?);
            let mut of_call = vec![
                BehindGroup::Unit(unit.clone()),
                BehindGroup::Channel(shown(&row.get(2)?)),
                BehindGroup::Business(shown(&row.get(3)?)),
            ];
            of_call.extend((0..key_items.len()).map(|at| BehindGroup::KeyItem(at, unit.clone())));
            of_call.retain(|group| groups.want(group));
            if of_call.is_empty() {
                continue;
            }
            let call_id: String = row.get(0)?;
            let violated = self.violated(&call_id)?;
            for group in of_call {
                let call = match &group {
                    BehindGroup::KeyItem(at, _) => {
                        let id = &groups.key_items[*at].id;
                        let place = violated.iter().find(|one| one.rule_id == *id);
                        place.map(|place| BehindCall {
                            from_ms: place.from_ms,
                            ..BehindCall::of(&call_id)
                        })
                    }
                    _ => Some(with_violations(&call_id, &violated, rules)),
                };
                if let Some(call) = call {
                    groups.name(group, call);
                }
            }
        }
        Ok(groups.found)
    }

    /// Calls with so many points, both included.
    pub fn calls_with_points(
        &self,
        scope: &ReportScope,
        band: &ScoreBand,
        rules: &[RuleFacts],
    ) -> Result<Vec<BehindCall>, StoreError> {
        let ids = self.call_ids(
            "SELECT call_id FROM calls
             WHERE month = ?1 AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
               AND points BETWEEN ?3 AND ?4
             ORDER BY points, deducted DESC, started_at, call_id LIMIT ?5",
            params![
                scope.month,
                scope.units_json(),
                band.from,
                band.to,
                BEHIND_FIGURE as i64
            ],
        )?;
        self.with_violations(&ids, rules)
    }

    /// Outbound calls after which the customer agreed: with a violation those with the lowest scores
    /// first, without one those with the most obligations met.
    pub fn converted_calls(
        &self,
        scope: &ReportScope,
        violated: bool,
        rules: &[RuleFacts],
    ) -> Result<Vec<BehindCall>, StoreError> {
        // Each in the order of an index, so that the first are soon met.
        let (which, order) = match violated {
            true => ("deducted > 0", "points, deducted DESC, started_at"),
            false => ("violated = 0", "cannot_judge, passes DESC"),
        };
        let ids = self.call_ids(
            &format!(
                "SELECT call_id FROM calls
                 WHERE month = ?1 AND (?2 IS NULL OR unit IN (SELECT value FROM json_each(?2)))
                   AND direction = 'outbound' AND converted = 1 AND {which}
                 ORDER BY {order}, call_id LIMIT ?3"
            ),
            params![scope.month, scope.units_json(), BEHIND_UNIT as i64],
        )?;
        self.with_violations(&ids, rules)
    }

    /// Calls of an agent in a unit with violations, the lowest scores first.
    pub fn behind_agent(
        &self,
        month: &str,
        unit: Option<&str>,
        agent_id: &str,
        rules: &[RuleFacts],
    ) -> Result<Vec<BehindCall>, StoreError> {
        let ids = self.call_ids(
            "SELECT call_id FROM calls
             WHERE month = ?1 AND unit IS ?2 AND agent_id = ?3 AND violated
             ORDER BY +points, call_id LIMIT ?4",
            params![month, unit, agent_id, BEHIND_FIGURE as i64],
        )?;
        self.with_violations(&ids, rules)
    }

    /// Calls of a unit, or of one agent in it, on which a scored rule could not be judged; those
    /// with the most such rules first.
    pub fn unclear_calls(
        &self,
        month: &str,
        unit: Option<&str>,
        agent_id: Option<&str>,
        rules: &[RuleFacts],
    ) -> Result<Vec<BehindCall>, StoreError> {
        // Each has its own place in an index.
        let agent = match agent_id {
            Some(_) => "agent_id = ?3",
            None => "?3 IS NULL",
        };
        let ids = self.call_ids(
            &format!(
                "SELECT call_id FROM calls
                 WHERE month = ?1 AND unit IS ?2 AND {agent} AND cannot_judge > 0
                 ORDER BY cannot_judge DESC, call_id LIMIT ?4"
            ),
            params![month, unit, agent_id, BEHIND_FIGURE as i64],
        )?;
        let mut statement = self.connection.prepare_cached(
            "SELECT rule_id FROM verdicts WHERE call_id = ? AND outcome = 'cannot-judge'",
        )?;
        let mut calls = Vec::new();
        for id in ids {
            let unclear = statement.query_map([&id], |row| row.get::<_, String>(0))?;
            let unclear: Vec<String> = unclear.collect::<Result<_, _>>()?;
            calls.push(behind(&id, rules, |rule_id| unclear.contains(rule_id)));
        }
        Ok(calls)
    }

    /// Calls that met each of these rules, the earliest first.
    pub fn passed_calls(
        &self,
        scope: &ReportScope,
        rule_ids: &[String],
    ) -> Result<BTreeMap<String, Vec<BehindCall>>, StoreError> {
        let everywhere = self.verdicts_everywhere(&scope.month)?;
        let lists = rule_ids.iter().map(|rule_id| {
            let wanted = VerdictWanted {
                rule_id,
                outcome: Outcome::Pass,
                order: "",
                limit: BEHIND_FIGURE,
            };
            let ids = self.calls_with_verdict(scope, &wanted, &everywhere)?;
            let calls = ids.iter().map(|id| BehindCall::of(id));
            Ok((rule_id.clone(), calls.collect()))
        });
        lists.collect()
    }

    fn with_violations(
        &self,
        call_ids: &[String],
        rules: &[RuleFacts],
    ) -> Result<Vec<BehindCall>, StoreError> {
        let calls = call_ids
            .iter()
            .map(|id| Ok(with_violations(id, &self.violated(id)?, rules)));
        calls.collect()
    }

    fn violated(&self, call_id: &str) -> Result<Vec<Violated>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rule_id, evidence, turns FROM verdicts
             WHERE call_id = ?1 AND outcome = 'violation' ORDER BY rule_id",
        )?;
        let mut rows = statement.query([call_id])?;
        let mut violated = Vec::new();
        while let Some(row) = rows.next()? {
            let evidence: Vec<Evidence> =
                from_json(&row.get::<_, String>(1)?, "evidence", call_id)?;
            let turns: Vec<usize> = from_json(&row.get::<_, String>(2)?, "turns", call_id)?;
            let place = telling(&evidence, &turns).and_then(|found| found.span);
            violated.push(Violated {
                rule_id: row.get(0)?,
                from_ms: place.map(|span| span.from.0),
            });
        }
        Ok(violated)
    }
}

fn with_violations(call_id: &str, violated: &[Violated], rules: &[RuleFacts]) -> BehindCall {
    behind(call_id, rules, |rule_id| {
        violated.iter().any(|one| one.rule_id == *rule_id)
    })
}

/// A call with the titles of the scored rules concerned.
fn behind(call_id: &str, rules: &[RuleFacts], concerned: impl Fn(&String) -> bool) -> BehindCall {
    let titles = rules
        .iter()
        .filter(|rule| rule.scored && concerned(&rule.id));
    BehindCall {
        rules: titles.map(|rule| rule.title.clone()).collect(),
        ..BehindCall::of(call_id)
    }
}
