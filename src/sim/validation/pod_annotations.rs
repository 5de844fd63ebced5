//! Annotations that have a meaning for pods: what they may say, alone and beside the fields that took their place, and
//! which of them never change.

use super::findings::{Findings, Path};
use super::volume::local_descending_path;
use crate::sim::look::{list, map, text};
use serde_json::Value;

const MIRROR: &str = "kubernetes.io/config.mirror";
const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The annotations of a pod or of a template.
pub(super) fn annotations(path: &Path, holder: &Value, found: &mut Findings) {
    let all = map(holder, "/metadata/annotations");
    let given = |key: &str| all.and_then(|all| all.get(key)).and_then(Value::as_str);
    if let Some(value) = given(MIRROR).filter(|_| text(holder, "/spec/nodeName").is_empty()) {
        found.invalid(&path.key(MIRROR), value, "must set spec.nodeName if mirror pod annotation is set");
    }
    if let Some(value) = given(COST) {
        let leading =
            value.starts_with('+') || (value.starts_with('0') && value != "0") || value.starts_with("-0");
        if leading || value.parse::<i32>().is_err() {
            found.invalid(&path.key(COST), value, "must be a 32bit integer");
        }
    }
    if let Some(profile) = given(SECCOMP) {
        seccomp(&path.child(SECCOMP), profile, found);
    }
    let rest = || all.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?)));
    for (key, profile) in rest().filter(|(key, _)| key.starts_with(CONTAINER_SECCOMP)) {
        seccomp(&path.child(key), profile, found);
    }
    for (key, profile) in rest() {
        let Some(name) = key.strip_prefix(APP_ARMOR) else { continue };
        if !containers(holder).any(|(_, container)| container["name"] == name) {
            found.invalid(&path.key(key), name, "container not found");
        }
        if !matches!(profile, "" | "runtime/default" | "unconfined") && !profile.starts_with("localhost/") {
            let detail = format!("invalid AppArmor profile name: {profile:?}");
            found.invalid(&path.key(key), profile, &detail);
        }
    }
}

fn seccomp(path: &Path, profile: &str, found: &mut Findings) {
    match profile {
        "runtime/default" | "docker/default" | "unconfined" => {}
        other => match other.strip_prefix("localhost/") {
            Some(local) => local_descending_path(path, local, found),
            None => found.invalid(path, other, "must be a valid seccomp profile"),
        },
    }
}

/// All containers of a pod with where they stand, in the order in which kube-apiserver visits them.
fn containers(pod: &Value) -> impl Iterator<Item = (Path, &Value)> {
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(move |key| {
        let all = list(pod, &format!("/spec/{key}")).iter().enumerate();
        all.map(move |(index, container)| (Path::new("spec").child(key).index(index), container))
    })
}

/// A new pod says the same in annotations and in the fields that took their place.
pub(super) fn beside_fields(pod: &Value, found: &mut Findings) {
    let given =
        |key: &str| map(pod, "/metadata/annotations").and_then(|all| all.get(key)).and_then(Value::as_str);
    let of_pod = &pod["spec"]["securityContext"];
    let agree = |path: &Path, word: &str, field: &Value, said: Option<&str>, found: &mut Findings| {
        let Some(said) = said.filter(|_| field.is_object()) else { return };
        let local = said.strip_prefix("localhost/");
        let agrees = match text(field, "/type") {
            "Unconfined" => said == "unconfined",
            "RuntimeDefault" => said == "runtime/default" || word == "seccomp" && said == "docker/default",
            "Localhost" => local.is_some(),
            _refused_elsewhere => true,
        };
        if !agrees {
            let detail = format!("{word} type in annotation and field must match");
            found.forbidden(&path.child("type"), &detail);
        } else if text(field, "/type") == "Localhost" && local != field["localhostProfile"].as_str() {
            let detail = format!("{word} profile in annotation and field must match");
            found.forbidden(&path.child("localhostProfile"), &detail);
        }
    };
    let at = Path::new("spec.securityContext.seccompProfile");
    agree(&at, "seccomp", &of_pod["seccompProfile"], given(SECCOMP), found);
    for (path, container) in containers(pod) {
        let said = given(&format!("{CONTAINER_SECCOMP}{}", text(container, "/name")));
        let field = &container["securityContext"]["seccompProfile"];
        agree(&path.child("securityContext.seccompProfile"), "seccomp", field, said, found);
    }
    if text(pod, "/spec/os/name") == "windows" {
        return;
    }
    for (path, container) in containers(pod) {
        let said = given(&format!("{APP_ARMOR}{}", text(container, "/name")));
        let own = &container["securityContext"]["appArmorProfile"];
        let field = if own.is_object() { own } else { &of_pod["appArmorProfile"] };
        agree(&path.child("securityContext.appArmorProfile"), "apparmor", field, said, found);
    }
}

/// What of the annotations of a pod never changes, and what the new ones say.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("metadata.annotations");
    let (was, is) = (map(old, "/metadata/annotations"), map(new, "/metadata/annotations"));
    for (key, value) in was.into_iter().flatten() {
        if is.and_then(|is| is.get(key)) == Some(value) {
            continue;
        }
        if key.starts_with(APP_ARMOR) {
            found.forbidden(&path.key(key), "may not remove or update AppArmor annotations");
        }
        if key == MIRROR {
            found.forbidden(&path.key(key), "may not remove or update mirror pod annotation");
        }
    }
    for (key, _) in is.into_iter().flatten().filter(|(key, _)| was.is_none_or(|was| !was.contains_key(*key)))
    {
        if key.starts_with(APP_ARMOR) {
            found.forbidden(&path.key(key), "may not add AppArmor annotations");
        }
        if key == MIRROR {
            found.forbidden(&path.key(key), "may not add mirror pod annotation");
        }
    }
    annotations(&path, new, found);
}
