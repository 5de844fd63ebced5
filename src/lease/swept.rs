//! Cleaning up after helmdrills that were killed: folders whose lock is free.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::failure::LeaseError;
use super::holder::LOCK;
use super::journal::Held;
use super::private::{lock_file, locked_root, remove};
use super::process;

/// What one killed helmdrill had left behind.
#[derive(Debug)]
pub struct Swept {
    /// The pid of the helmdrill that was killed, where its journal says it.
    pub owner: Option<u32>,
    /// The pids of the processes that still ran and were ended.
    pub ended: Vec<u32>,
    /// The names of its kind clusters. The caller deletes them and then says [`Swept::finish`].
    pub clusters: Vec<String>,
    folder: PathBuf,
    /// Held until the clusters are deleted, so that nobody else does it at the same time.
    _lock: File,
}

impl Swept {
    /// Removes the folder, after the clusters are deleted. Without it the next sweep names them again.
    ///
    /// # Errors
    /// Where the folder cannot be removed.
    pub fn finish(self) -> Result<(), LeaseError> {
        remove(&self.folder).map_err(LeaseError::at("remove", &self.folder))
    }
}

/// Ends the processes of all helmdrills below `root` that were killed and removes their folders, except those that
/// name kind clusters: these wait for [`Swept::finish`]. A root that is not there has nothing to sweep.
///
/// # Errors
/// Where the root or a folder in it cannot be read or removed.
pub fn sweep(root: &Path) -> Result<Vec<Swept>, LeaseError> {
    if !root.exists() {
        return Ok(Vec::new());
    }
    let _sweeping = locked_root(root)?;
    let root = root.canonicalize().map_err(LeaseError::at("read", root))?;
    let mut swept = Vec::new();
    for folder in folders(&root)? {
        let lock_path = folder.join(LOCK);
        let lock = lock_file(&lock_path)?;
        match lock.try_lock() {
            Ok(()) => swept.push(sweep_one(folder, lock)?),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) => return Err(LeaseError::at("lock", &lock_path)(e)),
        }
    }
    Ok(swept)
}

fn folders(root: &Path) -> Result<Vec<PathBuf>, LeaseError> {
    let entries = fs::read_dir(root).map_err(LeaseError::at("read", root))?;
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|e| e.path())
        .collect();
    folders.sort();
    Ok(folders)
}

fn sweep_one(folder: PathBuf, lock: File) -> Result<Swept, LeaseError> {
    let held = Held::read(&folder);
    let mut ended = Vec::new();
    // Pids written down before a reboot, or in another container, name other processes here.
    if held.machine == Some(process::machine()) {
        let mut left: Vec<_> = held.children.into_iter().collect();
        left.extend(process::naming(&folder));
        left.sort_by_key(|(pid, _)| *pid);
        left.dedup_by_key(|(pid, _)| *pid);
        let killed: Vec<_> = left.into_iter().filter(|(pid, birth)| process::end(*pid, *birth)).collect();
        killed.iter().for_each(|(pid, birth)| process::await_end(*pid, *birth));
        ended.extend(killed.iter().map(|(pid, _)| *pid));
    }
    let swept = Swept { owner: held.owner, ended, clusters: held.clusters, folder, _lock: lock };
    if swept.clusters.is_empty() {
        remove(&swept.folder).map_err(LeaseError::at("remove", &swept.folder))?;
    }
    Ok(swept)
}
