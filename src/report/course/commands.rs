//! The lanes of commands: who typed what, and how it ended.

use super::{Lane, Line, Mark, Tone, seconds};
use crate::report::story::ended;
use crate::transcript::{By, End, Exit, Ran, Transcript};

/// One lane for people, one for the reconciler and one for what is asked in the end where there are such.
pub(super) fn lanes(transcript: &Transcript, line: Line) -> Vec<Lane> {
    let mut of_people = Lane { name: "Commands".to_owned(), marks: Vec::new() };
    let mut of_reconciler = Lane { name: "Reconciler".to_owned(), marks: Vec::new() };
    let mut of_grade = Lane { name: "Asked in the end".to_owned(), marks: Vec::new() };
    let (ended, unended): (Vec<Ran<'_>>, Vec<Ran<'_>>) =
        transcript.commands().into_iter().partition(|ran| ran.end.is_some());
    for ran in &ended {
        let marks = match ran.by {
            By::People => &mut of_people.marks,
            By::Reconciler => &mut of_reconciler.marks,
            By::Grade => &mut of_grade.marks,
        };
        marks.extend(ran.end.map(|end| whole(ran, end, line)));
    }
    // What never ended lasts to the end.
    of_people.marks.extend(unended.iter().map(|ran| {
        let from = line.at(ran.began);
        let told = format!("{}: $ {}\nit did not end", seconds(from), ran.line);
        let label = format!("✕ {}", short(ran.line));
        Mark { from, to: Some(line.length), tone: Tone::Bad, label, told }
    }));
    let mut lanes = vec![of_people];
    lanes.extend([of_reconciler, of_grade].into_iter().filter(|lane| !lane.marks.is_empty()));
    lanes
}

/// A command from its beginning to its end.
fn whole(ran: &Ran<'_>, end: End<'_>, line: Line) -> Mark {
    let (from, to) = (line.at(ran.began), line.at(end.at));
    let (tone, sign) = weigh(end.exit);
    let place = ran.namespace.map_or(String::new(), |name| format!("in {name} "));
    let ended = ended(end.exit, end.stdout, end.stderr);
    let told = format!("{} to {}: {place}$ {}\n{ended}", seconds(from), seconds(to), ran.line);
    Mark { from, to: Some(to), tone, label: format!("{sign} {}", short(ran.line)), told }
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
