//! Where the contents of a volume come from: the sources that pods and persistent volumes know, each with its own
//! fields. Volumes made of keys and tokens are in `projected`.

use super::findings::{Findings, Path};
use super::volume::{files, local_descending_path, no_backsteps};
use super::{claim, names, projected, quantity};
use crate::sim::look::{is_true, list, map, number, plain, text};
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
enum Of<'a> {
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
            if limit.as_deref().and_then(quantity::nanos).is_some_and(|amount| amount < 0) {
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

fn disk(path: &Path, source: &Value, key: &str, found: &mut Findings) {
    found.needs(path, source, &[key]);
    let partition = number(source, "/partition");
    if !(0..=255).contains(&partition) {
        found.invalid(&path.child("partition"), partition, "must be between 1 and 255, inclusive");
    }
}

fn lun(path: &Path, lun: i64, found: &mut Findings) {
    if !(0..=255).contains(&lun) {
        found.invalid(&path.child("lun"), lun, "must be between 0 and 255, inclusive");
    }
}

const NAMES_TOGETHER: &str = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
    iscsi.initiatorName is specified.";

fn iscsi(path: &Path, source: &Value, of: Of<'_>, volume: &str, found: &mut Findings) {
    let at = path.child("iscsi");
    found.needs(&at, source, &["targetPortal"]);
    let (portal, initiator) =
        (text(source, "/targetPortal"), source.get("initiatorName").and_then(Value::as_str));
    let too_long = |name: &str| initiator.is_some() && name.len() + 1 + portal.len() > 64;
    if let Of::Persistent(name, _) = of
        && too_long(name)
    {
        found.invalid(&at.child("targetportal"), portal, NAMES_TOGETHER);
    }
    let start = match of {
        Of::Pod(..) => "must be valid format starting with iqn, eui, or naa",
        Of::Persistent(..) => "must be valid format",
    };
    match text(source, "/iqn") {
        "" => found.required(&at.child("iqn"), ""),
        iqn => qualified_target(&at.child("iqn"), iqn, start, found),
    }
    lun(&at, number(source, "/lun"), found);
    let chap = is_true(source, "/chapAuthDiscovery") || is_true(source, "/chapAuthSession");
    match source.get("secretRef").filter(|secret| secret.is_object()) {
        None if chap => found.required(&at.child("secretRef"), ""),
        None => {}
        Some(secret) if matches!(of, Of::Persistent(..)) => {
            found.needs(&at.child("secretRef"), secret, &["name"]);
        }
        Some(_) => {}
    }
    if let Some(initiator) = initiator {
        qualified_target(&at.child("initiatorname"), initiator, start, found);
    }
    if matches!(of, Of::Pod(..)) && too_long(volume) {
        found.invalid(&path.child("name"), volume, NAMES_TOGETHER);
    }
}

fn qualified_target(path: &Path, name: &str, start: &str, found: &mut Findings) {
    let alphanumeric =
        |text: &str, length: usize| text.len() == length && text.chars().all(|c| c.is_ascii_alphanumeric());
    let good = match name.get(..3) {
        Some("iqn") => is_iqn(name),
        Some("eui") => name.len() > 4 && alphanumeric(&name[4..], 16),
        Some("naa") => name.len() > 4 && alphanumeric(&name[4..], 32),
        Some(_) | None => return found.invalid(path, name, start),
    };
    if !good {
        found.invalid(path, name, "must be valid format");
    }
}

/// `iqn.YYYY-MM.domain:name`.
fn is_iqn(name: &str) -> bool {
    let Some((head, tail)) = name.split_once(':') else { return false };
    let mut parts = head.splitn(3, '.');
    let (first, date, domain) =
        (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let digits = |text: &str, length: usize| text.len() == length && text.chars().all(|c| c.is_ascii_digit());
    let is_date = date.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2));
    let is_domain =
        !domain.is_empty() && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    let is_tail =
        !tail.is_empty() && !tail.contains(|c: char| ",;*&$|".contains(c) || c.is_ascii_whitespace());
    first == Some("iqn") && is_date && is_domain && is_tail
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

fn flocker(path: &Path, source: &Value, found: &mut Findings) {
    let (name, uuid) = (text(source, "/datasetName"), text(source, "/datasetUUID"));
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => found.required(path, "one of datasetName and datasetUUID is required"),
        (false, false) => {
            found.invalid(
                path,
                "resource",
                "datasetName and datasetUUID can not be specified simultaneously",
            );
        }
        (true, false) | (false, true) => {}
    }
    if name.contains('/') {
        found.invalid(&path.child("datasetName"), name, "must not contain '/'");
    }
}

fn quobyte(path: &Path, source: &Value, found: &mut Findings) {
    let detail = "must be a host:port pair or multiple pairs separated by commas";
    let registry = text(source, "/registry");
    if registry.is_empty() {
        found.required(&path.child("registry"), detail);
    } else if text(source, "/tenant").len() >= 65 {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        found.required(&path.child("tenant"), detail);
    } else {
        let is_pair =
            |pair: &&str| pair.matches(':').count() == 1 || (pair.starts_with('[') && pair.contains("]:"));
        for _ in registry.split(',').filter(|pair| !is_pair(pair)) {
            found.invalid(&path.child("registry"), registry, detail);
        }
    }
    found.needs(path, source, &["volume"]);
}

fn fibre_channel(path: &Path, source: &Value, found: &mut Findings) {
    let (targets, ids) = (list(source, "/targetWWNs"), list(source, "/wwids"));
    let at = path.child("targetWWNs");
    if targets.is_empty() && ids.is_empty() {
        found.required(&at, "must specify either targetWWNs or wwids, but not both");
    }
    if !targets.is_empty() && !ids.is_empty() {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        found.invalid(&at, targets.to_vec(), detail);
    }
    if !targets.is_empty() {
        match source.get("lun").and_then(Value::as_i64) {
            None => found.required(&path.child("lun"), "lun is required if targetWWNs is specified"),
            Some(number) => lun(path, number, found),
        }
    }
}

fn flex(path: &Path, source: &Value, found: &mut Findings) {
    found.needs(path, source, &["driver"]);
    for key in map(source, "/options").into_iter().flatten().map(|(key, _)| key) {
        let namespace = key.split_once('/').map_or(&**key, |(namespace, _)| namespace);
        let dotted = format!(".{}", namespace.to_lowercase());
        if dotted.ends_with(".kubernetes.io") || dotted.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            found.invalid(&path.child("options").key(key), key.as_str(), detail);
        }
    }
}

fn azure_disk(path: &Path, source: &Value, found: &mut Findings) {
    found.needs(path, source, &["diskName", "diskURI"]);
    let given = |key: &str| source.get(key).and_then(Value::as_str);
    let kinds = ["Dedicated", "Managed", "Shared"];
    for (key, supported) in [("cachingMode", ["None", "ReadOnly", "ReadWrite"]), ("kind", kinds)] {
        if let Some(value) = given(key).filter(|value| !supported.contains(value)) {
            found.unsupported(&path.child(key), value, &supported);
        }
    }
    let uri = text(source, "/diskURI");
    let at = path.child("diskURI");
    match given("kind") {
        Some("Managed") if !uri.starts_with("/subscriptions/") => {
            let managed = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
            found.unsupported(&at, uri, &[managed]);
        }
        Some(kind) if kind != "Managed" && !uri.starts_with("https://") => {
            let blob = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
            found.unsupported(&at, uri, &[blob]);
        }
        Some(_) | None => {}
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
