//! The private place in which the commands of one drill run: a folder with the pinned binaries first on PATH, a HOME
//! of its own, the charts of the scenario, and an environment that inherits nothing.
#![expect(clippy::disallowed_methods, reason = "lays out the private folder of a drill")]

use super::DrillError;
use crate::cluster::Cluster;
use crate::lease::{Lease, PrivateDir};
use crate::plan::{CONNECTION, Plan};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// The binaries that a drill is run with.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The helm binary.
    pub helm: PathBuf,
    /// The kubectl binary.
    pub kubectl: PathBuf,
    /// A second Helm: what it is called by (`helm3`), and its binary.
    pub other_helm: Option<(String, PathBuf)>,
}

/// What all drills of a run share.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// What this process holds on the machine.
    pub lease: Lease,
    /// The binaries of the drills.
    pub binaries: Binaries,
}

/// One drill's private place. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Site {
    folder: PrivateDir,
    endpoints: Endpoints,
}

/// What leads commands to the cluster of a drill, and to its database where it has one.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    kubeconfig: PathBuf,
    database: Option<String>,
}

impl Endpoints {
    pub(super) fn of(cluster: &Cluster) -> Endpoints {
        let database = cluster.connection().map(str::to_owned);
        Endpoints { kubeconfig: cluster.kubeconfig().to_owned(), database }
    }
}

impl Site {
    /// Lays out a place whose commands talk to a cluster and find the files of the plan where they start.
    pub(super) fn prepare(
        workshop: &Workshop,
        endpoints: &Endpoints,
        plan: &Plan,
    ) -> Result<Site, DrillError> {
        let folder = workshop.lease.private_dir("drill")?;
        let root = folder.path();
        for name in ["bin", "home", "work"] {
            make(&root.join(name))?;
        }
        for (name, target) in [("helm", &workshop.binaries.helm), ("kubectl", &workshop.binaries.kubectl)] {
            let link = root.join("bin").join(name);
            symlink(target, &link).map_err(|source| trouble(&link, source))?;
        }
        if let Some((name, target)) = &workshop.binaries.other_helm {
            beside(root, name, target)?;
        }
        for (path, text) in &plan.files {
            let file = root.join("work").join(path);
            make(file.parent().unwrap_or(root))?;
            fs::write(&file, text).map_err(|source| trouble(&file, source))?;
        }
        for namespace in plan.namespaces.iter().skip(1) {
            let file = root.join(overlay(namespace));
            fs::write(&file, context(namespace)).map_err(|source| trouble(&file, source))?;
        }
        Ok(Site { endpoints: endpoints.clone(), folder })
    }

    /// A place of its own for another cluster, with what commands have left in this one: files that a timeline saved
    /// are there for whoever recovers, and so is what clients remember of the cluster.
    pub(super) fn twin(
        &self,
        workshop: &Workshop,
        endpoints: &Endpoints,
        plan: &Plan,
    ) -> Result<Site, DrillError> {
        let twin = Site::prepare(workshop, endpoints, plan)?;
        for (from, to) in self.own().iter().zip(twin.own()) {
            copy(from, &to)?;
        }
        let (was, is) = (remembered(&self.endpoints.kubeconfig)?, remembered(&endpoints.kubeconfig)?);
        let known = twin.folder.path().join(CACHE).join("discovery");
        if known.join(&was).is_dir() {
            fs::rename(known.join(&was), known.join(is)).map_err(|source| trouble(&known, source))?;
        }
        Ok(twin)
    }

    /// Whether a file is there, by its path from where commands start.
    pub(super) fn has(&self, path: &str) -> bool {
        self.work().join(path).is_file()
    }

    /// Where commands start: `./charts/web` is the chart there.
    pub(super) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folders whose files are the drill's own: where commands start, and their HOME.
    pub(super) fn own(&self) -> Vec<PathBuf> {
        ["work", "home"].map(|name| self.folder.path().join(name)).to_vec()
    }

    /// Lays out what a person finds here besides: the program behind `drill`, and what their shell reads first.
    pub(super) fn furnish(&self, program: &Path, startup: &str) -> Result<(), DrillError> {
        let link = self.folder.path().join("bin/drill");
        symlink(program, &link).map_err(|source| trouble(&link, source))?;
        fs::write(self.startup(), startup).map_err(|source| trouble(&self.startup(), source))
    }

    /// What a person's shell reads first.
    pub(super) fn startup(&self) -> PathBuf {
        self.folder.path().join("startup.sh")
    }

