//! Whom a webhook or an admission policy is asked about: its rules, its selectors, and the versions in which a resource
//! is the same.

use super::review::Operation;
use crate::sim::World;
use crate::sim::api::Asked;
use crate::sim::convert;
use crate::sim::object;
use crate::sim::resources::{self, Resource};
use crate::sim::selector::Selector;
use serde_json::Value;
use std::sync::Arc;

/// The resource as which a webhook or a policy is asked about a call; `None` where it is not asked. `rules` is the field
/// of its document that holds its rules.
pub(in crate::sim::api) fn matched(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    (old, object): (Option<&Value>, Option<&Value>),
    document: &Value,
    rules: &str,
) -> Option<Arc<Resource>> {
    let subresource = asked.at.subresource.as_deref();
    let name = [object, old].into_iter().flatten().map(object::name).find(|name| !name.is_empty());
    let name = name.unwrap_or(asked.name());
    let called = |rule: &Value| {
        let names = rule["resourceNames"].as_array().map(Vec::as_slice).unwrap_or_default();
        names.is_empty() || names.iter().any(|one| one == name)
    };
    let by = |field: &str| {
        let listed = document[field].as_array().map(Vec::as_slice).unwrap_or_default();
        let covered = |of: &Resource| {
            listed.iter().any(|rule| covers(rule, of, subresource, operation) && called(rule))
        };
        match (covered(&asked.of), document["matchPolicy"] == "Exact") {
            (true, _) => Some(asked.of.clone()),
            (false, true) => None,
            (false, false) => same(world, &asked.of).into_iter().find(|of| covered(of)),
        }
    };
    let everything = rules == "resourceRules" && document[rules].as_array().is_none_or(Vec::is_empty);
    let of = if everything { Some(asked.of.clone()) } else { by(rules) }?;
    let in_namespace = namespace(world, asked, object)
        .is_none_or(|namespace| selects(&document["namespaceSelector"], &namespace));
    let by_labels = [object, old].into_iter().flatten().any(|one| selects(&document["objectSelector"], one));
    (in_namespace && by_labels && by("excludeResourceRules").is_none()).then_some(of)
}

/// The object whose labels a `namespaceSelector` looks at; `None` outside of namespaces.
fn namespace(world: &World, asked: &Asked<'_>, object: Option<&Value>) -> Option<Value> {
    if asked.of.group.is_empty() && asked.of.kind == "Namespace" {
        return object.cloned().or_else(|| {
            world.store.snapshot().find("", "namespaces", "", asked.name()).map(|found| (**found).clone())
        });
    }
    let found = world.store.snapshot().find("", "namespaces", "", asked.namespace())?;
    Some((**found).clone())
}

/// The other versions in which the same objects are served.
fn same(world: &World, of: &Resource) -> Vec<Arc<Resource>> {
    if let Some((definition, _)) = world.definitions.of(of) {
        let others = definition.versions.iter().filter(|v| v.served && v.name != of.version);
        return others.map(|version| version.resource.clone()).collect();
    }
    let others = convert::same_objects(&of.group, &of.version, &of.plural);
    others.iter().filter_map(|(group, version)| resources::find(group, version, &of.plural)).collect()
}

fn covers(rule: &Value, of: &Resource, subresource: Option<&str>, operation: Operation) -> bool {
    let words = |field: &str| rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    let named = |field: &str, wanted: &str| words(field).any(|word| word == "*" || word == wanted);
    let scope = match rule["scope"].as_str() {
        Some("Namespaced") => of.namespaced,
        Some("Cluster") => !of.namespaced,
        _ => true,
    };
    let resource = |word: &str| {
        let (resource, sub) = word.split_once('/').unwrap_or((word, ""));
        (resource == "*" || resource == of.plural) && (sub == "*" || sub == subresource.unwrap_or_default())
    };
    scope
        && named("operations", operation.name())
        && named("apiGroups", &of.group)
        && named("apiVersions", &of.version)
        && words("resources").any(resource)
}

/// Whether a `LabelSelector` document selects the object; an empty one selects everything.
pub(in crate::sim::api) fn selects(selector: &Value, object: &Value) -> bool {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let equal = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten().map(|expression| {
        let key = expression["key"].as_str().unwrap_or_default();
        let values = expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let values = values.collect::<Vec<_>>().join(",");
        match expression["operator"].as_str().unwrap_or_default() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        }
    });
    let text = equal.chain(expressions).collect::<Vec<_>>().join(",");
    Selector::labels(&text).is_ok_and(|selector| selector.matches_labels(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_selector_selects_everything_and_expressions_are_honoured() {
        let object = json!({"metadata": {"name": "x", "labels": {"a": "1"}}});
        assert!(selects(&json!({}), &object) && selects(&Value::Null, &object));
        let wanted = json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]});
        assert!(selects(&wanted, &object));
        assert!(!selects(&json!({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}), &object));
    }

    #[test]
    fn a_rule_means_resources_and_subresources_by_name_or_by_star() {
        let pods = resources::find("", "v1", "pods").expect("pods are built in");
        let rule = |resource: &str| json!({"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": [resource]});
        let cases = [
            ("pods", None, true),
            ("pods", Some("status"), false),
            ("pods/*", Some("status"), true),
            ("pods/*", None, true),
            ("*/status", Some("status"), true),
            ("*", Some("status"), false),
            ("*/*", Some("status"), true),
            ("secrets", None, false),
        ];
        for (resource, sub, expected) in cases {
            assert_eq!(
                covers(&rule(resource), &pods, sub, Operation::Update),
                expected,
                "{resource} {sub:?}"
            );
        }
    }
}
