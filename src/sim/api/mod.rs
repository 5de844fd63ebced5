//! The API server: finds out what a call asks for and answers it. One file per thing that can be asked; what an
//! object of a kind may contain is `defaults`' and `validation`'s to say.

mod accept;
mod admission;
mod allocate;
mod binding;
mod bookmark;
mod components;
mod continuation;
mod create;
mod custom_scale;
mod dangling;
mod decode;
mod definition;
mod delete;
mod delete_options;
mod discovery;
mod event;
mod evict;
mod extended;
mod extract;
mod figures;
mod health;
mod judge;
mod kind;
mod listing;
mod log;
mod mistaken;
mod modify;
mod options;
mod owners;
mod part;
mod patch;
mod policy;
mod read;
mod retold;
mod review;
mod scale;
mod seen;
mod stated;
mod subresource;
mod token;
mod unbuilt;
mod watch;
mod webhook;
mod write;
mod yaml;

use super::World;
use super::access::{self, Attributes, User};
use super::convert;
use super::hooks::{HookAnswers, HookCall};
use super::resources::{self, Resource};
use super::status::Refusal;
use crate::call::{Call, Reply, ResourcePath, Target, Verb};
use crate::clock::Moment;
use crate::snapshot::{Key, Object, Stored};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;

use retold::Empties;
pub use watch::Watch;
use webhook::Hooks;

/// One call to a resource, with what its path turned out to mean.
pub(super) struct Asked<'a> {
    call: &'a Call,
    at: &'a ResourcePath,
    of: Arc<Resource>,
    now: Moment,
    /// The printer columns of a custom resource.
    columns: Arc<[Value]>,
    hooks: &'a Hooks<'a>,
    /// Who asks.
    user: &'a User,
    /// Texts that the answer carries as warnings.
    warnings: &'a RefCell<Vec<String>>,
    /// Where what was sent has empty lists and maps, which are nothing but for messages that show them.
    empties: &'a RefCell<Empties>,
}

impl Asked<'_> {
    /// Adds a warning to the answer.
    fn warn(&self, text: String) {
        self.warn_of(vec![text]);
    }

    /// Adds warnings to the answer, each text once.
    fn warn_of(&self, texts: Vec<String>) {
        let mut told = self.warnings.borrow_mut();
        for text in texts {
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }

    /// The namespace of the path; empty for cluster-scoped resources and for collections over all namespaces.
    fn namespace(&self) -> &str {
        self.at.namespace.as_deref().unwrap_or_default()
    }

    /// The object name of the path; empty for collections.
    fn name(&self) -> &str {
        self.at.name.as_deref().unwrap_or_default()
    }

    /// The key of an object of this resource in the namespace of the path.
    fn key(&self, name: &str) -> Key {
        Key::new(self.of.storage_group(), &self.of.plural, self.namespace(), name)
    }

    /// What is stored under the path.
    fn stored<'w>(&self, world: &'w World) -> Option<&'w Stored> {
        let of = &self.of;
        world.store.snapshot().find_stored(of.storage_group(), &of.plural, self.namespace(), self.name())
    }

    /// The object that the path names.
    fn object(&self, world: &World) -> Result<Object, Refusal> {
        let found = self.stored(world).map(Stored::object).cloned();
        let found = found.ok_or_else(|| Refusal::not_found(&self.of, self.name()))?;
        Ok(convert::to_version(&self.of, definition::read(world, &self.of, found)))
    }

    /// Stores an object of this resource and gives it back in the version of the request.
    fn store(&self, world: &mut World, name: &str, mut object: Value) -> Object {
        definition::to_storage(world, &self.of, &mut object);
        let stored = world.store.put(self.key(name), convert::to_storage(&self.of, object));
        convert::to_version(&self.of, definition::read(world, &self.of, stored))
    }
}

