//! The controllers of namespaces: what every namespace holds from its start (its default ServiceAccount and the
//! cluster's root certificate), and what happens when one is deleted.

use super::call::{self, Work, delete_at, path_of, put, resource};
use super::object::{list, name, terminating, text};
use super::{Controller, MANAGER, View};
use crate::snapshot::{Change, Key, Object};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ROOT_CA: &str = "kube-root-ca.crt";

/// Empties namespaces that are being deleted, and lets them go.
pub(super) const CONTROLLER: Controller = Controller {
    name: "namespace-controller",
    program: MANAGER,
    watches: &[("*", "*")],
    wakes: |change| match change {
        Change::Added(key, _) | Change::Changed(key, _, _) => &*key.resource == "namespaces",
        Change::Removed(_, _) => true,
    },
    run: |view| {
        let mut work = Work::default();
        for namespace in namespaces(view).filter(|namespace| terminating(namespace)) {
            empty(view, namespace, &mut work);
        }
        work
    },
};

/// Gives every namespace its `default` ServiceAccount.
pub(super) const ACCOUNTS: Controller = Controller {
    name: "service-account-controller",
    program: MANAGER,
    watches: &[("", "namespaces"), ("", "serviceaccounts")],
    wakes: came_or_went,
    run: |view| {
        let mut work = Work::default();
        for namespace in
            namespaces(view).filter(|namespace| !terminating(namespace)).map(|object| name(object))
        {
            if view.find(resource::SERVICE_ACCOUNTS, namespace, "default").is_none() {
                work.call(call::create(
                    resource::SERVICE_ACCOUNTS,
                    &json!({
                        "kind": "ServiceAccount", "apiVersion": "v1",
                        "metadata": {"name": "default", "namespace": namespace},
                    }),
                ));
            }
        }
        work
    },
};

/// Publishes the cluster's root certificate in every namespace.
pub(super) const CERTIFICATES: Controller = Controller {
    name: "root-ca-certificate-publisher",
    program: MANAGER,
    watches: &[("", "namespaces"), ("", "configmaps")],
    wakes: came_or_went,
    run: |view| {
        let mut work = Work::default();
        for namespace in
            namespaces(view).filter(|namespace| !terminating(namespace)).map(|object| name(object))
        {
            if view.find(resource::CONFIG_MAPS, namespace, ROOT_CA).is_none() {
                let object = certificate(view, namespace);
                work.call(call::create(resource::CONFIG_MAPS, &object));
            }
        }
        work
    },
};

/// A namespace is new, or something that it should hold is gone.
fn came_or_went(change: &Change<'_>) -> bool {
    match change {
        Change::Added(key, _) => &*key.resource == "namespaces",
        Change::Changed(_, _, _) => false,
        Change::Removed(key, _) => matches!(&*key.name, "default" | ROOT_CA),
    }
}

fn namespaces<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Object> {
    let one = view.namespace.and_then(|name| view.find(resource::NAMESPACES, "", name));
    let all = view.namespace.is_none().then(|| view.snapshot.list("", "namespaces", Some("")));
    one.into_iter().chain(all.into_iter().flatten().map(|(_, object)| object))
}

/// The ConfigMap with the root certificate. The simulation authenticates nobody by it, so that it holds a text of
/// a certificate's form, the same for the same seed.
fn certificate(view: &View<'_>, namespace: &str) -> Value {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let line = |number: usize| -> String {
        let mut text = String::new();
        for part in 0..8 {
            let drawn = view.config.seed.draw(&format!("root-ca/{number}/{part}"));
            text.extend(drawn.to_be_bytes().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])));
        }
        text
    };
    let lines: Vec<String> = (0..12).map(line).collect();
    let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    json!({
        "kind": "ConfigMap", "apiVersion": "v1",
        "metadata": {
            "name": ROOT_CA, "namespace": namespace,
            "annotations": {"kubernetes.io/description":
                "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
                 such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
                 distributions of Kubernetes clusters."},
        },
        "data": {"ca.crt": text},
    })
}

