//! What checks ask: where a command may stand, whether what it looks for can be looked for, and kinds that mean something.

use super::super::bind::Bindings;
use super::super::finding::closest;
use super::super::model::Scenario;
use super::super::placed::Placed;
use super::Findings;
use super::names::checks;
use crate::check::pattern;
use serde_json::Value;

/// A command is run when the recovery is over: what is asked before cannot wait for it.
pub(super) fn places(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let steady = scenario.steady_state.iter().map(|stated| (&stated.id, &stated.check, "the steady state"));
    let name = &scenario.metadata.name;
    let symptoms = scenario.symptoms.iter().filter_map(|symptom| {
        Some((symptom.id.as_ref().unwrap_or(name), symptom.check.as_ref()?, "a symptom"))
    });
    let guarded = scenario.safeguards.iter().flat_map(|safeguard| {
        let hold = safeguard.hold.iter().map(|check| (&safeguard.id, check, "`hold`"));
        hold.chain(safeguard.order.iter().map(|order| (&safeguard.id, &order.first, "`order`")))
    });
    for (at, check, place) in steady.chain(symptoms).chain(guarded) {
        if check.waits_for_the_end() {
            let message = format!("{place} asks a command, which is run only when the recovery is over");
            let help = match place {
                "a symptom" => "state `run` and `fails-with`, or ask for what is in the cluster",
                _ => "ask for what is in the cluster, or ask the command in an objective or under `assert`",
            };
            found.at(at, message, Some(help.to_owned()));
        }
    }
}

/// What a command is to say is a regular expression.
pub(super) fn patterns(found: &mut Findings<'_>, variant: &str) {
    let bindings = Bindings::of(found.scenario, variant);
    for (at, says) in words(found.scenario, &bindings, "says") {
        if let Err(error) = pattern(&says) {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let message = format!("the check `{at}` looks for `{says}`, which is no regular expression");
            found.at(at, message, Some(why));
        }
    }
}

/// The kinds of what runs pods, as kubectl takes them.
const KINDS: [&str; 18] = [
    "cronjob",
    "cronjobs",
    "daemonset",
    "daemonsets",
    "deploy",
    "deployment",
    "deployments",
    "ds",
    "job",
    "jobs",
    "pod",
    "pods",
    "replicaset",
    "replicasets",
    "rs",
    "statefulset",
    "statefulsets",
    "sts",
];

/// The kind of a workload is no slip of the pen. A kind that is like none of these may be one of the user's.
pub(super) fn workloads(found: &mut Findings<'_>, variant: &str) {
    let bindings = Bindings::of(found.scenario, variant);
    for (at, check) in checks(found.scenario, &bindings) {
        let bound = bindings.check(check).ok().and_then(|bound| serde_json::to_value(bound).ok());
        let mut named = Vec::new();
        bound.iter().for_each(|check| named_workloads(check, &mut named));
        for kind in named.into_iter().filter(|kind| !KINDS.contains(&kind.as_str())) {
            if let Some(close) = closest(&kind, KINDS) {
                let message = format!("the check `{at}` asks about a `{kind}`, which is no kind of workload");
                found.at(at, message, Some(format!("did you mean `{close}`?")));
            }
        }
    }
}

/// The kinds of the workloads that a check names.
fn named_workloads(check: &Value, found: &mut Vec<String>) {
    match check {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value.as_str().and_then(|text| text.split_once('/'))) {
                    ("workload", Some((kind, _))) => found.push(kind.to_lowercase()),
                    _ => named_workloads(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named_workloads(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The commands that checks ask in a variant, each with what to point at.
pub(super) fn lines<'a>(scenario: &'a Scenario, bindings: &Bindings) -> Vec<(&'a Placed, String)> {
    words(scenario, bindings, "run")
}

/// What stands under a key of the commands that checks ask.
fn words<'a>(scenario: &'a Scenario, bindings: &Bindings, key: &str) -> Vec<(&'a Placed, String)> {
    let mut found = Vec::new();
    for (at, check) in checks(scenario, bindings) {
        let bound = bindings.check(check).ok().and_then(|bound| serde_json::to_value(bound).ok());
        let mut inside = Vec::new();
        bound.iter().for_each(|check| commands(check, key, &mut inside));
        found.extend(inside.into_iter().map(|text| (at, text)));
    }
    found
}

/// Looks for `command` where a check can stand: below what joins checks, and not below what a check is asked about.
fn commands(check: &Value, key: &str, found: &mut Vec<String>) {
    let Some(fields) = check.as_object() else { return };
    for (name, inside) in fields {
        match name.as_str() {
            "command" => found.extend(inside[key].as_str().map(str::to_owned)),
            "all" | "any" => {
                inside.as_array().into_iter().flatten().for_each(|part| commands(part, key, found))
            }
            "not" | "everywhere" => commands(inside, key, found),
            "in" => commands(&inside["check"], key, found),
            _ => {}
        }
    }
}
