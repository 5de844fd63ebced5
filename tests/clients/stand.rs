//! A fresh embedded cluster, a pinned kubectl, and a private place in which commands meet.

use helmdrill::behaviour::Pace;
use helmdrill::cluster::{Cluster, EmbeddedSpec, Place};
use helmdrill::exec::{Command, Exit};
use helmdrill::lease::Lease;
use helmdrill::seed::Seed;
use helmdrill::tools::{Pin, Settings, Tools, default_cache};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A cluster and the folder of everything that is about it.
pub(crate) struct Stand {
    pub(crate) cluster: Cluster,
    folder: tempfile::TempDir,
}

impl Stand {
    /// A cluster with one namespace, whose pods start at once.
    pub(crate) async fn new() -> Stand {
        Stand::with(false, true).await
    }

    /// The same, in which Roles and their bindings decide who may do what.
    pub(crate) async fn guarded() -> Stand {
        Stand::with(true, true).await
    }

    /// A cluster in which nothing happens that nobody asks for.
    pub(crate) async fn still() -> Stand {
        Stand::with(false, false).await
    }

    async fn with(rbac: bool, controllers: bool) -> Stand {
        let folder = tempfile::tempdir().expect("a folder");
        let lease = Lease::acquire(&folder.path().join("leases")).expect("a lease");
        let spec = EmbeddedSpec {
            seed: Seed(7),
            pace: Pace::Instant,
            behaviours: Arc::default(),
            rbac,
            controllers,
            load_balancers: false,
            namespaces: vec!["production".to_owned()],
            port: 0,
        };
        let cluster = Cluster::embedded(&spec, None, Place::Leased(lease)).await.expect("it listens");
        Stand { cluster, folder }
    }

    /// The folder that commands have for their own.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// What a line of shell says, and how it ends where that is no success.
    pub(crate) async fn run(&self, kubectl: &Path, line: &str) -> String {
        self.run_with(&[kubectl], line).await
    }

    /// The same with several binaries at hand.
    pub(crate) async fn run_with(&self, binaries: &[&Path], line: &str) -> String {
        let beside =
            binaries.iter().map(|binary| binary.parent().expect("a binary is in a folder").to_owned());
        let path = std::env::var_os("PATH").expect("a PATH with bash on it");
        let path = std::env::join_paths(beside.chain(std::env::split_paths(&path)));
        let command = Command::shell(format!("{{ {line}\n}} 2>&1"))
            .cwd(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/files"))
            .env("PATH", path.expect("folders without colons"))
            .env("HOME", self.folder.path())
            .env("GOGC", "400")
            .env("TMPDIR", self.folder.path())
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .timeout(Duration::from_secs(60));
        let said = command.run().await.expect("bash starts");
        let text = said.stdout.text();
        match said.exit {
            Exit::Code(0) => text,
            other => format!("{}\n[{other}]\n", text.trim_end()),
        }
    }
}

/// A pinned binary: cached, or fetched into the cache that a user's own runs have.
pub(crate) async fn pinned(pin: &Pin) -> PathBuf {
    let cache = std::env::var_os("HELMDRILL_CACHE_DIR").map(PathBuf::from).or_else(default_cache);
    let tools = Tools::new(Settings::new(cache.expect("a home folder"), std::env::vars_os().collect()));
    tools.install(pin.tool, pin.version).await.expect("is fetched or cached").path
}
