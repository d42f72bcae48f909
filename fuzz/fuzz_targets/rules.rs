//! Any bytes as rule files; the body is in `tests/src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    zhamen_tests::fuzz::rules(bytes);
});
