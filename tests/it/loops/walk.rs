//! Every legal move is made, every illegal one tried, for every position, move and role.
//!
//! What is expected is written here a second time, from the design and not from the table.

use chrono::{TimeDelta, Utc};
use huiting::{
    lang::{Lang, Say},
    people::{Person, Role, UnitScope, UnitTree},
    review::workflow::{
        Act, Condition, Facts, FindingState, MOVES, Move, Position, RectificationState, Refusal,
        check, legal_moves,
    },
};

/// Move: from (rectification beside it, * any, - none open) -> to; roles; r: with a reason.
const EXPECTED: &str = "
assign: detected/* assigned/* -> assigned; inspector reviewer manager;
confirm: assigned/* missed/* -> confirmed; inspector reviewer;
reject: assigned/* missed/* -> false-hit; inspector reviewer; r
add-missed: nothing -> missed; inspector reviewer; r
publish: confirmed/* -> published; inspector reviewer;
acknowledge: published/* -> acknowledged; agent;
appeal: published/* -> appealed; agent; r
uphold: appealed/* -> upheld; reviewer;
uphold: escalated/* -> finally-upheld; arbiter;
overturn: appealed/* -> overturned; reviewer; r
overturn: escalated/* -> finally-overturned; arbiter; r
escalate: appealed/* -> escalated; reviewer; r
escalate: upheld/* -> escalated; agent; r
close: acknowledged/- finally-upheld/- published/- upheld/- -> closed; inspector reviewer manager;
open-rectification: confirmed/none published/none acknowledged/none upheld/none finally-upheld/none -> /opened; reviewer manager;
submit-rectification: confirmed/opened published/opened acknowledged/opened appealed/opened upheld/opened escalated/opened finally-upheld/opened -> /submitted; agent manager; r
pass-rectification: confirmed/submitted published/submitted acknowledged/submitted appealed/submitted upheld/submitted escalated/submitted finally-upheld/submitted -> /passed; inspector reviewer;
fail-rectification: confirmed/submitted published/submitted acknowledged/submitted appealed/submitted upheld/submitted escalated/submitted finally-upheld/submitted -> /opened; inspector reviewer; r
";

struct Expected {
    to: String,
    roles: Vec<Role>,
    reason: bool,
}

/// What the design says of this move in this position.
fn expected(mv: Move, position: Position) -> Option<Expected> {
    EXPECTED
        .lines()
        .filter(|line| !line.is_empty())
        .find_map(|line| {
            let (name, rest) = line.split_once(": ")?;
            let (moves, rest) = rest.split_once("; ")?;
            let (roles, reason) = rest.split_once(';')?;
            let (from, to) = moves.split_once(" -> ")?;
            if name != mv.as_str() {
                return None;
            }
            let here = from
                .split(' ')
                .any(|from| match (from.split_once('/'), position.finding) {
                    (None, None) => from == "nothing",
                    (Some((state, beside)), Some(finding)) => {
                        state == finding.as_str()
                            && match beside {
                                "*" => true,
                                "-" => !position.rectification.is_open(),
                                named => named == position.rectification.as_str(),
                            }
                    }
                    _ => false,
                });
            here.then(|| Expected {
                to: to.to_owned(),
                roles: roles
                    .split(' ')
                    .map(|role| Role::parse(role).expect("a role"))
                    .collect(),
                reason: reason.trim() == "r",
            })
        })
}

fn person(role: Role) -> Person {
    Person {
        id: "x".into(),
        name: "x".into(),
        role,
        agent_id: Some("1001".into()),
        units: UnitScope::All,
        active: true,
    }
}

/// Everything besides state and role speaks for the move.
fn facts(position: Position, mv: Move) -> Facts {
    let past = TimeDelta::days(if mv == Move::Close { -1 } else { 1 });
    Facts {
        position,
        unit: Some("n1".into()),
        agent_id: Some("1001".into()),
        assignee: Some("x".into()),
        decided_by: Some("somebody".into()),
        submitted_by: Some("somebody".into()),
        appeal_until: Some(Utc::now() + past),
        grave_or_repeated: true,
    }
}

fn positions() -> Vec<Position> {
    let mut positions = vec![Position::NOTHING];
    for state in FindingState::ALL {
        for rectification in RectificationState::ALL {
            positions.push(Position::of(state, rectification));
        }
    }
    positions
}

#[test]
fn every_position_move_and_role() {
    let units = UnitTree::default();
    let (mut legal, mut illegal, mut wrong_role) = (0, 0, 0);
    for position in positions() {
        for mv in Move::ALL {
            for role in Role::ALL {
                let by = person(role);
                let act = Act {
                    mv,
                    by: &by,
                    at: Utc::now(),
                    reason: "因为",
                };
                let found = check(&act, &facts(position, mv), &units);
                let Some(expected) = expected(mv, position) else {
                    illegal += 1;
                    let Err(refusal @ Refusal::Illegal { .. }) = &found else {
                        panic!("{mv:?} from {position:?} by {role:?}: {found:?}");
                    };
                    names_the_legal_ones(refusal, position);
                    continue;
                };
                if !expected.roles.contains(&role) {
                    wrong_role += 1;
                    assert!(
                        matches!(found, Err(Refusal::Role { .. })),
                        "{mv:?} from {position:?} by {role:?}: {found:?}"
                    );
                    continue;
                }
                legal += 1;
                let after = found.unwrap_or_else(|refusal| {
                    panic!("{mv:?} from {position:?} by {role:?}: {refusal:?}")
                });
                check_after(mv, position, after, &expected.to);
                let silent = Act { reason: " ", ..act };
                let without = check(&silent, &facts(position, mv), &units);
                assert_eq!(
                    without.is_err(),
                    expected.reason,
                    "{mv:?} from {position:?} without a reason: {without:?}"
                );
            }
        }
    }
    assert_eq!(legal + illegal + wrong_role, 71 * 15 * 7);
    assert!(
        legal > 200 && illegal > 5000,
        "{legal} {illegal} {wrong_role}"
    );
}

fn check_after(mv: Move, before: Position, after: Position, to: &str) {
    match to.strip_prefix('/') {
        Some(rectification) => {
            assert_eq!(after.rectification.as_str(), rectification);
            assert_eq!(after.finding, before.finding);
        }
        None => {
            assert_eq!(after.finding.map(FindingState::as_str), Some(to));
            let void = mv == Move::Overturn && before.rectification.is_open();
            let expected = if void {
                RectificationState::Void
            } else {
                before.rectification
            };
            assert_eq!(after.rectification, expected);
        }
    }
}

fn names_the_legal_ones(refusal: &Refusal, position: Position) {
    let (zh, en) = (refusal.say(Lang::Zh), refusal.say(Lang::En));
    let legal = legal_moves(position);
    if legal.is_empty() {
        assert!(zh.contains("没有下一步"), "{zh}");
    }
    for mv in legal {
        assert!(
            zh.contains(&mv.say(Lang::Zh)) && zh.contains(mv.command()),
            "{zh}"
        );
        assert!(en.contains(mv.command()), "{en}");
    }
}

#[test]
fn conditions_are_kept() {
    let units = UnitTree::default();
    let check = |mv: Move,
                 state: FindingState,
                 rectification: RectificationState,
                 role: Role,
                 change: &dyn Fn(&mut Facts),
                 expected: Condition| {
        let by = person(role);
        let act = Act {
            mv,
            by: &by,
            at: Utc::now(),
            reason: "因为",
        };
        let mut facts = facts(Position::of(state, rectification), mv);
        assert!(check(&act, &facts, &units).is_ok(), "{mv:?} before");
        change(&mut facts);
        match check(&act, &facts, &units) {
            Err(Refusal::Condition { condition, .. }) => assert_eq!(condition, expected),
            other => panic!("{mv:?}: {other:?}"),
        }
    };
    use FindingState::*;
    let none = RectificationState::None;
    let expired = |facts: &mut Facts| facts.appeal_until = Some(Utc::now() - TimeDelta::days(1));
    let running = |facts: &mut Facts| facts.appeal_until = Some(Utc::now() + TimeDelta::days(1));
    check(
        Move::Confirm,
        Assigned,
        none,
        Role::Inspector,
        &|facts| facts.assignee = Some("other".into()),
        Condition::Assignee,
    );
    check(
        Move::Appeal,
        Published,
        none,
        Role::Agent,
        &expired,
        Condition::WindowOpen,
    );
    check(
        Move::Escalate,
        Upheld,
        none,
        Role::Agent,
        &expired,
        Condition::WindowOpen,
    );
    check(
        Move::Close,
        Published,
        none,
        Role::Reviewer,
        &running,
        Condition::WindowPassed,
    );
    check(
        Move::Close,
        Upheld,
        none,
        Role::Reviewer,
        &running,
        Condition::WindowPassed,
    );
    check(
        Move::Overturn,
        Appealed,
        none,
        Role::Reviewer,
        &|facts| facts.decided_by = Some("x".into()),
        Condition::NotOwnDecision,
    );
    check(
        Move::OpenRectification,
        Confirmed,
        none,
        Role::Manager,
        &|facts| facts.grave_or_repeated = false,
        Condition::GraveOrRepeated,
    );
    check(
        Move::PassRectification,
        Confirmed,
        RectificationState::Submitted,
        Role::Reviewer,
        &|facts| facts.submitted_by = Some("x".into()),
        Condition::NotOwnEvidence,
    );
}

#[test]
fn every_state_can_be_reached_and_has_an_end() {
    let mut reached = vec![Position::of(
        FindingState::Detected,
        RectificationState::None,
    )];
    reached.push(Position::NOTHING);
    let units = UnitTree::default();
    let mut next = 0;
    while next < reached.len() {
        let position = reached[next];
        next += 1;
        for mv in legal_moves(position) {
            for role in Role::ALL {
                let by = person(role);
                let act = Act {
                    mv,
                    by: &by,
                    at: Utc::now(),
                    reason: "因为",
                };
                if let Ok(after) = check(&act, &facts(position, mv), &units)
                    && !reached.contains(&after)
                {
                    reached.push(after);
                }
            }
        }
    }
    for state in FindingState::ALL {
        assert!(
            reached
                .iter()
                .any(|position| position.finding == Some(state)),
            "{state:?} is never reached"
        );
    }
    let ends: Vec<&str> = FindingState::ALL
        .into_iter()
        .filter(|&state| legal_moves(Position::of(state, RectificationState::None)).is_empty())
        .map(FindingState::as_str)
        .collect();
    assert_eq!(
        ends,
        ["false-hit", "overturned", "finally-overturned", "closed"]
    );
}

#[test]
fn words_are_read_as_they_are_written() {
    for position in positions() {
        if position.finding.is_some() || position == Position::NOTHING {
            assert_eq!(Position::parse(&position.code()), Some(position));
        }
    }
    for mv in Move::ALL {
        assert_eq!(Move::parse(mv.as_str()), Some(mv));
        assert!(MOVES.iter().any(|row| row.mv == mv));
    }
}
