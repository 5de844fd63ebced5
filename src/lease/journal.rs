//! The journal of a lease: lines that say which children and kind clusters came and went.
//!
//! It is only ever appended to, one line per write, so that a process killed at any moment leaves a journal that
//! can be read; a last line without its end is ignored.
#![expect(clippy::disallowed_methods, reason = "a lease is files")]

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::failure::LeaseError;
use super::process::{self, Birth};

const NAME: &str = "journal";

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Where and when the pids of this journal mean something.
    Machine(String),
    /// The helmdrill that wrote this.
    Owner(u32),
    /// A child runs.
    Child(u32, Birth),
    /// A child has ended.
    Ended(u32),
    /// A kind cluster of this name exists, or is about to.
    Cluster(String),
    /// The kind cluster of this name is gone, or is no longer ours to delete.
    Released(String),
}

impl Entry {
    fn line(&self) -> String {
        match self {
            Entry::Machine(id) => format!("machine {id}\n"),
            Entry::Owner(pid) => format!("owner {pid}\n"),
            Entry::Child(pid, birth) => format!("child {pid} {}\n", birth.0),
            Entry::Ended(pid) => format!("ended {pid}\n"),
            Entry::Cluster(name) => format!("cluster {name}\n"),
            Entry::Released(name) => format!("released {name}\n"),
        }
    }

    fn parse(line: &str) -> Option<Entry> {
        let (word, rest) = line.split_once(' ')?;
        Some(match word {
            "machine" => Entry::Machine(rest.to_owned()),
            "owner" => Entry::Owner(rest.parse().ok()?),
            "child" => {
                let (pid, birth) = rest.split_once(' ')?;
                Entry::Child(pid.parse().ok()?, Birth(birth.parse().ok()?))
            }
            "ended" => Entry::Ended(rest.parse().ok()?),
            "cluster" => Entry::Cluster(rest.to_owned()),
            "released" => Entry::Released(rest.to_owned()),
            _ => return None,
        })
    }
}

/// A journal that is being written.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Starts the journal of this process in `folder`.
    pub(super) fn start(folder: &Path) -> Result<Journal, LeaseError> {
        let path = folder.join(NAME);
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let journal = Journal { file: opened.map_err(LeaseError::at("create", &path))?, path };
        journal.write(&Entry::Machine(process::machine()))?;
        journal.write(&Entry::Owner(std::process::id()))?;
        Ok(journal)
    }

    pub(super) fn write(&self, entry: &Entry) -> Result<(), LeaseError> {
        (&self.file).write_all(entry.line().as_bytes()).map_err(LeaseError::at("write", &self.path))
    }
}

/// What a journal says is still held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) machine: Option<String>,
    pub(super) owner: Option<u32>,
    pub(super) children: BTreeMap<u32, Birth>,
    /// In the order of their coming.
    pub(super) clusters: Vec<String>,
}

impl Held {
    /// Reads the journal in `folder`; without one, nothing is held.
    pub(super) fn read(folder: &Path) -> Held {
        // Bytes that are no text make a line that is no entry, and what else can be read is still used.
        let bytes = fs::read(folder.join(NAME)).unwrap_or_default();
        Held::of(&String::from_utf8_lossy(&bytes))
    }

    fn of(text: &str) -> Held {
        let mut held = Held::default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for entry in whole.lines().filter_map(Entry::parse) {
            match entry {
                Entry::Machine(id) => held.machine = Some(id),
                Entry::Owner(pid) => held.owner = Some(pid),
                Entry::Child(pid, birth) => drop(held.children.insert(pid, birth)),
                Entry::Ended(pid) => drop(held.children.remove(&pid)),
                Entry::Cluster(name) => held.clusters.push(name),
                Entry::Released(name) => held.clusters.retain(|kept| *kept != name),
            }
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_did_not_go_is_held() {
        let text =
            "machine m\nowner 7\nchild 11 100\nchild 12 101\ncluster a\ncluster b\nended 11\nreleased a\n";
        let held = Held::of(text);
        assert_eq!((held.machine.as_deref(), held.owner), (Some("m"), Some(7)));
        assert_eq!(held.children, BTreeMap::from([(12, Birth(101))]));
        assert_eq!(held.clusters, ["b"]);
    }

    #[test]
    fn a_line_that_was_not_finished_and_a_line_of_another_version_are_ignored() {
        let held = Held::of("child 11 100\nvolume x\nchild x y\n\nchild 12 10");
        assert_eq!(held.children, BTreeMap::from([(11, Birth(100))]));
        assert_eq!(Held::of("child 11 100"), Held::default());
    }

    #[test]
    fn every_entry_reads_as_it_was_written() {
        for entry in [
            Entry::Machine("boot pid:[1]".to_owned()),
            Entry::Owner(1),
            Entry::Child(2, Birth(3)),
            Entry::Ended(2),
            Entry::Cluster("drill-1".to_owned()),
            Entry::Released("drill-1".to_owned()),
        ] {
            assert_eq!(Entry::parse(entry.line().trim_end()), Some(entry));
        }
    }
}
