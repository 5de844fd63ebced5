//! Which pods may be beside which: topology spread, affinity and anti-affinity between pods, in the scheduler's words.

use super::fit::{Misfit, Scene, label, selected, toleration};
use crate::sim::controller::object::{list, namespace, terminating, text};
use crate::sim::controller::selector;
use serde_json::Value;
use std::collections::BTreeMap;

/// Required topology spread: how far the node's domain would be ahead of the one with the fewest pods.
pub(super) fn spread(pod: &Value, scene: &Scene<'_>) -> Option<Misfit> {
    let constraints = list(pod, "/spec/topologySpreadConstraints");
    let hard = || constraints.iter().filter(|of| text(of, "/whenUnsatisfiable") == "DoNotSchedule");
    let what = "node(s) didn't match pod topology spread constraints";
    if hard().any(|of| label(scene.node, text(of, "/topologyKey")).is_none()) {
        return Some(Misfit::node(&format!("{what} (missing required label)")));
    }
    let skewed = |of: &Value| {
        let key = text(of, "/topologyKey");
        let counts = |other: &Value| {
            namespace(other) == namespace(pod)
                && !terminating(other)
                && selector::matches(&of["labelSelector"], other)
        };
        let counted = scene.nodes.iter().filter(|node| is_counted(pod, of, node));
        let mut domains: BTreeMap<&str, usize> =
            counted.filter_map(|node| Some((label(node, key)?, 0))).collect();
        let there = scene.there.iter().map(|pod| (scene.node, *pod));
        for (node, _) in there.chain(scene.elsewhere.iter().copied()).filter(|(_, other)| counts(other)) {
            if let Some(count) = label(node, key).and_then(|domain| domains.get_mut(domain)) {
                *count += 1;
            }
        }
        let wanted = of["minDomains"].as_u64().and_then(|least| usize::try_from(least).ok()).unwrap_or(1);
        let least = if domains.len() < wanted { 0 } else { domains.values().min().copied().unwrap_or(0) };
        let here = label(scene.node, key).and_then(|domain| domains.get(domain)).copied().unwrap_or(0);
        let skew = here + usize::from(selector::matches(&of["labelSelector"], pod)) - least;
        skew > of["maxSkew"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(1)
    };
    hard().any(skewed).then(|| Misfit::crowd(what))
}

/// Whether a node makes a domain of a constraint: by default one that the pod may choose, tainted or not.
fn is_counted(pod: &Value, constraint: &Value, node: &Value) -> bool {
    let untolerated =
        |taint: &Value| text(taint, "/effect") != "PreferNoSchedule" && toleration(pod, taint).is_none();
    (constraint["nodeAffinityPolicy"] == "Ignore" || selected(pod, node))
        && (constraint["nodeTaintsPolicy"] != "Honor" || !list(node, "/spec/taints").iter().any(untolerated))
}

/// Required affinity and anti-affinity between pods, in the order in which the scheduler looks at them.
pub(super) fn affinity(pod: &Value, scene: &Scene<'_>) -> Option<Misfit> {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let near = |term: &Value, to: &Value, of: &Value| {
        let spaces = list(term, "/namespaces");
        let space = if spaces.is_empty() {
            namespace(of) == namespace(to)
        } else {
            spaces.contains(&to["metadata"]["namespace"])
        };
        space && selector::matches(&term["labelSelector"], to)
    };
    let key = |term: &Value| text(term, "/topologyKey").to_owned();
    let wanted = list(pod, &format!("/spec/affinity/podAffinity/{required}"));
    // The first of pods that want to be together may be anywhere.
    let alone = wanted.iter().all(|term| near(term, pod, pod))
        && !scene.all().any(|other| wanted.iter().any(|term| near(term, other, pod)));
    let met = |term: &Value| {
        let key = key(term);
        label(scene.node, &key).is_some() && (alone || scene.domain(&key).any(|other| near(term, other, pod)))
    };
    if !wanted.iter().all(met) {
        return Some(Misfit::node("node(s) didn't match pod affinity rules"));
    }
    let avoids = |of: &Value| list(of, &format!("/spec/affinity/podAntiAffinity/{required}")).to_vec();
    if avoids(pod).iter().any(|term| scene.domain(&key(term)).any(|other| near(term, other, pod))) {
        return Some(Misfit::crowd("node(s) didn't match pod anti-affinity rules"));
    }
    let existing = scene.all().any(|other| {
        let there = |term: &Value| scene.domain(&key(term)).any(|held| std::ptr::eq(held, other));
        avoids(other).iter().any(|term| near(term, pod, other) && there(term))
    });
    existing.then(|| Misfit::crowd("node(s) didn't satisfy existing pods anti-affinity rules"))
}
