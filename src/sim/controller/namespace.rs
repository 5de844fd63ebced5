//! The controllers of namespaces: what every namespace holds from its start, which are its default ServiceAccount and
//! the cluster's root certificate. What happens when one is deleted is [`super::emptying`]'s matter.

use super::call::{self, Work, resource};
use super::object::{name, terminating};
use super::{Controller, MANAGER, View};
use crate::snapshot::{Change, Object};
use serde_json::{Value, json};

const ROOT_CA: &str = "kube-root-ca.crt";

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

/// The namespaces that a controller is asked about.
pub(super) fn namespaces<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Object> {
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
