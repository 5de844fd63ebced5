//! How a container is asked how it is, and what is run when it starts and stops.

use super::container::{port_number, port_or_name};
use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{list, number, text};
use serde_json::Value;

/// A hook or probe can be carried out in one of these ways.
const PROBED: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const HOOKED: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

/// What is run after the start and before the stop of a container. `grace` is how long a pod may take to stop, in
/// seconds; `os` the name of its operating system, where it is given.
pub(super) fn lifecycle(
    path: &Path,
    held: &Value,
    grace: Option<i64>,
    os: Option<&str>,
    found: &mut Findings,
) {
    for hook in ["postStart", "preStop"] {
        if let Some(given) = held.get(hook).filter(|hook| hook.is_object()) {
            handler(&path.child(hook), given, &HOOKED, grace, found);
        }
    }
    if let Some(signal) = held.get("stopSignal").and_then(Value::as_str) {
        let at = path.child("stopSignal");
        match os {
            None => found.forbidden(&at, "may not be set for containers with empty `spec.os.name`"),
            Some("windows") => found.one_of_if_any(&at, signal, &["SIGKILL", "SIGTERM"]),
            Some(_linux) => {}
        }
    }
}

/// The three probes of a container.
pub(super) fn probes(path: &Path, container: &Value, grace: Option<i64>, found: &mut Findings) {
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(given) = container.get(key).filter(|probe| probe.is_object()) {
            probe(&path.child(key), key, given, grace, found);
        }
    }
}

fn probe(path: &Path, which: &str, probe: &Value, grace: Option<i64>, found: &mut Findings) {
    handler(path, probe, &PROBED, grace, found);
    for key in
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
    {
        found.nonnegative(&path.child(key), probe.get(key));
    }
    let at = path.child("terminationGracePeriodSeconds");
    let own = probe.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if let Some(own) = own.filter(|own| *own <= 0) {
        found.invalid(&at, own, "must be greater than 0");
    }
    let success = number(probe, "/successThreshold");
    match which {
        "readinessProbe" => {
            if let Some(own) = own {
                found.invalid(&at, own, "must not be set for readinessProbes");
            }
        }
        _liveness_or_startup if success != 1 => {
            found.invalid(&path.child("successThreshold"), success, "must be 1");
        }
        _once => {}
    }
}

fn handler(path: &Path, holder: &Value, kinds: &[&str], grace: Option<i64>, found: &mut Findings) {
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
            "httpGet" => http_get(&at, handler, found),
            "tcpSocket" => port_or_name(&at.child("port"), handler.get("port"), found),
            "grpc" => port_number(&at.child("port"), number(handler, "/port"), found),
            "sleep" => {
                let seconds = number(handler, "/seconds");
                if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                    let detail =
                        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                    found.invalid(&at, seconds, &detail);
                }
            }
            _exec => {}
        }
    }
    if given == 0 {
        found.required(path, "must specify a handler type");
    }
}

fn http_get(path: &Path, get: &Value, found: &mut Findings) {
    found.needs(path, get, &["path"]);
    port_or_name(&path.child("port"), get.get("port"), found);
    let scheme = text(get, "/scheme");
    if !matches!(scheme, "HTTP" | "HTTPS") {
        found.unsupported(&path.child("scheme"), scheme, &["HTTP", "HTTPS"]);
    }
    for header in list(get, "/httpHeaders") {
        let name = text(header, "/name");
        found.invalid_each(&path.child("httpHeaders"), name, names::header_name(name));
    }
}
