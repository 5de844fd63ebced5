//! The same seed gives the same drill, up to what the timing of real processes leaves open: which of several calls at
//! the same time came first, and how often somebody looked. Another seed gives the same drill with other names.

use super::course::{self, SEED};
use super::masks::masked;
use helmdrill::call::Actor;
use helmdrill::report::{Graded, normalise};
use helmdrill::seed::Seed;
use helmdrill::transcript::{Event, Label};
use std::collections::BTreeSet;

/// The scenario whose drills are run again, or the first where only others are run.
fn again() -> &'static str {
    let names = course::names();
    if names.contains(&"stuck-upgrade") { "stuck-upgrade" } else { names[0] }
}

pub(super) const LABELS: [Label; 3] = [Label::Baseline, Label::Broken, Label::Recovered];

#[test]
fn the_same_seed_gives_the_same_drills() {
    same(&course::of(again()), &course::run(&[again()], SEED));
}

#[test]
fn another_seed_differs_in_drawn_names_alone() {
    let (one, other) = (course::of(again()), course::run(&[again()], Seed(SEED.0 + 1)));
    same(&one, &other);
    let pods = |drills: &mut dyn Iterator<Item = &Graded>| -> BTreeSet<String> {
        drills.flat_map(names_of_pods).collect()
    };
    let (one, other) = (pods(&mut one.into_iter()), pods(&mut other.iter()));
    assert!(!one.is_empty() && one.is_disjoint(&other), "{one:?} and {other:?} share a name");
}

fn names_of_pods(drill: &Graded) -> Vec<String> {
    let baseline = drill.transcript.snapshot(Label::Baseline).expect("it was reached");
    baseline.list("", "pods", None).map(|(key, _)| key.name.to_string()).collect()
}

fn same(one: &[&Graded], other: &[Graded]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        let what = format!("{} {} helm {}", one.scenario(), one.plan.procedure, one.plan.helm);
        let (first, second) = (story(one).join("\n"), story(other).join("\n"));
        let differs = similar::TextDiff::from_lines(&first, &second).unified_diff().to_string();
        assert!(differs.is_empty(), "{what}\n{differs}");
        for label in LABELS {
            let state = |drill: &Graded| drill.transcript.snapshot(label).map(normalise);
            assert_eq!(state(one), state(other), "{what}: {label:?}");
        }
        let card = |drill: &Graded| {
            let card = &drill.scorecard;
            let losses = card.losses.iter();
            let losses = losses.map(|loss| (loss.id.clone(), loss.points, masked(&loss.evidence)));
            (card.verdict, card.score, card.commands, losses.collect::<Vec<_>>())
        };
        assert_eq!(card(one), card(other), "{what}");
    }
}

/// Commands with their ends, and between them the calls that change something. Helm makes the calls for objects of one
/// kind at the same time, so calls of one verb to one collection that follow one another are sorted.
fn story(drill: &Graded) -> Vec<String> {
    let mut lines = Vec::new();
    let mut together: Vec<(String, String)> = Vec::new();
    for entry in &drill.transcript.entries {
        let line = match &entry.event {
            Event::Call(call) if call.verb.mutates() && !matches!(call.actor, Actor::Drill) => {
                let path = masked(&call.path);
                let collection = match path.rsplit_once('/') {
                    Some((collection, _)) if !call.verb.http_method().eq("POST") => collection.to_owned(),
                    Some(_) | None => path.clone(),
                };
                let kind = format!("{} {collection}", call.verb.http_method());
                if together.last().is_some_and(|(last, _)| *last != kind) {
                    flush(&mut lines, &mut together);
                }
                together.push((kind, format!("{} {path} {:?}", call.verb.http_method(), call.status)));
                continue;
            }
            Event::Phase { phase } => format!("{phase:?}"),
            Event::Began { line, .. } => format!("$ {line}"),
            Event::Ended { exit, stdout, stderr, .. } => {
                format!("{exit:?}\n{}\n{}", masked(stdout), masked(stderr))
            }
            Event::Fault { rule, verdict, .. } => format!("{verdict} {rule}"),
            Event::Checked { check, held, evidence } => format!("{check} {held} {}", masked(evidence)),
            Event::Snapshot { label, .. } => format!("{label:?}"),
            Event::Call(_) | Event::Object { .. } | Event::Aside(_) => continue,
        };
        flush(&mut lines, &mut together);
        lines.push(line);
    }
    flush(&mut lines, &mut together);
    lines
}

fn flush(lines: &mut Vec<String>, together: &mut Vec<(String, String)>) {
    let mut calls: Vec<String> = together.drain(..).map(|(_, call)| call).collect();
    calls.sort();
    lines.extend(calls);
}
