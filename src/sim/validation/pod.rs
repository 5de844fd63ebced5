//! What a pod's spec may say beyond its containers, of pods and of templates. What of a pod may change is in
//! `pod_update`.

use super::amounts::{self, Of};
use super::container::{self, Around, Role};
use super::findings::{Findings, Path};
use super::{
    addresses, affinity, environment, meta, names, pod_annotations, pod_resources, security, selectors,
    volume, windows,
};
use crate::sim::look::{self, list, map, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// A pod template at `spec.template` or deeper.
pub(super) fn template(path: &Path, template: Option<&Value>, found: &mut Findings) {
    let template = template.unwrap_or(&Value::Null);
    meta::labels(&path.child("labels"), map(template, "/metadata/labels"), found);
    let notes = path.child("annotations");
    meta::annotations(&notes, map(template, "/metadata/annotations"), found);
    pod_annotations::annotations(&notes, template, found);
    spec(&path.child("spec"), template.get("spec").unwrap_or(&Value::Null), None, found);
    if !list(template, "/spec/ephemeralContainers").is_empty() {
        let at = path.child("spec.ephemeralContainers");
        found.forbidden(&at, "ephemeral containers not allowed in pod template");
    }
}

/// The template of what only knows pods that always restart.
pub(super) fn lasting_template(workload: &str, holder: &Value, found: &mut Findings) {
    let path = Path::new("spec.template");
    template(&path, holder.get("template"), found);
    let policy = text(holder, "/template/spec/restartPolicy");
    if policy != "Always" {
        found.unsupported(&path.child("spec.restartPolicy"), policy, &["Always"]);
    }
    if look::at(holder, "/template/spec/activeDeadlineSeconds").is_some_and(|value| !value.is_null()) {
        let detail = format!("activeDeadlineSeconds in {workload} is not Supported");
        found.forbidden(&path.child("spec.activeDeadlineSeconds"), &detail);
    }
}

/// A pod: what its annotations and its spec say together.
pub(super) fn pod(object: &Value, found: &mut Findings) {
    pod_annotations::annotations(&Path::new("metadata.annotations"), object, found);
    let path = Path::new("spec");
    let spec_of = object.get("spec").unwrap_or(&Value::Null);
    spec(&path, spec_of, Some(text(object, "/metadata/name")), found);
    if text(spec_of, "/serviceAccountName").is_empty() {
        for (index, volume) in list(spec_of, "/volumes").iter().enumerate() {
            for (place, source) in list(volume, "/projected/sources").iter().enumerate() {
                if source["serviceAccountToken"].is_object() {
                    let at = path.child("volumes").index(index).child("projected.sources").index(place);
                    let detail = "must not be specified when serviceAccountName is not set";
                    found.forbidden(&at.child("serviceAccountToken"), detail);
                }
            }
        }
    }
    for key in ["containers", "initContainers"] {
        for (index, container) in list(spec_of, &format!("/{key}")).iter().enumerate() {
            container::padded_image(&path.child(key).index(index), container, found);
        }
    }
}

/// What only a new pod is refused for.
pub(super) fn new_pod(object: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    if !list(object, "/spec/ephemeralContainers").is_empty() {
        found.forbidden(&path.child("ephemeralContainers"), "cannot be set on create");
    }
    if !text(object, "/spec/nodeName").is_empty() && !list(object, "/spec/schedulingGates").is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        found.forbidden(&path.child("nodeName"), detail);
    }
    pod_annotations::beside_fields(object, found);
}

