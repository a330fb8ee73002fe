//! How far recognised text and its speakers are from the truth.

use crate::{
    time::Span,
    transcript::{Speaker, Transcript, Word},
};

/// Edits that turn the truth into what was heard, counted in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CharacterErrors {
    /// Characters of the truth.
    pub characters: usize,
    pub substituted: usize,
    pub missed: usize,
    pub added: usize,
}

impl CharacterErrors {
    pub fn total(&self) -> usize {
        self.substituted + self.missed + self.added
    }

    /// Character error rate: edits by characters of the truth; above 1 when much was invented.
    /// Without any truth, 0 if nothing was heard and infinite otherwise.
    pub fn rate(&self) -> f64 {
        match (self.total(), self.characters) {
            (0, _) => 0.0,
            (errors, characters) => errors as f64 / characters as f64,
        }
    }

    pub fn add(&mut self, other: &CharacterErrors) {
        self.characters += other.characters;
        self.substituted += other.substituted;
        self.missed += other.missed;
        self.added += other.added;
    }
}

/// Characters heard, by whether their speaker is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeakerErrors {
    /// Characters heard that have a time.
    pub characters: usize,
    /// Given to the other side.
    pub wrong: usize,
    /// Given to nobody.
    pub unknown: usize,
}

impl SpeakerErrors {
    pub fn add(&mut self, other: &SpeakerErrors) {
        self.characters += other.characters;
        self.wrong += other.wrong;
        self.unknown += other.unknown;
    }
}

/// Compares each word's speaker with who truly speaks at the word's middle; between two turns the
/// nearer one counts, and where both speak either is right. Nothing without times in the truth.
pub fn speaker_errors(truth: &[(Speaker, Span)], heard: &Transcript) -> SpeakerErrors {
    let mut errors = SpeakerErrors::default();
    let distance = |span: Span, at: u64| {
        span.from
            .0
            .saturating_sub(at)
            .max(at.saturating_sub(span.to.0))
    };
    for said in &heard.utterances {
        let whole = said.span.map(|span| Word {
            text: said.text.clone(),
            span,
            probability: 1.0,
        });
        let words: Vec<&Word> = match said.words.is_empty() {
            true => whole.iter().collect(),
            false => said.words.iter().collect(),
        };
        for word in words {
            let at = (word.span.from.0 + word.span.to.0) / 2;
            let Some(nearest) = truth.iter().map(|(_, span)| distance(*span, at)).min() else {
                continue;
            };
            let characters = word.text.chars().filter(|c| c.is_alphanumeric()).count();
            let right = truth
                .iter()
                .any(|(speaker, span)| *speaker == said.speaker && distance(*span, at) == nearest);
            errors.characters += characters;
            match said.speaker {
                Speaker::Unknown => errors.unknown += characters,
                _ if !right => errors.wrong += characters,
                _ => {}
            }
        }
    }
    errors
}

/// The least edits between the two (Levenshtein distance by characters), punctuation, spaces and
/// letter case left out. Of equally short ways the one with most substitutions is counted.
///
/// Takes time in the product of the lengths and memory in the length of `heard`.
pub fn character_errors(truth: &str, heard: &str) -> CharacterErrors {
    let characters = |text: &str| -> Vec<char> {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (truth, heard) = (characters(truth), characters(heard));
    // row[j]: errors between the truth so far and the first j characters heard.
    let mut row: Vec<CharacterErrors> = (0..=heard.len())
        .map(|added| CharacterErrors {
            added,
            ..Default::default()
        })
        .collect();
    for &expected in &truth {
        let mut diagonal = row[0];
        row[0].missed += 1;
        for (j, &given) in heard.iter().enumerate() {
            let mut best = diagonal;
            best.substituted += usize::from(expected != given);
            let above = row[j + 1];
            if above.total() + 1 < best.total() {
                best = CharacterErrors {
                    missed: above.missed + 1,
                    ..above
                };
            }
            let left = row[j];
            if left.total() + 1 < best.total() {
                best = CharacterErrors {
                    added: left.added + 1,
                    ..left
                };
            }
            diagonal = above;
            row[j + 1] = best;
        }
    }
    CharacterErrors {
        characters: truth.len(),
        ..row[heard.len()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(truth: &str, heard: &str, expected: (usize, usize, usize, usize)) {
        let errors = character_errors(truth, heard);
        let found = (
            errors.characters,
            errors.substituted,
            errors.missed,
            errors.added,
        );
        assert_eq!(found, expected, "{truth} / {heard}");
    }

    #[test]
    fn edits_are_counted_by_kind() {
        check("要付违约金", "要付违约金", (5, 0, 0, 0));
        check("要付违约金", "要付维约金", (5, 1, 0, 0));
        check("要付违约金", "要违约金", (5, 0, 1, 0));
        check("要付违约金。", "要付,违约 金啊", (5, 0, 0, 1));
        check("", "请不吝点赞", (0, 0, 0, 5));
        check("再见", "", (2, 0, 2, 0));
        check("OK的", "ok的", (3, 0, 0, 0));
    }

    #[test]
    fn speakers_are_compared_by_time() {
        use crate::transcript::Utterance;
        let said = |speaker, text: &str, from, to| Utterance {
            span: Some(Span::new(from, to)),
            ..Utterance::written(speaker, text)
        };
        let truth = [
            (Speaker::Agent, Span::new(0, 1000)),
            (Speaker::Customer, Span::new(1500, 2500)),
            (Speaker::Agent, Span::new(2000, 3000)),
        ];
        let heard = Transcript {
            utterances: vec![
                said(Speaker::Agent, "您好。", 0, 1100),
                said(Speaker::Agent, "你说", 1400, 1900),
                said(Speaker::Customer, "行", 2000, 2500),
                said(Speaker::Unknown, "再见啊", 2600, 3000),
            ],
            ..Transcript::default()
        };
        assert_eq!(
            speaker_errors(&truth, &heard),
            SpeakerErrors {
                characters: 8,
                wrong: 2,
                unknown: 3
            }
        );
        assert_eq!(speaker_errors(&[], &heard), SpeakerErrors::default());
    }

    #[test]
    fn rates() {
        assert_eq!(character_errors("再见", "在建").rate(), 1.0);
        assert_eq!(character_errors("", "").rate(), 0.0);
        assert!(character_errors("", "好").rate().is_infinite());
    }

    proptest! {
        #[test]
        fn agrees_with_a_known_distance(truth in "[一二三ab]{0,12}", heard in "[一二三ab]{0,12}") {
            let errors = character_errors(&truth, &heard);
            prop_assert_eq!(errors.total(), strsim::levenshtein(&truth, &heard));
            // What is heard has the truth's length, less what is missed, plus what is added.
            prop_assert_eq!(
                heard.chars().count() + errors.missed,
                errors.characters + errors.added
            );
        }
    }
}
