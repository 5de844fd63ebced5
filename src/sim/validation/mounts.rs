//! Where a container finds the volumes of its pod: as directories and as devices.

use super::findings::{Findings, Path};
use super::volume::{has_backsteps, local_descending_path};
use crate::sim::look::{is_true, list, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// The mounts of a container; `volumes` are those of its pod.
pub(super) fn mounts(path: &Path, container: &Value, volumes: &BTreeMap<&str, &Value>, found: &mut Findings) {
    let devices = list(container, "/volumeDevices");
    let mut taken: Vec<&str> = Vec::new();
    for (index, mount) in list(container, "/volumeMounts").iter().enumerate() {
        let at = path.index(index);
        let (name, place) = (text(mount, "/name"), text(mount, "/mountPath"));
        found.needs(&at, mount, &["name"]);
        if !volumes.contains_key(name) {
            found.not_found(&at.child("name"), name, "");
        }
        found.needs(&at, mount, &["mountPath"]);
        if taken.contains(&place) {
            found.invalid(&at.child("mountPath"), place, "must be unique");
        }
        taken.push(place);
        if devices.iter().any(|device| text(device, "/name") == name) {
            found.invalid(&at.child("name"), name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|device| text(device, "/devicePath") == place) {
            let detail = "must not already exist as a path in volumeDevices";
            found.invalid(&at.child("mountPath"), place, detail);
        }
        let (part, expression) = (text(mount, "/subPath"), text(mount, "/subPathExpr"));
        local_descending_path(&path.child("subPath"), part, found);
        if !expression.is_empty() {
            if !part.is_empty() {
                let detail = "subPathExpr and subPath are mutually exclusive";
                found.invalid(&at.child("subPathExpr"), expression, detail);
            }
            local_descending_path(&path.child("subPathExpr"), expression, found);
        }
        propagation(&path.child("mountPropagation"), container, mount, found);
        read_only(&path.child("recursiveReadOnly"), mount, found);
    }
}

fn propagation(path: &Path, container: &Value, mount: &Value, found: &mut Findings) {
    let Some(given) = mount.get("mountPropagation").and_then(Value::as_str) else { return };
    let supported = ["Bidirectional", "HostToContainer", "None"];
    if !supported.contains(&given) {
        found.unsupported(path, given, &supported);
    }
    if given == "Bidirectional" && !is_true(container, "/securityContext/privileged") {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        found.forbidden(path, detail);
    }
}

fn read_only(path: &Path, mount: &Value, found: &mut Findings) {
    match mount.get("recursiveReadOnly").and_then(Value::as_str) {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if !is_true(mount, "/readOnly") {
                found.forbidden(path, "may only be specified when readOnly is true");
            }
            if !matches!(text(mount, "/mountPropagation"), "" | "None") {
                let detail = "may only be specified when mountPropagation is None or not specified";
                found.forbidden(path, detail);
            }
        }
        Some(other) => found.unsupported(path, other, &["Disabled", "Enabled", "IfPossible"]),
    }
}

/// The devices of a container.
pub(super) fn devices(
    path: &Path,
    container: &Value,
    volumes: &BTreeMap<&str, &Value>,
    found: &mut Findings,
) {
    let mounts = list(container, "/volumeMounts");
    let (mut names, mut places): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (index, device) in list(container, "/volumeDevices").iter().enumerate() {
        let at = path.index(index);
        let (name, place) = (text(device, "/name"), text(device, "/devicePath"));
        found.needs(&at, device, &["name"]);
        if names.contains(&name) {
            found.invalid(&at.child("name"), name, "must be unique");
        }
        match volumes.get(name) {
            Some(volume)
                if volume["persistentVolumeClaim"].is_object() || volume["ephemeral"].is_object() => {}
            Some(_other_source) => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                found.invalid(&at.child("name"), name, detail);
            }
            None => found.not_found(&at.child("name"), name, ""),
        }
        found.needs(&at, device, &["devicePath"]);
        if places.contains(&place) {
            found.invalid(&at.child("devicePath"), place, "must be unique");
        }
        if has_backsteps(place) {
            found.invalid(&at.child("devicePath"), place, "can not contain backsteps ('..')");
        } else {
            places.push(place);
        }
        if mounts.iter().any(|mount| text(mount, "/name") == name) {
            found.invalid(&at.child("name"), name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|mount| text(mount, "/mountPath") == place) {
            let detail = "must not already exist as a path in volumeMounts";
            found.invalid(&at.child("devicePath"), place, detail);
        }
        if !name.is_empty() {
            names.push(name);
        }
    }
}
