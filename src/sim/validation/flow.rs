//! What flow schemas and priority levels may say: who shares the API server with whom.

use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{is_true, list, number, text};
use serde_json::Value;

const VERBS: [&str; 9] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

/// Above this precedence no FlowSchema matches.
const LAST: i64 = 10_000;

/// A FlowSchema.
pub(super) fn schema(object: &Value, found: &mut Findings) {
    let (path, spec) = (Path::new("spec"), object.get("spec").unwrap_or(&Value::Null));
    precedence(&path.child("matchingPrecedence"), object, found);
    if let Some(method) = spec.get("distinguisherMethod").filter(|method| method.is_object()) {
        let (methods, given) = (["ByNamespace", "ByUser"], text(method, "/type"));
        if !methods.contains(&given) {
            let printed = format!("{{\"Type\":{}}}", Value::from(given));
            found.unsupported_printed(&path.child("distinguisherMethod.type"), &printed, &methods);
        }
    }
    let at = path.child("priorityLevelConfiguration.name");
    match text(spec, "/priorityLevelConfiguration/name") {
        "" => found.required(&at, "must reference a priority level"),
        name => found.invalid_each(&at, name, names::subdomain(name)),
    }
    for (index, rule) in list(spec, "/rules").iter().enumerate() {
        self::rule(&path.child("rules").index(index), rule, found);
    }
    conditions(object, found);
}

fn precedence(path: &Path, object: &Value, found: &mut Findings) {
    let given = number(object, "/spec/matchingPrecedence");
    if given <= 0 {
        found.invalid(path, given, "must be a positive value");
    }
    if given > LAST {
        found.invalid(path, given, &format!("must not be greater than {LAST}"));
    }
    if given == 1 && text(object, "/metadata/name") != "exempt" {
        found.invalid(path, given, "only the schema named 'exempt' may have matchingPrecedence 1");
    }
}

fn rule(path: &Path, rule: &Value, found: &mut Findings) {
    let subjects = list(rule, "/subjects");
    if subjects.is_empty() {
        found.required(&path.child("subjects"), "subjects must contain at least one value");
    }
    for (index, subject) in subjects.iter().enumerate() {
        self::subject(&path.child("subjects").index(index), subject, found);
    }
    let (resources, others) = (list(rule, "/resourceRules"), list(rule, "/nonResourceRules"));
    if resources.is_empty() && others.is_empty() {
        found.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
    }
    for (index, rule) in resources.iter().enumerate() {
        of_resources(&path.child("resourceRules").index(index), rule, found);
    }
    for (index, rule) in others.iter().enumerate() {
        of_others(&path.child("nonResourceRules").index(index), rule, found);
    }
}

/// The kinds of subjects, with the field that describes each.
const SUBJECTS: [(&str, &str); 3] =
    [("Group", "group"), ("ServiceAccount", "serviceAccount"), ("User", "user")];

fn subject(path: &Path, subject: &Value, found: &mut Findings) {
    let kind = text(subject, "/kind");
    let Some((_, own)) = SUBJECTS.iter().find(|(known, _)| *known == kind) else {
        return found.unsupported(&path.child("kind"), kind, &SUBJECTS.map(|(kind, _)| kind));
    };
    let given = |field: &str| subject.get(field).filter(|value| value.is_object());
    let at = path.child(own);
    match given(own) {
        None => found.required(&at, &format!("{own} is required when subject kind is '{kind}'")),
        Some(named) => identity(&at, kind, named, found),
    }
    for field in ["serviceAccount", "user", "group"].iter().filter(|field| *field != own) {
        if given(field).is_some() {
            let known = SUBJECTS.iter().find(|(_, known)| known == field).map_or("", |(kind, _)| kind);
            let detail = format!("{field} is forbidden when subject kind is not '{known}'");
            found.forbidden(&path.child(field), &detail);
        }
    }
}

