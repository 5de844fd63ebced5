//! Objects, labels and containers as somebody else's chart calls them: what the scenario does not have stands for the one
//! thing of the release that plays the part. Where several could, or a name is created by the runbook, nothing is guessed.

use super::bind::Edit;
use super::facts::Facts;
use super::roles::{is_literal, plain};
use crate::shell::{Simple, Word};
use std::collections::BTreeSet;
use std::ops::Range;

/// What is to be done about the names of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) edits: Vec<Edit>,
    /// What stands for nothing: where, and why.
    pub(super) unbound: Vec<(Range<usize>, String)>,
}

/// Kinds by the names that kubectl knows them by.
const KINDS: [(&str, &[&str]); 8] = [
    ("deployment", &["deploy", "deployment", "deployments"]),
    ("statefulset", &["sts", "statefulset", "statefulsets"]),
    ("service", &["svc", "service", "services", "ep", "endpoints"]),
    ("configmap", &["cm", "configmap", "configmaps"]),
    ("job", &["job", "jobs"]),
    ("pod", &["po", "pod", "pods"]),
    ("pvc", &["pvc", "persistentvolumeclaim", "persistentvolumeclaims"]),
    ("ingress", &["ing", "ingress", "ingresses"]),
];
/// Labels by which a chart marks everything of a release.
const MARKS: [&str; 7] =
    ["app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "release", "k8s-app", "run", "name"];

/// The names of one command of kubectl. `created` are objects that earlier statements made, and `renamed` says what a name
/// has become where it stands for another.
pub(super) fn named(
    script: &str,
    simple: &Simple,
    facts: &Facts,
    created: &BTreeSet<String>,
    renamed: impl Fn(&str) -> String,
) -> Named {
    let mut named = Named::default();
    if !matches!(simple.program(), "kubectl" | "k") {
        return named;
    }
    for (kind, name, bytes) in objects(script, simple) {
        let now = renamed(&name);
        let known = created.contains(&name) || facts.present.contains(&(kind, now.clone()));
        if !known && is_literal(&name) {
            object(kind, &name, &now, bytes, facts, &mut named);
        }
    }
    selectors(script, simple, facts, renamed, &mut named);
    containers(script, simple, facts, &mut named);
    named
}

fn object(kind: &'static str, name: &str, now: &str, bytes: Range<usize>, facts: &Facts, named: &mut Named) {
    let all = facts.objects.get(kind).map(Vec::as_slice).unwrap_or_default();
    let part = if kind == "pod" { "first pod" } else { kind };
    match all {
        _ if !facts.seen && now == facts.release => {}
        _ if !facts.seen => {
            let told =
                format!("{kind} {name} stands for the release's {part}, where there is no such {kind}");
            named.edits.push(Edit { bytes, with: now.to_owned(), told: Some(told) });
        }
        // There is none: the command will say so itself.
        [] => {}
        [first, ..] if kind == "pod" || all.len() == 1 => {
            let only = if kind == "pod" { "first" } else { "only" };
            let told = format!("{kind} {name} stands for {first} (the release's {only} {kind})");
            named.edits.push(Edit { bytes, with: first.clone(), told: Some(told) });
        }
        _ => {
            let why = format!("{kind} {name} is none of the release's: {}", all.join(", "));
            named.unbound.push((bytes, why));
        }
    }
}

/// The objects that a command names: kind, name, where.
fn objects(script: &str, simple: &Simple) -> Vec<(&'static str, String, Range<usize>)> {
    let words = plain(simple);
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let (from, bare) = match text(0) {
        "get" | "describe" | "delete" | "scale" | "edit" | "patch" | "annotate" | "label" | "expose"
        | "autoscale" | "wait" => (1, None),
        "rollout" | "set" | "top" => (2, None),
        "logs" | "exec" | "attach" | "port-forward" | "debug" => (1, Some("pod")),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut of = None;
    for word in words.iter().skip(from) {
        if let Some((kind, name)) = word.text.split_once('/') {
            let bytes = tail(word, name);
            found.extend(self::kind(kind).map(|kind| (kind, name.to_owned(), bytes)));
            if bare.is_some() {
                break;
            }
        } else if word.text.contains('=') || word.text.ends_with('-') {
            break;
        } else if let Some(kind) = bare {
            found.push((kind, word.text.clone(), word.bytes.clone()));
            break;
        } else if let Some(kind) = of {
            found.push((kind, word.text.clone(), word.bytes.clone()));
        } else {
            let Some(kind) = kind(&word.text) else { break };
            of = Some(kind);
        }
    }
    found.retain(|(_, name, bytes)| script.get(bytes.clone()) == Some(name));
    found
}

fn kind(word: &str) -> Option<&'static str> {
    let word = word.split('.').next().unwrap_or_default();
    KINDS.iter().find(|(_, names)| names.contains(&word)).map(|(kind, _)| *kind)
}

/// Where the end of a word stands.
fn tail(word: &Word, end: &str) -> Range<usize> {
    word.bytes.end.saturating_sub(end.len()).max(word.bytes.start)..word.bytes.end
}

/// The values of a flag.
fn values<'a>(simple: &'a Simple, flags: &[&str]) -> Vec<(&'a str, Range<usize>)> {
    let mut found = Vec::new();
    let mut words = simple.words.iter();
    while let Some(word) = words.next() {
        if flags.contains(&word.text.as_str()) {
            found.extend(words.next().map(|value| (value.text.as_str(), value.bytes.clone())));
        } else if let Some((flag, value)) = word.text.split_once('=').filter(|(flag, _)| flags.contains(flag))
        {
            debug_assert!(!flag.is_empty(), "flags have names");
            found.push((value, tail(word, value)));
        }
    }
    found
}

