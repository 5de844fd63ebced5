//! PodSecurity: pods are held to the level that the labels of their namespace ask for, and whoever writes a workload
//! is warned of what its pods would be refused for. Which level asks for what is in `baseline` and `restricted`.

mod baseline;
mod policy;
mod restricted;

use super::Write;
use crate::sim::World;
use crate::sim::look::{self, list, text};
use crate::sim::object;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use policy::{Level, Policy, Standard};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A pod that a check looks at: its annotations and its spec.
#[derive(Clone, Copy)]
struct Subject<'a> {
    annotations: &'a Value,
    spec: &'a Value,
}

impl<'a> Subject<'a> {
    /// A pod, or the template of one.
    fn of(pod: &'a Value) -> Subject<'a> {
        Subject { annotations: &pod["metadata"]["annotations"], spec: &pod["spec"] }
    }

    /// Every container: those that start first, those that run, those that were added.
    fn containers(self) -> impl Iterator<Item = &'a Value> {
        ["/initContainers", "/containers", "/ephemeralContainers"]
            .into_iter()
            .flat_map(|at| list(self.spec, at))
    }

    fn is_windows(self) -> bool {
        text(self.spec, "/os/name") == "windows"
    }

    /// Whether the pod has users of its own, for whom root is not the node's.
    fn has_own_users(self) -> bool {
        self.spec["hostUsers"] == false
    }
}

/// What a check finds: the reason, and who broke it how.
type Finding = Option<(&'static str, String)>;

/// What the standard has against the pod, in the order in which it is told.
fn violations(standard: Standard, pod: &Value) -> Vec<(&'static str, String)> {
    let subject = Subject::of(pod);
    match standard.level {
        Level::Privileged => Vec::new(),
        Level::Baseline => baseline::all(subject, standard.minor, false),
        Level::Restricted => {
            let mut found = baseline::all(subject, standard.minor, true);
            found.extend(restricted::all(subject, standard.minor));
            found
        }
    }
}

fn told(found: &[(&'static str, String)]) -> String {
    let parts = found.iter().map(|(reason, detail)| format!("{reason} ({detail})"));
    parts.collect::<Vec<_>>().join(", ")
}

/// Looks at a namespace, a pod or a workload that is written.
pub(super) fn judge(world: &World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    let of = &write.asked.of;
    let subresource = write.asked.at.subresource.as_deref();
    match (of.group.as_str(), of.kind.as_str()) {
        ("", "Namespace") if subresource.is_none() => namespace(world, write, object),
        ("", "Pod") => pod(world, write, object),
        _ if subresource.is_none() => {
            if let Some(template) = template(&of.group, &of.kind, object) {
                warn(world, write, template);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn template<'a>(group: &str, kind: &str, object: &'a Value) -> Option<&'a Value> {
    let at = match (group, kind) {
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("", "ReplicationController")
        | ("batch", "Job") => "/spec/template",
        ("batch", "CronJob") => "/spec/jobTemplate/spec/template",
        ("", "PodTemplate") => "/template",
        _ => return None,
    };
    look::at(object, at).filter(|template| template["spec"].is_object())
}

fn policy_of(world: &World, write: &Write<'_, '_>) -> Policy {
    let found = world.store.snapshot().find("", "namespaces", "", write.asked.namespace());
    found.map_or_else(Policy::default, |namespace| Policy::of(namespace).0)
}

fn warn(world: &World, write: &Write<'_, '_>, pod: &Value) {
    let standard = policy_of(world, write).warn;
    let found = violations(standard, pod);
    if !found.is_empty() {
        write.asked.warn(format!("would violate PodSecurity \"{standard}\": {}", told(&found)));
    }
}

fn pod(world: &World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    let ignored = ["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"];
    if write.asked.at.subresource.as_deref().is_some_and(|sub| ignored.contains(&sub)) {
        return Ok(());
    }
    if write.old.is_some_and(|old| images(old) == images(object)) {
        return Ok(());
    }
    let enforced = policy_of(world, write).enforce;
    let found = violations(enforced, object);
    if found.is_empty() {
        warn(world, write, object);
        return Ok(());
    }
    Err(write.forbidden(object, &format!("violates PodSecurity \"{enforced}\": {}", told(&found))))
}

/// The images of a pod: a change of anything else is not looked at.
fn images(pod: &Value) -> Vec<(&str, &str)> {
    Subject::of(pod).containers().map(|c| (text(c, "/name"), text(c, "/image"))).collect()
}

/// The labels of a namespace must make sense, and whoever asks for more is told which pods fall short.
fn namespace(world: &World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    let (new, wrong) = Policy::of(object);
    let before = write.old.map(Policy::of);
    if !wrong.is_empty() && before.as_ref().is_none_or(|(_, old)| *old != wrong) {
        return Err(Refusal::invalid("", "Namespace", object::name(object), &wrong));
    }
    let Some((old, _)) = before else { return Ok(()) };
    let same_version = new.enforce.minor == old.enforce.minor && new.enforce.latest == old.enforce.latest;
    let relaxed = same_version && new.enforce.level <= old.enforce.level;
    if new.enforce == old.enforce || new.enforce.level == Level::Privileged || relaxed {
        return Ok(());
    }
    for line in short_of(world, object::name(object), new.enforce) {
        write.asked.warn(line);
    }
    Ok(())
}

/// Which pods of a namespace fall short of a standard: the name of the first of each kind of violation.
fn short_of(world: &World, namespace: &str, standard: Standard) -> Vec<String> {
    let mut by_reason: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let pods: Vec<&Object> =
        world.store.snapshot().list("", "pods", Some(namespace)).map(|(_, pod)| pod).collect();
    for pod in pods {
        let reasons: Vec<&str> = violations(standard, pod).into_iter().map(|(reason, _)| reason).collect();
        if !reasons.is_empty() {
            by_reason.entry(reasons.join(", ")).or_default().insert(object::name(pod));
        }
    }
    if by_reason.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = by_reason
        .iter()
        .map(|(reasons, pods)| {
            let first = pods.first().copied().unwrap_or_default();
            match pods.len() {
                1 => format!("{first}: {reasons}"),
                2 => format!("{first} (and 1 other pod): {reasons}"),
                more => format!("{first} (and {} other pods): {reasons}", more - 1),
            }
        })
        .collect();
    lines.sort();
    let head = format!(
        "existing pods in namespace {namespace:?} violate the new PodSecurity enforce level \"{standard}\""
    );
    lines.insert(0, head);
    lines
}

/// `"a", "b"`.
fn quoted<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    items.into_iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
}

/// `container "a"` or `containers "a", "b"`.
fn named(word: &str, names: &[&str]) -> String {
    format!("{} {}", plural(word, names.len()), quoted(names.iter().copied()))
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Who set something: the pod, some of its containers, or both.
fn setters(pod: bool, containers: &[&str]) -> Option<String> {
    let mut who = Vec::new();
    if pod {
        who.push("pod".to_owned());
    }
    if !containers.is_empty() {
        who.push(named("container", containers));
    }
    (!who.is_empty()).then(|| who.join(" and "))
}

/// The names of the containers of which something is true.
fn those<'a>(subject: Subject<'a>, is_so: impl Fn(&'a Value) -> bool) -> Vec<&'a str> {
    subject
        .containers()
        .filter(|container| is_so(container))
        .map(|container| text(container, "/name"))
        .collect()
}
