//! What the status of a pod may say of the claims of devices that were made for it.

use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{list, text};
use serde_json::Value;

/// The claims that were made from the templates that the pod names.
pub(super) fn made(path: &Path, pod: &Value, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, status) in list(pod, "/status/resourceClaimStatuses").iter().enumerate() {
        let (at, name) = (path.index(index).child("name"), text(status, "/name"));
        if !list(pod, "/spec/resourceClaims").iter().any(|claim| claim["name"] == name) {
            found.invalid(&at, name, "must match the name of an entry in `spec.resourceClaims`");
        }
        if taken.contains(&name) {
            found.duplicate(&at, name);
        }
        taken.push(name);
        if let Some(claim) = status.get("resourceClaimName").and_then(Value::as_str) {
            found.invalid_each(&path.index(index).child("resourceClaimName"), claim, names::subdomain(claim));
        }
    }
}

/// The claim that stands for what its containers ask of extended resources.
pub(super) fn extended(path: &Path, pod: &Value, found: &mut Findings) {
    let Some(status) = pod.pointer("/status/extendedResourceClaimStatus").filter(|status| status.is_object())
    else {
        return;
    };
    let mappings = list(status, "/requestMappings");
    let at = path.child("requestMappings");
    if mappings.is_empty() {
        found.required(&at, "at least one request mapping is required");
    }
    for (index, mapping) in mappings.iter().enumerate() {
        let again = mappings[..index].contains(mapping);
        self::mapping(path, &at.index(index), pod, (mapping, again), found);
    }
    match text(status, "/resourceClaimName") {
        "" => found.required(&path.child("resourceClaimName"), ""),
        name => found.invalid_each(&path.child("resourceClaimName"), name, names::subdomain(name)),
    }
}

fn mapping(path: &Path, at: &Path, pod: &Value, (mapping, again): (&Value, bool), found: &mut Findings) {
    let (container, resource) = (text(mapping, "/containerName"), text(mapping, "/resourceName"));
    let request = text(mapping, "/requestName");
    let all = ["/spec/containers", "/spec/initContainers"].into_iter().flat_map(|key| list(pod, key));
    match all.into_iter().find(|one| text(one, "/name") == container) {
        Some(holder) if holder["resources"]["requests"].get(resource).is_none() => {
            let detail = "must match the extended resource name of an entry in \
                          spec.initContainers.resources.requests or spec.containers.resources.requests";
            found.invalid(&at.child("resourceName"), resource, detail);
        }
        Some(_) => {}
        None => {
            let detail =
                "must match the name of an entry in spec.initContainers.name or spec.containers.name";
            found.invalid(&at.child("containerName"), container, detail);
        }
    }
    found.invalid_each(&path.child("requestName"), request, names::label(request));
    if again {
        for (key, value) in
            [("containerName", container), ("resourceName", resource), ("requestName", request)]
        {
            found.duplicate(&at.child(key), value);
        }
    }
}
