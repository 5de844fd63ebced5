//! What a container may say: name, image, ports, environment, mounts, probes, resources.

use super::findings::{Findings, Path};
use super::{names, quantity};
use crate::sim::look::{is_true, list, map, number, plain, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// The three lists of containers of a pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `containers`.
    Main,
    /// `initContainers`.
    Initial,
}

/// All containers of one list; `names` collects the names of both lists, `volumes` are those of the pod.
pub(super) fn containers<'a>(
    path: &Path,
    role: Role,
    containers: &'a [Value],
    volumes: &BTreeSet<&str>,
    taken: &mut BTreeSet<&'a str>,
    found: &mut Findings,
) {
    if containers.is_empty() && role == Role::Main {
        return found.required(path, "");
    }
    for (index, container) in containers.iter().enumerate() {
        let at = path.index(index);
        one(&at, container, volumes, found);
        let name = text(container, "/name");
        if !taken.insert(name) {
            found.duplicate(&at.child("name"), name);
        }
        let sidecar = text(container, "/restartPolicy") == "Always";
        if role == Role::Main || sidecar {
            lifecycle(&at.child("lifecycle"), container.get("lifecycle"), found);
            for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
                probe(&at.child(key), key, container.get(key), found);
            }
        } else {
            for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if container.get(key).is_some_and(Value::is_object) {
                    let detail = "may not be set for init containers without restartPolicy=Always";
                    found.forbidden(&at.child(key), detail);
                }
            }
        }
    }
    host_ports(path, containers, found);
}

fn one(path: &Path, container: &Value, volumes: &BTreeSet<&str>, found: &mut Findings) {
    match text(container, "/name") {
        "" => found.required(&path.child("name"), ""),
        name => found.invalid_each(&path.child("name"), name, names::label(name)),
    }
    match text(container, "/image") {
        "" => found.required(&path.child("image"), ""),
        image if image.trim() != image => {
            found.invalid(&path.child("image"), image, "must not have leading or trailing whitespace");
        }
        _fine => {}
    }
    let termination = ["File", "FallbackToLogsOnError"];
    let policy = path.child("terminationMessagePolicy");
    found.one_of(&policy, text(container, "/terminationMessagePolicy"), &termination);
    ports(&path.child("ports"), list(container, "/ports"), found);
    environment(&path.child("env"), list(container, "/env"), found);
    environment_sources(&path.child("envFrom"), list(container, "/envFrom"), found);
    mounts(&path.child("volumeMounts"), list(container, "/volumeMounts"), volumes, found);
    let pull = ["Always", "IfNotPresent", "Never"];
    found.one_of(&path.child("imagePullPolicy"), text(container, "/imagePullPolicy"), &pull);
    resources(&path.child("resources"), container, found);
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

/// The fields that the environment may take from a pod.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn environment(path: &Path, variables: &[Value], found: &mut Findings) {
    for (index, variable) in variables.iter().enumerate() {
        let at = path.index(index);
        match text(variable, "/name") {
            "" => found.required(&at.child("name"), ""),
            name => found.invalid_each(&at.child("name"), name, names::env_name(name)),
        }
        if let Some(source) = variable.get("valueFrom").filter(|source| source.is_object()) {
            value_from(&at.child("valueFrom"), source, !text(variable, "/value").is_empty(), found);
        }
    }
}

fn value_from(path: &Path, source: &Value, has_value: bool, found: &mut Findings) {
    let kinds = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
    let mut given = 0;
    for kind in kinds {
        let Some(reference) = source.get(kind).filter(|reference| reference.is_object()) else { continue };
        given += 1;
        let at = path.child(kind);
        match kind {
            "fieldRef" => field_reference(&at, reference, found),
            "resourceFieldRef" => {
                if text(reference, "/resource").is_empty() {
                    found.required(&at.child("resource"), "");
                }
            }
            _key_of_object => key_reference(&at, reference, found),
        }
    }
    match given {
        0 => {
            let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
            found.invalid(path, "", detail);
        }
        _some if has_value => found.invalid(path, "", "may not be specified when `value` is not empty"),
        1 => {}
        _many => found.invalid(path, "", "may not have more than one field specified at a time"),
    }
}

fn field_reference(path: &Path, reference: &Value, found: &mut Findings) {
    if text(reference, "/apiVersion").is_empty() {
        found.required(&path.child("apiVersion"), "");
    }
    match text(reference, "/fieldPath") {
        "" => found.required(&path.child("fieldPath"), ""),
        field if ENV_FIELDS.contains(&field) => {}
        field if field.starts_with("metadata.labels['") || field.starts_with("metadata.annotations['") => {}
        field => found.unsupported(&path.child("fieldPath"), field, &ENV_FIELDS),
    }
}

fn key_reference(path: &Path, reference: &Value, found: &mut Findings) {
    if text(reference, "/name").is_empty() && reference.get("volumeName").is_none() {
        found.required(&path.child("name"), "");
    }
    match text(reference, "/key") {
        "" => found.required(&path.child("key"), ""),
        key => found.invalid_each(&path.child("key"), key, names::config_key(key)),
    }
}

