//! The pods behind a Service, as its controllers know them: they look at a Service again when it changes, or when one
//! of its pods comes, goes, turns ready or unready, or gets an address, labels or a name. That a pod has ended is none of
//! these. One that was never ready therefore stays listed until something else happens.

use crate::sim::controller::call::Work;
use crate::sim::controller::call::resource;
use crate::sim::controller::object::{finished, list, name, namespace, ready, terminating, text, uid};
use crate::sim::controller::{View, selector};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The pods that a Service selects, that have an address, and had not ended when the Service was looked at last.
/// Keeps in mind when that was.
pub(super) fn pods<'a>(view: &View<'a>, service: &'a Value, work: &mut Work) -> Vec<&'a Object> {
    let selected = |pod: &&Object| selector::contains(&service["spec"]["selector"], pod);
    let selected: Vec<&Object> = view.within(resource::PODS, namespace(service)).filter(selected).collect();
    let seen = seen(service, &selected);
    let held = view.memory.get(uid(service)).filter(|held| held["seen"] == seen);
    let listed = |pod: &Object| match held {
        Some(held) => !finished(pod) || list(held, "/listed").iter().any(|one| *one == *uid(pod)),
        None => !finished(pod),
    };
    let behind: Vec<&Object> =
        selected.into_iter().filter(|pod| !text(pod, "/status/podIP").is_empty() && listed(pod)).collect();
    if held.is_none() {
        let listed: Vec<&str> = behind.iter().map(|pod| uid(pod)).collect();
        work.note(service, json!({"seen": seen, "listed": listed}));
    }
    behind
}

/// What a change of which makes the controllers look again.
fn seen(service: &Value, pods: &[&Object]) -> Value {
    let pods = pods.iter().map(|pod| {
        // Every change of a pod that is being deleted counts.
        let leaving = terminating(pod).then(|| &pod["metadata"]["resourceVersion"]);
        let (labels, spec) = (&pod["metadata"]["labels"], &pod["spec"]);
        let named = [name(pod), text(spec, "/hostname"), text(spec, "/subdomain")];
        json!([uid(pod), named, labels, ready(pod), pod["status"]["podIPs"], leaving])
    });
    json!([service["metadata"]["resourceVersion"], pods.collect::<Vec<Value>>()])
}
