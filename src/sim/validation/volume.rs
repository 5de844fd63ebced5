//! What the volumes of a pod may say: names, one source each; and the paths that files of volumes may have. The sources
//! themselves are in `source` and `projected`.

use super::findings::{Findings, Path};
use super::{names, source};
use crate::sim::look::{list, number, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Checks all volumes and returns those that containers can mount, by their names. `pod` is the name of the pod, empty
/// in templates; `is_pod` tells pods from templates.
pub(super) fn volumes<'a>(
    path: &Path,
    volumes: &'a [Value],
    pod: &str,
    is_pod: bool,
    found: &mut Findings,
) -> BTreeMap<&'a str, &'a Value> {
    let ephemeral = |volume: &&Value| volume["ephemeral"].is_object() && !pod.is_empty();
    let made = volumes.iter().filter(ephemeral).map(|volume| format!("{pod}-{}", text(volume, "/name")));
    let made: Vec<String> = made.collect();
    let mut good = BTreeMap::new();
    for (index, volume) in volumes.iter().enumerate() {
        let at = path.index(index);
        let before = found.len();
        source::of_pod(&at, volume, pod, is_pod, found);
        let name = text(volume, "/name");
        match name {
            "" => found.required(&at.child("name"), ""),
            name => found.invalid_each(&at.child("name"), name, names::label(name)),
        }
        if good.contains_key(name) {
            found.duplicate(&at.child("name"), name);
        }
        if found.len() == before {
            good.insert(name, volume);
        }
        let claim = text(volume, "/persistentVolumeClaim/claimName");
        if made.iter().any(|made| made == claim) {
            let detail = "must not reference a PVC that gets created for an ephemeral volume";
            found.invalid(&at.child("persistentVolumeClaim.claimName"), claim, detail);
        }
    }
    good
}

/// The permissions of files, at a key of their holder.
pub(super) fn mode(path: &Path, holder: &Value, key: &str, found: &mut Findings) {
    let mode = number(holder, &format!("/{key}"));
    if !(0..=0o777).contains(&mode) {
        let detail = "must be a number between 0 and 0777 (octal), both inclusive";
        found.invalid(&path.child(key), mode, detail);
    }
}

/// The permissions and the files of a volume made of keys.
pub(super) fn files(path: &Path, source: &Value, found: &mut Findings) {
    mode(path, source, "defaultMode", found);
    for (index, item) in list(source, "/items").iter().enumerate() {
        key_to_path(&path.child("items").index(index), item, found);
    }
}

/// A file made of a key.
pub(super) fn key_to_path(path: &Path, item: &Value, found: &mut Findings) {
    found.needs(path, item, &["key", "path"]);
    local_path(&path.child("path"), text(item, "/path"), found);
    mode(path, item, "mode", found);
}

/// A path below a volume that is not reserved: relative, never upwards, and not starting with `..`.
pub(super) fn local_path(path: &Path, given: &str, found: &mut Findings) {
    local_descending_path(path, given, found);
    if given.starts_with("..") && !given.starts_with("../") {
        found.invalid(path, given, "must not start with '..'");
    }
}

/// A path below a volume: relative, and never upwards.
pub(super) fn local_descending_path(path: &Path, given: &str, found: &mut Findings) {
    if given.starts_with('/') {
        found.invalid(path, given, "must be a relative path");
    }
    no_backsteps(path, given, found);
}

/// A path that never goes upwards.
pub(super) fn no_backsteps(path: &Path, given: &str, found: &mut Findings) {
    if has_backsteps(given) {
        found.invalid(path, given, "must not contain '..'");
    }
}

/// Whether a path goes upwards.
pub(super) fn has_backsteps(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}
