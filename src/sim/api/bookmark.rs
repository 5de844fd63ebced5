//! What a bookmark carries: an object of the watched kind with nothing set, as Go's internal type gives it, and the
//! version that the watch has come to.

use crate::call::typed;
use crate::sim::resources::Resource;
use serde_json::{Value, json};

/// Says that what was there when the watch began has all been told.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// The object of a bookmark at a version; `last` of the bookmark behind the state that a watch begins with.
pub(super) fn object(of: &Resource, version: u64, last: bool) -> Value {
    let mut object = json!({
        "kind": of.kind, "apiVersion": of.api_version(), "metadata": {"resourceVersion": version.to_string()},
    });
    typed::complete(&of.api_version(), &of.kind, &mut object);
    if last {
        object["metadata"]["annotations"] = json!({INITIAL_EVENTS_END: "true"});
    }
    match (of.group.as_str(), of.kind.as_str()) {
        // Numbers that may be missing in what clients write, and never are in Go's internal type.
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet") => object["spec"]["replicas"] = json!(0),
        ("apps", "DaemonSet") => {
            object["metadata"]["annotations"]["deprecated.daemonset.template.generation"] = json!("0");
        }
        _ => {}
    }
    object
}