/// A selector that nothing in the cluster has, by a label that marks a release, stands for the release's own.
fn selectors(
    script: &str,
    simple: &Simple,
    facts: &Facts,
    renamed: impl Fn(&str) -> String,
    named: &mut Named,
) {
    let Some(own) = facts.mark.as_ref() else { return };
    for (selector, bytes) in values(simple, &["-l", "--selector"]) {
        let pairs: Vec<&str> = selector.split(',').collect();
        let foreign = |pair: &&&str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = value.trim_start_matches('=');
            let marks = MARKS.contains(&key) && is_literal(value);
            marks && !facts.labels.contains(&format!("{key}={}", renamed(value)))
        };
        let ours = pairs.iter().any(|pair| *pair == "owner=helm" || pair.starts_with("job-name="));
        let strange: Vec<&str> = pairs.iter().filter(foreign).copied().collect();
        if ours || strange.is_empty() {
            continue;
        }
        let mut kept: Vec<String> =
            pairs.iter().filter(|pair| !strange.contains(pair)).map(|pair| renamed(pair)).collect();
        if !kept.contains(own) {
            kept.push(own.clone());
        }
        let quote = |c: char| script[bytes.clone()].starts_with(c);
        let with = kept.join(",");
        let with = if quote('\'') || quote('"') { format!("'{with}'") } else { with };
        let told = format!("{} stands for {own} (the label of the release)", strange.join(","));
        named.edits.push(Edit { bytes, with, told: Some(told) });
    }
}

/// A container that the release does not have stands for its only one.
fn containers(script: &str, simple: &Simple, facts: &Facts, named: &mut Named) {
    let Some(only) = facts.containers.first().filter(|_| facts.containers.len() == 1) else { return };
    let mut places: Vec<(String, Range<usize>)> = values(simple, &["-c", "--container"])
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    let words = plain(simple);
    if words.iter().take(2).map(|word| word.text.as_str()).eq(["set", "image"]) {
        let set =
            words.iter().skip(2).filter_map(|word| word.text.split_once('=').map(|(name, _)| (name, word)));
        places.extend(set.map(|(name, word)| {
            (name.to_owned(), word.bytes.start..(word.bytes.start + name.len()).min(word.bytes.end))
        }));
    }
    for (name, bytes) in places {
        let written = script.get(bytes.clone()) == Some(name.as_str());
        if written && is_literal(&name) && !facts.containers.contains(&name) {
            let told = Some(format!("container {name} stands for {only} (the release's only container)"));
            named.edits.push(Edit { bytes, with: only.clone(), told });
        }
    }
}