/// Answers one call where nobody listens to webhooks. A watch is answered with what has happened so far.
pub(super) fn handle(world: &mut World, call: &Call, now: Moment) -> Reply {
    answer(world, call, now, &Hooks::default())
}

/// Answers one call with what webhooks have said; the error is a webhook that has to be asked first.
pub(super) fn attempt(
    world: &mut World,
    call: &Call,
    now: Moment,
    answers: Option<&HookAnswers>,
) -> Result<Reply, Box<HookCall>> {
    let hooks = Hooks::new(answers);
    let reply = answer(world, call, now, &hooks);
    hooks.asked.take().map_or(Ok(reply), |hook| Err(Box::new(hook)))
}

/// Whether webhooks are configured.
pub(super) fn has_webhooks(world: &World) -> bool {
    webhook::there_are(world.store.snapshot())
}

fn answer(world: &mut World, call: &Call, now: Moment, hooks: &Hooks<'_>) -> Reply {
    if let Some(reply) = discovery::undetermined(call) {
        return reply;
    }
    let user = match admitted(world, call, now) {
        Ok(user) => user,
        Err(refusal) => return refusal.reply(),
    };
    let (warnings, empties) = (RefCell::default(), RefCell::default());
    let answered = match &call.target {
        Target::Path(path) => match access::published(world, path) {
            Some((media, document)) => accept::document(call, media, document),
            None => discovery::answer(world, call, path, now),
        },
        Target::Resource(at) => match open(world, call, at, now, (&user, &warnings, &empties, hooks)) {
            Ok(Opened::Asked(asked)) => {
                let deprecated = deprecation(world, &asked.of);
                let answered = options::check_timeout(&call.query).and_then(|()| route(world, &asked));
                // What a definition says may have changed with the call, and so may what is served.
                if definition::is_definition(&asked.of) && call.mutates() {
                    definition::establish(world, now);
                }
                if dangling::concerns(&asked.of) && call.mutates() {
                    dangling::tell(world, now);
                }
                let mut reply = answered.unwrap_or_else(|refusal| refusal.reply());
                reply.warnings.splice(0..0, deprecated);
                Ok(reply)
            }
            Ok(Opened::Nowhere) if resources::serves_group(&at.group) => Err(Refusal::no_such_resource()),
            Ok(Opened::Nowhere) => Ok(discovery::page_not_found()),
            Err(refusal) => Err(refusal),
        },
    };
    let mut reply = answered.unwrap_or_else(|refusal| refusal.reply());
    reply.warnings.extend(warnings.take());
    reply
}

/// Who makes the call, where that may be done at all.
fn admitted(world: &World, call: &Call, now: Moment) -> Result<User, Refusal> {
    let user = access::authenticate(world, call, now)?;
    access::authorize(world, &user, &Attributes::of(call))?;
    Ok(user)
}

/// Starts a watch.
pub(super) fn watch(world: &World, call: &Call, now: Moment) -> Result<Watch, Reply> {
    let Target::Resource(at) = &call.target else { return Err(discovery::page_not_found()) };
    let user = admitted(world, call, now).map_err(|refusal| refusal.reply())?;
    match open(world, call, at, now, (&user, &RefCell::default(), &RefCell::default(), &Hooks::default())) {
        Ok(Opened::Asked(asked)) => Watch::start(world, &asked).map_err(|refusal| refusal.reply()),
        Ok(Opened::Nowhere) => Err(discovery::page_not_found()),
        Err(refusal) => Err(refusal.reply()),
    }
}

/// The warning that comes with every answer about a deprecated resource.
fn deprecation(world: &World, of: &Resource) -> Option<String> {
    let warning = match (of.group.as_str(), of.kind.as_str()) {
        ("", "Endpoints") => "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        ("", "ComponentStatus") => "v1 ComponentStatus is deprecated in v1.19+",
        _ => return world.definitions.of(of)?.1.warning.clone(),
    };
    Some(warning.to_owned())
}

