//! The words that a strategic merge patch puts among a document's fields: `$patch`, `$retainKeys`,
//! `$deleteFromPrimitiveList/…`, `$setElementOrder/…`.

use super::{PatchError, go_print};
use serde_json::{Map, Value};

pub(super) const PATCH: &str = "$patch";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
pub(super) const SET_ORDER: &str = "$setElementOrder/";

/// What a list item's `$patch` asks of the list it stands in.
pub(super) enum ListDirective {
    /// The matching item goes.
    Delete,
    /// The list becomes what the patch gives.
    Replace,
}

/// The `$patch` of a list item, where it has one.
pub(super) fn of_item(item: &Value) -> Result<Option<ListDirective>, PatchError> {
    let Some(word) = item.get(PATCH) else { return Ok(None) };
    match word.as_str() {
        Some("delete") => Ok(Some(ListDirective::Delete)),
        Some("replace") => Ok(Some(ListDirective::Replace)),
        Some("merge") => {
            Err(PatchError::Contradictory("merging lists cannot yet be specified in the patch".to_owned()))
        }
        Some(_) | None => Err(unknown(word, item)),
    }
}

pub(super) fn unknown(word: &Value, place: &Value) -> PatchError {
    let word = match word {
        Value::Null => "%!s(<nil>)".to_owned(),
        Value::Bool(truth) => format!("%!s(bool={truth})"),
        Value::Number(number) if number.is_f64() => format!("%!s(float64={number})"),
        Value::Number(number) => format!("%!s(int64={number})"),
        Value::String(_) | Value::Array(_) | Value::Object(_) => go_print(word),
    };
    let place = go_print(place);
    PatchError::Contradictory(format!("unknown patch type: {word} in map: {place}"))
}

/// Removes what `$retainKeys` in `patch` does not name from `original`, and the directive itself.
pub(super) fn retain_keys(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
) -> Result<(), PatchError> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad = || PatchError::Malformed("invalid patch format of retainKeys".to_owned());
    let Value::Array(keys) = keys else { return Err(bad()) };
    let named = |name: &str| keys.iter().any(|key| key.as_str() == Some(name));
    if patch.iter().any(|(name, value)| !value.is_null() && !named(name)) {
        return Err(bad());
    }
    original.retain(|name, _| named(name));
    Ok(())
}

/// A member of a patch as it becomes part of a document that has none of that name: without nulls, and without the
/// objects that a `$patch` stands in. `None` where nothing is to be kept. Kubernetes leaves other directives standing.
pub(super) fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(members) if members.get(PATCH).is_some_and(|word| !word.is_null()) => None,
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            let kept = members.filter_map(|(name, value)| Some((name, without_directives(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        scalar => Some(scalar),
    }
}
