//! The objects with which a policy is asked: those that its binding refers to.

use crate::sim::api::webhook::selects;
use crate::sim::look::text;
use crate::sim::resources::{self, Resource};
use crate::sim::{World, convert};
use crate::snapshot::Object;
use serde_json::Value;
use std::sync::Arc;

/// The parameters of a policy by one of its bindings: one that is nothing where it takes none. `Err` with why it cannot
/// be asked.
pub(super) fn collect(
    world: &World,
    policy: &Value,
    binding: &Value,
    namespace: &str,
) -> Result<Vec<Option<Object>>, String> {
    let (kind, reference) = (&policy["paramKind"], &binding["paramRef"]);
    if !kind.is_object() || !reference.is_object() {
        return Ok(vec![None]);
    }
    let (version, name) = (text(kind, "/apiVersion"), text(kind, "/kind"));
    let Some(of) = resource(world, version, name) else {
        return Err(format!("paramKind kind `{version}, Kind={name}` not known"));
    };
    let place = match (of.namespaced, text(reference, "/namespace"), namespace) {
        (false, "", _) => None,
        (false, _, _) => {
            return Err("paramRef.namespace must not be provided for a cluster-scoped `paramKind`".to_owned());
        }
        (true, "", "") => {
            let why =
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources";
            return Err(why.to_owned());
        }
        (true, "", namespace) | (true, namespace, _) => Some(namespace),
    };
    let wanted = text(reference, "/name");
    let stored = world.store.snapshot().list(of.storage_group(), &of.plural, place);
    let chosen = stored.map(|(_, object)| object).filter(|object| match wanted {
        "" => selects(&reference["selector"], object),
        wanted => crate::sim::object::name(object) == wanted,
    });
    let found: Vec<Option<Object>> =
        chosen.map(|object| Some(convert::to_version(&of, object.clone()))).collect();
    if found.is_empty() && reference["parameterNotFoundAction"] == "Deny" {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".to_owned());
    }
    Ok(found)
}

/// The resource of a kind, built in or defined.
fn resource(world: &World, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let defined = || {
        let mut all = world.definitions.served().filter(|one| one.group == group && one.kind == kind);
        let version = |one: &crate::sim::custom::Version| one.name == version && one.served;
        all.find_map(|one| one.versions.iter().find(|v| version(v)).map(|found| found.resource.clone()))
    };
    resources::of_kind(group, version, kind).or_else(defined)
}
