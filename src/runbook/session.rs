//! A session as it was copied from a terminal: commands behind prompts, and what they printed.

use super::fences::{Found, said};
use super::lines::{command, is_prompted};
use super::text::Lifted;
use crate::shell::unended;

/// A session: every prompt begins a command, which goes on until it is complete; the other lines are output.
pub(super) fn session(script: &Lifted, root: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut running: Option<Lifted> = None;
    let mut at = 0;
    for line in script.text.split_inclusive('\n') {
        let from = at;
        at += line.len();
        let body = line.trim_end_matches(['\n', '\r']);
        // Who is asked for a new command has ended the one before.
        if running.is_some() && is_prompted(body) {
            found.extend(running.take().map(Found::Unfinished));
        }
        if let Some(mut command) = running.take() {
            let more = body.strip_prefix("> ").unwrap_or(body);
            let skip = body.len() - more.len();
            command.add("\n", script.origin(from));
            command.add(more, script.origin(from + skip));
            running = complete(command, &mut found);
            continue;
        }
        match command(body, root) {
            Some(bytes) if body[bytes.clone()].starts_with('#') => found.push(said(&body[bytes])),
            Some(bytes) => {
                let mut command = Lifted::default();
                command.add(&body[bytes.clone()], script.origin(from + bytes.start));
                running = complete(command, &mut found);
            }
            None if body.trim_start().starts_with('#') => found.push(said(body.trim())),
            None if body.trim().is_empty() => {}
            None => found.push(Found::Output(body.to_owned())),
        }
    }
    found.extend(running.map(Found::Unfinished));
    found
}

/// Takes a command that is complete; gives back one that goes on.
fn complete(command: Lifted, found: &mut Vec<Found>) -> Option<Lifted> {
    if command.text.ends_with('\\') || unended(&command.text).is_some() {
        return Some(command);
    }
    found.push(Found::Statement(command));
    None
}
