//! Bindings: a pod is given its node, as the scheduler asks.

use super::options::Options;
use super::{Asked, admission, create, decode};
use crate::call::{Reply, ResourcePath};
use crate::sim::World;
use crate::sim::object::{self, set_meta};
use crate::sim::resources::{self, Resource};
use crate::sim::status::Refusal;
use crate::snapshot::Key;
use serde_json::{Value, json};
use std::sync::Arc;

/// Binds the pod of the path to the node that a `Binding` names.
pub(super) fn bind(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let options = Options::read(asked, "CreateOptions")?;
    let binding = read(world, asked, &options)?;
    if object::name(&binding) != asked.name() {
        return Err(Refusal::bad_request("name in URL does not match name in Binding object"));
    }
    check_target(&binding["target"])?;
    let old = asked.object(world)?;
    let conflict = |why: String| {
        let of = Resource { plural: "pods/binding".to_owned(), ..(*asked.of).clone() };
        Err(Refusal::conflict(&of, asked.name(), &why))
    };
    if object::is_terminating(&old) {
        return conflict(format!("pod {} is being deleted, cannot be assigned to a host", asked.name()));
    }
    let present = old["spec"]["nodeName"].as_str().unwrap_or_default();
    if !present.is_empty() {
        return conflict(format!("pod {} is already assigned to node {present:?}", asked.name()));
    }
    if !options.dry_run {
        let pod = bound(&old, &binding, asked);
        world.store.put(asked.key(asked.name()), pod);
    }
    let done =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Reply::json(201, done))
}

fn read(world: &World, asked: &Asked<'_>, options: &Options) -> Result<Value, Refusal> {
    let of = resources::of_kind("", "v1", "Binding").expect("bindings are built in");
    let as_binding = Asked { of, columns: Arc::default(), ..*asked };
    let (binding, _) = decode::object(world, &as_binding, options)?;
    create::same_namespace(asked, &binding)?;
    admission::namespace_is_open(world, asked, asked.name())?;
    Ok(binding)
}

/// Refuses what no pod can be bound to.
fn check_target(target: &Value) -> Result<(), Refusal> {
    let text = |name: &str| target[name].as_str().unwrap_or_default();
    let kind = text("kind");
    let odd = (!matches!(kind, "" | "Node"))
        .then(|| format!(r#"target.kind: Unsupported value: {kind:?}: supported values: "Node", "<empty>""#));
    let nameless = text("name").is_empty().then(|| "target.name: Required value".to_owned());
    match odd.into_iter().chain(nameless).collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        [one] => Err(Refusal::unexplained(one.clone())),
        many => Err(Refusal::unexplained(format!("[{}]", many.join(", ")))),
    }
}

/// The pod with its node, with the labels and annotations that the binding brings, and as scheduled.
fn bound(old: &Value, binding: &Value, asked: &Asked<'_>) -> Value {
    let mut pod = old.clone();
    pod["spec"]["nodeName"] = binding["target"]["name"].clone();
    for field in ["labels", "annotations"] {
        let mut merged = pod["metadata"][field].as_object().cloned().unwrap_or_default();
        merged.extend(binding["metadata"][field].as_object().cloned().unwrap_or_default());
        if !merged.is_empty() {
            set_meta(&mut pod, field, Value::Object(merged));
        }
    }
    let condition = json!({
        "type": "PodScheduled", "status": "True", "lastProbeTime": null,
        "lastTransitionTime": asked.now.rfc3339(),
    });
    if !pod["status"]["conditions"].is_array() {
        pod["status"]["conditions"] = json!([]);
    }
    let conditions = pod["status"]["conditions"].as_array_mut().expect("made a list just above");
    conditions.retain(|condition| condition["type"] != "PodScheduled");
    conditions.push(condition);
    // The node that preemption made room on is the pod's own now.
    pod["status"].as_object_mut().map(|status| status.remove("nominatedNodeName"));
    pod
}

/// The `bindings` resource: the older way to bind a pod.
pub(super) fn bind_by_name(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let options = Options::read(asked, "CreateOptions")?;
    let binding = read(world, asked, &options)?;
    let name = object::name(&binding).to_owned();
    let of = resources::of_kind("", "v1", "Pod").expect("pods are built in");
    let key = Key::new("", "pods", asked.namespace(), &name);
    world.store.snapshot().get(&key).ok_or_else(|| Refusal::not_found(&of, &name))?;
    let at = ResourcePath {
        resource: "pods".to_owned(),
        name: Some(name),
        subresource: Some("binding".to_owned()),
        ..asked.at.clone()
    };
    bind(world, &Asked { at: &at, of, columns: Arc::default(), ..*asked })
}
