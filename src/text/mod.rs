//! One spelling for matching, with the way back to the words as they were said.
//!
//! Owns how text is read: spelling ([`Normalised`]), numerals and quantities ([`values`]),
//! sound ([`readings`]), and what must not be shown ([`mask`]). Knows no rules and no transcripts:
//! everything here is a function of a string.

mod accents;
mod dates;
mod decimal;
mod durations;
mod hesitation;
mod mask;
mod money;
mod names;
mod normalise;
mod numerals;
mod quantities;
mod script;
mod spoken_numerals;
mod syllables;

pub use accents::{Accents, fold};
pub use dates::{SpokenDate, When};
pub use decimal::Decimal;
pub use durations::{DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS, MONTH_SECONDS, YEAR_SECONDS};
pub use mask::{mask, mask_ranges};
pub use names::introduced_names;
pub use normalise::Normalised;
pub use numerals::{read_number, write_number};
pub use quantities::{Value, ValueKind, values};
pub use syllables::{SyllableId, readings, syllable_count, syllable_id, syllable_name};
