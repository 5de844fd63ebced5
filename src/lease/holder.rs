//! The lease of a living process: its folder, its lock, and what it writes down.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::LeaseError;
use super::journal::{Entry, Journal};
use super::private::{PrivateDir, lock_file, locked_root, make, remove};
use super::process;
use crate::exec::{Roster, Seat};

/// The lock of one lease, in its folder.
pub(super) const LOCK: &str = "held";

/// What this process holds. Clones are the same lease; when the last of them is dropped, with all that it handed
/// out, its folder is removed, unless a kind cluster was claimed and not released.
#[derive(Clone, Debug)]
pub struct Lease(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    /// Where private folders are made instead of below `folder`.
    quick: Option<Lease>,
    journal: Journal,
    /// Names of kind clusters that were claimed and not released.
    clusters: Mutex<Vec<String>>,
    _lock: File,
}

impl Lease {
    /// Takes a lease below `root`, which is made (mode 0700) where it is missing.
    ///
    /// # Errors
    /// Where the root cannot be made, or belongs to somebody else.
    pub fn acquire(root: &Path) -> Result<Lease, LeaseError> {
        Lease::below(root, None)
    }

    /// Takes a lease below `root` whose private folders are made below another root, in memory: a client of Kubernetes
    /// writes more than a hundred small files of discovery into a new HOME. What must outlive a reboot stays below
    /// `root`. Both roots are to be swept.
    ///
    /// # Errors
    /// Where a root cannot be made, or belongs to somebody else.
    pub fn acquire_with_quick(root: &Path, quick: &Path) -> Result<Lease, LeaseError> {
        Lease::below(root, Some(Lease::below(quick, None)?))
    }

    fn below(root: &Path, quick: Option<Lease>) -> Result<Lease, LeaseError> {
        let making = locked_root(root)?;
        let root = root.canonicalize().map_err(LeaseError::at("read", root))?;
        let folder = make(&root, &std::process::id().to_string())?;
        let lock_path = folder.join(LOCK);
        let lock = lock_file(&lock_path)?;
        lock.lock().map_err(LeaseError::at("lock", &lock_path))?;
        let journal = Journal::start(&folder)?;
        drop(making);
        Ok(Lease(Arc::new(Inner { folder, quick, journal, clusters: Mutex::default(), _lock: lock })))
    }

    /// The folder of this lease. A process whose environment names it is ended by a [`super::sweep`].
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// A new folder that only this user may enter; `name` begins its name. Removed when the result is dropped.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn private_dir(&self, name: &str) -> Result<PrivateDir, LeaseError> {
        let below = self.0.quick.as_ref().map_or(self.folder(), Lease::folder);
        PrivateDir::new(below, name, self.clone())
    }

    /// Writes down that the process `pid` is a child of ours; its entry ends when the seat is dropped.
    ///
    /// A child that is gone already, or that cannot be written down (the disk is full), has no entry: it still runs
    /// as it should, and only a kill of helmdrill itself would leave it behind.
    pub fn child(&self, pid: u32) -> Seat {
        let Some(birth) = process::birth(pid) else { return Seat::new(|| {}) };
        if self.0.journal.write(&Entry::Child(pid, birth)).is_err() {
            return Seat::new(|| {});
        }
        let lease = self.clone();
        // An end that cannot be written down does no harm: the pid's birth tells that it is another process.
        Seat::new(move || drop(lease.0.journal.write(&Entry::Ended(pid))))
    }

    /// Writes down that the kind cluster `name` is ours. To be called before it is made, so that a kill while it is
    /// being made leaves its name.
    ///
    /// # Errors
    /// Where it cannot be written down: the cluster must not be made then.
    pub fn cluster(&self, name: &str) -> Result<Claim, LeaseError> {
        self.0.journal.write(&Entry::Cluster(name.to_owned()))?;
        self.0.clusters.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        Ok(Claim { name: name.to_owned(), lease: self.clone() })
    }
}

impl Roster for Lease {
    fn enter(&self, pid: u32) -> Seat {
        self.child(pid)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.clusters.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            // What cannot be removed is swept by the next helmdrill.
            remove(&self.folder).ok();
        }
    }
}

/// A kind cluster that is ours. Dropping the claim does not release it: a cluster whose deletion failed is left in
/// the journal, and the next [`super::sweep`] names it.
#[derive(Debug)]
#[must_use = "a claim that is never released makes the next sweep delete the cluster"]
pub struct Claim {
    name: String,
    lease: Lease,
}

impl Claim {
    /// The name of the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says that the cluster was deleted, or that the user keeps it.
    ///
    /// # Errors
    /// Where it cannot be written down; the next sweep will then try to delete the cluster.
    pub fn release(self) -> Result<(), LeaseError> {
        self.lease.0.journal.write(&Entry::Released(self.name.clone()))?;
        let mut clusters = self.lease.0.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = clusters.iter().position(|name| *name == self.name) {
            clusters.remove(at);
        }
        Ok(())
    }
}