enum Opened<'a> {
    Asked(Asked<'a>),
    /// The group version is not served at all.
    Nowhere,
}

/// Finds the resource of a path and refuses what cannot be asked of it.
fn open<'a>(
    world: &World,
    call: &'a Call,
    at: &'a ResourcePath,
    now: Moment,
    (user, warnings, empties, hooks): (
        &'a User,
        &'a RefCell<Vec<String>>,
        &'a RefCell<Empties>,
        &'a Hooks<'a>,
    ),
) -> Result<Opened<'a>, Refusal> {
    let custom = world.definitions.find(&at.group, &at.version, &at.resource);
    let of = resources::find(&at.group, &at.version, &at.resource)
        .or_else(|| custom.map(|(_, version)| version.resource.clone()));
    let Some(of) = of else {
        let known = resources::serves(&at.group, &at.version);
        return if known { Err(Refusal::no_such_resource()) } else { Ok(Opened::Nowhere) };
    };
    let scoped = of.namespaced == at.namespace.is_some();
    if !scoped && (!of.namespaced || at.name.is_some()) {
        return if of.custom { Ok(Opened::Nowhere) } else { Err(Refusal::no_such_resource()) };
    }
    let verbs = match &at.subresource {
        None => &of.verbs,
        // What lies below an object is not watched.
        Some(_) if call.verb == Verb::Watch => return Err(Refusal::no_such_resource()),
        Some(sub) => {
            let first = sub.split('/').next().unwrap_or_default();
            let unknown = || match of.custom {
                true => Refusal::not_found(&of, at.name.as_deref().unwrap_or_default()),
                false => Refusal::no_such_resource(),
            };
            of.subresources.get(first).ok_or_else(unknown)?
        }
    };
    let (verb, named) = discovered(call.verb);
    let at_the_right_end = at.subresource.is_some() || named.is_none_or(|named| named == at.name.is_some());
    let across = matches!(call.verb, Verb::List | Verb::Watch);
    if !at_the_right_end || !(scoped || across) || !verbs.iter().any(|v| v == verb) {
        return Err(if of.custom { Refusal::not_supported(&of, verb) } else { Refusal::method() });
    }
    let columns = definition::printer_columns(world, &of);
    Ok(Opened::Asked(Asked { call, at, of, now, columns, hooks, user, warnings, empties }))
}

/// A verb in discovery's words, and whether its path names an object; `None` where either may be.
fn discovered(verb: Verb) -> (&'static str, Option<bool>) {
    match verb {
        Verb::Get => ("get", Some(true)),
        Verb::List => ("list", Some(false)),
        Verb::Watch => ("watch", None),
        Verb::Create => ("create", Some(false)),
        Verb::Update => ("update", Some(true)),
        Verb::Patch => ("patch", Some(true)),
        Verb::Delete => ("delete", Some(true)),
        Verb::DeleteCollection => ("deletecollection", Some(false)),
    }
}

fn route(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    if asked.at.subresource.is_some() {
        return subresource::answer(world, asked);
    }
    if let Some(review) = review::Review::of(&asked.of) {
        return review.answer(world, asked);
    }
    match (asked.of.group.as_str(), asked.of.kind.as_str()) {
        ("", "Binding") => return binding::bind_by_name(world, asked),
        ("", "ComponentStatus") => return components::answer(world, asked),
        (_, _) => {}
    }
    match asked.call.verb {
        Verb::Get => read::get(world, asked),
        Verb::List => read::list(world, asked),
        Verb::Watch => watch::all_so_far(world, asked),
        Verb::Create => create::create(world, asked),
        Verb::Update => modify::put(world, asked).map(|reply| read::sharing_text(world, asked, reply)),
        Verb::Patch => modify::patch(world, asked).map(|reply| read::sharing_text(world, asked, reply)),
        Verb::Delete => delete::one(world, asked),
        Verb::DeleteCollection => delete::collection(world, asked),
    }
}