fn identity(path: &Path, kind: &str, named: &Value, found: &mut Findings) {
    let name = text(named, "/name");
    match name {
        "" => found.required(&path.child("name"), ""),
        name if kind == "ServiceAccount" && name != "*" => {
            found.invalid_each(&path.child("name"), name, names::subdomain(name));
        }
        _any => {}
    }
    if kind != "ServiceAccount" {
        return;
    }
    let at = path.child("namespace");
    match text(named, "/namespace") {
        "" => found.required(&at, "must specify namespace for service account"),
        namespace => found.invalid_each(&at, namespace, names::label(namespace)),
    }
}

fn is_any(values: &[Value]) -> bool {
    values.iter().any(|value| value == "*")
}

/// A list that must not be empty, and names nothing beside `*`. Whether it names single values.
fn members(path: &Path, values: &[Value], empty: &str, what: &str, found: &mut Findings) -> bool {
    if values.is_empty() {
        found.required(path, empty);
    } else if is_any(values) && values.len() > 1 {
        found.invalid(path, values.to_vec(), &format!("if '*' is present, must not specify other {what}"));
    }
    !values.is_empty() && !is_any(values)
}

fn verbs(path: &Path, rule: &Value, found: &mut Findings) {
    let (at, given) = (path.child("verbs"), list(rule, "/verbs"));
    let single = members(&at, given, "verbs must contain at least one value", "verbs", found);
    if single && !given.iter().all(|verb| verb.as_str().is_some_and(|verb| VERBS.contains(&verb))) {
        found.unsupported_printed(&at, &Value::from(given).to_string(), &VERBS);
    }
}

fn of_resources(path: &Path, rule: &Value, found: &mut Findings) {
    verbs(path, rule, found);
    let (groups, resources) = (list(rule, "/apiGroups"), list(rule, "/resources"));
    let empty = "resource rules must supply at least one api group";
    members(&path.child("apiGroups"), groups, empty, "api groups", found);
    let empty = "resource rules must supply at least one resource";
    members(&path.child("resources"), resources, empty, "resources", found);
    let (at, namespaces) = (path.child("namespaces"), list(rule, "/namespaces"));
    if namespaces.is_empty() && is_true(rule, "/clusterScope") {
        return;
    }
    let empty = "resource rules that are not cluster scoped must supply at least one namespace";
    if members(&at, namespaces, empty, "namespaces", found) {
        for (index, namespace) in namespaces.iter().filter_map(Value::as_str).enumerate() {
            let told = names::label(namespace).into_iter();
            let told =
                told.map(|why| format!("each member of this list must be '*' or a DNS-1123 label; {why}"));
            found.invalid_each(&at.index(index), namespace, told);
        }
    }
}

fn of_others(path: &Path, rule: &Value, found: &mut Findings) {
    verbs(path, rule, found);
    let (at, urls) = (path.child("nonResourceURLs"), list(rule, "/nonResourceURLs"));
    let empty = "nonResourceURLs must contain at least one value";
    if members(&at, urls, empty, "non-resource URLs", found) {
        for (index, url) in urls.iter().filter_map(Value::as_str).enumerate() {
            if let Some(why) = url_error(url) {
                found.invalid(&at.index(index), url, why);
            }
        }
    }
}

fn url_error(url: &str) -> Option<&'static str> {
    match url {
        "" => Some("must not be empty"),
        "/" => None,
        url if !url.starts_with('/') => Some("must start with slash"),
        url if url.contains(' ') => Some("must not contain white-space"),
        url if url.contains("//") => Some("must not contain double slash"),
        url => match url.matches('*').count() {
            0 => None,
            1 if url.ends_with("/*") => None,
            _elsewhere => Some("wildcard can only do suffix matching"),
        },
    }
}

/// The conditions of either kind, which their status may name each once.
pub(super) fn conditions(object: &Value, found: &mut Findings) {
    let (path, conditions) = (Path::new("status.conditions"), list(object, "/status/conditions"));
    for (index, condition) in conditions.iter().enumerate() {
        let (at, kind) = (path.index(index).child("type"), text(condition, "/type"));
        if conditions[..index].iter().any(|before| text(before, "/type") == kind) {
            found.duplicate(&at, kind);
        }
        if kind.is_empty() {
            found.required(&at, "");
        }
    }
}
