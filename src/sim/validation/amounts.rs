//! What may be asked for and allowed of resources: their names and amounts, of containers, of whole pods, of quotas
//! and of ranges. How an amount is written is checked when an object is read.

use super::findings::{Findings, Path};
use super::names;
use crate::sim::amount;
use crate::sim::look::{list, map, plain, text};
use serde_json::{Map, Value};

/// Resources of Kubernetes itself that are counted, not measured.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Resources of Kubernetes itself that are measured.
const MEASURED: [&str; 10] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.storage",
];

/// Whose resources they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Container,
    Pod,
}

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Whether a name belongs to Kubernetes itself.
pub(super) fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::qualified(&format!("requests.{name}")).is_empty()
}

/// Whether more may be allowed than is asked for.
pub(super) fn may_overcommit(name: &str) -> bool {
    is_native(name) && !is_huge(name)
}

/// A resource that a quota can bound.
pub(super) fn is_of_quota(name: &str) -> bool {
    COUNTED.contains(&name)
        || MEASURED.contains(&name)
        || is_huge(name)
        || name.starts_with("requests.hugepages-")
}

/// The name of any resource.
pub(super) fn name(path: &Path, name: &str, found: &mut Findings) -> bool {
    let wrong = names::qualified(name);
    let good = wrong.is_empty();
    found.invalid_each(path, name, wrong);
    if good && !name.contains('/') && !is_of_quota(name) && name != "storage" {
        found.invalid(path, name, "must be a standard resource type or fully qualified");
        return false;
    }
    good
}

/// The name of a resource of a container.
pub(super) fn container_name(path: &Path, given: &str, found: &mut Findings) {
    name(path, given, found);
    if !given.contains('/') {
        if !matches!(given, "cpu" | "memory" | "ephemeral-storage") && !is_huge(given) {
            found.invalid(path, given, "must be a standard resource for containers");
        }
    } else if !is_native(given) && !is_extended(given) {
        found.invalid(path, given, "doesn't follow extended resource name standard");
    }
}

fn pod_name(path: &Path, given: &str, found: &mut Findings) {
    if name(path, given, found) && !matches!(given, "cpu" | "memory") && !is_huge(given) {
        found.unsupported(path, given, &["cpu", "hugepages-", "memory"]);
    }
}

/// An amount: not negative, and whole where the resource is counted.
pub(super) fn amount(path: &Path, name: &str, value: &Value, found: &mut Findings) {
    let Some(nanos) = amount::nanos(&plain(value)) else { return };
    if nanos < 0 {
        found.invalid(path, plain(value), "must be greater than or equal to 0");
    }
    if (COUNTED.contains(&name) || is_extended(name)) && nanos % 1_000_000_000 != 0 {
        found.invalid(path, plain(value), "must be an integer");
    }
}

/// The amounts that a quota bounds or counts.
pub(super) fn quota(path: &Path, held: Option<&Map<String, Value>>, found: &mut Findings) {
    for (resource, value) in held.into_iter().flatten() {
        let at = path.key(resource);
        name(&at, resource, found);
        if !resource.contains('/') && !is_of_quota(resource) {
            found.invalid(&at, resource.as_str(), "must be a standard resource for quota");
        }
        amount(&at, resource, value, found);
    }
}

fn huge_amount(path: &Path, name: &str, value: &Value, found: &mut Findings) {
    let size = name.strip_prefix("hugepages-").and_then(amount::nanos).filter(|size| *size > 0);
    let fits = size.zip(amount::nanos(&plain(value))).is_some_and(|(size, amount)| amount % size == 0);
    if !fits {
        let shown = plain(value);
        found.invalid(path, shown.as_str(), &format!("{shown} is not positive integer multiple of {name}"));
    }
}

/// Limits and requests; `claims` are the names of the pod's resource claims.
pub(super) fn requirements(path: &Path, of: Of, held: &Value, claims: &[&str], found: &mut Findings) {
    let (limits, requests) = (map(held, "/limits"), map(held, "/requests"));
    for (key, amounts) in [("limits", limits), ("requests", requests)] {
        for (resource, value) in amounts.into_iter().flatten() {
            let at = path.child(key).key(resource);
            match of {
                Of::Container => container_name(&at, resource, found),
                Of::Pod => pod_name(&at, resource, found),
            }
            amount(&at, resource, value, found);
            if key == "requests" {
                within_limit(path, resource, value, limits, found);
            }
            if is_huge(resource) {
                huge_amount(&at, resource, value, found);
            }
        }
    }
    let keys = || limits.into_iter().chain(requests).flat_map(Map::keys);
    if keys().any(|name| is_huge(name)) && !keys().any(|name| matches!(&**name, "cpu" | "memory")) {
        found.forbidden(path, "HugePages require cpu or memory");
    }
    claimed(&path.child("claims"), list(held, "/claims"), claims, found);
}

fn within_limit(
    path: &Path,
    name: &str,
    value: &Value,
    limits: Option<&Map<String, Value>>,
    found: &mut Findings,
) {
    let Some(limit) = limits.and_then(|limits| limits.get(name)) else {
        if !may_overcommit(name) {
            found.required(&path.child("limits"), "Limit must be set for non overcommitable resources");
        }
        return;
    };
    let (shown, most) = (plain(value), plain(limit));
    let (asked, allowed) = (amount::nanos(&shown), amount::nanos(&most));
    let at = path.child("requests");
    if asked != allowed && !may_overcommit(name) {
        found.invalid(&at, shown, &format!("must be equal to {name} limit of {most}"));
    } else if asked > allowed {
        found.invalid(&at, shown, &format!("must be less than or equal to {name} limit of {most}"));
    }
}

fn claimed(path: &Path, given: &[Value], claims: &[&str], found: &mut Findings) {
    let mut taken: Vec<String> = Vec::new();
    for (index, claim) in given.iter().enumerate() {
        let at = path.index(index);
        let (name, request) = (text(claim, "/name"), text(claim, "/request"));
        if name.is_empty() {
            found.required(&at, "");
            continue;
        }
        if taken.iter().any(|held| held == name) {
            found.duplicate(&at, name);
        } else {
            let key = match request {
                "" => name.to_owned(),
                request => {
                    found.invalid_each(&at.child("request"), request, names::label(request));
                    format!("{name}/{request}")
                }
            };
            if taken.contains(&key) {
                found.duplicate(&at, key.as_str());
            } else if request.is_empty() {
                let below = taken.iter().filter(|held| held.split_once('/').is_some_and(|(n, _)| n == name));
                below.for_each(|_| found.duplicate(&at, name));
            }
            taken.push(key);
        }
        if !claims.contains(&name) {
            let mut known = claims.to_vec();
            known.sort_unstable();
            let among = if known.is_empty() {
                " which is empty".to_owned()
            } else {
                format!(": {}", known.join(", "))
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{among}");
            found.not_found(&at, name, &detail);
        }
    }
}
