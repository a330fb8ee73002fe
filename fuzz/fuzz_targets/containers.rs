//! Any bytes as a recording: telling what they are, our own headers, symphonia's, and decoding.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    huiting_fuzz::read(bytes, "wav", 60);
});
