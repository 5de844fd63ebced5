//! Tokens for service accounts: what a TokenRequest is refused or given, and the token of a Secret of type
//! `kubernetes.io/service-account-token`.

use super::user::account_name;
use super::{ISSUER, Keys};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::look::text;
use crate::sim::names;
use crate::sim::object::{self, set_meta};
use crate::sim::resources;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// The lifetime that kubelets ask for, which means one that is to be warned about rather than kept.
const WARNED: i64 = 3607;
/// The lifetime that they get.
const EXTENDED: i64 = 365 * 24 * 60 * 60;

/// Completes a TokenRequest for an account with the token. `request` is of the kind and version of the path.
pub(crate) fn request_token(
    world: &mut World,
    account: &Object,
    mut request: Value,
    now: Moment,
) -> Result<Value, Refusal> {
    let (name, namespace) = (object::name(account).to_owned(), object::meta(account, "namespace").to_owned());
    for (field, own) in [("name", &name), ("namespace", &namespace)] {
        let given = object::meta(&request, field).to_owned();
        if !given.is_empty() && given != *own {
            let message =
                format!("Invalid value: {given:?}: must match the service account {field} if specified");
            return Err(invalid(&name, &format!("metadata.{field}"), message));
        }
        set_meta(&mut request, field, json!(own));
    }
    let (asked, uid) = (object::meta(&request, "uid").to_owned(), object::meta(account, "uid").to_owned());
    if !asked.is_empty() && asked != uid {
        let why = format!(
            "the UID in the token request ({asked}) does not match the UID of the service account ({uid})"
        );
        return Err(Refusal::clash("authentication.k8s.io", "TokenRequest", &name, &why));
    }
    set_meta(&mut request, "uid", json!(uid));
    set_meta(&mut request, "creationTimestamp", json!(now.rfc3339()));
    if request["spec"]["audiences"].as_array().is_none_or(Vec::is_empty) {
        request["spec"]["audiences"] = json!([ISSUER]);
    }
    let seconds = request["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    let outside = match seconds {
        ..600 => Some("may not specify a duration less than 10 minutes"),
        600..=4_294_967_296 => None,
        _ => Some("may not specify a duration larger than 2^32 seconds"),
    };
    if let Some(why) = outside {
        return Err(invalid("", "spec.expirationSeconds", format!("Invalid value: {seconds}: {why}")));
    }
    request["spec"]["expirationSeconds"] = json!(seconds);
    let bound = bound(world, &request, &namespace, &name)?;
    if request["spec"].get("boundObjectRef").is_none() {
        request["spec"]["boundObjectRef"] = Value::Null;
    }
    let own = request["spec"]["audiences"] == json!([ISSUER]);
    let extended = seconds == WARNED && own && bound.iter().any(|(kind, _)| *kind == "pod");
    let jti = {
        let count = world.store.count();
        names::uid(world.config.seed, count)
    };
    let start = now.as_micros().div_euclid(1_000_000);
    let mut kubernetes = json!({ "namespace": namespace });
    for (kind, reference) in bound {
        kubernetes[kind] = reference;
    }
    kubernetes["serviceaccount"] = json!({"name": name, "uid": uid});
    if extended {
        kubernetes["warnafter"] = json!(start + seconds);
    }
    let claims = json!({
        "aud": request["spec"]["audiences"], "exp": start + if extended { EXTENDED } else { seconds }, "iat": start,
        "iss": ISSUER, "jti": jti, "kubernetes.io": kubernetes, "nbf": start, "sub": account_name(&namespace, &name),
    });
    let until = now.after(Duration::from_secs(seconds.unsigned_abs()));
    request["status"] = json!({"token": world.keys().sign(&claims), "expirationTimestamp": until.rfc3339()});
    Ok(request)
}

fn invalid(name: &str, field: &str, message: String) -> Refusal {
    let violation = Violation { reason: "FieldValueInvalid", field: field.to_owned(), message };
    Refusal::invalid("authentication.k8s.io", "TokenRequest", name, &[violation])
}

/// The claims about the object that a token is bound to.
fn bound(
    world: &World,
    request: &Value,
    namespace: &str,
    account: &str,
) -> Result<Vec<(&'static str, Value)>, Refusal> {
    let Some(reference) = request["spec"].get("boundObjectRef").filter(|reference| reference.is_object())
    else {
        return Ok(Vec::new());
    };
    let (version, kind, name) =
        (text(reference, "/apiVersion"), text(reference, "/kind"), text(reference, "/name"));
    let (claim, resource, within) = match (version, kind) {
        // Only the group is looked at.
        (core, "Pod") if !core.contains('/') => ("pod", "pods", namespace),
        (core, "Secret") if !core.contains('/') => ("secret", "secrets", namespace),
        (core, "Node") if !core.contains('/') => ("node", "nodes", ""),
        _ => {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            let why = format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
            return Err(Refusal::bad_request(why));
        }
    };
    let of = resources::of_kind("", "v1", kind).expect("pods, secrets and nodes are built in");
    let found = world.store.snapshot().find("", resource, within, name);
    let found = found.ok_or_else(|| Refusal::not_found(&of, name))?;
    if claim == "pod" && text(found, "/spec/serviceAccountName") != account {
        return Err(Refusal::bad_request(format!(
            "cannot bind token for serviceaccount {account:?} to pod running with different serviceaccount name."
        )));
    }
    let (uid, asked) = (object::meta(found, "uid"), text(reference, "/uid"));
    if !asked.is_empty() && asked != uid {
        let why = format!(
            "the UID in the bound object reference ({asked}) does not match the UID in record. The object might have \
             been deleted and then recreated"
        );
        return Err(Refusal::clash("", kind, name, &why));
    }
    let mut claims = vec![(claim, json!({"name": name, "uid": uid}))];
    let node = text(found, "/spec/nodeName");
    if claim == "pod" && !node.is_empty() {
        let stored = world.store.snapshot().find("", "nodes", "", node);
        let mut told = json!({ "name": node });
        if let Some(uid) = stored.map(|stored| object::meta(stored, "uid")) {
            told["uid"] = json!(uid);
        }
        claims.insert(0, ("node", told));
    }
    Ok(claims)
}

/// The token that a Secret of an account holds: it has no end.
pub(crate) fn legacy_token(keys: &Keys, account: &Value, secret: &str) -> String {
    let (name, namespace) = (object::name(account), object::meta(account, "namespace"));
    keys.sign(&json!({
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": name,
        "kubernetes.io/serviceaccount/service-account.uid": object::meta(account, "uid"),
        "sub": account_name(namespace, name),
    }))
}
