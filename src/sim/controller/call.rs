//! How controllers phrase what they want done: creations, updates, status updates, deletions, events. The actor
//! and the user agent are filled in by the loop that runs the controller.

use super::event::Event;
use super::object::{name, namespace, text};
use crate::call::{Actor, Body, Call, Caller, Query, Reply, ResourcePath, Target, Verb};
use crate::clock::Moment;
use crate::snapshot::Key;
use serde_json::{Value, json};

/// What follows from the answer to a call.
pub(crate) type Then = Box<dyn FnOnce(&Reply) -> Vec<Step>>;

/// One thing to do.
pub(crate) enum Step {
    /// Make a call. A refusal is tried again later, as real controllers do with back-off.
    Call(Box<Call>),
    /// Make a call and do what follows from its answer.
    Ask(Box<Call>, Then),
    /// Record an event.
    Tell(Event),
}

/// What a controller does now, and when it wants to look again though nothing may have changed.
#[derive(Default)]
pub(crate) struct Work {
    /// In this order.
    pub(crate) steps: Vec<Step>,
    /// The earliest moment at which time alone makes a difference.
    pub(crate) wake: Option<Moment>,
    /// What to keep in mind about objects, by uid.
    pub(crate) notes: Vec<(String, Value)>,
}

impl Work {
    /// Keeps something in mind about an object.
    pub(crate) fn note(&mut self, about: &Value, what: Value) {
        self.notes.push((super::object::uid(about).to_owned(), what));
    }

    /// Adds a call.
    pub(crate) fn call(&mut self, call: Call) {
        self.steps.push(Step::Call(Box::new(call)));
    }

    /// Adds a call whose answer leads to more.
    pub(crate) fn ask(&mut self, call: Call, then: impl FnOnce(&Reply) -> Vec<Step> + 'static) {
        self.steps.push(Step::Ask(Box::new(call), Box::new(then)));
    }

    /// Adds an event.
    pub(crate) fn tell(&mut self, event: Event) {
        self.steps.push(Step::Tell(event));
    }

    /// Asks to be run again at `moment` at the latest.
    pub(crate) fn wake_at(&mut self, moment: Moment) {
        self.wake = Some(self.wake.map_or(moment, |other| other.min(moment)));
    }
}

/// A kind of object as its path names it, all at the version that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// API group; empty for the core group.
    pub(crate) group: &'static str,
    /// API version.
    pub(crate) version: &'static str,
    /// Plural resource name.
    pub(crate) name: &'static str,
}

/// The resources that controllers write.
pub(crate) mod resource {
    use super::Resource;

    macro_rules! resources {
        ($($id:ident = $group:literal $version:literal $name:literal;)*) => {
            $(pub(crate) const $id: Resource = Resource { group: $group, version: $version, name: $name };)*
        };
    }

    resources! {
        CLUSTER_ROLES = "rbac.authorization.k8s.io" "v1" "clusterroles";
        CONFIG_MAPS = "" "v1" "configmaps";
        ENDPOINTS = "" "v1" "endpoints";
        EVENTS = "" "v1" "events";
        NEW_EVENTS = "events.k8s.io" "v1" "events";
        NAMESPACES = "" "v1" "namespaces";
        NODES = "" "v1" "nodes";
        VOLUMES = "" "v1" "persistentvolumes";
        CLAIMS = "" "v1" "persistentvolumeclaims";
        PODS = "" "v1" "pods";
        QUOTAS = "" "v1" "resourcequotas";
        SECRETS = "" "v1" "secrets";
        SERVICE_ACCOUNTS = "" "v1" "serviceaccounts";
        SERVICES = "" "v1" "services";
        REVISIONS = "apps" "v1" "controllerrevisions";
        DAEMON_SETS = "apps" "v1" "daemonsets";
        DEPLOYMENTS = "apps" "v1" "deployments";
        REPLICATION_CONTROLLERS = "" "v1" "replicationcontrollers";
        REPLICA_SETS = "apps" "v1" "replicasets";
        STATEFUL_SETS = "apps" "v1" "statefulsets";
        AUTOSCALERS = "autoscaling" "v2" "horizontalpodautoscalers";
        CRON_JOBS = "batch" "v1" "cronjobs";
        JOBS = "batch" "v1" "jobs";
        LEASES = "coordination.k8s.io" "v1" "leases";
        CSI_NODES = "storage.k8s.io" "v1" "csinodes";
        SLICES = "discovery.k8s.io" "v1" "endpointslices";
        BUDGETS = "policy" "v1" "poddisruptionbudgets";
    }
}

