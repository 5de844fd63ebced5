//! What a security context says for Windows: credentials of a managed service account, and the user to run as.

use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{self, is_true, list, text};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// The longest credential that is taken, in KiB.
const CREDENTIAL: usize = 64;
/// A domain is shorter than this, and a user no longer than that.
const DOMAIN: usize = 256;
const USER: usize = 104;

static EXPRESSIONS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    [r#"^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$"#.to_owned(), format!(r"^{label}(?:\.{label})*$")]
        .map(|text| Regex::new(&text).expect("a valid expression"))
});

/// The `windowsOptions` of a security context.
pub(super) fn options(path: &Path, context: &Value, found: &mut Findings) {
    let Some(options) = context.get("windowsOptions").filter(|options| options.is_object()) else { return };
    let given = |key: &str| options.get(key).and_then(Value::as_str);
    if let Some(name) = given("gmsaCredentialSpecName") {
        found.invalid_each(&path.child("gmsaCredentialSpecName"), name, names::subdomain(name));
    }
    if let Some(credential) = given("gmsaCredentialSpec") {
        let at = path.child("gmsaCredentialSpec");
        if credential.is_empty() {
            found.invalid(&at, credential, "gmsaCredentialSpec cannot be an empty string");
        } else if credential.len() > CREDENTIAL * 1024 {
            let detail = format!("gmsaCredentialSpec size must be under {CREDENTIAL} KiB");
            found.invalid(&at, credential, &detail);
        }
    }
    if given("runAsUserName").is_some() {
        let name = text(options, "/runAsUserName");
        let told = user(name).into_iter().map(|why| format!("runAsUserName{why}"));
        found.invalid_each(&path.child("runAsUserName"), name, told);
    }
}

/// Containers that run as processes of the host: all of a pod or none, and on the network of the host.
pub(super) fn host_processes(path: &Path, spec: &Value, found: &mut Findings) {
    let key = "/securityContext/windowsOptions/hostProcess";
    let of_pod = look::at(spec, key).and_then(Value::as_bool);
    let (mut all, mut hosted) = (0, 0);
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in list(spec, &format!("/{field}")).iter().enumerate() {
            let own = look::at(container, key).and_then(Value::as_bool);
            if let (Some(pod), Some(own)) = (of_pod, own)
                && pod != own
            {
                let at = path.child(field).index(index).child("securityContext.windowsOptions.hostProcess");
                let detail =
                    format!("pod hostProcess value must be identical if both are specified, was {pod}");
                found.invalid(&at, own, &detail);
            }
            all += 1;
            hosted += i32::from(own.or(of_pod).unwrap_or(false));
        }
    }
    if hosted > 0 && hosted != all {
        let detail =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        found.invalid(path, "", detail);
    }
    if hosted > 0 && !is_true(spec, "/hostNetwork") {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        found.invalid(&path.child("hostNetwork"), false, detail);
    }
}

/// What is wrong with `DOMAIN\USER`.
fn user(name: &str) -> Vec<String> {
    if name.is_empty() {
        return vec![" cannot be an empty string".to_owned()];
    }
    if name.chars().any(|c| c.is_ascii_control()) {
        return vec![" cannot contain control characters".to_owned()];
    }
    if name.matches('\\').count() > 1 {
        return vec![" cannot contain more than one backslash".to_owned()];
    }
    let (domain, user) = name.split_once('\\').map_or((None, name), |(domain, user)| (Some(domain), user));
    let mut told = Vec::new();
    if domain.is_some_and(|domain| domain.len() >= DOMAIN) {
        told.push(format!("'s Domain length must be under {DOMAIN} characters"));
    }
    if domain.is_some_and(|domain| !EXPRESSIONS.iter().any(|expression| expression.is_match(domain))) {
        told.push("'s Domain doesn't match the NetBios nor the DNS format".to_owned());
    }
    if user.is_empty() {
        told.push("'s User cannot be empty".to_owned());
    } else if user.len() > USER {
        told.push(format!("'s User length must not be longer than {USER} characters"));
    }
    if !user.is_empty() && user.chars().all(|c| matches!(c, '.' | ' ')) {
        told.push("'s User cannot contain only periods or spaces".to_owned());
    }
    if user.contains(|c: char| r#""/\:;|=,+*?<>@[]"#.contains(c)) {
        told.push(r#"'s User cannot contain the following characters: "/\:;|=,+*?<>@[]"#.to_owned());
    }
    told
}
