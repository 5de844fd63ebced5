//! Folders that only this user may enter: the root, the folder of a lease, and those handed out below it.
#![expect(clippy::disallowed_methods, reason = "a lease is files")]

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::failure::LeaseError;
use super::holder::Lease;

/// The lock of the root, held while a folder is made or swept.
const ROOT_LOCK: &str = "lock";
/// How often the removal of a folder is tried again into which a dying process still writes.
const REMOVALS: u32 = 8;

/// A folder of this process alone (mode 0700), for a kubeconfig, a HOME, temporary files. Removed on drop.
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
    _lease: Lease,
}

impl PrivateDir {
    pub(super) fn new(below: &Path, name: &str, lease: Lease) -> Result<PrivateDir, LeaseError> {
        Ok(PrivateDir { path: make(below, name)?, _lease: lease })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        // What cannot be removed now goes with the folder of the lease.
        remove(&self.path).ok();
    }
}

/// Makes a folder (mode 0700) below `below`, whose name begins with `name` and is not taken.
pub(super) fn make(below: &Path, name: &str) -> Result<PathBuf, LeaseError> {
    let prefix = format!("{name}-");
    let private = fs::Permissions::from_mode(0o700);
    let made = tempfile::Builder::new().prefix(&prefix).permissions(private).tempdir_in(below);
    Ok(made.map_err(LeaseError::at("create", &below.join(name)))?.keep())
}

/// Makes the root and takes its lock, which is held until the file is dropped.
pub(super) fn locked_root(root: &Path) -> Result<File, LeaseError> {
    DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(LeaseError::at("create", root))?;
    let about = fs::symlink_metadata(root).map_err(LeaseError::at("read", root))?;
    if !about.is_dir() || about.uid() != nix::unistd::geteuid().as_raw() {
        return Err(LeaseError::NotOurs { path: root.to_owned() });
    }
    if about.mode() & 0o077 != 0 {
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(root, private).map_err(LeaseError::at("write", root))?;
    }
    let path = root.join(ROOT_LOCK);
    let file = lock_file(&path)?;
    file.lock().map_err(LeaseError::at("lock", &path))?;
    Ok(file)
}

/// Opens (and makes) a file that is locked and never read.
pub(super) fn lock_file(path: &Path) -> Result<File, LeaseError> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    opened.map_err(LeaseError::at("create", path))
}

/// Removes a folder with all that is in it. That it is gone already is no error.
///
/// Tried again while files appear in it: a process that was killed a moment ago may still finish its last write.
/// A folder without write permission (a HOME that a tool made read-only) is made writable and tried again.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        match fs::remove_dir_all(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty && tries < REMOVALS => {}
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied && tries == 0 => make_writable(path),
            done => return done,
        }
        tries += 1;
    }
}

fn make_writable(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).ok();
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}
