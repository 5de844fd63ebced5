//! The lanes of commands: who typed what, and how it ended.

use super::{Lane, Line, Mark, Tone, seconds};
use crate::report::story::ended;
use crate::transcript::{By, Event, Exit, Transcript};
use std::collections::BTreeMap;

/// One lane for people, and one for the reconciler where there is one.
pub(super) fn lanes(transcript: &Transcript, line: Line) -> Vec<Lane> {
    let mut of_people = Lane { name: "Commands".to_owned(), marks: Vec::new() };
    let mut of_reconciler = Lane { name: "Reconciler".to_owned(), marks: Vec::new() };
    let mut running = BTreeMap::new();
    for entry in &transcript.entries {
        match &entry.event {
            Event::Began { command, line: typed, namespace, by, .. } => {
                running.insert(*command, (line.at(entry.at), typed, namespace, *by));
            }
            Event::Ended { command, exit, stdout, stderr } => {
                let Some((from, typed, namespace, by)) = running.remove(command) else { continue };
                let place = namespace.as_ref().map_or(String::new(), |name| format!("in {name} "));
                let to = line.at(entry.at);
                let (tone, sign) = weigh(*exit);
                let told = format!(
                    "{} to {}: {place}$ {typed}\n{}",
                    seconds(from),
                    seconds(to),
                    ended(*exit, stdout, stderr)
                );
                let mark = Mark { from, to: Some(to), tone, label: format!("{sign} {}", short(typed)), told };
                match by {
                    By::People => of_people.marks.push(mark),
                    By::Reconciler => of_reconciler.marks.push(mark),
                }
            }
            Event::Phase { .. }
            | Event::Call(_)
            | Event::Fault { .. }
            | Event::Object { .. }
            | Event::Snapshot { .. }
            | Event::Checked { .. }
            | Event::Aside(_) => {}
        }
    }
    // What never ended lasts to the end.
    for (from, typed, _, _) in running.into_values() {
        let told = format!("{}: $ {typed}\nit did not end", seconds(from));
        let label = format!("✕ {}", short(typed));
        of_people.marks.push(Mark { from, to: Some(line.length), tone: Tone::Bad, label, told });
    }
    let mut lanes = vec![of_people];
    if !of_reconciler.marks.is_empty() {
        lanes.push(of_reconciler);
    }
    lanes
}

/// What an end means, and its sign.
fn weigh(exit: Exit) -> (Tone, &'static str) {
    match exit {
        Exit::Code(0) => (Tone::Good, "✓"),
        Exit::Code(_) => (Tone::Doubtful, "✕"),
        Exit::Signal(_) | Exit::TimedOut => (Tone::Bad, "✕"),
    }
}

/// `helm upgrade`: the first two words of a line.
fn short(typed: &str) -> String {
    typed.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
