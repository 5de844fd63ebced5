//! Single fields of an object: what stands in them, whether that is as in the steady state, and who manages them.

use super::answer::unless;
use super::compare::{difference, short};
use super::{Answer, Field, Managed, Replicas, View};
use serde_json::Value;

/// The field says what was asked.
pub(super) fn field(asked: &Field, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let Some((_, object)) = asked.object.find(namespace, view.now) else {
        return Answer { held: false, evidence: format!("{} does not exist", asked.object) };
    };
    let found = at(object, &asked.path);
    let name = format!("{} of {}", asked.path, asked.object);
    let mut wrongs = Vec::new();
    match (&asked.is, found) {
        (Some(wanted), Some(found)) if !says(wanted, found) => {
            wrongs.push(format!("{name} is {}, expected {}", short(found), short(wanted)));
        }
        (Some(wanted), None) => wrongs.push(format!("{name} is not there, expected {}", short(wanted))),
        (Some(_) | None, _) => {}
    }
    let there = asked.there.or((asked.is.is_none() && asked.same.is_none()).then_some(true));
    if there.is_some_and(|wanted| wanted != found.is_some()) {
        wrongs.push(match found {
            Some(found) => format!("{name} is {}, expected none", short(found)),
            None => format!("{name} is not there"),
        });
    }
    if let Some(wanted) = asked.same {
        let before =
            asked.object.find(namespace, view.baseline).and_then(|(_, object)| at(object, &asked.path));
        if (before == found) != wanted {
            let (before, found) =
                (before.map_or("not there".to_owned(), short), found.map_or("not there".to_owned(), short));
            wrongs.push(format!("{name} is {found}, in the steady state it was {before}"));
        }
    }
    unless(wrongs, || format!("{name} is {}", found.map_or("not there".to_owned(), short)))
}

/// Whether a value says what was asked: an object in the fields that were asked, a plain value by its text, since a
/// placeholder makes a text of every number.
pub(super) fn says(wanted: &Value, found: &Value) -> bool {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match (plain(wanted), plain(found)) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => difference(wanted, found, "").is_none(),
    }
}

/// The value at a path, in which `[x]` is a key, the number of an item, or the name of one.
pub(super) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path).iter().try_fold(object, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => match step.parse::<usize>() {
            Ok(number) => items.get(number),
            Err(_) => items.iter().find(|item| item["name"] == step.as_str()),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// `a.b[c.d/e].f` → `a`, `b`, `c.d/e`, `f`.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut inside = false;
    for c in path.chars() {
        let last = steps.last_mut().expect("there is always one");
        match c {
            '[' if !inside => {
                inside = true;
                steps.push(String::new());
            }
            ']' if inside => inside = false,
            '.' if !inside => steps.push(String::new()),
            c => last.push(c),
        }
    }
    steps.retain(|step| !step.is_empty());
    steps.iter().map(|step| step.trim_matches(['"', '\'']).to_owned()).collect()
}

/// The manager owns the field, or anything of the object where no field is named.
pub(super) fn managed(asked: &Managed, view: &View<'_>) -> Answer {
    let Some((_, object)) = asked.object.find(view.namespace(&asked.namespace), view.now) else {
        return Answer { held: false, evidence: format!("{} does not exist", asked.object) };
    };
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let path = steps(asked.path.as_deref().unwrap_or_default());
    let owners: Vec<String> = entries
        .filter(|entry| asked.operation.as_ref().is_none_or(|wanted| entry["operation"] == wanted.as_str()))
        .filter(|entry| owns(&entry["fieldsV1"], &path))
        .filter_map(|entry| entry["manager"].as_str().map(str::to_owned))
        .collect();
    let what = asked.path.as_ref().map_or(String::new(), |path| format!("{path} of "));
    let who = if owners.is_empty() { "nobody".to_owned() } else { owners.join(" and ") };
    Answer {
        held: owners.contains(&asked.manager),
        evidence: format!("{what}{} is managed by {who}", asked.object),
    }
}

/// Whether a set of managed fields holds the field, by the keys `f:FIELD` and `k:{"name":"ITEM"}`.
fn owns(fields: &Value, path: &[String]) -> bool {
    let Some((step, rest)) = path.split_first() else { return fields.is_object() };
    let Some(fields) = fields.as_object() else { return false };
    fields.iter().any(|(key, inside)| {
        let item = key.strip_prefix("k:").and_then(|key| serde_json::from_str::<Value>(key).ok());
        let named = item.is_some_and(|item| item["name"] == step.as_str());
        (named || key.strip_prefix("f:") == Some(step)) && owns(inside, rest)
    })
}

/// The workload wants and has so many pods.
pub(super) fn replicas(asked: &Replicas, view: &View<'_>) -> Answer {
    let Some((_, workload)) = asked.workload.find(view.namespace(&asked.namespace), view.now) else {
        return Answer { held: false, evidence: format!("{} does not exist", asked.workload) };
    };
    let count = |value: &Value, otherwise: u64| value.as_u64().unwrap_or(otherwise);
    let desired = count(&workload["spec"]["replicas"], 1);
    let ready = count(&workload["status"]["readyReplicas"], 0);
    let mut wrongs = Vec::new();
    for (what, wanted, found) in [("wants", asked.desired, desired), ("has ready", asked.ready, ready)] {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            wrongs.push(format!("{} {what} {found} pods, expected {wanted}", asked.workload));
        }
    }
    unless(wrongs, || format!("{} wants {desired} pods and has {ready} ready", asked.workload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_through_fields_keys_and_items() {
        let object = json!({
            "metadata": {"annotations": {"a.b/c": "x"}},
            "spec": {"containers": [{"name": "web", "image": "i"}], "ports": [80]},
        });
        let cases = [
            ("metadata.annotations[a.b/c]", Some(json!("x"))),
            ("metadata.annotations[\"a.b/c\"]", Some(json!("x"))),
            ("spec.containers[web].image", Some(json!("i"))),
            ("spec.containers[0].name", Some(json!("web"))),
            ("spec.ports[0]", Some(json!(80))),
            ("spec.ports[1]", None),
            ("spec.ports.web", None),
            ("status", None),
        ];
        for (path, value) in cases {
            assert_eq!(at(&object, path), value.as_ref(), "{path}");
        }
    }

    #[test]
    fn a_manager_owns_the_fields_that_its_entry_lists() {
        let fields =
            json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}, "f:replicas": {}}});
        let owned = |path: &str| owns(&fields, &steps(path));
        assert!(owned("spec.replicas") && owned("spec.containers[web].image") && owned("spec"));
        assert!(!owned("spec.containers[other].image") && !owned("metadata"));
    }
}
