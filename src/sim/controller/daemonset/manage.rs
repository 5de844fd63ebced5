//! Which pods of a DaemonSet come and go on each node, whatever their template: missing ones, ended ones, too many, and
//! those on nodes that do not fit.

use super::place::{Place, pod_for};
use super::{Daemons, NAME, Node};
use crate::clock::Moment;
use crate::sim::controller::call::Work;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{name, namespace, number, ready, text, time, uid};
use crate::sim::controller::pods;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the controller waits before it deletes the next failed pod on a node; it doubles up to the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Whether a second pod may come to be on a node before the first goes.
pub(super) fn surges(set: &Value) -> bool {
    text(set, "/spec/updateStrategy/type") != "OnDelete"
        && crate::sim::controller::deployment::resolve(
            &set["spec"]["updateStrategy"]["rollingUpdate"]["maxSurge"],
            1,
            true,
        ) > 0
}

/// Creates missing pods and removes those that ended, are too many or on the wrong node.
pub(super) fn manage(daemons: &Daemons<'_>, work: &mut Work) {
    let set = daemons.set;
    let mut fresh = Vec::new();
    let mut spare = Vec::new();
    for node in &daemons.nodes {
        match node.place {
            Place::Runs if node.pods.is_empty() => fresh.push(pod_for(set, node.node, &daemons.hash)),
            Place::Runs | Place::Stays => {
                let running = ended(daemons, node, &mut spare, work);
                if !surges(set) {
                    spare.extend(running.into_iter().skip(1));
                } else if running.is_empty() && node.place == Place::Runs {
                    fresh.push(pod_for(set, node.node, &daemons.hash));
                } else if running.len() > 1 {
                    spare.extend(surplus(daemons, &running));
                }
            }
            Place::Never => spare.extend(node.staying()),
        }
    }
    spare.extend(daemons.astray.iter().copied().filter(|pod| text(pod, "/spec/nodeName").is_empty()));
    work.steps.extend(pods::create(NAME, set.clone(), fresh, |_| Vec::new()));
    work.steps.extend(spare.into_iter().map(|pod| pods::delete(NAME, set, pod)));
}

/// The pods of a node that have not ended. The others are to go; they are told of.
fn ended<'a>(
    daemons: &Daemons<'a>,
    node: &Node<'a>,
    spare: &mut Vec<&'a Object>,
    work: &mut Work,
) -> Vec<&'a Object> {
    let mut running = Vec::new();
    for pod in node.staying() {
        let found = |how: &str, what: &str| {
            format!(
                "Found {how} daemon pod {}/{} on node {}, will try to {what} it",
                namespace(pod),
                name(pod),
                name(node.node)
            )
        };
        match text(pod, "/status/phase") {
            "Failed" => {
                if waits(daemons, node, work) {
                    continue;
                }
                let message = found("failed", "kill");
                work.tell(Event::warning(NAME, daemons.set, "FailedDaemonPod", message));
                spare.push(pod);
            }
            "Succeeded" => {
                let message = found("succeeded", "delete");
                work.tell(Event::normal(NAME, daemons.set, "SucceededDaemonPod", message));
                spare.push(pod);
            }
            _ => running.push(pod),
        }
    }
    running
}

/// Whether the next failed pod on a node has to wait; where it has not, the wait after it is kept in mind.
fn waits(daemons: &Daemons<'_>, node: &Node<'_>, work: &mut Work) -> bool {
    let now = daemons.view.now;
    let noted = daemons.view.memory.get(uid(daemons.set)).cloned().unwrap_or_else(|| json!({}));
    let key =
        format!("{}/{}", number(daemons.set, "/status/observedGeneration").unwrap_or(0), name(node.node));
    let held = &noted[&key];
    let last = time(held, "/at").unwrap_or_default();
    let wait = Duration::from_secs(number(held, "/wait").unwrap_or(0).unsigned_abs());
    let until: Moment = last.after(wait);
    if !wait.is_zero() && until > now {
        work.wake_at(until);
        return true;
    }
    // After twice the longest wait without a failure it begins anew.
    let forgotten = wait.is_zero() || now.since(last) > 2 * LONGEST;
    let next = if forgotten { FIRST } else { (2 * wait).min(LONGEST) };
    let mut noted = noted;
    noted[&key] = json!({"at": now.rfc3339(), "wait": next.as_secs()});
    work.note(daemons.set, noted);
    false
}

/// Of the pods of a surging node, those that are not the oldest of the new template or the oldest of an old one; and that
/// one too once the new one can take its place.
fn surplus<'a>(daemons: &Daemons<'_>, running: &[&'a Object]) -> Vec<&'a Object> {
    let current = |pod: &&&'a Object| text(pod, "/metadata/labels/controller-revision-hash") == daemons.hash;
    let new = running.iter().copied().find(|pod| current(&pod));
    let old = running.iter().copied().find(|pod| !current(&pod));
    let kept = |pod: &&'a Object| [new, old].iter().flatten().any(|kept| uid(kept) == uid(pod));
    let mut spare: Vec<&Object> = running.iter().copied().filter(|pod| !kept(pod)).collect();
    if let (Some(new), Some(old)) = (new, old)
        && (!ready(old) || daemons.available(new))
    {
        spare.push(old);
    }
    spare
}
