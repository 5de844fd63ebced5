//! Admission on creation and update: what the plugins of a cluster that kubeadm made add to objects or refuse.

use super::Asked;
use crate::sim::World;
use crate::sim::object;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use serde_json::{Value, json};

const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// NamespaceLifecycle: nothing is created in a namespace that is missing or going.
pub(super) fn namespace_is_open(world: &World, asked: &Asked<'_>, name: &str) -> Result<(), Refusal> {
    if !asked.of.namespaced {
        return Ok(());
    }
    let namespace = asked.namespace();
    match world.store.snapshot().find("", "namespaces", "", namespace) {
        None => Err(Refusal::no_namespace(namespace)),
        Some(found) if object::is_terminating(found) => Err(Refusal::terminating(&asked.of, name, namespace)),
        Some(_) => Ok(()),
    }
}

/// What the plugins make of a new object.
pub(super) fn create(world: &mut World, asked: &Asked<'_>, object: &mut Value) -> Result<(), Refusal> {
    match (asked.of.group.as_str(), asked.of.kind.as_str()) {
        ("", "Pod") => {
            if world.config.controllers {
                service_account(world, asked, object)?;
            }
            priority(world, asked, object)?;
            tolerations(object);
        }
        ("", "Namespace") => {
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        ("", "PersistentVolumeClaim") => {
            hold(object, "kubernetes.io/pvc-protection");
            storage_class(world, object);
        }
        ("", "PersistentVolume") => hold(object, "kubernetes.io/pv-protection"),
        _ => {}
    }
    Ok(())
}

/// What the plugins make of a changed object.
pub(super) fn update(
    _world: &World,
    asked: &Asked<'_>,
    old: &Object,
    object: &mut Value,
) -> Result<(), Refusal> {
    if asked.of.group.is_empty() && asked.of.kind == "Pod" {
        for field in ["priority", "preemptionPolicy"] {
            if object["spec"].get(field).is_none() && old["spec"].get(field).is_some() {
                object["spec"][field] = old["spec"][field].clone();
            }
        }
        tolerations(object);
    }
    if asked.of.group.is_empty() && asked.of.kind == "Namespace" {
        let name = object["metadata"]["name"].clone();
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
    }
    Ok(())
}

fn hold(object: &mut Value, finalizer: &str) {
    let mut finalizers = object::finalizers(object);
    if !finalizers.iter().any(|f| f == finalizer) {
        finalizers.push(finalizer.to_owned());
        object::set_finalizers(object, &finalizers);
    }
}

/// DefaultStorageClass: a claim that names no class gets the one that is marked as the default.
fn storage_class(world: &World, object: &mut Value) {
    if object["spec"].get("storageClassName").is_some() {
        return;
    }
    let snapshot = world.store.snapshot();
    let mut classes = snapshot.list("storage.k8s.io", "storageclasses", None);
    let default = classes.find(|(_, class)| {
        class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    });
    if let Some((_, class)) = default {
        object["spec"]["storageClassName"] = class["metadata"]["name"].clone();
    }
}

/// ServiceAccount: every pod runs as an account whose token it finds mounted.
fn service_account(world: &mut World, asked: &Asked<'_>, pod: &mut Value) -> Result<(), Refusal> {
    let named = pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
    let account = named.unwrap_or("default").to_owned();
    let namespace = asked.namespace().to_owned();
    let found = world.store.snapshot().find("", "serviceaccounts", &namespace, &account).cloned();
    let Some(found) = found else {
        let why = format!(
            "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
        );
        return Err(Refusal::forbidden(&asked.of, object::name(pod), &why));
    };
    pod["spec"]["serviceAccountName"] = json!(account);
    pod["spec"]["serviceAccount"] = json!(account);
    if pod["spec"].get("imagePullSecrets").is_none()
        && let Some(secrets) = found.get("imagePullSecrets")
    {
        pod["spec"]["imagePullSecrets"] = secrets.clone();
    }
    let automount = pod["spec"]["automountServiceAccountToken"].as_bool();
    if automount.or(found["automountServiceAccountToken"].as_bool()) != Some(false) {
        let count = world.store.count();
        let name = crate::sim::names::suffixed(world.config.seed, count, "kube-api-access-");
        mount_token(pod, &name);
    }
    Ok(())
}

fn mount_token(pod: &mut Value, volume: &str) {
    let mut mounted = false;
    for field in ["initContainers", "containers"] {
        let containers = pod["spec"].get_mut(field).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let mounts = container["volumeMounts"].as_array();
            if mounts.into_iter().flatten().any(|mount| mount["mountPath"] == TOKEN_PATH) {
                continue;
            }
            mounted = true;
            append(
                &mut container["volumeMounts"],
                json!({"name": volume, "readOnly": true, "mountPath": TOKEN_PATH}),
            );
        }
    }
    if mounted {
        append(&mut pod["spec"]["volumes"], token_volume(volume));
    }
}

fn append(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(list) => list.push(item),
        None => *list = json!([item]),
    }
}

fn token_volume(name: &str) -> Value {
    let namespace =
        json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
    json!({"name": name, "projected": {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [namespace]}},
        ],
        "defaultMode": 420,
    }})
}

/// Priority: the number of the named class, of the default class, or 0.
fn priority(world: &World, asked: &Asked<'_>, pod: &mut Value) -> Result<(), Refusal> {
    let named = pod["spec"]["priorityClassName"].as_str().unwrap_or_default().to_owned();
    let snapshot = world.store.snapshot();
    let class = match named.as_str() {
        "" => {
            let mut classes = snapshot.list("scheduling.k8s.io", "priorityclasses", None);
            classes.find(|(_, class)| class["globalDefault"] == true).map(|(_, class)| class.clone())
        }
        name => {
            let found = snapshot.find("scheduling.k8s.io", "priorityclasses", "", name);
            let why = format!("no PriorityClass with name {name} was found");
            Some(found.cloned().ok_or_else(|| Refusal::forbidden(&asked.of, object::name(pod), &why))?)
        }
    };
    let spec = &mut pod["spec"];
    let (value, policy) = match &class {
        None => (json!(0), json!("PreemptLowerPriority")),
        Some(class) => {
            spec["priorityClassName"] = class["metadata"]["name"].clone();
            let policy = class.get("preemptionPolicy").cloned();
            (class["value"].clone(), policy.unwrap_or(json!("PreemptLowerPriority")))
        }
    };
    spec["priority"] = value;
    if spec.get("preemptionPolicy").is_none() {
        spec["preemptionPolicy"] = policy;
    }
    Ok(())
}

/// DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready or not reachable.
fn tolerations(pod: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let present = pod["spec"]["tolerations"].as_array().into_iter().flatten().any(|toleration| {
            let at = toleration["key"].as_str().unwrap_or_default();
            let effect = toleration["effect"].as_str().unwrap_or_default();
            (at == key || at.is_empty()) && (effect == "NoExecute" || effect.is_empty())
        });
        if !present {
            let toleration =
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
            append(&mut pod["spec"]["tolerations"], toleration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_tolerates_a_node_that_is_away_for_five_minutes_unless_it_says_otherwise() {
        let mut pod = json!({"spec": {"tolerations": [{"operator": "Exists"}]}});
        tolerations(&mut pod);
        assert_eq!(pod["spec"]["tolerations"].as_array().map(Vec::len), Some(1));
        let mut pod = json!({"spec": {}});
        tolerations(&mut pod);
        assert_eq!(pod["spec"]["tolerations"].as_array().map(Vec::len), Some(2));
    }
}
