//! GET of an object and of a collection: selection, pages, and the list document.

use super::accept::{self, Form, Shape};
use super::continuation::{Continuation, place};
use super::listing::{self, At};
use super::options::number;
use super::{Asked, definition, extract};
use crate::call::{Listing, Reply, ReplyBody, Text};
use crate::sim::World;
use crate::sim::look::plain;
use crate::sim::resources::Resource;
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;
use crate::sim::{convert, custom};
use crate::snapshot::{Key, Object, Snapshot, Stored};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// GET of one object.
pub(super) fn get(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(asked)?;
    if asked.call.query.get("export").is_some_and(|value| value != "false" && value != "0") {
        let why = "the export parameter, deprecated since v1.14, is no longer supported";
        return Err(Refusal::bad_request(why));
    }
    let version = asked.call.query.get("resourceVersion").unwrap_or_default();
    listing::not_ahead(world, listing::read_version(version).map_err(Refusal::unexplained)?)?;
    let object = asked.object(world)?;
    Ok(sharing_text(world, asked, accept::one(asked, 200, object)?))
}

/// Gives an answer that is the object of the path as it is stored the text that all share who are told of it.
pub(super) fn sharing_text(world: &World, asked: &Asked<'_>, mut reply: Reply) -> Reply {
    if let ReplyBody::Json(answered) = &reply.body
        && let Some(stored) = asked.stored(world)
        && Arc::ptr_eq(answered, stored.object())
    {
        reply.body = ReplyBody::Object(answered.clone(), stored.text().clone());
    }
    reply
}

