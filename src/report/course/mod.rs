//! What happened when, as lanes of marks on one line of time: what a picture of a drill is drawn from. Knows nothing of
//! how it is drawn.

mod asides;
mod calls;
mod commands;
mod states;

use super::Graded;
use crate::clock::Moment;
use crate::transcript::{Event, Phase, Transcript};

/// The course of a drill. Times are microseconds from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// How long it took; never 0.
    pub(super) length: u64,
    /// The phases with their beginnings and ends.
    pub(super) phases: Vec<(Phase, u64, u64)>,
    /// What happened, by what it is about.
    pub(super) lanes: Vec<Lane>,
}

/// Marks of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    /// What they are about.
    pub(super) name: String,
    /// The marks, in order of time.
    pub(super) marks: Vec<Mark>,
}

/// One thing that happened, or was so for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// When it happened or began.
    pub(super) from: u64,
    /// When it ended; `None` for what happens at once.
    pub(super) to: Option<u64>,
    /// What it means.
    pub(super) tone: Tone,
    /// It in a word or two.
    pub(super) label: String,
    /// All that is known of it; may have several lines.
    pub(super) told: String,
}

/// What a mark means for the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    /// Nothing by itself.
    Plain,
    /// As it should be.
    Good,
    /// Not quite as it should be.
    Doubtful,
    /// Not as it should be.
    Bad,
    /// Done on purpose, to break it.
    Chaos,
}

impl Course {
    /// The course that a transcript tells.
    pub(super) fn of(graded: &Graded) -> Course {
        let Graded { plan, transcript, .. } = graded;
        let line = Line::of(transcript);
        let lanes = [
            commands::lanes(transcript, line),
            asides::lanes(transcript, line),
            calls::lanes(transcript, line),
            states::releases(plan, transcript, line),
            vec![states::availability(plan, transcript, line)],
            states::safeguards(plan, transcript, line),
        ];
        Course { length: line.length, phases: phases(transcript, line), lanes: lanes.concat() }
    }
}

/// The line of time of one drill.
#[derive(Clone, Copy)]
struct Line {
    began: Moment,
    length: u64,
}

impl Line {
    fn of(transcript: &Transcript) -> Line {
        let end = transcript.entries.iter().map(|entry| entry.at).max().unwrap_or(transcript.began);
        let length = micros(transcript.began, end).max(1);
        Line { began: transcript.began, length }
    }

    /// Where on the line a moment lies.
    fn at(self, moment: Moment) -> u64 {
        micros(self.began, moment).min(self.length)
    }
}

fn micros(from: Moment, to: Moment) -> u64 {
    u64::try_from(to.since(from).as_micros()).unwrap_or(u64::MAX)
}

fn phases(transcript: &Transcript, line: Line) -> Vec<(Phase, u64, u64)> {
    let mut found: Vec<(Phase, u64, u64)> = Vec::new();
    for entry in &transcript.entries {
        if let Event::Phase { phase } = &entry.event {
            let at = line.at(entry.at);
            if let Some((_, _, end)) = found.last_mut() {
                *end = at;
            }
            found.push((*phase, at, line.length));
        }
    }
    found
}

/// `1.3s`.
pub(super) fn seconds(micros: u64) -> String {
    let tenths = (micros + 50_000) / 100_000;
    format!("{}.{}s", tenths / 10, tenths % 10)
}
