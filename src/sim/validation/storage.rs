//! What the kinds of the storage group may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::{internal, names, persistent, selectors, source};
use crate::sim::amount;
use crate::sim::look::{list, map, plain, text};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// An object of the storage group.
/// A changed class of attributes is looked at after what of it never changes.
pub(super) fn content(kind: &str, object: &Value, changed: bool, found: &mut Findings) {
    match kind {
        "StorageClass" => class(object, found),
        "CSIDriver" => driver(object, found),
        "CSINode" => node(object, found),
        "CSIStorageCapacity" => capacity(object, found),
        "VolumeAttachment" => attachment(object, found),
        "VolumeAttributesClass" if !changed => {
            provisioner(&Path::new("driverName"), text(object, "/driverName"), found);
            parameters(map(object, "/parameters"), false, found);
        }
        _others_are_not_checked_again => {}
    }
}

/// What of an object of the storage group never changes.
pub(super) fn update(kind: &str, old: &Value, new: &Value, found: &mut Findings) {
    let changed = |key: &str| !same(old.pointer(&format!("/{key}")), new.pointer(&format!("/{key}")));
    let shown = |key: &str| new.pointer(&format!("/{key}")).cloned().unwrap_or(Value::Null);
    let frozen = "field is immutable";
    match kind {
        "StorageClass" => {
            for key in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
                if changed(key) {
                    let shown =
                        if key == "provisioner" { text(new, "/provisioner").into() } else { shown(key) };
                    found.invalid(&Path::of(key), shown, frozen);
                }
            }
        }
        "CSIDriver" => {
            for (key, told) in
                [("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes")]
            {
                let key = format!("spec/{key}");
                if changed(&key) {
                    found.invalid(&Path::new("spec").child(told), shown(&key), frozen);
                }
            }
        }
        "CSINode" => {
            for (old, new) in list(old, "/spec/drivers").iter().flat_map(|old| {
                list(new, "/spec/drivers")
                    .iter()
                    .filter(|new| new["name"] == old["name"])
                    .map(move |new| (old, new))
            }) {
                let bare = |driver: &Value| {
                    let mut driver = driver.clone();
                    driver.as_object_mut().map(|driver| driver.remove("allocatable"));
                    driver
                };
                if !same(Some(&bare(old)), Some(&bare(new))) {
                    let printed = internal::print("CSINodeDriver", &bare(new));
                    found.invalid_printed(&Path::new("spec.drivers"), &printed, frozen);
                }
            }
        }
        "CSIStorageCapacity" => {
            if changed("nodeTopology") {
                let printed = match new.get("nodeTopology") {
                    Some(topology) => internal::print("LabelSelector", topology),
                    None => "null".to_owned(),
                };
                found.invalid_printed(&Path::new("nodeTopology"), &printed, frozen);
            }
            if changed("storageClassName") {
                found.invalid(&Path::new("storageClassName"), text(new, "/storageClassName"), frozen);
            }
        }
        "VolumeAttachment" if changed("spec") => {
            let printed = internal::print("VolumeAttachmentSpec", &shown("spec"));
            found.invalid_printed(&Path::new("spec"), &printed, frozen);
        }
        "VolumeAttributesClass" => {
            for key in ["driverName", "parameters"] {
                if changed(key) {
                    found.forbidden(&Path::of(key), &format!("updates to {key} are forbidden."));
                }
            }
            content(kind, new, false, found);
        }
        _nothing_is_fixed => {}
    }
}

fn class(object: &Value, found: &mut Findings) {
    provisioner(&Path::new("provisioner"), text(object, "/provisioner"), found);
    parameters(map(object, "/parameters"), true, found);
    let policy = text(object, "/reclaimPolicy");
    found.one_of_if_any(&Path::new("reclaimPolicy"), policy, &["Delete", "Retain"]);
    let at = Path::new("volumeBindingMode");
    match object.get("volumeBindingMode").and_then(Value::as_str) {
        None => found.required(&at, ""),
        Some("Immediate" | "WaitForFirstConsumer") => {}
        Some(other) => found.unsupported(&at, other, &["Immediate", "WaitForFirstConsumer"]),
    }
    let terms = list(object, "/allowedTopologies");
    let read = |term: &Value| {
        let expressions = list(term, "/matchLabelExpressions").iter();
        let values = |e: &Value| list(e, "/values").iter().map(plain).collect::<BTreeSet<_>>();
        expressions
            .map(|e| (text(e, "/key").to_owned(), values(e)))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    for (index, term) in terms.iter().enumerate() {
        let at = Path::new("allowedTopologies").index(index);
        topology(&at, term, found);
        // The real server counts as many empty terms before the first as there are terms.
        let empty = if read(term).is_empty() { terms.len() } else { 0 };
        let before = terms[..index].iter().filter(|before| read(before) == read(term)).count();
        for _ in 0..empty + before {
            found.duplicate(&at.child("matchLabelExpressions"), "");
        }
    }
}

fn topology(path: &Path, term: &Value, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, expression) in list(term, "/matchLabelExpressions").iter().enumerate() {
        let at = path.child("matchLabelExpressions").index(index);
        let (key, values) = (text(expression, "/key"), list(expression, "/values"));
        if values.is_empty() {
            found.required(&at.child("values"), "");
        }
        for (index, value) in
            values.iter().enumerate().filter(|(index, value)| values[..*index].contains(value))
        {
            found.duplicate(&at.child("values").index(index), value.clone());
        }
        found.invalid_each(&at.child("key"), key, names::qualified(key));
        if taken.contains(&key) {
            found.duplicate(&at.child("key"), key);
        }
        taken.push(key);
    }
}

