//! How a deletion begins: what is written into the object, and whether it goes at once. Pods are given time to end;
//! finalizers hold whatever has some.

use super::super::delete_options::DeleteOptions;
use crate::clock::Moment;
use crate::sim::object::{self, set_meta};
use crate::sim::resources::Resource;
use serde_json::{Value, json};
use std::time::Duration;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// What a deletion does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is under way already.
    Nothing,
    /// The object is marked and stays until something lets it go.
    Mark,
    /// The object is marked, which watchers see, and removed at once.
    MarkAndRemove,
    /// The object is removed.
    Remove,
}

/// A Namespace stays, terminating, until its own finalizers are gone.
pub(super) fn begin_namespace(object: &mut Value, options: &DeleteOptions, now: Moment) -> Step {
    if !object::is_terminating(object) {
        if let Some(policy) = options.propagation.as_deref() {
            let kept = finalizers_under(policy, object::finalizers(object));
            object::set_finalizers(object, &kept);
        }
        set_meta(object, "deletionTimestamp", json!(now.rfc3339()));
        object["status"]["phase"] = json!("Terminating");
        return Step::Mark;
    }
    let held = object["spec"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
    if held || !object::finalizers(object).is_empty() { Step::Nothing } else { Step::Remove }
}

/// Marks an object as kube-apiserver's generic deletion does.
pub(super) fn begin(of: &Resource, object: &mut Value, options: &DeleteOptions, now: Moment) -> Step {
    let graceful = match grace(of, object, options, now) {
        Grace::UnderWay => return Step::Nothing,
        Grace::None => false,
        Grace::Set => true,
    };
    let kept = finalizers_after(of, object, options);
    object::set_finalizers(object, &kept);
    if !graceful {
        if kept.is_empty() {
            return Step::Remove;
        }
        mark(object, now);
        return Step::Mark;
    }
    let waits = object["metadata"]["deletionGracePeriodSeconds"].as_i64() != Some(0);
    if waits || !kept.is_empty() { Step::Mark } else { Step::MarkAndRemove }
}

enum Grace {
    /// This kind is deleted without grace.
    None,
    /// The time and grace of the deletion stand in the object.
    Set,
    /// A deletion with no more grace than asked for is under way.
    UnderWay,
}

/// Pods are the one built-in kind that is given time to end.
fn grace(of: &Resource, object: &mut Value, options: &DeleteOptions, now: Moment) -> Grace {
    let under_way = object::is_terminating(object);
    let present = object["metadata"]["deletionGracePeriodSeconds"].as_i64();
    if under_way {
        let Some(present) = present.filter(|present| *present != 0) else { return Grace::None };
        let shorter = options.grace.map(|grace| grace.max(0)).filter(|grace| *grace < present);
        if of.kind != "Pod" || !of.group.is_empty() {
            return Grace::None;
        }
        let Some(shorter) = shorter else { return Grace::UnderWay };
        let end = Moment::parse(object::meta(object, "deletionTimestamp")).unwrap_or(now);
        let sooner = end.as_micros() - (present - shorter) * 1_000_000;
        // A deletion does not come to be in the past; one that was to be graceful stays so for a second.
        let late = sooner < now.as_micros();
        let shorter = if late { shorter.min(1) } else { shorter };
        let sooner = sooner.max(now.as_micros());
        set_meta(object, "deletionTimestamp", json!(Moment::from_micros(sooner).rfc3339()));
        set_meta(object, "deletionGracePeriodSeconds", json!(shorter));
        return Grace::Set;
    }
    if of.kind != "Pod" || !of.group.is_empty() {
        return Grace::None;
    }
    let own = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    let asked = options.grace.unwrap_or(own);
    let asked = if asked < 0 { 1 } else { asked };
    let nowhere = object["spec"]["nodeName"].as_str().unwrap_or_default().is_empty();
    let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let grace = if nowhere || ended { 0 } else { asked };
    let end = now.after(Duration::from_secs(u64::try_from(grace).unwrap_or(0)));
    set_meta(object, "deletionTimestamp", json!(end.rfc3339()));
    set_meta(object, "deletionGracePeriodSeconds", json!(grace));
    count_generation(object);
    Grace::Set
}

/// Marks an object that finalizers hold.
fn mark(object: &mut Value, now: Moment) {
    if !object::is_terminating(object) {
        set_meta(object, "deletionTimestamp", json!(now.rfc3339()));
        count_generation(object);
    }
    set_meta(object, "deletionGracePeriodSeconds", json!(0));
}

fn count_generation(object: &mut Value) {
    if let Some(generation) = object["metadata"]["generation"].as_i64() {
        set_meta(object, "generation", json!(generation + 1));
    }
}

/// The finalizers after the propagation policy had its say.
fn finalizers_after(of: &Resource, object: &Value, options: &DeleteOptions) -> Vec<String> {
    let present = object::finalizers(object);
    if of.kind == "Event" {
        // Nothing depends on an event: what is to become of dependents is not looked at.
        return present;
    }
    let policy = match options.propagation.as_deref() {
        Some(policy) => policy,
        None if present.iter().any(|f| f == ORPHAN) => "Orphan",
        None if present.iter().any(|f| f == FOREGROUND) => "Foreground",
        None => default_policy(of),
    };
    finalizers_under(policy, present)
}

/// The finalizers that are left of these, and those that a policy about dependents asks for.
fn finalizers_under(policy: &str, present: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = present.into_iter().filter(|f| f != ORPHAN && f != FOREGROUND).collect();
    match policy {
        "Orphan" => kept.push(ORPHAN.to_owned()),
        "Foreground" => kept.push(FOREGROUND.to_owned()),
        _ => {}
    }
    kept
}

/// Jobs and ReplicationControllers leave their pods behind unless told otherwise.
fn default_policy(of: &Resource) -> &'static str {
    match (of.group.as_str(), of.kind.as_str()) {
        ("batch", "Job") | ("", "ReplicationController") => "Orphan",
        _ => "Background",
    }
}
