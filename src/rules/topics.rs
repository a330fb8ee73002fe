//! Contact reasons and reasons for leaving: cues with a `topic`. They cost no points.

use super::{engine::Heard, rule::CueId, set::RuleSet, verdict::Evidence};

/// A reason heard in a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// The kind of reason, as the cue's `topic` says: `leaving`, `contact`.
    pub topic: String,
    pub cue: String,
    pub title: String,
    /// The Chinese one where there is no other.
    pub title_en: String,
    pub evidence: Vec<Evidence>,
}

impl RuleSet {
    /// The reasons heard in a call, by topic and then by cue. Doubtful hits alone are no reason.
    pub fn topics(&self, heard: &Heard<'_>) -> Vec<Topic> {
        let mut topics: Vec<Topic> = self
            .cues()
            .iter()
            .enumerate()
            .filter_map(|(index, cue)| {
                let topic = cue.topic.clone()?;
                let evidence = self.evidence(heard, CueId(index as u32));
                evidence.iter().any(|e| !e.doubtful).then(|| Topic {
                    topic,
                    cue: cue.name.clone(),
                    title: cue.chinese().to_owned(),
                    title_en: cue.english().to_owned(),
                    evidence,
                })
            })
            .collect();
        topics.sort_by(|a, b| (&a.topic, &a.cue).cmp(&(&b.topic, &b.cue)));
        topics
    }
}
