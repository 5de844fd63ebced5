//! A log that is followed: where its reader stands in the output of one run of a container, what has come since, and
//! when more is to be looked for. What is printed when is the matter of [`super::logs`].

use super::logs::{Line, current, cut_short, ended_run, find, lines, stamped, whole};
use super::program::Program;
use crate::call::Call;
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::controller::object::uid;
use crate::snapshot::{Key, Object};

/// The place of a reader in the log of a container that runs. It holds nothing of the world.
#[derive(Clone, Debug)]
pub struct FollowedLog {
    call: Call,
    key: Key,
    /// The pod as it was seen last.
    pod: Object,
    /// When the run began that is followed.
    since: Moment,
    /// What was printed before it was followed, until that is given.
    before: Option<String>,
    /// How many lines of the run have been printed so far.
    read: usize,
    /// How many bytes the reader still wants, where it wants no more than so many.
    left: Option<usize>,
    ended: bool,
}

impl FollowedLog {
    /// Follows the log that a call asks for and that has been worked out up to now; `None` where the call does not ask to
    /// follow, or where the container does not run, so that nothing more can come.
    pub fn start(world: &World, call: &Call, before: String, now: Moment) -> Option<FollowedLog> {
        let at = call.resource()?;
        let wanted = at.subresource.as_deref() == Some("log") && call.query.is_true("follow");
        if !wanted || call.query.is_true("previous") {
            return None;
        }
        let key = Key::new("", "pods", at.namespace.as_deref()?, at.name.as_deref()?);
        let pod = world.snapshot().get(&key)?.clone();
        let since = current(&pod, &call.query)?;
        let limit = call.query.get("limitBytes").and_then(|text| text.parse::<usize>().ok());
        let left = limit.map(|limit| limit.saturating_sub(before.len()));
        let (call, before) = (call.clone(), Some(before));
        let mut followed = FollowedLog { call, key, pod, since, before, read: 0, left, ended: false };
        followed.read = followed.printed(world, now, true).len();
        Some(followed)
    }

    /// What has been printed since the last time; at first, what there was before.
    pub fn read(&mut self, world: &World, now: Moment) -> String {
        if let Some(before) = self.before.take().filter(|before| !before.is_empty()) {
            return before;
        }
        let pod = world.snapshot().get(&self.key).filter(|pod| uid(pod) == uid(&self.pod));
        if let Some(pod) = pod {
            self.pod = pod.clone();
        }
        let runs = pod.is_some() && current(&self.pod, &self.call.query) == Some(self.since);
        let printed = self.printed(world, now, runs);
        let fresh = printed.get(self.read..).unwrap_or_default();
        let mut text = stamped(fresh, &self.call.query);
        self.read = printed.len();
        if let Some(left) = &mut self.left {
            cut_short(&mut text, *left);
            *left -= text.len();
        }
        self.ended = !runs || self.left == Some(0);
        text
    }

    /// Whether no more can come.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// When the next line comes, if the container is left alone.
    pub fn next(&self, world: &World, now: Moment) -> Option<Moment> {
        let (spec, _) = find(&self.pod, &self.call.query).ok()?;
        let program = Program::of(&self.pod, spec, world.snapshot(), world.config());
        let after = program.timeline.next_print(now.since(self.since))?;
        Some(self.since.after(after))
    }

    /// The lines of the run up to now, or up to its end where that is known.
    fn printed(&self, world: &World, now: Moment, runs: bool) -> Vec<Line> {
        let Ok((spec, stored)) = find(&self.pod, &self.call.query) else { return Vec::new() };
        let program = Program::of(&self.pod, spec, world.snapshot(), world.config());
        let ended = stored.as_ref().and_then(|container| container.end_of(self.since));
        let run = ended.map_or((self.since, now), ended_run);
        let printed = lines(&program.timeline, run);
        if runs { whole(printed) } else { printed }
    }
}