fn provisioner(path: &Path, name: &str, found: &mut Findings) {
    if name.is_empty() {
        return found.required(path, "");
    }
    let name = name.to_lowercase();
    found.invalid_each(path, &name, names::qualified(&name));
}

fn parameters(parameters: Option<&Map<String, Value>>, may_be_empty: bool, found: &mut Findings) {
    let path = Path::new("parameters");
    let held = parameters.map_or(0, Map::len);
    if held > 512 {
        return found.too_long(&path, 512);
    }
    let mut size = 0;
    for (key, value) in parameters.into_iter().flatten() {
        if key.is_empty() {
            found.invalid(&path, "", "field can not be empty.");
        }
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > 256 * 1024 {
        found.too_long(&path, 256 * 1024);
    }
    if held == 0 && !may_be_empty {
        found.required(&path, "must contain at least one key/value pair");
    }
}

fn driver(object: &Value, found: &mut Findings) {
    let (path, spec) = (Path::new("spec"), object.get("spec").unwrap_or(&Value::Null));
    let policies = ["File", "None", "ReadWriteOnceWithFSType"];
    if let Some(policy) = spec.get("fsGroupPolicy").and_then(Value::as_str)
        && !policies.contains(&policy)
    {
        found.unsupported(&path.child("fsGroupPolicy"), policy, &policies);
    }
    let mut taken: Vec<&str> = Vec::new();
    for (index, request) in list(spec, "/tokenRequests").iter().enumerate() {
        let (at, audience) = (path.child("tokenRequests").index(index), text(request, "/audience"));
        if taken.contains(&audience) {
            found.duplicate(&at.child("audience"), audience);
            continue;
        }
        taken.push(audience);
        let (at, seconds) =
            (at.child("expirationSeconds"), request.get("expirationSeconds").and_then(Value::as_i64));
        if let Some(seconds) = seconds.filter(|seconds| *seconds < 600) {
            found.invalid(&at, seconds, "may not specify a duration less than 10 minutes");
        }
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 1 << 32) {
            found.invalid(&at, seconds, "may not specify a duration larger than 2^32 seconds");
        }
    }
    for mode in list(spec, "/volumeLifecycleModes").iter().filter_map(Value::as_str) {
        if !matches!(mode, "Persistent" | "Ephemeral") {
            found.unsupported(&path.child("volumeLifecycleModes"), mode, &["Persistent", "Ephemeral"]);
        }
    }
    let key = "nodeAllocatableUpdatePeriodSeconds";
    if let Some(period) = spec.get(key).and_then(Value::as_i64).filter(|period| *period < 10) {
        found.invalid(&path.child(key), period, "must be greater than or equal to 10 seconds");
    }
    let key = "serviceAccountTokenInSecrets";
    if let Some(given) = spec.get(key).filter(|given| given.is_boolean() && taken.is_empty()) {
        let detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
        found.invalid(&path.child(key), given.clone(), detail);
    }
}

fn node(object: &Value, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, driver) in list(object, "/spec/drivers").iter().enumerate() {
        let (at, name) = (Path::new("spec.drivers").index(index), text(driver, "/name"));
        source::driver(&at.child("name"), name, found);
        let id = text(driver, "/nodeID");
        if id.is_empty() {
            found.required(&at.child("nodeID"), "");
        }
        if id.len() > 256 {
            found.invalid(&at.child("nodeID"), id, "must be 256 characters or less");
        }
        found.nonnegative(&at.child("allocatable.count"), driver.pointer("/allocatable/count"));
        if taken.contains(&name) {
            found.duplicate(&at.child("name"), name);
        }
        taken.push(name);
        let keys = list(driver, "/topologyKeys");
        for (index, key) in keys.iter().enumerate() {
            let given = key.as_str().unwrap_or_default();
            if given.is_empty() {
                found.required(&at, "");
            }
            if keys[..index].contains(key) {
                found.duplicate(&at, given);
            }
            found.invalid_each(&at, given, names::qualified(given));
        }
    }
}

fn capacity(object: &Value, found: &mut Findings) {
    selectors::selector(&Path::new("nodeTopology"), object.get("nodeTopology"), found);
    let class = text(object, "/storageClassName");
    found.invalid_each(&Path::new("storageClassName"), class, names::subdomain(class));
    if let Some(amount) = object.get("capacity").map(plain)
        && amount::nanos(&amount).is_some_and(|amount| amount < 0)
    {
        found.invalid(&Path::new("capacity"), amount, "must be greater than or equal to 0");
    }
}

fn attachment(object: &Value, found: &mut Findings) {
    let (path, spec) = (Path::new("spec"), object.get("spec").unwrap_or(&Value::Null));
    source::driver(&path.child("attacher"), text(spec, "/attacher"), found);
    let (inline, name) = (
        spec.pointer("/source/inlineVolumeSpec").is_some_and(Value::is_object),
        spec.pointer("/source/persistentVolumeName").and_then(Value::as_str),
    );
    let (at, one) =
        (path.child("source"), "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
    match (inline, name) {
        (false, None) => found.required(&at, one),
        (true, Some(_)) => found.forbidden(&at, one),
        (false, Some("")) => {
            found.required(&at.child("persistentVolumeName"), "must specify non empty persistentVolumeName");
        }
        (true, None) => {
            persistent::inline(&at.child("inlineVolumeSpec"), &spec["source"]["inlineVolumeSpec"], found);
        }
        (false, Some(_)) => {}
    }
    let node = text(spec, "/nodeName");
    found.invalid_each(&path.child("nodeName"), node, names::subdomain(node));
    if let Some(name) = name {
        found.invalid_each(&at.child("persistentVolumeName"), name, names::subdomain(name));
    }
}
