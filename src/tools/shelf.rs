//! All tools as one process sees them: finding and listing them, and what is known of the cache. Where they come from when
//! they are fetched is `fetch`'s matter.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::ask;
use super::cache::{Cache, State};
use super::event::Event;
use super::failure::ToolError;
use super::pin::{Tool, pin, pins};
use super::version::{Version, Which};
use crate::exec::{self, Roster};

/// What [`Tools`] needs to know of its surroundings; whoever stands at an edge reads it from there.
#[derive(Clone)]
pub struct Settings {
    /// The folder of fetched tools.
    pub cache: PathBuf,
    /// The environment of the user: its PATH is searched, and `pip` runs with it.
    pub env: BTreeMap<OsString, OsString>,
    /// Fetch nothing.
    pub offline: bool,
    /// Ask the release sites. Without it only wheels are a source.
    pub release_sites: bool,
    /// Who is told of the processes that fetch.
    pub roster: Option<Arc<dyn Roster>>,
    /// Who is told what happens while a tool is fetched.
    pub progress: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Settings {
    /// Fetching allowed, from every source, telling nobody.
    pub fn new(cache: impl Into<PathBuf>, env: BTreeMap<OsString, OsString>) -> Settings {
        Settings {
            cache: cache.into(),
            env,
            offline: false,
            release_sites: true,
            roster: None,
            progress: Arc::new(|_| {}),
        }
    }
}

/// Where fetched tools lie unless the user says otherwise. `None` where the user has no home.
pub fn default_cache() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "helmdrill").map(|dirs| dirs.cache_dir().join("tools"))
}

/// Where a fetched tool came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The project's own release site.
    ReleaseSite,
    /// A wheel.
    Wheel,
}

/// How a tool was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was installed by the user: on the PATH, or a file that was named.
    Path,
    /// It lay in the cache.
    Cache,
    /// It was fetched into the cache just now.
    Fetched(Source),
}

/// A tool that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The tool.
    pub tool: Tool,
    /// Its binary, whose file name is that of the tool unless the user named another.
    pub path: PathBuf,
    /// Its version: as it says itself (a suffix left out), or as it was fetched.
    pub version: Version,
    /// How it was found.
    pub origin: Origin,
}

/// One line of a list of tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The tool.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// Whether helmdrill pins it; others were installed by their number.
    pub pinned: bool,
    /// Its binary, if it lies in the cache (whether that is good is checked when it is used).
    pub path: Option<PathBuf>,
}

/// All tools as one process sees them. It remembers what it has checked, and which sites cannot be reached.
pub struct Tools {
    pub(super) settings: Settings,
    pub(super) cache: Cache,
    pub(super) checked: Mutex<BTreeSet<(Tool, Version)>>,
    pub(super) unreachable: Mutex<BTreeMap<Tool, String>>,
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools").field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl Tools {
    /// The tools of these surroundings. Touches nothing.
    pub fn new(settings: Settings) -> Tools {
        let cache = Cache(settings.cache.clone());
        Tools { settings, cache, checked: Mutex::default(), unreachable: Mutex::default() }
    }

    /// Whether nothing may be fetched.
    pub fn is_offline(&self) -> bool {
        self.settings.offline
    }

    /// The environment of the user.
    pub(super) fn environment(&self) -> &BTreeMap<OsString, OsString> {
        &self.settings.env
    }

    /// Who is told of the processes that fetch.
    pub(super) fn roster(&self) -> Option<Arc<dyn Roster>> {
        self.settings.roster.clone()
    }

    /// Finds a tool, fetching it where a version is wanted that is not in the cache.
    ///
    /// # Errors
    /// Where it is not there and cannot be fetched, or what is there is not this tool.
    pub async fn find(&self, tool: Tool, which: &Which) -> Result<Found, ToolError> {
        let path = match which {
            Which::Version(version) => return self.install(tool, *version).await,
            Which::File(path) => path.clone(),
            Which::OnPath => {
                let path = self.settings.env.get(OsStr::new("PATH"));
                path.and_then(|path| exec::find(OsStr::new(tool.name()), path))
                    .ok_or(ToolError::NotOnPath { tool })?
            }
        };
        let version = ask::version(tool, &path).await?;
        Ok(Found { tool, path, version, origin: Origin::Path })
    }

    /// Finds a version in the cache, or fetches it.
    ///
    /// # Errors
    /// Where it is not there and cannot be fetched, or the cache cannot be written.
    pub async fn install(&self, tool: Tool, version: Version) -> Result<Found, ToolError> {
        let found = |origin| Found { tool, version, path: self.cache.path(tool, version), origin };
        if self.state(tool, version).await == State::Good {
            return Ok(found(Origin::Cache));
        }
        if self.settings.offline {
            return Err(ToolError::Offline { tool, version, cache: self.settings.cache.clone() });
        }
        let (cache, progress) = (self.cache.clone(), self.settings.progress.clone());
        let _lock = detached(move || cache.lock(|| progress(Event::Waiting))).await?;
        match self.state(tool, version).await {
            State::Good => return Ok(found(Origin::Cache)), // another process was faster
            State::Corrupted => self.tell(Event::Corrupted { tool, version }),
            State::Absent => {}
        }
        let source = self.fetch(tool, version).await?;
        Ok(found(Origin::Fetched(source)))
    }

    /// The file of a version in the cache, if it is there and good. Fetches nothing.
    pub async fn path(&self, tool: Tool, version: Version) -> Option<PathBuf> {
        (self.state(tool, version).await == State::Good).then(|| self.cache.path(tool, version))
    }

    /// All pinned versions, and all others in the cache.
    pub fn list(&self) -> Vec<Listed> {
        Tool::ALL.into_iter().flat_map(|tool| self.list_of(tool)).collect()
    }

    fn list_of(&self, tool: Tool) -> Vec<Listed> {
        let cached = self.cache.versions(tool);
        let all: BTreeSet<Version> =
            pins(tool).map(|pin| pin.version).chain(cached.iter().copied()).collect();
        let listed = |version: Version| Listed {
            tool,
            version,
            pinned: pin(tool, version).is_some(),
            path: cached.contains(&version).then(|| self.cache.path(tool, version)),
        };
        all.into_iter().map(listed).collect()
    }

    /// What lies in the cache, hashed once in this process as long as it is good.
    pub(super) async fn state(&self, tool: Tool, version: Version) -> State {
        let known = self.checked.lock().unwrap_or_else(PoisonError::into_inner).contains(&(tool, version));
        if known && self.cache.path(tool, version).exists() {
            return State::Good;
        }
        let cache = self.cache.clone();
        let state = blocking(move || cache.state(tool, version)).await;
        if state == State::Good {
            self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert((tool, version));
        }
        state
    }

    /// Tells who listens what happens.
    pub(super) fn tell(&self, event: Event) {
        (self.settings.progress)(event);
    }
}

/// Runs what blocks or computes for long where it holds up nothing else.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// Runs what may wait for long and leaves nothing behind when the process ends under it: an interrupted process does
/// not wait for it.
pub(super) async fn detached<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        // Nobody listens any more where the wait for it was given up.
        tell.send(work()).ok();
    });
    match told.await {
        Ok(done) => done,
        Err(_) => match thread.join() {
            Err(panicked) => std::panic::resume_unwind(panicked),
            Ok(()) => unreachable!("a thread that ends well has told what it came to"),
        },
    }
}
