//! The way from the broken state to the end, state by state, as the transcript tells it: every change of an object
//! makes one state, and each knows what brought it about.

use crate::call::{ResourcePath, Target};
use crate::clock::Moment;
use crate::snapshot::Snapshot;
use crate::transcript::{CallRecord, Event, Label, Phase, Transcript};

/// One state of the cluster on the way.
pub(super) struct State {
    pub(super) at: Moment,
    pub(super) snapshot: Snapshot,
    pub(super) phase: Phase,
    pub(super) cause: Option<Cause>,
    /// How many entries of the transcript there were by then.
    pub(super) entries: usize,
}

/// Something that whoever recovers changed, or tried to.
pub(super) struct Touch {
    /// The namespace in which it is.
    pub(super) namespace: String,
    /// Which state was there before.
    pub(super) before: usize,
    pub(super) cause: Cause,
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
    touches: Vec<Touch>,
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
        let first = State { at: began, snapshot: broken.clone(), phase, cause: None, entries: start + 1 };
        let (mut states, mut touches) = (vec![first], Vec::new());
        let mut end = began;
        for (at, entry) in entries.iter().enumerate().skip(start + 1) {
            end = entry.at;
            let snapshot = &states[states.len() - 1].snapshot;
            let state = |snapshot, phase, cause: &Cause| State {
                at: entry.at,
                snapshot,
                phase,
                cause: Some(cause.clone()),
                entries: at + 1,
            };
            match &entry.event {
                Event::Phase { phase: begun } => {
                    phase = *begun;
                    states.push(state(snapshot.clone(), phase, &cause));
                }
                Event::Began { command, line, origin, .. } => {
                    cause = Cause { command: Some((*command, line.clone(), origin.clone())), call: None };
                }
                Event::Call(call) if call.verb.mutates() => {
                    cause.call = Some(format!("{} {} by {}", call.verb.http_method(), call.path, call.actor));
                    let (before, cause) = (states.len() - 1, cause.clone());
                    touches.extend(touched(call).map(|namespace| Touch { namespace, before, cause }));
                }
                Event::Object { key, object } => {
                    let snapshot = snapshot.with(snapshot.version, key.clone(), object.clone());
                    states.push(state(snapshot, phase, &cause));
                }
                Event::Snapshot { snapshot, .. } => states.push(state(snapshot.clone(), phase, &cause)),
                Event::Call(_)
                | Event::Ended { .. }
                | Event::Fault { .. }
                | Event::Checked { .. }
                | Event::Aside(_) => {}
            }
        }
        if let Some(last) = states.last_mut() {
            // What is asked once everything is over is known in the last state.
            last.entries = entries.len();
        }
        Path { states, touches, end }
    }

    /// Every state.
    pub(super) fn states(&self) -> &[State] {
        &self.states
    }

    /// When the transcript ends.
    pub(super) fn end(&self) -> Moment {
        self.end
    }

    /// The first thing that was changed in one of these namespaces.
    pub(super) fn first_touch(&self, namespaces: &[String]) -> Option<&Touch> {
        self.touches.iter().find(|touch| namespaces.contains(&touch.namespace))
    }

    /// The state that was there before something was changed.
    pub(super) fn before(&self, touch: &Touch) -> &State {
        &self.states[touch.before]
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

/// The namespace in which a call may have changed something, where whoever recovers made it.
fn touched(call: &CallRecord) -> Option<String> {
    let Target::Resource(path) = Target::parse(&call.path) else { return None };
    if call.actor.is_ours() || !call.may_have_changed() {
        return None;
    }
    match path {
        ResourcePath { resource, name, .. } if resource == "namespaces" => name,
        ResourcePath { namespace, .. } => namespace,
    }
}
