//! What help costs whoever recovers by hand: hints that were taken and commands that were taken back. It takes points
//! and leaves the verdict alone: the release is as it is, however somebody came there.

use super::scorecard::{Loss, Source};
use crate::transcript::{Aside, Entry, Event, Transcript};

/// The points that one hint costs.
pub const HINT: u32 = 5;
/// The points that one rewind costs, however many commands it takes back.
pub const REWIND: u32 = 10;

/// A loss for each time that help was taken, in order.
pub(super) fn losses(transcript: &Transcript) -> Vec<Loss> {
    let mut found = Vec::new();
    collect(&transcript.entries, &mut found);
    found
}

/// A rewind makes the cluster what it was; it gives no points back for the help that was taken in what it undoes.
fn collect(entries: &[Entry], found: &mut Vec<Loss>) {
    for entry in entries {
        let Event::Aside(aside) = &entry.event else { continue };
        match aside {
            Aside::Hint { number, text } => {
                found.push(loss("hint", HINT, format!("hint {number} was taken: {}", text.trim())));
            }
            Aside::Rewound { commands, undone } => {
                collect(undone, found);
                let lines = undone.iter().filter_map(|entry| match &entry.event {
                    Event::Began { line, .. } => Some(format!("`{line}`")),
                    _ => None,
                });
                let lines: Vec<String> = lines.collect();
                found.push(loss("rewind", REWIND, format!("{commands} taken back: {}", lines.join(", "))));
            }
            Aside::Note { .. } | Aside::Left { .. } => {}
        }
    }
}

fn loss(id: &str, points: u32, evidence: String) -> Loss {
    Loss { source: Source::Help, id: id.to_owned(), points, evidence }
}
