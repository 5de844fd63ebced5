//! Label selectors as objects hold them (`matchLabels`, `matchExpressions`). Selectors in query strings are the
//! API server's matter.

use super::object::{list, text};
use serde_json::{Map, Value};

/// Whether a `metav1.LabelSelector` matches the labels of `object`. An empty selector matches everything, a
/// missing one nothing.
pub(crate) fn matches(selector: &Value, object: &Value) -> bool {
    let none = Map::new();
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object).unwrap_or(&none);
    selector.is_object()
        && contains(&selector["matchLabels"], object)
        && list(selector, "/matchExpressions").iter().all(|expression| holds(expression, labels))
}

/// Whether the labels of `object` contain every pair of a plain map, as a Service's selector asks.
pub(crate) fn contains(pairs: &Value, object: &Value) -> bool {
    let none = Map::new();
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object).unwrap_or(&none);
    pairs.as_object().is_none_or(|pairs| pairs.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

fn holds(expression: &Value, labels: &Map<String, Value>) -> bool {
    let label = labels.get(text(expression, "/key"));
    let among = label.is_some_and(|label| list(expression, "/values").contains(label));
    match text(expression, "/operator") {
        "In" => among,
        "NotIn" => !among,
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_selector_matches_as_kubernetes_says() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        let cases = [
            (json!({}), true),
            (Value::Null, false),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "x": "y"}}), false),
            (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), false),
            (json!({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["web"]}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}), false),
        ];
        for (selector, expected) in cases {
            assert_eq!(matches(&selector, &object), expected, "{selector}");
        }
    }
}
