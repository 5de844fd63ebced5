//! What pods and templates of pods are warned of, in the order of kube-apiserver.

use super::super::findings::Path;
use super::{addresses, claims, entries, nodes, paths, ports};
use crate::sim::amount;
use crate::sim::look::{self, map, plain, text};
use serde_json::Value;

/// A pod that stands for itself.
pub(super) fn pod(pod: &Value, found: &mut Vec<String>) {
    all(&Path::root(), pod, false, found);
}

/// A template of pods.
pub(super) fn template(path: &Path, template: &Value, found: &mut Vec<String>) {
    all(path, template, true, found);
}

const OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

fn all(path: &Path, pod: &Value, is_template: bool, found: &mut Vec<String>) {
    let (at, spec) = (path.child("spec"), pod.get("spec").unwrap_or(&Value::Null));
    nodes::placed(&at, spec, found);
    let annotations = path.child("metadata.annotations");
    let has = |key: &str| map(pod, "/metadata/annotations").is_some_and(|all| all.contains_key(key));
    for (key, why) in OLD_ANNOTATIONS.iter().filter(|(key, _)| has(key)) {
        found.push(format!("{}: {why}", annotations.key(key)));
    }
    for (volume_at, volume) in entries(&at, "volumes", spec) {
        self::volume(&volume_at, volume, found);
    }
    paths::overlapping(spec, found);
    twice(&at, spec, "hostAliases", "ip", found);
    twice(&at, spec, "imagePullSecrets", "name", found);
    for (secret_at, secret) in entries(&at, "imagePullSecrets", spec) {
        if text(secret, "/name").is_empty() {
            found.push(format!("{}: invalid empty name \"\"", secret_at.child("name")));
        }
    }
    for resource in ["memory", "ephemeral-storage"] {
        fraction(&at.child("overhead"), spec.get("overhead"), resource, found);
    }
    let key = "seccomp.security.alpha.kubernetes.io/pod";
    if has(key) && look::at(spec, "/securityContext/seccompProfile").is_none() {
        found.push(format!("{}: {SECCOMP}", annotations.key(key)));
    }
    for (container_at, container) in containers(&at, spec) {
        let name = text(container, "/name");
        let key = format!("container.seccomp.security.alpha.kubernetes.io/{name}");
        if has(&key) && look::at(container, "/securityContext/seccompProfile").is_none() {
            found.push(format!("{}: {SECCOMP}", annotations.key(&key)));
        }
        let key = format!("container.apparmor.security.beta.kubernetes.io/{name}");
        let profiled = look::at(container, "/securityContext/appArmorProfile").is_some();
        if is_template
            && has(&key)
            && !profiled
            && !is_profile_of(spec, &pod["metadata"]["annotations"][&key])
        {
            let why = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
            found.push(format!("{}: {why}", annotations.key(&key)));
        }
        self::container(&container_at, container, found);
    }
    ports::ports(&at, spec, found);
    let grace = spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if grace.is_some_and(|grace| grace < 0) {
        let at = at.child("terminationGracePeriodSeconds");
        found.push(format!("{at}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    affine(&at, spec, found);
    for (at, server) in entries(&at, "dnsConfig.nameservers", spec) {
        addresses::address(&at, server.as_str().unwrap_or_default(), found);
    }
    for (at, alias) in entries(&at, "hostAliases", spec) {
        addresses::address(&at.child("ip"), text(alias, "/ip"), found);
    }
}

const SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";

/// Init containers, containers and ephemeral ones.
pub(super) fn containers<'a>(spec_at: &Path, spec: &'a Value) -> Vec<(Path, &'a Value)> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.iter().flat_map(|list| entries(spec_at, list, spec)).collect()
}

/// Whether the profile that an annotation names is the one of the pod.
fn is_profile_of(spec: &Value, annotation: &Value) -> bool {
    let Some(profile) = look::at(spec, "/securityContext/appArmorProfile") else { return false };
    let named = (text(profile, "/type"), text(profile, "/localhostProfile"));
    match annotation.as_str().unwrap_or_default() {
        "unconfined" => named == ("Unconfined", ""),
        "runtime/default" => named == ("RuntimeDefault", ""),
        other => other.strip_prefix("localhost/").is_some_and(|local| named == ("Localhost", local)),
    }
}

/// Drivers that are no more, with what is said of them.
const OLD_VOLUMES: [(&str, &str); 10] = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("ephemeral", ""),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

fn volume(path: &Path, volume: &Value, found: &mut Vec<String>) {
    for (source, why) in OLD_VOLUMES {
        match volume.get(source).filter(|held| held.is_object()) {
            None => {}
            Some(ephemeral) if source == "ephemeral" => {
                let spec = look::at(ephemeral, "/volumeClaimTemplate/spec").unwrap_or(&Value::Null);
                claims::sizes(&path.child("ephemeral.volumeClaimTemplate.spec"), spec, found);
            }
            Some(_) => found.push(format!("{}: {why}", path.child(source))),
        }
    }
}

/// Entries of a list that say the same in one field.
fn twice(path: &Path, spec: &Value, field: &str, key: &str, found: &mut Vec<String>) {
    let mut taken = Vec::new();
    for (at, entry) in entries(path, field, spec) {
        let value = text(entry, &format!("/{key}"));
        if taken.contains(&value) {
            found.push(format!("{}: duplicate {key} {value:?}", at.child(key)));
        }
        taken.push(value);
    }
}

/// A part of a byte.
pub(super) fn fraction(path: &Path, held: Option<&Value>, resource: &str, found: &mut Vec<String>) {
    let Some(shown) = held.and_then(|held| held.get(resource)).map(plain) else { return };
    // Quantities are looked at in thousandths, rounded up.
    let thousandths = amount::nanos(&shown)
        .map_or(0, |nanos| nanos.div_euclid(1_000_000) + i128::from(nanos % 1_000_000 != 0));
    if thousandths % 1_000 != 0 {
        found.push(format!(
            "{}: fractional byte value {shown:?} is invalid, must be an integer",
            path.key(resource)
        ));
    }
}

fn container(path: &Path, container: &Value, found: &mut Vec<String>) {
    for resource in ["memory", "ephemeral-storage"] {
        for kind in ["limits", "requests"] {
            let held = look::at(container, &format!("/resources/{kind}"));
            fraction(&path.child("resources").child(kind), held, resource, found);
        }
    }
    let mut taken = Vec::new();
    for (at, variable) in entries(path, "env", container) {
        let (name, value) = (text(variable, "/name"), text(variable, "/value"));
        let before = format!("$({name})");
        let hides = variable.get("valueFrom").is_some() || value == before || !value.contains(&before);
        if taken.contains(&name) && hides {
            found.push(format!(
                "{at}: hides previous definition of {name:?}, which may be dropped when using apply"
            ));
        }
        taken.push(name);
    }
}

/// Terms that match no pod.
fn affine(path: &Path, spec: &Value, found: &mut Vec<String>) {
    for kind in ["podAffinity", "podAntiAffinity"] {
        let at = path.child("affinity").child(kind);
        let held = look::at(spec, &format!("/affinity/{kind}")).unwrap_or(&Value::Null);
        let mut warn = |at: Path, term: &Value| {
            if term.get("labelSelector").is_none_or(Value::is_null) {
                found.push(format!(
                    "{}: a null labelSelector results in matching no pod",
                    at.child("labelSelector")
                ));
            }
        };
        for (at, term) in entries(&at, "requiredDuringSchedulingIgnoredDuringExecution", held) {
            warn(at, term);
        }
        for (at, term) in entries(&at, "preferredDuringSchedulingIgnoredDuringExecution", held) {
            warn(at.child("podAffinityTerm"), term.get("podAffinityTerm").unwrap_or(&Value::Null));
        }
    }
}
