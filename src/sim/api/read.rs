//! GET of an object and of a collection: selection, pages, and the list document.

use super::Asked;
use super::accept::{self, Shape};
use super::listing::{self, At, Listing};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::convert;
use crate::sim::resources::Resource;
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;
use crate::snapshot::{Key, Object, Snapshot};
use serde_json::{Value, json};

/// GET of one object.
pub(super) fn get(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(asked)?;
    if asked.call.query.get("export").is_some_and(|value| value != "false" && value != "0") {
        let why = "the export parameter, deprecated since v1.14, is no longer supported";
        return Err(Refusal::bad_request(why));
    }
    let version = asked.call.query.get("resourceVersion").unwrap_or_default();
    listing::not_ahead(world, listing::read_version(world, version).map_err(Refusal::unexplained)?)?;
    let object = asked.object(world)?;
    accept::one(asked, 200, object)
}

/// What a collection request selects by.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    labels: Selector,
    fields: Selector,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(super) fn read(asked: &Asked<'_>) -> Result<Selection, Refusal> {
        let text = |name: &str| asked.call.query.get(name).unwrap_or_default();
        let labels = Selector::labels(text("labelSelector")).map_err(Refusal::bad_request)?;
        let fields = Selector::fields(text("fieldSelector")).map_err(Refusal::bad_request)?;
        convert::check_selectable(&asked.of, fields.keys()).map_err(Refusal::bad_request)?;
        Ok(Selection { labels, fields })
    }

    /// Whether it selects this object.
    pub(super) fn takes(&self, of: &Resource, object: &Value) -> bool {
        self.labels.matches_labels(object)
            && self.fields.matches(|key| Some(convert::field(&of.kind, object, key).into_owned()))
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
) -> impl Iterator<Item = (&'a Key, &'a Object)> {
    let of = &asked.of;
    let namespace = asked.at.namespace.as_deref();
    // A name in the path of a list or watch is the old form of a field selector.
    let name = asked.at.name.as_deref();
    snapshot
        .list(of.storage_group(), &of.plural, namespace)
        .filter(move |(key, _)| name.is_none_or(|name| &*key.name == name))
        .filter(move |(_, object)| selection.takes(of, object))
}

/// GET of a collection.
pub(super) fn list(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let form = accept::negotiate(asked)?;
    let (objects, metadata) = page(world, asked)?;
    let document = match form.shape {
        Shape::Whole => list_document(&asked.of, &objects, metadata),
        Shape::Table => accept::tabled(form, asked, &objects, metadata, asked.now)?,
        Shape::Metadata => json!({
            "kind": "PartialObjectMetadataList", "apiVersion": form.api_version, "metadata": metadata,
            "items": objects.iter().map(|object| accept::partial(form, object)).collect::<Vec<_>>(),
        }),
    };
    Ok(accept::encode(form, 200, document))
}

/// The objects of the page that the request asks for, and the metadata of the list.
pub(super) fn page(world: &World, asked: &Asked<'_>) -> Result<(Vec<Object>, Value), Refusal> {
    let listing = Listing::read(world, &asked.call.query)?;
    let selection = Selection::read(asked)?;
    let present = world.store.snapshot();
    let past = match listing.at {
        At::Past(version) if version < world.version() => Some(world.store.at(version)),
        At::Past(_) | At::Now => None,
    };
    let mut rest = matching(past.as_ref().unwrap_or(present), asked, &selection)
        .filter(|(key, _)| listing.after.is_empty() || listing::place(key) > listing.after);
    let taken: Vec<(&Key, Object)> = rest
        .by_ref()
        .take(listing.limit.unwrap_or(usize::MAX))
        .map(|(key, object)| (key, convert::to_version(&asked.of, object.clone())))
        .collect();
    let remaining = if listing.limit.is_some() { rest.count() } else { 0 };
    let version = match listing.at {
        At::Past(version) => version,
        At::Now => world.version(),
    };
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let Some((last, _)) = taken.last().filter(|_| remaining > 0) {
        metadata["continue"] = json!(listing::token(Some(version), &listing::place(last)));
        if selection.is_empty() {
            metadata["remainingItemCount"] = json!(remaining);
        }
    }
    Ok((taken.into_iter().map(|(_, object)| object).collect(), metadata))
}

/// The list document; its items go without kind and version, as they do in Kubernetes' typed lists.
pub(super) fn list_document(of: &Resource, objects: &[Object], metadata: Value) -> Value {
    let items = objects.iter().map(|object| {
        let mut item = (**object).clone();
        if let Some(fields) = item.as_object_mut().filter(|_| !of.custom) {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        item
    });
    json!({
        "kind": format!("{}List", of.kind), "apiVersion": of.api_version(),
        "metadata": metadata, "items": items.collect::<Vec<_>>(),
    })
}
