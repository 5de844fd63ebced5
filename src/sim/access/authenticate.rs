//! Whose token is it? Those of service accounts are read and checked against what is stored, by drill time.

use super::impersonate::impersonate;
use super::{Attributes, ISSUER, User};
use crate::call::{Call, Credential};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::look::text;
use crate::sim::object;
use crate::sim::status::Refusal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// How long after its end a token still counts, in seconds.
const LEEWAY: i64 = 60;

const INVALID: &str = "invalid bearer token";

/// Who makes a call; a refusal where nobody knows, or where the caller may not act as whom it wants.
pub(crate) fn authenticate(world: &World, call: &Call, now: Moment) -> Result<User, Refusal> {
    let user = match &call.caller.credential {
        Credential::Cluster => User::administrator(),
        Credential::Token(token) => {
            whose(world, token, &[ISSUER], now).map_err(|_| Refusal::unauthorized())?
        }
    };
    match &call.caller.acting_as {
        None => Ok(user),
        Some(wanted) => impersonate(world, &user, &Attributes::of(call), wanted),
    }
}

/// Whose token this is, for one of these audiences; the error is what a TokenReview tells.
pub(crate) fn whose(world: &World, token: &str, audiences: &[&str], now: Moment) -> Result<User, String> {
    let Some((claims, ours)) = world.keys().read(token) else { return Err(INVALID.to_owned()) };
    let legacy = claims["iss"] == "kubernetes/serviceaccount";
    if !legacy && claims["iss"] != ISSUER {
        return Err(INVALID.to_owned());
    }
    let told = |why: String| format!("[{INVALID}, {why}]");
    if !ours {
        return Err(told("go-jose/go-jose: error in cryptographic primitive".to_owned()));
    }
    if legacy {
        return older(world, &claims, token).map_err(told);
    }
    let meant: Vec<&str> = claims["aud"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !meant.iter().any(|audience| audiences.contains(audience)) {
        let why = format!(
            "token audiences {} is invalid for the target audiences {}",
            go_list(&meant),
            go_list(audiences)
        );
        return Err(told(why));
    }
    bound(world, &claims, now).map_err(told)
}

fn go_list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", words.join(" "))
}

/// A token that was requested: it ends by time, with its account, and with the object that it is bound to.
fn bound(world: &World, claims: &Value, now: Moment) -> Result<User, String> {
    let second = now.as_micros().div_euclid(1_000_000);
    let at = |claim: &str| claims[claim].as_i64().unwrap_or(0);
    if second > at("exp") + LEEWAY {
        return Err("service account token has expired".to_owned());
    }
    if second < at("nbf") - LEEWAY {
        return Err("service account token is not valid yet".to_owned());
    }
    let own = &claims["kubernetes.io"];
    let (namespace, account) = (text(own, "/namespace"), &own["serviceaccount"]);
    let name = text(account, "/name");
    let uid = account_uid(world, namespace, name)?;
    if uid != text(account, "/uid") {
        return Err(format!("service account UID ({uid}) does not match claim ({})", text(account, "/uid")));
    }
    for (kind, resource, word) in
        [("secret", "secrets", "secret"), ("pod", "pods", "pod"), ("node", "nodes", "node")]
    {
        let Some(reference) = own.get(kind) else { continue };
        // The node of a pod is told, not checked.
        if kind == "node" && own.get("pod").is_some() {
            continue;
        }
        let within = if kind == "node" { "" } else { namespace };
        let found = world.store.snapshot().find("", resource, within, text(reference, "/name"));
        let Some(found) = found.filter(|found| !gone(found, now)) else {
            return Err("service account token has been invalidated".to_owned());
        };
        let (uid, claimed) = (object::meta(found, "uid"), text(reference, "/uid"));
        if uid != claimed {
            let name = if kind == "pod" {
                "pod UID"
            } else if kind == "node" {
                "node UID"
            } else {
                "secret UID"
            };
            return Err(format!(
                "{name} ({uid}) does not match service account {word} ref claim ({claimed})"
            ));
        }
    }
    let mut user = User::account(namespace, name, &uid);
    let mut extra = |key: &str, value: &str| {
        if !value.is_empty() {
            user.extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value.to_owned()]);
        }
    };
    extra("credential-id", &format!("JTI={}", text(claims, "/jti")));
    for kind in ["pod", "node"] {
        extra(&format!("{kind}-name"), text(&own[kind], "/name"));
        extra(&format!("{kind}-uid"), text(&own[kind], "/uid"));
    }
    Ok(user)
}

/// Whether an object was to be gone a while ago.
fn gone(object: &Value, now: Moment) -> bool {
    let deleted = Moment::parse(object::meta(object, "deletionTimestamp"));
    deleted.is_some_and(|deleted| deleted.as_micros() + LEEWAY * 1_000_000 < now.as_micros())
}

fn account_uid(world: &World, namespace: &str, name: &str) -> Result<String, String> {
    let found = world.store.snapshot().find("", "serviceaccounts", namespace, name);
    let found = found.ok_or_else(|| format!("serviceaccounts {name:?} not found"))?;
    Ok(object::meta(found, "uid").to_owned())
}

/// A token that a Secret holds: it lasts as long as the Secret and the account.
fn older(world: &World, claims: &Value, token: &str) -> Result<User, String> {
    let claim =
        |name: &str| claims[format!("kubernetes.io/serviceaccount/{name}")].as_str().unwrap_or_default();
    let (namespace, name) = (claim("namespace"), claim("service-account.name"));
    let secret = world.store.snapshot().find("", "secrets", namespace, claim("secret.name"));
    let held = secret.and_then(|secret| secret["data"]["token"].as_str()).unwrap_or_default();
    if STANDARD.decode(held).ok().as_deref() != Some(token.as_bytes()) {
        return Err("service account token has been invalidated".to_owned());
    }
    let uid = account_uid(world, namespace, name)?;
    if uid != claim("service-account.uid") {
        let claimed = claim("service-account.uid");
        return Err(format!("service account UID ({uid}) does not match claim ({claimed})"));
    }
    Ok(User::account(namespace, name, &uid))
}