/// The spec of a pod or template; `name` is that of the pod, `None` in templates.
pub(super) fn spec(path: &Path, spec: &Value, name: Option<&str>, found: &mut Findings) {
    let seconds = "terminationGracePeriodSeconds";
    if spec.get(seconds).is_none_or(Value::is_null) {
        found.required(&path.child(seconds), "");
    }
    let volumes = list(spec, "/volumes");
    let at = path.child("volumes");
    let around = Around {
        volumes: volume::volumes(&at, volumes, name.unwrap_or_default(), name.is_some(), found),
        claims: list(spec, "/resourceClaims").iter().map(|claim| text(claim, "/name")).collect(),
        grace: spec.get(seconds).and_then(Value::as_i64),
        os: spec.get("os").map(|os| text(os, "/name")),
        restart_policy: text(spec, "/restartPolicy"),
        host_users: spec.get("hostUsers").and_then(Value::as_bool) != Some(false),
    };
    pod_resources::claims(&path.child("resourceClaims"), list(spec, "/resourceClaims"), found);
    let mut taken = BTreeSet::new();
    let (main, initial) = (list(spec, "/containers"), list(spec, "/initContainers"));
    container::containers(&path.child("containers"), Role::Main, main, &around, &mut taken, found);
    container::containers(&path.child("initContainers"), Role::Initial, initial, &around, &mut taken, found);
    let at = path.child("ephemeralContainers");
    container::ephemeral(&at, list(spec, "/ephemeralContainers"), &around, &mut taken, found);
    pod_resources::resources(&path.child("resources"), spec, &around.claims, found);
    security::host_network(path, spec, name.is_some(), found);
    let policies = ["Always", "OnFailure", "Never"];
    found.one_of(&path.child("restartPolicy"), text(spec, "/restartPolicy"), &policies);
    let dns = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    found.one_of(&path.child("dnsPolicy"), text(spec, "/dnsPolicy"), &dns);
    meta::labels(&path.child("nodeSelector"), map(spec, "/nodeSelector"), found);
    security::of_pod(&path.child("securityContext"), spec, found);
    if let Some(given) = spec.get("affinity") {
        affinity::affinity(&path.child("affinity"), given, found);
    }
    name_servers(&path.child("dnsConfig"), spec, found);
    gates(path, spec, found);
    let spread = list(spec, "/topologySpreadConstraints");
    affinity::spread(&path.child("topologySpreadConstraints"), spread, found);
    windows::host_processes(path, spec, found);
    security::host_users(path, spec, found);
    names_in(path, spec, found);
    security::os(path, spec, found);
    for (key, containers) in [("initContainers", initial), ("containers", main)] {
        for (index, container) in containers.iter().enumerate() {
            environment::file_volumes(&path.child(key).index(index), container, volumes, found);
        }
    }
}

/// A check of `names`.
type NameCheck = fn(&str) -> Vec<String>;

fn names_in(path: &Path, spec: &Value, found: &mut Findings) {
    host_name(&path.child("hostnameOverride"), spec, found);
    let check = |key: &str, check: NameCheck, found: &mut Findings| {
        let given = text(spec, &format!("/{key}"));
        if !given.is_empty() {
            found.invalid_each(&path.child(key), given, check(given));
        }
    };
    check("serviceAccountName", names::subdomain, found);
    check("nodeName", names::subdomain, found);
    if let Some(deadline) = spec.get("activeDeadlineSeconds").and_then(Value::as_i64)
        && !(1..=i64::from(i32::MAX)).contains(&deadline)
    {
        let detail = "must be between 1 and 2147483647, inclusive";
        found.invalid(&path.child("activeDeadlineSeconds"), deadline, detail);
    }
    check("hostname", names::label, found);
    check("subdomain", names::label, found);
    affinity::tolerations(&path.child("tolerations"), list(spec, "/tolerations"), found);
    for (index, alias) in list(spec, "/hostAliases").iter().enumerate() {
        let at = path.child("hostAliases").index(index);
        addresses::address(&at.child("ip"), text(alias, "/ip"), found);
        for (index, name) in list(alias, "/hostnames").iter().filter_map(Value::as_str).enumerate() {
            found.invalid_each(&at.child("hostnames").index(index), name, names::subdomain(name));
        }
    }
    check("priorityClassName", names::subdomain, found);
    if let Some(class) = spec.get("runtimeClassName").and_then(Value::as_str) {
        found.invalid_each(&path.child("runtimeClassName"), class, names::subdomain(class));
    }
    if let Some(policy) = spec.get("preemptionPolicy").and_then(Value::as_str) {
        let policies = ["PreemptLowerPriority", "Never"];
        found.one_of(&path.child("preemptionPolicy"), policy, &policies);
    }
    if let Some(overhead) = spec.get("overhead").filter(|overhead| overhead.is_object()) {
        let limits = serde_json::json!({"limits": overhead});
        amounts::requirements(&path.child("overhead"), Of::Container, &limits, &[], found);
    }
}