fn environment_sources(path: &Path, sources: &[Value], found: &mut Findings) {
    for (index, source) in sources.iter().enumerate() {
        let at = path.index(index);
        let mut given = 0;
        for kind in ["configMapRef", "secretRef"] {
            if let Some(reference) = source.get(kind).filter(|reference| reference.is_object()) {
                given += 1;
                if text(reference, "/name").is_empty() {
                    found.required(&at.child(kind).child("name"), "");
                }
            }
        }
        match given {
            0 => found.invalid(&at, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _both => found.invalid(&at, "", "may not have more than one field specified at a time"),
        }
    }
}

fn mounts(path: &Path, mounts: &[Value], volumes: &BTreeSet<&str>, found: &mut Findings) {
    let mut taken = BTreeSet::new();
    for (index, mount) in mounts.iter().enumerate() {
        let at = path.index(index);
        match text(mount, "/name") {
            "" => found.required(&at.child("name"), ""),
            name if !volumes.contains(name) => found.not_found(&at.child("name"), name),
            _there => {}
        }
        let place = text(mount, "/mountPath");
        if place.is_empty() {
            found.required(&at.child("mountPath"), "");
        }
        if !taken.insert(place) {
            found.invalid(&at.child("mountPath"), place, "must be unique");
        }
        let (part, expression) = (text(mount, "/subPath"), text(mount, "/subPathExpr"));
        for (key, part) in [("subPath", part), ("subPathExpr", expression)] {
            local_path(&at.child(key), part, found);
        }
        if !part.is_empty() && !expression.is_empty() {
            found.invalid(
                &at.child("subPathExpr"),
                expression,
                "subPathExpr and subPath are mutually exclusive",
            );
        }
        if is_true(mount, "/recursiveReadOnly") && !is_true(mount, "/readOnly") {
            found.forbidden(&at.child("recursiveReadOnly"), "may only be specified when readOnly is true");
        }
    }
}

/// A path below a volume: relative, and never upwards.
pub(super) fn local_path(path: &Path, given: &str, found: &mut Findings) {
    if given.starts_with('/') {
        found.invalid(path, given, "must be a relative path");
    }
    if given.split('/').any(|part| part == "..") {
        found.invalid(path, given, "must not contain '..'");
    }
}

fn resources(path: &Path, container: &Value, found: &mut Findings) {
    let limits = map(container, "/resources/limits");
    let amount = |value: &Value| quantity::nanos(&plain(value));
    for (list, held) in [("limits", limits), ("requests", map(container, "/resources/requests"))] {
        for (name, value) in held.into_iter().flatten() {
            let at = path.child(list).key(name);
            let standard =
                matches!(&**name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
            if !standard && !name.contains('/') {
                found.invalid(&at, name.as_str(), "must be a standard resource type or fully qualified");
                found.invalid(&at, name.as_str(), "must be a standard resource for containers");
            }
            if amount(value).is_some_and(|amount| amount < 0) {
                found.invalid(&at, plain(value), "must be greater than or equal to 0");
            }
            let limit = limits.and_then(|limits| limits.get(name)).filter(|_| list == "requests");
            if let Some(limit) = limit.filter(|limit| amount(value) > amount(limit)) {
                let detail = format!("must be less than or equal to {name} limit of {}", plain(limit));
                found.invalid(&path.child("requests"), plain(value), &detail);
            }
        }
    }
}

fn lifecycle(path: &Path, lifecycle: Option<&Value>, found: &mut Findings) {
    for hook in ["postStart", "preStop"] {
        if let Some(given) =
            lifecycle.and_then(|lifecycle| lifecycle.get(hook)).filter(|hook| hook.is_object())
        {
            handler(&path.child(hook), given, &["exec", "httpGet", "tcpSocket", "sleep"], found);
        }
    }
}

fn probe(path: &Path, which: &str, probe: Option<&Value>, found: &mut Findings) {
    let Some(probe) = probe.filter(|probe| probe.is_object()) else { return };
    handler(path, probe, &["exec", "httpGet", "tcpSocket", "grpc"], found);
    for key in
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
    {
        found.nonnegative(&path.child(key), probe.get(key));
    }
    let success = number(probe, "/successThreshold");
    if which != "readinessProbe" && success != 1 {
        found.invalid(&path.child("successThreshold"), success, "must be 1");
    }
}

fn handler(path: &Path, holder: &Value, kinds: &[&str], found: &mut Findings) {
    let mut given = 0;
    for kind in kinds {
        let Some(handler) = holder.get(*kind).filter(|handler| handler.is_object()) else { continue };
        let at = path.child(kind);
        given += 1;
        if given > 1 {
            found.forbidden(&at, "may not specify more than 1 handler type");
            continue;
        }
        match *kind {
            "exec" if list(handler, "/command").is_empty() => found.required(&at.child("command"), ""),
            "httpGet" => {
                if text(handler, "/path").is_empty() {
                    found.required(&at.child("path"), "");
                }
                port_or_name(&at.child("port"), handler.get("port"), found);
                found.one_of(&at.child("scheme"), text(handler, "/scheme"), &["HTTP", "HTTPS"]);
            }
            "tcpSocket" => port_or_name(&at.child("port"), handler.get("port"), found),
            "grpc" => port_number(&at.child("port"), number(handler, "/port"), found),
            _exec_or_sleep => {}
        }
    }
    if given == 0 {
        found.required(path, "must specify a handler type");
    }
}