    /// Where `drill` finds who listens to it: in a folder that only this user may enter.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("drill.sock")
    }

    /// The folder that everything of this place is in.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The whole environment of a command; `namespace` is its current one where that is not the first.
    pub(super) fn environment(&self, namespace: Option<&str>) -> Vec<(&'static str, String)> {
        let root = self.folder.path();
        let whole = self.endpoints.kubeconfig.display().to_string();
        // Of several kubeconfigs the first that says something about a context is believed.
        let kubeconfig = match namespace {
            Some(name) => format!("{}:{whole}", root.join(overlay(name)).display()),
            None => whole,
        };
        let database = self.endpoints.database.iter().map(|connection| (CONNECTION, connection.clone()));
        environment(root, kubeconfig).into_iter().chain(database).collect()
    }
}

/// Puts a second Helm on the PATH under a name of its own. A program of this name runs it as `helm`, since Helm signs
/// what it writes with the name that it is called by.
fn beside(root: &Path, name: &str, target: &Path) -> Result<(), DrillError> {
    let (link, script) = (root.join(name).join("helm"), root.join("bin").join(name));
    make(&root.join(name))?;
    symlink(target, &link).map_err(|source| trouble(&link, source))?;
    let text = format!("#!/bin/sh\nexec '{}' \"$@\"\n", link.display());
    let written = fs::write(&script, text);
    written
        .and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)))
        .map_err(|source| trouble(&script, source))
}

/// Whether every command of a drill is given this variable: whoever else gives it another value leads it out.
pub fn gives(variable: &str) -> bool {
    environment(Path::new(""), String::new()).iter().any(|(name, _)| *name == variable)
}

fn environment(root: &Path, kubeconfig: String) -> Vec<(&'static str, String)> {
    let at = |name: &str| root.join(name).display().to_string();
    vec![
        ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", at("bin"))),
        ("HOME", at("home")),
        ("KUBECONFIG", kubeconfig),
        ("HELM_CACHE_HOME", at("home/helm/cache")),
        ("HELM_CONFIG_HOME", at("home/helm/config")),
        ("HELM_DATA_HOME", at("home/helm/data")),
        ("KUBECACHEDIR", at(CACHE)),
        ("TMPDIR", at("home")),
        ("LANG", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("NO_COLOR", "1".to_owned()),
        // The runtime of Go collects garbage less often, which takes a fifth off what a short command computes.
        ("GOGC", "400".to_owned()),
    ]
}

/// Where clients remember what API servers say.
const CACHE: &str = "home/kube-cache";

/// What clients call the folder in which they remember the server of a kubeconfig: its address, without what is no letter,
/// digit, point or slash.
fn remembered(kubeconfig: &Path) -> Result<String, DrillError> {
    let text = fs::read_to_string(kubeconfig).map_err(|source| trouble(kubeconfig, source))?;
    let server =
        text.lines().find_map(|line| line.trim().strip_prefix("server: https://")).unwrap_or_default();
    let kept = |letter: char| letter.is_ascii_alphanumeric() || "_./()".contains(letter);
    Ok(server.chars().map(|letter| if kept(letter) { letter } else { '_' }).collect())
}

/// Copies what is inside a folder; links are left out, since they may lead back to where they come from.
fn copy(from: &Path, to: &Path) -> Result<(), DrillError> {
    let entries = fs::read_dir(from).map_err(|source| trouble(from, source))?;
    for entry in entries.flatten() {
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            make(&place)?;
            copy(&path, &place)?;
        } else {
            fs::copy(&path, &place).map_err(|source| trouble(&path, source))?;
        }
    }
    Ok(())
}

/// The kubeconfig that moves the current context into another namespace.
fn overlay(namespace: &str) -> String {
    format!("home/in-{namespace}.yaml")
}

/// The context of a drill's kubeconfig, in another namespace.
fn context(namespace: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncontexts:\n- name: helmdrill\n  context:\n    cluster: helmdrill\n    \
         user: helmdrill\n    namespace: {namespace}\n"
    )
}

fn make(folder: &Path) -> Result<(), DrillError> {
    fs::create_dir_all(folder).map_err(|source| trouble(folder, source))
}

fn trouble(path: &Path, source: std::io::Error) -> DrillError {
    DrillError::Site { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_remember_a_server_by_its_address() {
        let folder = tempfile::tempdir().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        fs::write(&kubeconfig, "clusters:\n- cluster:\n    server: https://127.0.0.1:6443\n")
            .expect("written");
        assert_eq!(remembered(&kubeconfig).expect("read"), "127.0.0.1_6443");
    }
}
