//! What the configurations of admission webhooks may say, and the requests that they and admission policies match.

use super::findings::{Findings, Path};
use super::{admission_policy, names, selectors};
use crate::sim::expression::{Sight, Type};
use crate::sim::look::{list, text};
use serde_json::Value;

const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
pub(super) fn configuration(object: &Value, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, webhook) in list(object, "/webhooks").iter().enumerate() {
        let at = Path::new("webhooks").index(index);
        self::webhook(&at, webhook, found);
        review_versions(
            &at.child("admissionReviewVersions"),
            list(webhook, "/admissionReviewVersions"),
            found,
        );
        let name = text(webhook, "/name");
        if !name.is_empty() && taken.contains(&name) {
            found.duplicate(&at.child("name"), name);
        }
        taken.push(name);
    }
}

fn webhook(path: &Path, webhook: &Value, found: &mut Findings) {
    fully_qualified(&path.child("name"), text(webhook, "/name"), found);
    for (index, rule) in list(webhook, "/rules").iter().enumerate() {
        self::rule(&path.child("rules").index(index), rule, found);
    }
    let given = |key: &str| webhook.get(key).and_then(Value::as_str);
    let choose = |key: &str, supported: &[&str], found: &mut Findings| {
        if let Some(value) = given(key).filter(|value| !supported.contains(value)) {
            found.unsupported(&path.child(key), value, supported);
        }
    };
    choose("failurePolicy", &["Fail", "Ignore"], found);
    choose("matchPolicy", &["Equivalent", "Exact"], found);
    if given("sideEffects").is_none() {
        found.required(&path.child("sideEffects"), "must specify one of None, NoneOnDryRun");
    }
    choose("sideEffects", &["None", "NoneOnDryRun"], found);
    let seconds = webhook.get("timeoutSeconds").and_then(Value::as_i64);
    if let Some(seconds) = seconds.filter(|seconds| !(1..=30).contains(seconds)) {
        let detail = "the timeout value must be between 1 and 30 seconds";
        found.invalid(&path.child("timeoutSeconds"), seconds, detail);
    }
    for key in ["namespaceSelector", "objectSelector"] {
        selectors::selector(&path.child(key), webhook.get(key), found);
    }
    choose("reinvocationPolicy", &["IfNeeded", "Never"], found);
    client(&path.child("clientConfig"), webhook.get("clientConfig").unwrap_or(&Value::Null), found);
    let sight = Sight { authorizer: true, ..Sight::default() };
    conditions(&path.child("matchConditions"), list(webhook, "/matchConditions"), &sight, found);
}

fn client(path: &Path, client: &Value, found: &mut Findings) {
    let service = client.get("service").filter(|service| service.is_object());
    match (client.get("url").and_then(Value::as_str), service) {
        (Some(_), Some(_)) | (None, None) => {
            found.required(path, "exactly one of url or service is required");
        }
        (Some(url), None) => self::url(&path.child("url"), url, found),
        (None, Some(service)) => self::service(&path.child("service"), service, found),
    }
}

fn url(path: &Path, url: &str, found: &mut Findings) {
    let form = "; desired format: https://host[/path]";
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| !scheme.is_empty()).unwrap_or_default();
    if scheme != "https" {
        found.invalid(path, scheme, &format!("'https' is the only allowed URL scheme{form}"));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        found.invalid(path, "", &format!("host must be specified{form}"));
    }
    if let Some((user, _)) = host.split_once('@') {
        found.invalid(path, user, "user information is not permitted in the URL");
    }
    if let Some((_, fragment)) = rest.split_once('#').filter(|(_, fragment)| !fragment.is_empty()) {
        found.invalid(path, fragment, "fragments are not permitted in the URL");
    }
    let before = rest.split('#').next().unwrap_or_default();
    if let Some((_, query)) = before.split_once('?').filter(|(_, query)| !query.is_empty()) {
        found.invalid(path, query, "query parameters are not permitted in the URL");
    }
}

fn service(path: &Path, service: &Value, found: &mut Findings) {
    // kube-apiserver takes the one for the other: that there is no name is told of the namespace.
    for (told, key) in [("name", "/namespace"), ("namespace", "/name")] {
        if text(service, key).is_empty() {
            found.required(&path.child(told), "");
        }
    }
    let port = service.get("port").and_then(Value::as_i64).unwrap_or(443);
    for wrong in names::port_number(port) {
        found.invalid(&path.child("port"), port, &format!("port is not valid: {wrong}"));
    }
    let Some(given) = service.get("path").and_then(Value::as_str) else { return };
    let at = path.child("path");
    // Whatever stands first is taken for the '/'.
    let mut inside = given.chars();
    match inside.next() {
        None => return,
        Some('/') => {}
        Some(_) => found.invalid(&at, given, "must start with a '/'"),
    }
    let inside = inside.as_str();
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    for (index, part) in inside.split('/').enumerate().filter(|_| given != "/") {
        if part.is_empty() {
            let detail = format!("segment[{index}] may not be empty");
            found.invalid(&at, given, &detail);
            continue;
        }
        for wrong in names::subdomain(part) {
            found.invalid(&at, given, &format!("segment[{index}]: {wrong}"));
        }
    }
}

