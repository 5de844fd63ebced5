//! What the machine around the process gives it: folders, environment, clock, entropy. Everything below the command
//! line is handed these; nothing below asks for them itself.
#![expect(clippy::disallowed_methods, reason = "the edge at which environment, clock and files are read")]

use super::Places;
use super::exit::Failure;
use crate::clock::Moment;
use crate::lease::{self, Lease};
use crate::seed::Seed;
use crate::tools::{self, Settings, Tools};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// The wall clock.
pub(super) fn now() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A seed that nobody chose: two bytes, so that people can say it.
pub(super) fn any_seed() -> Seed {
    Seed(RandomState::new().build_hasher().finish() & 0xffff)
}

/// This process's lease, after cleaning up what killed helmdrills left behind.
pub(super) fn lease(places: &Places) -> Result<Lease, Failure> {
    let root = places.state_dir.clone().or_else(lease::default_root);
    let root = root.ok_or_else(|| homeless("--state-dir"))?;
    let swept = lease::sweep(&root).map_err(|error| Failure::environment(&error))?;
    for left in swept {
        left.finish().map_err(|error| Failure::environment(&error))?;
    }
    Lease::acquire(&root).map_err(|error| Failure::environment(&error))
}

/// The helm and kubectl binaries of this machine.
pub(super) fn tools(places: &Places, lease: Option<&Lease>) -> Result<Tools, Failure> {
    let cache =
        places.cache_dir.clone().or_else(tools::default_cache).ok_or_else(|| homeless("--cache-dir"))?;
    let mut settings = Settings::new(cache, std::env::vars_os().collect());
    settings.offline = places.offline;
    settings.roster = lease.map(|lease| Arc::new(lease.clone()) as Arc<_>);
    settings.progress = Arc::new(|event| anstream::eprintln!("{event}"));
    Ok(Tools::new(settings))
}

fn homeless(flag: &str) -> Failure {
    let message = "this user has no home folder to keep files in".to_owned();
    let code = super::exit::Code::Environment;
    Failure { code, message, help: Some(format!("name a folder with {flag}")) }
}

/// Reads a file that the user named.
pub(super) fn read(path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::invalid(format!("{}: {error}", path.display())))
}

/// Writes a file that the user named.
pub(super) fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    let written =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| Failure {
        code: super::exit::Code::Environment,
        message: format!("{}: {error}", path.display()),
        help: None,
    })
}

/// Every file below a folder by its path within it, for charts of the user's.
pub(super) fn files(folder: &std::path::Path) -> std::io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(inside) = waiting.pop() {
        for entry in std::fs::read_dir(&inside)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}
