//! axe-core, which finds what a page lacks for people who cannot see, point or tell colours apart. It comes out of a Python
//! wheel that is fetched once, known by its checksum, and kept beside other build products.

use sha2::{Digest, Sha256};
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

/// The wheel, and its SHA-256.
const WHEEL: &str = "axe-playwright-python==0.1.8";
const SHA256: &str = "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8";
/// Where the script is in it.
const SCRIPT: &str = "axe_playwright_python/axe.min.js";

/// The text of the script.
pub(crate) fn script() -> String {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe.whl");
    let wheel = match std::fs::read(&kept) {
        Ok(bytes) if checksum(&bytes) == SHA256 => bytes,
        Ok(_) | Err(_) => {
            let bytes = fetch();
            std::fs::write(&kept, &bytes).expect("the build folder can be written");
            bytes
        }
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(wheel)).expect("a wheel is a zip archive");
    let mut text = String::new();
    archive.by_name(SCRIPT).expect("the script is in it").read_to_string(&mut text).expect("a text");
    text
}

fn fetch() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d"])
        .arg(folder.path())
        .arg(WHEEL)
        .output()
        .expect("python3 is needed to fetch axe-core: apt-get install python3-pip");
    assert!(
        ended.status.success(),
        "pip could not fetch {WHEEL}: {}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let found = std::fs::read_dir(folder.path()).expect("a folder").flatten().next().expect("a wheel");
    let bytes = std::fs::read(found.path()).expect("a file");
    assert_eq!(checksum(&bytes), SHA256, "the wheel is another one");
    bytes
}

fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
