//! The order of a merged list: items of the patch in the patch's order, the others in the document's, woven
//! together so that neither order is broken.

use super::directive::{self, ListDirective};
use super::{PatchError, go_print};
use serde_json::Value;

/// How the items of a list are told apart: by a field of theirs, or by themselves.
pub(super) type MergeKey<'a> = Option<&'a str>;

/// Whether two items are the same item.
pub(super) fn same(a: &Value, b: &Value, key: MergeKey<'_>) -> bool {
    match key {
        Some(key) => match (a.get(key), b.get(key)) {
            (Some(a), Some(b)) => same_text(a, b),
            _ => false,
        },
        None => a == b,
    }
}

/// Merge keys are compared as they print, as Kubernetes does: a port 80 is the port "80".
fn same_text(a: &Value, b: &Value) -> bool {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    a == b || text(a) == text(b)
}

fn index(list: &[Value], item: &Value, key: MergeKey<'_>) -> Option<usize> {
    list.iter().position(|other| same(other, item, key))
}

/// Puts `merged` into order: what `wanted` names in its order, the rest as in `original`.
pub(super) fn arrange(
    merged: Vec<Value>,
    wanted: &[Value],
    original: &[Value],
    key: MergeKey<'_>,
) -> Vec<Value> {
    let (mut named, mut rest): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| index(wanted, item, key).is_some());
    named.sort_by_key(|item| index(wanted, item, key));
    rest.sort_by_key(|item| index(original, item, key));
    weave(rest, named, original, key)
}

/// Merges two ordered lists: an item of `rest` comes first only where both are in `original` and it stands first.
fn weave(rest: Vec<Value>, named: Vec<Value>, original: &[Value], key: MergeKey<'_>) -> Vec<Value> {
    let mut woven = Vec::with_capacity(rest.len() + named.len());
    let mut named = named.into_iter().peekable();
    for item in rest {
        let here = index(original, &item, key);
        while let Some(next) = named.peek() {
            let first = matches!((here, index(original, next, key)), (Some(a), Some(b)) if a < b);
            if first {
                break;
            }
            woven.extend(named.next());
        }
        woven.push(item);
    }
    woven.extend(named);
    woven
}

/// Refuses a patch whose items are not in the order that its `$setElementOrder` gives, and such an order that names
/// none.
pub(super) fn check(patch: &[Value], wanted: &[Value], key: MergeKey<'_>) -> Result<(), PatchError> {
    if let Some(key) = key
        && let Some(nameless) = wanted.iter().find(|name| name.is_object() && name.get(key).is_none())
    {
        let nameless = go_print(nameless);
        let text = format!("map: {nameless} does not contain declared merge key: {key}");
        return Err(PatchError::Contradictory(text));
    }
    let mut given = Vec::new();
    for item in patch {
        match directive::of_item(item)? {
            Some(ListDirective::Delete | ListDirective::Replace) => {}
            None => given.push(item),
        }
    }
    let mut rest = given.iter().peekable();
    for name in wanted {
        if rest.peek().is_some_and(|item| same(item, name, key)) {
            rest.next();
        }
    }
    if rest.peek().is_none() {
        return Ok(());
    }
    let print = |list: &[Value]| go_print(&Value::from(list.to_vec()));
    let (patch, wanted) = (print(patch), print(wanted));
    Err(PatchError::Contradictory(format!(
        "The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{wanted}\n"
    )))
}
