//! What ValidatingAdmissionPolicies and their bindings may say. Whether their expressions make sense is asked of
//! `expression`.

use super::findings::{Findings, Path};
use super::{names, selectors, webhooks};
use crate::sim::expression::{RESERVED, Sight, Type};
use crate::sim::look::{list, text};
use serde_json::Value;
use std::collections::BTreeMap;

const REASONS: [&str; 3] = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const MOST_ANNOTATIONS: usize = 20;
const LONGEST_VALUE_EXPRESSION: usize = 5 * 1024;

/// ValidatingAdmissionPolicy.
pub(super) fn validating(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let at = path.child("failurePolicy");
    word(&at, spec.get("failurePolicy"), &["Fail", "Ignore"], found);
    let params = spec.get("paramKind").filter(|kind| kind.is_object());
    if let Some(kind) = params {
        param_kind(kind, &path.child("paramKind"), found);
    }
    let at = path.child("matchConstraints");
    match spec.get("matchConstraints").filter(|constraints| constraints.is_object()) {
        None => found.required(&at, ""),
        Some(constraints) => {
            resources(constraints, &at, found);
            if list(constraints, "/resourceRules").is_empty() {
                found.required(&at.child("resourceRules"), "");
            }
        }
    }
    let mut sight = Sight { params: params.is_some(), authorizer: true, variables: None };
    webhooks::conditions(&path.child("matchConditions"), list(spec, "/matchConditions"), &sight, found);
    variables(spec, &path.child("variables"), &mut sight, found);
    content(object, spec, &path, &sight, found);
}

fn content(object: &Value, spec: &Value, path: &Path, sight: &Sight, found: &mut Findings) {
    let (validations, annotations) = (list(spec, "/validations"), list(spec, "/auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        let detail = "validations or auditAnnotations must contain at least one item";
        found.required(&path.child("validations"), detail);
        return found.required(&path.child("auditAnnotations"), detail);
    }
    for (index, validation) in validations.iter().enumerate() {
        self::validation(validation, &path.child("validations").index(index), sight, found);
    }
    let at = path.child("auditAnnotations");
    if annotations.len() > MOST_ANNOTATIONS {
        let detail = format!("must not have more than {MOST_ANNOTATIONS} auditAnnotations");
        found.invalid(&at, annotations.to_vec(), &detail);
    }
    let mut taken: Vec<&str> = Vec::new();
    for (index, one) in annotations.iter().enumerate() {
        let at = at.index(index);
        annotation(text(object, "/metadata/name"), one, &at, sight, found);
        let key = text(one, "/key");
        if taken.contains(&key) {
            found.duplicate(&at.child("key"), key);
        }
        taken.push(key);
    }
}

fn param_kind(kind: &Value, path: &Path, found: &mut Findings) {
    let (version, at) = (text(kind, "/apiVersion"), path.child("apiVersion"));
    let parts: Vec<&str> = version.split('/').collect();
    match parts.as_slice() {
        [""] => found.required(&at, ""),
        [name] => self::version(version, name, &at, found),
        [group, name] => {
            if !group.is_empty() {
                found.invalid_joined(&at, group, &names::subdomain(group));
            }
            self::version(version, name, &at, found);
        }
        _ => found.invalid(&at, version, &format!("unexpected GroupVersion string: {version}")),
    }
    let (name, at) = (text(kind, "/kind"), path.child("kind"));
    let wrong = names::old_label(&name.to_lowercase());
    if name.is_empty() {
        found.required(&at, "");
    } else if !wrong.is_empty() {
        let detail = format!("may have mixed case, but should otherwise match: {}", wrong.join(","));
        found.invalid(&at, name, &detail);
    }
}

fn version(whole: &str, name: &str, path: &Path, found: &mut Findings) {
    match name {
        "" => found.invalid(path, whole, "version must be specified"),
        name => found.invalid_joined(path, name, &names::old_label(name)),
    }
}

/// A word that must be given, and be one of these; an empty one is given.
fn word(path: &Path, given: Option<&Value>, supported: &[&str], found: &mut Findings) {
    match given.and_then(Value::as_str) {
        None => found.required(path, ""),
        Some(given) if supported.contains(&given) => {}
        Some(given) => found.unsupported(path, given, supported),
    }
}

/// The requests that a policy or a binding is about.
fn resources(matched: &Value, path: &Path, found: &mut Findings) {
    word(&path.child("matchPolicy"), matched.get("matchPolicy"), &["Equivalent", "Exact"], found);
    for key in ["namespaceSelector", "objectSelector"] {
        match matched.get(key) {
            None | Some(Value::Null) => found.required(&path.child(key), ""),
            selector => selectors::selector(&path.child(key), selector, found),
        }
    }
    for key in ["resourceRules", "excludeResourceRules"] {
        for (index, rule) in list(matched, &format!("/{key}")).iter().enumerate() {
            let at = path.child(key).index(index);
            let mut taken: Vec<&str> = Vec::new();
            for (index, name) in list(rule, "/resourceNames").iter().filter_map(Value::as_str).enumerate() {
                let at = at.child("resourceNames").index(index);
                found.invalid_each(&at, name, names::path_segment(name));
                if taken.contains(&name) {
                    found.duplicate(&at, name);
                }
                taken.push(name);
            }
            webhooks::rule(&at, rule, found);
        }
    }
}

/// The variables of a policy, each of which sees those before it.
fn variables(spec: &Value, path: &Path, sight: &mut Sight, found: &mut Findings) {
    let variables = list(spec, "/variables");
    if variables.is_empty() {
        return;
    }
    let mut known: BTreeMap<String, Type> = BTreeMap::new();
    for (index, variable) in variables.iter().enumerate() {
        let at = path.index(index);
        let (name, expression) = (text(variable, "/name"), text(variable, "/expression"));
        if name.trim().is_empty() {
            found.required(&at.child("name"), "name is not specified");
        } else if !is_identifier(name) {
            found.invalid(&at.child("name"), name, "must be a valid CEL identifier");
        }
        if expression.trim().is_empty() {
            found.required(&at.child("expression"), "expression is not specified");
            continue;
        }
        sight.variables = Some(known.clone());
        let of = match sight.compile(expression, &[]) {
            Ok(compiled) => compiled.of,
            Err(why) => {
                found.invalid(&at.child("expression"), expression, &why);
                Type::Dyn
            }
        };
        known.insert(name.to_owned(), of);
    }
    sight.variables = Some(known);
}

fn is_identifier(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter)
        && name.chars().all(|c| letter(c) || c.is_ascii_digit())
        && !RESERVED.contains(&name)
}

