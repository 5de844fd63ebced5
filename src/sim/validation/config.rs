//! What ConfigMaps and Secrets may hold: keys, size, the keys that a type of Secret asks for; what is frozen.

use super::findings::{Findings, Path, same};
use super::names;
use crate::sim::look::{is_true, map, text};
use serde_json::Value;

/// All values of a ConfigMap or Secret together, in bytes.
const MOST: usize = 1024 * 1024;

/// A ConfigMap.
pub(super) fn config_map(object: &Value, found: &mut Findings) {
    let mut size = 0;
    let binary = map(object, "/binaryData");
    for (key, value) in map(object, "/data").into_iter().flatten() {
        let path = || Path::new("data").key(key);
        if binary.is_some_and(|binary| binary.contains_key(key)) {
            let detail = "duplicate of key present in binaryData";
            found.invalid(&path(), key.as_str(), detail);
        }
        let wrong = names::config_key(key);
        if !wrong.is_empty() {
            found.invalid_each(&path(), key, wrong);
        }
        size += value.as_str().map_or(0, str::len);
    }
    for (key, value) in binary.into_iter().flatten() {
        found.invalid_each(&Path::new("binaryData").key(key), key, names::config_key(key));
        size += decoded_size(value);
    }
    if size > MOST {
        found.too_long(&Path::new("[]"), MOST);
    }
}

/// A Secret.
pub(super) fn secret(object: &Value, found: &mut Findings) {
    let path = Path::new("data");
    let mut size = 0;
    for (key, value) in map(object, "/data").into_iter().flatten() {
        found.invalid_each(&path.key(key), key, names::config_key(key));
        size += decoded_size(value);
    }
    if size > MOST {
        found.too_long(&path, MOST);
    }
    let missing = |key: &str| map(object, "/data").is_none_or(|data| !data.contains_key(key));
    let mut ask = |keys: &[&str]| {
        keys.iter().filter(|key| missing(key)).for_each(|key| found.required(&path.key(key), ""));
    };
    match text(object, "/type") {
        "kubernetes.io/service-account-token" => {
            let account = "kubernetes.io/service-account.name";
            let held = map(object, "/metadata/annotations").and_then(|all| all.get(account));
            if held.and_then(Value::as_str).is_none_or(str::is_empty) {
                found.required(&Path::new("metadata.annotations").key(account), "");
            }
        }
        "kubernetes.io/dockercfg" => {
            ask(&[".dockercfg"]);
            holds_json(&path, ".dockercfg", object, found);
        }
        "kubernetes.io/dockerconfigjson" => {
            ask(&[".dockerconfigjson"]);
            holds_json(&path, ".dockerconfigjson", object, found);
        }
        "kubernetes.io/basic-auth" if missing("username") && missing("password") => {
            ask(&["username", "password"]);
        }
        "kubernetes.io/ssh-auth" if text(object, "/data/ssh-privatekey").is_empty() => {
            found.required(&path.key("ssh-privatekey"), "");
        }
        "kubernetes.io/tls" => ask(&["tls.crt", "tls.key"]),
        _asks_for_nothing => {}
    }
}

fn holds_json(path: &Path, key: &str, secret: &Value, found: &mut Findings) {
    use base64::Engine;
    let Some(data) = map(secret, "/data").and_then(|data| data.get(key)).and_then(Value::as_str) else {
        return;
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap_or_default();
    if serde_json::from_slice::<serde_json::Map<String, Value>>(&bytes).is_err() {
        let detail = match bytes.first() {
            None => "unexpected end of JSON input".to_owned(),
            Some(first) => {
                format!("invalid character '{}' looking for beginning of value", char::from(*first))
            }
        };
        found.invalid(&path.key(key), "<secret contents redacted>", &detail);
    }
}

/// How many bytes base64 text stands for.
/// How many bytes base64 stands for.
pub(super) fn decoded_size(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default().trim_end_matches('=');
    text.len() * 3 / 4
}

/// A Secret's type never changes; what is marked immutable does not change at all.
pub(super) fn update(kind: &str, old: &Value, new: &Value, found: &mut Findings) {
    if kind == "Secret" {
        found.immutable(&Path::new("type"), old.get("type"), new.get("type"));
    }
    if !is_true(old, "/immutable") {
        return;
    }
    let detail = "field is immutable when `immutable` is set";
    if !is_true(new, "/immutable") {
        found.forbidden(&Path::new("immutable"), detail);
    }
    for key in ["data", "binaryData"] {
        if !same(old.get(key), new.get(key)) {
            found.forbidden(&Path::of(key), detail);
        }
    }
}
