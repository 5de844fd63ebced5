//! Where a pod may run: affinity to nodes and pods, spread over a topology, tolerations.

use super::findings::{Findings, Path};
use super::{names, selectors};
use crate::sim::look::{list, map, number, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// `spec.affinity`.
pub(super) fn affinity(path: &Path, affinity: &Value, found: &mut Findings) {
    let (required, preferred) =
        ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    if let Some(nodes) = affinity.get("nodeAffinity").filter(|nodes| nodes.is_object()) {
        let at = path.child("nodeAffinity");
        if let Some(selector) = nodes.get(required).filter(|selector| selector.is_object()) {
            node_selector(&at.child(required), selector, found);
        }
        for (index, term) in list(nodes, &format!("/{preferred}")).iter().enumerate() {
            let at = at.child(preferred).index(index);
            weight(&at, term, found);
            node_term(&at.child("preference"), &term["preference"], false, found);
        }
    }
    for key in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.get(key).unwrap_or(&Value::Null);
        for (index, term) in list(pods, &format!("/{required}")).iter().enumerate() {
            pod_term(&path.child(key).child(required).index(index), term, found);
        }
        for (index, term) in list(pods, &format!("/{preferred}")).iter().enumerate() {
            let at = path.child(key).child(preferred).index(index);
            weight(&at, term, found);
            pod_term(&at.child("podAffinityTerm"), &term["podAffinityTerm"], found);
        }
    }
}

