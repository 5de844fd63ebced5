//! Plays a recorded case on a simulated cluster in drill time: what kubectl was told is put into the calls that it
//! makes, and time jumps from one moment at which something happens to the next.

use super::kubectl::{self, Change, Chosen};
use super::mask;
use helmdrill::behaviour::Pace;
use helmdrill::call::{Actor, Body, Call, Reply};
use helmdrill::clock::Moment;
use helmdrill::seed::Seed;
use helmdrill::sim::{Config, World, controller};
use helmdrill::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Group, version and plural name of the kinds whose objects are compared.
const KINDS: &[(&str, &str, &str)] = &[
    ("apps", "v1", "deployments"),
    ("apps", "v1", "replicasets"),
    ("apps", "v1", "statefulsets"),
    ("apps", "v1", "daemonsets"),
    ("batch", "v1", "jobs"),
    ("batch", "v1", "cronjobs"),
    ("", "v1", "pods"),
    ("", "v1", "services"),
    ("", "v1", "endpoints"),
    ("discovery.k8s.io", "v1", "endpointslices"),
    ("", "v1", "persistentvolumeclaims"),
    ("", "v1", "configmaps"),
    ("", "v1", "secrets"),
    ("", "v1", "serviceaccounts"),
    ("policy", "v1", "poddisruptionbudgets"),
    ("autoscaling", "v2", "horizontalpodautoscalers"),
    ("", "v1", "resourcequotas"),
    ("apps", "v1", "controllerrevisions"),
];

/// A cluster with one namespace, and its time.
pub(crate) struct Player {
    world: World,
    now: Moment,
    namespace: String,
}

/// The masked objects and events at the end of a case.
pub(crate) fn play(case: &Value, seed: Seed, pace: Pace) -> Value {
    played(case, seed, pace).end()
}

/// Every object at the end of a case, as stored.
pub(crate) fn world(case: &Value, seed: Seed) -> Vec<Object> {
    played(case, seed, Pace::Real).world.snapshot().iter().map(|(_, object)| object.clone()).collect()
}

fn played(case: &Value, seed: Seed, pace: Pace) -> Player {
    let mut player = Player::new(case["name"].as_str().expect("a case has a name"), seed, pace);
    for (step, answer) in mask::list(&case["steps"]).iter().zip(mask::list(&case["answers"])) {
        player.step(step, answer);
    }
    player.pass(case["settle"].as_f64().expect("seconds"));
    player
}

impl Player {
    /// A fresh cluster on which the namespace has just come to be.
    pub(crate) fn new(namespace: &str, seed: Seed, pace: Pace) -> Player {
        let now = Moment::parse("2026-11-22T12:00:00Z").expect("a time");
        let config = Config { seed, pace, controllers: true, ..Config::default() };
        let mut player = Player { world: World::new(config, now), now, namespace: namespace.to_owned() };
        let object = json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": namespace}});
        player.call("POST", "/api/v1/namespaces", "", Some(Body::json(&object)));
        player.pass(1.0);
        player
    }

    /// The objects of a collection in the namespace.
    pub(crate) fn all(&self, group: &str, plural: &str) -> Vec<Object> {
        let objects = self.world.snapshot().list(group, plural, Some(&self.namespace));
        objects.map(|(_, object)| object.clone()).collect()
    }

    /// Deletes the namespace.
    pub(crate) fn delete_namespace(&mut self) {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        assert!(self.call("DELETE", &path, "", None).is_success());
    }

    /// What is left of the namespace, itself included.
    pub(crate) fn left(&self) -> Vec<String> {
        let objects = self.world.snapshot().iter().map(|(key, _)| key);
        let mine = objects.filter(|key| *key.namespace == *self.namespace || *key.name == *self.namespace);
        mine.map(ToString::to_string).collect()
    }

    fn call(&mut self, method: &str, path: &str, query: &str, body: Option<Body>) -> Reply {
        let agent = "kubectl/v1.36.3 (linux/amd64)";
        let method = method.parse().expect("a method");
        let mut call = Call::from_http(&method, path, query, Actor::from_user_agent(agent), agent);
        call.accept = "application/json".to_owned();
        call.body = body;
        let reply = self.world.handle(&call, self.now);
        controller::settle(&mut self.world, self.now);
        reply
    }

    /// Lets time pass, stopping wherever something is due.
    pub(crate) fn pass(&mut self, seconds: f64) {
        let end = self.now.after(Duration::from_secs_f64(seconds));
        while let Some(due) = controller::settle(&mut self.world, self.now).filter(|due| *due <= end) {
            self.now = due.max(Moment::from_micros(self.now.as_micros() + 1));
        }
        self.now = end;
        controller::settle(&mut self.world, self.now);
    }

