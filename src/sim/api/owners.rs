//! An owner that an object names twice is kept once, with a warning.

use super::Asked;
use crate::sim::validation::same;
use serde_json::Value;

/// When a request is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// As it came.
    Sent,
    /// After webhooks have had their say; a patch is looked at only then.
    Mutated,
}

/// Keeps each owner once. The same uid with anything else beside it is another owner.
pub(super) fn once(asked: &Asked<'_>, object: &mut Value, seen: Seen) {
    let Some(owners) = object.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut) else {
        return;
    };
    let (mut kept, mut twice): (Vec<Value>, Vec<String>) = Default::default();
    for owner in owners.drain(..) {
        if kept.iter().any(|before| same(Some(before), Some(&owner))) {
            twice.push(owner["uid"].as_str().unwrap_or_default().to_owned());
        } else {
            kept.push(owner);
        }
    }
    *owners = kept;
    if !twice.is_empty() {
        let after = match seen {
            Seen::Sent => "",
            Seen::Mutated => " after mutating admission happens",
        };
        asked.warn(format!(
            ".metadata.ownerReferences contains duplicate entries{after}; API server dedups owner references in 1.20+, \
             and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            twice.join(", ")
        ));
    }
}
