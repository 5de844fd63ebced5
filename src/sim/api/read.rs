//! GET of an object and of a collection: selection, pages, and the list document.

use super::accept::{self, Shape};
use super::options::not_supported;
use super::{Asked, definition, watch};
use crate::call::{Listing, Reply, ReplyBody, Text};
use crate::sim::World;
use crate::sim::look::plain;
use crate::sim::resources::Resource;
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::sim::{convert, custom};
use crate::snapshot::{Key, Object, Snapshot, Stored};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// GET of one object.
pub(super) fn get(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(&asked.call.accept)?;
    let version = asked.call.query.get("resourceVersion").unwrap_or_default();
    watch::read_version(world, version)?;
    let object = asked.object(world)?;
    Ok(sharing_text(world, asked, accept::one(asked, 200, object)?))
}

/// Gives an answer that is the object of the path as it is stored the text that all share who are told of it.
pub(super) fn sharing_text(world: &World, asked: &Asked<'_>, mut reply: Reply) -> Reply {
    if let ReplyBody::Json(answered) = &reply.body
        && let Some(stored) = world.store.snapshot().stored(&asked.key(asked.name()))
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
    /// Reads `labelSelector` and `fieldSelector`.
    pub(super) fn read(world: &World, asked: &Asked<'_>) -> Result<Selection, Refusal> {
        let text = |name: &str| asked.call.query.get(name).unwrap_or_default();
        let labels = Selector::labels(text("labelSelector")).map_err(Refusal::bad_request)?;
        let fields = Selector::fields(text("fieldSelector")).map_err(Refusal::bad_request)?;
        if let Some((_, version)) = world.definitions.of(&asked.of) {
            let mut known = vec!["metadata.name", "metadata.namespace"];
            known.extend(version.selectable.iter().map(String::as_str));
            if let Some(unknown) = fields.keys().find(|key| !known.contains(key)) {
                return Err(Refusal::bad_request(format!("field label not supported: {unknown}")));
            }
            return Ok(Selection { labels, fields, custom: true });
        }
        let known = convert::selectable(&asked.of.group, &asked.of.kind);
        let always = ["metadata.name", "metadata.namespace"];
        if let Some(unknown) = fields.keys().find(|key| !always.contains(key) && !known.contains(key)) {
            return Err(Refusal::bad_request(unknown_field(&asked.of, unknown, known)));
        }
        Ok(Selection { labels, fields, custom: false })
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

/// Kinds without fields of their own name the two that all have; the others say that the label is not supported.
fn unknown_field(of: &Resource, unknown: &str, known: &[&str]) -> String {
    if known.is_empty() {
        format!("{unknown:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    } else {
        match of.kind.as_str() {
            "Pod" | "Node" | "Event" | "Namespace" | "Secret" | "ReplicationController" => {
                format!("field label not supported: {unknown}")
            }
            _ => format!("field label {unknown:?} not supported for {}", of.kind),
        }
    }
}

/// Every object of the collection that the selectors of the request match.
pub(super) fn selected(world: &World, asked: &Asked<'_>) -> Result<Vec<Object>, Refusal> {
    let selection = Selection::read(world, asked)?;
    let found = matching(world.store.snapshot(), asked, &selection);
    Ok(found.map(|(_, stored)| stored.object().clone()).collect())
}

/// The objects of the collection of a request that a selection takes.
pub(super) fn matching<'a>(
    snapshot: &'a Snapshot,
    asked: &'a Asked<'_>,
    selection: &'a Selection,
) -> impl Iterator<Item = (&'a Key, &'a Stored)> {
    let of = &asked.of;
    let namespace = asked.at.namespace.as_deref();
    // A name in the path of a list or watch is the old form of a field selector.
    let name = asked.at.name.as_deref();
    snapshot
        .all(of.storage_group(), &of.plural, namespace)
        .filter(move |(key, _)| name.is_none_or(|name| &*key.name == name))
        .filter(move |(_, stored)| selection.takes_stored(of, stored))
}

/// GET of a collection.
pub(super) fn list(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let form = accept::negotiate(&asked.call.accept)?;
    let query = &asked.call.query;
    let selection = Selection::read(world, asked)?;
    let at = watch::read_version(world, query.get("resourceVersion").unwrap_or_default())?;
    let page = Page::read(world, query.get("continue").unwrap_or_default())?;
    let matched = query.get("resourceVersionMatch").unwrap_or_default();
    check_match(matched, query.get("resourceVersion").unwrap_or_default())?;
    if matched == "Exact" && at.is_some_and(|at| at < world.store.oldest()) {
        return Err(Refusal::too_old(at.unwrap_or_default(), world.store.oldest()));
    }
    let limit = query.get("limit").and_then(|text| text.parse::<usize>().ok()).filter(|limit| *limit > 0);
    // An informer's list at "any version" is answered from the watch cache, which knows no pages.
    let limit = limit.filter(|_| at != Some(0) || !page.after.is_empty());
    let mut rest = matching(world.store.snapshot(), asked, &selection)
        .filter(|(key, _)| page.after.is_empty() || place(key).as_str() > page.after.as_str());
    let taken: Vec<(&Key, &Stored)> = rest.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
    // How many follow is told of a whole collection alone.
    let remaining = if selection.is_empty() { rest.count() } else { rest.take(1).count() };
    let version = page.version.unwrap_or(world.store.version());
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if asked.of.custom && form.shape == Shape::Whole {
        metadata["continue"] = json!("");
    }
    if let Some((last, _)) = taken.last().filter(|_| remaining > 0) {
        metadata["continue"] = json!(Page { version: Some(version), after: place(last) }.token());
        if selection.is_empty() {
            metadata["remainingItemCount"] = json!(remaining);
        }
    }
    let items: Vec<(Object, Text)> =
        taken.into_iter().map(|(_, stored)| versioned(world, &asked.of, stored)).collect();
    if form.shape == Shape::Whole {
        let list = listing(&asked.of, items, metadata);
        return Ok(match form.yaml {
            false => Reply::list(200, list),
            true => accept::encode(form, 200, list.document().clone()),
        });
    }
    let objects: Vec<Object> = items.into_iter().map(|(object, _)| object).collect();
    let document = match form.shape {
        Shape::Table => accept::tabled(asked, &objects, metadata, asked.now)?,
        Shape::Whole | Shape::Metadata => json!({
            "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "items": objects.iter().map(|object| accept::partial(object)).collect::<Vec<_>>(),
        }),
    };
    Ok(accept::encode(form, 200, document))
}

/// The list document; its items go without kind and version, as they do in Kubernetes' typed lists.
pub(super) fn listing(of: &Resource, items: Vec<(Object, Text)>, metadata: Value) -> Listing {
    Listing::new(format!("{}List", of.kind), of.api_version(), metadata, items, of.custom)
}

/// An object in the version that is asked for, with the text that it shares where that is the stored one.
fn versioned(world: &World, of: &Resource, stored: &Stored) -> (Object, Text) {
    let object = convert::to_version(of, definition::read(world, of, stored.object().clone()));
    let text = if Arc::ptr_eq(&object, stored.object()) { stored.text().clone() } else { Text::default() };
    (object, text)
}

fn check_match(matched: &str, version: &str) -> Result<(), Refusal> {
    let forbidden = |why: &str| {
        let violation = Violation {
            reason: "FieldValueForbidden",
            field: "resourceVersionMatch".to_owned(),
            message: format!("Forbidden: {why}"),
        };
        Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &[violation]))
    };
    match (matched, version) {
        ("", _) => Ok(()),
        ("NotOlderThan" | "Exact", "") => {
            forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")
        }
        ("Exact", "0") => forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""),
        ("NotOlderThan" | "Exact", _) => Ok(()),
        (other, _) => {
            let value = format!("{other:?}");
            let violation = not_supported("resourceVersionMatch", &value, r#""Exact", "NotOlderThan", """#);
            Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &[violation]))
        }
    }
}

/// Where a list goes on: behind this place, as of this version.
struct Page {
    version: Option<u64>,
    after: String,
}

impl Page {
    fn token(&self) -> String {
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.version, "start": self.after});
        URL_SAFE_NO_PAD.encode(token.to_string())
    }

    fn read(world: &World, token: &str) -> Result<Page, Refusal> {
        if token.is_empty() {
            return Ok(Page { version: None, after: String::new() });
        }
        let invalid = || Refusal::bad_request("continue key is not valid");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let read: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let version = read["rv"].as_u64().ok_or_else(invalid)?;
        if version < world.store.oldest() {
            return Err(Refusal::continue_expired());
        }
        let after = read["start"].as_str().ok_or_else(invalid)?.to_owned();
        Ok(Page { version: Some(version), after })
    }
}

/// The place of a key in its collection, ordered as the keys are: a NUL sorts before every letter of a name.
fn place(key: &Key) -> String {
    let namespace: Cow<'_, str> = Cow::Borrowed(&key.namespace);
    format!("{namespace}\u{0}{}", key.name)
}
