//! What APIServices may say: which group and version they serve, and where.

use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{is_true, number, text};
use serde_json::Value;

/// An APIService; its metadata has been checked but for its name.
pub(super) fn service(object: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    let (group, version) = (text(object, "/spec/group"), text(object, "/spec/version"));
    match group {
        "" if version != "v1" => {
            let detail = "only v1 may have an empty group and it better be legacy kube";
            found.required(&path.child("group"), detail);
        }
        "" => {}
        group => found.invalid_each(&path.child("group"), group, names::subdomain(group)),
    }
    found.invalid_each(&path.child("version"), version, names::old_label(version));
    for (field, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1_000)] {
        let given = number(object, &format!("/spec/{field}"));
        if !(1..=most).contains(&given) {
            found.invalid(&path.child(field), given, &format!("must be positive and less than {most}"));
        }
    }
    let bundle = text(object, "/spec/caBundle");
    let skips = is_true(object, "/spec/insecureSkipTLSVerify");
    let Some(target) = object.pointer("/spec/service").filter(|target| target.is_object()) else {
        if !bundle.is_empty() {
            let shown = format!("{} bytes", super::config::decoded_size(&Value::from(bundle)));
            let detail = "local APIServices may not have a caBundle";
            found.invalid(&path.child("caBundle"), shown, detail);
        }
        if skips {
            let detail = "local APIServices may not have insecureSkipTLSVerify";
            found.invalid(&path.child("insecureSkipTLSVerify"), true, detail);
        }
        return;
    };
    let at = path.child("service");
    found.needs(&at, target, &["namespace", "name"]);
    let port = number(target, "/port");
    let told = names::port_number(port);
    if !told.is_empty() {
        found.invalid(&at.child("port"), port, &format!("port is not valid: {}", told.join(", ")));
    }
    if skips && !bundle.is_empty() {
        found.invalid(&path.child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present");
    }
}

/// An APIService is named after what it serves.
pub(super) fn name(object: &Value, name: &str) -> Vec<String> {
    let told = names::path_segment(name);
    let required = format!("{}.{}", text(object, "/spec/version"), text(object, "/spec/group"));
    match told.is_empty() && name != required {
        true => vec![format!("must be `spec.version+\".\"+spec.group`: {required:?}")],
        false => told,
    }
}

/// The status of an APIService.
pub(super) fn status(object: &Value, found: &mut Findings) {
    let path = Path::new("status.conditions");
    for (index, condition) in crate::sim::look::list(object, "/status/conditions").iter().enumerate() {
        let (status, statuses) = (text(condition, "/status"), ["True", "False", "Unknown"]);
        if !statuses.contains(&status) {
            found.unsupported(&path.index(index).child("status"), status, &statuses);
        }
    }
}
