//! What claims of devices, slices of them and what is given of them have in common: lists without repetition, names of
//! attributes and pools, tolerations, conditions of binding, and what is passed on to a driver.

use super::findings::{Findings, Path};
use super::{names, source};
use crate::sim::look::{list, text};
use serde_json::Value;

/// Expressions and parameters, in bytes.
pub(super) const TEXT: usize = 10 * 1024;
/// What a taint of a device does.
pub(super) const EFFECTS: [&str; 3] = ["NoExecute", "NoSchedule", "None"];

/// A list that is looked into where it is not too long.
pub(super) fn each(
    path: &Path,
    items: &[Value],
    most: usize,
    found: &mut Findings,
    mut check: impl FnMut(&Path, &Value, &mut Findings),
) {
    if items.len() > most {
        return found.too_many(path, items.len(), most);
    }
    for (index, item) in items.iter().enumerate() {
        check(&path.index(index), item, found);
    }
}

/// What of a list is there twice, by a key of its items; a list that is too long is not looked into.
pub(super) fn twice(
    path: &Path,
    items: &[Value],
    most: usize,
    found: &mut Findings,
    key: impl Fn(&Value) -> Value,
) {
    let keys: Vec<Value> = items.iter().take(most.saturating_add(1)).map(key).collect();
    if items.len() <= most {
        for (index, key) in keys.iter().enumerate().filter(|(index, key)| keys[..*index].contains(key)) {
            found.duplicate(&path.index(index), key.clone());
        }
    }
}

/// What is passed on to a driver, unread.
pub(super) fn opaque(path: &Path, config: &Value, found: &mut Findings) {
    let path = path.child("opaque");
    let Some(opaque) = config.get("opaque").filter(|opaque| opaque.is_object()) else {
        return found.required(&path, "");
    };
    source::driver(&path.child("driver"), text(opaque, "/driver"), found);
    raw(&path.child("parameters"), opaque.get("parameters"), found);
}

/// An object of any shape, which is not too long.
pub(super) fn raw(path: &Path, value: Option<&Value>, found: &mut Findings) {
    match value {
        None | Some(Value::Null) => found.required(path, ""),
        Some(value) if value.to_string().len() > TEXT => found.too_long(path, TEXT),
        Some(Value::Object(_)) => {}
        Some(_) => found.invalid(path, "<value omitted>", "must be a valid JSON object"),
    }
}

/// `tolerations`: which taints of devices a request puts up with.
pub(super) fn tolerations(path: &Path, holder: &Value, found: &mut Findings) {
    for (index, toleration) in list(holder, "/tolerations").iter().enumerate() {
        let at = path.child("tolerations").index(index);
        let (key, value) = (text(toleration, "/key"), text(toleration, "/value"));
        if !key.is_empty() {
            found.invalid_each(&at.child("key"), key, names::qualified(key));
        }
        match text(toleration, "/operator") {
            "Exists" if !value.is_empty() => {
                found.invalid(&at.child("value"), value, "must be empty for operator `Exists`");
            }
            "Exists" => {}
            "Equal" => found.invalid_each(&at.child("value"), value, names::label_value(value)),
            other => found.one_of(&at.child("operator"), other, &["Equal", "Exists"]),
        }
        found.one_of_if_any(&at.child("effect"), text(toleration, "/effect"), &EFFECTS);
    }
}

/// The name of an attribute or a capacity: an identifier, with a domain or without. One with more slashes is taken as it
/// is, as kube-apiserver takes it.
pub(super) fn name(path: &Path, name: &str, found: &mut Findings) {
    let Some((domain, id)) = name.split_once('/') else { return identifier(path, name, found) };
    if id.contains('/') {
        return;
    }
    match domain {
        "" => found.invalid(path, "", "the domain must not be empty"),
        domain => source::driver(path, domain, found),
    }
    match id {
        "" => found.invalid(path, "", "the name must not be empty"),
        id => identifier(path, id, found),
    }
}

fn identifier(path: &Path, id: &str, found: &mut Findings) {
    if id.len() > 32 {
        found.too_long(path, 32);
    }
    found.invalid_each(path, id, names::identifier(id));
}

/// The name of a pool of devices: subdomains with slashes between them.
pub(super) fn pool(path: &Path, name: &str, found: &mut Findings) {
    if name.is_empty() {
        return found.required(path, "");
    }
    if name.len() > 253 {
        found.too_long(path, 253);
    }
    for part in name.split('/') {
        found.invalid_each(path, part, names::subdomain(part));
    }
}

/// What must hold, and what must not, before a device is bound.
pub(super) fn bindings(path: &Path, holder: &Value, found: &mut Findings) {
    let keys = ["bindingConditions", "bindingFailureConditions"];
    let lists = keys.map(|key| (path.child(key), list(holder, &format!("/{key}"))));
    for (at, given) in &lists {
        each(at, given, 4, found, |path, name, found| {
            let name = name.as_str().unwrap_or_default();
            found.invalid_each(path, name, names::qualified(name));
        });
    }
    let [(wanted_at, wanted), (failing_at, failing)] = lists;
    twice(&wanted_at, wanted, usize::MAX, found, Value::clone);
    for (index, condition) in failing.iter().enumerate() {
        let at = failing_at.index(index);
        if failing[..index].contains(condition) {
            found.duplicate(&at, condition.clone());
        }
        if wanted.contains(condition) {
            let detail = "bindingFailureConditions must not overlap with bindingConditions";
            found.invalid(&at, condition.clone(), detail);
        }
    }
    let lacks = |one: &[Value], other: &[Value]| one.is_empty() && !other.is_empty();
    if lacks(wanted, failing) {
        let detail = "bindingConditions are required to use bindingFailureConditions";
        found.invalid(&wanted_at, Value::Null, detail);
    }
    if lacks(failing, wanted) {
        let detail = "bindingFailureConditions are required to use bindingConditions";
        found.invalid(&failing_at, Value::Null, detail);
    }
}
