//! The lanes of the wire: calls that changed something, and the faults that bit.

use super::{Lane, Line, Mark, Tone, seconds};
use crate::call::{Actor, Target};
use crate::transcript::{CallRecord, Event, Transcript};

/// Marks that are closer than this part of the whole are one mark: nobody could tell them apart.
const APART: u64 = 120;
/// How many calls a mark names; of more it gives the number.
const NAMED: usize = 6;

/// The lane of calls, and that of faults.
pub(super) fn lanes(transcript: &Transcript, line: Line) -> Vec<Lane> {
    let mut calls: Vec<(u64, &CallRecord)> = Vec::new();
    let mut faults = Vec::new();
    for entry in &transcript.entries {
        let at = line.at(entry.at);
        match &entry.event {
            Event::Call(call) if counts(call) => calls.push((at, call)),
            Event::Fault { rule, call, .. } => faults.push(Mark {
                from: at,
                to: None,
                tone: Tone::Chaos,
                label: rule.clone(),
                told: format!("{}: fault: {rule}, at call {call}", seconds(at)),
            }),
            Event::Call(_)
            | Event::Phase { .. }
            | Event::Began { .. }
            | Event::Ended { .. }
            | Event::Object { .. }
            | Event::Snapshot { .. }
            | Event::Checked { .. }
            | Event::Aside(_) => {}
        }
    }
    calls.sort_by_key(|(at, call)| (*at, call.id));
    let marks = close(&calls, line).into_iter().map(mark).collect();
    vec![Lane { name: "API changes".to_owned(), marks }, Lane { name: "Faults".to_owned(), marks: faults }]
}

/// Whether a call changed something, and was made in the drill and not for it.
fn counts(call: &CallRecord) -> bool {
    match &call.actor {
        Actor::Drill | Actor::Controller(_) => false,
        Actor::Helm(_) | Actor::Kubectl(_) | Actor::Chaos | Actor::Reconciler | Actor::Other(_) => {
            call.changed()
        }
    }
}

/// Calls that lie close together, in groups.
fn close<'a>(calls: &[(u64, &'a CallRecord)], line: Line) -> Vec<(u64, Vec<&'a CallRecord>)> {
    let apart = line.length / APART;
    let mut groups: Vec<(u64, Vec<&CallRecord>)> = Vec::new();
    for (at, call) in calls {
        match groups.last_mut() {
            Some((from, group)) if at - *from <= apart => group.push(call),
            Some(_) | None => groups.push((*at, vec![call])),
        }
    }
    groups
}

fn mark((from, group): (u64, Vec<&CallRecord>)) -> Mark {
    let destroys = |call: &&CallRecord| call.verb.http_method() == "DELETE";
    let chaos = |call: &&CallRecord| call.actor == Actor::Chaos;
    let tone = match () {
        () if group.iter().any(chaos) => Tone::Chaos,
        () if group.iter().any(destroys) => Tone::Doubtful,
        () => Tone::Plain,
    };
    let label = if group.len() == 1 { String::new() } else { group.len().to_string() };
    Mark { from, to: None, tone, label, told: format!("{}: {}", seconds(from), told(&group)) }
}

/// `PATCH deployments/web by helm 4.3.1`; of several how many there are, and by whom once where one made all.
fn told(group: &[&CallRecord]) -> String {
    let by = |call: &CallRecord| format!(" by {}", call.actor);
    let all = match group {
        [call] => return named(call) + &by(call),
        [first, rest @ ..] => rest.iter().all(|call| call.actor == first.actor).then(|| by(first)),
        [] => None,
    };
    let one = |call: &&CallRecord| match &all {
        Some(_) => named(call),
        None => named(call) + &by(call),
    };
    let mut lines = vec![format!("{} changes{}", group.len(), all.as_deref().unwrap_or_default())];
    lines.extend(group.iter().take(NAMED).map(one));
    if group.len() > NAMED {
        lines.push(format!("and {} more", group.len() - NAMED));
    }
    lines.join("\n")
}

/// `PATCH deployments/web`.
fn named(call: &CallRecord) -> String {
    let what = match Target::parse(&call.path) {
        Target::Resource(path) => path.label(),
        Target::Path(path) => path,
    };
    format!("{} {what}", call.verb.http_method())
}
