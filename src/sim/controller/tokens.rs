//! The tokens of Secrets: one of type `kubernetes.io/service-account-token` gets the token of its account, and goes
//! with it.

use super::call::{self, Work, resource};
use super::object::{name, namespace, terminating, text, uid};
use super::{Controller, MANAGER, View};
use crate::sim::access::{Keys, legacy_token};
use crate::snapshot::{Change, Object};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const TYPE: &str = "kubernetes.io/service-account-token";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "tokens-controller",
    program: MANAGER,
    watches: &[("", "secrets"), ("", "serviceaccounts"), ("", "configmaps")],
    wakes: |change| match change {
        Change::Added(key, object) | Change::Changed(key, _, object) => match &*key.resource {
            "secrets" => object["type"] == TYPE,
            "configmaps" => &*key.name == "kube-root-ca.crt",
            _ => true,
        },
        Change::Removed(key, _) => &*key.resource == "serviceaccounts",
    },
    run: |view| {
        let mut work = Work::default();
        for secret in
            view.all(resource::SECRETS).filter(|secret| secret["type"] == TYPE && !terminating(secret))
        {
            fill(view, secret, &mut work);
        }
        work
    },
};

fn fill(view: &View<'_>, secret: &Object, work: &mut Work) {
    let note =
        |field: &str| text(secret, &format!("/metadata/annotations/kubernetes.io~1service-account.{field}"));
    let account = view.find(resource::SERVICE_ACCOUNTS, namespace(secret), note("name"));
    let account = account.filter(|account| note("uid").is_empty() || note("uid") == uid(account));
    let Some(account) = account else {
        work.call(call::delete(resource::SECRETS, secret, None));
        return;
    };
    let Some(authority) = view.find(resource::CONFIG_MAPS, namespace(secret), "kube-root-ca.crt") else {
        return;
    };
    let mut changed = Value::clone(secret);
    changed["metadata"]["annotations"]["kubernetes.io/service-account.uid"] = json!(uid(account));
    if !changed["data"].is_object() {
        changed["data"] = json!({});
    }
    let has = |field: &str| !text(secret, &format!("/data/{field}")).is_empty();
    if !has("ca.crt") {
        changed["data"]["ca.crt"] = json!(STANDARD.encode(text(authority, "/data/ca.crt")));
    }
    if !has("namespace") {
        changed["data"]["namespace"] = json!(STANDARD.encode(namespace(secret)));
    }
    if !has("token") {
        let token = legacy_token(&Keys::of(view.config), account, name(secret));
        changed["data"]["token"] = json!(STANDARD.encode(token));
    }
    if changed != **secret {
        work.call(call::update(resource::SECRETS, &changed));
    }
}