/// The objects that a statement creates by name.
pub(super) fn created(simple: &Simple) -> Vec<String> {
    let words = plain(simple);
    let from = match (simple.program(), words.first().map_or("", |word| word.text.as_str())) {
        ("kubectl" | "k", "create") => 2,
        ("kubectl" | "k", "run") => 1,
        _ => return Vec::new(),
    };
    let names = words.iter().skip(from).map(|word| word.text.clone());
    let flag = values(simple, &["--name"]).into_iter().map(|(name, _)| name.to_owned());
    names.chain(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::super::bind::carried_out;
    use super::*;
    use crate::shell::commands;
    use std::collections::BTreeMap;

    fn facts() -> Facts {
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let objects = BTreeMap::from([
            ("deployment", of(&["web"])),
            ("configmap", of(&["web-page", "web-banner"])),
            ("pod", of(&["web-b", "web-a"])),
        ]);
        let present = objects.iter().flat_map(|(kind, names)| names.iter().map(|name| (*kind, name.clone())));
        Facts {
            seen: true,
            present: present.collect(),
            labels: BTreeSet::from(["tier=front".to_owned(), "app.kubernetes.io/instance=web".to_owned()]),
            mark: Some("app.kubernetes.io/instance=web".to_owned()),
            containers: BTreeSet::from(["page".to_owned()]),
            objects,
            ..Facts::default()
        }
    }

    #[test]
    fn a_name_that_the_scenario_does_not_have_stands_for_the_one_thing_that_plays_its_part() {
        let cases = [
            ("kubectl rollout status deployment/shop-api", "kubectl rollout status deployment/web"),
            ("kubectl -n x scale deploy shop-api --replicas=2", "kubectl -n x scale deploy web --replicas=2"),
            ("kubectl get deploy web", "kubectl get deploy web"),
            ("kubectl logs shop-api-7d9-x2 -c api", "kubectl logs web-b -c page"),
            ("kubectl logs deploy/shop -c page", "kubectl logs deploy/web -c page"),
            ("kubectl delete job shop-migrate", "kubectl delete job shop-migrate"),
            ("kubectl get configmap shop-page", "none of the release's: web-page, web-banner"),
            ("kubectl get pods -l app=shop", "kubectl get pods -l app.kubernetes.io/instance=web"),
            (
                "kubectl get pods -l 'app=shop,tier=front'",
                "kubectl get pods -l 'tier=front,app.kubernetes.io/instance=web'",
            ),
            ("kubectl get pods --selector=tier=front", "kubectl get pods --selector=tier=front"),
            ("kubectl get secrets -l owner=helm,name=shop", "kubectl get secrets -l owner=helm,name=shop"),
            ("kubectl set image deploy/shop shop=shop:1.1", "kubectl set image deploy/web page=shop:1.1"),
            ("kubectl label deploy shop a=b c-", "kubectl label deploy web a=b c-"),
            ("kubectl logs mine", "kubectl logs mine"),
        ];
        let facts = facts();
        let created = BTreeSet::from(["mine".to_owned()]);
        for (script, wanted) in cases {
            let simple = commands(script).remove(0);
            let mut found = named(script, &simple, &facts, &created, str::to_owned);
            found.edits.sort_by_key(|edit| edit.bytes.start);
            match found.unbound.first() {
                Some((_, why)) => assert!(why.ends_with(wanted), "{script}: {why}"),
                None => assert_eq!(carried_out(script, &found.edits), wanted),
            }
        }
        assert_eq!(super::created(&commands("kubectl create job mine --image=x").remove(0)), ["mine"]);
    }
}
