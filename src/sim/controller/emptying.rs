//! Empties namespaces that are being deleted, pods first, and lets them go when nothing is left. What goes is looked at
//! in passes: the first one comes a while after the deletion, and the next when what is on its way out should be gone.

use super::call::{self, Work, delete_at, path_of, put, resource};
use super::namespace::namespaces;
use super::object::{finished, list, name, number, terminating, text, uid};
use super::{Controller, MANAGER, View};
use crate::clock::Moment;
use crate::snapshot::{Change, Key, Object};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a namespace is left alone after it was deleted, and after each change of what is noted about it.
const PAUSE: Duration = Duration::from_secs(5);
/// How many seconds finalizers are thought to take.
const FINALIZERS: u64 = 15;
/// How long after the first pass that found something unexpected the next one comes; it doubles with each.
const RETRY: Duration = Duration::from_millis(5);

type Entry<'a> = (&'a Key, &'a Object);

/// Empties namespaces that are being deleted, and lets them go.
pub(super) const CONTROLLER: Controller = Controller {
    name: "namespace-controller",
    program: MANAGER,
    watches: &[("*", "*")],
    wakes: |change| match change {
        Change::Added(key, _) | Change::Changed(key, _, _) => &*key.resource == "namespaces",
        Change::Removed(_, _) => true,
    },
    run: |view| {
        let mut work = Work::default();
        for namespace in namespaces(view).filter(|namespace| terminating(namespace)) {
            look(view, namespace, &mut work);
        }
        work
    },
};

/// What is kept in mind about a namespace: when it was looked at, when it is to be looked at again, and how many passes
/// in a row found something unexpected.
#[derive(Clone, Copy)]
struct Passes {
    last: Option<Moment>,
    next: Moment,
    failed: u32,
}

impl Passes {
    fn read(noted: &Value) -> Passes {
        let moment = |at: &str| number(noted, at).map(Moment::from_micros);
        Passes {
            last: moment("/last"),
            next: moment("/next").unwrap_or_default(),
            failed: number(noted, "/failed").and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        }
    }

    fn note(self, namespace: &Object, work: &mut Work) {
        let last = self.last.map(Moment::as_micros);
        work.note(namespace, json!({"last": last, "next": self.next.as_micros(), "failed": self.failed}));
        work.wake_at(self.next);
    }
}

/// Looks at a namespace if it is time to, and notes when it will be again. What is deleted at once belongs to the same
/// pass.
fn look(view: &View<'_>, namespace: &Object, work: &mut Work) {
    let Some(noted) = view.memory.get(uid(namespace)) else {
        return Passes { last: None, next: view.now.after(PAUSE), failed: 0 }.note(namespace, work);
    };
    let mut passes = Passes::read(noted);
    if view.now < passes.next && passes.last != Some(view.now) {
        return work.wake_at(passes.next);
    }
    let is_first = passes.last != Some(view.now);
    let outcome = empty(view, namespace, work);
    let (is_news, wait) = match outcome {
        Left::Nothing => return,
        Left::Going { is_news, seconds } => {
            passes.failed = 0;
            (is_news, Duration::from_secs(seconds / 2 + 1))
        }
        Left::Stuck { is_news } => {
            passes.failed += u32::from(is_first);
            (is_news, RETRY * (1 << passes.failed.saturating_sub(1).min(10)))
        }
    };
    let next = view.now.after(if is_news { wait.min(PAUSE) } else { wait });
    passes.next = if is_first { next } else { next.min(passes.next) };
    passes.last = Some(view.now);
    passes.note(namespace, work);
}

/// What a pass left over.
enum Left {
    /// Nothing.
    Nothing,
    /// What should be gone after so many seconds; whether what is noted about the namespace has changed.
    Going { is_news: bool, seconds: u64 },
    /// Pods that should have gone; whether that is news.
    Stuck { is_news: bool },
}

