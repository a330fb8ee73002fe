//! How far recognised text is from the truth.

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
