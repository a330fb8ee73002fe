//! How like two sentences are: Dice's coefficient over pairs of neighbouring characters.

/// The likeness of two texts, 0 to 1: twice the shared pairs over all pairs. Texts of fewer
/// than two characters are like only what equals them.
pub fn likeness(a: &[char], b: &[char]) -> f64 {
    if a.len() < 2 || b.len() < 2 {
        return if a == b { 1.0 } else { 0.0 };
    }
    let mut rest: Vec<&[char]> = b.windows(2).collect();
    rest.sort_unstable();
    let mut pairs: Vec<&[char]> = a.windows(2).collect();
    pairs.sort_unstable();
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while i < pairs.len() && j < rest.len() {
        match pairs[i].cmp(rest[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * shared as f64 / (pairs.len() + rest.len()) as f64
}

/// The stretch of `text`, as long as `sample` or up to half as long again, that is most like the
/// sample, with its likeness; the earliest and shortest of several.
pub fn nearest_stretch(text: &[char], sample: &[char]) -> Option<(usize, usize, f64)> {
    let mut best: Option<(usize, usize, f64)> = None;
    for quarters in 4..=6 {
        let size = (sample.len() * quarters / 4).min(text.len());
        if size == 0 {
            return None;
        }
        for from in 0..=text.len() - size {
            let near = likeness(&text[from..from + size], sample);
            if best.is_none_or(|(_, _, likeness)| near > likeness) {
                best = Some((from, from + size, near));
            }
        }
        if size == text.len() {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expected: f64) {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let found = likeness(&chars(a), &chars(b));
        assert!((found - expected).abs() < 1e-9, "{a} {b}: {found}");
        assert_eq!(found, likeness(&chars(b), &chars(a)));
    }

    #[test]
    fn dice() {
        check("违约金", "违约金", 1.0);
        check("违约金", "合同", 0.0);
        check("abcd", "abce", 2.0 / 3.0);
        check("好", "好", 1.0);
        check("好", "好的", 0.0);
        // A pair that occurs once is shared once.
        check("好好好", "好好", 2.0 / 3.0);
    }

    #[test]
    fn the_nearest_stretch() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(
            nearest_stretch(&chars("那个要付违约金的"), &chars("付违约金")),
            Some((3, 7, 1.0))
        );
        assert_eq!(nearest_stretch(&[], &chars("付")), None);
    }
}
