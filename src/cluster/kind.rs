//! A kind cluster: made by the `kind` binary, known to the lease before it is there, and deleted however the drill
//! ends.

use crate::exec::{Command, ExecError, Finished, find};
use crate::lease::{Claim, Lease, PrivateDir};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::ClusterError;
use super::kubeconfig::write_private;

/// What kind is told about the cluster; the same file lies in the root of the project.
const CONFIG: &str = include_str!("../../kind-config.yaml");
/// How long making or deleting a cluster may take: an image may have to be pulled first.
const PATIENCE: Duration = Duration::from_secs(600);
/// The image that charts of the built-in scenarios run; loaded where this machine has it.
const IMAGE: &str = "busybox:1.36";

/// The `kind` binary and the environment that it runs in.
#[derive(Clone, Debug)]
pub struct KindTool {
    /// The complete environment of kind: PATH, HOME, what its container runtime needs.
    pub environment: BTreeMap<OsString, OsString>,
}

impl KindTool {
    fn command(&self, args: &[&OsStr]) -> Command {
        Command::program("kind").envs(self.environment.clone()).args(args.iter().copied()).timeout(PATIENCE)
    }

    fn has(&self, tool: &str) -> bool {
        let path = self.environment.get(OsStr::new("PATH"));
        path.is_some_and(|path| find(OsStr::new(tool), path).is_some())
    }

    /// Whether what a kind cluster needs is installed.
    ///
    /// # Errors
    /// Where something is missing; it says what, and how to get it.
    pub fn check(&self) -> Result<(), ClusterError> {
        let missing = |tool, install| Err(ClusterError::Missing { tool, install });
        if !self.has("kind") {
            return missing(
                "kind",
                "install kind (https://kind.sigs.k8s.io), or drill on the embedded cluster",
            );
        }
        if !["docker", "podman", "nerdctl"].into_iter().any(|tool| self.has(tool)) {
            return missing("docker", "install docker, which kind runs on, or drill on the embedded cluster");
        }
        Ok(())
    }

    /// Deletes a cluster by its name; that there is none is fine. For clusters that a killed helmdrill left.
    ///
    /// # Errors
    /// Where kind cannot be run, or says that it failed.
    pub async fn delete(&self, name: &str) -> Result<(), ClusterError> {
        let args = ["delete", "cluster", "--name", name].map(OsStr::new);
        said("delete the kind cluster", self.command(&args).run().await).map(drop)
    }
}

/// A kind cluster that is there, or is being made. Dropping it deletes it, and waits until that is done.
#[derive(Debug)]
pub(super) struct KindCluster {
    tool: KindTool,
    claim: Option<Claim>,
    folder: PrivateDir,
    notes: Vec<String>,
}

impl KindCluster {
    /// Makes a cluster and loads the image of the built-in charts where this machine has it.
    pub(super) async fn create(tool: &KindTool, lease: &Lease) -> Result<KindCluster, ClusterError> {
        tool.check()?;
        let folder = lease.private_dir("kind")?;
        let unique = folder.path().file_name().map(|name| name.to_string_lossy().to_lowercase());
        let name = format!("helmdrill-{}-{}", std::process::id(), unique.unwrap_or_default());
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let config = folder.path().join("kind-config.yaml");
        write_private(&config, CONFIG)
            .map_err(|source| ClusterError::Kubeconfig { path: config.clone(), source })?;
        let claim = Some(lease.cluster(&name)?);
        let mut cluster = KindCluster { tool: tool.clone(), claim, folder, notes: Vec::new() };
        let kubeconfig = cluster.kubeconfig();
        let args =
            ["create", "cluster", "--wait", "120s", "--name", name.as_str(), "--config"].map(OsStr::new);
        let files = [config.as_os_str(), OsStr::new("--kubeconfig"), kubeconfig.as_os_str()];
        let command = tool.command(&[&args[..], &files[..]].concat()).on_roster(Arc::new(lease.clone()));
        said("make a kind cluster", command.run().await)?;
        cluster.load_image(&name).await?;
        Ok(cluster)
    }

    /// The kubeconfig that kind wrote: the cluster's own administrator, who passes no gate.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// What a user should know: an image that was not loaded and why.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    async fn load_image(&mut self, name: &str) -> Result<(), ClusterError> {
        let inspect = ["image", "inspect", IMAGE];
        let known = Command::program("docker").envs(self.tool.environment.clone()).args(inspect).run().await;
        if !known.is_ok_and(|known| known.exit.is_success()) {
            self.notes
                .push(format!("{IMAGE} is not on this machine, so the cluster pulls it when it needs it"));
            return Ok(());
        }
        let args = ["load", "docker-image", IMAGE, "--name", name].map(OsStr::new);
        said("load an image into the kind cluster", self.tool.command(&args).run().await).map(drop)
    }
}

impl Drop for KindCluster {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else { return };
        let (tool, name) = (self.tool.clone(), claim.name().to_owned());
        // A thread of its own, since this may be dropped inside a runtime, and the cluster must be gone afterwards.
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.is_ok_and(|runtime| runtime.block_on(tool.delete(&name)).is_ok())
        });
        if deleting.join().unwrap_or(false) {
            // Where the journal cannot be written, the next sweep deletes a cluster that is gone already.
            claim.release().ok();
        }
    }
}

/// What a command said, where it went well.
fn said(what: &'static str, ran: Result<Finished, ExecError>) -> Result<String, ClusterError> {
    let failed = |why: String| ClusterError::Call { what: what.to_owned(), why };
    let finished = ran.map_err(|error| failed(error.to_string()))?;
    match finished.exit.is_success() {
        true => Ok(finished.stdout.text()),
        false => Err(failed(format!("kind {}: {}", finished.exit, finished.stderr.text().trim()))),
    }
}

/// A client of the API server that a kubeconfig leads to.
pub(super) fn client(kubeconfig: &Path) -> Result<kube::Client, ClusterError> {
    let failed = |why: String| ClusterError::Call {
        what: format!("use the kubeconfig {}", kubeconfig.display()),
        why,
    };
    let read = kube::config::Kubeconfig::read_from(kubeconfig).map_err(|error| failed(error.to_string()))?;
    kube::Client::try_from(read).map_err(|error| failed(error.to_string()))
}
