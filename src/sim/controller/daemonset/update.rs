//! How a new template of a DaemonSet rolls out, node by node: old pods first (`maxUnavailable`) or new pods first
//! (`maxSurge`).

use super::manage::surges;
use super::place::{Place, pod_for};
use super::{Daemons, NAME, Node};
use crate::sim::controller::call::Work;
use crate::sim::controller::deployment::resolve;
use crate::sim::controller::object::text;
use crate::sim::controller::pods;
use crate::snapshot::Object;

/// The pods of one node by template, where there is at most one of each.
struct Pair<'a> {
    new: Option<&'a Object>,
    old: Option<&'a Object>,
}

fn pair<'a>(daemons: &Daemons<'_>, node: &Node<'a>) -> Option<Pair<'a>> {
    let (new, old): (Vec<&Object>, Vec<&Object>) = node.staying().partition(|pod| daemons.updated(pod));
    let single = new.len() <= 1 && old.len() <= 1;
    single.then(|| Pair { new: new.first().copied(), old: old.first().copied() })
}

fn bound(daemons: &Daemons<'_>, field: &str) -> i64 {
    resolve(&daemons.set["spec"]["updateStrategy"]["rollingUpdate"][field], daemons.wanted(), true)
}

/// Moves the pods on to the current template, as far as the strategy allows now.
pub(super) fn update(daemons: &Daemons<'_>, work: &mut Work) {
    if text(daemons.set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    if surges(daemons.set) {
        surge(daemons, work);
    } else {
        replace(daemons, work);
    }
}

/// Deletes old pods: those that are not available anyway, and others as `maxUnavailable` allows.
fn replace(daemons: &Daemons<'_>, work: &mut Work) {
    let most = bound(daemons, "maxUnavailable").max(i64::from(daemons.wanted() > 0));
    let mut unavailable = 0;
    let (mut free, mut candidates) = (Vec::new(), Vec::new());
    let wanted = |node: &&Node<'_>| node.place == Place::Runs || !node.pods.is_empty();
    for node in daemons.nodes.iter().filter(wanted) {
        match pair(daemons, node) {
            Some(Pair { new: None, old: Some(old) }) if daemons.available(old) => candidates.push(old),
            Some(Pair { new: None, old: Some(old) }) => {
                free.push(old);
                unavailable += 1;
            }
            Some(Pair { new: Some(new), old: None }) => unavailable += i64::from(!daemons.available(new)),
            Some(Pair { new: None, old: None } | Pair { new: Some(_), old: Some(_) }) | None => {
                unavailable += 1
            }
        }
    }
    let more = usize::try_from(most - unavailable).unwrap_or(0);
    let spare = free.into_iter().chain(candidates.into_iter().take(more));
    work.steps.extend(spare.map(|pod| pods::delete(NAME, daemons.set, pod)));
}

/// Creates new pods beside old ones as `maxSurge` allows, and deletes old ones whose successor is available.
fn surge(daemons: &Daemons<'_>, work: &mut Work) {
    let (mut surging, mut available) = (0, 0);
    let (mut spare, mut leaving, mut free, mut candidates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for node in &daemons.nodes {
        let Some(pair) = pair(daemons, node) else {
            surging += 1;
            continue;
        };
        available += i64::from(pair.old.or(pair.new).is_some_and(|pod| daemons.available(pod)));
        let runs = node.place == Place::Runs;
        match (pair.new, pair.old) {
            (_, None) => {}
            (None, Some(old)) => match (daemons.available(old), runs) {
                (false, false) => spare.push(old),
                (false, true) => free.push(node),
                (true, false) => leaving.push(old),
                (true, true) => candidates.push(node),
            },
            (Some(new), Some(_)) if !daemons.available(new) => surging += 1,
            (Some(_), Some(old)) => spare.push(old),
        }
    }
    let over = usize::try_from(available - daemons.wanted()).unwrap_or(0);
    spare.extend(leaving.into_iter().take(over));
    let more = usize::try_from(bound(daemons, "maxSurge") - surging).unwrap_or(0);
    let fresh = free.into_iter().chain(candidates.into_iter().take(more));
    let fresh = fresh.map(|node| pod_for(daemons.set, node.node, &daemons.hash)).collect();
    work.steps.extend(pods::create(NAME, daemons.set.clone(), fresh, |_| Vec::new()));
    work.steps.extend(spare.into_iter().map(|pod| pods::delete(NAME, daemons.set, pod)));
}
