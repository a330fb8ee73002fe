//! What the fuzz targets share. The modules under test are taken in by path, so that neither
//! whisper.cpp nor SQLite has to be built for them.

#![allow(dead_code, unused_imports)]

#[path = "../../src/lang.rs"]
pub mod lang;
#[path = "../../src/time.rs"]
pub mod time;

#[path = "../../src/call.rs"]
pub mod call;
#[path = "../../src/transcript.rs"]
pub mod transcript;

#[path = "../../src/text/mod.rs"]
pub mod text;

#[path = "../../src/rules/mod.rs"]
pub mod rules;
