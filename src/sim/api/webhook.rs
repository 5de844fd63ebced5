//! Admission webhooks: nothing answers at their addresses in this cluster, so a webhook that matches refuses the call
//! or is passed over, as its failure policy says.

use super::Asked;
use crate::sim::World;
use crate::sim::resources::Resource;
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;
use serde_json::Value;

/// Asks every webhook that matches this operation (`CREATE`, `UPDATE`, `DELETE`).
pub(super) fn ask(world: &World, asked: &Asked<'_>, operation: &str, object: &Value) -> Result<(), Refusal> {
    if asked.of.group == "admissionregistration.k8s.io" {
        return Ok(());
    }
    let snapshot = world.store.snapshot();
    for resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        let configurations = snapshot.list("admissionregistration.k8s.io", resource, None);
        let webhooks = configurations
            .flat_map(|(_, configuration)| configuration["webhooks"].as_array().into_iter().flatten());
        for webhook in webhooks.filter(|webhook| webhook["failurePolicy"] != "Ignore") {
            if matches(world, asked, operation, object, webhook) {
                return Err(Refusal::internal(&unreachable(webhook)));
            }
        }
    }
    Ok(())
}

fn matches(world: &World, asked: &Asked<'_>, operation: &str, object: &Value, webhook: &Value) -> bool {
    let rules = webhook["rules"].as_array().into_iter().flatten();
    let namespace = world.store.snapshot().find("", "namespaces", "", asked.namespace());
    rules.into_iter().any(|rule| covers(rule, &asked.of, asked.at.subresource.as_deref(), operation))
        && selects(&webhook["objectSelector"], object)
        && namespace.is_none_or(|namespace| selects(&webhook["namespaceSelector"], namespace))
}

fn covers(rule: &Value, of: &Resource, subresource: Option<&str>, operation: &str) -> bool {
    let named = |field: &str, wanted: &str| {
        let mut words = rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        words.any(|word| word == "*" || word == wanted)
    };
    let resource = match subresource {
        None => of.plural.clone(),
        Some(sub) => format!("{}/{sub}", of.plural),
    };
    let scope = match rule["scope"].as_str() {
        Some("Namespaced") => of.namespaced,
        Some("Cluster") => !of.namespaced,
        _ => true,
    };
    scope
        && named("operations", operation)
        && named("apiGroups", &of.group)
        && named("apiVersions", &of.version)
        && (named("resources", &resource) || named("resources", "*/*"))
}

/// Whether a `LabelSelector` document selects the object; an empty one selects everything.
fn selects(selector: &Value, object: &Value) -> bool {
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

/// What kube-apiserver says when nobody answers at a webhook's address.
fn unreachable(webhook: &Value) -> String {
    let name = webhook["name"].as_str().unwrap_or_default();
    let seconds = webhook["timeoutSeconds"].as_u64().unwrap_or(10);
    let config = &webhook["clientConfig"];
    let (url, why) = match config["url"].as_str() {
        Some(url) => {
            let host = url.split("//").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
            let host = if host.contains(':') { host.to_owned() } else { format!("{host}:443") };
            (url.to_owned(), format!("dial tcp {host}: connect: connection refused"))
        }
        None => {
            let service = &config["service"];
            let text = |field: &str| service[field].as_str().unwrap_or_default();
            let port = service["port"].as_u64().unwrap_or(443);
            let (name, namespace) = (text("name"), text("namespace"));
            let path = text("path");
            (
                format!("https://{name}.{namespace}.svc:{port}{path}"),
                format!("no endpoints available for service {name:?}"),
            )
        }
    };
    let url = format!("{url}?timeout={seconds}s");
    format!("failed calling webhook {name:?}: failed to call webhook: Post {url:?}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_selector_selects_everything_and_expressions_are_honoured() {
        let object = json!({"metadata": {"name": "x", "labels": {"a": "1"}}});
        assert!(selects(&json!({}), &object) && selects(&Value::Null, &object));
        assert!(selects(
            &json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}),
            &object
        ));
        assert!(!selects(&json!({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}), &object));
    }
}
