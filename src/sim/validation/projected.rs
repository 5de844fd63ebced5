//! Volumes made of the pod's own fields, of keys of ConfigMaps and Secrets, of tokens and trust bundles.

use super::findings::{Findings, Path};
use super::volume::{key_to_path, local_path, mode};
use super::{environment, internal, names, selectors};
use crate::sim::look::{list, number, text};
use serde_json::Value;

/// The fields that files may be made of.
const FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// `downwardAPI`: its files are told of at the path of the volume.
pub(super) fn downward(path: &Path, source: &Value, found: &mut Findings) {
    mode(path, source, "defaultMode", found);
    for file in list(source, "/items") {
        downward_file(path, file, found);
    }
}

fn downward_file(path: &Path, file: &Value, found: &mut Findings) {
    found.needs(path, file, &["path"]);
    local_path(&path.child("path"), text(file, "/path"), found);
    let given = |key: &str| file.get(key).filter(|reference| reference.is_object());
    match (given("fieldRef"), given("resourceFieldRef")) {
        (Some(field), other) => {
            environment::field(&path.child("fieldRef"), field, &FIELDS, found);
            if other.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                found.invalid(path, "resource", detail);
            }
        }
        (None, Some(resource)) => {
            environment::resource(&path.child("resourceFieldRef"), resource, true, found);
        }
        (None, None) => found.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(path, file, "mode", found);
}

/// `projected`.
pub(super) fn projected(path: &Path, source: &Value, found: &mut Findings) {
    mode(path, source, "defaultMode", found);
    let mut paths = Paths::default();
    for (index, part) in list(source, "/sources").iter().enumerate() {
        let at = path.child("sources").index(index);
        let mut given = 0;
        for kind in ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"] {
            let Some(held) = part.get(kind).filter(|held| held.is_object()) else { continue };
            given += 1;
            let at = at.child(kind);
            match kind {
                "secret" | "configMap" => keys(path, &at, held, &mut paths, found),
                "downwardAPI" => {
                    for file in list(held, "/items") {
                        downward_file(&at, file, found);
                        paths.take(path, text(file, "/path"), text(file, "/path"), found);
                    }
                }
                "serviceAccountToken" => token(path, &at, held, found),
                _trust_bundle => {
                    bundle(&at, held, found);
                    paths.take_any(path, text(held, "/path"), text(held, "/path"), found);
                }
            }
        }
        if given > 1 {
            found.forbidden(&at, "may not specify more than 1 volume type per source");
        }
    }
}

/// The files that there are so far.
#[derive(Default)]
struct Paths(Vec<String>);

impl Paths {
    fn take(&mut self, path: &Path, file: &str, shown: &str, found: &mut Findings) {
        if !file.is_empty() {
            self.take_any(path, file, shown, found);
        }
    }

    fn take_any(&mut self, path: &Path, file: &str, shown: &str, found: &mut Findings) {
        if self.0.iter().any(|held| held == file) {
            found.invalid(path, shown, "conflicting duplicate paths");
        } else {
            self.0.push(file.to_owned());
        }
    }
}

fn keys(path: &Path, at: &Path, held: &Value, paths: &mut Paths, found: &mut Findings) {
    found.needs(at, held, &["name"]);
    for (index, item) in list(held, "/items").iter().enumerate() {
        key_to_path(&at.child("items").index(index), item, found);
        paths.take(path, text(item, "/path"), text(held, "/name"), found);
    }
}

fn token(path: &Path, at: &Path, held: &Value, found: &mut Findings) {
    let seconds = number(held, "/expirationSeconds");
    let expiry = at.child("expirationSeconds");
    if seconds < 600 {
        found.invalid(&expiry, seconds, "may not specify a duration less than 10 minutes");
    }
    if seconds > 1 << 32 {
        found.invalid(&expiry, seconds, "may not specify a duration larger than 2^32 seconds");
    }
    match text(held, "/path") {
        "" => found.required(&path.child("path"), ""),
        given => local_path(&path.child("path"), given, found),
    }
}

fn bundle(path: &Path, held: &Value, found: &mut Findings) {
    let given = |key: &str| held.get(key).and_then(Value::as_str);
    match (given("name"), given("signerName")) {
        (Some(_), Some(_)) => {
            let printed = internal::print("ClusterTrustBundleProjection", held);
            found.invalid_printed(path, &printed, "only one of name and signerName may be used");
        }
        (Some(name), None) => {
            let at = path.child("name");
            if name.is_empty() {
                found.required(&at, "must be a valid object name");
            }
            for wrong in names::subdomain(name) {
                found.invalid(&at, name, &format!("not a valid clustertrustbundlename: {wrong}"));
            }
        }
        (None, Some(signer)) => {
            if signer.is_empty() {
                found.required(&path.child("signerName"), "must be a valid signer name");
            }
            selectors::selector(&path.child("labelSelector"), held.get("labelSelector"), found);
        }
        (None, None) => found.required(path, "either name or signerName must be specified"),
    }
    found.needs(path, held, &["path"]);
    local_path(&path.child("path"), text(held, "/path"), found);
}
