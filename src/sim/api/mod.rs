//! The API server: finds out what a call asks for and answers it. One file per thing that can be asked; what an
//! object of a kind may contain is `defaults`' and `validation`'s to say.

mod accept;
mod admission;
mod allocate;
mod asked;
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
mod open;
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
use super::hooks::{HookAnswers, HookCall};
use super::resources::{self, Resource};
use super::status::Refusal;
use crate::call::{Call, Reply, ResourcePath, Target, Verb};
use crate::clock::Moment;
use std::cell::RefCell;

pub(super) use asked::Asked;
use open::{Company, Opened, open};
pub use watch::Watch;
use webhook::Hooks;

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
        Err(refusal) => return accept::refused(call, &refusal),
    };
    let (warnings, empties) = (RefCell::default(), RefCell::default());
    let answered = match &call.target {
        Target::Path(path) => match access::published(world, path) {
            Some((media, document)) => accept::document(call, media, document),
            None => discovery::answer(world, call, path, now),
        },
        Target::Resource(at) => match options::check_timeout(&call.query).and_then(|()| {
            let with = Company { user: &user, warnings: &warnings, empties: &empties, hooks };
            open(world, call, at, now, with)
        }) {
            Ok(Opened::Asked(asked)) => {
                let deprecated = deprecation(world, &asked.of);
                let answered = route(world, &asked);
                // What a definition says may have changed with the call, and so may what is served.
                if definition::is_definition(&asked.of) && call.mutates() {
                    definition::establish(world, now);
                }
                if dangling::concerns(&asked.of) && call.mutates() {
                    dangling::tell(world, now);
                }
                let mut reply = answered.unwrap_or_else(|refusal| accept::refused(call, &refusal));
                reply.warnings.splice(0..0, deprecated);
                Ok(reply)
            }
            Ok(Opened::Nowhere) if resources::serves_group(&at.group) => Err(Refusal::no_such_resource()),
            Ok(Opened::Nowhere) => Ok(discovery::page_not_found()),
            Err(refusal) => Err(refusal.warned(custom_deprecation(world, at).as_slice())),
        },
    };
    let mut reply = answered.unwrap_or_else(|refusal| accept::refused(call, &refusal));
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
    let refused = |refusal: Refusal| accept::refused(call, &refusal);
    let user = admitted(world, call, now).map_err(refused)?;
    let (warnings, empties, hooks) = (RefCell::default(), RefCell::default(), Hooks::default());
    let with = Company { user: &user, warnings: &warnings, empties: &empties, hooks: &hooks };
    match open(world, call, at, now, with) {
        Ok(Opened::Asked(asked)) => {
            let deprecated = deprecation(world, &asked.of);
            match Watch::start(world, &asked) {
                Ok(watch) => Ok(watch.warned(deprecated)),
                Err(refusal) => Err(refused(refusal.warned(deprecated.as_slice()))),
            }
        }
        Ok(Opened::Nowhere) => Err(discovery::page_not_found()),
        Err(refusal) => Err(refused(refusal)),
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

/// The same where the resource is there, and cannot be asked so.
fn custom_deprecation(world: &World, at: &ResourcePath) -> Option<String> {
    world.definitions.find(&at.group, &at.version, &at.resource)?.1.warning.clone()
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
