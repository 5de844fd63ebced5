//! Where the environment of a container comes from: variables, what they refer to, and whole maps of them.

use super::findings::{Findings, Path};
use super::{names, volume};
use crate::sim::look::{self, list, map, plain, text};
use serde_json::Value;

/// The fields that the environment may take from a pod.
const FIELDS: [&str; 9] = [
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

/// The fields of a pod that have a name for references at all.
const NAMED: [&str; 14] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// The variables of a container.
pub(super) fn variables(path: &Path, variables: &[Value], found: &mut Findings) {
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
    let mut given = 0;
    for kind in ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] {
        let Some(reference) = source.get(kind).filter(|reference| reference.is_object()) else { continue };
        let at = path.child(kind);
        given += 1;
        match kind {
            "fieldRef" => field(&at, reference, &FIELDS, found),
            "resourceFieldRef" => resource(&at, reference, false, found),
            "fileKeyRef" => file(&at, reference, found),
            _config_map_or_secret => {
                let (name, key) = (text(reference, "/name"), text(reference, "/key"));
                found.invalid_each(&at.child("name"), name, names::subdomain(name));
                match key {
                    "" => found.required(&at.child("key"), ""),
                    key => found.invalid_each(&at.child("key"), key, names::config_key(key)),
                }
            }
        }
    }
    let detail = match given {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _any if has_value => "may not be specified when `value` is not empty",
        1 => return,
        _more => "may not have more than one field specified at a time",
    };
    found.invalid(path, "", detail);
}

fn file(path: &Path, reference: &Value, found: &mut Findings) {
    match text(reference, "/key") {
        "" => found.required(&path.child("key"), ""),
        key => found.invalid_each(&path.child("key"), key, names::env_name(key)),
    }
    match text(reference, "/volumeName") {
        "" => found.required(&path.child("volumeName"), ""),
        name => found.invalid_each(&path.child("volumeName"), name, names::label(name)),
    }
    match text(reference, "/path") {
        "" => found.required(&path.child("path"), ""),
        given => volume::no_backsteps(&path.child("path"), given, found),
    }
}

/// A reference to a field of the pod, of which `supported` can be had here.
pub(super) fn field(path: &Path, reference: &Value, supported: &[&str], found: &mut Findings) {
    for key in ["apiVersion", "fieldPath"] {
        if text(reference, &format!("/{key}")).is_empty() {
            return found.required(&path.child(key), "");
        }
    }
    let (version, field) = (text(reference, "/apiVersion"), text(reference, "/fieldPath"));
    let at = path.child("fieldPath");
    let unknown = |why: String| format!("error converting fieldPath: {why}");
    if version != "v1" {
        return found.invalid(&at, field, &unknown(format!("unsupported pod version: {version}")));
    }
    if let Some((map, key)) = field.strip_suffix("']").and_then(|field| field.split_once("['")) {
        return match map {
            "metadata.labels" => found.invalid_each(path, key, names::qualified(key)),
            "metadata.annotations" => {
                let key = key.to_lowercase();
                found.invalid_each(path, &key, names::qualified(&key));
            }
            _other => {
                let why = format!("field label does not support subscript: {field}");
                found.invalid(&at, field, &unknown(why));
            }
        };
    }
    let internal = if field == "spec.host" { "spec.nodeName" } else { field };
    if !NAMED.contains(&internal) {
        found.invalid(&at, field, &unknown(format!("field label not supported: {field}")));
    } else if !supported.contains(&internal) {
        found.unsupported(&at, internal, supported);
    }
}

/// A reference to a resource of a container; in a volume it must name the container.
pub(super) fn resource(path: &Path, reference: &Value, in_volume: bool, found: &mut Findings) {
    let name = text(reference, "/resource");
    let huge = name.starts_with("requests.hugepages-") || name.starts_with("limits.hugepages-");
    if in_volume && text(reference, "/containerName").is_empty() {
        found.required(&path.child("containerName"), "");
    } else if name.is_empty() {
        found.required(&path.child("resource"), "");
    } else if !RESOURCES.contains(&name) && !huge {
        found.unsupported(&path.child("resource"), name, &RESOURCES);
    }
    let divisor = reference.get("divisor").map(plain).unwrap_or_default();
    let kind = match name.split_once('.').map_or("", |(_, kind)| kind) {
        _none if divisor.is_empty() || divisor == "0" => return,
        "cpu" if matches!(&*divisor, "1m" | "1") => return,
        "cpu" => {
            let detail = "only divisor's values 1m and 1 are supported with the cpu resource";
            return found.invalid(&path.child("divisor"), name, detail);
        }
        "memory" => "memory",
        "ephemeral-storage" => "local ephemeral storage",
        _pages if huge => "hugepages",
        _unknown => return,
    };
    let all = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    if !all.contains(&&*divisor) {
        let detail =
            format!("only divisor's values {} are supported with the {kind} resource", all.join(", "));
        found.invalid(&path.child("divisor"), name, &detail);
    }
}

/// The maps that a container takes its environment from.
pub(super) fn sources(path: &Path, sources: &[Value], found: &mut Findings) {
    for (index, source) in sources.iter().enumerate() {
        let at = path.index(index);
        match text(source, "/prefix") {
            "" => {}
            prefix => found.invalid_each(&at.child("prefix"), prefix, names::env_name(prefix)),
        }
        let mut given = 0;
        for kind in ["configMapRef", "secretRef"] {
            let Some(reference) = map(source, &format!("/{kind}")) else { continue };
            given += 1;
            let name = reference.get("name").and_then(Value::as_str).unwrap_or_default();
            let at = at.child(kind).child("name");
            match name {
                "" => found.required(&at, ""),
                name => {
                    let start = name.strip_suffix('-').map(|start| format!("{start}a"));
                    found.invalid_each(&at, name, names::subdomain(start.as_deref().unwrap_or(name)));
                }
            }
        }
        match given {
            0 => found.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _both => found.invalid(path, "", "may not have more than one field specified at a time"),
        }
    }
}

/// Volumes that variables are read from hold files of the pod itself.
pub(super) fn file_volumes(path: &Path, container: &Value, volumes: &[Value], found: &mut Findings) {
    for (index, variable) in list(container, "/env").iter().enumerate() {
        let Some(reference) = look::at(variable, "/valueFrom/fileKeyRef").filter(|r| r.is_object()) else {
            continue;
        };
        let name = text(reference, "/volumeName");
        let at = path.child("env").index(index).child("valueFrom.fileKeyRef.volumeName");
        match volumes.iter().rev().find(|volume| text(volume, "/name") == name) {
            None => found.not_found(&at, name, ""),
            Some(volume) if !volume["emptyDir"].is_object() => {
                found.invalid(&at, name, "referenced volume must be of type emptyDir");
            }
            Some(_empty) => {}
        }
    }
}
