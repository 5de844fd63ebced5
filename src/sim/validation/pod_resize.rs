//! What a resize may change of a pod: CPU and memory of its containers, as long as the pod's class of service stays and
//! nothing that was asked for is asked for no more.

use super::findings::{Findings, Path, same};
use super::pod_resources;
use crate::sim::look::{list, map, text};
use serde_json::Value;

/// The change of a pod through its subresource `resize`.
pub(super) fn resize(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    if pod_resources::quality(old) != pod_resources::quality(new) {
        let class = text(old, "/status/qosClass");
        found.invalid(&path, class, "Pod QOS Class may not change as a result of resizing");
    }
    if runs_without_support(old) {
        found.forbidden(&path, "Pod running on node without support for resize");
    }
    let lists = ["containers", "initContainers"];
    let before = found.len();
    for field in lists {
        order(&path.child(field), field, of(old, field), of(new, field), found);
    }
    if found.len() > before {
        return;
    }
    for field in ["initContainers", "containers"] {
        for (index, (old, new)) in of(old, field).iter().zip(of(new, field)).enumerate() {
            let at = path.child(field).index(index).child("resources");
            for kind in ["requests", "limits"] {
                let pointer = format!("/resources/{kind}");
                let (held, left) = (map(old, &pointer), map(new, &pointer));
                let left = |key: &str| left.is_some_and(|left| left.contains_key(key));
                if held.is_some_and(|held| held.keys().any(|key| !left(key))) {
                    found.forbidden(&at.child(kind), &format!("resource {kind} cannot be removed"));
                }
            }
        }
    }
    for (old, new) in of(old, "containers").iter().zip(of(new, "containers")) {
        if !same(Some(old), Some(&without_amounts(new, old))) {
            found.forbidden(&path, "only cpu and memory resources are mutable");
        }
    }
    for (index, (old, new)) in of(old, "initContainers").iter().zip(of(new, "initContainers")).enumerate() {
        init(&path.child("initContainers").index(index), old, new, found);
    }
}

fn of<'a>(pod: &'a Value, field: &str) -> &'a [Value] {
    list(pod, &format!("/spec/{field}"))
}

/// Whether a running container has no resources in its status, as on a node that cannot resize.
fn runs_without_support(pod: &Value) -> bool {
    let all = ["/status/containerStatuses", "/status/initContainerStatuses"];
    let mut running =
        all.iter().flat_map(|at| list(pod, at)).filter(|status| status["state"]["running"].is_object());
    running.next().is_some_and(|status| status.get("resources").is_none())
}

/// Containers may neither come nor go nor change places.
fn order(path: &Path, field: &str, old: &[Value], new: &[Value], found: &mut Findings) {
    if old.len() != new.len() {
        return found.forbidden(path, &format!("{field} may not be added or removed on resize"));
    }
    for (index, _) in old.iter().zip(new).enumerate().filter(|(_, (old, new))| old["name"] != new["name"]) {
        let detail = format!("{field} may not be renamed or reordered on resize");
        found.forbidden(&path.index(index).child("name"), &detail);
    }
}

fn init(path: &Path, old: &Value, new: &Value, found: &mut Findings) {
    if !same(Some(old), Some(&without_amounts(new, old))) {
        let detail = "only cpu and memory resources for init or sidecar containers are mutable";
        found.forbidden(path, detail);
    }
    let restarts = |policy: &Value| policy["restartPolicy"] == "RestartContainer";
    let changed = !same(Some(old), Some(new)) && text(new, "/restartPolicy") != "Always";
    if changed && list(new, "/resizePolicy").iter().any(restarts) {
        let detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
        found.forbidden(path, detail);
    }
}

/// The new container with the CPU and the memory of the old one.
fn without_amounts(new: &Value, old: &Value) -> Value {
    let mut mended = new.clone();
    for kind in ["requests", "limits"] {
        let at = format!("/resources/{kind}");
        let mut amounts = map(new, &at).cloned().unwrap_or_default();
        for resource in ["cpu", "memory"] {
            amounts.remove(resource);
            if let Some(amount) = map(old, &at).and_then(|held| held.get(resource)) {
                amounts.insert(resource.to_owned(), amount.clone());
            }
        }
        if !amounts.is_empty() {
            mended["resources"][kind] = Value::Object(amounts);
        } else if let Some(resources) = mended.get_mut("resources").and_then(Value::as_object_mut) {
            resources.remove(kind);
        }
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(old: Value, new: Value) -> Vec<String> {
        let pod = |resources: Value| {
            json!({
                "spec": {"containers": [{"name": "app", "resources": resources}]}, "status": {"qosClass": "Burstable"},
            })
        };
        let mut found = Findings::default();
        resize(&pod(old), &pod(new), &mut found);
        found.into_inner().into_iter().map(|found| format!("{}: {}", found.field, found.message)).collect()
    }

    #[test]
    fn a_resize_changes_cpu_and_memory_and_keeps_what_is_asked_for() {
        let cpu = |amount: &str| json!({"requests": {"cpu": amount}});
        assert_eq!(told(cpu("1"), cpu("2")), [""; 0]);
        assert_eq!(
            told(cpu("1"), json!({})),
            [
                "spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing",
                "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
            ]
        );
        assert_eq!(
            told(cpu("1"), json!({"requests": {"cpu": "1", "ephemeral-storage": "1Gi"}})),
            ["spec: Forbidden: only cpu and memory resources are mutable"]
        );
    }
}
