//! Strategic merge patch: maps merge by key, lists by the merge key that the type declares, and directives say
//! what merging alone cannot.

use super::directive::{self, DELETE_FROM, ListDirective, PATCH, SET_ORDER};
use super::order::{self, MergeKey};
use super::{PatchError, go_name, go_print};
use crate::sim::schema::{FieldView, Shape, View};
use serde_json::{Map, Value};

type Members = Map<String, Value>;

pub(super) fn apply(shape: Shape<'_>, document: &Value, patch: &Value) -> Result<Value, PatchError> {
    let (Value::Object(document), Value::Object(patch)) = (document, patch) else {
        let found = go_name(patch);
        let go_type = "map[string]interface {}";
        return Err(PatchError::Malformed(format!(
            "json: cannot unmarshal {found} into Go value of type {go_type}"
        )));
    };
    merge_map(Some(shape), document.clone(), patch.clone()).map(Value::Object)
}

/// Merges one object. A `shape` of `None` stands for a place that the type leaves open.
fn merge_map(
    shape: Option<Shape<'_>>,
    mut original: Members,
    mut patch: Members,
) -> Result<Members, PatchError> {
    if let Some(word) = patch.remove(PATCH) {
        return match word.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Members::new()),
            Some(_) | None => {
                patch.insert(PATCH.to_owned(), word.clone());
                Err(directive::unknown(&word, &Value::Object(patch)))
            }
        };
    }
    directive::retain_keys(&mut original, &mut patch)?;
    merge_ordered(shape, &mut original, &mut patch)?;
    for (name, value) in patch {
        match name.strip_prefix(DELETE_FROM) {
            Some(list) => delete_from(&mut original, list, &value),
            None => merge_member(shape, &mut original, name, value)?,
        }
    }
    Ok(original)
}

fn merge_member(
    shape: Option<Shape<'_>>,
    original: &mut Members,
    name: String,
    value: Value,
) -> Result<(), PatchError> {
    if value.is_null() {
        original.remove(&name);
        return Ok(());
    }
    let merged = match (original.remove(&name), value) {
        // What is replaced whole is taken as it is, directives and all.
        (Some(Value::Object(_)), new @ Value::Object(_)) if is_replaced(shape, &name) => Some(new),
        (Some(Value::Object(old)), Value::Object(new)) => {
            Some(Value::Object(merge_map(member(shape, &name)?, old, new)?))
        }
        (Some(Value::Array(old)), Value::Array(new)) => {
            Some(Value::Array(merge_list(&Rule::of(shape, &name)?, old, new)?))
        }
        (_, new) => directive::without_directives(new),
    };
    original.extend(merged.map(|merged| (name, merged)));
    Ok(())
}

/// Whether the type says that a map takes the place of the one that is there.
fn is_replaced(shape: Option<Shape<'_>>, name: &str) -> bool {
    shape.and_then(|shape| shape.field(name)).is_some_and(|field| field.strategy().replace)
}

/// The type of a member; `None` where the type leaves it open, an error where it has no such field.
fn member<'a>(shape: Option<Shape<'a>>, name: &str) -> Result<Option<Shape<'a>>, PatchError> {
    let Some(shape) = shape else { return Ok(None) };
    match (shape.member(name), shape.view()) {
        (Some(member), _) => Ok(Some(member)),
        (None, View::Struct(false)) => Err(PatchError::Contradictory(format!(
            "unable to find api field in struct {} for the json field {name:?}",
            shape.name().rsplit('.').next().unwrap_or_default()
        ))),
        (None, _) => Ok(None),
    }
}

/// How one list is merged.
struct Rule<'a> {
    merge: bool,
    key: MergeKey<'a>,
    item: Option<Shape<'a>>,
}