/// Deletes the pods first, then all else; lets the namespace go when nothing is left.
fn empty(view: &View<'_>, namespace: &Object, work: &mut Work) {
    let inside = |(key, _): &(&Key, &Object)| *key.namespace == *name(namespace);
    let content: Vec<(&Key, &Object)> = view.snapshot.iter().filter(inside).collect();
    let finalizers = list(namespace, "/spec/finalizers");
    if content.is_empty() {
        if !list(namespace, "/status/conditions").is_empty()
            || !list(namespace, "/metadata/finalizers").is_empty()
        {
            tell(view, namespace, &content, work);
        }
        if !work.steps.is_empty() {
            return;
        }
        if finalizers.iter().any(|finalizer| finalizer == "kubernetes") {
            let mut done = Value::clone(namespace);
            let rest: Vec<&Value> =
                finalizers.iter().filter(|finalizer| *finalizer != "kubernetes").collect();
            done["spec"]["finalizers"] = json!(rest);
            work.call(put(resource::NAMESPACES, &done, "finalize"));
        }
        return;
    }
    let is_pod = |key: &Key| key.group.is_empty() && &*key.resource == "pods";
    let pods = content.iter().any(|(key, _)| is_pod(key));
    for (key, object) in content.iter().filter(|(key, object)| is_pod(key) == pods && !terminating(object)) {
        work.call(delete_at(path_of(key, object), object, Some("Background")));
    }
    if pods {
        // As long as pods are left nothing else is looked at, and nothing is said to remain.
        tell(view, namespace, &[], work);
    } else if work.steps.is_empty() {
        tell(view, namespace, &content, work);
    }
}

/// Notes in the namespace's conditions what it still waits for.
fn tell(view: &View<'_>, namespace: &Object, content: &[(&Key, &Object)], work: &mut Work) {
    let mut resources: BTreeMap<String, usize> = BTreeMap::new();
    let mut holds: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, object) in content {
        *resources.entry(format!("{}.{}", key.resource, key.group)).or_default() += 1;
        for finalizer in list(object, "/metadata/finalizers").iter().filter_map(Value::as_str) {
            *holds.entry(finalizer).or_default() += 1;
        }
    }
    let left: Vec<String> =
        resources.iter().map(|(what, count)| format!("{what} has {count} resource instances")).collect();
    let held: Vec<String> =
        holds.iter().map(|(what, count)| format!("{what} in {count} resource instances")).collect();
    let left = if left.is_empty() {
        ("False", "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        ("True", "SomeResourcesRemain", format!("Some resources are remaining: {}", left.join(", ")))
    };
    let held = if held.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
    } else {
        let message = format!("Some content in the namespace has finalizers remaining: {}", held.join(", "));
        ("True", "SomeFinalizersRemain", message)
    };
    let fine = |reason, message: &str| ("False", reason, message.to_owned());
    let all = [
        (
            "NamespaceDeletionDiscoveryFailure",
            fine("ResourcesDiscovered", "All resources successfully discovered"),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            fine("ParsedGroupVersions", "All legacy kube types successfully parsed"),
        ),
        (
            "NamespaceDeletionContentFailure",
            fine("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        ),
        ("NamespaceContentRemaining", left),
        ("NamespaceFinalizersRemaining", held),
    ];
    let old = list(namespace, "/status/conditions");
    let conditions: Vec<Value> = all
        .into_iter()
        .map(|(kind, (state, reason, message))| {
            let held = old.iter().find(|held| held["type"] == kind && held["status"] == state);
            let since = held.map_or_else(|| view.now.rfc3339(), |held| text(held, "/lastTransitionTime").to_owned());
            json!({"type": kind, "status": state, "lastTransitionTime": since, "reason": reason, "message": message})
        })
        .collect();
    let mut status = namespace["status"].clone();
    status["conditions"] = json!(conditions);
    if status != namespace["status"] {
        work.call(call::update_status(resource::NAMESPACES, namespace, status));
    }
}
