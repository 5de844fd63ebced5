//! What a container may say: name, image, ports, when it is started again. Environment, mounts, probes, amounts and
//! security have files of their own.

use super::amounts::{self, Of};
use super::findings::{Findings, Path};
use super::{environment, mounts, names, probes, security};
use crate::sim::look::{list, number, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The two lists of containers of a pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `containers`.
    Main,
    /// `initContainers`.
    Initial,
}

/// What of a pod its containers are checked against.
pub(super) struct Around<'a> {
    /// The volumes that can be mounted.
    pub(super) volumes: BTreeMap<&'a str, &'a Value>,
    /// The names of its resource claims.
    pub(super) claims: Vec<&'a str>,
    /// How long it may take to stop, in seconds.
    pub(super) grace: Option<i64>,
    /// The name of its operating system.
    pub(super) os: Option<&'a str>,
    /// When its containers are started again.
    pub(super) restart_policy: &'a str,
    /// Whether it shares the users of the host.
    pub(super) host_users: bool,
}

/// All containers of one list; `taken` collects the names of both lists.
pub(super) fn containers<'a>(
    path: &Path,
    role: Role,
    containers: &'a [Value],
    around: &Around<'_>,
    taken: &mut BTreeSet<&'a str>,
    found: &mut Findings,
) {
    if containers.is_empty() && role == Role::Main {
        return found.required(path, "");
    }
    for (index, container) in containers.iter().enumerate() {
        let at = path.index(index);
        one(&at, container, around, found);
        let name = text(container, "/name");
        match role {
            Role::Main => {
                if !taken.insert(name) {
                    found.duplicate(&at.child("name"), name);
                }
                hooks(&at, container, around, found);
                restart_rules(&at, container, found);
            }
            Role::Initial => {
                if container.get("restartPolicy").is_some() {
                    restart_rules(&at, container, found);
                } else if !list(container, "/restartPolicyRules").is_empty() {
                    found.required(&at.child("restartPolicy"), NO_POLICY);
                }
                if !taken.insert(name) {
                    found.duplicate(&at.child("name"), name);
                }
                host_ports(path, std::slice::from_ref(container), found);
                initial(&at, container, around, found);
            }
        }
    }
    if role == Role::Main {
        host_ports(path, containers, found);
    }
}

/// What debugs a pod and is no part of it: these fields are for containers that are.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// The ephemeral containers of a pod or template; `taken` holds the names of its other containers.
pub(super) fn ephemeral<'a>(
    path: &Path,
    containers: &'a [Value],
    around: &Around<'_>,
    taken: &mut BTreeSet<&'a str>,
    found: &mut Findings,
) {
    let lasting = taken.clone();
    for (index, container) in containers.iter().enumerate() {
        let at = path.index(index);
        one(&at, container, around, found);
        padded_image(&at, container, found);
        let name = text(container, "/name");
        if !taken.insert(name) {
            found.duplicate(&at.child("name"), name);
        }
        let target = text(container, "/targetContainerName");
        if !target.is_empty() && !lasting.contains(target) {
            found.not_found(&at.child("targetContainerName"), target, "");
        }
        let detail = "cannot be set for an Ephemeral Container";
        for field in NOT_EPHEMERAL {
            let given = match container.get(field) {
                None | Some(Value::Null) => false,
                Some(Value::Array(list)) => !list.is_empty(),
                Some(Value::Object(map)) => field != "resources" || !map.is_empty(),
                Some(Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
            };
            if given {
                found.forbidden(&at.child(field), detail);
            }
        }
        for (place, mount) in list(container, "/volumeMounts").iter().enumerate() {
            for field in ["subPath", "subPathExpr"] {
                if !text(mount, &format!("/{field}")).is_empty() {
                    found.forbidden(&at.child("volumeMounts").index(place).child(field), detail);
                }
            }
        }
    }
}

/// A pod, other than a template, has images without spaces around them.
pub(super) fn padded_image(path: &Path, container: &Value, found: &mut Findings) {
    let image = text(container, "/image");
    if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        found.invalid(&path.child("image"), image, detail);
    }
}

fn hooks(path: &Path, container: &Value, around: &Around<'_>, found: &mut Findings) {
    if let Some(lifecycle) = container.get("lifecycle").filter(|lifecycle| lifecycle.is_object()) {
        probes::lifecycle(&path.child("lifecycle"), lifecycle, around.grace, around.os, found);
    }
    probes::probes(path, container, around.grace, found);
}

fn initial(path: &Path, container: &Value, around: &Around<'_>, found: &mut Findings) {
    if text(container, "/restartPolicy") == "Always" {
        return hooks(path, container, around, found);
    }
    for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        if container.get(key).is_some_and(Value::is_object) {
            let detail = "may not be set for init containers without restartPolicy=Always";
            found.forbidden(&path.child(key), detail);
        }
    }
    for (index, policy) in list(container, "/resizePolicy").iter().enumerate() {
        if text(policy, "/restartPolicy") == "RestartContainer" {
            let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
            let at = path.child("resizePolicy").index(index).child("restartPolicy");
            found.invalid(&at, "RestartContainer", detail);
        }
    }
}

const NO_POLICY: &str = "must specify restartPolicy when restart rules are used";

