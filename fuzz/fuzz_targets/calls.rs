//! Any bytes as calls to a cluster: bodies in every encoding, queries, patches, selectors, continue tokens.
#![no_main]

#[path = "../../tests/sim/calls.rs"]
mod calls;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| calls::answer(bytes));
