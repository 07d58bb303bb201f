#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| support::fuzzers::suite_files(bytes));