    fn step(&mut self, step: &Value, answer: &Value) {
        match step[0].as_str().expect("a step says what it is") {
            "wait" => self.pass(step[1].as_f64().expect("seconds")),
            "apply" => {
                let manifest = step[1].as_str().expect("a manifest");
                let reply = self.try_apply(manifest);
                let recorded = answer.as_i64() == Some(0);
                assert_eq!(reply.is_success(), recorded, "{manifest}: {:?}", reply.value());
            }
            "kubectl" => {
                let words: Vec<&str> = mask::list(&step[1]).iter().filter_map(Value::as_str).collect();
                self.kubectl(&words, answer);
            }
            other => panic!("unknown step {other}"),
        }
    }

    fn path(&self, place: (&str, &str, &str), name: &str) -> String {
        let (group, version, plural) = place;
        let root =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let path = format!("{root}/namespaces/{}/{plural}", self.namespace);
        if name.is_empty() { path } else { format!("{path}/{name}") }
    }

    /// `kubectl apply` of what must be accepted.
    pub(crate) fn apply(&mut self, manifest: &str) {
        let reply = self.try_apply(manifest);
        assert!(reply.is_success(), "{manifest}: {:?}", reply.value());
    }

    /// `kubectl apply`: creates, or patches where the object is there already.
    fn try_apply(&mut self, manifest: &str) -> Reply {
        let mut object: Value = serde_saphyr::from_str(manifest).expect("a manifest is YAML");
        let kind = object["kind"].as_str().expect("a kind").to_lowercase();
        let place = place(&kind);
        let path = self.path(place, object["metadata"]["name"].as_str().expect("a name"));
        let manager = "fieldManager=kubectl-client-side-apply";
        object["metadata"]["namespace"] = json!(self.namespace);
        let applied = format!("{object}\n");
        object["metadata"]["annotations"][LAST_APPLIED] = json!(applied);
        if let Some(live) =
            self.call("GET", &path, "", None).value().filter(|live| live["kind"] == object["kind"])
        {
            let last = live["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or("{}");
            let last: Value = serde_json::from_str(last).expect("what was applied is JSON");
            let mut patch = object.clone();
            clear(&last, &mut patch);
            let mut body = Body::json(&patch);
            body.media = "application/strategic-merge-patch+json".to_owned();
            self.call("PATCH", &path, manager, Some(body))
        } else {
            let path = self.path(place, "");
            self.call("POST", &path, manager, Some(Body::json(&object)))
        }
    }

    /// The few things that the recorded cases ask of kubectl.
    fn kubectl(&mut self, words: &[&str], answer: &Value) {
        match words {
            ["delete", kind, "-l", selector, ..] => {
                let (key, value) = selector.split_once('=').expect("KEY=VALUE");
                for name in self.names(place(kind), key, value) {
                    self.delete(kind, &name, words);
                }
            }
            ["delete", kind, name, ..] => self.delete(kind, name, words),
            ["create", "job", name, from] => {
                let cron = from.trim_start_matches("--from=cronjob/");
                self.trigger(name, cron);
            }
            ["logs", pod] => {
                let path = format!("{}/log", self.path(place("pod"), pod));
                let reply = self.call("GET", &path, "", None);
                let helmdrill::call::ReplyBody::Raw(text) = reply.body else { panic!("logs are text") };
                assert_eq!(String::from_utf8_lossy(&text).trim(), answer[1].as_str().unwrap_or_default());
            }
            other => {
                let history =
                    [self.all("apps", "replicasets"), self.all("apps", "controllerrevisions")].concat();
                if let Some(change) = kubectl::change(other, &history, &self.now.rfc3339()) {
                    self.change(change);
                }
            }
        }
    }

    fn change(&mut self, change: Change) {
        let names = match change.of {
            Chosen::Name(name) => vec![name],
            Chosen::Label(key, value) => self.names(place(&change.kind), &key, &value),
        };
        for name in names {
            let mut body = Body::json(&change.patch);
            body.media = change.media.to_owned();
            let mut path = self.path(place(&change.kind), &name);
            if !change.subresource.is_empty() {
                path = format!("{path}/{}", change.subresource);
            }
            let query = format!("fieldManager={}", change.manager);
            let reply = self.call("PATCH", &path, &query, Some(body));
            assert!(reply.is_success(), "{path} {}: {:?}", change.patch, reply.value());
        }
    }

    fn names(&self, place: (&str, &str, &str), key: &str, value: &str) -> Vec<String> {
        let objects = self.world.snapshot().list(place.0, place.2, Some(&self.namespace));
        let chosen = objects.filter(|(_, object)| object["metadata"]["labels"][key] == value);
        chosen.map(|(key, _)| key.name.to_string()).collect()
    }

    /// `kubectl delete`: waits for the object to go unless told not to.
    fn delete(&mut self, kind: &str, name: &str, words: &[&str]) {
        let policy = match words.iter().find_map(|word| word.strip_prefix("--cascade=")) {
            Some("foreground") => "Foreground",
            Some("orphan") => "Orphan",
            _ => "Background",
        };
        let path = self.path(place(kind), name);
        let body =
            Body::json(&json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy}));
        assert!(self.call("DELETE", &path, "", Some(body)).is_success(), "delete {kind}/{name}");
        if !words.contains(&"--wait=false") {
            let there = |player: &mut Player| player.call("GET", &path, "", None).is_success();
            for _ in 0..200 {
                if !there(self) {
                    return;
                }
                self.pass(0.1);
            }
            panic!("{kind}/{name} is still there");
        }
    }

    /// `kubectl create job NAME --from=cronjob/CRON`.
    fn trigger(&mut self, name: &str, cron: &str) {
        let snapshot = self.world.snapshot();
        let cron = snapshot.find("batch", "cronjobs", &self.namespace, cron).expect("the CronJob").clone();
        let job = json!({
            "kind": "Job", "apiVersion": "batch/v1",
            "metadata": {
                "name": name, "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
                "ownerReferences": [{
                    "apiVersion": "batch/v1", "kind": "CronJob", "name": cron["metadata"]["name"],
                    "uid": cron["metadata"]["uid"], "controller": true,
                }],
            },
            "spec": cron["spec"]["jobTemplate"]["spec"],
        });
        let path = self.path(place("job"), "");
        assert!(self.call("POST", &path, "fieldManager=kubectl-create", Some(Body::json(&job))).is_success());
    }

    fn end(&self) -> Value {
        let mut objects = Vec::new();
        for (group, _, plural) in KINDS {
            for (key, object) in self.world.snapshot().list(group, plural, Some(&self.namespace)) {
                if &*key.name == "kube-root-ca.crt" || *plural == "serviceaccounts" && &*key.name == "default"
                {
                    continue;
                }
                let mut object = mask::norm(object, "");
                mask::remove(&mut object["metadata"], "namespace");
                if object["metadata"].get("annotations").is_some() {
                    let notes = &mut object["metadata"]["annotations"];
                    mask::remove(notes, "kubectl.kubernetes.io/last-applied-configuration");
                }
                objects.push(mask::tidy(object));
            }
        }
        let told = self.world.snapshot().list("", "events", Some(&self.namespace)).map(|(_, event)| event);
        let events: BTreeSet<Vec<String>> = told
            .filter(|event| !event["message"].as_str().unwrap_or_default().contains("connection refused"))
            .map(|event| {
                let fields = [&event["involvedObject"]["kind"], &event["type"], &event["reason"]];
                let texts = fields.map(|field| field.as_str().unwrap_or_default().to_owned());
                let message = mask::text(event["message"].as_str().unwrap_or_default());
                texts.into_iter().chain([message]).collect()
            })
            .collect();
        json!({"objects": objects, "events": events})
    }
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Sets to null what was applied last time and is not wanted any more.
fn clear(last: &Value, wanted: &mut Value) {
    let (Some(last), Some(fields)) = (last.as_object(), wanted.as_object_mut()) else { return };
    for (key, old) in last {
        match fields.get_mut(key) {
            Some(new) => clear(old, new),
            None => {
                fields.insert(key.clone(), Value::Null);
            }
        }
    }
}

/// The collection that a word of kubectl names.
fn place(word: &str) -> (&'static str, &'static str, &'static str) {
    let plural = match word {
        "deploy" => "deployments",
        "sts" => "statefulsets",
        "rs" => "replicasets",
        "ds" => "daemonsets",
        "rc" | "replicationcontroller" => return ("", "v1", "replicationcontrollers"),
        "svc" => "services",
        "hpa" | "horizontalpodautoscaler" => "horizontalpodautoscalers",
        other => other,
    };
    let found = KINDS.iter().find(|(_, _, name)| *name == plural || name.trim_end_matches('s') == plural);
    *found.unwrap_or_else(|| panic!("no collection for {word}"))
}
