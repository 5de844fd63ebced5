//! JSON patch: reading the operations, and applying all of them or none.

use super::{PatchError, go_name};
use json_patch::PatchOperation;
use serde::Deserialize;
use serde_json::Value;

/// kube-apiserver's limit on the operations of one JSON patch.
const LIMIT: usize = 10_000;

pub(super) fn apply(document: &Value, patch: &Value) -> Result<Value, PatchError> {
    let Value::Array(operations) = patch else {
        let found = go_name(patch);
        return Err(PatchError::Malformed(format!(
            "error decoding patch: json: cannot unmarshal {found} into Go value of type jsonpatch.Patch"
        )));
    };
    if operations.len() > LIMIT {
        let text = "The allowed maximum operations in a JSON patch is";
        return Err(PatchError::Malformed(format!("{text} {LIMIT}, got {}", operations.len())));
    }
    let mut patched = document.clone();
    for operation in operations {
        let operation = PatchOperation::deserialize(operation)
            .map_err(|error| PatchError::Invalid(format!("Unexpected kind: {error}")))?;
        // One at a time on a copy: a failure leaves the document as it was without anything to undo.
        json_patch::patch_unsafe(&mut patched, std::slice::from_ref(&operation))
            .map_err(|error| PatchError::Invalid(error.to_string()))?;
    }
    Ok(patched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_apply_in_order_or_not_at_all() {
        let document = json!({"data": {"a": "1", "b": "2"}, "list": [1, 2]});
        let patched = apply(
            &document,
            &json!([{"op": "replace", "path": "/data/a", "value": "9"}, {"op": "remove", "path": "/data/b"},
                {"op": "add", "path": "/list/-", "value": 3}, {"op": "test", "path": "/list/2", "value": 3},
                {"op": "move", "from": "/list/0", "path": "/first"}]),
        );
        assert_eq!(patched, Ok(json!({"data": {"a": "9"}, "list": [2, 3], "first": 1})));
        for bad in [
            json!([{"op": "test", "path": "/data/a", "value": "8"}]),
            json!([{"op": "remove", "path": "/data/zz"}]),
            json!([{"op": "explode", "path": "/data"}]),
            json!([{"op": "add", "path": "/x/y/z", "value": 1}]),
            json!([{"op": "replace", "path": "/list/7", "value": 1}]),
            json!([{"path": "/data"}]),
            json!([7]),
        ] {
            assert!(matches!(apply(&document, &bad), Err(PatchError::Invalid(_))), "{bad}");
        }
        assert!(matches!(apply(&document, &json!({})), Err(PatchError::Malformed(_))));
    }
}
