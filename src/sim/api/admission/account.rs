//! ServiceAccount: every pod runs as an account whose token it finds mounted.

use super::append;
use crate::sim::World;
use crate::sim::api::Asked;
use crate::sim::status::Refusal;
use serde_json::{Value, json};

const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Gives a new pod its account, the account's pull secrets and a token.
pub(super) fn assign(
    world: &mut World,
    asked: &Asked<'_>,
    called: &str,
    pod: &mut Value,
) -> Result<(), Refusal> {
    let named = pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
    let account = named.unwrap_or("default").to_owned();
    let namespace = asked.namespace().to_owned();
    let found = world.store.snapshot().find("", "serviceaccounts", &namespace, &account).cloned();
    let Some(found) = found else {
        let why = format!(
            "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
        );
        return Err(Refusal::forbidden(&asked.of, called, &why));
    };
    pod["spec"]["serviceAccountName"] = json!(account);
    pod["spec"]["serviceAccount"] = json!(account);
    if pod["spec"]["imagePullSecrets"].as_array().is_none_or(Vec::is_empty)
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
