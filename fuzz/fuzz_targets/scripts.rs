//! Any text as the script of a container: it runs, is told to go, and goes.
#![no_main]

#[path = "../../tests/sim/scripts.rs"]
mod scripts;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scripts::run(bytes));