fn host_name(path: &Path, spec: &Value, found: &mut Findings) {
    let Some(name) = spec.get("hostnameOverride").and_then(Value::as_str) else { return };
    for (key, shown) in [("setHostnameAsFQDN", "setHostnameAsFQDN"), ("hostNetwork", "hostNetwork")] {
        if crate::sim::look::is_true(spec, &format!("/{key}")) {
            found.forbidden(path, &format!("may not be specified when {shown} is true"));
        }
    }
    if name.len() > 64 {
        found.too_long(path, 64);
    }
    found.invalid_each(path, name, names::subdomain(name));
}

fn gates(path: &Path, spec: &Value, found: &mut Findings) {
    for (index, gate) in list(spec, "/readinessGates").iter().enumerate() {
        let name = text(gate, "/conditionType");
        let at = path.child("readinessGates").index(index).child("conditionType");
        found.invalid_each(&at, name, names::qualified(name));
    }
    let mut taken = BTreeSet::new();
    for (index, gate) in list(spec, "/schedulingGates").iter().enumerate() {
        let (at, name) = (path.child("schedulingGates").index(index), text(gate, "/name"));
        found.invalid_each(&at, name, names::qualified(name));
        if !taken.insert(name) {
            found.duplicate(&at, name);
        }
    }
}

fn name_servers(path: &Path, spec: &Value, found: &mut Findings) {
    let config = spec.get("dnsConfig").filter(|config| config.is_object());
    if text(spec, "/dnsPolicy") == "None" {
        let Some(config) = config else {
            return found.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        };
        if list(config, "/nameservers").is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return found.required(&path.child("nameservers"), detail);
        }
    }
    let Some(config) = config else { return };
    let (at, servers) = (path.child("nameservers"), list(config, "/nameservers"));
    if servers.len() > 3 {
        found.invalid(&at, servers.to_vec(), "must not have more than 3 nameservers");
    }
    for (index, server) in servers.iter().filter_map(Value::as_str).enumerate() {
        addresses::address(&at.index(index), server, found);
    }
    let (at, searches) = (path.child("searches"), list(config, "/searches"));
    if searches.len() > 32 {
        found.invalid(&at, searches.to_vec(), "must not have more than 32 search paths");
    }
    let length: usize = searches.iter().filter_map(Value::as_str).map(|search| search.len() + 1).sum();
    if length > 2049 {
        let detail = "must not have more than 2048 characters (including spaces) in the search list";
        found.invalid(&at, searches.to_vec(), detail);
    }
    for (index, search) in searches.iter().filter_map(Value::as_str).enumerate() {
        if search != "." {
            let search = search.strip_suffix('.').unwrap_or(search);
            found.invalid_each(&at.index(index), search, names::underscored_subdomain(search));
        }
    }
    for (index, option) in list(config, "/options").iter().enumerate() {
        if text(option, "/name").is_empty() {
            found.required(&path.child("options").index(index), "must not be empty");
        }
    }
}

/// A label selector of a template's holder, for kinds that keep one as a plain map.
pub(super) fn plain_selector(spec: &Value, found: &mut Findings) {
    let selector = map(spec, "/selector").filter(|selector| !selector.is_empty());
    match selector {
        None => found.required(&Path::new("spec.selector"), ""),
        Some(_) => selectors::plain_labels(spec, found),
    }
}
