//! Controller cases: what kubectl is told and how long is waited, then every object of a namespace with its status,
//! and its events. Owns playing and the comparison; the masks are in [`crate::controllers_mask`].

use helmdrill::exec::{Command, Exit};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::controllers_mask::{norm, remove, text, tidy};
use crate::difference::compare;
use crate::subject::{Ask, Reached};

/// The kinds whose objects are compared: where each is served, and its plural name.
const KINDS: [(&str, &str); 18] = [
    ("apis/apps/v1", "deployments"),
    ("apis/apps/v1", "replicasets"),
    ("apis/apps/v1", "statefulsets"),
    ("apis/apps/v1", "daemonsets"),
    ("apis/batch/v1", "jobs"),
    ("apis/batch/v1", "cronjobs"),
    ("api/v1", "pods"),
    ("api/v1", "services"),
    ("api/v1", "endpoints"),
    ("apis/discovery.k8s.io/v1", "endpointslices"),
    ("api/v1", "persistentvolumeclaims"),
    ("api/v1", "configmaps"),
    ("api/v1", "secrets"),
    ("api/v1", "serviceaccounts"),
    ("apis/policy/v1", "poddisruptionbudgets"),
    ("apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("api/v1", "resourcequotas"),
    ("apis/apps/v1", "controllerrevisions"),
];

/// What came of a case: an answer for each step, and the masked objects and events at its end.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) answers: Value,
    pub(crate) last: Value,
}

/// A case that is being played.
struct Stage<'a> {
    reached: &'a Reached,
    kubectl: &'a Path,
    case: &'a str,
    namespace: String,
}

/// Plays a case in a namespace of its own, and leaves the cluster.
pub(crate) async fn play(reached: Reached, kubectl: &Path, case: &Value) -> Played {
    let name = case["name"].as_str().expect("a case has a name");
    let namespace = reached.namespace(name).await;
    reached.ready(&namespace).await;
    reached.stop_time();
    let stage = Stage { reached: &reached, kubectl, case: name, namespace: namespace.clone() };
    let mut answers = Vec::new();
    for step in case["steps"].as_array().into_iter().flatten() {
        answers.push(stage.step(step).await);
    }
    reached.pass(case["settle"].as_f64().expect("seconds")).await;
    let last = stage.last().await;
    reached.leave(&namespace).await;
    Played { answers: Value::Array(answers), last }
}

impl Stage<'_> {
    async fn step(&self, step: &Value) -> Value {
        match step[0].as_str().expect("a step says what it is") {
            "wait" => {
                self.reached.pass(step[1].as_f64().expect("seconds")).await;
                Value::Null
            }
            "apply" => {
                let manifest = step[1].as_str().expect("a manifest");
                json!(self.kubectl(&["apply", "-f", "-"], manifest).await.0)
            }
            "kubectl" => {
                let words: Vec<&str> =
                    step[1].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let (exit, said, complained) = self.kubectl(&words, "").await;
                // The masks come before the namespace is taken out, as when it was recorded.
                json!([exit, text((said + &complained).trim()).replace(self.case, "NS")])
            }
            other => panic!("unknown step {other}"),
        }
    }

    /// Exit code, output and complaints of kubectl, as if the namespace were the recorded one.
    async fn kubectl(&self, words: &[&str], input: &str) -> (i32, String, String) {
        let home = self.reached.home.path();
        let command = Command::program(self.kubectl)
            .args(["-n", self.namespace.as_str()])
            .args(words.iter().copied())
            .env("KUBECONFIG", &self.reached.kubeconfig)
            .env("HOME", home)
            .env("GOGC", "400")
            .cwd(home)
            .stdin(input)
            .timeout(Duration::from_secs(120));
        if waits(words) {
            self.reached.go_on();
        }
        let finished = command.run().await.expect("kubectl starts");
        self.reached.stop_time();
        self.reached.lapse().await;
        let recorded = |said: String| said.replace(&self.namespace, self.case);
        let exit = match finished.exit {
            Exit::Code(code) => code,
            Exit::Signal(signal) => -signal,
            Exit::TimedOut => panic!("kubectl {words:?} does not end"),
        };
        (exit, recorded(finished.stdout.text()), recorded(finished.stderr.text()))
    }

    /// The masked objects and events of the namespace.
    async fn last(&self) -> Value {
        let mut objects = Vec::new();
        for (root, plural) in KINDS {
            objects.extend(self.listed(root, plural).await);
        }
        let objects = objects.into_iter().filter(|object| !is_of_the_cluster(object));
        let mut objects: Vec<Value> = objects.map(|object| kept(&object)).collect();
        objects.sort_by_cached_key(|object| {
            (object["kind"].to_string(), object["metadata"]["name"].to_string(), object.to_string())
        });
        let events = self.listed("api/v1", "events").await;
        let told: BTreeSet<[String; 4]> =
            events.iter().filter(|event| !is_of_the_machine(event)).map(event).collect();
        json!({"objects": objects, "events": told})
    }

    /// The objects of one kind, as if the namespace were the recorded one.
    async fn listed(&self, root: &str, plural: &str) -> Vec<Value> {
        let path = format!("/{root}/namespaces/{}/{plural}", self.namespace);
        let (status, said) = self.reached.ask(Ask::of("GET", &path)).await;
        assert_eq!(status, 200, "{said}");
        let mut list: Value = serde_json::from_str(&said.replace(&self.namespace, self.case)).expect("JSON");
        let single = list["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
        let version = list["apiVersion"].clone();
        // The items of a list do not repeat what they are.
        for item in list["items"].as_array_mut().into_iter().flatten() {
            item["kind"] = json!(single);
            item["apiVersion"] = version.clone();
        }
        list["items"].as_array().cloned().unwrap_or_default()
    }
}

