//! One spelling for matching, with the way back to the words as they were said.
//!
//! Owns how text is read: spelling ([`Normalised`]), numerals and quantities ([`values`]),
//! sound ([`readings`]), and what must not be shown ([`mask`]). Knows no rules and no transcripts:
//! everything here is a function of a string.

mod accents;
mod decimal;
mod hesitation;
mod normalise;
mod numerals;
mod script;
mod syllables;

pub use accents::{Accents, fold};
pub use decimal::Decimal;
pub use normalise::Normalised;
pub use numerals::{read_number, write_number};
pub use syllables::{SyllableId, readings, syllable_count, syllable_id, syllable_name};
