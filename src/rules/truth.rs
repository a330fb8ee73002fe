//! Kleene's strong three-valued logic.

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    pub fn of(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }

    /// True as long as both are.
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    /// True as soon as one is.
    pub fn or(self, other: Truth) -> Truth {
        self.negated().and(other.negated()).negated()
    }

    pub fn negated(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    /// Whether at least `least` of `truths` hold.
    pub fn at_least(least: usize, truths: impl IntoIterator<Item = Truth>) -> Truth {
        let (mut sure, mut possible) = (0, 0);
        for truth in truths {
            sure += usize::from(truth == Truth::True);
            possible += usize::from(truth != Truth::False);
        }
        Truth::between(least, sure, possible)
    }

    /// Whether a number known to lie in `sure..=possible` is at least `least`.
    pub fn between(least: usize, sure: usize, possible: usize) -> Truth {
        if sure >= least {
            Truth::True
        } else if possible >= least {
            Truth::Unknown
        } else {
            Truth::False
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    const ALL: [Truth; 3] = [False, Unknown, True];

    #[test]
    fn kleene_tables() {
        assert_eq!(Unknown.and(False), False);
        assert_eq!(Unknown.and(True), Unknown);
        assert_eq!(Unknown.or(True), True);
        assert_eq!(Unknown.or(False), Unknown);
        assert_eq!(Unknown.negated(), Unknown);
        assert_eq!(True.negated(), False);
    }

    /// A three-valued answer must be right whatever the unknown turns out to be.
    #[test]
    fn unknown_stands_for_both() {
        let worlds = |t: Truth| match t {
            False => vec![false],
            True => vec![true],
            Unknown => vec![false, true],
        };
        for a in ALL {
            for b in ALL {
                let mut and = vec![];
                let mut or = vec![];
                for &x in &worlds(a) {
                    for &y in &worlds(b) {
                        and.push(x && y);
                        or.push(x || y);
                    }
                }
                for (answer, possible) in [(a.and(b), and), (a.or(b), or)] {
                    match answer {
                        True => assert!(possible.iter().all(|&w| w)),
                        False => assert!(possible.iter().all(|&w| !w)),
                        Unknown => assert!(possible.contains(&true) && possible.contains(&false)),
                    }
                }
            }
        }
    }

    #[test]
    fn counting() {
        assert_eq!(Truth::at_least(2, [True, True, False]), True);
        assert_eq!(Truth::at_least(2, [True, Unknown, False]), Unknown);
        assert_eq!(Truth::at_least(2, [True, False, False]), False);
        assert_eq!(Truth::at_least(0, []), True);
    }
}