fn weight(path: &Path, term: &Value, found: &mut Findings) {
    let weight = number(term, "/weight");
    if !(1..=100).contains(&weight) {
        found.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}

/// A selector of nodes: at least one term.
pub(super) fn node_selector(path: &Path, selector: &Value, found: &mut Findings) {
    let at = path.child("nodeSelectorTerms");
    let terms = list(selector, "/nodeSelectorTerms");
    if terms.is_empty() {
        found.required(&at, "must have at least one node selector term");
    }
    for (index, term) in terms.iter().enumerate() {
        node_term(&at.index(index), term, true, found);
    }
}

fn node_term(path: &Path, term: &Value, checks_values: bool, found: &mut Findings) {
    for (index, requirement) in list(term, "/matchExpressions").iter().enumerate() {
        let at = path.child("matchExpressions").index(index);
        let values = list(requirement, "/values");
        match text(requirement, "/operator") {
            "In" | "NotIn" if values.is_empty() => {
                found.required(&at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                found.forbidden(&at.child("values"), detail);
            }
            "Gt" | "Lt" if values.len() != 1 => {
                let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                found.required(&at.child("values"), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => found.invalid(&at.child("operator"), other, "not a valid selector operator"),
        }
        let key = text(requirement, "/key");
        found.invalid_each(&at.child("key"), key, names::qualified(key));
        for (index, value) in values.iter().filter_map(Value::as_str).enumerate().filter(|_| checks_values) {
            found.invalid_each(&at.child("values").index(index), value, names::label_value(value));
        }
    }
    for (index, requirement) in list(term, "/matchFields").iter().enumerate() {
        let at = path.child("matchFields").index(index);
        let values = list(requirement, "/values");
        match text(requirement, "/operator") {
            "In" | "NotIn" if values.len() != 1 => {
                let detail =
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                found.required(&at.child("values"), detail);
            }
            "In" | "NotIn" => {}
            other => found.invalid(&at.child("operator"), other, "not a valid selector operator"),
        }
        match text(requirement, "/key") {
            "metadata.name" => {
                for (index, name) in values.iter().filter_map(Value::as_str).enumerate() {
                    found.invalid_each(&at.child("values").index(index), name, names::subdomain(name));
                }
            }
            other => found.invalid(&at.child("key"), other, "not a valid field selector key"),
        }
    }
}

fn pod_term(path: &Path, term: &Value, found: &mut Findings) {
    for key in ["labelSelector", "namespaceSelector"] {
        selectors::selector(&path.child(key), term.get(key), found);
    }
    for name in list(term, "/namespaces").iter().filter_map(Value::as_str) {
        found.invalid_each(&path.child("namespace"), name, names::label(name));
    }
    label_keys(path, term, found);
    let topology = text(term, "/topologyKey");
    if topology.is_empty() {
        found.required(&path.child("topologyKey"), "can not be empty");
    }
    found.invalid_each(&path.child("topologyKey"), topology, names::qualified(topology));
}

/// Keys of labels whose values a pod adds to the selector of a term.
fn label_keys(path: &Path, term: &Value, found: &mut Findings) {
    let selector = term.get("labelSelector").filter(|selector| selector.is_object());
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let (at, keys) = (path.child(field), list(term, &format!("/{field}")));
        if keys.is_empty() {
            continue;
        }
        if selector.is_none() {
            found.forbidden(&at, "must not be specified when labelSelector is not set");
            continue;
        }
        for (index, key) in keys.iter().filter_map(Value::as_str).enumerate() {
            found.invalid_each(&at.index(index), key, names::qualified(key));
        }
    }
    let keys: Vec<&str> = list(term, "/matchLabelKeys").iter().filter_map(Value::as_str).collect();
    let place = |key: &str| keys.iter().rposition(|held| *held == key);
    if let Some(selector) = selector {
        let mut selected: BTreeSet<&str> =
            map(selector, "/matchLabels").into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        for key in list(selector, "/matchExpressions").iter().map(|expression| text(expression, "/key")) {
            if let Some(index) = place(key).filter(|_| selected.contains(key)) {
                found.invalid(&path.index(index), key, "exists in both matchLabelKeys and labelSelector");
            }
            selected.insert(key);
        }
    }
    let other: Vec<&str> = list(term, "/mismatchLabelKeys").iter().filter_map(Value::as_str).collect();
    for (index, key) in keys.iter().enumerate().filter(|(_, key)| other.contains(key)) {
        let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
        found.invalid(&path.child("matchLabelKeys").index(index), *key, detail);
    }
}

/// `spec.topologySpreadConstraints`.
pub(super) fn spread(path: &Path, constraints: &[Value], found: &mut Findings) {
    let pair = |c: &Value| (text(c, "/topologyKey").to_owned(), text(c, "/whenUnsatisfiable").to_owned());
    for (index, constraint) in constraints.iter().enumerate() {
        let at = path.index(index);
        let skew = number(constraint, "/maxSkew");
        if skew <= 0 {
            found.invalid(&at.child("maxSkew"), skew, "must be greater than zero");
        }
        let (key, action) = pair(constraint);
        if key.is_empty() {
            found.required(&at.child("topologyKey"), "can not be empty");
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&&*action) {
            found.unsupported(&at.child("whenUnsatisfiable"), &action, &actions);
        }
        if constraints[index + 1..].iter().any(|other| pair(other) == pair(constraint)) {
            let at = at.child("{topologyKey, whenUnsatisfiable}");
            found.duplicate(&at, format!("{{{key}, {action}}}"));
        }
        if let Some(domains) = constraint.get("minDomains").and_then(Value::as_i64) {
            found.positive(&at.child("minDomains"), Some(&domains.into()));
            if action != "DoNotSchedule" {
                let detail =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                found.invalid(&at.child("minDomains"), domains, &detail);
            }
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if let Some(given) = constraint.get(policy).and_then(Value::as_str)
                && !matches!(given, "Honor" | "Ignore")
            {
                found.unsupported(&at.child(policy), given, &["Honor", "Ignore"]);
            }
        }
        label_keys(&at, constraint, found);
        selectors::selector(&at.child("labelSelector"), constraint.get("labelSelector"), found);
    }
}

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// What a pod puts up with.
pub(super) fn tolerations(path: &Path, tolerations: &[Value], found: &mut Findings) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let at = path.index(index);
        let (key, operator) = (text(toleration, "/key"), text(toleration, "/operator"));
        let (value, effect) = (text(toleration, "/value"), text(toleration, "/effect"));
        if !key.is_empty() {
            found.invalid_each(&at.child("key"), key, names::qualified(key));
        }
        if key.is_empty() && operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            found.invalid(&at.child("operator"), operator, detail);
        }
        if toleration.get("tolerationSeconds").is_some_and(|v| !v.is_null()) && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            found.invalid(&at.child("effect"), effect, detail);
        }
        match operator {
            "Equal" | "" => {
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    found.invalid(&at.child("operator"), value, &wrong.join(";"));
                }
            }
            "Exists" if !value.is_empty() => {
                let detail = "value must be empty when `operator` is 'Exists'";
                found.invalid(&at.child("operator"), value, detail);
            }
            "Exists" => {}
            "Lt" | "Gt" => {
                found.unsupported(&at.child("operator"), operator, &["Equal", "Exists", "Lt", "Gt"]);
            }
            other => found.unsupported(&at.child("operator"), other, &["Equal", "Exists"]),
        }
        found.one_of_if_any(&at.child("effect"), effect, &EFFECTS);
    }
}

/// What a node keeps pods away with.
pub(super) fn taints(path: &Path, taints: &[Value], found: &mut Findings) {
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for (index, taint) in taints.iter().enumerate() {
        let at = path.index(index);
        let (key, value, effect) = (text(taint, "/key"), text(taint, "/value"), text(taint, "/effect"));
        found.invalid_each(&at.child("key"), key, names::qualified(key));
        let wrong = names::label_value(value);
        if !wrong.is_empty() {
            found.invalid(&at.child("value"), value, &wrong.join(";"));
        }
        found.one_of(&at.child("effect"), effect, &EFFECTS);
        if taken.contains(&(key, effect)) {
            let printed = super::internal::print("Taint", taint);
            let detail = "taints must be unique by key and effect pair";
            found.duplicate_printed(&at, &printed, detail);
        }
        taken.push((key, effect));
    }
}
