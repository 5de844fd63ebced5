//! What there is of devices, as drivers publish it: ResourceSlices. What is asked of devices is in `device`.

use super::device_parts::{EFFECTS, bindings, each, name, pool, twice};
use super::findings::{Findings, Path, same};
use super::{affinity, device_capacity, internal, names, source};
use crate::sim::look::{list, map, number, text};
use serde_json::Value;

/// So many devices in a slice; half of that where one has taints or shares counters.
const DEVICES: usize = 128;
const TAINTS: usize = 16;
const COUNTERS: usize = 32;
const SETS: usize = 8;
/// Attributes and capacities of a device together.
const PROPERTIES: usize = 32;
/// The value of an attribute, in bytes.
const VALUE: usize = 64;

/// A ResourceSlice whose metadata has been checked; `old` is what it was, of a changed one.
pub(super) fn slice(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let path = Path::new("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    source::driver(&path.child("driver"), text(spec, "/driver"), found);
    let at = path.child("pool");
    pool(&at.child("name"), text(spec, "/pool/name"), found);
    let count = number(spec, "/pool/resourceSliceCount");
    if count <= 0 {
        found.invalid(&at.child("resourceSliceCount"), count, "must be greater than zero");
    }
    let generation = number(spec, "/pool/generation");
    if generation < 0 {
        let detail = "must be greater than or equal to zero";
        found.invalid(&at.child("generation"), generation, detail);
    }
    if let Some(old) = old {
        for (field, pointer) in
            [("pool.name", "/spec/pool/name"), ("driver", "/spec/driver"), ("nodeName", "/spec/nodeName")]
        {
            found.immutable(&path.child(field), old.pointer(pointer), object.pointer(pointer));
        }
    }
    placed(&path, spec, found);
    if spec["sharedCounters"].is_array() && spec["devices"].is_array() {
        found.invalid(&path, "", "only one of `sharedCounters` or `devices` is allowed");
    }
    devices(&path.child("devices"), spec, old, found);
    let (at, sets) = (path.child("sharedCounters"), list(spec, "/sharedCounters"));
    each(&at, sets, SETS, found, |path, set, found| counters(path, set, "name", found));
    twice(&at, sets, SETS, found, |set| text(set, "/name").into());
}

/// On which nodes the devices of a slice are.
fn placed(path: &Path, spec: &Value, found: &mut Findings) {
    let mut set = Vec::new();
    match spec.get("nodeName").and_then(Value::as_str) {
        None => {}
        Some("") => {
            found.invalid(&path.child("nodeName"), "", "must be either unset or set to a non-empty string");
        }
        Some(name) => {
            set.push("`nodeName`");
            found.invalid_each(&path.child("nodeName"), name, names::subdomain(name));
        }
    }
    if let Some(selector) = spec.get("nodeSelector").filter(|selector| selector.is_object()) {
        set.push("`nodeSelector`");
        let at = path.child("nodeSelector");
        affinity::node_selector(&at, selector, found);
        let terms = list(selector, "/nodeSelectorTerms");
        if terms.len() != 1 {
            let shown: Vec<String> =
                terms.iter().map(|term| internal::print("NodeSelectorTerm", term)).collect();
            let shown = if terms.is_empty() { "null".to_owned() } else { format!("[{}]", shown.join(",")) };
            let detail = "must have exactly one node selector term";
            found.invalid_printed(&at.child("nodeSelectorTerms"), &shown, detail);
        }
    }
    for (key, shown) in [("allNodes", "`allNodes`"), ("perDeviceNodeSelection", "`perDeviceNodeSelection`")] {
        match spec.get(key).and_then(Value::as_bool) {
            None => {}
            Some(true) => set.push(shown),
            Some(false) => {
                found.invalid(&path.child(key), false, "must be either unset or set to true");
            }
        }
    }
    let detail =
        "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    match set.len() {
        0 => found.required(path, detail),
        1 => {}
        _more => {
            let shown = format!("{{{}}}", set.join(", "));
            found.invalid(path, shown, &format!("{detail}, but multiple fields are set"));
        }
    }
}

fn devices(path: &Path, spec: &Value, old: Option<&Value>, found: &mut Findings) {
    let devices = list(spec, "/devices");
    let uses = |key: &str| devices.iter().any(|device| !list(device, key).is_empty());
    let most = if uses("/taints") || uses("/consumesCounters") { DEVICES / 2 } else { DEVICES };
    let each_placed = spec["perDeviceNodeSelection"] == true;
    each(path, devices, most, found, |path, device, found| {
        let before = old.map_or(&[][..], |old| list(old, "/spec/devices"));
        let before = before.iter().find(|before| before["name"] == device["name"]);
        let changed = |key: &str| before.is_none_or(|before| !same(before.get(key), device.get(key)));
        let given = text(device, "/name");
        found.invalid_each(&path.child("name"), given, names::label(given));
        properties(path, device, changed("capacity"), found);
        if changed("taints") {
            each(&path.child("taints"), list(device, "/taints"), TAINTS, found, taint);
        }
        let (at, shares) = (path.child("consumesCounters"), list(device, "/consumesCounters"));
        each(&at, shares, 2, found, |path, share, found| counters(path, share, "counterSet", found));
        twice(&at, shares, 2, found, |share| text(share, "/counterSet").into());
        device_placed(path, device, each_placed, found);
        bindings(path, device, found);
    });
    twice(path, devices, most, found, |device| text(device, "/name").into());
}

