//! The recordings as files: those that come with the source, and new ones, where the environment names a folder with
//! what is to be asked. Owns reading and writing; what a recording holds is the matter of who plays it.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::difference::tell;
use crate::subject::Subject;

/// A folder with recordings that are still to be made, laid out as the one that comes with the source.
pub(crate) const RECORD: &str = "HELMDRILL_CONFORMANCE_RECORD";

/// Words; where it is set, only recordings are played whose file name begins with one of them.
const ONLY: &str = "HELMDRILL_CONFORMANCE_ONLY";

/// Whether the environment asks for this recording, or for a known difference within it.
pub(crate) fn is_wanted(name: &str) -> bool {
    let only = std::env::var(ONLY).unwrap_or_default();
    only.is_empty() || only.split([' ', ',']).any(|begin| !begin.is_empty() && name.starts_with(begin))
}

/// The recordings of one body: `api-cases`, `controller-cases`, `flows`.
#[derive(Debug)]
pub(crate) struct Recordings {
    folder: PathBuf,
    /// Whether answers are written instead of compared.
    pub(crate) open: bool,
}

/// One recording and the file that it came from.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    pub(crate) case: Value,
}

impl Recordings {
    /// Those of a body; the ones that come with the source, unless others are to be made on a real cluster.
    pub(crate) fn of(body: &str, subject: &Subject) -> Recordings {
        let Some(record) = std::env::var_os(RECORD) else {
            return Recordings::shipped(body);
        };
        assert!(
            matches!(subject, Subject::Outside(_)),
            "{RECORD}: {body} is recorded of a real cluster only"
        );
        Recordings { folder: Path::new(&record).join(body), open: true }
    }

    /// Those that come with the source.
    pub(crate) fn shipped(body: &str) -> Recordings {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(body);
        Recordings { folder, open: false }
    }

    /// All of them, by file name; none where none are to be recorded.
    pub(crate) fn all(&self) -> Vec<Recording> {
        if self.open && !self.folder.is_dir() {
            tell(&format!("{}: nothing is to be recorded", self.folder.display()));
            return Vec::new();
        }
        let entries = std::fs::read_dir(&self.folder).expect("the recordings are part of the source");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
        paths.retain(|path| is_wanted(&path.file_name().unwrap_or_default().to_string_lossy()));
        paths.sort();
        paths.into_iter().map(|path| Recording { case: read(&path), path }).collect()
    }
}

impl Recording {
    /// Writes it back with what the cluster said.
    pub(crate) fn write(&self) {
        let mut text = Vec::new();
        let mut pretty = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
        self.case.serialize(&mut pretty).expect("plain data");
        let file = File::create(&self.path).expect("a writable recording");
        let mut out: Box<dyn Write> = match is_zipped(&self.path) {
            true => Box::new(GzEncoder::new(file, Compression::best())),
            false => Box::new(file),
        };
        out.write_all(&text).expect("a disk with room");
        tell(&format!("recorded {}", self.path.display()));
    }
}

fn is_zipped(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "gz")
}

fn read(path: &Path) -> Value {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut file: Box<dyn Read> =
        if is_zipped(path) { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut text = Vec::new();
    file.read_to_end(&mut text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
