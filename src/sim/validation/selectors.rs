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

/// The selector of a workload: there, not empty, and good enough to select with, which is the answer.
pub(super) fn of_workload(workload: &str, spec: &Value, found: &mut Findings) -> bool {
    let path = Path::new("spec.selector");
    let before = found.len();
    let Some(given) = spec.get("selector").filter(|selector| selector.is_object()) else {
        found.required(&path, "");
        return true;
    };
    selector(&path, Some(given), found);
    let good = found.len() == before;
    if is_empty(given) {
        found.invalid_printed(&path, "{}", &format!("empty selector is invalid for {workload}"));
    }
    if !good && workload != "statefulset" {
        let printed = super::internal::print("LabelSelector", given);
        found.invalid_printed(&path, &printed, "invalid label selector");
    }
    good
}

/// The same of a StatefulSet, with what is said where it cannot select.
pub(super) fn of_set(spec: &Value, found: &mut Findings) -> (bool, &'static str) {
    (of_workload("statefulset", spec, found), "")
}

/// Says so where the labels of the template are not selected. An absent selector selects nothing.
pub(super) fn template_labels(spec: &Value, found: &mut Findings) {
    let given = spec.get("selector").filter(|selector| selector.is_object());
    if !given.is_some_and(is_empty) {
        template_labels_in_full(spec, found);
    }
}

/// The same, with a selector that asks for nothing selecting everything.
pub(super) fn template_labels_in_full(spec: &Value, found: &mut Findings) {
    let labels = map(spec, "/template/metadata/labels");
    let given = spec.get("selector").filter(|selector| selector.is_object());
    if !given.is_some_and(|selector| selects(selector, labels)) {
        let printed = labels.map_or(Value::Null, |labels| Value::Object(labels.clone()));
        let path = Path::new("spec.template.metadata.labels");
        found.invalid(&path, printed, "`selector` does not match template `labels`");
    }
}

/// The same for a holder whose selector is a plain map of labels.
pub(super) fn plain_labels(spec: &Value, found: &mut Findings) {
    if !spec.get("template").is_some_and(Value::is_object) {
        return;
    }
    let (wanted, labels) = (map(spec, "/selector"), map(spec, "/template/metadata/labels"));
    let label = |key: &str| labels.and_then(|labels| labels.get(key));
    if !wanted.into_iter().flatten().all(|(key, value)| label(key) == Some(value)) {
        let printed = labels.map_or(Value::Null, |labels| Value::Object(labels.clone()));
        let path = Path::new("spec.template.metadata.labels");
        found.invalid(&path, printed, "`selector` does not match template `labels`");
    }
}

/// Whether a selector asks for nothing.
pub(super) fn is_empty(selector: &Value) -> bool {
    map(selector, "/matchLabels").is_none_or(Map::is_empty) && list(selector, "/matchExpressions").is_empty()
}

/// Whether a selector selects these labels.
pub(super) fn selects(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
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
