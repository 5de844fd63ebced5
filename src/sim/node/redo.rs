//! Containers that are started anew though they run: because they are to have another image, or because a resize asks for
//! it. Where their end comes from otherwise is `drive`'s matter.

use super::drive::grace_of;
use super::identity;
use super::life::Life;
use crate::clock::Moment;
use crate::sim::controller::object::text;
use serde_json::{Value, json};
use std::time::Duration;

impl Life<'_> {
    /// Whether the container runs with another image than it is to have by now.
    pub(super) fn redefined(&self, place: usize) -> bool {
        let member = &self.members[place];
        let (uid, run) = (self.waits.uid, member.container.restarts);
        member.container.id.as_ref().is_some_and(|id| !identity::is_of(id, uid, member.spec, run))
    }

    /// Stops a container that is to have another image, with the grace of its pod, and starts it anew when it has ended;
    /// whether it has.
    pub(super) fn is_redone(&mut self, place: usize, since: Moment) -> bool {
        let member = &self.members[place];
        let (id, run) = (member.container.id.clone().unwrap_or_default(), member.container.restarts);
        let noticed = self.view.memory.get(&id).and_then(Value::as_i64).map(Moment::from_micros);
        let from = noticed.unwrap_or(self.view.now);
        if noticed.is_none() {
            let message =
                format!("Container {} definition changed, will be restarted", text(member.spec, "/name"));
            let event = self.about(place, "Normal", "Killing", message);
            self.work.tell(event);
            self.work.notes.push((id, json!(from.as_micros())));
        }
        let grace = Duration::from_secs(grace_of(self.pod).unsigned_abs());
        let (at, code) = self.ended_by_probe(place, from, grace);
        if self.view.now < at {
            self.work.wake_at(at);
            return false;
        }
        self.end(place, since, at, code);
        self.begin(place, at, run + 1);
        true
    }

    /// Starts a container anew for another reason than its end, whatever its restart policy.
    pub(super) fn replace(&mut self, place: usize, since: Moment, why: &str) {
        let member = &self.members[place];
        let (name, code) = (text(member.spec, "/name"), member.program.timeline.on_term.unwrap_or(137));
        let message = format!("Container {name} {why}");
        let (event, run) = (self.about(place, "Normal", "Killing", message), member.container.restarts);
        self.work.tell(event);
        self.end(place, since, self.view.now, code);
        self.begin(place, self.view.now, run + 1);
    }
}