/// What a collection request selects by.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    labels: Selector,
    fields: Selector,
    /// Whether the fields are those of a custom kind.
    custom: bool,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector` beside the other options of a list or watch: first whether they can be
    /// read at all, then whether the options fit together, then whether the fields are ones to select by.
    pub(super) fn read(world: &World, asked: &Asked<'_>, watch: bool) -> Result<Selection, Refusal> {
        let query = &asked.call.query;
        let text = |name: &str| query.get(name).unwrap_or_default();
        for name in ["limit", "timeoutSeconds"] {
            number(query, name)?;
        }
        let labels = Selector::labels(text("labelSelector")).map_err(Refusal::bad_request)?;
        let fields = Selector::fields(text("fieldSelector")).map_err(Refusal::bad_request)?;
        listing::check(query, watch)?;
        if let Some((_, version)) = world.definitions.of(&asked.of) {
            let mut known = vec!["metadata.name", "metadata.namespace"];
            known.extend(version.selectable.iter().map(String::as_str));
            if let Some(unknown) = fields.keys().find(|key| !known.contains(key)) {
                return Err(Refusal::bad_request(format!("field label not supported: {unknown}")));
            }
            return Ok(Selection { labels, fields, custom: true });
        }
        convert::check_selectable(&asked.of, fields.keys()).map_err(Refusal::bad_request)?;
        Ok(Selection { labels, fields, custom: false })
    }

    /// The same of one object, as the path of a watch names it; 400 where the fields name another.
    pub(super) fn named(self, name: &str) -> Result<Selection, Refusal> {
        let selected = self.fields.keys().any(|key| key == "metadata.name");
        if selected && self.fields.exact("metadata.name") != Some(name) {
            return Err(Refusal::bad_request("fieldSelector metadata.name doesn't match requested name"));
        }
        Ok(self)
    }

    /// Whether it selects this object.
    pub(super) fn takes(&self, of: &Resource, object: &Value) -> bool {
        self.labels.matches_labels(object) && self.fields.matches(|key| Some(self.field(of, object, key)))
    }

    /// The same of an object with its labels at hand.
    fn takes_stored(&self, of: &Resource, stored: &Stored) -> bool {
        self.labels.matches(|key| stored.label(key))
            && self.fields.matches(|key| Some(self.field(of, stored.object(), key)))
    }

    /// The value of a field that can be selected by.
    fn field<'a>(&self, of: &Resource, object: &'a Value, key: &str) -> Cow<'a, str> {
        match self.custom {
            true => Cow::Owned(custom::at(object, key).map(plain).unwrap_or_default()),
            false => convert::field(&of.kind, object, key),
        }
    }

    /// Whether it selects everything.
    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// The objects of the collection of a request that a selection takes.
pub(super) fn matching<'a>(
    snapshot: &'a Snapshot,
    asked: &'a Asked<'_>,
    selection: &'a Selection,
) -> impl Iterator<Item = (&'a Key, &'a Stored)> {
    collection(snapshot, asked).filter(selected(asked, selection))
}

/// All that is in the collection that is asked for.
fn collection<'a>(
    snapshot: &'a Snapshot,
    asked: &'a Asked<'_>,
) -> impl Iterator<Item = (&'a Key, &'a Stored)> {
    snapshot.all(asked.of.storage_group(), &asked.of.plural, asked.at.namespace.as_deref())
}

/// Whether one of them is selected.
fn selected<'a>(
    asked: &'a Asked<'_>,
    selection: &'a Selection,
) -> impl Fn(&(&'a Key, &'a Stored)) -> bool + Copy {
    // A name in the path of a list or watch is the old form of a field selector.
    let name = asked.at.name.as_deref();
    move |(key, stored)| {
        name.is_none_or(|name| &*key.name == name) && selection.takes_stored(&asked.of, stored)
    }
}

/// GET of a collection.
pub(super) fn list(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let form = accept::negotiate(asked)?;
    let (items, metadata) = page(world, asked, form)?;
    listed(asked, accept::fitting(asked)?, items, metadata)
}

/// The answer with a list of these objects.
pub(super) fn listed(
    asked: &Asked<'_>,
    form: Form,
    items: Vec<(Object, Text)>,
    metadata: Value,
) -> Result<Reply, Refusal> {
    if form.shape == Shape::Whole {
        let list = list_of(&asked.of, items, metadata);
        return Ok(match accept::is_plain(form) {
            true => Reply::list(200, list),
            false => accept::encode(form, 200, list.document().clone()),
        });
    }
    let objects: Vec<Object> = items.into_iter().map(|(object, _)| object).collect();
    let document = match form.shape {
        Shape::Table => extract::tabled(form, asked, &objects, metadata, asked.now)?,
        Shape::Whole | Shape::Metadata => {
            let items = objects.iter().map(|object| extract::partial(form, &asked.of, object));
            json!({
                "kind": "PartialObjectMetadataList", "apiVersion": form.api_version, "metadata": metadata,
                // Go writes a list that nothing was added to as null.
                "items": (!objects.is_empty()).then(|| items.collect::<Vec<_>>()),
            })
        }
    };
    Ok(accept::encode(form, 200, document))
}

/// The objects of the page that the request asks for, each with the text that it shares, and the metadata of the list.
pub(super) fn page(
    world: &World,
    asked: &Asked<'_>,
    form: Form,
) -> Result<(Vec<(Object, Text)>, Value), Refusal> {
    let selection = Selection::read(world, asked, false)?;
    let wanted = listing::Listing::read(world, &asked.call.query)?;
    let present = world.store.snapshot();
    let past = match wanted.at {
        At::Past(version) if version < world.version() => Some(world.store.at(version)),
        At::Past(_) | At::Now => None,
    };
    let namespace = asked.at.namespace.as_deref();
    let mut rest = collection(past.as_ref().unwrap_or(present), asked)
        .filter(|(key, _)| wanted.start.is_empty() || place(key, namespace) >= wanted.start);
    let selected = selected(asked, &selection);
    let taken: Vec<(&Key, &Stored)> =
        rest.by_ref().filter(selected).take(wanted.limit.unwrap_or(usize::MAX)).collect();
    // How many follow is told of a whole collection alone.
    let remaining = match wanted.limit {
        None => 0,
        Some(_) if selection.is_empty() => rest.filter(selected).count(),
        Some(_) if selection.fields.exact("metadata.name").is_some() => rest.filter(selected).take(1).count(),
        // What follows is not looked at before the next page is asked for: it need not be selected.
        Some(_) => rest.take(1).count(),
    };
    let version = match wanted.at {
        At::Past(version) => version,
        At::Now => world.version(),
    };
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if asked.of.custom && form.shape == Shape::Whole {
        metadata["continue"] = json!("");
    }
    if let Some((last, _)) = taken.last().filter(|_| remaining > 0) {
        let next = Continuation::behind(&place(last, namespace), Some(version));
        metadata["continue"] = json!(next.token());
        if selection.is_empty() {
            metadata["remainingItemCount"] = json!(remaining);
        }
    }
    Ok((taken.into_iter().map(|(_, stored)| versioned(world, &asked.of, stored)).collect(), metadata))
}

/// The list document; its items go without kind and version, as they do in Kubernetes' typed lists.
pub(super) fn list_of(of: &Resource, items: Vec<(Object, Text)>, metadata: Value) -> Listing {
    Listing::new(format!("{}List", of.kind), of.api_version(), metadata, items, of.custom)
}

/// An object in the version that is asked for, with the text that it shares where that is the stored one.
fn versioned(world: &World, of: &Resource, stored: &Stored) -> (Object, Text) {
    let object = convert::to_version(of, definition::read(world, of, stored.object().clone()));
    let text = if Arc::ptr_eq(&object, stored.object()) { stored.text().clone() } else { Text::default() };
    (object, text)
}
