//! The eviction of pods by `NoExecute` taints: at once where a taint is not tolerated, after `tolerationSeconds` where it
//! is tolerated for so long. The moment from which the seconds count is kept in mind, not stored.

use crate::clock::Moment;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::disruption::Disruption;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{list, name, namespace, number, terminating, text, uid};
use crate::sim::controller::{Controller, MANAGER, View};
use crate::sim::node::fit;
use crate::snapshot::{Change, Object};
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "taint-eviction-controller";

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("", "nodes"), ("", "pods")],
    wakes: concerns,
    run: |view| {
        let mut work = Work::default();
        for pod in view.all(resource::PODS).filter(|pod| !terminating(pod)) {
            consider(view, pod, &mut work);
        }
        work
    },
};

/// Taints that change, pods that come to a node, and tolerations that change.
fn concerns(change: &Change<'_>) -> bool {
    match change {
        Change::Added(key, object) => &*key.resource == "nodes" || !text(object, "/spec/nodeName").is_empty(),
        Change::Changed(_, before, after) => ["taints", "nodeName", "tolerations"]
            .iter()
            .any(|field| before["spec"][field] != after["spec"][field]),
        Change::Removed(..) => false,
    }
}

fn consider(view: &View<'_>, pod: &Object, work: &mut Work) {
    let Some(node) = view.snapshot.find("", "nodes", "", text(pod, "/spec/nodeName")) else { return };
    let taints = list(node, "/spec/taints").iter().filter(|taint| taint["effect"] == "NoExecute");
    let held = view.memory.get(uid(pod)).and_then(|noted| number(noted, "/tainted")).map(Moment::from_micros);
    match patience(pod, taints) {
        Patience::Endless => {
            if held.is_some() {
                work.note(pod, Value::Null);
                work.tell(told(pod, "Cancelling deletion of Pod"));
            }
        }
        Patience::For(seconds) => {
            let since = held.unwrap_or(view.now);
            let due = since.after(seconds);
            if due <= view.now {
                return evict(view, pod, work);
            }
            work.note(pod, json!({"tainted": since.as_micros()}));
            work.wake_at(due);
        }
    }
}

/// How long a pod stays on a node with such taints.
#[derive(Debug, PartialEq, Eq)]
enum Patience {
    Endless,
    For(Duration),
}

fn patience<'a>(pod: &Value, taints: impl Iterator<Item = &'a Value>) -> Patience {
    let mut least = Patience::Endless;
    for taint in taints {
        let Some(toleration) = fit::toleration(pod, taint) else { return Patience::For(Duration::ZERO) };
        let Some(seconds) = number(toleration, "/tolerationSeconds") else { continue };
        let seconds = Duration::from_secs(seconds.max(0).unsigned_abs());
        least = match least {
            Patience::For(other) if other <= seconds => Patience::For(other),
            Patience::For(_) | Patience::Endless => Patience::For(seconds),
        };
    }
    least
}

/// An event that names the pod, and does not know its uid.
fn told(pod: &Value, what: &str) -> Event {
    let message = format!("{what} {}/{}", namespace(pod), name(pod));
    let mut event = Event::normal(NAME, pod, "TaintManagerEviction", message);
    event.about = json!({"kind": "Pod", "apiVersion": "v1", "namespace": namespace(pod), "name": name(pod)});
    event
}

/// Notes why the pod goes, and deletes it.
fn evict(view: &View<'_>, pod: &Object, work: &mut Work) {
    work.tell(told(pod, "Marking for deletion Pod"));
    let status = Disruption::Taint.noted(pod, view.now);
    work.call(call::update_status(resource::PODS, pod, status));
    work.call(call::delete(resource::PODS, pod, None));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_stays_as_long_as_its_least_patient_toleration_says() {
        let taint = |key: &str| json!({"key": key, "effect": "NoExecute"});
        let tolerates = |key: &str, seconds: Value| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds});
        let cases = [
            (vec![], vec![], Patience::Endless),
            (vec![taint("a")], vec![], Patience::For(Duration::ZERO)),
            (vec![taint("a")], vec![tolerates("a", Value::Null)], Patience::Endless),
            (vec![taint("a")], vec![tolerates("a", json!(300))], Patience::For(Duration::from_secs(300))),
            (
                vec![taint("a"), taint("b")],
                vec![tolerates("a", json!(300)), tolerates("b", json!(10))],
                Patience::For(Duration::from_secs(10)),
            ),
            (vec![taint("a"), taint("b")], vec![tolerates("a", json!(300))], Patience::For(Duration::ZERO)),
            (vec![taint("a")], vec![tolerates("a", json!(-1))], Patience::For(Duration::ZERO)),
        ];
        for (taints, tolerations, expected) in cases {
            let pod = json!({"spec": {"tolerations": tolerations}});
            assert_eq!(patience(&pod, taints.iter()), expected, "{taints:?} {tolerations:?}");
        }
    }
}