/// POST of a new object into the namespace it names.
pub(crate) fn create(of: Resource, object: &Value) -> Call {
    let mut path = path(of, namespace(object), None, None);
    path.name = None;
    call(Verb::Create, path, Some(Body::json(object)))
}

/// PUT of a whole object.
pub(crate) fn update(of: Resource, object: &Value) -> Call {
    call(Verb::Update, path(of, namespace(object), Some(name(object)), None), Some(Body::json(object)))
}

/// PUT of `object` with `status` to its status subresource.
pub(crate) fn update_status(of: Resource, object: &Value, status: Value) -> Call {
    let mut object = object.clone();
    object["status"] = status;
    put(of, &object, "status")
}

/// PUT of a whole object to one of its subresources.
pub(crate) fn put(of: Resource, object: &Value, subresource: &str) -> Call {
    let path = path(of, namespace(object), Some(name(object)), Some(subresource));
    call(Verb::Update, path, Some(Body::json(object)))
}

/// JSON merge patch of an object.
pub(crate) fn merge_patch(of: Resource, object: &Value, patch: &Value) -> Call {
    let mut body = Body::json(patch);
    body.media = "application/merge-patch+json".to_owned();
    call(Verb::Patch, path(of, namespace(object), Some(name(object)), None), Some(body))
}

/// Strategic merge patch of an object.
pub(crate) fn strategic_patch(of: Resource, object: &Value, patch: &Value) -> Call {
    let mut call = merge_patch(of, object, patch);
    if let Some(body) = &mut call.body {
        body.media = "application/strategic-merge-patch+json".to_owned();
    }
    call
}

/// DELETE of exactly this object (by uid). `policy` is a deletion propagation policy.
pub(crate) fn delete(of: Resource, object: &Value, policy: Option<&str>) -> Call {
    delete_at(path(of, namespace(object), Some(name(object)), None), object, policy)
}

/// The same for an object of any kind at its path.
pub(crate) fn delete_at(path: ResourcePath, object: &Value, policy: Option<&str>) -> Call {
    let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
    if let Some(uid) = object.pointer("/metadata/uid") {
        options["preconditions"] = json!({ "uid": uid });
    }
    if let Some(policy) = policy {
        options["propagationPolicy"] = json!(policy);
    }
    call(Verb::Delete, path, Some(Body::json(&options)))
}

/// The path of an object or, without a name, of a collection.
pub(crate) fn path(
    of: Resource,
    namespace: &str,
    name: Option<&str>,
    subresource: Option<&str>,
) -> ResourcePath {
    ResourcePath {
        group: of.group.to_owned(),
        version: of.version.to_owned(),
        resource: of.name.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: name.map(str::to_owned),
        subresource: subresource.map(str::to_owned),
    }
}

/// The path of any stored object: its version is that of its `apiVersion`.
pub(crate) fn path_of(key: &Key, object: &Value) -> ResourcePath {
    let version = text(object, "/apiVersion").rsplit('/').next().unwrap_or_default().to_owned();
    ResourcePath {
        group: key.group.to_string(),
        version,
        resource: key.resource.to_string(),
        namespace: (!key.namespace.is_empty()).then(|| key.namespace.to_string()),
        name: Some(key.name.to_string()),
        subresource: None,
    }
}

/// A call whose maker is not yet filled in.
pub(crate) fn call(verb: Verb, path: ResourcePath, body: Option<Body>) -> Call {
    Call {
        actor: Actor::Controller(String::new()),
        caller: Caller::default(),
        user_agent: String::new(),
        verb,
        target: Target::Resource(path),
        query: Query::default(),
        accept: "application/json".to_owned(),
        body,
    }
}