/// Deletes the pods first, then all else; lets the namespace go when nothing is left.
fn empty(view: &View<'_>, namespace: &Object, work: &mut Work) -> Left {
    let inside = |(key, _): &Entry<'_>| *key.namespace == *name(namespace);
    let content: Vec<Entry<'_>> = view.snapshot.iter().filter(inside).collect();
    if content.is_empty() {
        release(view, namespace, work);
        return Left::Nothing;
    }
    let is_pod = |key: &Key| key.group.is_empty() && &*key.resource == "pods";
    let pods: Vec<Entry<'_>> = content.iter().filter(|(key, _)| is_pod(key)).copied().collect();
    let chosen = if pods.is_empty() { &content } else { &pods };
    for (key, object) in chosen.iter().filter(|(_, object)| !terminating(object)) {
        work.call(delete_at(path_of(key, object), object, Some("Background")));
    }
    if pods.is_empty() {
        // What goes at once is not told of: only what is there at the end of the pass.
        let is_news = work.steps.is_empty() && tell(view, namespace, &content, 0, work);
        return Left::Going { is_news, seconds: FINALIZERS };
    }
    // As long as pods are left nothing else is looked at, and nothing is said to remain.
    let graces = pods.iter().filter(|(_, pod)| !finished(pod));
    let grace = graces.filter_map(|(_, pod)| number(pod, "/spec/terminationGracePeriodSeconds")).max();
    let grace = grace.and_then(|grace| u64::try_from(grace).ok()).unwrap_or(0);
    let are_held = pods.iter().any(|(_, pod)| !list(pod, "/metadata/finalizers").is_empty());
    let seconds = if grace == 0 && are_held { FINALIZERS } else { grace };
    let are_new = pods.iter().any(|(_, pod)| !terminating(pod));
    if seconds == 0 && !are_new {
        return Left::Stuck { is_news: tell(view, namespace, &[], pods.len(), work) };
    }
    Left::Going { is_news: tell(view, namespace, &[], 0, work), seconds }
}

/// Lets an empty namespace go, after it is noted that nothing is left where anything had been noted.
fn release(view: &View<'_>, namespace: &Object, work: &mut Work) {
    let has_said = !list(namespace, "/status/conditions").is_empty();
    let is_held = !list(namespace, "/metadata/finalizers").is_empty();
    if (has_said || is_held) && tell(view, namespace, &[], 0, work) {
        return;
    }
    let finalizers = list(namespace, "/spec/finalizers");
    if finalizers.iter().any(|finalizer| finalizer == "kubernetes") {
        let mut done = Value::clone(namespace);
        let rest: Vec<&Value> = finalizers.iter().filter(|finalizer| *finalizer != "kubernetes").collect();
        done["spec"]["finalizers"] = json!(rest);
        work.call(put(resource::NAMESPACES, &done, "finalize"));
    }
}

/// Notes in the namespace's conditions what it still waits for, and what should have gone; whether that is news.
fn tell(view: &View<'_>, namespace: &Object, content: &[Entry<'_>], stuck: usize, work: &mut Work) -> bool {
    let mut resources: BTreeMap<String, usize> = BTreeMap::new();
    let mut holds: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, object) in content {
        *resources.entry(format!("{}.{}", key.resource, key.group)).or_default() += 1;
        for finalizer in list(object, "/metadata/finalizers").iter().filter_map(Value::as_str) {
            *holds.entry(finalizer).or_default() += 1;
        }
    }
    let left: Vec<String> =
        resources.iter().map(|(what, count)| format!("{what} has {count} resource instances")).collect();
    let held: Vec<String> =
        holds.iter().map(|(what, count)| format!("{what} in {count} resource instances")).collect();
    let left = if left.is_empty() {
        ("False", "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        ("True", "SomeResourcesRemain", format!("Some resources are remaining: {}", left.join(", ")))
    };
    let held = if held.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
    } else {
        let message = format!("Some content in the namespace has finalizers remaining: {}", held.join(", "));
        ("True", "SomeFinalizersRemain", message)
    };
    let fine = |reason, message: &str| ("False", reason, message.to_owned());
    let deletion = if stuck == 0 {
        fine("ContentDeleted", "All content successfully deleted, may be waiting on finalization")
    } else {
        let message = format!(
            "Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: {} for gvr: \
             /v1, Resource=pods",
            name(namespace)
        );
        ("True", "ContentDeletionFailed", message)
    };
    let all = [
        (
            "NamespaceDeletionDiscoveryFailure",
            fine("ResourcesDiscovered", "All resources successfully discovered"),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            fine("ParsedGroupVersions", "All legacy kube types successfully parsed"),
        ),
        ("NamespaceDeletionContentFailure", deletion),
        ("NamespaceContentRemaining", left),
        ("NamespaceFinalizersRemaining", held),
    ];
    let old = list(namespace, "/status/conditions");
    let conditions: Vec<Value> = all
        .into_iter()
        .map(|(kind, (state, reason, message))| {
            let held = old.iter().find(|held| held["type"] == kind && held["status"] == state);
            let since = held.map_or_else(|| view.now.rfc3339(), |held| text(held, "/lastTransitionTime").to_owned());
            json!({"type": kind, "status": state, "lastTransitionTime": since, "reason": reason, "message": message})
        })
        .collect();
    let mut status = namespace["status"].clone();
    status["conditions"] = json!(conditions);
    let is_news = status != namespace["status"];
    if is_news {
        work.call(call::update_status(resource::NAMESPACES, namespace, status));
    }
    is_news
}
