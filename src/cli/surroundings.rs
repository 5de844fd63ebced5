//! What the machine around the process gives it: folders, environment, clock, entropy. Everything below the command
//! line is handed these; nothing below asks for them itself.
#![expect(clippy::disallowed_methods, reason = "the edge at which environment, clock and files are read")]

use super::Places;
use super::exit::Failure;
use crate::clock::Moment;
use crate::cluster::KindTool;
use crate::lease::{self, Lease};
use crate::seed::Seed;
use crate::tools::{self, Settings, Tools};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The wall clock.
pub(super) fn now() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A variable of the user's environment; `None` where it is not set or is no text.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A seed that nobody chose: two bytes, so that people can say it.
pub(super) fn any_seed() -> Seed {
    Seed(RandomState::new().build_hasher().finish() & 0xffff)
}

/// How many commands run at the same time where nobody says: twice as many as there are processors, since a command that
/// waits for a rollout computes nothing.
pub(super) fn jobs() -> usize {
    2 * std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// The `kind` of this machine.
pub(super) fn kind() -> KindTool {
    KindTool { environment: std::env::vars_os().collect() }
}

/// This process's lease, after cleaning up what killed helmdrills left behind: their processes, folders and kind
/// clusters. A cluster that cannot be deleted now is left to the next run, and said.
pub(super) async fn lease(places: &Places) -> Result<Lease, Failure> {
    let root = places.state_dir.clone().or_else(lease::default_root);
    let root = root.ok_or_else(|| homeless("--state-dir"))?;
    // Who names a folder means it for everything.
    let quick = if places.state_dir.is_some() { None } else { lease::quick_root() };
    for root in [Some(&root), quick.as_ref()].into_iter().flatten() {
        sweep(root).await?;
    }
    let lease = match &quick {
        Some(quick) => Lease::acquire_with_quick(&root, quick),
        None => Lease::acquire(&root),
    };
    lease.map_err(|error| Failure::environment(&error))
}

async fn sweep(root: &Path) -> Result<(), Failure> {
    let swept = lease::sweep(root).map_err(|error| Failure::environment(&error))?;
    for left in swept {
        let mut deleted = true;
        for name in &left.clusters {
            if let Err(error) = kind().delete(name).await {
                deleted = false;
                super::say(&format!("kind cluster {name} is left behind: {}\n", super::exit::chain(&error)));
            }
        }
        if deleted {
            left.finish().map_err(|error| Failure::environment(&error))?;
        }
    }
    Ok(())
}

/// The helm and kubectl binaries of this machine.
pub(super) fn tools(places: &Places, lease: Option<&Lease>) -> Result<Tools, Failure> {
    let cache =
        places.cache_dir.clone().or_else(tools::default_cache).ok_or_else(|| homeless("--cache-dir"))?;
    let mut settings = Settings::new(absolute(&cache), std::env::vars_os().collect());
    settings.offline = places.offline;
    settings.roster = lease.map(|lease| Arc::new(lease.clone()) as Arc<_>);
    settings.progress = Arc::new(|event| super::say(&format!("{event}\n")));
    Ok(Tools::new(settings))
}

fn homeless(flag: &str) -> Failure {
    let message = "this user has no home folder to keep files in".to_owned();
    let code = super::exit::Code::Environment;
    Failure { code, message, help: Some(format!("name a folder with {flag}")) }
}

/// This program, by its path.
pub(super) fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::environment(&error))
}

/// What a shell has to know of the terminal that it is on.
pub(super) fn terminal() -> Vec<(String, String)> {
    let told = ["TERM", "COLORTERM"].into_iter();
    told.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
}

/// A kubeconfig that others are given: a copy that only this user may read. Dropping this removes it.
#[derive(Debug)]
pub(super) struct Shared(PathBuf);

impl Shared {
    /// Writes it; whatever was there is replaced.
    pub(super) fn write(path: &Path, kubeconfig: &Path) -> Result<Shared, Failure> {
        let written = std::fs::copy(kubeconfig, path).map(|_| Shared(path.to_owned()));
        written.map_err(|error| unwritable(path, &error))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Gone already: whoever had it may have removed it.
        std::fs::remove_file(&self.0).ok();
    }
}

/// Reads a file that the user named.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::invalid(told(path, &error)))
}

/// What is the matter with a file, without numbers of the operating system.
fn told(path: &Path, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        io::ErrorKind::InvalidData => "this is no text in UTF-8".to_owned(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "where a folder should be there is a file".to_owned()
        }
        io::ErrorKind::PermissionDenied => "it may not be read or written by this user".to_owned(),
        _ => error.to_string(),
    };
    format!("{}: {why}", path.display())
}

/// Sees to it that a file can be written later, so that nobody waits for a report that has no place.
pub(super) fn writable(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(unwritable(path, &io::ErrorKind::IsADirectory.into()));
    }
    if path.exists() {
        let opened = std::fs::OpenOptions::new().append(true).open(path);
        return opened.map(drop).map_err(|error| unwritable(path, &error));
    }
    writable_folder(path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")))
        .map_err(|error| unwritable(path, &error))
}

/// Makes a folder where there is none, and sees to it that files can be made in it.
pub(super) fn writable_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    tempfile::tempfile_in(path).map(drop)
}

/// That something which the user named cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let code = super::exit::Code::Environment;
    Failure { code, message: format!("cannot write {}", told(path, error)), help: None }
}

/// The path from the root on, for whoever starts in another folder.
pub(super) fn absolute(path: &Path) -> PathBuf {
    // Where the working folder is gone the path leads nowhere, which whoever follows it says.
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether the path leads to a file or a folder.
pub(super) fn exists(path: &Path) -> bool {
    path.exists()
}

/// Writes a file that the user named.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| unwritable(path, &error))
}

/// The files with this ending that lie in a folder, in the order of their names; `None` where the path is no folder.
pub(super) fn listed(folder: &Path, ending: &str) -> Result<Option<Vec<PathBuf>>, Failure> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::invalid(told(folder, &error)))?;
    let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let mut found: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|other| other == ending)).collect();
    found.sort();
    Ok(Some(found))
}

/// Every file below a folder by its path within it, with its text where it is one. Links are not followed.
pub(super) fn texts(folder: &Path) -> Result<Vec<(String, Option<String>)>, Failure> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(inside) = waiting.pop() {
        let entries = std::fs::read_dir(&inside).map_err(|error| Failure::invalid(told(&inside, &error)))?;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| !path.is_symlink()) {
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push((name, std::fs::read_to_string(&path).ok()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a file of ours below a folder, and the folders within it that are empty then.
pub(super) fn remove(folder: &Path, place: &str) -> Result<(), Failure> {
    let file = folder.join(place);
    std::fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
    let above = file.ancestors().skip(1).take_while(|above| *above != folder);
    // A folder in which something is left stays.
    above.map(std::fs::remove_dir).take_while(Result::is_ok).for_each(drop);
    Ok(())
}

/// Every file below a folder by its path within it, for charts of the user's. Links to folders are not followed.
pub(super) fn files(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(inside) = waiting.pop() {
        let entries = std::fs::read_dir(&inside).map_err(|error| Failure::invalid(told(&inside, &error)))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
            } else if path.is_file() {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push((name, read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}
