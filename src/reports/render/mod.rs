//! How reports look. One file per format; what they say is decided before.

mod chart;
mod figures;
pub mod html;
pub mod violations;
mod wording;
pub mod workbook;
