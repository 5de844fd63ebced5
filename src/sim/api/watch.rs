//! Watches: a cursor into the log of changes that gives the events of one collection, in the words of the watch API.

use super::Asked;
use super::accept::{self, Form, Shape};
use super::bookmark;
use super::event::Event;
use super::extract::{self, Include};
use super::listing;
use super::read::{self, Selection};
use super::webhook::Hooks;
use crate::call::{Call, Reply, ResourcePath, Text};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::access::User;
use crate::sim::change::Change;
use crate::sim::convert;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A watch that has been accepted: where it stands, and what it selects. It holds nothing of the world.
#[derive(Clone, Debug)]
pub struct Watch {
    call: Call,
    at: ResourcePath,
    of: Arc<Resource>,
    columns: Arc<[Value]>,
    selection: Selection,
    form: Form,
    /// The version up to which events have been given.
    version: u64,
    /// What is still to be given before the log is read.
    pending: VecDeque<Event>,
    bookmarks: bool,
    printed: bool,
    /// Whether the log has been read.
    begun: bool,
    ended: bool,
    /// What its answer warns of.
    warnings: Vec<String>,
}

impl Watch {
    /// Accepts the watch that the call asks for.
    pub(super) fn start(world: &World, asked: &Asked<'_>) -> Result<Watch, Refusal> {
        let query = &asked.call.query;
        let listed = accept::negotiate_listed(asked)?;
        let selection = Selection::read(world, asked, true)?;
        let selection = match &asked.at.name {
            Some(name) => selection.named(name)?,
            None => selection,
        };
        if listed.shape == Shape::Table {
            Include::of(asked)?;
        }
        let asked_for = query.get("resourceVersion").unwrap_or_default();
        let from = listing::read_version(asked_for).map_err(Refusal::unexplained)?;
        // Whether it can be streamed is asked when all else about it is right.
        let form = accept::negotiate(asked)?;
        let mut watch = Watch {
            call: asked.call.clone(),
            at: asked.at.clone(),
            of: asked.of.clone(),
            columns: asked.columns.clone(),
            selection,
            form,
            version: world.version(),
            pending: VecDeque::new(),
            bookmarks: query.is_true("allowWatchBookmarks"),
            printed: false,
            begun: false,
            ended: false,
            warnings: Vec::new(),
        };
        watch.begin(world, asked, from);
        Ok(watch)
    }

    /// What comes before the log is read: the state of the collection and its end, or why there is none.
    fn begin(&mut self, world: &World, asked: &Asked<'_>, from: Option<u64>) {
        let query = &asked.call.query;
        let initial = query.get("sendInitialEvents").is_some();
        let streamed = initial && query.is_true("sendInitialEvents");
        if streamed && let Err(refusal) = listing::not_ahead(world, from) {
            // What is wrong with an accepted watch is told by the watch itself.
            self.pending.push_back(Event::Document(json!({"type": "ERROR", "object": refusal.document()})));
            self.ended = true;
            return;
        }
        if streamed || (!initial && matches!(from, None | Some(0))) {
            self.give_state(world, asked);
            if streamed && self.bookmarks {
                let end = self.bookmark(asked.now, true);
                self.pending.push_back(Event::Document(end));
            }
        } else if let Some(from) = from.filter(|from| *from > 0) {
            self.version = from;
        }
    }

    /// The watch with warnings for its answer.
    pub(super) fn warned(mut self, warnings: Option<String>) -> Watch {
        self.warnings.extend(warnings);
        self
    }

    /// Texts that its answer carries as warnings.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Group and resource under which what it watches is stored.
    pub fn collection(&self) -> (String, String) {
        (self.of.storage_group().to_owned(), self.of.plural.clone())
    }

    /// How long the client wants the watch to last.
    pub fn timeout(&self) -> Option<Duration> {
        let seconds = self.call.query.get("timeoutSeconds").and_then(|text| text.parse().ok());
        seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }

    /// Whether the watch has ended by itself, after an `ERROR` event.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The media type of the stream: one JSON document per event, a line each.
    pub fn media(&self) -> &'static str {
        "application/json"
    }

    /// The events since the last time, oldest first: documents of `type` and `object`.
    pub fn drain(&mut self, world: &World, now: Moment) -> Vec<Value> {
        std::iter::from_fn(|| self.next(world, now)).map(Event::into_document).collect()
    }

    /// Writes the events since the last time, a line each, until `out` has at least `enough` bytes; whether there may
    /// be more.
    pub fn write(&mut self, world: &World, now: Moment, enough: usize, out: &mut Vec<u8>) -> bool {
        while out.len() < enough {
            let Some(event) = self.next(world, now) else { return false };
            event.write(out);
        }
        true
    }

    /// The next event that is known already.
    fn next(&mut self, world: &World, now: Moment) -> Option<Event> {
        if let Some(event) = self.pending.pop_front() {
            return Some(event);
        }
        if self.ended {
            return None;
        }
        match world.store.changes_since(self.version) {
            Err(oldest) => {
                let status = Refusal::too_old(self.version, oldest).document();
                self.ended = true;
                // Whoever has been given events and takes them too slowly is cut off without a word, as kube-apiserver
                // does it.
                (!self.begun).then(|| Event::Document(json!({"type": "ERROR", "object": status})))
            }
            Ok(changes) => {
                self.begun = true;
                for change in changes {
                    self.version = change.version;
                    if let Some(event) = self.event(change, now) {
                        return Some(event);
                    }
                }
                None
            }
        }
    }

    /// A bookmark at the version up to which events have been given; nothing where the client wants none.
    pub fn bookmark_now(&mut self, now: Moment) -> Option<Value> {
        (self.bookmarks && !self.ended).then(|| self.bookmark(now, false))
    }

    /// A bookmark in the form that was asked for.
    fn bookmark(&mut self, now: Moment, last: bool) -> Value {
        let object = Arc::new(bookmark::object(&self.of, self.version, last));
        self.told("BOOKMARK", &object, &Text::default(), now).into_document()
    }

    /// The state of the collection as events that add it.
    fn give_state(&mut self, world: &World, asked: &Asked<'_>) {
        let selection = self.selection.clone();
        let found: Vec<_> = read::matching(world.store.snapshot(), asked, &selection)
            .map(|(_, stored)| (stored.object().clone(), stored.text().clone()))
            .collect();
        for (object, text) in found {
            let event = self.told("ADDED", &object, &text, asked.now);
            self.pending.push_back(event);
        }
    }

    /// What a change means for this watch: an object that comes into the selection is added, one that leaves it is
    /// deleted.
    fn event(&mut self, change: &Change, now: Moment) -> Option<Event> {
        let key = &change.key;
        let mine = &*key.group == self.of.storage_group()
            && *key.resource == *self.of.plural
            && self.at.namespace.as_deref().is_none_or(|ns| ns == &*key.namespace)
            && self.at.name.as_deref().is_none_or(|name| name == &*key.name);
        if !mine {
            return None;
        }
        let takes = |object: &&Object| self.selection.takes(&self.of, object);
        let before = change.before.as_ref().filter(takes);
        match (before, change.after.as_ref().filter(takes)) {
            (None, None) => None,
            (None, Some(after)) => Some(self.told("ADDED", after, change.text(), now)),
            (Some(_), Some(after)) => Some(self.told("MODIFIED", after, change.text(), now)),
            (Some(_), None) => {
                let (last, text) = change.gone()?;
                Some(self.told("DELETED", last, text, now))
            }
        }
    }

    /// An event in the form that was asked for. Whoever watches whole objects as they are stored shares their text.
    fn told(&mut self, kind: &'static str, stored: &Object, text: &Text, now: Moment) -> Event {
        let object = convert::to_version(&self.of, stored.clone());
        match self.form.shape {
            Shape::Whole => {
                let text = if Arc::ptr_eq(stored, &object) { text.clone() } else { Text::default() };
                Event::Whole(kind, object, text)
            }
            Shape::Metadata => Event::Document(
                json!({"type": kind, "object": extract::partial(self.form, &self.of, &object)}),
            ),
            Shape::Table => Event::Document(json!({"type": kind, "object": self.table(object, now)})),
        }
    }

    /// A Table of one row; only the first of a watch names its columns.
    fn table(&mut self, object: Object, now: Moment) -> Value {
        let (call, at, of) = (&self.call, &self.at, self.of.clone());
        let (columns, warnings) = (self.columns.clone(), RefCell::default());
        let (user, hooks) = (User::administrator(), Hooks::default());
        let (hooks, user, warnings, empties) = (&hooks, &user, &warnings, &RefCell::default());
        let asked = Asked { call, at, of, now, columns, hooks, user, warnings, empties };
        let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
        let mut table = extract::tabled(self.form, &asked, &[object], metadata, now)
            .unwrap_or_else(|refusal| refusal.document());
        if std::mem::replace(&mut self.printed, true) && table["kind"] == "Table" {
            table["columnDefinitions"] = Value::Null;
        }
        table
    }
}

/// A watch that ends at once: what it would have given so far, a line each.
pub(super) fn all_so_far(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let mut watch = Watch::start(world, asked)?;
    let mut lines = Vec::new();
    watch.write(world, asked.now, usize::MAX, &mut lines);
    Ok(Reply::raw(200, watch.media(), lines))
}
