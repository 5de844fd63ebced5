//! Inputs that fuzzing found, each of which once broke something, and scripts from which it begins: all come to an end.

use crate::{calls, scripts};
use std::path::{Path, PathBuf};

#[test]
fn what_fuzzing_found_is_answered() {
    for file in found("calls") {
        let bytes = std::fs::read(&file).expect("a file");
        assert!(!calls::read(&bytes).is_empty(), "{} holds no call", file.display());
        calls::answer(&bytes);
    }
}

#[test]
fn a_pod_runs_whatever_its_script_says_and_goes_when_it_is_told_to() {
    for file in found("scripts") {
        scripts::run(&std::fs::read(&file).expect("a file"));
    }
}

fn found(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sim/found").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}