fn validation(validation: &Value, path: &Path, sight: &Sight, found: &mut Findings) {
    let at = |field: &str| path.child(field);
    let given = |field: &str| text(validation, &format!("/{field}"));
    match given("expression") {
        expression if expression.trim().is_empty() => {
            found.required(&at("expression"), "expression is not specified");
        }
        expression => compiles(expression, expression, &at("expression"), sight, &[Type::Bool], found),
    }
    match given("messageExpression") {
        "" => {}
        told if told.trim().is_empty() => {
            found.invalid(&at("messageExpression"), told, "must be non-empty if specified");
        }
        told => {
            let sight = Sight { authorizer: false, ..sight.clone() };
            compiles(told, told, &at("messageExpression"), &sight, &[Type::String], found);
        }
    }
    let message = given("message");
    if !message.is_empty() && message.trim().is_empty() {
        found.invalid(&at("message"), message, "must be non-empty if specified");
    } else if message.trim().contains(['\n', '\r']) {
        found.invalid(&at("message"), message, "must not contain line breaks");
    }
    if let Some(reason) = validation.get("reason").and_then(Value::as_str)
        && !REASONS.contains(&reason)
    {
        found.unsupported(&at("reason"), reason, &REASONS);
    }
}

/// Says what is wrong with an expression, which is shown as it was written.
pub(super) fn compiles(
    text: &str,
    written: &str,
    path: &Path,
    sight: &Sight,
    wanted: &[Type],
    found: &mut Findings,
) {
    if let Err(why) = sight.compile(text, wanted) {
        found.invalid(path, written, &why);
    }
}

fn annotation(policy: &str, annotation: &Value, path: &Path, sight: &Sight, found: &mut Findings) {
    let (key, at) = (text(annotation, "/key"), path.child("key"));
    match policy {
        "" => found.invalid(&at, key, "requires metadata.name be non-empty"),
        policy => {
            let whole = format!("{policy}/{key}");
            found.invalid_each(&at, &whole, names::qualified(&whole));
        }
    }
    let (written, at) = (text(annotation, "/valueExpression"), path.child("valueExpression"));
    match written.trim() {
        "" => found.required(&at, "valueExpression is not specified"),
        long if long.len() > LONGEST_VALUE_EXPRESSION => {
            found.required(&at, &format!("must not exceed {LONGEST_VALUE_EXPRESSION} bytes in length"));
        }
        value => compiles(value, written, &at, sight, &[Type::String, Type::Null], found),
    }
}

/// ValidatingAdmissionPolicyBinding.
pub(super) fn binding(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let (name, at) = (text(spec, "/policyName"), path.child("policyName"));
    match name {
        "" => found.required(&at, ""),
        name => found.invalid_each(&at, name, names::subdomain(name)),
    }
    if let Some(reference) = spec.get("paramRef").filter(|reference| reference.is_object()) {
        param_ref(reference, &path.child("paramRef"), found);
    }
    if let Some(matched) = spec.get("matchResources").filter(|matched| matched.is_object()) {
        resources(matched, &path.child("matchResources"), found);
    }
    actions(list(spec, "/validationActions"), &path.child("validationActions"), found);
}

fn param_ref(reference: &Value, path: &Path, found: &mut Findings) {
    let name = text(reference, "/name");
    let selector = reference.get("selector").filter(|selector| selector.is_object());
    let both = "name and selector are mutually exclusive";
    if !name.is_empty() {
        found.invalid_each(&path.child("name"), name, names::path_segment(name));
        if selector.is_some() {
            found.forbidden(&path.child("name"), both);
        }
    }
    if selector.is_some() {
        selectors::selector(&path.child("selector"), selector, found);
        if !name.is_empty() {
            found.forbidden(&path.child("selector"), both);
        }
    }
    if name.is_empty() && selector.is_none() {
        found.required(path, "one of name or selector must be specified");
    }
    let at = path.child("parameterNotFoundAction");
    word(&at, reference.get("parameterNotFoundAction"), &["Deny", "Allow"], found);
}

fn actions(actions: &[Value], path: &Path, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, action) in actions.iter().filter_map(Value::as_str).enumerate() {
        let known = ["Audit", "Deny", "Warn"];
        if !known.contains(&action) {
            found.unsupported(&path.index(index), action, &known);
        }
        if taken.contains(&action) {
            found.duplicate(&path.index(index), action);
        }
        taken.push(action);
    }
    if taken.contains(&"Deny") && taken.contains(&"Warn") {
        let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API \
                      response and headers serves no purpose)";
        found.invalid(path, actions.to_vec(), detail);
    }
    if taken.is_empty() {
        found.required(path, "at least one validation action is required");
    }
}
