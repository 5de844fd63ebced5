//! What a deletion says that the object must be like.

use super::super::delete_options::DeleteOptions;
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use serde_json::Value;

pub(super) fn check_preconditions(
    of: &Resource,
    old: &Value,
    options: &DeleteOptions,
) -> Result<(), Refusal> {
    let name = object::name(old);
    let uid = object::meta(old, "uid");
    if of.group.is_empty() && of.kind == "Namespace" {
        return check_namespace(of, old, options);
    }
    // Messages name the kind where a resource is meant, and the group in which it is stored.
    let group = of.storage_group().to_owned();
    let of = &Resource { plural: of.kind.clone(), group, ..of.clone() };
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
        let why = format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). \
             The object might have been deleted and then recreated"
        );
        return Err(Refusal::conflict(of, name, &why));
    }
    let version = object::meta(old, "resourceVersion");
    if let Some(wanted) = options.version.as_deref().filter(|wanted| *wanted != version) {
        let why = format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
             ({version}). The object might have been modified"
        );
        return Err(Refusal::conflict(of, name, &why));
    }
    Ok(())
}

/// Namespaces have a road of their own, with words of its own.
fn check_namespace(of: &Resource, old: &Value, options: &DeleteOptions) -> Result<(), Refusal> {
    let wanted = [("UID", &options.uid, "uid"), ("ResourceVersion", &options.version, "resourceVersion")];
    for (word, wanted, field) in wanted {
        let present = object::meta(old, field);
        if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != present) {
            let why = format!(
                "Precondition failed: {word} in precondition: {wanted}, {word} in object meta: {present}"
            );
            return Err(Refusal::conflict(of, object::name(old), &why));
        }
    }
    Ok(())
}
