//! What the status of a pod may say, and what of it never changes: its class of service, and the end of containers
//! that are not started again.

use super::findings::{Findings, Path};
use super::{addresses, internal, names, pod_annotations, pod_claims};
use crate::sim::look::{list, text};
use serde_json::Value;

/// A changed status, beside the metadata that is written with it.
pub(super) fn status(old: &Value, new: &Value, found: &mut Findings) {
    pod_annotations::update(old, new, found);
    conditions(&Path::new("status.conditions"), list(new, "/status/conditions"), found);
    let path = Path::new("status");
    let node = text(new, "/status/nominatedNodeName");
    if !node.is_empty() && node != text(old, "/status/nominatedNodeName") {
        let at = path.child("nominatedNodeName");
        found.invalid_each(&at, node, names::subdomain(node));
        if !text(old, "/spec/nodeName").is_empty() {
            found.forbidden(&at, "may not be set on pods that are already bound to a node");
        }
    }
    let seen = new.pointer("/status/observedGeneration").and_then(Value::as_i64);
    if let Some(seen) = seen.filter(|seen| *seen < 0) {
        found.invalid(&path.child("observedGeneration"), seen, "must be a non-negative integer");
    }
    let class = text(new, "/status/qosClass");
    if class != text(old, "/status/qosClass") {
        found.invalid(&path.child("qosClass"), class, "field is immutable");
    }
    let policy = text(old, "/spec/restartPolicy");
    if !has_rules(old) {
        ended(&path, "containerStatuses", (old, new), policy, found);
        ended(&path, "initContainerStatuses", (old, new), policy, found);
    }
    ended(&path, "ephemeralContainerStatuses", (old, new), "Never", found);
    pod_claims::made(&path.child("resourceClaimStatuses"), new, found);
    pod_claims::extended(&path.child("extendedResourceClaimStatus"), new, found);
    ips(&path, "podIPs", "PodIP", (old, new), found);
    let first = text(new, "/status/hostIPs/0/ip");
    if !list(new, "/status/hostIPs").is_empty() && text(new, "/status/hostIP") != first {
        found.invalid(&path.child("hostIPs").index(0).child("ip"), first, "must be equal to `hostIP`");
    }
    ips(&path, "hostIPs", "HostIP", (old, new), found);
    for key in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
        users(&path.child(key), list(new, &format!("/status/{key}")), text(new, "/spec/os/name"), found);
    }
}

fn conditions(path: &Path, conditions: &[Value], found: &mut Findings) {
    for (index, condition) in conditions.iter().enumerate() {
        let kind = text(condition, "/type");
        if !matches!(kind, "PodScheduled" | "Ready" | "Initialized") {
            found.invalid_each(&path.index(index).child("Type"), kind, names::qualified(kind));
        }
        if let Some(seen) =
            condition.get("observedGeneration").and_then(Value::as_i64).filter(|seen| *seen < 0)
        {
            let at = path.index(index).child("observedGeneration");
            found.invalid(&at, seen, "must be a non-negative integer");
        }
    }
}

/// Whether containers say by their exit codes when they, or all, are started again.
fn has_rules(pod: &Value) -> bool {
    let all = ["/spec/containers", "/spec/initContainers"].into_iter().flat_map(|key| list(pod, key));
    all.into_iter().any(|container| !list(container, "/restartPolicyRules").is_empty())
}

/// A container that has ended and is not started again stays ended.
fn ended(path: &Path, key: &str, (old, new): (&Value, &Value), policy: &str, found: &mut Findings) {
    let own = |name: &str| {
        let all = ["/spec/containers", "/spec/initContainers"].into_iter().flat_map(|key| list(old, key));
        let container = all.into_iter().find(|container| container["name"] == name);
        container.map(|container| text(container, "/restartPolicy")).filter(|own| !own.is_empty())
    };
    let pointer = format!("/status/{key}");
    for (index, before) in list(old, &pointer).iter().enumerate() {
        let Some(end) = before["state"].get("terminated").filter(|end| end.is_object()) else { continue };
        let failed = end["exitCode"].as_i64().is_some_and(|code| code != 0);
        let policy = own(text(before, "/name")).unwrap_or(policy);
        if policy == "Always" || failed && policy == "OnFailure" {
            continue;
        }
        let lives = |now: &&Value| now["name"] == before["name"] && !now["state"]["terminated"].is_object();
        for _ in list(new, &pointer).iter().filter(lives) {
            let at = path.child(key).index(index).child("state");
            found.forbidden(&at, "may not be transitioned to non-terminated state");
        }
    }
}

/// One address of each family at most. One that stands there already is not read again.
fn ips(path: &Path, key: &str, kind: &str, (old, new): (&Value, &Value), found: &mut Findings) {
    let path = path.child(key);
    let pointer = format!("/status/{key}");
    let (held, all) = (list(old, &pointer), list(new, &pointer));
    for (index, ip) in all.iter().enumerate().filter(|(_, ip)| !held.contains(ip)) {
        addresses::address(&path.index(index), text(ip, "/ip"), found);
    }
    if all.len() < 2 {
        return;
    }
    let shown: Vec<String> = all.iter().map(|ip| internal::print(kind, ip)).collect();
    let family = |ip: &Value| addresses::sloppy(text(ip, "/ip")).map(|ip| ip.is_ipv4());
    let mixed = all.iter().any(|ip| family(ip) != family(&all[0]));
    let mut alone = Findings::default();
    if !mixed || all.len() > 2 {
        let detail = "may specify no more than one IP for each IP family";
        alone.invalid_printed(&path, &format!("[{}]", shown.join(",")), detail);
    }
    let twice = (0..all.len()).filter(|index| all[..*index].contains(&all[*index]));
    let mut repeated = Findings::default();
    twice.for_each(|index| repeated.duplicate_printed(&path.index(index), &shown[index], ""));
    // Of a pod the families come first, of its host what is there twice.
    let (first, second) = if key == "podIPs" { (alone, repeated) } else { (repeated, alone) };
    found.extend(first.into_inner());
    found.extend(second.into_inner());
}

/// As whom containers run, by the operating system of their pod.
fn users(path: &Path, statuses: &[Value], os: &str, found: &mut Findings) {
    for (index, status) in statuses.iter().enumerate() {
        let Some(user) = status.pointer("/user/linux").filter(|user| user.is_object()) else { continue };
        let at = path.index(index).child("user.linux");
        if os == "windows" {
            found.forbidden(&at, "cannot be set for a windows pod");
            continue;
        }
        let mut check = |at: &Path, id: Option<&Value>| {
            if let Some(id) = id.and_then(Value::as_i64) {
                names::id(id).iter().for_each(|detail| found.invalid(at, id, detail));
            }
        };
        check(&at.child("uid"), user.get("uid"));
        check(&at.child("gid"), user.get("gid"));
        for (place, group) in list(user, "/supplementalGroups").iter().enumerate() {
            check(&at.child("supplementalGroups").index(place), Some(group));
        }
    }
}
