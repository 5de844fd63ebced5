//! The way from the broken state to the end, state by state, as the transcript tells it: every change of an object
//! makes one state, and each knows what brought it about.

use crate::clock::Moment;
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Label, Phase, Transcript};

/// One state of the cluster on the way.
pub(super) struct State {
    pub(super) at: Moment,
    pub(super) snapshot: Snapshot,
    pub(super) phase: Phase,
    pub(super) cause: Option<Cause>,
}

/// What made a state what it is: the last command that had begun and the last call that changes something.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) command: Option<(u32, String, String)>,
    pub(super) call: Option<String>,
}

/// All states in order. Never empty: the broken state is the first.
pub(super) struct Path {
    states: Vec<State>,
    end: Moment,
}

impl Path {
    pub(super) fn of(transcript: &Transcript, broken: &Snapshot) -> Path {
        let entries = &transcript.entries;
        let start = entries
            .iter()
            .rposition(|entry| matches!(&entry.event, Event::Snapshot { label: Label::Broken, .. }))
            .unwrap_or_default();
        let began = entries.get(start).map_or(transcript.began, |entry| entry.at);
        let mut phase = Phase::Inject;
        let mut cause = Cause { command: None, call: None };
        let mut states = vec![State { at: began, snapshot: broken.clone(), phase, cause: None }];
        let mut end = began;
        for entry in entries.iter().skip(start + 1) {
            end = entry.at;
            let snapshot = &states[states.len() - 1].snapshot;
            match &entry.event {
                Event::Phase { phase: begun } => {
                    phase = *begun;
                    let snapshot = snapshot.clone();
                    states.push(State { at: entry.at, snapshot, phase, cause: Some(cause.clone()) });
                }
                Event::Began { command, line, origin } => {
                    cause = Cause { command: Some((*command, line.clone(), origin.clone())), call: None };
                }
                Event::Call(call) if call.verb.mutates() => {
                    cause.call = Some(format!("{} {} by {}", call.verb.http_method(), call.path, call.actor));
                }
                Event::Object { key, object } => {
                    let snapshot = snapshot.with(snapshot.version, key.clone(), object.clone());
                    states.push(State { at: entry.at, snapshot, phase, cause: Some(cause.clone()) });
                }
                Event::Snapshot { snapshot, .. } => {
                    states.push(State {
                        at: entry.at,
                        snapshot: snapshot.clone(),
                        phase,
                        cause: Some(cause.clone()),
                    });
                }
                Event::Call(_) | Event::Ended { .. } | Event::Fault { .. } | Event::Checked { .. } => {}
            }
        }
        Path { states, end }
    }

    /// Every state.
    pub(super) fn states(&self) -> &[State] {
        &self.states
    }

    /// The last state alone.
    pub(super) fn last(&self) -> &[State] {
        &self.states[self.states.len() - 1..]
    }

    /// The states from the beginning of a phase on; the last state where the phase was not reached.
    pub(super) fn window(&self, phase: Phase) -> &[State] {
        match self.states.iter().position(|state| state.phase >= phase) {
            Some(at) => &self.states[at..],
            None => self.last(),
        }
    }

    /// The longest stretch of states for which `held` is false, in microseconds.
    pub(super) fn longest_gap(&self, held: &[bool]) -> u64 {
        let mut longest = 0;
        let mut since: Option<Moment> = None;
        for (state, held) in self.states.iter().zip(held) {
            match (held, since) {
                (false, None) => since = Some(state.at),
                (true, Some(from)) => {
                    longest = longest.max(state.at.since(from).as_micros());
                    since = None;
                }
                (false, Some(_)) | (true, None) => {}
            }
        }
        if let Some(from) = since {
            longest = longest.max(self.end.since(from).as_micros());
        }
        u64::try_from(longest).unwrap_or(u64::MAX)
    }
}
