//! Defaults of what extends the API server: webhook configurations, custom resource definitions, API services.

use super::gaps::{at, fill, fill_null, fill_zero, is_zero, items, object, path, text};
use serde_json::{Map, Value, json};

/// MutatingWebhookConfiguration and ValidatingWebhookConfiguration.
pub(super) fn webhooks(kind: &str, configuration: &mut Value) {
    for webhook in items(configuration, "webhooks") {
        fill(webhook, "failurePolicy", "Fail");
        fill(webhook, "matchPolicy", "Equivalent");
        fill(webhook, "namespaceSelector", Map::new());
        fill(webhook, "objectSelector", Map::new());
        fill(webhook, "timeoutSeconds", 10);
        if kind == "MutatingWebhookConfiguration" {
            fill(webhook, "reinvocationPolicy", "Never");
        }
        items(webhook, "rules").for_each(|rule| fill(rule, "scope", "*"));
        if let Some(service) = path(webhook, &["clientConfig", "service"]) {
            fill(service, "port", 443);
        }
    }
}

/// ValidatingAdmissionPolicy and MutatingAdmissionPolicy, and what binds them.
pub(super) fn policy(kind: &str, policy: &mut Value) {
    let Some(spec) = object(policy, "spec") else { return };
    let matched = if kind.ends_with("Binding") { "matchResources" } else { "matchConstraints" };
    if !kind.ends_with("Binding") {
        fill(spec, "failurePolicy", "Fail");
    }
    if let Some(resources) = at(spec, matched) {
        fill(resources, "matchPolicy", "Equivalent");
        fill(resources, "namespaceSelector", Map::new());
        fill(resources, "objectSelector", Map::new());
        for list in ["resourceRules", "excludeResourceRules"] {
            items(resources, list).for_each(|rule| fill(rule, "scope", "*"));
        }
    }
    if kind == "ValidatingAdmissionPolicy" {
        fill(policy, "status", Map::new());
    }
}

/// CustomResourceDefinition.
pub(super) fn definition(definition: &mut Value) {
    if let Some(spec) = object(definition, "spec") {
        fill_zero(spec, "scope", "Namespaced");
        if let Some(names) = object(spec, "names") {
            let kind = text(names, "kind").to_owned();
            fill_zero(names, "singular", kind.to_lowercase());
            if !kind.is_empty() {
                fill_zero(names, "listKind", format!("{kind}List"));
            }
        }
        if let Some(conversion) = object(spec, "conversion") {
            fill_zero(conversion, "strategy", "None");
            if let Some(service) = path(conversion, &["webhook", "clientConfig", "service"]) {
                fill(service, "port", 443);
            }
        }
    }
    if let Some(status) = object(definition, "status") {
        fill_null(status, "conditions");
        fill(status, "acceptedNames", json!({"plural": "", "kind": ""}));
        fill_null(status, "storedVersions");
    }
}

/// APIService.
pub(super) fn api_service(service: &mut Value) {
    if let Some(target) = at(service, "spec").and_then(|spec| at(spec, "service")) {
        fill(target, "port", 443);
    }
    fill(service, "status", Map::new());
}

/// Namespace: its name is also a label.
pub(super) fn namespace(namespace: &mut Value) {
    let name = namespace.pointer("/metadata/name").cloned();
    if let Some(name) = name.filter(|name| !is_zero(Some(name)))
        && let Some(metadata) = object(namespace, "metadata")
        && let Some(labels) = object(metadata, "labels")
    {
        labels["kubernetes.io/metadata.name"] = name;
    }
    fill(namespace, "spec", Map::new());
    if let Some(status) = object(namespace, "status") {
        fill_zero(status, "phase", "Active");
    }
}