fn restart_rules(path: &Path, container: &Value, found: &mut Findings) {
    let rules = list(container, "/restartPolicyRules");
    let at = path.child("restartPolicy");
    match container.get("restartPolicy").and_then(Value::as_str) {
        None if rules.is_empty() => return,
        None => found.required(&at, NO_POLICY),
        Some("Always" | "Never" | "OnFailure") => {}
        Some(other) => found.unsupported(&at, other, &["Always", "Never", "OnFailure"]),
    }
    let at = path.child("restartPolicyRules");
    if rules.len() > 20 {
        found.too_many(&at, rules.len(), 20);
    }
    for (index, rule) in rules.iter().enumerate() {
        let at = at.index(index);
        let (actions, action) = (["Restart", "RestartAllContainers"], text(rule, "/action"));
        if !actions.contains(&action) {
            found.unsupported(&at.child("action"), action, &actions);
        }
        let codes = at.child("exitCodes");
        let Some(given) = rule.get("exitCodes").filter(|codes| codes.is_object()) else {
            found.required(&codes, "must be specified");
            continue;
        };
        let operator = text(given, "/operator");
        if !matches!(operator, "In" | "NotIn") {
            found.unsupported(&codes.child("operator"), operator, &["In", "NotIn"]);
        }
        if list(given, "/values").len() > 255 {
            found.too_many(&codes.child("values"), list(given, "/values").len(), 255);
        }
    }
}

fn one(path: &Path, container: &Value, around: &Around<'_>, found: &mut Findings) {
    match text(container, "/name") {
        "" => found.required(&path.child("name"), ""),
        name => found.invalid_each(&path.child("name"), name, names::label(name)),
    }
    found.needs(path, container, &["image"]);
    let termination = ["File", "FallbackToLogsOnError"];
    let policy = path.child("terminationMessagePolicy");
    found.one_of(&policy, text(container, "/terminationMessagePolicy"), &termination);
    ports(&path.child("ports"), list(container, "/ports"), found);
    environment::variables(&path.child("env"), list(container, "/env"), found);
    environment::sources(&path.child("envFrom"), list(container, "/envFrom"), found);
    mounts::mounts(&path.child("volumeMounts"), container, &around.volumes, found);
    mounts::devices(&path.child("volumeDevices"), container, &around.volumes, found);
    let pull = ["Always", "IfNotPresent", "Never"];
    found.one_of(&path.child("imagePullPolicy"), text(container, "/imagePullPolicy"), &pull);
    let resources = container.get("resources").unwrap_or(&Value::Null);
    amounts::requirements(&path.child("resources"), Of::Container, resources, &around.claims, found);
    resizing(&path.child("resizePolicy"), container, around.restart_policy, found);
    let context = container.get("securityContext");
    security::of_container(&path.child("securityContext"), context, around.host_users, found);
}

fn resizing(path: &Path, container: &Value, restart_policy: &str, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, policy) in list(container, "/resizePolicy").iter().enumerate() {
        let (resource, restart) = (text(policy, "/resourceName"), text(policy, "/restartPolicy"));
        if taken.contains(&resource) {
            found.duplicate(&path.index(index), resource);
        }
        taken.push(resource);
        found.one_of(path, resource, &["cpu", "memory"]);
        found.one_of(path, restart, &["NotRequired", "RestartContainer"]);
        if restart_policy == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            found.invalid(path, restart, detail);
        }
    }
}

fn ports(path: &Path, ports: &[Value], found: &mut Findings) {
    let mut taken = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let at = path.index(index);
        let name = text(port, "/name");
        if !name.is_empty() {
            let wrong = names::port_name(name);
            if wrong.is_empty() && !taken.insert(name) {
                found.duplicate(&at.child("name"), name);
            }
            found.invalid_each(&at.child("name"), name, wrong);
        }
        match number(port, "/containerPort") {
            0 => found.required(&at.child("containerPort"), ""),
            port => port_number(&at.child("containerPort"), port, found),
        }
        if let host @ (..=-1 | 1..) = number(port, "/hostPort") {
            port_number(&at.child("hostPort"), host, found);
        }
        found.one_of(&at.child("protocol"), text(port, "/protocol"), &["SCTP", "TCP", "UDP"]);
    }
}

/// A port number.
pub(super) fn port_number(path: &Path, port: i64, found: &mut Findings) {
    names::port_number(port).iter().for_each(|detail| found.invalid(path, port, detail));
}

/// A port by its number or by its name.
pub(super) fn port_or_name(path: &Path, port: Option<&Value>, found: &mut Findings) {
    match port {
        Some(Value::String(name)) => found.invalid_each(path, name, names::port_name(name)),
        Some(port) => port_number(path, port.as_i64().unwrap_or(0), found),
        None => port_number(path, 0, found),
    }
}

fn host_ports(path: &Path, containers: &[Value], found: &mut Findings) {
    let mut taken = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        for (place, port) in list(container, "/ports").iter().enumerate() {
            let (host, protocol) = (number(port, "/hostPort"), text(port, "/protocol"));
            if host == 0 {
                continue;
            }
            let key = format!("{protocol}/{}/{host}", text(port, "/hostIP"));
            if !taken.insert(key.clone()) {
                found.duplicate(&path.index(index).child("ports").index(place).child("hostPort"), key);
            }
        }
    }
}