impl<'a> Rule<'a> {
    fn of(shape: Option<Shape<'a>>, name: &str) -> Result<Rule<'a>, PatchError> {
        let list = member(shape, name)?;
        let field = shape.and_then(|shape| shape.field(name));
        let item = list.and_then(|list| match list.view() {
            View::List(item, _) => Some(item),
            View::Struct(_) | View::Map(_) | View::Scalar(_) | View::Any => None,
        });
        let merge = field.is_some_and(|field| field.strategy().merge);
        Ok(Rule { merge, key: field.and_then(FieldView::merge_key), item })
    }
}

fn merge_list(rule: &Rule<'_>, original: Vec<Value>, patch: Vec<Value>) -> Result<Vec<Value>, PatchError> {
    if !rule.merge {
        return Ok(patch);
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    if !of_objects(&original, &patch)? {
        let mut merged: Vec<Value> = Vec::new();
        for item in original.iter().chain(&patch) {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return Ok(order::arrange(merged, &patch, &original, None));
    }
    let Some(key) = rule.key else {
        let text = "cannot merge lists without merge key for type";
        let name = rule.item.map_or("interface {}", Shape::name);
        return Err(PatchError::Contradictory(format!("{text} {name}")));
    };
    merge_items(rule, key, original, patch)
}

/// Whether two lists that are to be merged hold objects; all that they hold must be of one type.
fn of_objects(original: &[Value], patch: &[Value]) -> Result<bool, PatchError> {
    let mut items = original.iter().chain(patch);
    let first = items.next();
    if first.is_some_and(Value::is_array) {
        return Err(PatchError::Contradictory("lists of lists are not supported".to_owned()));
    }
    if items.any(|item| Some(go_name(item)) != first.map(go_name)) {
        let lists = [original, patch].map(|list| go_print(&Value::from(list.to_vec()))).join(" ");
        return Err(PatchError::Contradictory(format!("list element types are not identical: [{lists}]")));
    }
    Ok(first.is_some_and(Value::is_object))
}

fn merge_items(
    rule: &Rule<'_>,
    key: &str,
    mut original: Vec<Value>,
    patch: Vec<Value>,
) -> Result<Vec<Value>, PatchError> {
    let mut items = Vec::with_capacity(patch.len());
    let mut replace = false;
    for item in patch {
        match directive::of_item(&item)? {
            Some(ListDirective::Delete) => {
                keyed(&item, key)?;
                original.retain(|old| !order::same(old, &item, Some(key)));
            }
            Some(ListDirective::Replace) => replace = true,
            None => items.push(item),
        }
    }
    if replace {
        return Ok(items);
    }
    let before = original.clone();
    let mut merged = original;
    for item in &items {
        keyed(item, key)?;
        match merged.iter_mut().find(|old| order::same(old, item, Some(key))) {
            Some(old) => {
                if let (Value::Object(members), Value::Object(patch)) = (old.take(), item.clone()) {
                    *old = Value::Object(merge_map(rule.item, members, patch)?);
                }
            }
            // What is new stands as the patch has it, directives and all.
            None => merged.push(item.clone()),
        }
    }
    // To be put in order, what was there needs its key as well.
    before.iter().try_for_each(|old| keyed(old, key))?;
    Ok(order::arrange(merged, &items, &before, Some(key)))
}

fn keyed(item: &Value, key: &str) -> Result<(), PatchError> {
    match item.get(key) {
        Some(_) => Ok(()),
        None => Err(PatchError::Contradictory(format!(
            "map: {} does not contain declared merge key: {key}",
            go_print(item)
        ))),
    }
}

/// What is no list names nothing to delete.
fn delete_from(original: &mut Members, list: &str, items: &Value) {
    if let (Some(Value::Array(old)), Value::Array(items)) = (original.get_mut(list), items) {
        old.retain(|item| !items.contains(item));
    }
}

/// Merges the lists for which the patch gives an order, and takes them out of the patch.
fn merge_ordered(
    shape: Option<Shape<'_>>,
    original: &mut Members,
    patch: &mut Members,
) -> Result<(), PatchError> {
    let lists: Vec<String> =
        patch.keys().filter_map(|name| name.strip_prefix(SET_ORDER)).map(str::to_owned).collect();
    for name in lists {
        let wanted = match patch.remove(&format!("{SET_ORDER}{name}")) {
            Some(Value::Array(wanted)) => wanted,
            other => {
                let found = go_name(&other.unwrap_or_default());
                let text = format!("expected a []interface {{}}, but received a {found}");
                return Err(PatchError::Contradictory(text));
            }
        };
        let rule = Rule::of(shape, &name)?;
        let given = take_list(patch, &name);
        order::check(given.as_deref().unwrap_or_default(), &wanted, rule.key)?;
        let before = take_list(original, &name);
        let merged = match (before.clone(), given) {
            (None, None) => continue,
            (Some(before), None) => before,
            (None, Some(given)) => given.into_iter().filter_map(directive::without_directives).collect(),
            (Some(before), Some(given)) => merge_list(&rule, before, given)?,
        };
        let arranged = order::arrange(merged, &wanted, &before.unwrap_or_default(), rule.key);
        original.insert(name, Value::Array(arranged));
    }
    Ok(())
}

/// Takes a list out of an object; what is there and is no list stays.
fn take_list(members: &mut Members, name: &str) -> Option<Vec<Value>> {
    match members.get_mut(name) {
        Some(Value::Array(list)) => {
            let list = std::mem::take(list);
            members.remove(name);
            Some(list)
        }
        Some(_) | None => None,
    }
}
