//! An utterance as the matcher reads it.

use super::positions::{self, Known, Places};
use crate::text::{Normalised, Value};

/// An utterance as the matcher reads it.
#[derive(Clone, Copy)]
pub struct Spoken<'t> {
    pub text: &'t Normalised,
    pub values: &'t [Value],
    /// Before which characters a question mark stands; the text's length for one at its end.
    pub questions: &'t [usize],
    /// The same, as far as that fits.
    pub asked: Places,
    /// What is known about it already; `None` for one that is too long.
    pub positions: Option<Known<'t>>,
    /// Before which characters a sentence begins, as far as that fits; the text's end too.
    pub breaks: Places,
    /// Before which characters there is any pause, as far as that fits; the text's end too.
    pub pauses: Places,
}

impl<'t> Spoken<'t> {
    pub fn new(
        text: &'t Normalised,
        values: &'t [Value],
        questions: &'t [usize],
        known: Known<'t>,
    ) -> Spoken<'t> {
        let length = text.chars().len();
        let (mut breaks, mut pauses) = (0, 0);
        for at in 0..=length.min(positions::LONGEST) {
            if text.pause_before(at) {
                pauses |= 1 << at;
                if text.sentence_break_before(at) {
                    breaks |= 1 << at;
                }
            }
        }
        let fit = questions.iter().filter(|&&at| at <= positions::LONGEST);
        Spoken {
            text,
            values,
            questions,
            asked: fit.fold(0, |asked, at| asked | 1 << at),
            positions: known.positions.fits().then_some(known),
            breaks,
            pauses,
        }
    }
}

/// Before which characters a question ends: at a question mark of the original, or, where the
/// original has no punctuation at its end, after a particle that only questions end with.
pub fn questions(text: &Normalised) -> Vec<usize> {
    let chars = text.chars();
    let count = chars.len();
    let mut found = Vec::new();
    if text.original().contains(['?', '？']) {
        let mut next = 0;
        for (position, c) in text.original().chars().enumerate() {
            while next < count && text.origin(next).0 < position {
                next += 1;
            }
            if matches!(c, '?' | '？') && found.last() != Some(&next) {
                found.push(next);
            }
        }
    }
    let bare_end = text
        .original()
        .trim_end()
        .ends_with(|c: char| c.is_alphanumeric());
    if bare_end && matches!(chars.last(), Some('吗' | '么' | '呢')) && found.last() != Some(&count)
    {
        found.push(count);
    }
    found
}
