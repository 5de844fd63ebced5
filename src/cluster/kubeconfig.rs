//! The kubeconfig file that helm and kubectl are given: where, with which rights, and for how long.
#![expect(clippy::disallowed_methods, reason = "a kubeconfig is a file")]

use crate::gate::Listener;
use crate::lease::{Lease, PrivateDir};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::ClusterError;

/// Where a kubeconfig is written.
#[derive(Clone, Debug)]
pub enum Place {
    /// Into a new folder of this lease, which goes with it.
    Leased(Lease),
    /// To this file; whatever was there is replaced.
    File(PathBuf),
}

/// A kubeconfig that was written; removed when this is dropped.
#[derive(Debug)]
pub(super) struct Kubeconfig {
    path: PathBuf,
    _folder: Option<PrivateDir>,
}

impl Kubeconfig {
    /// Writes the file that leads to `listener`, with `namespace` as the current one.
    pub(super) fn write(
        place: &Place,
        listener: &Listener,
        namespace: &str,
    ) -> Result<Kubeconfig, ClusterError> {
        let (path, folder) = match place {
            Place::Leased(lease) => {
                let folder = lease.private_dir("cluster")?;
                (folder.path().join("kubeconfig"), Some(folder))
            }
            Place::File(path) => (path.clone(), None),
        };
        match write_private(&path, &text(listener, namespace)) {
            Ok(()) => Ok(Kubeconfig { path, _folder: folder }),
            Err(source) => Err(ClusterError::Kubeconfig { path, source }),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Kubeconfig {
    fn drop(&mut self) {
        // Gone already, or on a disk that can no longer be written: nothing more can be done about it.
        fs::remove_file(&self.path).ok();
    }
}

/// Writes a file that only this user may read (0600), in one step: who reads it sees all of it or none.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let draft = path.with_file_name(name);
    fs::remove_file(&draft).ok();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path).inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// The names in it mean nothing to a server; `helmdrill` tells people whose cluster it is.
fn text(listener: &Listener, namespace: &str) -> String {
    let (server, token) = (listener.address(), listener.token());
    let authority = STANDARD.encode(listener.authority());
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: helmdrill\n  cluster:\n    server: https://{server}\n    \
         certificate-authority-data: {authority}\nusers:\n- name: helmdrill\n  user:\n    token: {token}\n\
         contexts:\n- name: helmdrill\n  context:\n    cluster: helmdrill\n    user: helmdrill\n    \
         namespace: {namespace}\ncurrent-context: helmdrill\n"
    )
}
