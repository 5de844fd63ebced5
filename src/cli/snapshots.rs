//! `helmdrill run --snapshots`: what drills come to, held against files that are kept and reviewed.

use super::exit::Failure;
use super::surroundings;
use crate::report::{Drift, Kept, MARK, drifts};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the snapshots are, and whether new ones are taken.
#[derive(Debug, clap::Args)]
pub(super) struct Snapshots {
    /// Hold every drill against its snapshot in this folder, and fail where one drifts; a folder without any is filled
    #[arg(long, value_name = "DIR")]
    snapshots: Option<PathBuf>,
    /// Take what the drills come to as their snapshots from now on
    #[arg(long, requires = "snapshots")]
    accept: bool,
}

impl Snapshots {
    /// Whether anything is held against snapshots.
    pub(super) fn wanted(&self) -> bool {
        self.snapshots.is_some()
    }

    /// Finds out before the run what would otherwise fail after it.
    pub(super) fn foresee(&self) -> Result<(), Failure> {
        let Some(folder) = &self.snapshots else { return Ok(()) };
        surroundings::writable_folder(folder).map_err(|error| surroundings::unwritable(folder, &error))?;
        kept(folder).map(drop)
    }

    /// Holds drills against their snapshots and says what drifts; gives back whether nothing does. `covered` says of
    /// a place whether every drill of its scenario ran.
    pub(super) fn hold(&self, now: &[Kept], covered: &dyn Fn(&str) -> bool) -> Result<bool, Failure> {
        let Some(folder) = &self.snapshots else { return Ok(true) };
        let (kept, foreign) = kept(folder)?;
        if let Some(drill) = now.iter().find(|drill| foreign.contains(&drill.place())) {
            let file = folder.join(drill.place());
            let message =
                format!("{}: this file is no snapshot, and stands where one is to be", file.display());
            return Err(Failure::invalid(message).help("move it, or name another folder"));
        }
        let first = kept.is_empty();
        let drifts = drifts(&kept, now, covered);
        if !first {
            drifts.iter().for_each(|drift| super::say(&drift.told()));
        }
        if !first && !self.accept {
            if !drifts.is_empty() {
                let advice = "review this, and take it with --accept";
                super::say(&format!(
                    "{} of {} snapshots drift; {advice}\n",
                    drifts.len(),
                    now.len().max(drifts.len())
                ));
            }
            return Ok(drifts.is_empty());
        }
        take(folder, now, &drifts, covered)?;
        super::say(&format!("{} snapshots taken in {}\n", drifts.len(), folder.display()));
        Ok(true)
    }
}

/// Writes what is new or changed, and removes what is gone. What a former version of Helm left is removed with it, where
/// every drill of its scenario ran.
fn take(
    folder: &Path,
    now: &[Kept],
    drifts: &[Drift],
    covered: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    let text = |place: &str| now.iter().find(|drill| drill.place() == place).map(|drill| drill.text.as_str());
    for drift in drifts {
        match drift {
            Drift::New { place } => {
                surroundings::write(&folder.join(place), text(place).unwrap_or_default())?;
            }
            Drift::Changed { place, former, .. } => {
                surroundings::write(&folder.join(place), text(place).unwrap_or_default())?;
                if place != former && covered(former) {
                    surroundings::remove(folder, former)?;
                }
            }
            Drift::Gone { place } => surroundings::remove(folder, place)?,
        }
    }
    Ok(())
}

/// The snapshots in a folder by their places, and the places of files that are somebody else's.
fn kept(folder: &Path) -> Result<(BTreeMap<String, String>, BTreeSet<String>), Failure> {
    let (mut ours, mut foreign) = (BTreeMap::new(), BTreeSet::new());
    for (place, text) in surroundings::texts(folder)? {
        match text.map(|text| text.replace("\r\n", "\n")) {
            Some(text) if text.starts_with(MARK) => drop(ours.insert(place, text)),
            Some(_) | None => drop(foreign.insert(place)),
        }
    }
    Ok((ours, foreign))
}
