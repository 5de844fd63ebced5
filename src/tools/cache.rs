//! The folder of fetched tools: `helm/3.17.3/helm`, and beside it `helm.sha256`, what the file must be.
//!
//! A file is put in place by a rename, and only under the lock, so that whoever reads needs none.
#![expect(clippy::disallowed_methods, reason = "the cache is files")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::failure::ToolError;
use super::pin::Tool;
use super::site::sha256;
use super::version::Version;

/// Begins the names of folders for downloads.
const SCRATCH: &str = ".fetch-";

/// Where fetched tools lie.
#[derive(Clone, Debug)]
pub(super) struct Cache(pub(super) PathBuf);

/// What lies in the cache for a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    Good,
    Corrupted,
}

impl Cache {
    pub(super) fn path(&self, tool: Tool, version: Version) -> PathBuf {
        self.0.join(tool.name()).join(version.to_string()).join(tool.name())
    }

    /// Hashes the cached file and compares it with what was written down when it was installed.
    pub(super) fn state(&self, tool: Tool, version: Version) -> State {
        let path = self.path(tool, version);
        if !path.exists() {
            return State::Absent;
        }
        let written = fs::read_to_string(path.with_extension("sha256")).unwrap_or_default();
        let executable = path.metadata().is_ok_and(|about| about.permissions().mode() & 0o111 != 0);
        match fs::read(&path) {
            Ok(bytes) if executable && sha256(&bytes) == written.trim() => State::Good,
            Ok(_) | Err(_) => State::Corrupted,
        }
    }

    /// The versions of a tool that lie here, whether good or not.
    pub(super) fn versions(&self, tool: Tool) -> Vec<Version> {
        let Ok(entries) = fs::read_dir(self.0.join(tool.name())) else { return Vec::new() };
        let names = entries.flatten().filter(|e| e.path().join(tool.name()).exists());
        let mut versions: Vec<Version> =
            names.filter_map(|e| e.file_name().to_string_lossy().parse().ok()).collect();
        versions.sort();
        versions
    }

    /// Takes the lock under which files are put in place; calls `waiting` where another process has it. Blocks.
    pub(super) fn lock(&self, waiting: impl FnOnce()) -> Result<File, ToolError> {
        fs::create_dir_all(&self.0).map_err(ToolError::cache(&self.0))?;
        let path = self.0.join("lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(ToolError::cache(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock().map_err(ToolError::cache(&path))?;
            }
            Err(TryLockError::Error(e)) => return Err(ToolError::cache(&path)(e)),
        }
        self.remove_abandoned();
        Ok(file)
    }

    /// Removes what a killed process was downloading; under the lock, nobody else is. What resists stays.
    fn remove_abandoned(&self) {
        let Ok(entries) = fs::read_dir(&self.0) else { return };
        let abandoned = entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(SCRATCH));
        abandoned.for_each(|entry| drop(fs::remove_dir_all(entry.path())));
    }

    /// A folder in the cache for a download, removed on drop.
    pub(super) fn scratch(&self) -> Result<tempfile::TempDir, ToolError> {
        tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&self.0).map_err(ToolError::cache(&self.0))
    }

    /// Puts a binary in place. The lock is held by the caller.
    pub(super) fn install(&self, tool: Tool, version: Version, bytes: &[u8]) -> Result<(), ToolError> {
        let path = self.path(tool, version);
        let folder = path.parent().expect("the path was joined from a folder");
        fs::create_dir_all(folder).map_err(ToolError::cache(folder))?;
        let sum = format!("{}\n", sha256(bytes));
        // First the sum: until the binary follows, there is nothing here, or what is to be replaced.
        let beside = path.with_extension("sha256");
        place(folder, &beside, sum.as_bytes(), 0o644).map_err(ToolError::cache(&beside))?;
        place(folder, &path, bytes, 0o755).map_err(ToolError::cache(&path))
    }
}

/// Writes a file beside `path` and renames it to `path`, on the disk before it has its name.
fn place(folder: &Path, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(mode))
        .prefix(".new-")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.into_temp_path().persist(path).map_err(io::Error::from)
}
