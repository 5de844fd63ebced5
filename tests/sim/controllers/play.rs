//! A simulated cluster in drill time: manifests become the calls that `kubectl apply` makes, and time jumps from one
//! moment at which something happens to the next.

use helmdrill::behaviour::Pace;
use helmdrill::call::{Actor, Body, Call, Reply, ReplyBody};
use helmdrill::clock::Moment;
use helmdrill::seed::Seed;
use helmdrill::sim::{Config, World, controller};
use helmdrill::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// Group, version and plural name of the kinds that are applied.
const KINDS: &[(&str, &str, &str)] = &[
    ("apps", "v1", "deployments"),
    ("apps", "v1", "statefulsets"),
    ("apps", "v1", "daemonsets"),
    ("batch", "v1", "jobs"),
    ("batch", "v1", "cronjobs"),
    ("", "v1", "services"),
];

/// Which of so many tasks of controllers is next.
type Order = Box<dyn FnMut(usize) -> usize>;

/// A cluster with one namespace, and its time.
pub(crate) struct Player {
    world: World,
    now: Moment,
    namespace: String,
    order: Option<Order>,
}

impl Player {
    /// A fresh cluster on which the namespace has just come to be.
    pub(crate) fn new(namespace: &str, seed: Seed, pace: Pace) -> Player {
        let config = Config { seed, pace, controllers: true, ..Config::default() };
        Player::with(namespace, config, None)
    }

    /// The same in a cloud, where Services of type LoadBalancer have addresses.
    pub(crate) fn in_a_cloud(namespace: &str) -> Player {
        Player::with(namespace, Config { controllers: true, load_balancers: true, ..Config::default() }, None)
    }

    /// The same, where controllers act in an order of one's own.
    pub(crate) fn in_order(namespace: &str, order: impl FnMut(usize) -> usize + 'static) -> Player {
        let config = Config { seed: Seed(7), controllers: true, ..Config::default() };
        Player::with(namespace, config, Some(Box::new(order)))
    }