/// The conditions under which a webhook or policy is asked.
pub(super) fn conditions(path: &Path, conditions: &[Value], sight: &Sight, found: &mut Findings) {
    if conditions.len() > 64 {
        found.too_many(path, conditions.len(), 64);
    }
    let mut taken: Vec<&str> = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        let (at, name) = (path.index(index), text(condition, "/name"));
        match text(condition, "/expression").trim() {
            "" => found.required(&at.child("expression"), ""),
            expression => {
                let at = at.child("expression");
                admission_policy::compiles(expression, expression, &at, sight, &[Type::Bool], found);
            }
        }
        match name {
            "" => found.required(&at.child("name"), ""),
            name => {
                found.invalid_each(&at.child("name"), name, names::qualified(name));
                if taken.contains(&name) {
                    found.duplicate(&at.child("name"), name);
                }
                taken.push(name);
            }
        }
    }
}

/// The requests that a rule matches.
pub(super) fn rule(path: &Path, rule: &Value, found: &mut Findings) {
    let texts = |key: &str| -> Vec<&str> {
        list(rule, &format!("/{key}")).iter().filter_map(Value::as_str).collect()
    };
    let star = |held: &[&str]| held.len() > 1 && held.contains(&"*");
    let (at, operations) = (path.child("operations"), texts("operations"));
    if operations.is_empty() {
        found.required(&at, "");
    }
    if star(&operations) {
        let detail = "if '*' is present, must not specify other operations";
        found.invalid(&at, operations.clone(), detail);
    }
    let known = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    for (index, operation) in operations.iter().enumerate().filter(|(_, one)| !known.contains(one)) {
        found.unsupported(&at.index(index), operation, &known);
    }
    for (key, called) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
        let (at, held) = (path.child(key), texts(key));
        if held.is_empty() {
            found.required(&at, "");
        }
        if star(&held) {
            let detail = format!("if '*' is present, must not specify other {called}");
            found.invalid(&at, held.clone(), &detail);
        }
        for (index, _) in held.iter().enumerate().filter(|(_, one)| key == "apiVersions" && one.is_empty()) {
            found.required(&at.index(index), "");
        }
    }
    resources(&path.child("resources"), &texts("resources"), found);
    let scopes = ["*", "Cluster", "Namespaced"];
    if let Some(scope) = rule.get("scope").and_then(Value::as_str)
        && !scopes.contains(&scope)
    {
        found.unsupported(&path.child("scope"), scope, &scopes);
    }
}

fn resources(path: &Path, resources: &[&str], found: &mut Findings) {
    if resources.is_empty() {
        found.required(path, "");
    }
    let (mut all_below, mut below_all): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut has_whole = false;
    for (index, resource) in resources.iter().enumerate() {
        let at = path.index(index);
        if resource.is_empty() {
            found.required(&at, "");
            continue;
        }
        let Some((name, sub)) = resource.split_once('/') else {
            has_whole = *resource != "*";
            continue;
        };
        if all_below.contains(&name) {
            let detail = format!("if '{name}/*' is present, must not specify {resource}");
            found.invalid(&at, *resource, &detail);
        }
        if below_all.contains(&sub) {
            let detail = format!("if '*/{sub}' is present, must not specify {resource}");
            found.invalid(&at, *resource, &detail);
        }
        if sub == "*" {
            all_below.push(name);
        }
        if name == "*" {
            below_all.push(sub);
        }
    }
    if resources.len() > 1 && resources.contains(&"*/*") {
        let detail = "if '*/*' is present, must not specify other resources";
        found.invalid(path, resources.to_vec(), detail);
    }
    if resources.contains(&"*") && has_whole {
        let detail = "if '*' is present, must not specify other resources without subresources";
        found.invalid(path, resources.to_vec(), detail);
    }
}

fn review_versions(path: &Path, versions: &[Value], found: &mut Findings) {
    if versions.is_empty() {
        return found.required(path, "must specify one of v1, v1beta1");
    }
    let mut taken: Vec<&str> = Vec::new();
    for (index, version) in versions.iter().filter_map(Value::as_str).enumerate() {
        if taken.contains(&version) {
            found.invalid(&path.index(index), version, "duplicate version");
            continue;
        }
        taken.push(version);
        found.invalid_each(&path.index(index), version, names::old_label(version));
    }
    if !taken.iter().any(|version| VERSIONS.contains(version)) {
        found.invalid(path, versions.to_vec(), "must include at least one of v1, v1beta1");
    }
}

fn fully_qualified(path: &Path, name: &str, found: &mut Findings) {
    let wrong = names::subdomain(name);
    if name.is_empty() {
        found.required(path, "");
    } else if !wrong.is_empty() {
        found.invalid(path, name, &wrong.join(","));
    } else if name.split('.').count() < 3 {
        found.invalid(path, name, "should be a domain with at least three segments separated by dots");
    }
}
