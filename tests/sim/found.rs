//! Inputs that fuzzing found, each of which once broke something, and the seeds from which it begins: all are answered.

use crate::calls;
use std::path::Path;

#[test]
fn what_fuzzing_found_is_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sim/found");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let bytes = std::fs::read(&file).expect("a file");
        assert!(!calls::read(&bytes).is_empty(), "{} holds no call", file.display());
        calls::answer(&bytes);
    }
}
