//! Label selectors: whether they are well formed, and whether they select what they must.

use super::findings::{Findings, Path};
use super::{meta, names};
use crate::sim::look::{list, map, text};
use serde_json::{Map, Value};

/// A label selector; nothing to say about an absent one.
pub(super) fn selector(path: &Path, selector: Option<&Value>, found: &mut Findings) {
    let Some(selector) = selector.filter(|selector| selector.is_object()) else { return };
    meta::labels(&path.child("matchLabels"), map(selector, "/matchLabels"), found);
    for (index, expression) in list(selector, "/matchExpressions").iter().enumerate() {
        let at = path.child("matchExpressions").index(index);
        let values = list(expression, "/values");
        match text(expression, "/operator") {
            "In" | "NotIn" if values.is_empty() => {
                found.required(&at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                found.forbidden(&at.child("values"), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => found.invalid(&at.child("operator"), other, "not a valid selector operator"),
        }
        let key = text(expression, "/key");
        found.invalid_each(&at.child("key"), key, names::qualified(key));
        for (index, value) in values.iter().filter_map(Value::as_str).enumerate() {
            found.invalid_each(&at.child("values").index(index), value, names::label_value(value));
        }
    }
}

/// The selector of a workload: there, not empty, and matching the labels of its template.
pub(super) fn of_workload(workload: &str, spec: &Value, found: &mut Findings) {
    let path = Path::new("spec.selector");
    match spec.get("selector").filter(|selector| selector.is_object()) {
        None => found.required(&path, ""),
        Some(given) => {
            selector(&path, Some(given), found);
            if is_empty(given) {
                found.invalid_printed(&path, "{}", &format!("empty selector is invalid for {workload}"));
            }
        }
    }
}

/// Says so where the labels of the template are not selected. An absent selector selects nothing.
pub(super) fn template_labels(spec: &Value, found: &mut Findings) {
    let labels = map(spec, "/template/metadata/labels");
    let given = spec.get("selector").filter(|selector| selector.is_object());
    let fits = match given {
        Some(selector) => is_empty(selector) || matches(selector, labels),
        None => false,
    };
    if !fits {
        let printed = labels.map_or(Value::Null, |labels| Value::Object(labels.clone()));
        let path = Path::new("spec.template.metadata.labels");
        found.invalid(&path, printed, "`selector` does not match template `labels`");
    }
}

/// Whether a selector asks for nothing.
pub(super) fn is_empty(selector: &Value) -> bool {
    map(selector, "/matchLabels").is_none_or(Map::is_empty) && list(selector, "/matchExpressions").is_empty()
}

fn matches(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
    let label = |key: &str| labels.and_then(|labels| labels.get(key));
    let mut exact = map(selector, "/matchLabels").into_iter().flatten();
    exact.all(|(key, value)| label(key) == Some(value))
        && list(selector, "/matchExpressions").iter().all(|expression| {
            let held = label(text(expression, "/key"));
            let among = held.is_some_and(|held| list(expression, "/values").contains(held));
            match text(expression, "/operator") {
                "In" => among,
                "NotIn" => !among,
                "DoesNotExist" => held.is_none(),
                _exists => held.is_some(),
            }
        })
}
