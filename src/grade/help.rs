//! What help costs whoever recovers by hand: hints that were taken and commands that were taken back. It takes points
//! and leaves the verdict alone: the release is as it is, however somebody came there.

use super::scorecard::{Loss, Source};
use crate::transcript::{Aside, Event, Transcript};

/// The points that one hint costs.
pub const HINT: u32 = 5;
/// The points that one rewind costs, however many commands it takes back.
pub const REWIND: u32 = 10;

/// A loss for each time that help was taken.
pub(super) fn losses(transcript: &Transcript) -> Vec<Loss> {
    let loss =
        |id: &str, points, evidence| Some(Loss { source: Source::Help, id: id.to_owned(), points, evidence });
    let asides = transcript.entries.iter().filter_map(|entry| match &entry.event {
        Event::Aside(aside) => Some(aside),
        _ => None,
    });
    let costs = asides.filter_map(|aside| match aside {
        Aside::Hint { number, text } => {
            loss("hint", HINT, format!("hint {number} was taken: {}", text.trim()))
        }
        Aside::Rewound { commands, undone } => {
            let lines = undone.iter().filter_map(|entry| match &entry.event {
                Event::Began { line, .. } => Some(format!("`{line}`")),
                _ => None,
            });
            let lines: Vec<String> = lines.collect();
            loss("rewind", REWIND, format!("{commands} taken back: {}", lines.join(", ")))
        }
        Aside::Note { .. } | Aside::Left { .. } => None,
    });
    costs.collect()
}