/// Whether a command of kubectl waits for something to happen, so that time must go on meanwhile.
fn waits(words: &[&str]) -> bool {
    match words {
        ["delete", rest @ ..] => !rest.contains(&"--wait=false"),
        ["wait" | "rollout" | "drain" | "replace" | "run" | "logs", ..] => true,
        _ => false,
    }
}

/// What every namespace has, and what the distribution of the recorded machine puts into each.
fn is_of_the_cluster(object: &Value) -> bool {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    name.contains("openshift")
        || name == "kube-root-ca.crt"
        || object["kind"] == "ServiceAccount" && name == "default"
}

/// Events that tell of the machine, or of a probe that met a container before it listened.
fn is_of_the_machine(event: &Value) -> bool {
    event["reason"] == "MissingClusterDNS"
        || event["message"].as_str().is_some_and(|message| message.contains("connection refused"))
}

fn event(event: &Value) -> [String; 4] {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let message = text(event["message"].as_str().unwrap_or_default());
    [word(&event["involvedObject"]["kind"]), word(&event["type"]), word(&event["reason"]), message]
}

fn kept(object: &Value) -> Value {
    let mut object = norm(object, "");
    remove(&mut object["metadata"], "namespace");
    if let Some(notes) = object["metadata"].get_mut("annotations") {
        remove(notes, "kubectl.kubernetes.io/last-applied-configuration");
    }
    tidy(object)
}

/// How a played case differs from the recorded one, as lines that begin with the part that differs: `answers`,
/// `objects` or `events`.
pub(crate) fn differences(case: &Value, played: &Played) -> Vec<String> {
    let objects = case["final"]["objects"].as_array().into_iter().flatten();
    let objects: Vec<Value> = objects.map(|object| tidy(norm(object, ""))).collect();
    let mut lines = Vec::new();
    compare(&norm(&case["answers"], ""), &played.answers, "answers", &mut lines);
    pair("objects", &objects, &list(&played.last["objects"]), &mut lines);
    let events = list(&norm(&case["final"]["events"], ""));
    pair("events", &events, &list(&played.last["events"]), &mut lines);
    lines
}

/// Whether a name here ends in a hash of fewer than eight characters, which no mask takes. The hash of a template that
/// `kubectl rollout restart` has stamped is drawn by the clock, and one in four hundred has but seven, on a real cluster
/// as here.
pub(crate) fn drew_a_short_hash(told: &[String]) -> bool {
    let digits = |name: &str| {
        let hash = name.rsplit('-').next().unwrap_or_default();
        (1..8).contains(&hash.len()) && hash.chars().all(|c| "bcdf2456789".contains(c))
    };
    told.iter().any(|line| {
        let (wanted, made) = line.split_once(" answered \"").unwrap_or_default();
        wanted.ends_with("-RS\"") && digits(made.trim_end_matches('"'))
    })
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Compares two collections: every entry has its equal in the other. What has none is told beside the likeliest.
fn pair(part: &str, want: &[Value], got: &[Value], lines: &mut Vec<String>) {
    let mut got = got.to_vec();
    let missing: Vec<&Value> = want
        .iter()
        .filter(|entry| {
            let equal = got.iter().position(|other| other == *entry);
            equal.map(|place| got.remove(place)).is_none()
        })
        .collect();
    for entry in missing {
        let like = |other: &Value| other.is_object() && other["kind"] == entry["kind"];
        match got.iter().position(like) {
            Some(place) => {
                let at = format!("{part} {}/{}", entry["kind"], entry["metadata"]["name"]);
                compare(entry, &got.remove(place), &at, lines);
            }
            None => lines.push(format!("{part}: only recorded: {entry}")),
        }
    }
    lines.extend(got.iter().map(|entry| format!("{part}: only here: {entry}")));
}

#[test]
fn collections_are_equal_where_every_entry_has_its_equal() {
    let paired = |want: &[Value], got: &[Value]| {
        let mut lines = Vec::new();
        pair("events", want, got, &mut lines);
        lines.len()
    };
    assert_eq!(paired(&[json!(1), json!(2)], &[json!(2), json!(1)]), 0);
    assert_eq!(paired(&[json!(1), json!(1)], &[json!(1)]), 1);
    assert_eq!(paired(&[], &[json!(1)]), 1);
    let pod = |phase: &str| json!({"kind": "Pod", "metadata": {"name": "p"}, "phase": phase});
    assert_eq!(paired(&[pod("Running")], &[pod("Failed")]), 1);
}
