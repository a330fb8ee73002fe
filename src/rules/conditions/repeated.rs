//! The same words again and again.

use super::{Finding, Node};
use crate::{
    rules::{
        engine::{View, likeness},
        reason::Words,
        truth::Truth,
    },
    transcript::Speaker,
};

/// Shorter utterances (好的, 是的) are repeated without meaning anything by it.
const SHORTEST: usize = 4;

#[derive(Debug)]
pub struct Repeated {
    /// How like each other, 0 to 1.
    pub similar: f64,
    pub times: u32,
    pub speaker: Option<Speaker>,
}

impl Repeated {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let sure = self.most_alike(view, false);
        let possible = self.most_alike(view, true);
        let truth = Truth::between(self.times as usize, sure.len(), possible.len());
        let at = match truth {
            Truth::True => sure,
            Truth::Unknown => possible,
            Truth::False => Vec::new(),
        };
        let words = Words {
            zh: format!("相似的话说了 {} 遍", at.len()),
            en: format!("said {} times alike", at.len()),
        };
        let mut finding = Finding::of(node, truth, Vec::new()).measured(words);
        finding.at = at;
        finding
    }

    /// The largest group of utterances like one of them; the earliest of several.
    fn most_alike(&self, view: &View<'_>, or_unknown: bool) -> Vec<usize> {
        let utterances = &view.transcript().utterances;
        let own: Vec<usize> = (0..utterances.len())
            .filter(|&index| {
                let speaker = utterances[index].speaker;
                let by_them = self.speaker.is_none_or(|wanted| {
                    speaker == wanted || or_unknown && speaker == Speaker::Unknown
                });
                by_them && view.heard.texts[index].chars().len() >= SHORTEST
            })
            .collect();
        let mut largest = Vec::new();
        for &first in &own {
            let alike: Vec<usize> = own
                .iter()
                .copied()
                .filter(|&other| {
                    utterances[other].speaker == utterances[first].speaker
                        && likeness(
                            view.heard.texts[first].chars(),
                            view.heard.texts[other].chars(),
                        ) >= self.similar
                })
                .collect();
            if alike.len() > largest.len() {
                largest = alike;
            }
        }
        largest
    }
}
