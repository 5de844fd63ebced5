//! Security contexts of pods and containers, and what the operating system of a pod rules out of them.

use super::findings::{Findings, Path};
use super::volume::local_descending_path;
use super::{internal, names, windows};
use crate::sim::look::{is_true, list, number, text};
use serde_json::Value;

/// The security context of a pod, with what concerns the host's namespaces in its spec.
pub(super) fn of_pod(path: &Path, spec: &Value, found: &mut Findings) {
    let Some(context) = spec.get("securityContext").filter(|context| context.is_object()) else { return };
    for key in ["fsGroup", "runAsUser", "runAsGroup"] {
        identity(&path.child(key), context.get(key), found);
    }
    for (index, group) in list(context, "/supplementalGroups").iter().enumerate() {
        identity(&path.child("supplementalGroups").index(index), Some(group), found);
    }
    if is_true(spec, "/shareProcessNamespace") && is_true(spec, "/hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        found.invalid(&path.child("shareProcessNamespace"), true, detail);
    }
    sysctls(&path.child("sysctls"), spec, list(context, "/sysctls"), found);
    one_of_pointed(&path.child("fsGroupChangePolicy"), context, &["Always", "OnRootMismatch"], found);
    seccomp(&path.child("seccompProfile"), context.get("seccompProfile"), found);
    windows::options(&path.child("windowsOptions"), context, found);
    app_armor(&path.child("appArmorProfile"), context.get("appArmorProfile"), found);
    one_of_pointed(&path.child("supplementalGroupsPolicy"), context, &["Merge", "Strict"], found);
    one_of_pointed(&path.child("seLinuxChangePolicy"), context, &["Recursive"], found);
}

/// A text that may be absent, but not empty.
fn one_of_pointed(path: &Path, holder: &Value, supported: &[&str], found: &mut Findings) {
    let shown = path.to_string();
    let key = shown.rsplit('.').next().unwrap_or_default();
    if let Some(given) = holder.get(key).and_then(Value::as_str).filter(|given| !supported.contains(given)) {
        found.unsupported(path, given, supported);
    }
}

fn identity(path: &Path, id: Option<&Value>, found: &mut Findings) {
    if let Some(id) = id.and_then(Value::as_i64) {
        names::id(id).iter().for_each(|detail| found.invalid(path, id, detail));
    }
}

const SYSCTL: &str = "must have at most 253 characters and match regex \
    ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

fn sysctls(path: &Path, spec: &Value, settings: &[Value], found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, setting) in settings.iter().enumerate() {
        let at = path.index(index).child("name");
        let name = text(setting, "/name");
        if name.is_empty() {
            found.required(&at, "");
        } else if !is_sysctl(name) {
            found.invalid(&at, name, SYSCTL);
        } else if taken.contains(&name) {
            found.duplicate(&at, name);
        }
        let dotted = name.replace('/', ".");
        if is_true(spec, "/hostNetwork") && dotted.starts_with("net.") {
            found.invalid(&at, name, "may not be specified when 'hostNetwork' is true");
        }
        let shared = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];
        if is_true(spec, "/hostIPC") && shared.iter().any(|start| dotted.starts_with(start)) {
            found.invalid(&at, name, "may not be specified when 'hostIPC' is true");
        }
        taken.push(name);
    }
}

fn is_sysctl(name: &str) -> bool {
    let outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: char| outer(c) || matches!(c, '-' | '_');
    let fits = |part: &str| part.starts_with(outer) && part.ends_with(outer) && part.chars().all(inner);
    name.len() <= 253 && name.split(['.', '/']).all(fits)
}

fn seccomp(path: &Path, profile: Option<&Value>, found: &mut Findings) {
    let Some(profile) = profile.filter(|profile| profile.is_object()) else { return };
    let kinds = ["Localhost", "RuntimeDefault", "Unconfined"];
    match text(profile, "/type") {
        "" => found.required(&path.child("type"), "type is required when seccompProfile is set"),
        kind => found.one_of(&path.child("type"), kind, &kinds),
    }
    let at = path.child("localhostProfile");
    match (text(profile, "/type"), profile.get("localhostProfile").and_then(Value::as_str)) {
        ("Localhost", None) => found.required(&at, "must be set when seccomp type is Localhost"),
        ("Localhost", Some(local)) => local_descending_path(&at, local, found),
        (_, None) => {}
        (_, Some(_)) => {
            let printed = internal::print("SeccompProfile", profile);
            found.invalid_printed(&at, &printed, "can only be set when seccomp type is Localhost");
        }
    }
}