    fn with(namespace: &str, config: Config, order: Option<Order>) -> Player {
        let now = Moment::parse("2026-11-22T12:00:00Z").expect("a time");
        let mut player =
            Player { world: World::new(config, now), now, namespace: namespace.to_owned(), order };
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

    /// Every object of the cluster, as stored.
    pub(crate) fn objects(&self) -> Vec<Object> {
        self.world.snapshot().iter().map(|(_, object)| object.clone()).collect()
    }

    /// Deletes the namespace.
    pub(crate) fn delete_namespace(&mut self) {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        assert!(self.call("DELETE", &path, "", None).is_success());
    }

    /// Deletes every object of a collection, by background deletion.
    pub(crate) fn delete(&mut self, group: &'static str, version: &'static str, plural: &'static str) {
        for object in self.all(group, plural) {
            let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
            let path = self.path((group, version, plural), &name);
            let body =
                json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
            assert!(self.call("DELETE", &path, "", Some(Body::json(&body))).is_success());
        }
    }

    /// What is left of the namespace, itself included.
    pub(crate) fn left(&self) -> Vec<String> {
        let objects = self.world.snapshot().iter().map(|(key, _)| key);
        let mine = objects.filter(|key| *key.namespace == *self.namespace || *key.name == *self.namespace);
        mine.map(ToString::to_string).collect()
    }

    fn settle(&mut self) -> Option<Moment> {
        match &mut self.order {
            Some(order) => controller::settle_in_order(&mut self.world, self.now, order),
            None => controller::settle(&mut self.world, self.now),
        }
    }

    /// POST of an object into a collection such as `/api/v1/persistentvolumes`; the answer has to be a success.
    pub(crate) fn post(&mut self, path: &str, object: &Value) -> Value {
        let reply = self.call("POST", path, "", Some(Body::json(object)));
        assert!(reply.is_success(), "{object}: {:?}", reply.value());
        reply.value().cloned().expect("the object")
    }

    /// PATCH (JSON merge patch) of an object by its path.
    pub(crate) fn patch(&mut self, path: &str, patch: &Value) {
        let mut body = Body::json(patch);
        body.media = "application/merge-patch+json".to_owned();
        let reply = self.call("PATCH", path, "", Some(body));
        assert!(reply.is_success(), "{path}: {:?}", reply.value());
    }

    /// What a container has printed, by the path of its log.
    pub(crate) fn log(&mut self, path: &str) -> String {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let reply = self.call("GET", path, query, None);
        match reply.body {
            ReplyBody::Raw(text) => String::from_utf8_lossy(&text).into_owned(),
            _ => panic!("{path}: {:?}", reply.value()),
        }
    }

    /// DELETE of an object by its path.
    pub(crate) fn remove(&mut self, path: &str, policy: &str) {
        let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
        let reply = self.call("DELETE", path, "", Some(Body::json(&options)));
        assert!(reply.is_success(), "{path}: {:?}", reply.value());
    }

    /// One object as it is stored.
    pub(crate) fn find(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Object> {
        self.world.snapshot().find(group, plural, namespace, name).cloned()
    }

    /// What was told of an object: reasons and messages, in the order of time.
    pub(crate) fn told(&self, name: &str) -> Vec<String> {
        let events = self.world.snapshot().list("", "events", None).map(|(_, event)| event);
        let of = events.filter(|event| event["involvedObject"]["name"] == name);
        let text = |event: &Object, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        of.map(|event| format!("{}: {}", text(event, "reason"), text(event, "message"))).collect()
    }

    fn call(&mut self, method: &str, path: &str, query: &str, body: Option<Body>) -> Reply {
        let agent = "kubectl/v1.36.3 (linux/amd64)";
        let method = method.parse().expect("a method");
        let mut call = Call::from_http(&method, path, query, Actor::from_user_agent(agent), agent);
        call.accept = "application/json".to_owned();
        call.body = body;
        let reply = self.world.handle(&call, self.now);
        self.settle();
        reply
    }

    /// Lets time pass, stopping wherever something is due.
    pub(crate) fn pass(&mut self, seconds: f64) {
        let end = self.now.after(Duration::from_secs_f64(seconds));
        while let Some(due) = self.settle().filter(|due| *due <= end) {
            self.now = due.max(Moment::from_micros(self.now.as_micros() + 1));
        }
        self.now = end;
        self.settle();
    }

    fn path(&self, place: (&str, &str, &str), name: &str) -> String {
        let (group, version, plural) = place;
        let root =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let path = format!("{root}/namespaces/{}/{plural}", self.namespace);
        if name.is_empty() { path } else { format!("{path}/{name}") }
    }

    /// `kubectl apply`: creates, or patches where the object is there already.
    pub(crate) fn apply(&mut self, manifest: &str) {
        let mut object: Value = serde_saphyr::from_str(manifest).expect("a manifest is YAML");
        let kind = object["kind"].as_str().expect("a kind").to_lowercase();
        let place = place(&kind);
        let path = self.path(place, object["metadata"]["name"].as_str().expect("a name"));
        let manager = "fieldManager=kubectl-client-side-apply";
        object["metadata"]["namespace"] = json!(self.namespace);
        let applied = json!({"kubectl.kubernetes.io/last-applied-configuration": format!("{object}\n")});
        object["metadata"]["annotations"] = applied;
        let reply = if self.call("GET", &path, "", None).is_success() {
            let mut body = Body::json(&object);
            body.media = "application/strategic-merge-patch+json".to_owned();
            self.call("PATCH", &path, manager, Some(body))
        } else {
            let path = self.path(place, "");
            self.call("POST", &path, manager, Some(Body::json(&object)))
        };
        assert!(reply.is_success(), "{manifest}: {:?}", reply.value());
    }
}

/// The collection of a kind.
fn place(kind: &str) -> (&'static str, &'static str, &'static str) {
    let found = KINDS.iter().find(|(_, _, name)| name.trim_end_matches('s') == kind);
    *found.unwrap_or_else(|| panic!("no collection for {kind}"))
}
