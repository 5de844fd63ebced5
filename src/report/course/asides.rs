//! The lane of what passed between whoever recovers and the drill: notes, hints, what was taken back, how it ended. A drill
//! in which nobody said anything has no such lane.

use super::super::story;
use super::{Lane, Line, Mark, Tone, seconds};
use crate::transcript::{Aside, By, Entry, Event, Transcript};

/// The lane of notes and help, where there are any.
pub(super) fn lanes(transcript: &Transcript, line: Line) -> Vec<Lane> {
    let asides = transcript.entries.iter().filter_map(|entry| {
        let Event::Aside(aside) = &entry.event else { return None };
        Some(mark(line.at(entry.at), aside))
    });
    let marks: Vec<Mark> = asides.collect();
    if marks.is_empty() { Vec::new() } else { vec![Lane { name: "Notes and help".to_owned(), marks }] }
}

/// Help costs points, so that its marks are doubtful ones.
fn mark(at: u64, aside: &Aside) -> Mark {
    let (tone, label) = match aside {
        Aside::Note { .. } => (Tone::Plain, "note".to_owned()),
        Aside::Hint { number, .. } => (Tone::Doubtful, format!("hint {number}")),
        Aside::Rewound { .. } => (Tone::Doubtful, "rewind".to_owned()),
        Aside::Left { .. } => (Tone::Plain, "end".to_owned()),
    };
    let mut told = format!("{}: {}", seconds(at), story::told(aside));
    if let Aside::Rewound { undone, .. } = aside {
        taken_back(undone, &mut told);
    }
    Mark { from: at, to: None, tone, label, told }
}

/// The commands of people that were taken back, a line each, those of an earlier rewind among them.
fn taken_back(undone: &[Entry], told: &mut String) {
    for entry in undone {
        if let Event::Began { line, by: By::People, .. } = &entry.event {
            *told += &format!("\n$ {}", line.trim());
        }
        if let Event::Aside(Aside::Rewound { undone, .. }) = &entry.event {
            taken_back(undone, told);
        }
    }
}
