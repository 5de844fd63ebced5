//! What the volumes of a pod may say.

use super::container::local_path;
use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{list, number, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Checks all volumes and returns the names that containers can mount.
pub(super) fn volumes<'a>(path: &Path, volumes: &'a [Value], found: &mut Findings) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let at = path.index(index);
        let before = found.len();
        source(&at, volume, found);
        let name = text(volume, "/name");
        match name {
            "" => found.required(&at.child("name"), ""),
            name => found.invalid_each(&at.child("name"), name, names::label(name)),
        }
        if names.contains(name) {
            found.duplicate(&at.child("name"), name);
        }
        if found.len() == before {
            names.insert(name);
        }
    }
    names
}

fn source(path: &Path, volume: &Value, found: &mut Findings) {
    let sources =
        volume.as_object().into_iter().flatten().filter(|(key, value)| *key != "name" && value.is_object());
    for (given, (kind, source)) in sources.enumerate() {
        let at = path.child(kind);
        if given > 0 {
            found.forbidden(&at, "may not specify more than 1 volume type");
            continue;
        }
        match kind.as_str() {
            "hostPath" => host_path(&at, source, found),
            "secret" => {
                required(&at, source, "secretName", found);
                files(&at, source, found);
            }
            "configMap" => {
                required(&at, source, "name", found);
                files(&at, source, found);
            }
            "persistentVolumeClaim" => required(&at, source, "claimName", found),
            "nfs" => ["server", "path"].iter().for_each(|key| required(&at, source, key, found)),
            "csi" => required(&at, source, "driver", found),
            "emptyDir" => {
                let limit = source.get("sizeLimit").map(crate::sim::look::plain);
                if limit.as_deref().and_then(super::quantity::nanos).is_some_and(|amount| amount < 0) {
                    found.forbidden(
                        &at.child("sizeLimit"),
                        "SizeLimit field must be a valid resource quantity",
                    );
                }
            }
            "projected" => projected(&at, source, found),
            "downwardAPI" => mode(&at, source, found),
            _others_hold_addresses => {}
        }
    }
}

fn required(path: &Path, source: &Value, key: &str, found: &mut Findings) {
    if text(source, &format!("/{key}")).is_empty() {
        found.required(&path.child(key), "");
    }
}

fn host_path(path: &Path, source: &Value, found: &mut Findings) {
    match text(source, "/path") {
        "" => return found.required(&path.child("path"), ""),
        given if given.split('/').any(|part| part == "..") => {
            found.invalid(&path.child("path"), given, "must not contain '..'");
        }
        _fine => {}
    }
    let kinds =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let kind = text(source, "/type");
    if !kinds.contains(&kind) {
        found.unsupported(&path.child("type"), kind, &kinds);
    }
}

fn mode(path: &Path, source: &Value, found: &mut Findings) {
    let mode = number(source, "/defaultMode");
    if !(0..=0o777).contains(&mode) {
        let detail = "must be a number between 0 and 0777 (octal), both inclusive";
        found.invalid(&path.child("defaultMode"), mode, detail);
    }
}

fn files(path: &Path, source: &Value, found: &mut Findings) {
    mode(path, source, found);
    for (index, item) in list(source, "/items").iter().enumerate() {
        let at = path.child("items").index(index);
        required(&at, item, "key", found);
        required(&at, item, "path", found);
        local_path(&at.child("path"), text(item, "/path"), found);
    }
}

fn projected(path: &Path, source: &Value, found: &mut Findings) {
    mode(path, source, found);
    for (index, part) in list(source, "/sources").iter().enumerate() {
        let at = path.child("sources").index(index);
        for kind in ["secret", "configMap"] {
            if let Some(given) = part.get(kind).filter(|given| given.is_object()) {
                required(&at.child(kind), given, "name", found);
            }
        }
        if let Some(token) = part.get("serviceAccountToken").filter(|token| token.is_object()) {
            required(&at.child("serviceAccountToken"), token, "path", found);
        }
    }
}
