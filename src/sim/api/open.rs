//! From the path of a call to the resource that it means: which there is, and whether that can be asked of it.

use super::asked::Asked;
use super::definition;
use super::retold::Empties;
use super::webhook::Hooks;
use crate::call::{Call, ResourcePath, Verb};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::access::User;
use crate::sim::resources;
use crate::sim::status::Refusal;
use std::cell::RefCell;

/// Who comes with a call, and where what the answer says besides is gathered.
#[derive(Clone, Copy)]
pub(super) struct Company<'a> {
    pub(super) user: &'a User,
    pub(super) warnings: &'a RefCell<Vec<String>>,
    pub(super) empties: &'a RefCell<Empties>,
    pub(super) hooks: &'a Hooks<'a>,
}

/// What a path leads to.
pub(super) enum Opened<'a> {
    Asked(Asked<'a>),
    /// The group version is not served at all.
    Nowhere,
}

/// Finds the resource of a path and refuses what cannot be asked of it.
pub(super) fn open<'a>(
    world: &World,
    call: &'a Call,
    at: &'a ResourcePath,
    now: Moment,
    with: Company<'a>,
) -> Result<Opened<'a>, Refusal> {
    let custom = world.definitions.find(&at.group, &at.version, &at.resource);
    let of = resources::find(&at.group, &at.version, &at.resource)
        .or_else(|| custom.map(|(_, version)| version.resource.clone()));
    let Some(of) = of else {
        let known = resources::serves(&at.group, &at.version);
        return if known { Err(Refusal::no_such_resource()) } else { Ok(Opened::Nowhere) };
    };
    let scoped = of.namespaced == at.namespace.is_some();
    let across = matches!(call.verb, Verb::List | Verb::Watch);
    if !scoped && (!of.namespaced || at.name.is_some() || (of.custom && !across)) {
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
    // Custom objects are created wherever that is asked, and what is to be changed must have a name.
    let further = of.custom && matches!(call.verb, Verb::Create | Verb::Update | Verb::Patch);
    let right = |named: bool| named == at.name.is_some() || further;
    let at_the_right_end = at.subresource.is_some() || named.is_none_or(right);
    if !at_the_right_end || !(scoped || across) || !verbs.iter().any(|v| v == verb) {
        return Err(if of.custom { Refusal::not_supported(&of, verb) } else { Refusal::method() });
    }
    let columns = definition::printer_columns(world, &of);
    let Company { user, warnings, empties, hooks } = with;
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
