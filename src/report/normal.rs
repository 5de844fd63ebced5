//! A snapshot as reviewable YAML: the same for two runs of the same drill. Free of uids, versions, times, addresses
//! and drawn names; a release record is shown by what it says, not by its bytes.

use crate::release;
use crate::snapshot::{Key, Snapshot};
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Fields that differ from run to run by nature.
const VOLATILE: [&str; 31] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "managedFields",
    "generation",
    "observedGeneration",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "lastScheduleTime",
    "startTime",
    "startedAt",
    "finishedAt",
    "completionTime",
    "clusterIP",
    "clusterIPs",
    "podIP",
    "podIPs",
    "hostIP",
    "hostIPs",
    "containerID",
    "imageID",
    "ip",
    "addresses",
    "nodePort",
    "createdAt",
    "modifiedAt",
    "volumeName",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "kubectl.kubernetes.io/restartedAt",
];

/// Labels whose values carry a uid or a time.
const VOLATILE_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

/// Every object that a person would look at, by its name in reports (`deployments.apps production/web`), as YAML.
pub fn normalise(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let names = Names::of(snapshot);
    let shown = snapshot.iter().filter(|(key, _)| !is_noise(key));
    shown
        .map(|(key, object)| {
            let title = names.in_text(&key.to_string());
            let plain = names.in_value(&bare(&told(object)));
            (
                title,
                serde_saphyr::to_string(&plain).unwrap_or_else(|error| format!("not printable: {error}\n")),
            )
        })
        .collect()
}

/// What every namespace has, and what merely tells of others.
fn is_noise(key: &Key) -> bool {
    match &*key.resource {
        "events" | "endpointslices" | "namespaces" | "leases" => true,
        "configmaps" => &*key.name == "kube-root-ca.crt",
        "serviceaccounts" => &*key.name == "default",
        _ => key.namespace.is_empty(),
    }
}

/// The object, with the payload of a release record replaced by what it says.
fn told(object: &Value) -> Value {
    let mut object = object.clone();
    if object["type"] == "helm.sh/release.v1" {
        object["data"] = json!({ "release": said(&object) });
    }
    object
}

/// What a release record says, or why it says nothing.
fn said(secret: &Value) -> Value {
    match release::decode(secret) {
        Ok(record) => json!({
            "chart": format!("{}-{}", record.chart, record.chart_version),
            "description": record.description,
            "revision": record.revision,
            "status": record.status,
            "values": record.config,
        }),
        Err(error) => json!(format!("unreadable: {error}")),
    }
}

fn bare(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !is_volatile(name));
            Value::Object(kept.map(|(name, value)| (name.clone(), bare(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(bare).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn is_volatile(name: &str) -> bool {
    VOLATILE.contains(&name) || VOLATILE_LABELS.contains(&name)
}

/// What was drawn, and what stands for it: `web-7c9-x2kq4` becomes `web-7c9-#1`.
struct Names(Vec<(String, String)>);

/// What a uid looks like: `0da0c38e-7b18-47d6-a495-4840e49df5f6`. Messages quote those of objects that are gone, too.
static UID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b").expect("a pattern")
});

/// What `kubectl rollout restart` writes into a template.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Hashes of templates that say when they were restarted: the time is in them. The first is told as `RESTARTED-1`.
fn restarted(snapshot: &Snapshot) -> Vec<(String, String)> {
    let mut found: Vec<(u64, &str)> = Vec::new();
    for (key, object) in snapshot.iter() {
        let (meta, revision, hash) = match &*key.resource {
            "replicasets" => {
                let meta = &object["metadata"];
                let revision = meta["annotations"]["deployment.kubernetes.io/revision"].as_str();
                let revision = revision.and_then(|number| number.parse().ok());
                (&object["spec"]["template"]["metadata"], revision, &meta["labels"]["pod-template-hash"])
            }
            "controllerrevisions" => {
                let hash = &object["metadata"]["labels"]["controller.kubernetes.io/hash"];
                (&object["data"]["spec"]["template"]["metadata"], object["revision"].as_u64(), hash)
            }
            _ => continue,
        };
        if let (Some(_), Some(hash)) = (meta["annotations"].get(RESTARTED_AT), hash.as_str()) {
            found.push((revision.unwrap_or(0), hash));
        }
    }
    found.sort_unstable();
    let named = found.into_iter().zip(1..);
    named.map(|((_, hash), number)| (hash.to_owned(), format!("RESTARTED-{number}"))).collect()
}

/// A text that speaks of the objects of a snapshot, with what was drawn replaced as in the objects themselves.
pub(super) fn normalise_text(snapshot: &Snapshot, text: &str) -> String {
    Names::of(snapshot).in_text(text)
}

/// The volume that admission adds to every pod, but for its suffix.
const TOKEN_VOLUME: &str = "kube-api-access-";

impl Names {
    fn of(snapshot: &Snapshot) -> Names {
        let mut drawn: Vec<(&str, String, &str)> = Vec::new();
        let mut stands = Vec::new();
        for (_, object) in snapshot.iter() {
            let meta = &object["metadata"];
            if let (Some(prefix), Some(name)) = (meta["generateName"].as_str(), meta["name"].as_str()) {
                // Numbered by what they are, since the order of drawn names says nothing.
                drawn.push((prefix, bare(object).to_string().replace(name, ""), name));
            }
            for volume in object["spec"]["volumes"].as_array().into_iter().flatten() {
                if let Some(name) = volume["name"].as_str().filter(|name| name.starts_with(TOKEN_VOLUME)) {
                    stands.push((name.to_owned(), format!("{TOKEN_VOLUME}#")));
                }
            }
        }
        drawn.sort();
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for (prefix, _, name) in drawn {
            let count = counts.entry(prefix).or_default();
            *count += 1;
            stands.push((name.to_owned(), format!("{prefix}#{count}")));
        }
        stands.extend(restarted(snapshot));
        Names(stands)
    }

    fn in_text(&self, text: &str) -> String {
        let named = self.0.iter().fold(text.to_owned(), |text, (name, stands)| text.replace(name, stands));
        UID.replace_all(&named, "UID").into_owned()
    }

    fn in_value(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(name, value)| (name.clone(), self.in_value(value))).collect(),
            ),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.in_value(item)).collect()),
            Value::String(text) => Value::String(self.in_text(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}