fn app_armor(path: &Path, profile: Option<&Value>, found: &mut Findings) {
    let Some(profile) = profile.filter(|profile| profile.is_object()) else { return };
    let at = path.child("localhostProfile");
    let local = profile.get("localhostProfile").and_then(Value::as_str);
    match (text(profile, "/type"), local) {
        ("Localhost", None) => found.required(&at, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(local)) => {
            if local.trim() != local {
                found.invalid(&at, local, "must not be padded with whitespace");
            } else if local.is_empty() {
                found.required(&at, "must be set when AppArmor type is Localhost");
            }
            if local.len() > 4095 {
                found.too_long(&at, 4095);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(local)) => {
            found.invalid(&at, local, "can only be set when AppArmor type is Localhost");
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => found.required(&path.child("type"), "type is required when appArmorProfile is set"),
        (other, _) => {
            found.unsupported(&path.child("type"), other, &["Localhost", "RuntimeDefault", "Unconfined"]);
        }
    }
}

/// The security context of a container; `host_users` tells whether the pod shares the users of the host.
pub(super) fn of_container(path: &Path, context: Option<&Value>, host_users: bool, found: &mut Findings) {
    let Some(context) = context.filter(|context| context.is_object()) else { return };
    for key in ["runAsUser", "runAsGroup"] {
        identity(&path.child(key), context.get(key), found);
    }
    let at = path.child("procMount");
    match context.get("procMount").and_then(Value::as_str) {
        None | Some("Default") => {}
        Some("Unmasked") if host_users => {
            found.invalid(&at, "Unmasked", "`hostUsers` must be false to use `Unmasked`");
        }
        Some("Unmasked") => {}
        Some(other) => found.unsupported(&at, other, &["Default", "Unmasked"]),
    }
    seccomp(&path.child("seccompProfile"), context.get("seccompProfile"), found);
    if context.get("allowPrivilegeEscalation").and_then(Value::as_bool) == Some(false) {
        let printed = || internal::print("SecurityContext", context);
        if is_true(context, "/privileged") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            found.invalid_printed(path, &printed(), detail);
        }
        let added = list(context, "/capabilities/add");
        for _ in added.iter().filter(|added| added.as_str() == Some("CAP_SYS_ADMIN")) {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            found.invalid_printed(path, &printed(), detail);
        }
    }
    windows::options(&path.child("windowsOptions"), context, found);
    app_armor(&path.child("appArmorProfile"), context.get("appArmorProfile"), found);
}

/// The namespaces of the host that a pod with users of its own cannot share.
pub(super) fn host_users(path: &Path, spec: &Value, found: &mut Findings) {
    if spec.get("hostUsers").and_then(Value::as_bool) != Some(false) {
        return;
    }
    for (key, shown) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if is_true(spec, &format!("/{key}")) {
            found.forbidden(&path.child(shown), "when `hostUsers` is false");
        }
    }
    for key in ["initContainers", "containers"] {
        for (index, container) in list(spec, &format!("/{key}")).iter().enumerate() {
            if !list(container, "/volumeDevices").is_empty() {
                let at = path.child(key).index(index).child("volumeDevices");
                found.forbidden(&at, "when `hostUsers` is false");
            }
        }
    }
}

/// What the operating system of a pod rules out.
pub(super) fn os(path: &Path, spec: &Value, found: &mut Findings) {
    let Some(os) = spec.get("os").filter(|os| os.is_object()) else { return };
    let at = path.child("os");
    let containers = ["initContainers", "containers"].into_iter().flat_map(|key| {
        let all = list(spec, &format!("/{key}")).iter().enumerate();
        all.map(move |(index, container)| (path.child(key).index(index), container))
    });
    match text(os, "/name") {
        "" => found.required(&at.child("name"), ""),
        "linux" => {
            let detail = "windows options cannot be set for a linux pod";
            let whole = std::iter::once((path.clone(), spec));
            for (at, holder) in whole.chain(containers) {
                if holder.pointer("/securityContext/windowsOptions").is_some_and(Value::is_object) {
                    found.forbidden(&at.child("securityContext.windowsOptions"), detail);
                }
            }
        }
        "windows" => windows(path, spec, containers, found),
        other => found.unsupported(&at, other, &["linux", "windows"]),
    }
}

fn windows<'a>(
    path: &Path,
    spec: &Value,
    containers: impl Iterator<Item = (Path, &'a Value)>,
    found: &mut Findings,
) {
    let own = ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"];
    let of_pod = [
        "appArmorProfile",
        "seLinuxOptions",
        "hostUsers",
        "hostPID",
        "hostIPC",
        "seccompProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "shareProcessNamespace",
        "runAsUser",
        "runAsGroup",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "seLinuxChangePolicy",
    ];
    let detail = "cannot be set for a windows pod";
    for key in of_pod {
        let (at, held) = match own.contains(&key) {
            true => (path.child(key), spec.get(key)),
            false => (path.child("securityContext").child(key), spec["securityContext"].get(key)),
        };
        let off = matches!(key, "hostPID" | "hostIPC") && held.and_then(Value::as_bool) == Some(false);
        if held.is_some_and(|held| !held.is_null()) && !off {
            found.forbidden(&at, detail);
        }
    }
    let of_container = [
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "runAsUser",
        "runAsGroup",
    ];
    for (at, container) in containers {
        let context = &container["securityContext"];
        for key in of_container.iter().filter(|key| context.get(**key).is_some_and(|held| !held.is_null())) {
            found.forbidden(&at.child("securityContext").child(key), detail);
        }
    }
}

/// Where ports of containers on the host's network must be the host's.
pub(super) fn host_network(path: &Path, spec: &Value, is_pod: bool, found: &mut Findings) {
    if !is_true(spec, "/hostNetwork") || !spec["securityContext"].is_object() {
        return;
    }
    for (index, container) in list(spec, "/containers").iter().enumerate() {
        for (place, port) in list(container, "/ports").iter().enumerate() {
            let (host, own) = (number(port, "/hostPort"), number(port, "/containerPort"));
            if (is_pod || host != 0) && host != own {
                let at = path.child("containers").index(index).child("ports").index(place).child("hostPort");
                found.invalid(&at, host, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}
