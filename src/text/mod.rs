//! One spelling for matching, with the way back to the words as they were said.
//!
//! Owns how text is read: spelling ([`Normalised`]), numerals and quantities ([`values`]),
//! sound ([`readings`]), and what must not be shown ([`mask`]). Knows no rules and no transcripts:
//! everything here is a function of a string.

mod accents;
mod hesitation;
mod normalise;
mod script;
mod syllables;

pub use accents::{Accents, fold};
pub use normalise::Normalised;
pub use syllables::{SyllableId, readings, syllable_count, syllable_id, syllable_name};
