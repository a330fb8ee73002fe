//! The cases of a call: which mentions of a cue belong together, and which part is whose.

use super::{
    engine::{Case, Heard, Hit},
    rule::Each,
};

/// The cases in the order of their first mention.
///
/// Two neighbouring mentions are one case unless a cue of `apart` lies between them (in the
/// second mention's own utterance up to that mention counts too), or more than `gap`. A case's
/// part begins after the last mention of the case before and ends where the next case is first
/// mentioned: what is said between two cases counts for both, so that nobody is accused of
/// having left unsaid what was said.
pub fn cases(each: &Each, heard: &Heard<'_>) -> Vec<Case> {
    let mentions = &heard.hits[each.cue.index()];
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for index in 0..mentions.len() {
        match groups.last_mut() {
            Some(group) if together(each, heard, &mentions[index - 1], &mentions[index]) => {
                group.end = index + 1;
            }
            _ => groups.push(index..index + 1),
        }
    }
    let mut cases = Vec::with_capacity(groups.len());
    for (number, group) in groups.iter().enumerate() {
        let from = match number {
            0 => (0, 0),
            _ => mentions[group.start - 1].end(),
        };
        let to = groups
            .get(number + 1)
            .map_or((u32::MAX, u32::MAX), |next| mentions[next.start].start());
        cases.push(Case {
            cue: each.cue,
            mentions: group.clone(),
            from,
            to,
        });
    }
    cases
}

fn together(each: &Each, heard: &Heard<'_>, first: &Hit, second: &Hit) -> bool {
    let near = each.gap.is_none_or(|gap| heard.within(first, second, gap));
    let parted = each
        .apart
        .iter()
        .flat_map(|cue| &heard.hits[cue.index()])
        .any(|apart| {
            apart.is_sure() && first.end() <= apart.start() && apart.start() <= second.end()
        });
    near && !parted
}
