//! What kubectl's changing commands send, as the recorded cases use them: patch, label, annotate, set env, scale and
//! rollout. Owns the translation of words into calls; making the calls is `play`'s matter.

use super::mask::list;
use helmdrill::snapshot::Object;
use serde_json::{Map, Value, json};

/// One change of one object.
pub(crate) struct Change {
    /// The kind as kubectl was given it: `deploy`.
    pub(crate) kind: String,
    /// The object's name, or a label selector where the objects are chosen by one.
    pub(crate) of: Chosen,
    /// The media type of the patch.
    pub(crate) media: &'static str,
    /// The patch.
    pub(crate) patch: Value,
    /// The field manager.
    pub(crate) manager: &'static str,
    /// `scale` where the patch goes there.
    pub(crate) subresource: &'static str,
}

/// Which objects a command is about.
pub(crate) enum Chosen {
    /// One by name.
    Name(String),
    /// All with a label.
    Label(String, String),
}

pub(crate) const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON: &str = "application/json-patch+json";

/// The change that a command makes; `None` where it only reads. `history` lists the ReplicaSets or ControllerRevisions.
pub(crate) fn change(words: &[&str], history: &[Object], now: &str) -> Option<Change> {
    match words {
        ["patch", kind, name, rest @ ..] => Some(patch(kind, name, rest)),
        ["label" | "annotate", rest @ ..] => Some(mark(words[0], rest)),
        ["scale", rest @ ..] => Some(scale(rest)),
        ["set", "env", target, pair] => Some(set_env(target, pair)),
        ["rollout", "pause", target] => {
            Some(of(target, STRATEGIC, "kubectl-rollout", json!({"spec": {"paused": true}})))
        }
        ["rollout", "resume", target] => {
            Some(of(target, STRATEGIC, "kubectl-rollout", json!({"spec": {"paused": null}})))
        }
        ["rollout", "restart", target] => {
            let notes = json!({"kubectl.kubernetes.io/restartedAt": now});
            let patch = json!({"spec": {"template": {"metadata": {"annotations": notes}}}});
            Some(of(target, STRATEGIC, "kubectl-rollout", patch))
        }
        ["rollout", "undo", target, rest @ ..] => undo(target, rest, history),
        ["rollout", "history" | "status", ..] => None,
        other => panic!("no translation of kubectl {other:?}"),
    }
}

fn target(text: &str) -> (String, Chosen) {
    let (kind, name) = text.split_once('/').expect("KIND/NAME");
    (kind.to_owned(), Chosen::Name(name.to_owned()))
}

fn of(text: &str, media: &'static str, manager: &'static str, patch: Value) -> Change {
    let (kind, of) = target(text);
    Change { kind, of, media, patch, manager, subresource: "" }
}

/// `KIND/NAME`, `KIND NAME` or `KIND -l KEY=VALUE`, and the words after it.
fn chosen<'w>(words: &'w [&'w str]) -> (String, Chosen, &'w [&'w str]) {
    match words {
        [kind, "-l", selector, rest @ ..] => {
            let (key, value) = selector.split_once('=').expect("KEY=VALUE");
            ((*kind).to_owned(), Chosen::Label(key.to_owned(), value.to_owned()), rest)
        }
        [both, rest @ ..] if both.contains('/') => {
            let (kind, of) = target(both);
            (kind, of, rest)
        }
        [kind, name, rest @ ..] => ((*kind).to_owned(), Chosen::Name((*name).to_owned()), rest),
        other => panic!("nothing is chosen by {other:?}"),
    }
}

fn patch(kind: &str, name: &str, rest: &[&str]) -> Change {
    let at = rest.iter().position(|word| *word == "-p").expect("-p PATCH");
    let patch = serde_json::from_str(rest[at + 1]).expect("a patch is JSON");
    let media = if rest.contains(&"--type=json") {
        JSON
    } else if rest.contains(&"--type=merge") {
        MERGE
    } else {
        STRATEGIC
    };
    let subresource = if rest.contains(&"--subresource=status") { "status" } else { "" };
    let of = Chosen::Name(name.to_owned());
    Change { kind: kind.to_owned(), of, media, patch, manager: "kubectl-patch", subresource }
}

fn mark(verb: &str, words: &[&str]) -> Change {
    let (kind, of, pairs) = chosen(words);
    let mut marks = Map::new();
    for pair in pairs.iter().filter(|pair| !pair.starts_with("--")) {
        match pair.split_once('=') {
            Some((key, value)) => marks.insert(key.to_owned(), json!(value)),
            None => marks.insert(pair.trim_end_matches('-').to_owned(), Value::Null),
        };
    }
    let (field, manager) =
        if verb == "label" { ("labels", "kubectl-label") } else { ("annotations", "kubectl-annotate") };
    Change { kind, of, media: MERGE, patch: json!({"metadata": {field: marks}}), manager, subresource: "" }
}

fn scale(words: &[&str]) -> Change {
    let (kind, of, rest) = chosen(words);
    let size = rest.iter().find_map(|word| word.strip_prefix("--replicas=")).expect("--replicas=N");
    let size: i64 = size.parse().expect("a number");
    let patch = json!({"spec": {"replicas": size}});
    Change { kind, of, media: MERGE, patch, manager: "kubectl-scale", subresource: "scale" }
}

fn set_env(target: &str, pair: &str) -> Change {
    let (name, value) = pair.split_once('=').expect("KEY=VALUE");
    let container = json!({"name": "app", "env": [{"name": name, "value": value}]});
    let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    of(target, STRATEGIC, "kubectl-set", patch)
}

fn owned<'o>(history: &'o [Object], name: &str) -> Vec<&'o Object> {
    history
        .iter()
        .filter(|entry| list(&entry["metadata"]["ownerReferences"]).iter().any(|owner| owner["name"] == name))
        .collect()
}

/// `rollout undo`: the template of the wanted revision, or of the one before the latest.
fn undo(text: &str, rest: &[&str], history: &[Object]) -> Option<Change> {
    let (kind, name) = text.split_once('/').expect("KIND/NAME");
    let number = |entry: &Value| -> i64 {
        let noted = entry["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
        noted.and_then(|text| text.parse().ok()).or(entry["revision"].as_i64()).unwrap_or(0)
    };
    let mut entries = owned(history, name);
    entries.sort_by_key(|entry| number(entry));
    let wanted = rest.iter().find_map(|word| word.strip_prefix("--to-revision="));
    let found = match wanted {
        Some(wanted) => entries.iter().find(|entry| number(entry).to_string() == wanted),
        None => entries.len().checked_sub(2).and_then(|place| entries.get(place)),
    };
    // kubectl leaves a Deployment alone whose template is that of the wanted revision already.
    let entry = found.filter(|entry| number(entry) < entries.last().map_or(0, |last| number(last)))?;
    if kind != "deploy" {
        return Some(of(text, STRATEGIC, "kubectl-rollout", entry["data"].clone()));
    }
    let mut template = entry["spec"]["template"].clone();
    template["metadata"]["labels"].as_object_mut().expect("labels").remove("pod-template-hash");
    let mut notes = entry["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    notes.retain(|key, _| !key.starts_with("deployment.kubernetes.io/"));
    let patch = json!([
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": notes},
    ]);
    Some(of(text, JSON, "kubectl-rollout", patch))
}
