//! Labels of nodes that are no longer set, where something is placed by them; and what nodes themselves are warned of.

use super::super::findings::Path;
use super::super::names;
use super::{addresses, entries};
use crate::sim::look::{self, map, text};
use serde_json::Value;

fn deprecated(label: &str) -> Option<String> {
    let (since, instead) = match label {
        "beta.kubernetes.io/arch" => ("v1.14", "kubernetes.io/arch"),
        "beta.kubernetes.io/os" => ("v1.14", "kubernetes.io/os"),
        "failure-domain.beta.kubernetes.io/region" => ("v1.17", "topology.kubernetes.io/region"),
        "failure-domain.beta.kubernetes.io/zone" => ("v1.17", "topology.kubernetes.io/zone"),
        "beta.kubernetes.io/instance-type" => ("v1.17", "node.kubernetes.io/instance-type"),
        "app.kubernetes.io/created-by" => return Some("deprecated since v1.9".to_owned()),
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => {
            return Some("deprecated since v1.22; use Taints and Tolerations instead".to_owned());
        }
        "node-role.kubernetes.io/master" => {
            return Some("use \"node-role.kubernetes.io/control-plane\" instead".to_owned());
        }
        _in_use => return None,
    };
    Some(format!("deprecated since {since}; use {instead:?} instead"))
}

/// Where a pod may be placed.
pub(super) fn placed(path: &Path, spec: &Value, found: &mut Vec<String>) {
    for (key, why) in
        map(spec, "/nodeSelector").into_iter().flatten().filter_map(|(key, _)| Some((key, deprecated(key)?)))
    {
        found.push(format!("{}: {why}", path.child("nodeSelector").key(key)));
    }
    let required = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    for (at, term) in entries(path, required, spec) {
        self::term(&at, term, false, found);
    }
    let preferred = "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution";
    for (at, term) in entries(path, preferred, spec) {
        let preference = term.get("preference").unwrap_or(&Value::Null);
        self::term(&at.child("preference"), preference, true, found);
    }
    for (at, constraint) in entries(path, "topologySpreadConstraints", spec) {
        let key = text(constraint, "/topologyKey");
        if let Some(why) = deprecated(key) {
            found.push(format!("{}: {key} is {why}", at.child("topologyKey")));
        }
        if constraint.get("labelSelector").is_none_or(Value::is_null) {
            let at = at.child("labelSelector");
            found.push(format!("{at}: a null labelSelector results in matching no pod"));
        }
    }
}

/// A term of a node selector, whose values need not be those of labels where it is a preference.
pub(super) fn term(path: &Path, term: &Value, with_values: bool, found: &mut Vec<String>) {
    for (at, expression) in entries(path, "matchExpressions", term) {
        let key = text(expression, "/key");
        if let Some(why) = deprecated(key) {
            found.push(format!("{}: {key} is {why}", at.child("key")));
        }
        for (at, value) in entries(&at, "values", expression).filter(|_| with_values) {
            let value = value.as_str().unwrap_or_default();
            for why in names::label_value(value) {
                found.push(format!("{at}: {value} is invalid, {why}"));
            }
        }
    }
}

/// A Node.
pub(super) fn node(object: &Value, found: &mut Vec<String>) {
    if look::at(object, "/spec/configSource").is_some() {
        found.push("spec.configSource: the feature is removed".to_owned());
    }
    if !text(object, "/spec/externalID").is_empty() {
        found.push("spec.externalID: this field is deprecated, and is unused by Kubernetes".to_owned());
    }
    for (at, block) in entries(&Path::root(), "spec.podCIDRs", object) {
        addresses::block(&at, block.as_str().unwrap_or_default(), found);
    }
}

/// A RuntimeClass.
pub(super) fn runtime_class(object: &Value, found: &mut Vec<String>) {
    for (key, _) in map(object, "/scheduling/nodeSelector").into_iter().flatten() {
        found.extend(deprecated(key).map(|why| format!("scheduling.nodeSelector: {why}")));
    }
}

/// A StorageClass.
pub(super) fn storage_class(object: &Value, found: &mut Vec<String>) {
    for (at, topology) in entries(&Path::root(), "allowedTopologies", object) {
        for (at, expression) in entries(&at, "matchLabelExpressions", topology) {
            let why = deprecated(text(expression, "/key"));
            found.extend(why.map(|why| format!("{}: {why}", at.child("key"))));
        }
    }
}

/// A CSIStorageCapacity.
pub(super) fn capacity(object: &Value, found: &mut Vec<String>) {
    let path = Path::new("nodeTopology");
    let topology = object.get("nodeTopology").unwrap_or(&Value::Null);
    term(&path, topology, false, found);
    for (label, _) in map(topology, "/matchLabels").into_iter().flatten() {
        let why = deprecated(label);
        found.extend(why.map(|why| format!("{}: {why}", path.child("matchLabels").child(label))));
    }
}
