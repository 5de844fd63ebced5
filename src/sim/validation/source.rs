//! Where the contents of a volume come from: the sources that pods and persistent volumes know, each with its own
//! fields. Volumes made of keys and tokens are in `projected`.

use super::findings::{Findings, Path};
use super::remote::{azure_disk, disk, fibre_channel, flex, flocker, iscsi, quobyte};
use super::volume::{files, local_descending_path, no_backsteps};
use super::{claim, names, projected};
use crate::sim::amount;
use crate::sim::look::{list, plain, text};
use serde_json::Value;

/// The sources of a pod's volumes in the order in which they are looked at.
const OF_POD: [&str; 31] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
    "",
];

/// Those of a persistent volume.
const PERSISTENT: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// Whose volume it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of<'a> {
    /// The name of the pod, empty in templates; and whether it is a pod.
    Pod(&'a str, bool),
    /// The name of the persistent volume, and whether it says which nodes reach it.
    Persistent(&'a str, bool),
}

/// The source of a volume of a pod.
pub(super) fn of_pod(path: &Path, volume: &Value, pod: &str, is_pod: bool, found: &mut Findings) {
    each(path, volume, &OF_POD, Of::Pod(pod, is_pod), found);
}

/// The source of a persistent volume, which stands in its spec.
pub(super) fn persistent(path: &Path, spec: &Value, name: &str, is_placed: bool, found: &mut Findings) {
    each(path, spec, &PERSISTENT, Of::Persistent(name, is_placed), found);
}

fn each(path: &Path, holder: &Value, kinds: &[&str], of: Of<'_>, found: &mut Findings) {
    let mut given = 0;
    for kind in kinds {
        let Some(source) = holder.get(*kind).filter(|source| source.is_object()) else { continue };
        given += 1;
        let excused = *kind == "flexVolume" && matches!(of, Of::Persistent(..));
        if given > 1 && !excused {
            let shown = match *kind {
                "cephfs" => "cephFS",
                "downwardAPI" => "downwarAPI",
                kind => kind,
            };
            found.forbidden(&path.child(shown), "may not specify more than 1 volume type");
            continue;
        }
        one(path, kind, source, of, holder, found);
    }
    if given == 0 {
        found.required(path, "must specify a volume type");
    }
}

fn one(path: &Path, kind: &str, source: &Value, of: Of<'_>, holder: &Value, found: &mut Findings) {
    let at = path.child(kind);
    match kind {
        "emptyDir" => {
            let limit = source.get("sizeLimit").map(plain);
            if limit.as_deref().and_then(amount::nanos).is_some_and(|amount| amount < 0) {
                let detail = "SizeLimit field must be a valid resource quantity";
                found.forbidden(&at.child("sizeLimit"), detail);
            }
        }
        "hostPath" => host_path(&at, source, found),
        "gitRepo" => {
            found.needs(&at, source, &["repository"]);
            local_descending_path(&at.child("directory"), text(source, "/directory"), found);
        }
        "gcePersistentDisk" => disk(&path.child("persistentDisk"), source, "pdName", found),
        "awsElasticBlockStore" => disk(&at, source, "volumeID", found),
        "secret" => {
            found.needs(&at, source, &["secretName"]);
            files(&at, source, found);
        }
        "configMap" => {
            found.needs(&at, source, &["name"]);
            files(&at, source, found);
        }
        "nfs" => {
            found.needs(&at, source, &["server", "path"]);
            if !text(source, "/path").starts_with('/') {
                found.invalid(&at.child("path"), text(source, "/path"), "must be an absolute path");
            }
        }
        "iscsi" => iscsi(path, source, of, text(holder, "/name"), found),
        "glusterfs" => {
            found.needs(&at, source, &["endpoints", "path"]);
            namespace(&at.child("endpointsNamespace"), source.get("endpointsNamespace"), found);
        }
        "flocker" => flocker(&at, source, found),
        "persistentVolumeClaim" => found.needs(&at, source, &["claimName"]),
        "rbd" | "cephfs" => {
            if list(source, "/monitors").is_empty() {
                found.required(&at.child("monitors"), "");
            }
            if kind == "rbd" {
                found.needs(&at, source, &["image"]);
            }
        }
        "quobyte" => quobyte(&at, source, found),
        "downwardAPI" => projected::downward(&at, source, found),
        "fc" => fibre_channel(&at, source, found),
        "flexVolume" => flex(&at, source, found),
        "azureFile" => {
            found.needs(&at, source, &["secretName", "shareName"]);
            if source.get("secretNamespace").and_then(Value::as_str) == Some("") {
                found.required(&at.child("secretNamespace"), "");
            }
        }
        "azureDisk" => azure_disk(&at, source, found),
        "vsphereVolume" => found.needs(&at, source, &["volumePath"]),
        "photonPersistentDisk" => found.needs(&at, source, &["pdID"]),
        "portworxVolume" => found.needs(&at, source, &["volumeID"]),
        "cinder" => {
            found.needs(&at, source, &["volumeID"]);
            secret(&at, source, of, found);
        }
        "scaleIO" => found.needs(&at, source, &["gateway", "system", "volumeName"]),
        "storageos" => {
            for key in ["volumeName", "volumeNamespace"] {
                match text(source, &format!("/{key}")) {
                    "" if key == "volumeName" => found.required(&at.child(key), ""),
                    "" => {}
                    name => found.invalid_each(&at.child(key), name, names::label(name)),
                }
            }
            secret(&at, source, of, found);
        }
        "local" => {
            match text(source, "/path") {
                "" => found.required(&at.child("path"), ""),
                given => no_backsteps(&at.child("path"), given, found),
            }
            if matches!(of, Of::Persistent(_, false)) {
                found.required(&path.child("nodeAffinity"), "Local volume requires node affinity");
            }
        }
        "csi" => csi(&at, source, of, found),
        "projected" => projected::projected(&at, source, found),
        "ephemeral" => ephemeral(path, source, of, text(holder, "/name"), found),
        _image => {
            if matches!(of, Of::Pod(_, true)) {
                found.needs(&at, source, &["reference"]);
            }
            let policies = ["Always", "IfNotPresent", "Never"];
            found.one_of(&at.child("pullPolicy"), text(source, "/pullPolicy"), &policies);
        }
    }
}

fn host_path(path: &Path, source: &Value, found: &mut Findings) {
    match text(source, "/path") {
        "" => return found.required(&path.child("path"), ""),
        given => no_backsteps(&path.child("path"), given, found),
    }
    let kinds =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let kind = text(source, "/type");
    if !kinds.contains(&kind) {
        found.unsupported(&path.child("type"), kind, &kinds);
    }
}

fn namespace(path: &Path, namespace: Option<&Value>, found: &mut Findings) {
    match namespace.and_then(Value::as_str) {
        None => {}
        Some("") => {
            let detail = "if the endpointnamespace is set, it must be a valid namespace name";
            found.invalid(path, "", detail);
        }
        Some(name) => found.invalid_each(path, name, names::label(name)),
    }
}

fn secret(path: &Path, source: &Value, of: Of<'_>, found: &mut Findings) {
    if let Some(secret) = source.get("secretRef").filter(|secret| secret.is_object()) {
        let keys: &[&str] = match of {
            Of::Pod(..) => &["name"],
            Of::Persistent(..) => &["name", "namespace"],
        };
        found.needs(&path.child("secretRef"), secret, keys);
    }
}

/// The name of a CSI driver.
pub(super) fn driver(path: &Path, name: &str, found: &mut Findings) {
    if name.is_empty() {
        return found.required(path, "");
    }
    if name.len() > 63 {
        found.too_long(path, 63);
    }
    found.invalid_each(path, name, names::subdomain(&name.to_lowercase()));
}

fn csi(path: &Path, source: &Value, of: Of<'_>, found: &mut Findings) {
    driver(&path.child("driver"), text(source, "/driver"), found);
    if let Of::Pod(..) = of {
        if let Some(secret) = source.get("nodePublishSecretRef").filter(|secret| secret.is_object()) {
            match text(secret, "/name") {
                "" => found.required(&path.child("nodePublishSecretRef.name"), ""),
                name => found.invalid_each(&path.child("name"), name, names::subdomain(name)),
            }
        }
        return;
    }
    found.needs(path, source, &["volumeHandle"]);
    for key in [
        "controllerPublishSecretRef",
        "controllerExpandSecretRef",
        "nodePublishSecretRef",
        "nodeExpandSecretRef",
    ] {
        let Some(secret) = source.get(key).filter(|secret| secret.is_object()) else { continue };
        let at = path.child(key);
        match text(secret, "/name") {
            "" => found.required(&at.child("name"), ""),
            name => found.invalid_each(&at.child("name"), name, names::subdomain(name)),
        }
        match text(secret, "/namespace") {
            "" => found.required(&at.child("namespace"), ""),
            name => found.invalid_each(&at.child("namespace"), name, names::label(name)),
        }
    }
}

fn ephemeral(path: &Path, source: &Value, of: Of<'_>, volume: &str, found: &mut Findings) {
    let at = path.child("ephemeral.volumeClaimTemplate");
    match source.get("volumeClaimTemplate").filter(|template| template.is_object()) {
        None => found.required(&at, ""),
        Some(template) => claim::template(&at, template, found),
    }
    let Of::Pod(pod, _) = of else { return };
    if !pod.is_empty() && !volume.is_empty() {
        let name = format!("{pod}-{volume}");
        for wrong in names::subdomain(&name) {
            found.invalid(&path.child("name"), volume, &format!("PVC name {name:?}: {wrong}"));
        }
    }
}
