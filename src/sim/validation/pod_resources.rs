//! What a whole pod asks for: claims of resources, and limits and requests that hold for its containers together.

use super::amounts::{self, Of};
use super::findings::{Findings, Path};
use super::{internal, names};
use crate::sim::amount::{self, Amount};
use crate::sim::look::{list, map, plain, text};
use serde_json::Value;

/// `spec.resourceClaims`.
pub(super) fn claims(path: &Path, claims: &[Value], found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let (at, name) = (path.index(index), text(claim, "/name"));
        match name {
            "" => found.required(&at.child("name"), ""),
            name if taken.contains(&name) => found.duplicate(&at.child("name"), name),
            name => {
                found.invalid_each(&at.child("name"), name, names::label(name));
                taken.push(name);
            }
        }
        let keys = ["resourceClaimName", "resourceClaimTemplateName"];
        let given = keys.map(|key| claim.get(key).and_then(Value::as_str));
        let printed = || internal::print("PodResourceClaim", claim);
        match given {
            [Some(_), Some(_)] => {
                let detail =
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                found.invalid_printed(&at, &printed(), detail);
            }
            [None, None] => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                found.invalid_printed(&at, &printed(), detail);
            }
            [Some(_), None] | [None, Some(_)] => {}
        }
        for (key, name) in keys.iter().zip(given) {
            if let Some(name) = name {
                found.invalid_each(&at.child(key), name, names::subdomain(name));
            }
        }
    }
}

/// `spec.resources`, and whether the containers stay within them.
pub(super) fn resources(path: &Path, spec: &Value, claims: &[&str], found: &mut Findings) {
    let Some(own) = spec.get("resources").filter(|own| own.is_object()) else { return };
    if text(spec, "/os/name") == "windows" {
        return found.forbidden(path, "may not be set for a windows pod");
    }
    if !list(own, "/claims").is_empty() {
        found.forbidden(&path.child("claims"), "claims may not be set for Resources at pod-level");
    }
    amounts::requirements(path, Of::Pod, own, claims, found);
    for (name, held) in map(own, "/requests").into_iter().flatten() {
        let Some(asked) = together(spec, &format!("/resources/requests/{name}")) else { continue };
        if amount::nanos(&asked) > amount::nanos(&plain(held)) {
            let detail = format!("must be greater than or equal to aggregate container requests of {asked}");
            found.invalid(&path.child("requests").key(name), plain(held), &detail);
        }
    }
    for (index, container) in list(spec, "/containers").iter().enumerate() {
        for (name, limit) in map(container, "/resources/limits").into_iter().flatten() {
            let Some(most) = map(own, "/limits").and_then(|limits| limits.get(name)) else { continue };
            if amount::nanos(&plain(limit)) > amount::nanos(&plain(most)) {
                let at = path.child("containers").index(index).key(name).child("limits");
                let detail = format!("must be less than or equal to pod limits of {}", plain(most));
                found.invalid(&at, plain(limit), &detail);
            }
        }
    }
}

/// What all containers hold at once at a pointer (`/resources/requests/cpu`), as text; `None` where none holds
/// anything: those that run side by side added up, or the largest that runs before them beside the sidecars that were
/// started by then.
pub(in crate::sim) fn together(spec: &Value, pointer: &str) -> Option<String> {
    let amount = |container: &Value| container.pointer(pointer).and_then(Amount::read);
    let (main, initial) = (list(spec, "/containers"), list(spec, "/initContainers"));
    let like = main.iter().chain(initial).find_map(amount)?;
    let none = like.minus(like);
    let mut running = main.iter().filter_map(amount).fold(none, Amount::plus);
    let (mut sidecars, mut most) = (none, none);
    for container in initial {
        let own = amount(container).unwrap_or(none);
        if text(container, "/restartPolicy") == "Always" {
            running = running.plus(own);
            sidecars = sidecars.plus(own);
            most = most.max(sidecars);
        } else {
            most = most.max(sidecars.plus(own));
        }
    }
    Some(running.max(most).to_string())
}

/// The class of service of a pod by its requests and limits of CPU and memory; those of the whole pod count alone where
/// it has any (Kubernetes, `component-helpers/resource`: `IsPodLevelResourcesSet`).
pub(super) fn quality(pod: &Value) -> &'static str {
    let (mut any, mut guaranteed) = (false, true);
    let counted = |name: &String| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-");
    let given =
        |kind: &str| map(pod, &format!("/spec/resources/{kind}")).is_some_and(|m| m.keys().any(counted));
    let whole = pod.get("spec").filter(|_| given("requests") || given("limits"));
    let containers = ["/spec/containers", "/spec/initContainers"].iter().flat_map(|p| list(pod, p));
    for container in whole.into_iter().chain(containers.filter(|_| whole.is_none())) {
        for resource in ["cpu", "memory"] {
            let held = |kind: &str| {
                let amount = container.pointer(&format!("/resources/{kind}/{resource}")).map(plain)?;
                crate::sim::amount::nanos(&amount).filter(|amount| *amount > 0)
            };
            let (request, limit) = (held("requests"), held("limits"));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