/// The attributes of a device, and how much there is of what.
fn properties(path: &Path, device: &Value, capacity_changed: bool, found: &mut Findings) {
    let (attributes, capacities) = (map(device, "/attributes"), map(device, "/capacity"));
    let all = attributes.map_or(0, |map| map.len()) + capacities.map_or(0, |map| map.len());
    if all > PROPERTIES {
        let detail = format!("the total number of attributes and capacities must not exceed {PROPERTIES}");
        found.invalid(path, all, &detail);
    }
    for (key, attribute) in attributes.into_iter().flatten() {
        let at = path.child("attributes");
        name(&at, key, found);
        value(&at.key(key), attribute, found);
    }
    for (key, capacity) in capacities.into_iter().flatten().filter(|_| capacity_changed) {
        let at = path.child("capacity");
        name(&at, key, found);
        let shared = device["allowMultipleAllocations"] == true;
        device_capacity::capacity(&at.key(key), capacity, shared, found);
    }
}

fn value(path: &Path, attribute: &Value, found: &mut Findings) {
    let kinds = ["bool", "int", "string", "version"];
    let set = kinds.iter().filter(|kind| attribute.get(**kind).is_some_and(|value| !value.is_null()));
    for kind in ["string", "version"] {
        let Some(given) = attribute.get(kind).and_then(Value::as_str) else { continue };
        let at = path.child(kind);
        if kind == "version" && !names::is_semantic_version(given) {
            found.invalid(&at, given, "must be a string compatible with semver.org spec 2.0.0");
        }
        if given.len() > VALUE {
            found.too_long(&at, VALUE);
        }
    }
    let detail = "exactly one value must be specified";
    match set.count() {
        0 => found.invalid(path, "", detail),
        1 => {}
        _more => found.invalid_printed(path, &internal::print("DeviceAttribute", attribute), detail),
    }
}

fn taint(path: &Path, taint: &Value, found: &mut Findings) {
    let (key, value) = (text(taint, "/key"), text(taint, "/value"));
    found.invalid_each(&path.child("key"), key, names::qualified(key));
    if !value.is_empty() {
        found.invalid_each(&path.child("value"), value, names::label_value(value));
    }
    found.one_of(&path.child("effect"), text(taint, "/effect"), &EFFECTS);
}

/// A named set of counters, or what a device takes of one.
fn counters(path: &Path, set: &Value, named: &str, found: &mut Findings) {
    match text(set, &format!("/{named}")) {
        "" => found.required(&path.child(named), ""),
        name => found.invalid_each(&path.child(named), name, names::label(name)),
    }
    let at = path.child("counters");
    let counters = map(set, "/counters").into_iter().flatten();
    match counters.clone().count() {
        0 => found.required(&at, ""),
        more if more > COUNTERS => found.too_many(&at, more, COUNTERS),
        _some => counters.for_each(|(key, _)| found.invalid_each(&at, key, names::label(key))),
    }
}

/// On which nodes a device is, where each of a slice says so itself.
fn device_placed(path: &Path, device: &Value, each_placed: bool, found: &mut Findings) {
    let given = |key: &str| device.get(key).filter(|value| !value.is_null());
    let keys = ["nodeName", "nodeSelector", "allNodes"];
    if !each_placed {
        if keys.iter().any(|key| given(key).is_some()) {
            let detail = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set \
                          to true in the ResourceSlice spec";
            found.invalid(path, Value::Null, detail);
        }
        return;
    }
    let mut set = Vec::new();
    match given("nodeName").and_then(Value::as_str) {
        None => {}
        Some("") => found.invalid(&path.child("nodeName"), "", "must not be empty"),
        Some(name) => {
            set.push("`nodeName`");
            found.invalid_each(&path.child("nodeName"), name, names::subdomain(name));
        }
    }
    if let Some(selector) = given("nodeSelector") {
        set.push("`nodeSelector`");
        affinity::node_selector(&path.child("nodeSelector"), selector, found);
    }
    match given("allNodes").and_then(Value::as_bool) {
        None => {}
        Some(true) => set.push("`allNodes`"),
        Some(false) => {
            found.invalid(&path.child("allNodes"), false, "must be either unset or set to true");
        }
    }
    let detail = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is \
                  set to true in the ResourceSlice spec";
    match set.len() {
        0 => found.required(path, detail),
        1 => {}
        _more => found.invalid(path, format!("{{{}}}", set.join(", ")), detail),
    }
}
